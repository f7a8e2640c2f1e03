import Dispatch
import Foundation
import LoadTest
import Synchronization

/// Ctrl-C (and SIGTERM): once ends a run gently, twice at once, always with a report.
final class Interruption: Sendable {
    private let gentle = StopSignal()
    private let count = Mutex(0)
    private let notice: String
    private let atOnce: @Sendable () -> Void
    // Invariant: made in init and only cancelled afterwards, which DispatchSource allows on any thread.
    nonisolated(unsafe) private var sources: [any DispatchSourceSignal] = []

    /// - Parameters:
    ///   - notice: What is said at the first signal.
    ///   - atOnce: Draws what there is, at the second; the process ends after it.
    init(notice: String, atOnce: @escaping @Sendable () -> Void) {
        self.notice = notice
        self.atOnce = atOnce
        let queue = DispatchQueue(label: "fullhouse.interruption")
        for number in [SIGINT, SIGTERM] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { [weak self] in self?.received() }
            source.resume()
            sources.append(source)
        }
    }

    /// Waits for the first signal; nil when the task was cancelled before.
    func wait() async -> String? { await gentle.wait() }

    private func received() {
        let number = count.withLock { count in
            count += 1
            return count
        }
        if number == 1 {
            StandardError.line("\nfullhouse: " + notice)
            gentle.raise("the operator stopped it")
        } else if number == 2 {
            atOnce()
            exit(ExitStatus.interrupted.rawValue)
        }
    }

    /// Gives the signals back to the system.
    func end() {
        for source in sources { source.cancel() }
        for number in [SIGINT, SIGTERM] { signal(number, SIG_DFL) }
    }
}
