import Foundation
import Quantities
import Testing

@testable import Access

/// The vectors of the schemes that hash a text, and of templates that say the same.
@Suite struct HashVectorTests {
    private func seconds(_ value: Int64) -> WallTime { .seconds(Double(value)) }

    // MARK: KeyCDN and CDN77

    private struct KeyCDNVector: Decodable {
        var secret: String
        var path: String
        var expire: Int64
        var token: String
    }

    @Test func everyKeyCDNVectorIsSignedAlsoByTemplate() throws {
        let all = try vectors("keycdn", as: [KeyCDNVector].self)
        #expect(all.count == 2)
        for vector in all {
            let key = SecretKey(bytes: vector.secret.utf8)
            let grant = TokenGrant(.url("https://h" + vector.path + "?q=1"), expires: seconds(vector.expire))
            let token = try KeyCDN(key: key).sign(grant, for: .query)
            #expect(token.value(of: "token") == vector.token && token.value(of: "expire") == String(vector.expire))
            let template = try TemplateScheme(
                key: key, algorithm: "md5", message: "{path}{key}{expires}", signature: "base64url",
                fields: "token={signature}&expire={expires}")
            #expect(try template.sign(grant, for: .query) == token)
        }
    }

    private struct CDN77Vector: Decodable {
        var mode: String
        var secret: String
        var path: String?
        var hashed_path: String?
        var expiry: Int64
        var secure: String?
        var url_path: String?
    }

    @Test func everyCDN77VectorIsSigned() throws {
        let all = try vectors("cdn77", as: [CDN77Vector].self)
        #expect(all.count == 4)
        for vector in all {
            let scheme = CDN77(key: SecretKey(bytes: vector.secret.utf8))
            if let path = vector.path {
                let grant = TokenGrant(.url("https://h" + path), expires: seconds(vector.expiry))
                #expect(try scheme.sign(grant, for: .query).value(of: "secure") == vector.secure)
            } else {
                let expected = try #require(vector.url_path)
                let file = try #require(PathSegment.take(from: expected) { _ in true }).rest
                let directory = try #require(vector.hashed_path)
                for scope in [TokenGrant.Scope.paths([directory + "/*"]), .url("https://h" + file)] {
                    let token = try scheme.sign(TokenGrant(scope, expires: seconds(vector.expiry)), for: .path)
                    var request = OutgoingRequest(uri: "https://h" + file + "?x=1")
                    scheme.attach(token, to: &request, in: .path)
                    #expect(request.uri == "https://h" + expected + "?x=1")
                }
            }
        }
    }

    @Test func aTokenWithoutAnEndIsOnlyGoodWhereTheZoneHasNone() throws {
        let endless = CDN77(key: SecretKey(bytes: "k".utf8), saysExpiry: false)
        let token = try endless.sign(TokenGrant(.url("/a/b"), expires: seconds(1)), for: .query)
        let request = AccessRequest(path: "/a/b")
        #expect(endless.verify(token, for: request, at: seconds(99)) == .valid)
        #expect(CDN77(key: SecretKey(bytes: "k".utf8)).verify(token, for: request, at: seconds(0)) == .tampered)
    }

    // MARK: Wowza

    private struct WowzaVector: Decodable {
        var hashed: String
        var alg: String
        var hash: String
    }

    @Test func everyWowzaVectorIsSigned() throws {
        let all = try vectors("wowza", as: [WowzaVector].self)
        #expect(all.count == 3)
        for (index, vector) in all.enumerated() {
            let isPlain = index == 2
            let scheme = try Wowza(
                key: SecretKey(bytes: (isPlain ? "secret" : "xyzSharedSecret").utf8),
                prefix: index == 1 ? "myTokenPrefix" : "wowzatoken", algorithm: vector.alg,
                parameters: isPlain ? "" : "CustomParameter=abcdef")
            let path = try #require(vector.hashed.split(separator: "?").first)
            var grant = TokenGrant(
                .url("https://h/\(path)/playlist.m3u8"), expires: seconds(isPlain ? 1_700_003_600 : 1_500_000_000))
            if index == 1 {
                grant.notBefore = seconds(1_395_230_400)
                grant.clientAddress = "192.168.1.2"
            }
            #expect(try scheme.sign(grant, for: .query).fields.last?.value == vector.hash)
        }
    }

    @Test(arguments: [
        ("/live/myStream/playlist.m3u8", Wowza.Instance.asInURL, "live/myStream"),
        ("/live/myStream/chunklist_w12.m3u8", .always, "live/_definst_/myStream"),
        ("/live/_definst_/myStream/media_1.ts", .never, "live/myStream"),
        ("/live/_definst_/myStream/media_1.ts", .always, "live/_definst_/myStream"),
        ("/live/_own_/myStream/manifest.mpd", .never, "live/_own_/myStream"),
        ("/vod/mp4:a/b.mp4/Manifest", .asInURL, "vod/mp4:a/b.mp4"), ("/vod/sample.mp4", .asInURL, "vod/sample.mp4"),
        ("/", .always, ""), ("", .never, ""), ("//a//b//c.ts", .always, "a/_definst_/b"),
    ])
    func theContentPathIsThatOfTheStream(path: String, instance: Wowza.Instance, expected: String) throws {
        #expect(try Wowza(key: SecretKey(bytes: [1]), instance: instance).contentPath(path) == expected)
    }

