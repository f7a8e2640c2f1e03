import Manifests
import Playback
import Quantities

/// An HLS stream made up in memory: video tracks of constant bit rate, perhaps audio apart, VOD or live.
struct HLSContent: PlaybackHarness.Content {
    var bitRates: [Double] = [500_000, 1_000_000, 3_000_000]
    var segmentDuration: Double = 4
    /// Segments of a VOD stream; nil makes it live.
    var segments: Int64? = 5
    var hasAudio = false
    /// Live: segments listed, and whether dates are given.
    var window: Int64 = 6
    var hasDates = true
    var isEncrypted = false
    /// The format of a protection system's key on every segment; nil means none.
    var keyFormat: String?
    /// Live: the encoder stops to write at this second.
    var frozenFrom = Double.infinity
    /// Answers that go wrong: the URI's end, from second, to second, status.
    var faults: [(suffix: String, from: Double, to: Double, status: Int)] = []
    var gap: Int64?

    func answer(_ request: SessionRequest, at now: Double) -> PlaybackHarness.Answer {
        for fault in faults where request.uri.hasSuffix(fault.suffix) && fault.from <= now && now < fault.to {
            return PlaybackHarness.Answer(status: fault.status, bytes: 100)
        }
        switch request.kind {
        case .manifest where request.uri.hasSuffix("list"):
            return PlaybackHarness.Answer(bytes: 1_000, document: .manifest(.mediaPlaylist(playlist(at: now))))
        case .manifest: return PlaybackHarness.Answer(bytes: 500, document: .manifest(.presentation(master)))
        case .playlist:
            return PlaybackHarness.Answer(
                bytes: 1_000, document: .manifest(.mediaPlaylist(playlist(at: min(now, frozenFrom)))))
        case .video:
            let track = Self.track(of: request.uri)
            return PlaybackHarness.Answer(bytes: Int64(bitRates[track] * segmentDuration / 8))
        case .audio: return PlaybackHarness.Answer(bytes: Int64(96_000 * segmentDuration / 8))
        case .key: return PlaybackHarness.Answer(bytes: 16)
        case .initialization, .index, .subtitles, .step, .steering, .assetList, .clock:
            return PlaybackHarness.Answer(bytes: 800)
        }
    }

    private var master: Presentation {
        let tracks = bitRates.indices.map { index in
            Track(
                id: "\(index)", bitRate: BitRate(bitsPerSecond: bitRates[index]),
                media: .playlist,
                locations: [TrackLocation(references: ["t\(index)/list"], audioGroup: hasAudio ? "a" : nil)])
        }
        var sets = [SwitchingSet(kind: .video, tracks: tracks)]
        if hasAudio {
            let audio = Track(
                id: "en", bitRate: .zero, media: .playlist, locations: [TrackLocation(references: ["t9/list"])])
            sets.append(SwitchingSet(id: "a", kind: .audio, isDefault: true, tracks: [audio]))
        }
        return Presentation(format: .hls, periods: [Period(switchingSets: sets)])
    }

    private func playlist(at now: Double) -> MediaPlaylist {
        let first: Int64
        let end: Int64
        if let segments {
            first = 0
            end = segments
        } else {
            end = 10 + Int64(now / segmentDuration)
            first = end - window
        }
        let list = (first..<end).map { number in
            let start = Double(number - first) * segmentDuration
            return Segment(
                sequence: number, start: .seconds(start), duration: .seconds(segmentDuration), uri: "s\(number)",
                initialization: InitializationSection(uri: "init"),
                keys: isEncrypted
                    ? [EncryptionKey(method: "AES-128", uri: "key")]
                    : keyFormat.map { [EncryptionKey(method: "SAMPLE-AES", uri: "skd:", keyFormat: $0)] } ?? [],
                isGap: number == gap,
                programDateTime: hasDates && segments == nil
                    ? .seconds(1_000_000 + Double(number - 10) * segmentDuration) : nil)
        }
        return MediaPlaylist(
            targetDuration: .seconds(segmentDuration), kind: segments == nil ? .live : .vod, isEnded: segments != nil,
            segments: SegmentList(list), duration: .seconds(Double(list.count) * segmentDuration))
    }
}

extension HLSContent {
    /// The track's number stands in the playlist's folder, so segments resolve to `…/t1/s7`.
    static func track(of uri: String) -> Int {
        let folder = uri.split(separator: "/").dropLast().last ?? ""
        return Int(folder.dropFirst()) ?? 0
    }
}
