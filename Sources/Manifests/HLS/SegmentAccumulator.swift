import Quantities

/// What the tags before a URI say about its segment.
struct PendingSegment {
    /// EXTINF in nanoseconds.
    var duration: Int64?
    /// Where the title of EXTINF stands; empty where there is none.
    var title = 0..<0
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
    private(set) var contexts: [PlaylistSegments.Context] = [.init()]
    var titles: [PlaylistSegments.Title] = []
    var rates: [PlaylistSegments.DeclaredRate] = []
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
    /// The first segment with a date of its own.
    private var firstDated = 0
    /// True when a segment or part has the last of the contexts, so that it must not change any more.
    private var isContextUsed = false

    /// The date at the end of the last segment, carried on from the last one given.
    var dateAtEnd: WallTime? { hasDates ? WallTime(nanoseconds: date) : nil }
    /// The place of the map and keys that apply now.
    var context: Int { contexts.count - 1 }

    /// How many keys the contexts hold in all.
    private(set) var storedKeys = 0

    /// Changes the map or the key from the next segment on.
    mutating func changeContext(_ change: (inout PlaylistSegments.Context) -> Void) {
        var context = contexts[contexts.count - 1]
        change(&context)
        if context == contexts[contexts.count - 1] { return }
        if isContextUsed {
            contexts.append(context)
            storedKeys += context.keys.count
        } else {
            contexts[contexts.count - 1] = context
        }
        isContextUsed = false
    }

    /// The place of the map and keys that apply now, for a part that has them.
    mutating func useContext() -> Int {
        isContextUsed = true
        return contexts.count - 1
    }

    /// Adds a segment; false when the playlist becomes longer than any can be.
    mutating func append(
        uriStart: Int, uriLength: UInt32, duration: Int64, range: ByteRange?, pending: PendingSegment
    ) -> Bool {
        discontinuities &+= pending.discontinuities
        if let given = pending.programDateTime {
            date = given.nanoseconds
            if !hasDates { firstDated = entries.count }
            hasDates = true
        }
        if let range { ranges.append(range) }
        if !pending.title.isEmpty {
            titles.append(
                PlaylistSegments.Title(
                    entry: Int32(truncatingIfNeeded: entries.count),
                    start: UInt32(truncatingIfNeeded: pending.title.lowerBound),
                    length: UInt32(truncatingIfNeeded: pending.title.count)))
        }
        entries.append(
            PlaylistSegments.Entry(
                uriStart: UInt32(truncatingIfNeeded: uriStart), uriLength: uriLength, start: end, duration: duration,
                programDateTime: hasDates ? date : PlaylistSegments.Entry.noDate,
                range: range == nil ? -1 : Int32(truncatingIfNeeded: ranges.count - 1),
                context: Int32(truncatingIfNeeded: contexts.count - 1), discontinuity: discontinuities,
                isGap: pending.isGap))
        isContextUsed = true
        end += duration
        date &+= duration
        longestDuration = max(longestDuration, duration)
        return end <= DecodingLimits.longestDuration
    }

    /// Declares a bit rate for the segments from the next one on.
    mutating func declareRate(kilobits: UInt32) {
        let rate = PlaylistSegments.DeclaredRate(entry: Int32(truncatingIfNeeded: entries.count), kilobits: kilobits)
        if rates.last?.entry == rate.entry { rates[rates.count - 1] = rate } else { rates.append(rate) }
    }

    /// Gives the segments before the first date theirs, counted back by their durations (rfc8216bis section 4.4.4.6).
    mutating func carryDatesBack() {
        guard hasDates else { return }
        for index in stride(from: firstDated - 1, through: 0, by: -1) {
            entries[index].programDateTime = entries[index + 1].programDateTime &- entries[index].duration
        }
    }

    /// The finished list.
    func list(in bytes: [UInt8]) -> SegmentList {
        SegmentList(
            PlaylistSegments(
                bytes: bytes, entries: entries, texts: texts, ranges: ranges, contexts: contexts, titles: titles,
                rates: rates, firstSequence: firstSequence, firstDiscontinuity: firstDiscontinuity))
    }
}

