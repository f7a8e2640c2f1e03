import Quantities

/// A decoded HLS media playlist, shared by all sessions that got the same bytes.
package final class MediaPlaylist: Sendable {
    /// EXT-X-PLAYLIST-TYPE.
    package enum Kind: String, Sendable, Codable {
        /// None given.
        case live
        case event = "EVENT"
        case vod = "VOD"
    }

    /// EXT-X-TARGETDURATION.
    package let targetDuration: TimeAmount
    /// EXT-X-PLAYLIST-TYPE.
    package let kind: Kind
    /// EXT-X-ENDLIST was there: nothing will be added.
    package let isEnded: Bool
    /// The segments; the first starts at zero.
    package let segments: SegmentList
    /// The sum of all segments' durations.
    package let duration: TimeAmount
    /// EXT-X-SERVER-CONTROL HOLD-BACK, where given.
    package let holdBack: TimeAmount?
    /// EXT-X-START of this playlist.
    package let startOffset: StartOffset?
    /// EXT-X-I-FRAMES-ONLY.
    package let isIFramesOnly: Bool
    /// What is wrong or doubtful about it.
    package let findings: [Finding]

    /// Creates a media playlist.
    package init(
        targetDuration: TimeAmount, kind: Kind, isEnded: Bool, segments: SegmentList, duration: TimeAmount,
        holdBack: TimeAmount? = nil, startOffset: StartOffset? = nil, isIFramesOnly: Bool = false,
        findings: [Finding] = []
    ) {
        self.targetDuration = targetDuration
        self.kind = kind
        self.isEnded = isEnded
        self.segments = segments
        self.duration = duration
        self.holdBack = holdBack
        self.startOffset = startOffset
        self.isIFramesOnly = isIFramesOnly
        self.findings = findings
    }

    /// True when the playlist may still grow: reload it.
    package var isLive: Bool { !isEnded && kind != .vod }
}
