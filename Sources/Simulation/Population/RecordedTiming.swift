import Manifests
import Quantities

/// When the segments of a real track play, one by one: from the first one's begin, in nanoseconds.
///
/// Tracks with the same course share one.
final class RecordedTiming: Sendable, Hashable {
    /// What a player has to know of a segment beside its time.
    struct Traits: OptionSet, Sendable, Hashable {
        let rawValue: UInt8

        /// It needs an initialization section.
        static let initialization = Traits(rawValue: 1)
        /// It is encrypted with a key that players fetch.
        static let key = Traits(rawValue: 2)
        /// Nothing can be fetched.
        static let gap = Traits(rawValue: 4)
    }

    /// Where each segment begins, rising.
    let starts: [Int64]
    /// How long each plays, at least 1.
    let durations: [Int64]
    let traits: [Traits]
    /// From the first one's begin to the last one's end.
    let total: Int64

    /// Creates a course; all three have one element for each segment, at least one.
    init(starts: [Int64], durations: [Int64], traits: [Traits]) {
        self.starts = starts
        self.durations = durations
        self.traits = traits
        total = max(1, (starts.last ?? 0) + (durations.last ?? 1))
    }

    /// A course without holes.
    convenience init(durations: [Int64], traits: [Traits]) {
        var starts: [Int64] = []
        starts.reserveCapacity(durations.count)
        var end: Int64 = 0
        for duration in durations {
            starts.append(end)
            end += duration
        }
        self.init(starts: starts, durations: durations, traits: traits)
    }

    var count: Int { starts.count }

    /// The place of the last segment that begins at or before a time; 0 when all begin later.
    func place(at time: Int64) -> Int { max(0, begun(by: time) - 1) }

    /// How many segments have begun by a time.
    private func begun(by time: Int64) -> Int {
        var low = 0
        var high = starts.count
        while low < high {
            let middle = (low + high) / 2
            if starts[middle] <= time { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// How many segments have ended by a time of a course without holes.
    func ended(by time: Int64) -> Int {
        let begun = begun(by: time)
        guard begun > 0 else { return 0 }
        return starts[begun - 1] + durations[begun - 1] <= time ? begun : begun - 1
    }

    /// A segment of it.
    func segment(_ place: Int, sequence: Int64, start: Int64, discontinuity: Int64, date: WallTime?) -> Segment {
        let traits = traits[place]
        return Segment(
            sequence: sequence, start: MediaTime(nanoseconds: start),
            duration: TimeAmount(nanoseconds: durations[place]), uri: "",
            initialization: traits.contains(.initialization) ? EvenSegments.initialization : nil,
            keys: traits.contains(.key) ? Self.keys : [], isGap: traits.contains(.gap), discontinuity: discontinuity,
            programDateTime: date)
    }

    private static let keys = [EncryptionKey(method: "AES-128", uri: "key")]

    static func == (left: RecordedTiming, right: RecordedTiming) -> Bool {
        left === right
            || (left.starts == right.starts && left.durations == right.durations && left.traits == right.traits)
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(total)
        hasher.combine(starts.count)
    }
}

/// The segments of a real track, once.
struct RecordedSegments: SegmentList.Source {
    let timing: RecordedTiming
    let firstSequence: Int64
    /// Where the first begins, in nanoseconds on the list's timeline.
    let origin: Int64
    /// The position of the period.
    var discontinuity: Int64 = 0

    var lastSequence: Int64? { firstSequence + Int64(timing.count) - 1 }

    func segment(_ sequence: Int64) -> Segment {
        let place = Int(sequence - firstSequence)
        return timing.segment(
            place, sequence: sequence, start: origin &+ timing.starts[place], discontinuity: discontinuity, date: nil)
    }

    func span(_ sequence: Int64) -> SegmentSpan {
        let place = Int(sequence - firstSequence)
        return SegmentSpan(
            sequence: sequence, start: MediaTime(nanoseconds: origin &+ timing.starts[place]),
            duration: TimeAmount(nanoseconds: timing.durations[place]))
    }

    func sequence(at time: MediaTime) -> Int64 {
        firstSequence + Int64(timing.place(at: time.nanoseconds &- origin))
    }
}

/// The segments of a track over and over, numbered through: segment 0 begins the first round.
struct RepeatedSegments: SegmentList.Source {
    let timing: RecordedTiming
    let firstSequence: Int64
    /// Nil for a list without end.
    let lastSequence: Int64?
    /// Where segment 0 begins, in nanoseconds on the list's timeline.
    let origin: Int64
    /// The wall time of segment 0's begin; nil where no dates are given.
    let date: WallTime?

    /// Where a segment begins, in nanoseconds from segment 0's begin.
    static func start(of sequence: Int64, _ timing: RecordedTiming) -> Int64 {
        let (round, place) = split(sequence, Int64(timing.count))
        return round &* timing.total &+ timing.starts[Int(place)]
    }

    func segment(_ sequence: Int64) -> Segment {
        let (round, place) = Self.split(sequence, Int64(timing.count))
        let start = round &* timing.total &+ timing.starts[Int(place)]
        return timing.segment(
            Int(place), sequence: sequence, start: origin &+ start, discontinuity: 0,
            date: date.map { $0 + TimeAmount(nanoseconds: start) })
    }

    func span(_ sequence: Int64) -> SegmentSpan {
        let (round, place) = Self.split(sequence, Int64(timing.count))
        let start = round &* timing.total &+ timing.starts[Int(place)]
        return SegmentSpan(
            sequence: sequence, start: MediaTime(nanoseconds: origin &+ start),
            duration: TimeAmount(nanoseconds: timing.durations[Int(place)]),
            programDateTime: date.map { $0 + TimeAmount(nanoseconds: start) })
    }

    func sequence(at time: MediaTime) -> Int64 {
        let (round, rest) = Self.split(time.nanoseconds &- origin, timing.total)
        let sequence = max(firstSequence, round &* Int64(timing.count) &+ Int64(timing.place(at: rest)))
        return lastSequence.map { min($0, sequence) } ?? sequence
    }

    /// Divides, rounding down, also below zero; the rest is never negative.
    static func split(_ value: Int64, _ divisor: Int64) -> (quotient: Int64, rest: Int64) {
        let (quotient, rest) = value.quotientAndRemainder(dividingBy: divisor)
        return rest < 0 ? (quotient - 1, rest + divisor) : (quotient, rest)
    }
}
