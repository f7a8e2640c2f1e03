import Playback
import Quantities

/// The books of one event loop: every session event of the loop goes through it, and once a second somebody takes what
/// has come together.
///
/// Not `Sendable` and without locks: only the loop's own thread may call it. An event costs some additions and, for a
/// transfer, four sets of histograms; nothing is allocated unless a name, a status or a range of values appears for the
/// first time in the interval.
///
/// For each session: ``sessionStarted(_:_:)`` once, ``record(_:in:)`` for each event in order of time, and
/// ``sessionFinished(_:at:stoppedByRun:)`` once.
package final class LoopRecorder {
    /// What was found wrong since the last take; whoever holds streams and responses against their rules notes it here.
    package var findings = FindingLog()
    /// What gates did with probes since the last take; whoever makes probes notes it here.
    package var gate = GateLog()
    /// The journeys since the last take; whoever carries out the steps notes them here.
    package var journeys = JourneyLog()

    private let sampling: TransferSampling
    private var sessionSlots: [SessionSlot] = []
    private var transfers = TransferBooks()
    private var sessionIndex: [CellKey: Int32] = [:]
    private var finished: [SessionSummary] = []
    private var sampled: [SampledTransfer] = []
    private var lastTake: Instant

    /// Creates empty books.
    ///
    /// - Parameters:
    ///   - sampling: Which transfers become rows.
    ///   - start: When the first interval begins.
    package init(sampling: TransferSampling = .none, start: Instant = .zero) {
        self.sampling = sampling
        lastTake = start
        _ = sessionSlot(.overall)
    }

    /// Begins a session and its account.
    ///
    /// - Parameters:
    ///   - id: The session.
    ///   - arrival: How it came.
    ///   - hasJourney: True when there are steps for it beside the playback: then it is in the funnel.
    /// - Returns: The account.
    package func sessionStarted(
        _ id: SessionID, _ arrival: SessionArrival, hasJourney: Bool = false
    ) -> SessionLedger {
        var ledger = SessionLedger(id: id, arrival: arrival)
        ledger.slots.stream = sessionSlot(CellKey(.stream, arrival.stream))
        ledger.slots.region = sessionSlot(CellKey(.region, arrival.region))
        ledger.slots.device = sessionSlot(CellKey(.device, arrival.device))
        if !arrival.phase.isEmpty { ledger.slots.phase = sessionSlot(CellKey(.phase, arrival.phase)) }
        if !arrival.network.isEmpty { ledger.slots.network = sessionSlot(CellKey(.network, arrival.network)) }
        ledger.slots.transferStream = transfers.slot(CellKey(.stream, arrival.stream))
        ledger.slots.transferRegion = transfers.slot(CellKey(.region, arrival.region))
        ledger.slots.isSampled = sampling.includes(id)
        ledger.slots.hasJourney = hasJourney
        if hasJourney { journeys.noteArrival() }
        forEachSlot(of: ledger) { slot in
            slot.cell.arrivals += 1
            slot.cell.arrivalLateness.record(arrival.lateness)
            slot.clock.enter(.starting, at: arrival.started)
        }
        if !ledger.edge.isEmpty { assignEdge(to: &ledger, at: arrival.started) }
        return ledger
    }

    /// Takes account of one event of a session, here and in its own account.
    package func record(_ event: TimedEvent, in ledger: inout SessionLedger) {
        switch event.event {
        case .transferFinished(let transfer):
            recordEnd(of: transfer, at: event.at, in: &ledger)
        case .started:
            ledger.record(event)
            if ledger.slots.hasJourney { journeys.noteStart(after: max(.zero, event.at - ledger.arrival.started)) }
        case .stateChanged(_, let next):
            recordChange(event, to: next, in: &ledger)
        case .trackSelected:
            let before = (ledger.switchesUp, ledger.switchesDown)
            ledger.record(event)
            let up = Int64(ledger.switchesUp &- before.0)
            let down = Int64(ledger.switchesDown &- before.1)
            guard up + down > 0 else { return }
            forEachSlot(of: ledger) { slot in
                slot.cell.switchesUp += up
                slot.cell.switchesDown += down
            }
        case .rendered(let kind, let duration, let bitRate):
            ledger.record(event)
            guard kind == .video, duration > .zero else { return }
            let bits = bitRate.bitsPerSecond * duration.seconds
            forEachSlot(of: ledger) { slot in
                slot.cell.renderedTime = slot.cell.renderedTime.addingClamped(duration.nanoseconds)
                slot.cell.renderedBits += bits
            }
        case .latencySampled(let latency):
            ledger.record(event)
            let mark = LogHistogram.Mark(latency)
            forEachSlot(of: ledger) { $0.cell.latency.record(mark) }
        case .failed, .interstitialStarted, .interstitialEnded, .locationChanged:
            ledger.record(event)
        }
    }

    /// Ends a session: its row is written with the next interval.
    ///
    /// A second call for the same session does nothing.
    ///
    /// - Parameters:
    ///   - ledger: The account.
    ///   - now: When; not before its last event.
    ///   - stoppedByRun: True when it ends only because the run does; then it counts as
    ///     ``SessionOutcome/running`` unless it failed or ended by itself, because no viewer left.
    ///   - refusal: Why the viewer left, in a word such as `step-redeem-403`, when a refused step of the journey was the
    ///     reason; then it counts as ``SessionOutcome/journeyRefused`` unless it failed or ended by itself.
    ///   - leaving: Why the viewer left of its own accord, in a word, or ``SessionLedger/dropped``.
    package func sessionFinished(
        _ ledger: inout SessionLedger, at now: Instant, stoppedByRun: Bool = false, refusal: String? = nil,
        leaving: String = ""
    ) {
        guard !ledger.slots.isFinished else { return }
        ledger.slots.isFinished = true
        let summary = ledger.summary(at: now, stoppedByRun: stoppedByRun, refusal: refusal, leaving: leaving)
        if ledger.slots.edge < 0 { assignEdge(to: &ledger, at: now) }
        let state = ledger.state
        forEachSlot(of: ledger) { slot in
            slot.cell.outcomes[summary.outcome] += 1
            slot.clock.leave(state, at: now)
            if summary.outcome != .journeyRefused, !summary.failure.isEmpty {
                slot.cell.failures[summary.failure, default: 0] += 1
            }
            if !summary.leaving.isEmpty { slot.cell.leavings[summary.leaving, default: 0] += 1 }
        }
        finished.append(summary)
    }

    /// What has come together since the last take, which begins anew.
    package func takeInterval(at now: Instant) -> IntervalDelta {
        var delta = IntervalDelta(from: lastTake, to: now)
        lastTake = now
        for position in sessionSlots.indices {
            if let part = sessionSlots[position].take(at: now) { delta.sessions.append(part) }
        }
        delta.transfers = transfers.take()
        swap(&delta.finished, &finished)
        swap(&delta.sampled, &sampled)
        swap(&delta.findings, &findings)
        swap(&delta.gate, &gate)
        swap(&delta.journeys, &journeys)
        finished.reserveCapacity(delta.finished.count)
        sampled.reserveCapacity(delta.sampled.count)
        return delta
    }

    // MARK: Inside

    private func recordChange(_ event: TimedEvent, to next: PlaybackState, in ledger: inout SessionLedger) {
        let before = ledger.state
        let wasStarted = ledger.startupTime != nil
        let rebuffersBefore = ledger.rebufferCount
        ledger.record(event)
        let startup = wasStarted ? nil : ledger.startupTime.map { LogHistogram.Mark($0) }
        let rebuffered = ledger.rebufferCount != rebuffersBefore
        let isFirstRebuffer = rebuffered && rebuffersBefore == 0
        if startup != nil, ledger.slots.hasJourney {
            journeys.notePicture(after: max(.zero, event.at - ledger.arrival.started))
        }
        forEachSlot(of: ledger) { slot in
            slot.clock.leave(before, at: event.at)
            slot.clock.enter(next, at: event.at)
            if let startup {
                slot.cell.plays += 1
                slot.cell.startup.record(startup)
            }
            if rebuffered { slot.cell.rebuffers += 1 }
            if isFirstRebuffer { slot.cell.rebufferedSessions += 1 }
        }
    }

    /// As ``record(_:in:)`` with ``SessionEvent/transferFinished(_:)``: the most frequent event, for which none has to be made.
    package func recordEnd(of transfer: TransferRecord, at now: Instant, in ledger: inout SessionLedger) {
        let wasRefused = ledger.isRefused
        ledger.record(transfer)
        if ledger.slots.edge < 0, !ledger.edge.isEmpty { assignEdge(to: &ledger, at: now) }
        if ledger.isRefused, !wasRefused { forEachSlot(of: ledger) { $0.cell.refusedSessions += 1 } }
        findEdge(of: transfer, &ledger)
        transfers.record(transfer, at: ledger.slots.transferPlaces)
        if ledger.slots.isSampled { sampled.append(SampledTransfer(session: ledger.id, record: transfer)) }
    }

    /// A session mostly stays with one edge and POP: the last one is tried before the table.
    private func findEdge(of transfer: borrowing TransferRecord, _ ledger: inout SessionLedger) {
        let last = ledger.slots.transferEdge
        if ledger.slots.words === transfer.words { return }
        ledger.slots.words = transfer.words
        if last >= 0, transfers.isSlot(last, ofEdge: transfer.edge, pop: transfer.pop) { return }
        ledger.slots.transferEdge = transfers.slot(CellKey(.edge, transfer.edge, pop: transfer.pop))
        ledger.slots.transferPlaces = transfers.number(
            of: TransferBooks.Places(
                stream: ledger.slots.transferStream, region: ledger.slots.transferRegion,
                edge: ledger.slots.transferEdge))
    }

    /// Counts a session for its edge from now on; what it did before an edge was known counts only elsewhere, except
    /// that it arrived.
    private func assignEdge(to ledger: inout SessionLedger, at now: Instant) {
        let index = sessionSlot(CellKey(.edge, ledger.edge))
        ledger.slots.edge = index
        sessionSlots[Int(index)].cell.arrivals += 1
        sessionSlots[Int(index)].cell.arrivalLateness.record(ledger.arrival.lateness)
        sessionSlots[Int(index)].clock.enter(ledger.state, at: now)
    }

    private func forEachSlot(of ledger: borrowing SessionLedger, _ body: (inout SessionSlot) -> Void) {
        let places = ledger.slots
        sessionSlots.withUnsafeMutableBufferPointer { slots in
            body(&slots[0])
            body(&slots[Int(places.stream)])
            body(&slots[Int(places.region)])
            body(&slots[Int(places.device)])
            if places.phase >= 0 { body(&slots[Int(places.phase)]) }
            if places.network >= 0 { body(&slots[Int(places.network)]) }
            if places.edge >= 0 { body(&slots[Int(places.edge)]) }
        }
    }

    private func sessionSlot(_ key: CellKey) -> Int32 {
        if let known = sessionIndex[key] { return known }
        let new = Int32(sessionSlots.count)
        sessionSlots.append(SessionSlot(key: key))
        sessionIndex[key] = new
        return new
    }
}

/// The sums of one set of sessions on one loop.
private struct SessionSlot {
    let key: CellKey
    var cell = SessionCell()
    var clock = StateClock()

    mutating func take(at now: Instant) -> IntervalDelta.Sessions? {
        cell.stateTime = clock.take(at: now)
        let part = IntervalDelta.Sessions(key: key, cell: cell, concurrent: clock.counts)
        let isQuiet = clock.counts == PerState() && cell == SessionCell()
        let latency = cell.latency.emptied()
        cell = SessionCell()
        cell.latency = latency
        return isQuiet ? nil : part
    }
}
