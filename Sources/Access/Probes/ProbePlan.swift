import Quantities

/// Which viewers carry which probes: a pure function of seed and session.
package struct ProbePlan: Sendable, Hashable {
    /// The share of the viewers that carry each kind, 0 to 1; a kind that is missing is not tried at all.
    package let shares: [GateProbe: Double]
    /// The seed of the run.
    package let seed: UInt64

    /// The kinds that are tried, in the order of the documentation.
    package let kinds: [GateProbe]

    /// The purpose number of this use of the run's seed; one more for each kind.
    private static let purpose: UInt64 = 0x4741_5445

    /// Creates a plan.
    package init(shares: [GateProbe: Double], seed: UInt64) {
        self.shares = shares
        self.seed = seed
        kinds = GateProbe.allCases.filter { shares[$0] != nil }
    }

    /// What a viewer carries.
    ///
    /// - Parameters:
    ///   - session: The session's number.
    ///   - isFirst: True for the first viewer of a stream, region and edge, who carries all kinds.
    /// - Returns: The kinds, in the order of the documentation.
    package func probes(ofSession session: UInt64, isFirst: Bool) -> [GateProbe] {
        if isFirst { return kinds }
        return GateProbe.allCases.enumerated().compactMap { position, probe in
            guard let share = shares[probe], share > 0 else { return nil }
            var generator = SeededGenerator(
                seed: seed, stream: session, purpose: Self.purpose &+ UInt64(position))
            return generator.unit() < share ? probe : nil
        }
    }

    /// The first session of every place, in a plan of so many.
    ///
    /// - Parameters:
    ///   - count: How many sessions there are; of more than ``searched`` only the first are looked at.
    ///   - place: The stream, region and edge of a session.
    /// - Returns: The numbers of the sessions.
    package static func firstSessions<Place: Hashable>(of count: Int, place: (Int) -> Place) -> Set<UInt64> {
        var places: Set<Place> = []
        var first: Set<UInt64> = []
        for number in 0..<max(0, min(count, searched)) where places.insert(place(number)).inserted {
            first.insert(UInt64(number))
        }
        return first
    }

    /// So many sessions of a plan are looked at for first ones.
    package static let searched = 200_000
}
