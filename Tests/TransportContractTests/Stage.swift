import CurlTransport
import Glibc
import Quantities
import Simulation
import Synchronization
import Testing
import Transport

/// The transports that keep the contract.
enum TransportKind: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case curl
    /// libcurl over a link that is fast, but not without delay.
    case linked
    case simulated
    var testDescription: String { rawValue }
}

/// What the server of a test does with a request, for a real server and a simulated one alike.
struct Reply: Sendable {
    var status = 200
    var headers: [HTTPHeader] = []
    var body: [UInt8] = []
    var course = SimulatedResponse.Course.complete
    var delayMilliseconds = 0

    init(
        _ status: Int = 200, _ body: String = "", headers: [HTTPHeader] = [],
        course: SimulatedResponse.Course = .complete, delay: Int = 0
    ) {
        self.status = status
        self.headers = headers
        self.body = Array(body.utf8)
        self.course = course
        delayMilliseconds = delay
    }

    /// The steps of a real server.
    func steps(isHead: Bool) -> [ServerStep] {
        var head = "HTTP/1.1 \(status) Status\r\nContent-Length: \(body.count)\r\n"
        for header in headers { head += "\(header.name): \(header.value)\r\n" }
        let start = Array((head + "\r\n").utf8)
        let wait: [ServerStep] = delayMilliseconds > 0 ? [.pause(milliseconds: delayMilliseconds)] : []
        let content = isHead ? [] : body
        switch course {
        case .complete: return wait + [.send(start + content)]
        case .truncated(let after): return wait + [.send(start + content.prefix(Int(after.count))), .close]
        case .stalls(let after): return wait + [.send(start + content.prefix(Int(after.count))), .hang]
        case .neverAnswers: return [.hang]
        case .malformed: return wait + [.send(Array("this is not HTTP\r\n\r\n".utf8)), .close]
        case .refused, .unknownHost: return [.close]
        }
    }
}

/// Where a check of the contract is played: a server with a script, and channels to it.
struct Stage: Sendable {
    typealias Script = @Sendable (SeenRequest) -> Reply

    var kind: TransportKind
    /// The server's URI without a path.
    var base: String
    /// The URI of a server that accepts connections but never finishes a TLS handshake.
    var slowBase: String
    /// The URI of a server that refuses connections.
    var refusedBase: String
    /// Opens a channel; on the executor that the checks run on.
    var open: @Sendable (ChannelSettings) -> any TransferChannel

    /// Plays a check over one transport.
    static func play(
        _ kind: TransportKind, script: @escaping Script, check: @escaping @Sendable (Stage) async throws -> Void
    ) async throws {
        switch kind {
        case .curl: try await playReal(script, check)
        case .linked:
            try await playReal(
                script, over: LinkTrace(name: "fast", rate: .megabits(50), delay: .milliseconds(2)), check)
        case .simulated: try await check(simulated(script))
        }
    }

    private static func playReal(
        _ script: @escaping Script, over trace: LinkTrace? = nil,
        _ check: @escaping @Sendable (Stage) async throws -> Void
    ) async throws {
        let server = try #require(ScriptedServer { script($0).steps(isHead: $0.method == "HEAD") })
        defer { server.stop() }
        let group = try CurlLoopGroup(loops: 1)
        defer { group.shutDown() }
        let loop = group.loops[0]
        let households = HouseholdCounter()
        let stage = Stage(
            kind: trace == nil ? .curl : .linked, base: "http://127.0.0.1:\(server.port)",
            slowBase: "https://127.0.0.1:\(server.port)",
            refusedBase: "http://127.0.0.1:\(try #require(unusedPort()))",
            open: { settings in
                var settings = settings
                // Each channel has the link for itself.
                let household = households.next()
                if let trace { settings.link = LinkAttachment(trace, household: household) }
                return loop.openChannel(settings)
            })
        try await Task(executorPreference: loop) { try await check(stage) }.value
        let statistics = loop.statistics()
        #expect(statistics.transfersOpen == 0)
        #expect(statistics.connectionsOpen == 0)
        #expect(statistics.channelsOpen == 0)
        #expect(statistics.reconnectsUncaused == 0)
    }

    private static func simulated(_ script: @escaping Script) -> Stage {
        Stage(
            kind: .simulated, base: "http://server.test", slowBase: "https://slow.test",
            refusedBase: "http://refused.test",
            open: { settings in
                SimulatedChannel(settings: settings) { request in
                    if request.uri.hasPrefix("http://refused.test") { return SimulatedResponse(course: .refused) }
                    if request.uri.hasPrefix("https://slow.test") {
                        return SimulatedResponse(setup: .seconds(100 as Int64))
                    }
                    var seen = SeenRequest(method: request.method.rawValue, body: request.requestBody ?? [])
                    seen.path = String(request.uri.dropFirst("http://server.test".count))
                    seen.headers = request.headers.map { ($0.name.lowercased(), $0.value) }
                    if let range = request.byteRange { seen.headers.append(("range", "bytes=" + range.httpValue)) }
                    let reply = script(seen)
                    return SimulatedResponse(
                        status: reply.status, headers: reply.headers, body: .bytes(reply.body), course: reply.course,
                        latency: .milliseconds(Int64(reply.delayMilliseconds)))
                }
            })
    }
}

/// A loopback port that nobody listens on: one the system just gave away and got back.
func unusedPort() -> UInt16? {
    guard let server = ScriptedServer(script: { _ in [] }) else { return nil }
    server.stop()
    return server.port
}

extension TransferChannel {
    /// Begins a GET and waits for the next event, which must be its end.
    func get(
        _ uri: String, id: UInt32, body: TransferRequest.Body = .keep(limit: .mebibytes(1)),
        timeouts: TransferTimeouts = TransferTimeouts()
    ) async throws -> Result<TransferResult, FailedTransfer> {
        begin(TransferRequest(uri: uri, body: body, timeouts: timeouts), as: TransferID(id))
        return try await ended(id)
    }

    /// The next event, which must be the end of this transfer.
    func ended(_ id: UInt32) async throws -> Result<TransferResult, FailedTransfer> {
        guard case .transferFinished(TransferID(id), let result) = await nextEvent() else {
            throw UnexpectedEvent()
        }
        return result
    }

    /// The next event, which must be a failure of this transfer.
    func failed(_ id: UInt32) async throws -> FailedTransfer {
        guard case .failure(let failure) = try await ended(id) else { throw UnexpectedEvent() }
        return failure
    }

    /// Lets time pass without another event.
    func rest(milliseconds: Int64) async throws {
        setAlarm(at: now + .milliseconds(milliseconds))
        guard case .alarm = await nextEvent() else { throw UnexpectedEvent() }
    }
}

struct UnexpectedEvent: Error {}

/// Numbers of households, each given once.
final class HouseholdCounter: Sendable {
    private let last = Atomic<UInt64>(0)
    func next() -> UInt64 { last.add(1, ordering: .relaxed).newValue }
}
