import Manifests
import Quantities

/// What the session does with the manifest: which tracks it takes, where it starts, when it looks again.
extension PlayerSession {
    func switchingSet(of position: Int) -> SwitchingSet? {
        let selection = loaders[position].selection
        guard let presentation, selection.period < presentation.periods.count else { return nil }
        let sets = presentation.periods[selection.period].switchingSets
        return selection.set < sets.count ? sets[selection.set] : nil
    }

    func track(of position: Int) -> Track? {
        guard let set = switchingSet(of: position), loaders[position].selection.track < set.tracks.count else {
            return nil
        }
        return set.tracks[loaders[position].selection.track]
    }

    mutating func manifestArrived(
        _ manifest: DecodedManifest, from uri: String, begun: Instant, at now: Instant, _ effects: inout [SessionEffect]
    ) {
        presentationBase = uri
        switch manifest {
        case .presentation(let decoded):
            presentation = decoded
            presentationReload.lastBegun = begun
            planUpdate(at: now)
            let period = startingPeriod(of: decoded, at: now)
            openLoaders(in: period, at: now, &effects)
        case .mediaPlaylist(let playlist):
            let track = Track(
                id: "0", bitRate: .zero, media: .playlist, locations: [TrackLocation(references: [uri])])
            let set = SwitchingSet(kind: .video, isDefault: true, tracks: [track])
            presentation = Presentation(format: .hls, periods: [Period(switchingSets: [set])])
            let selection = TrackSelection(period: 0, set: 0, track: 0)
            loaders = [TrackLoader(kind: .video, selection: selection, start: .zero)]
            loaders[0].setLadder(set.tracks)
            loaders[0].reload.lastBegun = begun
            effects.append(
                .report(TimedEvent(at: now, .trackSelected(.video, index: 0, bitRate: .zero, isSwitch: false))))
            playlistArrived(of: 0, playlist, from: uri, at: now, &effects)
        }
    }

    /// The period to start in: the first of a static presentation; of a dynamic one that which plays at the target
    /// distance from the live edge.
    private func startingPeriod(of presentation: Presentation, at now: Instant) -> Int {
        guard presentation.isDynamic, let timing = presentation.dynamicTiming else { return 0 }
        let delay = timing.suggestedDelay ?? .seconds(10)
        let live = MediaTime(nanoseconds: (context.wall(at: now) - timing.availabilityStart - delay).nanoseconds)
        return presentation.periods.lastIndex { $0.start <= live } ?? 0
    }

    /// Makes a loader for each kind of media of a period and has it find its segments.
    private mutating func openLoaders(in period: Int, at now: Instant, _ effects: inout [SessionEffect]) {
        guard let presentation, period < presentation.periods.count else {
            return fail(.nothingToPlay, at: now, &effects)
        }
        let sets = presentation.periods[period].switchingSets
        let main = Self.preferred(.video, in: sets) ?? Self.preferred(.audio, in: sets)
        guard let main else { return fail(.nothingToPlay, at: now, &effects) }
        let start = presentation.periods[period].start
        playhead = start
        addLoader(for: main, in: period, start: start, &effects, at: now)
        guard sets[main].kind == .video else { return }
        if let audio = audioSet(in: sets) {
            addLoader(for: audio, in: period, start: start, &effects, at: now)
        }
    }

    /// The audio set that goes with the selected video track; nil where audio is muxed in or missing.
    private func audioSet(in sets: [SwitchingSet]) -> Int? {
        guard presentation?.format == .hls else { return Self.preferred(.audio, in: sets) }
        guard let group = track(of: 0)?.audioGroup else { return nil }
        return Self.preferred(.audio, in: sets, id: group)
    }

    /// The set of a kind that a player takes when nobody chooses; sets without segments of their own do not count.
    static func preferred(_ kind: MediaKind, in sets: [SwitchingSet], id: String? = nil) -> Int? {
        let candidates = sets.indices.filter { index in
            guard sets[index].kind == kind, id.map({ $0 == sets[index].id }) ?? true else { return false }
            if case .muxed? = sets[index].tracks.first?.media { return false }
            return !sets[index].tracks.isEmpty
        }
        return candidates.first { sets[$0].isDefault } ?? candidates.first
    }

    private mutating func addLoader(
        for set: Int, in period: Int, start: MediaTime, _ effects: inout [SessionEffect], at now: Instant
    ) {
        guard let tracks = presentation?.periods[period].switchingSets[set].tracks,
            let kind = presentation?.periods[period].switchingSets[set].kind
        else { return }
        var loader = TrackLoader(
            kind: kind, selection: TrackSelection(period: period, set: set, track: 0),
            start: isPositioned ? playhead : start)
        loader.setLadder(tracks)
        loaders.append(loader)
        let position = loaders.count - 1
        select(track: choice(for: position) ?? 0, of: position, isFirst: true, at: now, &effects)
    }

