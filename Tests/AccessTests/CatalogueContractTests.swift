import Foundation
import Quantities
import Testing

@testable import Access

/// One scheme with one set of settings, in one place.
struct CatalogueCase: Sendable, CustomTestStringConvertible {
    var scheme: String
    var place: TokenPlacement
    var key: String
    var values: [String: String] = [:]
    /// Whether the grant covers patterns; otherwise one URL.
    var isPattern = true
    var bindsAddress = false
    var saysStart = false

    var testDescription: String {
        "\(scheme) in \(place.rawValue)\(isPattern ? "" : ", one URL") \(values.sorted { $0.key < $1.key }.map { $0.value })"
    }

    static let hexKey = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
    static let base64Key = "nZtRohdNF9m3cKM24IcK4w=="
    static let seed = "DJUcnLguVFKmVCFnWGubG1MZg7fWAnxacMjKDhVZMGI="

    static let all: [CatalogueCase] = google + others + jwt + stream + common

    private static let google: [CatalogueCase] =
        [
            .init(scheme: "google-cloud-cdn", place: .query, key: base64Key, values: ["key name": "k-1"]),
            .init(
                scheme: "google-cloud-cdn", place: .query, key: base64Key, values: ["key name": "k-1"], isPattern: false
            ),
            .init(scheme: "google-cloud-cdn", place: .cookie, key: base64Key, values: ["key name": "k-1"]),
        ]
        + [TokenPlacement.query, .path, .cookie].map {
            .init(scheme: "google-media-cdn", place: $0, key: seed, values: ["form": "signature", "key name": "k-1"])
        } + [
            .init(
                scheme: "google-media-cdn", place: .query, key: seed,
                values: ["form": "signature", "key name": "k-1"], isPattern: false)
        ]
        + ["ed25519", "sha256", "sha1"].flatMap { algorithm in
            [true, false].flatMap { isPattern in
                [TokenPlacement.query, .cookie].map { place in
                    .init(
                        scheme: "google-media-cdn", place: place, key: seed,
                        values: ["algorithm": algorithm, "headers": "X-Device=tv,User-Agent=a b"], isPattern: isPattern,
                        bindsAddress: true, saysStart: true)
                }
            }
        } + [
            .init(
                scheme: "google-media-cdn", place: .query, key: seed, values: ["scope": "prefix"], bindsAddress: true,
                saysStart: true)
        ]

    private static let others: [CatalogueCase] = [
        .init(scheme: "fastly", place: .query, key: base64Key, isPattern: false),
        .init(scheme: "fastly", place: .query, key: base64Key, values: ["algorithm": "sha256"], isPattern: false),
        .init(scheme: "cloudflare", place: .query, key: "secret", values: ["lifetime": "60"], isPattern: false),
        .init(
            scheme: "cloudflare", place: .query, key: "secret", values: ["lifetime": "60", "url safe": "true"],
            isPattern: false),
    ]

    private static let jwt: [CatalogueCase] =
        TokenPlacement.allCases.map {
            .init(
                scheme: "jwt", place: $0, key: hexKey,
                values: ["issuer": "i", "audience": "a", "kid": "k", "session claim": "jti"], bindsAddress: true,
                saysStart: true)
        }
        + ["path", "paths", "acl", "url"].flatMap { claim in
            [true, false].map {
                .init(
                    scheme: "jwt", place: .query, key: hexKey, values: ["path claim": claim], isPattern: $0,
                    bindsAddress: true, saysStart: true)
            }
        }
        + [("RS256", "rsa2048_private_pem"), ("ES256", "p256_private_pem"), ("EdDSA", "ed25519_private_pem")].map {
            .init(
                scheme: "jwt", place: .header, key: $0.1, values: ["algorithm": $0.0, "header": "X-Token"],
                bindsAddress: true, saysStart: true)
        } + [
            .init(scheme: "jwt", place: .path, key: hexKey, values: ["segment prefix": "token="], bindsAddress: true),
            .init(scheme: "jwt", place: .path, key: hexKey, isPattern: false),
            .init(scheme: "jwt", place: .path, key: hexKey, values: ["path claim": "url"], isPattern: false),
        ]

    private static let stream: [CatalogueCase] = [
        .init(
            scheme: "cloudflare-stream", place: .path, key: "rsa2048_private_pem",
            values: ["kid": "k", "video": "ch1", "downloadable": "true"], bindsAddress: true, saysStart: true)
    ]

    private static let common: [CatalogueCase] =
        TokenPlacement.allCases.map {
            .init(
                scheme: "common-access-token", place: $0, key: hexKey,
                values: [
                    "kid": "k", "issuer": "i", "audience": "a", "methods": "GET,HEAD", "headers": "X-Device=tv",
                    "bind host": "true", "renewal": "automatic", "renewal deadline": "10",
                ], bindsAddress: true, saysStart: true)
        } + [
            .init(scheme: "common-access-token", place: .header, key: hexKey, values: ["kid": "k"], isPattern: false),
            .init(scheme: "common-access-token", place: .query, key: hexKey, isPattern: false),
            .init(scheme: "common-access-token", place: .path, key: hexKey, isPattern: false),
            .init(
                scheme: "common-access-token", place: .query, key: "p256_private_pem",
                values: ["algorithm": "ES256", "kid": "k"], bindsAddress: true, saysStart: true),
        ]

