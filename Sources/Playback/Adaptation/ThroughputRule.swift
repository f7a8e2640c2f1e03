import Quantities

/// The highest track whose bit rate the estimated throughput carries with a margin: less of it may be used for going up
/// than for staying, so that an estimate near a track's bit rate does not make the session swing (hls.js
/// `abrBandWidthFactor` and `abrBandWidthUpFactor`; abr.md section 1).
package struct ThroughputRule: AdaptationRule, Hashable {
    /// The constants of the rule.
    package struct Settings: Sendable, Hashable {
        /// The share of the estimate that the current or a lower track may use.
        ///
        /// Default 0.95.
        package var factor: Double
        /// The share of the estimate that a higher track may use.
        ///
        /// Default 0.7.
        package var upFactor: Double
        /// The half-life of the fast average in seconds of transfer.
        ///
        /// Default 3.
        package var fastHalfLife: Double
        /// The half-life of the slow average in seconds of transfer.
        ///
        /// Default 9.
        package var slowHalfLife: Double
        /// The estimate before the first sample.
        ///
        /// Default 1 Mbit/s.
        package var initialEstimate: BitRate

        /// Creates constants.
        package init(
            factor: Double = 0.95, upFactor: Double = 0.7, fastHalfLife: Double = 3, slowHalfLife: Double = 9,
            initialEstimate: BitRate = .megabits(1)
        ) {
            self.factor = factor
            self.upFactor = upFactor
            self.fastHalfLife = fastHalfLife
            self.slowHalfLife = slowHalfLife
            self.initialEstimate = initialEstimate
        }
    }

    private let settings: Settings
    /// The throughput measured so far.
    package var estimator: ThroughputEstimator

    /// Creates the rule.
    package init(_ settings: Settings) {
        self.settings = settings
        estimator = ThroughputEstimator(
            fast: settings.fastHalfLife, slow: settings.slowHalfLife, initial: settings.initialEstimate)
    }

    /// The position of the track to take from a ladder of rising bit rates, which must not be empty.
    ///
    /// - Parameters:
    ///   - ladder: The tracks' bit rates.
    ///   - current: The position of the track in use; nil at the start, when the plain factor counts for all.
    /// - Returns: A position in the ladder.
    package func choice(in ladder: [BitRate], current: Int?) -> Int {
        let estimate = estimator.estimate
        for position in ladder.indices.reversed() {
            let goesUp = current.map { position > $0 } ?? false
            if ladder[position] <= estimate * (goesUp ? settings.upFactor : settings.factor) { return position }
        }
        return 0
    }

    // MARK: AdaptationRule

    /// What has been measured; nil before the first sample.
    package var estimate: BitRate? { estimator.measured }

    /// All media counts, audio as well as video.
    package mutating func transferEnded(_ sample: TransferSample) {
        guard sample.duration > .zero else { return }
        if let active = sample.active {
            estimator.sample(bytes: active.bytes, activeTime: active.time)
        } else if sample.wasHeld {
            estimator.sample(bytes: sample.bytes, activeTime: sample.total - sample.firstByte)
        } else {
            estimator.sample(bytes: sample.bytes, firstByte: sample.firstByte, total: sample.total)
        }
    }

    package mutating func choose(_ situation: AdaptationSituation) -> AdaptationChoice {
        AdaptationChoice(
            track: choice(in: situation.ladder, current: situation.hasStarted ? situation.current : nil))
    }

    package mutating func chooseSecondary(_ ladder: [BitRate], current: Int?) -> Int {
        let share = estimator.estimate * (1.0 / 7)
        return ladder.lastIndex { $0 <= share } ?? 0
    }
}
