import Audience
import Manifests
import Measurement
import Playback
import Quantities
import Transport

/// A part of the audience, simulated by itself from one epoch's begin to its end.
///
/// Viewers meet others of their partition through households, and everybody else only through ``SharedState``, which
/// changes between epochs. So partitions can run one after the other or at the same time, with the same result.
final class Partition: @unchecked Sendable {
    // Invariant: within an epoch one task alone calls a partition, and between epochs the conductor alone; the task group
    // that runs an epoch is waited for before the next begins.

    let settings: SimulationSettings
    let players: [PlayerSession.Context]
    /// How long each player waits for transfers.
    let limits: [TransferTimeouts]
    /// The least that any player allows a whole transfer, in nanoseconds.
    let shortestTotal: Int64
    let names: Names
    /// The words of complete responses, by edge.
    let words: [TransferWords]
    let recorder: LoopRecorder
    let sessions = Slab<ModelledSession>()
    let transfers = Slab<ModelledTransfer>()
    let links = Slab<ModelledLink>()
    var linkOfHousehold: [UInt64: Int32] = [:]
    var queue: EventQueue
    var effects = SessionEffects()
    // Invariant: all places are initialized from `init` to `deinit`, and only who may call the partition uses them.
    let shares: UnsafeMutableBufferPointer<EdgeShare>
    /// Requests that wait for a connection of their session, in order.
    var waitingRequests: [Int32: [(id: TransferID, request: SessionRequest)]] = [:]
    /// Transfers that have all their bytes but those that the edge itself has not got, by the object or the fetch.
    var awaitingOrigin: [ObjectKey: [Int32]] = [:]
    /// The live playlist last made of each shape of each stream, and the number behind its last segment.
    var livePlaylists: [Int: (edge: Int64, playlist: MediaPlaylist)] = [:]
    /// When the present epoch ends, in nanoseconds.
    var epochEnd: Int64 = 0
    /// Numbers of fetches of one's own.
    var fetches: UInt64
    private var generation: UInt32 = 0
    /// Inputs told to players, for figures about the simulation itself.
    private(set) var inputs: Int64 = 0
    /// Sessions whose viewers are or may come back to be watching.
    var isIdle: Bool { sessions.count == 0 }

    /// What names the plan's positions have in reports.
    struct Names: Sendable {
        var streams: [String]
        var regions: [String]
        var devices: [String]
        var edges: [String]
    }

    init(_ settings: SimulationSettings, players: [PlayerSession.Context], number: Int, names: Names) {
        self.settings = settings
        self.players = players
        limits = players.map { $0.settings.timeouts }
        shortestTotal = players.map { $0.settings.timeouts.total.nanoseconds }.min() ?? 0
        self.names = names
        words = names.edges.map { TransferWords(edge: $0) }
        recorder = LoopRecorder(sampling: settings.sampling)
        queue = EventQueue(epoch: settings.epoch.nanoseconds)
        shares = .allocate(capacity: settings.edges.count)
        shares.initialize(repeating: EdgeShare())
        fetches = UInt64(number) << 48
    }

    deinit {
        shares.deinitialize()
        shares.deallocate()
    }

    /// Runs to the end of an epoch.
    ///
    /// - Parameters:
    ///   - number: The number of the epoch.
    ///   - arrivals: Those who come in it, in order.
    ///   - shared: What the edges are like.
    func run(epoch number: Int64, arrivals: [PlannedSession], shared: borrowing SharedState) {
        let begin = number * settings.epoch.nanoseconds
        epochEnd = begin + settings.epoch.nanoseconds
        queue.advance(to: number)
        beginEpoch(at: begin, shared)
        var next = 0
        while true {
            let limit = next < arrivals.count ? max(begin, arrivals[next].arrival.nanoseconds) : epochEnd
            while let event = queue.next(before: limit) {
                prepare()
                happen(event, shared)
            }
            guard next < arrivals.count else { break }
            arrive(arrivals[next], at: limit, shared)
            next += 1
        }
        for position in shares.indices { shares[position].account(to: epochEnd) }
    }

    private func happen(_ event: SimulatedEvent, _ shared: borrowing SharedState) {
        switch event.kind {
        case .alarm: alarmRang(event, shared)
        case .firstByte: firstByteArrived(event, shared)
        case .lastByte: lastByteArrived(event, shared)
        case .end: transferEnds(event, shared)
        case .link: linkChanges(event, shared)
        }
    }

    /// A number that no event in the queue has, so that those made before are void.
    func freshGeneration() -> UInt32 {
        generation &+= 1
        return generation
    }

    // MARK: Sessions

    private func arrive(_ planned: PlannedSession, at now: Int64, _ shared: borrowing SharedState) {
        let edge = edge(of: planned)
        let id = planned.id
        var mind = ViewerMind(planned, settings: settings.plan.settings, seed: settings.plan.seed)
        mind.playbackBegan(at: Instant(nanoseconds: now))
        let device = min(planned.device, players.count - 1)
        let session = ModelledSession(
            player: player(id, stream: planned.stream, device: device),
            ledger: ledger(
                id, planned, due: planned.arrival, stream: planned.stream, edge: edge, at: Instant(nanoseconds: now)),
            mind: mind, id: id, stream: Int32(clamping: planned.stream), device: Int32(clamping: device),
            region: Int32(clamping: planned.region), edge: Int32(edge), link: link(of: planned))
        let place = sessions.insert(session)
        tell(place, .start, at: now, shared)
        follow(place, at: now, shared)
    }

