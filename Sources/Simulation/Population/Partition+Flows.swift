import Audience
import Quantities
import Transport

/// Bodies on their way: links, and the edges' shares.
extension Partition {
    /// What counts as the demand of a transfer whose link has no limit.
    private static let unlimited = 100e9

    // MARK: Epochs

    /// Gives the transfers of congested edges their new share, and has those end that do so in this epoch.
    func beginEpoch(at now: Int64, _ shared: borrowing SharedState) {
        for edge in shares.indices {
            if shared.edges[edge].isCongested || shares[edge].isProvisional, !shares[edge].flows.isEmpty {
                shareOut(edge, level: shared.edges[edge].level, at: now)
            }
            shares[edge].isProvisional = false
            shares[edge].rateAtBegin = shares[edge].rate
            shares[edge].flowsAtBegin = shares[edge].flows.count
        }
    }

    /// The conductor has seen what happened in the epoch: what happens from now on counts for the next.
    func settled(at now: Int64) {
        for edge in shares.indices {
            shares[edge].sent = 0
            shares[edge].since = now
            shares[edge].requests = 0
            if !shares[edge].asked.isEmpty { shares[edge].asked.removeAll(keepingCapacity: true) }
            if !shares[edge].playlists.isEmpty { shares[edge].playlists.removeAll(keepingCapacity: true) }
            if !shares[edge].misses.isEmpty { shares[edge].misses.removeAll(keepingCapacity: true) }
        }
    }

    private func shareOut(_ edge: Int, level: Double, at now: Int64) {
        var sum = 0.0
        let flows = shares[edge].flows
        for position in flows.indices {
            if position + Self.flowsAhead < flows.count { transfers.prefetch(flows[position + Self.flowsAhead]) }
            let number = flows[position]
            let transfer = transfers.pointer(number)
            progress(transfer, to: now)
            let rate = min(Double(transfer.pointee.demand), level)
            transfer.pointee.rate = rate
            sum += rate
            plan(number, transfer, isCongested: level < .infinity)
        }
        shares[edge].rate = sum
    }

    /// How many flows before its turn one is brought into the processor's cache.
    private static let flowsAhead = 8

    @inline(__always)
    private func progress(_ transfer: UnsafeMutablePointer<ModelledTransfer>, to now: Int64) {
        let sent = transfer.pointee.rate * Double(now - transfer.pointee.updated) * 1e-9
        transfer.pointee.remaining = max(0, transfer.pointee.remaining - sent)
        transfer.pointee.updated = now
    }

    /// Puts the end of a body into the queue; at a congested edge only where it comes in this epoch, since in the next the
    /// share will be another.
    @inline(__always)
    private func plan(
        _ number: Int32, _ transfer: UnsafeMutablePointer<ModelledTransfer>, isCongested: Bool
    ) {
        let now = transfer.pointee.updated
        let rate = transfer.pointee.rate
        var end = Int64.max
        if rate > 0 {
            let time = (transfer.pointee.remaining / rate * 1e9).rounded(.up)
            if time < 1e15 { end = now + Int64(time) }
        }
        if isCongested, end >= epochEnd,
            transfer.pointee.begun + 1_000_000_000 > now
                || rate > 0 && transfer.pointee.begun + shortestTotal >= epochEnd
        {
            return voidPlan(transfer)
        }
        let limits = players[Int(sessions.pointer(transfer.pointee.session).pointee.device)].settings.timeouts
        var last = transfer.pointee.begun + limits.total.nanoseconds
        if rate <= 0 { last = min(last, now + limits.stalled.nanoseconds) }
        if isCongested, end >= epochEnd, last >= epochEnd { return voidPlan(transfer) }
        transfer.pointee.generation = freshGeneration()
        queue.add(
            end > last ? .end : .lastByte, at: max(now, min(end, last)), target: number,
            generation: transfer.pointee.generation)
    }

