import Access
import Foundation
import Quantities
import Testing

@testable import Origin

/// The entitlement API under a clock of its own.
@Suite struct EntitlementTests {
    private let now = WallTime(nanoseconds: 1_795_363_201_500_000_000)
    private let akamai = AkamaiEdgeAuth(key: SecretKey(bytes: Array(0..<16)), name: "hdnts")

    private func edge(_ change: (inout EntitlementSettings) -> Void = { _ in }, gate: TokenGate? = nil) -> Edge {
        var settings = EntitlementSettings()
        change(&settings)
        var origin = OriginSettings(edges: [EdgeSettings(pop: "osl1")])
        origin.gate = gate ?? TokenGate(scheme: akamai)
        origin.entitlements = settings
        return Edge(origin.edges[0], origin: origin, source: .synthetic(SyntheticContent(origin.content)))
    }

    private func send(
        _ call: String, _ body: String = "", _ edge: Edge, session: String? = nil, at seconds: Double = 0,
        _ change: (inout EdgeRequest) -> Void = { _ in }
    ) -> EdgeReply {
        var request = EdgeRequest(method: "POST", target: "/api/" + call)
        request.body = Array(body.utf8)
        request.clientAddress = "127.0.0.1"
        request.authority = "cdn.test"
        if let session { request.headers["authorization"] = "Bearer " + session }
        change(&request)
        return edge.answer(request, now: now + .seconds(seconds))
    }

    private func fields(_ reply: EdgeReply) -> [String: Any] {
        (try? JSONSerialization.jsonObject(with: Data(bytes(reply)))) as? [String: Any] ?? [:]
    }

    private func bytes(_ reply: EdgeReply) -> [UInt8] {
        guard case .parts(let parts) = reply.body else { return [] }
        return ContentObject(mediaType: "", parts: parts).bytes
    }

    private func text(_ reply: EdgeReply, _ name: String) throws -> String {
        try #require(fields(reply)[name] as? String, "\(reply.status) has no \(name)")
    }

    private func error(_ reply: EdgeReply) -> String { fields(reply)["error"] as? String ?? "" }

