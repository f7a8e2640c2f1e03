import Foundation
import Quantities
import Testing

@testable import Access

/// Reads a file of vectors.
func vectors<Content: Decodable>(_ name: String, as type: Content.Type) throws -> Content {
    let url = try #require(Bundle.module.url(forResource: name, withExtension: "json", subdirectory: "Vectors"))
    return try JSONDecoder().decode(type, from: Data(contentsOf: url))
}

/// Vectors made with botocore's signer, and the test keys.
struct CloudFrontVectors: Decodable {
    struct Vector: Decodable {
        var desc: String
        var policy: String
        var url: String?
        var cookies: [String: String]?
    }
    var keys: [String: String]
    var vectors: [Vector]

    static func load() throws -> CloudFrontVectors { try AccessTests.vectors("cloudfront", as: CloudFrontVectors.self) }
}

@Suite struct CloudFrontTests {
    private let keys: [String: String]
    private let all: [CloudFrontVectors.Vector]
    private let id = "K2JCJMDEHXQW5F"
    private let end = WallTime.seconds(1_767_290_400.0)
    private let before = WallTime.seconds(1_767_200_000.0)
    private let address = "192.0.2.77"

    init() throws {
        let file = try CloudFrontVectors.load()
        keys = file.keys
        all = file.vectors
    }

