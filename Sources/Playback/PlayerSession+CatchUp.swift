import Manifests
import Quantities

/// Keeping the distance from the live edge by the rate of the playhead.
extension PlayerSession {
    /// Sets the playback rate, or jumps to the edge, when it is time to look.
    mutating func keepLatency(at now: Instant, _ effects: inout SessionEffects) {
        guard hasCatchUp else { return }
        guard state == .playing, !isInBreak, !settings.catchesUpInLowLatencyOnly || isLowLatencyStream, knowsLatency
        else {
            adapting.catchUpDue = nil
            setPlaybackRate(1, at: now)
            return
        }
        if let due = adapting.catchUpDue, due > now { return }
        guard let rule = catchUp, let situation = latencySituation(at: now) else { return }
        adapting.catchUpDue = now + max(rule.interval, .milliseconds(20))
        if let jump = rule.jumpDrift, situation.latency - situation.target > jump {
            setPlaybackRate(1, at: now)
            if rejoinLive(at: now, &effects) { change(to: .seeking, at: now, &effects) }
            return
        }
        let rate = catchUp?.rate(situation) ?? 1
        setPlaybackRate(rate, at: now)
    }

    /// The buffer ran out: the rate is 1 until it plays again.
    mutating func latencyStalled(at now: Instant) {
        adapting.stalls += 1
        guard catchUp != nil else { return }
        setPlaybackRate(1, at: now)
        if let situation = latencySituation(at: now) { catchUp?.stalled(situation) }
    }

    /// True when the distance from the live edge can be told.
    private var knowsLatency: Bool {
        holdBack != nil && !loaders.isEmpty && loaders[0].hasMedia && liveOrigin != nil
    }

    private func latencySituation(at now: Instant) -> LatencySituation? {
        guard isLive, let target = holdBack, let origin = liveOrigin, let media = loaders.first?.media else {
            return nil
        }
        let played = position(at: now)
        let typical =
            media.targetDuration > .zero ? media.targetDuration : media.segments.lastSpan?.duration ?? .seconds(4)
        return LatencySituation(
            latency: wall(at: now) - (origin + (played - .zero)), target: target, buffer: bufferLevel(at: now),
            rate: adapting.rate, now: now, isStalled: state == .rebuffering, segmentDuration: typical)
    }
}
