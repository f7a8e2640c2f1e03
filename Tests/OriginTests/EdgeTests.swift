import Access
import Quantities
import Testing

@testable import Origin

@Suite struct EdgeTests {
    private let now = WallTime(nanoseconds: 1_795_363_201_500_000_000)
    private let key = SecretKey(bytes: Array(0..<16))

    private func edge(
        _ change: (inout EdgeSettings) -> Void = { _ in }, gate: TokenGate? = nil
    ) -> Edge {
        var settings = EdgeSettings(pop: "osl1")
        change(&settings)
        var origin = OriginSettings(edges: [settings])
        origin.gate = gate
        return Edge(settings, origin: origin, source: .synthetic(SyntheticContent(origin.content)))
    }

    private func get(
        _ target: String, _ edge: Edge, at seconds: Double = 0, _ change: (inout EdgeRequest) -> Void = { _ in }
    ) -> EdgeReply {
        var request = EdgeRequest(method: "GET", target: target)
        change(&request)
        return edge.answer(request, now: now + .seconds(seconds))
    }

    private func bytes(_ reply: EdgeReply) -> [UInt8] {
        guard case .parts(let parts) = reply.body else { return [] }
        return ContentObject(mediaType: "", parts: parts).bytes
    }

    // MARK: Cache

    @Test func theFirstRequestIsAMissAndLaterOnesAgeUntilTheLifetimeEnds() {
        let edge = edge { $0.cache.segment = .seconds(10.0) }
        let path = "/vod/a/audio/3.m4s"
        let first = get(path, edge)
        #expect(first.header("X-Cache") == "MISS from osl1")
        #expect(first.header("Cache-Status") == "osl1; fwd=uri-miss; fwd-status=200; stored")
        #expect(first.header("Age") == nil)
        #expect(first.header("Cache-Control") == "public, max-age=10")
        let second = get(path + "?hdnts=x", edge, at: 3.5)
        #expect(second.header("X-Cache") == "HIT from osl1")
        #expect(second.header("Age") == "3")
        #expect(second.header("Cache-Status") == "osl1; hit; ttl=6")
        #expect(bytes(second) == bytes(first))
        #expect(get(path, edge, at: 9.99).header("Age") == "9")
        let third = get(path, edge, at: 10)
        #expect(third.header("Cache-Status") == "osl1; fwd=stale; fwd-status=200; stored")
        #expect(get(path, edge, at: 11).header("Age") == "1")
    }

    @Test func aCachedLivePlaylistIsAsOldAsItsAgeSays() {
        let edge = edge { $0.cache.livePlaylist = .seconds(4.0) }
        let first = get("/live/a/audio/index.m3u8", edge)
        let second = get("/live/a/audio/index.m3u8", edge, at: 3)
        #expect(bytes(second) == bytes(first) && second.header("Age") == "3")
        #expect(bytes(get("/live/a/audio/index.m3u8", edge, at: 4)) != bytes(first))
    }

    @Test func withoutALifetimeNothingIsStored() {
        let edge = edge { $0.cache.segment = .zero }
        for _ in 0..<2 {
            let reply = get("/vod/a/audio/0.m4s", edge)
            #expect(reply.header("X-Cache") == "MISS from osl1")
            #expect(reply.header("Cache-Control") == "no-cache")
        }
    }

    @Test func failuresAreNotStored() {
        let edge = edge()
        let path = "/live/a/audio/\(now.nanoseconds / 2_000_000_000).m4s"
        #expect(get(path, edge).status == 404)
        #expect(get(path, edge, at: 0.5).status == 200)
    }

    @Test func aFullCacheForgetsAndNeverGrowsWithoutEnd() {
        let cache = EdgeCache(capacity: 10)
        let object = EdgeObject(ContentObject(mediaType: "", text: "x"))
        for number in 0..<100 {
            let look = cache.look("\(number)", now: now, lifetime: .seconds(60.0), keepsObject: true) { _ in object }
            #expect(look?.age == nil)
        }
        let last = cache.look("99", now: now, lifetime: .seconds(60.0), keepsObject: true) { _ in object }
        #expect(last?.age == .zero)
        let first = cache.look("0", now: now, lifetime: .seconds(60.0), keepsObject: true) { _ in object }
        #expect(first?.age == nil)
    }

    // MARK: Faults

    @Test func aStaleEdgeShowsThePlaylistOfThen() {
        let stale = edge { $0.staleness = .seconds(10.0) }
        let good = edge()
        for path in ["/live/a/audio/index.m3u8", "/live/a/timeline.mpd"] {
            #expect(bytes(get(path, stale, at: 10)) == bytes(get(path, good)))
        }
        #expect(bytes(get("/vod/a/audio/index.m3u8", stale)) == bytes(get("/vod/a/audio/index.m3u8", good)))
        let newest = "/live/a/audio/\(now.nanoseconds / 2_000_000_000 - 1).m4s"
        #expect(get(newest, stale).status == 200)
    }

