import Synchronization

/// Tells a run once that it is to end, and why.
package final class StopSignal: Sendable {
    private enum State {
        case quiet
        case awaited(CheckedContinuation<String?, Never>)
        case raised(String)
        /// The waiter was told, or has gone.
        case over
    }

    private let state = Mutex(State.quiet)

    /// Creates a signal that has not been raised.
    package init() {}

    /// Raises the signal; only the first reason counts.
    package func raise(_ reason: String) {
        let waiter = state.withLock { state -> CheckedContinuation<String?, Never>? in
            switch state {
            case .quiet:
                state = .raised(reason)
                return nil
            case .awaited(let continuation):
                state = .over
                return continuation
            case .raised, .over:
                return nil
            }
        }
        waiter?.resume(returning: reason)
    }

    /// Waits for the signal; nil when the waiting task was cancelled first.
    ///
    /// To be called once.
    package func wait() async -> String? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer = state.withLock { state -> String?? in
                    switch state {
                    case .quiet:
                        state = .awaited(continuation)
                        return nil
                    case .raised(let reason):
                        state = .over
                        return .some(reason)
                    case .awaited, .over:
                        return .some(nil)
                    }
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiter = state.withLock { state -> CheckedContinuation<String?, Never>? in
                if case .awaited(let continuation) = state {
                    state = .over
                    return continuation
                }
                // Cancelled before it began to wait: a raised reason is still to be heard.
                if case .quiet = state { state = .over }
                return nil
            }
            waiter?.resume(returning: nil)
        }
    }
}
