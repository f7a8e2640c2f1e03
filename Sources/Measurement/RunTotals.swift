import Quantities

/// Everything a run has counted up to now, by every dimension.
///
/// Adding deltas and totals is exact and does not depend on the order (of more kinds of finding than a log keeps, which
/// ones it names depends on it; their number does not).
package struct RunTotals: Sendable, Equatable {
    /// The sums of sessions, by everything, stream, region, edge and device.
    package var sessions: [CellKey: SessionCell] = [:]
    /// The sums of transfers, by kind, stream, region and edge with POP.
    package var transfers: [CellKey: TransferCell] = [:]
    /// What was found wrong with streams, documents and responses.
    package var findings = FindingLog()
    /// What gates did with requests that they must refuse.
    package var gate = GateLog()
    /// The way of the viewers from their arrival to the picture.
    package var journeys = JourneyLog()

    /// Creates empty totals.
    package init() {}

    /// Adds what a loop measured in an interval.
    package mutating func merge(_ delta: IntervalDelta) {
        for part in delta.sessions { sessions[part.key, default: SessionCell()].merge(part.cell) }
        for part in delta.transfers { transfers[part.key, default: TransferCell()].merge(part.cell) }
        findings.merge(delta.findings)
        gate.merge(delta.gate)
        journeys.merge(delta.journeys)
    }

    /// Adds the totals of another loop, shard or machine.
    package mutating func merge(_ other: RunTotals) {
        for (key, cell) in other.sessions { sessions[key, default: SessionCell()].merge(cell) }
        for (key, cell) in other.transfers { transfers[key, default: TransferCell()].merge(cell) }
        findings.merge(other.findings)
        gate.merge(other.gate)
        journeys.merge(other.journeys)
    }

    /// All sessions.
    package var overall: SessionCell { sessions[.overall] ?? SessionCell() }

    /// All transfers of every kind.
    package var allTransfers: TransferCell { transfers(.overall, "") }

    /// The sessions of one set; empty sums when there is none of that name.
    package func sessions(_ dimension: Dimension, _ name: String) -> SessionCell {
        sessions[CellKey(dimension, name)] ?? SessionCell()
    }

    /// The transfers of one set, of an edge over all its POPs; empty sums when there is none of that name.
    package func transfers(_ dimension: Dimension, _ name: String) -> TransferCell {
        let wanted: Dimension = dimension == .overall ? .kind : dimension
        return transfers.reduce(into: TransferCell()) { sum, entry in
            guard entry.key.dimension == wanted, dimension == .overall || entry.key.name == name else { return }
            sum.merge(entry.value)
        }
    }

    /// The names of one dimension, sorted; a name may have sessions, transfers or both.
    package func names(of dimension: Dimension) -> [String] {
        var names: Set<String> = []
        for key in sessions.keys where key.dimension == dimension { names.insert(key.name) }
        for key in transfers.keys where key.dimension == dimension { names.insert(key.name) }
        return names.sorted()
    }
}
