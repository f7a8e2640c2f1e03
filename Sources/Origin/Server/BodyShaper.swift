import NIOCore
import Quantities
import Synchronization

/// Holds the bodies of one edge to its cap and its capacity (``FairSharing``), with one timer for all of them.
final class BodyShaper: Sendable {
    private typealias Sleeper = CheckedContinuation<Int, any Error>

    private struct State {
        var sharing: FairSharing
        var sleepers: [UInt64: Sleeper] = [:]
        var cancelled: Set<UInt64> = []
        var nextNumber: UInt64 = 0
        /// When the timer that is set goes off; nil while none is set.
        var timer: Int64?
    }

    private let state: Mutex<State>
    private let loop: any EventLoop

    /// Creates a shaper; nil where there is nothing to hold bodies to.
    init?(_ settings: EdgeSettings, loops: any EventLoopGroup) {
        guard settings.capacity != nil || settings.throughputCap != nil else { return nil }
        let sharing = FairSharing(
            capacity: settings.capacity.map { $0.bitsPerSecond / 8 } ?? .infinity,
            cap: settings.throughputCap.map { $0.bitsPerSecond / 8 } ?? .infinity)
        state = Mutex(State(sharing: sharing))
        loop = loops.next()
    }

    private static func now() -> Int64 { Int64(clamping: NIODeadline.now().uptimeNanoseconds) }

    /// A body begins.
    ///
    /// - Returns: Its number, to be given to ``end(_:)`` in any case.
    func begin() -> UInt64 {
        state.withLock { state in
            state.nextNumber += 1
            state.sharing.join(state.nextNumber, at: Self.now())
            return state.nextNumber
        }
    }

    /// A body has ended or has been given up.
    func end(_ number: UInt64) {
        state.withLock { state in
            state.sharing.leave(number)
            state.cancelled.remove(number)
        }
    }

    /// Waits until some of a body's next bytes may be sent, and says how many: 1 to `count`.
    ///
    /// - Throws: `CancellationError` when the task is cancelled.
    func wait(_ number: UInt64, toSendUpTo count: Int) async throws -> Int {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { fallAsleep($0, number, count) }
        } onCancel: {
            let sleeper = state.withLock { state -> Sleeper? in
                guard let sleeper = state.sleepers.removeValue(forKey: number) else {
                    state.cancelled.insert(number)
                    return nil
                }
                return sleeper
            }
            sleeper?.resume(throwing: CancellationError())
        }
    }

    private func fallAsleep(_ sleeper: Sleeper, _ number: UInt64, _ count: Int) {
        let isCancelled = state.withLock { state in
            if state.cancelled.remove(number) != nil { return true }
            guard let due = state.sharing.ask(number, for: count, at: Self.now()) else { return true }
            state.sleepers[number] = sleeper
            setTimer(due, &state)
            return false
        }
        if isCancelled { sleeper.resume(throwing: CancellationError()) }
    }

    /// Sets the timer, unless it goes off early enough as it is.
    private func setTimer(_ due: Int64, _ state: inout State) {
        if let timer = state.timer, timer <= due { return }
        state.timer = due
        _ = loop.scheduleTask(deadline: .uptimeNanoseconds(UInt64(clamping: due))) { self.ring(due) }
    }

    private func ring(_ due: Int64) {
        let granted = state.withLock { state -> [(Sleeper, Int)] in
            // One that was set earlier took its place.
            guard state.timer == due else { return [] }
            state.timer = nil
            let (grants, next) = state.sharing.settle(at: Self.now())
            if let next { setTimer(next, &state) }
            return grants.compactMap { grant in
                state.sleepers.removeValue(forKey: grant.number).map { ($0, grant.bytes) }
            }
        }
        for (sleeper, bytes) in granted { sleeper.resume(returning: bytes) }
    }
}
