import Quantities

extension MPDDecoder {
    /// The AdaptationSets of a period that can be played, with their Representations.
    mutating func switchingSets(of period: PeriodContext) throws(Failure) -> [SwitchingSet] {
        guard isUnderstood(period.element) else { return [] }
        checks.beginPeriod()
        var sets: [SwitchingSet] = []
        for element in period.element.children("AdaptationSet") {
            guard followLinks(of: element), isUnderstood(element) else { continue }
            checkIdentifier(of: element)
            if let set = try switchingSet(context(of: element, in: period)) { sets.append(set) }
        }
        return sets
    }

    private mutating func context(of element: XMLElement, in period: PeriodContext) -> SetContext {
        var set = SetContext(
            element: element, period: period, kind: Self.kind(of: element),
            bases: period.bases.adding(element, findings: &findings), query: query(of: element, outer: period.query))
        set.details = Self.details(of: element, inheriting: TrackDetails())
        return set
    }

    private mutating func switchingSet(_ set: SetContext) throws(Failure) -> SwitchingSet? {
        var tracks: [Track] = []
        var protections = ProtectionList()
        var events: [String] = []
        Self.addSchemes(of: "InbandEventStream", in: set.element, to: &events)
        add(protectionsOf: set.element, to: &protections)
        checks.beginSet()
        for representation in set.element.children("Representation") where isUnderstood(representation) {
            trackCount += 1
            guard trackCount <= limits.tracks else {
                let detail = "the MPD has more than \(limits.tracks) Representations"
                throw .manifest(.tooLarge(detail: detail))
            }
            guard !isTrickPlay(representation), let track = track(of: representation, in: set) else { continue }
            add(protectionsOf: representation, to: &protections)
            Self.addSchemes(of: "InbandEventStream", in: representation, to: &events)
            tracks.append(track)
        }
        guard !tracks.isEmpty else { return nil }
        checkSet(set)
        let element = set.element
        return SwitchingSet(
            id: element.attributes["id"] ?? "", kind: set.kind, language: element.attributes["lang"] ?? "",
            isDefault: Self.isMain(element), isTrickPlay: isTrickPlay(element),
            roles: element.children("Role").compactMap { $0.attribute("value") }, protections: protections.all,
            continuity: Self.continuity(of: element), inbandEvents: events,
            switchesWith: Self.switchesWith(element),
            selectionPriority: element.attribute("selectionPriority").flatMap { Int($0) } ?? 1, tracks: tracks)
    }

    private mutating func track(of representation: XMLElement, in set: SetContext) -> Track? {
        let id = representation.attributes["id"] ?? ""
        checkIdentifier(of: representation)
        if representation.attribute("dependencyId") != nil {
            findings.add(
                "dash-dependent-representation", .information, clause: "ISO/IEC 23009-1 5.3.5.2",
                line: representation.line, "a Representation needs another one and is left out")
            return nil
        }
        do {
            let bandwidth = try representation.whole("bandwidth")
            if bandwidth == nil || bandwidth == 0 {
                findings.add(
                    "dash-missing-bandwidth", .error, clause: "ISO/IEC 23009-1 5.3.5.2",
                    line: representation.line, "a Representation has no bandwidth")
            }
            let width = try set.holder("width", representation).whole("width") ?? 0
            let height = try set.holder("height", representation).whole("height") ?? 0
            let bases = set.bases.adding(representation, findings: &findings)
            let codecs = set.holder("codecs", representation).attributes["codecs"] ?? ""
            let details = Self.details(of: representation, inheriting: set.details)
            let media = try source(of: representation, in: set, bases: bases)
            checkCodecs(codecs, details.mimeType, of: representation, in: set)
            return Track(
                id: id, bitRate: BitRate(bitsPerSecond: Double(bandwidth ?? 0)), codecs: codecs,
                width: Int(min(width, 100_000)), height: Int(min(height, 100_000)),
                frameRate: set.holder("frameRate", representation).frameRate("frameRate") ?? 0,
                media: media, locations: bases.locations,
                query: query(of: representation, outer: set.query), details: details)
        } catch {
            findings.add(error, line: representation.line)
            return nil
        }
    }

    /// What an AdaptationSet or a Representation says beside bit rate and picture.
    private static func details(of element: XMLElement, inheriting outer: TrackDetails) -> TrackDetails {
        var details = outer
        if let type = element.attribute("mimeType") { details.mimeType = type }
        if let label = element.child("Label")?.text, !label.isEmpty { details.name = label }
        if let rate = element.attribute("audioSamplingRate")?.split(separator: " ").last.flatMap({ Int($0) }) {
            details.sampleRate = min(max(rate, 0), 100_000_000)
        }
        if let channels = element.child("AudioChannelConfiguration")?.attribute("value") { details.channels = channels }
        if let ranking = element.attribute("qualityRanking").flatMap({ Int($0) }) { details.qualityRanking = ranking }
        if let codecs = element.attributes[local: "supplementalCodecs"] { details.supplementalCodecs = codecs }
        if element.child("Accessibility") != nil {
            let values = element.children("Accessibility").compactMap { $0.attribute("value") }
            details.characteristics += values.prefix(max(0, keptDescriptors - details.characteristics.count))
        }
        return details
    }

    // MARK: - What a set is

    /// What an AdaptationSet carries, by contentType, else by the MIME type, else by the codecs.
    static func kind(of set: XMLElement) -> MediaKind {
        let representation = set.child("Representation")
        func value(_ name: String) -> String { set.attribute(name) ?? representation?.attribute(name) ?? "" }
        let mime = value("mimeType").lowercased()
        let codecs = value("codecs")
        if mime.hasPrefix("image/") { return .other }
        let content = set.attribute("contentType") ?? set.child("ContentComponent")?.attribute("contentType") ?? ""
        switch content.lowercased() {
        case "video": return .video
        case "audio": return .audio
        case "text": return .subtitles
        case "image", "font": return .other
        default: break
        }
        if mime.hasPrefix("video/") { return Codecs.isAudioOnly(codecs) ? .audio : .video }
        if mime.hasPrefix("audio/") { return .audio }
        if mime.hasPrefix("text/") || mime == "application/ttml+xml" { return .subtitles }
        return Codecs.kind(codecs) ?? .other
    }
}
