import Quantities

/// What the checks of a document have seen of it so far.
struct MPDChecks {
    /// The identifiers of the sets and Representations of the period that is being decoded.
    private var setIDs: Set<String> = []
    private var representationIDs: Set<String> = []
    /// The timings of the Representations of the set that is being decoded.
    private(set) var timings: [SegmentTiming] = []
    /// Timings that were looked at; the decoder's cache keeps them.
    private var seen: Set<ObjectIdentifier> = []
    /// The longest mean duration of the segments of a Representation.
    private(set) var segmentDuration = TimeAmount.zero
    /// True when segments may be asked for before they are complete.
    var hasEarlySegments = false
    /// How many segments may still be compared with those of another Representation.
    var comparisons = 200_000

    /// Forgets what was seen of the period before.
    mutating func beginPeriod() {
        setIDs = []
        representationIDs = []
    }

    /// Forgets what was seen of the set before.
    mutating func beginSet() { timings = [] }

    /// False for an identifier that the period has had.
    mutating func isNew(_ id: String, of element: XMLElement) -> Bool {
        element.name == "AdaptationSet" ? setIDs.insert(id).inserted : representationIDs.insert(id).inserted
    }

    /// Takes note of a Representation's timing; false when it was looked at before.
    mutating func add(_ timing: SegmentTiming) -> Bool {
        if timings.last !== timing { timings.append(timing) }
        guard seen.insert(ObjectIdentifier(timing)).inserted else { return false }
        segmentDuration = max(segmentDuration, timing.durations.mean)
        return true
    }
}

extension SegmentTiming {
    /// True when segments begin and end where those of another timing do, as far as both have them and the budget goes.
    func isAligned(with other: SegmentTiming, budget: inout Int) -> Bool {
        guard self !== other, !runs.isEmpty, !other.runs.isEmpty else { return true }
        let start = max(position(at: 0).start, other.position(at: 0).start)
        let left = index(at: start)
        let right = other.index(at: start)
        let rest = min((count ?? .max) - left, (other.count ?? .max) - right, 2_000, Int64(budget))
        budget -= Int(rest)
        for step in 0..<max(0, rest) {
            let (one, two) = (position(at: left + step), other.position(at: right + step))
            // Timescales differ, so that times do by rounding.
            if abs(one.start - two.start) > 1_000_000 || abs(one.end - two.end) > 1_000_000 { return false }
        }
        return true
    }
}