    func material() throws -> KeyMaterial { key.hasSuffix("_pem") ? try TestVectors.key(key) : KeyMaterial(key) }

    func make(withKey: Bool = true) throws -> any TokenScheme {
        try TestVectors.scheme(scheme, key: withKey ? material() : nil, values)
    }

    static let uri = "https://cdn.example.com/live/ch1/master.m3u8?a=1&b=%20x"
    static let now = WallTime.seconds(1_700_000_000.0)

    func grant() -> TokenGrant {
        var grant = TokenGrant(
            isPattern ? .paths(["/live/ch1/*"]) : .url(Self.uri), from: Self.now, lifetime: .seconds(60.0))
        grant.site = "https://cdn.example.com"
        grant.sessionID = "viewer-7"
        if bindsAddress { grant.clientAddress = "203.0.113.7" }
        if saysStart { grant.notBefore = Self.now }
        return grant
    }

    /// What an edge sees of the request with a token.
    func seen(_ token: AccessToken, by scheme: any TokenScheme, uri: String = Self.uri, address: String = "203.0.113.7")
        -> AccessRequest
    {
        var request = OutgoingRequest(uri: uri)
        scheme.attach(token, to: &request, in: place)
        var headers: [String: String] = [:]
        for header in request.headers { headers[header.name.lowercased()] = header.value }
        return AccessRequest(
            uri: request.uri, cookies: request.cookieHeader, headers: headers, clientAddress: address)
    }
}

/// What ``TokenScheme`` promises, held against every scheme here.
@Suite struct CatalogueContractTests {
    private let now = CatalogueCase.now

    @Test(arguments: CatalogueCase.all) func aSignedTokenIsValidUntilItsEndToTheSecond(_ its: CatalogueCase) throws {
        let scheme = try its.make()
        let token = try scheme.sign(its.grant(), for: its.place)
        let request = its.seen(token, by: scheme)
        for (seconds, verdict) in [
            (1_700_000_000.0, TokenVerdict.valid), (1_700_000_059.999, .valid), (1_700_000_060.0, .expired),
            (1_800_000_000.0, .expired),
        ] {
            #expect(scheme.verify(request, in: [its.place], at: .seconds(seconds)).verdict == verdict, "\(seconds)")
        }
        let before = scheme.verify(request, at: .seconds(1_699_999_999.999)).verdict
        #expect(before == (its.saysStart ? .notYetValid : .valid))
        #expect(scheme.verify(AccessRequest(uri: CatalogueCase.uri), at: now).verdict == .missing)
    }

    @Test(arguments: CatalogueCase.all) func anotherPathIsRefused(_ its: CatalogueCase) throws {
        let scheme = try its.make()
        let token = try scheme.sign(its.grant(), for: its.place)
        let bare = try #require(scheme.detach(from: its.seen(token, by: scheme), in: its.place)).request
        for other in ["/live/ch2/master.m3u8", "/live/", "/", ""] {
            var request = bare
            request.path = other
            let verdict = scheme.verify(token, for: request, at: now)
            #expect(verdict == .wrongPath || (!its.isPattern && verdict == .tampered), "\(other)")
        }
    }

    @Test(arguments: CatalogueCase.all.filter(\.bindsAddress)) func anotherAddressIsRefused(_ its: CatalogueCase) throws
    {
        let scheme = try its.make()
        let token = try scheme.sign(its.grant(), for: its.place)
        for (address, verdict) in [
            ("203.0.113.7", TokenVerdict.valid), ("203.0.113.8", .wrongAddress), ("2001:db8::1", .wrongAddress),
            ("", .wrongAddress),
        ] {
            #expect(scheme.verify(its.seen(token, by: scheme, address: address), at: now).verdict == verdict)
        }
    }

    @Test(arguments: CatalogueCase.all) func everyChangedByteIsFound(_ its: CatalogueCase) throws {
        let scheme = try its.make()
        let token = try scheme.sign(its.grant(), for: its.place)
        let bare = try #require(scheme.detach(from: its.seen(token, by: scheme), in: its.place)).request
        #expect(scheme.verify(token, for: bare, at: now) == .valid)
        var generator = SeededGenerator(seed: 41)
        for field in token.fields.indices {
            let value = token.fields[field].value
            // The word before a token in a header has no case.
            let start = value.hasPrefix("Bearer ") ? 7 : 0
            for offset in start..<value.utf8.count {
                var bytes = Array(value.utf8)
                bytes[offset] ^= UInt8.random(in: 1..<128, using: &generator)
                var changed = token
                changed.fields[field].value = String(decoding: bytes, as: UTF8.self)
                #expect(scheme.verify(changed, for: bare, at: now) == .tampered, "byte \(offset)")
            }
        }
    }

