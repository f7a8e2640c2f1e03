import Foundation
import Quantities
import Testing

@testable import Access

/// One vector made with the vendor's own library.
struct EdgeAuthVector: Decodable, CustomTestStringConvertible {
    struct Parameters: Decodable {
        var key: String
        var start_time: Int64?
        var end_time: Int64?
        var window_seconds: Int64?
        var escape_early: Bool?
        var salt: String?
        var algorithm: String?
        var url: String?
        var acl: Paths?
        var ip: String?
        var session_id: String?
        var payload: String?
    }
    /// One path or a list of paths.
    struct Paths: Decodable {
        var list: [String]
        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let paths = try? container.decode([String].self) {
                list = paths
            } else {
                list = [try container.decode(String.self)]
            }
        }
    }
    var desc: String
    var params: Parameters
    var token: String
    var testDescription: String { desc }

    static func all() throws -> [EdgeAuthVector] {
        let url = try #require(
            Bundle.module.url(forResource: "akamai-edge-auth", withExtension: "json", subdirectory: "Vectors"))
        return try JSONDecoder().decode([EdgeAuthVector].self, from: Data(contentsOf: url))
    }

    func scheme() throws -> AkamaiEdgeAuth {
        AkamaiEdgeAuth(
            key: try SecretKey(hexadecimal: params.key),
            algorithm: try #require(AkamaiEdgeAuth.Algorithm(rawValue: params.algorithm ?? "sha256")),
            salt: params.salt, escapesEarly: params.escape_early ?? false)
    }

    func grant() throws -> TokenGrant {
        let end = try #require(params.end_time ?? params.window_seconds.map { ($0 + (params.start_time ?? 0)) })
        let scope: TokenGrant.Scope
        if let paths = params.acl { scope = .paths(paths.list) } else { scope = .url(try #require(params.url)) }
        return TokenGrant(
            scope, expires: .seconds(Double(end)),
            notBefore: params.start_time.map { .seconds(Double($0)) }, clientAddress: params.ip,
            sessionID: params.session_id, payload: params.payload)
    }

    /// A path that the token covers.
    var coveredPath: String {
        params.url ?? (params.acl?.list.first ?? "").replacingOccurrences(of: "*", with: "ch1/seg-1.m4s")
    }
}

@Suite struct AkamaiEdgeAuthTests {
    private let key: SecretKey
    private let now = WallTime.seconds(1_700_000_100.0)

    init() throws { key = try SecretKey(hexadecimal: "aabbccddeeff00112233445566778899") }

    private func scheme(escapesEarly: Bool = false, salt: String? = nil) -> AkamaiEdgeAuth {
        AkamaiEdgeAuth(key: key, name: "hdnts", salt: salt, escapesEarly: escapesEarly)
    }

    private func token(_ value: String) -> AccessToken { AccessToken(fields: [.init(name: "hdnts", value: value)]) }

    @Test func everyVectorIsSignedAsTheVendorSignsIt() throws {
        let vectors = try EdgeAuthVector.all()
        #expect(vectors.count == 9)
        for vector in vectors {
            let signed = try vector.scheme().sign(vector.grant(), for: .query)
            #expect(signed.value(of: "__token__") == vector.token, "\(vector.desc)")
        }
    }

    @Test func everyVectorIsVerified() throws {
        for vector in try EdgeAuthVector.all() {
            let token = AccessToken(fields: [.init(name: "__token__", value: vector.token)])
            let request = AccessRequest(path: vector.coveredPath, clientAddress: vector.params.ip)
            let scheme = try vector.scheme()
            #expect(scheme.verify(token, for: request, at: now) == .valid, "\(vector.desc)")
        }
    }

    @Test(arguments: [
        (1_699_999_999.0, TokenVerdict.notYetValid), (1_700_000_000.0, .valid), (1_700_003_599.999, .valid),
        (1_700_003_600.0, .expired), (1_700_003_601.0, .expired),
    ])
    func timesDecideToTheSecond(seconds: Double, verdict: TokenVerdict) throws {
        let signed = try scheme().sign(
            TokenGrant(
                .paths(["/live/*"]), expires: .seconds(1_700_003_600.0), notBefore: .seconds(1_700_000_000.0)),
            for: .query)
        let request = AccessRequest(path: "/live/ch1/master.m3u8")
        #expect(scheme().verify(signed, for: request, at: .seconds(seconds)) == verdict)
    }

    @Test func aTokenOfAPathIsRefusedOnAnother() throws {
        let signed = try scheme().sign(
            TokenGrant(.paths(["/live/*"]), from: now, lifetime: .seconds(60.0)), for: .query)
        #expect(scheme().verify(signed, for: AccessRequest(path: "/vod/a.m3u8"), at: now) == .wrongPath)
        #expect(scheme().verify(signed, for: AccessRequest(path: "/live"), at: now) == .wrongPath)
    }

    @Test func aTokenOfOneURLIsRefusedOnAnother() throws {
        let signed = try scheme().sign(
            TokenGrant(.url("/live/a.m3u8"), from: now, lifetime: .seconds(60.0)), for: .query)
        #expect(scheme().verify(signed, for: AccessRequest(path: "/live/a.m3u8"), at: now) == .valid)
        #expect(scheme().verify(signed, for: AccessRequest(path: "/live/b.m3u8"), at: now) == .tampered)
    }

    @Test func aBoundAddressIsChecked() throws {
        var grant = TokenGrant(.paths(["/*"]), from: now, lifetime: .seconds(60.0))
        grant.clientAddress = "203.0.113.7"
        let signed = try scheme().sign(grant, for: .query)
        let other = AccessRequest(path: "/a", clientAddress: "203.0.113.8")
        #expect(scheme().verify(signed, for: other, at: now) == .wrongAddress)
        #expect(
            scheme().verify(signed, for: AccessRequest(path: "/a", clientAddress: "203.0.113.7"), at: now) == .valid)
    }

    @Test func everyChangedByteIsFound() throws {
        let signed = try scheme().sign(
            TokenGrant(.paths(["/live/*"]), from: now, lifetime: .seconds(60.0)), for: .query)
        let text = try #require(signed.value(of: "hdnts"))
        let request = AccessRequest(path: "/live/x")
        for position in text.utf8.indices {
            var bytes = Array(text.utf8)
            let offset = text.utf8.distance(from: text.utf8.startIndex, to: position)
            bytes[offset] = bytes[offset] == UInt8(ascii: "0") ? UInt8(ascii: "1") : UInt8(ascii: "0")
            let verdict = scheme().verify(token(String(decoding: bytes, as: UTF8.self)), for: request, at: now)
            #expect(verdict == .tampered, "byte \(offset)")
        }
    }

    @Test(arguments: [
        "", "~", "~~~", "hmac=", "=~hmac=00", "exp=1~hmac=", "exp=1~hmac=0", "exp=1~hmac=zz", "~hmac=00",
        "exp=99999999999999999999~hmac=00", "exp=1~exp=2~hmac=00", "exp=1700003600~acl=/*~hmac=\u{e9}\u{e9}",
    ])
    func nonsenseIsNeverValid(text: String) {
        let verdict = scheme().verify(token(text), for: AccessRequest(path: "/live/x"), at: now)
        #expect(verdict == (text.isEmpty ? .missing : .tampered))
    }

    @Test func randomBytesAreNeverValidAndNeverStopTheProgram() {
        var generator = SeededGenerator(seed: 4)
        let alphabet = Array("expst=~acl/*!hmac0123456789abcdef\u{0}%\u{ff}".utf8)
        for _ in 0..<2_000 {
            let bytes = (0..<Int.random(in: 0..<80, using: &generator)).compactMap { _ in
                alphabet.randomElement(using: &generator)
            }
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(scheme().verify(token(text), for: AccessRequest(path: "/"), at: now) != .valid)
        }
    }

    @Test func anotherKeyOrSaltOrEscapingIsRefused() throws {
        var grant = TokenGrant(.paths(["/*"]), from: now, lifetime: .seconds(60.0))
        grant.payload = "a b"
        let request = AccessRequest(path: "/x")
        let signed = try scheme(salt: "a").sign(grant, for: .query)
        #expect(scheme(salt: "a").verify(signed, for: request, at: now) == .valid)
        #expect(scheme(salt: "b").verify(signed, for: request, at: now) == .tampered)
        let other = AkamaiEdgeAuth(key: SecretKey(bytes: [1, 2, 3]), name: "hdnts", salt: "a")
        #expect(other.verify(signed, for: request, at: now) == .tampered)
    }

    @Test func whatCannotBeSaidIsRefusedWhenSigning() {
        var grant = TokenGrant(.paths(["/*"]), from: now, lifetime: .seconds(60.0))
        grant.payload = "a~exp=9"
        #expect(throws: TokenError.invalidField(name: "data", reason: "it holds the separator ~")) {
            try scheme().sign(grant, for: .query)
        }
        #expect(throws: TokenError.invalidField(name: "acl", reason: "it is empty")) {
            try scheme().sign(TokenGrant(.paths([]), from: now, lifetime: .seconds(60.0)), for: .query)
        }
        #expect(throws: TokenError.self) {
            try scheme().sign(TokenGrant(.paths(["/a!/b"]), from: now, lifetime: .seconds(60.0)), for: .query)
        }
        #expect(throws: TokenError.self) {
            try scheme().sign(TokenGrant(.paths(["/*"]), expires: now, notBefore: now), for: .query)
        }
        #expect(throws: TokenError.invalidKey("it is empty")) {
            try AkamaiEdgeAuth(key: SecretKey(bytes: [])).sign(
                TokenGrant(.paths(["/*"]), from: now, lifetime: .seconds(60.0)), for: .query)
        }
    }

    @Test(arguments: [
        ("/live/*", "/live/a/b", true), ("/live/*", "/live/", true), ("/live/*", "/live", false), ("*", "", true),
        ("/a?c", "/abc", true), ("/a?c", "/ac", false), ("/*.m4s", "/x/y.m4s.m4s", true), ("/*.m4s", "/x.mp4", false),
        ("", "", true), ("", "x", false), ("/a*b*c", "/a1b2b3c", true), ("/a*b*c", "/a1c", false),
    ])
    func wildcards(pattern: String, text: String, matches: Bool) {
        #expect(Wildcard.matches(Array(pattern.utf8), Array(text.utf8)) == matches)
    }
}
