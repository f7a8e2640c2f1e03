import Playback
import Quantities

/// The viewer behind one visit: sees what the playback does and decides what to do, by seeded generators and without
/// a clock of its own, so that a real and a simulated viewer decide alike.
///
/// Pauses, jumps and changes of stream come by the hour of *playing*: while the picture stands nothing is due. What a
/// viewer does next depends on nothing but the seed, its number and the playback's events. After
/// ``ViewerAction/leave(reason:)`` and ``ViewerAction/drop`` the visit is over and nothing more is wanted.
package struct ViewerMind: Sendable {
    /// Why viewers leave: the watch time is over, the content is over, no picture came in time, the picture stood for too
    /// long, playback failed and was not tried again, or the script had them leave.
    package static let reasons = ["watched", "ended", "slow-start", "rebuffering", "failed", "wave"]
    /// A jump that surely leads to the live edge.
    package static let toTheEdge = TimeAmount.seconds(30 * 86_400)

    /// What the viewer sees.
    enum Stage: UInt8, Sendable {
        /// No playback: none has begun, or the next one is to begin.
        case waiting
        case starting
        case playing
        case standing
        case seeking
        case paused
        case ended
        /// Playback failed, and at ``actsAt`` the viewer tries again.
        case retrying
        /// Playback failed for good.
        case failed
        /// The visit is over.
        case gone
    }

    let seed: UInt64
    let id: SessionID
    let behaviour: ViewerBehaviour
    let streams: [AudienceSettings.Share]
    private let watch: TimeAmount
    private let departure: Instant
    private let isDropped: Bool

    private var stage = Stage.waiting
    private var hasBegun = false
    var isLive = false
    var stream: Int32
    /// When the watch time is over.
    private var leavesAt = Instant.distantFuture
    /// When patience ends: while starting and while the picture stands.
    private var patienceEnds = Instant.distantFuture
    /// How much longer the picture may stand in this visit.
    private var budget: TimeAmount
    /// When the viewer resumes, tries again or turns to what follows.
    private var actsAt = Instant.distantFuture
    /// The playing time of the visit up to `playingSince`.
    private var played = TimeAmount.zero
    private var playingSince = Instant.zero
    var agenda = Agenda()

    /// Creates the viewer of a visit.
    ///
    /// - Parameters:
    ///   - planned: The visit.
    ///   - settings: The audience's settings.
    ///   - seed: The seed of the run.
    package init(_ planned: PlannedSession, settings: AudienceSettings, seed: UInt64) {
        self.seed = seed
        id = planned.id
        behaviour = settings.behaviour
        streams = settings.streams
        stream = Int32(clamping: planned.stream)
        watch = planned.watch ?? .max
        departure = planned.departure?.at ?? .distantFuture
        isDropped = planned.departure?.kind == .dropped
        budget = .max
        if let patience = settings.behaviour.settings.rebufferPatience {
            budget = patience.budget(of: rank(.rebuffering))
        }
        fillAgenda()
        plan()
    }

    /// Tells the viewer that a playback has begun: the first of the visit, or one after ``ViewerAction/zap(to:)`` or
    /// ``ViewerAction/playAgain``.
    package mutating func playbackBegan(at now: Instant) {
        guard stage != .gone else { return }
        if !hasBegun {
            hasBegun = true
            if watch < .max { leavesAt = now + watch }
        }
        settlePlaying(until: now)
        stage = .starting
        isLive = false
        forgetRewind(after: played)
        actsAt = .distantFuture
        let patience = behaviour.settings.startupPatience?.patience(of: rank(.startup))
        patienceEnds = patience.map { now + $0 } ?? .distantFuture
        plan()
    }

    // MARK: What the viewer sees

    /// Tells the viewer what the playback does; all of its events, in order.
    package mutating func observe(_ event: TimedEvent) {
        guard stage != .waiting, stage != .gone else { return }
        switch event.event {
        case .stateChanged(_, let next):
            enter(next, at: event.at)
            plan()
        case .latencySampled:
            guard !isLive else { return }
            isLive = true
            plan()
        case .started, .transferFinished, .trackSelected, .rendered, .interstitialStarted, .interstitialEnded,
            .locationChanged, .failed:
            return
        }
    }

    private mutating func enter(_ next: PlaybackState, at instant: Instant) {
        settlePlaying(until: instant)
        settleStanding(until: instant)
        patienceEnds = next == .starting ? patienceEnds : .distantFuture
        switch next {
        case .starting: stage = .starting
        case .playing:
            stage = .playing
            playingSince = instant
        case .rebuffering:
            stage = .standing
            if let patience = behaviour.settings.rebufferPatience { patienceEnds = instant + patience.grace + budget }
        case .seeking: stage = .seeking
        case .paused: stage = .paused
        case .ended: (stage, actsAt) = (.ended, instant)
        case .failed: fail(at: instant)
        case .quit: stage = .waiting
        }
    }

    private mutating func fail(at instant: Instant) {
        if let delay = nextTry() {
            (stage, actsAt) = (.retrying, instant + delay)
        } else {
            (stage, actsAt) = (.failed, instant)
        }
    }

    private mutating func settlePlaying(until instant: Instant) {
        guard stage == .playing else { return }
        played += max(.zero, instant - playingSince)
        playingSince = max(playingSince, instant)
    }

    private mutating func settleStanding(until instant: Instant) {
        guard stage == .standing, patienceEnds < .distantFuture else { return }
        // Within the grace nothing of the budget is used up.
        budget = max(.zero, min(budget, patienceEnds - instant))
    }

    // MARK: What the viewer wants

    /// When the viewer next does something by itself; nil when nothing is planned.
    ///
    /// Worked out whenever something changes, since it is asked for much more often.
    package private(set) var wakeUp: Instant?

    private mutating func plan() {
        guard stage != .gone else {
            wakeUp = nil
            return
        }
        var next = min(departure, leavesAt)
        switch stage {
        case .starting, .standing: next = min(next, patienceEnds)
        case .playing: next = min(next, instant(of: agenda.next(isLive: isLive)?.due ?? .max))
        case .paused, .ended, .retrying, .failed: next = min(next, actsAt)
        case .waiting, .seeking, .gone: break
        }
        wakeUp = next == .distantFuture ? nil : next
    }

    /// What the viewer does now, one thing at a time: asked again until there is nothing more.
    ///
    /// Nothing is done before its instant; of several that are due, the earliest comes first.
    package mutating func decide(at now: Instant) -> ViewerAction? {
        guard let due = wakeUp, due <= now else { return nil }
        defer { plan() }
        if departure <= due {
            stage = .gone
            return isDropped ? .drop : .leave(reason: "wave")
        }
        switch stage {
        case .starting where patienceEnds <= due: return leave("slow-start")
        case .standing where patienceEnds <= due: return leave("rebuffering")
        case .ended where actsAt <= due: return leave("ended")
        case .failed,
            .retrying where leavesAt <= due:
            return leave("failed")
        case .retrying:
            stage = .waiting
            return .playAgain
        default: break
        }
        if leavesAt <= due { return leave("watched") }
        if stage == .paused { return resume(at: now) }
        settlePlaying(until: now)
        return act(at: now)
    }

    private mutating func leave(_ reason: String) -> ViewerAction {
        stage = .gone
        return .leave(reason: reason)
    }

    private mutating func resume(at now: Instant) -> ViewerAction {
        (stage, actsAt, playingSince) = (.playing, .distantFuture, now)
        planPause(after: played)
        return .resume
    }

    /// The next thing on the agenda.
    private mutating func act(at now: Instant) -> ViewerAction? {
        guard let (item, _) = agenda.next(isLive: isLive) else { return nil }
        switch item {
        case .pause:
            (stage, actsAt) = (.paused, now + pauseLength())
            return .pause
        case .seek: return .seek(by: nextSeek(after: played))
        case .rewind: return .seek(by: nextRewind(after: played))
        case .toTheEdge:
            forgetRewind(after: played)
            return .seek(by: Self.toTheEdge)
        case .zap:
            guard let target = nextStream(after: played) else {
                plan()
                return decide(at: now)
            }
            stream = Int32(clamping: target)
            stage = .waiting
            return .zap(to: target)
        }
    }

    /// The instant at which a playing time is reached if nothing stops it.
    private func instant(of due: TimeAmount) -> Instant {
        due == .max ? .distantFuture : playingSince + max(.zero, due - played)
    }
}