    private func redeem(_ ticket: String, _ edge: Edge, device: String? = nil, at seconds: Double = 0) -> EdgeReply {
        let device = device.map { #", "device": "\#($0)""# } ?? ""
        return send("redeem", #"{"ticket": "\#(ticket)"\#(device)}"#, edge, at: seconds)
    }

    private func stream(_ token: String, _ edge: Edge, at seconds: Double = 0) -> TokenVerdict? {
        edge.answer(
            EdgeRequest(method: "GET", target: "/live/a/master.m3u8?hdnts=" + token), now: now + .seconds(seconds)
        ).served.verdict
    }

    // MARK: Tokens

    @Test func aRedeemedTicketGivesATokenThatTheGateKnows() throws {
        let edge = edge { $0.paths = ["/live/*"] }
        let reply = redeem("t-1", edge)
        #expect(reply.status == 200 && reply.header("Cache-Control") == "no-store")
        #expect(reply.header("Content-Type") == "application/json" && reply.header("Set-Cookie") == nil)
        let token = try text(reply, "token")
        #expect(stream(token, edge) == .valid && stream(token, edge, at: 60) == .expired)
        #expect(try text(reply, "query") == "hdnts=" + token)
        #expect(try text(reply, "name") == "hdnts")
        #expect(try text(reply, "as") == "query")
        #expect((fields(reply)["fields"] as? [String: String]) == ["hdnts": token])
        let end = Int(now.seconds) + 60
        #expect(fields(reply)["expires"] as? Int == end && fields(reply)["expires_in"] as? Int == 60)
        #expect(fields(reply)["heartbeat"] as? Int == 30)
        let claims = akamai.claims(of: AccessToken(fields: [.init(name: "hdnts", value: token)]))
        let identifier = try text(reply, "session_id")
        #expect(claims?.sessionID == identifier && claims?.scope == ["/live/*"])
    }

    @Test func aTokenTravelsAsTheCallAsks() throws {
        let edge = edge()
        let cookie = send("redeem", #"{"ticket": "a", "as": "cookie"}"#, edge)
        let value = try text(cookie, "token")
        #expect(cookie.header("Set-Cookie") == "hdnts=\(value); Path=/; Max-Age=60; HttpOnly")
        #expect(try text(cookie, "cookie") == "hdnts=" + value)
        let url = send("redeem", #"{"ticket": "b", "url": "http://cdn.test/live/a/master.m3u8?x=1"}"#, edge)
        let token = try text(url, "token")
        #expect(try text(url, "url") == "http://cdn.test/live/a/master.m3u8?x=1&hdnts=" + token)
        #expect(error(send("redeem", #"{"ticket": "c", "as": "path"}"#, edge)) == "wrong-place")
        let path = self.edge({ $0.paths = ["/live/a/*"] }, gate: TokenGate(scheme: PathTicketScheme(key: "k")))
        let signed = send("redeem", #"{"ticket": "d", "url": "http://cdn.test/live/a/master.m3u8"}"#, path)
        let target = try text(signed, "url").replacingOccurrences(of: "http://cdn.test", with: "")
        #expect(path.answer(EdgeRequest(method: "GET", target: target), now: now).status == 200)
    }

    @Test func aTokenIsBoundToTheAddressWhereThatIsWanted() throws {
        let edge = edge { $0.bindsAddress = true }
        let token = try text(redeem("t", edge), "token")
        var request = EdgeRequest(method: "GET", target: "/live/a/master.m3u8?hdnts=" + token)
        for (address, verdict) in [("127.0.0.1", TokenVerdict.valid), ("127.0.0.2", .wrongAddress)] {
            request.clientAddress = address
            #expect(edge.answer(request, now: now).served.verdict == verdict)
        }
    }

    @Test func aSessionIsRefreshedUntilItEnds() throws {
        let edge = edge { $0.sessionLifetime = .seconds(3_600) }
        let session = try text(redeem("t", edge), "session")
        let second = send("refresh", "", edge, session: session, at: 50)
        let token = try text(second, "token")
        #expect(stream(token, edge, at: 100) == .valid)
        #expect(try text(second, "session") == session)
        #expect(send("refresh", "{}", edge, session: session, at: 3_599).status == 200)
        let late = send("refresh", "", edge, session: session, at: 3_600)
        #expect(late.status == 401 && error(late) == "no-session")
    }

    @Test(arguments: [
        nil, "", "x", "1", "1-", "-", "1-00000000000000000000000000000000", "ffffffffffffffffffff-0",
    ])
    func aSessionThatIsNoneIsRefused(session: String?) {
        let edge = edge()
        for call in ["refresh", "heartbeat", "leave"] {
            #expect(send(call, "", edge, session: session).status == 401)
        }
    }

    @Test func theSameCallsAtTheSameTimesGiveTheSameAnswers() {
        func all() -> [[UInt8]] {
            let edge = edge { $0.errors = 0.3 }
            return (0..<50).map { bytes(redeem("t\($0)", edge, at: Double($0))) }
        }
        #expect(all() == all())
    }

    // MARK: Tickets

    @Test func aTicketIsForOneDeviceUntilItLeaves() throws {
        let edge = edge()
        let first = redeem("t", edge, device: "tv")
        let second = redeem("t", edge, device: "phone")
        #expect(first.status == 200 && second.status == 409 && error(second) == "redeemed-elsewhere")
        #expect(redeem("t", edge).status == 409)
        // The answer was lost, say; the device asks again and is the same session.
        let session = try text(first, "session")
        #expect(try text(redeem("t", edge, device: "tv", at: 1), "session") == session)
        #expect(send("leave", "", edge, session: session).status == 200)
        #expect(send("refresh", "", edge, session: session).status == 401)
        #expect(redeem("t", edge, device: "phone").status == 200)
        let refused = edge.entitlements?.statistics.refused ?? []
        #expect(refused.map(\.caller) == ["phone", nil, nil] && refused[0].reason == "redeemed-elsewhere")
    }

    @Test func aTicketIsFreeAgainAfterItsSessionsLifetime() {
        let edge = edge { $0.sessionLifetime = .seconds(100) }
        #expect(redeem("t", edge).status == 200 && redeem("t", edge, at: 99).status == 409)
        #expect(redeem("t", edge, at: 100).status == 200)
        let two = self.edge { $0.devicesPerTicket = 2 }
        #expect((0..<3).map { redeem("t", two, device: "d\($0)").status } == [200, 200, 409])
    }

    @Test func ticketsThatAreNotGoodAreRefused() throws {
        let key = TicketKey(bytes: [1, 2, 3])
        let tables: [(EntitlementSettings.Tickets, [String: String])] = [
            (.prefix("ppv-"), ["ppv-1": "", "x-1": "unknown-ticket", "sold-out-3": "sold-out", "expired7": "expired"]),
            (.listed(["a", "sold-out"]), ["a": "", "b": "unknown-ticket", "sold-out": "sold-out"]),
            (
                .signed(key),
                [
                    key.ticket("a.b"): "", "a.b": "unknown-ticket", key.ticket("a") + "0": "unknown-ticket",
                    ".": "unknown-ticket", TicketKey(bytes: [4]).ticket("a"): "unknown-ticket",
                ]
            ),
        ]
        for (tickets, cases) in tables {
            let edge = edge { $0.tickets = tickets }
            for (ticket, reason) in cases {
                let reply = redeem(ticket, edge)
                #expect(reply.status == (reason.isEmpty ? 200 : 403) && error(reply) == reason)
            }
        }
        // openssl dgst -sha256 -mac HMAC -macopt hexkey:010203 over "row-17".
        #expect(key.ticket("row-17") == "row-17.103a18dc0b9a3822")
        #expect("\(key)" == "<secret>")
    }

    @Test func aLoginHoldsTicketsAndRefusesWrongPasswords() throws {
        let edge = edge()
        let wrong = send("login", #"{"user": "ann", "password": "wrong one"}"#, edge)
        #expect(wrong.status == 401 && error(wrong) == "wrong-password")
        #expect(send("login", #"{"user": "ann", "password": ""}"#, edge).status == 401)
        #expect(send("login", #"{"user": "ann"}"#, edge).status == 400)
        let session = try text(send("login", #"{"user": "ann", "password": "x"}"#, edge), "session")
        #expect(error(send("refresh", "", edge, session: session)) == "not-entitled")
        #expect(error(send("licence", "body", edge, session: session)) == "not-entitled")
        let redeemed = send("redeem", #"{"ticket": "t"}"#, edge, session: session)
        #expect(try text(redeemed, "session") == session)
        #expect(send("redeem", #"{"ticket": "t"}"#, edge, session: session).status == 200)
        #expect(redeem("t", edge).status == 409)
        #expect(send("refresh", "", edge, session: session).status == 200)
        #expect(send("redeem", #"{"ticket": "u"}"#, edge, session: "nonsense").status == 401)
    }

    // MARK: Concurrency

    @Test(arguments: [403, 429])
    func onlySoManyDevicesOfAnAccountAreActive(status: Int) throws {
        let edge = edge {
            $0.concurrency = 2
            $0.concurrencyStatus = status
        }
        let sessions = try (0..<3).map { number in
            try text(send("login", #"{"user": "ann", "password": "x", "device": "d\#(number)"}"#, edge), "session")
        }
        func beat(_ number: Int, _ seconds: Double) -> Int {
            send("heartbeat", "", edge, session: sessions[number], at: seconds).status
        }
        #expect(beat(0, 0) == 200 && beat(1, 1) == 200 && beat(2, 2) == status)
        #expect(beat(0, 30) == 200 && beat(1, 31) == 200 && beat(2, 32) == status)
        // The first is silent for two intervals.
        #expect(beat(2, 89.9) == status && beat(1, 61) == 200 && beat(2, 90) == 200)
        #expect(beat(0, 91) == status)
        #expect(send("leave", "", edge, session: sessions[1], at: 92).status == 200)
        #expect(beat(0, 93) == 200 && beat(1, 93) == 401)
        let calls = try #require(edge.entitlements?.statistics.calls)
        #expect(calls[.heartbeat] == [200: 7, status: 4, 401: 1] && calls[.leave] == [200: 1])
        #expect(calls[.login] == [200: 3])
    }

    @Test func anotherAccountIsAnotherMatter() throws {
        let edge = edge()
        for name in ["ann", "ben"] {
            let body = #"{"user": "\#(name)", "password": "x"}"#
            let session = try text(send("login", body, edge), "session")
            #expect(send("heartbeat", "", edge, session: session).status == 200)
        }
    }

    @Test func whoIsOneTooManyGetsNoNewToken() throws {
        let edge = edge { $0.devicesPerTicket = 3 }
        let sessions = try ["tv", "phone"].map { try text(redeem("t", edge, device: $0), "session") }
        #expect(send("refresh", "", edge, session: sessions[0], at: 30).status == 200)
        let refused = send("refresh", "", edge, session: sessions[1], at: 31)
        #expect(refused.status == 403 && error(refused) == "too-many-devices")
        #expect(send("refresh", "", edge, session: sessions[1], at: 90).status == 200)
    }

    // MARK: Licences

    @Test func aLicenceIsForASessionOrATokenOfTheGate() throws {
        let edge = edge { $0.paths = ["/live/*"] }
        let redeemed = redeem("t", edge)
        let session = try text(redeemed, "session")
        let licence = send("licence", "challenge", edge, session: session)
        #expect(licence.status == 200 && licence.header("Content-Type") == "application/octet-stream")
        #expect(bytes(licence).count == 256)
        #expect(bytes(send("licence", "challenge", edge, session: session)) == bytes(licence))
        #expect(bytes(send("licence", "other", edge, session: session)) != bytes(licence))
        let target = "licence?hdnts=" + (try text(redeemed, "token"))
        #expect(send(target, "challenge", edge).status == 200)
        #expect(send(target, "challenge", edge, at: 60).status == 403)
        #expect(send("licence", "challenge", edge).status == 403)
        #expect(send("licence", "", edge, session: session).status == 400)
        #expect(edge.entitlements?.statistics.licenceBytes == 9 * 3 + 5)
        #expect(edge.entitlements?.statistics.calls[.licence] == [200: 4, 403: 2, 400: 1])
    }

    // MARK: Failures

    @Test func failuresAndDelaysComeAtTheirRates() {
        let edge = edge {
            $0.errors = 0.2
            $0.unavailable = 0.1
            $0.delay = .milliseconds(40)
        }
        let replies = (0..<2_000).map { redeem("t\($0)", edge) }
        for (status, share) in [(500, 0.2), (503, 0.1), (200, 0.7)] {
            let found = Double(replies.count { $0.status == status }) / 2_000
            #expect(abs(found - share) < 0.04, "\(status)")
        }
        #expect(replies.allSatisfy { $0.delay == .milliseconds(40) })
        #expect(replies.first { $0.status == 503 }?.header("Retry-After") == "1")
        #expect(edge.entitlements?.statistics.tokens == replies.count { $0.status == 200 })
    }

    @Test func moreCallsThanMayBeAreSentAway() {
        let edge = edge { $0.callsPerSecond = 10 }
        func served(_ count: Int, _ seconds: Double) -> Int {
            (0..<count).count { redeem("t\(seconds)-\($0)", edge, at: seconds).status == 200 }
        }
        #expect(served(20, 0) == 10 && served(20, 0.5) == 5 && served(20, 10) == 10 && served(5, 9) == 0)
    }

    // MARK: Hostile calls

    @Test(arguments: [
        "[]", "1", "null", "\"x\"", "{", "{]", "{\"ticket\": 1}", "{\"ticket\": [\"a\"]}", "ticket=a", "\u{FFFD}",
        "{\"ticket\": \"a\"", "{\"ticket\": \"\\ud800\"}",
    ])
    func whatIsNoObjectIsNotUnderstood(body: String) {
        let edge = edge()
        let reply = send("redeem", body, edge)
        #expect(reply.status == 400)
    }

    @Test func bodiesThatAreDeepHugeOrRandomNeverCrash() {
        let edge = edge()
        for depth in [100, 600, 20_000] {
            let arrays = String(repeating: "[", count: depth)
            #expect(send("redeem", #"{"x": "# + arrays, edge).status == 400)
            let objects = String(repeating: #"{"a":"#, count: depth)
            #expect(send("login", objects, edge).status == 400)
        }
        #expect(send("redeem", "", edge) { $0.body = nil }.status == 413)
        #expect(send("licence", "", edge) { $0.body = nil }.status == 413)
        let long = String(repeating: "a", count: 60_000)
        #expect(redeem(long, edge).status == 400)
        #expect(send("login", #"{"user": "\#(long)", "password": "x"}"#, edge).status == 400)
        #expect(send("redeem", #"{"ticket": "t", "url": "\#(long)"}"#, edge).status == 400)
        var generator = SeededGenerator(seed: 4)
        for number in 0..<2_000 {
            var body = Array(#"{"ticket": "t\#(number)", "as": "cookie", "url": "http://a/b"}"#.utf8)
            for _ in 0..<3 {
                body[Int.random(in: 0..<body.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            for call in EntitlementCall.allCases {
                let reply = send(call.rawValue, "", edge, session: "1-" + String(decoding: body, as: UTF8.self)) {
                    $0.body = body
                }
                #expect((200..<500).contains(reply.status))
            }
        }
    }

    @Test func namesAreWrittenAsJSON() throws {
        #expect(JSONValue.text("a\"\\\n\u{1}é").text == #""a\"\\\u000a\u0001é""#)
        let url = send("redeem", #"{"ticket": "t", "url": "http://a/\"\\\n"}"#, edge())
        #expect(try text(url, "url").hasPrefix("http://a/\"\\\n?hdnts="))
    }

    @Test func otherMethodsAndCallsAreRefused() {
        let edge = edge()
        for method in ["GET", "HEAD", "PUT", "DELETE"] {
            let reply = send("redeem", "", edge) { $0.method = method }
            #expect(reply.status == 405 && reply.header("Allow") == "POST")
        }
        #expect(send("", "", edge).status == 404 && send("redeem/", "", edge).status == 404)
        var post = EdgeRequest(method: "POST", target: "/vod/a/master.m3u8")
        post.body = Array("{}".utf8)
        #expect(edge.answer(post, now: now).status == 405)
        post.target = "/api"
        #expect(edge.answer(post, now: now).status == 405)
        let none = Edge(EdgeSettings(pop: "a"), origin: OriginSettings(), source: .synthetic(SyntheticContent(.init())))
        post.target = "/api/redeem"
        #expect(none.answer(post, now: now).status == 405)
    }

    // MARK: Memory and secrets

    @Test func memoryIsBounded() throws {
        let edge = edge { $0.capacity = 100 }
        let first = try text(redeem("t0", edge), "session")
        for number in 1..<1_000 { _ = redeem("t\(number)", edge) }
        let counts = try #require(edge.entitlements).withState { ($0.sessions.count, $0.holders.count, $0.slots.count) }
        #expect(counts.0 <= 200 && counts.1 <= 200 && counts.2 <= 200)
        // What was forgotten is refused, not let in.
        #expect(send("refresh", "", edge, session: first).status == 401)
        #expect(redeem("t999", edge).status == 409)
    }

    @Test func neitherTicketNorTokenIsToldAnywhere() throws {
        let edge = edge()
        let reply = redeem("secret-ticket", edge)
        _ = redeem("secret-ticket", edge)
        _ = redeem("sold-out-secret", edge)
        let told = "\(reply.served)" + "\(edge.statistics)" + "\(try #require(edge.entitlements?.statistics))"
        let (session, token) = (try text(reply, "session"), try text(reply, "token"))
        #expect(!told.contains("secret") && !told.contains(session) && !told.contains(token.suffix(20)))
    }

    @Test func everyProblemOfTheSettingsIsSaid() {
        var settings = EntitlementSettings()
        #expect(settings.problems(gate: nil).count == 1)
        settings.scheme = akamai
        #expect(settings.problems(gate: nil).isEmpty)
        settings.path = "api"
        settings.placement = .path
        settings.paths = []
        settings.lifetime = .zero
        settings.concurrency = 0
        settings.concurrencyStatus = 200
        settings.errors = 2
        settings.delay = .seconds(-1)
        settings.callsPerSecond = 0
        #expect(settings.problems(gate: nil).count == 9)
    }
}
