import Manifests
import Playback
import Quantities
import Testing
import Transport

/// Plays a session over a modelled link under a virtual clock: the tests' own world.
///
/// Each transfer waits the latency, then shares the link's bandwidth evenly with the others in progress. What is served
/// is given by ``Content``; the clock jumps from one happening to the next.
struct PlaybackHarness {
    /// A virtual server.
    protocol Content {
        /// The answer to a request at a wall time (seconds since the begin).
        func answer(_ request: SessionRequest, at now: Double) -> Answer
    }

    /// What a virtual server says.
    struct Answer {
        var status = 200
        var bytes: Int64
        var document: TransferReport.Document = .none
        var error = ""
        /// The server holds the request until then.
        var heldUntil: Double?
        /// The body comes in so many equal chunks, the last of them at `lastChunkAt`, `chunkEvery` seconds apart.
        var chunks = 0
        var chunkEvery: Double = 0
        var lastChunkAt: Double = 0
        var retryAfter: Double?
    }

    private struct Flow {
        let id: TransferID
        let request: SessionRequest
        let begun: Double
        var bodyStarts: Double
        var remainingBits: Double
        let answer: Answer
        var firstByte: Double?
    }

    let content: any Content
    /// Mbit/s in each second; the last one stays.
    let network: [Double]
    let latency: Double
    private(set) var session: PlayerSession
    private(set) var recording: SessionRecording
    private(set) var events: [TimedEvent] = []
    private(set) var requests: [(at: Double, request: SessionRequest)] = []
    private(set) var uris: [TransferID: String] = [:]
    /// The state at the begin of each second.
    private(set) var timeline = ""
    private(set) var now: Double = 0
    /// What the presentation's clock is ahead of the local one; nil when nobody can be asked.
    var clockOffset: Double? = 0
    /// True when the session is told how far a segment is that it may give up.
    var tellsProgress = false
    /// How often the session asked for a licence; a test answers.
    private(set) var licencesAsked = 0
    /// What the session told its collector.
    private(set) var told: [CMCDReport] = []
    private var flows: [Flow] = []
    /// Inputs that the test wants made at a time.
    private var planned: [(at: Double, input: SessionInput)] = []

    init(
        content: some Content, network: String, latency: Double = 0.05, settings: PlayerSettings = PlayerSettings(),
        uri: String = "http://cdn.test/main"
    ) {
        self.content = content
        self.network = network.compactMap { $0.hexDigitValue.map(Double.init) }
        self.latency = latency
        let context = PlayerSession.Context(settings: settings, wallStart: .seconds(1_000_000))
        session = PlayerSession(context: context, manifestURI: uri)
        recording = SessionRecording(context: context, manifestURI: uri)
    }

    mutating func plan(_ input: SessionInput, at time: Double) {
        planned.append((time, input))
        planned.sort { $0.at < $1.at }
    }

    /// Plays for so many seconds, or to the end.
    mutating func run(seconds: Double) {
        tell(.start)
        var second = 0
        var steps = 0
        while now < seconds {
            steps += 1
            guard steps < 100_000 else {
                Issue.record(
                    "the session does not let the clock go on at \(now) s: wakes at \(String(describing: session.wakeUp))"
                )
                return
            }
            let next = min(nextHappening(), Double(second), seconds)
            move(to: next)
            if next == Double(second) {
                timeline.append(session.state.letter)
                second += 1
            }
            if let first = planned.first, first.at <= now {
                planned.removeFirst()
                tell(first.input)
            }
            if let wake = session.wakeUp, wake.seconds <= now {
                tellProgress()
                tell(.wake)
            }
            if session.isFinished {
                timeline.append(session.state.letter)
                return
            }
        }
    }

    private mutating func tellProgress() {
        guard tellsProgress, let id = session.progressTransfer, let flow = flows.first(where: { $0.id == id }) else {
            return
        }
        let received = flow.bodyStarts <= now ? max(0, flow.answer.bytes - Int64(flow.remainingBits / 8)) : 0
        let first: TimeAmount? = flow.bodyStarts <= now ? .seconds(flow.bodyStarts - flow.begun) : nil
        tell(.transferProgress(id, TransferProgress(bytes: ByteCount(received), firstByte: first)))
    }

