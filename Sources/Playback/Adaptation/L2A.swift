import Quantities

/// L2A-LL: learning to adapt by online convex optimization, for low latency (Karagkioules, Mekuria, Griffioen, Wagenaar,
/// MMSys 2020; dash.js 5.1 `L2ARule.js`; abr.md section 6).
///
/// A distribution w over the tracks takes a gradient step with each segment and is projected onto the simplex; the
/// multiplier Q grows while segments take longer than they play. The track whose bit rate is nearest to the mean of w is
/// taken, one step up at most.
package struct L2A: AdaptationRule {
    /// The units of the update of Q and of the step up.
    package enum Units: Sendable, Hashable {
        /// kbit/s throughout, as the paper has it (and dash.js 4).
        case consistent
        /// dash.js 5.1 as it is: bit rates in bit/s against a throughput in kbit/s there, in kbit/s in the update of w.
        case mixed
    }

    /// The constants of the rule.
    package struct Settings: Sendable, Hashable {
        /// How many segments convergence takes.
        ///
        /// Default 4.
        package var horizon: Double
        /// The power of the horizon that makes the cautiousness VL.
        ///
        /// Default 0.99.
        package var cautiousness: Double
        /// The factor on Q when a track at or above the throughput is chosen.
        ///
        /// Default 2.
        package var reactiveness: Double
        /// The level in seconds at which learning begins.
        ///
        /// Default 1.5.
        package var bufferTarget: Double
        /// The share of the mean throughput that may be used until then.
        ///
        /// Default 0.9.
        package var factor: Double
        /// The units of the update of Q.
        ///
        /// Default consistent.
        package var units: Units

        /// Creates constants.
        package init(units: Units = .consistent) {
            horizon = 4
            cautiousness = 0.99
            reactiveness = 2
            bufferTarget = 1.5
            factor = 0.9
            self.units = units
        }
    }

    private let settings: Settings
    private var history = LinkHistory(.standard)
    /// w; empty until learning begins.
    private(set) var weights: [Double] = []
    /// Q.
    private(set) var multiplier: Double = 0
    private var last = 0
    private var sample: (throughput: Double, duration: Double)?

    /// Creates the rule.
    package init(_ settings: Settings) { self.settings = settings }

    private var caution: Double { Mathematics.power(settings.horizon, settings.cautiousness) }
    private var step: Double { max(settings.horizon, caution * settings.horizon.squareRoot()) }

    package var estimate: BitRate? { history.throughput.map { .kilobits($0) } }

    package mutating func transferEnded(_ sample: TransferSample) {
        guard sample.isMain, sample.duration > .zero else { return }
        let body = sample.active ?? (sample.bytes, sample.total - sample.firstByte)
        guard body.time > .zero, body.bytes > .zero else { return }
        let bits = Double(body.bytes.count) * 8
        history.add(
            bits: bits, time: body.time.milliseconds, wait: sample.wasHeld ? 0 : sample.firstByte.milliseconds,
            segmentDuration: sample.duration.milliseconds)
        self.sample = (max(1, (bits / body.time.milliseconds).rounded()), sample.duration.seconds)
        last = sample.track
    }

    package mutating func choose(_ situation: AdaptationSituation) -> AdaptationChoice {
        let ladder = LadderFigures(situation)
        guard let throughput = history.throughput else { return AdaptationChoice(track: 0) }
        last = ladder.clamp(last)
        if weights.count != ladder.bitRates.count {
            let rate = throughput * settings.factor
            last = ladder.bitRates.lastIndex { $0 <= rate } ?? 0
            if sample != nil && situation.buffer.seconds >= settings.bufferTarget {
                multiplier = caution
                weights = ladder.bitRates.indices.map { $0 == last ? 1 : 0 }
                sample = nil
            }
        } else if let sample {
            self.sample = nil
            last = learn(ladder.bitRates, from: sample, playbackRate: situation.playbackRate)
        }
        return AdaptationChoice(track: last)
    }

    /// Takes one step, and chooses.
    private mutating func learn(
        _ bitRates: [Double], from sample: (throughput: Double, duration: Double), playbackRate: Double
    ) -> Int {
        let before = weights
        let scale = sample.duration / (2 * step) * (multiplier + caution)
        var sign = 1.0
        let moved = bitRates.indices.map { index in
            let load = playbackRate * bitRates[index] / sample.throughput
            if load > 1 { sign = -1 }
            return before[index] + sign * scale * load
        }
        weights = SimplexProjection.project(moved)
        let mean = zip(bitRates, weights).reduce(0) { $0 + $1.0 * $1.1 }
        let meanBefore = zip(bitRates, before).reduce(0) { $0 + $1.0 * $1.1 }
        let unit = settings.units == .mixed ? 1_000.0 : 1
        // w·R + (w - w before)·R.
        let demand = (2 * mean - meanBefore) * unit / sample.throughput
        multiplier = max(0, multiplier - sample.duration + sample.duration * playbackRate * demand)
        var nearest = 0
        for index in bitRates.indices where abs(bitRates[index] - mean) < abs(bitRates[nearest] - mean) {
            nearest = index
        }
        if nearest > last && bitRates[last + 1] * unit <= sample.throughput { nearest = last + 1 }
        if bitRates[nearest] * unit >= sample.throughput {
            multiplier = settings.reactiveness * max(caution, multiplier)
        }
        return nearest
    }

    package mutating func playbackChanged(_ change: PlaybackChange, _ situation: AdaptationSituation) {
        if change == .sought { weights = [] }
    }
}
