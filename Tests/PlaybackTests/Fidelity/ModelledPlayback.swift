import Foundation
import Manifests
import Playback
import Quantities
import Testing
import Transport

/// A session that plays the recorded media over a modelled link with HTTP/1.1 connections of its own, as a browser does.
///
/// Each response waits a round trip, and the link's queue where others are being sent; then the bodies in progress share
/// the link evenly, as far as each one's congestion window goes: it begins with ten packets and doubles in each round trip,
/// which the queue makes long while another body keeps it full. A request takes an idle connection, else opens one (six a host at most); one that is cancelled in the
/// middle of a body closes its connection.
///
/// Real connections do not share evenly: a body that is begun beside another one gets between a sixteenth of the other's
/// rate and as much, by chance. Other draws than 0 have that (docs/FIDELITY.md).
struct ModelledPlayback {
    private struct Flow {
        let id: TransferID
        let request: SessionRequest
        let connection: Int
        let begun: Double
        let isNew: Bool
        var bodyStarts: Double
        var remainingBits: Double
        /// The congestion window at its begin, in bytes.
        let window: Double
        /// Its part of the link beside others.
        let weight: Double
        let bytes: Int64

        /// The congestion window now: each byte that was sent has widened it by one.
        var currentWindow: Double { window + max(0, Double(bytes) - remainingBits / 8) }
        let document: TransferReport.Document
        let status: Int
    }

    let media: Recordings.Media
    let link: ModelledLink
    /// The time for a request to the server and back on an idle link.
    let roundTrip = 0.002
    /// How long a byte waits in the link's queue while others keep it full.
    let queue = 0.1

    private(set) var session: PlayerSession
    private(set) var recording: SessionRecording
    private(set) var now = 0.0
    private(set) var startup: Double?
    private(set) var stalls = 0
    private(set) var uris: [(at: Double, uri: String)] = []
    private(set) var connections = 0
    private(set) var events: [TimedEvent] = []
    private var idle: [Int] = []
    /// The window of each idle connection and when it fell idle: after 0.3 s it begins anew (RFC 5681 section 4.1).
    private var windows: [Int: (bytes: Double, since: Double)] = [:]
    private var flows: [Flow] = []
    private var waiting: [(TransferID, SessionRequest, Double)] = []
    private var chance: SplitMix

    /// Creates a session on a link; `draw` decides how unevenly connections share, 0 is evenly.
    init(
        media: Recordings.Media, link: ModelledLink, manifest: String, settings: PlayerSettings, seed: UInt64,
        draw: UInt64 = 0
    ) {
        self.media = media
        chance = SplitMix(state: draw)
        self.link = link
        let context = PlayerSession.Context(settings: settings, wallStart: .seconds(1_000_000))
        let uri = "http://media.test" + manifest
        session = PlayerSession(context: context, manifestURI: uri, seed: seed)
        recording = SessionRecording(context: context, manifestURI: uri, seed: seed)
    }

    /// Plays for so many seconds or to the end.
    mutating func run(seconds: Double) {
        tell(.start)
        var steps = 0
        while now < seconds, !session.isFinished {
            steps += 1
            guard steps < 200_000 else {
                Issue.record("the clock does not go on at \(now) s")
                return
            }
            move(to: min(nextHappening(), seconds))
            if let wake = session.wakeUp, wake.seconds <= now + 1e-9 {
                if let id = session.progressTransfer, let progress = progress(of: id) {
                    tell(.transferProgress(id, progress))
                }
                tell(.wake)
            }
        }
    }

    /// The body bytes that the link has carried of a transfer so far.
    private func progress(of id: TransferID) -> TransferProgress? {
        guard let flow = flows.first(where: { $0.id == id }) else { return nil }
        guard flow.bodyStarts <= now else { return TransferProgress(bytes: .zero, firstByte: nil) }
        let received = max(0, Double(flow.bytes) - flow.remainingBits / 8)
        return TransferProgress(
            bytes: ByteCount(Int64(received)), firstByte: .seconds(flow.bodyStarts - flow.begun))
    }

    /// What each body in progress gets now, in bit/s, and until when that holds.
    private func shares() -> (rates: [Double], until: Double) {
        var rates = [Double](repeating: 0, count: flows.count)
        let active = flows.indices.filter { flows[$0].bodyStarts <= now }
        let total = link.rate(at: now)
        guard active.count > 1 else {
            for position in active { rates[position] = total }
            return (rates, .infinity)
        }
        // A window of w bytes that doubles in a round trip r sends ln 2 * w / r.
        let bounds = active.map { position in
            (position, 0.693 * flows[position].currentWindow * 8 / queue)
        }.sorted { $0.1 / flows[$0.0].weight < $1.1 / flows[$1.0].weight }
        var left = total
        var weights = active.reduce(0) { $0 + flows[$1].weight }
        var isBounded = false
        for entry in bounds {
            let even = left * flows[entry.0].weight / max(weights, 1e-9)
            weights -= flows[entry.0].weight
            rates[entry.0] = min(even, entry.1)
            if entry.1 < even { isBounded = true }
            left -= rates[entry.0]
        }
        if left > 1, let last = bounds.last { rates[last.0] += left }
        return (rates, isBounded ? now + 0.01 : .infinity)
    }

