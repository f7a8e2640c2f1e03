import Access
import Quantities
import Synchronization

/// One edge without its sockets: from a request and an instant to a reply.
///
/// The order is that of a CDN: the gate, then the edge's own faults, then cache and content.
final class Edge: Sendable {
    let settings: EdgeSettings
    let gate: TokenGate?
    /// Who has shown which token, where that matters.
    let ledger: SharingLedger?
    /// The entitlement API, where this edge serves it.
    let entitlements: EntitlementService?
    let source: Source
    let steering: Steering
    let lifetimes: Lifetimes
    let cache = EdgeCache()
    private let counters: Mutex<Counters>
    private let onRequest: (@Sendable (ServedRequest) -> Void)?

    /// The headers that never change.
    let fixedHeaders: [(name: String, value: String)]
    /// The last second that was asked for as an HTTP date.
    private let lastDate = Mutex<(second: Int64, text: String)>((.min, ""))

    /// The time as an HTTP date, written once a second.
    func date(at now: WallTime) -> String {
        let second = floorDivide(now.nanoseconds, 1_000_000_000)
        return lastDate.withLock { last in
            if last.second != second { last = (second, TimeText.http(now)) }
            return last.text
        }
    }

    /// Where the edge gets what it does not have.
    enum Source: Sendable {
        case synthetic(SyntheticContent)
        case directory(MediaDirectory)
    }

    /// How long answers are kept, and requests held.
    struct Lifetimes: Sendable {
        var changing: TimeAmount
        var fixed: TimeAmount
        var segment: TimeAmount
        /// A playlist of low latency that nobody waits for: where nothing else is set it is made anew, or viewers would
        /// begin behind those who wait.
        var plainLowLatency: TimeAmount
        /// What a request has waited for: six target durations, as the HLS specification asks for.
        var awaited: TimeAmount
        /// How long a request waits at most: three target durations.
        var patience: TimeAmount
    }

    private struct Counters {
        var statistics: EdgeStatistics
        /// The number of requests for each kind, which numbers the faults.
        var playlists: UInt64 = 0
        var segments: UInt64 = 0
        /// All requests, when they come.
        var numbers: UInt64 = 0
    }

    init(
        _ settings: EdgeSettings, origin: OriginSettings, source: Source, steering: Steering? = nil,
        ledger: SharingLedger? = nil, entitlements: EntitlementService? = nil
    ) {
        self.settings = settings
        self.steering = steering ?? Steering(origin.steering)
        gate = origin.gate
        self.ledger = ledger ?? origin.gate?.sharing.map { SharingLedger($0) }
        let service = entitlements ?? origin.entitlements.map { EntitlementService($0, gate: origin.gate) }
        self.entitlements = settings.servesEntitlements ? service : nil
        self.source = source
        onRequest = origin.onRequest
        fixedHeaders = [
            ("Server", "fullhouse-origin"), ("Via", "1.1 \(settings.pop) (fullhouse)"),
            ("X-Served-By", "cache-\(settings.pop)"), ("X-POP", settings.pop), ("Access-Control-Allow-Origin", "*"),
        ]
        let half = TimeAmount(nanoseconds: origin.content.liveSegmentDuration.nanoseconds / 2)
        lifetimes = Lifetimes(
            changing: settings.cache.livePlaylist ?? half, fixed: settings.cache.fixedPlaylist,
            segment: settings.cache.segment, plainLowLatency: settings.cache.livePlaylist ?? .zero,
            awaited: .seconds(origin.content.liveSegmentDuration.seconds.rounded(.up) * 6),
            patience: .seconds(origin.content.liveSegmentDuration.seconds.rounded(.up) * 3))
        counters = Mutex(Counters(statistics: EdgeStatistics(pop: settings.pop)))
    }

    /// Whether cookies, headers and addresses of requests matter.
    var readsCredentials: Bool { gate != nil || entitlements != nil }

    /// Whether somebody wants to hear of each request.
    var isObserved: Bool { onRequest != nil }

    /// The number of another request.
    func nextNumber() -> UInt64 {
        counters.withLock { counters in
            counters.numbers += 1
            return counters.numbers
        }
    }

    /// What the edge did so far.
    var statistics: EdgeStatistics { counters.withLock { $0.statistics } }

    /// Records what was really sent of a reply to a request with this query.
    func record(_ served: ServedRequest, query: Substring?) {
        counters.withLock { counters in
            counters.statistics.record(served)
            if let query { counters.statistics.record(query: query) }
        }
        onRequest?(served)
    }

    /// What is to be done about a request.
    enum Decision {
        case reply(EdgeReply)
        /// Ask again at this instant.
        case wait(until: WallTime)
    }

