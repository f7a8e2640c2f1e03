import Playback
import Quantities

/// How a session ended (CTA-2066, qoe.md section 1).
package enum SessionOutcome: UInt8, Sendable, Codable, CaseIterable {
    /// Played to the end of the content or of the planned watch time of the content.
    case ended
    /// The viewer left after the first frame.
    case quit
    /// The viewer left before the first frame and nothing had failed: exit before video start (EBVS).
    case exitBeforeStart
    /// A fatal error before the first frame: video start failure (VSF).
    case startFailure
    /// A fatal error after the first frame: video playback failure (VPF).
    case playbackFailure
    /// Still going on: the run ended, or was cut short, before the session did.
    case running
    /// The viewer left because a step of the journey was refused, before the first frame or later; no failure of the
    /// playback.
    case journeyRefused
    /// The script cut the session off, as a failing edge does: the viewer did not want to leave.
    case dropped

    /// The stable word for files.
    package var label: String {
        switch self {
        case .ended: "ended"
        case .quit: "quit"
        case .exitBeforeStart: "exit-before-start"
        case .startFailure: "start-failure"
        case .playbackFailure: "playback-failure"
        case .running: "running"
        case .journeyRefused: "journey-refused"
        case .dropped: "dropped"
        }
    }

    /// True for a start failure and a playback failure.
    package var isFailure: Bool {
        switch self {
        case .startFailure, .playbackFailure: true
        case .ended, .quit, .exitBeforeStart, .running, .journeyRefused, .dropped: false
        }
    }
}

/// What became of one session: a row of the run.
///
/// Carries no URI and no token.
package struct SessionSummary: Hashable, Sendable {
    /// Its number in the plan.
    package var id: SessionID
    /// When and as what it came.
    package var arrival: SessionArrival
    /// The edge it counts for: the planned one or, without a plan, the peer of its first transfer; `""` when it never
    /// reached one.
    package var edge: String
    /// When the last thing happened in it.
    package var finished: Instant
    /// How it ended.
    package var outcome: SessionOutcome
    /// The state it was in at last.
    package var finalState: PlaybackState
    /// Why the viewer left, in a word (`watched`, `slow-start`, `rebuffering`, `zapped`, `wave`), or `""`.
    package var leaving: String
    /// A short word for the fatal error (``Playback/SessionFailure/label``), or `""`.
    package var failure: String
    /// From the play command to the first frame; nil when there was none.
    package var startupTime: TimeAmount?
    /// How often playback stopped for want of media after the first frame.
    package var rebufferCount: Int
    /// The time spent so.
    package var rebufferTime: TimeAmount
    /// The time spent playing.
    package var playedTime: TimeAmount
    /// The mean declared bit rate of the rendered video, weighted by the time it was rendered; nil when none was.
    package var meanBitRate: BitRate?
    /// How much video was rendered.
    package var renderedTime: TimeAmount
    /// Changes to a video track of a higher bit rate.
    package var switchesUp: Int
    /// Changes to a video track of a lower bit rate.
    package var switchesDown: Int
    /// The mean of the live latency samples; nil when there were none.
    package var meanLatency: TimeAmount?
    /// The last live latency sample; nil when there were none.
    package var lastLatency: TimeAmount?
    /// Body bytes of all its transfers, as they crossed the wire.
    package var bytes: ByteCount
    /// How many transfers it finished, failed and cancelled ones included.
    package var transfers: Int
    /// How many of them failed.
    package var failedTransfers: Int
    /// How many of them it cancelled itself.
    package var cancelledTransfers: Int

    /// Creates a row.
    package init(
        id: SessionID, arrival: SessionArrival, edge: String, finished: Instant, outcome: SessionOutcome,
        finalState: PlaybackState, failure: String = "", leaving: String = "", startupTime: TimeAmount? = nil,
        rebufferCount: Int = 0,
        rebufferTime: TimeAmount = .zero, playedTime: TimeAmount = .zero, meanBitRate: BitRate? = nil,
        renderedTime: TimeAmount = .zero, switchesUp: Int = 0, switchesDown: Int = 0, meanLatency: TimeAmount? = nil,
        lastLatency: TimeAmount? = nil, bytes: ByteCount = .zero, transfers: Int = 0, failedTransfers: Int = 0,
        cancelledTransfers: Int = 0
    ) {
        self.id = id
        self.arrival = arrival
        self.edge = edge
        self.finished = finished
        self.outcome = outcome
        self.finalState = finalState
        self.failure = failure
        self.leaving = leaving
        self.startupTime = startupTime
        self.rebufferCount = rebufferCount
        self.rebufferTime = rebufferTime
        self.playedTime = playedTime
        self.meanBitRate = meanBitRate
        self.renderedTime = renderedTime
        self.switchesUp = switchesUp
        self.switchesDown = switchesDown
        self.meanLatency = meanLatency
        self.lastLatency = lastLatency
        self.bytes = bytes
        self.transfers = transfers
        self.failedTransfers = failedTransfers
        self.cancelledTransfers = cancelledTransfers
    }

    /// Rebuffer time ÷ (rebuffer time + playing time) as in CTA-2066: startup, seeking and pauses count neither above
    /// nor below the line.
    ///
    /// Nil when the session neither played nor rebuffered.
    package var rebufferRatio: Double? {
        let whole = rebufferTime + playedTime
        return whole > .zero ? rebufferTime.seconds / whole.seconds : nil
    }
}
