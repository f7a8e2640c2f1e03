import Quantities

/// When the segments of a Representation play: runs of equally long segments, shared by all Representations with the
/// same timeline (ISO/IEC 23009-1 section 5.3.9.6).
final class SegmentTiming: Sendable {
    /// Equally long segments one after the other, as one `S` element or `@duration` gives them.
    struct Run: Sendable, Hashable {
        /// How many segments stand before it, with partial segments counted one by one.
        var index: Int64
        /// The first segment's begin in ticks of the media.
        var time: Int64
        /// The duration of each in ticks, at least one.
        var duration: Int64
        /// How many; ``endless`` for a last run without end.
        var count: Int64
        /// `$Number$` of the first one.
        var number: Int64
        /// Partial segments in each (`S@k`), fetched one by one; 1 for segments that are fetched as a whole.
        var parts: Int64 = 1

        /// The count of a run that goes on.
        static let endless = DecodingLimits.largestNumber
        /// The tick at which its last segment ends.
        var end: Int128 { Int128(time) + Int128(duration) * Int128(count) }
        /// How many segments stand up to its end, partial ones one by one.
        var endIndex: Int64 {
            Int64(min(Int128(index) + Int128(count) * Int128(parts), Int128(DecodingLimits.largestNumber)))
        }
    }

    /// A segment's place in time.
    struct Position: Equatable {
        /// `$Time$`: its begin in ticks of the media; for a partial segment that of its whole segment.
        var time: Int64
        /// `$Number$`.
        var number: Int64
        /// `$SubNumber$`, which counts from 0 as in dash.js 5.1.
        var subNumber: Int64
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
    /// The number of the first segment: its `$Number$`, times the partial segments in each where there are some, so that
    /// numbers stay the same when old segments are dropped.
    let firstNumber: Int64
    /// How long segments are: the longest one, and the mean of all; zero where there is none.
    let durations: (longest: TimeAmount, mean: TimeAmount)

    init(
        timescale: MediaTimescale, offset: Int64, periodStart: Int64, cut: Int64?, firstNumber: Int64, runs: [Run]
    ) {
        self.timescale = timescale
        self.offset = offset
        self.periodStart = periodStart
        self.cut = cut
        let first = runs.first?.number ?? firstNumber
        let (product, overflow) = first.multipliedReportingOverflow(by: runs.reduce(1) { max($0, $1.parts) })
        self.firstNumber = overflow || product > DecodingLimits.largestNumber ? first : product
        self.runs = runs
        durations = Self.durations(of: runs, timescale)
    }

    /// How many segments there are; nil without end.
    var count: Int64? {
        guard let last = runs.last else { return 0 }
        return last.count >= Run.endless ? nil : last.endIndex
    }

    /// Where the segment at a position of the list plays; there must be at least one run.
    func position(at index: Int64) -> Position {
        let run = runs[lastRun { $0.index <= index }]
        let (whole, part) = (index - run.index).quotientAndRemainder(dividingBy: run.parts)
        let time = Int128(run.time) + Int128(run.duration) * Int128(whole)
        let start = nanoseconds(time + Int128(run.duration) * Int128(part) / Int128(run.parts))
        var end = nanoseconds(time + Int128(run.duration) * Int128(part + 1) / Int128(run.parts))
        if let cut { end = min(end, cut) }
        let bound = Int128(Int64.max / 2)
        return Position(
            time: Int64(min(time, bound)), number: run.number &+ whole, subNumber: part, start: start,
            end: max(end, start + 1))
    }

    /// The position of the last segment that begins at or before a time; 0 when all begin later.
    func index(at nanoseconds: Int64) -> Int64 {
        guard !runs.isEmpty else { return 0 }
        let (relative, overflow) = nanoseconds.subtractingReportingOverflow(periodStart)
        guard !overflow else { return nanoseconds < 0 ? 0 : (count ?? Run.endless) - 1 }
        let tick = timescale.lastTick(at: relative) + Int128(offset)
        let run = runs[lastRun { Int128($0.time) <= tick }]
        guard Int128(run.time) <= tick else { return 0 }
        let distance = tick - Int128(run.time)
        let whole = min(distance / Int128(run.duration), Int128(run.count - 1))
        // The last part p that begins in time: duration * p / parts < rest + 1.
        let rest = distance - whole * Int128(run.duration)
        let part = min(((rest + 1) * Int128(run.parts) - 1) / Int128(run.duration), Int128(run.parts - 1))
        return Int64(min(Int128(run.index) + whole * Int128(run.parts) + part, Int128(DecodingLimits.largestNumber)))
    }

    private static func durations(
        of runs: [Run], _ timescale: MediaTimescale
    ) -> (longest: TimeAmount, mean: TimeAmount) {
        var longest: Int64 = 0
        var total: Int128 = 0
        var count: Int128 = 0
        for run in runs {
            longest = max(longest, run.duration)
            total += Int128(run.duration) * Int128(min(run.count, 1_000_000))
            count += Int128(min(run.count, 1_000_000))
        }
        return (
            .nanoseconds(timescale.nanoseconds(Int128(longest))),
            .nanoseconds(count > 0 ? timescale.nanoseconds(total / count) : 0)
        )
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
