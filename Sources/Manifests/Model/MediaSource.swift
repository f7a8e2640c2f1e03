import Quantities

/// Where a track's segments are listed; ``Track/locations`` tell where that is.
package enum MediaSource: Sendable {
    /// In an HLS media playlist of its own.
    case playlist
    /// In the MPD itself.
    case segments(SegmentList)
    /// In a `sidx` box that must be fetched first (DASH SegmentBase).
    case indexed(IndexedMedia)
    /// Nowhere of its own: the rendition is muxed into the variant (HLS EXT-X-MEDIA without URI).
    case muxed
}

/// A file with a segment index in it (DASH SegmentBase, ISO/IEC 14496-12 `sidx`).
package struct IndexedMedia: Sendable, Hashable {
    /// The file, as a reference against the location; `""` means the location itself.
    package var uri: String
    /// Where the index is.
    ///
    /// Nil means that it must be looked for from the file's begin.
    package var indexRange: ByteRange?
    /// The initialization section, where it is told apart.
    package var initialization: InitializationSection?
    /// Where the period starts, which the index's own times are counted from.
    package var periodStart: MediaTime
    /// What the index's times begin with (`presentationTimeOffset`), in seconds' nanoseconds.
    package var presentationTimeOffset: TimeAmount

    /// Creates a description of an indexed file.
    package init(
        uri: String, indexRange: ByteRange?, initialization: InitializationSection?, periodStart: MediaTime,
        presentationTimeOffset: TimeAmount = .zero
    ) {
        self.uri = uri
        self.indexRange = indexRange
        self.initialization = initialization
        self.periodStart = periodStart
        self.presentationTimeOffset = presentationTimeOffset
    }
}
