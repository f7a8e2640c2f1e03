import Manifests
import Quantities

/// What was read for a report: the document, and those it leads to.
package struct InspectedDocuments: Sendable {
    /// An HLS media playlist and where it came from.
    package struct Playlist: Sendable {
        /// The URI that the multivariant playlist names, resolved.
        package var requestedURI: String
        /// The URI it came from, after redirects.
        package var uri: String
        /// What it was decoded to.
        package var playlist: MediaPlaylist

        /// Creates a playlist.
        package init(requestedURI: String, uri: String, playlist: MediaPlaylist) {
            self.requestedURI = requestedURI
            self.uri = uri
            self.playlist = playlist
        }
    }

    /// The argument: a URI, a file's path, or `-`.
    package var source: String
    /// What references are resolved against; `""` leaves them as written.
    package var uri: String
    /// The document.
    package var manifest: DecodedManifest
    /// The media playlists of a multivariant playlist, in the order of the tracks that name them.
    package var playlists: [Playlist]
    /// The segments of DASH tracks with an index, by the file's resolved URI and period.
    package var indexes: [IndexKey: SegmentList]
    /// The HTTP exchanges in the order of their begin.
    package var transfers: [ReportTransfer]
    /// What was found while fetching.
    package var findings: [ReportFinding]
    /// When all of it was read.
    package var inspectedAt: WallTime

    /// Which segment index: the same file may stand in two periods.
    package struct IndexKey: Sendable, Hashable {
        /// The file's resolved URI.
        package var uri: String
        /// What the MPD says about it.
        package var media: IndexedMedia

        /// Creates a key.
        package init(uri: String, media: IndexedMedia) {
            self.uri = uri
            self.media = media
        }
    }

    /// Creates what was read.
    package init(
        source: String, uri: String, manifest: DecodedManifest, playlists: [Playlist] = [],
        indexes: [IndexKey: SegmentList] = [:], transfers: [ReportTransfer] = [], findings: [ReportFinding] = [],
        inspectedAt: WallTime
    ) {
        self.source = source
        self.uri = uri
        self.manifest = manifest
        self.playlists = playlists
        self.indexes = indexes
        self.transfers = transfers
        self.findings = findings
        self.inspectedAt = inspectedAt
    }
}

/// A document that a presentation leads to and that must be fetched to see its segments.
package struct NeededDocument: Sendable, Hashable {
    /// What it is.
    package enum Kind: Sendable, Hashable {
        /// An HLS media playlist.
        case playlist
        /// A DASH segment index.
        case index(IndexedMedia)
    }

    /// The resolved URI.
    package var uri: String
    /// What it is.
    package var kind: Kind
    /// The first track that needs it, in words such as `video 0`.
    package var track: String
    /// True for what a player would load that nobody gives a choice: the first variant, the default audio and
    /// subtitles.
    package var isPlayedByDefault: Bool

    /// What a presentation needs, each document once, in the order of the tracks.
    ///
    /// - Parameters:
    ///   - presentation: The multivariant playlist or MPD.
    ///   - uri: The URI it came from, after redirects.
    /// - Returns: The media playlists and segment indexes.
    package static func all(of presentation: Presentation, at uri: String) -> [NeededDocument] {
        var result: [NeededDocument] = []
        var positions: [NeededDocument: Int] = [:]
        var defaults: Set<MediaKind> = []
        for set in presentation.periods.flatMap(\.switchingSets) {
            let isFirst = !set.isTrickPlay && set.kind != .other && !defaults.contains(set.kind)
            for (position, track) in set.tracks.enumerated() {
                guard var needed = document(track, of: set, at: uri) else { continue }
                let isPlayed = isFirst && position == 0 && (set.kind == .video || set.isDefault)
                if isPlayed { defaults.insert(set.kind) }
                if let known = positions[needed] {
                    if isPlayed { result[known].isPlayedByDefault = true }
                    continue
                }
                positions[needed] = result.count
                needed.track = "\(set.kind) \(track.id)"
                needed.isPlayedByDefault = isPlayed
                result.append(needed)
            }
        }
        if !result.contains(where: \.isPlayedByDefault), !result.isEmpty { result[0].isPlayedByDefault = true }
        return result
    }

    /// The document that lists a track's segments, without the track's name; nil where the manifest lists them itself.
    package static func document(_ track: Track, of set: SwitchingSet, at uri: String) -> NeededDocument? {
        guard let location = track.locations.first else { return nil }
        let base = location.resolved(against: uri)
        switch track.media {
        case .playlist: return NeededDocument(uri: base, kind: .playlist, track: "", isPlayedByDefault: false)
        case .indexed(let media):
            let plain = URIReference.resolve(media.uri, against: base)
            let file = track.query?.applied(to: plain, manifestURI: uri) ?? plain
            return NeededDocument(uri: file, kind: .index(media), track: "", isPlayedByDefault: false)
        case .segments, .muxed: return nil
        }
    }
}
