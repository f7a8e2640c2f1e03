import Foundation
import Quantities
import Testing

@testable import Access

@Suite struct CommonAccessTokenTests {
    private struct Vector: Decodable {
        var desc: String
        var payload_hex: String
        var token_b64url: String
    }

    private static let key = KeyMaterial("403697de87af64611c1d32a05dab0fe1fcb715a86ab435f1ec99192d79569388")
    private let now = WallTime.seconds(1_700_003_600.0 - 100)

    private func scheme(_ values: [String: String] = [:]) throws -> any TokenScheme {
        try TestVectors.scheme("common-access-token", key: Self.key, ["kid": "Symmetric256"].merging(values) { $1 })
    }

    /// What each vector's token was made from.
    private static let made: [(values: [String: String], grant: TokenGrant)] = {
        let end = WallTime.seconds(1_700_003_600.0)
        var first = TokenGrant(.paths(["/*"]), expires: end)
        first.issued = .seconds(1_700_000_000.0)
        var second = TokenGrant(.paths(["/live/ch1/*"]), expires: end, sessionID: "\u{b}q")
        second.site = "https://cdn.example.com"
        let third = TokenGrant(.paths(["/*"]), expires: end, clientAddress: "203.0.113.0/24,AS64500")
        return [
            (["issuer": "eyevinn"], first),
            (
                [
                    "issuer": "eyevinn", "bind host": "true", "methods": "GET,HEAD", "renewal": "header",
                    "renewal deadline": "60", "renewal name": "cta-common-access-token",
                ], second
            ), (["renewal": "cookie", "renewal name": "cta-common-access-token"], third),
        ]
    }()

    @Test func everyVectorIsVerified() throws {
        let vectors = try TestVectors.read("common-access-token", as: [Vector].self)
        #expect(vectors.count == 3)
        for (vector, made) in zip(vectors, Self.made) {
            let scheme = try scheme(made.values)
            let request = AccessRequest(
                uri: "https://cdn.example.com/live/ch1/a.m3u8?CAT=" + vector.token_b64url, clientAddress: "203.0.113.9")
            #expect(scheme.verify(request, at: now).verdict == .valid, "\(vector.desc)")
            #expect(scheme.verify(request, at: .seconds(1_700_003_600.0)).verdict == .expired)
        }
    }

    @Test func theSecondVectorIsSignedAlikeToTheByte() throws {
        let vector = try TestVectors.read("common-access-token", as: [Vector].self)[1]
        let token = try scheme(Self.made[1].values).sign(Self.made[1].grant, for: .query)
        #expect(token.value(of: "CAT") == vector.token_b64url)
    }

    @Test func theOthersDifferByTheClaimOfThePathAlone() throws {
        let vectors = try TestVectors.read("common-access-token", as: [Vector].self)
        for position in [0, 2] {
            let its = Self.made[position]
            let token = try scheme(its.values).sign(its.grant, for: .query)
            let read = try #require(Base64.decode(token.value(of: "CAT") ?? "").flatMap { COSEToken($0) })
            let pairs = (read.claims.pairs ?? []).filter { $0.key.integer != CATClaims.uri }
            var text: [UInt8] = []
            Hexadecimal.append(CBORValue.map(pairs).encoded, to: &text)
            #expect(String(decoding: text, as: UTF8.self) == vectors[position].payload_hex)
        }
    }

    @Test func anAkamaiTokenIsVerified() throws {
        let text =
            "2D3RhEOhAQWhBFBha2FtYWlfa2V5X2hzMjU2U6MEGmfXP_YGGmfXQAsFGmfXQAtYINTT_KlOyhaV6NaSxFXkqJWfBagSkPkem10dysoA-C0w"
        let scheme = try scheme(["kid": "akamai_key_hs256"])
        let token = AccessToken(fields: [.init(name: "CAT", value: text)])
        // Its times are the wrong way round: it begins after its end.
        #expect(scheme.verify(token, for: AccessRequest(path: "/"), at: .seconds(1_742_159_882.0)) == .notYetValid)
        #expect(scheme.verify(token, for: AccessRequest(path: "/"), at: .seconds(1_742_159_883.0)) == .expired)
        let claims = try #require(scheme.claims(of: token))
        #expect(claims.keyID == "akamai_key_hs256" && claims.algorithm == "HS256")
        #expect(try self.scheme().verify(token, for: AccessRequest(path: "/"), at: now) == .tampered)
    }

    private func signed(_ claims: [(Int64, CBORValue)], _ scheme: any TokenScheme) throws -> AccessToken {
        let its = try #require(scheme as? CommonAccessToken)
        let bytes = try COSEToken.bytes(
            .hs256, keyID: Array("Symmetric256".utf8), claims: .map(claims.map { .init(.integer($0.0), $0.1) }),
            with: its.authenticator)
        return its.token(Base64.encode(bytes), for: .header)
    }

