import Quantities

/// All watches over the documents and tracks of one event loop: one of each for every resource and edge.
///
/// Not `Sendable` and without locks: only the loop's own thread may call it. What it remembers is bounded; beyond that,
/// further resources are not watched.
package final class StreamWatch {
    /// What watches are told apart by.
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

    /// Something that several watches share.
    private final class Shared<Value> {
        var value: Value
        init(_ value: Value) { self.value = value }
    }

    /// All that is watched of one resource on one edge.
    private final class Resource {
        let name: String
        let edges: Shared<EdgeComparison>
        let variants: Shared<VariantComparison>
        var playlist: PlaylistWatch
        var presentation = PresentationWatch()

        init(name: String, edges: Shared<EdgeComparison>, variants: Shared<VariantComparison>, ignoresFolders: Bool) {
            self.name = name
            self.edges = edges
            self.variants = variants
            playlist = PlaylistWatch(ignoresFolders: ignoresFolders)
        }
    }

    /// The most segments that the watched versions of playlists may have together: they are kept from the cache.
    private static let segmentLimit: Int64 = 2_000_000

    private let limit: Int
    private let ignoresFolders: Bool
    /// By the URI as it was asked for, so that nothing has to be taken apart again.
    private var asked: [Key: Resource] = [:]
    private var resources: [Key: Resource] = [:]
    private var edges: [Key: Shared<EdgeComparison>] = [:]
    private var variants: [Key: Shared<VariantComparison>] = [:]
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

    // MARK: - Documents

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
        guard let resource = resource(Key(stream: stream, edge: edge, resource: uri)) else { return [] }
        let before = resource.playlist.current
        let isKnown = before === playlist
        if !isKnown, heldSegments + playlist.segmentCount > Self.segmentLimit { return playlist.findings }
        var findings = resource.playlist.observe(playlist, answer)
        findings += resource.edges.value.observe(playlist, answer, edge: edge)
        guard !isKnown else { return findings }
        findings += resource.variants.value.observe(playlist, answer, name: resource.name)
        if resource.playlist.current === playlist {
            heldSegments += playlist.segmentCount - (before?.segmentCount ?? 0)
        }
        return findings
    }

    /// Looks at an MPD or a multivariant playlist that a viewer got; parameters as for media playlists.
    package func observe(
        _ presentation: Presentation, uri: String, stream: String, edge: String, _ answer: DocumentAnswer
    ) -> [Finding] {
        guard let resource = resource(Key(stream: stream, edge: edge, resource: uri)) else { return [] }
        var findings = resource.presentation.observe(presentation, answer)
        if presentation.isDynamic { findings += resource.edges.value.observe(presentation, answer, edge: edge) }
        return findings
    }

    private func resource(_ raw: Key) -> Resource? {
        if let known = asked[raw] { return known }
        let key = Key(stream: raw.stream, edge: raw.edge, resource: PublicName.of(raw.resource))
        let resource = resources[key] ?? made(key)
        guard let resource else { return nil }
        // Every viewer may have a URI of his own.
        if asked.count >= limit { asked.removeAll(keepingCapacity: true) }
        asked[raw] = resource
        return resource
    }

    private func made(_ key: Key) -> Resource? {
        guard resources.count < limit else { return nil }
        let place = Key(stream: key.stream, edge: "", resource: key.resource)
        let group = Key(stream: key.stream, edge: key.edge, resource: "")
        let comparison = edges[place] ?? Shared(EdgeComparison(ignoresFolders: ignoresFolders))
        let renditions = variants[group] ?? Shared(VariantComparison())
        edges[place] = comparison
        variants[group] = renditions
        let resource = Resource(
            name: key.resource, edges: comparison, variants: renditions, ignoresFolders: ignoresFolders)
        resources[key] = resource
        return resource
    }

    /// The ages of live playlists since the last call, summed by stream and edge; they begin anew.
    package func takeAges() -> [Ages] {
        var sums: [Key: UpdateAges] = [:]
        for (key, resource) in resources {
            let ages = resource.playlist.takeAges()
            guard ages.maximum > 0 || ages.count > 0 else { continue }
            sums[Key(stream: key.stream, edge: key.edge, resource: ""), default: UpdateAges()].merge(ages)
        }
        return sums.map { Ages(stream: $0.key.stream, edge: $0.key.edge, ages: $0.value) }
    }

    // MARK: - Segments

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
        if let position = tracks.index(forKey: key) {
            return tracks.values[position].observe(sequence: sequence, duration: duration, bytes: bytes)
        }
        guard tracks.count < limit else { return [] }
        return tracks[key, default: BitRateWatch(declaration())]
            .observe(sequence: sequence, duration: duration, bytes: bytes)
    }
}

extension MediaPlaylist {
    /// How many segments it has; parts count as well.
    fileprivate var segmentCount: Int64 {
        let last = segments.lastSequence ?? segments.firstSequence
        return max(0, last &- segments.firstSequence) &+ 1 &+ Int64(extras.parts.count)
    }
}
