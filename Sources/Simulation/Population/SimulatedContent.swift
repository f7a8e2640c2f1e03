import Manifests
import Playback
import Quantities

/// What viewers watch in a simulation: documents that all sessions share, and the size of every segment.
///
/// Resources have no names: a request says by ``ResourceReference`` what it wants.
package final class SimulatedContent: Sendable {
    /// One track.
    struct TrackModel: Sendable {
        /// Its mean bit rate on the wire, for segments whose size is not known.
        var rate: BitRate
        /// When its segments play, one by one; nil where all are equally long.
        var timing: RecordedTiming?
        /// The number of the first segment of `timing`; nil where it is repeated without end, from segment 0.
        var firstSequence: Int64?
        /// The sizes of its segments in bytes, by their place in `timing`; 0 for one that is not known, empty for none.
        var sizes: [Int64] = []
        /// The playlist that lists its segments; nil for live ones, which change, for DASH, and where it is missing.
        var playlist: MediaPlaylist?
        /// The content of its segment index; nil where it has none, or where it is missing.
        var index: SegmentList?
        /// The place of its live playlists in `shapes`.
        var shape: Int?
        /// The bytes of its playlist or segment index, and of its initialization section.
        var documentBytes: Int64 = SimulatedContent.typicalIndexBytes
        var initializationBytes: Int64 = SimulatedContent.typicalInitializationBytes
    }

    /// The manifest.
    let presentation: Presentation
    /// True for a stream without end.
    package let isLive: Bool
    /// What was assumed of a real stream, and what of it is not part of the simulation: a sentence each.
    package let notes: [String]
    /// How long a segment plays, where no timing is recorded.
    private let segmentDuration: TimeAmount
    /// The wall time of the run's zero.
    private let wallStart: WallTime
    /// The last segment of content on demand whose segments are otherwise equally long.
    private let lastSegment: (sequence: Int64, duration: TimeAmount)?
    private let tracks: [TrackModel]
    /// What live playlists look like; tracks whose playlists would be the same share one.
    private let shapes: [LiveShape]
    /// Where the tracks of each switching set begin in `tracks`, by period and set.
    private let places: [[Int]]
    private let variation: Double
    private let seed: UInt64
    private let manifestBytes: Int64

    /// The number of the segment that begins at the run's zero in an even live stream, so that there is a past.
    static let liveZero: Int64 = 100_000
    /// What an initialization section and a segment index weigh in practice.
    static let typicalInitializationBytes: Int64 = 800
    static let typicalIndexBytes: Int64 = 1_000

    /// What such documents weigh uncompressed in practice: some 200 bytes for each track of a multivariant playlist or MPD.
    static func typicalManifestBytes(tracks: Int) -> Int64 { 300 + 200 * Int64(tracks) }
    /// The same, 60 for each segment of a media playlist.
    static func typicalPlaylistBytes(segments: Int64) -> Int64 { 150 + 60 * max(0, segments) }

    /// What everything is made of.
    struct Parts {
        var presentation: Presentation
        var isLive: Bool
        /// The tracks by period and set, as in the presentation.
        var tracks: [[[TrackModel]]]
        var shapes: [LiveShape] = []
        var segmentDuration: TimeAmount
        var lastSegment: (sequence: Int64, duration: TimeAmount)?
        var variation: Double
        /// Nil is what is typical.
        var manifestBytes: Int64?
        var notes: [String] = []
    }

    init(_ parts: Parts, wallStart: WallTime, seed: UInt64) {
        presentation = parts.presentation
        isLive = parts.isLive
        notes = parts.notes
        lastSegment = parts.lastSegment
        segmentDuration = parts.segmentDuration
        shapes = parts.shapes
        variation = parts.variation
        self.wallStart = wallStart
        self.seed = seed
        var tracks: [TrackModel] = []
        var places: [[Int]] = []
        for period in parts.tracks {
            places.append([])
            for set in period {
                places[places.count - 1].append(tracks.count)
                tracks += set
            }
        }
        self.tracks = tracks
        self.places = places
        manifestBytes = parts.manifestBytes ?? Self.typicalManifestBytes(tracks: tracks.count)
    }

    /// The position of a track among all; nil where there is none.
    func position(of resource: ResourceReference) -> Int? {
        let period = Int(resource.period)
        guard period >= 0, period < places.count else { return nil }
        let set = Int(resource.set)
        guard set >= 0, set < places[period].count else { return nil }
        let position = places[period][set] + Int(resource.track)
        return position >= 0 && position < tracks.count ? position : nil
    }

    /// The playlist of a track that does not change; nil where it is missing.
    func playlist(ofTrack position: Int) -> MediaPlaylist? { tracks[position].playlist }

    /// The segment index of a track; nil where it is missing.
    func index(ofTrack position: Int) -> SegmentList? {
        tracks.indices.contains(position) ? tracks[position].index : nil
    }

    // MARK: Live playlists

    /// Which live playlists a track has; nil for one that does not change or has none.
    func shape(ofTrack position: Int) -> Int? {
        tracks.indices.contains(position) ? tracks[position].shape : nil
    }

    /// How many segments of a live track are complete at an instant, which is the number behind the last of them; nil for a
    /// track without live playlists.
    func liveEdge(ofTrack position: Int, at now: Instant) -> Int64? {
        shape(ofTrack: position).map { shapes[$0].edge(at: now) }
    }

    /// The live playlist of a shape that ends before a segment; nothing in it is named.
    func livePlaylist(_ shape: Int, endingBefore edge: Int64) -> MediaPlaylist {
        shapes[shape].playlist(endingBefore: edge, wallStart: wallStart)
    }

    // MARK: Sizes

    /// The number of bytes of a resource.
    func bytes(_ kind: TransferKind, track position: Int, sequence: Int64) -> Int64 {
        switch kind {
        case .manifest: manifestBytes
        case .playlist, .index: tracks[position].documentBytes
        case .video, .audio, .subtitles: segmentBytes(position, sequence)
        case .initialization: tracks[position].initializationBytes
        case .key: 16
        case .step, .steering, .assetList, .clock: 200
        }
    }

    private func segmentBytes(_ position: Int, _ sequence: Int64) -> Int64 {
        guard let timing = tracks[position].timing else {
            let isLast = sequence == lastSegment?.sequence
            return drawn(
                tracks[position].rate, isLast ? lastSegment?.duration ?? segmentDuration : segmentDuration, sequence)
        }
        let count = Int64(timing.count)
        let place =
            tracks[position].firstSequence.map { sequence - $0 } ?? RepeatedSegments.split(sequence, count).rest
        guard place >= 0, place < count else { return drawn(tracks[position].rate, segmentDuration, sequence) }
        let sizes = tracks[position].sizes
        if place < Int64(sizes.count), sizes[Int(place)] > 0 { return sizes[Int(place)] }
        return drawn(tracks[position].rate, TimeAmount(nanoseconds: timing.durations[Int(place)]), sequence)
    }

    private func drawn(_ rate: BitRate, _ duration: TimeAmount, _ sequence: Int64) -> Int64 {
        var bytes = rate.bitsPerSecond * duration.seconds / 8
        if variation > 0 {
            var generator = SeededGenerator(seed: seed, stream: UInt64(bitPattern: sequence), purpose: Self.purpose)
            bytes *= 1 + variation * (2 * generator.unit() - 1)
        }
        return max(1, Int64(clampingRounded: bytes))
    }

    /// What a segment's size is drawn for.
    private static let purpose: UInt64 = 0x5349_5A45
}
