import NIOCore
import Quantities
import Synchronization

/// Wakes whoever waits for an instant of the origin's clock: one timer for each instant, however many wait for it.
///
/// So a thousand players that hold a playlist request for the same part cost one timer and are woken together.
final class AlarmClock: Sendable {
    private typealias Sleeper = CheckedContinuation<Void, any Error>

    private struct State {
        var sleepers: [WallTime: [UInt64: Sleeper]] = [:]
        /// Those that were cancelled before they had fallen asleep.
        var cancelled: Set<UInt64> = []
        var nextNumber: UInt64 = 0
        var timers = 0
    }

    private let state = Mutex(State())
    private let loops: any EventLoopGroup
    private let clock: @Sendable () -> WallTime

    init(loops: any EventLoopGroup, clock: @escaping @Sendable () -> WallTime) {
        self.loops = loops
        self.clock = clock
    }

    /// The timers that were set since the beginning.
    var timers: Int { state.withLock { $0.timers } }
    /// How many wait now.
    var waiting: Int { state.withLock { $0.sleepers.values.reduce(0) { $0 + $1.count } } }

    /// Returns when the instant has come, at once when it has passed.
    ///
    /// - Throws: `CancellationError` when the task is cancelled.
    func wait(until instant: WallTime) async throws {
        let left = instant - clock()
        guard left > .zero else { return }
        let number = state.withLock { state in
            state.nextNumber += 1
            return state.nextNumber
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { sleeper in fallAsleep(sleeper, number, until: instant, left) }
        } onCancel: {
            let sleeper = state.withLock { state -> Sleeper? in
                guard let sleeper = state.sleepers[instant]?.removeValue(forKey: number) else {
                    state.cancelled.insert(number)
                    return nil
                }
                return sleeper
            }
            sleeper?.resume(throwing: CancellationError())
        }
        state.withLock { _ = $0.cancelled.remove(number) }
    }

    private func fallAsleep(
        _ sleeper: Sleeper, _ number: UInt64, until instant: WallTime, _ left: Quantities.TimeAmount
    ) {
        enum Outcome {
            case cancelled
            case sleeps(needsTimer: Bool)
        }
        let outcome = state.withLock { state -> Outcome in
            if state.cancelled.remove(number) != nil { return .cancelled }
            let isFirst = state.sleepers[instant] == nil
            state.sleepers[instant, default: [:]][number] = sleeper
            if isFirst { state.timers += 1 }
            return .sleeps(needsTimer: isFirst)
        }
        switch outcome {
        case .cancelled: sleeper.resume(throwing: CancellationError())
        case .sleeps(let needsTimer):
            guard needsTimer else { return }
            _ = loops.next().scheduleTask(in: .nanoseconds(left.nanoseconds)) { self.ring(instant) }
        }
    }

    private func ring(_ instant: WallTime) {
        let sleepers = state.withLock { $0.sleepers.removeValue(forKey: instant) }
        for sleeper in sleepers?.values ?? [:].values { sleeper.resume() }
    }
}
