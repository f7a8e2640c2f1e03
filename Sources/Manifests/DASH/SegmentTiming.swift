import Quantities

/// When the segments of a Representation play: runs of equally long segments, shared by all Representations with the
/// same timeline (ISO/IEC 23009-1 section 5.3.9.6).
final class SegmentTiming: Sendable {
    /// Equally long segments one after the other, as one `S` element or `@duration` gives them.
    struct Run: Sendable, Hashable {
        /// How many segments stand before it.
        var index: Int64
        /// The first segment's begin in ticks of the media.
        var time: Int64
        /// The duration of each in ticks, at least one.
        var duration: Int64
        /// How many; ``endless`` for a last run without end.
        var count: Int64
        /// `$Number$` of the first one.
        var number: Int64

        /// The count of a run that goes on.
        static let endless = DecodingLimits.largestNumber
        /// The tick at which its last segment ends.
        var end: Int128 { Int128(time) + Int128(duration) * Int128(count) }
    }

    /// A segment's place in time.
    struct Position: Equatable {
        /// `$Time$`: its begin in ticks of the media.
        var time: Int64
        /// `$Number$`.
        var number: Int64
        /// Its begin on the presentation's timeline in nanoseconds.
        var start: Int64
        /// Its end.
        var end: Int64
    }

    let timescale: MediaTimescale
    /// `presentationTimeOffset` in ticks.
    let offset: Int64
    /// The period's start in nanoseconds.
    let periodStart: Int64
    /// Where the last segment is cut, in nanoseconds on the presentation's timeline: at the end of its period.
    let cut: Int64?
    /// The runs in order of time.
    let runs: [Run]
    /// `$Number$` of the first segment.
    let firstNumber: Int64

    init(
        timescale: MediaTimescale, offset: Int64, periodStart: Int64, cut: Int64?, firstNumber: Int64, runs: [Run]
    ) {
        self.timescale = timescale
        self.offset = offset
        self.periodStart = periodStart
        self.cut = cut
        self.firstNumber = runs.first?.number ?? firstNumber
        self.runs = runs
    }

    /// How many segments there are; nil without end.
    var count: Int64? {
        guard let last = runs.last else { return 0 }
        return last.count >= Run.endless ? nil : last.index + last.count
    }

    /// Where the segment at a position of the list plays; there must be at least one run.
    func position(at index: Int64) -> Position {
        let run = runs[lastRun { $0.index <= index }]
        let inRun = index - run.index
        let begin = Int128(run.time) + Int128(run.duration) * Int128(inRun)
        let start = nanoseconds(begin)
        var end = nanoseconds(begin + Int128(run.duration))
        if let cut { end = min(end, cut) }
        let bound = Int128(Int64.max / 2)
        return Position(
            time: Int64(min(begin, bound)), number: run.number &+ inRun, start: start, end: max(end, start + 1))
    }

    /// The position of the last segment that begins at or before a time; 0 when all begin later.
    func index(at nanoseconds: Int64) -> Int64 {
        guard !runs.isEmpty else { return 0 }
        let (relative, overflow) = nanoseconds.subtractingReportingOverflow(periodStart)
        guard !overflow else { return nanoseconds < 0 ? 0 : (count ?? Run.endless) - 1 }
        let tick = timescale.lastTick(at: relative) + Int128(offset)
        let run = runs[lastRun { Int128($0.time) <= tick }]
        guard Int128(run.time) <= tick else { return 0 }
        let inRun = min((tick - Int128(run.time)) / Int128(run.duration), Int128(run.count - 1))
        return run.index + Int64(inRun)
    }

    private func nanoseconds(_ tick: Int128) -> Int64 {
        min(periodStart + timescale.nanoseconds(tick - Int128(offset)), DecodingLimits.longestTime)
    }

    /// The last run for which something holds that holds for none behind one for which it does not; else the first.
    private func lastRun(where holds: (Run) -> Bool) -> Int {
        var low = 0
        var high = runs.count
        while low < high {
            let middle = (low + high) / 2
            if holds(runs[middle]) { low = middle + 1 } else { high = middle }
        }
        return max(0, low - 1)
    }
}
