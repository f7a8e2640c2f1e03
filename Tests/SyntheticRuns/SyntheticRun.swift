import Measurement
import Playback
import Quantities
import Transport

/// A made-up run for tests and benchmarks of the store and the reports: seeded, so the same everywhere, and driven
/// through the real recorder, so that its sums are as consistent as a real run's.
package struct SyntheticRun {
    /// What the run is like.
    package struct Settings: Sendable {
        /// How many viewers come.
        package var viewers = 600
        /// How long the run lasts.
        package var seconds = 60
        /// The longest watch time.
        package var longestWatch = 50.0
        /// The seed of everything.
        package var seed: UInt64 = 7
        /// Which transfers become rows.
        package var sampling = TransferSampling.none
        /// How many event loops share the viewers.
        package var loops = 2
        /// The edges; the last one is slow.
        package var edges = ["127.0.0.2", "127.0.0.3", "127.0.0.4"]
        /// The streams.
        package var streams = ["main-hls", "main-dash", "replay-vod"]
        /// The regions.
        package var regions = ["oslo", "bergen", "tromsø"]

        /// Creates the default settings.
        package init() {}
    }

    /// One second of the run.
    package struct Second {
        /// What each loop measured.
        package var deltas: [IntervalDelta]
        /// How each loop did.
        package var loops: [LoopSample]
        /// How the machine did.
        package var machine: MachineSample
        /// When the second ended.
        package var end: Instant
    }

    private let settings: Settings
    private var recorders: [LoopRecorder] = []
    private var waiting: [SyntheticViewer] = []
    private var active: [SyntheticViewer] = []
    private var generator: SeededGenerator

    /// Creates a run that has not begun.
    package init(_ settings: Settings = Settings()) {
        self.settings = settings
        generator = SeededGenerator(seed: settings.seed)
        for _ in 0..<settings.loops { recorders.append(LoopRecorder(sampling: settings.sampling)) }
        for number in 0..<settings.viewers {
            waiting.append(SyntheticViewer(number: number, settings: settings))
        }
        waiting.sort { $0.arrival.due > $1.arrival.due }
    }

    /// A description of the run.
    package func metadata(thresholds: [String] = []) -> RunMetadata {
        RunMetadata(
            profile: "cup-final-rehearsal", seed: settings.seed, startedAt: .seconds(1_795_363_200.0),
            toolVersion: "0.1.0", command: "fullhouse run Profiles/cup-final-rehearsal.yaml",
            mode: "adaptive (throughput rule)", plannedViewers: settings.viewers,
            plannedDuration: .seconds(Int64(settings.seconds)), thresholds: thresholds)
    }

    /// Plays the whole run, second by second.
    package mutating func play(_ body: (Second) throws -> Void) rethrows {
        for second in 1...max(1, settings.seconds) {
            let end = Instant.seconds(Double(second))
            let isLast = second == settings.seconds
            step(to: end, isLast: isLast)
            let deltas = recorders.map { $0.takeInterval(at: end) }
            try body(Second(deltas: deltas, loops: loopSamples(end), machine: machineSample(end), end: end))
        }
    }

    /// The report of the whole run, without a store.
    package mutating func report(thresholds: [String] = [], end: RunEnd = .completed) -> RunReport {
        var report = RunReport(
            metadata: metadata(thresholds: thresholds), end: end, duration: .seconds(Int64(settings.seconds)),
            totals: RunTotals(), series: IntervalSeries())
        play { second in
            for delta in second.deltas {
                report.totals.merge(delta)
                report.sessionRows += delta.finished.count
                report.transferRows += delta.sampled.count
            }
            report.series.append(IntervalSeries.points(of: second.deltas, endingAt: second.end))
            report.loops += second.loops
            for sample in second.loops { report.evidence.add(sample) }
            report.evidence.add(second.machine)
        }
        return report
    }

    private mutating func step(to end: Instant, isLast: Bool) {
        while let next = waiting.last, next.arrival.started < end {
            waiting.removeLast()
            var viewer = next
            viewer.begin(on: recorders[viewer.number % recorders.count])
            active.append(viewer)
        }
        for position in active.indices {
            active[position].play(until: end, on: recorders[active[position].number % recorders.count], isLast: isLast)
        }
        active.removeAll { $0.isOver }
    }

    private mutating func loopSamples(_ end: Instant) -> [LoopSample] {
        recorders.indices.map { loop in
            var lateness = LogHistogram()
            for _ in 0..<50 { lateness.record(microseconds: 40 + UInt64(generator.unit() * generator.unit() * 4_000)) }
            return LoopSample(
                loop: loop, at: end, wall: .seconds(1 as Int64), cpu: .seconds(0.2 + 0.2 * generator.unit()),
                lateness: lateness, sessions: active.count / recorders.count, transfers: 3,
                connections: active.count / recorders.count)
        }
    }

    private func machineSample(_ end: Instant) -> MachineSample {
        var sample = MachineSample(at: end)
        sample.descriptors = active.count + 40
        sample.descriptorLimit = 20_000
        sample.residentMemory = .mebibytes(180)
        sample.availableMemory = .mebibytes(9_000)
        sample.totalMemory = .mebibytes(16_000)
        return sample
    }
}
