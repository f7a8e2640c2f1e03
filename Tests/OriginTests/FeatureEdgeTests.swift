import Quantities
import Testing

@testable import Origin

/// What an edge does with the features of content: waiting, passes, steering, time, and what is wrong on purpose.
@Suite struct FeatureEdgeTests {
    private let now = Studio.now
    private let open = Studio.now.nanoseconds / 2_000_000_000

    private func edge(
        _ change: (inout EdgeSettings) -> Void = { _ in }, origin alter: (inout OriginSettings) -> Void = { _ in }
    ) -> Edge {
        var settings = EdgeSettings(pop: "osl1")
        change(&settings)
        var origin = OriginSettings(edges: [settings])
        alter(&origin)
        return Edge(settings, origin: origin, source: .synthetic(SyntheticContent(origin.content)))
    }

    private func get(_ target: String, _ edge: Edge, at seconds: Double = 0) -> EdgeReply {
        edge.answer(EdgeRequest(method: "GET", target: target), now: now + .seconds(seconds))
    }

    private func bytes(_ reply: EdgeReply) -> [UInt8] {
        switch reply.body {
        case .parts(let parts): parts.bytes
        case .timed(let pieces): pieces.flatMap(\.parts).bytes
        case .none, .file: []
        }
    }

    private func lines(_ target: String, _ edge: Edge, at seconds: Double = 0) -> [Substring] {
        String(decoding: bytes(get(target, edge, at: seconds)), as: UTF8.self).split(separator: "\n")
            .map { Substring(String($0)) }
    }

    // MARK: Waiting

    private func wait(_ target: String, _ edge: Edge, at seconds: Double = 0, since arrival: Double? = nil) -> WallTime?
    {
        let request = EdgeRequest(method: "GET", target: target)
        let decision = edge.decide(
            request, now: now + .seconds(seconds), arrival: arrival.map { now + .seconds($0) })
        guard case .wait(let instant) = decision else { return nil }
        return instant
    }

    @Test func aBlockedReloadIsAnsweredOnceWhatItNamesIsThere() {
        let edge = edge()
        let target = "/low-latency/a/audio/index.m3u8?_HLS_msn=\(open)&_HLS_part=3"
        #expect(wait(target, edge) == now + .seconds(0.5))
        #expect(wait(target, edge, at: 0.499_999, since: 0) == now + .seconds(0.5))
        #expect(wait(target, edge, at: 0.5, since: 0) == nil)
        let lines = lines(target, edge, at: 0.5)
        #expect(Lines.values("EXT-X-PART", lines).last?.contains("\(open).3.m4s") == true)
        // The next one finds it in the cache, for six target durations.
        let again = get(target, edge, at: 3)
        #expect(again.header("Cache-Status") == "osl1; hit; ttl=9" && again.header("Age") == "2")
        // A plain request has its own place in the cache.
        #expect(get("/low-latency/a/audio/index.m3u8", edge, at: 3).header("X-Cache") == "MISS from osl1")
    }

    @Test func aStaleEdgeHoldsAReloadThreeTargetDurationsAndGivesUp() {
        let stale = edge { $0.staleness = .seconds(1.0) }
        let next = "/low-latency/a/audio/index.m3u8?_HLS_msn=\(open)&_HLS_part=1"
        // The edge is a second behind: its next part is the second of the open segment.
        #expect(wait(next, stale) == now + .seconds(0.5))
        let frozen = edge { $0.contentFaults.updateInterval = .seconds(600.0) }
        let first = open / 300 * 300
        let target = "/low-latency/a/audio/index.m3u8?_HLS_msn=\(first)&_HLS_part=0"
        #expect(wait(target, frozen, at: 2, since: 0) != nil)
        #expect(wait(target, frozen, at: 5.9, since: 0) == now + .seconds(6.0))
        #expect(get(target, frozen).status == 503)
        let decision = frozen.decide(
            EdgeRequest(method: "GET", target: target), now: now + .seconds(6.0), arrival: now)
        guard case .reply(let reply) = decision else {
            Issue.record("it waits on")
            return
        }
        #expect(reply.status == 503)
    }

