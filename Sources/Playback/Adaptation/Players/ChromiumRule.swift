import Quantities

/// How Chromium's own HLS player chooses (`media/formats/hls/abr_algorithm.cc`, `media/filters/hls_rendition_impl.cc`).
///
/// The highest variant within the network speed, which is the lower of a slow and a quick average of the segments' rates,
/// audio as well as video. Before the first segment the speed is zero: it starts at the bottom.
package struct ChromiumRule: AdaptationRule, Hashable {
    /// The constants of the rule.
    package struct Settings: Sendable, Hashable {
        /// The weight of a new sample in the slow average.
        ///
        /// Default 0.2.
        package var slowWeight = 0.2
        /// The weight of a new sample in the quick average.
        ///
        /// Default 0.8.
        package var quickWeight = 0.8
        /// True when the first sample is taken whole, and not averaged with zero.
        ///
        /// Default true: the recorded player (version 156) is at full speed after its first segment, whatever the source
        /// of other versions says.
        package var startsWithFirstSample = true

        /// Creates the defaults.
        package init() {}
    }

    private let settings: Settings
    private var slow = 0.0
    private var quick = 0.0

    /// Creates the rule.
    package init(_ settings: Settings) { self.settings = settings }

    package var estimate: BitRate? {
        quick > 0 ? BitRate(bitsPerSecond: min(slow, quick)) : nil
    }

    package mutating func transferEnded(_ sample: TransferSample) {
        guard sample.duration > .zero, sample.total > .zero, sample.bytes > .zero else { return }
        let rate = Double(sample.bytes.count) * 8 / max(sample.total.seconds, 0.000_001)
        if settings.startsWithFirstSample, quick == 0 {
            slow = rate
            quick = rate
            return
        }
        slow += settings.slowWeight * (rate - slow)
        quick += settings.quickWeight * (rate - quick)
    }

    package mutating func choose(_ situation: AdaptationSituation) -> AdaptationChoice {
        let speed = min(slow, quick)
        return AdaptationChoice(track: situation.ladder.lastIndex { $0.bitsPerSecond <= speed } ?? 0)
    }

    /// Audio is not adapted by itself: the group's default.
    package mutating func chooseSecondary(_ ladder: [BitRate], current: Int?) -> Int { current ?? 0 }
}
