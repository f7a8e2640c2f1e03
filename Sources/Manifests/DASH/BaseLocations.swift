import Quantities

/// The BaseURLs of the levels of an MPD, combined level by level into the places where something can be had
/// (ISO/IEC 23009-1 section 5.6).
struct BaseLocations {
    /// One choice of a BaseURL at each level.
    private struct Choice {
        var references: [String] = []
        /// `serviceLocation` of the innermost level that has one.
        var name: String?
        /// The BaseURLs' own texts at the levels that have several.
        var label = ""
        var priority: Int?
        var weight: Int?
        var availabilityOffset = TimeAmount.zero
        var isAvailableComplete = true

        var location: TrackLocation {
            TrackLocation(
                name: name ?? (label.isEmpty ? references.last ?? "" : label), priority: priority ?? 1,
                weight: weight ?? 1, references: references)
        }
    }

    /// The longest BaseURL that is taken, in UTF-8 bytes.
    static let longestBase = 16_384
    /// The most choices that are kept; players try two or three.
    static let maximumChoices = 32

    /// A name that is longer gets no further text.
    private static let longestLabel = 512

    private var choices = [Choice()]
    /// The places, the best `dvb:priority` first and those of equal priority as they stand in the document.
    private(set) var locations: [TrackLocation] = []

    /// The sum of `availabilityTimeOffset` at the first place.
    var availabilityOffset: TimeAmount { choices.first?.availabilityOffset ?? .zero }
    /// False when `availabilityTimeComplete` is at any level of the first place.
    var isAvailableComplete: Bool { choices.first?.isAvailableComplete ?? true }

    /// The document itself, below which levels are added.
    init() { locations = choices.map(\.location) }

    /// The places with the BaseURLs that stand in an element, or the same where there is none.
    func adding(_ element: XMLElement, findings: inout FindingCollector) -> BaseLocations {
        guard element.child("BaseURL") != nil else { return self }
        let bases = element.children("BaseURL").filter { $0.text.utf8.count <= Self.longestBase }
        for base in bases where base.attribute("byteRange") != nil {
            findings.add(
                "dash-base-byte-range", .information, clause: "ISO/IEC 23009-1 annex E", line: base.line,
                "BaseURL@byteRange offers ranges by query; ranges are asked for in the HTTP header, as players do")
        }
        var result = self
        var seen: Set<[String]> = []
        result.choices = []
        for outer in choices {
            for base in bases where result.choices.count < Self.maximumChoices {
                var choice = Self.choice(outer, base, &findings)
                if bases.count > 1, choice.label.utf8.count < Self.longestLabel { choice.label += base.text }
                // Below an absolute BaseURL the outer alternatives are all the same.
                if seen.insert(choice.references).inserted { result.choices.append(choice) }
            }
        }
        result.choices = result.choices.enumerated().sorted {
            let (left, right) = ($0.element.priority ?? 1, $1.element.priority ?? 1)
            return left == right ? $0.offset < $1.offset : left < right
        }.map(\.element)
        result.locations = result.choices.map(\.location)
        return result
    }

    private static func choice(_ outer: Choice, _ base: XMLElement, _ findings: inout FindingCollector) -> Choice {
        var choice = outer
        let text = base.text
        if URIReference(text).scheme != nil {
            choice.references = []
            choice.label = ""
        }
        choice.references.append(text)
        choice.name = base.attribute("serviceLocation") ?? outer.name
        choice.priority = number("priority", of: base) ?? outer.priority
        choice.weight = number("weight", of: base) ?? outer.weight
        do {
            choice.availabilityOffset = MPDDecoder.sum(
                outer.availabilityOffset, try MPDDecoder.availabilityOffset(base))
        } catch {
            findings.add(error, line: base.line)
        }
        if base.isFalse("availabilityTimeComplete") { choice.isAvailableComplete = false }
        return choice
    }

    /// `dvb:priority` or `dvb:weight`; nil where it is not there or is no small number.
    private static func number(_ name: String, of base: XMLElement) -> Int? {
        base.attributes[local: name].flatMap { Int($0) }.map { min(max($0, 0), 1_000_000) }
    }
}

extension XMLElement {
    /// True where an xs:boolean says no.
    func isFalse(_ name: String) -> Bool { attributes[name].map { $0 == "false" || $0 == "0" } ?? false }

    /// True where an xs:boolean says yes.
    func isTrue(_ name: String) -> Bool { attributes[name].map { $0 == "true" || $0 == "1" } ?? false }
}
