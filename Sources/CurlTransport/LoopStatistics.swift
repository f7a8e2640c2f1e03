import CCurl
import Quantities

/// What an event loop has done since it began.
package struct LoopStatistics: Sendable {
    /// The number of the loop in its group.
    package var loop = 0
    /// When this account was taken.
    package var taken = Instant.zero
    /// CPU time of the loop's thread.
    package var processorTime = TimeAmount.zero
    /// Turns of the loop: waits that ended.
    package var turns: UInt64 = 0
    /// Wake-ups by other threads.
    package var wakeUps: UInt64 = 0
    /// Jobs of tasks that ran on the loop.
    package var jobs: UInt64 = 0
    /// Transfers begun, and ended in whatever way; the difference is in progress or waiting.
    package var transfersBegun: UInt64 = 0
    /// Transfers that were reported.
    package var transfersEnded: UInt64 = 0
    /// Of the transfers that ended, those without a complete response.
    package var transfersFailed: UInt64 = 0
    /// Body bytes on the wire of transfers that ended.
    package var bodyBytes: UInt64 = 0
    /// Sockets opened for connections, attempts that failed included.
    package var connectionsOpened: UInt64 = 0
    /// Sockets closed again.
    package var connectionsClosed: UInt64 = 0
    /// TLS connections among the transfers' new connections.
    package var handshakes: UInt64 = 0
    /// New connections made because the server had closed the one before.
    package var reconnectsAfterServerClose: UInt64 = 0
    /// New connections to a host although the channel had an idle one which the server had not closed: a defect.
    package var reconnectsUncaused: UInt64 = 0
    /// Channels opened.
    package var channelsOpened: UInt64 = 0
    /// Channels closed.
    package var channelsClosed: UInt64 = 0
    /// Names looked up for this loop's channels, coalesced ones counted once.
    package var nameLookups: UInt64 = 0
    /// How late alarms reached their sessions.
    package var alarmLateness = LatenessHistogram()

    /// Connections open now.
    package var connectionsOpen: UInt64 { connectionsOpened &- connectionsClosed }
    /// Channels open now.
    package var channelsOpen: UInt64 { channelsOpened &- channelsClosed }
    /// Transfers in progress or waiting for their turn now.
    package var transfersOpen: UInt64 { transfersBegun &- transfersEnded }
}

/// Counts of latenesses in buckets of a quarter octave, from 1 µs to over an hour: each bucket's upper bound is at most
/// 1.25 times its lower one.
///
/// Histograms of several loops are added up bucket by bucket.
package struct LatenessHistogram: Hashable, Sendable {
    /// The number of buckets.
    package static let bucketCount = 132
    /// The count of each bucket.
    package private(set) var counts: [UInt64]
    /// The longest lateness.
    package private(set) var longest: TimeAmount

    /// Creates an empty histogram.
    package init() { self.init(counts: Array(repeating: 0, count: Self.bucketCount), longest: .zero) }

    init(counts: [UInt64], longest: TimeAmount) {
        self.counts = counts
        self.longest = longest
    }

    /// The number of values.
    package var total: UInt64 { counts.reduce(0, &+) }

    /// The bucket of a lateness: 0 below 1 µs, then four to each doubling.
    package static func bucket(of lateness: TimeAmount) -> Int {
        let quarters = lateness.nanoseconds / 250
        guard quarters >= 4 else { return 0 }
        let octave = 61 - quarters.leadingZeroBitCount
        let quarter = Int(quarters >> octave) & 3
        return min(1 + octave * 4 + quarter, bucketCount - 1)
    }

    /// The upper bound of a bucket.
    package static func upperBound(of bucket: Int) -> TimeAmount {
        guard bucket > 0 else { return .microseconds(1) }
        let (octave, quarter) = ((bucket - 1) / 4, (bucket - 1) % 4)
        return TimeAmount(nanoseconds: (Int64(quarter + 5) << octave) * 250)
    }

    /// The upper bound of the bucket in which the value of a rank lies, such as 0.99 for the 99th percentile, and at
    /// most the longest value; zero when there are no values.
    package func quantile(_ rank: Double) -> TimeAmount {
        let total = total
        guard total > 0 else { return .zero }
        let wanted = max(1, (Double(total) * min(max(rank, 0), 1)).rounded(.up))
        var seen = 0.0
        for (bucket, count) in counts.enumerated() {
            seen += Double(count)
            if seen >= wanted { return min(Self.upperBound(of: bucket), longest) }
        }
        return longest
    }

    /// Counts one lateness; what is early counts as none.
    package mutating func record(_ lateness: TimeAmount) {
        let lateness = max(lateness, .zero)
        counts[Self.bucket(of: lateness)] &+= 1
        longest = max(longest, lateness)
    }

    /// Adds another histogram's counts.
    package mutating func add(_ other: LatenessHistogram) {
        for bucket in counts.indices { counts[bucket] &+= other.counts[bucket] }
        longest = max(longest, other.longest)
    }
}

