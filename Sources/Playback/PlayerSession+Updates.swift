import Manifests
import Quantities

/// Dynamic MPDs: fetching them again, whole or as patches, and going on in them and in the next period.
extension PlayerSession {
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
        availability?.grows == true
    }

    mutating func updateArrived(
        _ manifest: DecodedManifest, from uri: String, isPatch: Bool, at now: Instant,
        _ effects: inout SessionEffects
    ) {
        presentationReload.isPending = false
        presentationReload.asksPlainly = false
        guard case .presentation(let next) = manifest, let previous = presentation else { return planUpdate(at: now) }
        // A cache may hand out an older MPD than the one in hand: keep the newer.
        if let old = previous.dynamicTiming?.publishTime, let new = next.dynamicTiming?.publishTime, new < old {
            return planUpdate(at: now)
        }
        presentation = next
        // A patch changes the document in hand, which stays where it came from.
        if !isPatch { presentationBase = uri }
        planUpdate(at: now)
        guard next !== previous else { return }
        presentationReload.lastChanged = now
        for position in loaders.indices { carryOver(loader: position, from: previous, to: next, at: now, &effects) }
    }

    /// Finds a loader's period, set and track in a new MPD and takes its segments over; the next one is found by time.
    private mutating func carryOver(
        loader position: Int, from previous: Presentation, to next: Presentation, at now: Instant,
        _ effects: inout SessionEffects
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
        let location = carriedLocation(of: position, to: tracks[track], at: now)
        if let continued = loaders[position].continued, continued.period == old.period {
            loaders[position].continued = TrackSelection(period: period, set: set, track: track)
        }
        loaders[position].selection = TrackSelection(period: period, set: set, track: track, location: location)
        loaders[position].setLadder(tracks, context)
        loaders[position].nextSequence = nil
        loaders[position].plannedDue = nil
        openMedia(of: position, at: now, &effects)
    }

    /// The location of the same name in the new document, else the best there is.
    private func carriedLocation(of position: Int, to track: Track, at now: Instant) -> LocationChoice {
        let same = locations.choices(in: track.locations).first {
            locations.name(of: $0, in: track.locations) == locationName(of: position)
        }
        return same ?? bestLocation(of: track, for: position, at: now)
    }

    private func matchingSet(_ old: TrackSelection, _ oldPeriod: Period, in period: Period) -> Int? {
        let wanted = oldPeriod.switchingSets[old.set]
        let sets = period.switchingSets
        let continued = sets.firstIndex {
            $0.continuity?.period == oldPeriod.id && $0.id == wanted.id && $0.kind == wanted.kind
        }
        return continued ?? sets.firstIndex {
            !$0.id.isEmpty && $0.id == wanted.id && $0.kind == wanted.kind && !$0.isTrickPlay
        }
            ?? sets.firstIndex { $0.kind == wanted.kind && $0.language == wanted.language && !$0.isTrickPlay }
            ?? Self.preferred(wanted.kind, in: sets)
    }

    /// Goes on in the next period; false when there is none.
    mutating func enterNextPeriod(of position: Int, at now: Instant, _ effects: inout SessionEffects) -> Bool {
        guard let presentation else { return false }
        let old = loaders[position].selection
        let next = old.period + 1
        guard next < presentation.periods.count,
            let set = matchingSet(old, presentation.periods[old.period], in: presentation.periods[next])
        else { return false }
        let oldTrack = track(of: position)?.id
        let tracks = presentation.periods[next].switchingSets[set].tracks
        let continuity = presentation.periods[next].switchingSets[set].continuity
        let isContinuous =
            continuity?.isContinuous == true && continuity?.period == presentation.periods[old.period].id
        loaders[position].selection = TrackSelection(period: next, set: set, track: 0)
        loaders[position].excluded.removeAll()
        loaders[position].media = nil
        loaders[position].nextSequence = nil
        loaders[position].setLadder(tracks, context)
        let same = tracks.firstIndex { $0.id == oldTrack }
        select(
            track: isContinuous ? same ?? 0 : choice(for: position, at: now) ?? 0, of: position, isFirst: true, at: now,
            &effects
        )
        loaders[position].continued = isContinuous && same != nil ? loaders[position].selection : nil
        return true
    }

    /// True when a loader's track goes on one of the period before, so that the decoder needs no initialization section
    /// (dash.md section 6).
    func isContinued(_ position: Int) -> Bool {
        guard let continued = loaders[position].continued else { return false }
        let selection = loaders[position].selection
        return continued.period == selection.period && continued.set == selection.set
            && continued.track == selection.track
    }

    /// Where an update of the MPD is fetched, and how it is to be read: a patch while one may be asked for, else the
    /// whole document.
    func updateRequest(at now: Instant) -> (uri: String, reading: SessionRequest.Reading) {
        let timing = presentation?.dynamicTiming
        if !presentationReload.asksPlainly, let presentation, let patch = timing?.patchLocations.first,
            let published = timing?.publishTime,
            patch.timeToLive.map({ wall(at: now) <= published + $0 }) ?? true
        {
            let uri = URIReference.resolve(patch.uri, against: presentationBase)
            return (uri, .update(of: .presentation(presentation), variables: [:]))
        }
        guard let place = updateLocation(at: now) else { return (manifestURI, .manifest(variables: [:])) }
        return (URIReference.resolve(place.uri, against: presentationBase), .manifest(variables: [:]))
    }

    /// The `Location` to use: not one that failed, then as a steering server wants, then the first.
    private func updateLocation(at now: Instant) -> ManifestLocation? {
        let all = presentation?.dynamicTiming?.locations ?? []
        return all.enumerated().min { left, right in
            (
                locations.isPenalized(Self.name(left.element), at: now) ? 1 : 0, locations.rank(left.element.name),
                left.offset
            )
                < (
                    locations.isPenalized(Self.name(right.element), at: now) ? 1 : 0,
                    locations.rank(right.element.name), right.offset
                )
        }?.element
    }

    private static func name(_ location: ManifestLocation) -> String {
        location.name.isEmpty ? location.uri : location.name
    }

    /// An update could not be had: a patch is followed by the whole document at once, a failed `Location` by another
    /// one; else the MPD in hand stays good for what it lists, and is asked for when the next update would be due.
    mutating func updateFailed(_ transfer: PendingTransfer, at now: Instant, _ effects: inout SessionEffects) {
        presentationReload.isPending = false
        if transfer.isPartial {
            presentationReload.asksPlainly = true
            return begin(.manifestUpdate, due: now, attempt: 0, at: now, &effects)
        }
        if let failed = updateLocation(at: now), !locations.isPenalized(Self.name(failed), at: now) {
            locations.penalize(Self.name(failed), until: now + settings.locationPenalty)
            if let next = updateLocation(at: now), next != failed {
                return begin(.manifestUpdate, due: now, attempt: 0, at: now, &effects)
            }
        }
        planUpdate(at: now)
    }
}
