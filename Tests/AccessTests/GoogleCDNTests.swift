import Foundation
import Quantities
import Testing

@testable import Access

@Suite struct GoogleCloudCDNTests {
    private struct Vector: Decodable {
        var desc: String
        var key_b64url: String
        var signed: String?
        var cookie: String?
    }

    @Test func everyPublishedURLIsSignedAlike() throws {
        let vectors = try TestVectors.read("google-cloud-cdn", as: [Vector].self)
        #expect(vectors.count == 5)
        for vector in vectors {
            guard let signed = vector.signed else { continue }
            let scheme = try TestVectors.scheme(
                "google-cloud-cdn", key: KeyMaterial(vector.key_b64url), ["key name": "my-key"])
            let request = AccessRequest(uri: signed)
            let carried = try #require(scheme.detach(from: request, in: .query))
            let expires = try #require(scheme.claims(of: carried.token)?.expires)
            var grant = TokenGrant(.url(carried.request.uri), expires: expires)
            if signed.contains("URLPrefix") {
                grant.scope = .paths(["/live/*"])
                grant.site = "https://media.example.com"
            }
            var outgoing = OutgoingRequest(uri: carried.request.uri)
            scheme.attach(try scheme.sign(grant, for: .query), to: &outgoing, in: .query)
            #expect(outgoing.uri == signed, "\(vector.desc)")
            #expect(scheme.verify(request, at: expires - .seconds(1)).verdict == .valid)
            #expect(scheme.verify(request, at: expires).verdict == .expired)
        }
    }

    @Test func theCookieIsSignedAlike() throws {
        let vector = try #require(
            try TestVectors.read("google-cloud-cdn", as: [Vector].self).first { $0.cookie != nil })
        let scheme = try TestVectors.scheme(
            "google-cloud-cdn", key: KeyMaterial(vector.key_b64url), ["key name": "my-key"])
        var grant = TokenGrant(.paths(["/live/*"]), expires: .seconds(1_700_003_600.0))
        grant.site = "https://media.example.com/"
        #expect(try scheme.sign(grant, for: .cookie).cookieHeader == vector.cookie)
        let inside = AccessRequest(
            uri: "https://media.example.com/live/a/b.m4s?x=1", cookies: "a=b; \(vector.cookie ?? "")")
        #expect(scheme.verify(inside, at: .seconds(1_700_000_000.0)).verdict == .valid)
        let other = AccessRequest(uri: "https://other.example.com/live/a", cookies: vector.cookie)
        #expect(scheme.verify(other, at: .seconds(1_700_000_000.0)).verdict == .wrongPath)
    }

    @Test func aParameterBehindTheSignatureIsRefusedForOneURLAndNotForAPrefix() throws {
        let scheme = GoogleCloudCDN(key: SecretKey(bytes: 1...16), keyName: "k")
        var grant = TokenGrant(.url("https://h/live/a.m3u8?q=1"), expires: .seconds(100.0))
        grant.site = "https://h"
        for (scope, verdict) in [(grant.scope, TokenVerdict.tampered), (.paths(["/live/*"]), .valid)] {
            grant.scope = scope
            var request = OutgoingRequest(uri: "https://h/live/a.m3u8?q=1")
            scheme.attach(try scheme.sign(grant, for: .query), to: &request, in: .query)
            #expect(scheme.verify(AccessRequest(uri: request.uri), at: .seconds(1.0)).verdict == .valid)
            #expect(scheme.verify(AccessRequest(uri: request.uri + "&CMCD=x"), at: .seconds(1.0)).verdict == verdict)
        }
    }

    @Test func whatItCannotSayIsRefused() throws {
        let scheme = GoogleCloudCDN(key: SecretKey(bytes: 1...16), keyName: "k")
        var grant = TokenGrant(.paths(["/live/*"]), expires: .seconds(100.0))
        #expect(throws: TokenError.self) { try scheme.sign(grant, for: .query) }  // no site
        grant.site = "https://h"
        #expect(throws: Never.self) { try scheme.sign(grant, for: .query) }
        for paths in [[], ["/a/*", "/b/*"], ["/a/*.m3u8"], ["/a?b/*"], ["/a"], ["*"]] {
            var other = grant
            other.scope = .paths(paths)
            #expect(throws: TokenError.self, "\(paths)") { try scheme.sign(other, for: .query) }
        }
        #expect(throws: TokenError.self) { try scheme.sign(grant, for: .header) }
        var bound = grant
        bound.clientAddress = "203.0.113.7"
        #expect(throws: TokenError.invalidField(name: "address", reason: "the scheme has no field for it")) {
            try scheme.sign(bound, for: .query)
        }
        #expect(throws: TokenError.invalidOption(name: "key name", expected: "given")) {
            try GoogleCloudCDN(key: SecretKey(bytes: 1...16), keyName: "").sign(grant, for: .query)
        }
    }
}

