import Quantities

/// Holds a single response against what it should be.
///
/// Cheap enough for every response of a load test: without a finding nothing is allocated.
package enum TransferCheck {
    /// The size from which a playlist should come compressed: what fits into one packet gains nothing.
    static let leastCompressed: Int64 = 1_400

    /// What is wrong with a response; mostly nothing.
    package static func check(_ facts: TransferFacts) -> [Finding] {
        var findings: [Finding] = []
        switch facts.status {
        case 200..<300: checkSuccess(facts, &findings)
        case 404, 410: checkMissing(facts, &findings)
        default: break
        }
        return findings
    }

    private static func checkSuccess(_ facts: TransferFacts, _ findings: inout [Finding]) {
        if case .other = facts.kind { return }
        if facts.bytes == 0 {
            if facts.status != 204 || facts.kind.isMedia {
                findings.append(
                    FindingRule.emptyBody.finding("\(name(facts)) came with status \(facts.status) and no body"))
            }
            return
        }
        if isErrorPage(facts) {
            let type = facts.contentType.map { " (\(PublicName.cut($0, to: 60)))" } ?? ""
            findings.append(
                FindingRule.errorPage.finding(
                    "in place of \(name(facts)) a page of text came with status \(facts.status)\(type)"))
            return
        }
        if let range = facts.range { checkRange(range, facts, &findings) }
        checkType(facts, &findings)
        if facts.kind.isManifest { checkManifest(facts, &findings) }
        if case .segment = facts.kind { checkSegment(facts, &findings) }
    }

    private static func checkMissing(_ facts: TransferFacts, _ findings: inout [Finding]) {
        guard facts.kind.isMedia, facts.isExpected else { return }
        findings.append(
            FindingRule.segmentMissing.finding("\(name(facts)) is listed and was answered with \(facts.status)"))
    }

    private static func name(_ facts: TransferFacts) -> String {
        facts.uri.isEmpty ? facts.kind.word : "\(facts.kind.word) \(PublicName.file(facts.uri))"
    }

    // MARK: - The body

    /// A page for people, or an error document of a store, where media or a manifest should be.
    private static func isErrorPage(_ facts: TransferFacts) -> Bool {
        guard facts.kind.isMedia || facts.kind.isManifest else { return false }
        if let type = facts.contentType, MediaType.isPage(type) { return true }
        guard let head = TextPrefix(facts.prefix) else { return false }
        if head.begins(with: "<!doctype html") || head.begins(with: "<html") { return true }
        guard facts.kind.isMedia, facts.kind != .segment(.subtitles) else { return false }
        return head.begins(with: "<?xml") || head.begins(with: "<error") || head.begins(with: "{\"")
    }

    private static func checkRange(_ range: ByteRange, _ facts: TransferFacts, _ findings: inout [Finding]) {
        if facts.status != 206 {
            // A range that begins at zero may be the whole.
            guard range.offset > 0 || range.length != facts.bytes else { return }
            findings.append(
                FindingRule.rangeIgnored.finding(
                    "\(name(facts)) was asked for by range and came with status \(facts.status)"))
        } else if let length = range.length, facts.bytes != length, isIdentity(facts.contentEncoding) {
            findings.append(
                FindingRule.shortSegment.finding("\(name(facts)) should have \(length) bytes and has \(facts.bytes)"))
        }
    }

    private static func isIdentity(_ encoding: String?) -> Bool {
        guard let encoding else { return true }
        return encoding.isEmpty || MediaType.matches(encoding, "identity")
    }

    // MARK: - Headers

    private static func checkType(_ facts: TransferFacts, _ findings: inout [Finding]) {
        let isRight: Bool
        switch facts.kind {
        case .multivariantPlaylist, .mediaPlaylist: isRight = MediaType.isPlaylist(facts.contentType)
        case .mpd: isRight = MediaType.isMPD(facts.contentType)
        case .manifest: isRight = MediaType.isPlaylist(facts.contentType) || MediaType.isMPD(facts.contentType)
        case .index, .initialization, .segment:
            let isSubtitle = facts.kind == .segment(.subtitles)
            switch MediaType.ofSegment(facts.contentType, isSubtitle: isSubtitle) {
            case .media: return
            case .unspecific: findings.append(FindingRule.genericType.finding(typeSentence(facts)))
            case .wrong: findings.append(FindingRule.segmentType.finding(typeSentence(facts)))
            }
            return
        case .other: return
        }
        if !isRight { findings.append(FindingRule.playlistType.finding(typeSentence(facts))) }
    }

    private static func typeSentence(_ facts: TransferFacts) -> String {
        guard let type = facts.contentType else { return "\(name(facts)) came without a Content-Type" }
        return "\(name(facts)) came as \(PublicName.cut(type, to: 60))"
    }

    private static func checkManifest(_ facts: TransferFacts, _ findings: inout [Finding]) {
        if facts.bytes > leastCompressed, isIdentity(facts.contentEncoding) {
            findings.append(
                FindingRule.notCompressed.finding("\(name(facts)) came in \(facts.bytes) bytes without compression"))
        }
        guard let interval = facts.updateInterval, interval > .zero else { return }
        // A blocking reload names the version it wants; its answer stays right for long (6 TD, appendix B).
        if !facts.isBlockingReload, let control = facts.cacheControl, let limit = CacheControl.lifetime(control),
            limit > interval
        {
            findings.append(
                FindingRule.cachedTooLong.finding(
                    "\(name(facts)) may be cached for \(limit), it changes every \(interval)"))
        }
        if let age = facts.age, !facts.isBlockingReload, facts.kind == .mediaPlaylist, age > interval * 0.5 {
            findings.append(
                FindingRule.oldCopy.finding("\(name(facts)) came with an Age of \(age) (target duration \(interval))"))
        }
    }

    private static func checkSegment(_ facts: TransferFacts, _ findings: inout [Finding]) {
        guard facts.mediaDuration > .zero else { return }
        if let declared = facts.declaredBitRate, declared > .zero, facts.range == nil {
            let measured = BitRate(ByteCount(facts.bytes), over: facts.mediaDuration)
            let ratio = measured.bitsPerSecond / declared.bitsPerSecond
            if ratio > 1.1 || ratio < 0.9 {
                findings.append(
                    FindingRule.bitRateTagOff.finding(
                        "\(name(facts)) has \(measured.shown), EXT-X-BITRATE says \(declared.shown)"))
            }
        }
        if facts.isAtFullSpeed, facts.total > facts.mediaDuration {
            findings.append(
                FindingRule.slowSegment.finding(
                    "\(name(facts)) of \(facts.mediaDuration) took \(facts.total), the first byte \(facts.firstByte)"))
        }
    }
}

