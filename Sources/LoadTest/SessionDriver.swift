import Access
import Audience
import CurlTransport
import Manifests
import Measurement
import Playback
import Quantities
import Transport

/// Drives one ``PlayerSession`` with real transfers and the real clock.
struct SessionDriver: Sendable {
    let context: LoopContext
    let planned: PlannedSession

    /// Plays from the arrival to the end, and books what happened.
    func run() async {
        let run = SessionRun(context: context, planned: planned)
        await run.play()
        context.sessions -= 1
    }
}

/// The life of one session; owned by its task.
private final class SessionRun {
    /// A transfer in progress: under which number the channel knows it, and for which of the player's it is.
    private struct Active {
        var channelID: TransferID
        var playerID: TransferID
        var request: SessionRequest
        var uri: String
        var hops: Int

        /// True while no redirect has led away from the host that was asked: others are not shown its token.
        var isAtItsHost: Bool {
            hops == 0 || URIReference(uri).authority == URIReference(request.uri).authority
        }
    }

    private let context: LoopContext
    private let planned: PlannedSession
    private let channel: CurlChannel
    private var player: PlayerSession
    private var ledger: SessionLedger
    private var effects: [SessionEffect] = []
    private var active: [Active] = []
    private var nextTransfer: UInt32 = 0
    private var signer: TokenSigner?
    private var leaveAt: Instant?
    private var giveUpAt: Instant?
    private var alarmAt: Instant?
    private var isStoppedByRun = false
    private var recorded: SessionRecordings.Recorded?

    /// The most hops of one transfer.
    private static let redirectLimit = 10

    init(context: LoopContext, planned: PlannedSession) {
        self.context = context
        self.planned = planned
        let settings = context.settings
        let stream = settings.streams[planned.stream]
        let region = settings.regions[planned.region]
        var channelSettings = settings.channel
        channelSettings.keptHeaders = CacheHeaders.names + ["location"]
        var label = ""
        if !region.edges.isEmpty {
            let edge = region.edges[Int(planned.id.number % UInt64(region.edges.count))]
            channelSettings.pinnedAddresses = edge.addresses
            label = edge.label
        }
        channel = context.loop.openChannel(channelSettings)
        let now = channel.now
        player = PlayerSession(context: context.player, manifestURI: stream.uri)
        recorded = settings.recordings?.begin(planned.id, context.player, manifestURI: stream.uri)
        signer = settings.token.map { TokenSigner(policy: $0, session: planned.id) }
        leaveAt = planned.watch.map { now + $0 }
        ledger = context.recorder.sessionStarted(
            planned.id,
            SessionArrival(
                due: planned.arrival, started: now, stream: stream.name, region: region.name, edge: label,
                device: settings.player.name))
    }

    func play() async {
        defer { channel.close() }
        tell(.start)
        while !player.isFinished {
            setAlarm()
            switch await channel.nextEvent() {
            case .transferFinished(let id, let result): transferFinished(id, result)
            case .alarm: alarmRang()
            case .taskCancelled: stopByRun()
            }
        }
        context.recorder.sessionFinished(&ledger, at: channel.now, stoppedByRun: isStoppedByRun)
        if let recorded { context.settings.recordings?.end(planned.id, recorded) }
    }

    private func setAlarm() {
        var wanted = player.wakeUp ?? .distantFuture
        if let leaveAt { wanted = min(wanted, leaveAt) }
        if let giveUpAt { wanted = min(wanted, giveUpAt) }
        let next = wanted == .distantFuture ? nil : wanted
        guard next != alarmAt else { return }
        alarmAt = next
        channel.setAlarm(at: next)
    }

    private func alarmRang() {
        alarmAt = nil
        let now = channel.now
        if let due = giveUpAt, due <= now {
            giveUpAt = nil
            tell(.abort)
        } else if let due = leaveAt, due <= now {
            leaveAt = nil
            giveUpAt = now + context.settings.grace
            tell(.stop)
        } else {
            tell(.wake)
        }
    }

    private func stopByRun() {
        isStoppedByRun = true
        leaveAt = nil
        giveUpAt = channel.now + context.settings.grace
        tell(.stop)
    }

