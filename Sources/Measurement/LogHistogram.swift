import Quantities

/// A histogram of spans of time with buckets that grow with the value, so that it is small, precise and merges exactly.
///
/// The buckets are those of HdrHistogram with three significant digits and a unit of 1 µs (Gil Tene, HdrHistogram;
/// `bucketIndexOf`, `subBucketIndexOf`): every value below 2 048 µs has its own bucket, and above that a bucket is at most
/// 1/1 024 of its value wide. Values are rounded to the microsecond; what is negative counts as zero and what is longer
/// than a day as a day. The layout never changes, so that histograms of loops, seconds, shards and machines add up
/// without any loss. Only the range of buckets in use is stored: an empty histogram owns no memory.
package struct LogHistogram: Sendable, Equatable {
    /// The longest span that is told apart: 24 hours.
    ///
    /// Longer ones count as this.
    package static let longest = TimeAmount.seconds(86_400 as Int64)

    static let subBucketBits = 11
    static let halfCount = 1 << (subBucketBits - 1)
    static let longestMicroseconds: UInt64 = 86_400_000_000
    /// One more than the index of the last bucket.
    static let bucketLimit = index(of: longestMicroseconds) + 1
    /// Storage grows by whole chunks, so that it rarely has to.
    static let chunk = 256

    /// The index of the first stored bucket, a multiple of ``chunk``.
    var base = 0
    /// The counts of the buckets from ``base`` on.
    var counts: [UInt64] = []

    /// How many values were recorded.
    package internal(set) var count: UInt64 = 0
    /// The sum of the values in microseconds, exact; it stays at the greatest number should it ever reach it.
    var sum: UInt64 = 0
    var minimumMicroseconds: UInt64 = .max
    var maximumMicroseconds: UInt64 = 0

    /// Creates an empty histogram; allocates nothing.
    package init() {}

    /// True when nothing was recorded.
    package var isEmpty: Bool { count == 0 }

    /// Records a span.
    package mutating func record(_ amount: TimeAmount) {
        record(Mark(amount))
    }

    /// Records a whole number of microseconds so many times.
    package mutating func record(microseconds: UInt64, times: UInt64 = 1) {
        record(Mark(microseconds: microseconds), times: times)
    }

    /// A span and its bucket, found once for all the histograms that record it.
    struct Mark {
        let value: UInt64
        let index: Int

        init(microseconds: UInt64) {
            value = min(microseconds, LogHistogram.longestMicroseconds)
            index = LogHistogram.index(of: value)
        }

        init(_ amount: TimeAmount) {
            let nanoseconds = amount.nanoseconds
            self.init(microseconds: nanoseconds <= 0 ? 0 : (UInt64(nanoseconds) + 500) / 1_000)
        }
    }

    mutating func record(_ mark: Mark, times: UInt64) {
        guard times > 0 else { return }
        addRoom(for: mark.index)
        counts[mark.index - base] &+= times
        count &+= times
        sum = Self.saturatingSum(sum, Self.saturatingProduct(mark.value, times))
        if mark.value < minimumMicroseconds { minimumMicroseconds = mark.value }
        if mark.value > maximumMicroseconds { maximumMicroseconds = mark.value }
    }

    /// As above for one span: every transfer of a run comes through here some sixteen times.
    @inline(__always)
    mutating func record(_ mark: Mark) {
        addRoom(for: mark.index)
        // There is room: the bounds need not be looked at twice.
        counts.withUnsafeMutableBufferPointer { $0[mark.index &- base] &+= 1 }
        count &+= 1
        sum = Self.saturatingSum(sum, mark.value)
        minimumMicroseconds = min(minimumMicroseconds, mark.value)
        maximumMicroseconds = max(maximumMicroseconds, mark.value)
    }

    @inline(__always)
    private mutating func addRoom(for index: Int) {
        // Below the base it is a number beyond all counts.
        guard UInt(bitPattern: index &- base) >= UInt(bitPattern: counts.count) else { return }
        makeRoom(from: index, through: index)
    }

    /// An empty histogram that has room for what this one holds, unless that is little and far apart: the next interval of a
    /// loop is like the one before, and growing step by step costs more than recording.
    func emptied() -> LogHistogram {
        var next = LogHistogram()
        guard !isEmpty else { return next }
        let first = Self.index(of: minimumMicroseconds)
        let last = Self.index(of: maximumMicroseconds)
        if count >= UInt64((last - first) / Self.bucketsWorthAValue) { next.makeRoom(from: first, through: last) }
        return next
    }

    /// Clearing so many buckets costs no more than one value's share of the growing that it saves.
    private static let bucketsWorthAValue = 64

    /// Adds all values of another histogram, exactly: the result is as if each had been recorded here.
    package mutating func merge(_ other: LogHistogram) {
        guard !other.isEmpty else { return }
        if isEmpty {
            self = other
            return
        }
        makeRoom(from: other.base, through: other.base + other.counts.count - 1)
        let shift = other.base - base
        // Without looking which buckets are filled, so that several are added at once.
        counts.withUnsafeMutableBufferPointer { mine in
            other.counts.withUnsafeBufferPointer { theirs in
                for position in theirs.indices { mine[position &+ shift] &+= theirs[position] }
            }
        }
        count &+= other.count
        sum = Self.saturatingSum(sum, other.sum)
        minimumMicroseconds = min(minimumMicroseconds, other.minimumMicroseconds)
        maximumMicroseconds = max(maximumMicroseconds, other.maximumMicroseconds)
    }

    package static func == (left: LogHistogram, right: LogHistogram) -> Bool {
        guard left.count == right.count, left.sum == right.sum, left.maximumMicroseconds == right.maximumMicroseconds,
            left.minimumMicroseconds == right.minimumMicroseconds
        else { return false }
        return left.filledBuckets.elementsEqual(right.filledBuckets) { $0.index == $1.index && $0.count == $1.count }
    }
}

