import Quantities

/// Decodes an HLS media playlist (rfc8216bis section 4.4.3 to 4.4.5) in one pass over its bytes.
///
/// What the RFC tells clients to refuse is refused unless hls.js plays it; what players play all the same is played,
/// with a finding.
struct MediaPlaylistDecoder {
    /// The playlist, with what a delta update took over from an older one behind it.
    var bytes: [UInt8]
    let limits: DecodingLimits
    /// The playlist that a delta update is completed from; nil where none was asked for.
    let held: MediaPlaylist?
    var lines: PlaylistLines
    var variables: PlaylistVariables
    var findings: FindingCollector
    /// What the tags since the last URI say about the next one.
    var pending = PendingSegment()
    var segments = SegmentAccumulator()
    var parts = PartAccumulator()
    var dateRanges = DateRangeCollector()
    var adBreaks = AdBreakReader()
    var required = RequiredVersion()
    /// Where the URI of the last segment stands.
    var lastURI: Range<Int>?
    /// EXT-X-SKIP, taken over from the playlist that is held.
    var skip: PlaylistSkip?
    /// True when a segment has a date of its own.
    var hasDates = false
    /// The tags seen that may stand there once.
    private var onceBits: UInt16 = 0

    // What stands once in a playlist.
    var targetDuration: TimeAmount?
    var kind = MediaPlaylist.Kind.live
    var isEnded = false
    var isIFramesOnly = false
    var extras = MediaPlaylist.Extras()
    var startOffset: StartOffset?
    var hasVersion = false

    init(
        bytes: [UInt8], limits: DecodingLimits, context: DecodingContext, held: MediaPlaylist?,
        findings: FindingCollector
    ) {
        self.bytes = bytes
        self.limits = limits
        self.held = held
        self.findings = findings
        lines = PlaylistLines(bytes)
        variables = PlaylistVariables(budget: limits.substitutedBytes, context: context, isMediaPlaylist: true)
        segments.entries.reserveCapacity(min(bytes.count / 48, 8_192))
    }

