import Quantities

/// How Shaka Player chooses (`lib/abr/simple_abr_manager.js`, `lib/abr/ewma_bandwidth_estimator.js`,
/// `lib/media/streaming_engine.js`; read in 5.0 to 5.2).
///
/// The highest variant with a bit rate of at most 0.95 of the estimate, as long as the estimate is not above the next
/// one's divided by 0.85. A choice is made when the estimate is good and playback has begun, then at most every 8 s, in the
/// middle of segments too: the one in progress is given up when the other can be had in time, or sooner than the rest.
package struct ShakaRule: AdaptationRule {
    /// The constants of the rule (`lib/util/player_configuration.js`).
    package struct Settings: Sendable, Hashable {
        /// `bandwidthDowngradeTarget`.
        ///
        /// Default 0.95.
        package var factor = 0.95
        /// `bandwidthUpgradeTarget`.
        ///
        /// Default 0.85.
        package var upFactor = 0.85
        /// The half-lives of the averages in seconds of transfer.
        ///
        /// Default 2 and 5.
        package var fastHalfLife = 2.0
        package var slowHalfLife = 5.0
        /// The estimate before enough has been measured: what the browser says (`navigator.connection.downlink`), or
        /// `defaultBandwidthEstimate`, 1 Mbit/s, in browsers that do not say.
        ///
        /// Default 1.6 Mbit/s, which a fresh Chromium on a connection it takes for 4G says.
        package var initialEstimate = BitRate.kilobits(1_600)
        /// Chromium blurs what it says by up to this share up or down, drawn once a viewer, and rounds to 50 kbit/s.
        ///
        /// Default 0.1; zero for browsers that do not say.
        package var initialNoise = 0.1
        /// Bodies that are smaller are not measured (`minBytes`).
        ///
        /// Default 16 000 bytes.
        package var smallestSample = ByteCount(Int64(16_000))
        /// So much must have been measured before the estimate counts (`minTotalBytes`).
        ///
        /// Default 128 000 bytes.
        package var trustedBytes = ByteCount(Int64(128_000))
        /// How long a choice stands (`switchInterval`).
        ///
        /// Default 8 s.
        package var interval = TimeAmount.seconds(8)
        /// True when the wait for the first byte is no part of a sample (`removeLatencyFromFirstPacketTime`, newer versions).
        ///
        /// Default false: the recorded version counts it.
        package var leavesOutFirstByte = false
        /// Whether a segment in progress can be given up for one of another track.
        ///
        /// Default true.
        package var abandons = true

        /// Creates the defaults.
        package init() {}
    }

    private let settings: Settings
    private let initial: BitRate
    private var fast: MovingAverage
    private var slow: MovingAverage
    private var measured = ByteCount.zero
    /// What was chosen last, and when; no instant before the first choice by measurement.
    private var chosen: Int?
    private var chosenAt: Instant?
    /// What has been measured already of the segment in progress.
    private var counted = (bytes: ByteCount.zero, seconds: 0.0)
    /// True once a transfer has ended after the first frame: then choices are made.
    private var isOpen = false
    private var isPlaying = false

    /// Creates the rule.
    ///
    /// - Parameters:
    ///   - settings: The constants.
    ///   - seed: What the browser's blur is drawn from; 0 has none.
    package init(_ settings: Settings, seed: UInt64 = 0) {
        self.settings = settings
        fast = MovingAverage(halfLife: settings.fastHalfLife)
        slow = MovingAverage(halfLife: settings.slowHalfLife)
        guard seed != 0, settings.initialNoise > 0 else {
            initial = settings.initialEstimate
            return
        }
        let draw = Double((seed &* 0x9E37_79B9_7F4A_7C15) >> 11) / Double(UInt64(1) << 53)
        let blurred = settings.initialEstimate.kilobits * (1 + settings.initialNoise * (2 * draw - 1))
        initial = .kilobits((blurred / 50).rounded() * 50)
    }

    package var estimate: BitRate? {
        guard measured >= settings.trustedBytes, let fast = fast.estimate, let slow = slow.estimate else { return nil }
        return BitRate(bitsPerSecond: min(fast, slow))
    }

    package var progressInterval: TimeAmount? { settings.abandons ? .milliseconds(100) : nil }

    /// Everything counts, audio as well as video, piece by piece as it arrives.
    package mutating func transferEnded(_ sample: TransferSample) {
        if isPlaying { isOpen = true }
        let wait = settings.leavesOutFirstByte || sample.wasHeld ? sample.firstByte : .zero
        let time = (sample.active?.time ?? (sample.total - wait)).seconds
        let bytes = sample.active?.bytes ?? sample.bytes
        guard sample.isMain else { return measure(bytes, time) }
        // What is left behind the last piece is one more, and dropped when it is small.
        measure(bytes - counted.bytes, time - counted.seconds)
        counted = (.zero, 0)
    }

    package mutating func playbackChanged(_ change: PlaybackChange, _ situation: AdaptationSituation) {
        if change == .started { isPlaying = true }
        if change == .sought { counted = (.zero, 0) }
    }

    private mutating func measure(_ bytes: ByteCount, _ seconds: Double) {
        guard bytes >= settings.smallestSample, seconds >= 0.005 else { return }
        let rate = Double(bytes.count) * 8 / seconds
        measured = measured + bytes
        fast.sample(rate, weight: seconds)
        slow.sample(rate, weight: seconds)
    }

    package mutating func choose(_ situation: AdaptationSituation) -> AdaptationChoice {
        reconsider(situation)
        let track = chosen ?? best(situation)
        chosen = min(track, situation.ladder.count - 1)
        return AdaptationChoice(track: chosen ?? 0)
    }

    /// `suggestStreams_`.
    private mutating func reconsider(_ situation: AdaptationSituation) {
        guard isOpen, estimate != nil else { return }
        if let chosenAt, situation.now - chosenAt < settings.interval { return }
        chosen = best(situation)
        chosenAt = situation.now
    }

    /// `chooseVariant`: bit rates are those of video and audio together.
    private func best(_ situation: AdaptationSituation) -> Int {
        let bandwidth = (estimate ?? initial).bitsPerSecond
        var result = 0
        for track in situation.ladder.indices {
            let rate = (situation.ladder[track].bitsPerSecond + situation.audioBitRate.bitsPerSecond) / settings.factor
            let next =
                track + 1 < situation.ladder.count
                ? (situation.ladder[track + 1].bitsPerSecond + situation.audioBitRate.bitsPerSecond)
                    / settings.upFactor : .infinity
            if bandwidth >= rate, bandwidth <= next { result = track }
        }
        return result
    }

    /// `shouldAbortCurrentRequest_`.
    package mutating func abandons(_ progress: SegmentProgress, _ situation: AdaptationSituation) -> Int? {
        let wait = settings.leavesOutFirstByte ? progress.firstByte ?? .zero : .zero
        let seconds = (progress.elapsed - wait).seconds
        let piece = progress.received - counted.bytes
        if piece >= settings.smallestSample {
            measure(piece, seconds - counted.seconds)
            counted = (progress.received, seconds)
        }
        reconsider(situation)
        guard let chosen, chosen != progress.track, chosen < situation.ladder.count else { return nil }
        let size = situation.ladder[chosen].bitsPerSecond * progress.duration.seconds
        let bandwidth = max(1, (estimate ?? initial).bitsPerSecond)
        let remaining = Double(max(0, progress.expected.count - progress.received.count)) * 8
        guard size / bandwidth < situation.buffer.seconds || remaining > size else { return nil }
        counted = (.zero, 0)
        return chosen
    }
}
