import Quantities

/// A plan over time: equal buckets from the run's begin on.
package struct PlanTimeline: Sendable, Hashable {
    /// The width of a bucket; more than zero.
    package var bucket: TimeAmount
    /// The visits that begin in each bucket.
    package var arrivals: [Int]
    /// The most sessions that are there at any one instant of each bucket.
    package var present: [Int]
    /// Bits per second on average over each bucket; empty where no tracks are known.
    package var bitsPerSecond: [Double]

    /// Creates a timeline; the lists are as long as each other, but for `bitsPerSecond`, which may be empty.
    package init(bucket: TimeAmount, arrivals: [Int], present: [Int], bitsPerSecond: [Double] = []) {
        self.bucket = bucket
        self.arrivals = arrivals
        self.present = present
        self.bitsPerSecond = bitsPerSecond
    }

    /// The same in at most so many buckets: arrivals added up, and of what is there the most.
    ///
    /// The width becomes a round multiple of the present one, so that a bucket's edges stay on edges.
    package func coarser(atMost limit: Int) -> PlanTimeline {
        let count = max(arrivals.count, 1)
        let steps = [
            1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 30, 40, 50, 60, 90, 120, 150, 180, 240, 300, 360, 480, 600, 900, 1_200,
            1_800, 3_600, 7_200, 14_400,
        ]
        let limit = max(1, limit)
        let step = steps.first { (count + $0 - 1) / $0 <= limit } ?? (count + limit - 1) / limit
        guard step > 1 else { return self }
        func groups<Value>(_ values: [Value], _ combine: (ArraySlice<Value>) -> Value) -> [Value] {
            stride(from: 0, to: values.count, by: step).map { combine(values[$0..<min($0 + step, values.count)]) }
        }
        return PlanTimeline(
            bucket: bucket * Double(step), arrivals: groups(arrivals) { $0.reduce(0, +) },
            present: groups(present) { $0.max() ?? 0 }, bitsPerSecond: groups(bitsPerSecond) { $0.max() ?? 0 })
    }

    /// How long the timeline is.
    package var length: TimeAmount { bucket * Double(arrivals.count) }

    /// Arrivals per second in each bucket.
    package var arrivalRates: [Double] { arrivals.map { Double($0) / max(1e-9, bucket.seconds) } }
}