    /// Decodes the whole playlist.
    ///
    /// - Throws: `malformed` with the line, `tooLarge`, or `outOfDate` for a delta update that cannot be completed.
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
        case .discontinuity: pending.discontinuities &+= 1
        case .gap: pending.isGap = true
        case .programDateTime: decodeProgramDateTime(value)
        case .key: try decodeKey(value)
        case .map: try decodeMap(value)
        case .bitRate: decodeBitRate(value)
        case .part: try decodePart(value)
        case .dateRange: try decodeDateRange(value)
        case .preloadHint: try decodePreloadHint(value)
        case .renditionReport: try decodeRenditionReport(value)
        case .cueOut, .cueOutContinued, .cueIn, .spliceInformation, .spliceSection:
            adBreaks.read(tag, value, in: bytes, before: segments.firstSequence + Int64(segments.entries.count))
        case .playlistBegin: break
        case .version, .independentSegments, .start, .define, .targetDuration, .mediaSequence, .discontinuitySequence,
            .endList, .playlistType, .iFramesOnly, .partInformation, .serverControl, .skip:
            try decodePlaylistTag(tag, value)
        case .media, .streamInformation, .iFrameStreamInformation, .sessionData, .sessionKey, .contentSteering:
            throw malformed("\(tag.name) of a multivariant playlist stands in a media playlist", "4.1")
        }
    }

    /// A tag that applies to the whole playlist.
    private mutating func decodePlaylistTag(_ tag: PlaylistTag, _ value: Range<Int>) throws(ManifestError) {
        if onceBits & tag.onceBit != 0 {
            let clause = tag.home == .both ? "rfc8216bis 4.4.2" : "rfc8216bis 4.4.3"
            findings.add(
                "hls-duplicate-tag", .error, clause: clause, line: lines.number,
                "\(tag.name) stands there twice; the last counts")
        }
        onceBits |= tag.onceBit
        switch tag {
        case .targetDuration: try decodeTargetDuration(value)
        case .mediaSequence: segments.firstSequence = try decodeSequence(tag, value)
        case .discontinuitySequence: segments.firstDiscontinuity = try decodeSequence(tag, value)
        case .endList: isEnded = true
        case .playlistType: decodePlaylistType(value)
        case .independentSegments: extras.hasIndependentSegments = true
        case .partInformation: decodePartInformation(value)
        case .serverControl: decodeServerControl(value)
        case .version: try decodeVersion(value)
        case .skip: try decodeSkip(value)
        case .iFramesOnly:
            isIFramesOnly = true
            required.note(4, "EXT-X-I-FRAMES-ONLY")
        case .start:
            if let list = attributes(value) {
                startOffset = decodeStart(list, line: lines.number, findings: &findings)
            }
        case .define:
            guard let list = attributes(value) else { return }
            try variables.define(list, in: bytes, line: lines.number)
            required.note(variables.usesQuery ? 11 : 8, variables.usesQuery ? "QUERYPARAM" : "EXT-X-DEFINE")
        case .playlistBegin, .segmentInformation, .byteRange, .discontinuity, .key, .map, .programDateTime, .gap,
            .bitRate, .part, .dateRange, .preloadHint, .renditionReport, .media, .streamInformation,
            .iFrameStreamInformation, .sessionData, .sessionKey, .contentSteering, .cueOut, .cueOutContinued, .cueIn,
            .spliceInformation, .spliceSection:
            break
        }
    }

    /// A `malformed` error at the present line.
    func malformed(_ detail: String, _ clause: String) -> ManifestError {
        .malformed(line: lines.number, detail: "\(detail) (rfc8216bis \(clause))")
    }

    /// The attribute list of a value, with a finding where it breaks the grammar; nil where an attribute that is not
    /// known here asks for the tag to be ignored.
    mutating func attributes(_ value: Range<Int>) -> AttributeList? {
        let list = AttributeList(value, in: bytes)
        list.report(in: bytes, line: lines.number, to: &findings)
        guard list.hasRequirement else { return list }
        required.note(12, "an attribute that begins with REQ-")
        let name = list.unknownRequirement(known: []) ?? ""
        findings.add(
            "hls-unknown-requirement", .information, clause: "rfc8216bis 6.3.1", line: lines.number,
            "the tag requires \(name.prefix(40)) and is left out")
        return nil
    }

    /// An attribute's text with variables put in.
    mutating func text(_ name: StaticString, of list: AttributeList) throws(ManifestError) -> String? {
        guard let range = list.range(name) else { return nil }
        return try variables.substituted(range, in: bytes, line: lines.number) ?? bytes.text(range)
    }

    private mutating func finish() throws(ManifestError) -> MediaPlaylist {
        guard var targetDuration else {
            throw .malformed(line: nil, detail: "#EXT-X-TARGETDURATION is missing (rfc8216bis 4.4.3.1)")
        }
        let longest = TimeAmount.nanoseconds((segments.longestDuration + 500_000_000) / 1_000_000_000 * 1_000_000_000)
        if targetDuration <= .zero { targetDuration = max(longest, .seconds(Int64(1))) }
        segments.carryDatesBack()
        let nextDate = pending.programDateTime ?? segments.dateAtEnd
        let listed = parts.parts(in: segments, nextDate: nextDate)
        extras.parts = heldParts(within: targetDuration) + listed
        extras.dateRanges = dateRanges.finished()
        extras.adMarkers = adBreaks.markers
        extras.discontinuitySequence = segments.firstDiscontinuity
        check(targetDuration: targetDuration)
        return MediaPlaylist(
            targetDuration: targetDuration, kind: kind, isEnded: isEnded,
            segments: segments.list(in: bytes), duration: .nanoseconds(segments.end), startOffset: startOffset,
            isIFramesOnly: isIFramesOnly, extras: extras, findings: findings.finished())
    }
}
