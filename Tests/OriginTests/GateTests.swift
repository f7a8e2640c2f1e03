import Access
import Quantities
import Testing

@testable import Origin

/// The gate before an edge, with every way a token travels and everything that can be wrong with it.
@Suite struct GateTests {
    private let now = WallTime(nanoseconds: 1_795_363_201_500_000_000)
    private let akamai = AkamaiEdgeAuth(key: SecretKey(bytes: Array(0..<16)), name: "hdnts")
    private let path = PathTicketScheme(key: "k1")

    private func edge(
        _ gate: TokenGate, faults: GateFaults = GateFaults(), pop: String = "osl1", ledger: SharingLedger? = nil
    ) -> Edge {
        var settings = EdgeSettings(pop: pop)
        settings.gateFaults = faults
        var origin = OriginSettings(edges: [settings])
        origin.gate = gate
        return Edge(settings, origin: origin, source: .synthetic(SyntheticContent(origin.content)), ledger: ledger)
    }

    private func get(
        _ target: String, _ edge: Edge, at seconds: Double = 0, _ change: (inout EdgeRequest) -> Void = { _ in }
    ) -> EdgeReply {
        var request = EdgeRequest(method: "GET", target: target)
        request.clientAddress = "127.0.0.1"
        request.authority = "cdn.test"
        request.number = edge.nextNumber()
        change(&request)
        let reply = edge.answer(request, now: now + .seconds(seconds))
        edge.record(reply.served, query: request.query)
        return reply
    }

    private func token(
        _ scope: TokenGrant.Scope = .paths(["/live/a/*"]), from start: Double = 0, lifetime: Double = 60,
        key: UInt8 = 0, _ change: (inout TokenGrant) -> Void = { _ in }
    ) throws -> String {
        var grant = TokenGrant(scope, from: now + .seconds(start), lifetime: .seconds(lifetime))
        change(&grant)
        let scheme = AkamaiEdgeAuth(key: SecretKey(bytes: Array(key..<key + 16)), name: "hdnts")
        return try #require(scheme.sign(grant, for: .query).value(of: "hdnts"))
    }

    private let master = "/live/a/master.m3u8"
    private var segment: String { "/live/a/audio/\(now.nanoseconds / 2_000_000_000 - 2).m4s" }

    private func text(_ reply: EdgeReply) -> String {
        guard case .parts(let parts) = reply.body else { return "" }
        return String(decoding: ContentObject(mediaType: "", parts: parts).bytes, as: UTF8.self)
    }

    // MARK: Places

    @Test func aTokenIsFoundInEveryPlaceOfItsScheme() throws {
        let edge = edge(TokenGate(scheme: akamai))
        let value = try token()
        #expect(get(master + "?hdnts=" + value, edge).status == 200)
        #expect(get(master, edge) { $0.cookies = "x=y; hdnts=" + value }.status == 200)
        #expect(get(master, edge) { $0.headers["hdnts"] = value }.status == 200)
        #expect(get(master, edge).status == 403)
        var gate = TokenGate(scheme: akamai, placements: [.cookie])
        gate.statuses = [.missing: 401]
        let strict = self.edge(gate)
        #expect(get(master + "?hdnts=" + value, strict).status == 401)
        #expect(get(master, strict) { $0.cookies = "hdnts=" + value }.status == 200)
    }

    @Test func aPathTokenIsTakenOffBeforeTheContentIsLookedUp() throws {
        let edge = edge(TokenGate(scheme: path))
        let prefix = "/" + path.segment(for: "/live/a/", until: now + .seconds(60))
        let reply = get(prefix + master, edge)
        #expect(reply.status == 200 && reply.served.path == master && reply.served.kind == .manifest)
        #expect(reply.header("Set-Cookie") == nil)
        // Children inherit it, and both ways are one object of the cache.
        let child = get(prefix + segment, edge)
        #expect(child.status == 200 && child.served.kind == .audio && child.served.path == segment)
        #expect(get("/" + path.segment(for: "/live/a/", until: now + .seconds(50)) + segment, edge).served.isHit)
        #expect(get(master, edge).served.verdict == .missing)
        #expect(get(prefix + master, edge, at: 60).served.verdict == .expired)
        #expect(get(prefix + "/live/b/master.m3u8", edge).served.verdict == .wrongPath)
        #expect(get(prefix.dropLast() + "0" + master, edge).served.verdict == .tampered)
        #expect(get(prefix + "/live/../live/a/master.m3u8", edge).status == 404)
        #expect(get(prefix + "/nothing", edge).status == 403)
        #expect(get(prefix + "/time", edge).status == 200)
        for refused in [get(prefix + master, edge, at: 60), get(prefix + "/live/b/master.m3u8", edge)] {
            #expect(!"\(refused.served)".contains(prefix) && !text(refused).contains(prefix))
        }
    }

