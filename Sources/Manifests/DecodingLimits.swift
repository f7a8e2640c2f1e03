import Quantities

/// The bounds within which a document is decoded, so that a hostile one costs a bounded time and memory.
package struct DecodingLimits: Sendable, Hashable {
    /// The largest document in bytes; larger ones are refused unread.
    package var bytes: Int
    /// The most segments that a document may write out in one list.
    package var segments: Int
    /// The most variants or renditions of an HLS multivariant playlist, and the most Representations of an MPD.
    package var tracks: Int
    /// The most XML elements of an MPD.
    package var elements: Int
    /// The deepest nesting of XML elements.
    package var depth: Int
    /// The most UTF-8 bytes that the variables of one playlist may add in all.
    package var substitutedBytes: Int

    /// The most parts and the most date ranges of a playlist: a tenth of the segments, because each holds more.
    var listedItems: Int { max(1, segments / 10) }

    /// Creates limits.
    ///
    /// - Parameters:
    ///   - bytes: Default 64 MiB, which also keeps every offset within 32 bits; larger values are treated as 2 GiB.
    ///   - segments: Default one million, which is 23 days of two-second segments.
    ///   - tracks: Default 10 000.
    ///   - elements: Default 500 000.
    ///   - depth: Default 64; an MPD with events in it needs about ten.
    ///   - substitutedBytes: Default 64 MiB.
    package init(
        bytes: Int = 64 << 20, segments: Int = 1_000_000, tracks: Int = 10_000, elements: Int = 500_000,
        depth: Int = 64, substitutedBytes: Int = 64 << 20
    ) {
        self.bytes = min(bytes, Int(Int32.max))
        self.segments = segments
        self.tracks = tracks
        self.elements = elements
        self.depth = depth
        self.substitutedBytes = substitutedBytes
    }

    /// What a player would take, with room to spare.
    package static let standard = DecodingLimits()

    /// The longest time that a document may speak of, about 95 years, in nanoseconds: sums of three such values still
    /// fit into 64 bits, so that nobody's arithmetic overflows later.
    static let longestTime: Int64 = 3_000_000_000_000_000_000
    /// The longest playlist or period by its own durations, about 3 years, in nanoseconds.
    static let longestDuration: Int64 = 100_000_000_000_000_000
    /// The largest segment number and byte offset that are taken from a document.
    static let largestNumber: Int64 = 1 << 61
}
