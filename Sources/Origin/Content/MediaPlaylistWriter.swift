import Quantities

/// Writes the media playlists of the synthetic content (draft-pantos-hls-rfc8216bis) as of an instant.
struct MediaPlaylistWriter {
    let content: SyntheticContent
    let address: ContentAddress
    let track: ContentTrack
    let now: WallTime
    let deployment: Deployment
    /// What the client lets the playlist leave out; only low latency does.
    var skip: PlaylistDirectives.Skip?

    var kind: AssetKind { address.kind }
    var settings: ContentSettings { content.settings }
    var grid: SegmentGrid { content.grid(of: kind) }
    var faults: ContentFaults { deployment.faults }
    /// The instant that the playlist shows.
    var seen: WallTime { kind.isLive ? faults.instant(now, grid) : now }
    private var breaks: BreakPattern? { BreakPattern(kind, settings) }

    /// The target duration in seconds: no segment's duration rounds above it.
    static func targetDuration(_ grid: SegmentGrid) -> Int64 {
        max(1, Int64(clampingRounded: grid.duration.seconds.rounded(.up)))
    }

    /// How far behind the live edge players are to start.
    static func holdBack(_ settings: ContentSettings, _ grid: SegmentGrid) -> TimeAmount {
        settings.holdBack ?? .seconds(3 * Double(targetDuration(grid)))
    }

    /// The EXT-X-START of playlists that have one.
    static func start(_ settings: ContentSettings, isLive: Bool) -> String {
        let offset = TimeText.decimal(settings.startOffset.seconds, places: 3)
        return "#EXT-X-START:TIME-OFFSET=\(isLive ? "-" : "")\(offset),PRECISE=\(isLive ? "NO" : "YES")\n"
    }

    /// The target duration that the playlist declares.
    var targetDuration: Int64 {
        let target = Self.targetDuration(grid)
        return faults.understatesTargetDuration ? (target + 1) / 2 : target
    }

    /// The playlist; nil while there is nothing to list.
    func text() -> String? {
        let listed = grid.listed(at: seen)
        guard !listed.isEmpty, fitsOneFile else { return nil }
        let skipped = skip == nil ? 0 : skippable(listed)
        var text = header(listed, version: version)
        if skipped > 0 {
            text += skipTag(skipped, listed)
        } else {
            text += map(isAd: adBreak(listed.lowerBound) != nil)
        }
        for index in listed.dropFirst(Int(skipped)) {
            text += segment(index, isFirst: index == listed.lowerBound)
        }
        if kind.feature == .lowLatency { text += openParts(after: listed) }
        return kind.isLive ? text : text + "#EXT-X-ENDLIST\n"
    }

    /// False only where the ranges of a file are listed and the track is too long for one.
    private var fitsOneFile: Bool {
        kind.feature != .ranges || content.layouts.layout(of: track, kind, in: content) != nil
    }

    private var version: Int {
        switch kind.feature {
        case .variables: 11
        case .lowLatency: 10
        default: 6
        }
    }

    private func header(_ listed: Range<Int64>, version: Int) -> String {
        var text = "#EXTM3U\n#EXT-X-VERSION:\(version)\n"
        if kind.feature == .variables { text += "#EXT-X-DEFINE:IMPORT=\"suffix\"\n#EXT-X-DEFINE:QUERYPARAM=\"pass\"\n" }
        text += "#EXT-X-TARGETDURATION:\(targetDuration)\n#EXT-X-MEDIA-SEQUENCE:\(listed.lowerBound)\n"
        if kind.feature == .ads, kind.isLive, let breaks {
            // A discontinuity that the first segment still carries has not left the playlist.
            let first = listed.lowerBound
            let left = breaks.discontinuities(through: first) - (breaks.isDiscontinuous(first) ? 1 : 0)
            text += "#EXT-X-DISCONTINUITY-SEQUENCE:\(left)\n"
        }
        text += "#EXT-X-INDEPENDENT-SEGMENTS\n"
        text += kind.isLive ? serverControl() : "#EXT-X-PLAYLIST-TYPE:VOD\n"
        if kind.feature == .start { text += Self.start(settings, isLive: kind.isLive) }
        return text
    }

    private func serverControl() -> String {
        let short = faults.shortHoldBack
        let holdBack = short ? .seconds(Double(targetDuration)) : Self.holdBack(settings, grid)
        let hold = "HOLD-BACK=\(TimeText.decimal(holdBack.seconds, places: 3))"
        guard kind.feature == .lowLatency else { return "#EXT-X-SERVER-CONTROL:\(hold)\n" }
        let target = grid.partTarget(of: content.tracks)
        let partHold = TimeText.decimal((target * (short ? 1 : 3)).seconds, places: 3)
        return "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=\(6 * targetDuration),"
            + "CAN-SKIP-DATERANGES=YES,\(hold),PART-HOLD-BACK=\(partHold)\n"
            + "#EXT-X-PART-INF:PART-TARGET=\(TimeText.decimal(target.seconds, places: 3))\n"
    }

    // MARK: Segments

    /// The begin of the break that a segment shows; nil for the programme.
    private func adBreak(_ index: Int64) -> Int64? {
        kind.feature == .ads ? breaks?.begin(ofBreakAt: index) : nil
    }

    private func map(isAd: Bool) -> String {
        switch kind.feature {
        case .ranges:
            let size = track.initialization.count
            return "#EXT-X-MAP:URI=\"media.mp4\",BYTERANGE=\"\(size)@0\"\n"
        case .variables: return "#EXT-X-MAP:URI=\"init.mp4?pass={$pass}\"\n"
        default: return "#EXT-X-MAP:URI=\"\(isAd ? "../ad-\(track.name)/" : "")init.mp4\"\n"
        }
    }

