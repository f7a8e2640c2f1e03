import CMemory
import Playback

/// Bringing what events are about into the processor's cache before their turn.
extension Partition {
    /// Has what the next events are about brought into the processor's cache while this one happens: a large audience is many
    /// times larger than the cache, and waiting for memory is much of what an event costs.
    ///
    /// Each step needs what the one before has brought: a transfer names its session, and a session its link and its player's
    /// storage.
    func prepare() {
        if queue.hasTakenFirst {
            for places in 0..<Self.transferAhead { prepareTransfer(of: queue.upcoming(places)) }
            for places in 0..<Self.sessionAhead { prepareSession(of: queue.upcoming(places)) }
            for places in 0..<Self.storageAhead { prepareStorage(of: queue.upcoming(places)) }
        }
        prepareTransfer(of: queue.upcoming(Self.transferAhead))
        prepareSession(of: queue.upcoming(Self.sessionAhead))
        prepareStorage(of: queue.upcoming(Self.storageAhead))
    }

    @inline(__always)
    private func prepareTransfer(of event: SimulatedEvent?) {
        if let event, event.kind.isOfTransfer { transfers.prefetch(event.target) }
    }

    @inline(__always)
    private func prepareSession(of event: SimulatedEvent?) {
        guard let event else { return }
        guard event.kind != .firstByte else {
            // A body that begins does not touch the session.
            guard transfers.holds(event.target) else { return }
            let link = transfers.pointer(event.target).pointee.link
            if link >= 0 { links.prefetch(link) }
            return
        }
        if let place = session(of: event) { sessions.prefetch(place) }
    }

    @inline(__always)
    private func prepareStorage(of event: SimulatedEvent?) {
        guard let event, event.kind != .firstByte, let place = session(of: event) else { return }
        let session = sessions.pointer(place)
        if session.pointee.link >= 0 { links.prefetch(session.pointee.link) }
        session.pointee.player.withStorage { memory_prefetch($0.baseAddress, $0.count) }
    }

    /// How many events ahead of its turn each step is taken.
    private static let transferAhead = 6
    private static let sessionAhead = 3
    private static let storageAhead = 1

    /// The session that an event is about; nil where it is about none, or known to be void.
    @inline(__always)
    private func session(of event: SimulatedEvent) -> Int32? {
        if event.kind == .alarm { return sessions.holds(event.target) ? event.target : nil }
        guard event.kind.isOfTransfer, transfers.holds(event.target) else { return nil }
        let transfer = transfers.pointer(event.target)
        return transfer.pointee.generation == event.generation ? transfer.pointee.session : nil
    }
}