    private func scheme(
        _ name: String = "rsa2048_private_pem", policy: CloudFront.PolicyForm = .automatic, sha256: Bool = false
    ) throws -> CloudFront {
        try CloudFront(
            key: KeyMaterial(try #require(keys[name])), keyPairID: id, policy: policy, usesSHA256: sha256)
    }

    private func grant(_ vector: CloudFrontVectors.Vector) throws -> TokenGrant {
        let policy = try #require(CloudFrontPolicy(json: Array(vector.policy.utf8)))
        let resource = try #require(policy.resource)
        var grant = TokenGrant(resource.contains("*") ? .paths(["/live/*"]) : .url(resource), expires: end)
        grant.site = "https://d111111abcdef8.cloudfront.net"
        grant.notBefore = policy.starts.map { .seconds(Double($0)) }
        grant.clientAddress = policy.source
        return grant
    }

    @Test func everyVectorOfRSAIsSignedAsTheVendorSignsIt() throws {
        #expect(all.count == 7)
        var signed = 0
        for vector in all where !vector.desc.hasPrefix("ECDSA") {
            let scheme = try scheme(sha256: vector.desc.contains("SHA256"))
            let grant = try grant(vector)
            if let url = vector.url {
                let token = try scheme.sign(grant, for: .query)
                let bare = url.contains("size=large") ? "/live/master.m3u8?size=large" : "/live/master.m3u8"
                #expect(token.appended(to: (grant.site ?? "") + bare) == url, "\(vector.desc)")
            } else {
                let token = try scheme.sign(grant, for: .cookie)
                let pairs = Dictionary(uniqueKeysWithValues: token.fields.map { ($0.name, $0.value) })
                #expect(pairs == vector.cookies, "\(vector.desc)")
            }
            signed += 1
        }
        #expect(signed == 6)
    }

    @Test func everyVectorIsVerifiedWithThePublicKeyAlone() throws {
        for vector in all {
            let isECDSA = vector.desc.hasPrefix("ECDSA")
            let scheme = try scheme(isECDSA ? "p256_public_pem" : "rsa2048_public_pem")
            let uri = vector.url ?? "https://d111111abcdef8.cloudfront.net/live/master.m3u8"
            let cookies = vector.cookies?.map { $0.key + "=" + $0.value }.joined(separator: "; ")
            let request = AccessRequest(uri: uri, cookies: cookies, clientAddress: address)
            let verdict = scheme.verify(request, at: before).verdict
            #expect(verdict == .valid, "\(vector.desc)")
            #expect(scheme.verify(request, at: end).verdict == .expired)
            var elsewhere = request
            elsewhere.authority = "other.example.com"
            #expect([.tampered, .wrongPath].contains(scheme.verify(elsewhere, at: before).verdict))
        }
    }

    @Test(arguments: [
        (1_767_139_200.0, TokenVerdict.notYetValid), (1_767_139_201.0, .valid), (1_767_290_399.0, .valid),
        (1_767_290_400.0, .expired),
    ])
    func timesOfACustomPolicyDecideToTheSecond(seconds: Double, verdict: TokenVerdict) throws {
        let vector = try #require(all.first { $0.desc.hasPrefix("custom policy") })
        let scheme = try scheme("rsa2048_public_pem")
        let request = AccessRequest(uri: try #require(vector.url), clientAddress: address)
        #expect(scheme.verify(request, at: .seconds(seconds)).verdict == verdict)
    }

    @Test func anAddressOutsideTheBlockIsRefused() throws {
        let vector = try #require(all.first { $0.desc.hasPrefix("custom policy") })
        let scheme = try scheme("rsa2048_public_pem")
        for address in ["192.0.3.1", "2001:db8::1", "nonsense"] {
            let request = AccessRequest(uri: try #require(vector.url), clientAddress: address)
            #expect(scheme.verify(request, at: before).verdict == .wrongAddress)
        }
    }

    @Test func aPublicKeyDoesNotSign() throws {
        let grant = TokenGrant(.url("https://h/a"), expires: end)
        #expect(throws: TokenError.self) { try scheme("rsa2048_public_pem").sign(grant, for: .query) }
        #expect(throws: TokenError.self) { try scheme("p256_public_pem").sign(grant, for: .query) }
    }

    @Test func whatAPolicyCannotSayIsRefused() throws {
        var grant = TokenGrant(.paths(["/a/*", "/b/*"]), expires: end)
        grant.site = "https://h"
        #expect(throws: TokenError.invalidField(name: "paths", reason: "a policy has exactly one resource")) {
            try scheme().sign(grant, for: .query)
        }
        grant.scope = .paths(["/a/*"])
        #expect(throws: TokenError.self) { try scheme(policy: .canned).sign(grant, for: .query) }
        grant.clientAddress = "2001:db8::1"
        #expect(throws: TokenError.self) { try scheme().sign(grant, for: .query) }
        grant.clientAddress = nil
        grant.site = nil
        #expect(throws: TokenError.self) { try scheme().sign(grant, for: .query) }
        grant.scope = .paths(["http*://h/a/*"])
        let token = try scheme().sign(grant, for: .query)
        #expect(try scheme().claims(of: token)?.scope == ["http*://h/a/*"])
        grant.scope = .url("https://h/a\"b")
        #expect(throws: TokenError.self) { try scheme().sign(grant, for: .query) }
    }

    @Test func theAddressAloneIsABlockOfOne() throws {
        var grant = TokenGrant(.url("https://h/a"), expires: end)
        grant.clientAddress = "192.0.2.1"
        let token = try scheme().sign(grant, for: .cookie)
        #expect(try scheme().claims(of: token)?.addresses == ["192.0.2.1/32"])
        #expect(token.fields.map(\.name) == ["CloudFront-Policy", "CloudFront-Signature", "CloudFront-Key-Pair-Id"])
    }

    @Test func aCustomPolicyReplacesACannedOne() throws {
        let canned = try scheme().sign(TokenGrant(.url("https://h/a"), expires: end), for: .query)
        let custom = try scheme(policy: .custom, sha256: true).sign(
            TokenGrant(.url("https://h/a"), expires: end), for: .query)
        var request = OutgoingRequest(uri: "https://h/a?x=1")
        try scheme().attach(custom, to: &request, in: .query)
        let first = request.uri
        try scheme().attach(canned, to: &request, in: .query)
        #expect(!request.uri.contains("Policy=") && !request.uri.contains("Hash-Algorithm"))
        try scheme().attach(custom, to: &request, in: .query)
        #expect(request.uri == first)
    }

    @Test(arguments: [
        #"{}"#, #"{"Statement":[]}"#, #"[]"#, #"{"Statement":[{"Condition":{}}]}"#,
        #"{"Statement":[{"Resource":"*","Condition":{"DateLessThan":{"AWS:EpochTime":"x"}}}]}"#,
        #"{"Statement":[{"Condition":{"DateLessThan":{"AWS:EpochTime":1},"IpAddress":{"AWS:SourceIp":1}}}]}"#,
        #"{"Statement":[{"Condition":{"DateLessThan":{"AWS:EpochTime":1},"Colour":{"x":"y"}}}]}"#,
        #"{"Statement":[{"Condition":{"DateLessThan":{"AWS:EpochTime":99999999999999999999}}}]}"#,
    ])
    func policiesOfAnotherFormAreNotRead(json: String) {
        #expect(CloudFrontPolicy(json: Array(json.utf8)) == nil)
    }

    @Test func aPolicyWithoutAResourceIsForEverything() throws {
        let json = #"{ "Statement": [ { "Condition": { "DateLessThan": { "AWS:EpochTime": 1767290400 } } } ] }"#
        let key = try CloudFrontKey(KeyMaterial(try #require(keys["rsa2048_private_pem"])))
        let token = AccessToken(fields: [
            .init(name: "Policy", value: CloudFrontBase64.encode(json.utf8)),
            .init(name: "Signature", value: CloudFrontBase64.encode(try key.signature(of: Array(json.utf8), .sha1))),
            .init(name: "Key-Pair-Id", value: id),
        ])
        #expect(try scheme().verify(token, for: AccessRequest(uri: "http://x/y"), at: before) == .valid)
    }

    @Test func keysAreNeverPrinted() throws {
        var dumped = ""
        dump(try scheme(), to: &dumped)
        dump(try scheme("p256_private_pem"), to: &dumped)
        #expect(!dumped.contains("MII") && dumped.contains("K2JCJMDEHXQW5F") && dumped.utf8.count < 2_000)
    }
}
