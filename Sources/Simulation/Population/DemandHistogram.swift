/// How much the transfers of a bottleneck could each take, counted by size: what is needed to share it out fairly.
///
/// Buckets are sixteenths of an octave. The least exact answer is wrong by the spread within one bucket for those of its
/// transfers that lie on the other side of the level.
struct DemandHistogram {
    /// How many transfers each bucket counts.
    private(set) var counts: [Int32]
    /// The sum of what they could take, in bit/s; whole numbers, so that adding and taking away leaves nothing behind.
    private(set) var sums: [Int64]
    /// The sum over all buckets.
    private(set) var total: Int64 = 0
    /// The number of transfers.
    private(set) var transfers: Int64 = 0

    /// 2^6 to 2^40 bit/s; what lies outside counts in the first or last bucket.
    private static let lowest = 6
    private static let buckets = 34 * 16

    init() {
        counts = Array(repeating: 0, count: Self.buckets)
        sums = Array(repeating: 0, count: Self.buckets)
    }

    private static func bucket(_ rate: Int64) -> Int {
        guard rate > 0 else { return 0 }
        let bits = Double(rate).bitPattern >> 48
        return min(buckets - 1, max(0, Int(bits) - (1_023 + lowest) * 16))
    }

    mutating func add(_ rate: Int64) {
        let bucket = Self.bucket(rate)
        counts[bucket] += 1
        sums[bucket] += rate
        total += rate
        transfers += 1
    }

    mutating func remove(_ rate: Int64) {
        let bucket = Self.bucket(rate)
        counts[bucket] -= 1
        sums[bucket] -= rate
        total -= rate
        transfers -= 1
    }

    mutating func merge(_ other: DemandHistogram) {
        for bucket in counts.indices {
            counts[bucket] += other.counts[bucket]
            sums[bucket] += other.sums[bucket]
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
        for bucket in counts.indices where counts[bucket] > 0 {
            let share = left / Double(unserved)
            let mean = Double(sums[bucket]) / Double(counts[bucket])
            // All of this bucket and above want more than an even share of what is left.
            guard mean <= share else { return max(0, share) }
            left -= Double(sums[bucket])
            unserved -= Int64(counts[bucket])
        }
        return .infinity
    }
}