    /// The track (position in the set) that the adaptation mode wants; nil when all have failed.
    func choice(for position: Int) -> Int? {
        guard !loaders[position].ladder.isEmpty else { return nil }
        switch settings.adaptation {
        case .fixed(let fixed):
            return loaders[position].ladder[fixed.choice(in: loaders[position].ladderRates)]
        case .throughput:
            guard let rule, loaders[position].ladder.count > 1 else { return loaders[position].ladder[0] }
            if position > 0 {
                // Audio beside video: the best that needs no more than a seventh of what the link carries.
                let share = rule.estimator.estimate * (1.0 / 7)
                return loaders[position].ladder[loaders[position].ladderRates.lastIndex { $0 <= share } ?? 0]
            }
            let current = hasStarted ? loaders[position].ladder.firstIndex(of: loaders[position].selection.track) : nil
            return loaders[position].ladder[rule.choice(in: loaders[position].ladderRates, current: current)]
        }
    }

    /// Turns a loader to a track: what it has buffered stays, what comes next is of the new track.
    mutating func select(
        track index: Int, of position: Int, isFirst: Bool = false, at now: Instant, _ effects: inout [SessionEffect]
    ) {
        if !isFirst, let media = loaders[position].media, !media.isLive, presentation?.isDynamic != true,
            !loaders[position].known.contains(where: { $0.selection == media.selection })
        {
            loaders[position].known.append(media)
        }
        abandonDocuments(of: position)
        loaders[position].selection.track = index
        loaders[position].nextSequence = nil
        let loader = loaders[position]
        let ladderPosition = loader.ladder.firstIndex(of: index) ?? 0
        let bitRate = ladderPosition < loader.ladderRates.count ? loader.ladderRates[ladderPosition] : .zero
        effects.append(
            .report(
                TimedEvent(
                    at: now, .trackSelected(loader.kind, index: ladderPosition, bitRate: bitRate, isSwitch: !isFirst))))
        if let known = loader.known.first(where: { $0.selection == loader.selection }) {
            loaders[position].media = known
        } else {
            openMedia(of: position, at: now, &effects)
        }
        if position == 0, !isFirst { followAudioGroup(at: now, &effects) }
    }

    /// Finds the segments of a loader's track: in the MPD, or by fetching its playlist or index.
    mutating func openMedia(of position: Int, at now: Instant, _ effects: inout [SessionEffect]) {
        let selection = loaders[position].selection
        switch track(of: position)?.media {
        case .segments(let segments)?:
            loaders[position].media = LoadedMedia(
                selection: selection, segments: segments, offset: .zero, base: location(of: position), isLive: false,
                targetDuration: .zero)
            loaders[position].plannedDue = nil
            positionIfNeeded(at: now)
        case .indexed?:
            loaders[position].media = nil
            begin(.index(loader: position), due: now, attempt: 0, at: now, &effects)
        case .playlist?:
            loaders[position].reload.due = nil
            begin(.playlist(loader: position), due: now, attempt: 0, at: now, &effects)
        case .muxed?, nil:
            loaders[position].isComplete = true
        }
    }

    /// A variant may name another audio group than the one before it.
    private mutating func followAudioGroup(at now: Instant, _ effects: inout [SessionEffect]) {
        guard presentation?.format == .hls, loaders.count > 1, let group = track(of: 0)?.audioGroup,
            let sets = presentation?.periods[0].switchingSets, let set = Self.preferred(.audio, in: sets, id: group),
            set != loaders[1].selection.set
        else { return }
        loaders[1].selection = TrackSelection(period: 0, set: set, track: 0)
        loaders[1].excludedTracks = 0
        loaders[1].setLadder(sets[set].tracks)
        loaders[1].media = nil
        loaders[1].nextSequence = nil
        select(track: choice(for: 1) ?? 0, of: 1, at: now, &effects)
    }

    /// Once the main loader's segments are known: where to begin.
    mutating func positionIfNeeded(at now: Instant) {
        guard !isPositioned, let main = loaders.first, let media = main.media else { return }
        var start = presentation?.periods[main.selection.period].start ?? .zero
        if media.isLive || presentation?.isDynamic == true {
            holdBack = liveHoldBack(of: media)
            start = liveStart(of: media, at: now) ?? start
        } else if let first = media.segments.first {
            start = first.start + media.offset
        }
        if let offset = startOffset, let last = media.segments.last, let first = media.segments.first {
            let base = offset.offset < .zero ? last.end : first.start
            start = max(first.start, min(last.start, base + offset.offset)) + media.offset
        }
        playhead = start
        isPositioned = true
        for position in loaders.indices { loaders[position].buffer.reset(at: start) }
    }

    private var startOffset: StartOffset? { presentation?.startOffset ?? mainPlaylistStart }

