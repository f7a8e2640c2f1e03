import Audience
import CurlTransport
import Journeys
import Manifests
import Measurement
import Playback
import Quantities
import RunStore

/// A run: a plan of viewers, played for real.
///
/// Each event loop runs the sessions of its slice of the plan as child tasks; once a second everything measured is taken
/// from the loops and committed to the run's file. The run ends when the last viewer has left, at its time limit, when a
/// guard rail is reached, or when it is told to: then every session stops gently, within the grace time.
package struct LoadTest: Sendable {
    /// What is known of a run in each second of it.
    package struct Tick: Sendable {
        /// How long the run has lasted.
        package var elapsed: TimeAmount
        /// Everything counted so far.
        package var totals: RunTotals
        /// What was measured in the last interval, over all loops.
        package var last: SeriesPoint
        /// The viewers that are still to come.
        package var toCome: Int
    }

    /// How a run ended.
    package struct Outcome: Sendable {
        /// Why it ended.
        package var end: RunEnd
        /// What kept the run from being stored in full, if anything did.
        package var storeError: RunStoreError?
        /// The kinds of problem that transfers had, the most frequent first.
        package var problems: [RunProblem]
        /// How many documents were decoded, and how often one was found decoded.
        package var documentsDecoded: Int
        package var documentsShared: Int
    }

    private let settings: LoadTestSettings
    private let loops: CurlLoopGroup
    private let contexts: [LoopContext]
    private let documents: ManifestCache
    private let schedule: AudienceSchedule
    private let epoch: MonotonicEpoch

    /// When the run's clock was zero.
    package let startedAt: WallTime

    /// Prepares a run: starts the event loops, and contacts nobody.
    ///
    /// - Throws: ``CurlSetupError`` when the system or libcurl refuses something.
    package init(_ settings: LoadTestSettings) throws(CurlSetupError) {
        var settings = settings
        settings.findFirstSessions()
        self.settings = settings
        epoch = MonotonicEpoch.now()
        let startedAt = Self.wallTime(at: epoch)
        self.startedAt = startedAt
        let documents = ManifestCache()
        self.documents = documents
        let loops = try CurlLoopGroup(loops: settings.loops, settings: settings.transport, epoch: epoch)
        self.loops = loops
        let clocks = ClockSources()
        let players = settings.devices.map { device in
            var player = device.player
            player.name = device.name
            if settings.journey?.requestsLicences == true { player.requestsLicences = true }
            return PlayerSession.Context(settings: player, wallStart: startedAt - Self.clockMargin)
        }
        let journey = settings.journey.map { JourneyRun.Context(journey: $0, wallStart: startedAt) }
        let prepared = settings
        let schedule = settings.plan.schedule()
        self.schedule = schedule
        contexts = loops.loops.map {
            LoopContext(
                loop: $0, settings: prepared, schedule: schedule, players: players, documents: documents,
                clocks: clocks,
                journey: journey)
        }
    }

    /// How far the viewers' clock is behind the machine's: the two drift apart by parts of a millisecond while a run lasts,
    /// and who is ahead asks for segments at the very instant before they are there.
    static let clockMargin = TimeAmount.milliseconds(5)

    /// The wall time at the zero of the run's clock, never later than it truly was: a viewer whose clock is ahead asks
    /// for segments that are not there yet.
    ///
    /// The two clocks cannot be read at one instant. Of a few pairs of readings that one counts between which least time
    /// went by, and of its uncertainty the early end.
    private static func wallTime(at epoch: MonotonicEpoch) -> WallTime {
        let pairs = (0..<5).map { _ -> (gap: TimeAmount, zero: WallTime) in
            let before = epoch.elapsed
            let wall = WallClock.now()
            let after = epoch.elapsed
            return (after - before, wall - (after - .zero))
        }
        return pairs.min { $0.gap < $1.gap }?.zero ?? WallClock.now()
    }

    /// Plays the plan.
    ///
    /// - Parameters:
    ///   - path: Where the run's file is made.
    ///   - metadata: What stands in it about the run.
    ///   - stop: Ends when the run is to end: gives the reason. May wait for ever; it is cancelled with the run.
    ///   - onTick: Told about each second, for progress.
    /// - Returns: How it ended. The event loops are shut down and the file is finished.
    /// - Throws: ``RunStoreError`` when the run's file cannot be made; then nothing was contacted.
    package func run(
        storedAt path: String, _ metadata: RunMetadata, stop: @escaping @Sendable () async -> String?,
        onTick: @escaping @Sendable (Tick) -> Void
    ) async throws(RunStoreError) -> Outcome {
        let signal = StopSignal()
        let monitor = try RunMonitor(
            settings: settings, visits: schedule.count, contexts: contexts, path: path, metadata: metadata,
            signal: signal, epoch: epoch,
            descriptorLimit: Int(clamping: loops.descriptorLimit.now))
        let reason = await withTaskGroup(of: Void.self) { group in
            group.addTask { await monitor.run(onTick) }
            group.addTask {
                if let reason = await stop() { signal.raise(reason) }
            }
            let reason = await players(until: signal)
            group.cancelAll()
            return reason
        }
        let end = reason.map { RunEnd.stopped(reason: $0) } ?? .completed
        await monitor.finish(end, onTick)
        let problems = await problems()
        loops.shutDown()
        return Outcome(
            end: end, storeError: await monitor.storeError, problems: problems,
            documentsDecoded: documents.statistics.decodes,
            documentsShared: documents.statistics.hits)
    }

    private func problems() async -> [RunProblem] {
        var merged: [LoopContext.ProblemKey: RunProblem] = [:]
        for context in contexts {
            for problem in await context.takeProblems() {
                let key = LoopContext.ProblemKey(kind: problem.kind, label: problem.label)
                var sum = merged[key] ?? problem
                if merged[key] != nil { sum.count += problem.count }
                merged[key] = sum
            }
        }
        return merged.values.sorted { ($1.count, $0.sentence) < ($0.count, $1.sentence) }
    }

    /// Plays until the last session has ended; the reason when something ended it before.
    private func players(until signal: StopSignal) async -> String? {
        await withTaskGroup(of: String?.self) { group in
            for context in contexts {
                group.addTask(executorPreference: context.loop) {
                    await LoopRunner(context: context).run()
                    return nil
                }
            }
            // Nothing to hear means that this run itself was cancelled, or that the last loop is done and nobody listens.
            group.addTask { await signal.wait() ?? "it was cancelled" }
            var reason: String?
            var running = contexts.count
            while running > 0, let ended = await group.next() {
                if let ended {
                    reason = ended
                    group.cancelAll()
                } else {
                    running -= 1
                }
            }
            group.cancelAll()
            return reason
        }
    }
}
