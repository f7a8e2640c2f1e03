import Quantities

/// How hls.js chooses (`src/controller/abr-controller.ts`, `src/utils/ewma-bandwidth-estimator.ts`; read in 1.5 to 1.7).
///
/// From the top down, the first track whose bit rate the estimate carries (times 0.95, or 0.7 to go up) and whose next
/// segment comes before the buffer is empty. The first choice is made with the bit rate of the variant that is listed
/// first, so the order of a playlist matters. A segment that comes too late is given up for a lower track.
package struct HLSJSRule: AdaptationRule, Hashable {
    /// The constants of the rule (`src/config.ts`).
    package struct Settings: Sendable, Hashable {
        /// The share of the estimate that the last or a lower track may use (`abrBandWidthFactor`).
        ///
        /// Default 0.95.
        package var factor = 0.95
        /// The share that a higher track may use (`abrBandWidthUpFactor`).
        ///
        /// Default 0.7.
        package var upFactor = 0.7
        /// The half-life of the fast average, in seconds of transfer (`abrEwmaFastVoD`, `abrEwmaFastLive`).
        ///
        /// Default 3.
        package var fastHalfLife = 3.0
        /// The half-life of the slow average (`abrEwmaSlowVoD`, `abrEwmaSlowLive`).
        ///
        /// Default 9.
        package var slowHalfLife = 9.0
        /// The estimate before the first sample (`abrEwmaDefaultEstimate`).
        ///
        /// Default 0.5 Mbit/s.
        package var initialEstimate = BitRate.kilobits(500)
        /// Up to here the first estimate is raised to the bit rate of the variant that is listed first
        /// (`abrEwmaDefaultEstimateMax`); zero never raises it.
        ///
        /// Default 5 Mbit/s.
        package var longestInitialEstimate = BitRate.megabits(5)
        /// The rebuffering that a choice may risk when none is without (`maxStarvationDelay`).
        ///
        /// Default 4 s.
        package var starvationDelay = TimeAmount.seconds(4)
        /// Whether a segment that comes too late is given up.
        ///
        /// Default true.
        package var abandons = true

        /// Creates the defaults.
        package init() {}
    }

    private let settings: Settings
    private var fast: MovingAverage
    private var slow: MovingAverage
    private var firstByte: MovingAverage
    private var initial: BitRate
    /// The track of the last segment that came; nil before the first.
    private var lastLoaded: Int?
    /// A bit for each of the lowest 64 tracks whose playlist has been fetched.
    private var known: UInt64 = 0
    /// When and for which track the segment in progress is given up.
    private var planned: (at: Instant, track: Int)?

    /// Creates the rule.
    package init(_ settings: Settings) {
        self.settings = settings
        fast = MovingAverage(halfLife: settings.fastHalfLife)
        slow = MovingAverage(halfLife: settings.slowHalfLife)
        firstByte = MovingAverage(halfLife: settings.slowHalfLife)
        initial = settings.initialEstimate
    }

    package static func == (left: HLSJSRule, right: HLSJSRule) -> Bool {
        left.settings == right.settings && left.fast == right.fast && left.slow == right.slow
            && left.firstByte == right.firstByte && left.initial == right.initial && left.lastLoaded == right.lastLoaded
            && left.known == right.known && left.planned?.at == right.planned?.at
            && left.planned?.track == right.planned?.track
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(fast)
        hasher.combine(lastLoaded)
    }

    package var estimate: BitRate? {
        guard let fast = fast.estimate, let slow = slow.estimate else { return nil }
        return BitRate(bitsPerSecond: min(fast, slow))
    }

    package var progressInterval: TimeAmount? { settings.abandons ? .milliseconds(100) : nil }

    /// Only segments of the main kind are measured.
    package mutating func transferEnded(_ sample: TransferSample) {
        planned = nil
        guard sample.isMain, sample.duration > .zero, sample.bytes > .zero else { return }
        lastLoaded = sample.track
        know(sample.track)
        if let active = sample.active, active.time > .zero {
            return measure(active.bytes, active.time.seconds)
        }
        let wait = sample.firstByte.seconds
        if sample.wasHeld { return measure(sample.bytes, max(0.001, sample.total.seconds - wait)) }
        measureFirstByte(wait)
        measure(sample.bytes, sample.total.seconds - min(wait, usualFirstByte))
    }

    package mutating func choose(_ situation: AdaptationSituation) -> AdaptationChoice {
        planned = nil
        guard situation.ladder.count > 1 else { return AdaptationChoice(track: 0) }
        guard let lastLoaded, estimate != nil || initial > .zero else {
            return AdaptationChoice(track: first(situation))
        }
        if let current = situation.current { know(current) }
        let base = min(lastLoaded, situation.ladder.count - 1)
        let buffer = situation.buffer.seconds / max(0.1, situation.playbackRate)
        let factors = (settings.factor, settings.upFactor)
        if buffer > 0, let best = best(situation, base: base, buffer: buffer, delay: 0, factors) {
            return AdaptationChoice(track: best)
        }
        let delay = min(situation.segmentDuration.seconds, settings.starvationDelay.seconds)
        return AdaptationChoice(track: best(situation, base: base, buffer: buffer, delay: delay, factors) ?? 0)
    }

    /// The first track (`firstAutoLevel`).
    private mutating func first(_ situation: AdaptationSituation) -> Int {
        let listed = min(max(0, situation.firstListed), situation.ladder.count - 1)
        let raised = min(situation.ladder[listed], settings.longestInitialEstimate)
        if estimate == nil, initial == settings.initialEstimate { initial = max(initial, raised) }
        let estimate = estimate ?? initial
        return situation.ladder.lastIndex { $0 <= estimate } ?? listed
    }

    /// The highest track that the estimate carries and that comes in time (`findBestLevel`).
    private func best(
        _ situation: AdaptationSituation, base: Int, buffer: Double, delay: Double, _ factors: (Double, Double)
    ) -> Int? {
        let duration = situation.segmentDuration.seconds
        let bandwidth = (estimate ?? initial).bitsPerSecond
        for track in situation.ladder.indices.reversed() {
            let usable = bandwidth * (track > base ? factors.1 : factors.0)
            let usesAverage = duration > 0 && buffer >= 2 * duration && delay == 0
            let bitRate = usesAverage ? situation.averages[track] : situation.ladder[track]
            guard usable >= bitRate.bitsPerSecond else { continue }
            let time = fetchTime(bitRate.bitsPerSecond * duration, at: usable, knows(track), situation)
            if situation.isLive || time < buffer + delay { return track }
        }
        return nil
    }

    /// `getTimeToLoadFrag`, in seconds.
    private func fetchTime(
        _ bits: Double, at bandwidth: Double, _ isKnown: Bool, _ situation: AdaptationSituation
    ) -> Double {
        let playlist = isKnown ? 0 : usualFirstByte + situation.playlistTime.seconds
        return usualFirstByte + bits / max(1, bandwidth) + playlist
    }

    // MARK: Giving up

    /// `_abandonRulesCheck`.
    package mutating func abandons(_ progress: SegmentProgress, _ situation: AdaptationSituation) -> Int? {
        if let planned {
            guard planned.at <= situation.now else { return nil }
            self.planned = nil
            return planned.track
        }
        guard situation.hasStarted, progress.track > 0, progress.track < situation.ladder.count else { return nil }
        let elapsed = progress.elapsed.seconds
        let duration = progress.duration.seconds
        let rate = max(0.1, situation.playbackRate)
        guard elapsed > max(usualFirstByte, duration / (2 * rate)) else { return nil }
        let buffer = situation.buffer.seconds / rate
        let received = Double(progress.received.count)
        let hasBytes = received > 0 && progress.firstByte != nil
        let bandwidth = (estimate ?? initial).bitsPerSecond
        let streaming = hasBytes ? max(0.001, elapsed - (progress.firstByte?.seconds ?? 0)) : elapsed
        let expected = max(received, duration * situation.averages[progress.track].bitsPerSecond / 8)
        let byteRate = hasBytes ? received / streaming : 0
        let remaining = hasBytes ? (expected - received) / byteRate : expected * 8 / max(1, bandwidth) + usualFirstByte
        guard remaining > buffer else { return nil }
        let measured = hasBytes ? byteRate * 8 : bandwidth
        let (track, time) = lower(than: progress.track, at: measured, buffer: buffer, duration, situation)
        guard time < remaining, time <= duration * 10 else { return nil }
        if hasBytes {
            measure(progress.received, elapsed - min(usualFirstByte, progress.firstByte?.seconds ?? 0))
        } else {
            measureFirstByte(elapsed)
        }
        let wanted = situation.ladder[track]
        if (estimate ?? initial) * settings.upFactor > wanted { reset(to: wanted) }
        if remaining > time * 2 { return track }
        planned = (situation.now + .seconds(time), track)
        return nil
    }

    private func lower(
        than track: Int, at bandwidth: Double, buffer: Double, _ duration: Double, _ situation: AdaptationSituation
    ) -> (track: Int, time: Double) {
        var candidate = track - 1
        var time = Double.infinity
        while true {
            let bits = duration * situation.ladder[candidate].bitsPerSecond
            time = fetchTime(bits, at: bandwidth, knows(candidate) && !situation.isLive, situation)
            if time < min(buffer, duration + usualFirstByte) || candidate == 0 { return (candidate, time) }
            candidate -= 1
        }
    }

    // MARK: Measuring

    /// The wait for the first byte that is usual, in seconds; 0.1 before the first sample.
    private var usualFirstByte: Double { firstByte.estimate ?? 0.1 }

    private mutating func measureFirstByte(_ seconds: Double) {
        let seconds = max(0, min(seconds, 60))
        firstByte.sample(
            max(seconds, 0.005), weight: 2.0.squareRoot() * Mathematics.exponential(-seconds * seconds / 2))
    }

    private mutating func measure(_ bytes: ByteCount, _ seconds: Double) {
        let floor = min(0.05, Double(bytes.count) / 100_000 / 1_000)
        let seconds = max(seconds, floor, 0.000_001)
        let rate = Double(bytes.count) * 8 / seconds
        fast.sample(rate, weight: seconds)
        slow.sample(rate, weight: seconds)
    }

    private mutating func reset(to rate: BitRate) {
        initial = rate
        fast = MovingAverage(halfLife: settings.fastHalfLife)
        slow = MovingAverage(halfLife: settings.slowHalfLife)
    }

    private mutating func know(_ track: Int) { if (0..<64).contains(track) { known |= 1 << UInt64(track) } }

    private func knows(_ track: Int) -> Bool { (0..<64).contains(track) && known & (1 << UInt64(track)) != 0 }
}
