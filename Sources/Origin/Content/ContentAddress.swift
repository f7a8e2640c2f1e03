import Quantities

/// What a path of the synthetic content names.
struct ContentAddress: Hashable, Sendable {
    /// The thing in the asset.
    enum Item: Hashable, Sendable {
        /// `master.m3u8`.
        case multivariantPlaylist
        /// `<track>/index.m3u8`.
        case mediaPlaylist(track: Int)
        /// `<track>/iframes.m3u8`.
        case iFramePlaylist(track: Int)
        /// `manifest.mpd`, addressed by `$Number$`.
        case numberManifest
        /// `timeline.mpd`, addressed by `$Time$` with a SegmentTimeline.
        case timelineManifest
        /// `patches/<count>.mpp`: from the MPD whose timeline ended before this segment.
        case patch(from: Int64)
        /// `<track>/init.mp4`.
        case initialization(track: Int)
        /// `<track>/<index>.m4s`.
        case segment(track: Int, index: Int64)
        /// `<track>/t<ticks>.m4s`; the time must be exactly the start of a segment.
        case segmentAt(track: Int, ticks: Int64)
        /// `<track>/<index>.<part>.m4s`.
        case part(track: Int, number: PartNumber)
        /// `<track>/media.mp4`: all segments behind their index in one file.
        case file(track: Int)
        /// `keys/<number>.key`.
        case key(Int64)
        /// `subtitles-<language>/index.m3u8`.
        case subtitlePlaylist(language: String)
        /// `subtitles-<language>/<index>.vtt`.
        case subtitles(language: String, index: Int64)
        /// `assets/<break>.json`.
        case assetList(Int64)
        /// `session.json`.
        case sessionData
    }

    var kind: AssetKind
    /// The programme's name, as in the path; any will do.
    var name: String
    var item: Item
    /// Whether the track's folder begins with `ad-`: the media of breaks, whose time begins anew in each of them.
    var isAd = false

    /// Whether the bytes change while time passes.
    var changes: Bool { kind.isLive && resource == .playlist && item != .multivariantPlaylist }

    /// What the resource is to a player.
    var resource: ResourceKind {
        switch item {
        case .multivariantPlaylist, .mediaPlaylist, .iFramePlaylist, .numberManifest, .timelineManifest, .patch,
            .subtitlePlaylist:
            .playlist
        case .initialization, .segment, .segmentAt, .part, .file, .key, .subtitles, .assetList, .sessionData: .segment
        }
    }
}

/// The kinds of resource that edges treat differently.
package enum ResourceKind: String, Sendable, Hashable, CaseIterable {
    /// A playlist or an MPD.
    case playlist
    /// A media or initialization segment, a key, subtitles: everything else.
    case segment
    /// The edge's own clock at `/time`.
    case clock
    /// The steering manifest at `/steering`.
    case steering
    /// A call of the entitlement API below `/api/`.
    case entitlement
}
