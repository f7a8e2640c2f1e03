import Playback
import Quantities

/// The sums over a set of sessions: everything that session metrics are made of.
///
/// Adds up exactly over loops, seconds, shards and machines.
package struct SessionCell: Sendable, Equatable {
    /// Sessions that began: the attempts.
    package var arrivals: Int64 = 0
    /// Sessions that showed a first frame: the plays.
    package var plays: Int64 = 0
    /// Sessions that are over, by how they ended.
    package var outcomes = PerOutcome()
    /// Rebuffers that began.
    package var rebuffers: Int64 = 0
    /// Sessions that rebuffered at least once.
    package var rebufferedSessions: Int64 = 0
    /// Sessions that had a request refused (401, 403 or 410), whatever became of them.
    package var refusedSessions: Int64 = 0
    /// Nanoseconds spent in each state, by all sessions together.
    package var stateTime = PerState<Int64>()
    /// Bits of rendered video: Σ declared bit rate × rendered time.
    package var renderedBits = 0.0
    /// Nanoseconds of rendered video.
    package var renderedTime: Int64 = 0
    /// Changes to a video track of a higher bit rate.
    package var switchesUp: Int64 = 0
    /// Changes to a video track of a lower bit rate.
    package var switchesDown: Int64 = 0
    /// From the play command to the first frame, of each play.
    package var startup = LogHistogram()
    /// Live latency samples.
    package var latency = LogHistogram()
    /// How late each arrival began.
    package var arrivalLateness = LogHistogram()
    /// Fatal errors by their word.
    package var failures: [String: Int64] = [:]
    /// Viewers who left, by their reason in a word.
    package var leavings: [String: Int64] = [:]

    /// Creates empty sums.
    package init() {}

    /// Adds the sums of another set of sessions.
    package mutating func merge(_ other: SessionCell) {
        arrivals += other.arrivals
        plays += other.plays
        outcomes += other.outcomes
        rebuffers += other.rebuffers
        rebufferedSessions += other.rebufferedSessions
        refusedSessions += other.refusedSessions
        stateTime += other.stateTime
        renderedBits += other.renderedBits
        renderedTime = renderedTime.addingClamped(other.renderedTime)
        switchesUp += other.switchesUp
        switchesDown += other.switchesDown
        startup.merge(other.startup)
        latency.merge(other.latency)
        arrivalLateness.merge(other.arrivalLateness)
        if !other.leavings.isEmpty { leavings.merge(other.leavings, uniquingKeysWith: +) }
        if !other.failures.isEmpty { failures.merge(other.failures, uniquingKeysWith: +) }
    }

    /// Σ rebuffer time ÷ Σ (rebuffer time + playing time) (CTA-2066), sessions in progress included; nil when none played.
    package var rebufferRatio: Double? {
        let whole = stateTime.rebuffering.addingClamped(stateTime.playing)
        return whole > 0 ? Double(stateTime.rebuffering) / Double(whole) : nil
    }

    /// Time-weighted mean declared bit rate of rendered video; nil when none was rendered.
    package var meanBitRate: BitRate? {
        renderedTime > 0 ? BitRate(bitsPerSecond: renderedBits / (Double(renderedTime) / 1e9)) : nil
    }

    /// Rebuffers per hour of playing time; nil when nothing was played.
    package var rebuffersPerHour: Double? {
        stateTime.playing > 0 ? Double(rebuffers) / (Double(stateTime.playing) / 3.6e12) : nil
    }

    /// Sessions that failed, before or after the first frame.
    package var failed: Int64 { outcomes.startFailure + outcomes.playbackFailure }

    /// A part of the attempts; nil when there were none.
    package func share(ofAttempts count: Int64) -> Double? { arrivals > 0 ? Double(count) / Double(arrivals) : nil }
    /// A part of the plays; nil when there were none.
    package func share(ofPlays count: Int64) -> Double? { plays > 0 ? Double(count) / Double(plays) : nil }
}

/// One count for each way a session ends.
package struct PerOutcome: Sendable, Hashable {
    /// Played to the end.
    package var ended: Int64 = 0
    /// Left after the first frame.
    package var quit: Int64 = 0
    /// Left before the first frame.
    package var exitBeforeStart: Int64 = 0
    /// Failed before the first frame.
    package var startFailure: Int64 = 0
    /// Failed after the first frame.
    package var playbackFailure: Int64 = 0
    /// Stopped by the end of the run.
    package var running: Int64 = 0
    /// Viewers who left because a step of their journey was refused.
    package var journeyRefused: Int64 = 0
    /// Cut off by the script.
    package var dropped: Int64 = 0

    /// Creates zeros.
    package init() {}

    /// The count of one outcome.
    package subscript(outcome: SessionOutcome) -> Int64 {
        get {
            switch outcome {
            case .ended: ended
            case .quit: quit
            case .exitBeforeStart: exitBeforeStart
            case .startFailure: startFailure
            case .playbackFailure: playbackFailure
            case .running: running
            case .journeyRefused: journeyRefused
            case .dropped: dropped
            }
        }
        set {
            switch outcome {
            case .ended: ended = newValue
            case .quit: quit = newValue
            case .exitBeforeStart: exitBeforeStart = newValue
            case .startFailure: startFailure = newValue
            case .playbackFailure: playbackFailure = newValue
            case .running: running = newValue
            case .journeyRefused: journeyRefused = newValue
            case .dropped: dropped = newValue
            }
        }
    }

    /// The sum over the outcomes.
    package var sum: Int64 {
        ended + quit + exitBeforeStart + startFailure + playbackFailure + running + journeyRefused + dropped
    }

    package static func += (left: inout PerOutcome, right: PerOutcome) {
        for outcome in SessionOutcome.allCases { left[outcome] += right[outcome] }
    }
}
