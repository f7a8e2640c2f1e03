import Quantities

/// LoL+'s catch-up: slower when the buffer is in danger, else a sigmoid of the drift (dash.js `CatchupController.js`,
/// `_calculateNewPlaybackRateLolP`; abr.md section 7).
package struct LoLPlusCatchUp: CatchUpRule, Hashable {
    /// The constants of the rule.
    package struct Settings: Sendable, Hashable {
        /// How much slower than 1 the playhead may get; default 0.5.
        package var slowest: Double
        /// How much faster than 1 it may get; default 0.5.
        package var fastest: Double
        /// The level below which the buffer alone counts; default 0.5 s.
        package var minimumBuffer: TimeAmount
        /// The share of the target within which the rate is 1; default 0.02.
        package var tolerance: Double
        /// The drift beyond which the player jumps; default 12 s; zero never.
        package var maximumDrift: TimeAmount
        /// The change below which the rate stays, for a fastest of 0.5; it grows with that; default 0.02.
        package var leastChange: Double

        /// Creates constants.
        package init(slowest: Double = 0.5, fastest: Double = 0.5) {
            self.slowest = slowest
            self.fastest = fastest
            minimumBuffer = .milliseconds(500)
            tolerance = 0.02
            maximumDrift = .seconds(12)
            leastChange = 0.02
        }
    }

    private let settings: Settings

    /// Creates the rule.
    package init(_ settings: Settings) { self.settings = settings }

    package var jumpDrift: TimeAmount? { settings.maximumDrift > .zero ? settings.maximumDrift : nil }

    package mutating func rate(_ situation: LatencySituation) -> Double {
        let wanted = wanted(situation)
        let least = settings.leastChange / 0.5 * settings.fastest
        return abs(wanted - situation.rate) >= least || wanted == 1 ? wanted : situation.rate
    }

    private func wanted(_ situation: LatencySituation) -> Double {
        let lack = (situation.buffer - settings.minimumBuffer).seconds
        if lack < 0 { return Sigmoid.rate(lack, slowest: settings.slowest, fastest: settings.fastest) }
        if abs(situation.drift) <= settings.tolerance * situation.target.seconds { return 1 }
        return Sigmoid.rate(situation.drift, slowest: settings.slowest, fastest: settings.fastest)
    }
}
