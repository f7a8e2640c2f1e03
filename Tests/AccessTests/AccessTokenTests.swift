import Quantities
import Testing

@testable import Access

@Suite struct AccessTokenTests {
    private let now = WallTime.seconds(1_700_000_000.0)
    private let scheme = AkamaiEdgeAuth(key: SecretKey(bytes: Array(0..<16)), name: "hdnts")

    private func value(lifetime: Int64 = 60) throws -> String {
        let grant = TokenGrant(.paths(["/live/*"]), from: now, lifetime: .seconds(lifetime))
        return try #require(try scheme.sign(grant, for: .query).value(of: "hdnts"))
    }

    @Test(arguments: [TokenPlacement.query, .cookie, .header])
    func aTokenIsFoundWhereItTravels(placement: TokenPlacement) throws {
        let value = try value()
        var request = AccessRequest(path: "/live/a")
        switch placement {
        case .query: request.query = "x=1&xhdnts=no&hdnts=\(value)&y"
        case .cookie: request.cookies = "a=b; hdnts=\(value); c"
        case .header: request.headers = ["hdnts": value]
        case .path: Issue.record("not a place of this scheme")
        }
        for other in [TokenPlacement.query, .cookie, .header] {
            let verdict = scheme.verify(request, in: [other], at: now).verdict
            #expect(verdict == (other == placement ? .valid : .missing))
        }
    }

    @Test func aQueryTokenThatTheClientEncodedIsStillGood() throws {
        let encoded = try value().map { $0 == "=" ? "%3D" : $0 == "~" ? "%7e" : String($0) }.joined()
        let request = AccessRequest(path: "/live/a", query: "hdnts=" + encoded)
        #expect(scheme.verify(request, in: [.query], at: now).verdict == .valid)
    }

    @Test func anExpiredQueryTokenBesideAGoodCookieLetsIn() throws {
        let old = try value()
        let good = try value(lifetime: 600)
        let request = AccessRequest(path: "/live/a", query: "hdnts=\(old)", cookies: "hdnts=\(good)")
        let later = now + .seconds(120.0)
        #expect(scheme.verify(request, in: [.query, .cookie], at: later).verdict == .valid)
        #expect(scheme.verify(request, in: [.query, .cookie], at: later).carried?.placement == .cookie)
        #expect(scheme.verify(request, in: [.query, .cookie], at: now + .seconds(900.0)).verdict == .expired)
    }

    @Test(arguments: [
        ("/a.m3u8", "/a.m3u8?n=v"), ("/a?x=1", "/a?x=1&n=v"), ("/a#f", "/a?n=v#f"), ("/%2F?", "/%2F?&n=v"),
    ])
    func aTokenIsAppendedWithoutChangingTheRest(uri: String, expected: String) {
        #expect(AccessToken(fields: [.init(name: "n", value: "v")]).appended(to: uri) == expected)
    }

    @Test func neitherKeysNorTokensArePrinted() throws {
        let key = SecretKey(bytes: Array("topsecret".utf8))
        var dumped = ""
        dump(key, to: &dumped)
        dump(AkamaiEdgeAuth(key: key), to: &dumped)
        let token = AccessToken(fields: [.init(name: "hdnts", value: "ticket")])
        dump(token, to: &dumped)
        let texts = ["\(key)", String(reflecting: key), "\(token)", String(reflecting: token), dumped]
        for text in texts {
            #expect(!text.contains("topsecret") && !text.contains("116, 111") && !text.contains("ticket"))
        }
        #expect("\(key)" == "<secret>")
        #expect("\(token)" == "hdnts=<secret>")
    }

    @Test(arguments: ["", "abc", "0g", "  "])
    func aKeyThatIsNotHexadecimalIsRefused(text: String) {
        #expect(throws: TokenError.self) { try SecretKey(hexadecimal: text) }
    }

    @Test func keysAreReadWithWhiteSpaceAround() throws {
        #expect(try SecretKey(hexadecimal: " 00FFaa\n").byteCount == 3)
    }

    @Test func secretsAreReferredToByNameOrPath() {
        #expect(SecretReference("env:EDGE_KEY") == .environment("EDGE_KEY"))
        #expect(SecretReference("file:/run/key") == .file("/run/key"))
        #expect(SecretReference("env:") == nil)
        #expect(SecretReference("00ff") == nil)
    }
}
