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

    /// The declared bit rate of a loader's track, without a copy of the track.
    func bitRate(of position: Int) -> BitRate? {
        let selection = loaders[position].selection
        guard let presentation, selection.period < presentation.periods.count,
            selection.set < presentation.periods[selection.period].switchingSets.count,
            selection.track < presentation.periods[selection.period].switchingSets[selection.set].tracks.count
        else { return nil }
        return presentation.periods[selection.period].switchingSets[selection.set].tracks[selection.track].bitRate
    }

    func track(of position: Int) -> Track? {
        guard let set = switchingSet(of: position), loaders[position].selection.track < set.tracks.count else {
            return nil
        }
        return set.tracks[loaders[position].selection.track]
    }

    mutating func manifestArrived(
        _ manifest: DecodedManifest, from uri: String, begun: Instant, at now: Instant, _ effects: inout SessionEffects
    ) {
        presentationBase = uri
        switch manifest {
        case .presentation(let decoded):
            presentation = decoded
            presentationReload.lastBegun = begun
            presentationReload.lastChanged = now
            planUpdate(at: now)
            if let clocks = decoded.dynamicTiming?.clocks, !clocks.isEmpty {
                awaited.clock = true
                effects.append(.synchronize(clocks, base: uri))
            }
            awaited.steering = openSteering(at: now, &effects)
            openIfReady(at: now, &effects)
        case .mediaPlaylist(let playlist):
            let track = Track(
                id: "0", bitRate: .zero, media: .playlist, locations: [TrackLocation(references: [uri])])
            let set = SwitchingSet(kind: .video, isDefault: true, tracks: [track])
            presentation = Presentation(format: .hls, periods: [Period(switchingSets: [set])])
            let selection = TrackSelection(period: 0, set: 0, track: 0)
            loaders = [TrackLoader(kind: .video, selection: selection, start: .zero)]
            loaders[0].setLadder(set.tracks, context)
            loaders[0].reload.lastBegun = begun
            effects.append(
                .report(TimedEvent(at: now, .trackSelected(.video, index: 0, bitRate: .zero, isSwitch: false))))
            playlistArrived(of: 0, playlist, from: uri, at: now, &effects)
        }
    }

    /// Opens the presentation once its clock is known and its steering server has been heard, where it wants that.
    mutating func openIfReady(at now: Instant, _ effects: inout SessionEffects) {
        guard !awaited.clock, !awaited.steering, loaders.isEmpty, !state.isFinal, let presentation else { return }
        openLoaders(in: startingPeriod(of: presentation, at: now), at: now, &effects)
    }

    /// The period to start in: the first of a static presentation; of a dynamic one that which plays at the target
    /// distance from the live edge.
    private func startingPeriod(of presentation: Presentation, at now: Instant) -> Int {
        guard presentation.isDynamic, let timing = presentation.dynamicTiming else { return 0 }
        let delay = timing.suggestedDelay ?? .seconds(10)
        let live = MediaTime(nanoseconds: (wall(at: now) - timing.availabilityStart - delay).nanoseconds)
        return presentation.periods.lastIndex { $0.start <= live } ?? 0
    }

    /// Makes a loader for each kind of media of a period and has it find its segments.
    private mutating func openLoaders(in period: Int, at now: Instant, _ effects: inout SessionEffects) {
        guard let presentation, period < presentation.periods.count else {
            return fail(.nothingToPlay, at: now, &effects)
        }
        let sets = presentation.periods[period].switchingSets
        let main = Self.preferred(.video, in: sets) ?? audioSet(in: sets, group: nil)
        guard let main else { return fail(.nothingToPlay, at: now, &effects) }
        let start = presentation.periods[period].start
        playhead = start
        addLoader(for: main, in: period, start: start, &effects, at: now)
        guard sets[main].kind == .video else { return }
        if let audio = renditionSet(.audio, in: sets) {
            addLoader(for: audio, in: period, start: start, &effects, at: now)
        }
        if let subtitles = renditionSet(.subtitles, in: sets) {
            addLoader(for: subtitles, in: period, start: start, &effects, at: now)
        }
    }

    /// The set of audio or subtitles that goes with the selected video track; nil where it is muxed in, missing or not
    /// wanted.
    func renditionSet(_ kind: MediaKind, in sets: [SwitchingSet]) -> Int? {
        let isHLS = presentation?.format == .hls
        var group: String?
        if isHLS {
            let choice = loaders[0].selection.location.index
            guard let track = track(of: 0), choice < track.locations.count,
                let named = kind == .audio
                    ? track.locations[choice].audioGroup : track.locations[choice].subtitleGroup
            else { return nil }
            group = named
        }
        return kind == .audio ? audioSet(in: sets, group: group) : subtitleSet(in: sets, group: group)
    }

    private func audioSet(in sets: [SwitchingSet], group: String?) -> Int? {
        let wanted = settings.audioLanguage.flatMap { Self.preferred(.audio, in: sets, id: group, language: $0) }
        return wanted ?? Self.preferred(.audio, in: sets, id: group)
    }

    private func subtitleSet(in sets: [SwitchingSet], group: String?) -> Int? {
        switch settings.subtitleLanguage {
        case nil: nil
        case "*"?: Self.preferred(.subtitles, in: sets, id: group)
        case let language?: Self.preferred(.subtitles, in: sets, id: group, language: language)
        }
    }

    /// The set of a kind that a player takes when nobody chooses; sets without segments of their own and those for
    /// winding do not count.
    ///
    /// - Parameters:
    ///   - kind: What the set is to carry.
    ///   - sets: The sets to choose from.
    ///   - id: The identifier that it must have, if any.
    ///   - language: The language that it must have, if any; `en` also stands for `en-GB`.
    /// - Returns: The position of the default, else of the first; nil where there is none.
    static func preferred(
        _ kind: MediaKind, in sets: [SwitchingSet], id: String? = nil, language: String? = nil
    ) -> Int? {
        let candidates = sets.indices.filter { index in
            guard sets[index].kind == kind, !sets[index].isTrickPlay, id.map({ $0 == sets[index].id }) ?? true,
                language.map({ Self.isLanguage(sets[index].language, $0) }) ?? true
            else { return false }
            if case .muxed? = sets[index].tracks.first?.media { return false }
            return !sets[index].tracks.isEmpty
        }
        return candidates.first { sets[$0].isDefault } ?? candidates.first
    }

    private static func isLanguage(_ tag: String, _ wanted: String) -> Bool {
        let tag = tag.lowercased()
        let wanted = wanted.lowercased()
        return tag == wanted || tag.hasPrefix(wanted + "-")
    }

    private mutating func addLoader(
        for set: Int, in period: Int, start: MediaTime, _ effects: inout SessionEffects, at now: Instant
    ) {
        guard let tracks = presentation?.periods[period].switchingSets[set].tracks,
            let kind = presentation?.periods[period].switchingSets[set].kind
        else { return }
        var loader = TrackLoader(
            kind: kind, selection: TrackSelection(period: period, set: set, track: 0),
            start: isPositioned ? playhead : start)
        loader.setLadder(tracks, context)
        loaders.append(loader)
        let position = loaders.count - 1
        select(track: choice(for: position, at: now) ?? 0, of: position, isFirst: true, at: now, &effects)
    }

    /// Turns a loader to a track: what it has buffered stays, what comes next is of the new track.
    mutating func select(
        track index: Int, of position: Int, isFirst: Bool = false, at now: Instant, _ effects: inout SessionEffects
    ) {
        if !isFirst, let media = loaders[position].media, !media.isLive, presentation?.isDynamic != true,
            !loaders[position].known.contains(where: { $0.selection == media.selection })
        {
            loaders[position].known.append(media)
        }
        abandonDocuments(of: position)
        cancelPreload(of: position, &effects)
        loaders[position].selection.track = index
        if let track = track(of: position) {
            loaders[position].selection.location = bestLocation(of: track, for: position, at: now)
        }
        loaders[position].nextSequence = nil
        loaders[position].nextPart = 0
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
        if position == 0, !isFirst { followRenditionGroups(at: now, &effects) }
    }

    /// Finds the segments of a loader's track: in the MPD, or by fetching its playlist or index.
    mutating func openMedia(of position: Int, at now: Instant, _ effects: inout SessionEffects) {
        let selection = loaders[position].selection
        switch track(of: position)?.media {
        case .segments(let segments)?:
            loaders[position].media = LoadedMedia(
                selection: selection, segments: segments, playlist: nil, offset: .zero, base: location(of: position),
                isLive: false, targetDuration: .zero)
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

    /// A variant, or the location it is taken from, may name other groups of renditions than the one before it.
    mutating func followRenditionGroups(at now: Instant, _ effects: inout SessionEffects) {
        guard presentation?.format == .hls, let sets = presentation?.periods.first?.switchingSets else { return }
        for position in loaders.indices.dropFirst() {
            guard let set = renditionSet(loaders[position].kind, in: sets), set != loaders[position].selection.set
            else { continue }
            loaders[position].selection = TrackSelection(period: 0, set: set, track: 0)
            loaders[position].excluded.removeAll()
            loaders[position].setLadder(sets[set].tracks, context)
            loaders[position].media = nil
            loaders[position].nextSequence = nil
            select(track: choice(for: position, at: now) ?? 0, of: position, at: now, &effects)
        }
    }

    /// Once the main loader's segments are known: where to begin.
    mutating func positionIfNeeded(at now: Instant) {
        guard !isPositioned, let main = loaders.first, let media = main.media else { return }
        var start = presentation?.periods[main.selection.period].start ?? .zero
        if media.isLive || presentation?.isDynamic == true {
            holdBack = liveHoldBack(of: media)
            start = liveStart(of: media, at: now) ?? start
        } else if let first = media.segments.firstSpan {
            start = first.start + media.offset
        }
        if let offset = startOffset, let last = media.segments.lastSpan, let first = media.segments.firstSpan {
            let base = offset.offset < .zero ? last.end : first.start
            start = max(first.start, min(last.start, base + offset.offset)) + media.offset
        }
        playhead = start
        startedFrom = start
        isPositioned = true
        for position in loaders.indices { loaders[position].buffer.reset(at: start) }
    }

    private var startOffset: StartOffset? { presentation?.startOffset ?? mainPlaylistStart }

    mutating func indexArrived(of position: Int, _ segments: SegmentList, at now: Instant) {
        guard case .indexed? = track(of: position)?.media else { return }
        loaders[position].reload.isPending = false
        loaders[position].media = LoadedMedia(
            selection: loaders[position].selection, segments: segments, playlist: nil, offset: .zero,
            base: location(of: position), isLive: false, targetDuration: .zero)
        loaders[position].plannedDue = nil
        positionIfNeeded(at: now)
    }
}