    @Test func aWaitingRequestKeepsItsPathToken() throws {
        let edge = edge(TokenGate(scheme: path))
        let open = now.nanoseconds / 2_000_000_000
        let prefix = "/" + path.segment(for: "/low-latency/", until: now + .seconds(0.5))
        let request = EdgeRequest(
            method: "GET", target: prefix + "/low-latency/a/audio/index.m3u8?_HLS_msn=\(open)&_HLS_part=3")
        guard case .wait(let instant) = edge.decide(request, now: now) else {
            Issue.record("it does not wait")
            return
        }
        // It was good when it came.
        guard case .reply(let reply) = edge.decide(request, now: instant, arrival: now) else {
            Issue.record("it still waits")
            return
        }
        #expect(reply.status == 200)
        #expect(get(request.target, edge, at: 0.5).served.verdict == .expired)
    }

    @Test func schemesThatSignAbsoluteURIsSeeTheHostOrTheSite() {
        var gate = TokenGate(scheme: akamai)
        var request = EdgeRequest(method: "GET", target: "/vod/a/master.m3u8?x=1")
        request.authority = "cdn.test:8080"
        #expect(gate.read(request).access.uri == "http://cdn.test:8080/vod/a/master.m3u8?x=1")
        gate.site = "https://cdn.example.com"
        #expect(gate.read(request).access.uri == "https://cdn.example.com/vod/a/master.m3u8?x=1")
    }

    // MARK: What is guarded, and how it is refused

    @Test func onlyTheKindsThatAreAskedForAreChecked() throws {
        var gate = TokenGate(scheme: akamai)
        gate.kinds = RequestKind.playlists
        let edge = edge(gate)
        #expect(get(master, edge).status == 403)
        #expect(get(segment, edge).status == 200 && get("/steering", edge).status == 200)
        #expect(get("/live/a/audio/index.m3u8", edge).status == 403)
    }

    @Test func eachRefusalHasItsStatus() throws {
        var gate = TokenGate(scheme: akamai)
        gate.refusalStatus = 401
        gate.statuses = [.expired: 410, .wrongAddress: 451]
        let edge = edge(gate)
        let cases: [(String?, Int, TokenVerdict)] = [
            (nil, 401, .missing), (try token(from: -100), 410, .expired),
            (try token(from: 10) { $0.notBefore = now + .seconds(10) }, 401, .notYetValid),
            (try token(key: 1), 401, .tampered), (try token(.paths(["/vod/*"])), 401, .wrongPath),
            (try token { $0.clientAddress = "203.0.113.7" }, 451, .wrongAddress),
            (try token { $0.clientAddress = "127.0.0.1" }, 200, .valid),
        ]
        for (value, status, verdict) in cases {
            let reply = get(master + (value.map { "?hdnts=" + $0 } ?? ""), edge)
            #expect(reply.status == status && reply.served.verdict == verdict)
            #expect(reply.served.isLetIn == (status == 200))
        }
        let tally = try #require(edge.statistics.gate[.manifest])
        #expect(tally.refused == 6 && tally.leaks == 0 && tally.verdicts.values.reduce(0, +) == 7)
    }

    // MARK: Cookies

