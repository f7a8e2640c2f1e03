import Manifests
import Quantities
import Transport

/// What a transfer was for.
package enum TransferKind: UInt8, Sendable, Codable, CaseIterable {
    /// HLS multivariant playlist or DASH MPD.
    case manifest
    /// HLS media playlist.
    case playlist
    /// DASH segment index.
    case index
    /// Initialization section.
    case initialization
    /// Media segment with video.
    case video
    /// Media segment with audio alone.
    case audio
    /// Subtitle segment.
    case subtitles
    /// Decryption key.
    case key
    /// A step of the viewer's journey.
    case step
    /// What a steering server says about where to fetch.
    case steering
    /// The list of assets of an interstitial.
    case assetList
    /// The time, as a DASH presentation wants it asked (UTCTiming).
    case clock

    /// The word for reports.
    package var label: String {
        switch self {
        case .manifest: "manifest"
        case .playlist: "playlist"
        case .index: "index"
        case .initialization: "initialization"
        case .video: "video"
        case .audio: "audio"
        case .subtitles: "subtitles"
        case .key: "key"
        case .step: "step"
        case .steering: "steering"
        case .assetList: "asset-list"
        case .clock: "clock"
        }
    }
}

/// The states of a playback, as in CMCD v2 (`sta`).
package enum PlaybackState: UInt8, Sendable, Codable, CaseIterable {
    case starting
    case playing
    case rebuffering
    case seeking
    case paused
    case ended
    case failed
    case quit

    /// The letter of a timeline: s p r k a e f q.
    package var letter: Character {
        switch self {
        case .starting: "s"
        case .playing: "p"
        case .rebuffering: "r"
        case .seeking: "k"
        case .paused: "a"
        case .ended: "e"
        case .failed: "f"
        case .quit: "q"
        }
    }

    /// True when nothing follows.
    package var isFinal: Bool {
        switch self {
        case .ended, .failed, .quit: true
        case .starting, .playing, .rebuffering, .seeking, .paused: false
        }
    }
}

/// Why a session failed.
package enum SessionFailure: Error, Sendable, Hashable {
    /// A transfer that the session cannot do without failed for good: what it was for, the status (0 without one) and
    /// the label of the error (`""` when there was a status).
    case transfer(TransferKind, status: Int, error: String)
    /// A document could not be decoded; the sentence says why.
    case manifest(TransferKind, sentence: String)
    /// The presentation has nothing to play.
    case nothingToPlay
    /// A live presentation stopped growing.
    case stuckPlaylist
    /// The licence was refused: the status (0 without one) and the label of the error (`""` when there was a status).
    case licence(status: Int, error: String)

    /// A short, stable word for counting.
    package var label: String {
        switch self {
        case .transfer(let kind, let status, let error): "\(kind.label)-\(status > 0 ? String(status) : error)"
        case .manifest(let kind, _): "\(kind.label)-unreadable"
        case .nothingToPlay: "nothing-to-play"
        case .stuckPlaylist: "stuck-playlist"
        case .licence(let status, let error): "licence-\(status > 0 ? String(status) : error)"
        }
    }
}

/// What a response's headers said of the cache (qoe.md section 7).
package enum CacheStatus: UInt8, Sendable, Codable, CaseIterable {
    case unknown
    case hit
    case miss
    case stale
    case revalidated
    case bypass
    case error

    /// The word for reports.
    package var label: String {
        switch self {
        case .unknown: "unknown"
        case .hit: "hit"
        case .miss: "miss"
        case .stale: "stale"
        case .revalidated: "revalidated"
        case .bypass: "bypass"
        case .error: "error"
        }
    }
}

/// What a session reports while it plays; each comes with the instant it happened at.
package enum SessionEvent: Sendable, Hashable {
    /// The player was told to play. Always the first event.
    case started
    /// The state changed. The first frame is shown when `starting` becomes `playing` for the first time; a rebuffer
    /// lasts from `rebuffering` until the next state.
    case stateChanged(from: PlaybackState, to: PlaybackState)
    /// A transfer ended.
    case transferFinished(TransferRecord)
    /// From here on, segments of this kind are fetched from this track. `index` is its position in its switching set,
    /// by rising bit rate; `isSwitch` is false for the first choice.
    case trackSelected(MediaKind, index: Int, bitRate: BitRate, isSwitch: Bool)
    /// So much media was rendered, all of one track: reported when a segment has played to its end, when the session
    /// stops playing it, or at the end.
    case rendered(MediaKind, duration: TimeAmount, bitRate: BitRate)
    /// How far behind the live edge's wall clock the rendered frame is; once per segment while live.
    case latencySampled(TimeAmount)
    /// Playback left the primary presentation for an interstitial, or came back from it after so much of it was played.
    case interstitialStarted
    case interstitialEnded(played: TimeAmount, isFailed: Bool)
    /// The session turned to another location of its tracks: after a failure, or because a steering server said so.
    case locationChanged(isFailover: Bool)
    /// The session cannot go on; followed by `stateChanged(to: .failed)`.
    case failed(SessionFailure)
}

/// An event and when it happened.
package struct TimedEvent: Sendable, Hashable {
    /// When it happened.
    package var at: Instant
    /// What happened.
    package var event: SessionEvent

    /// Creates a timed event.
    package init(at: Instant, _ event: SessionEvent) {
        self.at = at
        self.event = event
    }
}