    private func segment(_ index: Int64, isFirst: Bool) -> String {
        let samples = grid.samples(of: index, in: track)
        var text = ""
        if kind.feature == .ads, let breaks, breaks.isDiscontinuous(index) {
            text += "#EXT-X-DISCONTINUITY\n" + (isFirst ? "" : map(isAd: breaks.begin(ofBreakAt: index) != nil))
        }
        if kind.feature == .encrypted { text += key(index) }
        text += dateRanges(index) + date(index, samples)
        if kind.feature == .lowLatency { text += closedParts(of: index) }
        text += "#EXTINF:" + TimeText.decimal(track.seconds(ofSamples: Int64(samples.count)), places: 6) + ",\n"
        if kind.feature == .gaps, content.isGap(index, in: track) { text += "#EXT-X-GAP\n" }
        return text + uri(index) + "\n"
    }

    /// When a segment began, where playlists say so.
    func date(_ index: Int64, _ samples: Range<Int64>) -> String {
        guard kind.isLive || kind.feature == .ads || kind.feature == .interstitials, !faults.omitsDates else {
            return ""
        }
        let drift = faults.dateDrift * Double(index % 3_600)
        let began = grid.start + track.time(ofSample: samples.lowerBound) + drift
        return "#EXT-X-PROGRAM-DATE-TIME:" + TimeText.iso8601(began) + "\n"
    }

    /// Each segment has its own initialization vector, so each has its own tag.
    private func key(_ index: Int64) -> String {
        let encryption = Encryption(settings: settings)
        return "#EXT-X-KEY:METHOD=AES-128,URI=\"../keys/\(encryption.keyNumber(of: index)).key\","
            + "IV=\(encryption.vectorText(segment: index, of: track))\n"
    }

    private func uri(_ index: Int64) -> String {
        var uri: String
        switch kind.feature {
        case .ads: uri = adBreak(index) == nil ? "\(index).m4s" : "../ad-\(track.name)/\(index).m4s"
        case .variables: uri = "\(index).{$suffix}?pass={$pass}"
        case .ranges:
            let range = content.layouts.layout(of: track, kind, in: content)?.range(of: index) ?? 0..<0
            return "#EXT-X-BYTERANGE:\(range.count)@\(range.lowerBound)\nmedia.mp4"
        default: uri = "\(index).m4s"
        }
        if faults.changesURIs, kind.isLive, grid.listed(at: seen).upperBound % 2 == 1 {
            uri = "copy-" + uri
        }
        return uri
    }

    // MARK: Date ranges

    /// The date ranges that belong to the begin of a segment.
    func dateRanges(_ index: Int64) -> String {
        let date = grid.begin(of: index)
        switch kind.feature {
        case .ads: return splices(index)
        case .interstitials:
            guard let breaks, breaks.beginsBreak(index) else { return "" }
            return Interstitials(content: content, deployment: deployment).tag(breaks.number(at: index), begins: date)
        case .lowLatency where index % Self.programmeLength == 0:
            return "#EXT-X-DATERANGE:ID=\"programme-\(index / Self.programmeLength)\","
                + "CLASS=\"com.example.fullhouse.programme\",START-DATE=\"\(TimeText.iso8601(date))\"\n"
        default: return ""
        }
    }

    /// The segments of a programme in low latency.
    static let programmeLength: Int64 = 10

    /// The splice out into a break at its begin, and the one back at its end with the same identifier.
    private func splices(_ index: Int64) -> String {
        guard let breaks, breaks.isDiscontinuous(index) else { return "" }
        let number = breaks.number(at: index)
        let begin = grid.begin(of: breaks.begin(ofBreak: number))
        let length = grid.span(breaks.length)
        let seconds = TimeText.decimal(length.seconds, places: 3)
        let isOut = breaks.beginsBreak(index)
        let ticks = UInt64(max(0, length.nanoseconds / 100_000 * 9))
        let message = Hexadecimal.text(SpliceMessage.insert(event: number, isOut: isOut, ticks: ticks))
        return "#EXT-X-DATERANGE:ID=\"break-\(number)\",START-DATE=\"\(TimeText.iso8601(begin))\","
            + (isOut ? "PLANNED-DURATION=\(seconds),SCTE35-OUT=" : "DURATION=\(seconds),SCTE35-IN=") + message + "\n"
    }

    // MARK: Key pictures

    /// The playlist of key pictures alone, one in each segment; nil while there is nothing to list.
    func iFrames() -> String? {
        let listed = grid.listed(at: seen)
        guard !listed.isEmpty, fitsOneFile else { return nil }
        var text = header(listed, version: 6) + "#EXT-X-I-FRAMES-ONLY\n" + map(isAd: false)
        let layout = kind.feature == .ranges ? content.layouts.layout(of: track, kind, in: content) : nil
        for index in listed {
            let samples = grid.samples(of: index, in: track)
            let start = layout?.range(of: index).lowerBound ?? 0
            let size = content.fragment(index, of: track, kind).firstSampleEnd
            text += date(index, samples)
            text += "#EXTINF:" + TimeText.decimal(track.seconds(ofSamples: Int64(samples.count)), places: 6) + ",\n"
            text += "#EXT-X-BYTERANGE:\(size)@\(start)\n" + (layout == nil ? "\(index).m4s\n" : "media.mp4\n")
        }
        return kind.isLive ? text : text + "#EXT-X-ENDLIST\n"
    }
}