    private func player(_ id: SessionID, stream: Int, device: Int) -> PlayerSession {
        var chance = SeededGenerator(seed: settings.plan.seed, stream: id.number, purpose: Self.chancePurpose)
        return PlayerSession(context: players[device], manifestURI: "", seed: chance.next())
    }

    /// As in a real run.
    private static let chancePurpose: UInt64 = 100

    private func ledger(
        _ id: SessionID, _ planned: PlannedSession, due: Instant, stream: Int, edge: Int, at now: Instant
    ) -> SessionLedger {
        recorder.sessionStarted(
            id,
            SessionArrival(
                due: due, started: now, stream: names.streams[stream], region: names.regions[planned.region],
                edge: names.edges[edge], device: names.devices[min(planned.device, names.devices.count - 1)],
                phase: settings.phaseName(of: planned), network: settings.networkName(of: planned)))
    }

    /// The edge of a viewer: one of those of its region, spread by its place.
    private func edge(of planned: PlannedSession) -> Int {
        let all = settings.edges
        let serving = all.indices.filter { all[$0].regions.isEmpty || all[$0].regions.contains(planned.region) }
        guard !serving.isEmpty else { return 0 }
        return serving[min(serving.count - 1, Int(planned.place * Double(serving.count)))]
    }

    /// Begins another playback of the same visit.
    func beginPlayback(_ place: Int32, of stream: Int, at now: Int64, _ shared: borrowing SharedState) {
        let session = sessions.pointer(place)
        close(place, at: now)
        forgetTransfers(of: place, at: now, shared)
        let last = session.pointee.id
        let id = SessionID(viewer: Int(last.viewer), visit: last.visit, playback: last.playback + 1)
        session.pointee.id = id
        session.pointee.stream = Int32(clamping: stream)
        session.pointee.player = player(id, stream: stream, device: Int(session.pointee.device))
        session.pointee.ledger = recorder.sessionStarted(
            id,
            SessionArrival(
                due: Instant(nanoseconds: now), started: Instant(nanoseconds: now), stream: names.streams[stream],
                region: names.regions[Int(session.pointee.region)], edge: names.edges[Int(session.pointee.edge)],
                device: session.pointee.ledger.arrival.device, phase: session.pointee.ledger.arrival.phase,
                network: session.pointee.ledger.arrival.network))
        session.pointee.leaving = ""
        session.pointee.isClosed = false
        session.pointee.hasNews = true
        session.pointee.lastWake = .min
        session.pointee.mind.playbackBegan(at: Instant(nanoseconds: now))
        tell(place, .start, at: now, shared)
    }

    /// Closes the account of the playback that is on.
    func close(_ place: Int32, at now: Int64) {
        let session = sessions.pointer(place)
        guard !session.pointee.isClosed else { return }
        session.pointee.isClosed = true
        recorder.sessionFinished(
            &session.pointee.ledger, at: Instant(nanoseconds: now), stoppedByRun: session.pointee.isStoppedByRun,
            leaving: session.pointee.leaving)
    }

    /// Lets go of a session.
    func remove(_ place: Int32, at now: Int64, _ shared: borrowing SharedState) {
        close(place, at: now)
        forgetTransfers(of: place, at: now, shared)
        leaveLink(of: place)
        sessions.remove(place)
    }

    /// Tells a session something and does what it wants.
    func tell(_ place: Int32, _ input: consuming SessionInput, at now: Int64, _ shared: borrowing SharedState) {
        let session = sessions.pointer(place)
        inputs += 1
        let instant = Instant(nanoseconds: now)
        session.pointee.player.handle(consume input, at: instant, effects: &effects)
        answer(place, at: now, shared)
    }

    /// Tells a session that a transfer has ended, and does what it wants.
    func tellEnd(
        _ place: Int32, of id: TransferID, _ report: TransferReport, at now: Int64, _ shared: borrowing SharedState
    ) {
        inputs += 1
        sessions.pointer(place).pointee.player.handleEnd(
            of: id, report, at: Instant(nanoseconds: now), effects: &effects)
        answer(place, at: now, shared)
    }

    private func answer(_ place: Int32, at now: Int64, _ shared: borrowing SharedState) {
        let session = sessions.pointer(place)
        carryOutEffects(of: place, at: now, shared)
        if session.pointee.wantsClock {
            session.pointee.wantsClock = false
            tell(place, .clockSynchronized(.zero), at: now, shared)
            return
        }
        if session.pointee.wantsLicence {
            session.pointee.wantsLicence = false
            tell(place, .licenceAnswered(.granted), at: now, shared)
            return
        }
    }

    private func carryOutEffects(of place: Int32, at now: Int64, _ shared: borrowing SharedState) {
        let session = sessions.pointer(place)
        while let kind = effects.next {
            switch kind {
            case .ended:
                let ended = effects.takeEnded()
                recorder.recordEnd(of: ended.record, at: ended.at, in: &session.pointee.ledger)
            case .event:
                let event = effects.takeEvent()
                if case .stateChanged = event.event { session.pointee.hasNews = true }
                recorder.record(event, in: &session.pointee.ledger)
                session.pointee.mind.observe(event)
            case .begin:
                let (id, request) = effects.takeBegun()
                begin(id, request, of: place, at: now, shared)
            case .cancel: cancel(effects.takeCancelled(), of: place, at: now, shared)
            case .other:
                switch effects.takeFirst() {
                case .synchronize: session.pointee.wantsClock = true
                case .acquireLicence: session.pointee.wantsLicence = true
                case nil, .report, .begin, .cancel: break
                }
            }
        }
    }
}
