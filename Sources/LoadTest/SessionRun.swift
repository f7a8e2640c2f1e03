import Access
import Audience
import CurlTransport
import Journeys
import Manifests
import Measurement
import Playback
import Quantities
import Transport

/// The life of one session; owned by its task.
final class SessionRun {
    /// A transfer in progress: under which number the channel knows it, and for which of the player's it is.
    struct Active {
        var channelID: TransferID
        var playerID: TransferID
        var request: SessionRequest
        var uri: String
        var hops: Int
        /// With which of the session's tokens it was made.
        var tokenNumber: UInt32 = 0
        /// True when it was refused before and is made once more.
        var isSecondTry = false

        /// True while no redirect has led away from the host that was asked: others are not shown its token.
        var isAtItsHost: Bool {
            hops == 0 || URIReference(uri).authority == URIReference(request.uri).authority
        }
    }

    let context: LoopContext
    /// What this session's player shares with others of its device.
    let playerContext: PlayerSession.Context
    let planned: PlannedSession
    /// Whose session it is, and the how manieth.
    let id: SessionID
    /// The position of the stream that is watched.
    let stream: Int
    let channel: CurlChannel
    /// The viewer, who decides what to do.
    var mind: ViewerMind
    /// What comes after this playback.
    var next: NextPlayback?
    /// Why the viewer leaves, in a word.
    var leaving = ""
    var player: PlayerSession
    var ledger: SessionLedger
    var effects = SessionEffects()
    var active: [Active] = []
    var nextTransfer: UInt32 = 0
    var signer: TokenSigner?
    /// Where the session begins.
    private(set) var manifestURI: String
    var keptCookies: [KeptCookie] = []
    /// The transfer that earns a new cookie, and when it was begun.
    var renewalTransfer: (id: TransferID, begun: Instant)?
    /// Refused requests that wait for the new token.
    var waitingForToken: [Active] = []
    /// Those of them that the player no longer wants, to be told once it has been heard out.
    var abandoned: [TransferID] = []
    /// True while steps get a new token.
    var isRefreshingToken = false
    /// Asks for what the gate must refuse; nil for nearly everybody.
    let prober: GateProber?
    var giveUpAt: Instant?
    var alarmAt: Instant?
    /// Scheme and authority of the stream, which need no judging.
    private(set) var home: String
    /// Requests that must not be made, to be told once the player has been heard out.
    var refused: [(id: TransferID, kind: TransferKind, uri: String, host: String)] = []
    var clock: ClockJob?
    /// The transfer that asks for the time, and when it was begun.
    var clockTransfer: (id: TransferID, begun: Instant)?
    /// When to look whether somebody else has learnt the time.
    var clockLookAt: Instant?
    /// What is to be told of the clock once the player has been heard out.
    var clockAnswer: TimeAmount??
    var isStoppedByRun = false
    /// The viewer's journey; nil where there is none.
    var steps: SessionSteps?
    /// What the player's collector is still to be told.
    var telemetry = TelemetryQueue()
    /// Told when the steps `on token refresh` are done: false when one was refused.
    var onTokenRefreshed: ((Bool) -> Void)?
    private let seed: UInt64
    var recorded: SessionRecordings.Recorded?

    /// Keeps what chance decides in a session apart from what it decides in the plan.
    static let chancePurpose: UInt64 = 100

    /// The most hops of one transfer.
    static let redirectLimit = 10

