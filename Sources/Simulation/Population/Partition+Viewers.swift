import Audience
import Measurement
import Playback
import Quantities
import Transport

/// What viewers do, when sessions are woken, and how they end.
extension Partition {
    /// After something has happened to a session: what its viewer does about it, and when it is next woken.
    func follow(_ place: Int32, at now: Int64, _ shared: borrowing SharedState) {
        let session = sessions.pointer(place)
        let instant = Instant(nanoseconds: now)
        // A viewer who never stops acting at one instant would stop the clock.
        var actions = 0
        while !session.pointee.isLeaving, actions < 100,
            session.pointee.hasNews || (session.pointee.mind.wakeUp ?? .distantFuture) <= instant
        {
            session.pointee.hasNews = false
            guard let action = session.pointee.mind.decide(at: instant) else { break }
            session.pointee.hasNews = true
            actions += 1
            if carryOut(action, place, at: now, shared) { return }
        }
        let (isFinished, wakeUp) = session.pointee.player.outlook()
        if isFinished { return ended(place, at: now, shared) }
        setAlarm(place, player: wakeUp, at: now)
    }

    /// Does what a viewer wants; true when the session is gone.
    private func carryOut(
        _ action: ViewerAction, _ place: Int32, at now: Int64, _ shared: borrowing SharedState
    ) -> Bool {
        let session = sessions.pointer(place)
        switch action {
        case .pause: tell(place, .pause, at: now, shared)
        case .resume: tell(place, .resume, at: now, shared)
        case .seek(let step):
            let position = session.pointee.player.position(at: Instant(nanoseconds: now))
            tell(place, .seek(to: position + step), at: now, shared)
        case .zap(let stream):
            session.pointee.leaving = "zapped"
            tell(place, .abort, at: now, shared)
            tellCancelled(of: place, at: now, shared)
            let known = min(max(0, stream), names.streams.count - 1)
            beginPlayback(place, of: known, at: now, shared)
        case .playAgain:
            session.pointee.leaving = "again"
            tell(place, .abort, at: now, shared)
            tellCancelled(of: place, at: now, shared)
            beginPlayback(place, of: Int(session.pointee.stream), at: now, shared)
        case .leave(let reason):
            session.pointee.leaving = reason
            session.pointee.isLeaving = true
            session.pointee.giveUp = now + settings.grace.nanoseconds
            tell(place, .stop, at: now, shared)
        case .drop:
            session.pointee.leaving = SessionLedger.dropped
            session.pointee.isLeaving = true
            tell(place, .abort, at: now, shared)
            tellCancelled(of: place, at: now, shared)
            remove(place, at: now, shared)
            return true
        }
        return false
    }

    /// How long a viewer whose playback failed may think about trying again.
    private static let patience = TimeAmount.seconds(120 as Int64).nanoseconds

    /// The playback is over: the viewer goes, unless it failed and the viewer is about to try again.
    private func ended(_ place: Int32, at now: Int64, _ shared: borrowing SharedState) {
        let session = sessions.pointer(place)
        close(place, at: now)
        let wakeUp = session.pointee.mind.wakeUp?.nanoseconds ?? .max
        guard session.pointee.player.state == .failed, !session.pointee.isLeaving, wakeUp > now,
            wakeUp - now <= Self.patience
        else { return remove(place, at: now, shared) }
        setAlarm(place, player: nil, at: now)
    }

    /// Ends the visit because the run does; what is in progress may still end.
    func stopByRun(_ place: Int32, at now: Int64, _ shared: borrowing SharedState) {
        let session = sessions.pointer(place)
        if session.pointee.isClosed { return remove(place, at: now, shared) }
        session.pointee.isStoppedByRun = true
        session.pointee.isLeaving = true
        session.pointee.giveUp = now + settings.grace.nanoseconds
        tell(place, .stop, at: now, shared)
        follow(place, at: now, shared)
    }

    /// Has the session woken when its player, its viewer or its end wants it; a later alarm than the one that is set is
    /// set when that rings, so that a buffer that grows with each segment costs no event.
    private func setAlarm(_ place: Int32, player wakeUp: Instant?, at now: Int64) {
        let session = sessions.pointer(place)
        var wanted = session.pointee.giveUp
        if !session.pointee.isLeaving, let mind = session.pointee.mind.wakeUp {
            wanted = min(wanted, mind.nanoseconds)
        }
        if !session.pointee.isClosed, let wakeUp { wanted = min(wanted, wakeUp.nanoseconds) }
        guard wanted < session.pointee.alarm else { return }
        // Real clocks go on between two alarms.
        if wanted <= session.pointee.lastWake { wanted = session.pointee.lastWake + 100_000 }
        session.pointee.alarm = wanted
        session.pointee.alarmGeneration = freshGeneration()
        queue.add(.alarm, at: max(wanted, now), target: place, generation: session.pointee.alarmGeneration)
    }

    /// Tells the player how far the segment is that it may want to give up; nothing when there is none.
    private func tellProgress(_ place: Int32, at now: Int64, _ shared: borrowing SharedState) {
        guard let wanted = sessions.pointer(place).pointee.player.wantedProgress() else { return }
        var number = sessions.pointer(place).pointee.firstFlow
        while number >= 0 {
            let transfer = transfers.pointer(number)
            if transfer.pointee.id == wanted, transfer.pointee.stage != .cancelled {
                let progress = progress(of: number, at: now)
                return tell(place, .transferProgress(wanted, progress), at: now, shared)
            }
            number = transfer.pointee.nextOfSession
        }
    }

    func alarmRang(_ event: SimulatedEvent, _ shared: borrowing SharedState) {
        let place = event.target
        guard sessions.holds(place) else { return }
        let session = sessions.pointer(place)
        guard session.pointee.alarmGeneration == event.generation else { return }
        session.pointee.alarm = .max
        let now = event.time
        if session.pointee.giveUp <= now {
            session.pointee.giveUp = .max
            tell(place, .abort, at: now, shared)
        } else if !session.pointee.isClosed, let due = session.pointee.player.outlook().wakeUp, due.nanoseconds <= now {
            session.pointee.lastWake = now
            tellProgress(place, at: now, shared)
            tell(place, .wake, at: now, shared)
        }
        follow(place, at: now, shared)
    }
}
