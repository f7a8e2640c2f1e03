import Quantities

/// A programme of the synthetic content: any name, on demand or live.
enum AssetKind: Hashable, Sendable {
    /// Under `/vod/<name>/`: the same for ever.
    case onDemand
    /// Under `/live/<name>/`: began at the live start and never ends.
    case live
}

/// What a path of the synthetic content names.
struct ContentAddress: Hashable, Sendable {
    /// The thing in the asset.
    enum Item: Hashable, Sendable {
        /// `master.m3u8`.
        case multivariantPlaylist
        /// `<track>/index.m3u8`.
        case mediaPlaylist(track: Int)
        /// `manifest.mpd`, addressed by `$Number$`.
        case numberManifest
        /// `timeline.mpd`, addressed by `$Time$` with a SegmentTimeline.
        case timelineManifest
        /// `<track>/init.mp4`.
        case initialization(track: Int)
        /// `<track>/<index>.m4s`.
        case segment(track: Int, index: Int64)
        /// `<track>/t<ticks>.m4s`; the time must be exactly the start of a segment.
        case segmentAt(track: Int, ticks: Int64)
    }

    var kind: AssetKind
    var item: Item

    /// Whether the bytes change while time passes.
    var changes: Bool {
        guard kind == .live else { return false }
        switch item {
        case .mediaPlaylist, .numberManifest, .timelineManifest: return true
        case .multivariantPlaylist, .initialization, .segment, .segmentAt: return false
        }
    }

    /// What the resource is to a player.
    var resource: ResourceKind {
        switch item {
        case .multivariantPlaylist, .mediaPlaylist, .numberManifest, .timelineManifest: .playlist
        case .initialization, .segment, .segmentAt: .segment
        }
    }
}

/// The two kinds of resource that edges treat differently.
package enum ResourceKind: String, Sendable, Hashable, CaseIterable {
    /// A playlist or an MPD.
    case playlist
    /// A media or initialization segment, a key, subtitles: everything else.
    case segment
    /// The edge's own clock at `/time`.
    case clock
}

/// A resource with its bytes described, not built.
struct ContentObject: Sendable {
    /// The value of `Content-Type`.
    var mediaType: String
    var parts: [BodyPart]

    /// The number of bytes.
    var size: Int { parts.reduce(0) { $0 + $1.count } }

    init(mediaType: String, parts: [BodyPart]) {
        self.mediaType = mediaType
        self.parts = parts
    }

    init(mediaType: String, bytes: [UInt8]) {
        self.init(mediaType: mediaType, parts: [.bytes(bytes, 0..<bytes.count)])
    }

    init(mediaType: String, text: String) { self.init(mediaType: mediaType, bytes: Array(text.utf8)) }

    /// The parts that make up a range of the bytes; the range must lie in the object.
    func parts(in range: Range<Int>) -> [BodyPart] {
        var result: [BodyPart] = []
        var start = 0
        for part in parts {
            let overlap = range.clamped(to: start..<start + part.count)
            if !overlap.isEmpty { result.append(part.slice(overlap.lowerBound - start..<overlap.upperBound - start)) }
            start += part.count
        }
        return result
    }

    /// All bytes, built; for tests and small things.
    var bytes: [UInt8] {
        parts.flatMap { part in
            switch part {
            case .bytes(let bytes, let range): Array(bytes[range])
            case .filler(let byte, let count): Array(repeating: byte, count: count)
            }
        }
    }
}

/// The cuts of an asset: which segments there are at an instant.
struct SegmentGrid: Sendable {
    /// The nominal duration of a segment.
    let duration: TimeAmount
    /// The whole duration; nil for live.
    let total: TimeAmount?
    /// The instant at which live segment 0 began.
    let start: WallTime
    /// The number of segments in a live window.
    let window: Int64

    /// The segments that playlists list at an instant; empty before the first one is complete.
    func listed(at now: WallTime) -> Range<Int64> {
        guard total == nil else { return 0..<count }
        let end = max(0, floorDivide((now - start).nanoseconds, duration.nanoseconds))
        return max(0, end - window)..<end
    }

    /// The number of segments of an asset on demand.
    var count: Int64 {
        guard let total else { return 0 }
        return max(1, (total.nanoseconds + duration.nanoseconds - 1) / duration.nanoseconds)
    }

    /// The segments that can be fetched at an instant.
    ///
    /// A segment is there from its nominal end, for all tracks alike, and stays after it has left the playlist for its
    /// duration and that of the longest playlist with it (RFC 8216 section 6.2.2).
    func available(at now: WallTime) -> Range<Int64> {
        let listed = listed(at: now)
        guard total == nil else { return listed }
        return max(0, listed.upperBound - 2 * window - 1)..<listed.upperBound
    }

    /// The samples of a segment of a track.
    func samples(of index: Int64, in track: ContentTrack) -> Range<Int64> {
        let first = track.firstSample(ofSegment: index, duration: duration)
        if let total, index == count - 1 {
            return first..<max(first + 1, track.firstSample(at: Int128(total.nanoseconds)))
        }
        return first..<track.firstSample(ofSegment: index + 1, duration: duration)
    }

    /// The segment whose first sample begins at a time of the track, or nil.
    func index(startingAt ticks: Int64, in track: ContentTrack) -> Int64? {
        guard ticks >= 0, ticks % track.sampleTicks == 0 else { return nil }
        let nanoseconds = Int128(ticks) * 1_000_000_000 / Int128(track.timescale)
        let near = Int64(clamping: nanoseconds / Int128(duration.nanoseconds))
        return (max(0, near - 1)...near + 1).first { index in
            track.firstSample(ofSegment: index, duration: duration) * track.sampleTicks == ticks
        }
    }
}