    @Test(arguments: CatalogueCase.all) func attachingReplacesAndDetachingRestores(_ its: CatalogueCase) throws {
        let scheme = try its.make()
        var grant = its.grant()
        let old = try scheme.sign(grant, for: its.place)
        grant.expires = grant.expires + .seconds(-20.0)
        let new = try scheme.sign(grant, for: its.place)
        for uri in [CatalogueCase.uri, "https://cdn.example.com/live/ch1/master.m3u8"] {
            var once = OutgoingRequest(uri: uri)
            scheme.attach(new, to: &once, in: its.place)
            var twice = OutgoingRequest(uri: uri)
            scheme.attach(old, to: &twice, in: its.place)
            scheme.attach(new, to: &twice, in: its.place)
            #expect(twice.uri == once.uri && twice.headers == once.headers && twice.cookies == once.cookies)
            let carried = try #require(scheme.detach(from: its.seen(new, by: scheme, uri: uri), in: its.place))
            #expect(carried.request.uri == uri)
            #expect(carried.token.fields.sorted { $0.name < $1.name } == new.fields.sorted { $0.name < $1.name })
        }
    }

    @Test(arguments: CatalogueCase.all.filter { !$0.isPattern })
    func aURIThatHoldsAnOlderTokenIsSignedWithoutIt(_ its: CatalogueCase) throws {
        let scheme = try its.make()
        var request = OutgoingRequest(uri: CatalogueCase.uri)
        scheme.attach(try scheme.sign(its.grant(), for: its.place), to: &request, in: its.place)
        var again = its.grant()
        again.scope = .url(request.uri)
        let token = try scheme.sign(again, for: its.place)
        #expect(try scheme.sign(its.grant(), for: its.place) == token)
        scheme.attach(token, to: &request, in: its.place)
        #expect(scheme.verify(its.seen(token, by: scheme, uri: request.uri), at: now).verdict == .valid)
    }

    @Test(arguments: CatalogueCase.all) func theSignatureIsInNoClaim(_ its: CatalogueCase) throws {
        let scheme = try its.make()
        let token = try scheme.sign(its.grant(), for: its.place)
        let claims = try #require(scheme.claims(of: token))
        #expect(claims.expires == .seconds(1_700_000_060.0))
        if its.saysStart { #expect(claims.notBefore == now) }
        if its.bindsAddress { #expect(claims.addresses.first?.hasPrefix("203.0.113.7") == true) }
        let said =
            claims.scope + claims.addresses + [claims.sessionID, claims.keyID, claims.algorithm].compactMap { $0 }
            + claims.others.flatMap { [$0.name, $0.value] }
        for field in token.fields where field.name != GoogleMediaCDN.directoryName && field.value.utf8.count > 16 {
            let end = String(field.value.suffix(12))
            #expect(!said.contains { $0.contains(end) })
        }
    }

    @Test(arguments: CatalogueCase.all) func withoutAKeyItReadsAndLetsNobodyIn(_ its: CatalogueCase) throws {
        let scheme = try its.make()
        let reader = try its.make(withKey: false)
        let token = try scheme.sign(its.grant(), for: its.place)
        #expect(reader.verify(its.seen(token, by: scheme), at: now).verdict == .tampered)
        #expect(reader.claims(of: token) == scheme.claims(of: token))
        #expect(throws: TokenError.self) { try reader.sign(its.grant(), for: its.place) }
    }

    @Test(arguments: CatalogueCase.all) func nonsenseIsNeverValidAndNeverStopsTheProgram(_ its: CatalogueCase) throws {
        let scheme = try its.make()
        let token = try scheme.sign(its.grant(), for: its.place)
        var generator = SeededGenerator(seed: 42)
        let alphabet = Array("eyJ.~&=:_-!%/?;, 0123456789ExpiresSignaturehmac2D3R\u{0}\u{e9}".utf8) + [0xFF]
        for round in 0..<150 {
            var changed = token
            for field in changed.fields.indices {
                var bytes = round % 3 == 0 ? [] : Array(changed.fields[field].value.utf8)
                if round % 3 == 1 { bytes = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &generator))) }
                for _ in 0..<Int.random(in: 1..<40, using: &generator) {
                    let byte = alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
                    bytes.insert(byte, at: Int.random(in: 0...bytes.count, using: &generator))
                }
                changed.fields[field].value = String(decoding: bytes, as: UTF8.self)
            }
            let request = its.seen(changed, by: scheme)
            #expect(scheme.verify(changed, for: request, at: now) != .valid)
            // What follows a separator is no longer the token's own, so the rest may well be valid.
            _ = scheme.verify(request, at: now)
            _ = scheme.claims(of: changed)
            let text = changed.fields.map(\.value).joined(separator: "/")
            let hostile = AccessRequest(path: text, query: text, cookies: text, headers: ["authorization": text])
            #expect(scheme.verify(hostile, at: now).verdict != .valid)
        }
    }
}
