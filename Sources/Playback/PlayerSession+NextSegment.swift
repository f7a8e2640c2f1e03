import Manifests
import Quantities

/// Which segment, or part of one, a loader fetches next.
extension PlayerSession {
    /// What a loader can do next.
    enum NextSegment {
        case ready(SegmentSpan)
        /// A part of a segment, made to look like one.
        indirect case readyPart(Segment, part: Int)
        /// A dynamic MPD lists it, but it is not there before this instant.
        case notBefore(Instant)
        /// It is not listed yet.
        case awaitsReload
        /// The window has moved past it.
        case lost
        /// The period has no more.
        case endOfPeriod
    }

    mutating func nextSegment(of position: Int, _ media: LoadedMedia, at now: Instant) -> NextSegment {
        let window = availability
        let mayGrow = media.isLive || window?.grows == true
        if let playlist = media.playlist, playlist.isLowLatency, settings.usesLowLatency {
            return nextPiece(of: position, playlist, media)
        }
        guard !media.segments.isEmpty else { return mayGrow ? .awaitsReload : .endOfPeriod }
        guard let (sequence, found) = segmentToFetch(by: position, media) else { return .awaitsReload }
        if let last = media.segments.lastSequence, sequence > last {
            if let presentation, loaders[position].selection.period + 1 < presentation.periods.count {
                return .endOfPeriod
            }
            return mayGrow ? .awaitsReload : .endOfPeriod
        }
        guard let segment = found ?? media.segments.span(sequence) else { return .lost }
        guard let window else {
            if media.isLive, loaders[position].nextSequence == nil, isBehindWindow(segment, position, media) {
                return .lost
            }
            return .ready(segment)
        }
        let end = window.start + (segment.end - .zero)
        let available = instant(at: end - media.segments.availabilityOffset)
        if let depth = window.depth, wall(at: now) > end + segment.duration + depth { return .lost }
        return available <= now ? .ready(segment) : .notBefore(available)
    }

    /// When all of a segment of a dynamic MPD is there; nil for others.
    func wallTime(of segment: SegmentSpan) -> WallTime? {
        presentation?.dynamicTiming.map { $0.availabilityStart + (segment.end - .zero) }
    }

    /// The next piece of a low-latency playlist: whole segments as long as they are complete, then parts.
    private mutating func nextPiece(of position: Int, _ playlist: MediaPlaylist, _ media: LoadedMedia) -> NextSegment {
        let list = playlist.segments
        if loaders[position].nextSequence == nil, !findPiece(of: position, playlist, media) {
            return media.isLive ? .awaitsReload : .endOfPeriod
        }
        // A segment whose parts are all there is followed by the next one: at most one step.
        for _ in 0..<2 {
            guard let sequence = loaders[position].nextSequence else { return .awaitsReload }
            let part = loaders[position].nextPart
            if sequence < list.firstSequence, !list.isEmpty { return .lost }
            let whole = list.span(sequence)
            if part == 0, let whole { return .ready(whole) }
            let parts = playlist.parts(of: sequence)
            if let found = parts.first(where: { $0.index == part }) {
                return .readyPart(Segment(found), part: part)
            }
            guard let whole else { break }
            // The parts have left the playlist: the rest is to be had with the whole only.
            if parts.isEmpty { return .ready(whole) }
            loaders[position].nextSequence = sequence + 1
            loaders[position].nextPart = 0
        }
        return media.isLive ? .awaitsReload : .endOfPeriod
    }

    /// True when the list's first segment begins well after the place where the loader has to go on.
    private func isBehindWindow(_ segment: SegmentSpan, _ position: Int, _ media: LoadedMedia) -> Bool {
        segment.sequence == media.segments.firstSequence && hasStarted
            && segment.start + media.offset > loaders[position].buffer.end + segment.duration
    }

    /// The number of the segment that goes on where a loader's segments end, and the segment where looking for it has
    /// found it.
    private func segmentToFetch(by position: Int, _ media: LoadedMedia) -> (sequence: Int64, found: SegmentSpan?)? {
        if let known = loaders[position].nextSequence { return (known, nil) }
        let wanted = (loaders[position].replacing ?? loaders[position].buffer.end) - media.offset
        // Times of renditions differ by rounding, those of audio and video by up to a frame.
        let tolerance = TimeAmount.milliseconds(50)
        guard let segment = media.segments.span(at: wanted + tolerance) else { return nil }
        return segment.end <= wanted + tolerance ? (segment.sequence + 1, nil) : (segment.sequence, segment)
    }

    // MARK: Gaps

    /// The track that a loader stays on until it is past a gap in another one.
    func heldTrack(of position: Int) -> Int? {
        guard let escape = loaders[position].gapEscape, loaders[position].buffer.end < escape.until,
            loaders[position].ladder.contains(escape.track)
        else { return nil }
        return escape.track
    }

    /// The segment that comes next is a gap: another track to try, the next lower one first, or nil when all have it
    /// (rfc8216bis section 6.2.1).
    mutating func escape(from position: Int, until end: MediaTime) -> Int? {
        guard settings.adaptation.isAdaptive, loaders[position].ladder.count > 1 else { return nil }
        var tried = loaders[position].gapEscape.map { $0.until >= end ? $0.tried : [] } ?? []
        let current = loaders[position].selection.track
        tried.append(current)
        let ladder = loaders[position].ladder
        let place = ladder.firstIndex(of: current) ?? 0
        let order = ladder[..<place].reversed() + ladder[place...]
        guard let other = order.first(where: { !tried.contains($0) }), tried.count < 8 else {
            loaders[position].gapEscape = nil
            return nil
        }
        loaders[position].gapEscape = TrackLoader.GapEscape(until: end, track: other, tried: tried)
        return other
    }
}
