import Manifests
import Playback
import Quantities
import Transport

/// An HLS stream made up in memory: three video tracks and audio apart, segments of two seconds, on demand or live.
///
/// Documents are made once and handed to every session, as the run's shared decoding does.
struct Stream {
    static let segmentSeconds = 2.0
    static let bitRates: [Double] = [1_000_000, 3_000_000, 6_000_000]
    private static let audioBitRate = 128_000.0
    /// Segments that a live playlist lists.
    private static let window: Int64 = 10
    /// What the modelled link gives each transfer, in bit/s, after its latency.
    private static let bandwidth = 20e6
    private static let latency = 0.03

    let presentation: Presentation
    /// On demand the one list; live those of each two seconds.
    private let playlists: [MediaPlaylist]

    init(isLive: Bool, seconds: Double) {
        let tracks = Self.bitRates.enumerated().map { index, rate in
            Track(
                id: "\(index)", bitRate: BitRate(bitsPerSecond: rate),
                media: .playlist, locations: [TrackLocation(references: ["video-\(index)/list.m3u8"], audioGroup: "a")])
        }
        let audio = Track(
            id: "en", bitRate: .zero, media: .playlist,
            locations: [TrackLocation(references: ["audio-en/list.m3u8"])])
        let sets = [
            SwitchingSet(kind: .video, tracks: tracks),
            SwitchingSet(id: "a", kind: .audio, isDefault: true, tracks: [audio]),
        ]
        presentation = Presentation(format: .hls, periods: [Period(switchingSets: sets)])
        let count = Int64(seconds / Self.segmentSeconds) + 60
        playlists =
            isLive
            ? (0..<count).map { Self.playlist($0..<$0 + Self.window, isLive: true) }
            : [Self.playlist(0..<count, isLive: false)]
    }

    private static func playlist(_ numbers: Range<Int64>, isLive: Bool) -> MediaPlaylist {
        let segments = numbers.map { number in
            Segment(
                sequence: number, start: .seconds(Double(number - numbers.lowerBound) * segmentSeconds),
                duration: .seconds(segmentSeconds), uri: "segment-\(number).m4s",
                initialization: InitializationSection(uri: "init.mp4"),
                programDateTime: isLive ? .seconds(wallStart + Double(number - window) * segmentSeconds) : nil)
        }
        return MediaPlaylist(
            targetDuration: .seconds(segmentSeconds), kind: isLive ? .live : .vod, isEnded: !isLive,
            segments: SegmentList(segments), duration: .seconds(Double(segments.count) * segmentSeconds))
    }

    /// The wall time at the clock's zero, in seconds since 1970.
    static let wallStart = 1_000_000.0

    /// What becomes of a request that is begun now.
    func answer(to request: SessionRequest, at now: Instant) -> TransferReport {
        var bytes = 800.0
        var document = TransferReport.Document.none
        switch request.kind {
        case .manifest: document = .manifest(.presentation(presentation))
        case .playlist:
            let number = min(playlists.count - 1, Int(now.seconds / Self.segmentSeconds))
            document = .manifest(.mediaPlaylist(playlists[number]))
        case .video: bytes = Self.bitRates[Self.track(of: request.uri)] * Self.segmentSeconds / 8
        case .audio: bytes = Self.audioBitRate * Self.segmentSeconds / 8
        case .initialization, .key, .index, .subtitles, .step, .steering, .assetList, .clock: break
        }
        let timings = TransferTimings(
            begun: now, firstByte: .seconds(Self.latency), total: .seconds(Self.latency + bytes * 8 / Self.bandwidth))
        return TransferReport(
            timings: timings, status: 200, bytes: ByteCount(Int64(bytes)), document: document, edge: "127.0.0.1",
            cache: .hit, pop: "OSL", connectionReused: true)
    }

    /// The digit behind `video-` in `…/video-1/segment-7.m4s`.
    private static func track(of uri: String) -> Int {
        var previous: UInt8 = 0
        for byte in uri.utf8 {
            if previous == UInt8(ascii: "-") { return max(0, min(Int(byte) - 0x30, bitRates.count - 1)) }
            previous = byte
        }
        return 0
    }
}
