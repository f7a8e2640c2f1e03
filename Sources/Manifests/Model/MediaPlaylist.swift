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

    /// What low-latency playlists and other extensions add.
    package struct Extras: Sendable {
        /// EXT-X-VERSION; nil where not given.
        package var version: Int?
        /// EXT-X-INDEPENDENT-SEGMENTS.
        package var hasIndependentSegments = false
        /// EXT-X-SERVER-CONTROL.
        package var serverControl = ServerControl()
        /// EXT-X-PART-INF PART-TARGET; nil means that there are no parts.
        package var partTarget: TimeAmount?
        /// The parts in order, those of complete segments too as long as they are listed.
        package var parts: [Part] = []
        /// EXT-X-PRELOAD-HINT, at most one of each kind.
        package var preloadHints: [PreloadHint] = []
        /// EXT-X-RENDITION-REPORT.
        package var renditionReports: [RenditionReport] = []
        /// EXT-X-DATERANGE in the playlist's order, those of one ID merged.
        package var dateRanges: [DateRange] = []
        /// Advertisement breaks by other tags.
        package var adMarkers: [AdMarker] = []
        /// EXT-X-SKIP: the playlist is a delta update and must be completed from an older copy before it is played.
        package var skip: PlaylistSkip?
        /// The discontinuity sequence number of the first segment (EXT-X-DISCONTINUITY-SEQUENCE, 0 where not given).
        package var discontinuitySequence: Int64 = 0

        /// Creates extras of which nothing is given.
        package init() {}
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
    /// EXT-X-START of this playlist.
    package let startOffset: StartOffset?
    /// EXT-X-I-FRAMES-ONLY.
    package let isIFramesOnly: Bool
    /// Low latency, date ranges and other extensions.
    package let extras: Extras
    /// What is wrong or doubtful about it.
    package let findings: [Finding]

    /// Creates a media playlist.
    package init(
        targetDuration: TimeAmount, kind: Kind, isEnded: Bool, segments: SegmentList, duration: TimeAmount,
        startOffset: StartOffset? = nil, isIFramesOnly: Bool = false, extras: Extras = Extras(),
        findings: [Finding] = []
    ) {
        self.targetDuration = targetDuration
        self.kind = kind
        self.isEnded = isEnded
        self.segments = segments
        self.duration = duration
        self.startOffset = startOffset
        self.isIFramesOnly = isIFramesOnly
        self.extras = extras
        self.findings = findings
    }

    /// True when the playlist may still grow: reload it.
    package var isLive: Bool { !isEnded && kind != .vod }
    /// EXT-X-SERVER-CONTROL HOLD-BACK, where given.
    package var holdBack: TimeAmount? { extras.serverControl.holdBack }
    /// True when segments come in parts.
    package var isLowLatency: Bool { extras.partTarget != nil }

    /// Where the last segment or part ends.
    package var end: MediaTime {
        let segment = segments.last?.end ?? .zero
        return extras.parts.last.map { max($0.end, segment) } ?? segment
    }

    /// The parts of a segment that are listed, in order.
    package func parts(of sequence: Int64) -> ArraySlice<Part> {
        let parts = extras.parts
        let from = Self.position(of: sequence, in: parts)
        let to = sequence == .max ? parts.count : Self.position(of: sequence + 1, in: parts)
        return parts[from..<to]
    }

    /// The position of the first part whose segment has this number or a later one.
    private static func position(of sequence: Int64, in parts: [Part]) -> Int {
        var low = 0
        var high = parts.count
        while low < high {
            let middle = (low + high) / 2
            if parts[middle].sequence < sequence { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
