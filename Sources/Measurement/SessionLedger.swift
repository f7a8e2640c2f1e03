import Playback
import Quantities
import Transport

/// The running account of one session, small enough to be carried by it (under 400 bytes).
///
/// It is a pure function of the events: give it each event once, in order of time.
package struct SessionLedger: Sendable {
    /// The session's number in the plan.
    package let id: SessionID
    /// When and as what the session came.
    package let arrival: SessionArrival
    /// The edge it counts for so far (see ``SessionSummary/edge``).
    package private(set) var edge: String
    /// The state it is in.
    package private(set) var state = PlaybackState.starting

    private var playCommand: Instant
    private var stateSince: Instant
    private var firstFrame: Instant?
    private var rebufferTime = TimeAmount.zero
    private var playedTime = TimeAmount.zero
    private var renderedBits = 0.0
    private var renderedTime = TimeAmount.zero
    private var videoBitRate = BitRate.zero
    private var latencySum = 0.0
    private var lastLatency = TimeAmount.zero
    private var latencySamples: UInt32 = 0
    private(set) var rebufferCount: UInt32 = 0
    private(set) var switchesUp: UInt32 = 0
    private(set) var switchesDown: UInt32 = 0
    private var transfers: UInt32 = 0
    private var failedTransfers: UInt32 = 0
    private var cancelledTransfers: UInt32 = 0
    private var bytes: Int64 = 0
    private var failure = ""
    /// True once a request was refused: 401, 403 or 410.
    package private(set) var isRefused = false

    /// Where the recorder of the session's loop keeps its sums.
    var slots = SessionSlots()

    /// Begins the account at the arrival's start.
    package init(id: SessionID, arrival: SessionArrival) {
        self.id = id
        self.arrival = arrival
        edge = arrival.edge
        playCommand = arrival.started
        stateSince = arrival.started
    }

    /// From the play command to the first frame; nil before it.
    package var startupTime: TimeAmount? { firstFrame.map { max(.zero, $0 - playCommand) } }

    /// Takes account of one event.
    package mutating func record(_ event: TimedEvent) {
        switch event.event {
        case .started:
            playCommand = event.at
            stateSince = event.at
        case .stateChanged(_, let next):
            enter(next, at: event.at)
        case .transferFinished(let transfer):
            record(transfer)
        case .trackSelected(let kind, _, let bitRate, let isSwitch):
            guard kind == .video else { return }
            if isSwitch { countSwitch(to: bitRate) }
            videoBitRate = bitRate
        case .rendered(let kind, let duration, let bitRate):
            guard kind == .video, duration > .zero else { return }
            renderedTime = renderedTime.adding(duration)
            renderedBits += bitRate.bitsPerSecond * duration.seconds
        case .latencySampled(let latency):
            latencySum += latency.seconds
            lastLatency = latency
            latencySamples &+= 1
        case .interstitialStarted, .interstitialEnded, .locationChanged:
            break
        case .failed(let reason):
            if failure.isEmpty { failure = reason.label }
        }
    }

    private mutating func enter(_ next: PlaybackState, at now: Instant) {
        let spent = max(.zero, now - stateSince)
        switch state {
        case .playing: playedTime = playedTime.adding(spent)
        case .rebuffering: rebufferTime = rebufferTime.adding(spent)
        case .starting, .seeking, .paused, .ended, .failed, .quit: break
        }
        if next == .playing, firstFrame == nil { firstFrame = now }
        if next == .rebuffering, state != .rebuffering { rebufferCount &+= 1 }
        state = next
        stateSince = now
    }

    /// Takes account of a transfer that has ended.
    mutating func record(_ transfer: borrowing TransferRecord) {
        transfers &+= 1
        if transfer.isFailed { failedTransfers &+= 1 }
        if transfer.isCancelled { cancelledTransfers &+= 1 }
        bytes = bytes.addingClamped(transfer.bytes.count)
        // What answers a step is the ticket office, not the edge that serves the stream.
        if edge.isEmpty, transfer.kind != .step { edge = transfer.edge }
        if GateStatus.isRefusal(transfer.status) { isRefused = true }
    }

    private mutating func countSwitch(to bitRate: BitRate) {
        if bitRate > videoBitRate { switchesUp &+= 1 }
        if bitRate < videoBitRate { switchesDown &+= 1 }
    }

    /// What is known at an instant; time in the present state counts up to it.
    ///
    /// - Parameters:
    ///   - now: Not before the last event.
    ///   - stoppedByRun: True when the session ends only because the run does; then its outcome is
    ///     ``SessionOutcome/running`` unless it had failed or ended by itself: no viewer left.
    ///   - refusal: Why the viewer left, when a refused step of the journey was the reason.
    ///   - leaving: Why the viewer left, in a word, when it was by itself; `dropped` when the script cut it off.
    /// - Returns: The session's row as it would be if it were over.
    package func summary(
        at now: Instant, stoppedByRun: Bool = false, refusal: String? = nil, leaving: String = ""
    ) -> SessionSummary {
        var final = self
        if !state.isFinal { final.enter(state, at: max(now, stateSince)) }
        let outcome = outcome(stoppedByRun: stoppedByRun, isRefused: refusal != nil, isDropped: leaving == Self.dropped)
        return SessionSummary(
            id: id, arrival: arrival, edge: edge, finished: state.isFinal ? stateSince : now,
            outcome: outcome, finalState: state,
            failure: outcome == .journeyRefused ? refusal ?? "" : failure,
            leaving: outcome == .quit || outcome == .exitBeforeStart ? leaving : "", startupTime: startupTime,
            rebufferCount: Int(rebufferCount), rebufferTime: final.rebufferTime, playedTime: final.playedTime,
            meanBitRate: renderedTime > .zero
                ? BitRate(bitsPerSecond: renderedBits / renderedTime.seconds) : nil,
            renderedTime: renderedTime, switchesUp: Int(switchesUp), switchesDown: Int(switchesDown),
            meanLatency: latencySamples > 0 ? .seconds(latencySum / Double(latencySamples)) : nil,
            lastLatency: latencySamples > 0 ? lastLatency : nil, bytes: ByteCount(bytes), transfers: Int(transfers),
            failedTransfers: Int(failedTransfers), cancelledTransfers: Int(cancelledTransfers))
    }

    /// The word for a session that the script cut off.
    package static let dropped = "dropped"

    private func outcome(stoppedByRun: Bool, isRefused: Bool, isDropped: Bool) -> SessionOutcome {
        switch state {
        case .failed: firstFrame == nil ? .startFailure : .playbackFailure
        case .ended: firstFrame == nil ? .exitBeforeStart : .ended
        case .quit where isRefused: .journeyRefused
        case .quit where isDropped: .dropped
        case .quit: stoppedByRun ? .running : firstFrame == nil ? .exitBeforeStart : .quit
        case .starting, .playing, .rebuffering, .seeking, .paused: .running
        }
    }
}

/// The places of a session's sums in its recorder; -1 where it has none yet.
struct SessionSlots: Sendable {
    var stream: Int32 = -1
    var region: Int32 = -1
    var device: Int32 = -1
    var phase: Int32 = -1
    var network: Int32 = -1
    var edge: Int32 = -1
    var transferStream: Int32 = -1
    var transferRegion: Int32 = -1
    var transferEdge: Int32 = -1
    /// The number of the three together; -1 while the edge is not known.
    var transferPlaces: Int32 = -1
    /// The words of the last transfer: where they are the same object, so is the edge.
    var words: TransferWords?
    var isSampled = false
    var isFinished = false
    /// True when the session counts in the funnel.
    var hasJourney = false
}

extension TimeAmount {
    /// The sum, or the longest span where it does not fit: durations come from manifests, which may lie.
    func adding(_ other: TimeAmount) -> TimeAmount {
        TimeAmount(nanoseconds: nanoseconds.addingClamped(other.nanoseconds))
    }
}

extension Int64 {
    /// The sum, or the nearest bound where it does not fit.
    func addingClamped(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other > 0 ? .max : .min) : sum
    }
}
