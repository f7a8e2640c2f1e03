import Quantities

/// The segments of a file with a segment index: 32 bytes each, shared by all sessions.
struct IndexedSegments: SegmentList.Source {
    /// One segment.
    struct Entry: Sendable {
        /// Nanoseconds on the presentation's timeline.
        var start: Int64
        /// Nanoseconds.
        var duration: Int64
        /// The offset in the file.
        var offset: Int64
        /// Bytes.
        var size: Int64
    }

    let uri: String
    let initialization: InitializationSection?
    let entries: [Entry]

    var firstSequence: Int64 { 1 }
    var lastSequence: Int64? { Int64(entries.count) }

    func segment(_ sequence: Int64) -> Segment {
        let entry = entries[Int(sequence - 1)]
        return Segment(
            sequence: sequence, start: MediaTime(nanoseconds: entry.start), duration: .nanoseconds(entry.duration),
            uri: uri, byteRange: ByteRange(offset: entry.offset, length: entry.size), initialization: initialization)
    }

    func sequence(at time: MediaTime) -> Int64 {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].start <= time.nanoseconds { low = middle + 1 } else { high = middle }
        }
        return Int64(max(1, low))
    }
}
