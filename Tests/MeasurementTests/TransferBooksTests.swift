import Playback
import Quantities
import Testing

@testable import Measurement

/// Whether transfers are counted in each cell or together first, the sums are the same.
@Suite struct TransferBooksTests {
    /// What books give in each of some intervals, most of them busy.
    private func intervals(transfersWorthCombining: Int64) -> [[IntervalDelta.Transfers]] {
        var books = TransferBooks(transfersWorthCombining: transfersWorthCombining)
        var generator = SeededGenerator(seed: 4)
        func pick(_ count: Int) -> Int { Int(generator.unit() * Double(count)) }
        return [300, 2_000, 0, 1_500, 20, 800, 1].map { (count: Int) in
            for number in 0..<count {
                let edge = "edge-\(pick(3))"
                let places = TransferBooks.Places(
                    stream: books.slot(CellKey(.stream, ["main", "other"][pick(2)])),
                    region: books.slot(CellKey(.region, ["north", "south"][pick(2)])),
                    edge: books.slot(CellKey(.edge, edge, pop: ["a", ""][pick(2)])))
                let isBroken = pick(50) == 0
                let record = TransferRecord.made(
                    number: UInt32(number), kind: [.video, .audio, .playlist][pick(3)],
                    status: isBroken ? 0 : [200, 206, 404, 200][pick(4)], error: isBroken ? "reset" : "", edge: edge,
                    bytes: Int64(pick(1_000_000)), firstByte: generator.unit() * generator.unit() * 8,
                    begun: 1 + generator.unit())
                books.record(record, at: books.number(of: places))
            }
            return books.take()
        }
    }

    @Test func combinedTransfersAddUpToTheSame() {
        let direct = intervals(transfersWorthCombining: .max / 1_000_000)
        let combined = intervals(transfersWorthCombining: 1)
        #expect(direct.count == combined.count)
        for (left, right) in zip(direct, combined) {
            #expect(left.map(\.key) == right.map(\.key))
            #expect(left.map(\.cell) == right.map(\.cell))
            // Beyond what equal cells must agree in: the order, in which reports list them.
            #expect(left.map(\.cell.statuses) == right.map(\.cell.statuses))
        }
        #expect(direct[2].isEmpty && combined[2].isEmpty)
    }

    @Test func aTransferCountsOnceInEachDimension() {
        for interval in intervals(transfersWorthCombining: 100) {
            var counts: [Dimension: Int64] = [:]
            for part in interval { counts[part.key.dimension, default: 0] += part.cell.all.count }
            #expect(Set(counts.values).count <= 1)
        }
    }

    /// Sums that were taken stay as they are when others are counted in the same room.
    @Test func takenSumsAreNotTouchedAgain() {
        var books = TransferBooks(transfersWorthCombining: 1)
        let places = TransferBooks.Places(
            stream: books.slot(CellKey(.stream, "main")), region: books.slot(CellKey(.region, "")),
            edge: books.slot(CellKey(.edge, "10.0.0.1")))
        let number = books.number(of: places)
        var taken: [[IntervalDelta.Transfers]] = []
        for count in 1...4 {
            for transfer in 0..<UInt32(count) { books.record(.made(number: transfer), at: number) }
            taken.append(books.take())
        }
        for (position, parts) in taken.enumerated() {
            #expect(parts.count == 4)
            for part in parts {
                #expect(part.cell.all.count == Int64(position + 1))
                #expect(part.cell.firstByte.count == UInt64(position + 1))
                #expect(part.cell.firstByte.filledBuckets.map(\.count) == [UInt64(position + 1)])
            }
        }
    }
}
