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
        let start = (sequence - zeroSequence) &* duration
        let own = sequence == lastSequence ? lastDuration ?? duration : duration
        return Segment(
            sequence: sequence, start: MediaTime(nanoseconds: start), duration: TimeAmount(nanoseconds: own), uri: "",
            initialization: Self.initialization,
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

/// The segments of a real document without their names: numbers and times are all that a simulation asks for.
struct UnnamedSegments: SegmentList.Source {
    let firstSequence: Int64
    /// Where each begins, in nanoseconds, and behind them where the last ends.
    let bounds: [Int64]

    var lastSequence: Int64? { firstSequence + Int64(bounds.count) - 2 }

    func segment(_ sequence: Int64) -> Segment {
        let index = Int(sequence - firstSequence)
        return Segment(
            sequence: sequence, start: MediaTime(nanoseconds: bounds[index]),
            duration: TimeAmount(nanoseconds: bounds[index + 1] - bounds[index]), uri: "",
            initialization: EvenSegments.initialization)
    }

    func sequence(at time: MediaTime) -> Int64 {
        var low = 0
        var high = bounds.count - 1
        while low < high {
            let middle = (low + high) / 2
            if bounds[middle] <= time.nanoseconds { low = middle + 1 } else { high = middle }
        }
        return firstSequence + Int64(max(0, low - 1))
    }
}
