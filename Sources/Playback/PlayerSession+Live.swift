import Manifests
import Quantities

/// Media playlists and the live edge: laying playlists on the session's timeline, reloading them, latency.
extension PlayerSession {
    mutating func playlistArrived(
        of position: Int, _ playlist: MediaPlaylist, from uri: String, age: TimeAmount? = nil, at now: Instant,
        _ effects: inout SessionEffects
    ) {
        let old = loaders[position].hasSelectedMedia ? loaders[position].media : nil
        loaders[position].reload.isPending = false
        let media = LoadedMedia(
            selection: loaders[position].selection, segments: playlist.segments, playlist: playlist,
            offset: offset(of: playlist, for: position, replacing: old), base: uri, isLive: playlist.isLive,
            targetDuration: playlist.targetDuration)
        let hasChanged = old.map { Self.hasChanged($0, media) } ?? true
        loaders[position].media = media
        if hasChanged { loaders[position].reload.lastChanged = now }
        if position == 0 {
            if playlistHoldBack == nil { playlistHoldBack = playlist.holdBack }
            if mainPlaylistStart == nil, let start = playlist.startOffset { mainPlaylistStart = start }
        }
        if position == 0 || wallOrigin == nil { noteWallOrigin(media, playlist, of: position, hasChanged: hasChanged) }
        if loaders[position].plannedDue == .distantFuture { loaders[position].plannedDue = nil }
        positionIfNeeded(at: now)
        if position == 0 { scheduleBreaks(in: media, at: now) }
        checkPreload(of: position, &effects)
        guard playlist.isLive else { return }
        planReload(of: position, playlist, age: old == nil ? age : nil, hasChanged: hasChanged, at: now)
        failIfStuck(position, playlist, at: now, &effects)
    }

    /// True when a playlist says something that the one before it did not.
    private static func hasChanged(_ old: LoadedMedia, _ new: LoadedMedia) -> Bool {
        if let old = old.playlist, old === new.playlist { return false }
        return old.segments.lastSequence != new.segments.lastSequence || old.isLive != new.isLive
            || old.playlist?.extras.parts.last != new.playlist?.extras.parts.last
    }

    /// rfc8216bis section 6.3.4: after a change wait the last segment's duration, else half the target duration, both
    /// counted from the begin of the last request.
    ///
    /// A playlist that can be waited for is asked for at once, and only after a while when the server did not wait.
    private mutating func planReload(
        of position: Int, _ playlist: MediaPlaylist, age: TimeAmount?, hasChanged: Bool, at now: Instant
    ) {
        if settings.usesLowLatency, loaders[position].reload.isRefused {
            let target = playlist.extras.partTarget ?? playlist.targetDuration
            let wait = max(hasChanged ? target : target * 0.5, .milliseconds(100))
            loaders[position].reload.due = max(now, loaders[position].reload.lastBegun + wait)
            loaders[position].reload.asked = nil
            return
        }
        if settings.usesLowLatency, playlist.extras.serverControl.canBlockReload {
            let pause = (playlist.extras.partTarget ?? playlist.targetDuration) * 0.5
            loaders[position].reload.due = hasChanged ? now : now + max(pause, .milliseconds(100))
            loaders[position].reload.asked = Self.next(after: playlist, age: age)
            return
        }
        loaders[position].reload.asked = nil
        let last = playlist.segments.lastSpan?.duration ?? playlist.targetDuration
        let wait = hasChanged ? last : playlist.targetDuration * 0.5
        let floor = TimeAmount.milliseconds(100)
        loaders[position].reload.due = max(now, loaders[position].reload.lastBegun + max(wait, floor))
    }

    private mutating func failIfStuck(
        _ position: Int, _ playlist: MediaPlaylist, at now: Instant, _ effects: inout SessionEffects
    ) {
        guard let limit = settings.stuckAfterTargetDurations else { return }
        let unchanged = now - loaders[position].reload.lastChanged
        if unchanged >= playlist.targetDuration * limit { fail(.stuckPlaylist, at: now, &effects) }
    }

    /// Where a playlist's zero lies on the session's timeline.
    ///
    /// A reload of the same playlist is lined up by media sequence numbers, which it must keep. Another rendition's
    /// numbers mean nothing (rfc8216bis section 6.2.4), so it is lined up by program date time where there is one;
    /// without, VOD playlists begin together, and live ones are taken to be numbered alike, or else to end together.
    private func offset(of playlist: MediaPlaylist, for position: Int, replacing old: LoadedMedia?) -> TimeAmount {
        guard let first = playlist.segments.firstSpan, let last = playlist.segments.lastSpan else {
            return old?.offset ?? .zero
        }
        if let old { return reloadOffset(first, old: old, targetDuration: playlist.targetDuration) }
        guard playlist.isLive || isPositioned else { return .zero }
        if wallOriginIsExact, let wallOrigin, let date = first.programDateTime {
            return (date - wallOrigin) - (first.start - .zero)
        }
        let reference = loaders.indices.lazy
            .compactMap { loaders[$0].media }.first { $0.isLive }
        guard playlist.isLive, let reference, let edge = reference.segments.lastSpan else { return .zero }
        if let same = reference.segments.span(first.sequence) ?? reference.segments.span(last.sequence) {
            let mine = same.sequence == first.sequence ? first.start : last.start
            return (same.start + reference.offset) - mine
        }
        return (edge.end + reference.offset) - last.end
    }

