import Manifests
import Quantities

/// Segments of equal length, computed from their number: segment 0 begins at the list's time zero.
struct EvenSegments: SegmentList.Source {
    /// How long each plays.
    let duration: Int64
    let firstSequence: Int64
    /// The last number; nil for a list without end.
    let lastSequence: Int64?
    /// How long the last one plays where that is less; nil where it does not differ.
    var lastDuration: Int64?

    func segment(_ sequence: Int64) -> Segment {
        let span = span(sequence)
        return Segment(
            sequence: sequence, start: span.start, duration: span.duration, uri: "", initialization: Self.initialization
        )
    }

    func span(_ sequence: Int64) -> SegmentSpan {
        let own = sequence == lastSequence ? lastDuration ?? duration : duration
        return SegmentSpan(
            sequence: sequence, start: MediaTime(nanoseconds: sequence &* duration),
            duration: TimeAmount(nanoseconds: own))
    }

    func isPlain(_ sequence: Int64) -> Bool { true }

    func sequence(at time: MediaTime) -> Int64 {
        let sequence = max(firstSequence, RepeatedSegments.split(time.nanoseconds, duration).quotient)
        return lastSequence.map { min($0, sequence) } ?? sequence
    }

    static let initialization = InitializationSection(uri: "init")
}
