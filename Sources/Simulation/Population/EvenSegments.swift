import Manifests
import Quantities

/// Segments of equal length, computed from their number.
struct EvenSegments: SegmentList.Source {
    /// How long each plays.
    let duration: Int64
    let firstSequence: Int64
    /// The last number; nil for a list without end.
    let lastSequence: Int64?
    /// The number of the segment that begins at the list's time zero.
    let zeroSequence: Int64
    /// The wall time at which segment 0 was taken; nil where no dates are given.
    let dateOfSequenceZero: WallTime?
    /// How long the last one plays where that is less; nil where it does not differ.
    var lastDuration: Int64?

    func segment(_ sequence: Int64) -> Segment {
        let span = span(sequence)
        return Segment(
            sequence: sequence, start: span.start, duration: span.duration, uri: "",
            initialization: Self.initialization, programDateTime: span.programDateTime)
    }

    func span(_ sequence: Int64) -> SegmentSpan {
        let own = sequence == lastSequence ? lastDuration ?? duration : duration
        return SegmentSpan(
            sequence: sequence, start: MediaTime(nanoseconds: (sequence - zeroSequence) &* duration),
            duration: TimeAmount(nanoseconds: own),
            programDateTime: dateOfSequenceZero.map { $0 + TimeAmount(nanoseconds: sequence &* duration) })
    }

    func sequence(at time: MediaTime) -> Int64 {
        // Rounds down, also before zero.
        let index = time.nanoseconds >= 0 ? time.nanoseconds / duration : (time.nanoseconds - duration + 1) / duration
        let sequence = max(firstSequence, zeroSequence + index)
        return lastSequence.map { min($0, sequence) } ?? sequence
    }

    static let initialization = InitializationSection(uri: "init")
}