/// Segments that a delta update leaves out, taken over from the playlist that is held.
extension SegmentAccumulator {
    /// Takes over segments from the number `firstSequence` on, before any other is added.
    ///
    /// Their URIs and titles are written behind the update's own bytes, so that the result holds on to nothing of the
    /// older document.
    ///
    /// - Returns: Where the last one's URI stands now; nil when `held` does not have them all.
    mutating func takeOver(_ count: Int, of held: PlaylistSegments, into bytes: inout [UInt8]) -> Range<Int>? {
        guard count > 0, firstSequence >= held.firstSequence else { return nil }
        let (offset, overflow) = firstSequence.subtractingReportingOverflow(held.firstSequence)
        guard !overflow, offset <= Int64(held.entries.count), count <= held.entries.count - Int(offset) else {
            return nil
        }
        let from = Int(offset)
        let kept = from..<from + count
        let base = held.entries[from].start
        entries.reserveCapacity(count + 64)
        var uri = 0..<0
        for index in kept {
            var entry = held.entries[index]
            guard let discontinuity = rebased(entry.discontinuity, of: held) else { return nil }
            uri = copyURI(of: entry, in: held, after: uri, to: &bytes)
            entry.uriStart = UInt32(truncatingIfNeeded: uri.lowerBound)
            entry.uriLength = UInt32(truncatingIfNeeded: uri.count)
            if index == from || held.entries[index - 1].context != entry.context {
                changeContext { $0 = held.contexts[Int(entry.context)] }
            }
            isContextUsed = true
            entry.context = Int32(truncatingIfNeeded: context)
            if entry.range >= 0 {
                ranges.append(held.ranges[Int(entry.range)])
                entry.range = Int32(truncatingIfNeeded: ranges.count - 1)
            }
            entry.start -= base
            entry.discontinuity = discontinuity
            longestDuration = max(longestDuration, entry.duration)
            entries.append(entry)
        }
        takeOverNotes(kept, of: held, into: &bytes)
        finishTakingOver()
        return uri
    }

    /// The discontinuities before a segment, counted from this playlist's first number instead of the held one's.
    private func rebased(_ discontinuity: Int32, of held: PlaylistSegments) -> Int32? {
        let (sum, overflow) = held.firstDiscontinuity.addingReportingOverflow(Int64(discontinuity))
        let (difference, underflow) = sum.subtractingReportingOverflow(firstDiscontinuity)
        return overflow || underflow ? nil : Int32(exactly: difference)
    }

    /// Copies a URI, or returns the place of the one before it when that is equal, as with byte ranges of one file.
    private func copyURI(
        of entry: PlaylistSegments.Entry, in held: PlaylistSegments, after last: Range<Int>, to bytes: inout [UInt8]
    ) -> Range<Int> {
        let start = bytes.count
        if entry.uriLength == PlaylistSegments.Entry.inTexts {
            bytes.append(contentsOf: held.texts[Int(entry.uriStart)].utf8)
        } else {
            let place = Int(entry.uriStart)
            bytes.append(contentsOf: held.bytes[place..<place + Int(entry.uriLength)])
        }
        let copy = start..<bytes.count
        guard !last.isEmpty, bytes.areEqual(copy, last) else { return copy }
        bytes.removeLast(copy.count)
        return last
    }

    private mutating func takeOverNotes(_ kept: Range<Int>, of held: PlaylistSegments, into bytes: inout [UInt8]) {
        for title in held.titles where kept.contains(Int(title.entry)) {
            let start = bytes.count
            bytes.append(contentsOf: held.bytes[Int(title.start)..<Int(title.start) + Int(title.length)])
            titles.append(
                PlaylistSegments.Title(
                    entry: title.entry - Int32(truncatingIfNeeded: kept.lowerBound),
                    start: UInt32(truncatingIfNeeded: start), length: title.length))
        }
        guard let last = PlaylistSegments.lastIndex(upTo: kept.upperBound - 1, in: held.rates, entry: { $0.entry })
        else { return }
        for rate in held.rates[...last] {
            // What was declared before the first segment kept applies to that one, until the next that is.
            let place = max(0, Int(rate.entry) - kept.lowerBound)
            let moved = PlaylistSegments.DeclaredRate(entry: Int32(truncatingIfNeeded: place), kilobits: rate.kilobits)
            if rates.last?.entry == moved.entry { rates[rates.count - 1] = moved } else { rates.append(moved) }
        }
    }

    private mutating func finishTakingOver() {
        guard let last = entries.last else { return }
        end = last.start + last.duration
        discontinuities = last.discontinuity
        hasDates = last.programDateTime != PlaylistSegments.Entry.noDate
        date = hasDates ? last.programDateTime &+ last.duration : last.programDateTime
    }
}