    mutating func indexArrived(of position: Int, _ segments: SegmentList, at now: Instant) {
        guard case .indexed? = track(of: position)?.media else { return }
        loaders[position].reload.isPending = false
        loaders[position].media = LoadedMedia(
            selection: loaders[position].selection, segments: segments, offset: .zero, base: location(of: position),
            isLive: false, targetDuration: .zero)
        loaders[position].plannedDue = nil
        positionIfNeeded(at: now)
    }

    // MARK: Dynamic MPDs

    /// Plans the next fetch of a dynamic MPD: `minimumUpdatePeriod` after the begin of the last.
    mutating func planUpdate(at now: Instant) {
        guard let period = presentation?.dynamicTiming?.minimumUpdatePeriod, presentation?.isDynamic == true else {
            return
        }
        // Zero means "before each new segment": beginDueSegments asks when the list has run out.
        guard period > .zero else { return }
        presentationReload.due = max(now, presentationReload.lastBegun + max(period, Self.shortestUpdatePeriod))
    }

    /// No MPD is fetched more often than this, whatever it asks for.
    private static let shortestUpdatePeriod = TimeAmount.milliseconds(500)

    /// The list has run out: ask for a new MPD where `minimumUpdatePeriod` is zero.
    mutating func requestUpdate(at now: Instant) {
        guard presentation?.dynamicTiming?.minimumUpdatePeriod == .zero, !presentationReload.isPending else { return }
        presentationReload.due = max(now, presentationReload.lastBegun + Self.shortestUpdatePeriod)
    }

    /// True while a list that has run out may be made longer by an update.
    var expectsUpdates: Bool {
        presentation?.isDynamic == true && presentation?.dynamicTiming?.minimumUpdatePeriod != nil
    }

    mutating func updateArrived(
        _ manifest: DecodedManifest, from uri: String, at now: Instant, _ effects: inout [SessionEffect]
    ) {
        presentationReload.isPending = false
        guard case .presentation(let next) = manifest, let previous = presentation else { return planUpdate(at: now) }
        // A cache may hand out an older MPD than the one in hand: keep the newer.
        if let old = previous.dynamicTiming?.publishTime, let new = next.dynamicTiming?.publishTime, new < old {
            return planUpdate(at: now)
        }
        presentation = next
        presentationBase = uri
        planUpdate(at: now)
        guard next !== previous else { return }
        for position in loaders.indices { carryOver(loader: position, from: previous, to: next, at: now, &effects) }
    }

    /// Finds a loader's period, set and track in a new MPD and takes its segments over; the next one is found by time.
    private mutating func carryOver(
        loader position: Int, from previous: Presentation, to next: Presentation, at now: Instant,
        _ effects: inout [SessionEffect]
    ) {
        let old = loaders[position].selection
        guard old.period < previous.periods.count else { return }
        let oldPeriod = previous.periods[old.period]
        let period =
            next.periods.firstIndex { !$0.id.isEmpty && $0.id == oldPeriod.id }
            ?? next.periods.lastIndex { $0.start <= oldPeriod.start } ?? 0
        guard period < next.periods.count, let set = matchingSet(old, oldPeriod, in: next.periods[period]) else {
            return
        }
        let tracks = next.periods[period].switchingSets[set].tracks
        let id = oldPeriod.switchingSets[old.set].tracks[old.track].id
        let track = tracks.firstIndex { $0.id == id } ?? min(old.track, tracks.count - 1)
        loaders[position].selection = TrackSelection(period: period, set: set, track: track)
        loaders[position].setLadder(tracks)
        loaders[position].nextSequence = nil
        loaders[position].plannedDue = nil
        openMedia(of: position, at: now, &effects)
    }

    private func matchingSet(_ old: TrackSelection, _ oldPeriod: Period, in period: Period) -> Int? {
        let wanted = oldPeriod.switchingSets[old.set]
        let sets = period.switchingSets
        return sets.firstIndex { !$0.id.isEmpty && $0.id == wanted.id && $0.kind == wanted.kind }
            ?? sets.firstIndex { $0.kind == wanted.kind && $0.language == wanted.language }
            ?? Self.preferred(wanted.kind, in: sets)
    }

    /// Goes on in the next period; false when there is none.
    mutating func enterNextPeriod(of position: Int, at now: Instant, _ effects: inout [SessionEffect]) -> Bool {
        guard let presentation else { return false }
        let old = loaders[position].selection
        let next = old.period + 1
        guard next < presentation.periods.count,
            let set = matchingSet(old, presentation.periods[old.period], in: presentation.periods[next])
        else { return false }
        loaders[position].selection = TrackSelection(period: next, set: set, track: 0)
        loaders[position].excludedTracks = 0
        loaders[position].media = nil
        loaders[position].nextSequence = nil
        loaders[position].setLadder(presentation.periods[next].switchingSets[set].tracks)
        select(track: choice(for: position) ?? 0, of: position, isFirst: true, at: now, &effects)
        return true
    }
}