@Suite struct GoogleMediaCDNTests {
    private struct Vector: Decodable {
        var seed_b64url: String?
        var key_b64url: String?
        var alg: String?
        var token: String?
        var url: String?
        var cookie: String?
        var desc: String?
    }

    private static let keySeed = "g_SlMILiIWKqsC6Z2L7gy0sReDOqtSrJrE7CXNr5Nl8="

    private func grant(_ token: String) -> TokenGrant {
        var grant = TokenGrant(.url("/example.m3u8"), expires: .seconds(1_663_070_400.0))
        if token.hasPrefix("URLPrefix") {
            grant.scope = .paths(["/*"])
            grant.site = "http://10.20.30.40"
        } else if token.hasPrefix("PathGlobs") {
            grant.scope = .paths(["/*"])
        }
        guard token.contains("SessionID") else { return grant }
        grant.notBefore = .seconds(1_663_027_200.0)
        grant.sessionID = "test-id"
        grant.payload = "test-data"
        grant.clientAddress = "203.0.113.0/24,2001:db8:4a7f:a732/64"
        return grant
    }

    @Test func everyPublishedTokenIsSignedAlikeAndVerified() throws {
        let vectors = try TestVectors.read("google-media-cdn", as: [Vector].self)
        #expect(vectors.count == 9)
        for vector in vectors {
            guard let token = vector.token else { continue }
            var values = ["algorithm": vector.alg ?? "ed25519"]
            if token.hasPrefix("URLPrefix") { values["scope"] = "prefix" }
            if token.contains("Headers") { values["headers"] = "Foo=bar,BAZ=quux" }
            let key = KeyMaterial(try #require(vector.seed_b64url ?? vector.key_b64url))
            let scheme = try TestVectors.scheme("google-media-cdn", key: key, values)
            #expect(try scheme.sign(grant(token), for: .query).value(of: "edge-cache-token") == token)
            let request = AccessRequest(
                uri: "http://10.20.30.40/example.m3u8?edge-cache-token=\(token)",
                headers: ["foo": "bar", "baz": "quux"], clientAddress: "203.0.113.9")
            #expect(scheme.verify(request, at: .seconds(1_663_050_000.0)).verdict == .valid, "\(token)")
            var other = request
            other.headers["foo"] = "other"
            let isBound = token.contains("Headers")
            #expect(scheme.verify(other, at: .seconds(1_663_050_000.0)).verdict == (isBound ? .tampered : .valid))
        }
    }

    @Test func thePathComponentIsSignedAlike() throws {
        let vector = try #require(
            try TestVectors.read("google-media-cdn", as: [Vector].self).first { $0.desc == "signature path component" })
        let scheme = try TestVectors.scheme(
            "google-media-cdn", key: KeyMaterial(Self.keySeed), ["form": "signature", "key name": "test-key"])
        var grant = TokenGrant(.paths(["/*"]), expires: .seconds(1_663_070_400.0))
        grant.site = "https://example.com"
        let token = try scheme.sign(grant, for: .path)
        var request = OutgoingRequest(uri: "https://example.com/test-filename")
        scheme.attach(token, to: &request, in: .path)
        #expect(request.uri == vector.url)
        // A relative reference keeps the component.
        let child = URIReference.resolve("a/seg-1.m4s", against: request.uri)
        let (verdict, carried) = scheme.verify(AccessRequest(uri: child), at: .seconds(1.0))
        #expect(verdict == .valid)
        #expect(carried?.request.path == "/a/seg-1.m4s")
    }

