import Quantities

/// Turns a SegmentTimeline into runs (ISO/IEC 23009-1 section 5.3.9.6.2).
struct TimelineReader {
    /// What surrounds the timeline.
    struct Frame: Hashable {
        var timescale: MediaTimescale
        var offset: Int64
        var firstNumber: Int64
        /// `endNumber`.
        var lastNumber: Int64?
        var periodStart: Int64
        /// The period's duration in nanoseconds, where it is known.
        var periodDuration: Int64?
        /// `SegmentTemplate@k` where partial segments are fetched one by one; nil where whole segments are.
        var parts: Int64?
    }

    private let frame: Frame
    private var runs: [SegmentTiming.Run] = []
    private var index: Int64 = 0
    private var nextNumber: Int64
    /// Where the last run ends; the first `S` without `t` begins at 0.
    private var end: Int128 = 0
    /// The tick at which the period ends.
    private let limit: Int128?

    private init(_ frame: Frame) {
        self.frame = frame
        nextNumber = frame.firstNumber
        limit = frame.periodDuration.map { frame.timescale.firstTick(from: $0) + Int128(frame.offset) }
    }

    /// Reads the `S` elements.
    ///
    /// - Throws: A problem for a number that is none, or beyond what 64 bits can place in time.
    static func runs(
        of timeline: XMLElement, in frame: Frame, findings: inout FindingCollector
    ) throws(MPDProblem) -> [SegmentTiming.Run] {
        var reader = TimelineReader(frame)
        let entries = timeline.children
        reader.runs.reserveCapacity(entries.count)
        for (position, entry) in entries.enumerated() where entry.name == "S" {
            let next = position + 1 < entries.count ? entries[position + 1] : nil
            try reader.read(entry, next: next, findings: &findings)
        }
        return reader.runs
    }

    private mutating func read(
        _ entry: XMLElement, next: XMLElement?, findings: inout FindingCollector
    ) throws(MPDProblem) {
        let time = try entry.whole("t")
        guard let duration = try entry.whole("d"), duration > 0 else {
            findings.add(
                "dash-timeline-no-duration", .error, clause: Self.clause, line: entry.line,
                "an S element has no duration and is left out")
            return
        }
        let repeats = try entry.signed("r") ?? 0
        let number = try entry.whole("n") ?? nextNumber
        let begin = time.map { Int128($0) } ?? end
        guard check(begin, entry, &findings) else { return }
        let isLast = next == nil
        var count = Int128(repeats) + 1
        if repeats < 0 { count = try openCount(from: begin, duration, next, entry, &findings) }
        if let limit, begin + Int128(duration) * count >= limit, count > 0 {
            count = min(count, Self.ceilDivide(limit - begin, Int128(duration)))
        }
        if let last = frame.lastNumber { count = min(count, Int128(last) - Int128(number) + 1) }
        guard count > 0 else { return }
        let isEndless = isLast && count >= Int128(SegmentTiming.Run.endless)
        let run = SegmentTiming.Run(
            index: index, time: Int64(clamping: begin), duration: duration, count: Int64(clamping: count),
            number: number, parts: try parts(of: entry, duration))
        try place(run, isEndless: isEndless)
    }

    /// `S@k`, else what the template says.
    private func parts(of entry: XMLElement, _ duration: Int64) throws(MPDProblem) -> Int64 {
        guard let parts = frame.parts else { return 1 }
        return Self.parts(try entry.whole("k") ?? parts, in: duration)
    }

    /// How many partial segments a segment has: at least one, and none shorter than a tick.
    static func parts(_ count: Int64, in duration: Int64) -> Int64 { min(max(count, 1), duration, maximumParts) }

    /// The most partial segments in one segment.
    private static let maximumParts: Int64 = 10_000

    private mutating func place(_ run: SegmentTiming.Run, isEndless: Bool) throws(MPDProblem) {
        if !isEndless {
            let bound = Int128(DecodingLimits.longestTime / 1_000_000_000) * Int128(frame.timescale.ticksPerSecond)
            guard run.end < min(bound, Int128(Int64.max / 2)), run.endIndex < DecodingLimits.largestNumber,
                run.number + run.count < DecodingLimits.largestNumber
            else {
                throw MPDProblem(
                    id: "dash-timeline-too-long", message: "a SegmentTimeline goes on for more than 95 years",
                    clause: Self.clause)
            }
        }
        end = run.end
        index = isEndless ? index : run.endIndex
        nextNumber = isEndless ? run.number : run.number + run.count
        if let last = runs.last, !isEndless, last.duration == run.duration, last.end == Int128(run.time),
            last.number + last.count == run.number, last.parts == run.parts
        {
            runs[runs.count - 1].count += run.count
        } else {
            runs.append(run)
        }
    }

    /// How many segments a negative `r` stands for: up to the next `S@t`, the period's end, or without end.
    private func openCount(
        from begin: Int128, _ duration: Int64, _ next: XMLElement?, _ entry: XMLElement,
        _ findings: inout FindingCollector
    ) throws(MPDProblem) -> Int128 {
        if let next {
            guard let until = try next.whole("t") else {
                findings.add(
                    "dash-timeline-open-repeat", .error, clause: Self.clause, line: entry.line,
                    "an S element with a negative r is followed by one without t; it counts once")
                return 1
            }
            return Self.ceilDivide(Int128(until) - begin, Int128(duration))
        }
        if let limit { return Self.ceilDivide(limit - begin, Int128(duration)) }
        return Int128(SegmentTiming.Run.endless)
    }

    /// Reports gaps and overlaps; false for an entry that goes back before the segment that precedes it.
    private func check(_ begin: Int128, _ entry: XMLElement, _ findings: inout FindingCollector) -> Bool {
        guard let last = runs.last, begin != end else { return true }
        let ticks = begin > end ? begin - end : end - begin
        let amount = TimeAmount.nanoseconds(frame.timescale.nanoseconds(ticks))
        // One tick is rounding, unless ticks are long.
        let isRounding = ticks == 1 && amount < .milliseconds(2)
        if begin > end {
            if !isRounding {
                findings.add(
                    "dash-timeline-gap", .warning, clause: Self.clause, line: entry.line,
                    "a SegmentTimeline has a gap of \(amount)")
            }
            return true
        }
        if !isRounding {
            findings.add(
                "dash-timeline-overlap", .error, clause: Self.clause, line: entry.line,
                "segments of a SegmentTimeline overlap by \(amount)")
        }
        return begin > last.end - Int128(last.duration)
    }

    private static let clause = "ISO/IEC 23009-1 5.3.9.6"

    private static func ceilDivide(_ dividend: Int128, _ divisor: Int128) -> Int128 {
        -MediaTimescale.floorDivide(-dividend, divisor)
    }
}
