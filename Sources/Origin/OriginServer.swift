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

    /// The edges in the order of the settings.
    package let edges: [ListeningEdge]
    private let responders: [Edge]
    private let servers: Task<Void, Never>

    private init(edges: [ListeningEdge], responders: [Edge], servers: Task<Void, Never>) {
        self.edges = edges
        self.responders = responders
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
        let responders = settings.edges.map { Edge($0, origin: settings, source: source) }
        let (reports, reporter) = AsyncStream<Report>.makeStream()
        // Reason: the servers outlive this call; `stop()` cancels this task and waits for its end.
        let servers = Task {
            await withTaskGroup { group in
                for (index, edge) in responders.enumerated() {
                    group.addTask { await serve(edge, number: index, clock: settings.clock, reporter: reporter) }
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
        guard ports.count == responders.count else {
            servers.cancel()
            await servers.value
            let edge = settings.edges.first
            throw .cannotListen(address: edge?.address ?? "", port: edge?.port ?? 0, reason: "the start was cancelled")
        }
        let edges = settings.edges.enumerated().map { index, edge in
            ListeningEdge(pop: edge.pop, address: edge.address, port: ports[index] ?? edge.port)
        }
        return OriginServer(edges: edges, responders: responders, servers: servers)
    }

    /// What each edge did since the start, in the order of the settings.
    package func statistics() -> [EdgeStatistics] { responders.map(\.statistics) }

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
    _ edge: Edge, number: Int, clock: @escaping @Sendable () -> WallTime, reporter: AsyncStream<Report>.Continuation
) async {
    let responder = ConnectionResponder(edge: edge, clock: clock)
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

    private static let range = HTTPField.Name.range
    private static let cookie = HTTPField.Name.cookie

    func respond(to request: Request, on channel: any Channel) async throws {
        let head = request.head
        var seen = EdgeRequest(method: head.method.rawValue, target: head.path ?? "")
        seen.range = head.headerFields[Self.range]
        if edge.hasGate {
            seen.cookies = head.headerFields[values: Self.cookie].joined(separator: "; ")
            for field in head.headerFields where edge.gateHeaders.contains(field.name.canonicalName) {
                seen.headers[field.name.canonicalName] = field.value
            }
            seen.clientAddress = channel.remoteAddress?.ipAddress
        }
        let reply = edge.answer(seen, now: clock())
        var sent: Int64 = 0
        var served = reply.served
        defer {
            served.bytes = sent
            edge.record(served)
        }
        let sender = ReplySender(
            channel: channel, delay: edge.settings.firstByteDelay, cap: edge.settings.throughputCap)
        do {
            try await sender.send(reply, sent: &sent)
        } catch {
            served.isAborted = !(error is ReplySender.CutOff)
            throw error
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
