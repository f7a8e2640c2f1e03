import Manifests
import Quantities

/// Low-latency HLS (rfc8216bis sections 6.2.5, 6.3.7, 6.3.8 and appendix C): blocking reloads, delta updates, rendition
/// reports, parts and those that are announced.
extension PlayerSession {
    // MARK: Delivery directives

    /// The segment or part that comes after what a playlist holds.
    ///
    /// - Parameters:
    ///   - playlist: The playlist in hand.
    ///   - age: How old the copy was that a cache sent; so much more is asked for (appendix C, tune-in).
    /// - Returns: What a blocking request waits for.
    static func next(after playlist: MediaPlaylist, age: TimeAmount? = nil) -> PlaylistPosition {
        let following = (playlist.segments.lastSequence ?? -1) + 1
        guard let target = playlist.extras.partTarget, target > .zero else {
            return PlaylistPosition(sequence: following, part: nil)
        }
        var next = PlaylistPosition(sequence: following, part: 0)
        if let last = playlist.extras.parts.last, last.sequence >= following {
            next = PlaylistPosition(sequence: last.sequence, part: last.index + 1)
        }
        guard let age, age >= .seconds(1) || age >= target else { return next }
        let goal = age + (target < .seconds(1) ? .seconds(1) : .zero)
        let parts = Int((goal.seconds / target.seconds).rounded(.down))
        let perSegment = max(1, Int((playlist.targetDuration.seconds / target.seconds).rounded()))
        // A server refuses what is more than two segments ahead of its own end.
        let ahead = min((next.part ?? 0) + min(parts, perSegment * 2), perSegment * 2)
        return PlaylistPosition(sequence: next.sequence + Int64(ahead / perSegment), part: ahead % perSegment)
    }

    /// How a loader's playlist is to be asked for: with which directives, and on top of what.
    func playlistRequest(
        of position: Int, at now: Instant
    ) -> (uri: String, reading: SessionRequest.Reading, awaited: PlaylistPosition?) {
        let uri = location(of: position)
        let variables = presentation?.details.variables ?? [:]
        let plain = (uri, SessionRequest.Reading.manifest(variables: variables), PlaylistPosition?.none)
        let reload = loaders[position].reload
        guard settings.usesLowLatency, !reload.asksPlainly, !reload.isRefused, let media = loaders[position].media,
            let held = media.playlist
        else { return plain }
        guard media.selection == loaders[position].selection else {
            guard let position = reported(uri, by: held, base: media.base) else { return plain }
            return (URIReference.setting(Self.directives(position), of: uri), plain.1, nil)
        }
        guard let asked = loaders[position].reload.asked else { return plain }
        var directives = Self.directives(asked)
        guard let limit = held.extras.serverControl.canSkipUntil, held.isLive,
            now - loaders[position].reload.lastBegun < limit * 0.5
        else {
            return (URIReference.setting(directives, of: uri), plain.1, asked)
        }
        let skip = held.extras.serverControl.canSkipDateRanges ? "v2" : "YES"
        directives.append(URIReference.Parameter("_HLS_skip", skip))
        return (
            URIReference.setting(directives, of: uri), .update(of: .mediaPlaylist(held), variables: variables), asked
        )
    }

    private static func directives(_ position: PlaylistPosition) -> [URIReference.Parameter] {
        var result = [URIReference.Parameter("_HLS_msn", String(position.sequence))]
        if let part = position.part { result.append(URIReference.Parameter("_HLS_part", String(part))) }
        return result
    }

    /// How far the playlist at a URI is, as the one in hand reports.
    private func reported(_ uri: String, by held: MediaPlaylist, base: String) -> PlaylistPosition? {
        let wanted = URIReference(uri).path
        for report in held.extras.renditionReports {
            let resolved = URIReference.resolve(report.uri, against: base)
            guard URIReference(resolved).path == wanted,
                let sequence = report.lastSequence ?? held.segments.lastSequence
            else { continue }
            return PlaylistPosition(sequence: sequence, part: report.lastPart)
        }
        return nil
    }

