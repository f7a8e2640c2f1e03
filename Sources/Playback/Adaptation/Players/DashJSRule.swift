import Quantities

/// How dash.js chooses with its default strategy DYNAMIC (`src/streaming/rules/abr/*`, `AbrController.js`,
/// `ThroughputHistory.js`; version 4.7).
///
/// The lowest proposal of several rules wins: the throughput rule, or BOLA once the buffer is well filled; the rule against
/// an insufficient buffer; the rule that remembers how often a track was left downwards. Only the main kind is measured.
package struct DashJSRule: AdaptationRule, Hashable {
    /// How samples become one throughput.
    package enum Averaging: Sendable, Hashable {
        /// The mean of the last samples: four (three live), more while neighbours differ by 1.3 times (`slidingWindow`,
        /// the default up to 4.7).
        case slidingWindow
        /// The lower of two moving averages with half-lives of 3 and 8 s, a second of transfer counting 1.5 (the default
        /// since 5.0).
        case exponential
    }

    /// The constants of the rule (`src/core/Settings.js` and the rules' files).
    package struct Settings: Sendable, Hashable {
        /// How samples become one throughput.
        ///
        /// Default the sliding window.
        package var averaging = Averaging.slidingWindow
        /// The share of the throughput that may be used (`bandwidthSafetyFactor`).
        ///
        /// Default 0.9.
        package var factor = 0.9
        /// The bit rate by which the first track is chosen (`initialBitrate`).
        ///
        /// Default 1 Mbit/s.
        package var initialEstimate = BitRate.megabits(1)
        /// The buffer level above which BOLA chooses; it goes on down to half of it (`stableBufferTime`; since 5.0
        /// `bufferTimeDefault`, 18 s).
        ///
        /// Default 12 s.
        package var bolaLevel = TimeAmount.seconds(12)
        /// The share of throughput times buffer over duration that a segment may have (`InsufficientBufferRule`; 0.7 since
        /// 5.0).
        ///
        /// Default 0.5.
        package var insufficientBufferFactor = 0.5
        /// The number of choices that are remembered (`SwitchRequestHistory`).
        ///
        /// Default 8.
        package var historyLength = 8
        /// The number of remembered choices from which on the history counts.
        ///
        /// Default 6.
        package var historySamples = 6
        /// The share of downward choices that keeps a track from being used.
        ///
        /// Default 0.075.
        package var dropShare = 0.075
        /// A segment whose transfer is expected to take so many of its durations is given up (`AbandonRequestsRule`).
        ///
        /// Default 1.8; zero never gives up.
        package var abandonFactor = 1.8
        /// Transfers that took less came from a cache and are not measured (`cacheLoadThresholds`).
        ///
        /// Default 50 ms.
        package var cacheTime = TimeAmount.milliseconds(50)

        /// Creates the defaults.
        package init() {}
    }

    /// A remembered choice.
    struct Choice: Sendable, Hashable {
        var from: UInt8
        var to: UInt8
    }

    let settings: Settings
    /// The last measured rates in kbit/s and waits for the first byte in seconds, newest last; at most 20.
    var rates: [Float] = []
    var waits: [Float] = []
    private var fast = MovingAverage(halfLife: 3)
    private var slow = MovingAverage(halfLife: 8)
    private var history: [Choice] = []
    private var usesBola = false
    private var bola = Bola()
    private var segments = 0
    private var lastEnd: Instant?
    private var progressAsked = 0

    /// Creates the rule.
    package init(_ settings: Settings) { self.settings = settings }

    package var progressInterval: TimeAmount? { settings.abandonFactor > 0 ? .milliseconds(100) : nil }

    package var estimate: BitRate? { average(isLive: false).map { .kilobits($0) } }

    package mutating func transferEnded(_ sample: TransferSample) {
        guard sample.isMain, sample.duration > .zero, sample.bytes > .zero else { return }
        progressAsked = 0
        segments += 1
        lastEnd = sample.begun + sample.total
        bola.segmentEnded(sample)
        guard sample.total >= settings.cacheTime else { return }
        let time = sample.active?.time ?? (sample.total - sample.firstByte)
        let bytes = sample.active?.bytes ?? sample.bytes
        let milliseconds = max(1, time.milliseconds)
        let rate = Double(bytes.count) * 8 / milliseconds
        keep(&rates, Float(rate))
        keep(&waits, Float(sample.firstByte.seconds))
        fast.sample(rate, weight: 0.0015 * milliseconds)
        slow.sample(rate, weight: 0.0015 * milliseconds)
    }

    private func keep(_ list: inout [Float], _ value: Float) {
        if list.count >= 20 { list.removeFirst() }
        list.append(value)
    }

    package mutating func choose(_ situation: AdaptationSituation) -> AdaptationChoice {
        progressAsked = 0
        let top = situation.ladder.count - 1
        guard top > 0, top < 256 else { return AdaptationChoice(track: 0) }
        guard let throughput = average(isLive: situation.isLive) else {
            let first = quality(settings.initialEstimate.kilobits, wait: 0, situation)
            remember(from: first, to: first)
            return AdaptationChoice(track: first)
        }
        let current = min(top, max(0, situation.current ?? 0))
        updateStrategy(situation)
        let safe = throughput * settings.factor
        let wait = average(waits, isLive: situation.isLive) ?? 0
        var delay = TimeAmount.zero
        var track = current
        if usesBola {
            let sustainable = quality(safe, wait: wait, situation)
            (track, delay) = bola.choose(situation, sustainable: sustainable, bufferTime: settings.bolaLevel)
        } else {
            if !situation.isStalled || situation.isLive { track = quality(safe, wait: wait, situation) }
        }
        if let bound = insufficientBufferBound(throughput, situation) { track = min(track, bound) }
        if let bound = historyBound(top: top) { track = min(track, bound) }
        if delay == .zero || track == top {
            remember(from: current, to: track)
            // A new track is checked once more when its initialization section has been appended.
            if track != current { remember(from: track, to: track) }
        }
        return AdaptationChoice(track: track, wait: track == top ? .zero : delay)
    }

    /// `_updateDynamicAbrStrategy`: looked at whenever the buffer level is measured, so its highest level since the last
    /// segment counts.
    private mutating func updateStrategy(_ situation: AdaptationSituation) {
        var highest = situation.buffer
        if situation.hasStarted, let lastEnd { highest = highest + max(.zero, situation.now - lastEnd) }
        let threshold = min(settings.bolaLevel, situation.latencyTarget ?? settings.bolaLevel)
        if usesBola {
            usesBola = situation.buffer > threshold * 0.5
        } else {
            usesBola = highest > threshold
        }
    }

    /// The highest track for a rate in kbit/s, less the share of time that goes by before the first byte.
    private func quality(_ rate: Double, wait: Double, _ situation: AdaptationSituation) -> Int {
        let duration = situation.segmentDuration.seconds
        guard duration > 0, wait < duration else { return 0 }
        let usable = rate * (1 - wait / duration)
        return situation.ladder.lastIndex { $0.kilobits <= usable } ?? 0
    }

    private func insufficientBufferBound(_ throughput: Double, _ situation: AdaptationSituation) -> Int? {
        guard segments >= 2, !situation.isLowLatency, situation.segmentDuration > .zero else { return nil }
        if situation.isStalled { return 0 }
        let share = situation.buffer.seconds / situation.segmentDuration.seconds
        let wait = average(waits, isLive: situation.isLive) ?? 0
        return quality(throughput * share * settings.insufficientBufferFactor, wait: wait, situation)
    }

    // MARK: History of choices

    private mutating func remember(from: Int, to: Int) {
        guard let from = UInt8(exactly: from), let to = UInt8(exactly: to) else { return }
        history.append(Choice(from: from, to: to))
        if history.count > max(1, settings.historyLength) { history.removeFirst() }
    }

    /// `SwitchHistoryRule`: from the lowest track up, the first at which too many choices went down.
    private func historyBound(top: Int) -> Int? {
        var drops = 0
        var stays = 0
        for track in 0...top {
            let here = history.filter { Int($0.from) == track }
            let down = here.count { $0.to < $0.from }
            drops += down
            stays += here.count - down
            guard drops + stays >= settings.historySamples, drops > 0 else { continue }
            if Double(drops) > settings.dropShare * Double(stays) {
                return track > 0 && down > 0 ? track - 1 : track
            }
        }
        return nil
    }

    // MARK: Throughput

    private func average(isLive: Bool) -> Double? {
        switch settings.averaging {
        case .slidingWindow: return average(rates, isLive: isLive)
        case .exponential:
            guard let fast = fast.estimate, let slow = slow.estimate else { return nil }
            return min(fast, slow)
        }
    }

    private func average(_ values: [Float], isLive: Bool) -> Double? {
        guard !values.isEmpty else { return nil }
        var size = isLive ? 3 : 4
        if size >= values.count {
            size = values.count
        } else {
            var position = 1
            while position < size, size < values.count {
                let ratio = values[values.count - position] / max(values[values.count - position - 1], 0.001)
                if ratio >= 1.3 || ratio <= 1 / 1.3 { size += 1 }
                position += 1
            }
        }
        return Double(values.suffix(size).reduce(0, +)) / Double(size)
    }

    // MARK: Giving up

    package mutating func abandons(_ progress: SegmentProgress, _ situation: AdaptationSituation) -> Int? {
        guard settings.abandonFactor > 0, let firstByte = progress.firstByte, progress.track > 0,
            progress.track < situation.ladder.count, situation.buffer <= settings.bolaLevel
        else { return nil }
        progressAsked += 1
        let elapsed = (progress.elapsed - firstByte).seconds
        let received = Double(progress.received.count)
        let expected = Double(progress.expected.count)
        guard progressAsked >= 6, elapsed >= 0.5, received > 0, received < expected else { return nil }
        let kilobits = received * 8 / elapsed / 1_000
        guard expected * 8 / 1_000 / kilobits >= progress.duration.seconds * settings.abandonFactor else { return nil }
        let lower = quality(kilobits * settings.factor, wait: 0, situation)
        guard lower < progress.track else { return nil }
        let share = situation.ladder[lower].bitsPerSecond / max(1, situation.ladder[progress.track].bitsPerSecond)
        guard expected - received > expected * share else { return nil }
        bola.abandoned(for: lower, situation, bufferTime: settings.bolaLevel)
        return lower
    }

    package mutating func playbackChanged(_ change: PlaybackChange, _ situation: AdaptationSituation) {
        switch change {
        case .stalled: bola.bufferRanOut()
        case .sought:
            bola.reset()
            segments = 0
        case .started, .resumed: return
        }
    }
}