    private static func map(_ pairs: [(Int64, CBORValue)]) -> CBORValue {
        .map(pairs.map { .init(.integer($0.0), $0.1) })
    }

    @Test func everyConditionOfAURIDecides() throws {
        let scheme = try scheme()
        let request = AccessRequest(uri: "https://CDN.example.com:8443/live/ch1/a.b.m3u8?q=1")
        let cases: [(component: Int64, match: Int64, value: CBORValue, holds: Bool)] = [
            (0, 0, .text("https"), true), (0, 0, .text("http"), false), (1, 0, .text("cdn.example.com"), true),
            (1, 2, .text(".example.com"), true), (1, 2, .text(".example.org"), false), (2, 0, .text("8443"), true),
            (2, 0, .unsigned(8443), true), (2, 0, .unsigned(443), false), (3, 1, .text("/live/"), true),
            (3, 1, .text("/vod/"), false), (3, 3, .text("/ch1/"), true), (3, 3, .text("/ch2/"), false),
            (3, 0, .text("/live/ch1/a.b.m3u8"), true), (4, 0, .text("q=1"), true), (4, 0, .text(""), false),
            (5, 0, .text("/live/ch1"), true), (6, 0, .text("a.b.m3u8"), true), (7, 0, .text("a.b"), true),
            (8, 0, .text(".m3u8"), true), (8, 0, .text("m3u8"), false), (3, 4, .array([.text(".*")]), false),
            (9, 0, .text(""), false), (3, 99, .text("/"), false), (3, 0, .bytes([]), false),
            (3, -1, .bytes(SHA256Digest.bytes(of: Array("/live/ch1/a.b.m3u8".utf8))), true),
            (3, -1, .bytes([1]), false),
        ]
        for its in cases {
            let token = try signed([(312, Self.map([(its.component, Self.map([(its.match, its.value)]))]))], scheme)
            let verdict = scheme.verify(token, for: request, at: now)
            #expect(verdict == (its.holds ? .valid : .wrongPath), "\(its.component) \(its.match) \(its.value)")
        }
        for claim in [CBORValue.unsigned(1), Self.map([(3, .map([]))]), Self.map([(3, .text("/"))])] {
            #expect(scheme.verify(try signed([(312, claim)], scheme), for: request, at: now) == .wrongPath)
        }
    }

    @Test func otherClaimsDecide() throws {
        let scheme = try scheme(["issuer": "i", "audience": "a"])
        let request = AccessRequest(
            path: "/", headers: ["x-device": "tv"], clientAddress: "2001:db8::7", method: "POST")
        let base: [(Int64, CBORValue)] = [(1, .text("i")), (3, .array([.text("b"), .text("a")]))]
        let version6 = CBORValue.tagged(54, .array([.unsigned(32), .bytes([0x20, 0x01, 0x0D, 0xB8])]))
        let exact = { (text: String) in CBORValue.map([.init(.unsigned(0), .text(text))]) }
        let cases: [((Int64, CBORValue), TokenVerdict)] = [
            ((308, .unsigned(0)), .valid), ((310, .unsigned(1)), .valid), ((310, .unsigned(2)), .tampered),
            ((4, .number(1_700_003_499.5)), .expired), ((4, .number(1_700_003_500.5)), .valid),
            ((4, .text("9")), .tampered),
            ((4, .number(.nan)), .tampered), ((4, .unsigned(.max)), .valid), ((4, .negative(.max)), .expired),
            ((5, .unsigned(1_700_003_501)), .notYetValid), ((313, .array([.text("GET")])), .wrongUse),
            ((313, .array([.text("POST")])), .valid), ((315, .map([.init(.text("X-Device"), exact("tv"))])), .valid),
            ((315, .map([.init(.text("X-Device"), exact("phone"))])), .wrongUse),
            ((315, .map([.init(.text("X-Other"), exact("tv"))])), .wrongUse), ((311, .array([version6])), .valid),
            ((311, .array([.tagged(52, .bytes([203, 0, 113, 7])), .unsigned(64_500)])), .wrongAddress),
            ((311, .array([.tagged(54, .bytes([UInt8](repeating: 1, count: 17)))])), .wrongAddress),
            ((311, .array([.tagged(54, .array([.unsigned(999), .bytes([])]))])), .wrongAddress),
            ((316, .array([.text("NO")])), .wrongUse), ((321, .map([])), .wrongUse),
        ]
        for (claim, verdict) in cases {
            #expect(
                scheme.verify(try signed(base + [claim], scheme), for: request, at: now) == verdict,
                "\(claim.0) \(claim.1)")
        }
        #expect(scheme.verify(try signed([(1, .text("j")), base[1]], scheme), for: request, at: now) == .wrongUse)
        #expect(scheme.verify(try signed([base[0]], scheme), for: request, at: now) == .wrongUse)
    }

    @Test func theAlgorithmIsTheOneThatWasAgreedOn() throws {
        let pem = try TestVectors.key("p256_private_pem")
        let signer = try TestVectors.scheme(
            "common-access-token", key: pem, ["algorithm": "ES256", "kid": "Symmetric256"])
        let token = try signer.sign(TokenGrant(.paths(["/*"]), expires: .seconds(2e9)), for: .header)
        let publicKey = try TestVectors.key("p256_public_pem")
        let reader = try TestVectors.scheme("common-access-token", key: publicKey, ["algorithm": "ES256"])
        #expect(reader.verify(token, for: AccessRequest(path: "/a"), at: now) == .valid)
        #expect(try scheme().verify(token, for: AccessRequest(path: "/a"), at: now) == .tampered)
        #expect(throws: TokenError.self) {
            try reader.sign(TokenGrant(.paths(["/*"]), expires: .seconds(2e9)), for: .header)
        }
    }

    @Test func patternsBecomeConditionsOrAreRefused() throws {
        let scheme = try scheme()
        for (pattern, path, verdict) in [
            ("/live/*.m4s", "/live/a/b.m4s", TokenVerdict.valid), ("/live/*.m4s", "/live/a.m3u8", .wrongPath),
            ("*.m4s", "/x.m4s", .valid), ("*/ch1/*", "/live/ch1/x", .valid), ("*/ch1/*", "/live/ch2/x", .wrongPath),
            ("/a", "/a", .valid), ("/a", "/ab", .wrongPath), ("*", "/anything", .valid),
        ] {
            let token = try scheme.sign(TokenGrant(.paths([pattern]), expires: .seconds(2e9)), for: .header)
            #expect(scheme.verify(token, for: AccessRequest(path: path), at: now) == verdict, "\(pattern) \(path)")
        }
        for patterns in [[], ["/a/*", "/b/*"], ["/a?"], ["/a*b*c"]] {
            #expect(throws: TokenError.self) {
                try scheme.sign(TokenGrant(.paths(patterns), expires: .seconds(2e9)), for: .header)
            }
        }
    }
}