    @Test func wrongDirectivesAreRefusedAtOnce() {
        let edge = edge()
        let path = "/low-latency/a/audio/index.m3u8"
        #expect(get(path + "?_HLS_part=1", edge).status == 400)
        #expect(get(path + "?_HLS_msn=\(open + 2)", edge).status == 400)
        #expect(get("/live/a/audio/index.m3u8?_HLS_part=1", edge).status == 200)
        #expect(get("/low-latency/a/audio/\(open + 1).0.m4s", edge).status == 404)
        #expect(wait("/low-latency/a/audio/\(open).3.m4s", edge) == now + .seconds(0.5))
        #expect(get("/low-latency/a/audio/\(open).3.m4s", edge, at: 0.5).status == 200)
    }

    @Test func anOpenSegmentHasNoLengthAndIsNotStored() {
        let edge = edge()
        let path = "/low-latency/a/video-400k/\(open).m4s"
        for _ in 0..<2 {
            let reply = get(path, edge)
            #expect(reply.status == 200 && reply.header("Content-Length") == nil)
            #expect(reply.header("X-Cache") == "MISS from osl1" && reply.length == bytes(reply).count)
        }
        let whole = get(path, edge, at: 0.5)
        #expect(whole.header("Content-Length") == String(whole.length))
        #expect(bytes(whole) == bytes(get(path, self.edge())))
        #expect(get("/low-latency/a/video-400k/\(open + 1).m4s", edge).status == 404)
    }

    // MARK: Passes, places, steering, time

    @Test(arguments: [
        ("variables", "demo/audio/0.m4s", "?pass=demo"), ("variables", "demo/audio/init.mp4", "?pass=demo"),
        ("query", "demo/audio/0.m4s", "?pass=demo"), ("query", "x/video-400k/0.m4s", "?a=b&pass=x&c=d"),
    ])
    func segmentsWantTheirPass(kind: String, path: String, query: String) {
        let edge = edge()
        #expect(get("/\(kind)/\(path)\(query)", edge).status == 200)
        for wrong in ["", "?pass=", "?pass={$pass}", "?pass=other", "?xpass=demo"] {
            #expect(get("/\(kind)/\(path)\(wrong)", edge).status == 403)
        }
        #expect(get("/variables/demo/audio/index.m3u8", edge).status == 200)
    }

    @Test func whatIsDownIsDown() {
        #expect(get("/down/failover/a/audio/0.m4s", edge()).status == 503)
        #expect(get("/failover/a/audio/0.m4s", edge()).status == 200)
    }