    /// Decides what to do about a request.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - now: The instant.
    ///   - arrival: The instant at which the request arrived, where it has waited since.
    /// - Returns: The answer, or the instant at which to ask again.
    func decide(_ request: EdgeRequest, now: WallTime, arrival: WallTime? = nil) -> Decision {
        if let entitlements, entitlements.serves(request.path) { return .reply(entitle(request, entitlements, now)) }
        let gated = gate?.read(request)
        let path = gated?.path ?? String(request.path)
        let target = resolve(path)
        var context = Context(
            request: request, path: path, resource: target?.resource ?? .segment, kind: kind(of: target, path),
            now: now, arrival: arrival ?? now)
        guard request.method == "GET" || request.method == "HEAD" else {
            return .reply(refusal(405, "Only GET and HEAD are allowed here.", context, [("Allow", "GET, HEAD")]))
        }
        guard path.utf8.first == UInt8(ascii: "/"), path.utf8.count <= 4_096 else {
            return .reply(refusal(400, "The path is not a path.", context))
        }
        if Self.hasDotSegments(path) || (gated?.inPath != nil && Self.hasDotSegments(String(request.path))) {
            return .reply(refusal(404, "Not found.", context))
        }
        if case .clock? = target { return .reply(clock(context)) }
        if let refused = passGate(gated, &context) { return .reply(refused) }
        switch target {
        case .steering: return .reply(steer(context))
        case .down: return .reply(refusal(503, "This place is down.", context))
        case .synthetic(let address):
            if let decision = waits(for: address, context) { return decision }
        case .clock, .file, nil: break
        }
        return .reply(answer(target, context))
    }

    /// The answer of now to a request: one that would have to wait is refused.
    func answer(_ request: EdgeRequest, now: WallTime) -> EdgeReply {
        switch decide(request, now: now) {
        case .reply(let reply): return reply
        case .wait:
            let path = gate?.read(request).path ?? String(request.path)
            let context = Context(
                request: request, path: path, resource: resolve(path)?.resource ?? .segment, now: now, arrival: now)
            return refusal(503, "That does not exist yet.", context)
        }
    }

    private func answer(_ target: Target?, _ context: Context) -> EdgeReply {
        let fault = nextFault(context.resource)
        if let status = fault?.refusalStatus { return refusal(status, "This failure is intended.", context) }
        if case .synthetic(let address)? = target, case .synthetic(let content) = source {
            if address.kind.wantsPass, address.resource == .segment,
                queryValue("pass", in: context.request.query) != Substring(address.name)
            {
                return refusal(403, "The query lacks pass=\(address.name).", context)
            }
            if let pieces = content.progress(of: address, now: context.now) {
                return reply(pieces, mediaType: content.mediaType(of: address), context)
            }
        }
        guard let target, var look = look(target, context) else { return missing(target, context) }
        if let fault { look.object = fault.spoil(look.object) }
        var cut: Double?
        if case .truncated(let share)? = fault { cut = share }
        return reply(look, lifetime: lifetime(of: target, context.directives), cut: cut, context)
    }

    /// The answer to what is not there: for a patch, whether it will be.
    private func missing(_ target: Target?, _ context: Context) -> EdgeReply {
        if case .synthetic(let address)? = target, case .patch(let end) = address.item,
            case .synthetic(let content) = source
        {
            let writer = DASHWriter(
                content: content, address: address, now: context.now - settings.staleness,
                deployment: steering.deployment(of: settings.pop, faults: settings.contentFaults))
            return writer.patchRefusal(from: end) == .tooEarly
                ? refusal(425, "Nothing has changed yet.", context)
                : refusal(410, "There is no patch from that MPD.", context)
        }
        return refusal(404, "Not found.", context)
    }

    /// Whether a request has to wait for what it asks for, or asks for too much; nil when it can be answered.
    private func waits(for address: ContentAddress, _ context: Context) -> Decision? {
        guard case .synthetic(let content) = source else { return nil }
        let seen = seen(address, at: context.now, content)
        switch content.waiting(for: address, context.directives, now: seen) {
        case .none: return nil
        case .refused(let sentence): return .reply(refusal(400, sentence, context))
        case .until(let instant):
            let end = context.arrival + lifetimes.patience
            guard context.now < end else {
                return .reply(refusal(503, "What was waited for did not come.", context))
            }
            return .wait(until: min(context.now + (instant - seen), end))
        }
    }

    // MARK: Faults

    private func nextFault(_ resource: ResourceKind) -> Fault? {
        let rates = resource == .playlist ? settings.playlistFaults : settings.segmentFaults
        let number = counters.withLock { counters in
            if resource == .playlist {
                counters.playlists += 1
                return counters.playlists
            }
            counters.segments += 1
            return counters.segments
        }
        return Fault(rates, seed: settings.seed, number: number, of: resource)
    }
}
