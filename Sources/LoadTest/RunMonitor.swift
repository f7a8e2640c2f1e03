import CurlTransport
import Foundation
import Measurement
import Quantities
import RunStore

/// Takes what the loops measured, once a second, into the run's file, and watches the guard rails.
actor RunMonitor {
    private let settings: LoadTestSettings
    /// The number of visits planned.
    private let visits: Int
    private let contexts: [LoopContext]
    private let signal: StopSignal
    private let epoch: MonotonicEpoch
    private let probe: MachineProbe
    private let writer: RunWriter
    private var before: [LoopStatistics]
    private(set) var storeError: RunStoreError?

    init(
        settings: LoadTestSettings, visits: Int, contexts: [LoopContext], path: String, metadata: RunMetadata,
        signal: StopSignal,
        epoch: MonotonicEpoch, descriptorLimit: Int
    ) throws(RunStoreError) {
        self.settings = settings
        self.visits = visits
        self.contexts = contexts
        writer = try RunWriter(path: path, metadata: metadata)
        self.signal = signal
        self.epoch = epoch
        probe = MachineProbe(
            descriptorLimit: descriptorLimit, epoch: epoch, crossesNetwork: settings.crossesNetwork)
        before = contexts.map { $0.loop.statistics() }
    }

    /// Ticks at each full second of the run until it is cancelled.
    func run(_ onTick: @Sendable (LoadTest.Tick) -> Void) async {
        var second: Int64 = 1
        while !Task.isCancelled {
            let wait = Instant(nanoseconds: second * 1_000_000_000) - epoch.elapsed
            if wait > .zero { try? await Task.sleep(nanoseconds: UInt64(wait.nanoseconds)) }
            guard !Task.isCancelled else { return }
            await tick(onTick)
            if let limit = settings.limit, epoch.elapsed - .zero >= limit {
                signal.raise("the time limit of \(limit) was reached")
            }
            // After a slow second the next full one counts; no second is stored twice.
            second = max(second + 1, epoch.elapsed.nanoseconds / 1_000_000_000 + 1)
        }
    }

    /// Takes the rest, after the last session has ended, and closes the file.
    func finish(_ end: RunEnd, _ onTick: @Sendable (LoadTest.Tick) -> Void) async {
        await tick(onTick)
        do throws(RunStoreError) {
            try writer.finish(storeError == nil ? end : .cutShort)
        } catch {
            if storeError == nil { storeError = error }
        }
    }

    private func tick(_ onTick: @Sendable (LoadTest.Tick) -> Void) async {
        var deltas: [IntervalDelta] = []
        var samples: [LoopSample] = []
        for (position, context) in contexts.enumerated() {
            let (delta, sessions) = await context.takeInterval()
            deltas.append(delta)
            samples.append(sample(position, sessions: sessions))
        }
        let end = deltas.map(\.to).max() ?? epoch.elapsed
        store(deltas, samples, at: end)
        let points = IntervalSeries.points(of: deltas, endingAt: end)
        let last = points[.overall] ?? SeriesPoint(second: 0, duration: .seconds(1))
        watch(last)
        let arrived = Int(writer.totals.overall.arrivals)
        onTick(
            LoadTest.Tick(
                elapsed: end - .zero, totals: writer.totals, last: last, toCome: max(0, visits - arrived)))
    }

    private func store(_ deltas: [IntervalDelta], _ samples: [LoopSample], at end: Instant) {
        guard storeError == nil else { return }
        do throws(RunStoreError) {
            try writer.append(deltas, loops: samples, machine: probe.sample(at: end), endingAt: end)
        } catch {
            storeError = error
            signal.raise("the run's file could not be written")
        }
    }

    /// So many failed starts without one success end a run: more of the same would only be an attack.
    private static let hopelessFailures: Int64 = 50

    private func watch(_ last: SeriesPoint) {
        if let limit = settings.limits.data, writer.totals.allTransfers.all.bytes >= limit.count {
            signal.raise("the data limit of \(limit.count) bytes was reached")
        }
        if let limit = settings.limits.throughput, last.throughput > limit {
            signal.raise("the throughput limit of \(MetricUnit.bitRate.text(limit.bitsPerSecond)) was passed")
        }
        let sessions = writer.totals.overall
        if sessions.plays == 0, sessions.failed >= Self.hopelessFailures {
            signal.raise("none of the first \(sessions.failed) viewers saw a picture")
        }
        if let file = settings.stopFile, FileManager.default.fileExists(atPath: file) {
            signal.raise("the stop file \(file) appeared")
        }
    }

    /// What a loop did since the last sample.
    private func sample(_ position: Int, sessions: Int) -> LoopSample {
        let now = contexts[position].loop.statistics()
        let old = before[position]
        before[position] = now
        var lateness = LogHistogram()
        for bucket in now.alarmLateness.counts.indices {
            let count = now.alarmLateness.counts[bucket] - old.alarmLateness.counts[bucket]
            guard count > 0 else { continue }
            let bound = min(LatenessHistogram.upperBound(of: bucket), now.alarmLateness.longest)
            lateness.record(microseconds: UInt64(max(0, bound.nanoseconds / 1_000)), times: count)
        }
        return LoopSample(
            loop: position, at: now.taken, wall: now.taken - old.taken, cpu: now.processorTime - old.processorTime,
            lateness: lateness, sessions: sessions, transfers: Int(clamping: now.transfersOpen),
            connections: Int(clamping: now.connectionsOpen),
            unexpectedReconnects: Int(clamping: now.reconnectsUncaused - old.reconnectsUncaused))
    }
}
