import Manifests
import Quantities

/// One playback, from the press on play to the end: a value without clock, network or randomness.
///
/// A driver tells it facts and requests by ``handle(_:at:effects:)``, carries out the effects it gives back, and wakes
/// it at ``wakeUp``. The same inputs at the same instants give the same effects, so that a recorded session can be
/// replayed (``SessionRecording``), and the very same type plays in a real load test and in a simulation.
///
/// The playhead moves in real time while the state is `playing`. Segments count as buffered when they are complete; an
/// empty buffer stops the playhead at the exact instant at which it ran out, however late the session was woken.
package struct PlayerSession: Sendable {
    /// What a run's sessions share.
    package final class Context: Sendable {
        /// How the player behaves.
        package let settings: PlayerSettings
        /// The wall time at ``Instant/zero``.
        package let wallStart: WallTime

        /// False where nothing is fetched by its name: requests then carry a ``ResourceReference`` alone, and neither URIs
        /// are made nor responses described, which is most of the cost of a modelled session.
        package let namesResources: Bool
        let ladders = LadderShelf()

        /// Creates a context.
        package init(settings: PlayerSettings, wallStart: WallTime, namesResources: Bool = true) {
            self.settings = settings
            self.wallStart = wallStart
            self.namesResources = namesResources
        }

        /// The wall time at an instant.
        package func wall(at instant: Instant) -> WallTime { wallStart + TimeAmount(nanoseconds: instant.nanoseconds) }
    }

    /// What has to come before a presentation can be opened.
    struct Awaited: Sendable {
        var clock = false
        var steering = false
    }

    let context: Context
    let manifestURI: String
    /// What chance decides in this session is drawn from this.
    let seed: UInt64

    /// The state of the playback.
    package internal(set) var state: PlaybackState = .starting
    /// True once the first frame has been shown.
    package internal(set) var hasStarted = false
    var isBegun = false
    /// The playhead's position at `playheadInstant`.
    var playhead: MediaTime = .zero
    var playheadInstant: Instant = .zero
    /// True once the point to start at is known.
    var isPositioned = false
    /// That point.
    var startedFrom: MediaTime = .zero

    var presentation: Presentation? { didSet { availability = AvailabilityWindow(presentation) } }
    /// When the segments of a dynamic presentation can be had: asked with every input.
    private(set) var availability: AvailabilityWindow?
    /// What references in the presentation are relative to: the URI it came from.
    var presentationBase: String
    /// The reload of a dynamic MPD.
    var presentationReload = PlaylistReload()
    var loaders: [TrackLoader] = []
    var pending: [PendingTransfer] = []
    var retries: [PlannedRetry] = []
    var nextTransfer: UInt32 = 0
    var rule: (any AdaptationRule)?
    /// Whether there is a rule, and how often it wants to look at a segment in progress (nil when never), which no rule
    /// changes: asked with every input, where asking the rule would copy it.
    private(set) var hasRule = false
    private(set) var progressInterval: TimeAmount?
    var adapting = AdaptingState()
    /// Keeps the distance from the live edge; nil for a player that does not.
    var catchUp: (any CatchUpRule)?
    /// Whether there is one.
    let hasCatchUp: Bool
    var locations = LocationState()
    var awaited = Awaited()
    /// The presentation's clock less the local one.
    var clockOffset = TimeAmount.zero
    /// The breaks of the presentation and the player of the one that is on; nil without any.
    var breaks: InterstitialSchedule?
    /// True for the player of an interstitial's asset before its turn has come: it buffers but does not play.
    var isHeld = false
    /// True for the player of an interstitial's asset, whose own interstitials are not played.
    let isAsset: Bool

    /// The wall time of the session's time zero, for live latency; nil when nothing tells it.
    var wallOrigin: WallTime?
    /// True when `wallOrigin` comes from the stream itself and not from when playlists were seen.
    var wallOriginIsExact = false
    /// The distance from the live edge that the session plays at.
    var holdBack: TimeAmount?
    /// HOLD-BACK and EXT-X-START of the main media playlist.
    var playlistHoldBack: TimeAmount?
    var mainPlaylistStart: StartOffset?
    /// Why the session failed, once it has.
    var failure: SessionFailure?
    /// Whether protected content may be shown.
    var licence = LicenceState.undecided
    /// What is kept for telling servers about the playback: one, or none where the settings want nothing told (an array,
    /// so that sessions without stay small).
    var cmcd: [CMCDState]

    /// Creates a session that has not begun.
    ///
    /// - Parameters:
    ///   - context: What the run's sessions share.
    ///   - manifestURI: The absolute URI of the multivariant playlist, media playlist or MPD.
    ///   - seed: What chance decides (one of several weighted locations) is drawn from this; the same seed decides alike.
    package init(context: Context, manifestURI: String, seed: UInt64 = 0) {
        self.init(context: context, manifestURI: manifestURI, seed: seed, isAsset: false)
    }

    init(context: Context, manifestURI: String, seed: UInt64, isAsset: Bool) {
        self.context = context
        self.manifestURI = manifestURI
        self.seed = seed
        self.isAsset = isAsset
        presentationBase = manifestURI
        cmcd = Self.telemetry(context, seed: seed, isAsset: isAsset)
        catchUp = context.settings.catchUp?.makeRule()
        hasCatchUp = catchUp != nil
        adapt(by: context.settings.adaptation.makeRule(seed: seed))
    }

    /// Gives the session a rule of its own.
    mutating func adapt(by rule: (any AdaptationRule)?) {
        self.rule = rule
        hasRule = rule != nil
        progressInterval = rule?.progressInterval
    }

    var settings: PlayerSettings { context.settings }

    /// The presentation's wall clock.
    func wall(at instant: Instant) -> WallTime { context.wall(at: instant) + clockOffset }
    func instant(at wall: WallTime) -> Instant {
        Instant(nanoseconds: (wall - clockOffset - context.wallStart).nanoseconds)
    }

    /// True when the playback is over and no transfer is in progress: the driver can let go.
    package var isFinished: Bool { state.isFinal && pending.isEmpty }

    /// Takes an input in and gives back what is to be done.
    ///
    /// - Parameters:
    ///   - input: What happened or is wanted.
    ///   - now: When; never before an earlier input's instant.
    ///   - effects: Receives the effects, in order; what it holds already is left alone.
    package mutating func handle(_ input: consuming SessionInput, at now: Instant, effects: inout SessionEffects) {
        let first = effects.eventCount
        advance(to: now, &effects)
        take(consume input, at: now, &effects)
        settle(at: now, &effects)
        if hasTelemetry { runTelemetry(effects.events(from: first), at: now) }
    }

    /// As ``handle(_:at:effects:)`` with ``SessionInput/transferFinished(_:_:)``: the most frequent input, for which none has to
    /// be made.
    package mutating func handleEnd(
        of id: TransferID, _ report: TransferReport, at now: Instant, effects: inout SessionEffects
    ) {
        let first = effects.eventCount
        advance(to: now, &effects)
        transferFinished(id, report, at: now, &effects)
        settle(at: now, &effects)
        if hasTelemetry { runTelemetry(effects.events(from: first), at: now) }
    }

    private mutating func take(_ input: consuming SessionInput, at now: Instant, _ effects: inout SessionEffects) {
        switch consume input {
        case .start: start(at: now, &effects)
        case .transferFinished(let id, let outcome): transferFinished(id, outcome, at: now, &effects)
        case .transferRedirected(let id, let outcome): transferRedirected(id, outcome, &effects)
        case .chunkArrived(let id, let chunk): chunkArrived(id, chunk, at: now, &effects)
        case .transferProgress(let id, let progress): transferProgressed(id, progress, at: now, &effects)
        case .clockSynchronized(let offset): clockSynchronized(offset, at: now, &effects)
        case .licenceAnswered(let answer): licenceAnswered(answer, at: now, &effects)
        case .wake: break
        case .pause: pause(at: now, &effects)
        case .resume: resume(at: now, &effects)
        case .seek(let target): seek(to: target, at: now, &effects)
        case .stop: leave(cancelling: settings.leaving == .abort, at: now, &effects)
        case .abort: leave(cancelling: true, at: now, &effects)
        }
    }

    /// Does what is due once an input has been taken in.
    private mutating func settle(at now: Instant, _ effects: inout SessionEffects) {
        guard !state.isFinal, isBegun else { return }
        planProgress(at: now)
        keepLatency(at: now, &effects)
        runDueWork(at: now, &effects)
        checkLicence(&effects)
        updatePlayback(at: now, &effects)
        if breaks != nil { runBreaks(at: now, &effects) }
    }

    /// The position of the playhead at an instant not before the last input.
    package func position(at now: Instant) -> MediaTime {
        guard state == .playing, !isInBreak, !adapting.awaitsPicture, now != playheadInstant else { return playhead }
        return min(playhead + mediaTime(in: now - playheadInstant), playbackLimit)
    }

    /// Media time that is complete ahead of the playhead in every kind that is still being fetched.
    package func bufferLevel(at now: Instant) -> TimeAmount { max(.zero, playbackLimit - position(at: now)) }

    private mutating func start(at now: Instant, _ effects: inout SessionEffects) {
        guard !isBegun else { return }
        isBegun = true
        playheadInstant = now
        effects.report(TimedEvent(at: now, .started))
        begin(.manifest, due: now, attempt: 0, at: now, &effects)
    }

    /// Ends the playback: the viewer leaves.
    private mutating func leave(cancelling: Bool, at now: Instant, _ effects: inout SessionEffects) {
        if isInBreak { tellAsset(cancelling ? .abort : .stop, at: now, &effects) }
        if !state.isFinal {
            finish(as: .quit, at: now, &effects)
        }
        if cancelling {
            for transfer in pending { effects.append(.cancel(transfer.id)) }
        }
    }

    /// The presentation's clock is known, or will not be.
    private mutating func clockSynchronized(
        _ offset: TimeAmount?, at now: Instant, _ effects: inout SessionEffects
    ) {
        // A server that is a year off is wrong, not early; nobody could play with it.
        if let offset, abs(offset.seconds) < 366 * 86_400 { clockOffset = offset }
        guard awaited.clock else { return }
        awaited.clock = false
        openIfReady(at: now, &effects)
    }

    /// Enters a final state.
    mutating func finish(as final: PlaybackState, at now: Instant, _ effects: inout SessionEffects) {
        flushRendered(at: now, &effects)
        change(to: final, at: now, &effects)
        retries.removeAll()
        if final == .failed, settings.leaving == .abort {
            for transfer in pending { effects.append(.cancel(transfer.id)) }
        }
    }

    /// Ends the playback by a failure.
    mutating func fail(_ reason: SessionFailure, at now: Instant, _ effects: inout SessionEffects) {
        guard !state.isFinal else { return }
        failure = reason
        effects.report(TimedEvent(at: now, .failed(reason)))
        noteTelemetry(reason, at: now)
        finish(as: .failed, at: now, &effects)
    }

    mutating func change(to next: PlaybackState, at now: Instant, _ effects: inout SessionEffects) {
        guard next != state else { return }
        effects.report(TimedEvent(at: now, .stateChanged(from: state, to: next)))
        let old = state
        state = next
        noteTelemetry(from: old, at: now)
    }

    /// Traps when the session's own rules are broken; for tests.
    package func checkInvariants() {
        for loader in loaders { loader.buffer.checkInvariants() }
        precondition(Set(pending.map(\.id)).count == pending.count, "a transfer is pending twice")
        precondition(state != .playing || hasStarted, "a playing session has started")
        precondition(!state.isFinal || retries.isEmpty, "a session that is over plans no retry")
    }
}
