import Quantities

/// The segments of a media playlist, kept as places in the playlist's own bytes: a segment's strings are only made when
/// it is asked for, so that a long playlist costs 48 bytes a segment, shared by all sessions.
struct PlaylistSegments: SegmentList.Source {
    /// One segment.
    struct Entry {
        /// Where the URI begins in `bytes`, or its place in `texts`.
        var uriStart: UInt32
        /// The URI's length, or ``inTexts``.
        var uriLength: UInt32
        /// Nanoseconds from the first segment's begin.
        var start: Int64
        /// Nanoseconds, at least one.
        var duration: Int64
        /// Nanoseconds since 1970, or ``noDate``.
        var programDateTime: Int64
        /// The place in `ranges`, or -1.
        var range: Int32
        /// The place in `contexts`.
        var context: Int32
        /// Discontinuities before it in the playlist.
        var discontinuity: Int32
        var isGap: Bool

        /// `uriLength` of a URI that stands in `texts`, because variables were put into it.
        static let inTexts = UInt32.max
        /// `programDateTime` of a segment without one.
        static let noDate = Int64.min
    }

    /// The title of a segment, kept apart because few have one.
    struct Title {
        /// The segment's place in `entries`.
        var entry: Int32
        /// Where the title begins in `bytes`.
        var start: UInt32
        var length: UInt32
    }

    /// EXT-X-BITRATE from a segment on.
    struct DeclaredRate {
        /// The segment's place in `entries`.
        var entry: Int32
        /// Kilobits per second.
        var kilobits: UInt32
    }

    /// What applies to a run of segments: EXT-X-MAP and EXT-X-KEY.
    struct Context: Hashable {
        var initialization: InitializationSection?
        var keys: [EncryptionKey] = []
    }

    let bytes: [UInt8]
    let entries: [Entry]
    let texts: [String]
    let ranges: [ByteRange]
    let contexts: [Context]
    /// In the order of the segments.
    let titles: [Title]
    /// In the order of the segments.
    let rates: [DeclaredRate]
    let firstSequence: Int64
    let firstDiscontinuity: Int64

    var lastSequence: Int64? { firstSequence + Int64(entries.count) - 1 }

    func segment(_ sequence: Int64) -> Segment {
        let index = Int(sequence - firstSequence)
        let entry = entries[index]
        let context = contexts[Int(entry.context)]
        return Segment(
            sequence: sequence, start: MediaTime(nanoseconds: entry.start), duration: .nanoseconds(entry.duration),
            uri: uri(entry), byteRange: entry.range < 0 ? nil : ranges[Int(entry.range)],
            initialization: context.initialization, keys: context.keys, isGap: entry.isGap,
            discontinuity: firstDiscontinuity + Int64(entry.discontinuity),
            programDateTime: entry.programDateTime == Entry.noDate ? nil : WallTime(nanoseconds: entry.programDateTime),
            title: title(index), declaredBitRate: entry.range < 0 ? rate(index) : nil)
    }

    func span(_ sequence: Int64) -> SegmentSpan {
        let entry = entries[Int(sequence - firstSequence)]
        return SegmentSpan(
            sequence: sequence, start: MediaTime(nanoseconds: entry.start), duration: .nanoseconds(entry.duration),
            programDateTime: entry.programDateTime == Entry.noDate ? nil : WallTime(nanoseconds: entry.programDateTime))
    }

    private func title(_ index: Int) -> String {
        guard let found = Self.lastIndex(upTo: index, in: titles, entry: { $0.entry }) else { return "" }
        let title = titles[found]
        guard Int(title.entry) == index else { return "" }
        return bytes.text(Int(title.start)..<Int(title.start) + Int(title.length))
    }

    private func rate(_ index: Int) -> BitRate? {
        Self.lastIndex(upTo: index, in: rates, entry: { $0.entry }).map {
            BitRate(bitsPerSecond: Double(rates[$0].kilobits) * 1_000)
        }
    }

    /// The last element for a segment at or before a place.
    static func lastIndex<Element>(upTo place: Int, in elements: [Element], entry: (Element) -> Int32) -> Int? {
        var low = 0
        var high = elements.count
        while low < high {
            let middle = (low + high) / 2
            if Int(entry(elements[middle])) <= place { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? low - 1 : nil
    }

    /// The URI of a segment.
    func uri(_ entry: Entry) -> String {
        if entry.uriLength == Entry.inTexts { return texts[Int(entry.uriStart)] }
        let start = Int(entry.uriStart)
        return bytes.text(start..<start + Int(entry.uriLength))
    }

    func sequence(at time: MediaTime) -> Int64 {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].start <= time.nanoseconds { low = middle + 1 } else { high = middle }
        }
        return firstSequence + Int64(max(0, low - 1))
    }
}
