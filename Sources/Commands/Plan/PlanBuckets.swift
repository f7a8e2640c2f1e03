import Quantities

/// Adds spans of time up in equal buckets: how much of each bucket they cover, times a weight.
struct PlanBuckets {
    /// The width of a bucket in nanoseconds; at least 1.
    let width: Int64
    /// What spans cover only in part, by bucket.
    private var parts: [Double]
    /// What begins (and with a minus sign what ends) to cover whole buckets, by bucket.
    private var steps: [Double]

    init(count: Int, width: Int64) {
        self.width = max(1, width)
        parts = [Double](repeating: 0, count: max(1, count))
        steps = [Double](repeating: 0, count: max(1, count) + 1)
    }

    /// Adds a span, cut to the buckets there are.
    mutating func add(from: Int64, to: Int64, _ weight: Double) {
        let end = min(to, width * Int64(parts.count))
        let start = max(0, from)
        guard end > start, weight != 0 else { return }
        let first = Int(start / width)
        let last = Int((end - 1) / width)
        func part(_ bucket: Int, _ from: Int64, _ to: Int64) {
            parts[bucket] += weight * Double(to - from) / Double(width)
        }
        guard first < last else { return part(first, start, end) }
        part(first, start, Int64(first + 1) * width)
        part(last, Int64(last) * width, end)
        steps[first + 1] += weight
        steps[last] -= weight
    }

    /// Adds an amount that falls into one bucket.
    mutating func add(_ amount: Double, at time: Int64) {
        let bucket = Int(max(0, time) / width)
        if bucket < parts.count { parts[bucket] += amount / (Double(width) / 1e9) }
    }

    /// The average over each bucket, none negative.
    var averages: [Double] {
        var level = 0.0
        return parts.indices.map { bucket in
            level += steps[bucket]
            // What was added and taken away again leaves rounding errors behind.
            return max(0, level + parts[bucket])
        }
    }
}
