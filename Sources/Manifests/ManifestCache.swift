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

    /// What some bytes are, whoever fetched them.
    private enum Document: Sendable {
        /// They mean the same for everybody.
        case complete(DecodedManifest)
        /// They take variables from outside.
        case dependent(ContextNeeds)
    }

    /// What an update is read with.
    private struct UpdateContext: Hashable {
        var held: HeldDocument
        var values: ContextNeeds.Values
    }

    private let documents: SharedDecodes<NoContext, Document>
    private let dependents: SharedDecodes<ContextNeeds.Values, DecodedManifest>
    private let updates: SharedDecodes<UpdateContext, DecodedManifest>
    private let indexes: SharedDecodes<IndexContext, SegmentList>
    private let limits: DecodingLimits

    /// Creates an empty cache.
    ///
    /// - Parameters:
    ///   - capacity: The most bytes that playlists and MPDs may hold with what they were decoded to (about three times
    ///     their own size), by default 256 MiB; those that take variables from outside, the results of updates, and
    ///     segment indexes may each hold a quarter as much. A document that does not fit is decoded each time.
    ///   - limits: The bounds for each document.
    package init(capacity: Int = 256 << 20, limits: DecodingLimits = .standard) {
        documents = SharedDecodes(capacity: capacity)
        dependents = SharedDecodes(capacity: capacity / 4)
        updates = SharedDecodes(capacity: capacity / 4)
        indexes = SharedDecodes(capacity: capacity / 4)
        self.limits = limits
    }

    /// Decodes a playlist or MPD, or returns what equal bytes were decoded to before.
    ///
    /// The context counts only for playlists that take something from it, and then only the values they take.
    ///
    /// - Throws: As ``ManifestDecoder``.
    package func decode(_ bytes: [UInt8], context: DecodingContext = .none) throws(ManifestError) -> DecodedManifest {
        switch try document(bytes, context) {
        case .complete(let manifest): return manifest
        case .dependent(let needs):
            return try dependents.value(of: bytes, in: needs.values(in: context)) { () throws(ManifestError) in
                try ManifestDecoder.decode(bytes, context: context, limits: limits)
            }
        }
    }

    private func document(_ bytes: [UInt8], _ context: DecodingContext) throws(ManifestError) -> Document {
        try documents.value(of: bytes, in: NoContext()) { () throws(ManifestError) in
            let outcome = ManifestDecoder.decode(bytes, of: nil, context: context, limits: limits)
            // What was decoded here for the first who asks is decoded again below, once for each set of values.
            return outcome.usesContext ? .dependent(ContextNeeds(of: bytes)) : .complete(try outcome.result.get())
        }
    }

    /// Decodes an update of a document that is held, or returns what it was decoded to before: sessions that hold the
    /// same document and get the same bytes share the result, and a whole document is shared by all.
    ///
    /// - Throws: As ``ManifestDecoder/update(_:of:context:limits:)``.
    package func update(
        _ bytes: [UInt8], of held: DecodedManifest, context: DecodingContext = .none
    ) throws(ManifestError) -> DecodedManifest {
        do {
            return try decode(bytes, context: context)
        } catch {
            guard ManifestDecoder.isUpdate(bytes, refusedWith: error) else { throw error }
        }
        var values = ContextNeeds.Values()
        if case .dependent(let needs)? = try? document(bytes, context) { values = needs.values(in: context) }
        let key = UpdateContext(held: HeldDocument(held), values: values)
        return try updates.value(of: bytes, in: key, extraCost: held.reckonedSize) { () throws(ManifestError) in
            try ManifestDecoder.update(bytes, of: held, context: context, limits: limits)
        }
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
    package var statistics: Statistics { documents.statistics }
    /// What the cache has done with playlists that take variables from outside.
    package var dependentStatistics: Statistics { dependents.statistics }
    /// What the cache has done with delta updates and patches.
    package var updateStatistics: Statistics { updates.statistics }
    /// What the cache has done with segment indexes.
    package var indexStatistics: Statistics { indexes.statistics }
}

extension DecodedManifest {
    /// About how many bytes the document holds, most of which an update of it holds as well.
    fileprivate var reckonedSize: Int {
        switch self {
        case .mediaPlaylist(let playlist):
            let list = playlist.segments.playlistSegments
            return (list?.bytes.count ?? 0) + (list?.entries.count ?? 0) * MemoryLayout<PlaylistSegments.Entry>.stride
                + playlist.extras.parts.count * MemoryLayout<Part>.stride + playlist.extras.dateRanges.count * 1_024
        case .presentation(let presentation): return presentation.patchBase?.reckonedSize ?? 0
        }
    }
}

/// The identity of a document that a session holds, without holding on to it.
private struct HeldDocument: Hashable, Sendable {
    private let id: ObjectIdentifier
    /// Gone when nobody holds the document any more: another one may then have its identifier.
    private weak let object: (any AnyObject & Sendable)?

    init(_ held: DecodedManifest) {
        switch held {
        case .mediaPlaylist(let playlist):
            id = ObjectIdentifier(playlist)
            object = playlist
        case .presentation(let presentation):
            id = ObjectIdentifier(presentation)
            object = presentation
        }
    }

    static func == (left: HeldDocument, right: HeldDocument) -> Bool {
        left.id == right.id && left.object != nil && right.object != nil
    }

    func hash(into hasher: inout Hasher) { hasher.combine(id) }
}
