import Quantities

/// Decodes an HLS media playlist (rfc8216bis section 4.4.3 to 4.4.5) in one pass over its bytes.
///
/// What the RFC tells clients to refuse is refused; what players play all the same is played, with a finding. The tags
/// of low-latency HLS and date ranges are read over: they do not change where the whole segments are.
struct MediaPlaylistDecoder {
    let bytes: [UInt8]
    let limits: DecodingLimits
    var lines: PlaylistLines
    var variables: PlaylistVariables
    var findings: FindingCollector
    /// What the tags since the last URI say about the next one.
    var pending = PendingSegment()
    var segments = SegmentAccumulator()
    /// Where the URI of the last segment stands.
    var lastURI: Range<Int>?

    // What stands once in a playlist.
    var targetDuration: TimeAmount?
    var kind = MediaPlaylist.Kind.live
    var isEnded = false
    var isIFramesOnly = false
    var extras = MediaPlaylist.Extras()
    var startOffset: StartOffset?
    var version: UInt64?

    init(bytes: [UInt8], limits: DecodingLimits, findings: FindingCollector) {
        self.bytes = bytes
        self.limits = limits
        self.findings = findings
        lines = PlaylistLines(bytes)
        variables = PlaylistVariables(budget: limits.substitutedBytes)
        segments.entries.reserveCapacity(min(bytes.count / 48, 8_192))
    }

    /// Decodes the whole playlist.
    ///
    /// - Throws: `malformed` with the line, or `tooLarge`.
    mutating func decode() throws(ManifestError) -> MediaPlaylist {
        while let line = lines.next() {
            switch line {
            case .tag(let tag, let value): try decodeTag(tag, value ?? 0..<0)
            case .uri(let range): try decodeURI(range)
            case .unknownTag: break
            }
        }
        return try finish()
    }

    private mutating func decodeTag(_ tag: PlaylistTag, _ value: Range<Int>) throws(ManifestError) {
        switch tag {
        case .segmentInformation: try decodeSegmentInformation(value)
        case .byteRange: try decodeByteRange(value)
        case .discontinuity: pending.discontinuities += 1
        case .gap: pending.isGap = true
        case .programDateTime: decodeProgramDateTime(value)
        case .key: try decodeKey(value)
        case .map: try decodeMap(value)
        case .targetDuration: try decodeTargetDuration(value)
        case .mediaSequence: segments.firstSequence = try decodeSequence(tag, value)
        case .discontinuitySequence: segments.firstDiscontinuity = try decodeSequence(tag, value)
        case .endList: isEnded = true
        case .playlistType: decodePlaylistType(value)
        case .iFramesOnly: isIFramesOnly = true
        case .serverControl: decodeServerControl(value)
        case .start: startOffset = decodeStart(attributes(value), line: lines.number, findings: &findings)
        case .define: try variables.define(attributes(value), in: bytes, line: lines.number)
        case .version: try decodeVersion(value)
        case .skip: throw malformed("EXT-X-SKIP in a playlist that was not asked for as a delta update", "4.4.5.2")
        case .playlistBegin, .independentSegments, .partInformation, .bitRate, .part, .dateRange, .preloadHint,
            .renditionReport:
            break
        case .media, .streamInformation, .iFrameStreamInformation, .sessionData, .sessionKey, .contentSteering:
            throw malformed("\(tag.name) of a multivariant playlist stands in a media playlist", "4.1")
        }
    }

    /// A `malformed` error at the present line.
    func malformed(_ detail: String, _ clause: String) -> ManifestError {
        .malformed(line: lines.number, detail: "\(detail) (rfc8216bis \(clause))")
    }

    /// The attribute list of a value, with a finding where it breaks the grammar.
    mutating func attributes(_ value: Range<Int>) -> AttributeList {
        let list = AttributeList(value, in: bytes)
        list.report(in: bytes, line: lines.number, to: &findings)
        return list
    }

    private mutating func finish() throws(ManifestError) -> MediaPlaylist {
        guard var targetDuration else {
            throw .malformed(line: nil, detail: "#EXT-X-TARGETDURATION is missing (rfc8216bis 4.4.3.1)")
        }
        let longest = TimeAmount.nanoseconds((segments.longestDuration + 500_000_000) / 1_000_000_000 * 1_000_000_000)
        if targetDuration <= .zero { targetDuration = max(longest, .seconds(Int64(1))) }
        if let holdBack = extras.serverControl.holdBack,
            holdBack < TimeAmount.nanoseconds(targetDuration.nanoseconds * 3)
        {
            findings.add(
                "hls-hold-back-too-small", .error, clause: "rfc8216bis 4.4.3.8",
                "HOLD-BACK \(holdBack) is less than three target durations of \(targetDuration)")
        }
        if pending.duration != nil {
            findings.add(
                "hls-segment-without-uri", .error, clause: "rfc8216bis 4.4.4.1", line: lines.number,
                "the last EXTINF has no URI line")
        }
        checkDurations(against: targetDuration)
        checkWindow(against: targetDuration)
        segments.carryDatesBack()
        return MediaPlaylist(
            targetDuration: targetDuration, kind: kind, isEnded: isEnded,
            segments: segments.list(in: bytes), duration: .nanoseconds(segments.end), startOffset: startOffset,
            isIFramesOnly: isIFramesOnly, extras: extras, findings: findings.finished())
    }

    /// Each EXTINF, rounded to whole seconds, must not be longer than the target duration.
    private mutating func checkDurations(against target: TimeAmount) {
        guard !isIFramesOnly, segments.longestDuration >= target.nanoseconds + 500_000_000 else { return }
        for (position, entry) in segments.entries.enumerated()
        where entry.duration >= target.nanoseconds + 500_000_000 {
            findings.add(
                "hls-segment-longer-than-target", .error, clause: "rfc8216bis 4.4.3.1",
                """
                segment \(segments.firstSequence + Int64(position)) lasts \(TimeAmount.nanoseconds(entry.duration)), \
                the target duration is \(target)
                """)
        }
    }

    /// A live playlist must not be shorter than three target durations, and fragmented MP4 needs a map.
    private mutating func checkWindow(against target: TimeAmount) {
        guard let first = segments.entries.first else { return }
        if !isEnded, kind == .live, segments.end < target.nanoseconds * 3 {
            findings.add(
                "hls-live-window-too-short", .warning, clause: "rfc8216bis 6.2.2",
                """
                the live playlist lasts \(TimeAmount.nanoseconds(segments.end)), less than three target durations of \
                \(target)
                """)
        }
        guard let lastURI, segments.contexts[Int(first.context)].initialization == nil else { return }
        let path = lastURI.lowerBound..<(bytes.first(UInt8(ascii: "?"), in: lastURI) ?? lastURI.upperBound)
        let isFragment = [".m4s", ".cmfv", ".cmfa"].contains { bytes.text(path.suffix(5)).hasSuffix($0) }
        if isFragment {
            findings.add(
                "hls-fragment-without-map", .error, clause: "rfc8216bis 3.1.2",
                "segments of fragmented MP4 have no EXT-X-MAP")
        }
    }
}
