import Manifests
import Quantities
import Transport

/// Fetching segments: which is next, when it is due, and what becomes of it.
extension PlayerSession {
    /// Forgets when segments are due: the playhead has changed its pace, or the buffers their content.
    mutating func replanSegments() {
        for position in loaders.indices { loaders[position].plannedDue = nil }
        if settings.loading == .sequential, adapting.turnDue != nil { forgetTurns() }
    }

    /// Begins the next segment of each loader that is idle and due.
    mutating func beginDueSegments(at now: Instant, _ effects: inout SessionEffects) {
        guard isPositioned else { return }
        if settings.loading == .sequential { return beginInTurn(at: now, &effects) }
        // Gaps and period ends need no transfer, and a rejoin moves every loader, so one pass may take several steps; a
        // hostile list of gaps must not hold the loop, though: it goes on a little later.
        var steps = 0
        var moved = true
        // Audio that waited for the first video segment goes before the second one: Shaka asks for it 3 to 5 ms sooner.
        let isReversed = settings.loading == .mainFirst && !hasStarted
        while moved {
            moved = false
            for place in loaders.indices where !state.isFinal {
                let position = isReversed ? loaders.count - 1 - place : place
                guard beginSegmentIfDue(of: position, at: now, &effects) else { continue }
                moved = true
                steps += 1
                if steps >= 1_000 { return plan(position, at: now + .milliseconds(100)) }
            }
        }
    }

    /// Takes one step for a loader; true when another may follow at once.
    private mutating func beginSegmentIfDue(
        of position: Int, at now: Instant, _ effects: inout SessionEffects
    ) -> Bool {
        // Nothing here copies a whole loader: this is asked for each loader with every input.
        let planned = loaders[position].plannedDue
        if let planned, planned > now { return false }
        guard isReadyForSegment(position) else { return false }
        let due = planned ?? now
        let level = loaders[position].buffer.end - self.position(at: now)
        let target = forwardTarget(of: position)
        if level >= target {
            plan(position, at: state == .playing && !isInBreak ? now + waitUntil(level, isBelow: target) : nil)
            return false
        }
        if let instant = waitForMain(position, at: now) {
            plan(position, at: instant)
            return false
        }
        guard let media = loaders[position].media else { return false }
        return step(position, media, due: due, at: now, &effects)
    }

    /// Goes for a loader's next segment, whatever its buffer holds; true when another step may follow at once.
    mutating func step(
        _ position: Int, _ media: LoadedMedia, due: Instant, at now: Instant, _ effects: inout SessionEffects
    ) -> Bool {
        switch nextSegment(of: position, media, at: now) {
        case .ready(let span):
            guard let content = SegmentJob.Content.of(span, media, context) else { return false }
            return take(span, content, part: nil, of: position, media, due: due, at: now, &effects)
        case .readyPart(let piece, let part):
            let content = SegmentJob.Content(segment: piece, base: media.base)
            return take(SegmentSpan(piece), content, part: part, of: position, media, due: due, at: now, &effects)
        case .notBefore(let instant):
            plan(position, at: instant)
            return false
        case .awaitsReload:
            requestUpdate(at: now)
            beginHint(of: position, media, at: now, &effects)
            plan(position, at: nil)
            return false
        case .lost:
            plan(position, at: nil)
            return playbackLimit <= playhead && rejoinLive(at: now, &effects)
        case .endOfPeriod:
            if enterNextPeriod(of: position, at: now, &effects) { return true }
            loaders[position].isComplete = true
            return false
        }
    }

    mutating func plan(_ position: Int, at instant: Instant?) {
        loaders[position].plannedDue = instant ?? .distantFuture
    }

    /// True when a loader waits for nothing but the instant at which its next segment is due.
    func isReadyForSegment(_ position: Int) -> Bool {
        guard loaders[position].hasSelectedMedia, loaders[position].isIdle, !loaders[position].isComplete else {
            return false
        }
        return retries.isEmpty || !retries.contains { $0.purpose == .segment(loader: position) }
    }

    /// Starts on a segment, or turns to another track first; true when another step may follow at once.
    private mutating func take(
        _ span: SegmentSpan, _ content: SegmentJob.Content, part: Int?, of position: Int, _ media: LoadedMedia,
        due: Instant, at now: Instant, _ effects: inout SessionEffects
    ) -> Bool {
        if loaders[position].readmit(at: now), let set = switchingSet(of: position) {
            loaders[position].setLadder(set.tracks, context)
        }
        switch decision(for: position, duration: span.duration, at: now) {
        case .stay: break
        case .turn(let track):
            select(track: track, of: position, at: now, &effects)
            return loaders[position].hasSelectedMedia
        case .wait(let instant):
            plan(position, at: instant)
            return false
        }
        loaders[position].plannedDue = nil
        let end = span.end + media.offset
        if content.segment.isGap {
            if let other = escape(from: position, until: end) {
                select(track: other, of: position, at: now, &effects)
                return loaders[position].hasSelectedMedia
            }
            loaders[position].buffer.append(end: end, bitRate: .zero)
            moveOn(position, from: span.sequence, part: part)
            return true
        }
        var job = SegmentJob(
            content, sequence: span.sequence, duration: span.duration, part: part, start: span.start + media.offset,
            end: end, bitRate: bitRate(of: position) ?? .zero, due: due, stage: .key,
            mediaNumber: loaders[position].mediaNumber)
        if !media.segments.isAvailableComplete, wall(at: now) < wallTime(of: span) ?? wall(at: now) {
            job.chunkDuration = max(span.duration - media.segments.availabilityOffset, span.duration * 0.01)
        }
        loaders[position].isDecided = false
        if position == 0, part == nil || part == 0 { adapting.segments += 1 }
        if part != nil, loaders[position].preload != nil {
            loaders[position].activity = .fetching(job)
            if takePreload(of: position, job, at: now, &effects) { return loaders[position].isIdle }
        }
        begin(consume job, of: position, due: due, attempt: 0, &effects)
        return false
    }
}