    init(_ viewer: ViewerRun, playback: ViewerRun.Playback) {
        let context = viewer.context
        let planned = viewer.planned
        self.context = context
        self.planned = planned
        id = playback.id
        stream = playback.stream
        mind = viewer.mind
        channel = viewer.channel
        nextTransfer = viewer.nextTransfer
        playerContext = context.players[planned.device]
        let settings = context.settings
        let watched = settings.streams[playback.stream]
        manifestURI = watched.uri
        let home = Self.home(of: watched.uri)
        self.home = home
        let now = channel.now
        var chance = SeededGenerator(seed: settings.plan.seed, stream: id.number, purpose: Self.chancePurpose)
        seed = chance.next()
        player = PlayerSession(context: playerContext, manifestURI: watched.uri, seed: seed)
        recorded = settings.recordings?.begin(id, playerContext, manifestURI: watched.uri, seed: seed)
        prober = settings.probes.flatMap { probes in
            let carried = playback.isFirst ? probes.probes(of: planned.id.viewer) : []
            return carried.isEmpty
                ? nil
                : GateProber(
                    carried, probes, channel: viewer.channelSettings, home: home, device: planned.device,
                    context: context)
        }
        let id = id
        steps = context.journey.map {
            SessionSteps(run: JourneyRun(context: $0, session: id, seed: settings.plan.seed))
        }
        signer = settings.token.map { TokenSigner(policy: $0, session: id) }
        ledger = context.recorder.sessionStarted(
            id,
            SessionArrival(
                due: playback.due, started: now, stream: watched.name, region: settings.regions[planned.region].name,
                edge: viewer.edge, device: settings.devices[planned.device].name,
                phase: settings.phaseName(of: planned),
                network: settings.lastMiles.name(of: planned)), hasJourney: steps != nil)
        mind.playbackBegan(at: now)
    }

    /// Scheme and authority of a URI.
    private static func home(of uri: String) -> String {
        let reference = URIReference(uri)
        return "\(reference.scheme ?? "")://\(reference.authority ?? "")/"
    }

    /// Takes another manifest than the stream's, before the player has begun.
    func openPlayer(for uri: String) {
        home = Self.home(of: uri)
        manifestURI = uri
        player = PlayerSession(context: playerContext, manifestURI: uri, seed: seed)
        recorded = context.settings.recordings?.begin(id, playerContext, manifestURI: uri, seed: seed)
    }

    /// Plays until the playback is over; the channel stays open.
    func play() async {
        begin()
        while !isOver {
            setAlarm()
            switch await channel.nextEvent() {
            case .transferFinished(let id, let result): transferFinished(id, result)
            case .chunkArrived(let id, let chunk): chunkArrived(id, chunk)
            case .alarm: alarmRang()
            case .taskCancelled: stopByRun()
            }
        }
        if clockTransfer != nil { clock?.abandon() }
        context.recorder.sessionFinished(
            &ledger, at: channel.now, stoppedByRun: isStoppedByRun, refusal: steps?.refusal, leaving: leaving)
        if let recorded { context.settings.recordings?.end(id, recorded) }
    }

    func setAlarm() {
        var wanted = player.wakeUp ?? .distantFuture
        if giveUpAt == nil, !player.state.isFinal, let own = mind.wakeUp { wanted = min(wanted, own) }
        if let giveUpAt { wanted = min(wanted, giveUpAt) }
        if let clockLookAt { wanted = min(wanted, clockLookAt) }
        if let stepAlarm { wanted = min(wanted, stepAlarm) }
        if let tokenAlarm { wanted = min(wanted, tokenAlarm) }
        let next = wanted == .distantFuture ? nil : wanted
        guard next != alarmAt else { return }
        alarmAt = next
        channel.setAlarm(at: next)
    }

    func alarmRang() {
        alarmAt = nil
        let now = channel.now
        if let due = clockLookAt, due <= now {
            clockLookAt = nil
            stepClock()
            tellClock()
        }
        stepAlarmRang(at: now)
        if let due = tokenAlarm, due <= now { refreshIssuedToken() }
        if let due = giveUpAt, due <= now {
            giveUpAt = nil
            abandonTelemetry()
            tell(.abort)
        } else {
            tellProgress()
            tell(.wake)
        }
    }

    func stopByRun() {
        isStoppedByRun = true
        giveUpAt = channel.now + context.settings.grace
        tell(.stop)
    }

