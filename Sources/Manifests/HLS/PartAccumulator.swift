import Quantities

/// Gathers the parts of a media playlist (rfc8216bis section 4.4.4.9).
struct PartAccumulator {
    /// A part whose numbers and times are known only when the playlist is read to its end.
    struct Entry {
        /// The place of its segment in the playlist.
        var position: Int
        /// Its place in the segment.
        var index: Int
        /// Nanoseconds from the begin of its segment.
        var offset: Int64
        /// Nanoseconds, at least one.
        var duration: Int64
        var uri: String
        var range: ByteRange?
        var isIndependent: Bool
        var isGap: Bool
        /// The place of its map and keys.
        var context: Int
        /// Discontinuities before its segment in the playlist.
        var discontinuity: Int32
        var line: Int
    }

    private(set) var entries: [Entry] = []
    /// Where the parts so far of the segment that is not complete end, in nanoseconds from its begin.
    private(set) var offset: Int64 = 0
    /// How many parts that segment has so far.
    private(set) var index = 0

    /// Adds a part of the segment that is not complete.
    mutating func append(_ entry: Entry) {
        entries.append(entry)
        offset += entry.duration
        index += 1
    }

    /// The part before the next one in the same segment.
    var previous: Entry? { index > 0 ? entries.last : nil }

    /// The segment of the parts so far is complete.
    mutating func finishSegment() {
        offset = 0
        index = 0
    }

    /// The parts with their numbers and times; `nextDate` is the date of the segment that is not complete, where there
    /// is one.
    func parts(in segments: SegmentAccumulator, nextDate: WallTime?) -> [Part] {
        entries.map { entry in
            var start = segments.end
            var date = nextDate
            if entry.position < segments.entries.count {
                let segment = segments.entries[entry.position]
                start = segment.start
                let known = segment.programDateTime != PlaylistSegments.Entry.noDate
                date = known ? WallTime(nanoseconds: segment.programDateTime) : nil
            }
            let context = segments.contexts[entry.context]
            return Part(
                sequence: segments.firstSequence + Int64(entry.position), index: entry.index,
                start: MediaTime(nanoseconds: start + entry.offset), duration: .nanoseconds(entry.duration),
                uri: entry.uri, byteRange: entry.range, isIndependent: entry.isIndependent, isGap: entry.isGap,
                initialization: context.initialization,
                key: context.keys.first { $0.keyFormat == "identity" && !$0.uri.isEmpty },
                discontinuity: segments.firstDiscontinuity + Int64(entry.discontinuity),
                programDateTime: date.map { $0 + .nanoseconds(entry.offset) })
        }
    }
}
