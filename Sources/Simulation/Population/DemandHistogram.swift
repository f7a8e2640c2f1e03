/// How much the transfers of a bottleneck could each take, counted by size: what is needed to share it out fairly.
///
/// Buckets are sixteenths of an octave. The least exact answer is wrong by the spread within one bucket for those of its
/// transfers that lie on the other side of the level.
struct DemandHistogram {
    struct Bucket {
        /// How many transfers it counts.
        var count: Int64 = 0
        /// The sum of what they could take, in bit/s; whole numbers, so that adding and taking away leaves nothing behind.
        var sum: Int64 = 0
    }

    private(set) var buckets: [Bucket]
    /// The sum over all buckets.
    private(set) var total: Int64 = 0
    /// The number of transfers.
    private(set) var transfers: Int64 = 0

    /// 2^6 to 2^40 bit/s; what lies outside counts in the first or last bucket.
    private static let lowest = 6
    private static let bucketCount = 34 * 16

    init() { buckets = Array(repeating: Bucket(), count: Self.bucketCount) }

    @inline(__always)
    private static func bucket(_ rate: Int64) -> Int {
        guard rate > 0 else { return 0 }
        let bits = Double(rate).bitPattern >> 48
        return min(bucketCount - 1, max(0, Int(bits) - (1_023 + lowest) * 16))
    }

    mutating func add(_ rate: Int64) {
        change(rate, by: 1)
        total += rate
        transfers += 1
    }

    mutating func remove(_ rate: Int64) {
        change(rate, by: -1)
        total -= rate
        transfers -= 1
    }

    /// A transfer could take another rate than before.
    mutating func replace(_ before: Int64, by rate: Int64) {
        guard rate != before else { return }
        change(before, by: -1)
        change(rate, by: 1)
        total += rate - before
    }

    @inline(__always)
    private mutating func change(_ rate: Int64, by count: Int64) {
        buckets.withUnsafeMutableBufferPointer { buckets in
            let bucket = Self.bucket(rate)
            buckets[bucket].count &+= count
            buckets[bucket].sum &+= rate &* count
        }
    }

    mutating func merge(_ other: DemandHistogram) {
        for position in buckets.indices {
            buckets[position].count += other.buckets[position].count
            buckets[position].sum += other.buckets[position].sum
        }
        total += other.total
        transfers += other.transfers
    }

    /// The water level of a max-min fair share: Σ min(demand, level) = capacity; infinite where there is enough for all.
    func level(capacity: Double) -> Double {
        guard Double(total) > capacity else { return .infinity }
        guard transfers > 0 else { return .infinity }
        var left = capacity
        var unserved = transfers
        for bucket in buckets where bucket.count > 0 {
            let share = left / Double(unserved)
            let mean = Double(bucket.sum) / Double(bucket.count)
            // All of this bucket and above want more than an even share of what is left.
            guard mean <= share else { return max(0, share) }
            left -= Double(bucket.sum)
            unserved -= bucket.count
        }
        return .infinity
    }
}
