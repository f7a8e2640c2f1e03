import Quantities

/// All watches over the documents and tracks of one event loop: one of each for every resource and edge.
///
/// Not `Sendable` and without locks: only the loop's own thread may call it. What it remembers is bounded; beyond that,
/// further resources are not watched.
package final class StreamWatch {
    /// What documents are told apart by.
    private struct Key: Hashable {
        var stream: String
        var edge: String
        var resource: String
    }

    /// How the versions of a stream's playlists aged on an edge.
    package struct Ages: Sendable, Hashable {
        /// The stream's name in the profile.
        package var stream: String
        /// The peer's address.
        package var edge: String
        /// The ages.
        package var ages: UpdateAges

        /// Creates ages of a stream on an edge.
        package init(stream: String, edge: String, ages: UpdateAges) {
            self.stream = stream
            self.edge = edge
            self.ages = ages
        }
    }

    /// The most segments that the watched versions of playlists may have together: they are kept from the cache.
    private static let segmentLimit: Int64 = 2_000_000

    private let limit: Int
    private let ignoresFolders: Bool
    private var names: [String: String] = [:]
    private var playlists: [Key: PlaylistWatch] = [:]
    private var presentations: [Key: PresentationWatch] = [:]
    private var edges: [Key: EdgeComparison] = [:]
    private var variants: [Key: VariantComparison] = [:]
    private var tracks: [Key: BitRateWatch] = [:]
    private var heldSegments: Int64 = 0

    /// Creates watches that have seen nothing.
    ///
    /// - Parameters:
    ///   - limit: The most resources of each kind that are watched; by default 4 000.
    ///   - ignoresFolders: As in ``PlaylistWatch/init(ignoresFolders:)``: true when tokens travel in paths.
    package init(limit: Int = 4_000, ignoresFolders: Bool = false) {
        self.limit = max(1, limit)
        self.ignoresFolders = ignoresFolders
    }

    /// Looks at a media playlist that a viewer got.
    ///
    /// - Parameters:
    ///   - playlist: The whole playlist.
    ///   - uri: Where it came from; what may be a token is left out.
    ///   - stream: The stream's name in the profile.
    ///   - edge: The peer's address.
    ///   - answer: How it came.
    /// - Returns: What is wrong; mostly nothing.
    package func observe(
        _ playlist: MediaPlaylist, uri: String, stream: String, edge: String, _ answer: DocumentAnswer
    ) -> [Finding] {
        let key = Key(stream: stream, edge: edge, resource: name(of: uri))
        guard playlists[key] != nil || playlists.count < limit else { return [] }
        let before = playlists[key]?.current
        let isKnown = before === playlist
        if !isKnown, heldSegments + playlist.segmentCount > Self.segmentLimit { return playlist.findings }
        var findings = playlists[key, default: PlaylistWatch(ignoresFolders: ignoresFolders)].observe(playlist, answer)
        if !isKnown, playlists[key]?.current === playlist {
            heldSegments += playlist.segmentCount - (before?.segmentCount ?? 0)
        }
        let resource = Key(stream: stream, edge: "", resource: key.resource)
        findings += edges[resource, default: EdgeComparison(ignoresFolders: ignoresFolders)]
            .observe(playlist, answer, edge: edge)
        if !isKnown {
            let group = Key(stream: stream, edge: edge, resource: "")
            findings += variants[group, default: VariantComparison()].observe(playlist, answer, name: key.resource)
        }
        return findings
    }

    /// Looks at an MPD or a multivariant playlist that a viewer got; parameters as for media playlists.
    package func observe(
        _ presentation: Presentation, uri: String, stream: String, edge: String, _ answer: DocumentAnswer
    ) -> [Finding] {
        let key = Key(stream: stream, edge: edge, resource: name(of: uri))
        guard presentations[key] != nil || presentations.count < limit else { return [] }
        let isKnown = presentations[key]?.current === presentation
        var findings = presentations[key, default: PresentationWatch()].observe(presentation, answer)
        if presentation.isDynamic, !isKnown || presentations.count > 1 {
            let resource = Key(stream: stream, edge: "", resource: key.resource)
            findings += edges[resource, default: EdgeComparison(ignoresFolders: ignoresFolders)]
                .observe(presentation, answer, edge: edge)
        }
        return findings
    }

    /// Counts the size of a whole segment towards the bit rate of its track.
    ///
    /// - Parameters:
    ///   - track: What tells the track from others of the stream, the same for all viewers.
    ///   - stream: The stream's name in the profile.
    ///   - declaration: What the documents declare for the track; that of the first call counts.
    ///   - sequence: The segment's number.
    ///   - duration: How long it plays.
    ///   - bytes: Its size.
    /// - Returns: What is wrong; mostly nothing.
    package func observeSegment(
        track: String, stream: String, _ declaration: @autoclosure () -> BitRateWatch.Declaration, sequence: Int64,
        duration: TimeAmount, bytes: Int64
    ) -> [Finding] {
        let key = Key(stream: stream, edge: "", resource: track)
        if tracks[key] == nil {
            guard tracks.count < limit else { return [] }
            tracks[key] = BitRateWatch(declaration())
        }
        return tracks[key]?.observe(sequence: sequence, duration: duration, bytes: bytes) ?? []
    }

    /// The ages of live playlists since the last call, summed by stream and edge; they begin anew.
    package func takeAges() -> [Ages] {
        var sums: [Key: UpdateAges] = [:]
        for key in playlists.keys {
            guard let ages = playlists[key]?.takeAges(), ages.maximum > 0 || ages.count > 0 else { continue }
            sums[Key(stream: key.stream, edge: key.edge, resource: ""), default: UpdateAges()].merge(ages)
        }
        return sums.map { Ages(stream: $0.key.stream, edge: $0.key.edge, ages: $0.value) }
    }

    /// The public name of a URI; viewers mostly ask for the same ones.
    private func name(of uri: String) -> String {
        if let known = names[uri] { return known }
        let name = PublicName.of(uri)
        if names.count >= limit { names.removeAll(keepingCapacity: true) }
        names[uri] = name
        return name
    }
}

extension MediaPlaylist {
    /// How many segments it has; parts count as well.
    fileprivate var segmentCount: Int64 {
        let last = segments.lastSequence ?? segments.firstSequence
        return max(0, last &- segments.firstSequence) &+ 1 &+ Int64(extras.parts.count)
    }
}
