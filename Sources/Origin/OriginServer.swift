import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import Quantities

/// The embedded CDN, listening: one HTTP/1.1 server for each edge, on shared event loops.
///
/// ```swift
/// var settings = OriginSettings(edges: [EdgeSettings(pop: "osl1"), EdgeSettings(address: "127.0.0.2", pop: "bgo1")])
/// settings.edges[1].throughputCap = .megabits(2)
/// let origin = try await OriginServer.start(settings)
/// print(origin.edges[0].baseURL)
/// await origin.stop()
/// ```
package final class OriginServer: Sendable {
    /// Where an edge listens.
    package struct ListeningEdge: Sendable, Hashable {
        /// The POP name.
        package var pop: String
        /// The address, in text.
        package var address: String
        /// The port; never 0.
        package var port: Int

        /// The edge's URL without a slash at its end, such as `http://127.0.0.1:8080`.
        package var baseURL: String { "http://" + (address.contains(":") ? "[\(address)]" : address) + ":\(port)" }
    }

    /// The first pieces of the paths of the synthetic content, such as `vod` and `low-latency` (docs/ORIGIN.md).
    package static let folders: [String] = AssetKind.all.map(\.folder)

    /// The edges in the order of the settings.
    package let edges: [ListeningEdge]
    private let responders: [Edge]
    private let steering: Steering
    private let service: EntitlementService?
    private let alarms: AlarmClock
    private let servers: Task<Void, Never>

    private init(
        edges: [ListeningEdge], responders: [Edge], steering: Steering, service: EntitlementService?,
        alarms: AlarmClock, servers: Task<Void, Never>
    ) {
        self.service = service
        self.edges = edges
        self.responders = responders
        self.steering = steering
        self.alarms = alarms
        self.servers = servers
    }

    /// Starts all edges and returns when every one of them listens.
    ///
    /// - Throws: ``OriginError``: ``OriginError/invalidSettings(_:)`` with all problems at once,
    ///   ``OriginError/directoryMissing(path:)``, or why an edge cannot listen. Then no edge is left listening.
    package static func start(_ settings: OriginSettings) async throws(OriginError) -> OriginServer {
        let problems = settings.problems()
        guard problems.isEmpty else { throw .invalidSettings(problems) }
        let source: Edge.Source
        if let path = settings.directory {
            guard let directory = MediaDirectory(path: path) else { throw .directoryMissing(path: path) }
            source = .directory(directory)
        } else {
            source = .synthetic(SyntheticContent(settings.content))
        }
        let steering = Steering(settings.steering)
        let ledger = settings.gate?.sharing.map { SharingLedger($0) }
        let service = settings.entitlements.map { EntitlementService($0, gate: settings.gate) }
        let responders = settings.edges.map {
            Edge($0, origin: settings, source: source, steering: steering, ledger: ledger, entitlements: service)
        }
        let (unshifted, shift) = (settings.clock, settings.clockShift)
        let clock: @Sendable () -> WallTime = { unshifted() + shift }
        let alarms = AlarmClock(loops: EventLoopGroupProvider.singleton.eventLoopGroup, clock: clock)
        let (reports, reporter) = AsyncStream<Report>.makeStream()
        // Reason: the servers outlive this call; `stop()` cancels this task and waits for its end.
        let servers = Task {
            await withTaskGroup { group in
                for (index, edge) in responders.enumerated() {
                    let responder = ConnectionResponder(
                        edge: edge, clock: clock, alarms: alarms,
                        shaper: BodyShaper(edge.settings, loops: EventLoopGroupProvider.singleton.eventLoopGroup))
                    group.addTask { await serve(responder, number: index, reporter: reporter) }
                }
            }
            reporter.finish()
        }
        var ports: [Int: Int] = [:]
        for await report in reports {
            switch report {
            case .listening(let index, let port): ports[index] = port
            case .ended(let index, let reason):
                servers.cancel()
                await servers.value
                let edge = settings.edges[index]
                throw OriginError(listeningOn: edge.address, port: edge.port, reason)
            }
            if ports.count == responders.count { break }
        }
        guard ports.count == responders.count, !Task.isCancelled else {
            servers.cancel()
            await servers.value
            let edge = settings.edges.first
            throw .cannotListen(address: edge?.address ?? "", port: edge?.port ?? 0, reason: "the start was cancelled")
        }
        let edges = settings.edges.enumerated().map { index, edge in
            ListeningEdge(pop: edge.pop, address: edge.address, port: ports[index] ?? edge.port)
        }
        steering.note(edges: edges.map { Pathway(id: $0.pop, baseURL: $0.baseURL) })
        return OriginServer(
            edges: edges, responders: responders, steering: steering, service: service, alarms: alarms,
            servers: servers)
    }

    /// What each edge did since the start, in the order of the settings.
    package func statistics() -> [EdgeStatistics] { responders.map(\.statistics) }

    /// What the entitlement API did on all edges since the start; nil when there is none.
    package func entitlements() -> EntitlementStatistics? { service?.statistics }

    /// Changes how players are steered from now on, such as the order of the pathways or the steering server's faults.
    package func steer(_ change: (inout SteeringSettings) -> Void) { steering.change(change) }

    /// The requests that are held until what they ask for exists, and the timers that were ever set for such.
    package func held() -> (requests: Int, timers: Int) { (alarms.waiting, alarms.timers) }

    /// Closes all connections, whatever is under way on them, and returns when nothing listens any more.
    package func stop() async {
        servers.cancel()
        await servers.value
    }

    deinit { servers.cancel() }
}