    @Test func faultsComeAtTheirRatesAndAlwaysTheSame() {
        func run(_ seed: UInt64) -> [Int] {
            let edge = edge {
                $0.seed = seed
                $0.segmentFaults = FaultRates(notFound: 0.1, serverError: 0.05, unavailable: 0.2, truncated: 0.15)
            }
            return (0..<4_000).map { _ in
                let reply = get("/vod/a/audio/0.m4s", edge)
                return reply.cutAt == nil ? reply.status : 1
            }
        }
        let statuses = run(1)
        for (status, share) in [(404, 0.1), (500, 0.05), (503, 0.2), (1, 0.15), (200, 0.5)] {
            let found = Double(statuses.count { $0 == status }) / 4_000
            #expect(abs(found - share) < 0.03, "\(status)")
        }
        #expect(run(1) == statuses)
        #expect(run(2) != statuses)
    }

    @Test func faultsOfSegmentsSparePlaylistsAndTheClock() {
        let edge = edge { $0.segmentFaults = FaultRates(unavailable: 1) }
        #expect(get("/vod/a/audio/0.m4s", edge).status == 503)
        #expect(get("/vod/a/audio/init.mp4", edge).status == 503)
        #expect(get("/vod/a/audio/index.m3u8", edge).status == 200)
        #expect(get("/time", edge).status == 200)
        #expect(bytes(get("/time", edge)) == Array("2026-11-22T16:00:01.500Z".utf8))
    }

    @Test func aTruncatedBodyAnnouncesItsWholeLength() throws {
        let edge = edge { $0.segmentFaults = FaultRates(truncated: 1) }
        let whole = get("/vod/a/audio/0.m4s", self.edge())
        var cuts: Set<Int> = []
        for _ in 0..<20 {
            let reply = get("/vod/a/audio/0.m4s", edge)
            #expect(reply.status == 200 && reply.length == whole.length)
            #expect(reply.header("Content-Length") == String(whole.length))
            let cut = try #require(reply.cutAt)
            #expect((0..<whole.length).contains(cut))
            cuts.insert(cut)
        }
        #expect(cuts.count > 10)
    }

    // MARK: Requests

    @Test(arguments: [
        ("bytes=0-9", 206, 0..<10), ("bytes=10-", 206, 10..<100), ("bytes=-10", 206, 90..<100),
        ("bytes=-1000", 206, 0..<100), ("bytes=90-1000", 206, 90..<100), ("bytes=0-9223372036854775807", 206, 0..<100),
        ("bytes=99-99", 206, 99..<100), ("bytes=100-", 416, 0..<0), ("bytes=-0", 416, 0..<0),
        ("bytes=99999999999999999999-", 416, 0..<0), ("bytes=5-4", 200, 0..<100), ("bytes=0-1,3-4", 200, 0..<100),
        ("bytes=a-b", 200, 0..<100), ("bytes=--5", 200, 0..<100), ("items=0-1", 200, 0..<100), ("bytes=", 200, 0..<100),
        ("bytes=+1-2", 200, 0..<100), ("bytes=-", 200, 0..<100),
    ])
    func ranges(header: String, status: Int, range: Range<Int>) {
        switch RequestedRange(header, size: 100) {
        case .whole: #expect(status == 200)
        case .part(let part): #expect(status == 206 && part == range)
        case .unsatisfiable: #expect(status == 416)
        }
    }

    @Test func aRangeIsAnsweredWithItsBytes() {
        let edge = edge()
        let whole = bytes(get("/vod/a/video-400k/1.m4s", edge))
        let reply = get("/vod/a/video-400k/1.m4s", edge) { $0.range = "bytes=100-199" }
        #expect(reply.status == 206)
        #expect(bytes(reply) == Array(whole[100..<200]))
        #expect(reply.header("Content-Range") == "bytes 100-199/\(whole.count)")
        let past = get("/vod/a/video-400k/1.m4s", edge) { $0.range = "bytes=\(whole.count)-" }
        #expect(past.status == 416 && past.header("Content-Range") == "bytes */\(whole.count)")
    }

    @Test func aHeadRequestHasTheHeadersAndNoBody() {
        let reply = get("/vod/a/video-400k/1.m4s", edge()) { $0.method = "HEAD" }
        #expect(reply.status == 200 && bytes(reply).isEmpty)
        #expect(Int(reply.header("Content-Length") ?? "") ?? 0 > 100_000)
    }

    @Test(arguments: ["POST", "PUT", "DELETE", "OPTIONS", "X"])
    func otherMethodsAreRefused(method: String) {
        #expect(get("/vod/a/master.m3u8", edge()) { $0.method = method }.status == 405)
    }

