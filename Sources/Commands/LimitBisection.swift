/// Looks for the value at which what holds breaks: outwards from a first value by doubling or halving, then by halving
/// what is between.
struct LimitBisection: Sendable, Hashable {
    /// True where larger values make it worse (viewers), false where smaller ones do (capacity).
    let isWorseUpwards: Bool
    /// True where values are whole numbers.
    let isWhole: Bool
    /// The values that may be tried.
    let range: ClosedRange<Double>
    /// The worst value at which everything held, and the best at which something did not, as far as is known.
    private(set) var holds: Double?
    private(set) var breaks: Double?
    private let first: Double

    /// The search ends when what holds and what breaks are this close, as a share of the smaller.
    static let precision = 0.02

    /// Begins at a value, which is brought into the range.
    init(from first: Double, in range: ClosedRange<Double>, isWorseUpwards: Bool, isWhole: Bool) {
        self.first = min(range.upperBound, max(range.lowerBound, first))
        self.range = range
        self.isWorseUpwards = isWorseUpwards
        self.isWhole = isWhole
    }

    /// The value to try next; nil when the search is over.
    var next: Double? {
        switch (holds, breaks) {
        case (nil, nil): return first
        case (let good?, nil): return step(from: good, upwards: isWorseUpwards)
        case (nil, let bad?): return step(from: bad, upwards: !isWorseUpwards)
        case (let good?, let bad?):
            let low = min(good, bad)
            let distance = abs(good - bad)
            guard distance > low * Self.precision, !isWhole || distance > 1 else { return nil }
            let middle = (good + bad) / 2
            return isWhole ? middle.rounded(.down) : middle
        }
    }

    /// Twice or half a value; nil at the end of the range.
    private func step(from value: Double, upwards: Bool) -> Double? {
        let wanted = upwards ? value * 2 : isWhole ? (value / 2).rounded(.down) : value / 2
        let possible = min(range.upperBound, max(range.lowerBound, wanted))
        return possible == value ? nil : possible
    }

    /// Notes what came of a value.
    mutating func note(_ value: Double, holds: Bool) {
        if holds { self.holds = value } else { breaks = value }
    }
}
