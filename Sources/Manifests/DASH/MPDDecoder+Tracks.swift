import Quantities

extension MPDDecoder {
    /// The AdaptationSets of a period that can be played, with their Representations.
    mutating func switchingSets(of period: PeriodContext) throws(Failure) -> [SwitchingSet] {
        guard isUnderstood(period.element) else { return [] }
        var sets: [SwitchingSet] = []
        for set in period.element.children("AdaptationSet") {
            guard followLinks(of: set), isUnderstood(set) else { continue }
            var tracks: [Track] = []
            for representation in set.children("Representation") where isUnderstood(representation) {
                trackCount += 1
                guard trackCount <= limits.tracks else {
                    let detail = "the MPD has more than \(limits.tracks) Representations"
                    throw .manifest(.tooLarge(detail: detail))
                }
                if let track = track(of: representation, in: set, of: period) { tracks.append(track) }
            }
            guard !tracks.isEmpty else { continue }
            sets.append(
                SwitchingSet(
                    id: set.attributes["id"] ?? "", kind: Self.kind(of: set), language: set.attributes["lang"] ?? "",
                    isDefault: Self.isMain(set), tracks: tracks))
        }
        return sets
    }

    private mutating func track(of representation: XMLElement, in set: XMLElement, of period: PeriodContext) -> Track? {
        let id = representation.attributes["id"] ?? ""
        if id.isEmpty {
            findings.add(
                "dash-missing-representation-id", .error, clause: "ISO/IEC 23009-1 5.3.5.2",
                line: representation.line, "a Representation has no id")
        }
        if representation.attribute("dependencyId") != nil {
            findings.add(
                "dash-dependent-representation", .information, clause: "ISO/IEC 23009-1 5.3.5.2",
                line: representation.line, "a Representation needs another one and is left out")
            return nil
        }
        func inherited(_ name: String) -> XMLElement {
            representation.attributes[name] != nil ? representation : set
        }
        do {
            let bandwidth = try representation.whole("bandwidth")
            if bandwidth == nil || bandwidth == 0 {
                findings.add(
                    "dash-missing-bandwidth", .error, clause: "ISO/IEC 23009-1 5.3.5.2",
                    line: representation.line, "a Representation has no bandwidth")
            }
            let width = try inherited("width").whole("width") ?? 0
            let height = try inherited("height").whole("height") ?? 0
            return Track(
                id: id, bitRate: BitRate(bitsPerSecond: Double(bandwidth ?? 0)),
                codecs: inherited("codecs").attributes["codecs"] ?? "", width: Int(min(width, 100_000)),
                height: Int(min(height, 100_000)), frameRate: inherited("frameRate").frameRate("frameRate") ?? 0,
                media: try source(of: representation, in: set, of: period),
                locations: locations(of: representation, in: set, of: period))
        } catch {
            findings.add(error, line: representation.line)
            return nil
        }
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

    private static func isMain(_ set: XMLElement) -> Bool {
        set.children("Role").contains {
            $0.attributes["schemeIdUri"] == "urn:mpeg:dash:role:2011" && $0.attributes["value"] == "main"
        }
    }

    /// EssentialProperty schemes that do not change which segments are fetched, nor how.
    private static let knownProperties: Set<String> = [
        "urn:mpeg:mpegB:cicp:ColourPrimaries", "urn:mpeg:mpegB:cicp:MatrixCoefficients",
        "urn:mpeg:mpegB:cicp:TransferCharacteristics", "urn:mpeg:mpegB:cicp:VideoFramePackingType",
        "urn:dvb:dash:fontdownload:2014", "http://dashif.org/thumbnail_tile",
        "http://dashif.org/guidelines/thumbnail_tile", "urn:mpeg:dash:role:2011",
        "urn:mpeg:dash:adaptation-set-switching:2016",
    ]

    /// False for an element with an EssentialProperty that a player does not know, which then must leave the element
    /// out (ISO/IEC 23009-1 section 5.8.4.8), and for a trick-mode set, which no viewer plays at normal speed.
    private mutating func isUnderstood(_ element: XMLElement) -> Bool {
        for property in element.children where property.name == "EssentialProperty" {
            let scheme = property.attributes["schemeIdUri"] ?? ""
            if scheme == "http://dashif.org/guidelines/trickmode" { return false }
            if Self.knownProperties.contains(scheme) { continue }
            findings.add(
                "dash-unknown-essential-property", .information, clause: "ISO/IEC 23009-1 5.8.4.8",
                line: property.line, "\(element.name) has the essential property \(scheme.prefix(100)) and is left out")
            return false
        }
        return true
    }
}
