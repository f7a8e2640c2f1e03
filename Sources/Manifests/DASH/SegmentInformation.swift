import Quantities

/// SegmentTemplate, SegmentList or SegmentBase of a Representation with what it inherits from its AdaptationSet and
/// Period, attribute by attribute (ISO/IEC 23009-1 section 5.3.9.1).
struct SegmentInformation {
    /// The kinds of addressing; a Representation has one, the innermost that is named.
    enum Kind: String, CaseIterable {
        case template = "SegmentTemplate"
        case list = "SegmentList"
        case base = "SegmentBase"
    }

    let kind: Kind
    /// The elements of this kind, innermost first; never empty.
    private let levels: [XMLElement]

    /// Finds what holds for a Representation.
    ///
    /// - Parameter ancestry: The Representation, its AdaptationSet and its Period, in this order.
    init?(ancestry: [XMLElement]) {
        for element in ancestry {
            guard let kind = Kind.allCases.first(where: { element.child($0.rawValue) != nil }) else { continue }
            self.kind = kind
            levels = ancestry.compactMap { $0.child(kind.rawValue) }
            return
        }
        return nil
    }

    /// The innermost value of an attribute.
    func attribute(_ name: String) -> String? { holder(name)?.attribute(name) }

    /// The innermost element that has an attribute.
    func holder(_ name: String) -> XMLElement? { levels.first { $0.attributes[name] != nil } }

    /// The innermost child of a name.
    func child(_ name: String) -> XMLElement? { levels.lazy.compactMap { $0.child(name) }.first }

    /// The children of a name at the innermost level that has one.
    func children(_ name: String) -> [XMLElement] { levels.first { $0.child(name) != nil }?.children(name) ?? [] }

    /// The innermost level itself, which is the same object for all that inherit it.
    var innermost: XMLElement { levels[0] }

    /// The whole-number attribute at the innermost level that has it.
    func whole(_ name: String) throws(MPDProblem) -> Int64? { try holder(name)?.whole(name) }

    /// `timescale`, by default 1.
    func timescale() throws(MPDProblem) -> MediaTimescale { try (holder("timescale") ?? innermost).timescale() }
}

extension XMLElement {
    /// `timescale`, by default 1.
    func timescale() throws(MPDProblem) -> MediaTimescale {
        let ticks = try whole("timescale") ?? 1
        guard (1...Int64(UInt32.max)).contains(ticks) else {
            throw MPDProblem(
                id: "dash-invalid-timescale", message: "a timescale is not from 1 to 4 294 967 295",
                clause: "ISO/IEC 23009-1 5.3.9.2")
        }
        return MediaTimescale(ticksPerSecond: ticks)
    }
}
