import Manifests
import Quantities
import Transport

/// What a session remembers for its rule and its pace.
struct AdaptingState: Sendable {
    /// How many segments of the main kind have been begun.
    var segments = 0
    /// When the rule next wants to look at the segment in progress.
    var progressDue: Instant?
    /// How long the last media playlist took to come, once it began to.
    var playlistTime = TimeAmount.zero
    /// The reports of segments that have come before their initialization sections; nearly always none.
    var held: [(loader: Int, report: TransferReport)] = []
    /// The rate at which the playhead moves.
    var rate = 1.0
    /// When the rate is looked at again.
    var catchUpDue: Instant?
    /// How often the buffer has run out.
    var stalls = 0
    /// When the first frame is shown, once enough is buffered.
    var startDue: Instant?
    /// Whose turn it is, where loaders take turns; the number of loaders when the round is over.
    var turn = 0
    /// Until when all rest.
    var turnDue: Instant?
    /// True when something was fetched in this round.
    var hasFetchedInTurn = false
    /// The longest rest that the round's full buffers allow.
    var turnRest: TimeAmount?
    /// How far the decoders had read when the round began, by which it reckons.
    var turnPosition: MediaTime?
    /// True from the word that playback has begun until the first picture moves.
    var awaitsPicture = false
}

/// The track of each segment: asking the rule, telling it what happened, and giving segments up.
extension PlayerSession {
    /// What is to be done about the track of a loader's next segment.
    enum TrackDecision {
        case stay
        case turn(Int)
        case wait(Instant)
    }

    /// Asks for the track of the segment that is due, once for each segment.
    mutating func decision(for position: Int, duration: TimeAmount, at now: Instant) -> TrackDecision {
        guard position == 0 || !hasStarted, !loaders[position].ladder.isEmpty else { return .stay }
        if let replacing = loaders[position].replacing, replacing < self.position(at: now) {
            loaders[position].replacing = nil
            loaders[position].nextSequence = nil
        }
        let current = loaders[position].selection.track
        if let held = heldTrack(of: position) { return held == current ? .stay : .turn(held) }
        guard !loaders[position].isDecided else { return .stay }
        guard let (wanted, wait) = ask(for: position, duration: duration, at: now) else { return .stay }
        if wait > .zero { return .wait(now + wait) }
        loaders[position].isDecided = position == 0
        guard wanted != current else { return .stay }
        prepareReplacement(of: position, by: wanted, duration: duration, at: now)
        return .turn(wanted)
    }

    /// The track (position in the set) that the adaptation mode wants; nil when all have failed.
    mutating func choice(for position: Int, at now: Instant) -> Int? {
        guard !loaders[position].ladder.isEmpty else { return nil }
        if let held = heldTrack(of: position) { return held }
        let wanted = ask(for: position, duration: .zero, at: now)?.track
        if position == 0, !hasStarted, hasRule { loaders[position].isDecided = true }
        return wanted
    }

    private mutating func ask(
        for position: Int, duration: TimeAmount, at now: Instant
    ) -> (track: Int, wait: TimeAmount)? {
        let ladder = loaders[position].ladder
        guard !ladder.isEmpty else { return nil }
        if case .fixed(let fixed) = settings.adaptation {
            return (ladder[fixed.choice(in: loaders[position].ladderRates)], .zero)
        }
        guard hasRule, ladder.count > 1, !loaders[position].isSubtitles else { return (ladder[0], .zero) }
        if position > 0 {
            let current = ladder.firstIndex(of: loaders[position].selection.track)
            let wanted = rule?.chooseSecondary(loaders[position].ladderRates, current: current) ?? 0
            return (ladder[max(0, min(wanted, ladder.count - 1))], .zero)
        }
        let situation = situation(duration: duration, at: now)
        let choice = rule?.choose(situation) ?? AdaptationChoice(track: 0)
        return (ladder[max(0, min(choice.track, ladder.count - 1))], max(.zero, choice.wait))
    }

    /// What the rule is to know of the main loader.
    ///
    /// Mutating only so that it is told in place: a session is not copied to ask it.
    mutating func situation(duration: TimeAmount, at now: Instant) -> AdaptationSituation {
        // Field by field: a copy of the loader would be one of all its arrays and strings.
        let ladder = loaders[0].ladder
        let current = loaders[0].selection.track
        let played = position(at: now)
        var situation = AdaptationSituation(
            ladder: loaders[0].ladderRates, averages: loaders[0].ladderAverages,
            current: isPositioned || adapting.segments > 0 ? ladder.firstIndex(of: current) : nil,
            buffer: max(.zero, loaders[0].buffer.end - played), bufferTarget: forwardTarget(of: 0),
            segmentDuration: duration, now: now)
        situation.firstListed = ladder.indices.min { ladder[$0] < ladder[$1] } ?? 0
        situation.segmentIndex = adapting.segments
        situation.hasStarted = hasStarted
        situation.isStalled = state == .rebuffering
        situation.playbackRate = adapting.rate
        situation.playlistTime = adapting.playlistTime
        situation.isLive = isLive
        if situation.isLive {
            situation.latencyTarget = holdBack
            if let origin = liveOrigin { situation.liveLatency = wall(at: now) - (origin + (played - .zero)) }
            situation.isLowLatency = settings.usesLowLatency && isLowLatencyStream
        } else if let next = loaders[0].nextSequence, let last = loaders[0].media?.segments.lastSequence {
            situation.segmentsLeft = Int(max(0, min(last - next + 1, 1_000_000)))
        }
        if loaders.count > 1, loaders[1].isAudio, let rate = bitRate(of: 1) { situation.audioBitRate = rate }
        return situation
    }

