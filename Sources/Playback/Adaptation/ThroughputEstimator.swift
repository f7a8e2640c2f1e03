import Quantities

/// An exponentially weighted moving average whose weights are spans of time, without a bias towards its start.
///
/// The estimator of hls.js (`src/utils/ewma.ts`) and Shaka (`lib/abr/ewma.js`): with half-life h, a sample x of weight
/// w moves the value E to k*E + (1-k)*x where k = 0.5^(w/h), and the estimate is E / (1 - 0.5^(W/h)) for the total
/// weight W.
package struct MovingAverage: Sendable, Hashable {
    private let halfLife: Double
    private var value: Double = 0
    private var totalWeight: Double = 0

    /// Creates an average.
    ///
    /// - Parameter halfLife: The weight after which a sample counts half; more than zero.
    package init(halfLife: Double) { self.halfLife = halfLife }

    /// Takes a sample in.
    package mutating func sample(_ sample: Double, weight: Double) {
        guard weight > 0 else { return }
        let keep = exponential(weight)
        value = keep * value + (1 - keep) * sample
        totalWeight += weight
    }

    /// The average, or nil before the first sample.
    package var estimate: Double? {
        guard totalWeight > 0 else { return nil }
        let share = 1 - exponential(totalWeight)
        return share > 0 ? value / share : nil
    }

    private func exponential(_ weight: Double) -> Double { halfPower(weight / halfLife) }
}

/// Throughput from finished media transfers, as hls.js estimates it (`src/utils/ewma-bandwidth-estimator.ts`,
/// `src/controller/abr-controller.ts`): the lower of a fast and a slow average of bits over time, the usual wait for
/// the first byte left out, each sample weighted by its time.
package struct ThroughputEstimator: Sendable, Hashable {
    private var fast: MovingAverage
    private var slow: MovingAverage
    private var firstByte = MovingAverage(halfLife: 3)
    private let initial: BitRate

    /// Creates an estimator.
    ///
    /// - Parameters:
    ///   - fast: The half-life of the fast average, in seconds of transfer.
    ///   - slow: The half-life of the slow average.
    ///   - initial: The estimate before the first sample.
    package init(fast: Double = 3, slow: Double = 9, initial: BitRate) {
        self.fast = MovingAverage(halfLife: fast)
        self.slow = MovingAverage(halfLife: slow)
        self.initial = initial
    }

    /// Takes a finished media transfer in.
    ///
    /// - Parameters:
    ///   - bytes: The body's size; nothing happens when it is zero.
    ///   - wait: From the request to the first byte.
    ///   - total: From the request to the last byte.
    package mutating func sample(bytes: ByteCount, firstByte wait: TimeAmount, total: TimeAmount) {
        guard bytes > .zero, total > .zero else { return }
        let usualWait = waitEstimate
        self.firstByte.sample(max(0.005, wait.seconds), weight: 1)
        // hls.js: at least min(50 ms, bytes / 100 000 in ms), so that a cached body does not look infinitely fast.
        let floor = min(0.05, Double(bytes.count) / 100_000 / 1_000)
        let seconds = max(total.seconds - min(wait.seconds, usualWait), floor, 0.000_001)
        let rate = Double(bytes.count) * 8 / seconds
        fast.sample(rate, weight: seconds)
        slow.sample(rate, weight: seconds)
    }

    /// The wait for a first byte that is usual, in seconds; 0.1 before the first sample.
    private var waitEstimate: Double { firstByte.estimate ?? 0.1 }

    /// Takes the chunks of a segment in that was fetched while it was being made: the waits between them tell of the
    /// encoder, not of the link.
    ///
    /// - Parameters:
    ///   - bytes: The bytes of chunks that took measurable time; nothing happens when there are none.
    ///   - time: The time that they took.
    package mutating func sample(bytes: ByteCount, activeTime time: TimeAmount) {
        guard bytes > .zero, time > .zero else { return }
        let seconds = max(time.seconds, 0.000_001)
        let rate = Double(bytes.count) * 8 / seconds
        fast.sample(rate, weight: seconds)
        slow.sample(rate, weight: seconds)
    }

    /// The estimated throughput, or nil before the first sample.
    package var measured: BitRate? { fast.estimate == nil ? nil : estimate }

    /// The estimated throughput.
    package var estimate: BitRate {
        guard let fast = fast.estimate, let slow = slow.estimate else { return initial }
        return BitRate(bitsPerSecond: min(fast, slow))
    }
}
