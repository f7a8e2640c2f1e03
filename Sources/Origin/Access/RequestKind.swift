/// What a request is for, with the words that load tests use for their transfers.
package enum RequestKind: String, Sendable, Hashable, CaseIterable {
    /// A multivariant playlist, an MPD, or a patch of one.
    case manifest
    /// A media playlist; of a directory every `.m3u8`.
    case playlist
    /// An initialization section.
    case initialization
    /// A media segment, part or file with video.
    case video
    /// A media segment, part or file with audio alone.
    case audio
    /// A subtitle segment.
    case subtitles
    /// A decryption key.
    case key
    /// The list of assets of an interstitial.
    case assetList = "asset-list"
    /// The steering manifest.
    case steering
    /// The edge's clock.
    case clock
    /// A call of the entitlement API.
    case step
    /// Anything else, and what does not exist.
    case other

    /// Manifests and media playlists.
    package static let playlists: Set<RequestKind> = [.manifest, .playlist]
    /// Everything that is neither a playlist nor an endpoint of the edge itself.
    package static let segments: Set<RequestKind> = [
        .initialization, .video, .audio, .subtitles, .key, .assetList, .other,
    ]
    /// Everything that a gate can stand before: all but the clock, and the API, which has rules of its own.
    package static let gated: Set<RequestKind> = playlists.union(segments).union([.steering])

    /// The kinds of a word on a command line: `all`, `playlists`, `segments` or one kind; nil for another word.
    package static func named(_ word: String) -> Set<RequestKind>? {
        switch word {
        case "all": gated
        case "playlists": playlists
        case "segments": segments
        default: RequestKind(rawValue: word).flatMap { gated.contains($0) ? [$0] : nil }
        }
    }

    /// The words that ``named(_:)`` knows.
    package static let words: [String] =
        ["all", "playlists", "segments"] + allCases.filter(gated.contains).map(\.rawValue)
}

extension SyntheticContent {
    /// What a request of an address is for.
    func kind(of address: ContentAddress) -> RequestKind {
        switch address.item {
        case .multivariantPlaylist, .numberManifest, .timelineManifest, .patch: .manifest
        case .mediaPlaylist, .iFramePlaylist, .subtitlePlaylist: .playlist
        case .initialization: .initialization
        case .segment(let track, _), .segmentAt(let track, _), .part(let track, _), .file(let track):
            track < videoCount ? .video : .audio
        case .key: .key
        case .subtitles: .subtitles
        case .assetList: .assetList
        case .sessionData: .other
        }
    }
}

extension MediaType {
    /// What a request of a file of a directory is for, by the end of its name.
    static func kind(ofFile path: String) -> RequestKind {
        if path.hasSuffix(".key") { return .key }
        guard let type = ofFile(path) else { return .other }
        switch type {
        case dash: return .manifest
        case hls: return .playlist
        case subtitles: return .subtitles
        default:
            if path.hasSuffix("/init.mp4") { return .initialization }
            return type.hasPrefix("audio/") ? .audio : type.hasPrefix("video/") ? .video : .other
        }
    }
}