    var isLowLatencyStream: Bool {
        !loaders.isEmpty && loaders[0].isMediaLowLatency
    }

    /// A player that can replace what it has buffered in a lower track begins anew one and a half segments ahead of the
    /// playhead (dash.js `_prepareForFastQualitySwitch`).
    private mutating func prepareReplacement(
        of position: Int, by track: Int, duration: TimeAmount, at now: Instant
    ) {
        guard settings.replacesLowerTracks, position == 0, duration > .zero, !isLive || !settings.usesLowLatency,
            let place = loaders[0].ladder.firstIndex(of: track)
        else { return }
        let played = self.position(at: now)
        let margin = duration * 1.5
        guard loaders[0].buffer.end - played >= margin, let entry = loaders[0].buffer.entry(at: played + margin),
            entry.bitRate < loaders[0].ladderRates[place]
        else { return }
        loaders[0].replacing = entry.begin
    }

    /// Puts a segment that has come into its loader's buffer.
    mutating func store(_ job: SegmentJob, bitRate: BitRate, in position: Int) {
        if position == 0, loaders.count > 1 {
            for other in 1..<loaders.count where loaders[other].plannedDue == .distantFuture {
                loaders[other].plannedDue = nil
            }
        }
        loaders[position].storedSegments &+= 1
        let end = loaders[position].buffer.end
        guard loaders[position].replacing != nil, job.end <= end + .milliseconds(50) else {
            loaders[position].replacing = nil
            loaders[position].buffer.append(end: job.end, bitRate: bitRate)
            return
        }
        loaders[position].buffer.replace(end: job.end, bitRate: bitRate)
        loaders[position].replacing = job.end >= end - .milliseconds(50) ? nil : job.end
    }

    // MARK: Telling the rule

    /// Tells the rule of a media transfer that ended well.
    mutating func tellRule(of position: Int, _ job: SegmentJob, _ outcome: TransferReport, wasHinted: Bool) {
        guard hasRule else { return }
        var sample = TransferSample(
            isMain: position == 0, bytes: outcome.bytes, firstByte: outcome.timings.firstByte,
            total: outcome.timings.total, duration: job.duration,
            track: loaders[position].ladder.firstIndex(of: loaders[position].selection.track) ?? 0,
            begun: outcome.timings.begun, wasHeld: wasHinted)
        if let chunks = outcome.chunks, chunks.count > 1 { sample.active = (chunks.bytes, chunks.activeTime) }
        rule?.transferEnded(sample)
    }

    /// Tells the rule that the playhead moved, stopped or went on.
    mutating func playbackChanged(_ change: PlaybackChange, at now: Instant) {
        if change == .stalled { latencyStalled(at: now) }
        guard hasRule, !loaders.isEmpty else { return }
        let situation = situation(duration: .zero, at: now)
        rule?.playbackChanged(change, situation)
    }

    // MARK: Giving up a segment in progress

    /// True while a segment of the main kind is in progress that the rule may want to give up.
    ///
    /// Then ``wakeUp`` has the next instant at which it wants to look, and a driver tells
    /// ``SessionInput/transferProgress(_:_:)`` for ``progressTransfer`` before ``SessionInput/wake``.
    package var wantsProgress: Bool { progressTransfer != nil }

    /// The transfer of which progress is wanted.
    package var progressTransfer: TransferID? {
        guard progressInterval != nil, !isAsset, !state.isFinal, !loaders.isEmpty, loaders[0].ladder.count > 1,
            case .fetching(let job) = loaders[0].activity, job.stage == .segment
        else { return nil }
        return pending.first { $0.purpose == .segment(loader: 0) }?.id
    }

    /// Keeps the instant of the next look; one that has passed without an answer is put off.
    mutating func planProgress(at now: Instant) {
        guard let interval = progressInterval, wantsProgress else {
            adapting.progressDue = nil
            return
        }
        if let due = adapting.progressDue, due > now { return }
        adapting.progressDue = now + max(interval, .milliseconds(10))
    }

    /// Asks the rule whether the segment in progress is worth waiting for.
    mutating func transferProgressed(
        _ id: TransferID, _ progress: TransferProgress, at now: Instant, _ effects: inout SessionEffects
    ) {
        guard id == progressTransfer, let transfer = pending.first(where: { $0.id == id }),
            case .fetching(let job) = loaders[0].activity,
            let place = loaders[0].ladder.firstIndex(of: loaders[0].selection.track)
        else { return }
        let declared = loaders[0].ladderAverages[place].bitsPerSecond * job.duration.seconds / 8
        let expected = max(declared, Double(progress.bytes.count) * 1.01)
        let seen = SegmentProgress(
            track: place, received: progress.bytes, expected: ByteCount(Int64(min(expected, 1e15))),
            elapsed: now - transfer.begun, firstByte: progress.firstByte, duration: job.duration)
        let situation = situation(duration: job.duration, at: now)
        guard let wanted = rule?.abandons(seen, situation), wanted != place, loaders[0].ladder.indices.contains(wanted)
        else { return }
        cancelSegment(of: 0, &effects)
        loaders[0].isDecided = true
        select(track: loaders[0].ladder[wanted], of: 0, at: now, &effects)
    }
}
