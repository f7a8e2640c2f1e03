import Quantities

/// Shaka's live sync: one fixed rate above the tolerance, another below it (`lib/player.js`, `onTimeUpdate_`;
/// `streaming.liveSync` in `lib/util/player_configuration.js`; players.md).
package struct ShakaCatchUp: CatchUpRule, Hashable {
    /// The constants of the rule.
    package struct Settings: Sendable, Hashable {
        /// `targetLatency`; nil takes the session's; default 0.5 s.
        package var target: TimeAmount?
        /// `targetLatencyTolerance`; default 0.5 s.
        package var tolerance: TimeAmount
        /// `maxPlaybackRate`; default 1.1.
        package var fastest: Double
        /// `minPlaybackRate`; default 0.95.
        package var slowest: Double
        /// Whether the playhead slows down below the target; default true.
        package var slowsDown: Bool

        /// Creates constants.
        package init(target: TimeAmount? = .milliseconds(500), fastest: Double = 1.1, slowest: Double = 0.95) {
            self.target = target
            tolerance = .milliseconds(500)
            self.fastest = fastest
            self.slowest = slowest
            slowsDown = true
        }
    }

    private let settings: Settings

    /// Creates the rule.
    package init(_ settings: Settings) { self.settings = settings }

    package mutating func rate(_ situation: LatencySituation) -> Double {
        let target = settings.target ?? situation.target
        if situation.latency > target + settings.tolerance { return settings.fastest }
        if settings.slowsDown && situation.latency < target - settings.tolerance { return settings.slowest }
        return 1
    }
}
