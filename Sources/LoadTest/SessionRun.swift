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
    let planned: PlannedSession
    let channel: CurlChannel
    var player: PlayerSession
    var ledger: SessionLedger
    var effects: [SessionEffect] = []
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
    var leaveAt: Instant?
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
    /// Told when the steps `on token refresh` are done: false when one was refused.
    var onTokenRefreshed: ((Bool) -> Void)?
    private let seed: UInt64
    var recorded: SessionRecordings.Recorded?

    /// Keeps what chance decides in a session apart from what it decides in the plan.
    static let chancePurpose: UInt64 = 100

    /// The most hops of one transfer.
    static let redirectLimit = 10

    init(context: LoopContext, planned: PlannedSession) {
        self.context = context
        self.planned = planned
        let settings = context.settings
        let stream = settings.streams[planned.stream]
        let region = settings.regions[planned.region]
        var channelSettings = settings.channel
        channelSettings.keptHeaders =
            CacheHeaders.names + TransferFacts.headerNames + ["location", "retry-after", "date"]
            + (context.journey?.journey.neededHeaders ?? [])
        var label = ""
        if let position = settings.edge(of: planned) {
            let edge = region.edges[position]
            channelSettings.pinnedAddresses = edge.addresses
            label = edge.label
        }
        manifestURI = stream.uri
        if let name = settings.token?.renewalHeader { channelSettings.keptHeaders.append(name) }
        let home = Self.home(of: stream.uri)
        self.home = home
        channel = context.loop.openChannel(channelSettings)
        let now = channel.now
        var chance = SeededGenerator(seed: settings.plan.seed, stream: planned.id.number, purpose: Self.chancePurpose)
        seed = chance.next()
        player = PlayerSession(context: context.player, manifestURI: stream.uri, seed: seed)
        recorded = settings.recordings?.begin(planned.id, context.player, manifestURI: stream.uri, seed: seed)
        let own = channelSettings
        prober = settings.probes.flatMap { probes in
            let carried = probes.probes(of: planned.id.viewer)
            return carried.isEmpty ? nil : GateProber(carried, probes, channel: own, home: home, context: context)
        }
        steps = context.journey.map {
            SessionSteps(run: JourneyRun(context: $0, session: planned.id, seed: settings.plan.seed))
        }
        signer = settings.token.map { TokenSigner(policy: $0, session: planned.id) }
        leaveAt = planned.watch.map { now + $0 }
        ledger = context.recorder.sessionStarted(
            planned.id,
            SessionArrival(
                due: planned.arrival, started: now, stream: stream.name, region: region.name, edge: label,
                device: settings.player.name), hasJourney: steps != nil)
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
        player = PlayerSession(context: context.player, manifestURI: uri, seed: seed)
        recorded = context.settings.recordings?.begin(planned.id, context.player, manifestURI: uri, seed: seed)
    }

    func play() async {
        defer { channel.close() }
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
            &ledger, at: channel.now, stoppedByRun: isStoppedByRun, refusal: steps?.refusal)
        if let recorded { context.settings.recordings?.end(planned.id, recorded) }
    }

    func setAlarm() {
        var wanted = player.wakeUp ?? .distantFuture
        if let leaveAt { wanted = min(wanted, leaveAt) }
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
            tell(.abort)
        } else if let due = leaveAt, due <= now {
            leaveAt = nil
            giveUpAt = now + context.settings.grace
            tell(.stop)
        } else {
            tellProgress()
            tell(.wake)
        }
    }

    func stopByRun() {
        isStoppedByRun = true
        leaveAt = nil
        giveUpAt = channel.now + context.settings.grace
        tell(.stop)
    }

    func tell(_ input: SessionInput) {
        let now = channel.now
        recorded?.recording.note(input, at: now)
        player.handle(input, at: now, effects: &effects)
        var position = 0
        while position < effects.count {
            switch effects[position] {
            case .report(let event):
                recorded?.events.append(event)
                context.recorder.record(event, in: &ledger)
            case .begin(let id, let request): begin(request, for: id)
            case .cancel(let id): cancel(id)
            case .synchronize(let sources, let base): synchronize(sources, base: base)
            case .acquireLicence: steps?.wantsLicence = true
            }
            position += 1
        }
        effects.removeAll(keepingCapacity: true)
        tellRefused()
        tellClock()
        followPlayer()
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
        var transfer = transfer
        let headers = authorise(&transfer)
        transfer.tokenNumber = signer?.number ?? 0
        noteToken(on: transfer.uri)
        active.append(transfer)
        let settings = context.settings.player
        let body: TransferRequest.Body =
            switch transfer.request.reading {
            case .discard: .discard
            case .chunks: .measureChunks
            case .manifest, .update, .segmentIndex, .steering, .assetList: .keep(limit: settings.documentLimit)
            }
        channel.begin(
            TransferRequest(
                uri: transfer.uri, headers: headers, byteRange: transfer.request.byteRange, body: body,
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
