import Foundation
import Quantities
import Testing

@testable import Access

@Suite struct FastlyTests {
    private struct Vector: Decodable {
        var key_b64: String
        var alg: String
        var path: String
        var expires: Int64
        var token: String
    }

    @Test func everyVectorIsSignedAlikeAndVerified() throws {
        let vectors = try TestVectors.read("fastly", as: [Vector].self)
        #expect(vectors.count == 3)
        for vector in vectors {
            let scheme = try TestVectors.scheme("fastly", key: KeyMaterial(vector.key_b64), ["algorithm": vector.alg])
            let grant = TokenGrant(.url(vector.path + "?x=1"), expires: .seconds(Double(vector.expires)))
            #expect(try scheme.sign(grant, for: .query).value(of: "token") == vector.token)
            let request = AccessRequest(uri: vector.path + "?y=2&token=" + vector.token)
            #expect(scheme.verify(request, at: .seconds(Double(vector.expires - 1))).verdict == .valid)
            let upper = AccessRequest(uri: vector.path + "?token=" + vector.token.uppercased())
            #expect(scheme.verify(upper, at: .seconds(0.0)).verdict == .tampered)
        }
    }

    @Test func patternsAreRefused() throws {
        let scheme = Fastly(key: SecretKey(bytes: [1]))
        #expect(throws: TokenError.self) {
            try scheme.sign(TokenGrant(.paths(["/*"]), expires: .seconds(1.0)), for: .query)
        }
    }
}

@Suite struct CloudflareTimedHMACTests {
    private struct Vector: Decodable {
        var secret: String
        var message: String
        var timestamp: Int64
        var query: String
        var flag_s_query: String
    }

    @Test func everyVectorIsSignedAlikeAndVerified() throws {
        let vectors = try TestVectors.read("cloudflare", as: [Vector].self)
        #expect(vectors.count == 2)
        for vector in vectors {
            for (isURLSafe, query) in [(false, vector.query), (true, vector.flag_s_query)] {
                let scheme = try TestVectors.scheme(
                    "cloudflare", key: KeyMaterial(vector.secret), ["lifetime": "100", "url safe": "\(isURLSafe)"])
                let grant = TokenGrant(
                    .url(vector.message), from: .seconds(Double(vector.timestamp)), lifetime: .seconds(100.0))
                var request = OutgoingRequest(uri: vector.message)
                scheme.attach(try scheme.sign(grant, for: .query), to: &request, in: .query)
                #expect(request.uri == vector.message + "?" + query)
                for (age, verdict) in [(99.999, TokenVerdict.valid), (100.0, .expired), (-100.0, .valid)] {
                    let now = WallTime.seconds(Double(vector.timestamp) + age)
                    #expect(scheme.verify(AccessRequest(uri: request.uri), at: now).verdict == verdict)
                }
            }
        }
    }

    @Test func clientsMaySendBase64AsItIsAndTheParameterMustBeLast() throws {
        let scheme = CloudflareTimedHMAC(key: SecretKey(bytes: "mysecrettoken".utf8))
        let raw = "/live/ch1/master.m3u8?verify=1700000000-OVhAbsdmqz/p6S7+IktZSkQfMfmESbRFSrji/Oq7fHY="
        #expect(scheme.verify(AccessRequest(uri: raw), at: .seconds(1_700_000_001.0)).verdict == .valid)
        #expect(scheme.verify(AccessRequest(uri: raw + "&CMCD=x"), at: .seconds(1_700_000_001.0)).verdict == .tampered)
    }

    @Test func anotherQueryBeforeItIsSigned() throws {
        let scheme = CloudflareTimedHMAC(key: SecretKey(bytes: [1]), lifetimeSeconds: 60)
        let grant = TokenGrant(.url("https://h/a?x=1&verify=old"), expires: .seconds(1_000.0))
        let token = try scheme.sign(grant, for: .query)
        var request = OutgoingRequest(uri: "https://h/a?x=1&verify=old")
        scheme.attach(token, to: &request, in: .query)
        #expect(scheme.verify(AccessRequest(uri: request.uri), at: .seconds(999.0)).verdict == .valid)
        let changed = request.uri.replacing("x=1", with: "x=2")
        #expect(scheme.verify(AccessRequest(uri: changed), at: .seconds(999.0)).verdict == .tampered)
    }

