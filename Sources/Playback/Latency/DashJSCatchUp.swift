import Quantities

/// dash.js's default catch-up: a sigmoid of the drift (`CatchupController.js`, `_calculateNewPlaybackRateDefault`;
/// abr.md section 7, players.md).
///
/// rate = (1 - c) + 2c / (1 + exp(-5 d)) for a drift of d seconds, where c is the largest change in the drift's direction.
package struct DashJSCatchUp: CatchUpRule, Hashable {
    /// The constants of the rule.
    package struct Settings: Sendable, Hashable {
        /// How much slower than 1 the playhead may get; default 0.5.
        package var slowest: Double
        /// How much faster than 1 it may get; default 0.5.
        package var fastest: Double
        /// The drift beyond which the player jumps; default 12 s; zero never.
        package var maximumDrift: TimeAmount
        /// The change below which the rate stays, for a fastest of 0.5; it grows with that; default 0.02.
        package var leastChange: Double

        /// Creates constants.
        package init(slowest: Double = 0.5, fastest: Double = 0.5, maximumDrift: TimeAmount = .seconds(12)) {
            self.slowest = slowest
            self.fastest = fastest
            self.maximumDrift = maximumDrift
            leastChange = 0.02
        }
    }

    private let settings: Settings
    /// True from a stall until the buffer has half the target again.
    private var isRecovering = false

    /// Creates the rule.
    package init(_ settings: Settings) { self.settings = settings }

    package var jumpDrift: TimeAmount? { settings.maximumDrift > .zero ? settings.maximumDrift : nil }

    package mutating func stalled(_ situation: LatencySituation) { isRecovering = true }

    package mutating func rate(_ situation: LatencySituation) -> Double {
        if isRecovering && situation.buffer.seconds > situation.target.seconds / 2 { isRecovering = false }
        if isRecovering || situation.isStalled { return 1 }
        let wanted = Sigmoid.rate(situation.drift, slowest: settings.slowest, fastest: settings.fastest)
        let least = settings.leastChange / 0.5 * settings.fastest
        return abs(wanted - situation.rate) >= least || wanted == 1 ? wanted : situation.rate
    }
}

/// The curve of dash.js and LoL+.
enum Sigmoid {
    /// (1 - c) + 2c / (1 + exp(-5 x)), where c is `slowest` for negative x and `fastest` for others.
    static func rate(_ difference: Double, slowest: Double, fastest: Double) -> Double {
        let change = difference < 0 ? slowest : fastest
        return (1 - change) + 2 * change / (1 + Mathematics.exponential(-5 * difference))
    }
}
