import Quantities

/// The synthetic programmes: what a path gives at an instant, and nothing else matters.
///
/// `/vod/<name>/`, `/live/<name>/` and the other kinds (``AssetKind``) hold `master.m3u8` (HLS), `manifest.mpd` (DASH by
/// `$Number$`) and `timeline.mpd` (DASH by `$Time$`) over the same segments; any name works. A live segment that is not
/// complete yet does not exist, but in low latency as far as its parts do.
struct SyntheticContent: Sendable {
    let settings: ContentSettings
    /// The tracks of every asset: video, then audio.
    let tracks: [ContentTrack]
    /// Those, and behind them the audio tracks that only `renditions` has: the second language, and both in the
    /// second group.
    let allTracks: [ContentTrack]
    /// The number of video tracks; they come first.
    let videoCount: Int
    let layouts = FileLayouts()
    private let onDemand: SegmentGrid
    private let live: SegmentGrid
    private let asset: SegmentGrid

    /// When what is on demand was recorded, for its program date times: 2026-01-01.
    static let recorded: WallTime = .seconds(1_767_225_600.0)

    /// The languages of the subtitles of `renditions`.
    static let languages = ["en", "nb"]

    /// Creates the content of settings without ``ContentSettings/problems()``.
    init(_ settings: ContentSettings) {
        self.settings = settings
        let longest = max(settings.videoOnDemandSegmentDuration, settings.liveSegmentDuration).seconds
        let pictures = Int(longest * Double(ContentTrack.pictureRate)) + 3
        let frames = Int(longest * 48_000 / 1_024) + 3
        var tracks = settings.videoTracks.enumerated().map { number, track in
            ContentTrack.video(track, number: UInt64(number), samples: pictures)
        }
        videoCount = tracks.count
        var alternates: [ContentTrack] = []
        if let rate = settings.audioBitRate {
            let low = BitRate(bitsPerSecond: max(8_000, rate.bitsPerSecond / 2))
            let number = UInt64(tracks.count)
            tracks.append(.audio(rate, number: number, samples: frames))
            for (place, track) in [("audio-nb", rate), ("audio-low", low), ("audio-low-nb", low)].enumerated() {
                alternates.append(
                    .audio(track.1, name: track.0, number: number + 1 + UInt64(place), samples: frames))
            }
        }
        self.tracks = tracks
        allTracks = tracks + alternates
        func recording(_ duration: TimeAmount) -> SegmentGrid {
            let picture = 1_000_000_000 / ContentTrack.pictureRate
            let total = max(1, (duration.nanoseconds + picture / 2) / picture) * picture
            return SegmentGrid(
                duration: settings.videoOnDemandSegmentDuration, total: TimeAmount(nanoseconds: total),
                start: Self.recorded, window: 0, partDuration: settings.partDuration)
        }
        onDemand = recording(settings.videoOnDemandDuration)
        asset = recording(settings.assetDuration)
        live = SegmentGrid(
            duration: settings.liveSegmentDuration, total: nil, start: settings.liveStart,
            window: Int64(settings.liveWindow), partDuration: settings.partDuration)
    }

    /// The cuts of a kind of asset.
    func grid(of kind: AssetKind) -> SegmentGrid {
        if kind.isLive { return live }
        return kind.feature == .asset ? asset : onDemand
    }

    /// The video tracks, lowest index first.
    var videoTracks: ArraySlice<ContentTrack> { tracks[..<videoCount] }
    /// The audio track, where there is one.
    var audioTrack: ContentTrack? { tracks.count > videoCount ? tracks[videoCount] : nil }

    /// What an address gives at an instant; nil when it does not exist then.
    ///
    /// - Parameters:
    ///   - address: What a path names.
    ///   - now: The instant.
    ///   - directives: What the request of a low-latency playlist lets the server leave out; nothing is waited for here.
    ///   - deployment: The edges around, and what is wrong with the one that answers.
    /// - Returns: The resource, or nil.
    func object(
        at address: ContentAddress, now: WallTime, directives: PlaylistDirectives = PlaylistDirectives(),
        in deployment: Deployment = Deployment()
    ) -> ContentObject? {
        let grid = grid(of: address.kind)
        switch address.item {
        case .multivariantPlaylist:
            let writer = MultivariantWriter(content: self, address: address, deployment: deployment)
            return ContentObject(mediaType: MediaType.hls, text: writer.text())
        case .mediaPlaylist(let track):
            var writer = MediaPlaylistWriter(
                content: self, address: address, track: allTracks[track], now: now, deployment: deployment)
            writer.skip = directives.skip
            return writer.text().map { ContentObject(mediaType: MediaType.hls, text: $0) }
        case .iFramePlaylist(let track):
            let writer = MediaPlaylistWriter(
                content: self, address: address, track: allTracks[track], now: now, deployment: deployment)
            return writer.iFrames().map { ContentObject(mediaType: MediaType.hls, text: $0) }
        case .numberManifest, .timelineManifest:
            let writer = DASHWriter(content: self, address: address, now: now, deployment: deployment)
            return ContentObject(mediaType: MediaType.dash, text: writer.text())
        case .patch(let end):
            let writer = DASHWriter(content: self, address: address, now: now, deployment: deployment)
            return writer.patch(from: end).map { ContentObject(mediaType: MediaType.patch, text: $0) }
        case .initialization(let track):
            return ContentObject(mediaType: mediaType(of: allTracks[track]), bytes: allTracks[track].initialization)
        case .segment, .segmentAt, .part, .file: return media(at: address, now: now)
        case .key(let number):
            guard number <= grid.listed(at: now).upperBound / Int64(settings.keyRotation) else { return nil }
            return ContentObject(mediaType: MediaType.key, bytes: Encryption(settings: settings).key(number))
        case .subtitlePlaylist(let language):
            return SubtitleWriter(grid: grid, isLive: address.kind.isLive, language: language).playlist(at: now)
                .map { ContentObject(mediaType: MediaType.hls, text: $0) }
        case .subtitles(let language, let index):
            guard grid.available(at: now).contains(index) else { return nil }
            let writer = SubtitleWriter(grid: grid, isLive: address.kind.isLive, language: language)
            return ContentObject(mediaType: MediaType.subtitles, text: writer.segment(index))
        case .assetList(let number):
            return ContentObject(
                mediaType: MediaType.json, text: Interstitials(content: self, deployment: deployment).list(number))
        case .sessionData:
            return ContentObject(mediaType: MediaType.json, text: "{\"title\":\"fullhouse\",\"season\":1}\n")
        }
    }

    func mediaType(of track: ContentTrack) -> String { track.kind == .audio ? MediaType.audio : MediaType.video }

    /// The media type of a segment; of everything else `video/mp4`.
    func mediaType(of address: ContentAddress) -> String {
        switch address.item {
        case .segment(let track, _), .segmentAt(let track, _), .part(let track, _): mediaType(of: allTracks[track])
        default: MediaType.video
        }
    }
}