    /// What was planned before does not hold any more.
    @inline(__always)
    private func voidPlan(_ transfer: UnsafeMutablePointer<ModelledTransfer>) {
        transfer.pointee.generation = freshGeneration()
    }

    // MARK: Begin and end

    func beginFlow(_ number: Int32, at now: Int64, _ shared: borrowing SharedState) {
        let transfer = transfers.pointer(number)
        let session = sessions.pointer(transfer.pointee.session)
        let edge = Int(session.pointee.edge)
        let link = session.pointee.link
        transfer.pointee.stage = .flowing
        transfer.pointee.updated = now
        transfer.pointee.rate = 0
        transfer.pointee.demand = 0
        shares[edge].account(to: now)
        transfer.pointee.edgePosition = Int32(shares[edge].flows.count)
        shares[edge].flows.append(number)
        shares[edge].demand.add(0)
        guard link >= 0 else {
            return set(number, demand: Int64(Self.unlimited), edge: edge, at: now, shared)
        }
        followTrace(link, at: now)
        let place = links.pointer(link)
        transfer.pointee.nextOfLink = place.pointee.firstFlow
        place.pointee.firstFlow = number
        place.pointee.flows += 1
        shareLink(link, at: now, shared)
    }

    func endFlow(_ number: Int32, at now: Int64, _ shared: borrowing SharedState) {
        let transfer = transfers.pointer(number)
        let session = sessions.pointer(transfer.pointee.session)
        let edge = Int(session.pointee.edge)
        let link = session.pointee.link
        progress(transfer, to: now)
        shares[edge].account(to: now)
        shares[edge].rate -= transfer.pointee.rate
        shares[edge].demand.remove(transfer.pointee.demand)
        let position = Int(transfer.pointee.edgePosition)
        let last = shares[edge].flows.removeLast()
        if last != number {
            shares[edge].flows[position] = last
            transfers.pointer(last).pointee.edgePosition = Int32(position)
        } else if shares[edge].flows.isEmpty {
            // What rounding has left behind.
            shares[edge].rate = 0
        }
        transfer.pointee.rate = 0
        transfer.pointee.stage = .requested
        guard link >= 0 else { return }
        let place = links.pointer(link)
        place.pointee.flows -= 1
        let next = transfer.pointee.nextOfLink
        if place.pointee.firstFlow == number {
            place.pointee.firstFlow = next
        } else {
            var walk = place.pointee.firstFlow
            while transfers.pointer(walk).pointee.nextOfLink != number {
                walk = transfers.pointer(walk).pointee.nextOfLink
            }
            transfers.pointer(walk).pointee.nextOfLink = next
        }
        if place.pointee.flows > 0 {
            shareLink(link, at: now, shared)
        } else {
            // Nothing flows: its changes are looked up when something does.
            place.pointee.generation = freshGeneration()
            place.pointee.changes = 0
        }
    }

    /// Gives a transfer what its link would let it have.
    private func set(
        _ number: Int32, demand: Int64, edge: Int, at now: Int64, _ shared: borrowing SharedState
    ) {
        let transfer = transfers.pointer(number)
        let most = shared.edges[edge].model.responseRate?.bitsPerSecond ?? Self.unlimited
        let demand = min(demand, Int64(min(Self.unlimited, most)))
        progress(transfer, to: now)
        shares[edge].account(to: now)
        shares[edge].demand.remove(transfer.pointee.demand)
        shares[edge].demand.add(demand)
        let level = entryLevel(edge, has: transfer.pointee.rate, shared)
        let rate = min(Double(demand), level)
        let isLimited = level < .infinity && rate < Double(demand)
        if isLimited { shares[edge].isProvisional = true }
        shares[edge].rate += rate - transfer.pointee.rate
        transfer.pointee.rate = rate
        transfer.pointee.demand = demand
        plan(number, transfer, isCongested: isLimited || shared.edges[edge].level < .infinity)
    }

