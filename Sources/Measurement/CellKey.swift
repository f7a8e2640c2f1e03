/// What figures are kept apart by.
package enum Dimension: UInt8, Sendable, Codable, CaseIterable {
    /// Everything together.
    case overall
    /// The stream's name in the profile.
    case stream
    /// The viewer's region.
    case region
    /// For sessions the edge they count for; for transfers the address of the peer, with the POP it named.
    case edge
    /// The player preset.
    case device
    /// What a transfer was for.
    case kind
    /// The step of the journey that a transfer was for; transfers of other kinds are not in it.
    case step
    /// The phase of the script that brought the viewer.
    case phase
    /// The viewer's network (last mile).
    case network

    /// The stable word for files.
    package var label: String {
        switch self {
        case .overall: "overall"
        case .stream: "stream"
        case .region: "region"
        case .edge: "edge"
        case .device: "device"
        case .kind: "kind"
        case .step: "step"
        case .phase: "phase"
        case .network: "network"
        }
    }

    /// The dimension of a stable word; nil for any other word.
    package init?(label: String) {
        guard let match = Self.allCases.first(where: { $0.label == label }) else { return nil }
        self = match
    }
}

/// The name of one set of figures: one stream, one region, one edge and so on.
package struct CellKey: Hashable, Sendable, Comparable {
    /// What it is one of.
    package var dimension: Dimension
    /// Its name: empty for ``Dimension/overall``, and for sessions that have none.
    package var name: String
    /// The point of presence, for transfers by edge; else `""`.
    package var pop: String

    /// Creates a key.
    package init(_ dimension: Dimension, _ name: String, pop: String = "") {
        self.dimension = dimension
        self.name = name
        self.pop = pop
    }

    /// Everything together.
    package static let overall = CellKey(.overall, "")

    package static func < (left: CellKey, right: CellKey) -> Bool {
        (left.dimension.rawValue, left.name, left.pop) < (right.dimension.rawValue, right.name, right.pop)
    }
}
