import Quantities

/// Decodes an HLS multivariant playlist (rfc8216bis section 4.4.6).
///
/// The variants become one video switching set in the order they are listed, and one audio set for those that are audio
/// alone; those that differ in their place only are one track (``VariantGrouping``). Each EXT-X-MEDIA becomes a
/// switching set of its own with the group's identifier, because renditions of a group differ in language or role and
/// nobody switches between them on account of throughput. I-frame variants come last, as a set for trick play.
struct MultivariantDecoder {
    let bytes: [UInt8]
    let limits: DecodingLimits
    var lines: PlaylistLines
    var variables: PlaylistVariables
    var findings: FindingCollector
    var required = RequiredVersion()
    /// The variants, in order.
    var variants = VariantGrouping()
    /// The I-frame variants, in order.
    var trickPlay = VariantGrouping()
    /// The PATHWAY-IDs in the order they come up.
    var pathways: [String] = []
    /// How many variants and renditions there are.
    var trackCount = 0
    /// The EXT-X-STREAM-INF that waits for its URI.
    var pending: Variant?
    /// True behind an EXT-X-STREAM-INF that is ignored together with its URI.
    var skipsNextURI = false
    var renditions: [SwitchingSet] = []
    /// What the rules of groups need to know of the renditions.
    var groups = GroupRules()
    var startOffset: StartOffset?
    var steering: ContentSteering?
    var details = PresentationDetails()
    var hasVersion = false
    /// The tags seen that may stand there once.
    private var onceBits: UInt16 = 0

    init(bytes: [UInt8], limits: DecodingLimits, context: DecodingContext, findings: FindingCollector) {
        self.bytes = bytes
        self.limits = limits
        self.findings = findings
        lines = PlaylistLines(bytes)
        variables = PlaylistVariables(budget: limits.substitutedBytes, context: context, isMediaPlaylist: false)
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
        guard !variants.variants.isEmpty else {
            let detail = "the playlist lists neither variants nor segments (rfc8216bis 4.1)"
            throw .malformed(line: nil, detail: detail)
        }
        return presentation()
    }

    private mutating func decodeTag(_ tag: PlaylistTag, _ value: Range<Int>) throws(ManifestError) {
        checkOnce(tag)
        switch tag {
        case .streamInformation: try decodeStreamInformation(value)
        case .iFrameStreamInformation: try decodeIFrameStreamInformation(value)
        case .media: try decodeMedia(value)
        case .sessionData: try decodeSessionData(value)
        case .sessionKey: try decodeSessionKey(value)
        case .contentSteering: try decodeContentSteering(value)
        case .independentSegments: details.hasIndependentSegments = true
        case .start:
            if let list = attributes(value) {
                startOffset = decodeStart(list, line: lines.number, findings: &findings)
            }
        case .define:
            guard let list = attributes(value) else { return }
            try variables.define(list, in: bytes, line: lines.number)
            required.note(variables.usesQuery ? 11 : 8, variables.usesQuery ? "QUERYPARAM" : "EXT-X-DEFINE")
        case .version: try decodeVersion(value)
        case .playlistBegin, .cueOut, .cueOutContinued, .cueIn, .spliceInformation, .spliceSection: break
        case .targetDuration, .mediaSequence, .discontinuitySequence, .endList, .playlistType, .iFramesOnly,
            .partInformation, .serverControl, .segmentInformation, .byteRange, .discontinuity, .key, .map,
            .programDateTime, .gap, .bitRate, .part, .dateRange, .skip, .preloadHint, .renditionReport:
            throw malformed("\(tag.name) of a media playlist stands in a multivariant playlist", "4.1")
        }
    }

    private mutating func checkOnce(_ tag: PlaylistTag) {
        guard tag.onceBit != 0 else { return }
        if onceBits & tag.onceBit != 0 {
            findings.add(
                "hls-duplicate-tag", .error, clause: "rfc8216bis 4.4.2", line: lines.number,
                "\(tag.name) stands there twice; the last counts")
        }
        onceBits |= tag.onceBit
    }

    private mutating func decodeVersion(_ value: Range<Int>) throws(ManifestError) {
        guard !hasVersion else { throw malformed("EXT-X-VERSION stands there twice", "4.4.1.2") }
        hasVersion = true
        details.version = bytes.version(bytes.trimmed(value))
        if details.version == nil {
            findings.add(
                "hls-invalid-version", .error, clause: "rfc8216bis 4.4.1.2", line: lines.number,
                "EXT-X-VERSION is not a whole number from 1")
        }
    }

