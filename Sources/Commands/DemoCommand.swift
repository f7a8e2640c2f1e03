import ArgumentParser
import Foundation
import LoadTest
import Origin
import Quantities
import RunProfile

/// `fullhouse demo`: everything on this machine, in less than a minute.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Start an embedded CDN with a fast and a slow edge, send it viewers, and write a report.",
        discussion: """
            HLS and DASH, live and VOD. The edge of the region bergen is slow on purpose, so the threshold on it is meant \
            to fail; the status is 0 all the same when the run itself went well.
            """)

    @Option(help: "The number of viewers.")
    var viewers = 240

    @Option(help: "The folder in which the run's own folder is made.")
    var output = "Reports"

    @Flag(help: "Show no progress.")
    var quiet = false

    func validate() throws {
        guard (1...5_000).contains(viewers) else { throw ValidationError("--viewers must be from 1 to 5000.") }
    }

    func run() async throws {
        let cdn = try await DemoCDN.start()
        let text = Self.profile(port: cdn.port, viewers: viewers)
        let profile: RunProfile
        do throws(ProfileError) {
            profile = try ProfileReader.read(text, file: "demo")
        } catch {
            throw CommandFailure(.badInput, sentences: error.problems.map(\.sentence))
        }
        let execution = RunExecution(
            profile: profile, settings: try SettingsAssembly.settings(for: profile), output: output, isQuiet: quiet,
            command: "demo")
        let result: RunExecution.Result
        do {
            result = try await execution.perform()
        } catch {
            await cdn.stop()
            throw error
        }
        await cdn.stop()
        do {
            try RunExecution.conclude(result)
        } catch let failure as CommandFailure where failure.status == .thresholdsFailed {
            print("The edge of bergen is slow on purpose: this is how a slow region shows.")
        }
    }

    /// The demo's profile; `Profiles/demo.yaml` explains the same settings.
    static func profile(port: Int, viewers: Int) -> String {
        """
        name: demo
        seed: 2026
        targets: {allow: [cdn.fullhouse.test]}
        streams:
          film-hls: http://cdn.fullhouse.test:\(port)/vod/film/master.m3u8
          film-dash: http://cdn.fullhouse.test:\(port)/vod/film/manifest.mpd
          match-hls: http://cdn.fullhouse.test:\(port)/live/match/master.m3u8
          match-dash: http://cdn.fullhouse.test:\(port)/live/match/manifest.mpd
        audience:
          viewers: \(viewers)
          arrivals: ramp
          over: 15 s
          watch: {uniform: {from: 12 s, to: 30 s}}
          regions:
            oslo: {share: 60%, edges: [127.0.0.1]}
            bergen: {share: 40%, edges: [127.0.0.2]}
        run: {limit: 50 s, transfers: 5%}
        thresholds:
          - failed sessions < 1%
          - "region oslo: startup time p95 < 2 s"
          - "region bergen: startup time p95 < 1.5 s"
          - rebuffer ratio < 2%
        """
    }
}

/// The demo's CDN: two edges on two loopback addresses, the second one slow.
struct DemoCDN {
    let port: Int
    private let servers: [OriginServer]

    /// Both edges listen on the same port, as the edges of one host name do; the first one's is the system's choice.
    static func start() async throws -> DemoCDN {
        var content = ContentSettings()
        content.videoOnDemandDuration = .seconds(60)
        var fast = OriginSettings(edges: [EdgeSettings(address: "127.0.0.1", pop: "osl")])
        fast.content = content
        var lastFailure: (any Error)?
        for _ in 0..<5 {
            let first = try await OriginStart.start(fast)
            var slow = EdgeSettings(address: "127.0.0.2", port: first.edges[0].port, pop: "bgo")
            slow.firstByteDelay = .milliseconds(350)
            slow.throughputCap = .megabits(2.5)
            var settings = OriginSettings(edges: [slow])
            settings.content = content
            do {
                let second = try await OriginStart.start(settings)
                return DemoCDN(port: first.edges[0].port, servers: [first, second])
            } catch {
                // Somebody has that port on the second address: another try gets another port.
                lastFailure = error
                await first.stop()
            }
        }
        throw lastFailure ?? CommandFailure(.unavailable, "the embedded origin cannot start")
    }

    func stop() async {
        for server in servers { await server.stop() }
    }
}
