import Quantities
import Transport

/// The players whose behaviour a session can have, each a set of constants with their source.
package enum PlayerPreset: String, Sendable, Hashable, CaseIterable {
    /// hls.js in a browser.
    case hlsJS = "hls.js"
    /// dash.js in a browser.
    case dashJS = "dash.js"
    /// Shaka Player in a browser.
    case shaka
    /// Media3's ExoPlayer on Android.
    case media3 = "exoplayer"
    /// Chromium's own HLS player (`<video src>`).
    case chromium
    /// Apple's AVPlayer; closed, so approximate.
    case avPlayer = "avplayer"
    /// No player in particular: modest defaults.
    case standard

    /// The version whose constants these are; empty for ``standard``.
    package var version: String {
        switch self {
        case .hlsJS: "1.5.18"
        case .dashJS: "4.7.2"
        case .shaka: "5.0.2"
        case .media3: "1.11"
        case .chromium: "156"
        case .avPlayer: "iOS 18"
        case .standard: ""
        }
    }

    /// Where the constants come from.
    package var source: String {
        switch self {
        case .hlsJS: "hls.js src/config.ts, src/controller/abr-controller.ts, audio-stream-controller.ts"
        case .dashJS: "dash.js src/core/Settings.js, src/streaming/rules/abr/*, ScheduleController.js"
        case .shaka: "Shaka lib/util/player_configuration.js, lib/abr/*, lib/media/streaming_engine.js"
        case .media3:
            "Media3 DefaultLoadControl, AdaptiveTrackSelection, DefaultBandwidthMeter, DefaultLoadErrorHandlingPolicy"
        case .chromium: "Chromium media/filters/hls_rendition_impl.cc, media/formats/hls/abr_algorithm.cc"
        case .avPlayer: "Apple's documentation and observation; the player is closed"
        case .standard: "none: not a real player"
        }
    }

    /// True when sessions with this preset have been held against recordings of the real player (docs/FIDELITY.md).
    package var isVerified: Bool {
        switch self {
        case .hlsJS, .dashJS, .shaka, .chromium: true
        case .media3, .avPlayer, .standard: false
        }
    }

    /// What a report says of how far the preset can be trusted.
    package var verification: String {
        if isVerified { return "compared with recordings of \(rawValue) \(version) (docs/FIDELITY.md)" }
        switch self {
        case .avPlayer: return "approximate: closed player, not verified against recordings"
        case .media3: return "from source, not verified against recordings"
        case .hlsJS, .dashJS, .shaka, .chromium, .standard: return "no real player"
        }
    }

    /// How many transfers the player has in progress at the same time, at most: connections over HTTP/1.1.
    package var parallelTransfers: Int {
        switch self {
        case .hlsJS, .dashJS, .shaka, .media3, .avPlayer, .standard: 2
        case .chromium: 1
        }
    }

    /// The User-Agent that the player's requests have.
    package var userAgent: String {
        switch self {
        case .hlsJS, .dashJS, .shaka, .chromium:
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
        case .media3: "ExoPlayerDemo/1.11.0 (Linux; Android 16) AndroidXMedia3/1.11.0"
        case .avPlayer: "AppleCoreMedia/1.0.0.22F76 (iPhone; U; CPU OS 18_5 like Mac OS X; en_us)"
        case .standard: ""
        }
    }

    /// The other headers that tell the player, without those that differ from request to request.
    ///
    /// Browsers name what the request is for; AVPlayer's `X-Playback-Session-Id` is a UUID of the playback, which the
    /// session's driver adds.
    package var headers: [HTTPHeader] {
        switch self {
        case .hlsJS, .dashJS, .shaka:
            [
                HTTPHeader(name: "Accept", value: "*/*"),
                HTTPHeader(name: "Accept-Language", value: "en-US,en;q=0.9"),
                HTTPHeader(name: "Sec-Fetch-Dest", value: "empty"), HTTPHeader(name: "Sec-Fetch-Mode", value: "cors"),
            ]
        case .chromium:
            [
                HTTPHeader(name: "Accept", value: "*/*"),
                HTTPHeader(name: "Accept-Language", value: "en-US,en;q=0.9"),
                HTTPHeader(name: "Sec-Fetch-Dest", value: "video"),
                HTTPHeader(name: "Sec-Fetch-Mode", value: "no-cors"),
            ]
        case .media3: []
        case .avPlayer:
            [
                HTTPHeader(name: "Accept", value: "*/*"),
                HTTPHeader(name: "Accept-Language", value: "en-US,en;q=0.9"),
            ]
        case .standard: []
        }
    }
}