/// The counters behind ``LoopStatistics``.
final class LoopCounters: @unchecked Sendable {
    // Invariant: only the loop's thread writes; all reads and writes are relaxed atomic ones of whole words, and the
    // memory lives as long as this object.

    enum Counter: Int, CaseIterable {
        case turns, wakeUps, jobs, transfersBegun, transfersEnded, transfersFailed, bodyBytes, connectionsOpened
        case connectionsClosed, handshakes, reconnectsAfterServerClose, reconnectsUncaused, channelsOpened
        case channelsClosed, nameLookups, longestLateness
    }

    private let words: UnsafeMutablePointer<UInt64>
    private static let firstBucket = Counter.allCases.count
    private let count = LoopCounters.firstBucket + LatenessHistogram.bucketCount

    init() {
        words = .allocate(capacity: count)
        words.initialize(repeating: 0, count: count)
    }

    deinit { words.deallocate() }

    func add(_ counter: Counter, _ amount: UInt64 = 1) { fh_counter_add(words + counter.rawValue, amount) }

    func get(_ counter: Counter) -> UInt64 { fh_counter_get(words + counter.rawValue) }

    func recordLateness(_ lateness: TimeAmount) {
        let lateness = max(lateness, .zero)
        fh_counter_add(words + Self.firstBucket + LatenessHistogram.bucket(of: lateness), 1)
        if UInt64(lateness.nanoseconds) > get(.longestLateness) {
            fh_counter_set(words + Counter.longestLateness.rawValue, UInt64(lateness.nanoseconds))
        }
    }

    func statistics() -> LoopStatistics {
        var result = LoopStatistics()
        result.turns = get(.turns)
        result.wakeUps = get(.wakeUps)
        result.jobs = get(.jobs)
        // Ends before begins, so that a reader never sees more ends than begins.
        result.transfersFailed = get(.transfersFailed)
        result.transfersEnded = get(.transfersEnded)
        result.transfersBegun = get(.transfersBegun)
        result.bodyBytes = get(.bodyBytes)
        result.connectionsClosed = get(.connectionsClosed)
        result.connectionsOpened = get(.connectionsOpened)
        result.handshakes = get(.handshakes)
        result.reconnectsAfterServerClose = get(.reconnectsAfterServerClose)
        result.reconnectsUncaused = get(.reconnectsUncaused)
        result.channelsClosed = get(.channelsClosed)
        result.channelsOpened = get(.channelsOpened)
        result.nameLookups = get(.nameLookups)
        let buckets = (0..<LatenessHistogram.bucketCount).map { fh_counter_get(words + Self.firstBucket + $0) }
        result.alarmLateness = LatenessHistogram(
            counts: buckets, longest: TimeAmount(nanoseconds: Int64(clamping: get(.longestLateness))))
        return result
    }
}
