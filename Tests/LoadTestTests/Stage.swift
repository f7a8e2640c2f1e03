import Audience
import CurlTransport
import Foundation
import Measurement
import Origin
import Playback
import Quantities
import RunStore
import Synchronization

@testable import LoadTest

/// What a run on the stage came to.
struct Performance {
    var outcome: LoadTest.Outcome
    /// What its file says.
    var report: RunReport
    var sessions: [SessionSummary]
    /// What each second told.
    var ticks: [LoadTest.Tick]
    var elapsed: TimeAmount
}

/// Runs on loopback, each in a folder of its own that is removed afterwards.
enum Stage {
    /// Short content of few bytes.
    static var content: ContentSettings {
        var content = ContentSettings()
        content.videoTracks = [
            .init(bitRate: .kilobits(200), width: 320, height: 180),
            .init(bitRate: .kilobits(600), width: 640, height: 360),
        ]
        content.audioBitRate = .kilobits(32)
        content.videoOnDemandDuration = .seconds(6)
        content.videoOnDemandSegmentDuration = .seconds(1)
        content.liveSegmentDuration = .seconds(1)
        content.liveWindow = 6
        return content
    }

    /// An origin with short content.
    static func origin(
        edges: [EdgeSettings] = [EdgeSettings(pop: "osl")], _ change: (inout OriginSettings) -> Void = { _ in }
    ) async throws -> OriginServer {
        var settings = OriginSettings(edges: edges)
        settings.content = content
        change(&settings)
        return try await OriginServer.start(settings)
    }

    /// Settings for viewers of some streams, who try everything once.
    static func settings(
        _ uris: [String], viewers: Int, over: TimeAmount = .zero, watch: WatchTime = .untilEnd
    ) -> LoadTestSettings {
        let streams = uris.enumerated().map { LoadTestSettings.Stream(name: "stream\($0.offset)", uri: $0.element) }
        let plan = AudiencePlan(
            settings: AudienceSettings(
                viewers: viewers, arrivals: .constant(over: over), watch: watch,
                streams: streams.map { .init(name: $0.name, weight: 1) }),
            seed: 5)
        var player = PlayerSettings()
        player.manifestRetry.attempts = 1
        player.segmentRetry.attempts = 1
        return LoadTestSettings(plan: plan, streams: streams, regions: [.init(name: "all")], player: player, loops: 2)
    }

    /// Plays a plan and reads its file.
    static func play(
        _ settings: LoadTestSettings, stop: @escaping @Sendable () async -> String? = { nil }
    ) async throws -> Performance {
        let folder = FileManager.default.temporaryDirectory.path + "/fullhouse-test-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let ticks = Mutex<[LoadTest.Tick]>([])
        let begun = WallClock.now()
        let test = try LoadTest(settings)
        let metadata = RunMetadata(profile: "test", seed: 5, startedAt: test.startedAt, toolVersion: "test")
        let outcome = try await test.run(
            storedAt: folder + "/run.sqlite", metadata, stop: stop,
            onTick: { tick in ticks.withLock { $0.append(tick) } })
        let elapsed = WallClock.now() - begun
        let reader = try RunReader(path: folder + "/run.sqlite")
        var sessions: [SessionSummary] = []
        try reader.forEachSession { sessions.append($0) }
        return Performance(
            outcome: outcome, report: try reader.report(), sessions: sessions, ticks: ticks.withLock { $0 },
            elapsed: elapsed)
    }

    /// What all edges did, when the last answer has been booked: an edge books after its client has read.
    static func statistics(of origin: OriginServer, requests: Int64) async throws -> EdgeSums {
        for _ in 0..<200 {
            if EdgeSums(origin.statistics()).requests >= requests { break }
            try await Task.sleep(for: .milliseconds(10))
        }
        await origin.stop()
        return EdgeSums(origin.statistics())
    }
}

/// The statistics of several edges together.
struct EdgeSums {
    var requests: Int64 = 0
    var bytes: Int64 = 0
    var statuses: [Int: Int64] = [:]
    var hits: Int64 = 0
    var misses: Int64 = 0
    var aborted: Int64 = 0

    init(_ edges: [EdgeStatistics]) {
        for edge in edges {
            requests += Int64(edge.requests)
            bytes += edge.bytes
            for (status, count) in edge.statuses { statuses[status, default: 0] += Int64(count) }
            hits += Int64(edge.hits)
            misses += Int64(edge.misses)
            aborted += Int64(edge.aborted)
        }
    }
}

extension TransferCell {
    /// Transfers by status, whatever their outcome.
    var byStatus: [Int: Int64] {
        statuses.reduce(into: [:]) { $0[$1.status, default: 0] += $1.tally.count }
    }
}
