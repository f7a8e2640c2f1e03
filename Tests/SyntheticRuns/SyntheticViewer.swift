import Manifests
import Measurement
import Playback
import Quantities
import Transport

/// One viewer of a made-up run: not a player, but events such as a player reports.
struct SyntheticViewer {
    static let ladder: [Double] = [0.8, 1.6, 3.0, 5.2]
    static let segment = 4.0

    let number: Int
    let arrival: SessionArrival
    private let settings: SyntheticRun.Settings
    private let address: String
    private let pop: String
    private let slowness: Double
    private let fate: Double
    private let watch: Double
    private var generator: SeededGenerator
    private var ledger: SessionLedger?
    private var pending: [TimedEvent] = []
    private var now: Double
    private var playedUntil = 0.0
    private var track = 1
    private var nextTransfer: UInt32 = 0
    private(set) var isOver = false

    init(number: Int, settings: SyntheticRun.Settings) {
        self.number = number
        self.settings = settings
        var generator = SeededGenerator(seed: settings.seed, stream: UInt64(number), purpose: 1)
        let length = Double(settings.seconds)
        // Doors open: a ramp over a third of the run; the rest come in a spike at a third of it.
        let spike = length / 3 + generator.unit() * generator.unit() * length / 4
        let due = generator.unit() < 0.5 ? generator.unit() * length / 3 : spike
        let edge = min(settings.edges.count - 1, Int(generator.unit() * Double(settings.edges.count)))
        address = settings.edges[edge]
        pop = edge == settings.edges.count - 1 ? "BGO" : "OSL"
        slowness = edge == settings.edges.count - 1 ? 4 : 1
        let region = Int(generator.unit() * generator.unit() * Double(settings.regions.count))
        let stream = Int(generator.unit() * Double(settings.streams.count))
        let devices = ["hls.js", "avplayer", "exoplayer", "shaka"]
        arrival = SessionArrival(
            due: .seconds(due), started: .seconds(due + generator.unit() * 0.004), stream: settings.streams[stream],
            region: settings.regions[region], edge: address, device: devices[Int(generator.unit() * 4)])
        fate = generator.unit()
        watch = 5 + generator.unit() * (settings.longestWatch - 5)
        now = arrival.started.seconds
        self.generator = generator
    }

    mutating func begin(on recorder: LoopRecorder) {
        ledger = recorder.sessionStarted(SessionID(UInt64(number)), arrival)
        pending.append(TimedEvent(at: arrival.started, .started))
        noteFindings(in: recorder)
        transfer(.manifest, bytes: 1_400, rate: 0)
        if fate < 0.01 * slowness { return failAtStart() }
        transfer(.playlist, bytes: 2_200, rate: 0)
        transfer(.initialization, bytes: 900, rate: 0)
        pending.append(
            TimedEvent(
                at: .seconds(now),
                .trackSelected(.video, index: track, bitRate: .megabits(Self.ladder[track]), isSwitch: false)))
        mediaSegment()
        if fate > 0.995 { return leave(.quit) }
        pending.append(TimedEvent(at: .seconds(now), .stateChanged(from: .starting, to: .playing)))
        playedUntil = now
    }

    /// Reports all that happens before an instant.
    mutating func play(until end: Instant, on recorder: LoopRecorder, isLast: Bool) {
        guard var account = ledger else { return }
        while !isOver {
            while let event = pending.first, event.at <= end {
                recorder.record(event, in: &account)
                pending.removeFirst()
                if account.state.isFinal {
                    recorder.sessionFinished(&account, at: event.at)
                    isOver = true
                    break
                }
            }
            if isOver || !pending.isEmpty { break }
            nextSegment()
        }
        if isLast, !isOver {
            recorder.sessionFinished(&account, at: end, stoppedByRun: true)
            isOver = true
        }
        ledger = account
    }

