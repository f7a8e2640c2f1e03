import Quantities

/// LoL+: a self-organizing map with one neuron for each track, for low latency (Bentaleb, Akcay, Lim, Begen, Zimmermann:
/// Catching the moment with LoL+ in Twitch-like low-latency live streaming platforms, IEEE Transactions on Multimedia 2022;
/// dash.js 5.1 `rules/abr/lolp`; abr.md section 7).
///
/// A neuron's state is (bit rate, latency, rebuffering, switching), normalized. The track whose state is nearest to the
/// measured throughput without latency, rebuffering and switching is taken, by a distance whose weights are chosen for the
/// next segment's quality of experience; then the states of the old and the new track and their neighbours learn.
package struct LoLPlus: AdaptationRule {
    /// The constants of the rule.
    package struct Settings: Sendable, Hashable {
        /// The seed of the first weights, which come from random points.
        package var seed: UInt64
        /// The latency in seconds up to which weights may be chosen.
        ///
        /// Default 1.5.
        package var targetLatency: Double
        /// The level in seconds below which a track must not bring the buffer.
        ///
        /// Default 0.3.
        package var minimumBuffer: Double
        /// The share of the mean throughput that counts.
        ///
        /// Default 0.9.
        package var factor: Double
        /// How much of the way to a measurement a state goes.
        ///
        /// Default 0.01.
        package var learningRate: Double
        /// The distance over which neighbours learn.
        ///
        /// Default 0.1.
        package var neighbourhood: Double
        /// What latencies in seconds are divided by.
        ///
        /// Default 100.
        package var latencyUnit: Double
        /// What must be left between a track and the throughput, in bit/s.
        ///
        /// Default 10 000.
        package var headroom: Double

        /// Creates constants.
        package init(seed: UInt64 = 1) {
            self.seed = seed
            targetLatency = 1.5
            minimumBuffer = 0.3
            factor = 0.9
            learningRate = 0.01
            neighbourhood = 0.1
            latencyUnit = 100
            headroom = 10_000
        }
    }

    private let settings: Settings
    private var history = LinkHistory(.standard)
    private var map: NeuronMap?
    private var last = 0

    /// Creates the rule.
    package init(_ settings: Settings) { self.settings = settings }

    package var estimate: BitRate? { history.throughput.map { .kilobits($0) } }

    package mutating func transferEnded(_ sample: TransferSample) {
        guard sample.isMain, sample.duration > .zero else { return }
        let body = sample.active ?? (sample.bytes, sample.total - sample.firstByte)
        history.add(
            bits: Double(body.bytes.count) * 8, time: body.time.milliseconds,
            wait: sample.wasHeld ? 0 : sample.firstByte.milliseconds,
            segmentDuration: sample.duration.milliseconds)
        last = sample.track
    }

    package mutating func choose(_ situation: AdaptationSituation) -> AdaptationChoice {
        guard let measured = history.throughput else { return AdaptationChoice(track: 0) }
        let bitRates = situation.ladder.map { max($0.bitsPerSecond, 1) }
        if map?.bitRates != bitRates { map = NeuronMap(bitRates: bitRates, settings: settings) }
        let moment = NeuronMap.Moment(
            throughput: measured * 1_000 * settings.factor, latency: situation.liveLatency?.seconds ?? 0,
            buffer: situation.buffer.seconds, playbackRate: situation.playbackRate,
            segmentDuration: max(situation.segmentDuration.seconds, 0.001))
        last = map?.next(current: min(max(0, last), bitRates.count - 1), moment) ?? 0
        return AdaptationChoice(track: last)
    }
}

/// The map of LoL+ and its weights.
struct NeuronMap: Sendable {
    /// What is measured before a segment; seconds and bit/s.
    struct Moment: Sendable {
        var throughput: Double
        var latency: Double
        var buffer: Double
        var playbackRate: Double
        var segmentDuration: Double