    func tell(_ input: SessionInput) {
        let now = channel.now
        recorded?.recording.note(input, at: now)
        player.handle(input, at: now, effects: &effects)
        while let effect = effects.takeFirst() {
            switch consume effect {
            case .report(let event):
                recorded?.events.append(event)
                mind.observe(event)
                context.recorder.record(event, in: &ledger)
            case .begin(let id, let request): begin(request, for: id)
            case .cancel(let id): cancel(id)
            case .synchronize(let sources, let base): synchronize(sources, base: base)
            case .acquireLicence: steps?.wantsLicence = true
            }
        }
        tellCollector()
        tellRefused()
        tellClock()
        followPlayer()
        followMind()
    }

    /// The local host that a document or a redirect of a public stream leads to, which is not asked; nil for others.
    ///
    /// Schemes other than http and https are refused by the transport.
    func localHost(of uri: String) -> String? {
        guard !uri.utf8.starts(with: home.utf8),
            case .localAddress(let host)? = context.policy.refusal(of: uri, namedBy: home)
        else { return nil }
        return host
    }

    /// Tells the player of requests that must not be made; never from inside its own ``PlayerSession/handle``.
    func tellRefused() {
        while let id = abandoned.popLast() {
            tell(
                .transferFinished(
                    id,
                    TransferReport(
                        timings: TransferTimings(begun: channel.now, total: .zero), status: 0, error: "cancelled")))
        }
        while !refused.isEmpty {
            let next = refused.removeFirst()
            context.note(next.kind, "not-allowed") {
                ProblemSentence.local(next.kind, self.named(next.uri), host: next.host)
            }
            tell(.transferFinished(next.id, refusedReport))
        }
    }

    var refusedReport: TransferReport {
        TransferReport(
            timings: TransferTimings(begun: channel.now, total: .zero), status: 0, error: "host-not-allowed",
            bytes: .zero)
    }

    func begin(_ request: SessionRequest, for playerID: TransferID) {
        if let host = localHost(of: request.uri) {
            return refused.append((playerID, request.kind, request.uri, host))
        }
        send(Active(channelID: freshID(), playerID: playerID, request: request, uri: request.uri, hops: 0))
    }

    func freshID() -> TransferID {
        defer { nextTransfer += 1 }
        return TransferID(nextTransfer)
    }

    func send(_ transfer: Active) {
        // While the manifest earns a new cookie there is none: what needs it waits, as it would be refused.
        if renewalTransfer != nil, let signer, !signer.carries(transfer.request.kind), transfer.isAtItsHost {
            return waitingForToken.append(transfer)
        }
        var transfer = transfer
        let (uri, headers) = dress(&transfer)
        transfer.tokenNumber = signer?.number ?? 0
        noteToken(on: transfer.uri)
        active.append(transfer)
        let settings = playerContext.settings
        let body: TransferRequest.Body =
            switch transfer.request.reading {
            case .discard: .discard
            case .chunks: .measureChunks
            case .manifest, .update, .segmentIndex, .steering, .assetList: .keep(limit: settings.documentLimit)
            }
        channel.begin(
            TransferRequest(
                uri: uri, headers: headers, byteRange: transfer.request.byteRange, body: body,
                timeouts: settings.timeouts),
            as: transfer.channelID)
    }

    func chunkArrived(_ id: TransferID, _ chunk: ChunkArrival) {
        guard let transfer = active.first(where: { $0.channelID == id }) else { return }
        tell(.chunkArrived(transfer.playerID, chunk))
    }

    func cancel(_ playerID: TransferID) {
        if let position = waitingForToken.firstIndex(where: { $0.playerID == playerID }) {
            waitingForToken.remove(at: position)
            return abandoned.append(playerID)
        }
        guard let transfer = active.first(where: { $0.playerID == playerID }) else { return }
        channel.cancel(transfer.channelID)
    }
}
