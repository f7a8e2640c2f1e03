import Playback
import Quantities

/// How a transfer ended, for counting.
package enum TransferOutcome: UInt8, Sendable, Codable, CaseIterable {
    /// A complete response with a status below 400.
    case completed
    /// No complete response, or a status of 400 and above.
    case failed
    /// Cancelled by its own session.
    case cancelled

    /// The stable word for files.
    package var label: String {
        switch self {
        case .completed: "completed"
        case .failed: "failed"
        case .cancelled: "cancelled"
        }
    }

    /// How a transfer ended.
    package init(_ record: TransferRecord) {
        self = record.isCancelled ? .cancelled : record.isFailed ? .failed : .completed
    }
}

/// A number of transfers and their body bytes.
package struct Tally: Sendable, Hashable {
    /// How many.
    package var count: Int64
    /// Their body bytes as they crossed the wire.
    package var bytes: Int64

    /// Creates a tally.
    package init(count: Int64 = 0, bytes: Int64 = 0) {
        self.count = count
        self.bytes = bytes
    }

    package static func += (left: inout Tally, right: Tally) {
        left.count += right.count
        left.bytes = left.bytes.addingClamped(right.bytes)
    }
}

/// The transfers of one outcome and status.
package struct StatusTally: Sendable, Hashable {
    /// How they ended.
    package var outcome: TransferOutcome
    /// Their HTTP status; 0 when no response began.
    package var status: Int
    /// How many they are, and their bytes.
    package var tally: Tally

    /// Creates a tally of a status.
    package init(outcome: TransferOutcome, status: Int, tally: Tally) {
        self.outcome = outcome
        self.status = status
        self.tally = tally
    }
}

/// What cells count of one transfer: found once, though several cells count it.
struct TransferMarks {
    let entry: StatusTally
    /// True for a complete response, whatever its status.
    let isComplete: Bool
    let beginLateness: LogHistogram.Mark
    let firstByte: LogHistogram.Mark
    let total: LogHistogram.Mark
    let dueToDone: LogHistogram.Mark

    init(_ transfer: borrowing TransferRecord) {
        entry = StatusTally(
            outcome: transfer.isCancelled ? .cancelled : transfer.isFailed ? .failed : .completed,
            status: transfer.status, tally: Tally(count: 1, bytes: transfer.bytes.count))
        isComplete = transfer.words.isComplete
        beginLateness = LogHistogram.Mark(transfer.timings.begun - transfer.due)
        firstByte = LogHistogram.Mark(transfer.timings.firstByte)
        total = LogHistogram.Mark(transfer.timings.total)
        dueToDone = LogHistogram.Mark(transfer.timings.ended - transfer.due)
    }
}