        /// How long a track's segment takes.
        func downloadTime(_ bitRate: Double) -> Double { bitRate * segmentDuration / throughput }

        /// The level behind it, as dash.js reckons (`getNextBuffer`).
        func nextBuffer(_ bitRate: Double) -> Double {
            let time = downloadTime(bitRate)
            return time > segmentDuration ? buffer - segmentDuration : buffer + segmentDuration - time
        }
    }

    /// The bit rates in bit/s, rising.
    let bitRates: [Double]
    /// The neurons' states.
    private(set) var states: [SIMD4<Double>]
    /// The weights of the distance.
    private(set) var weights: SIMD4<Double>
    private let settings: LoLPlus.Settings
    /// The Euclidean norm of the bit rates.
    private let norm: Double
    private let selector: WeightSelector

    init(bitRates: [Double], settings: LoLPlus.Settings) {
        self.bitRates = bitRates
        self.settings = settings
        let norm = bitRates.reduce(0) { $0 + $1 * $1 }.squareRoot()
        self.norm = norm
        states = bitRates.map { SIMD4($0 / norm, 0, 0, 0) }
        selector = WeightSelector(bitRates: bitRates, settings: settings)
        var generator = SeededGenerator(seed: settings.seed)
        weights = InitialWeights.draw(
            count: bitRates.count, highest: (bitRates.last ?? 0) / norm, using: &generator)
    }

    /// The track for the next segment.
    mutating func next(current: Int, _ moment: Moment) -> Int {
        var normalized = moment.throughput / norm
        if normalized > 1 { normalized = states.map(\.x).max() ?? 1 }
        let time = moment.downloadTime(bitRates[current])
        if moment.buffer - time < settings.minimumBuffer { return lower(than: current, moment.throughput) }
        if let better = selector.weights(latencies: states.map(\.y), moment) { weights = better }
        let winner = nearest(to: SIMD4(normalized, 0, 0, 0), moment)
        let change = abs(bitRates[current] - bitRates[winner]) / norm
        let rebuffer = max(0, time - moment.buffer)
        learn(at: current, SIMD4(normalized, moment.latency / settings.latencyUnit, rebuffer, change))
        learn(at: winner, SIMD4(normalized, 0, 0, change))
        return winner
    }

    /// The highest track below the current one that the throughput carries; the current one when there is none.
    private func lower(than current: Int, _ throughput: Double) -> Int {
        bitRates.indices.last { $0 < current && bitRates[$0] < bitRates[current] && throughput > bitRates[$0] }
            ?? current
    }

    private func nearest(to target: SIMD4<Double>, _ moment: Moment) -> Int {
        var best = 0
        var least: Double?
        for track in bitRates.indices {
            var weights = weights
            let isTight =
                bitRates[track] > moment.throughput - settings.headroom
                || moment.nextBuffer(bitRates[track]) < settings.minimumBuffer
            if isTight && bitRates[track] != bitRates[0] { weights.x = 100 }
            let distance = Self.distance(states[track], target, weights)
            if least.map({ distance < $0 }) ?? true {
                best = track
                least = distance
            }
        }
        return best
    }

    private mutating func learn(at winner: Int, _ measured: SIMD4<Double>) {
        let sigma = settings.neighbourhood
        for index in states.indices {
            // The winner itself moves on the way, as in dash.js: later neurons see where it is then.
            let distance = Self.distance(states[index], states[winner], SIMD4(repeating: 1))
            let share = Mathematics.exponential(-(distance * distance) / (2 * sigma * sigma))
            states[index] += (measured - states[index]) * settings.learningRate * share
        }
    }

    /// The square root of the weighted sum of squares.
    static func distance(_ left: SIMD4<Double>, _ right: SIMD4<Double>, _ weights: SIMD4<Double>) -> Double {
        let difference = left - right
        return (weights * difference * difference).sum().magnitude.squareRoot()
    }
}