    @Test func aCookieOfAnySchemeIsEarnedAndKeepsSessionAndAddress() throws {
        var gate = TokenGate(scheme: akamai)
        gate.cookie = .init(scheme: akamai, lifetime: .seconds(120))
        let edge = edge(gate)
        let value = try token { grant in
            grant.sessionID = "s7"
            grant.clientAddress = "127.0.0.1"
        }
        let reply = get(master + "?hdnts=" + value, edge)
        let cookie = try #require(reply.header("Set-Cookie"))
        #expect(cookie.hasSuffix("; Path=/live/a/; Max-Age=120; HttpOnly"))
        let pair = String(cookie.prefix { $0 != ";" })
        #expect(pair.contains("~id=s7~") && pair.contains("ip=127.0.0.1~"))
        #expect(get(segment, edge, at: 90) { $0.cookies = pair }.served.verdict == .valid)
        #expect(get(segment, edge, at: 120) { $0.cookies = pair }.served.verdict == .expired)
        #expect(get(segment, edge) { ($0.cookies, $0.clientAddress) = (pair, "127.0.0.9") }.status == 403)
        #expect(get(master, edge) { $0.cookies = pair }.header("Set-Cookie") == nil)
        #expect(get(segment + "?hdnts=" + value, edge).header("Set-Cookie") == nil)
        #expect(get(master, edge) { $0.headers["hdnts"] = value }.header("Set-Cookie") != nil)
    }

    @Test func aRenewedTokenComesWithTheAnswer() throws {
        let scheme = RenewingScheme(base: akamai)
        let edge = edge(TokenGate(scheme: scheme))
        let value = try token()
        #expect(get(master + "?hdnts=" + value, edge).header("X-Renewed") == nil)
        let renewed = try #require(get(master + "?hdnts=" + value, edge, at: 50).header("X-Renewed"))
        #expect(get(master + "?hdnts=" + renewed, edge, at: 80).status == 200)
        #expect(get(master + "?hdnts=" + value, edge, at: 80).header("X-Renewed") == nil)
        var cookies = scheme
        cookies.carrier = .cookie("X-Renewed")
        let reply = get(master + "?hdnts=" + value, self.edge(TokenGate(scheme: cookies)), at: 50)
        #expect(reply.header("Set-Cookie")?.hasPrefix("X-Renewed=exp=") == true)
        #expect(reply.header("Set-Cookie")?.hasSuffix("; Path=/; Max-Age=59; HttpOnly") == true)
        cookies.carrier = .redirect(parameter: "hdnts")
        let redirect = get(master + "?a=1&hdnts=\(value)&b=2", self.edge(TokenGate(scheme: cookies)), at: 50)
        let location = try #require(redirect.header("Location"))
        #expect(redirect.status == 302 && location.hasPrefix(master + "?a=1&b=2&hdnts=exp="))
        #expect(get(location, self.edge(TokenGate(scheme: cookies)), at: 80).status == 200)
        var still = TokenGate(scheme: scheme)
        still.renewsTokens = false
        #expect(get(master + "?hdnts=" + value, self.edge(still), at: 50).header("X-Renewed") == nil)
    }

    // MARK: Sharing

    private func shared(_ limit: SharingLimit, faults: GateFaults = GateFaults()) -> Edge {
        var gate = TokenGate(scheme: akamai)
        gate.sharing = limit
        return edge(gate, faults: faults)
    }

    @Test func aTokenIsForSoManyAddressesWithinATime() throws {
        let edge = shared(SharingLimit(viewers: 2, window: .seconds(30)))
        // Different tokens of one session are one token.
        let first = master + "?hdnts=" + (try token(lifetime: 600) { $0.sessionID = "s1" })
        let second = master + "?hdnts=" + (try token(lifetime: 700) { $0.sessionID = "s1" })
        func status(_ target: String, _ address: String, _ seconds: Double) -> Int {
            get(target, edge, at: seconds) { $0.clientAddress = address }.status
        }
        #expect(status(first, "10.0.0.1", 0) == 200 && status(second, "10.0.0.2", 1) == 200)
        #expect(status(first, "10.0.0.3", 2) == 403 && status(first, "10.0.0.1", 20) == 200)
        #expect(status(first, "10.0.0.3", 30.9) == 403 && status(first, "10.0.0.3", 31) == 200)
        #expect(status(first, "10.0.0.2", 32) == 403)
        #expect(edge.statistics.gate[.manifest]?.verdicts == [.valid: 4, .wrongUse: 3])
        let other = master + "?hdnts=" + (try token(lifetime: 600) { $0.sessionID = "s2" })
        #expect(status(other, "10.0.0.3", 33) == 200)
    }