// MARK: Figures

extension LogHistogram {
    /// The shortest recorded span; nil when empty.
    package var minimum: TimeAmount? { isEmpty ? nil : Self.amount(minimumMicroseconds) }
    /// The longest recorded span; nil when empty.
    package var maximum: TimeAmount? { isEmpty ? nil : Self.amount(maximumMicroseconds) }
    /// The sum of all recorded spans, in seconds.
    package var totalSeconds: Double { Double(sum) / 1e6 }
    /// The arithmetic mean, from the exact sum; nil when empty.
    package var mean: TimeAmount? { isEmpty ? nil : .seconds(Double(sum) / Double(count) / 1e6) }

    /// The value at or below which this percentage of the recorded values lie; nil when empty.
    ///
    /// The nearest-rank percentile: the value of rank ⌈p/100 · n⌉ in rising order, given as the highest value of its
    /// bucket but never outside the recorded range. It overstates by less than 0.1 %.
    ///
    /// - Parameter percentage: From 0 (the minimum) to 100 (the maximum); what lies outside is clamped.
    /// - Returns: The percentile, or nil when empty.
    package func percentile(_ percentage: Double) -> TimeAmount? {
        guard !isEmpty else { return nil }
        guard percentage > 0 else { return minimum }
        guard percentage < 100 else { return maximum }
        // The step down keeps p/100 · n from being rounded up past a whole rank, as HdrHistogram does.
        let rank = max(1, UInt64((percentage.nextDown * Double(count) / 100).rounded(.up)))
        var seen: UInt64 = 0
        for position in counts.indices {
            seen &+= counts[position]
            if seen >= rank {
                let highest = Self.range(of: base + position).upperBound
                return Self.amount(max(min(highest, maximumMicroseconds), minimumMicroseconds))
            }
        }
        return maximum
    }

    /// How many recorded values are longer than a span, to the width of its bucket.
    package func count(above amount: TimeAmount) -> UInt64 {
        guard amount.nanoseconds >= 0 else { return count }
        let limit = Self.index(of: min(UInt64(amount.nanoseconds) / 1_000, Self.longestMicroseconds))
        var above: UInt64 = 0
        for position in counts.indices where base + position > limit { above &+= counts[position] }
        return above
    }

    /// A bucket that holds values.
    package struct Bucket: Sendable, Hashable {
        /// Its number in the layout.
        var index: Int
        /// The lowest value it stands for.
        package var lowest: TimeAmount
        /// The highest value it stands for.
        package var highest: TimeAmount
        /// How many values it holds.
        package var count: UInt64
    }

    /// The buckets that hold values, in rising order.
    package var filledBuckets: some Sequence<Bucket> {
        counts.indices.lazy.filter { counts[$0] != 0 }.map { position in
            let range = Self.range(of: base + position)
            return Bucket(
                index: base + position, lowest: Self.amount(range.lowerBound), highest: Self.amount(range.upperBound),
                count: counts[position])
        }
    }
}

// MARK: Layout

extension LogHistogram {
    /// The bucket of a value in microseconds (HdrHistogram's `countsArrayIndex`).
    static func index(of value: UInt64) -> Int {
        let mask = UInt64(1) << subBucketBits - 1
        let bucket = 64 - subBucketBits - (value | mask).leadingZeroBitCount
        return ((bucket + 1) << (subBucketBits - 1)) + Int(value >> UInt64(bucket)) - halfCount
    }

    /// The values of a bucket, in microseconds.
    static func range(of index: Int) -> ClosedRange<UInt64> {
        var bucket = (index >> (subBucketBits - 1)) - 1
        var sub = (index & (halfCount - 1)) + halfCount
        if bucket < 0 {
            sub -= halfCount
            bucket = 0
        }
        let lowest = UInt64(sub) << UInt64(bucket)
        return lowest...(lowest + (1 << UInt64(bucket)) - 1)
    }

    /// Widens the stored range so that it covers these buckets, in whole chunks.
    @inline(never)
    mutating func makeRoom(from first: Int, through last: Int) {
        let wantedFirst = first / Self.chunk * Self.chunk
        let wantedEnd = (last / Self.chunk + 1) * Self.chunk
        if counts.isEmpty {
            base = wantedFirst
            counts = [UInt64](repeating: 0, count: wantedEnd - wantedFirst)
            return
        }
        if wantedFirst < base {
            counts.insert(contentsOf: repeatElement(0, count: base - wantedFirst), at: 0)
            base = wantedFirst
        }
        if wantedEnd > base + counts.count {
            counts.append(contentsOf: repeatElement(0, count: wantedEnd - base - counts.count))
        }
    }

    private static func amount(_ microseconds: UInt64) -> TimeAmount {
        .microseconds(Int64(clamping: min(microseconds, longestMicroseconds)))
    }

    static func saturatingSum(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? .max : sum
    }

    private static func saturatingProduct(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let (product, overflow) = left.multipliedReportingOverflow(by: right)
        return overflow ? .max : product
    }
}
