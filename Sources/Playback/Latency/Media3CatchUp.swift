import Quantities

/// Media3's live speed control: proportional to the drift (`DefaultLivePlaybackSpeedControl.java`; players.md).
///
/// speed = 1 + 0.1 per second of drift, within 0.97 and 1.03, and 1 within 20 ms of the target; updated once a second. Each
/// rebuffer moves the target away by 500 ms. It comes back slowly while the buffer allows, and goes further away where it
/// does not: the latency at which the buffer would be empty, smoothed, and three of its mean deviations are the least.
package struct Media3CatchUp: CatchUpRule, Hashable {
    /// The constants of the rule.
    package struct Settings: Sendable, Hashable {
        /// `minPlaybackSpeed`; default 0.97.
        package var slowest: Double
        /// `maxPlaybackSpeed`; default 1.03.
        package var fastest: Double
        /// `proportionalControlFactor`, for each second of drift; default 0.1.
        package var factor: Double
        /// Within so much of the target the speed is 1; default 20 ms.
        package var tolerance: TimeAmount
        /// The least time between two changes; default 1 s.
        package var updateInterval: TimeAmount
        /// `targetLiveOffsetIncrementOnRebuffer`; default 500 ms.
        package var shiftPerRebuffer: TimeAmount
        /// `minPossibleLiveOffsetSmoothingFactor`; default 0.999.
        package var smoothing: Double

        /// Creates constants.
        package init(slowest: Double = 0.97, fastest: Double = 1.03) {
            self.slowest = slowest
            self.fastest = fastest
            factor = 0.1
            tolerance = .milliseconds(20)
            updateInterval = .seconds(1)
            shiftPerRebuffer = .milliseconds(500)
            smoothing = 0.999
        }
    }

    private let settings: Settings
    private var lastUpdate: Instant?
    private var speed = 1.0
    /// The latency in seconds at which the buffer would just be empty, smoothed, and its mean deviation.
    private var leastLatency: Double?
    private var deviation = 0.0
    package private(set) var targetShift: TimeAmount = .zero

    /// Creates the rule.
    package init(_ settings: Settings) { self.settings = settings }

    package mutating func stalled(_ situation: LatencySituation) {
        targetShift += settings.shiftPerRebuffer
        lastUpdate = nil
    }

    package mutating func rate(_ situation: LatencySituation) -> Double {
        observe(situation)
        if let lastUpdate, situation.now - lastUpdate < settings.updateInterval { return speed }
        lastUpdate = situation.now
        ease(situation)
        let drift = (situation.latency - situation.target - targetShift).seconds
        if abs(drift) < settings.tolerance.seconds {
            speed = 1
        } else {
            speed = min(settings.fastest, max(settings.slowest, 1 + settings.factor * drift))
        }
        return speed
    }

    private mutating func observe(_ situation: LatencySituation) {
        let possible = (situation.latency - situation.buffer).seconds
        guard let least = leastLatency else {
            leastLatency = possible
            return
        }
        // A least latency that grows counts at once, one that falls slowly.
        let smoothed = max(possible, settings.smoothing * least + (1 - settings.smoothing) * possible)
        leastLatency = smoothed
        deviation = settings.smoothing * deviation + (1 - settings.smoothing) * abs(possible - smoothed)
    }

    /// Moves the target: back towards the ideal by no more than the playhead can follow while the buffer allows, away from
    /// it where even the ideal would empty the buffer.
    private mutating func ease(_ situation: LatencySituation) {
        guard let leastLatency else { return }
        let safe = leastLatency + 3 * deviation
        let ideal = situation.target.seconds
        var current = ideal + targetShift.seconds
        if current > safe {
            let step = (speed - 1 + settings.fastest - 1) * settings.updateInterval.seconds
            current = max(safe, ideal, current - step)
        } else {
            let whenSlowingDown = situation.latency.seconds - max(0, speed - 1) / settings.factor
            current = min(max(whenSlowingDown, current), safe)
        }
        targetShift = .seconds(current - ideal)
    }
}
