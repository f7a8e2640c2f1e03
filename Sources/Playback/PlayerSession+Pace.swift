import Manifests
import Quantities

/// The pace of a session: how fast the playhead moves, how much is buffered, and who waits for whom.
extension PlayerSession {
    // MARK: The playhead's rate

    /// The rate at which the playhead moves; 1 unless a player catches up with the live edge or falls back from it.
    package var playbackRate: Double { adapting.rate }

    /// Sets the rate from now on; the playhead must have been moved to `now`.
    mutating func setPlaybackRate(_ rate: Double, at now: Instant) {
        guard rate.isFinite, rate > 0, rate != adapting.rate else { return }
        adapting.rate = min(max(rate, 0.1), 10)
        replanSegments()
    }

    /// The media time that plays in a span.
    func mediaTime(in span: TimeAmount) -> TimeAmount { adapting.rate == 1 ? span : span * adapting.rate }

    /// The span in which a media time plays.
    func realTime(for media: TimeAmount) -> TimeAmount { Self.realTime(for: media, at: adapting.rate) }

    static func realTime(for media: TimeAmount, at rate: Double) -> TimeAmount {
        rate == 1 ? media : media * (1 / rate)
    }

    // MARK: How much is buffered

    /// The buffer level up to which a loader fetches.
    func forwardTarget(of position: Int) -> TimeAmount {
        if position > 0, loaders[position].isAudio, leadOverMain(position) != nil { return .max }
        var target = settings.forwardTarget
        if let bytes = settings.forwardBytes, let rate = bitRate(of: position)?.bitsPerSecond, rate > 0 {
            target = max(target, .seconds(Double(bytes.count) * 8 / rate))
        }
        if position == 0, let top = settings.topForwardTarget, loaders[0].selection.track == loaders[0].ladder.last,
            loaders[0].ladder.count > 1
        {
            target = isLongForm ? settings.longFormForwardTarget ?? top : top
        }
        return min(target, settings.longestForwardTarget)
    }

    /// True for what plays ten minutes or longer, or has no end (dash.js `longFormContentDurationThreshold`).
    private var isLongForm: Bool {
        guard !isLive, let last = loaders.first?.media?.segments.lastSpan else { return isLive }
        return last.end - .zero >= .seconds(600)
    }

    /// How long it takes until a level has fallen below a target, to the next look at it.
    func waitUntil(_ level: TimeAmount, isBelow target: TimeAmount) -> TimeAmount {
        let exact = realTime(for: level - target) + .nanoseconds(1)
        let interval = settings.checkInterval
        guard interval > .zero else { return exact }
        return interval * (exact.seconds / interval.seconds).rounded(.up)
    }

    /// How far a loader may run ahead of the main one; nil without a bound.
    private func leadOverMain(_ position: Int) -> TimeAmount? {
        if let lead = settings.leadOverMain { return lead }
        guard let segments = settings.leadOverMainSegments else { return nil }
        let typical = loaders[position].media.map { media in
            media.targetDuration > .zero ? media.targetDuration : media.segments.firstSpan?.duration ?? .seconds(4)
        }
        return (typical ?? .seconds(4)) * segments
    }

    /// Until when a loader waits for the main one; nil when it need not.
    func waitForMain(_ position: Int, at now: Instant) -> Instant? {
        guard position > 0, loaders[position].isAudio, !loaders[0].isComplete else { return nil }
        let main = loaders[0].buffer.end
        if settings.loading == .mainFirst, !hasStarted, main <= startedFrom { return .distantFuture }
        guard let lead = leadOverMain(position) else { return nil }
        return loaders[position].buffer.end - main > lead ? .distantFuture : nil
    }

    // MARK: The first frame

    /// True while the first frame is being prepared, once enough is buffered.
    mutating func waitsToStart(at now: Instant) -> Bool {
        guard settings.startDelay > .zero else { return false }
        let due = adapting.startDue ?? now + settings.startDelay
        adapting.startDue = due
        return due > now
    }

