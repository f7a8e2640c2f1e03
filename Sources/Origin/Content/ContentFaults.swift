import Quantities

/// What is wrong with the playlists and MPDs of an edge, for players and testers to notice; nothing by default.
package struct ContentFaults: Sendable, Hashable {
    /// Live playlists and MPDs change only so often, although segments come as always; nil for at once.
    package var updateInterval: TimeAmount?
    /// Every third version of a live playlist or MPD is one of four segments ago: media sequence numbers,
    /// discontinuity sequence numbers and `publishTime` go back.
    package var rewinds = false
    /// Every second version of a playlist has other URIs for the same media sequence numbers.
    package var changesURIs = false
    /// The target duration is half of what it should be, rounded up to a second: segments are longer than it.
    package var understatesTargetDuration = false
    /// Declared bit rates are the true ones divided by this, at least 1; default 1.
    package var bitRateUnderstatement = 1.0
    /// Program date times run away by so much with each segment; they come back once in 3 600 segments.
    package var dateDrift: TimeAmount = .zero
    /// Program date times are left out.
    package var omitsDates = false
    /// Every fifth segment is left out of SegmentTimelines.
    package var timelineHoles = false
    /// The hold-backs are one target duration and one part: less than HLS allows.
    package var shortHoldBack = false

    /// Creates faults; by default there are none.
    package init() {}

    func problems(of pop: String) -> [String] {
        var problems: [String] = []
        if let updateInterval, updateInterval <= .zero {
            problems.append("The update interval of \(pop) is not above zero.")
        }
        if !(1...1_000).contains(bitRateUnderstatement) {
            problems.append("The bit rates of \(pop) are not understated by 1 to 1000.")
        }
        return problems
    }

    /// The instant as of which a live playlist is written.
    func instant(_ now: WallTime, _ grid: SegmentGrid) -> WallTime {
        var seen = now
        if let interval = updateInterval?.nanoseconds, interval > 0 {
            seen = WallTime(nanoseconds: floorDivide(now.nanoseconds, interval) * interval)
        }
        if rewinds, grid.listed(at: seen).upperBound % 3 == 0 { seen = seen - grid.span(4) }
        return seen
    }
}