    private mutating func nextSegment() {
        now = max(now, playedUntil + Self.segment - 1.5)
        if now - arrival.started.seconds > watch { return leave(fate < 0.6 ? .quit : .ended) }
        if fate > 0.99, now - arrival.started.seconds > watch / 2 { return failInPlay() }
        let before = now
        let wanted = generator.unit() < 0.15 ? Int(generator.unit() * 4) : track
        if wanted != track {
            track = wanted
            pending.append(
                TimedEvent(
                    at: .seconds(now),
                    .trackSelected(.video, index: track, bitRate: .megabits(Self.ladder[track]), isSwitch: true)))
        }
        mediaSegment()
        let due = playedUntil + Self.segment
        pending.append(
            TimedEvent(
                at: .seconds(max(now, before)),
                .rendered(.video, duration: .seconds(Self.segment), bitRate: .megabits(Self.ladder[track]))))
        pending.append(TimedEvent(at: .seconds(now), .latencySampled(.seconds(8 + slowness * generator.unit()))))
        if now > due {
            // The segment came too late: the picture stopped when the last one had been shown.
            let position = pending.count - 2
            pending.insert(
                TimedEvent(at: .seconds(due), .stateChanged(from: .playing, to: .rebuffering)),
                at: max(0, min(position, pending.firstIndex { $0.at.seconds > due } ?? position)))
            pending.append(TimedEvent(at: .seconds(now), .stateChanged(from: .rebuffering, to: .playing)))
            playedUntil = now
        } else {
            playedUntil = due
        }
    }

    private mutating func mediaSegment() {
        let rate = Self.ladder[track]
        let isMissing = generator.unit() < 0.003 * slowness
        if isMissing { transfer(.video, bytes: 160, rate: rate, status: 503) }
        transfer(.video, bytes: Int64(rate * Self.segment * 125_000), rate: rate)
        transfer(.audio, bytes: Int64(0.128 * Self.segment * 125_000), rate: 0.128)
    }

    /// The slow edge is stale for some, and nobody compresses playlists.
    private func noteFindings(in recorder: LoopRecorder) {
        func note(_ id: String, _ kind: TransferKind, _ message: String) {
            guard let rule = FindingRule.named(id) else { return }
            let finding = Finding(id: id, severity: rule.severity, message: message, clause: rule.clause)
            recorder.findings.note(
                [finding], stream: arrival.stream, edge: address, kind: kind,
                uri: "https://\(address)/\(arrival.stream)/v.m3u8?token=secret", at: arrival.started)
        }
        if number % 3 == 0 { note("http-playlist-not-compressed", .playlist, "the playlist v.m3u8 came in 2200 bytes") }
        if slowness > 1, number % 4 == 0 {
            note("hls-stale-playlist", .playlist, "the playlist has not changed for \(number % 7 + 9) s")
            note("http-segment-slower-than-real-time", .video, "the segment \(number).m4s took 5 s")
        }
        var ages = UpdateAges()
        for step in 1...5 { ages.record(Double(step + number % 5) * 0.2 * slowness.squareRoot()) }
        recorder.findings.note([StreamWatch.Ages(stream: arrival.stream, edge: address, ages: ages)])
    }

    private mutating func failAtStart() {
        transfer(.playlist, bytes: 220, rate: 0, status: 404)
        pending.append(TimedEvent(at: .seconds(now), .failed(.transfer(.playlist, status: 404, error: ""))))
        pending.append(TimedEvent(at: .seconds(now), .stateChanged(from: .starting, to: .failed)))
    }

    private mutating func failInPlay() {
        transfer(.video, bytes: 30_000, rate: 1, error: "timeout-stalled")
        pending.append(
            TimedEvent(at: .seconds(now), .failed(.transfer(.video, status: 0, error: "timeout-stalled"))))
        pending.append(TimedEvent(at: .seconds(now), .stateChanged(from: .playing, to: .failed)))
    }

    private mutating func leave(_ state: PlaybackState) {
        if state == .quit { transfer(.video, bytes: 80_000, rate: 1, error: "cancelled") }
        pending.append(TimedEvent(at: .seconds(now), .stateChanged(from: .playing, to: state)))
    }

    private mutating func transfer(
        _ kind: TransferKind, bytes: Int64, rate: Double, status: Int = 200, error: String = ""
    ) {
        let firstByte = (0.008 + 0.03 * generator.unit() * generator.unit()) * slowness
        let body = Double(bytes) * 8 / (40e6 / slowness / slowness) * (0.6 + generator.unit())
        let begun = Instant.seconds(now)
        now += firstByte + body
        let cache: CacheStatus = generator.unit() < 0.92 / slowness.squareRoot() ? .hit : .miss
        let record = TransferRecord(
            id: TransferID(nextTransfer), kind: kind, due: begun,
            timings: TransferTimings(begun: begun, firstByte: .seconds(firstByte), total: .seconds(firstByte + body)),
            status: status, error: error, bytes: ByteCount(bytes), bitRate: .megabits(rate),
            mediaDuration: rate > 0 ? .seconds(Self.segment) : .zero, edge: address, cache: cache, pop: pop,
            connectionReused: nextTransfer > 0)
        nextTransfer += 1
        pending.append(TimedEvent(at: .seconds(now), .transferFinished(record)))
    }
}
