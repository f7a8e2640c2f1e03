import Foundation
import Quantities
import Testing

@testable import Access

/// The published vectors, and those made with other programs.
@Suite struct SchemeVectorTests {
    private func seconds(_ value: Int64) -> WallTime { .seconds(Double(value)) }

    // MARK: Edgio

    private struct ECVector: Decodable {
        var key: String
        var plaintext: String
        var iv_hex: String?
        var token: String
    }

    @Test func everyECTokenIsDecryptedAndMadeAgain() throws {
        let all = try vectors("edgio-ectoken", as: [ECVector].self)
        #expect(all.count == 3)
        for vector in all {
            var scheme = try EdgioECToken(key: SecretKey(bytes: vector.key.utf8))
            #expect(scheme.open(vector.token) == Array(vector.plaintext.utf8))
            guard let nonce = vector.iv_hex.flatMap({ Hexadecimal.decode($0.utf8) }) else { continue }
            scheme.nonce = { nonce }
            var grant = TokenGrant(.paths(["/*"]), expires: seconds(1_700_003_600))
            if vector.plaintext.contains("ec_url_allow") { grant.scope = .paths(["/live/*"]) }
            if vector.plaintext.contains("ec_clientip") { grant.clientAddress = "203.0.113.7" }
            #expect(try scheme.sign(grant, for: .query).fields.first?.value == vector.token)
            var request = OutgoingRequest(uri: "https://h/live/a?b=c")
            scheme.attach(try scheme.sign(grant, for: .query), to: &request, in: .query)
            #expect(request.uri == "https://h/live/a?\(vector.token)&b=c")
        }
    }

    @Test func anECTokenSaysNothingToAnotherKey() throws {
        let scheme = try EdgioECToken(key: SecretKey(bytes: "x".utf8))
        for vector in try vectors("edgio-ectoken", as: [ECVector].self) {
            #expect(scheme.open(vector.token) == nil)
            let token = AccessToken(fields: [.init(name: "ectoken", value: vector.token)])
            #expect(scheme.verify(token, for: AccessRequest(path: "/"), at: seconds(0)) == .tampered)
            #expect(scheme.claims(of: token) == nil)
        }
    }

    @Test func everyECTokenHasANonceOfItsOwn() throws {
        let scheme = try EdgioECToken(key: SecretKey(bytes: "x".utf8))
        let grant = TokenGrant(.paths(["/*"]), expires: seconds(1))
        let tokens = try (0..<100).map { _ in try scheme.sign(grant, for: .query).fields[0].value.prefix(16) }
        #expect(Set(tokens).count == 100)
    }

    @Test(
        arguments: [
            ("ec_proto_allow=https", "https", nil, TokenVerdict.valid),
            ("ec_proto_allow=https", "http", nil, .wrongUse),
            ("ec_proto_deny=http", "http", nil, .wrongUse),
            ("ec_ref_allow=*.example.com", "https", "https://www.example.com/a", .valid),
            ("ec_ref_allow=*.example.com", "https", "https://evil.test/", .wrongUse),
            ("ec_ref_allow=*.example.com", "https", nil, .wrongUse),
            ("ec_ref_allow=missing,a.test", "https", nil, .valid),
            ("ec_ref_deny=evil.test", "https", "https://EVIL.test/", .wrongUse),
            ("ec_clientip=10.0.0.0/8,203.0.113.7", "https", nil, .valid),
            ("ec_clientip=10.0.0.1", "https", nil, .wrongAddress),
            ("ec_url_allow=/a/,/live/", "https", nil, .valid), ("ec_url_allow=/a/", "https", nil, .wrongPath),
            ("ec_expire=5", "https", nil, .expired), ("ec_expire=x", "https", nil, .tampered),
            ("no equals", "https", nil, .tampered), ("ec_expire=9&ec_expire=99", "https", nil, .tampered),
        ] as [(String, String, String?, TokenVerdict)])
    func theTermsOfAnECTokenDecide(text: String, scheme protocolName: String, page: String?, verdict: TokenVerdict)
        throws
    {
        let scheme = try EdgioECToken(key: SecretKey(bytes: "x".utf8))
        var request = AccessRequest(path: "/live/a", clientAddress: "203.0.113.7", scheme: protocolName)
        if let page { request.headers["referer"] = page }
        let token = AccessToken(fields: [.init(name: "ectoken", value: try scheme.seal(Array(text.utf8)))])
        #expect(scheme.verify(token, for: request, at: seconds(10)) == verdict)
    }

    // MARK: bunny.net