    @Test func theCookieAndTheExactURLAreSignedAlike() throws {
        let vectors = try TestVectors.read("google-media-cdn", as: [Vector].self)
        let scheme = try TestVectors.scheme(
            "google-media-cdn", key: KeyMaterial(Self.keySeed), ["form": "signature", "key name": "test-key"])
        var grant = TokenGrant(.paths(["/live/*"]), expires: .seconds(1_663_070_400.0))
        grant.site = "https://media.example.com"
        #expect(try scheme.sign(grant, for: .cookie).cookieHeader == vectors.compactMap(\.cookie).first)
        let url = try #require(vectors.first { $0.desc == "exact URL query" }?.url)
        grant.scope = .url("https://media.example.com/live/ch1/master.m3u8")
        var request = OutgoingRequest(uri: "https://media.example.com/live/ch1/master.m3u8")
        scheme.attach(try scheme.sign(grant, for: .query), to: &request, in: .query)
        #expect(request.uri == url)
    }

    @Test func aComponentOfAnotherDirectoryIsPutInAndRefused() throws {
        let scheme = try TestVectors.scheme(
            "google-media-cdn", key: KeyMaterial(Self.keySeed), ["form": "signature", "key name": "k"])
        var grant = TokenGrant(.paths(["/live/ch1/*"]), expires: .seconds(100.0))
        grant.site = "https://h"
        let token = try scheme.sign(grant, for: .path)
        var request = OutgoingRequest(uri: "https://h/live/ch2/a.m3u8?x=1#f")
        scheme.attach(token, to: &request, in: .path)
        #expect(request.uri.hasPrefix("https://h/live/ch2/edge-cache-token="))
        #expect(request.uri.hasSuffix("/a.m3u8?x=1#f"))
        #expect(scheme.verify(AccessRequest(uri: request.uri), at: .seconds(1.0)).verdict == .tampered)
    }

    @Test func theCodeMustBeOfTheAlgorithmThatWasAgreedOn() throws {
        let key = KeyMaterial(Self.keySeed)
        let token = try TestVectors.scheme("google-media-cdn", key: key, ["algorithm": "sha1"]).sign(
            TokenGrant(.paths(["/*"]), expires: .seconds(100.0)), for: .query)
        for (algorithm, verdict) in [("sha1", TokenVerdict.valid), ("sha256", .tampered), ("ed25519", .tampered)] {
            let scheme = try TestVectors.scheme("google-media-cdn", key: key, ["algorithm": algorithm])
            #expect(scheme.verify(token, for: AccessRequest(path: "/a"), at: .seconds(1.0)) == verdict)
        }
        #expect(throws: TokenError.self) {
            try TestVectors.scheme("google-media-cdn", key: key, ["form": "signature", "algorithm": "sha1"])
        }
    }

    @Test func separatorsInValuesAreRefused() throws {
        let scheme = try TestVectors.scheme("google-media-cdn", key: KeyMaterial(Self.keySeed))
        var grant = TokenGrant(.paths(["/*"]), expires: .seconds(100.0))
        grant.payload = "a~Expires=9"
        #expect(throws: TokenError.self) { try scheme.sign(grant, for: .query) }
        for path in ["/a!b", "/a,b", "/a~b"] {
            #expect(throws: TokenError.self) {
                try scheme.sign(TokenGrant(.paths([path]), expires: .seconds(100.0)), for: .query)
            }
        }
    }
}
