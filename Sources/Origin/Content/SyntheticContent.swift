import Quantities

/// The synthetic programmes: what a path gives at an instant, and nothing else matters.
///
/// `/vod/<name>/` and `/live/<name>/` hold `master.m3u8` (HLS), `manifest.mpd` (DASH by `$Number$`) and `timeline.mpd`
/// (DASH by `$Time$`) over the same segments; any name works. A live segment that is not complete yet does not exist.
struct SyntheticContent: Sendable {
    let settings: ContentSettings
    let tracks: [ContentTrack]
    /// The number of video tracks; they come first.
    let videoCount: Int
    private let onDemand: SegmentGrid
    private let live: SegmentGrid

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
        if let rate = settings.audioBitRate {
            tracks.append(.audio(rate, number: UInt64(tracks.count), samples: frames))
        }
        self.tracks = tracks
        let picture = 1_000_000_000 / ContentTrack.pictureRate
        let total = max(1, (settings.videoOnDemandDuration.nanoseconds + picture / 2) / picture) * picture
        onDemand = SegmentGrid(
            duration: settings.videoOnDemandSegmentDuration, total: TimeAmount(nanoseconds: total),
            start: .seconds(0.0), window: 0)
        live = SegmentGrid(
            duration: settings.liveSegmentDuration, total: nil, start: settings.liveStart,
            window: Int64(settings.liveWindow))
    }

    /// The cuts of a kind of asset.
    func grid(of kind: AssetKind) -> SegmentGrid { kind == .live ? live : onDemand }

    /// The video tracks, lowest index first.
    var videoTracks: ArraySlice<ContentTrack> { tracks[..<videoCount] }
    /// The audio track, where there is one.
    var audioTrack: ContentTrack? { tracks.count > videoCount ? tracks[videoCount] : nil }

    /// What a path (raw, without the query) names; nil for a path that is never anything.
    func address(of path: String) -> ContentAddress? {
        let pieces = path.split(separator: "/", omittingEmptySubsequences: false)
        guard pieces.count >= 4, pieces.count <= 5, pieces[0].isEmpty, !pieces[2].isEmpty else { return nil }
        let kind: AssetKind
        switch pieces[1] {
        case "vod": kind = .onDemand
        case "live": kind = .live
        default: return nil
        }
        guard let item = pieces.count == 4 ? manifest(pieces[3]) : media(pieces[3], pieces[4]) else { return nil }
        return ContentAddress(kind: kind, item: item)
    }

    private func manifest(_ name: Substring) -> ContentAddress.Item? {
        switch name {
        case "master.m3u8": .multivariantPlaylist
        case "manifest.mpd": .numberManifest
        case "timeline.mpd": .timelineManifest
        default: nil
        }
    }

    private func media(_ trackName: Substring, _ file: Substring) -> ContentAddress.Item? {
        guard let track = tracks.firstIndex(where: { $0.name == trackName }) else { return nil }
        if file == "index.m3u8" { return .mediaPlaylist(track: track) }
        if file == "init.mp4" { return .initialization(track: track) }
        guard file.hasSuffix(".m4s") else { return nil }
        let stem = file.dropLast(4)
        if stem.first == "t" { return Self.number(stem.dropFirst()).map { .segmentAt(track: track, ticks: $0) } }
        return Self.number(stem).map { .segment(track: track, index: $0) }
    }

    /// A decimal number written in the one canonical way; nil above 2^53, so that no sum of ticks can overflow.
    private static func number(_ text: Substring) -> Int64? {
        guard let value = Int64(text), (0...1 << 53).contains(value), String(value) == text else { return nil }
        return value
    }

    /// What an address gives at an instant; nil when it does not exist then.
    func object(at address: ContentAddress, now: WallTime) -> ContentObject? {
        let grid = grid(of: address.kind)
        switch address.item {
        case .multivariantPlaylist:
            return ContentObject(mediaType: MediaType.hls, text: HLSWriter(content: self).multivariant(address.kind))
        case .mediaPlaylist(let track):
            let listed = grid.listed(at: now)
            guard !listed.isEmpty else { return nil }
            let text = HLSWriter(content: self).media(address.kind, track: tracks[track], listed: listed)
            return ContentObject(mediaType: MediaType.hls, text: text)
        case .numberManifest, .timelineManifest:
            let writer = DASHWriter(
                content: self, kind: address.kind, byTime: address.item == .timelineManifest, now: now)
            return ContentObject(mediaType: MediaType.dash, text: writer.text())
        case .initialization(let track):
            return ContentObject(mediaType: mediaType(of: tracks[track]), bytes: tracks[track].initialization)
        case .segment(let track, let index):
            guard grid.available(at: now).contains(index) else { return nil }
            return segment(index, of: tracks[track], grid)
        case .segmentAt(let track, let ticks):
            guard let index = grid.index(startingAt: ticks, in: tracks[track]),
                grid.available(at: now).contains(index)
            else { return nil }
            return segment(index, of: tracks[track], grid)
        }
    }

    private func mediaType(of track: ContentTrack) -> String {
        track.kind == .audio ? MediaType.audio : MediaType.video
    }

    private func segment(_ index: Int64, of track: ContentTrack, _ grid: SegmentGrid) -> ContentObject {
        let samples = grid.samples(of: index, in: track)
        let count = min(samples.count, track.samples.capacity)
        let parts = MediaSegment.parts(
            of: track, sequence: index, firstSample: samples.lowerBound, samples: count,
            size: size(of: index, samples: count, in: track))
        return ContentObject(mediaType: mediaType(of: track), parts: parts)
    }

    /// The wanted size of a segment in bytes: bit rate times duration, varied by the seed, track and index.
    func size(of index: Int64, samples: Int, in track: ContentTrack) -> Int {
        var generator = SeededGenerator(
            seed: settings.seed, stream: UInt64(bitPattern: index), purpose: 0x5125 &+ track.number)
        let factor = 1 + settings.sizeVariation * (2 * generator.unit() - 1)
        let bytes = track.bitRate.bitsPerSecond / 8 * track.seconds(ofSamples: Int64(samples)) * factor
        return Int(Int64(clampingRounded: bytes))
    }
}

/// Media types of what an origin serves.
enum MediaType {
    static let hls = "application/vnd.apple.mpegurl"
    static let dash = "application/dash+xml"
    static let video = "video/mp4"
    static let audio = "audio/mp4"

    /// The media type of a file by its name's extension; nil for what an origin has no business to serve.
    static func ofFile(_ name: some StringProtocol) -> String? {
        guard let dot = name.lastIndex(of: ".") else { return nil }
        switch name[name.index(after: dot)...].lowercased() {
        case "m3u8", "m3u": return hls
        case "mpd": return dash
        case "m4s", "mp4", "m4v", "cmfv": return video
        case "m4a", "cmfa", "aac": return name.hasSuffix("aac") ? "audio/aac" : audio
        case "ts": return "video/mp2t"
        case "vtt": return "text/vtt"
        case "key", "bin": return "application/octet-stream"
        case "json": return "application/json"
        case "jpg", "jpeg": return "image/jpeg"
        case "png": return "image/png"
        default: return "application/octet-stream"
        }
    }
}
