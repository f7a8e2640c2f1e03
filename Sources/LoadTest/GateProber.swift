import Access
import CurlTransport
import Manifests
import Measurement
import Playback
import Quantities
import Transport

/// Makes the probes of one viewer, one after the other, beside its playback.
///
/// Each is made on a channel of its own: no cookie and no connection of the viewer's takes part. What they come to is
/// booked in the loop's log of gates and nowhere else.
final class GateProber: @unchecked Sendable {
    // Invariant: everything is touched on the loop's own thread only, by the session and by the task of `work()`.

    /// A request to be made.
    struct Job {
        /// Makes the request when its turn has come, since signing takes time that the loop's viewers need; nil when
        /// there is none to make.
        var prepare: (Instant) -> OutgoingRequest?
        var key: GateKey
        /// What the request comes with, in words.
        var words: String
        /// The URI without tokens.
        var resource: String
        var byteRange: ByteRange?
        var channel: ChannelSettings
        /// Whether the honest request was redirected too.
        var isRedirected: Bool
    }

    /// What is not tried again for a while.
    struct Try: Hashable {
        var probe: GateProbe
        var edge: String
        var kind: String
    }

    /// What a viewer tries.
    let probes: [GateProbe]
    let settings: GateProbeSettings
    /// How the viewer's own connections are made.
    let channel: ChannelSettings
    /// The session's first token, and the URI it was on.
    var first: (token: AccessToken, uri: String)?

    private let context: LoopContext
    private let device: Int
    /// Scheme and authority of the stream.
    private let home: String
    /// Wakes the task.
    private let bell: CurlChannel
    private var tries: [Try: Instant] = [:]
    private var queue: [Job] = []
    private var ending: Instant?

    /// A body is read no further: nobody wants it.
    private static let bodyLimit = ByteCount.kibibytes(64)
    /// A probe is given up after so long.
    private static let patience = TimeAmount.seconds(10)
    /// More probes than these wait for no session; a gate that does not answer is asked no faster.
    private static let queueLimit = 1_000

    init(
        _ probes: [GateProbe], _ settings: GateProbeSettings, channel: ChannelSettings, home: String,
        device: Int, context: LoopContext
    ) {
        self.probes = probes
        self.settings = settings
        self.channel = channel
        self.home = home
        self.device = device
        self.context = context
        bell = context.loop.openChannel(ChannelSettings(parallelTransfers: 1))
    }

    /// Whether a probe is due; if so the next one is due after the interval.
    func takesTurn(_ attempt: Try, at now: Instant) -> Bool {
        if let last = tries[attempt], now - last < settings.interval { return false }
        tries[attempt] = now
        return true
    }

    /// Lets a probe that could not be made yet be tried with the next request.
    func postpone(_ attempt: Try) { tries[attempt] = nil }

    /// Has a probe made.
    func add(_ job: Job) {
        guard ending == nil, queue.count < Self.queueLimit else { return }
        queue.append(job)
        bell.setAlarm(at: bell.now)
    }

    /// The session is over: what waits is still made, within the grace time.
    func finish() {
        ending = bell.now + context.settings.grace
        bell.setAlarm(at: bell.now)
    }

    /// Makes probes until the session is over; when the run is stopped none is made any more.
    func work() async {
        defer { bell.close() }
        while true {
            if Task.isCancelled { queue.removeAll() }
            if let ending, bell.now >= ending { queue.removeAll() }
            if !queue.isEmpty {
                let job = queue.removeFirst()
                if let request = job.prepare(bell.now) { await make(job, request) }
                await letOthersWork()
            } else if ending != nil {
                return
            } else {
                _ = await bell.nextEvent()
            }
        }
    }

    /// Gives the loop to others until its next turn.
    private func letOthersWork() async {
        guard !Task.isCancelled else { return }
        bell.setAlarm(at: bell.now)
        _ = await bell.nextEvent()
    }

    // MARK: One probe

    private func make(_ job: Job, _ prepared: OutgoingRequest) async {
        let channel = context.loop.openChannel(job.channel)
        defer { channel.close() }
        var request = prepared
        var bytes: Int64 = 0
        for hop in 0...SessionRun.redirectLimit {
            begin(request, job, on: channel, hop: hop)
            guard let end = await end(of: TransferID(UInt32(hop)), on: channel) else { return }
            bytes += end.bytes
            if let target = target(of: end, from: request.uri, hop) {
                let isSafe = context.policy.refusal(of: target, namedBy: home).map { _ in false } ?? true
                guard isSafe else { return book(GateAnswer(.inconclusive, "not allowed"), job, bytes, channel.now) }
                request = redirected(request, to: target)
                continue
            }
            let answer = settings.judge.answer(
                status: end.status, error: end.error, contentType: end.contentType,
                isSentElsewhere: hop > 0 && !job.isRedirected)
            return book(answer, job, bytes, channel.now)
        }
    }

    private func begin(_ request: OutgoingRequest, _ job: Job, on channel: CurlChannel, hop: Int) {
        var timeouts = context.settings.devices[device].player.timeouts
        timeouts.connect = min(timeouts.connect, Self.patience)
        timeouts.firstByte = min(timeouts.firstByte, Self.patience)
        timeouts.total = min(timeouts.total, Self.patience)
        channel.begin(
            TransferRequest(
                uri: request.uri, headers: SessionRun.headers(of: request), byteRange: job.byteRange,
                body: .keep(limit: Self.bodyLimit), timeouts: timeouts),
            as: TransferID(UInt32(hop)))
    }

    private func book(_ answer: GateAnswer, _ job: Job, _ bytes: Int64, _ now: Instant) {
        context.recorder.gate.note(answer, job.key, uri: job.resource, words: job.words, bytes: bytes, at: now)
    }

    /// How a transfer of a probe ended.
    private struct End {
        var status: Int?
        var error = ""
        var contentType: String?
        var location: String?
        var bytes: Int64
    }

    /// Waits for the end of a transfer; nil when the run was stopped first.
    private func end(of id: TransferID, on channel: CurlChannel) async -> End? {
        while true {
            switch await channel.nextEvent() {
            case .transferFinished(_, .success(let result)):
                return End(
                    status: result.status, contentType: result.header("content-type"),
                    location: result.header("location"), bytes: result.bytes.count)
            case .transferFinished(_, .failure(let failed)):
                if case .cancelled = failed.error { return nil }
                return End(
                    status: failed.status, error: failed.error.label,
                    contentType: failed.headers.first { $0.name == "content-type" }?.value, bytes: failed.bytes.count)
            case .taskCancelled: channel.cancel(id)
            case .alarm, .chunkArrived: break
            }
        }
    }

    /// Where an answer sends the probe, where that is followed.
    private func target(of end: End, from uri: String, _ hop: Int) -> String? {
        guard !settings.judge.redirectsRefuse, hop < SessionRun.redirectLimit, let status = end.status,
            [301, 302, 303, 307, 308].contains(status), let location = end.location, !location.isEmpty
        else { return nil }
        return URIReference.resolve(location, against: uri)
    }

    /// The next hop: headers and cookies stay with their host.
    private func redirected(_ request: OutgoingRequest, to target: String) -> OutgoingRequest {
        var next = OutgoingRequest(uri: target)
        if URIReference(target).authority == URIReference(request.uri).authority {
            next.headers = request.headers
            next.cookies = request.cookies
        }
        return next
    }
}
