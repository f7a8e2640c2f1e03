import Foundation
import Quantities
import Reporting
import RunProfile
import Testing

@testable import Commands

@Suite struct PlanDraftTests {
    private static let machine = MachineFacts(
        processors: 5, descriptors: 100_000, memory: ByteCount(16_000_000_000), ports: 28_232)

    private func plan(
        _ audience: String,
        streams: String = "main: {uri: \"https://cdn.example/a.m3u8\", bitrates: [2 Mbit/s, 1 Mbit/s]}",
        rest: String = "", ladder: [LadderTrack] = [], length: TimeAmount? = nil,
        machine: MachineFacts = Self.machine
    ) throws -> PlanReport {
        let text = """
            name: plan
            targets: {allow: [cdn.example, b.example, 127.0.0.1]}
            streams: {\(streams)}
            audience: {\(audience)}
            \(rest)
            """
        let profile = try ProfileReader.read(text, file: "p.yaml")
        return PlanDraft(profile, ladder: ladder, length: length, machine: machine).report()
    }

    /// 100 viewers, one each second, who stay for 10 s: there are 10 at once from the tenth on.
    @Test func whatIsThereIsCountedOverTime() throws {
        let report = try plan(
            "viewers: 100, over: 100 s, watch: 10 s", rest: "player: {forward buffer: 3 s, start buffer: 1 s}")
        #expect(report.visits == 100 && report.peakSessions == 10 && report.peakSessionsAt == .seconds(9))
        #expect(report.firstArrival == .zero && report.lastArrival == .seconds(99) && report.end == .seconds(109))
        let line = report.timeline
        #expect(line.bucket == .milliseconds(100) && line.arrivals.reduce(0, +) == 100)
        let seconds = line.coarser(atMost: 109)
        let arrivals = [Int](repeating: 1, count: 100) + [Int](repeating: 0, count: 9)
        let present = Array(1...9) + [Int](repeating: 10, count: 91) + Array(1...9).reversed()
        #expect(seconds.bucket == .seconds(1))
        #expect(seconds.arrivals == arrivals)
        #expect(seconds.present == present)
        // Ten at 2 Mbit/s each, and one at a time that fills a buffer of 3 s: 6 Mbit over the 98 Mbit/s that are left.
        let traffic = try #require(report.traffic)
        #expect(abs(traffic.playingPeak.megabits - 20) < 1e-6)
        let bits: Double = 100 * 10 * 2e6 + 100 * 6e6
        #expect(abs(Double(traffic.total.count) - bits / 8) < 10)
        #expect(abs(traffic.peak.megabits - (20 + 60)) < 5)
    }

    @Test func eachPlaysTheBestThatNetworkScreenAndModeAllow() throws {
        let streams = """
            main: {uri: "https://cdn.example/a.m3u8", bitrates: [6 Mbit/s 1920x1080, 3 Mbit/s 1280x720, 1 Mbit/s 640x360]}
            """
        let report = try plan(
            """
            viewers: 400, over: 10 s, watch: 1 min,
            devices: {tv: {share: 1}, phone: {share: 1, screen: 1280x720}, low: {share: 1, adaptation: lowest}, half: {share: 1, adaptation: 3 Mbit/s}},
            networks: {fast: {rate: 20 Mbit/s}, slow: {rate: 2 Mbit/s}, shared: {rate: 7 Mbit/s, household: 2}, tiny: {rate: 100 kbit/s}}
            """, streams: streams)
        let traffic = try #require(report.traffic)
        let devices = try #require(report.mixes.first { $0.name == "Device" }).parts
        let networks = try #require(report.mixes.first { $0.name == "Network" }).parts
        #expect(devices.map(\.visits).reduce(0, +) == 400 && networks.map(\.visits).reduce(0, +) == 400)
        #expect(traffic.tracks.map(\.bitRate.megabits) == [6, 3, 1])
        #expect(traffic.tracks.map(\.visits).reduce(0, +) == 400)
        // Only a tv on the fast network has the best; low plays the lowest everywhere.
        let most = traffic.tracks[0].visits
        #expect(most > 0 && most < devices[0].visits && most < networks[0].visits)
        #expect(traffic.tracks[2].visits > devices[2].visits)
    }