    // MARK: Where to begin

    /// The hold-back behind the end of the last part.
    ///
    /// The playlist in hand may be up to a part old; where dates tell how much, the start is that much later, so that all
    /// viewers play at the same distance whenever they came.
    func lowLatencyStart(
        _ playlist: MediaPlaylist, _ media: LoadedMedia, hold: TimeAmount, partTarget: TimeAmount, at now: Instant
    ) -> MediaTime {
        let first = playlist.segments.firstSpan?.start ?? playlist.extras.parts.first?.start ?? .zero
        let start = max(first, playlist.end - hold) + media.offset
        guard wallOriginIsExact, let wallOrigin else { return start }
        let exact = MediaTime.zero + ((wall(at: now) - wallOrigin) - hold)
        return min(max(start, exact), start + partTarget)
    }

    /// Finds the piece to begin with: at or before the place where the loader has to go on, where a decoder can start.
    ///
    /// - Returns: False when it is not there yet.
    mutating func findPiece(of position: Int, _ playlist: MediaPlaylist, _ media: LoadedMedia) -> Bool {
        let time = (loaders[position].replacing ?? loaders[position].buffer.end) - media.offset + .milliseconds(20)
        let list = playlist.segments
        var sequence = (list.lastSequence ?? -1) + 1
        if let last = list.last, time < last.end {
            guard let segment = list.segment(at: time) else { return false }
            sequence = segment.sequence
        } else if list.isEmpty {
            guard let first = playlist.extras.parts.first else { return false }
            sequence = first.sequence
        }
        let parts = playlist.parts(of: sequence)
        let start = parts.last { $0.start <= time && $0.isIndependent }
        loaders[position].nextSequence = sequence
        loaders[position].nextPart = start?.index ?? 0
        if let last = parts.last, list.segment(sequence) == nil, last.end <= time {
            loaders[position].nextPart = last.index + 1
        }
        return true
    }

    // MARK: Announced parts

    /// Asks for the part that a playlist announces, when it is the one that the loader needs next.
    mutating func beginHint(
        of position: Int, _ media: LoadedMedia, at now: Instant, _ effects: inout SessionEffects
    ) {
        guard settings.usesLowLatency, loaders[position].preload == nil, let playlist = media.playlist,
            let hint = playlist.extras.preloadHints.first(where: { $0.kind == .part }),
            media.selection == loaders[position].selection, let wanted = loaders[position].nextSequence
        else { return }
        let next = Self.next(after: playlist)
        guard next.sequence == wanted, let part = next.part, part == loaders[position].nextPart,
            !needsPreparation(of: position, playlist, media)
        else { return }
        let uri = URIReference.resolve(hint.uri, against: media.base)
        let range =
            hint.rangeStart > 0 || hint.rangeLength != nil
            ? ByteRange(offset: hint.rangeStart, length: hint.rangeLength) : nil
        loaders[position].preload = PreloadedPart(
            uri: uri, rangeStart: hint.rangeStart, sequence: wanted, part: part)
        let segment = Segment(
            sequence: wanted, start: playlist.end,
            duration: max(playlist.extras.partTarget ?? .zero, .nanoseconds(1)), uri: hint.uri, byteRange: range)
        let job = SegmentJob(
            SegmentJob.Content(segment: segment, base: media.base), sequence: wanted, duration: segment.duration,
            part: part, start: segment.start + media.offset, end: segment.end + media.offset,
            bitRate: track(of: position)?.bitRate ?? .zero, due: now, stage: .segment,
            mediaNumber: loaders[position].mediaNumber)
        send(
            transferKind(of: position), .hint(loader: position), uri: uri, byteRange: range, reading: .discard,
            due: now, attempt: 0, segment: job, &effects)
    }

