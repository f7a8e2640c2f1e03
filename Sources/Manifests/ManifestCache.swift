import Quantities

/// Decodes equal documents once for all sessions of a process.
///
/// Ten thousand sessions that poll one live playlist get ten thousand copies of the same bytes in every reload interval;
/// only the first is decoded. Errors are remembered as well, so that an error page does not cost a decode for each
/// viewer who gets it. All methods may be called from any thread; who asks for a document that another thread is
/// decoding waits for that one.
package final class ManifestCache: Sendable {
    /// What a cache has done so far.
    package struct Statistics: Sendable, Hashable {
        /// Documents that were known.
        package var hits = 0
        /// Documents that were decoded.
        package var decodes = 0
        /// Documents that had to make room.
        package var evictions = 0
        /// What the remembered documents are reckoned to hold, in bytes; never more than the capacity.
        package var keptBytes = 0
    }

    /// What an index is read with.
    private struct IndexContext: Hashable {
        var media: IndexedMedia
        var fileOffset: Int64
    }

    private let manifests: SharedDecodes<NoContext, DecodedManifest>
    private let indexes: SharedDecodes<IndexContext, SegmentList>
    private let limits: DecodingLimits

    /// Creates an empty cache.
    ///
    /// - Parameters:
    ///   - capacity: The most bytes that playlists and MPDs may hold with what they were decoded to (about three times
    ///     their own size), by default 256 MiB; segment indexes may hold a quarter as much. A document that does not fit
    ///     is decoded each time.
    ///   - limits: The bounds for each document.
    package init(capacity: Int = 256 << 20, limits: DecodingLimits = .standard) {
        manifests = SharedDecodes(capacity: capacity)
        indexes = SharedDecodes(capacity: capacity / 4)
        self.limits = limits
    }

    /// Decodes a playlist or MPD, or returns what equal bytes were decoded to before.
    ///
    /// - Throws: As ``ManifestDecoder``.
    package func decode(_ bytes: [UInt8], context: DecodingContext = .none) throws(ManifestError) -> DecodedManifest {
        try manifests.value(of: bytes, in: NoContext()) { () throws(ManifestError) in
            try ManifestDecoder.decode(bytes, limits: limits)
        }
    }

    /// Decodes an update of a document that is held, or returns what it was decoded to before: sessions that hold the
    /// same document and get the same bytes share the result.
    ///
    /// - Throws: As ``ManifestDecoder/update(_:of:context:limits:)``.
    package func update(
        _ bytes: [UInt8], of held: DecodedManifest, context: DecodingContext = .none
    ) throws(ManifestError) -> DecodedManifest {
        try ManifestDecoder.update(bytes, of: held, context: context, limits: limits)
    }

    /// Decodes a segment index, or returns what equal bytes of the same file were decoded to before.
    ///
    /// - Throws: As ``SegmentIndexDecoder``.
    package func segmentIndex(
        _ bytes: [UInt8], media: IndexedMedia, fileOffset: Int64
    ) throws(ManifestError) -> SegmentList {
        let context = IndexContext(media: media, fileOffset: fileOffset)
        return try indexes.value(of: bytes, in: context) { () throws(ManifestError) in
            try SegmentIndexDecoder.decode(bytes, media: media, fileOffset: fileOffset, limits: limits)
        }
    }

    /// What the cache has done with playlists and MPDs.
    package var statistics: Statistics { manifests.statistics }
    /// What the cache has done with segment indexes.
    package var indexStatistics: Statistics { indexes.statistics }
}