    /// A `malformed` error at the present line.
    func malformed(_ detail: String, _ clause: String) -> ManifestError {
        .malformed(line: lines.number, detail: "\(detail) (rfc8216bis \(clause))")
    }

    /// The attribute list of a value, with a finding where it breaks the grammar; nil where an attribute that is not
    /// known asks for the tag to be ignored.
    mutating func attributes(_ value: Range<Int>, known: [StaticString] = []) -> AttributeList? {
        let list = AttributeList(value, in: bytes)
        list.report(in: bytes, line: lines.number, to: &findings)
        guard list.hasRequirement else { return list }
        required.note(12, "an attribute that begins with REQ-")
        guard let name = list.unknownRequirement(known: known) else { return list }
        findings.add(
            "hls-unknown-requirement", .information, clause: "rfc8216bis 6.3.1", line: lines.number,
            "the tag requires \(name.prefix(40)) and is left out")
        return nil
    }

    /// A quoted string with variables put in.
    mutating func text(_ name: StaticString, of list: AttributeList) throws(ManifestError) -> String? {
        guard let range = list.range(name) else { return nil }
        return try variables.substituted(range, in: bytes, line: lines.number) ?? bytes.text(range)
    }

    /// The variants sorted into sets, then the renditions, then what is for trick play.
    private mutating func presentation() -> Presentation {
        if let first = preferredPathway {
            variants.prefer(first)
            trickPlay.prefer(first)
        }
        checkPathways()
        groups.check(variants: variants.variants, findings: &findings)
        required.check(declared: details.version, findings: &findings)
        nameRenditionLocations()
        let audioOnly = variants.variants.filter(\.isAudioOnly).map(\.track)
        let others = variants.variants.filter { !$0.isAudioOnly }.map(\.track)
        var sets: [SwitchingSet] = []
        if !others.isEmpty { sets.append(SwitchingSet(kind: .video, isDefault: true, tracks: others)) }
        if !audioOnly.isEmpty {
            sets.append(SwitchingSet(kind: .audio, isDefault: others.isEmpty, tracks: audioOnly))
        }
        sets += renditions
        let iFrames = trickPlay.variants.map(\.track)
        if !iFrames.isEmpty { sets.append(SwitchingSet(kind: .video, isTrickPlay: true, tracks: iFrames)) }
        details.variables = variables.values
        return Presentation(
            format: .hls, periods: [Period(switchingSets: sets)], startOffset: startOffset, steering: steering,
            details: details, findings: findings.finished())
    }

    /// The pathway to begin with: that of EXT-X-CONTENT-STEERING if a variant has it, else the first variant's.
    private var preferredPathway: String? {
        steering?.initialLocations.first { pathways.contains($0) } ?? pathways.first
    }

    /// A rendition is where the variants are that name its group; the first pathway counts.
    private mutating func nameRenditionLocations() {
        var names: [String: String] = [:]
        for variant in variants.variants {
            for location in variant.track.locations {
                for group in [location.audioGroup, location.subtitleGroup].compactMap({ $0 })
                where names[group] == nil {
                    names[group] = location.name
                }
            }
        }
        for index in renditions.indices {
            guard let name = names[renditions[index].id] else { continue }
            for track in renditions[index].tracks.indices where !renditions[index].tracks[track].locations.isEmpty {
                renditions[index].tracks[track].locations[0].name = name
            }
        }
    }

    private mutating func checkPathways() {
        if let initial = steering?.initialLocations.first, !pathways.contains(initial) {
            findings.add(
                "hls-unknown-pathway", .error, clause: "rfc8216bis 4.4.6.6",
                "EXT-X-CONTENT-STEERING begins with the pathway \"\(initial.prefix(40))\", which no variant has")
        }
        guard pathways.count > 1 else { return }
        let names = Set(pathways)
        let lacking = variants.variants.first { variant in
            !names.isSubset(of: variant.track.locations.map(\.name))
        }
        guard let lacking else { return }
        findings.add(
            "hls-incomplete-pathway", .warning, clause: "rfc8216bis 7.1", line: lacking.line,
            "of \(pathways.count) pathways not all have this variant")
    }
}
