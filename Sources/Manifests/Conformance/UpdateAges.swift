/// How old the versions of live playlists grew before the next one came, in target durations: a mergeable distribution.
///
/// Steps are tenths of a target duration up to 20; what is longer counts in the last step, and the maximum is exact.
package struct UpdateAges: Sendable, Hashable {
    /// How many ages a step of the distribution holds.
    package private(set) var counts: [UInt32] = []
    /// The greatest age in target durations.
    package private(set) var maximum = 0.0

    /// How many steps there are for a target duration.
    package static let stepsPerTarget = 10
    /// The number of steps.
    package static let steps = 200

    /// Creates an empty distribution.
    package init() {}

    /// Creates a distribution from what ``counts`` and ``maximum`` gave; steps beyond the last count in the last.
    package init(counts: [UInt32], maximum: Double) {
        for (step, count) in counts.enumerated() where count > 0 { add(count, at: step) }
        self.maximum = maximum.isFinite ? max(0, maximum) : 0
    }

    /// Adds an age in target durations; negative and not-a-number count as zero.
    package mutating func record(_ age: Double) {
        let age = age > 0 ? age : 0
        maximum = max(maximum, min(age, 1e9))
        add(1, at: Int(min(age, 1e6) * Double(Self.stepsPerTarget)))
    }

    /// Raises the maximum to an age that a version has reached that is still the newest.
    mutating func reached(_ age: Double) { if age > maximum { maximum = min(age, 1e9) } }

    private mutating func add(_ count: UInt32, at step: Int) {
        let step = min(max(0, step), Self.steps - 1)
        if counts.count <= step { counts += [UInt32](repeating: 0, count: step + 1 - counts.count) }
        let (sum, overflow) = counts[step].addingReportingOverflow(count)
        counts[step] = overflow ? .max : sum
    }

    /// Adds another distribution.
    package mutating func merge(_ other: UpdateAges) {
        for (step, count) in other.counts.enumerated() where count > 0 { add(count, at: step) }
        maximum = max(maximum, other.maximum)
    }

    /// How many ages were added.
    package var count: Int64 { counts.reduce(0) { $0 + Int64($1) } }

    /// The age that so many percent (above 0, at most 100) do not exceed, in target durations, at the upper end of its
    /// step and never above the maximum; nil when empty.
    package func percentile(_ percentage: Double) -> Double? {
        let total = count
        guard total > 0 else { return nil }
        let rank = max(1, Int64((Double(total) * min(100, max(0, percentage)) / 100).rounded(.up)))
        var sum: Int64 = 0
        for (step, count) in counts.enumerated() {
            sum += Int64(count)
            if sum >= rank {
                return step == Self.steps - 1
                    ? maximum : min(maximum, Double(step + 1) / Double(Self.stepsPerTarget))
            }
        }
        return maximum
    }
}