    /// True when the next part needs a key or initialization section that has not been fetched.
    private mutating func needsPreparation(of position: Int, _ playlist: MediaPlaylist, _ media: LoadedMedia) -> Bool {
        guard let last = playlist.extras.parts.last else { return true }
        if let section = last.initialization {
            let uri = URIReference.resolve(section.uri, against: media.base)
            if !loaders[position].has(Self.fingerprint(uri, section.byteRange)) { return true }
        }
        guard let key = last.key else { return false }
        return !loaders[position].has(
            Self.fingerprint(URIReference.resolve(key.uri, against: media.base), nil))
    }

    /// A job may be under way already, or done, because its part was announced.
    ///
    /// - Returns: True when the job needs no transfer of its own.
    mutating func takePreload(
        of position: Int, _ job: SegmentJob, at now: Instant, _ effects: inout SessionEffects
    ) -> Bool {
        guard let preload = loaders[position].preload, let part = job.part else { return false }
        guard preload.sequence == job.sequence, preload.part == part,
            preload.rangeStart == job.byteRange?.offset ?? 0,
            preload.uri == URIReference.resolve(job.uri, against: job.base)
        else {
            cancelPreload(of: position, &effects)
            return false
        }
        var job = job
        job.stage = .segment
        loaders[position].activity = .fetching(job)
        guard let report = preload.report else { return true }
        loaders[position].preload = nil
        segmentArrived(of: position, job, report, at: now, &effects, wasHinted: true)
        return true
    }

    /// The transfer of an announced part has ended well.
    mutating func hintArrived(
        of position: Int, _ outcome: TransferReport, at now: Instant, _ effects: inout SessionEffects
    ) {
        guard let preload = loaders[position].preload else { return }
        if case .fetching(let job) = loaders[position].activity, job.sequence == preload.sequence,
            job.part == preload.part
        {
            loaders[position].preload = nil
            segmentArrived(of: position, job, outcome, at: now, &effects, wasHinted: true)
        } else {
            loaders[position].preload?.report = outcome
        }
    }

    /// The transfer of an announced part has failed: it is asked for like any other once it is listed.
    mutating func hintFailed(of position: Int, at now: Instant, _ effects: inout SessionEffects) {
        guard let preload = loaders[position].preload else { return }
        loaders[position].preload = nil
        guard case .fetching(let job) = loaders[position].activity, job.sequence == preload.sequence,
            job.part == preload.part
        else { return }
        beginSegmentPart(of: position, due: now, attempt: 0, &effects)
    }

    /// An announced part that the next version of the playlist neither lists nor announces again is let go of.
    mutating func checkPreload(of position: Int, _ effects: inout SessionEffects) {
        guard let preload = loaders[position].preload, let media = loaders[position].media,
            let playlist = media.playlist
        else { return }
        let isListed = playlist.parts(of: preload.sequence).contains { $0.index == preload.part }
        let isAnnounced = playlist.extras.preloadHints.contains {
            $0.kind == .part && $0.rangeStart == preload.rangeStart
                && URIReference.resolve($0.uri, against: media.base) == preload.uri
        }
        if !isListed, !isAnnounced { cancelPreload(of: position, &effects) }
    }

    /// Lets go of an announced part, unless it has become the one that the loader is fetching.
    mutating func cancelPreload(of position: Int, _ effects: inout SessionEffects) {
        guard let preload = loaders[position].preload else { return }
        if case .fetching(let job) = loaders[position].activity, job.sequence == preload.sequence,
            job.part == preload.part, job.stage == .segment
        {
            return
        }
        loaders[position].preload = nil
        for index in pending.indices where pending[index].purpose == .hint(loader: position) {
            pending[index].purpose = .abandoned
            effects.append(.cancel(pending[index].id))
        }
    }
}

extension Segment {
    /// A part, to be fetched and buffered as a segment of its own.
    init(_ part: Part) {
        self.init(
            sequence: part.sequence, start: part.start, duration: part.duration, uri: part.uri,
            byteRange: part.byteRange, initialization: part.initialization, keys: part.key.map { [$0] } ?? [],
            isGap: part.isGap, discontinuity: part.discontinuity, programDateTime: part.programDateTime)
    }
}
