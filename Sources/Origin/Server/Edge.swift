import Access
import Quantities
import Synchronization

/// One edge without its sockets: from a request and an instant to a reply.
///
/// The order is that of a CDN: the gate, then the edge's own faults, then cache and content.
final class Edge: Sendable {
    let settings: EdgeSettings
    private let gate: TokenGate?
    /// The lower-case names of the headers that may carry a token.
    let gateHeaders: Set<String>
    private let source: Source
    private let lifetimes: Lifetimes
    private let cache = EdgeCache()
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

    private struct Lifetimes: Sendable {
        var changing: TimeAmount
        var fixed: TimeAmount
        var segment: TimeAmount
    }

    private struct Counters {
        var statistics: EdgeStatistics
        /// The number of requests for each kind, which numbers the faults.
        var playlists: UInt64 = 0
        var segments: UInt64 = 0
    }

    init(_ settings: EdgeSettings, origin: OriginSettings, source: Source) {
        self.settings = settings
        gate = origin.gate
        let readsHeaders = origin.gate?.placements.contains(.header) ?? false
        gateHeaders = readsHeaders ? Set(origin.gate?.scheme.fieldNames.map { $0.lowercased() } ?? []) : []
        self.source = source
        onRequest = origin.onRequest
        fixedHeaders = [
            ("Server", "fullhouse-origin"), ("Via", "1.1 \(settings.pop) (fullhouse)"),
            ("X-Served-By", "cache-\(settings.pop)"), ("X-POP", settings.pop), ("Access-Control-Allow-Origin", "*"),
        ]
        let half = TimeAmount(nanoseconds: origin.content.liveSegmentDuration.nanoseconds / 2)
        lifetimes = Lifetimes(
            changing: settings.cache.livePlaylist ?? half, fixed: settings.cache.fixedPlaylist,
            segment: settings.cache.segment)
        counters = Mutex(Counters(statistics: EdgeStatistics(pop: settings.pop)))
    }

    /// Whether any request has to show a token.
    var hasGate: Bool { gate != nil }

    /// What the edge did so far.
    var statistics: EdgeStatistics { counters.withLock { $0.statistics } }

    /// Records what was really sent of a reply.
    func record(_ served: ServedRequest) {
        counters.withLock { $0.statistics.record(served) }
        onRequest?(served)
    }

    /// Decides the answer to a request.
    func answer(_ request: EdgeRequest, now: WallTime) -> EdgeReply {
        let path = String(request.path)
        let target = resolve(path)
        var context = Context(request: request, path: path, resource: target?.resource ?? .segment, now: now)
        guard request.method == "GET" || request.method == "HEAD" else {
            return refusal(405, "Only GET and HEAD are allowed here.", context, [("Allow", "GET, HEAD")])
        }
        guard path.utf8.first == UInt8(ascii: "/"), path.utf8.count <= 4_096 else {
            return refusal(400, "The path is not a path.", context)
        }
        if Self.hasDotSegments(path) { return refusal(404, "Not found.", context) }
        if case .clock? = target { return clock(context) }
        if let refused = passGate(&context) { return refused }
        var cut: Double?
        if let fault = nextFault(context.resource) {
            guard case .truncated(let share) = fault else {
                return refusal(fault.status, "This failure is intended.", context)
            }
            cut = share
        }
        guard let target, let look = look(target, path: path, now: now) else {
            return refusal(404, "Not found.", context)
        }
        return reply(look, lifetime: lifetime(of: target), cut: cut, context)
    }

    // MARK: Content

    /// What a path is to this edge.
    private enum Target {
        case clock
        case synthetic(ContentAddress)
        case file(ResourceKind)

        var resource: ResourceKind {
            switch self {
            case .clock: .clock
            case .synthetic(let address): address.resource
            case .file(let kind): kind
            }
        }
    }

    private func resolve(_ path: String) -> Target? {
        if path == "/time" { return .clock }
        switch source {
        case .synthetic(let content):
            return content.address(of: path).map { .synthetic($0) }
        case .directory:
            let type = MediaType.ofFile(path)
            return .file(type == MediaType.hls || type == MediaType.dash ? .playlist : .segment)
        }
    }

