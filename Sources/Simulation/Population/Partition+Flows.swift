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
        let isCongested = level < .infinity
        let reach = Double(epochEnd - now) * Self.certainty
        let oldest = min(now - Self.shortestStall + 1, epochEnd - shortestTotal)
        var sum = 0.0
        shares[edge].flows.withUnsafeMutableBufferPointer { flows in
            for position in flows.indices {
                flows[position].progress(to: now)
                let rate = min(flows[position].demand, level)
                flows[position].rate = rate
                sum += rate
                // Most flows neither end in this epoch nor have taken too long by its end: seen without a division.
                if isCongested, rate > 0, flows[position].remaining * 1e9 > rate * reach,
                    flows[position].begun >= oldest
                {
                    voidPlan(&flows[position])
                } else {
                    plan(&flows[position], isCongested: isCongested)
                }
            }
        }
        shares[edge].rate = sum
    }

    /// By how much a product has to be the greater one for the quotient to be that beyond all rounding.
    private static let certainty = 1.000001
    /// A transfer younger than this has not stalled, in nanoseconds.
    private static let shortestStall: Int64 = 1_000_000_000

    /// Puts the end of a body into the queue; at a congested edge only where it comes in this epoch, since in the next the
    /// share will be another.
    private func plan(_ flow: inout EdgeFlow, isCongested: Bool) {
        let now = flow.updated
        var end = Int64.max
        if flow.rate > 0 {
            let time = (flow.remaining / flow.rate * 1e9).rounded(.up)
            if time < 1e15 { end = now + Int64(time) }
        }
        if isCongested, end >= epochEnd,
            flow.begun + Self.shortestStall > now || flow.rate > 0 && flow.begun + shortestTotal >= epochEnd
        {
            return voidPlan(&flow)
        }
        let transfer = transfers.pointer(flow.transfer)
        var last = flow.last
        if flow.rate <= 0 { last = min(last, now + limits[Int(transfer.pointee.device)].stalled.nanoseconds) }
        if isCongested, end >= epochEnd, last >= epochEnd { return voidPlan(&flow) }
        flow.isPlanned = true
        transfer.pointee.generation = freshGeneration()
        queue.add(
            end > last ? .end : .lastByte, at: max(now, min(end, last)), target: flow.transfer,
            generation: transfer.pointee.generation)
    }

    /// What was planned before does not hold any more.
    @inline(__always)
    private func voidPlan(_ flow: inout EdgeFlow) {
        guard flow.isPlanned else { return }
        flow.isPlanned = false
        transfers.pointer(flow.transfer).pointee.generation = freshGeneration()
    }

    /// How far a transfer is.
    func progress(of number: Int32, at now: Int64) -> TransferProgress {
        let transfer = transfers.pointer(number)
        guard transfer.pointee.stage == .flowing else {
            return transfer.pointee.progress(at: now, remaining: transfer.pointee.remaining)
        }
        let edge = Int(transfer.pointee.edge)
        let flow = shares[edge].flows[Int(transfer.pointee.edgePosition)]
        return transfer.pointee.progress(at: now, remaining: flow.remaining(at: now))
    }

    // MARK: Begin and end

    func beginFlow(_ number: Int32, at now: Int64, _ shared: borrowing SharedState) {
        let transfer = transfers.pointer(number)
        let edge = Int(transfer.pointee.edge)
        let link = transfer.pointee.link
        transfer.pointee.stage = .flowing
        shares[edge].account(to: now)
        transfer.pointee.edgePosition = Int32(shares[edge].flows.count)
        let last = transfer.pointee.begun + limits[Int(transfer.pointee.device)].total.nanoseconds
        shares[edge].flows.append(
            EdgeFlow(
                transfer: number, begun: transfer.pointee.begun, last: last, remaining: transfer.pointee.remaining,
                updated: now))
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
        let edge = Int(transfer.pointee.edge)
        let link = transfer.pointee.link
        let position = Int(transfer.pointee.edgePosition)
        var flow = shares[edge].flows[position]
        flow.progress(to: now)
        shares[edge].account(to: now)
        shares[edge].rate -= flow.rate
        shares[edge].demand.remove(Int64(flow.demand))
        let last = shares[edge].flows.removeLast()
        if last.transfer != number {
            shares[edge].flows[position] = last
            transfers.pointer(last.transfer).pointee.edgePosition = Int32(position)
        } else if shares[edge].flows.isEmpty {
            // What rounding has left behind.
            shares[edge].rate = 0
        }
        transfer.pointee.remaining = flow.remaining
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
            if place.pointee.changes < .max { place.pointee.changes = 0 }
        }
    }

    /// Gives a transfer what its link would let it have.
    private func set(
        _ number: Int32, demand: Int64, edge: Int, at now: Int64, _ shared: borrowing SharedState
    ) {
        let position = Int(transfers.pointer(number).pointee.edgePosition)
        let most = shared.edges[edge].model.responseRate?.bitsPerSecond ?? Self.unlimited
        let demand = min(demand, Int64(min(Self.unlimited, most)))
        shares[edge].flows[position].progress(to: now)
        shares[edge].account(to: now)
        shares[edge].demand.replace(Int64(shares[edge].flows[position].demand), by: demand)
        let before = shares[edge].flows[position].rate
        let level = entryLevel(edge, has: before, shared)
        let rate = min(Double(demand), level)
        let isLimited = level < .infinity && rate < Double(demand)
        if isLimited { shares[edge].isProvisional = true }
        shares[edge].rate += rate - before
        shares[edge].flows[position].rate = rate
        shares[edge].flows[position].demand = Double(demand)
        plan(&shares[edge].flows[position], isCongested: isLimited || shared.edges[edge].level < .infinity)
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
        if place.pointee.changes > now { return place.pointee.delay }
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
        place.pointee.delay = max(0, step.delay.nanoseconds)
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
            let edge = Int(transfers.pointer(walk).pointee.edge)
            set(walk, demand: demand, edge: edge, at: now, shared)
            walk = transfers.pointer(walk).pointee.nextOfLink
        }
    }
}