extension BitRate {
    /// `3.25 Mbit/s` or `64 kbit/s`, for sentences.
    var shown: String {
        func number(_ value: Double) -> String {
            let rounded = (value * 100).rounded() / 100
            return rounded == rounded.rounded() ? String(Int64(clampingRounded: rounded)) : String(rounded)
        }
        return bitsPerSecond >= 1e6 ? number(megabits) + " Mbit/s" : number(kilobits) + " kbit/s"
    }
}

extension ResourceKind {
    /// True for what a decoder would be fed with.
    var isMedia: Bool {
        switch self {
        case .index, .initialization, .segment: true
        case .multivariantPlaylist, .mediaPlaylist, .mpd, .manifest, .other: false
        }
    }

    /// True for playlists and MPDs.
    var isManifest: Bool {
        switch self {
        case .multivariantPlaylist, .mediaPlaylist, .mpd, .manifest: true
        case .index, .initialization, .segment, .other: false
        }
    }

    /// The words for sentences.
    var word: String {
        switch self {
        case .multivariantPlaylist, .manifest: "the manifest"
        case .mediaPlaylist: "the playlist"
        case .mpd: "the MPD"
        case .index: "the index"
        case .initialization: "the initialization section"
        case .segment(.audio): "the audio segment"
        case .segment(.subtitles): "the subtitle segment"
        case .segment(.video), .segment(.other): "the segment"
        case .other: "the response"
        }
    }
}
