import Audience
import Measurement
import Playback
import Quantities
import Testing
import Transport

@testable import Simulation

/// Streams without end, crowds, and the promise that the machine does not matter.
@Suite struct LivePopulationTests {
    @Test(arguments: [false, true]) func aLiveViewerStaysBehindTheEdge(isDASH: Bool) async throws {
        var scene = Scene(watch: .fixed(.seconds(120)))
        scene.content = ContentSettings(
            format: isDASH ? .dash : .hls, ladder: [.megabits(1), .megabits(3)], audio: .kilobits(128))
        scene.link = Scene.link(megabits: 20)
        scene.edges = [EdgeModel(name: "one", latency: .milliseconds(20))]
        scene.player = PlayerSettings()
        let outcome = await scene.play()
        let session = try #require(outcome.sessions.first)
        #expect(session.outcome == .quit)
        #expect(session.rebufferCount == 0)
        // Three segments behind the live edge, which in HLS is only seen in whole segments.
        let latency = try #require(session.meanLatency)
        #expect(latency >= .seconds(11.9) && latency <= .seconds(isDASH ? 12.5 : 16.3), "\(latency)")
        #expect(outcome.transfers(.audio).count >= 28)
        #expect(try #require(session.meanBitRate) > .megabits(2))
        if !isDASH { #expect(outcome.transfers(.playlist).count >= 2 * 28) }
    }

    @Test(arguments: [1, 2]) func anEdgeThatKeepsPlaylistsShowsAnOldLiveEdge(partitions: Int) async throws {
        // The second viewer comes 4 s after the first, when there is one segment of 4 s more.
        var scene = Scene(viewers: 2, arrivals: .constant(over: .seconds(8)), watch: .fixed(.seconds(20)))
        scene.content = ContentSettings(ladder: [.megabits(1)], audio: nil)
        scene.link = Scene.link(megabits: 20)
        scene.partitions = partitions
        let fresh = await scene.play()
        scene.edges[0].playlistLifetime = .seconds(6)
        let kept = await scene.play()
        #expect(fresh.sessions.count == 2 && kept.sessions.count == 2)
        let latencies = [fresh, kept].map { $0.sessions.map { $0.meanLatency?.seconds ?? 0 } }
        #expect(abs(latencies[1][0] - latencies[0][0]) < 0.1, "\(latencies)")
        #expect(abs(latencies[1][1] - latencies[0][1] - 4) < 0.1, "\(latencies)")
    }

    @Test func aCrowdGetsWhatTheEdgeHas() async throws {
        // 40 viewers of 1 Mbit/s through 30 Mbit/s.
        var scene = Scene(viewers: 40, arrivals: .constant(over: .seconds(4)), watch: .fixed(.seconds(100)))
        scene.content = ContentSettings(ladder: [.megabits(1)], audio: nil)
        scene.edges = [EdgeModel(name: "one", capacity: .megabits(30))]
        scene.limit = .seconds(60)
        scene.epoch = .milliseconds(50)
        let outcome = await scene.play()
        let bits = Double(outcome.totals.allTransfers.all.bytes) * 8
        #expect(bits <= 30e6 * outcome.end.seconds * 1.001)
        #expect(bits >= 30e6 * 58)
        let ratio = try #require(outcome.totals.overall.rebufferRatio)
        #expect(ratio > 0.1 && ratio < 0.3)
    }

    @Test func theNumberOfWorkersDoesNotMatter() async {
        var scene = Scene(viewers: 400, arrivals: .ramp(over: .seconds(5)), watch: .exponential(mean: .seconds(15)))
        scene.content = ContentSettings(ladder: [.kilobits(500), .megabits(2)], audio: .kilobits(96), variation: 0.3)
        scene.player = PlayerSettings()
        scene.edges = [
            EdgeModel(name: "one", capacity: .megabits(300), latency: .milliseconds(10)),
            EdgeModel(name: "two", requestsPerSecond: 2_000, latency: .milliseconds(30)),
        ]
        scene.origin = OriginModel(capacity: .megabits(50), latency: .milliseconds(40))
        scene.link = Scene.link(megabits: 6)
        scene.limit = .seconds(20)
        scene.epoch = .milliseconds(50)
        scene.partitions = 8
        let alone = await scene.play()
        scene.workers = 3
        let together = await scene.play()
        #expect(alone == together)
        #expect(alone.sessions.count == 400)
        #expect(alone.totals.overall.plays > 300)
        scene.seed = 2
        let other = await scene.play()
        #expect(other != alone)
    }

    @Test func theRunEndsWithItsLimit() async {
        var scene = Scene(viewers: 20, arrivals: .constant(over: .seconds(100)))
        scene.content = ContentSettings(ladder: [.megabits(1)], audio: nil)
        scene.limit = .seconds(30)
        let outcome = await scene.play()
        #expect(outcome.sessions.count == 6)
        #expect(outcome.sessions.allSatisfy { $0.outcome == .running })
        #expect(outcome.end >= .seconds(30) && outcome.end <= .seconds(31))
        #expect(outcome.totals.overall.arrivals == 6)
    }

    @Test func aLinkThatIsOutEndsTransfersByTheirTimeouts() async throws {
        var scene = Scene()
        scene.link = { LinkAttachment(LinkTrace(name: "out", rate: .zero), household: $0.household) }
        let outcome = await scene.play()
        let session = try #require(outcome.sessions.first)
        #expect(session.outcome == .startFailure)
        #expect(session.failure == "manifest-timeout-first-byte")
        #expect(outcome.transfers(.manifest).count == 3)
    }
}
