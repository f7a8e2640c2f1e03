import Access
import Audience
import CurlTransport
import Dispatch
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
    /// Scheme and authority of the stream, which need no judging.
    private let home: String
    /// Requests that must not be made, to be told once the player has been heard out.
    private var refused: [(id: TransferID, kind: TransferKind, uri: String, host: String)] = []
    private var clock: ClockJob?
    /// The transfer that asks for the time, and when it was begun.
    private var clockTransfer: (id: TransferID, begun: Instant)?
    /// When to look whether somebody else has learnt the time.
    private var clockLookAt: Instant?
    /// What is to be told of the clock once the player has been heard out.
    private var clockAnswer: TimeAmount??
    private var isStoppedByRun = false
    private var recorded: SessionRecordings.Recorded?

    /// Keeps what chance decides in a session apart from what it decides in the plan.
    private static let chancePurpose: UInt64 = 100

    /// The most hops of one transfer.
    private static let redirectLimit = 10

    init(context: LoopContext, planned: PlannedSession) {
        self.context = context
        self.planned = planned
        let settings = context.settings
        let stream = settings.streams[planned.stream]
        let region = settings.regions[planned.region]
        var channelSettings = settings.channel
        channelSettings.keptHeaders =
            CacheHeaders.names + TransferFacts.headerNames + ["location", "retry-after", "date"]
        var label = ""
        if !region.edges.isEmpty {
            let edge = region.edges[Int(planned.id.number % UInt64(region.edges.count))]
            channelSettings.pinnedAddresses = edge.addresses
            label = edge.label
        }
        let reference = URIReference(stream.uri)
        home = "\(reference.scheme ?? "")://\(reference.authority ?? "")/"
        channel = context.loop.openChannel(channelSettings)
        let now = channel.now
        var chance = SeededGenerator(seed: settings.plan.seed, stream: planned.id.number, purpose: Self.chancePurpose)
        let seed = chance.next()
        player = PlayerSession(context: context.player, manifestURI: stream.uri, seed: seed)
        recorded = settings.recordings?.begin(planned.id, context.player, manifestURI: stream.uri, seed: seed)
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
            case .chunkArrived(let id, let chunk): chunkArrived(id, chunk)
            case .alarm: alarmRang()
            case .taskCancelled: stopByRun()
            }
        }
        if clockTransfer != nil { clock?.abandon() }
        context.recorder.sessionFinished(&ledger, at: channel.now, stoppedByRun: isStoppedByRun)
        if let recorded { context.settings.recordings?.end(planned.id, recorded) }
    }

    private func setAlarm() {
        var wanted = player.wakeUp ?? .distantFuture
        if let leaveAt { wanted = min(wanted, leaveAt) }
        if let giveUpAt { wanted = min(wanted, giveUpAt) }
        if let clockLookAt { wanted = min(wanted, clockLookAt) }
        let next = wanted == .distantFuture ? nil : wanted
        guard next != alarmAt else { return }
        alarmAt = next
        channel.setAlarm(at: next)
    }

    private func alarmRang() {
        alarmAt = nil
        let now = channel.now
        if let due = clockLookAt, due <= now {
            clockLookAt = nil
            stepClock()
            tellClock()
        }
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
            case .synchronize(let sources, let base): synchronize(sources, base: base)
            }
            position += 1
        }
        effects.removeAll(keepingCapacity: true)
        tellRefused()
        tellClock()
    }

    /// The local host that a document or a redirect of a public stream leads to, which is not asked; nil for others.
    ///
    /// Schemes other than http and https are refused by the transport.
    private func localHost(of uri: String) -> String? {
        guard !uri.utf8.starts(with: home.utf8),
            case .localAddress(let host)? = context.policy.refusal(of: uri, namedBy: home)
        else { return nil }
        return host
    }

    /// Tells the player of requests that must not be made; never from inside its own ``PlayerSession/handle``.
    private func tellRefused() {
        while !refused.isEmpty {
            let next = refused.removeFirst()
            context.note(next.kind, "not-allowed") { ProblemSentence.local(next.kind, next.uri, host: next.host) }
            tell(.transferFinished(next.id, refusedReport))
        }
    }

    private var refusedReport: TransferReport {
        TransferReport(
            timings: TransferTimings(begun: channel.now, total: .zero), status: 0, error: "host-not-allowed",
            bytes: .zero)
    }

    private func begin(_ request: SessionRequest, for playerID: TransferID) {
        if let host = localHost(of: request.uri) {
            return refused.append((playerID, request.kind, request.uri, host))
        }
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
            case .chunks: .measureChunks
            case .manifest, .update, .segmentIndex, .steering, .assetList: .keep(limit: settings.documentLimit)
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

    private func chunkArrived(_ id: TransferID, _ chunk: ChunkArrival) {
        guard let transfer = active.first(where: { $0.channelID == id }) else { return }
        tell(.chunkArrived(transfer.playerID, chunk))
    }

    private func cancel(_ playerID: TransferID) {
        guard let transfer = active.first(where: { $0.playerID == playerID }) else { return }
        channel.cancel(transfer.channelID)
    }

    private func transferFinished(_ id: TransferID, _ result: Result<TransferResult, FailedTransfer>) {
        if clockTransfer?.id == id { return clockTransferFinished(result) }
        guard let position = active.firstIndex(where: { $0.channelID == id }) else { return }
        let transfer = active.remove(at: position)
        switch result {
        case .success(let response):
            if let target = redirectTarget(response, of: transfer) {
                follow(target, transfer, response)
            } else {
                let report = outcome(response, of: transfer)
                noteProblem(of: report, transfer)
                context.observer.look(
                    at: response, report.document,
                    ResponseObserver.Circumstances(
                        kind: transfer.request.kind, uri: transfer.uri,
                        stream: context.settings.streams[planned.stream].name, request: transfer.request,
                        wall: context.player.wall(at: response.timings.begun + response.timings.firstByte),
                        isUnlimited: true),
                    context.recorder)
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
        if let host = localHost(of: target) {
            context.note(transfer.request.kind, "not-allowed") {
                ProblemSentence.local(transfer.request.kind, target, host: host)
            }
            return tell(.transferFinished(transfer.playerID, refusedReport))
        }
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
            document = self.document(response.body, transfer)
        }
        return TransferReport(
            timings: response.timings, status: response.status, bytes: response.bytes, document: document,
            finalURI: transfer.hops > 0 ? transfer.uri : nil, edge: response.remoteAddress,
            cache: CacheHeaders.status(response.headers), pop: CacheHeaders.pop(response.headers),
            version: response.version, connectionReused: response.connectionReused,
            age: CacheHeaders.seconds(response.header("age")),
            retryAfter: CacheHeaders.seconds(response.header("retry-after")), chunks: response.chunks)
    }

    /// What a body says, read as the player wants it.
    private func document(_ body: [UInt8], _ transfer: Active) -> TransferReport.Document {
        switch transfer.request.reading {
        case .discard, .chunks: .none
        case .manifest(let variables):
            context.documents.document(body, context: DecodingContext(variables: variables, uri: transfer.uri))
        case .update(let held, let variables):
            context.documents.update(
                body, of: held, context: DecodingContext(variables: variables, uri: transfer.uri))
        case .segmentIndex(let media, let offset): context.documents.index(body, media, offset: offset)
        case .steering: ManifestCache.steering(body)
        case .assetList: ManifestCache.assetList(body)
        }
    }

    private func outcome(_ failed: FailedTransfer) -> TransferReport {
        TransferReport(
            timings: failed.timings, status: failed.status ?? 0, error: failed.error.label, bytes: failed.bytes,
            edge: failed.remoteAddress, cache: CacheHeaders.status(failed.headers),
            pop: CacheHeaders.pop(failed.headers),
            connectionReused: failed.connectionReused)
    }
}

// The presentation's clock (UTCTiming): asked once per run and source.
extension SessionRun {
    /// How often a session looks whether another one has learnt the time.
    private static let clockInterval = TimeAmount.milliseconds(50)

    private func synchronize(_ sources: [UTCTiming], base: String) {
        let allowed = context.settings.transport.allowedHosts
        clock = ClockJob(sources: sources, base: base, registry: context.clocks) { host in
            allowed.map { $0.contains(URIReference("ntp://" + host).host ?? "") } ?? true
        }
        stepClock()
    }

    private func stepClock() {
        let now = channel.now
        guard let step = clock?.step(at: context.player.wall(at: now)) else { return }
        switch step {
        case .done(let offset):
            clock = nil
            clockAnswer = .some(offset)
        case .wait:
            clockLookAt = now + Self.clockInterval
        case .datagram(let host, let name):
            clockLookAt = now + Self.clockInterval
            let registry = context.clocks
            // It may block for a second, which no loop's thread can afford.
            DispatchQueue.global().async { registry.settle(name, NetworkTime.offset(from: host)) }
        case .request(let uri, let isHead):
            let id = freshID()
            clockTransfer = (id, now)
            channel.begin(
                TransferRequest(
                    uri: signer.map { $0.needsToken(.clock) } == true ? signed(uri) : uri,
                    method: isHead ? .head : .get,
                    body: .keep(limit: .kibibytes(4)), timeouts: context.settings.player.timeouts),
                as: id)
        }
    }

    private func clockTransferFinished(_ result: Result<TransferResult, FailedTransfer>) {
        guard let begun = clockTransfer?.begun else { return }
        clockTransfer = nil
        var answer: (body: [UInt8], date: String)?
        var record = TransferRecord(
            id: Self.clockRecord, kind: .clock, due: begun, timings: TransferTimings(begun: begun, total: .zero),
            status: 0, bytes: .zero)
        switch result {
        case .success(let response):
            if response.status == 200 { answer = (response.body, response.header("date") ?? "") }
            record.timings = response.timings
            record.status = response.status
            record.bytes = response.bytes
            record.edge = response.remoteAddress
            record.version = response.version
            record.connectionReused = response.connectionReused
        case .failure(let failed):
            record.timings = failed.timings
            record.status = failed.status ?? 0
            record.error = failed.error.label
            record.bytes = failed.bytes
            record.edge = failed.remoteAddress
        }
        context.recorder.record(TimedEvent(at: record.timings.ended, .transferFinished(record)), in: &ledger)
        let wall = { (instant: Instant) in self.context.player.wall(at: instant) }
        clock?.answered(answer, begun: wall(record.timings.begun), ended: wall(record.timings.ended))
        stepClock()
        tellClock()
    }

    /// The number of the transfers that ask for the time among those of the player.
    private static let clockRecord = TransferID(.max)

    private func tellClock() {
        guard let answer = clockAnswer else { return }
        clockAnswer = nil
        tell(.clockSynchronized(answer))
    }
}