    /// What a transfer gets at most that begins, or changes, within an epoch: the level, what nobody uses, or an even
    /// share; at the next epoch's begin all get theirs.
    func entryLevel(_ edge: Int, has rate: Double, _ shared: borrowing SharedState) -> Double {
        guard let capacity = shared.edges[edge].model.capacity?.bitsPerSecond else { return .infinity }
        let room = capacity - shared.edges[edge].used - (shares[edge].rate - shares[edge].rateAtBegin) + rate
        let others = shared.edges[edge].transfers + shares[edge].flows.count - shares[edge].flowsAtBegin
        return min(shared.edges[edge].level, max(room, capacity / Double(max(1, others))))
    }

    // MARK: Links

    /// The place of the link of a visit; -1 where it has none.
    func link(of planned: PlannedSession) -> Int32 {
        guard let attachment = settings.link(planned) else { return -1 }
        if let known = linkOfHousehold[attachment.household] {
            links.pointer(known).pointee.sessions += 1
            return known
        }
        let place = links.insert(
            ModelledLink(
                household: attachment.household, trace: attachment.trace, offset: attachment.offset, sessions: 1))
        linkOfHousehold[attachment.household] = place
        return place
    }

    func leaveLink(of place: Int32) {
        let link = sessions.pointer(place).pointee.link
        guard link >= 0 else { return }
        links.pointer(link).pointee.sessions -= 1
        guard links.pointer(link).pointee.sessions == 0 else { return }
        linkOfHousehold[links.pointer(link).pointee.household] = nil
        links.remove(link)
    }

    /// The delay before the first byte that a link adds at an instant, in nanoseconds.
    func linkDelay(_ link: Int32, at now: Int64) -> Int64 {
        guard link >= 0 else { return 0 }
        let place = links.pointer(link)
        let time = Instant(nanoseconds: now) - .zero + place.pointee.offset
        return max(0, place.pointee.trace.step(at: time).step.delay.nanoseconds)
    }

    /// What each of the transfers of a link would get if so many joined, in bit/s.
    func linkShare(_ link: Int32, joining: Int, at now: Int64) -> Double {
        followTrace(link, at: now)
        let place = links.pointer(link)
        return place.pointee.capacity / Double(max(1, place.pointee.flows + joining))
    }

    /// Looks up what a link carries now, where that is not known.
    private func followTrace(_ link: Int32, at now: Int64) {
        let place = links.pointer(link)
        guard place.pointee.changes <= now else { return }
        let time = Instant(nanoseconds: now) - .zero + place.pointee.offset
        let (step, remaining) = place.pointee.trace.step(at: time)
        place.pointee.capacity = step.rate.bitsPerSecond
        guard place.pointee.trace.steps.count > 1 else {
            place.pointee.changes = .max
            return
        }
        place.pointee.changes = now + max(1, remaining.nanoseconds)
        place.pointee.generation = freshGeneration()
        queue.add(.link, at: place.pointee.changes, target: link, generation: place.pointee.generation)
    }

    func linkChanges(_ event: SimulatedEvent, _ shared: borrowing SharedState) {
        guard links.holds(event.target), links.pointer(event.target).pointee.generation == event.generation else {
            return
        }
        guard links.pointer(event.target).pointee.flows > 0 else {
            // Nothing flows: its changes are looked up when something does.
            links.pointer(event.target).pointee.changes = 0
            return
        }
        followTrace(event.target, at: event.time)
        shareLink(event.target, at: event.time, shared)
    }

    /// Shares a link out evenly between the transfers on it.
    private func shareLink(_ link: Int32, at now: Int64, _ shared: borrowing SharedState) {
        let place = links.pointer(link)
        let share = place.pointee.capacity / Double(max(1, place.pointee.flows))
        let demand = Int64(min(Self.unlimited, share))
        var walk = place.pointee.firstFlow
        while walk >= 0 {
            let edge = Int(sessions.pointer(transfers.pointer(walk).pointee.session).pointee.edge)
            set(walk, demand: demand, edge: edge, at: now, shared)
            walk = transfers.pointer(walk).pointee.nextOfLink
        }
    }
}
