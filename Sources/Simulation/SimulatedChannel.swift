import Quantities
import Synchronization
import Transport

/// A channel without a network: responses come from a closure, time from a clock that ``nextEvent()`` moves on.
///
/// The contract is ``TransferChannel``'s, so that what drives a real channel drives this one, in no time and always
/// with the same outcome. `nextEvent` never waits, except where nothing can ever happen but the task's cancellation.
/// Of things due at the same instant, transfers come first, in the order of their begin, and then the alarm.
package final class SimulatedChannel: TransferChannel {
    /// What the server does with a request.
    ///
    /// The request has the `Cookie` header that the channel sends.
    package typealias Server = (TransferRequest) -> SimulatedResponse

    private struct Waiting {
        var id: TransferID
        var request: TransferRequest
        var begun: Instant
        var deadline: Instant { begun + min(request.timeouts.firstByte, request.timeouts.total) }
    }

    /// The virtual clock.
    package private(set) var now: Instant
    private let settings: ChannelSettings
    private let server: Server
    private var running: [SimulatedTransfer] = []
    private var waiting = [Waiting]()
    private var events = [ChannelEvent]()
    private var alarm: Instant?
    private var cookies = CookieJar()
    private var idleConnections: [String: Int] = [:]
    private var cancellationIsReported = false
    private var isClosed = false
    private let cancellation = CancellationWait()

    /// Creates a channel whose clock begins at `start`.
    package init(settings: ChannelSettings = ChannelSettings(), start: Instant = .zero, server: @escaping Server) {
        self.settings = settings
        self.server = server
        now = start
    }

    /// Begins a transfer; it is reported by ``nextEvent()``.
    package func begin(_ request: TransferRequest, as id: TransferID) {
        precondition(!isClosed, "a closed channel begins no transfer")
        guard SimulatedURI(request.uri) != nil else {
            let timings = TransferTimings(begun: now, total: .zero)
            return report(id, .failure(FailedTransfer(error: .badURI, timings: timings)))
        }
        waiting.append(Waiting(id: id, request: request, begun: now))
        startWaiting()
    }

    /// Ends a transfer early.
    package func cancel(_ id: TransferID) {
        if let position = waiting.firstIndex(where: { $0.id == id }) {
            let transfer = waiting.remove(at: position)
            reportWaiting(transfer, .cancelled(received: .zero))
        } else if let position = running.firstIndex(where: { $0.id == id }) {
            let transfer = running.remove(at: position)
            report(id, .failure(transfer.cancelled(at: now, kept: settings.keptHeaders)))
            startWaiting()
        }
    }

    /// What has arrived of a transfer so far.
    package func progress(of id: TransferID) -> TransferProgress? {
        if waiting.contains(where: { $0.id == id }) { return TransferProgress(bytes: .zero, firstByte: nil) }
        return running.first { $0.id == id }.map { $0.progress(at: now) }
    }

    /// Keeps a cookie for later requests.
    package func store(_ cookie: ChannelCookie) { cookies.keep(cookie) }

    /// Sets, moves or takes away the alarm.
    package func setAlarm(at instant: Instant?) { alarm = instant }

    /// Moves the clock on to what happens next, and gives it.
    package func nextEvent() async -> ChannelEvent {
        if !events.isEmpty { return events.removeFirst() }
        guard !isClosed else { return .taskCancelled }
        if Task.isCancelled, !cancellationIsReported {
            cancellationIsReported = true
            return .taskCancelled
        }
        while events.isEmpty {
            guard advance() else {
                precondition(!cancellationIsReported, "nothing can happen on this channel any more")
                await cancellation.wait()
                cancellationIsReported = true
                return .taskCancelled
            }
        }
        return events.removeFirst()
    }

    /// Closes the channel; nothing more is reported.
    package func close() {
        isClosed = true
        running.removeAll()
        waiting.removeAll()
        events.removeAll()
        alarm = nil
    }

    /// Lets the earliest thing happen; false when there is none.
    private func advance() -> Bool {
        let ending = running.indices.min { running[$0].end.instant < running[$1].end.instant }
        let transferEnd = ending.map { running[$0].end.instant } ?? .distantFuture
        let waitingEnd = waiting.lazy.map(\.deadline).min() ?? .distantFuture
        let next = min(transferEnd, waitingEnd, alarm ?? .distantFuture)
        if next == .distantFuture, ending == nil, alarm == nil { return false }
        now = max(now, next)
        if let ending, transferEnd == next {
            finish(running.remove(at: ending))
        } else if waitingEnd == next, let late = waiting.firstIndex(where: { $0.deadline == next }) {
            let transfer = waiting.remove(at: late)
            let limits = transfer.request.timeouts
            reportWaiting(transfer, .timeout(limits.total <= limits.firstByte ? .total : .firstByte))
        } else {
            alarm = nil
            events.append(.alarm)
        }
        return true
    }

    private func finish(_ transfer: SimulatedTransfer) {
        if let error = transfer.end.error {
            report(transfer.id, .failure(transfer.failure(error, at: now, kept: settings.keptHeaders)))
        } else {
            if let uri = SimulatedURI(transfer.request.uri) {
                cookies.take(transfer.response.headers, from: uri, at: now)
                if !transfer.response.closesConnection { idleConnections[uri.origin, default: 0] += 1 }
            }
            for index in 0..<transfer.chunkCount {
                events.append(.chunkArrived(transfer.id, ChunkArrival(index: index, at: now)))
            }
            report(transfer.id, .success(transfer.result(version: settings.version, kept: settings.keptHeaders)))
        }
        startWaiting()
    }

    private func startWaiting() {
        while running.count < max(1, settings.parallelTransfers), !waiting.isEmpty {
            let next = waiting.removeFirst()
            guard let uri = SimulatedURI(next.request.uri) else { continue }
            var request = next.request
            request.headers = settings.headers(with: request.headers)
            request.headers.removeAll { ["host", "accept-encoding", "range"].contains($0.name.lowercased()) }
            if let cookie = cookies.header(for: uri, at: now) {
                request.headers.append(HTTPHeader(name: "Cookie", value: cookie))
            }
            let idle = idleConnections[uri.origin] ?? 0
            if idle > 0 { idleConnections[uri.origin] = idle - 1 }
            running.append(
                SimulatedTransfer(
                    id: next.id, request: next.request, begun: next.begun, started: now, isReused: idle > 0,
                    isSecure: uri.isSecure, response: server(request)))
        }
    }

    private func report(_ id: TransferID, _ result: Result<TransferResult, FailedTransfer>) {
        events.append(.transferFinished(id, result))
    }

    private func reportWaiting(_ transfer: Waiting, _ error: TransferError) {
        let timings = TransferTimings(begun: transfer.begun, total: now - transfer.begun)
        report(transfer.id, .failure(FailedTransfer(error: error, timings: timings)))
    }
}

/// A wait for the current task's cancellation and nothing else.
private final class CancellationWait: Sendable {
    private enum State {
        case idle
        case waiting(CheckedContinuation<Void, Never>)
        case cancelled
    }

    private let state = Mutex(State.idle)

    func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state -> Bool in
                    if case .cancelled = state { return true }
                    state = .waiting(continuation)
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let waiting = state.withLock { state -> CheckedContinuation<Void, Never>? in
                defer { state = .cancelled }
                if case .waiting(let continuation) = state { return continuation }
                return nil
            }
            waiting?.resume()
        }
    }
}
