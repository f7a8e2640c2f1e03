import Manifests
import Quantities

/// The playhead: how it moves, what stops it, and what sets it going.
extension PlayerSession {
    /// Up to where the playhead can move: the least buffered kind that is still being fetched, or the end of all.
    var playbackLimit: MediaTime {
        var limit: MediaTime?
        var last: MediaTime?
        for position in loaders.indices {
            // Players go on without subtitles that have not come.
            guard !loaders[position].isSubtitles else { continue }
            let end = loaders[position].buffer.end
            last = max(last ?? end, end)
            if !loaders[position].isComplete { limit = min(limit ?? end, end) }
        }
        let end = limit ?? last ?? playhead
        guard let stop = nextBreak else { return end }
        return min(end, max(stop, playhead))
    }

    /// True when nothing more will be fetched.
    var isComplete: Bool {
        !loaders.isEmpty && loaders.indices.allSatisfy { loaders[$0].isComplete || loaders[$0].isSubtitles }
    }

    /// When the playhead reaches its limit, while it moves.
    var instantOfPlaybackLimit: Instant? {
        guard state == .playing, !isInBreak, !adapting.awaitsPicture else { return nil }
        return playheadInstant + realTime(for: max(.zero, playbackLimit - playhead))
    }

    /// Moves the playhead to where it is at `now`; where the buffer ran out on the way, it stopped then.
    mutating func advance(to now: Instant, _ effects: inout SessionEffects) {
        guard state == .playing, !isInBreak, let limitInstant = instantOfPlaybackLimit else {
            playheadInstant = max(playheadInstant, now)
            return
        }
        guard limitInstant <= now else {
            playhead = playhead + mediaTime(in: now - playheadInstant)
            playheadInstant = now
            reportRendered(&effects)
            return
        }
        playhead = max(playhead, playbackLimit)
        playheadInstant = limitInstant
        reportRendered(&effects)
        if enterBreak(at: limitInstant, &effects) {
            playheadInstant = now
            return
        }
        if isComplete {
            finish(as: .ended, at: limitInstant, &effects)
        } else {
            change(to: .rebuffering, at: limitInstant, &effects)
            playbackChanged(.stalled, at: limitInstant)
            replanSegments()
        }
        playheadInstant = now
    }

    /// Reports segments that have played to their end, each at the instant at which it did.
    private mutating func reportRendered(_ effects: inout SessionEffects) {
        let playhead = playhead
        guard loaders.indices.contains(where: { loaders[$0].buffer.hasEntry(before: playhead) }) else { return }
        let playheadInstant = playheadInstant
        let origin = liveOrigin
        let wallAtZero = context.wallStart + clockOffset
        let rate = adapting.rate
        for position in loaders.indices {
            let kind = loaders[position].kind
            loaders[position].buffer.advance(to: playhead) { end, duration, bitRate in
                let at = playheadInstant - Self.realTime(for: playhead - end, at: rate)
                effects.report(TimedEvent(at: at, .rendered(kind, duration: duration, bitRate: bitRate)))
                if position == 0, let origin {
                    let latency = (wallAtZero + TimeAmount(nanoseconds: at.nanoseconds)) - (origin + (end - .zero))
                    effects.report(TimedEvent(at: at, .latencySampled(latency)))
                }
            }
        }
    }

    /// Reports what has been rendered of the segments under the playhead.
    mutating func flushRendered(at now: Instant, _ effects: inout SessionEffects) {
        let playhead = playhead
        for position in loaders.indices {
            let kind = loaders[position].kind
            loaders[position].buffer.flush(at: playhead) { _, duration, bitRate in
                effects.report(TimedEvent(at: now, .rendered(kind, duration: duration, bitRate: bitRate)))
            }
        }
    }

    /// Starts or resumes the playhead when enough is buffered, and ends a playback that has nothing left.
    mutating func updatePlayback(at now: Instant, _ effects: inout SessionEffects) {
        guard !isInBreak, !isHeld else { return }
        switch state {
        case .starting, .rebuffering, .seeking:
            guard isPositioned else { return }
            if breaks != nil, enterBreak(at: now, &effects) { return }
            guard !awaitsLicence, canPlay else { return }
            if isComplete, playbackLimit <= playhead {
                if hasStarted {
                    finish(as: .ended, at: now, &effects)
                } else {
                    fail(.nothingToPlay, at: now, &effects)
                }
                return
            }
            if !hasStarted {
                if waitsToStart(at: now) { return }
                catchUpBeforeStart(at: now)
            }
            let isFirst = !hasStarted
            hasStarted = true
            playheadInstant = now
            adapting.awaitsPicture = isFirst && !hasPicture
            adapting.startDue = nil
            change(to: .playing, at: now, &effects)
            playbackChanged(isFirst ? .started : .resumed, at: now)
            replanSegments()
            beginDueSegments(at: now, &effects)
        case .playing:
            guard adapting.awaitsPicture, hasPicture, !waitsToStart(at: now) else { return }
            adapting.awaitsPicture = false
            playheadInstant = now
            replanSegments()
            beginDueSegments(at: now, &effects)
        case .paused, .ended, .failed, .quit:
            return
        }
    }

