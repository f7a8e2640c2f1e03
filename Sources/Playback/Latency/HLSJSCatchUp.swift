import Quantities

/// hls.js's catch-up: faster only, in steps of 0.05 (`src/controller/latency-controller.ts`; players.md).
///
/// For a drift of d seconds, above 0.05 and less than the target latency and the target duration together, with more than
/// 1 s of buffer ahead:
/// rate = round(20 * 2 / (1 + exp(-0.75 d - e))) / 20 within 1 and the maximum, where e is how many seconds the live edge
/// is late.
package struct HLSJSCatchUp: CatchUpRule, Hashable {
    /// The constants of the rule.
    package struct Settings: Sendable, Hashable {
        /// `maxLiveSyncPlaybackRate`; default 1, which is off; more than 2 counts as 2.
        package var fastest: Double
        /// The drift up to which nothing is done; default 0.05 s.
        package var deadZone: TimeAmount
        /// The level that must be ahead; default 1 s.
        package var minimumBuffer: TimeAmount

        /// Creates constants.
        package init(fastest: Double = 1) {
            self.fastest = fastest
            deadZone = .milliseconds(50)
            minimumBuffer = .seconds(1)
        }
    }

    private let settings: Settings

    /// Creates the rule.
    package init(_ settings: Settings) { self.settings = settings }

    package mutating func rate(_ situation: LatencySituation) -> Double {
        let drift = situation.drift
        let limit = min(2, max(1, settings.fastest))
        // hls.js stands back when it is further behind than it could follow smoothly: it is not near the live edge then.
        let reach = (situation.target + situation.segmentDuration).seconds
        guard limit > 1, drift < reach, drift > settings.deadZone.seconds,
            situation.buffer > settings.minimumBuffer
        else { return 1 }
        let raw = 2 / (1 + Mathematics.exponential(-0.75 * drift - situation.edgeDelay.seconds))
        return min(limit, max(1, (raw * 20).rounded() / 20))
    }
}
