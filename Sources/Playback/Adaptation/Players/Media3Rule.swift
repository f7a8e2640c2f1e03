import Quantities

/// How Media3 (ExoPlayer) chooses (`AdaptiveTrackSelection`, `DefaultBandwidthMeter`, `SlidingPercentile`; 1.11).
///
/// The highest track within 0.7 of the estimate, where the estimate is the median of recent transfers, each weighted by the
/// square root of its bytes. Going up waits for 10 s of buffer, going down is put off while there are 25 s.
package struct Media3Rule: AdaptationRule, Hashable {
    /// The constants of the rule.
    package struct Settings: Sendable, Hashable {
        /// `bandwidthFraction`.
        ///
        /// Default 0.7.
        package var factor = 0.7
        /// The estimate before enough was measured, which depends on country and kind of network.
        ///
        /// Default 1 Mbit/s: an unknown network.
        package var initialEstimate = BitRate.megabits(1)
        /// The weight of the samples that are kept, in square roots of bytes (`slidingWindowMaxWeight`).
        ///
        /// Default 2 000.
        package var window = 2_000.0
        /// `minDurationForQualityIncreaseMs`.
        ///
        /// Default 10 s.
        package var increaseLevel = TimeAmount.seconds(10)
        /// `maxDurationForQualityDecreaseMs`.
        ///
        /// Default 25 s.
        package var decreaseLevel = TimeAmount.seconds(25)
        /// `bufferedFractionToLiveEdgeForQualityIncrease`.
        ///
        /// Default 0.75.
        package var liveShare = 0.75

        /// Creates the defaults.
        package init() {}
    }

    /// A measured transfer.
    private struct Sample: Hashable {
        var rate: Float
        var weight: Float
    }

    private let settings: Settings
    /// The newest samples, oldest first; at most 32.
    private var samples: [Sample] = []
    private var elapsed = 0.0
    private var bytes = 0.0
    private var published: BitRate?

    /// Creates the rule.
    package init(_ settings: Settings) { self.settings = settings }

    package var estimate: BitRate? { published }

    /// Everything counts, audio as well as video.
    package mutating func transferEnded(_ sample: TransferSample) {
        guard sample.bytes > .zero, sample.total > .zero else { return }
        let seconds = (sample.active?.time ?? sample.total).seconds
        let count = Double((sample.active?.bytes ?? sample.bytes).count)
        guard seconds > 0, count > 0 else { return }
        elapsed += seconds
        bytes += count
        samples.append(Sample(rate: Float(count * 8 / seconds), weight: Float(count.squareRoot())))
        trim()
        if elapsed >= 2 || bytes >= 524_288 { published = BitRate(bitsPerSecond: median) }
    }

    /// Drops what is older than the window; the oldest sample left may count for a part.
    private mutating func trim() {
        var excess = samples.reduce(0) { $0 + $1.weight } - Float(settings.window)
        while excess > 0, let first = samples.first {
            if first.weight <= excess {
                excess -= first.weight
                samples.removeFirst()
            } else {
                samples[0].weight -= excess
                excess = 0
            }
        }
        if samples.count > 32 { samples.removeFirst() }
    }

    private var median: Double {
        let sorted = samples.sorted { $0.rate < $1.rate }
        let half = sorted.reduce(0) { $0 + $1.weight } / 2
        var weight: Float = 0
        for sample in sorted {
            weight += sample.weight
            if weight >= half { return Double(sample.rate) }
        }
        return Double(sorted.last?.rate ?? 0)
    }

    package mutating func choose(_ situation: AdaptationSituation) -> AdaptationChoice {
        let usable = (published ?? settings.initialEstimate) * (settings.factor / max(0.1, situation.playbackRate))
        let ideal = situation.ladder.lastIndex { $0 <= usable } ?? 0
        guard let current = situation.current, situation.segmentIndex > 0, current < situation.ladder.count else {
            return AdaptationChoice(track: ideal)
        }
        if ideal > current, situation.buffer < increaseLevel(situation) { return AdaptationChoice(track: current) }
        if ideal < current, situation.buffer >= settings.decreaseLevel { return AdaptationChoice(track: current) }
        return AdaptationChoice(track: ideal)
    }

    private func increaseLevel(_ situation: AdaptationSituation) -> TimeAmount {
        guard situation.isLive, let latency = situation.liveLatency else { return settings.increaseLevel }
        return min(settings.increaseLevel, max(.zero, (latency - situation.segmentDuration) * settings.liveShare))
    }
}
