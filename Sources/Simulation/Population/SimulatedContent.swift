import Manifests
import Playback
import Quantities

/// What viewers watch in a simulation: documents that all sessions share, and the size of every segment.
///
/// Resources have no names: a request says by ``ResourceReference`` what it wants.
package final class SimulatedContent: Sendable {
    /// One track.
    struct TrackModel: Sendable {
        /// Its mean bit rate on the wire.
        var rate: BitRate
        /// The sizes of its segments in bytes, from the first, where a document tells them.
        var sizes: [Int64] = []
        /// The number of the first of `sizes`.
        var firstSized: Int64 = 0
        /// The playlist that lists its segments; nil for live ones, which change, and for DASH.
        var playlist: MediaPlaylist?
    }

    /// The manifest.
    let presentation: Presentation
    /// True for a stream without end.
    package let isLive: Bool
    /// How long a segment plays, most of them.
    let segmentDuration: TimeAmount
    /// How many segments a live playlist lists.
    let window: Int64
    /// The wall time of the begin of segment ``liveZero``, where live.
    let wallStart: WallTime
    /// The last segment of content on demand whose segments are otherwise equally long.
    private let lastSegment: (sequence: Int64, duration: TimeAmount)?
    private let tracks: [TrackModel]
    /// Where the tracks of each switching set begin in `tracks`, by period and set.
    private let places: [[Int]]
    private let variation: Double
    private let seed: UInt64
    private let manifestBytes: Int64
    private let playlistBytes: Int64

    /// The number of the segment that begins at the run's zero in a live stream, so that there is a past.
    static let liveZero: Int64 = 100_000

    init(
        presentation: Presentation, isLive: Bool, segmentDuration: TimeAmount, window: Int64, wallStart: WallTime,
        sets: [[[TrackModel]]], lastSegment: (sequence: Int64, duration: TimeAmount)? = nil, variation: Double,
        seed: UInt64
    ) {
        self.lastSegment = lastSegment
        self.presentation = presentation
        self.isLive = isLive
        self.segmentDuration = segmentDuration
        self.window = window
        self.wallStart = wallStart
        self.variation = variation
        self.seed = seed
        var tracks: [TrackModel] = []
        var places: [[Int]] = []
        for period in sets {
            places.append([])
            for set in period {
                places[places.count - 1].append(tracks.count)
                tracks += set
            }
        }
        self.tracks = tracks
        self.places = places
        // What such documents weigh uncompressed in practice: some 200 bytes for each track of a multivariant playlist or
        // MPD, and 60 for each segment of a media playlist.
        manifestBytes = 300 + 200 * Int64(tracks.count)
        let listed = isLive ? window : Int64(tracks.map { $0.playlist.map(Self.count) ?? 0 }.max() ?? 0)
        playlistBytes = 150 + 60 * listed
    }

    private static func count(_ playlist: MediaPlaylist) -> Int {
        Int(clamping: (playlist.segments.lastSequence ?? -1) - playlist.segments.firstSequence + 1)
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

    /// The playlist of a track that does not change.
    func playlist(ofTrack position: Int) -> MediaPlaylist? { tracks[position].playlist }

    /// The number of bytes of a resource.
    func bytes(_ kind: TransferKind, track position: Int, sequence: Int64) -> Int64 {
        switch kind {
        case .manifest: manifestBytes
        case .playlist: playlistBytes
        case .video, .audio, .subtitles: segmentBytes(position, sequence)
        case .initialization: 800
        case .index: 1_000
        case .key: 16
        case .step, .steering, .assetList, .clock: 200
        }
    }

    private func segmentBytes(_ position: Int, _ sequence: Int64) -> Int64 {
        let track = tracks[position]
        let known = sequence - track.firstSized
        if known >= 0, known < Int64(track.sizes.count) { return track.sizes[Int(known)] }
        let duration = sequence == lastSegment?.sequence ? lastSegment?.duration ?? segmentDuration : segmentDuration
        var bytes = track.rate.bitsPerSecond * duration.seconds / 8
        if variation > 0 {
            var generator = SeededGenerator(seed: seed, stream: UInt64(bitPattern: sequence), purpose: Self.purpose)
            bytes *= 1 + variation * (2 * generator.unit() - 1)
        }
        return max(1, Int64(clampingRounded: bytes))
    }

    /// What a segment's size is drawn for.
    private static let purpose: UInt64 = 0x5349_5A45

    /// How many segments of a live stream are complete at an instant; the number behind the last of them.
    func liveEdge(at now: Instant) -> Int64 {
        Self.liveZero + now.nanoseconds / segmentDuration.nanoseconds
    }

    /// The live playlist that ends before a segment; the same for every track, since nothing in it is named.
    func livePlaylist(endingBefore edge: Int64) -> MediaPlaylist {
        let first = edge - window
        let zero = wallStart - TimeAmount(nanoseconds: Self.liveZero &* segmentDuration.nanoseconds)
        let segments = EvenSegments(
            duration: segmentDuration.nanoseconds, firstSequence: first, lastSequence: edge - 1, zeroSequence: first,
            dateOfSequenceZero: zero)
        let target = TimeAmount.seconds(segmentDuration.seconds.rounded(.up))
        return MediaPlaylist(
            targetDuration: target, kind: .live, isEnded: false, segments: SegmentList(segments),
            duration: segmentDuration * Double(window))
    }
}
