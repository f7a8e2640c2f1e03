import Manifests
import Quantities

/// Fetching segments: which is next, when it is due, and what becomes of it.
extension PlayerSession {
    /// What a loader can do next.
    private enum NextSegment {
        case ready(Segment)
        /// A dynamic MPD lists it, but it is not there before this instant.
        case notBefore(Instant)
        /// It is not listed yet.
        case awaitsReload
        /// The window has moved past it.
        case lost
        /// The period has no more.
        case endOfPeriod
    }

    /// Forgets when segments are due: the playhead has changed its pace, or the buffers their content.
    mutating func replanSegments() {
        for position in loaders.indices { loaders[position].plannedDue = nil }
    }

    /// Begins the next segment of each loader that is idle and due.
    mutating func beginDueSegments(at now: Instant, _ effects: inout [SessionEffect]) {
        guard isPositioned else { return }
        // Gaps and period ends need no transfer, and a rejoin moves every loader, so one pass may take several steps; a
        // hostile list of gaps must not hold the loop, though: it goes on a little later.
        var steps = 0
        var moved = true
        while moved {
            moved = false
            for position in loaders.indices where !state.isFinal && beginSegmentIfDue(of: position, at: now, &effects) {
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
        guard isReadyForSegment(position), let media = loaders[position].media else { return false }
        let due = planned ?? now
        let level = loaders[position].buffer.end - self.position(at: now)
        if level >= settings.forwardTarget {
            plan(position, at: state == .playing ? now + (level - settings.forwardTarget) + .nanoseconds(1) : nil)
            return false
        }
        switch nextSegment(of: position, media, at: now) {
        case .ready(let segment):
            return take(segment, of: position, media, due: due, at: now, &effects)
        case .notBefore(let instant):
            plan(position, at: instant)
            return false
        case .awaitsReload:
            requestUpdate(at: now)
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

    private mutating func plan(_ position: Int, at instant: Instant?) {
        loaders[position].plannedDue = instant ?? .distantFuture
    }

    /// True when a loader waits for nothing but the instant at which its next segment is due.
    func isReadyForSegment(_ position: Int) -> Bool {
        guard loaders[position].isIdle, !loaders[position].isComplete,
            let selection = loaders[position].media?.selection
        else { return false }
        return selection == loaders[position].selection
            && !retries.contains { $0.purpose == .segment(loader: position) }
    }

    /// Starts on a segment, or turns to another track first; true when another step may follow at once.
    private mutating func take(
        _ segment: Segment, of position: Int, _ media: LoadedMedia, due: Instant, at now: Instant,
        _ effects: inout [SessionEffect]
    ) -> Bool {
        if let wanted = choice(for: position), wanted != loaders[position].selection.track, position == 0 || !hasStarted
        {
            select(track: wanted, of: position, at: now, &effects)
            return loaders[position].media?.selection == loaders[position].selection
        }
        loaders[position].plannedDue = nil
        let end = segment.end + media.offset
        if segment.isGap {
            loaders[position].buffer.append(end: end, bitRate: .zero)
            loaders[position].nextSequence = segment.sequence + 1
            return true
        }
        let job = SegmentJob(
            segment: segment, end: end, base: media.base, bitRate: track(of: position)?.bitRate ?? .zero, due: due,
            stage: .key)
        loaders[position].activity = .fetching(job)
        beginSegmentPart(of: position, due: due, attempt: 0, &effects)
        return false
    }

    private func nextSegment(of position: Int, _ media: LoadedMedia, at now: Instant) -> NextSegment {
        let list = media.segments
        let mayGrow = media.isLive || expectsUpdates
        guard !list.isEmpty else { return mayGrow ? .awaitsReload : .endOfPeriod }
        guard let sequence = loaders[position].nextSequence ?? sequence(at: loaders[position].buffer.end, media) else {
            return .awaitsReload
        }
        if let last = list.lastSequence, sequence > last {
            if let presentation, loaders[position].selection.period + 1 < presentation.periods.count {
                return .endOfPeriod
            }
            return mayGrow ? .awaitsReload : .endOfPeriod
        }
        guard let segment = list.segment(sequence) else { return .lost }
        guard let timing = presentation?.dynamicTiming, presentation?.isDynamic == true else {
            if media.isLive, loaders[position].nextSequence == nil, isBehindWindow(segment, position, media) {
                return .lost
            }
            return .ready(segment)
        }
        let end = timing.availabilityStart + (segment.end - .zero)
        let available = context.instant(at: end - list.availabilityOffset)
        if let depth = timing.timeShiftBufferDepth,
            context.wall(at: now) > end + segment.duration + depth
        {
            return .lost
        }
        return available <= now ? .ready(segment) : .notBefore(available)
    }

    /// True when the list's first segment begins well after the place where the loader has to go on.
    private func isBehindWindow(_ segment: Segment, _ position: Int, _ media: LoadedMedia) -> Bool {
        segment.sequence == media.segments.firstSequence && hasStarted
            && segment.start + media.offset > loaders[position].buffer.end + segment.duration
    }

    /// The number of the segment that goes on at a point of the session's timeline.
    private func sequence(at time: MediaTime, _ media: LoadedMedia) -> Int64? {
        let wanted = time - media.offset
        // Times of renditions differ by rounding, those of audio and video by up to a frame.
        let tolerance = TimeAmount.milliseconds(50)
        guard let segment = media.segments.segment(at: wanted + tolerance) else { return nil }
        return segment.end <= wanted + tolerance ? segment.sequence + 1 : segment.sequence
    }

    // MARK: One segment: key, initialization section, media

    /// Begins the first part of the loader's segment that has not been fetched.
    mutating func beginSegmentPart(of position: Int, due: Instant, attempt: Int, _ effects: inout [SessionEffect]) {
        guard case .fetching(var job) = loaders[position].activity else { return }
        if job.stage == .key {
            if let key = job.segment.key, key.keyFormat == "identity", !key.uri.isEmpty {
                let uri = URIReference.resolve(key.uri, against: job.base)
                if !loaders[position].hasFetched(Self.fingerprint(uri, nil)) {
                    loaders[position].activity = .fetching(job)
                    return sendPart(.key, uri, nil, of: position, job, due: due, attempt: attempt, &effects)
                }
            }
            job.stage = .initialization
        }
        if job.stage == .initialization {
            if let section = job.segment.initialization {
                let uri = URIReference.resolve(section.uri, against: job.base)
                if !loaders[position].hasFetched(Self.fingerprint(uri, section.byteRange)) {
                    loaders[position].activity = .fetching(job)
                    return sendPart(
                        .initialization, uri, section.byteRange, of: position, job, due: due, attempt: attempt, &effects
                    )
                }
            }
            job.stage = .segment
        }
        loaders[position].activity = .fetching(job)
        let kind: TransferKind =
            switch loaders[position].kind {
            case .video, .other: .video
            case .audio: .audio
            case .subtitles: .subtitles
            }
        let uri = URIReference.resolve(job.segment.uri, against: job.base)
        sendPart(kind, uri, job.segment.byteRange, of: position, job, due: due, attempt: attempt, &effects)
    }

    private mutating func sendPart(
        _ kind: TransferKind, _ uri: String, _ range: ByteRange?, of position: Int, _ job: SegmentJob, due: Instant,
        attempt: Int, _ effects: inout [SessionEffect]
    ) {
        send(
            kind, .segment(loader: position), uri: uri, byteRange: range, reading: .discard, due: due, attempt: attempt,
            segment: job, &effects)
    }

    mutating func segmentPartArrived(
        of position: Int, _ transfer: PendingTransfer, _ outcome: TransferReport, at now: Instant,
        _ effects: inout [SessionEffect]
    ) {
        guard case .fetching(var job) = loaders[position].activity else { return }
        switch job.stage {
        case .key:
            loaders[position].remember(Self.fingerprint(transfer.uri, nil))
            job.stage = .initialization
        case .initialization:
            loaders[position].remember(Self.fingerprint(transfer.uri, job.segment.initialization?.byteRange))
            job.stage = .segment
        case .segment:
            return segmentArrived(of: position, job, outcome, at: now, &effects)
        }
        loaders[position].activity = .fetching(job)
        beginSegmentPart(of: position, due: now, attempt: 0, &effects)
    }

    private mutating func segmentArrived(
        of position: Int, _ job: SegmentJob, _ outcome: TransferReport, at now: Instant,
        _ effects: inout [SessionEffect]
    ) {
        loaders[position].activity = .idle
        loaders[position].plannedDue = nil
        rule?.estimator.sample(
            bytes: outcome.bytes, firstByte: outcome.timings.firstByte, total: outcome.timings.total)
        // A media playlist by itself declares no bit rate: then the segment's own counts.
        let measured = BitRate(outcome.bytes, over: job.segment.duration)
        loaders[position].buffer.append(end: job.end, bitRate: job.bitRate > .zero ? job.bitRate : measured)
        if loaders[position].media?.selection == loaders[position].selection, presentation?.isDynamic != true {
            loaders[position].nextSequence = job.segment.sequence + 1
        } else {
            loaders[position].nextSequence = nil
        }
    }

    /// A number for a resource, so that a session remembers what it has without keeping URIs: FNV-1a, 64 bits.
    static func fingerprint(_ uri: String, _ range: ByteRange?) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in uri.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        hash = (hash ^ UInt64(bitPattern: range?.offset ?? -1)) &* 0x100_0000_01B3
        return (hash ^ UInt64(bitPattern: range?.length ?? -1)) &* 0x100_0000_01B3
    }
}