    private func nextHappening() -> Double {
        var next = link.nextChange(after: now)
        if let wake = session.wakeUp { next = min(next, max(now, wake.seconds)) }
        let shares = shares()
        next = min(next, shares.until)
        for (position, flow) in flows.enumerated() {
            if flow.bodyStarts > now {
                next = min(next, flow.bodyStarts)
            } else if shares.rates[position] > 0 {
                next = min(next, now + flow.remainingBits / shares.rates[position])
            }
        }
        return max(now, next)
    }

    private mutating func move(to next: Double) {
        let rates = shares().rates
        for position in flows.indices where flows[position].bodyStarts <= now {
            flows[position].remainingBits -= rates[position] * (next - now)
        }
        now = next
        while let position = flows.firstIndex(where: { $0.bodyStarts <= now && $0.remainingBits <= 1e-3 }) {
            let flow = flows.remove(at: position)
            idle.append(flow.connection)
            windows[flow.connection] = (min(flow.currentWindow, 131_072), now)
            beginWaiting()
            finish(flow, error: "")
        }
    }

    private mutating func finish(_ flow: Flow, error: String) {
        let isComplete = error.isEmpty
        let report = TransferReport(
            timings: TransferTimings(
                begun: .seconds(flow.begun), firstByte: .seconds(max(0, flow.bodyStarts - flow.begun)),
                total: .seconds(now - flow.begun)),
            status: isComplete ? flow.status : 0, error: error,
            bytes: ByteCount(isComplete ? flow.bytes : max(0, flow.bytes - Int64(flow.remainingBits / 8))),
            document: isComplete ? flow.document : .none)
        tell(.transferFinished(flow.id, report))
    }

    private mutating func tell(_ input: SessionInput) {
        var effects = SessionEffects()
        recording.note(input, at: .seconds(now))
        session.handle(input, at: .seconds(now), effects: &effects)
        session.checkInvariants()
        var cancelled: [Flow] = []
        while let effect = effects.takeFirst() {
            switch effect {
            case .report(let event):
                events.append(event)
                if case .stateChanged(_, .playing) = event.event, startup == nil { startup = event.at.seconds }
                if case .stateChanged(_, .rebuffering) = event.event { stalls += 1 }
            case .begin(let id, let request): begin(id, request, since: now)
            case .cancel(let id):
                if let position = flows.firstIndex(where: { $0.id == id }) {
                    cancelled.append(flows.remove(at: position))
                }
            case .acquireLicence, .synchronize: break
            }
        }
        for flow in cancelled { finish(flow, error: "cancelled") }
    }

    private mutating func begin(_ id: TransferID, _ request: SessionRequest, since begun: Double) {
        let isNew = idle.isEmpty
        if isNew, flows.count >= 6 { return waiting.append((id, request, begun)) }
        if isNew { connections += 1 }
        let connection = isNew ? connections : idle.removeLast()
        let path = String(request.uri.dropFirst("http://media.test".count))
        uris.append((now, path))
        let isBusy = flows.contains { $0.currentWindow > 2 * 14_480 && $0.remainingBits > 16_384 * 8 }
        let kept = windows[connection].flatMap { now - $0.since < 0.3 ? $0.bytes : nil }
        let wait = roundTrip * (isNew ? 2 : 1) + (isBusy ? queue : 0)
        let size = media.sizes_bytes[path]
        let isBeside = chance.state != 0 && flows.contains { $0.remainingBits > 16_384 * 8 }
        let weight = isBeside ? pow(16, -chance.unit()) : 1
        flows.append(
            Flow(
                id: id, request: request, connection: connection, begun: begun, isNew: isNew, bodyStarts: now + wait,
                remainingBits: Double(size ?? 200) * 8, window: kept ?? 14_480, weight: weight,
                bytes: size ?? 200,
                document: document(path),
                status: size == nil && media.manifest == nil ? 404 : 200))
    }

    private mutating func beginWaiting() {
        guard !waiting.isEmpty else { return }
        let next = waiting.removeFirst()
        begin(next.0, next.1, since: next.2)
    }

    private func document(_ path: String) -> TransferReport.Document {
        let text = path.hasSuffix(".mpd") ? media.manifest : media.playlists?[path]
        guard let text, let decoded = try? ManifestDecoder.decode(Array(text.utf8)) else { return .none }
        return .manifest(decoded)
    }
}

/// A small generator (Steele, Lea, Flood 2014).
struct SplitMix {
    private(set) var state: UInt64

    init(state: UInt64) { self.state = state }

    /// A number from 0 up to 1.
    mutating func unit() -> Double {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Double((mixed ^ (mixed >> 31)) >> 11) / Double(UInt64(1) << 53)
    }
}