    @Test(arguments: [
        "/vod/../master.m3u8", "/live/./manifest.mpd", "/vod/%2e%2E/master.m3u8", "/vod/.%2e/master.m3u8", "/..", "/.",
        "/vod/a\\..\\master.m3u8",
    ])
    func dotSegmentsAreNothing(target: String) { #expect(get(target, edge()).status == 404) }

    @Test(arguments: ["", "*", "http://127.0.0.1/vod/a/master.m3u8", "vod"])
    func whatIsNoPathIsRefused(target: String) { #expect(get(target, edge()).status == 400) }

    @Test func aPathWithoutEndIsRefused() {
        #expect(get("/vod/" + String(repeating: "a", count: 5_000) + "/master.m3u8", edge()).status == 400)
    }

    // MARK: Gate

    private func token(_ path: String, lifetime: Double = 60, key: SecretKey? = nil) throws -> String {
        let scheme = AkamaiEdgeAuth(key: key ?? self.key, name: "hdnts")
        let signed = try scheme.sign(TokenGrant(.paths([path]), from: now, lifetime: .seconds(lifetime)), for: .query)
        return try #require(signed.value(of: "hdnts"))
    }

    @Test func theGateLetsInByTokenAndThenByItsCookie() throws {
        let edge = edge(gate: .akamai(key: key))
        let query = "?hdnts=" + (try token("/live/final/*"))
        let master = get("/live/final/master.m3u8" + query, edge)
        #expect(master.status == 200)
        let cookie = try #require(master.header("Set-Cookie"))
        #expect(cookie.hasPrefix("hdntl=exp=") && cookie.contains("; Path=/live/final/;"))
        let pair = String(cookie.prefix { $0 != ";" })
        let child = "/live/final/video-400k/index.m3u8"
        #expect(get(child, edge).status == 403)
        #expect(get(child, edge) { $0.cookies = "a=b; " + pair }.status == 200)
        #expect(get("/live/other/master.m3u8", edge) { $0.cookies = pair }.status == 403)
        let segment = "/live/final/audio/\(now.nanoseconds / 2_000_000_000 - 2).m4s"
        #expect(get(segment + query, edge).header("Set-Cookie") == nil)
        #expect(get(segment, edge, at: 120) { $0.cookies = pair }.status != 403)
        #expect(get(segment, edge, at: 86_401) { $0.cookies = pair }.status == 403)
    }

    @Test func whateverIsNotAValidTokenIsRefusedWithAReason() throws {
        let edge = edge(gate: .akamai(key: key))
        let good = try token("/live/final/*")
        let path = "/live/final/master.m3u8"
        let cases: [(String, Double, TokenVerdict)] = [
            (path, 0, .missing), (path + "?hdnts=", 0, .missing), (path + "?hdnts=" + good, 61, .expired),
            (path + "?hdnts=" + good.dropLast() + "x", 0, .tampered),
            (path + "?hdnts=" + (try token("/live/final/*", key: SecretKey(bytes: [1]))), 0, .tampered),
            ("/vod/final/master.m3u8?hdnts=" + good, 0, .wrongPath), (path + "?hdntl=" + good, 0, .missing),
        ]
        for (target, seconds, verdict) in cases {
            let reply = get(target, edge, at: seconds)
            #expect(reply.status == 403 && reply.served.verdict == verdict, "\(verdict)")
            #expect(bytes(reply) == Array((verdict.sentence + "\n").utf8))
            #expect(reply.header("Set-Cookie") == nil && reply.header("Cache-Control") == "no-store")
        }
    }

    @Test func theGateComesBeforeCacheFaultsAndContent() throws {
        let open = edge(gate: .akamai(key: key))
        let query = "?hdnts=" + (try token("/*"))
        #expect(get("/vod/a/audio/0.m4s" + query, open).status == 200)
        #expect(get("/vod/a/audio/0.m4s", open).status == 403)
        #expect(get("/nothing", open).status == 403)
        #expect(get("/nothing" + query, open).status == 404)
        #expect(get("/time", open).status == 200)
    }

    @Test func onlyGatedPathsNeedAToken() {
        var gate = TokenGate.akamai(key: key)
        gate.prefixes = ["/live/"]
        let edge = edge(gate: gate)
        #expect(get("/vod/a/master.m3u8", edge).status == 200)
        #expect(get("/live/a/master.m3u8", edge).status == 403)
    }

    @Test func aDirectoryWithAWildcardEarnsNoCookie() throws {
        let edge = edge(gate: .akamai(key: key))
        let reply = get("/live/*/master.m3u8?hdnts=" + (try token("/live/*")), edge)
        #expect(reply.status == 200 && reply.header("Set-Cookie") == nil)
    }

    @Test func whatIsToldOfARequestHoldsNoToken() throws {
        let edge = edge(gate: .akamai(key: key))
        let secret = try token("/live/*")
        let reply = get("/live/a/master.m3u8?hdnts=" + secret, edge) { $0.cookies = "hdntl=" + secret }
        #expect(!"\(reply.served)".contains(secret.suffix(20)))
    }
}

extension EdgeReply {
    /// The value of a header, or nil.
    func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}
