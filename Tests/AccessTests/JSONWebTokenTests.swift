import Foundation
import Quantities
import Testing

@testable import Access

@Suite struct JSONWebTokenTests {
    private struct Vector: Decodable {
        var alg: String
        var token: String
    }

    private static let secret = "0123456789abcdef0123456789abcdef"
    private static let keys = [
        "RS256": "rsa2048", "ES256": "p256", "EdDSA": "ed25519",
    ]

    private func key(_ algorithm: String, _ half: String = "private") throws -> KeyMaterial {
        guard let name = Self.keys[algorithm] else { return KeyMaterial(Self.secret) }
        return try TestVectors.key("\(name)_\(half)_pem")
    }

    private func settings(_ algorithm: String) -> [String: String] {
        let number = ["HS256", "RS256", "ES256", "EdDSA"].firstIndex(of: algorithm).map { $0 + 1 } ?? 0
        return [
            "algorithm": algorithm, "issuer": "https://auth.example.com", "audience": "cdn", "kid": "k\(number)",
        ]
    }

    private var grant: TokenGrant {
        TokenGrant(
            .paths(["/live/ch1/*"]), expires: .seconds(1_700_003_600.0), notBefore: .seconds(1_700_000_000.0),
            sessionID: "viewer-1")
    }

    @Test func everyVectorIsVerifiedAndTheFixedOnesAreSignedAlike() throws {
        let vectors = try TestVectors.read("jwt", as: [Vector].self)
        #expect(vectors.map(\.alg) == ["HS256", "RS256", "ES256", "EdDSA"])
        for vector in vectors {
            let signer = try TestVectors.scheme("jwt", key: key(vector.alg), settings(vector.alg))
            let signed = try signer.sign(grant, for: .query)
            if vector.alg != "ES256" { #expect(signed.value(of: "token") == vector.token, "\(vector.alg)") }
            let reader = try TestVectors.scheme("jwt", key: key(vector.alg, "public"), settings(vector.alg))
            for token in [vector.token, signed.value(of: "token") ?? ""] {
                let request = AccessRequest(uri: "/live/ch1/a.m3u8?token=" + token)
                #expect(reader.verify(request, at: .seconds(1_700_000_000.0)).verdict == .valid, "\(vector.alg)")
                #expect(reader.verify(request, at: .seconds(1_700_003_600.0)).verdict == .expired)
            }
            guard vector.alg != "HS256" else { continue }
            #expect(throws: TokenError.self) { try reader.sign(grant, for: .query) }
        }
    }

    @Test func theHeaderDoesNotChooseTheAlgorithm() throws {
        // The classic forgery: an HMAC with the text of the public key, and no signature at all.
        let pem = try TestVectors.key("rsa2048_public_pem").trimmedText
        let forged = try TestVectors.scheme("jwt", key: KeyMaterial(pem.replacing("-----BEGIN", with: "BEGIN")))
            .sign(grant, for: .query)
        let reader = try TestVectors.scheme("jwt", key: key("RS256", "public"), ["algorithm": "RS256"])
        let request = AccessRequest(path: "/live/ch1/a")
        #expect(reader.verify(forged, for: request, at: .seconds(1_700_000_000.0)) == .tampered)
        let none =
            Base64.encode(#"{"alg":"none"}"#.utf8) + "." + Base64.encode(#"{"exp":9999999999,"path":"*"}"#.utf8) + "."
        for algorithm in ["HS256", "RS256", "ES256", "EdDSA"] {
            let scheme = try TestVectors.scheme("jwt", key: key(algorithm), ["algorithm": algorithm])
            let token = AccessToken(fields: [.init(name: "token", value: none)])
            #expect(scheme.verify(token, for: request, at: .seconds(1_700_000_000.0)) == .tampered)
        }
    }

    /// Signs a payload of one's own with the shared secret.
    private func token(_ payload: String, header: String = #"{"alg":"HS256"}"#) throws -> AccessToken {
        let text = Base64.encode(header.utf8) + "." + Base64.encode(payload.utf8)
        let code = try MessageAuthenticator.hmacSHA256(SecretKey(bytes: Self.secret.utf8)).code(for: Array(text.utf8))
        return AccessToken(fields: [.init(name: "token", value: text + "." + Base64.encode(code))])
    }

    @Test(arguments: [
        (#"{"path":"/a","exp":100}"#, TokenVerdict.valid), (#"{"path":"/a","exp":99.5}"#, .expired),
        (#"{"path":"/a","exp":1e400}"#, .tampered), (#"{"path":"/a","exp":"100"}"#, .tampered),
        (#"{"path":"/a","exp":99}"#, .expired), (#"{"path":"/a","nbf":99.7,"exp":100}"#, .notYetValid),
        (#"{"exp":100}"#, .wrongPath), (#"{"path":7,"exp":100}"#, .wrongPath), (#"{"path":["/b","/a"]}"#, .valid),
        (#"{"path":"/a","exp":1,"exp":100}"#, .tampered), (#"{"path":"/a","ip":"10.0.0.0/8"}"#, .valid),
        (#"{"path":"/a","ip":"11.0.0.0/8"}"#, .wrongAddress), (#"{"path":"/a","ip":7}"#, .wrongAddress),
        (#"["path"]"#, .tampered), (#"{"path":"/a"} "#, .valid), (#"{"path":"/a"}x"#, .tampered),
        (#"{"path":"\u002fa"}"#, .valid), (#"{"path":"/a","exp":-9223372036854775808}"#, .expired),
        (#"{"path":"/a","exp":99999999999999999999999}"#, .valid),
    ])
    func claimsDecide(payload: String, verdict: TokenVerdict) throws {
        let scheme = try TestVectors.scheme("jwt", key: KeyMaterial(Self.secret))
        let request = AccessRequest(path: "/a", clientAddress: "10.1.2.3")
        #expect(scheme.verify(try token(payload), for: request, at: .seconds(99.6)) == verdict)
    }

    @Test func extensionsThatMustBeUnderstoodAreRefused() throws {
        let scheme = try TestVectors.scheme("jwt", key: KeyMaterial(Self.secret), ["kid": "k"])
        for (header, verdict) in [
            (#"{"alg":"HS256","crit":["exp"]}"#, TokenVerdict.tampered), (#"{"alg":"HS256","kid":"other"}"#, .tampered),
            (#"{"alg":"HS256","kid":"k"}"#, .valid), (#"{"alg":"HS256"}"#, .valid), (#"{"alg":"hs256"}"#, .tampered),
        ] {
            let token = try token(#"{"path":"/a"}"#, header: header)
            #expect(scheme.verify(token, for: AccessRequest(path: "/a"), at: .seconds(1.0)) == verdict, "\(header)")
        }
    }

    @Test func anotherIssuerOrAudienceIsAnotherUse() throws {
        let scheme = try TestVectors.scheme("jwt", key: KeyMaterial(Self.secret), ["issuer": "i", "audience": "a"])
        for (payload, verdict) in [
            (#"{"path":"/a","iss":"i","aud":["b","a"]}"#, TokenVerdict.valid), (#"{"path":"/a","iss":"i"}"#, .wrongUse),
            (#"{"path":"/a","iss":"j","aud":"a"}"#, .wrongUse), (#"{"path":"/a","aud":"a"}"#, .wrongUse),
        ] {
            #expect(scheme.verify(try token(payload), for: AccessRequest(path: "/a"), at: .seconds(1.0)) == verdict)
        }
    }

    @Test func leewayForgivesClocks() throws {
        let scheme = try TestVectors.scheme("jwt", key: KeyMaterial(Self.secret), ["leeway": "5"])
        let token = try token(#"{"path":"/a","nbf":100,"exp":200}"#)
        for (seconds, verdict) in [
            (94.0, TokenVerdict.notYetValid), (95.0, .valid), (204.0, .valid), (205.0, .expired),
        ] {
            #expect(scheme.verify(token, for: AccessRequest(path: "/a"), at: .seconds(seconds)) == verdict)
        }
    }

    @Test func inTheHeaderItIsABearerToken() throws {
        let scheme = try TestVectors.scheme("jwt", key: KeyMaterial(Self.secret))
        let token = try scheme.sign(grant, for: .header)
        #expect(token.value(of: "Authorization")?.hasPrefix("Bearer eyJ") == true)
        let other = try TestVectors.scheme("jwt", key: KeyMaterial(Self.secret), ["header": "X-Token"])
        #expect(try other.sign(grant, for: .header).value(of: "X-Token")?.hasPrefix("eyJ") == true)
    }

    @Test func inThePathRelativeReferencesInheritIt() throws {
        let scheme = try TestVectors.scheme("jwt", key: KeyMaterial(Self.secret), ["segment prefix": "jwt="])
        var request = OutgoingRequest(uri: "https://h/live/ch1/a.m3u8?x=1")
        scheme.attach(try scheme.sign(grant, for: .path), to: &request, in: .path)
        #expect(request.uri.hasPrefix("https://h/jwt=eyJ"))
        let child = AccessRequest(uri: URIReference.resolve("b/c.m4s", against: request.uri))
        let (verdict, carried) = scheme.verify(child, at: .seconds(1_700_000_000.0))
        #expect(verdict == .valid)
        #expect(carried?.request.path == "/live/ch1/b/c.m4s")
    }
}

@Suite struct JSONReaderTests {
    @Test(arguments: [
        "", " ", "{", "}", "[1,]", "{\"a\":1,}", "{\"a\"}", "{a:1}", "01", "-", "+1", "1.", "nul", "\"", "\"\\",
        "\"\\u12",
        "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\u0041\"", "\"\u{1}\"", "[1 2]", "\"\\x\"", "1e999",
        "{\"a\":1,\"a\":2}",
        "1 2", "--1", "1e", ".5", "1.e5", "1e5.", "1e+",
    ])
    func whatIsNoJSONIsRefused(text: String) {
        #expect(JSONReader.value(of: Array(text.utf8)) == nil)
    }

    @Test func whatIsWrittenIsReadAgain() {
        let value = JSONValue.object([
            .init("a\"\\\u{1}/é😀", .array([.null, .boolean(true), .boolean(false), .integer(.min), .number(0.5)])),
            .init("", .object([])), .init("b", .array([])), .init("c", .string("\n")),
        ])
        #expect(JSONReader.value(of: value.bytes) == value)
        #expect(JSONReader.value(of: Array(#"["\ud83d\ude00\u00e9\/\n"]"#.utf8)) == .array([.string("😀é/\n")]))
    }

    @Test func depthIsBounded() {
        let deep = [UInt8](repeating: UInt8(ascii: "["), count: 100_000)
        #expect(JSONReader.value(of: deep) == nil)
        let shallow = String(repeating: "[", count: 31) + String(repeating: "]", count: 31)
        #expect(JSONReader.value(of: Array(shallow.utf8)) != nil)
    }
}
