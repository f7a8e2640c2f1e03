import Access
import ArgumentParser
import Foundation
import LoadTest
import Origin
import Quantities
import RunProfile

/// `fullhouse origin`: the embedded CDN by itself.
struct OriginCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "origin",
        abstract: "Serve the embedded CDN: synthetic VOD and live streams, or a directory of real media.",
        discussion: """
            Synthetic streams: /vod/NAME/master.m3u8, /vod/NAME/manifest.mpd, /vod/NAME/timeline.mpd and the same below \
            /live; any NAME will do. What else streams can have is below \(OriginServer.folders.joined(separator: ", ")) \
            (docs/ORIGIN.md). With --directory the files of that directory are served instead, by the same edges. With \
            --key a token is wanted, and with --api the edges give tokens out. Ends with Ctrl-C.
            """)

    @Option(help: ArgumentHelp("An edge; repeat it for more.", valueName: "ADDRESS:PORT,…"))
    var edge: [String] = []

    @Option(help: "Serve the files of this directory.")
    var directory: String?

    @Option(help: "The duration of live segments.")
    var liveSegment: String?

    @Option(help: "The duration of parts and chunks in low latency.")
    var part: String?

    @Option(help: "How far the origin's clock is ahead, or with a minus sign behind: --clock-shift=-5s.")
    var clockShift: String?

    @Option(help: "The duration of VOD segments.")
    var vodSegment: String?

    @Option(help: "The duration of VOD streams.")
    var vodDuration: String?

    @Option(help: "How far segments' sizes are from the mean at most, 0% to 50%; 10% by default.")
    var sizeVariation: String?

    @OptionGroup(title: "Access")
    var access: OriginAccessOptions

    func run() async throws {
        var settings = OriginSettings(
            edges: try (edge.isEmpty ? ["127.0.0.1:8080"] : edge).enumerated().map {
                try EdgeOption.edge($0.element, number: $0.offset + 1)
            })
        settings.directory = directory
        try set(\.liveSegmentDuration, liveSegment, "--live-segment", of: &settings.content)
        try set(\.partDuration, part, "--part", of: &settings.content)
        if let clockShift { settings.clockShift = try Self.shift(clockShift) }
        try set(\.videoOnDemandSegmentDuration, vodSegment, "--vod-segment", of: &settings.content)
        try set(\.videoOnDemandDuration, vodDuration, "--vod-duration", of: &settings.content)
        if let sizeVariation {
            guard let share = Amounts.share(sizeVariation) else {
                throw CommandFailure(
                    .usage, "--size-variation: expected a share such as 10%, found '\(sizeVariation)'")
            }
            settings.content.sizeVariation = share
        }
        try access.apply(to: &settings)
        let server = try await OriginStart.start(settings)
        for edge in server.edges {
            print("\(edge.pop): \(edge.baseURL)")
            guard directory == nil else { continue }
            print("  \(edge.baseURL)/vod/demo/master.m3u8   \(edge.baseURL)/vod/demo/manifest.mpd")
            print("  \(edge.baseURL)/live/demo/master.m3u8  \(edge.baseURL)/live/demo/manifest.mpd")
            print("  \(edge.baseURL)/low-latency/demo/master.m3u8")
        }
        fflush(nil)
        let interruption = Interruption(notice: "closing all connections") {}
        _ = await interruption.wait()
        await server.stop()
        for edge in server.statistics() {
            print(
                "\(edge.pop): \(edge.requests) requests, \(edge.bytes) bytes, \(edge.hits) hits, \(edge.misses) misses")
            for line in AccessSummary.lines(of: edge) { print("  " + line) }
        }
        for line in server.entitlements().map(AccessSummary.lines) ?? [] { print(line) }
    }

    /// A duration with an optional minus sign.
    private static func shift(_ text: String) throws -> TimeAmount {
        let isBehind = text.hasPrefix("-")
        guard let amount = Amounts.duration(isBehind ? String(text.dropFirst()) : text) else {
            throw CommandFailure(.usage, "--clock-shift: expected \(Amounts.durationExpected), found '\(text)'")
        }
        return isBehind ? -amount : amount
    }

    private func set(
        _ path: WritableKeyPath<ContentSettings, TimeAmount>, _ text: String?, _ name: String,
        of content: inout ContentSettings
    ) throws {
        guard let text else { return }
        guard let duration = Amounts.duration(text), duration > .zero else {
            throw CommandFailure(.usage, "\(name): expected \(Amounts.durationExpected), found '\(text)'")
        }
        content[keyPath: path] = duration
    }
}

/// Starts origins, with one sentence where that fails.
enum OriginStart {
    static func start(_ settings: OriginSettings) async throws -> OriginServer {
        do throws(OriginError) {
            return try await OriginServer.start(settings)
        } catch {
            throw CommandFailure(status(of: error), "the embedded origin cannot start: \(error.description)")
        }
    }

    private static func status(of error: OriginError) -> ExitStatus {
        switch error {
        case .invalidSettings: .usage
        case .directoryMissing: .noInput
        case .portInUse, .addressNotAvailable, .permissionDenied, .cannotListen: .unavailable
        }
    }
}