    /// A low-latency viewer begins at the hold-back of the instant at which the picture appears, not of that at which the
    /// playlist came: what went by while the first parts were loading is left out, as far as it is buffered.
    private mutating func catchUpBeforeStart(at now: Instant) {
        guard settings.usesLowLatency, wallOriginIsExact, let wallOrigin, let media = loaders.first?.media,
            media.isLive, media.playlist?.isLowLatency == true
        else { return }
        let exact = MediaTime.zero + ((wall(at: now) - wallOrigin) - liveHoldBack(of: media))
        let start = min(exact, playbackLimit - settings.startThreshold)
        guard start > playhead else { return }
        playhead = start
        for position in loaders.indices { loaders[position].buffer.jump(to: start) }
    }

    /// True when the buffer holds what the state's threshold asks for, or all that there will be.
    private var canPlay: Bool {
        guard !loaders.isEmpty else { return false }
        if isComplete { return true }
        let level = playbackLimit - playhead
        guard level > .zero else { return false }
        var threshold = hasStarted ? settings.resumeThreshold : settings.startThreshold
        // A live viewer can never hold more than the distance to the edge: half of it must do (Media3 does the same).
        if let holdBack, isLive { threshold = min(threshold, holdBack * 0.5) }
        return level >= threshold
    }

    /// True when the presentation still grows.
    var isLive: Bool {
        if presentation?.isDynamic == true { return true }
        for position in loaders.indices where loaders[position].isMediaLive { return true }
        return false
    }

    mutating func pause(at now: Instant, _ effects: inout SessionEffects) {
        guard state == .playing || state == .rebuffering else { return }
        if isInBreak { return tellAsset(.pause, at: now, &effects) }
        change(to: .paused, at: now, &effects)
        replanSegments()
    }

    mutating func resume(at now: Instant, _ effects: inout SessionEffects) {
        guard state == .paused else { return }
        if isInBreak { return tellAsset(.resume, at: now, &effects) }
        playheadInstant = now
        if playbackLimit > playhead || isComplete {
            change(to: .playing, at: now, &effects)
        } else {
            change(to: .rebuffering, at: now, &effects)
        }
        replanSegments()
    }

    /// Jumps: inside the buffer at once, else everything is fetched anew from there.
    mutating func seek(to wanted: MediaTime, at now: Instant, _ effects: inout SessionEffects) {
        guard hasStarted, !state.isFinal else { return }
        if isInBreak { endBreak(isFailed: false, resumes: false, at: now, &effects) }
        let target = clampedToPresentation(wanted, at: now)
        flushRendered(at: now, &effects)
        adapting.awaitsPicture = false
        let wasPaused = state == .paused
        let isBuffered = loaders.allSatisfy { $0.buffer.rendered <= target && target < $0.buffer.end }
        change(to: .seeking, at: now, &effects)
        playhead = target
        playheadInstant = now
        if isBuffered {
            for position in loaders.indices { loaders[position].buffer.jump(to: target) }
            change(to: wasPaused ? .paused : .playing, at: now, &effects)
        } else {
            restartLoaders(at: target, cancelling: true, &effects)
            playbackChanged(.sought, at: now)
        }
        replanSegments()
    }

    /// Empties all buffers and has every loader find its segment by time.
    mutating func restartLoaders(at target: MediaTime, cancelling: Bool, _ effects: inout SessionEffects) {
        for position in loaders.indices {
            loaders[position].buffer.reset(at: target)
            loaders[position].replacing = nil
            loaders[position].nextSequence = nil
            loaders[position].nextPart = 0
            loaders[position].isComplete = false
            loaders[position].plannedDue = nil
            if cancelling { cancelSegment(of: position, &effects) }
            cancelPreload(of: position, &effects)
        }
    }

    private func clampedToPresentation(_ wanted: MediaTime, at now: Instant) -> MediaTime {
        guard let media = loaders.first?.media else { return max(.zero, wanted) }
        let first = media.segments.firstSpan.map { $0.start + media.offset } ?? .zero
        let last = media.isLive || presentation?.isDynamic == true ? liveStart(of: media, at: now) : presentationEnd
        return max(first, min(wanted, last ?? wanted))
    }

    /// The end of a presentation that does not grow, less the smallest step, so that a seek there still plays.
    private var presentationEnd: MediaTime? {
        loaders.compactMap { loader -> MediaTime? in
            guard let media = loader.media, let last = media.segments.lastSpan else { return nil }
            return max(last.start, last.end - .milliseconds(100)) + media.offset
        }.max()
    }
}
