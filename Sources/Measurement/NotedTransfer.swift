import Playback
import Quantities

/// A complete transfer on its way into the four cells that count it: by kind, stream, region and edge.
///
/// A recorder keeps these until its interval is taken and then counts them cell by cell, when it is known how far the
/// histograms reach: that costs a fifth of counting each at once.
struct NotedTransfer {
    /// The places of the cells' slots.
    let slots: SIMD4<Int32>
    private let bytes: Int64
    private let status: Int32
    private let outcome: TransferOutcome
    private let cache: CacheStatus
    private let isRetry: Bool
    private let opensConnection: Bool
    private let beginLateness: LogHistogram.Mark
    private let firstByte: LogHistogram.Mark
    private let total: LogHistogram.Mark
    private let dueToDone: LogHistogram.Mark

    /// Takes the facts of a transfer; nil for one without a complete response, which has an error to be counted by name.
    init?(_ transfer: borrowing TransferRecord, slots: SIMD4<Int32>) {
        guard transfer.error.isEmpty, let status = Int32(exactly: transfer.status) else { return nil }
        self.slots = slots
        self.status = status
        outcome = status >= 400 ? .failed : .completed
        bytes = transfer.bytes.count
        cache = transfer.cache
        isRetry = transfer.attempt > 0
        opensConnection = !transfer.connectionReused
        let timings = transfer.timings
        beginLateness = LogHistogram.Mark(timings.begun - transfer.due)
        firstByte = LogHistogram.Mark(timings.firstByte)
        total = LogHistogram.Mark(timings.total)
        dueToDone = LogHistogram.Mark(timings.ended - transfer.due)
    }

    /// How far the histograms of some transfers reach.
    struct Reach {
        private var beginLateness = Extent()
        private var firstByte = Extent()
        private var total = Extent()
        private var dueToDone = Extent()

        /// The first and the last bucket.
        private struct Extent {
            var first = Int32.max
            var last = Int32.min

            @inline(__always)
            mutating func include(_ mark: LogHistogram.Mark) {
                first = min(first, mark.index)
                last = max(last, mark.index)
            }

            func makeRoom(in histogram: inout LogHistogram) {
                if first <= last { histogram.makeRoom(from: Int(first), through: Int(last)) }
            }
        }

        @inline(__always)
        mutating func include(_ transfer: borrowing NotedTransfer) {
            beginLateness.include(transfer.beginLateness)
            firstByte.include(transfer.firstByte)
            total.include(transfer.total)
            dueToDone.include(transfer.dueToDone)
        }

        /// Gives a cell's histograms the room that they will need.
        func makeRoom(in cell: inout TransferCell) {
            beginLateness.makeRoom(in: &cell.beginLateness)
            firstByte.makeRoom(in: &cell.firstByte)
            total.makeRoom(in: &cell.total)
            dueToDone.makeRoom(in: &cell.dueToDone)
        }
    }

    /// Counts the transfer in a cell.
    @inline(__always)
    func count(in cell: inout TransferCell) {
        cell.count(StatusTally(outcome: outcome, status: Int(status), tally: Tally(count: 1, bytes: bytes)))
        if isRetry { cell.retries += 1 }
        if opensConnection { cell.newConnections += 1 }
        cell.cache[cache] += 1
        cell.beginLateness.record(beginLateness)
        cell.firstByte.record(firstByte)
        cell.total.record(total)
        cell.dueToDone.record(dueToDone)
    }
}