/// Renewal (`catr`).
@Suite struct CommonAccessTokenRenewalTests {
    private let start = WallTime.seconds(1_700_000_000.0)

    private func scheme(_ renewal: String, _ values: [String: String] = [:]) throws -> any RenewableTokenScheme {
        let made = try TestVectors.scheme(
            "common-access-token", key: KeyMaterial("00ff"), ["renewal": renewal, "kid": "k"].merging(values) { $1 })
        return try #require(made as? any RenewableTokenScheme)
    }

    private var grant: TokenGrant { TokenGrant(.paths(["/*"]), from: start, lifetime: .seconds(100.0)) }

    @Test func aTokenIsRenewedInItsWindowAlone() throws {
        let scheme = try scheme("header", ["renewal seconds": "90", "renewal deadline": "30"])
        let token = try scheme.sign(grant, for: .header)
        for (age, isRenewed) in [(0.0, false), (69.999, false), (70.0, true), (99.999, true), (100.0, false)] {
            #expect((scheme.renewed(token, at: start + .seconds(age)) != nil) == isRenewed, "\(age)")
        }
        let new = try #require(scheme.renewed(token, at: start + .seconds(80.0)))
        let claims = try #require(scheme.claims(of: new))
        #expect(claims.expires == start + .seconds(170.0))
        #expect(claims.issued == start + .seconds(80.0))
        #expect(claims.keyID == "k")
        let request = AccessRequest(path: "/a")
        #expect(scheme.verify(new, for: request, at: start + .seconds(169.0)) == .valid)
        #expect(scheme.verify(new, for: request, at: start + .seconds(170.0)) == .expired)
        #expect(scheme.renewed(new, at: start + .seconds(141.0)) != nil)
    }

    @Test func theWindowIsAMinuteWhenNothingIsSaidAndNoTokenIsShortened() throws {
        let scheme = try scheme("cookie", ["renewal seconds": "10"])
        let token = try scheme.sign(grant, for: .cookie)
        #expect(scheme.renewed(token, at: start + .seconds(39.0)) == nil)
        let new = try #require(scheme.renewed(token, at: start + .seconds(40.0)))
        #expect(scheme.claims(of: new)?.expires == start + .seconds(100.0))
    }

    @Test func aForgedTokenOrOneWithoutTheClaimIsNotRenewed() throws {
        let without = try scheme("none")
        let token = try without.sign(grant, for: .header)
        #expect(without.renewed(token, at: start + .seconds(99.0)) == nil)
        #expect(without.renewalCarrier(of: token, sentIn: .header) == nil)
        let with = try scheme("header")
        var forged = try with.sign(grant, for: .header)
        let last = forged.fields[0].value.removeLast()
        forged.fields[0].value.append(last == "A" ? "E" : "A")
        #expect(with.renewed(forged, at: start + .seconds(99.0)) == nil)
    }

