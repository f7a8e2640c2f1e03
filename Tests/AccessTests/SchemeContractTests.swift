import Foundation
import Quantities
import Testing

@testable import Access

/// What holds for every scheme of this folder, in every place where its tokens travel.
@Suite struct SchemeContractTests {
    private static let cases = (try? SchemeCase.all()) ?? []

    @Test func thereAreCasesOfEachScheme() throws {
        #expect(try SchemeCase.all().count == Self.cases.count && Self.cases.count >= 40)
    }

    @Test(arguments: cases) func aSignedTokenIsValidWhereItIsCarried(use: SchemeCase) throws {
        let token = try use.scheme.sign(use.grant, for: use.placement)
        let request = use.request(token)
        let (verdict, carried) = use.scheme.verify(request, in: [use.placement], at: SchemeCase.now)
        #expect(verdict == .valid)
        #expect(carried?.placement == use.placement)
        if use.isDeterministic { #expect(try use.scheme.sign(use.grant, for: use.placement) == token) }
    }

    @Test(arguments: cases) func whatIsAttachedIsDetachedAgain(use: SchemeCase) throws {
        let token = try use.scheme.sign(use.grant, for: use.placement)
        for uri in [use.covered, use.covered + "?a=b&c=%2F", use.covered + "?", "https://h/", "https://h/a//b/?x"] {
            let bare = SchemeCase.seen(OutgoingRequest(uri: uri))
            let request = use.request(token, on: uri)
            let carried = try #require(use.scheme.detach(from: request, in: use.placement))
            #expect(Set(carried.token.fields) == Set(token.fields))
            #expect(carried.request.path == bare.path && carried.request.cookies == nil)
            #expect((carried.request.query ?? "") == (bare.query ?? ""))
            #expect(carried.request.headers.isEmpty)
        }
    }

    @Test(arguments: cases) func anOlderTokenIsReplaced(use: SchemeCase) throws {
        var later = use.grant
        later.expires = later.expires + .seconds(30.0)
        let old = try use.scheme.sign(use.grant, for: use.placement)
        let new = try use.scheme.sign(later, for: use.placement)
        var once = OutgoingRequest(uri: use.covered + "?a=b")
        var twice = once
        use.scheme.attach(new, to: &once, in: use.placement)
        use.scheme.attach(old, to: &twice, in: use.placement)
        use.scheme.attach(new, to: &twice, in: use.placement)
        #expect(once.uri == twice.uri && once.cookies == twice.cookies && once.headers == twice.headers)
    }

    @Test(arguments: cases) func aURIThatHoldsAnOlderTokenIsSignedWithoutIt(use: SchemeCase) throws {
        guard case .url(let uri) = use.grant.scope, use.isDeterministic else { return }
        let token = try use.scheme.sign(use.grant, for: use.placement)
        var request = OutgoingRequest(uri: uri)
        use.scheme.attach(token, to: &request, in: use.placement)
        var again = use.grant
        again.scope = .url(request.uri)
        #expect(try use.scheme.sign(again, for: use.placement) == token)
    }

    @Test(arguments: cases) func timesDecide(use: SchemeCase) throws {
        let token = try use.scheme.sign(use.grant, for: use.placement)
        let request = use.request(token)
        func verdict(_ seconds: Double) -> TokenVerdict {
            use.scheme.verify(request, in: [use.placement], at: SchemeCase.now + .seconds(seconds)).verdict
        }
        #expect(verdict(59.0) == .valid)
        #expect(verdict(61.0) == .expired)
        #expect(verdict(1e9) == .expired)
        #expect(verdict(-1_000.0) == (use.saysStart ? .notYetValid : .valid))
    }

    @Test(arguments: cases) func anotherPathOrAddressIsRefused(use: SchemeCase) throws {
        let token = try use.scheme.sign(use.grant, for: use.placement)
        let elsewhere = use.request(token, on: "https://cdn.example.com/vod/movie/a.m3u8")
        #expect(use.scheme.verify(elsewhere, in: [use.placement], at: SchemeCase.now).verdict == use.otherPath)
        guard let expected = use.otherAddress else { return }
        let stranger = use.request(token, from: "203.0.113.8")
        #expect(use.scheme.verify(stranger, in: [use.placement], at: SchemeCase.now).verdict == expected)
    }

    @Test(arguments: cases) func noChangedByteIsValid(use: SchemeCase) throws {
        let token = try use.scheme.sign(use.grant, for: use.placement)
        let bare = SchemeCase.seen(OutgoingRequest(uri: use.covered))
        var generator = SeededGenerator(seed: 7)
        let alphabet = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_~.".utf8)
        for (index, field) in token.fields.enumerated() {
            let bytes = Array(field.value.utf8)
            // RSA is slow to check, so of long values every seventh byte is changed.
            for offset in stride(from: 0, to: bytes.count, by: bytes.count > 200 ? 7 : 1) {
                var changed = bytes
                while changed[offset] == bytes[offset] {
                    changed[offset] = alphabet.randomElement(using: &generator) ?? 0x30
                }
                var broken = token
                broken.fields[index].value = String(decoding: changed, as: UTF8.self)
                let verdict = use.scheme.verify(broken, for: bare, at: SchemeCase.now)
                #expect(verdict == .tampered || verdict == .missing, "\(field.name) byte \(offset)")
            }
        }
    }

    @Test(arguments: cases) func aFieldThatIsLeftOutIsNeverValid(use: SchemeCase) throws {
        let token = try use.scheme.sign(use.grant, for: use.placement)
        let bare = SchemeCase.seen(OutgoingRequest(uri: use.covered))
        for index in token.fields.indices {
            var broken = token
            broken.fields.remove(at: index)
            let verdict = use.scheme.verify(broken, for: bare, at: SchemeCase.now)
            #expect(verdict == .tampered || verdict == .missing, "without \(token.fields[index].name)")
        }
        let none = use.scheme.verify(AccessToken(fields: []), for: bare, at: SchemeCase.now)
        #expect(none == .missing)
    }

    @Test(arguments: cases) func randomBytesNeitherLetInNorStopTheProgram(use: SchemeCase) throws {
        var generator = SeededGenerator(seed: 11)
        let token = try use.scheme.sign(use.grant, for: use.placement)
        let text = token.fields.map(\.value).joined()
        let alphabet = Array("%&=;,?#/!~._-\u{0}\u{e9}{}$".utf8) + Array(text.utf8)
        func random() -> String {
            let bytes = (0..<Int.random(in: 0..<60, using: &generator)).compactMap { _ in
                alphabet.randomElement(using: &generator)
            }
            return String(decoding: bytes, as: UTF8.self)
        }
        for _ in 0..<150 {
            var broken = token
            for index in broken.fields.indices { broken.fields[index].value = random() }
            let path = "/" + random()
            let request = AccessRequest(
                path: path, query: random(), cookies: random(), headers: ["token": random(), "tok": random()],
                clientAddress: random(), authority: random())
            #expect(use.scheme.verify(broken, for: request, at: SchemeCase.now) != .valid)
            for placement in TokenPlacement.allCases {
                #expect(use.scheme.verify(request, in: [placement], at: SchemeCase.now).verdict != .valid)
                if let carried = use.scheme.detach(from: request, in: placement) {
                    _ = use.scheme.claims(of: carried.token)
                }
            }
            var outgoing = OutgoingRequest(uri: random())
            use.scheme.attach(token, to: &outgoing, in: use.placement)
            _ = try? use.scheme.sign(
                TokenGrant(.url(random()), from: SchemeCase.now, lifetime: .seconds(1.0)), for: use.placement)
        }
    }

    @Test(arguments: cases) func claimsNeverHoldTheSignature(use: SchemeCase) throws {
        let token = try use.scheme.sign(use.grant, for: use.placement)
        let claims = try #require(use.scheme.claims(of: token))
        #expect(claims.expires == .seconds(1_700_000_160.0))
        #expect(claims.algorithm != nil)
        if use.saysStart { #expect(claims.notBefore == .seconds(1_700_000_090.0)) }
        var said = ""
        dump(claims, to: &said)
        for field in token.fields {
            for run in field.value.split(whereSeparator: { "~_,=".contains($0) }) where run.utf8.count > 20 {
                #expect(!said.contains(run), "\(field.name) is said")
            }
        }
    }

    @Test(arguments: cases) func anotherKeyIsRefused(use: SchemeCase) throws {
        let others = try Self.cases(withKey: "another-key")
        let other = try #require(others.first { $0.name == use.name && $0.placement == use.placement })
        guard !(use.scheme is CloudFront) else { return }
        let token = try other.scheme.sign(other.grant, for: other.placement)
        let verdict = use.scheme.verify(use.request(token), in: [use.placement], at: SchemeCase.now).verdict
        #expect(verdict == .tampered)
    }

    private static func cases(withKey text: String) throws -> [SchemeCase] {
        try SchemeCase.$keyText.withValue(text) { try SchemeCase.all() }
    }

    @Test(arguments: TokenSchemes.all.map(\.name)) func aSchemeWithoutAKeyOnlyReads(name: String) throws {
        let description = try #require(TokenSchemes.named(name))
        let scheme = try description.scheme(key: nil)
        let grant = SchemeCase.one()
        for placement in scheme.placements {
            #expect(throws: TokenError.self) { try scheme.sign(grant, for: placement) }
        }
    }

    @Test func unknownSettingsAndValuesAreRefused() throws {
        let key = KeyMaterial("k")
        let bunny = try #require(TokenSchemes.named("bunny"))
        #expect(throws: TokenError.self) { try bunny.scheme(key: key, values: ["colour": "red"]) }
        #expect(throws: TokenError.self) { try bunny.scheme(key: key, values: ["format": "sha3"]) }
        #expect(throws: TokenError.self) { try bunny.scheme(key: key, values: ["limit": "much"]) }
        #expect(throws: TokenError.self) {
            try TokenSchemes.named("template")?.scheme(key: key, values: ["message": "{pth}"])
        }
        #expect(throws: TokenError.self) {
            try TokenSchemes.named("template")?.scheme(key: key, values: ["algorithm": "md5", "message": "{path}"])
        }
        #expect(throws: TokenError.self) {
            try TokenSchemes.named("template")?.scheme(key: key, values: ["value": "{expires}"])
        }
        #expect(throws: TokenError.self) {
            try TokenSchemes.named("nginx-secure-link")?.scheme(key: key, values: ["expression": "$uri$expires"])
        }
        #expect(throws: TokenError.self) {
            try TokenSchemes.named("nginx-secure-link")?.scheme(key: key, values: ["expression": "$uri"])
        }
        #expect(throws: TokenError.self) { try TokenSchemes.named("cloudfront")?.scheme(key: key) }
    }
}