    private func tell(_ input: SessionInput) {
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
            }
            position += 1
        }
        effects.removeAll(keepingCapacity: true)
    }

    private func begin(_ request: SessionRequest, for playerID: TransferID) {
        let uri = signer.map { $0.needsToken(request.kind) } == true ? signed(request.uri) : request.uri
        send(Active(channelID: freshID(), playerID: playerID, request: request, uri: uri, hops: 0))
    }

    private func freshID() -> TransferID {
        defer { nextTransfer += 1 }
        return TransferID(nextTransfer)
    }

    private func signed(_ uri: String) -> String {
        signer?.signed(uri, at: context.player.wall(at: channel.now)) ?? uri
    }

    private func send(_ transfer: Active) {
        active.append(transfer)
        let settings = context.settings.player
        let body: TransferRequest.Body =
            switch transfer.request.reading {
            case .discard: .discard
            case .manifest, .segmentIndex: .keep(limit: settings.documentLimit)
            }
        var headers: [HTTPHeader] = []
        let now = context.player.wall(at: channel.now)
        if transfer.isAtItsHost, let header = signer?.header(for: transfer.request.kind, at: now) {
            headers.append(header)
        }
        channel.begin(
            TransferRequest(
                uri: transfer.uri, headers: headers, byteRange: transfer.request.byteRange, body: body,
                timeouts: settings.timeouts),
            as: transfer.channelID)
    }

    private func cancel(_ playerID: TransferID) {
        guard let transfer = active.first(where: { $0.playerID == playerID }) else { return }
        channel.cancel(transfer.channelID)
    }

    private func transferFinished(_ id: TransferID, _ result: Result<TransferResult, FailedTransfer>) {
        guard let position = active.firstIndex(where: { $0.channelID == id }) else { return }
        let transfer = active.remove(at: position)
        switch result {
        case .success(let response):
            if let target = redirectTarget(response, of: transfer) {
                follow(target, transfer, response)
            } else {
                let report = outcome(response, of: transfer)
                noteProblem(of: report, transfer)
                tell(.transferFinished(transfer.playerID, report))
            }
        case .failure(let failed):
            noteProblem(failed.error, transfer)
            tell(.transferFinished(transfer.playerID, outcome(failed)))
        }
    }

    private func redirectTarget(_ response: TransferResult, of transfer: Active) -> String? {
        switch response.status {
        case 301, 302, 303, 307, 308:
            guard transfer.hops < Self.redirectLimit, let location = response.header("location"), !location.isEmpty
            else {
                return nil
            }
            return URIReference.resolve(location, against: transfer.uri)
        default:
            return nil
        }
    }

    private func follow(_ target: String, _ transfer: Active, _ response: TransferResult) {
        tell(.transferRedirected(transfer.playerID, outcome(response, of: transfer)))
        var next = transfer
        next.channelID = freshID()
        next.uri = target
        next.hops += 1
        send(next)
    }

    private func noteProblem(of report: TransferReport, _ transfer: Active) {
        if case .unreadable(let error) = report.document {
            context.note(transfer.request.kind, "unreadable") {
                ProblemSentence.unreadable(transfer.request.kind, transfer.uri, error.sentence)
            }
        } else if report.status >= 300 {
            context.note(transfer.request.kind, String(report.status)) {
                ProblemSentence.status(transfer.request.kind, transfer.uri, report.status)
            }
        }
    }

    private func noteProblem(_ error: TransferError, _ transfer: Active) {
        if case .cancelled = error { return }
        context.note(transfer.request.kind, error.label) {
            ProblemSentence.failed(transfer.request.kind, transfer.uri, error)
        }
    }

    private func outcome(_ response: TransferResult, of transfer: Active) -> TransferReport {
        var document = TransferReport.Document.none
        if (200..<300).contains(response.status) {
            switch transfer.request.reading {
            case .discard: break
            case .manifest: document = context.documents.document(response.body)
            case .segmentIndex(let media, let offset):
                document = context.documents.index(response.body, media, offset: offset)
            }
        }
        return TransferReport(
            timings: response.timings, status: response.status, bytes: response.bytes, document: document,
            finalURI: transfer.hops > 0 ? transfer.uri : nil, edge: response.remoteAddress,
            cache: CacheHeaders.status(response.headers), pop: CacheHeaders.pop(response.headers),
            version: response.version, connectionReused: response.connectionReused)
    }

    private func outcome(_ failed: FailedTransfer) -> TransferReport {
        TransferReport(
            timings: failed.timings, status: failed.status ?? 0, error: failed.error.label, bytes: failed.bytes,
            edge: failed.remoteAddress, cache: CacheHeaders.status(failed.headers),
            pop: CacheHeaders.pop(failed.headers),
            connectionReused: failed.connectionReused)
    }
}
