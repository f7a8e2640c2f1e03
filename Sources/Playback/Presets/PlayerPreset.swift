import Transport

/// The players that viewers use.
package enum PlayerPreset: String, Sendable, Hashable, CaseIterable {
    case hlsJS = "hls.js"
    case dashJS = "dash.js"
    case shaka
    case media3 = "exoplayer"
    case chromium
    case avPlayer = "avplayer"
    case standard

    /// How the player behaves.
    package var settings: PlayerSettings { PlayerSettings(name: rawValue) }
    /// Its `User-Agent`.
    package var userAgent: String { "fullhouse" }
    /// Its further headers.
    package var headers: [HTTPHeader] { [] }
    /// The most transfers at once.
    package var parallelTransfers: Int { 6 }
    /// Whether it was held against the real player.
    package var isVerified: Bool { false }
    /// Where its constants come from.
    package var source: String { "" }
}
