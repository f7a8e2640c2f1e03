import Quantities

/// Decodes an HLS multivariant playlist (rfc8216bis section 4.4.6).
///
/// The variants become one video switching set in the order they are listed, and one audio set for those that are audio
/// alone. Each EXT-X-MEDIA becomes a switching set of its own with the group's identifier, because renditions of a group
/// differ in language or role and nobody switches between them on account of throughput.
struct MultivariantDecoder {
    let bytes: [UInt8]
    let limits: DecodingLimits
    var lines: PlaylistLines
    var variables: PlaylistVariables
    var findings: FindingCollector
    /// The variants with their EXT-X-STREAM-INF, in order.
    var variants: [Variant] = []
    /// The EXT-X-STREAM-INF that waits for its URI.
    var pending: Variant?
    /// True behind an EXT-X-STREAM-INF that is ignored together with its URI.
    var skipsNextURI = false
    var renditions: [SwitchingSet] = []
    /// Type, group and name of each rendition.
    var renditionNames: Set<String> = []
    var startOffset: StartOffset?
    /// PATHWAY-ID of EXT-X-CONTENT-STEERING.
    var initialPathway: String?
    var version: UInt64?

    /// A variant and what decides where it goes.
    struct Variant {
        var track: Track
        var location: TrackLocation
        var isAudioOnly: Bool
        var line: Int
    }

    init(bytes: [UInt8], limits: DecodingLimits, findings: FindingCollector) {
        self.bytes = bytes
        self.limits = limits
        self.findings = findings
        lines = PlaylistLines(bytes)
        variables = PlaylistVariables(budget: limits.substitutedBytes)
    }

    /// Decodes the whole playlist.
    ///
    /// - Throws: `malformed` with the line, or `tooLarge`.
    mutating func decode() throws(ManifestError) -> Presentation {
        while let line = lines.next() {
            switch line {
            case .tag(let tag, let value): try decodeTag(tag, value ?? 0..<0)
            case .uri(let range): try decodeURI(range)
            case .unknownTag: break
            }
        }
        reportMissingURI()
        guard !variants.isEmpty else {
            let detail = "the playlist lists neither variants nor segments (rfc8216bis 4.1)"
            throw .malformed(line: nil, detail: detail)
        }
        return presentation()
    }

    private mutating func decodeTag(_ tag: PlaylistTag, _ value: Range<Int>) throws(ManifestError) {
        switch tag {
        case .streamInformation: try decodeStreamInformation(value)
        case .media: try decodeMedia(value)
        case .start: startOffset = decodeStart(attributes(value), line: lines.number, findings: &findings)
        case .define: try variables.define(attributes(value), in: bytes, line: lines.number)
        case .contentSteering: initialPathway = initialPathway ?? attributes(value).text("PATHWAY-ID")
        case .version:
            guard version == nil else { throw malformed("EXT-X-VERSION stands there twice", "4.4.1.2") }
            version = bytes.decimalInteger(bytes.trimmed(value)) ?? 0
        case .playlistBegin, .independentSegments, .iFrameStreamInformation, .sessionData, .sessionKey:
            break
        case .targetDuration, .mediaSequence, .discontinuitySequence, .endList, .playlistType, .iFramesOnly,
            .partInformation, .serverControl, .segmentInformation, .byteRange, .discontinuity, .key, .map,
            .programDateTime, .gap, .bitRate, .part, .dateRange, .skip, .preloadHint, .renditionReport:
            throw malformed("\(tag.name) of a media playlist stands in a multivariant playlist", "4.1")
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

    /// A quoted string with variables put in.
    mutating func text(_ name: StaticString, of list: AttributeList) throws(ManifestError) -> String? {
        guard let range = list.range(name) else { return nil }
        return try variables.substituted(range, in: bytes, line: lines.number) ?? bytes.text(range)
    }

    /// The variants of the pathway that a player begins with, sorted into sets, then the renditions.
    private mutating func presentation() -> Presentation {
        let pathways = Set(variants.map(\.location.name))
        if pathways.count > 1 {
            let first = initialPathway.flatMap { pathways.contains($0) ? $0 : nil } ?? variants[0].location.name
            variants.removeAll { $0.location.name != first }
            findings.add(
                "hls-other-pathways", .information, clause: "rfc8216bis 7",
                "of \(pathways.count) pathways the first to be used is played")
        }
        let audioOnly = variants.filter(\.isAudioOnly).map(\.track)
        let others = variants.filter { !$0.isAudioOnly }.map(\.track)
        var sets: [SwitchingSet] = []
        if !others.isEmpty { sets.append(SwitchingSet(kind: .video, isDefault: true, tracks: others)) }
        if !audioOnly.isEmpty {
            sets.append(SwitchingSet(kind: .audio, isDefault: others.isEmpty, tracks: audioOnly))
        }
        reportMissingGroups()
        return Presentation(
            format: .hls, periods: [Period(switchingSets: sets + renditions)], startOffset: startOffset,
            findings: findings.finished())
    }

    /// A variant may only name groups that are there.
    private mutating func reportMissingGroups() {
        let audio = Set(renditions.filter { $0.kind == .audio }.map(\.id))
        let subtitles = Set(renditions.filter { $0.kind == .subtitles }.map(\.id))
        for variant in variants {
            for (group, known) in [(variant.track.audioGroup, audio), (variant.track.subtitleGroup, subtitles)] {
                guard let group, !known.contains(group) else { continue }
                findings.add(
                    "hls-missing-group", .error, clause: "rfc8216bis 4.4.6.2", line: variant.line,
                    "the variant names the group \"\(group.prefix(40))\", of which there is no rendition")
            }
        }
    }
}