    @Test func aGrantThatOutlivesTheRuleIsRefused() {
        let scheme = CloudflareTimedHMAC(key: SecretKey(bytes: [1]), lifetimeSeconds: 60)
        #expect(throws: TokenError.invalidField(name: "lifetime", reason: "it is longer than the 60 s of the rule")) {
            try scheme.sign(TokenGrant(.url("/a"), from: .seconds(1_000.0), lifetime: .seconds(61.0)), for: .query)
        }
    }
}

@Suite struct CloudflareStreamTests {
    private struct Vector: Decodable {
        var token: String
        var url: String
    }

    private let video = "5d5bc37ffcf54c9b82e996823bffbb81"

    private func scheme(_ values: [String: String] = [:], key: String = "rsa2048_private_pem") throws -> any TokenScheme
    {
        try TestVectors.scheme(
            "cloudflare-stream", key: TestVectors.key(key),
            ["kid": "8f926b2b01f383510025a78a4dcbf6a"].merging(values) { $1 })
    }

    @Test func theVectorIsSignedAlikeAndStandsInThePath() throws {
        let vector = try #require(try TestVectors.read("cloudflare-stream", as: [Vector].self).first)
        let scheme = try scheme(["video": video, "countries": "GB"])
        let grant = TokenGrant(
            .paths(["/*"]), expires: .seconds(1_700_003_600.0), notBefore: .seconds(1_699_996_400.0))
        let token = try scheme.sign(grant, for: .path)
        #expect(token.value(of: "token") == vector.token)
        let bare = "https://customer-CODE.cloudflarestream.com/\(video)/manifest/video.m3u8"
        var request = OutgoingRequest(uri: bare)
        scheme.attach(token, to: &request, in: .path)
        #expect(request.uri == vector.url)
        var seen = AccessRequest(uri: vector.url, headers: ["cf-ipcountry": "GB"])
        let (verdict, carried) = scheme.verify(seen, at: .seconds(1_700_000_000.0))
        #expect(verdict == .valid)
        #expect(carried?.request.uri == bare)
        seen.headers["cf-ipcountry"] = "NO"
        #expect(scheme.verify(seen, at: .seconds(1_700_000_000.0)).verdict == .wrongUse)
        let reader = try self.scheme(["video": video], key: "rsa2048_public_pem")
        seen.headers = [:]
        #expect(reader.verify(seen, at: .seconds(1_700_000_000.0)).verdict == .valid)
    }

    @Test func anotherVideosTokenIsRefused() throws {
        let token = try scheme(["video": "other"]).sign(
            TokenGrant(.paths(["/*"]), expires: .seconds(100.0)), for: .path)
        let scheme = try scheme(["video": "mine"])
        var request = OutgoingRequest(uri: "https://h/mine/manifest/video.mpd")
        scheme.attach(token, to: &request, in: .path)
        #expect(scheme.verify(AccessRequest(uri: request.uri), at: .seconds(1.0)).verdict == .wrongPath)
        var licence = OutgoingRequest(uri: "https://h/licence")
        scheme.attach(token, to: &licence, in: .path)
        #expect(licence.uri == "https://h/licence")
    }

    @Test func withoutASettingTheFirstSegmentIsTheVideo() throws {
        let scheme = try scheme()
        let token = try scheme.sign(TokenGrant(.paths(["/abc/*"]), expires: .seconds(100.0)), for: .path)
        #expect(scheme.claims(of: token)?.scope == ["abc"])
        var request = OutgoingRequest(uri: "https://h/abc/manifest/video.mpd")
        scheme.attach(token, to: &request, in: .path)
        #expect(scheme.verify(AccessRequest(uri: request.uri), at: .seconds(1.0)).verdict == .valid)
        // A URI that holds an older token says the video in it.
        #expect(try scheme.sign(TokenGrant(.url(request.uri), expires: .seconds(100.0)), for: .path) == token)
        #expect(throws: TokenError.self) {
            try scheme.sign(TokenGrant(.paths(["/*"]), expires: .seconds(100.0)), for: .path)
        }
    }
}