    private func reloadOffset(_ first: SegmentSpan, old: LoadedMedia, targetDuration: TimeAmount) -> TimeAmount {
        if let same = old.segments.span(first.sequence) { return (same.start + old.offset) - first.start }
        guard let oldLast = old.segments.lastSpan, let oldFirst = old.segments.firstSpan else { return old.offset }
        let oldEnd = oldLast.end + old.offset
        // Numbers went back: the encoder began anew; what comes now follows what was there.
        if first.sequence < oldFirst.sequence { return oldEnd - first.start }
        if let date = first.programDateTime, let wallOrigin, wallOriginIsExact {
            return (date - wallOrigin) - (first.start - .zero)
        }
        let missed = targetDuration * Double(first.sequence - oldLast.sequence - 1)
        return (oldEnd + missed) - first.start
    }

    /// Learns the wall time of the session's zero: from program date times, or from the earliest sight of each segment.
    private mutating func noteWallOrigin(
        _ media: LoadedMedia, _ playlist: MediaPlaylist, of position: Int, hasChanged: Bool
    ) {
        guard media.isLive, let last = media.segments.lastSpan else { return }
        if let date = last.programDateTime {
            wallOrigin = date - ((last.start + media.offset) - .zero)
            wallOriginIsExact = true
        } else if hasChanged, !wallOriginIsExact {
            let seen = wall(at: loaders[position].reload.lastBegun) - ((last.end + media.offset) - .zero)
            wallOrigin = min(wallOrigin ?? seen, seen)
        }
    }

    /// The distance from the live edge to play at, with what stalls have added to it.
    func liveHoldBack(of media: LoadedMedia) -> TimeAmount {
        guard settings.holdBackPerStall > .zero, adapting.stalls > 0 else { return declaredHoldBack(of: media) }
        let added = settings.holdBackPerStall * Double(adapting.stalls)
        let most = media.targetDuration > .zero ? media.targetDuration : .seconds(4)
        return declaredHoldBack(of: media) + min(added, most)
    }

    /// The distance that the stream or the settings say.
    private func declaredHoldBack(of media: LoadedMedia) -> TimeAmount {
        if let timing = presentation?.dynamicTiming {
            let typical = media.segments.span(at: .zero)?.duration ?? .seconds(4)
            let wanted = timing.suggestedDelay ?? typical * settings.liveEdgeSegments
            return min(wanted, timing.timeShiftBufferDepth ?? wanted)
        }
        if settings.usesLowLatency, let playlist = media.playlist, let target = playlist.extras.partTarget {
            return playlist.extras.serverControl.partHoldBack ?? target * 3
        }
        return playlistHoldBack ?? media.targetDuration * settings.liveEdgeSegments
    }

    /// Where a live viewer starts now; nil when nothing is there.
    func liveStart(of media: LoadedMedia, at now: Instant) -> MediaTime? {
        guard let first = media.segments.firstSpan else { return nil }
        let hold = liveHoldBack(of: media)
        guard let timing = presentation?.dynamicTiming else {
            guard let last = media.segments.lastSpan else { return nil }
            if settings.usesLowLatency, let playlist = media.playlist, let target = playlist.extras.partTarget {
                return lowLatencyStart(playlist, media, hold: hold, partTarget: target, at: now)
            }
            return max(first.start, last.end - hold) + media.offset
        }
        let live = MediaTime(nanoseconds: (wall(at: now) - timing.availabilityStart).nanoseconds)
        var start = live - hold
        if let last = media.segments.lastSpan { start = min(start, last.start) }
        return max(first.start, start)
    }

    /// The wall time at the source of the timeline's zero; nil unless live, or when nothing tells it.
    ///
    /// Live latency is the wall time now less that of the rendered frame.
    var liveOrigin: WallTime? {
        guard isLive else { return nil }
        return presentation?.dynamicTiming?.availabilityStart ?? wallOrigin
    }

    /// The viewer has fallen out of the window of a live stream: go on at the live edge's distance.
    ///
    /// - Returns: False when that place is no other than where the viewer is.
    mutating func rejoinLive(at now: Instant, _ effects: inout SessionEffects) -> Bool {
        guard let media = loaders.first?.media, let start = liveStart(of: media, at: now), start != playhead else {
            return false
        }
        playhead = start
        playheadInstant = now
        restartLoaders(at: start, cancelling: true, &effects)
        return true
    }
}