    private func bandwidth(at time: Double) -> Double {
        network[min(Int(time), network.count - 1)] * 1e6
    }

    private func nextHappening() -> Double {
        var next = Double.infinity
        if let wake = session.wakeUp { next = min(next, max(now, wake.seconds)) }
        if let first = planned.first { next = min(next, first.at) }
        let active = flows.filter { $0.bodyStarts <= now }
        let share = bandwidth(at: now) / Double(max(1, active.count))
        for flow in flows {
            if flow.bodyStarts > now {
                next = min(next, flow.bodyStarts)
            } else if share > 0 {
                next = min(next, now + flow.remainingBits / share)
            }
        }
        return max(now, min(next, (now + 1e-9).rounded(.down) + 1))
    }

    private mutating func move(to next: Double) {
        let active = flows.filter { $0.bodyStarts <= now }.count
        let share = bandwidth(at: now) / Double(max(1, active))
        for position in flows.indices where flows[position].bodyStarts <= now {
            flows[position].remainingBits -= share * (next - now)
        }
        now = next
        while let position = flows.firstIndex(where: { $0.bodyStarts <= now && $0.remainingBits <= 1e-3 }) {
            finish(flows.remove(at: position))
        }
    }

    private mutating func finish(_ flow: Flow, error: String? = nil) {
        let timings = TransferTimings(
            begun: .seconds(flow.begun), firstByte: .seconds(flow.bodyStarts - flow.begun),
            total: .seconds(now - flow.begun))
        let failed = error ?? flow.answer.error
        tell(
            .transferFinished(
                flow.id,
                TransferReport(
                    timings: timings, status: failed.isEmpty ? flow.answer.status : 0, error: failed,
                    bytes: ByteCount(flow.answer.bytes), document: failed.isEmpty ? flow.answer.document : .none,
                    retryAfter: flow.answer.retryAfter.map { .seconds($0) })))
    }

    mutating func tell(_ input: SessionInput) {
        let instant = Instant.seconds(now)
        var effects = SessionEffects()
        recording.note(input, at: instant)
        session.handle(input, at: instant, effects: &effects)
        told += session.takeTelemetry().reports
        session.checkInvariants()
        var cancelled: [Flow] = []
        while let effect = effects.takeFirst() {
            switch effect {
            case .report(let event): events.append(event)
            case .begin(let id, let request):
                requests.append((now, request))
                uris[id] = request.uri
                let answer = content.answer(request, at: now)
                flows.append(
                    Flow(
                        id: id, request: request, begun: now,
                        bodyStarts: max(now + latency, (answer.heldUntil ?? now) + latency / 2),
                        remainingBits: Double(answer.bytes) * 8, answer: answer))
                planChunks(of: id, answer)
            case .acquireLicence: licencesAsked += 1
            case .synchronize: plan(.clockSynchronized(clockOffset.map { .seconds($0) }), at: now + latency)
            case .cancel(let id):
                if let position = flows.firstIndex(where: { $0.id == id }) {
                    cancelled.append(flows.remove(at: position))
                }
            }
        }
        for flow in cancelled { finish(flow, error: "cancelled") }
    }

    private mutating func planChunks(of id: TransferID, _ answer: Answer) {
        for chunk in 0..<answer.chunks {
            let at = answer.lastChunkAt - Double(answer.chunks - 1 - chunk) * answer.chunkEvery + latency
            guard at > now else { continue }
            plan(.chunkArrived(id, ChunkArrival(index: chunk, at: .seconds(at))), at: at)
        }
    }

    /// The seconds at which the state became what is asked for.
    func times(of state: PlaybackState) -> [Double] {
        events.compactMap { event in
            if case .stateChanged(_, let next) = event.event, next == state { event.at.seconds } else { nil }
        }
    }

    /// The declared bit rates of the video segments in the order of their requests, in kbit/s.
    var videoTracks: [Int] {
        events.compactMap { event in
            if case .transferFinished(let record) = event.event, record.kind == .video {
                Int(record.bitRate.kilobits)
            } else {
                nil
            }
        }
    }

    /// Rendered media time of a kind.
    func rendered(_ kind: MediaKind) -> Double {
        events.reduce(0) { sum, event in
            if case .rendered(kind, let duration, _) = event.event { sum + duration.seconds } else { sum }
        }
    }
}
