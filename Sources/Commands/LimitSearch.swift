import Foundation
import Measurement
import Quantities
import RunProfile
import Simulation
import Synchronization

/// Looks by bisection for the audience or the capacity at which a threshold of a profile breaks.
struct LimitSearch: Sendable {
    let profile: RunProfile
    let contents: [SimulatedContent]
    let quantity: SimulateAudienceOptions.Limit
    let threads: Int
    let isQuiet: Bool
    private let thresholds: [Threshold]
    private let stop = StopFlag()

    /// - Throws: ``CommandFailure`` when there is nothing to look for.
    init(
        profile: RunProfile, contents: [SimulatedContent], quantity: SimulateAudienceOptions.Limit, threads: Int,
        isQuiet: Bool
    ) throws {
        self.profile = profile
        self.contents = contents
        self.quantity = quantity
        self.threads = threads
        self.isQuiet = isQuiet
        thresholds = profile.thresholds.compactMap { try? Threshold(parsing: $0) }
        guard !thresholds.isEmpty else {
            throw CommandFailure(.badInput, "the profile has no thresholds, so none can break; write 'thresholds'")
        }
        guard quantity == .viewers || profile.simulation.edges.contains(where: { $0.capacity != nil }) else {
            throw CommandFailure(
                .badInput, "no edge has a capacity that could be too small; write 'simulation: edges: NAME: capacity'")
        }
    }

    /// The most that a profile's value is multiplied or divided by.
    static let reach = 1_024.0
    /// The most viewers that a profile may have.
    static let mostViewers = 10_000_000.0

    /// Searches until the limit is known well enough, or the operator has enough of it.
    ///
    /// - Throws: ``CommandFailure`` when the profile cannot be simulated.
    func run() async throws -> Found {
        let value = quantity == .viewers ? Double(profile.viewers) : capacity
        let range =
            quantity == .viewers
            ? max(1, (value / Self.reach).rounded(.down))...min(Self.mostViewers, value * Self.reach)
            : value / Self.reach...value * Self.reach
        var found = Found(
            quantity: quantity, value: value,
            bisection: LimitBisection(
                from: value, in: range, isWorseUpwards: quantity == .viewers, isWhole: quantity == .viewers))
        while !stop.isRaised, let next = found.bisection.next {
            let begun = Date()
            guard let outcome = try await probe(next) else { break }
            found.runs += 1
            found.bisection.note(next, holds: outcome.broken.isEmpty)
            if !outcome.broken.isEmpty { found.broken = outcome.broken }
            tell(next, outcome, found, seconds: Date().timeIntervalSince(begun))
        }
        found.isComplete = found.bisection.next == nil
        return found
    }

    /// Ends the search soon.
    func interrupt() { stop.raise() }

    private var capacity: Double {
        profile.simulation.edges.reduce(0) { $0 + ($1.capacity?.bitsPerSecond ?? 0) }
    }

    // MARK: One run

    /// What came of one value.
    private struct Outcome {
        /// What does not hold, a sentence each.
        var broken: [String]
        /// How many thresholds had too little to be judged by.
        var undecided = 0
    }

    /// The profile with another value.
    private func scaled(to value: Double) -> RunProfile {
        var scaled = profile
        switch quantity {
        case .viewers: scaled.viewers = max(1, Int(value))
        case .capacity:
            let factor = value / capacity
            for edge in scaled.simulation.edges.indices {
                scaled.simulation.edges[edge].capacity = profile.simulation.edges[edge].capacity.map { $0 * factor }
            }
        }
        return scaled
    }

    /// Simulates with a value; nil when interrupted.
    private func probe(_ value: Double) async throws -> Outcome? {
        var simulation = PopulationSimulation(
            try SimulationAssembly.settings(for: scaled(to: value), contents: contents, threads: threads))
        let lasting = thresholds.filter(\.staysBroken)
        var totals = RunTotals()
        var early: [String] = []
        _ = await simulation.run { tick in
            for delta in tick.deltas { totals.merge(delta) }
            if early.isEmpty {
                early = lasting.map { $0.evaluate(totals) }.filter { $0.verdict == .failed }.map(\.sentence)
            }
            return early.isEmpty && !stop.isRaised
        }
        if stop.isRaised { return nil }
        // What the end of the run adds cannot mend these, and judges others too soon.
        if !early.isEmpty { return Outcome(broken: early) }
        guard totals.overall.plays > 0 else { return Outcome(broken: ["no viewer saw a picture"]) }
        let results = thresholds.map { $0.evaluate(totals) }
        return Outcome(
            broken: results.filter { $0.verdict == .failed }.map(\.sentence),
            undecided: results.count { $0.verdict == .notEnoughData })
    }

    private func tell(_ value: Double, _ outcome: Outcome, _ found: Found, seconds: Double) {
        guard !isQuiet else { return }
        var line = "run \(found.runs), \(quantity.text(value)): "
        line += outcome.broken.first.map { "breaks: \($0)" } ?? "holds"
        if outcome.undecided > 0 { line += " (\(outcome.undecided) thresholds without enough data)" }
        if let good = found.bisection.holds, let bad = found.bisection.breaks {
            line += "; the limit is between \(quantity.text(min(good, bad))) and \(quantity.text(max(good, bad)))"
        }
        StandardError.line(line + String(format: " [%.1f s]", seconds))
    }
}

/// Raised once, from any thread.
private final class StopFlag: Sendable {
    private let value = Atomic(false)

    var isRaised: Bool { value.load(ordering: .relaxed) }
    func raise() { value.store(true, ordering: .relaxed) }
}

extension Threshold {
    /// True where what is broken once stays so, whatever comes: a count that must stay below something, or the longest of
    /// some times.
    var staysBroken: Bool {
        guard comparison == .less || comparison == .lessOrEqual else { return false }
        switch metric {
        case .sessions, .plays, .failedSessions, .startFailures, .playbackFailures, .exitsBeforeStart,
            .rebufferedSessions, .turnedAwaySessions, .refusedSessions, .transfers, .failedTransfers:
            return unit == .count
        case .startupTime, .timeToPicture, .liveLatency, .timeToFirstByte, .transferTime, .dueToDone:
            return statistic == .maximum
        case .rebufferRatio, .rebuffersPerSession, .rebuffersPerHour, .bitRate, .cacheHitRatio, .findings,
            .findingErrors, .findingWarnings, .tokenLeaks, .gateProbes:
            return false
        }
    }
}

extension SimulateAudienceOptions.Limit {
    /// A value for people.
    func text(_ value: Double) -> String {
        switch self {
        case .viewers: value == 1 ? "1 viewer" : "\(Int(value)) viewers"
        case .capacity: MetricUnit.bitRate.text(value)
        }
    }
}