/// What happens to an edge while it starts.
private enum Report: Sendable {
    case listening(edge: Int, port: Int)
    case ended(edge: Int, reason: (any Error)?)
}

/// Serves one edge until the task is cancelled.
private func serve(
    _ responder: ConnectionResponder, number: Int, reporter: AsyncStream<Report>.Continuation
) async {
    let edge = responder.edge
    let server = Server(
        childChannelSetup: HTTP1Channel(
            responder: { request, _, channel in try await responder.respond(to: request, on: channel) }),
        configuration: ServerConfiguration(
            address: .hostname(edge.settings.address, port: edge.settings.port), backlog: 4_096),
        onServerRunning: { channel in
            reporter.yield(.listening(edge: number, port: channel.localAddress?.port ?? edge.settings.port))
        },
        eventLoopGroup: EventLoopGroupProvider.singleton.eventLoopGroup,
        logger: Logger(label: "origin", factory: { _ in SwiftLogNoOpLogHandler() }))
    do {
        try await server.run()
        reporter.yield(.ended(edge: number, reason: nil))
    } catch {
        reporter.yield(.ended(edge: number, reason: error))
    }
}

/// Answers the requests of an edge's connections.
private struct ConnectionResponder: Sendable {
    let edge: Edge
    let clock: @Sendable () -> WallTime
    let alarms: AlarmClock
    let shaper: BodyShaper?

    /// What may lie in the system's buffer of a connection, in bytes, where capacity is shared: what a slow client has not
    /// taken counts as sent, and must not be megabytes.
    private static let sendBuffer = 65_536

    private static let range = HTTPField.Name.range

    func respond(to request: Request, on channel: any Channel) async throws {
        let head = request.head
        var seen = EdgeRequest(method: head.method.rawValue, target: head.path ?? "")
        seen.range = head.headerFields[Self.range]
        if edge.readsCredentials { readCredentials(of: head, on: channel, into: &seen) }
        if let service = edge.entitlements, service.serves(seen.path) {
            seen.body = try await Self.body(of: request, atMost: EntitlementService.bodyLimit)
        }
        let reply = try await decide(seen)
        var sent: Int64 = 0
        var served = reply.served
        if edge.isObserved { served.telemetry = Self.telemetry(of: head, query: seen.query) }
        defer {
            served.bytes = sent
            edge.record(served, query: seen.query)
        }
        let sender = ReplySender(
            channel: channel, delay: edge.settings.firstByteDelay + reply.delay, shaper: shaper, alarms: alarms)
        do {
            if edge.settings.capacity != nil {
                try await channel.setOption(.socketOption(.so_sndbuf), value: Self.sendBuffer).get()
            }
            try await sender.send(reply, sent: &sent)
        } catch {
            served.isAborted = !(error is ReplySender.CutOff)
            throw error
        }
    }

    /// What a player tells of itself with a request (CTA-5004).
    private static func telemetry(of head: HTTPRequest, query: Substring?) -> String? {
        if let field = query?.split(separator: "&").first(where: { $0.hasPrefix("CMCD=") }) {
            return URIReference.decoded(field.dropFirst(5))
        }
        let fields = head.headerFields.filter { $0.name.canonicalName.hasPrefix("cmcd-") }
        return fields.isEmpty ? nil : fields.map(\.value).joined(separator: ",")
    }

    private func readCredentials(of head: HTTPRequest, on channel: any Channel, into seen: inout EdgeRequest) {
        for field in head.headerFields {
            let name = field.name.canonicalName
            let joint = name == "cookie" ? "; " : ", "
            if let old = seen.headers[name] {
                seen.headers[name] = old + joint + field.value
            } else {
                seen.headers[name] = field.value
            }
        }
        seen.cookies = seen.headers.removeValue(forKey: "cookie")
        seen.clientAddress = channel.remoteAddress?.ipAddress
        seen.clientPort = channel.remoteAddress?.port
        seen.authority = head.authority ?? ""
        seen.number = edge.nextNumber()
    }

    /// The body of a request; nil when it is larger, and then the rest of it is read and thrown away by the server.
    private static func body(of request: Request, atMost limit: Int) async throws -> [UInt8]? {
        var bytes: [UInt8] = []
        for try await buffer in request.body {
            guard bytes.count + buffer.readableBytes <= limit else { return nil }
            bytes += buffer.readableBytesView
        }
        return bytes
    }

    /// The edge's answer, once what was asked for exists.
    private func decide(_ request: EdgeRequest) async throws -> EdgeReply {
        let arrival = clock()
        var now = arrival
        while true {
            switch edge.decide(request, now: now, arrival: arrival) {
            case .reply(let reply): return reply
            case .wait(let instant):
                try await alarms.wait(until: instant)
                // A timer that came early must not make us ask again.
                now = max(clock(), instant)
            }
        }
    }
}

extension OriginError {
    /// The reason that the system gives, as one of ours.
    fileprivate init(listeningOn address: String, port: Int, _ error: (any Error)?) {
        guard let error = error as? IOError else {
            self =
                error == nil
                ? .cannotListen(address: address, port: port, reason: "it ended at once")
                : .addressNotAvailable(address: address)
            return
        }
        switch error.errnoCode {
        case ErrorNumber.addressInUse: self = .portInUse(address: address, port: port)
        case ErrorNumber.addressNotAvailable: self = .addressNotAvailable(address: address)
        case ErrorNumber.notPermitted: self = .permissionDenied(address: address, port: port)
        default: self = .cannotListen(address: address, port: port, reason: "system error \(error.errnoCode)")
        }
    }
}
