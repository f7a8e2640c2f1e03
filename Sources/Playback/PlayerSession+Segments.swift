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
    mutating func beginDueSegments(at now: Instant, _ effects: inout [SessionEffect]) {
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
        of position: Int, at now: Instant, _ effects: inout [SessionEffect]
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
        _ position: Int, _ media: LoadedMedia, due: Instant, at now: Instant, _ effects: inout [SessionEffect]
    ) -> Bool {
        switch nextSegment(of: position, media, at: now) {
        case .ready(let span):
            return take(span, nil, of: position, media, due: due, at: now, &effects)
        case .readyPart(let piece, let part):
            return take(SegmentSpan(piece), (piece, part), of: position, media, due: due, at: now, &effects)
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
        _ span: SegmentSpan, _ piece: (segment: Segment, part: Int)?, of position: Int, _ media: LoadedMedia,
        due: Instant, at now: Instant, _ effects: inout [SessionEffect]
    ) -> Bool {
        if loaders[position].readmit(at: now), let set = switchingSet(of: position) {
            loaders[position].setLadder(set.tracks, screen: settings.screen)
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
        guard let segment = piece?.segment ?? media.segments.segment(span.sequence) else { return false }
        let part = piece?.part
        let end = segment.end + media.offset
        if segment.isGap {
            if let other = escape(from: position, until: end) {
                select(track: other, of: position, at: now, &effects)
                return loaders[position].hasSelectedMedia
            }
            loaders[position].buffer.append(end: end, bitRate: .zero)
            moveOn(position, from: segment.sequence, part: part)
            return true
        }
        var job = SegmentJob(
            segment: segment, part: part, start: segment.start + media.offset, end: end, base: media.base,
            bitRate: bitRate(of: position) ?? .zero, due: due, stage: .key)
        if !media.segments.isAvailableComplete, wall(at: now) < wallTime(of: span) ?? wall(at: now) {
            job.chunkDuration = max(segment.duration - media.segments.availabilityOffset, segment.duration * 0.01)
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

    // MARK: One segment: key, initialization section, media

    /// Begins the first part of the loader's segment that has not been fetched.
    mutating func beginSegmentPart(of position: Int, due: Instant, attempt: Int, _ effects: inout [SessionEffect]) {
        var activity = TrackLoader.Activity.idle
        swap(&activity, &loaders[position].activity)
        guard case .fetching(let job) = consume activity else { return }
        begin(job, of: position, due: due, attempt: attempt, &effects)
    }

    /// Begins the first part of a segment that has not been fetched, and keeps the job with its loader.
    private mutating func begin(
        _ job: consuming SegmentJob, of position: Int, due: Instant, attempt: Int, _ effects: inout [SessionEffect]
    ) {
        if job.stage == .key {
            if let key = job.segment.key, key.keyFormat == "identity", !key.uri.isEmpty {
                let uri = named(key.uri, base: job.base)
                let number = fingerprint(uri, nil, of: position, isKey: true)
                if !loaders[position].fetched.contains(number) {
                    loaders[position].activity = .fetching(job)
                    return sendPart(.key, uri, nil, of: position, job, due: due, attempt: attempt, &effects)
                }
            }
            job.stage = .initialization
        }
        if job.stage == .initialization {
            if let section = job.segment.initialization, !isContinued(position) {
                let uri = queried(named(section.uri, base: job.base), of: position)
                let number = fingerprint(uri, section.byteRange, of: position)
                if !loaders[position].fetched.contains(number) {
                    if settings.fetchesInitializationBeside {
                        job.awaitsInitialization = true
                        job.stage = .segment
                        loaders[position].activity = .fetching(job)
                        sendInitialization(of: position, uri, section.byteRange, due: due, attempt: attempt, &effects)
                        return sendSegment(of: position, job, due: due, attempt: attempt, &effects)
                    }
                    loaders[position].activity = .fetching(job)
                    return sendPart(
                        .initialization, uri, section.byteRange, of: position, job, due: due, attempt: attempt, &effects
                    )
                }
            }
            job.stage = .segment
        }
        loaders[position].activity = .fetching(job)
        sendSegment(of: position, job, due: due, attempt: attempt, &effects)
    }

    private mutating func sendSegment(
        of position: Int, _ job: SegmentJob, due: Instant, attempt: Int, _ effects: inout [SessionEffect]
    ) {
        let uri = queried(named(job.segment.uri, base: job.base), of: position)
        sendPart(
            transferKind(of: position), uri, job.segment.byteRange, of: position, job, due: due, attempt: attempt,
            &effects)
    }

    /// The absolute URI of a reference, where resources are fetched by their names.
    func named(_ reference: String, base: String) -> String {
        context.namesResources ? URIReference.resolve(reference, against: base) : ""
    }

    /// A URI of a loader's track with the parameters that the presentation wants on it.
    func queried(_ uri: String, of position: Int) -> String {
        guard context.namesResources else { return "" }
        return track(of: position)?.query.map { $0.applied(to: uri, manifestURI: presentationBase) } ?? uri
    }

    /// What a loader's segments count as.
    func transferKind(of position: Int) -> TransferKind {
        switch loaders[position].kind {
        case .video, .other: .video
        case .audio: .audio
        case .subtitles: .subtitles
        }
    }

    private mutating func sendPart(
        _ kind: TransferKind, _ uri: String, _ range: ByteRange?, of position: Int, _ job: SegmentJob, due: Instant,
        attempt: Int, _ effects: inout [SessionEffect]
    ) {
        send(
            kind, .segment(loader: position), uri: uri, byteRange: range,
            reading: job.chunkDuration == nil || job.stage != .segment ? .discard : .chunks, due: due,
            attempt: attempt, segment: job, &effects)
    }

    mutating func segmentPartArrived(
        of position: Int, _ transfer: PendingTransfer, _ outcome: TransferReport, at now: Instant,
        _ effects: inout [SessionEffect]
    ) {
        // The job is moved out, not copied; whoever still needs it puts it back.
        var activity = TrackLoader.Activity.idle
        swap(&activity, &loaders[position].activity)
        guard case .fetching(var job) = consume activity else { return }
        switch job.stage {
        case .key:
            loaders[position].remember(fingerprint(transfer.uri, nil, of: position, isKey: true))
            job.stage = .initialization
        case .initialization:
            loaders[position].remember(
                fingerprint(transfer.uri, job.segment.initialization?.byteRange, of: position))
            job.stage = .segment
        case .segment:
            if job.awaitsInitialization {
                loaders[position].activity = .fetching(job)
                adapting.held.append((position, outcome))
                return
            }
            return segmentArrived(of: position, job, outcome, at: now, &effects)
        }
        loaders[position].activity = .fetching(job)
        beginSegmentPart(of: position, due: now, attempt: 0, &effects)
    }

    mutating func segmentArrived(
        of position: Int, _ job: SegmentJob, _ outcome: TransferReport, at now: Instant,
        _ effects: inout [SessionEffect], wasHinted: Bool = false
    ) {
        loaders[position].activity = .idle
        loaders[position].plannedDue = nil
        tellRule(of: position, job, outcome, wasHinted: wasHinted)
        // A media playlist by itself declares no bit rate: then the segment's own counts.
        let measured = BitRate(outcome.bytes, over: job.duration)
        store(job, bitRate: job.bitRate > .zero ? job.bitRate : measured, in: position)
        if loaders[position].hasSelectedMedia, presentation?.isDynamic != true {
            moveOn(position, from: job.sequence, part: job.part)
        } else {
            loaders[position].nextSequence = nil
        }
    }

    /// Has a loader go on behind a segment or a part.
    private mutating func moveOn(_ position: Int, from sequence: Int64, part: Int?) {
        loaders[position].nextSequence = part == nil ? sequence + 1 : sequence
        loaders[position].nextPart = part.map { $0 + 1 } ?? 0
    }

    /// A chunk of a segment in the making is there: it can be played.
    mutating func chunkArrived(
        _ id: TransferID, _ chunk: ChunkArrival, at now: Instant, _ effects: inout [SessionEffect]
    ) {
        guard let transfer = pending.first(where: { $0.id == id }) else { return }
        if case .asset = transfer.purpose { return chunkArrivedOfAsset(transfer, chunk, at: now, &effects) }
        guard case .segment(let position) = transfer.purpose, case .fetching(let job) = loaders[position].activity,
            job.stage == .segment, let duration = job.chunkDuration, chunk.index >= 0, chunk.index < 100_000
        else { return }
        let end = min(job.end, job.start + duration * Double(chunk.index + 1))
        loaders[position].buffer.append(end: end, bitRate: job.bitRate)
    }

    /// The number of a key or an initialization section of a loader's track; where resources have no names, each track has
    /// one of each.
    func fingerprint(
        _ uri: String, _ range: ByteRange?, of position: Int, isKey: Bool = false
    ) -> UInt64 {
        guard context.namesResources else {
            let place = loaders[position].selection
            return (isKey ? 1 << 62 : 0) | UInt64(clamping: place.period) << 40 | UInt64(clamping: place.set) << 20
                | UInt64(clamping: place.track)
        }
        return Self.fingerprint(uri, range)
    }

    /// A number for a resource, so that a session remembers what it has without keeping URIs: FNV-1a, 64 bits.
    static func fingerprint(_ uri: String, _ range: ByteRange?) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in uri.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        hash = (hash ^ UInt64(bitPattern: range?.offset ?? -1)) &* 0x100_0000_01B3
        return (hash ^ UInt64(bitPattern: range?.length ?? -1)) &* 0x100_0000_01B3
    }
}
