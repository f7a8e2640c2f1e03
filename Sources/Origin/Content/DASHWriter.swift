import Quantities

/// Writes the MPDs of the synthetic content (ISO/IEC 23009-1) as of an instant.
struct DASHWriter {
    let content: SyntheticContent
    let address: ContentAddress
    let now: WallTime
    let deployment: Deployment

    var kind: AssetKind { address.kind }
    var settings: ContentSettings { content.settings }
    var grid: SegmentGrid { content.grid(of: kind) }
    /// The instant that the MPD shows.
    var seen: WallTime { kind.isLive ? deployment.faults.instant(now, grid) : now }
    /// `$Time$` with a SegmentTimeline, or else `$Number$` with a duration.
    var byTime: Bool { address.item == .timelineManifest || kind.feature == .patched }

    /// The segments that a timeline lists: in low latency also the one that is being made, from its first chunk on.
    var listed: Range<Int64> {
        let complete = grid.listed(at: seen)
        guard kind.feature == .lowLatency, let newest = grid.newestPart(at: seen) else { return complete }
        return complete.lowerBound..<newest.segment + 1
    }

    /// The document.
    func text() -> String {
        let profile = kind.feature == .ranges ? "isoff-on-demand" : "isoff-live"
        var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\""
        if kind.feature == .patched { text += " id=\"\(Self.escaped(address.name))\"" }
        text += " profiles=\"urn:mpeg:dash:profile:\(profile):2011\"" + presentationAttributes() + ">\n"
        text += locations() + serviceDescription()
        for period in periods() { text += self.text(of: period) }
        if kind.isLive { text += timing() }
        return text + "</MPD>\n"
    }

    private func presentationAttributes() -> String {
        var text = " minBufferTime=\"\(TimeText.duration(grid.duration))\""
        guard kind.isLive else {
            let total = grid.total ?? .zero
            return text + " type=\"static\" mediaPresentationDuration=\"\(TimeText.duration(total))\""
        }
        let update = settings.minimumUpdatePeriod ?? grid.duration
        let depth = grid.duration * Double(grid.window)
        let holdBack = MediaPlaylistWriter.holdBack(settings, grid)
        let delay = kind.feature == .lowLatency ? latencyTarget : holdBack
        text += " type=\"dynamic\" availabilityStartTime=\"\(TimeText.iso8601(grid.start))\""
        text += " publishTime=\"\(TimeText.iso8601(published(through: listed.upperBound)))\""
        text += " minimumUpdatePeriod=\"\(TimeText.duration(update))\""
        text += " timeShiftBufferDepth=\"\(TimeText.duration(depth))\""
        return text + " suggestedPresentationDelay=\"\(TimeText.duration(delay))\""
    }

    /// When the content of the MPD whose timeline ends before a segment was first true: it changes with each segment by
    /// time and, in a single period, never by number.
    func published(through end: Int64) -> WallTime {
        guard byTime || kind.feature == .periods else { return grid.start }
        guard kind.feature == .lowLatency, end > 0 else { return grid.begin(of: end) }
        return grid.completion(of: PartNumber(segment: end - 1, part: 0))
    }

    // MARK: Above the periods

    private func locations() -> String {
        let folder = "/\(kind.folder)/\(Self.escaped(address.name))/"
        switch kind.feature {
        case .located:
            let url = (deployment.ownURL ?? "") + "/live/\(Self.escaped(address.name))/"
            return "  <BaseURL>\(url)</BaseURL>\n  <Location>\(url)\(byTime ? "timeline" : "manifest").mpd</Location>\n"
        case .patched: return "  \(patchLocation(listed.upperBound))\n"
        case .failover:
            return "  <BaseURL serviceLocation=\"down\">/down\(folder)</BaseURL>\n"
                + "  <BaseURL serviceLocation=\"up\">\(folder)</BaseURL>\n"
        case .steered where !deployment.pathways.isEmpty:
            var text = deployment.pathways.map {
                "  <BaseURL serviceLocation=\"\($0.id)\">\(Self.escaped($0.baseURL))\(folder)</BaseURL>\n"
            }.joined()
            text += "  <ContentSteering defaultServiceLocation=\"\(deployment.defaultPathway)\""
            text += " queryBeforeStart=\"false\">\(Self.escaped(deployment.ownURL ?? ""))/steering</ContentSteering>\n"
            return text
        default: return ""
        }
    }

    /// What low-latency players are to aim for: the latency in milliseconds and the speeds that keep it.
    private var latencyTarget: TimeAmount {
        settings.latencyTarget ?? grid.duration + grid.partDuration + grid.partDuration
    }

    private func serviceDescription() -> String {
        guard kind.feature == .lowLatency else { return "" }
        let target = latencyTarget.nanoseconds / 1_000_000
        return "  <ServiceDescription id=\"0\">\n"
            + "    <Latency target=\"\(target)\" min=\"\(target / 2)\" max=\"\(target * 2)\" referenceId=\"0\"/>\n"
            + "    <PlaybackRate min=\"0.96\" max=\"1.04\"/>\n  </ServiceDescription>\n"
    }

    private func timing() -> String {
        func element(_ scheme: String, _ value: String) -> String {
            "  <UTCTiming schemeIdUri=\"urn:mpeg:dash:utc:\(scheme):2014\" value=\"\(Self.escaped(value))\"/>\n"
        }
        switch settings.utcTiming {
        case .none: return ""
        case .direct: return element("direct", TimeText.iso8601(now))
        case .httpISO(let url): return element("http-iso", url)
        case .httpXSDate(let url): return element("http-xsdate", url)
        case .httpHead(let url): return element("http-head", url)
        case .httpNTP(let url): return element("http-ntp", url)
        }
    }

    static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case "\"": result += "&quot;"
            default: result.append(character)
            }
        }
        return result
    }
}