    private func lifetime(of target: Target) -> TimeAmount {
        switch target {
        case .clock: .zero
        case .synthetic(let address) where address.changes: lifetimes.changing
        case .synthetic(let address): address.resource == .playlist ? lifetimes.fixed : lifetimes.segment
        case .file(let kind): kind == .playlist ? lifetimes.changing : lifetimes.segment
        }
    }

    private func look(_ target: Target, path: String, now: WallTime) -> EdgeCache.Look? {
        let isPlaylist = target.resource == .playlist
        return cache.look(path, now: now, lifetime: lifetime(of: target), keepsObject: isPlaylist) { instant in
            switch (target, source) {
            case (.synthetic(let address), .synthetic(let content)):
                let seen = address.changes ? instant - settings.staleness : instant
                return content.object(at: address, now: seen).map { EdgeObject($0) }
            case (.file, .directory(let directory)):
                return Self.object(path, in: directory, keeping: isPlaylist)
            case (.clock, _), (.synthetic, .directory), (.file, .synthetic):
                return nil
            }
        }
    }

    /// A file of a directory; a playlist is read at once, because a packager may be writing its next version.
    private static func object(_ path: String, in directory: MediaDirectory, keeping: Bool) -> EdgeObject? {
        guard let file = directory.open(path) else { return nil }
        let type = MediaType.ofFile(path) ?? "application/octet-stream"
        guard keeping, file.size <= 16 << 20 else { return EdgeObject(file, mediaType: type) }
        return file.read(at: 0, count: file.size).map { EdgeObject(ContentObject(mediaType: type, bytes: $0)) }
    }

    // MARK: Gate and faults

    /// The refusal of the gate, or nil when it lets the request in; a cookie that was earned is noted in the context.
    private func passGate(_ context: inout Context) -> EdgeReply? {
        let path = context.path
        guard let gate, gate.prefixes.contains(where: { path.hasPrefix($0) }) else { return nil }
        let isPlaylist = context.resource == .playlist
        let outcome = gate.admit(context.request, path: path, isPlaylist: isPlaylist, at: context.now)
        context.verdict = outcome.verdict
        context.cookie = outcome.cookie
        guard outcome.verdict != .valid else { return nil }
        return refusal(403, outcome.verdict.sentence, context)
    }

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

    /// Whether a segment of a path is `.` or `..`, encoded or not: such a path could pass a gate as another one.
    static func hasDotSegments(_ path: String) -> Bool {
        guard path.utf8.contains(UInt8(ascii: ".")) || path.utf8.contains(UInt8(ascii: "%")) else { return false }
        return path.utf8.split(whereSeparator: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") }).contains {
            guard $0.count <= 6 else { return false }
            let text = Substring($0).lowercased().replacing("%2e", with: ".")
            return text == "." || text == ".."
        }
    }
}

/// What goes wrong with one answer.
enum Fault: Equatable {
    case notFound
    case serverError
    case unavailable
    /// The share of the body that is sent, from 0 to below 1.
    case truncated(Double)

    /// The fault of a numbered request; nil when nothing goes wrong.
    init?(_ rates: FaultRates, seed: UInt64, number: UInt64, of resource: ResourceKind) {
        guard rates != FaultRates() else { return nil }
        var generator = SeededGenerator(seed: seed, stream: number, purpose: resource == .playlist ? 1 : 2)
        var draw = generator.unit()
        let faults: [(Double, Fault)] = [
            (rates.notFound, .notFound), (rates.serverError, .serverError), (rates.unavailable, .unavailable),
            (rates.truncated, .truncated(generator.unit())),
        ]
        for (rate, fault) in faults {
            if draw < rate {
                self = fault
                return
            }
            draw -= rate
        }
        return nil
    }

    var status: Int {
        switch self {
        case .notFound: 404
        case .serverError: 500
        case .unavailable: 503
        case .truncated: 200
        }
    }
}