    @Test func theClaimSaysWhatBringsTheNewToken() throws {
        let name = "cta-common-access-token"
        for (renewal, place, carrier) in [
            ("header", TokenPlacement.query, RenewalCarrier.header(name)), ("cookie", .header, .cookie(name)),
            ("redirect", .header, .redirect(parameter: "CAT")), ("automatic", .header, .header(name)),
            ("automatic", .cookie, .cookie(name)), ("automatic", .query, .redirect(parameter: "CAT")),
        ] {
            let scheme = try scheme(renewal)
            let token = try scheme.sign(grant, for: place)
            #expect(scheme.renewalCarrier(of: token, sentIn: place) == carrier)
        }
        let named = try scheme("cookie", ["renewal name": "tv-token"])
        #expect(named.renewalCarrier(of: try named.sign(grant, for: .cookie), sentIn: .cookie) == .cookie("tv-token"))
    }

    @Test func theNewTokenIsTakenOver() throws {
        let scheme = try scheme("header")
        let token = try scheme.sign(grant, for: .header)
        let text = try #require(token.value(of: "CTA-Common-Access-Token"))
        #expect(scheme.token(renewedBy: text + ";Path=/", for: .header) == token)
        #expect(scheme.token(renewedBy: text, for: .cookie)?.cookieHeader == "CTA-Common-Access-Token=" + text)
        #expect(scheme.token(renewedBy: "nonsense", for: .header) == nil)
        // The edge's own cookie counts beside an old one of the viewer.
        let cookies = "CTA-Common-Access-Token=old; cta-common-access-token=" + text
        let request = AccessRequest(path: "/a", cookies: cookies)
        #expect(scheme.verify(request, in: [.cookie], at: start).verdict == .valid)
    }
}

@Suite struct CBORTests {
    @Test(arguments: [
        ("00", CBORValue.unsigned(0)), ("17", .unsigned(23)), ("1818", .unsigned(24)), ("1903e8", .unsigned(1000)),
        ("1bffffffffffffffff", .unsigned(.max)), ("20", .negative(0)), ("3bffffffffffffffff", .negative(.max)),
        ("4401020304", .bytes([1, 2, 3, 4])), ("6161", .text("a")), ("62c3bc", .text("ü")), ("80", .array([])),
        ("a201020304", .map([.init(.unsigned(1), .unsigned(2)), .init(.unsigned(3), .unsigned(4))])),
        ("d83d00", .tagged(61, .unsigned(0))), ("f4", .boolean(false)), ("f5", .boolean(true)), ("f6", .null),
        ("fb3ff199999999999a", .number(1.1)),
    ])
    func examplesOfTheStandard(hex: String, value: CBORValue) throws {
        let bytes = try #require(Hexadecimal.decode(hex.utf8))
        #expect(CBORReader.value(of: bytes) == value)
        #expect(value.encoded == bytes)
    }

    @Test func otherFormsAreRead() throws {
        for (hex, value) in [
            ("1800", CBORValue.unsigned(0)), ("f93e00", .number(1.5)), ("fa47c35000", .number(100_000)),
            ("1b0000000000000001", .unsigned(1)),
        ] {
            #expect(CBORReader.value(of: try #require(Hexadecimal.decode(hex.utf8))) == value)
        }
    }

    @Test(arguments: [
        "", "18", "19ff", "1c", "1f", "5f", "9f", "bf", "ff", "41", "5bffffffffffffffff", "9bffffffffffffffff",
        "bbffffffffffffffff", "7bffffffffffffffff00", "61ff", "a1", "a10101ff", "a2010101", "a201010102", "0000", "f7",
        "e0",
        "d8", "fb00",
    ])
    func whatIsNoneIsRefused(hex: String) throws {
        #expect(CBORReader.value(of: try #require(Hexadecimal.decode(hex.utf8))) == nil)
    }

    @Test func depthAndNumberAreBounded() {
        #expect(CBORReader.value(of: [UInt8](repeating: 0x81, count: 100_000)) == nil)
        #expect(CBORReader.value(of: [UInt8](repeating: 0xC1, count: 100_000)) == nil)
        #expect(CBORReader.value(of: [0x99, 0x08, 0x00] + [UInt8](repeating: 0, count: 2048)) == nil)
    }

    @Test func randomBytesNeverStopTheProgram() {
        var generator = SeededGenerator(seed: 43)
        for _ in 0..<5_000 {
            let bytes = (0..<Int.random(in: 0..<60, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            if let value = CBORReader.value(of: bytes) {
                #expect(CBORReader.value(of: value.encoded) != nil)
            }
            _ = COSEToken(bytes)
        }
    }
}
