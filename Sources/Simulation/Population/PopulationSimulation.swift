import Audience
import Measurement
import Playback
import Quantities

/// A plan of viewers, played under a virtual clock over modelled edges and last miles, by the same ``PlayerSession`` as in
/// a real run.
///
/// The audience is cut into a fixed number of partitions that advance side by side from epoch to epoch; at the borders
/// everything they share is worked out from all of them, in a fixed order. So the same settings give the same result on
/// every machine and for every number of workers.
package struct PopulationSimulation {
    /// What is known after each second of the run's clock.
    package struct Tick {
        /// When the second ended.
        package var at: Instant
        /// What each partition measured in it.
        package var deltas: [IntervalDelta]
        /// Viewers who are there, and those who are still to come.
        package var present: Int
        package var toCome: Int
        /// True for the last one: nobody is left.
        package var isLast: Bool
    }

    private let settings: SimulationSettings
    private let partitions: [Partition]
    private let schedule: AudienceSchedule
    private var conductor: Conductor
    private var nextArrival = 0
    private var epoch: Int64 = 0
    /// When onTick is next told, in nanoseconds.
    private var nextSecond: Int64 = 1_000_000_000
    private var isStopping = false

    /// Prepares a run.
    ///
    /// - Parameter settings: What it is made of.
    package init(_ settings: SimulationSettings) {
        var settings = settings
        settings.partitions = min(1_024, max(1, settings.partitions))
        settings.workers = min(settings.partitions, max(1, settings.workers))
        settings.epoch = max(.milliseconds(1), settings.epoch)
        if settings.edges.isEmpty { settings.edges = [EdgeModel(name: "edge")] }
        if settings.players.isEmpty { settings.players = [PlayerSettings()] }
        let ready = settings
        self.settings = ready
        let players = ready.players.map {
            PlayerSession.Context(settings: $0, wallStart: ready.wallStart, namesResources: false)
        }
        let audience = ready.plan.settings
        let names = Partition.Names(
            streams: audience.streams.map(\.name), regions: audience.regions.map(\.name),
            devices: audience.devices.map(\.name), edges: ready.edges.map(\.name))
        partitions = (0..<ready.partitions).map { Partition(ready, players: players, number: $0, names: names) }
        schedule = ready.plan.schedule()
        conductor = Conductor(ready)
    }

    /// Inputs that players were told, for figures about the simulation itself.
    package var inputs: Int64 { partitions.reduce(0) { $0 + $1.inputs } }

    /// Plays the plan.
    ///
    /// - Parameter onTick: Told what was measured in each second of the run's clock; false ends the run: viewers who are
    ///   there are stopped, and once more it is told what they did last.
    /// - Returns: When the run ended.
    package mutating func run(_ onTick: (Tick) throws -> Bool) async rethrows -> Instant {
        while true {
            let arrivals = takeArrivals(before: (epoch + 1) * settings.epoch.nanoseconds)
            if isWorthSharing { await runEpochTogether(arrivals) } else { runEpochAlone(arrivals) }
            if let end = try endEpoch(onTick) { return end }
        }
    }

    /// Plays the plan in the calling thread alone, whatever the number of workers; otherwise as ``run(_:)``.
    package mutating func runAlone(_ onTick: (Tick) throws -> Bool) rethrows -> Instant {
        while true {
            runEpochAlone(takeArrivals(before: (epoch + 1) * settings.epoch.nanoseconds))
            if let end = try endEpoch(onTick) { return end }
        }
    }

    /// Settles what partitions share, and tells what was measured once a second; the run's end when it is over.
    private mutating func endEpoch(_ onTick: (Tick) throws -> Bool) rethrows -> Instant? {
        epoch += 1
        let now = epoch * settings.epoch.nanoseconds
        let arrived = conductor.settle(partitions, at: now)
        for partition in partitions { partition.originSent(arrived, at: now, conductor.shared) }
        let isOver = isOver
        if now >= nextSecond || isOver {
            nextSecond = (now / 1_000_000_000 + 1) * 1_000_000_000
            let goesOn = try onTick(tick(at: Instant(nanoseconds: now), isLast: isOver))
            if isOver { return Instant(nanoseconds: now) }
            if !goesOn { stop(at: now) }
        }
        if let limit = settings.limit, !isStopping, now >= limit.nanoseconds { stop(at: now) }
        return nil
    }

    private var isOver: Bool {
        (nextArrival >= schedule.count || isStopping) && partitions.allSatisfy(\.isIdle)
    }

    /// Those who come before an instant, for each partition.
    private mutating func takeArrivals(before end: Int64) -> [[PlannedSession]] {
        var arrivals: [[PlannedSession]] = Array(repeating: [], count: partitions.count)
        while !isStopping, nextArrival < schedule.count {
            let planned = schedule[nextArrival]
            guard planned.arrival.nanoseconds < end else { break }
            arrivals[Int(planned.household % UInt64(partitions.count))].append(planned)
            nextArrival += 1
        }
        return arrivals
    }

    /// Below this many viewers an epoch takes less time than handing it to others.
    private static let fewViewers = 200

    private var isWorthSharing: Bool {
        settings.workers > 1 && partitions.reduce(0) { $0 + $1.sessions.count } > Self.fewViewers
    }

    private func runEpochAlone(_ arrivals: [[PlannedSession]]) {
        for (partition, own) in zip(partitions, arrivals) {
            partition.run(epoch: epoch, arrivals: own, shared: conductor.shared)
        }
    }

    private func runEpochTogether(_ arrivals: [[PlannedSession]]) async {
        let number = epoch
        let workers = settings.workers
        let shared = SharedReference(conductor.shared)
        let partitions = partitions
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<workers {
                group.addTask {
                    for position in stride(from: worker, to: partitions.count, by: workers) {
                        partitions[position].run(epoch: number, arrivals: arrivals[position], shared: shared.state)
                    }
                }
            }
        }
    }

    /// Ends the run: nobody comes any more, and those who are there are stopped.
    private mutating func stop(at now: Int64) {
        guard !isStopping else { return }
        isStopping = true
        for partition in partitions {
            for place in partition.sessions.places { partition.stopByRun(place, at: now, conductor.shared) }
        }
    }

    private func tick(at now: Instant, isLast: Bool) -> Tick {
        Tick(
            at: now, deltas: partitions.map { $0.recorder.takeInterval(at: now) },
            present: partitions.reduce(0) { $0 + $1.sessions.count },
            toCome: isStopping ? 0 : schedule.count - nextArrival, isLast: isLast)
    }
}

/// The shared state of one epoch, for tasks that only read it.
private final class SharedReference: Sendable {
    // Invariant: constant.
    let state: SharedState

    init(_ state: SharedState) { self.state = state }
}