    @Test func viewersAreToldApartByConnectionHeaderOrCookie() throws {
        let target = master + "?hdnts=" + (try token())
        let connections = shared(SharingLimit(viewers: 1, identity: .connection))
        #expect(get(target, connections) { $0.clientPort = 1 }.status == 200)
        #expect(get(target, connections) { $0.clientPort = 1 }.status == 200)
        #expect(get(target, connections) { $0.clientPort = 2 }.status == 403)
        let headers = shared(SharingLimit(viewers: 1, identity: .header("x-playback-session-id")))
        #expect(get(target, headers) { $0.headers["x-playback-session-id"] = "a" }.status == 200)
        #expect(get(target, headers) { $0.headers["x-playback-session-id"] = "b" }.status == 403)
        let cookies = shared(SharingLimit(viewers: 1, identity: .cookie))
        let cookie = try #require(get(target, cookies).header("Set-Cookie"))
        let pair = String(cookie.prefix { $0 != ";" })
        #expect(pair == "fullhouse-viewer=osl1-1")
        let refused = get(target, cookies)
        #expect(refused.status == 403 && refused.header("Set-Cookie") == nil)
        #expect(text(refused) == "The token is used by too many viewers.\n")
        #expect(get(target, cookies) { $0.cookies = "a=b; " + pair }.status == 200)
    }

