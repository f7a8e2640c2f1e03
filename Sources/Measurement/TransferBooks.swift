import Playback

/// The sums of transfers of one loop, by kind, stream, region, edge and step.
///
/// Each transfer counts in at least four cells. Where very many come in an interval, those that are alike in kind, stream,
/// region and edge are counted together in one cell of their own, which is added to the four when the interval is taken: sums
/// add up exactly, so nothing tells the two ways apart. Adding costs some tens of microseconds for each such combination,
/// so it is done only where that is less than counting, and a loop is not held up.
struct TransferBooks {
    /// Where the transfers of a session count beside their kind.
    struct Places: Hashable {
        var stream: Int32
        var region: Int32
        var edge: Int32
    }

    private var slots: [TransferSlot] = []
    private var index: [CellKey: Int32] = [:]
    private var places: [Places] = []
    private var placesIndex: [Places: Int32] = [:]
    /// One cell for each kind at each of the places; as many as were needed while combining.
    private var combinations: [TransferCell] = []
    private var isCombining = false
    private let transfersWorthCombining: Int64

    private static let kinds = TransferKind.allCases.count

    /// Creates empty books.
    ///
    /// - Parameter transfersWorthCombining: Of how many transfers in an interval on average a combination has a cell of its
    ///   own in the next.
    init(transfersWorthCombining: Int64 = 1_000) {
        self.transfersWorthCombining = transfersWorthCombining
        for kind in TransferKind.allCases { _ = slot(CellKey(.kind, kind.label)) }
    }

    /// The place of the sums of one set, which is made where there is none.
    mutating func slot(_ key: CellKey) -> Int32 {
        if let known = index[key] { return known }
        let new = Int32(slots.count)
        slots.append(TransferSlot(key: key))
        index[key] = new
        return new
    }

    /// Whether a slot is that of an edge and its POP.
    ///
    /// Mutating only so that it happens in place.
    mutating func isSlot(_ slot: Int32, ofEdge edge: String, pop: String) -> Bool {
        slots[Int(slot)].key.name == edge && slots[Int(slot)].key.pop == pop
    }

    /// The number of the places of a session's transfers.
    mutating func number(of wanted: Places) -> Int32 {
        if let known = placesIndex[wanted] { return known }
        let new = Int32(places.count)
        places.append(wanted)
        placesIndex[wanted] = new
        return new
    }

    /// Takes account of a transfer.
    ///
    /// - Parameters:
    ///   - transfer: The transfer.
    ///   - number: That of its places.
    mutating func record(_ transfer: TransferRecord, at number: Int32) {
        let marks = TransferMarks(transfer)
        let kind = Int(transfer.kind.rawValue)
        if isCombining {
            combine(transfer, marks, kind, at: Int(number))
        } else {
            let places = places[Int(number)]
            slots.withUnsafeMutableBufferPointer { slots in
                slots[kind].cell.record(transfer, marks)
                slots[Int(places.stream)].cell.record(transfer, marks)
                slots[Int(places.region)].cell.record(transfer, marks)
                slots[Int(places.edge)].cell.record(transfer, marks)
            }
        }
        if transfer.words.isStep {
            slots[Int(slot(CellKey(.step, transfer.step)))].cell.record(transfer, marks)
        }
    }

    private mutating func combine(
        _ transfer: borrowing TransferRecord, _ marks: borrowing TransferMarks, _ kind: Int, at number: Int
    ) {
        let place = number * Self.kinds + kind
        if place >= combinations.count {
            let missing = places.count * Self.kinds - combinations.count
            combinations.append(contentsOf: repeatElement(TransferCell(), count: missing))
        }
        let known = combinations[place].statuses.count
        combinations[place].record(transfer, marks)
        guard combinations[place].statuses.count > known else { return }
        // The four have it from now on, so that they list statuses in the order in which they came.
        for slot in slotsOfCombination(place) { slots[slot].cell.expect(marks.entry) }
    }

    private func slotsOfCombination(_ place: Int) -> [Int] {
        let (number, kind) = place.quotientAndRemainder(dividingBy: Self.kinds)
        return [kind, Int(places[number].stream), Int(places[number].region), Int(places[number].edge)]
    }

    /// What has come together since the last take, which begins anew; a set without a transfer is left out.
    mutating func take() -> [IntervalDelta.Transfers] {
        for place in combinations.indices where !combinations[place].statuses.isEmpty {
            for slot in slotsOfCombination(place) { slots[slot].cell.merge(combinations[place]) }
        }
        isCombining = isWorthCombining
        if isCombining {
            for place in combinations.indices where !combinations[place].statuses.isEmpty {
                combinations[place] = combinations[place].emptied()
            }
        } else {
            combinations = []
        }
        var parts: [IntervalDelta.Transfers] = []
        for place in slots.indices {
            if let part = slots[place].take(keepingRoom: !isCombining) { parts.append(part) }
        }
        return parts
    }

    /// Whether so many transfers came that it pays to count them by combination from now on.
    private var isWorthCombining: Bool {
        var transfers: Int64 = 0
        var kinds: Int64 = 0
        for slot in slots.prefix(Self.kinds) where !slot.cell.statuses.isEmpty {
            transfers += slot.cell.all.count
            kinds += 1
        }
        return transfers > 0 && transfers >= transfersWorthCombining * kinds * Int64(places.count)
    }
}

/// The sums of one set of transfers on one loop.
private struct TransferSlot {
    let key: CellKey
    var cell = TransferCell()

    mutating func take(keepingRoom: Bool) -> IntervalDelta.Transfers? {
        guard !cell.statuses.isEmpty else { return nil }
        let part = IntervalDelta.Transfers(key: key, cell: cell)
        cell = keepingRoom ? cell.emptied() : TransferCell()
        return part
    }
}
