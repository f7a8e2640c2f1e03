/// What past segments tell of the link: throughput and the wait for the first byte.
///
/// The estimators of Sabre (`Ewma`, `SlidingWindow`) and the harmonic mean of the MPC papers.
package struct LinkHistory: Sendable, Hashable {
    /// How measurements become an estimate.
    package enum Settings: Sendable, Hashable {
        /// Averages whose weights fall by half in so many seconds of transfer; of several, the lowest throughput and the
        /// highest latency count. A latency's weight falls by half in as many segments as play that long.
        case movingAverages(halfLives: [Double])
        /// Plain means of the last segments, one for each window; the lowest throughput and the highest latency count.
        case windows([Int])
        /// The harmonic mean of the last segments' throughputs, the wait for the first byte included.
        case harmonic(count: Int)

        /// Sabre's default: half-lives of 3 and 8 seconds, as dash.js has them.
        package static let standard = Settings.movingAverages(halfLives: [3, 8])
    }

    /// The estimated throughput in kbit/s; nil before the first measurement.
    package private(set) var throughput: Double?
    /// The estimated wait for the first byte in milliseconds; nil before the first measurement.
    package private(set) var latency: Double?
    /// The last measurements, oldest first; at most twenty.
    private var measurements: [Measurement] = []
    private var averages: [Average]
    private var totalTime: Double = 0
    private var count: Double = 0
    private let settings: Settings

    private struct Measurement: Sendable, Hashable {
        var throughput: Double
        var latency: Double
    }

    private struct Average: Sendable, Hashable {
        var halfLife: Double
        var throughput: Double = 0
        var latency: Double = 0
    }

    /// Creates a history without measurements.
    package init(_ settings: Settings) {
        self.settings = settings
        switch settings {
        case .movingAverages(let halfLives):
            averages = halfLives.filter { $0 > 0 }.map { Average(halfLife: $0 * 1_000) }
            if averages.isEmpty { averages = [Average(halfLife: 3_000), Average(halfLife: 8_000)] }
        case .windows, .harmonic: averages = []
        }
    }

    /// Takes a whole segment in.
    ///
    /// - Parameters:
    ///   - bits: Its size.
    ///   - time: Milliseconds from the first to the last byte; nothing happens when it is not more than zero.
    ///   - wait: Milliseconds from the request to the first byte.
    ///   - segmentDuration: How long a segment plays, in milliseconds.
    package mutating func add(bits: Double, time: Double, wait: Double, segmentDuration: Double) {
        guard time > 0, bits > 0, segmentDuration > 0 else { return }
        let rate = bits / time
        switch settings {
        case .movingAverages: average(rate, time: time, wait: wait, segmentDuration: segmentDuration)
        case .windows(let windows):
            remember(Measurement(throughput: rate, latency: wait))
            let windows = windows.filter { $0 > 0 }
            let means = (windows.isEmpty ? [3] : windows).map(mean)
            throughput = means.map(\.throughput).min()
            latency = means.map(\.latency).max()
        case .harmonic(let count):
            remember(Measurement(throughput: bits / (time + wait), latency: wait))
            let last = measurements.suffix(max(1, count))
            throughput = Double(last.count) / last.reduce(0) { $0 + 1 / $1.throughput }
            latency = 0
        }
    }

    private mutating func remember(_ measurement: Measurement) {
        measurements.append(measurement)
        if measurements.count > 20 { measurements.removeFirst() }
    }

    private func mean(_ window: Int) -> Measurement {
        let last = measurements.suffix(window)
        let size = Double(last.count)
        return Measurement(
            throughput: last.reduce(0) { $0 + $1.throughput } / size, latency: last.reduce(0) { $0 + $1.latency } / size
        )
    }

    private mutating func average(_ rate: Double, time: Double, wait: Double, segmentDuration: Double) {
        totalTime += time
        count += 1
        var lowest: Double?
        var highest: Double?
        for index in averages.indices {
            let halfLife = averages[index].halfLife
            let segments = halfLife / segmentDuration
            let keep = Mathematics.power(0.5, time / halfLife)
            averages[index].throughput = keep * averages[index].throughput + (1 - keep) * rate
            let keepLatency = Mathematics.power(0.5, 1 / segments)
            averages[index].latency = keepLatency * averages[index].latency + (1 - keepLatency) * wait
            let share = 1 - Mathematics.power(0.5, totalTime / halfLife)
            let latencyShare = 1 - Mathematics.power(0.5, count / segments)
            guard share > 0, latencyShare > 0 else { continue }
            let estimate = averages[index].throughput / share
            let latencyEstimate = averages[index].latency / latencyShare
            lowest = lowest.map { min($0, estimate) } ?? estimate
            highest = highest.map { max($0, latencyEstimate) } ?? latencyEstimate
        }
        throughput = lowest ?? throughput
        latency = highest ?? latency
    }
}