    @Test func aTokenThatIsSharedIsLetInByAnEdgeThatDoesNotLook() throws {
        let edge = shared(SharingLimit(viewers: 1), faults: GateFaults(ignored: [.sharing]))
        let target = master + "?hdnts=" + (try token())
        for number in 1...4 { #expect(get(target, edge) { $0.clientAddress = "10.0.0.\(number)" }.status == 200) }
        #expect(edge.statistics.gate[.manifest]?.leaked == [.wrongUse: 3])
    }

    // MARK: Faults

    /// Seven tokens, each with one thing wrong, and none.
    private func wrongTokens() throws -> [TokenVerdict: String] {
        [
            .missing: "", .expired: "?hdnts=" + (try token(from: -100)),
            .notYetValid: "?hdnts=" + (try token(from: 10) { $0.notBefore = now + .seconds(10) }),
            .tampered: "?hdnts=" + (try token(key: 1)), .wrongPath: "?hdnts=" + (try token(.paths(["/vod/*"]))),
            .wrongAddress: "?hdnts=" + (try token { $0.clientAddress = "203.0.113.7" }),
        ]
    }

    @Test(arguments: [
        (GateFaults(ignored: [.expiry]), [TokenVerdict.expired]), (GateFaults(ignored: [.path]), [.wrongPath]),
        (GateFaults(ignored: [.address]), [.wrongAddress]), (GateFaults(ignored: [.signature]), [.tampered]),
        (GateFaults(ignored: [.start]), [.notYetValid]), (GateFaults(ignored: [.use]), []),
        (GateFaults(ignored: [.expiry, .path]), [.expired, .wrongPath]),
        (
            GateFaults(open: RequestKind.gated),
            [.missing, .expired, .notYetValid, .tampered, .wrongPath, .wrongAddress]
        ),
        (GateFaults(open: RequestKind.segments), []), (GateFaults(open: [.manifest]), Array(TokenVerdict.allCases)),
    ])
    func whatAnEdgeDoesNotLookAtLeaksAndIsCounted(faults: GateFaults, leaking: [TokenVerdict]) throws {
        let edge = edge(TokenGate(scheme: akamai), faults: faults)
        for (verdict, query) in try wrongTokens() {
            let reply = get(master + query, edge)
            #expect(reply.status == (leaking.contains(verdict) ? 200 : 403), "\(verdict)")
            #expect(reply.served.verdict == verdict)
        }
        #expect(get(master + "?hdnts=" + (try token()), edge).status == 200)
        let tally = try #require(edge.statistics.gate[.manifest])
        let leaks = leaking.filter { $0 != .valid && $0 != .wrongUse }
        #expect(tally.leaked == Dictionary(uniqueKeysWithValues: leaks.map { ($0, 1) }))
        #expect(tally.refused == 6 - leaks.count && edge.statistics.leaks == leaks.count)
    }

    @Test func anIgnoredCheckDoesNotHideAnother() throws {
        let expiry = edge(TokenGate(scheme: akamai), faults: GateFaults(ignored: [.expiry]))
        let elsewhere = try token(.paths(["/vod/*"]), from: -100)
        #expect(get(master + "?hdnts=" + elsewhere, expiry).served.verdict == .expired)
        #expect(get(master + "?hdnts=" + elsewhere, expiry).status == 403)
        let signature = edge(TokenGate(scheme: akamai), faults: GateFaults(ignored: [.signature]))
        #expect(get(master + "?hdnts=" + (try token(from: -100, key: 1)), signature).status == 403)
        #expect(get(master + "?hdnts=nonsense", signature).status == 403)
        let both = edge(TokenGate(scheme: akamai), faults: GateFaults(ignored: [.signature, .expiry]))
        #expect(get(master + "?hdnts=" + (try token(from: -100, key: 1)), both).status == 200)
    }

    @Test func leaksAreCountedByKindAndOnlyWhereSomethingWasGiven() throws {
        let edge = edge(TokenGate(scheme: akamai), faults: GateFaults(open: RequestKind.segments))
        for _ in 0..<3 { #expect(get(segment, edge).status == 200) }
        for _ in 0..<2 { #expect(get("/live/a/video-400k/init.mp4", edge) { $0.range = "bytes=0-1" }.status == 206) }
        #expect(
            get("/live/a/audio/1.m4s", edge).status == 404 && get("/live-encrypted/a/keys/1.key", edge).status == 200)
        #expect(get("/live/a/audio/index.m3u8", edge).status == 403 && get("/steering", edge).status == 403)
        let gate = edge.statistics.gate
        #expect(gate[.audio]?.letIn == [.missing: 4] && gate[.audio]?.leaks == 3)
        #expect(gate[.initialization]?.leaks == 2 && gate[.key]?.leaks == 1)
        #expect(gate[.playlist]?.refused == 1 && gate[.steering]?.refused == 1 && edge.statistics.leaks == 6)
    }

    @Test(arguments: [
        ("open", GateFaults(open: RequestKind.gated)), ("open:segments", GateFaults(open: RequestKind.segments)),
        ("segments", GateFaults(open: RequestKind.segments)), ("video+audio", GateFaults(open: [.video, .audio])),
        ("expiry+path", GateFaults(ignored: [.expiry, .path])), ("asset-list", GateFaults(open: [.assetList])),
        ("playlists+signature", GateFaults(open: RequestKind.playlists, ignored: [.signature])),
    ])
    func faultsAreReadFromACommandLine(text: String, faults: GateFaults) { #expect(GateFaults(text) == faults) }

    @Test(arguments: ["", "everything", "open:", "open:expiry", "expiry+", "clock", "step"])
    func otherWordsAreNoFaults(text: String) { #expect(GateFaults(text) == nil) }

    // MARK: Settings

    @Test func everyProblemOfAGateIsSaid() {
        var gate = TokenGate(scheme: akamai, placements: [.path])
        gate.prefixes = ["live"]
        gate.statuses = [.expired: 302]
        gate.sharing = SharingLimit(viewers: 0)
        gate.cookie = .init(scheme: path, lifetime: .zero)
        #expect(gate.problems().count == 6)
        var settings = OriginSettings()
        settings.gate = gate
        #expect(settings.problems() == gate.problems())
        #expect(TokenGate.akamai(key: SecretKey(bytes: [1])).problems().isEmpty)
    }

    @Test func theLedgerOfSharingDoesNotGrowWithoutEnd() {
        var table = RecentTable<Int, Int>(capacity: 10)
        for number in 0..<1_000 {
            table.change(number, from: number) { $0 += 1 }
            #expect(table.count <= 20)
            var copy = table
            #expect(copy.value(of: max(0, number - 9)) == max(0, number - 9) + 1)
        }
        #expect(table.value(of: 3) == nil)
        table.set(5, for: 999)
        #expect(table.value(of: 999) == 5)
        table.remove(999)
        #expect(table.value(of: 999) == nil)
    }
}