    // MARK: nginx

    private struct NginxVector: Decodable {
        var md5: String
        var url: String
    }

    @Test func everyNginxVectorIsSigned() throws {
        let all = try vectors("nginx-secure-link", as: [NginxVector].self)
        #expect(all.count == 2)
        for vector in all {
            let scheme = try NginxSecureLink(
                key: SecretKey(bytes: "secret".utf8), expression: "$secure_link_expires$uri$remote_addr $secret")
            let request = AccessRequest(uri: vector.url)
            let end = try #require(request.query?.split(separator: "=").last.flatMap { Int64($0) })
            var grant = TokenGrant(.url("https://h" + request.path), expires: seconds(end))
            grant.clientAddress = end == 2_147_483_647 ? "127.0.0.1" : "203.0.113.7"
            #expect(try scheme.sign(grant, for: .query).appended(to: request.path) == vector.url)
        }
    }

    @Test(
        arguments: [
            ("/a/b", "/a/b"), ("/a%20b", "/a b"), ("/%2e%2e/a", nil), ("/a/../b", "/b"), ("/a/%2E%2E/b", "/b"),
            ("/a//b", "/a/b"), ("/a%2Fb", "/a/b"), ("/a%2F%2Fb", "/a/b"), ("/a/./b", "/a/b"), ("/a/b/..", "/a/"),
            ("/a/.", "/a/"), ("/a%25b", "/a%b"), ("/a%3Fb%23c", "/a?b#c"), ("/a%2", nil), ("/a%zz", nil), ("/%00", nil),
            ("/a+b", "/a+b"), ("/%C3%A9", "/é"), ("/é", "/é"), ("", nil), ("a", nil), ("/..", nil), ("/...", "/..."),
            ("/a/..", "/"), ("/", "/"), ("///", "/"), ("/a/b/../../c", "/c"), ("/a//../b", "/b"),
        ] as [(String, String?)])
    func thePathIsWhatNginxHas(path: String, expected: String?) {
        #expect(NginxPath.normalised(path) == expected.map { Array($0.utf8) })
    }

    @Test func variablesOfTheExpressionAreLookedUp() throws {
        let scheme = try NginxSecureLink(
            key: SecretKey(bytes: "k".utf8),
            expression: "${secure_link_expires}$uri|$host|$arg_a|$cookie_sid|$http_user_agent|$secret",
            variables: "cookie_sid={session}; http_user_agent=UA-{data}")
        var grant = TokenGrant(.url("https://CDN.example.com:8443/x%20y?A=1&a=2"), expires: seconds(100))
        grant.sessionID = "s1"
        grant.payload = "d"
        let token = try scheme.sign(grant, for: .query)
        let expected = MessageDigest.md5.digest(of: Array("100/x y|cdn.example.com|1|s1|UA-d|k".utf8))
        #expect(token.value(of: "md5") == Base64.encode(expected))
        var request = AccessRequest(uri: "https://cdn.example.com/x%20y?A=1", cookies: "b=c; SID=s1")
        request.headers["user-agent"] = "UA-d"
        #expect(scheme.verify(token, for: request, at: seconds(100)) == .valid)
        #expect(scheme.verify(token, for: request, at: seconds(101)) == .expired)
        request.headers = [:]
        #expect(scheme.verify(token, for: request, at: seconds(100)) == .tampered)
        #expect(throws: TokenError.self) {
            try NginxSecureLink(key: SecretKey(bytes: [1]), expression: "$cookie_x$secret").sign(grant, for: .query)
        }
    }

    // MARK: by template

    private struct FastlyVector: Decodable {
        var key_b64: String
        var alg: String
        var path: String
        var expires: Int64
        var token: String
    }

    @Test func fastlysTokenIsSaidByTemplate() throws {
        let all = try vectors("fastly-by-template", as: [FastlyVector].self)
        #expect(all.count == 3)
        for vector in all {
            let scheme = try #require(TokenSchemes.named("template")).scheme(
                key: KeyMaterial(vector.key_b64), encoding: .base64, values: ["algorithm": "hmac-" + vector.alg])
            let grant = TokenGrant(.url("https://h" + vector.path), expires: seconds(vector.expires))
            #expect(try scheme.sign(grant, for: .query).value(of: "token") == vector.token)
        }
    }

    @Test func akamaisTokenIsSaidByTemplate() throws {
        let key = "aabbccddeeff00112233445566778899"
        let template = try #require(TokenSchemes.named("template")).scheme(
            key: KeyMaterial(key), encoding: .hexadecimal,
            values: [
                "message": "st={start}~exp={expires}~acl={pattern}", "name": "hdnts",
                "value": "st={start}~exp={expires}~acl={pattern}~hmac={signature}",
            ])
        let akamai = AkamaiEdgeAuth(key: try SecretKey(hexadecimal: key), name: "hdnts")
        let grant = TokenGrant(
            .paths(["/live/*", "/x?"]), expires: seconds(1_700_003_600), notBefore: seconds(1_700_000_000))
        let token = try template.sign(grant, for: .query)
        #expect(try akamai.sign(grant, for: .query) == token)
        #expect(template.claims(of: token)?.scope == ["/live/*", "/x?"])
    }
}