    /// A link that carries less than the lowest track carries what it carries, and no more.
    @Test func aLinkIsNeverAskedForMoreThanItCarries() throws {
        let report = try plan("viewers: 10, watch: 10 s, networks: {tiny: {rate: 100 kbit/s}}")
        let traffic = try #require(report.traffic)
        #expect(abs(traffic.peak.kilobits - 1_000) < 1e-6 && abs(traffic.playingPeak.kilobits - 1_000) < 1e-6)
        let bits: Double = 10 * 10 * 100_000
        #expect(abs(Double(traffic.total.count) - bits / 8) < 10)
    }

    @Test func connectionsMemoryAndPortsAreHeldAgainstTheMachine() throws {
        let report = try plan(
            """
            viewers: 1000, over: 10 s, watch: 20 s,
            regions: {a: {share: 1, edges: [192.0.2.1, 192.0.2.2], source addresses: [127.0.0.2, 127.0.0.3]}}
            """, machine: .init(processors: 9, descriptors: 1_500, memory: ByteCount(1_000_000_000), ports: 600))
        let needs = Dictionary(uniqueKeysWithValues: report.needs.map { ($0.name, $0) })
        let descriptors = try #require(needs["file descriptors"])
        #expect(descriptors.amount == 2_064 && descriptors.verdict == .tooLittle && !report.fits)
        // 60 MB, then 65 KB and two TLS connections of 34 KB each, and 16 bytes of the plan.
        let memory: Double = 60e6 + 1_000 * (65_000 + 68_000) + 16_000
        #expect(needs["memory"]?.amount == memory)
        #expect(needs["memory"]?.verdict == .enough)
        let ports = try #require(needs["ports towards each edge of a"])
        #expect(ports.amount == 500 && ports.verdict == .close)
        // A hundred viewers a second with two connections each.
        #expect(needs["new TLS connections"]?.amount == 200 && needs["new TLS connections"]?.limit == 4_000)
        #expect(needs["processors"]?.verdict == .enough && report.sentences.count == 2)
        #expect(
            report.sentences[0].hasPrefix("The plan needs more file descriptors than this machine has: 2064, not 1500"))
    }

    /// One every 2 s who stays for 1 s: never two at once, but 60 s of closed connections hold their ports.
    @Test func closedConnectionsHoldTheirPorts() throws {
        let report = try plan("viewers: 100, over: 200 s, watch: 1 s")
        #expect(report.peakSessions == 1)
        let ports = try #require(report.needs.first { $0.name.hasPrefix("ports") })
        #expect(ports.name == "ports towards cdn.example" && ports.amount == 2 * 31)
    }

    @Test func plainConnectionsHaveNoHandshakesAndOneHTTP2ConnectionIsEnough() throws {
        let report = try plan(
            "viewers: 50", streams: "main: \"http://127.0.0.1:8080/a.m3u8\"", rest: "http: {version: 2}",
            length: .seconds(30))
        #expect(!report.needs.contains { $0.name == "new TLS connections" || $0.name == "network" })
        #expect(report.needs.first { $0.name == "file descriptors" }?.amount == 114)
        let memory: Double = 60e6 + 50 * 65_000 + 800
        #expect(report.needs.first { $0.name == "memory" }?.amount == memory)
        #expect(report.traffic == nil && report.timeline.bitsPerSecond.isEmpty)
        #expect(report.end == .seconds(30))
    }

    @Test func whoNeverLeavesIsThereUntilTheChartEnds() throws {
        let report = try plan("viewers: 10, over: 10 s")
        #expect(report.peakSessions == 10 && report.timeline.present.last == 10 && report.end == .seconds(19))
        #expect(report.assumptions.contains { $0.hasPrefix("10 visits last until the end") })
        #expect(
            try !plan("viewers: 10, over: 10 s", rest: "run: {limit: 60 s}").assumptions.contains {
                $0.contains("until the end,")
            })
    }

    @Test func whatTheProfilesOwnBoundsCutOffIsTold() throws {
        let report = try plan("viewers: 100, over: 100 s, watch: 1 min", rest: "run: {limit: 50 s}")
        #expect(report.visits == 50 && report.end == .seconds(50))
        #expect(
            report.warnings.count == 1
                && report.warnings[0].hasPrefix("50 visits would begin after the run's limit of 50 s"))
        let text = """
            name: plan
            targets: {allow: [cdn.example], limits: {data: 1 MB, throughput: 1 Mbit/s}}
            streams: {main: {uri: "https://cdn.example/a.m3u8", bitrates: 2 Mbit/s}}
            audience: {viewers: 10, watch: 1 min}
            """
        let limited = PlanDraft(try ProfileReader.read(text, file: "p.yaml"), machine: Self.machine).report()
        #expect(
            limited.warnings.count == 2 && limited.warnings[0].contains("(1 Mbit/s)")
                && limited.warnings[1].contains("(1 MB)"))
        #expect(limited.fits)
    }

    @Test func theLadderOfTheCommandLineIsForStreamsWithoutOne() throws {
        let streams = """
            a: {uri: "https://cdn.example/a.m3u8", bitrates: 2 Mbit/s}, b: "https://b.example/b.m3u8"
            """
        let without = try plan("viewers: 100, watch: 1 min", streams: streams)
        #expect(without.traffic?.tracks.map(\.stream) == ["a"])
        #expect(without.assumptions.contains { $0.hasPrefix("Nothing says which tracks b has") })
        let with = try plan(
            "viewers: 100, watch: 1 min", streams: streams, ladder: [LadderTrack(bitRate: .megabits(5))])
        #expect(with.traffic?.tracks.map(\.bitRate.megabits) == [2, 5])
    }

    /// Everybody leaves at half-time and half an hour is left of the watch time: all are back after a minute at the latest.
    @Test func phasesWavesAndReturnsAreInThePlan() throws {
        let report = try plan(
            """
            viewers: 100, watch: 1 h, script: [
              {phase: doors, at: 0 s, for: 60 s, arrivals: constant, share: 40%},
              {phase: kick-off, at: 60 s, for: 10 s, arrivals: constant, share: 60%},
              {phase: half-time, at: 30 min, leave: 100%, return: {within: 1 min}}]
            """)
        #expect(report.viewers == 100 && report.visits == 200 && report.peakSessions == 100)
        #expect(report.phases.map(\.name) == ["doors", "kick-off", "half-time"])
        #expect(report.phases.map(\.visits) == [40, 60, 100])
        #expect(report.phases.map(\.from) == [.zero, .seconds(60), .seconds(1_800)])
        let line = report.timeline
        #expect(line.bucket == .seconds(1) && line.present[1_799] == 100 && line.present[1_800] < 10)
        #expect(line.present[1_861] == 100 && line.arrivals[1_800..<1_861].reduce(0, +) == 100)
        let page = PlanHTML.render(report)
        #expect(page.contains(">half-time</text>") && page.contains("class=\"phase\""))
    }

    @Test(arguments: [1, 37, 5_000]) func theSameProfileGivesTheSameBytes(_ viewers: Int) throws {
        let audience = """
            viewers: \(viewers), arrivals: ramp, over: 3 min, watch: {lognormal: {median: 2 min, sigma: 1}},
            devices: {hls.js: 2, shaka: 1}, networks: {fibre: 1, evening wifi: 1}, regions: {x: 1, y: {share: 2, networks: {lte: 1}}}
            """
        func texts() throws -> [String] {
            let report = try plan(audience)
            return [
                PlanText.render(report, TerminalFacts(columns: 80, isPlain: false)), PlanJSON.render(report),
                PlanHTML.render(report),
            ]
        }
        let first = try texts()
        #expect(try first == texts())
        #expect(first.allSatisfy { !$0.isEmpty })
        let object = try JSONSerialization.jsonObject(with: Data(first[1].utf8)) as? [String: Any]
        #expect(object?["viewers"] as? Int == viewers)
    }

    @Test func bucketsCoverSpansByTheirParts() {
        var buckets = PlanBuckets(count: 4, width: 10)
        buckets.add(from: 5, to: 35, 2)
        buckets.add(from: 12, to: 14, 1)
        buckets.add(from: 30, to: 1_000, 1)
        buckets.add(from: 7, to: 7, 5)
        let expected = [1.0, 2.2, 2, 2]
        for (found, wanted) in zip(buckets.averages, expected) { #expect(abs(found - wanted) < 1e-12) }
    }
}
