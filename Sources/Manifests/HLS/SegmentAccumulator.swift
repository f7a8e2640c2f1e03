import Quantities

/// What the tags before a URI say about its segment.
struct PendingSegment {
    /// EXTINF in nanoseconds.
    var duration: Int64?
    /// EXT-X-BYTERANGE.
    var range: (length: Int64, offset: Int64?)?
    /// EXT-X-PROGRAM-DATE-TIME.
    var programDateTime: WallTime?
    /// EXT-X-DISCONTINUITY tags.
    var discontinuities: Int32 = 0
    /// EXT-X-GAP.
    var isGap = false
}

/// Gathers the segments of a media playlist.
struct SegmentAccumulator {
    var entries: [PlaylistSegments.Entry] = []
    var texts: [String] = []
    var ranges: [ByteRange] = []
    var contexts: [PlaylistSegments.Context] = [.init()]
    var firstSequence: Int64 = 0
    var firstDiscontinuity: Int64 = 0
    /// Where the last segment ends, in nanoseconds from the first one's begin.
    var end: Int64 = 0
    /// The longest duration in nanoseconds.
    var longestDuration: Int64 = 0
    /// EXT-X-DISCONTINUITY tags so far.
    var discontinuities: Int32 = 0
    /// The date at `end`, carried on by the durations, where there was one.
    private var date = PlaylistSegments.Entry.noDate
    private var hasDates = false

    /// Changes the map or the key from the next segment on.
    mutating func changeContext(_ change: (inout PlaylistSegments.Context) -> Void) {
        var context = contexts[contexts.count - 1]
        change(&context)
        if context == contexts[contexts.count - 1] { return }
        if entries.last.map({ Int($0.context) == contexts.count - 1 }) ?? false {
            contexts.append(context)
        } else {
            contexts[contexts.count - 1] = context
        }
    }

    /// Adds a segment; false when the playlist becomes longer than any can be.
    mutating func append(
        uriStart: Int, uriLength: UInt32, duration: Int64, range: ByteRange?, pending: PendingSegment
    ) -> Bool {
        discontinuities += pending.discontinuities
        if let given = pending.programDateTime {
            date = given.nanoseconds
            if !hasDates { firstDated = entries.count }
            hasDates = true
        }
        if let range { ranges.append(range) }
        entries.append(
            PlaylistSegments.Entry(
                uriStart: UInt32(truncatingIfNeeded: uriStart), uriLength: uriLength, start: end, duration: duration,
                programDateTime: hasDates ? date : PlaylistSegments.Entry.noDate,
                range: range == nil ? -1 : Int32(truncatingIfNeeded: ranges.count - 1),
                context: Int32(truncatingIfNeeded: contexts.count - 1), discontinuity: discontinuities,
                isGap: pending.isGap))
        end += duration
        date &+= duration
        longestDuration = max(longestDuration, duration)
        return end <= DecodingLimits.longestDuration
    }

    private var firstDated = 0

    /// Gives the segments before the first date theirs, counted back by their durations (rfc8216bis section 4.4.4.6).
    mutating func carryDatesBack() {
        guard hasDates else { return }
        for index in stride(from: firstDated - 1, through: 0, by: -1) {
            entries[index].programDateTime = entries[index + 1].programDateTime - entries[index].duration
        }
    }

    /// The finished list.
    func list(in bytes: [UInt8]) -> SegmentList {
        SegmentList(
            PlaylistSegments(
                bytes: bytes, entries: entries, texts: texts, ranges: ranges, contexts: contexts,
                firstSequence: firstSequence, firstDiscontinuity: firstDiscontinuity))
    }
}