    private struct BunnyVector: Decodable {
        struct Arguments: Decodable {
            var url: String
            var is_directory: Bool
            var path_allowed: String?
            var user_ip: String?
            var countries_allowed: String?
        }
        var scheme: String
        var key: String
        var args: Arguments?
        var path: String?
        var expires: Int64?
        var token: String?
        var signed: String?
    }

    @Test func everyBunnyVectorIsSignedAndVerified() throws {
        let all = try vectors("bunny", as: [BunnyVector].self)
        #expect(all.count == 6)
        let end: Int64 = 1_598_024_587
        for vector in all {
            let format: Bunny.Format =
                vector.scheme == "HS256" ? .hs256 : vector.scheme.hasPrefix("sha256") ? .sha256 : .md5
            let scheme = try Bunny(
                key: SecretKey(bytes: vector.key.utf8), format: format, countries: vector.args?.countries_allowed)
            let directory =
                vector.args?.path_allowed ?? (vector.signed != nil && vector.args == nil ? vector.path : nil)
            let uri =
                vector.args?.url ?? "https://token-tester.b-cdn.net"
                + (directory == nil ? vector.path ?? "" : "/live/ch1/master.m3u8")
            var grant = TokenGrant(directory.map { .paths([$0 + "*"]) } ?? .url(uri), expires: seconds(end))
            grant.clientAddress = vector.args?.user_ip
            let placement: TokenPlacement = directory == nil ? .query : .path
            let token = try scheme.sign(grant, for: placement)
            var request = OutgoingRequest(uri: uri)
            scheme.attach(token, to: &request, in: placement)
            if let signed = vector.signed {
                #expect(request.uri == signed)
            } else {
                #expect(token.value(of: "token") == vector.token)
            }
            let seen = AccessRequest(uri: request.uri, clientAddress: grant.clientAddress ?? "198.51.100.1")
            #expect(scheme.verify(seen, at: seconds(end - 1)).verdict == .valid)
            #expect(scheme.verify(seen, at: seconds(end)).verdict == .expired)
        }
    }

    private struct BunnyVendorFile: Decodable {
        struct Vector: Decodable {
            var name: String
            var path: String
            var token: String
            var ip: String?
            var token_path: String?
            var countries: String?
            var blocked: String?
            var ignore: Bool?
            var limit: String?
        }
        var key: String
        var expires: Int64
        var vectors: [Vector]
    }

    @Test func everyVectorOfTheVendorsOwnTestsIsMade() throws {
        let file = try vectors("bunny-vendor", as: BunnyVendorFile.self)
        #expect(file.vectors.count == 15)
        for vector in file.vectors {
            let scheme = try Bunny(
                key: SecretKey(bytes: file.key.utf8), countries: vector.countries, blockedCountries: vector.blocked,
                limit: vector.limit, ignoresParameters: vector.ignore ?? false)
            let scope: TokenGrant.Scope = vector.token_path.map { .paths([$0 + "*"]) } ?? .url(vector.path)
            let grant = TokenGrant(scope, expires: seconds(file.expires), clientAddress: vector.ip)
            #expect(try scheme.sign(grant, for: .query).value(of: "token") == vector.token, "\(vector.name)")
        }
    }

    @Test func aViewerOfTheSameIPv6NetworkIsLetIn() throws {
        let scheme = try Bunny(key: SecretKey(bytes: "k".utf8))
        let grant = TokenGrant(.url("/a"), expires: seconds(100), clientAddress: "2001:db8:1:2:3:4:5:6")
        let token = try scheme.sign(grant, for: .query)
        let near = AccessRequest(path: "/a", clientAddress: "2001:db8:1:2::9")
        let far = AccessRequest(path: "/a", clientAddress: "2001:db8:1:3::9")
        #expect(scheme.verify(token, for: near, at: seconds(1)) == .valid)
        #expect(scheme.verify(token, for: far, at: seconds(1)) == .tampered)
    }

    @Test func theURLsOwnParametersAreSignedUnlessIgnored() throws {
        for ignores in [false, true] {
            let scheme = try Bunny(key: SecretKey(bytes: "k".utf8), ignoresParameters: ignores)
            let token = try scheme.sign(TokenGrant(.url("https://h/a?b=c%20d&a=1"), expires: seconds(100)), for: .query)
            func verdict(_ query: String?) -> TokenVerdict {
                scheme.verify(token, for: AccessRequest(path: "/a", query: query), at: seconds(1))
            }
            #expect(verdict("a=1&b=c%20d") == .valid)
            #expect(verdict("a=1&b=c%20e") == (ignores ? .valid : .tampered))
            #expect(verdict(nil) == (ignores ? .valid : .tampered))
        }
    }
}
