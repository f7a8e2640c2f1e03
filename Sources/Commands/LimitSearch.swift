import Foundation
import Measurement
import Quantities
import RunProfile
import Simulation

/// Looks by bisection for the audience or the capacity at which a threshold of a profile breaks.
struct LimitSearch {
    let profile: RunProfile
    let quantity: SimulateAudienceOptions.Limit
    let threads: Int
    let isQuiet: Bool
    private let thresholds: [Threshold]

    /// What was found.
    struct Found {
        var quantity: SimulateAudienceOptions.Limit
        /// The value of the profile: viewers, or bits per second of all edges together.
        var value: Double
        /// The last value at which all thresholds held, and the first at which one did not; nil where none was found.
        var holds: Double?
        var breaks: Double?
        /// What broke there.
        var broken: [String]
        var runs: Int
    }

    /// - Throws: ``CommandFailure`` when there is nothing to look for.
    init(profile: RunProfile, quantity: SimulateAudienceOptions.Limit, threads: Int, isQuiet: Bool) throws {
        self.profile = profile
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

    /// The search ends when what holds and what does not are this close.
    private static let precision = 0.02
    /// The most that a profile's value is multiplied or divided by.
    private static let reach = 1_024.0

    func run() async throws -> Found {
        let value = quantity == .viewers ? Double(profile.viewers) : capacity(profile)
        var found = Found(quantity: quantity, value: value, broken: [], runs: 0)
        // More viewers make it worse, more capacity better.
        let worse = quantity == .viewers ? 2.0 : 0.5
        var factor = 1.0
        var good: Double?
        var bad: Double?
        while good == nil || bad == nil {
            let broken = try await broken(by: factor, &found)
            if broken.isEmpty { good = factor } else { bad = factor }
            if good != nil, bad != nil { break }
            factor *= broken.isEmpty ? worse : 1 / worse
            guard factor <= Self.reach, factor >= 1 / Self.reach, isPossible(factor) else { break }
        }
        while let low = good, let high = bad, abs(high / low - 1) > Self.precision, isApart(low, high) {
            let middle = (low + high) / 2
            if try await broken(by: middle, &found).isEmpty { good = middle } else { bad = middle }
        }
        found.holds = good.map { scaled(value, by: $0) }
        found.breaks = bad.map { scaled(value, by: $0) }
        return found
    }

    private func isPossible(_ factor: Double) -> Bool {
        quantity == .capacity || (Double(profile.viewers) * factor >= 1 && Double(profile.viewers) * factor <= 1e7)
    }

    /// Viewers are whole.
    private func isApart(_ low: Double, _ high: Double) -> Bool {
        quantity == .capacity || abs(Double(profile.viewers) * (high - low)) > 1
    }

    private func scaled(_ value: Double, by factor: Double) -> Double {
        quantity == .viewers ? max(1, (value * factor).rounded()) : value * factor
    }

    private func capacity(_ profile: RunProfile) -> Double {
        profile.simulation.edges.reduce(0) { $0 + ($1.capacity?.bitsPerSecond ?? 0) }
    }

    /// The thresholds that do not hold at so many times the profile's value.
    private func broken(by factor: Double, _ found: inout Found) async throws -> [String] {
        var scaled = profile
        switch quantity {
        case .viewers: scaled.viewers = max(1, Int((Double(profile.viewers) * factor).rounded()))
        case .capacity:
            for edge in scaled.simulation.edges.indices {
                scaled.simulation.edges[edge].capacity = profile.simulation.edges[edge].capacity.map { $0 * factor }
            }
        }
        let totals = try await totals(of: scaled)
        found.runs += 1
        let broken = thresholds.map { $0.evaluate(totals) }.filter { $0.verdict == .failed }
        if !broken.isEmpty { found.broken = broken.map(\.sentence) }
        if !isQuiet {
            let words = Self.text(self.scaled(found.value, by: factor), quantity)
            StandardError.line(
                "run \(found.runs), \(words): "
                    + (broken.first.map { "breaks: \($0.sentence)" } ?? "all thresholds hold"))
        }
        return broken.map(\.sentence)
    }

    private func totals(of profile: RunProfile) async throws -> RunTotals {
        var simulation = PopulationSimulation(try SimulationAssembly.settings(for: profile, threads: threads))
        var totals = RunTotals()
        _ = await simulation.run { tick in
            for delta in tick.deltas { totals.merge(delta) }
            return true
        }
        return totals
    }

    static func text(_ value: Double, _ quantity: SimulateAudienceOptions.Limit) -> String {
        switch quantity {
        case .viewers: "\(Int(value)) viewers"
        case .capacity: MetricUnit.bitRate.text(value)
        }
    }
}

extension LimitSearch.Found {
    /// The result for people.
    var sentence: String {
        func text(_ value: Double) -> String { LimitSearch.text(value, quantity) }
        switch (holds, breaks) {
        case (let holds?, let breaks?):
            return "all thresholds hold at \(text(holds)) and one breaks at \(text(breaks))"
                + (broken.first.map { ": \($0)" } ?? "")
        case (let holds?, nil): return "no limit was found: all thresholds hold even at \(text(holds))"
        case (nil, let breaks?):
            return "no limit was found: a threshold is broken even at \(text(breaks))"
                + (broken.first.map { ": \($0)" } ?? "")
        case (nil, nil): return "nothing was found"
        }
    }

    /// The result for programs.
    var json: String {
        struct Document: Encodable {
            var quantity: String
            var unit: String
            var profile: Double
            var holds: Double?
            var breaks: Double?
            var broken: [String]
            var runs: Int
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        let document = Document(
            quantity: quantity.rawValue, unit: quantity == .viewers ? "viewers" : "bit/s", profile: value,
            holds: holds, breaks: breaks, broken: broken, runs: runs)
        guard let data = try? encoder.encode(document) else { return "{}" }
        return String(decoding: data, as: UTF8.self)
    }
}
