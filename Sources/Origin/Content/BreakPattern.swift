/// Where the breaks of an asset are: the same segments of every cycle belong to a break, whose media time begins anew.
struct BreakPattern: Sendable, Hashable {
    /// The segments from one break's begin to the next one's.
    let cycle: Int64
    /// The segments of a cycle that belong to the break; it never begins a cycle.
    let positions: Range<Int64>

    /// The breaks of a kind of asset; nil where it has none.
    init?(_ kind: AssetKind, _ settings: ContentSettings) {
        switch kind.feature {
        case .ads, .interstitials:
            cycle = Int64(settings.breakCycle)
            positions = cycle - Int64(settings.breakLength)..<cycle
        case .periods:
            // Of three periods the middle one is a break.
            let period = Int64(settings.periodLength)
            cycle = 3 * period
            positions = period..<2 * period
        case .plain, .lowLatency, .encrypted, .gaps, .ranges, .variables, .query, .renditions, .start, .steered,
            .redundant, .failover, .asset, .patched, .located, .extras:
            return nil
        }
    }

    /// The first segment of the break that a segment belongs to; nil for the programme itself.
    func begin(ofBreakAt index: Int64) -> Int64? {
        let place = index % cycle
        return positions.contains(place) ? index - place + positions.lowerBound : nil
    }

    /// Whether a segment is the first of a break.
    func beginsBreak(_ index: Int64) -> Bool { index % cycle == positions.lowerBound }

    /// Whether a segment is the first one after a break.
    func endsBreak(_ index: Int64) -> Bool { index > 0 && index % cycle == positions.upperBound % cycle }

    /// Whether media time jumps between the segment before and this one.
    func isDiscontinuous(_ index: Int64) -> Bool { beginsBreak(index) || endsBreak(index) }

    /// The number of discontinuities from segment 0 up to this one, inclusive.
    func discontinuities(through index: Int64) -> Int64 {
        func passed(_ place: Int64) -> Int64 { index < place ? 0 : (index - place) / cycle + 1 }
        return passed(positions.lowerBound) + passed(positions.upperBound)
    }

    /// The number of the break that a segment belongs to or that began last before it; -1 before the first.
    func number(at index: Int64) -> Int64 {
        index < positions.lowerBound ? -1 : (index - positions.lowerBound) / cycle
    }

    /// The first segment of a numbered break.
    func begin(ofBreak number: Int64) -> Int64 { number * cycle + positions.lowerBound }

    /// The segments of a break.
    var length: Int64 { positions.upperBound - positions.lowerBound }
}
