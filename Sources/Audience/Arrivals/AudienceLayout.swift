import Quantities

/// Which viewers belong to which phase and what the script does to those who are there, worked out once for a plan.
///
/// Viewers are numbered through in the order of the phases, so that membership is a range of numbers.
struct AudienceLayout: Sendable, Hashable {
    /// The viewers that one phase brings.
    struct Group: Sendable, Hashable {
        var phase: Int
        var first: Int
        var count: Int
        var at: Instant
        var arrivals: ArrivalPattern
        var reach: Double
    }

    /// Something that the script does to viewers who are there.
    struct Event: Sendable, Hashable {
        var at: Instant
        var phase: Int
        var kind: PlannedSession.Departure.Kind
        var share: Double
        var targets: [AudiencePhase.Target]
        var comingBack: AudiencePhase.ComingBack?

        func concerns(_ session: PlannedSession) -> Bool {
            targets.isEmpty || targets.contains { $0.includes(session) }
        }
    }

    /// Those that are not empty, by their first viewers.
    let groups: [Group]
    /// By time; of one instant, an outage comes before a wave, which can only meet who is still there.
    let events: [Event]

    init(_ settings: AudienceSettings) {
        var phases = settings.script
        if phases.isEmpty {
            var all = AudiencePhase(name: "", at: .zero)
            all.size = .share(1)
            all.arrivals = settings.arrivals
            phases = [all]
        }
        var first = 0
        var groups: [Group] = []
        for (position, count) in Self.counts(phases, of: settings.viewers).enumerated() where count > 0 {
            let phase = phases[position]
            groups.append(
                Group(
                    phase: position, first: first, count: count, at: phase.at, arrivals: phase.arrivals,
                    reach: phase.arrivals.reach))
            first += count
        }
        if groups.isEmpty, let all = phases.first {
            // Weights that make no sense (their sum is infinite) must not leave viewers without a phase.
            groups = [
                Group(
                    phase: 0, first: 0, count: settings.viewers, at: all.at, arrivals: all.arrivals,
                    reach: all.arrivals.reach)
            ]
        }
        self.groups = groups
        events = phases.enumerated().flatMap { Self.events(of: $0.element, $0.offset) }
            .sorted { ($0.at, $0.kind == .dropped ? 0 : 1, $0.phase) < ($1.at, $1.kind == .dropped ? 0 : 1, $1.phase) }
    }

    private static func events(of phase: AudiencePhase, _ position: Int) -> [Event] {
        let drop = phase.drop.map { drop in
            Event(
                at: phase.at, phase: position, kind: .dropped, share: drop.share, targets: drop.targets,
                comingBack: drop.reconnect)
        }
        let wave = phase.leaving.map { wave in
            Event(
                at: phase.at, phase: position, kind: .leaves, share: wave.share, targets: [],
                comingBack: wave.comingBack)
        }
        return [drop, wave].compactMap { $0 }
    }

    /// The group that a viewer belongs to.
    func group(of viewer: Int) -> Group {
        var low = 0
        var high = groups.count - 1
        while low < high {
            let middle = (low + high + 1) / 2
            if groups[middle].first <= viewer { low = middle } else { high = middle - 1 }
        }
        return groups[low]
    }

    /// How many of all viewers each phase brings: first those that are counted, then the rest by share.
    ///
    /// Where no phase has a share, or the numbers are more than there are viewers, the numbers too are weights.
    static func counts(_ phases: [AudiencePhase], of viewers: Int) -> [Int] {
        var fixed = [Double](repeating: 0, count: phases.count)
        var shares = fixed
        for (position, phase) in phases.enumerated() {
            switch phase.size {
            case .viewers(let count)?: fixed[position] = Double(max(0, count))
            case .share(let weight)?: shares[position] = max(0, weight)
            case nil: continue
            }
        }
        let counted = fixed.reduce(0, +)
        if counted >= Double(viewers) || shares.allSatisfy({ $0 <= 0 }) {
            return largestRemainder(fixed.allSatisfy { $0 <= 0 } ? [1] + fixed.dropFirst() : fixed, of: viewers)
        }
        let rest = largestRemainder(shares, of: viewers - Int(counted))
        return zip(fixed, rest).map { Int($0) + $1 }
    }

    /// Whole numbers in the proportion of some weights that add up to a total: each its whole part, and what is left to
    /// the largest fractions, the earlier first (Hamilton's method).
    static func largestRemainder(_ weights: [Double], of total: Int) -> [Int] {
        let sum = weights.reduce(0, +)
        guard sum > 0, sum.isFinite, total > 0 else { return weights.map { _ in 0 } }
        let exact = weights.map { $0 / sum * Double(total) }
        var counts = exact.map { Int($0.rounded(.down)) }
        let order = exact.indices.sorted {
            let (left, right) = (exact[$0] - exact[$0].rounded(.down), exact[$1] - exact[$1].rounded(.down))
            return left == right ? $0 < $1 : left > right
        }
        let left = total - counts.reduce(0, +)
        for position in order.prefix(max(0, left)) { counts[position] += 1 }
        return counts
    }
}
