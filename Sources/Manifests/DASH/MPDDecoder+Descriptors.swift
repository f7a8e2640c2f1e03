import Quantities

extension MPDDecoder {
    /// EssentialProperty schemes that do not keep a player from playing the element they stand in.
    ///
    /// They are those that dash.js 5.1 (`streaming.capabilities.supportedEssentialProperties`) and Shaka Player 5
    /// (`dash_parser.js`, `parseAdaptationSet_`) let pass, and some that only describe.
    private static let knownProperties: Set<String> = [
        "urn:mpeg:mpegB:cicp:ColourPrimaries", "urn:mpeg:mpegB:cicp:MatrixCoefficients",
        "urn:mpeg:mpegB:cicp:TransferCharacteristics", "urn:mpeg:mpegB:cicp:VideoFramePackingType",
        "urn:dvb:dash:fontdownload:2014", "http://dashif.org/thumbnail_tile",
        "http://dashif.org/guidelines/thumbnail_tile", "urn:mpeg:dash:role:2011",
        "urn:mpeg:dash:adaptation-set-switching:2016", "urn:mpeg:dash:ssr:2023",
        "http://dashif.org/guidelines/trickmode",
    ]

    /// False for an element with an EssentialProperty that a player does not know, which then must leave the element
    /// out (ISO/IEC 23009-1 section 5.8.4.8).
    mutating func isUnderstood(_ element: XMLElement) -> Bool {
        for property in element.children where property.name == "EssentialProperty" {
            if isKnown(property) { continue }
            let scheme = property.attributes["schemeIdUri"] ?? ""
            findings.add(
                "dash-unknown-essential-property", .information, clause: "ISO/IEC 23009-1 5.8.4.8",
                line: property.line, "\(element.name) has the essential property \(scheme.prefix(100)) and is left out")
            return false
        }
        return true
    }

    /// True for a property that does not keep a player from playing the element it stands in.
    func isKnown(_ property: XMLElement) -> Bool {
        Self.knownProperties.contains(property.attributes["schemeIdUri"] ?? "")
            || Self.queryInformation(property) != nil
    }

    // MARK: - Properties

    /// The essential and supplemental properties of an element with a scheme.
    static func properties(_ scheme: String, of element: XMLElement) -> [XMLElement] {
        element.children.filter {
            ($0.name == "EssentialProperty" || $0.name == "SupplementalProperty")
                && $0.attributes["schemeIdUri"] == scheme
        }
    }

    /// True for pictures to show while winding.
    func isTrickPlay(_ element: XMLElement) -> Bool {
        !Self.properties("http://dashif.org/guidelines/trickmode", of: element).isEmpty
    }

    /// True for what a player takes when nobody chooses.
    static func isMain(_ set: XMLElement) -> Bool {
        set.children("Role").contains {
            $0.attributes["schemeIdUri"] == "urn:mpeg:dash:role:2011" && $0.attributes["value"] == "main"
        }
    }

    /// The sets to which a player may switch in the middle (ISO/IEC 23009-1 section 5.3.3.5).
    static func switchesWith(_ set: XMLElement) -> [String] {
        properties("urn:mpeg:dash:adaptation-set-switching:2016", of: set).flatMap {
            ($0.attribute("value") ?? "").split(whereSeparator: { $0 == "," || $0.isWhitespace }).map(String.init)
        }
    }

    /// Which earlier period's set this one goes on (ISO/IEC 23009-1 sections 5.3.2.4 and 5.3.2.5).
    static func continuity(of set: XMLElement) -> PeriodContinuity? {
        for (name, isContinuous) in [("continuity", true), ("connectivity", false)] {
            for property in properties("urn:mpeg:dash:period-\(name):2015", of: set) {
                guard let period = property.attribute("value") else { continue }
                return PeriodContinuity(period: period, isContinuous: isContinuous)
            }
        }
        return nil
    }

    /// The most schemes of a kind, and the most roles and the like, that are kept of an element.
    static let keptDescriptors = 64