/// The sums over a set of transfers.
///
/// Adds up exactly over loops, seconds, shards and machines.
package struct TransferCell: Sendable, Equatable {
    /// Every transfer once, by outcome and status; few entries, in order of first appearance.
    package var statuses: [StatusTally] = []
    /// Transfers that failed without a complete response, by the word of the error.
    package var errors: [String: Int64] = [:]
    /// What complete responses said of the cache.
    package var cache = PerCacheStatus()
    /// Transfers that opened a connection of their own.
    package var newConnections: Int64 = 0
    /// Transfers that were a further try.
    package var retries: Int64 = 0
    /// From the begin to the first byte of the response, of complete responses.
    package var firstByte = LogHistogram()
    /// From the begin to the last byte, of complete responses.
    package var total = LogHistogram()
    /// From the due instant to the last byte, of complete responses.
    package var dueToDone = LogHistogram()
    /// How long after its due instant each transfer began.
    package var beginLateness = LogHistogram()

    /// Creates empty sums.
    package init() {}

    /// Takes account of one transfer.
    package mutating func record(_ transfer: TransferRecord) { record(transfer, TransferMarks(transfer)) }

    /// Takes account of one transfer whose marks have been worked out, once for all cells that it counts in.
    mutating func record(_ transfer: borrowing TransferRecord, _ marks: borrowing TransferMarks) {
        count(marks.entry)
        if transfer.attempt > 0 { retries += 1 }
        if !transfer.connectionReused { newConnections += 1 }
        beginLateness.record(marks.beginLateness)
        guard marks.isComplete else {
            if marks.entry.outcome != .cancelled { errors[transfer.error, default: 0] += 1 }
            return
        }
        cache[transfer.cache] += 1
        firstByte.record(marks.firstByte)
        total.record(marks.total)
        dueToDone.record(marks.dueToDone)
    }

    /// Empty sums for the next interval, with room for as much.
    func emptied() -> TransferCell {
        var next = TransferCell()
        next.firstByte = firstByte.emptied()
        next.total = total.emptied()
        next.dueToDone = dueToDone.emptied()
        next.beginLateness = beginLateness.emptied()
        return next
    }

    /// Has transfers of an outcome and status in the list, though none are counted yet.
    mutating func expect(_ entry: StatusTally) {
        count(StatusTally(outcome: entry.outcome, status: entry.status, tally: Tally()))
    }

    private mutating func count(_ entry: StatusTally) {
        let isKnown = statuses.withUnsafeMutableBufferPointer { statuses in
            for position in statuses.indices
            where statuses[position].status == entry.status && statuses[position].outcome == entry.outcome {
                statuses[position].tally += entry.tally
                return true
            }
            return false
        }
        if !isKnown { statuses.append(entry) }
    }

    /// Adds the sums of another set of transfers.
    package mutating func merge(_ other: TransferCell) {
        for entry in other.statuses { count(entry) }
        if !other.errors.isEmpty { errors.merge(other.errors, uniquingKeysWith: +) }
        cache += other.cache
        newConnections += other.newConnections
        retries += other.retries
        firstByte.merge(other.firstByte)
        total.merge(other.total)
        dueToDone.merge(other.dueToDone)
        beginLateness.merge(other.beginLateness)
    }

    package static func == (left: TransferCell, right: TransferCell) -> Bool {
        Set(left.statuses) == Set(right.statuses) && left.errors == right.errors && left.cache == right.cache
            && left.newConnections == right.newConnections && left.retries == right.retries
            && left.firstByte == right.firstByte && left.total == right.total && left.dueToDone == right.dueToDone
            && left.beginLateness == right.beginLateness
    }
}

extension TransferCell {
    /// The transfers of one outcome.
    package func tally(of outcome: TransferOutcome) -> Tally {
        statuses.reduce(into: Tally()) { sum, entry in if entry.outcome == outcome { sum += entry.tally } }
    }

    /// All transfers.
    package var all: Tally { statuses.reduce(into: Tally()) { $0 += $1.tally } }

    /// Failed ÷ (completed + failed); nil when there were neither.
    package var failedShare: Double? {
        let failed = tally(of: .failed).count
        let whole = failed + tally(of: .completed).count
        return whole > 0 ? Double(failed) / Double(whole) : nil
    }

    /// Hits ÷ complete responses that said anything of the cache; revalidated and stale answers came from the cache and
    /// count as hits.
    ///
    /// Nil when no response said anything.
    package var cacheHitRatio: Double? {
        let known = cache.sum - cache.unknown
        return known > 0 ? Double(cache.hit + cache.stale + cache.revalidated) / Double(known) : nil
    }
}

/// One count for each thing that responses say of the cache.
package struct PerCacheStatus: Sendable, Hashable {
    /// Nothing was said.
    package var unknown: Int64 = 0
    /// From the cache.
    package var hit: Int64 = 0
    /// Not from the cache.
    package var miss: Int64 = 0
    /// From the cache though too old.
    package var stale: Int64 = 0
    /// From the cache after asking the origin.
    package var revalidated: Int64 = 0
    /// Past the cache.
    package var bypass: Int64 = 0
    /// The cache reported an error.
    package var error: Int64 = 0

    /// Creates zeros.
    package init() {}

    /// The count of one status.
    package subscript(status: CacheStatus) -> Int64 {
        get {
            switch status {
            case .unknown: unknown
            case .hit: hit
            case .miss: miss
            case .stale: stale
            case .revalidated: revalidated
            case .bypass: bypass
            case .error: error
            }
        }
        set {
            switch status {
            case .unknown: unknown = newValue
            case .hit: hit = newValue
            case .miss: miss = newValue
            case .stale: stale = newValue
            case .revalidated: revalidated = newValue
            case .bypass: bypass = newValue
            case .error: error = newValue
            }
        }
    }

    /// The sum over the statuses.
    package var sum: Int64 { unknown + hit + miss + stale + revalidated + bypass + error }

    package static func += (left: inout PerCacheStatus, right: PerCacheStatus) {
        for status in CacheStatus.allCases { left[status] += right[status] }
    }
}
