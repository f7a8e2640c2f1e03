import Quantities

/// What is the same for all Representations of a period while it is decoded.
struct PeriodContext {
    /// The Period element.
    var element: XMLElement
    /// The position of the period among those that are played.
    var position: Int
    var start: TimeAmount
    var duration: TimeAmount?
    var isDynamic: Bool
    /// Where its BaseURLs lead.
    var bases = BaseLocations()
    /// What its UrlQueryInfo adds to requests.
    var query: SegmentQuery?

    /// Where segments are cut.
    ///
    /// In a static MPD nothing plays beyond the period's end. In a dynamic one a segment is
    /// available when all of it is there, so a timeline's own durations must stay.
    func cut(isTimeline: Bool) -> Int64? {
        guard let duration, !(isDynamic && isTimeline) else { return nil }
        return start.nanoseconds + duration.nanoseconds
    }
}

/// What is the same for all Representations of an AdaptationSet while it is decoded.
struct SetContext {
    /// The AdaptationSet element.
    var element: XMLElement
    var period: PeriodContext
    var kind: MediaKind
    /// Where its BaseURLs lead.
    var bases: BaseLocations
    /// What its UrlQueryInfo adds to requests.
    var query: SegmentQuery?
    /// What all its tracks say beside their bit rates.
    var details = TrackDetails()

    /// The element that has an attribute: the Representation, else the set.
    func holder(_ name: String, _ representation: XMLElement) -> XMLElement {
        representation.attributes[name] != nil ? representation : element
    }
}

/// Timings that have been read, so that Representations with equal timelines share one.
struct TimingCache {
    private struct Key: Hashable {
        var timeline: ObjectIdentifier?
        var duration: Int64
        var frame: TimelineReader.Frame
    }

    /// What equal timelines have in common at the least; packagers write one out for each Representation.
    private struct Outline: Hashable {
        var frame: TimelineReader.Frame
        var count: Int
        var first: SegmentTiming.Run?
        var last: SegmentTiming.Run?
    }

    private var timings: [Key: SegmentTiming] = [:]
    private var outlines: [Outline: SegmentTiming] = [:]
    /// How many `S` elements may still be read: a long timeline that many Representations inherit, each with another
    /// number to begin with, must not be written out for each of them.
    private var budget: Int

    /// Creates an empty cache for an MPD.
    init(limits: DecodingLimits) { budget = limits.segments }

    /// The timing of a timeline.
    mutating func timing(
        of timeline: XMLElement, in frame: TimelineReader.Frame, cut: Int64?, findings: inout FindingCollector
    ) throws(MPDProblem) -> SegmentTiming {
        let key = Key(timeline: ObjectIdentifier(timeline), duration: 0, frame: frame)
        if let known = timings[key] { return known }
        budget -= timeline.children.count
        guard budget >= 0 else {
            throw MPDProblem(
                id: "dash-too-many-timelines", message: "the timelines of the MPD are too long in all",
                clause: "ISO/IEC 23009-1 5.3.9.6")
        }
        let runs = try TimelineReader.runs(of: timeline, in: frame, findings: &findings)
        let outline = Outline(frame: frame, count: runs.count, first: runs.first, last: runs.last)
        if let alike = outlines[outline], alike.runs == runs {
            timings[key] = alike
            return alike
        }
        let timing = SegmentTiming(
            timescale: frame.timescale, offset: frame.offset, periodStart: frame.periodStart, cut: cut,
            firstNumber: frame.firstNumber, runs: runs)
        outlines[outline] = timing
        timings[key] = timing
        return timing
    }

    /// The timing of equally long segments up to the period's end, rounded up to whole segments, or without end.
    mutating func timing(everyTicks duration: Int64, in frame: TimelineReader.Frame, cut: Int64?) -> SegmentTiming {
        let key = Key(timeline: nil, duration: duration, frame: frame)
        if let known = timings[key] { return known }
        var count = Int128(SegmentTiming.Run.endless)
        if let length = frame.periodDuration {
            let ticks = frame.timescale.firstTick(from: length)
            count = -MediaTimescale.floorDivide(-ticks, Int128(duration))
        }
        if let last = frame.lastNumber { count = min(count, Int128(last) - Int128(frame.firstNumber) + 1) }
        let run = SegmentTiming.Run(
            index: 0, time: frame.offset, duration: duration, count: Int64(clamping: count), number: frame.firstNumber,
            parts: frame.parts.map { TimelineReader.parts($0, in: duration) } ?? 1)
        let timing = SegmentTiming(
            timescale: frame.timescale, offset: frame.offset, periodStart: frame.periodStart, cut: cut,
            firstNumber: frame.firstNumber, runs: count > 0 ? [run] : [])
        timings[key] = timing
        return timing
    }
}