    /// Adds the schemes of the descriptors of a name, each once.
    static func addSchemes(of name: String, in element: XMLElement, to list: inout [String]) {
        for descriptor in element.children where descriptor.name == name && list.count < keptDescriptors {
            if let scheme = descriptor.attribute("schemeIdUri"), !list.contains(scheme) { list.append(scheme) }
        }
    }

    // MARK: - UrlQueryInfo

    /// What is added to the segments' URIs below an element: what the element says, else what holds around it.
    mutating func query(of element: XMLElement, outer: SegmentQuery?) -> SegmentQuery? {
        for property in element.children {
            guard property.name == "EssentialProperty" || property.name == "SupplementalProperty",
                let information = Self.queryInformation(property)
            else { continue }
            if information.attribute("xlink:href") != nil { _ = followLinks(of: information) }
            let requests = information.attribute("includeInRequests") ?? "segment"
            guard requests.split(whereSeparator: \.isWhitespace).contains("segment") else { continue }
            guard let template = information.attribute("queryTemplate") else { return nil }
            return SegmentQuery(
                template: template, parameters: information.attributes["queryString"] ?? "",
                usesManifestQuery: information.isTrue("useMPDUrlQuery"),
                isSameOriginOnly: information.isTrue("sameOriginOnly"))
        }
        return outer
    }

    /// The UrlQueryInfo in a property of the schemes for it (ISO/IEC 23009-1 annex I).
    private static func queryInformation(_ property: XMLElement) -> XMLElement? {
        switch property.attributes["schemeIdUri"] {
        case "urn:mpeg:dash:urlparam:2014"?: property.child(local: "UrlQueryInfo")
        case "urn:mpeg:dash:urlparam:2016"?:
            property.child(local: "ExtUrlQueryInfo") ?? property.child(local: "UrlQueryInfo")
        default: nil
        }
    }

    // MARK: - ContentProtection

    /// The ContentProtection elements that others refer to by `ref`, at any level (ISO/IEC 23009-1 section 5.8.4.1).
    static func referredProtections(in root: XMLElement) -> [String: ContentProtection] {
        var table: [String: ContentProtection] = [:]
        var open = [(root, 0)]
        while let (element, depth) = open.popLast() {
            for child in element.children {
                if child.name == "ContentProtection" {
                    guard let id = child.attribute("refId"), table[id] == nil else { continue }
                    table[id] = protection(child, referred: nil)
                } else if depth < 3, ["Period", "AdaptationSet", "Representation"].contains(child.name) {
                    open.append((child, depth + 1))
                }
            }
        }
        return table
    }

    /// Adds the ContentProtection elements of a set or Representation, with what those say that they refer to.
    func add(protectionsOf element: XMLElement, to list: inout ProtectionList) {
        for child in element.children where child.name == "ContentProtection" {
            let referred = child.attribute("ref").flatMap { protectionsByReference[$0] }
            list.add(Self.protection(child, referred: referred))
        }
    }

    private static func protection(_ element: XMLElement, referred: ContentProtection?) -> ContentProtection {
        // Many may refer to one; its texts must not be long.
        func value(_ text: String?, _ other: String?) -> String { text.map { String($0.prefix(256)) } ?? other ?? "" }
        return ContentProtection(
            scheme: value(element.attribute("schemeIdUri"), referred?.scheme),
            value: value(element.attribute("value"), referred?.value),
            defaultKeyID: value(element.attributes[local: "default_KID"], referred?.defaultKeyID),
            hasInitializationData: element.child(local: "pssh") != nil || referred?.hasInitializationData == true)
    }
}

/// The protections of a set, each once.
struct ProtectionList {
    private(set) var all: [ContentProtection] = []
    private var known: Set<ContentProtection> = []

    /// Adds a protection, unless it is there.
    mutating func add(_ protection: ContentProtection) {
        if known.insert(protection).inserted { all.append(protection) }
    }
}