    /// True when the kinds that are needed hold so much that the first picture can move.
    var hasPicture: Bool {
        settings.pictureSegments <= 1
            || loaders.indices.allSatisfy { position in
                let loader = loaders[position]
                return loader.isSubtitles || loader.isComplete
                    || loader.storedSegments >= settings.pictureSegments
                    || loader.buffer.end - playhead >= forwardTarget(of: position)
            }
    }

    /// How far the decoders have read.
    private func readPosition(at now: Instant) -> MediaTime {
        let played = position(at: now)
        return state == .playing && !adapting.awaitsPicture ? played + settings.readAhead : played
    }

    // MARK: Turns

    /// Has the loaders take turns: each fetches one segment when its buffer is below the target, then the next one; when
    /// all are full they rest until the first has fallen to the refill level.
    ///
    /// A round reckons with how far the decoders had read when it began (`ManifestDemuxer::OnDemuxerStreamRead`).
    mutating func beginInTurn(at now: Instant, _ effects: inout SessionEffects) {
        guard loaders.allSatisfy({ $0.isIdle }) else { return }
        if let due = adapting.turnDue {
            guard due <= now else { return }
            adapting.turnDue = nil
            beginRound(at: now)
        }
        var steps = 0
        while !state.isFinal, steps < 1_000 {
            steps += 1
            guard adapting.turn < loaders.count else {
                guard endRound(at: now) else { return }
                continue
            }
            guard takeTurn(adapting.turn, at: now, &effects) else { return }
        }
    }

    private mutating func beginRound(at now: Instant) {
        adapting.turn = 0
        adapting.hasFetchedInTurn = false
        adapting.turnRest = nil
        adapting.turnPosition = readPosition(at: now)
    }

    /// True when the next round has begun.
    private mutating func endRound(at now: Instant) -> Bool {
        if adapting.hasFetchedInTurn {
            beginRound(at: now)
            return true
        }
        if let rest = adapting.turnRest, state == .playing, !isInBreak {
            adapting.turnDue = now + max(realTime(for: rest), .milliseconds(10))
        } else {
            // Nothing can be fetched before something else happens; then the round is gone through again.
            adapting.turn = 0
            adapting.turnRest = nil
        }
        return false
    }

    /// Gives a loader its turn; false when the round goes on later.
    private mutating func takeTurn(_ position: Int, at now: Instant, _ effects: inout SessionEffects) -> Bool {
        if loaders[position].isComplete {
            adapting.turn += 1
            return true
        }
        guard isReadyForSegment(position), let media = loaders[position].media else { return false }
        if let due = loaders[position].plannedDue, due > now {
            adapting.turn += 1
            return true
        }
        let level = loaders[position].buffer.end - (adapting.turnPosition ?? readPosition(at: now))
        let target = forwardTarget(of: position)
        guard level < target else {
            let rest = max(.zero, level - min(settings.refillLevel ?? target, target))
            adapting.turnRest = min(adapting.turnRest ?? rest, rest)
            adapting.turn += 1
            return true
        }
        let mayGoOn = step(position, media, due: loaders[position].plannedDue ?? now, at: now, &effects)
        if !loaders[position].isIdle {
            adapting.hasFetchedInTurn = true
            adapting.turn = position + 1
            return false
        }
        if mayGoOn { return true }
        guard isReadyForSegment(position) else { return loaders[position].isComplete }
        adapting.turn = position + 1
        return true
    }

    /// Forgets the rest and the round: the viewer jumped, paused or went on.
    mutating func forgetTurns() {
        adapting.turnDue = nil
        adapting.turn = 0
        adapting.hasFetchedInTurn = false
        adapting.turnRest = nil
        adapting.turnPosition = nil
    }

    // MARK: Chance

    /// A number from 0 up to 1 that the session's seed and a transfer's number decide.
    func draw(for id: TransferID) -> Double {
        var mixed = seed &+ (UInt64(id.number) &+ 1) &* 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Double((mixed ^ (mixed >> 31)) >> 11) / Double(UInt64(1) << 53)
    }
}