    @Test func theSteeringManifestFollowsItsSettings() {
        let edge = edge()
        edge.steering.note(edges: [
            Pathway(id: "osl1", baseURL: "http://127.0.0.1:1"), Pathway(id: "bgo1", baseURL: "http://127.0.0.2:1"),
        ])
        let first = get("/steering?_HLS_pathway=%22osl1%22&_HLS_throughput=5000", edge)
        #expect(first.header("Content-Type") == "application/json" && first.header("Cache-Control") == "no-store")
        #expect(
            String(decoding: bytes(first), as: UTF8.self)
                == "{\"VERSION\":1,\"TTL\":300,\"RELOAD-URI\":\"/steering\",\"PATHWAY-PRIORITY\":[\"osl1\",\"bgo1\"]}\n"
        )
        edge.steering.change {
            $0.priority = ["bgo1"]
            $0.lifetime = .seconds(1.0)
            $0.clones = [.init(baseID: "osl1", id: "o\"2", host: "127.0.0.3:1", parameters: ["b": "2", "a": "1"])]
        }
        #expect(
            String(decoding: bytes(get("/steering", edge)), as: UTF8.self)
                == "{\"VERSION\":1,\"TTL\":1,\"RELOAD-URI\":\"/steering\",\"PATHWAY-PRIORITY\":[\"bgo1\"],"
                + "\"PATHWAY-CLONES\":[{\"BASE-ID\":\"osl1\",\"ID\":\"o\\\"2\",\"URI-REPLACEMENT\":{\"HOST\":\"127.0.0.3:1\","
                + "\"PARAMS\":{\"a\":\"1\",\"b\":\"2\"}}}]}\n")
        edge.steering.change { $0.fault = .gone }
        #expect(get("/steering", edge).status == 410)
        edge.steering.change { $0.fault = .tooManyRequests(retryAfter: .seconds(2.5)) }
        let busy = get("/steering", edge)
        #expect(busy.status == 429 && busy.header("Retry-After") == "3")
        #expect(busy.served.resource == .steering)
    }

    @Test func theParametersOfPlayersAreCounted() {
        let edge = edge()
        for target in [
            "/steering?_HLS_pathway=%22osl1%22&_HLS_throughput=5000", "/steering?_DASH_pathway=%22bgo1%22",
            "/interstitials/a/assets/1.json?_HLS_primary_id=abc", "/interstitials/a/assets/1.json?_HLS_primary_id=abc",
            "/interstitials/a/assets/1.json?_HLS_primary_id=def", "/low-latency/a/audio/index.m3u8?_HLS_skip=YES",
        ] {
            let request = EdgeRequest(method: "GET", target: target)
            edge.record(edge.answer(request, now: now).served, query: request.query)
        }
        let statistics = edge.statistics
        #expect(statistics.pathways == ["osl1": 1, "bgo1": 1])
        #expect(statistics.primaryIdentifiers == ["abc", "def"])
        #expect(
            statistics.parameters == [
                "_HLS_pathway": 1, "_HLS_throughput": 1, "_DASH_pathway": 1, "_HLS_primary_id": 3, "_HLS_skip": 1,
            ])
        #expect(statistics.resources[.steering] == 2)
    }

    @Test func theClockSpeaksAllFormats() {
        let edge = edge()
        #expect(bytes(get("/time?format=xsdate", edge)) == Array("2026-11-22T16:00:01.500Z".utf8))
        #expect(get("/time", edge).header("Date") == "Sun, 22 Nov 2026 16:00:01 GMT")
        // 4 004 352 001 seconds since 1900 and a half.
        let ntp = bytes(get("/time?format=ntp", edge))
        #expect(ntp.count == 8 && Array(ntp[4...]) == [0x80, 0, 0, 0])
        #expect(ntp[..<4].reduce(0) { $0 << 8 | UInt64($1) } == 1_795_363_201 + 2_208_988_800)
    }

    // MARK: Faults for findings

    private let live = "/live/a/video-400k/index.m3u8"

    @Test func aFrozenEdgeShowsNothingNewForItsInterval() {
        let edge = edge {
            $0.contentFaults.updateInterval = .seconds(10.0)
            $0.cache.livePlaylist = .zero
        }
        let versions = Set((0..<40).map { lines(live, edge, at: Double($0) * 0.5).joined() })
        #expect(versions.count == 3)
    }

    @Test func anEdgeThatRewindsGoesBackInSequenceAndPublishTime() throws {
        let edge = edge {
            $0.contentFaults.rewinds = true
            $0.cache.livePlaylist = .zero
        }
        let numbers = try (0..<12).map {
            try Lines.number("EXT-X-MEDIA-SEQUENCE", lines(live, edge, at: Double($0) * 2))
        }
        #expect(zip(numbers, numbers.dropFirst()).contains { $1 < $0 })
        let times = (0..<12).map { step in
            lines("/live/a/timeline.mpd", edge, at: Double(step) * 2).joined().components(
                separatedBy: "publishTime=\"")[1]
                .prefix(24)
        }
        #expect(zip(times, times.dropFirst()).contains { $1 < $0 })
        for uri in Lines.uris(lines(live, edge)) { #expect(get("/live/a/video-400k/" + uri, edge).status == 200) }
    }

    @Test func anEdgeThatChangesURIsNamesTheSameSegmentTwice() throws {
        let edge = edge {
            $0.contentFaults.changesURIs = true
            $0.cache.livePlaylist = .zero
        }
        let first = Lines.uris(lines(live, edge))
        let second = Lines.uris(lines(live, edge, at: 2))
        #expect(first[1] != second[0])
        let plain = [first[1], second[0]].map { $0.hasPrefix("copy-") ? String($0.dropFirst(5)) : $0 }
        #expect(plain[0] == plain[1])
        for uri in first + second { #expect(get("/live/a/video-400k/" + uri, edge, at: 2).status == 200) }
    }

    @Test func declarationsCanBeTooSmall() throws {
        let edge = edge {
            $0.contentFaults.understatesTargetDuration = true
            $0.contentFaults.bitRateUnderstatement = 2
            $0.contentFaults.shortHoldBack = true
        }
        #expect(try Lines.number("EXT-X-TARGETDURATION", lines(live, edge)) == 1)
        #expect(Lines.value("EXT-X-SERVER-CONTROL", lines(live, edge)) == "HOLD-BACK=1")
        let good = Lines.values("EXT-X-STREAM-INF", lines("/vod/a/master.m3u8", self.edge()))
        let bad = Lines.values("EXT-X-STREAM-INF", lines("/vod/a/master.m3u8", edge))
        for (good, bad) in zip(good, bad) {
            let rates = [good, bad].compactMap { Lines.attribute("BANDWIDTH", $0).flatMap(Double.init) }
            #expect(abs(rates[0] / rates[1] - 2) < 0.01)
        }
        let parts = try #require(Lines.value("EXT-X-SERVER-CONTROL", lines("/low-latency/a/audio/index.m3u8", edge)))
        #expect(Lines.attribute("PART-HOLD-BACK", parts) == "0.52")
    }

    @Test func datesCanDriftOrBeMissing() throws {
        let drifting = edge { $0.contentFaults.dateDrift = .milliseconds(100) }
        let dates = Lines.values("EXT-X-PROGRAM-DATE-TIME", lines(live, drifting))
        let tenths = dates.compactMap { Double($0.dropFirst(17).dropLast()) }
        for (first, second) in zip(tenths, tenths.dropFirst()) where second > first {
            #expect(abs(second - first - 2.1) < 1e-6)
        }
        #expect(Lines.value("EXT-X-PROGRAM-DATE-TIME", lines(live, edge { $0.contentFaults.omitsDates = true })) == nil)
    }

    @Test func timelinesCanHaveHoles() throws {
        let edge = edge { $0.contentFaults.timelineHoles = true }
        let document = lines("/live/a/timeline.mpd", edge).joined(separator: "\n")
        let times = try Timeline.times(in: document, track: SyntheticContent(ContentSettings()).tracks[0])
        #expect(times.count == 12)
        #expect(zip(times, times.dropFirst()).contains { $1 - $0 == 360_000 })
    }

    @Test func bodiesCanBeWrongWithStatus200() {
        let path = "/vod/a/audio/0.m4s"
        let whole = bytes(get(path, edge()))
        let page = get(path, edge { $0.segmentFaults = FaultRates(errorPage: 1) })
        #expect(page.status == 200 && page.header("Content-Type") == "text/html; charset=utf-8")
        #expect(String(decoding: bytes(page), as: UTF8.self).hasPrefix("<!DOCTYPE html>"))
        let empty = get(path, edge { $0.segmentFaults = FaultRates(empty: 1) })
        #expect(empty.status == 200 && empty.header("Content-Length") == "0" && bytes(empty).isEmpty)
        let short = get(path, edge { $0.segmentFaults = FaultRates(short: 1) })
        let count = bytes(short).count
        #expect(short.status == 200 && count < whole.count && short.header("Content-Length") == String(count))
        #expect(whole.starts(with: bytes(short)))
        let other = get(path, edge { $0.segmentFaults = FaultRates(wrongType: 1) })
        #expect(bytes(other) == whole && other.header("Content-Type") == "text/plain")
        let playlist = get(live, edge { $0.playlistFaults = FaultRates(errorPage: 1) })
        #expect(playlist.status == 200 && playlist.header("Content-Type") == "text/html; charset=utf-8")
    }

    @Test func badFaultsAreNamed() {
        var settings = OriginSettings()
        settings.edges[0].contentFaults.updateInterval = .zero
        settings.edges[0].contentFaults.bitRateUnderstatement = 0.5
        settings.edges[0].segmentFaults = FaultRates(errorPage: 0.6, empty: 0.6)
        settings.content.partDuration = .milliseconds(1)
        settings.content.breakLength = 10
        settings.content.keyRotation = 0
        #expect(settings.problems().count == 6)
    }
}
