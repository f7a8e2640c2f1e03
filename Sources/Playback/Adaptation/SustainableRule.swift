/// The highest track that the link carries: whose segment takes no longer to fetch than it plays, the wait for the first
/// byte included, at a share of the measured throughput (Sabre `ThroughputRule`; abr.md sections 1 and 4).
///
/// An insufficient buffer rule caps it, and a segment that would take 1.8 times its duration is given up.
package struct SustainableRule: NumericRule, Hashable {
    /// The constants of the rule.
    package struct Settings: Sendable, Hashable {
        /// The share of the throughput that may be used.
        ///
        /// Default 0.9.
        package var factor: Double
        /// Whether the level must hold the next segment at a careful share of the throughput.
        ///
        /// Default true.
        package var hasInsufficientBufferRule: Bool
        /// That share at first; each decision takes this share of it.
        ///
        /// Default 0.9.
        package var firstShare: Double
        /// The least share.
        ///
        /// Default 0.5.
        package var leastShare: Double
        /// A segment is given up when it will take longer than so many times its duration.
        ///
        /// Default 1.8.
        package var abandonMultiplier: Double
        /// No segment is given up earlier than so many seconds after the request.
        ///
        /// Default 0.5.
        package var abandonGrace: Double
        /// How the link is measured.
        package var history: LinkHistory.Settings

        /// Creates constants.
        package init(hasInsufficientBufferRule: Bool = true, history: LinkHistory.Settings = .standard) {
            self.hasInsufficientBufferRule = hasInsufficientBufferRule
            self.history = history
            factor = 0.9
            firstShare = 0.9
            leastShare = 0.5
            abandonMultiplier = 1.8
            abandonGrace = 0.5
        }
    }

    private let settings: Settings
    private var share: Double
    package var journal = RuleJournal()
    package var history: LinkHistory

    /// Creates the rule.
    package init(_ settings: Settings) {
        self.settings = settings
        share = settings.firstShare
        history = LinkHistory(settings.history)
    }

    package mutating func decide(_ figures: DecisionFigures) -> (track: Int, wait: Double) {
        guard let throughput = history.throughput else { return (0, 0) }
        let ladder = figures.ladder
        let latency = history.latency ?? 0
        let track = ladder.sustainable(throughput: throughput * settings.factor, latency: latency)
        guard settings.hasInsufficientBufferRule else { return (track, 0) }
        let safe = share * (figures.buffer - latency) * throughput
        share = max(share * settings.firstShare, settings.leastShare)
        let cap = (0..<track).first { ladder.bitRates[$0 + 1] * ladder.segmentDuration > safe }
        return (cap ?? track, 0)
    }

    package var canGiveUp: Bool { true }

    package mutating func gives(up progress: ProgressFigures, buffer: Double, ladder: LadderFigures) -> Int? {
        let time = progress.time - progress.firstByte
        guard progress.time >= settings.abandonGrace * 1_000, time > 0, progress.received > 0 else { return nil }
        let throughput = progress.received / time
        let rest = progress.size - progress.received
        guard progress.time + rest / throughput > settings.abandonMultiplier * ladder.segmentDuration else {
            return nil
        }
        let track = ladder.sustainable(throughput: throughput * settings.factor, latency: history.latency ?? 0)
        guard track < progress.track, progress.track <= ladder.top else { return nil }
        let size = progress.size * ladder.bitRates[track] / ladder.bitRates[progress.track]
        return size < rest ? track : nil
    }
}
