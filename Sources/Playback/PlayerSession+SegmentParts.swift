import Manifests
import Quantities
import Transport

/// One segment's parts, one after another: key, initialization section, media.
extension PlayerSession {
    /// Begins the first part of the loader's segment that has not been fetched.
    mutating func beginSegmentPart(of position: Int, due: Instant, attempt: Int, _ effects: inout SessionEffects) {
        var activity = TrackLoader.Activity.idle
        swap(&activity, &loaders[position].activity)
        guard case .fetching(let job) = consume activity else { return }
        begin(job, of: position, due: due, attempt: attempt, &effects)
    }

    /// Begins the first part of a segment that has not been fetched, and keeps the job with its loader.
    mutating func begin(
        _ job: consuming SegmentJob, of position: Int, due: Instant, attempt: Int, _ effects: inout SessionEffects
    ) {
        if job.stage == .key {
            if let key = job.key {
                let uri = named(key.uri, base: job.base)
                let number = fingerprint(uri, nil, of: position, isKey: true)
                if !loaders[position].has(number) {
                    loaders[position].activity = .fetching(job)
                    return sendPart(.key, uri, nil, of: position, job, due: due, attempt: attempt, &effects)
                }
            }
            job.stage = .initialization
        }
        if job.stage == .initialization {
            if job.hasInitialization, !isContinued(position), !hasNamelessInitialization(position),
                let section = job.initialization
            {
                let uri = queried(named(section.uri, base: job.base), of: position)
                let number = fingerprint(uri, section.byteRange, of: position)
                if !loaders[position].has(number) {
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
        sendSegment(of: position, job, due: due, attempt: attempt, &effects)
        loaders[position].activity = .fetching(consume job)
    }

    /// True where resources have no names and a loader's track has its initialization section: known without looking at it.
    private mutating func hasNamelessInitialization(_ position: Int) -> Bool {
        !context.namesResources && loaders[position].has(fingerprint("", nil, of: position))
    }

    private mutating func sendSegment(
        of position: Int, _ job: SegmentJob, due: Instant, attempt: Int, _ effects: inout SessionEffects
    ) {
        let uri = context.namesResources ? queried(named(job.uri, base: job.base), of: position) : ""
        sendPart(
            transferKind(of: position), uri, job.byteRange, of: position, job, due: due, attempt: attempt,
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
        attempt: Int, _ effects: inout SessionEffects
    ) {
        send(
            kind, .segment(loader: position), uri: uri, byteRange: range,
            reading: job.chunkDuration == nil || job.stage != .segment ? .discard : .chunks, due: due,
            attempt: attempt, segment: job, &effects)
    }

    mutating func segmentPartArrived(
        of position: Int, _ transfer: PendingTransfer, _ outcome: TransferReport, at now: Instant,
        _ effects: inout SessionEffects
    ) {
        // The job is moved out, not copied; whoever still needs it puts it back.
        var activity = TrackLoader.Activity.idle
        swap(&activity, &loaders[position].activity)
        guard case .fetching(var job) = consume activity else { return }
        switch job.stage {
        case .key:
            let key = fingerprint(transfer.uri, nil, of: position, isKey: true)
            loaders[position].remember(key)
            job.stage = .initialization
        case .initialization:
            let section = fingerprint(transfer.uri, job.initialization?.byteRange, of: position)
            loaders[position].remember(section)
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
        _ effects: inout SessionEffects, wasHinted: Bool = false
    ) {
        loaders[position].activity = .idle
        loaders[position].plannedDue = nil
        tellRule(of: position, job, outcome, wasHinted: wasHinted)
        // A media playlist by itself declares no bit rate: then the segment's own counts.
        let measured = BitRate(outcome.bytes, over: job.duration)
        store(job, bitRate: job.bitRate > .zero ? job.bitRate : measured, in: position)
        // A new MPD may number its segments anew: then the next one is found by time.
        if loaders[position].hasSelectedMedia,
            job.mediaNumber == loaders[position].mediaNumber || presentation?.isDynamic != true
        {
            moveOn(position, from: job.sequence, part: job.part)
        } else {
            loaders[position].nextSequence = nil
        }
    }

    /// Has a loader go on behind a segment or a part.
    mutating func moveOn(_ position: Int, from sequence: Int64, part: Int?) {
        loaders[position].nextSequence = part == nil ? sequence + 1 : sequence
        loaders[position].nextPart = part.map { $0 + 1 } ?? 0
    }

    /// A chunk of a segment in the making is there: it can be played.
    mutating func chunkArrived(
        _ id: TransferID, _ chunk: ChunkArrival, at now: Instant, _ effects: inout SessionEffects
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
    ///
    /// Mutating only so that it happens in place.
    mutating func fingerprint(
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
