import Manifests
import Quantities

/// Where tracks are fetched from: failing over, and content steering (rfc8216bis section 7, ETSI TS 103 998).
extension PlayerSession {
    /// The absolute URI of the place where a loader's track is had: its media playlist, or what its segments are
    /// relative to.
    func location(of position: Int) -> String {
        guard context.namesResources else { return "" }
        guard let track = track(of: position) else { return presentationBase }
        let choice = loaders[position].selection.location
        guard choice.index < track.locations.count else { return presentationBase }
        let uri = track.locations[choice.index].resolved(against: presentationBase)
        return locations.applied(choice, to: uri, of: track, isVariant: position == 0)
    }

    /// The name of the location that a loader uses.
    ///
    /// An HLS rendition has no name of its own: it belongs to the pathway of the variant that chose its group.
    func locationName(of position: Int) -> String? {
        let owner = presentation?.format == .hls ? 0 : position
        guard let track = track(of: owner) else { return nil }
        return locations.name(of: loaders[owner].selection.location, in: track.locations)
    }

    /// The location to use for a track: not one that failed, then as the steering server wants, then as the document
    /// does.
    func bestLocation(of track: Track, for position: Int, at now: Instant) -> LocationChoice {
        if presentation?.format == .hls, position > 0 {
            // The clone that the variant is taken from holds for its renditions.
            return LocationChoice(index: 0, clone: loaders.first?.selection.location.clone ?? 0)
        }
        let choices = locations.choices(in: track.locations)
        guard choices.count > 1 else { return choices.first ?? LocationChoice() }
        let ranks = choices.map { choice -> LocationRank in
            let name = locations.name(of: choice, in: track.locations) ?? ""
            return LocationRank(
                isPenalized: locations.isPenalized(name, at: now), steered: locations.rank(name),
                priority: track.locations[choice.index].priority)
        }
        guard let best = ranks.min() else { return LocationChoice() }
        let equals = choices.indices.filter { ranks[$0] == best }.map { choices[$0] }
        return weighted(equals, in: track.locations)
    }

    /// How good a location is; the least is the best.
    private struct LocationRank: Comparable {
        var isPenalized: Bool
        var steered: Int
        var priority: Int

        static func < (left: LocationRank, right: LocationRank) -> Bool {
            (left.isPenalized ? 1 : 0, left.steered, left.priority)
                < (right.isPenalized ? 1 : 0, right.steered, right.priority)
        }
    }

    /// One of several equally good locations: the first, or where weights are given one by chance, each as often as its
    /// weight says (ETSI TS 103 285 section 10.8.2.1).
    private func weighted(_ choices: [LocationChoice], in all: [TrackLocation]) -> LocationChoice {
        guard choices.count > 1, choices.contains(where: { all[$0.index].weight != 1 }) else {
            return choices.first ?? LocationChoice()
        }
        let weights = choices.map { UInt64(max(0, min(all[$0.index].weight, 1_000_000))) }
        let sum = weights.reduce(0, +)
        guard sum > 0 else { return choices[0] }
        var left = seed % sum
        for (choice, weight) in zip(choices, weights) {
            if left < weight { return choice }
            left -= weight
        }
        return choices[0]
    }

    /// A loader's track cannot be had where it was looked for: another location, if there is one that has not failed.
    ///
    /// - Returns: False when there is none.
    mutating func failOver(
        _ position: Int, from failed: String?, at now: Instant, _ effects: inout SessionEffects
    ) -> Bool {
        guard let failed else { return false }
        // The loader may have left the place meanwhile, because another one's transfer failed there first.
        guard failed == locationName(of: position) else { return true }
        locations.penalize(failed, until: now + settings.locationPenalty)
        let owner = presentation?.format == .hls ? 0 : position
        guard let track = track(of: owner) else { return false }
        let next = bestLocation(of: track, for: owner, at: now)
        guard next != loaders[owner].selection.location,
            let name = locations.name(of: next, in: track.locations), !locations.isPenalized(name, at: now)
        else { return false }
        loaders[position].activity = .idle
        loaders[position].reload.isPending = false
        relocate(isFailover: true, at: now, &effects)
        // A rendition without a group of its own at the new location is tried again where it is.
        if loaders[position].media?.selection != loaders[position].selection, !loaders[position].reload.isPending {
            openMedia(of: position, at: now, &effects)
        }
        return true
    }

    /// Moves every loader to the location that is best now.
    mutating func relocate(isFailover: Bool, at now: Instant, _ effects: inout SessionEffects) {
        var hasMoved = false
        for position in loaders.indices {
            guard let track = track(of: position) else { continue }
            let best = bestLocation(of: track, for: position, at: now)
            guard best != loaders[position].selection.location else { continue }
            hasMoved = true
            abandonDocuments(of: position)
            loaders[position].selection.location = best
            if presentation?.format == .hls { loaders[position].nextSequence = nil }
            openMedia(of: position, at: now, &effects)
            if position == 0 { followRenditionGroups(at: now, &effects) }
        }
        if hasMoved { effects.report(TimedEvent(at: now, .locationChanged(isFailover: isFailover))) }
    }

    // MARK: Steering

    /// Takes a presentation's steering declaration; true when playback has to wait for the server's first answer.
    mutating func openSteering(at now: Instant, _ effects: inout SessionEffects) -> Bool {
        guard let declared = presentation?.steering else { return false }
        locations.priority = declared.initialLocations
        let isInline = declared.serverURI.utf8.starts(with: "data:".utf8)
        let uri = isInline ? declared.serverURI : URIReference.resolve(declared.serverURI, against: presentationBase)
        locations.steering = LocationState.Steering(uri: uri)
        if isInline {
            guard let manifest = try? SteeringDecoder.decode(dataURI: uri) else {
                locations.steering = nil
                return false
            }
            take(manifest, from: presentationBase, at: now)
            return false
        }
        begin(.steering, due: now, attempt: 0, at: now, &effects)
        return declared.asksBeforeStart
    }

    mutating func beginSteering(due: Instant, _ effects: inout SessionEffects) {
        guard let steering = locations.steering else { return }
        locations.steering?.due = nil
        let prefix = presentation?.format == .dash ? "_DASH_" : "_HLS_"
        var parameters: [URIReference.Parameter] = []
        let names = loaders.indices.compactMap { locationName(of: $0) }
        if let name = names.first ?? locations.priority.first {
            let all = presentation?.format == .dash ? Self.unique(names.isEmpty ? [name] : names) : [name]
            parameters.append(URIReference.Parameter(prefix + "pathway", "\"\(all.joined(separator: ","))\""))
        }
        if let throughput = rule?.estimate {
            parameters.append(
                URIReference.Parameter(prefix + "throughput", String(Int64(throughput.bitsPerSecond.rounded()))))
        }
        send(
            .steering, .steering, uri: URIReference.setting(parameters, of: steering.uri), reading: .steering, due: due,
            attempt: 0, &effects)
    }

    private static func unique(_ names: [String]) -> [String] {
        names.enumerated().filter { names.firstIndex(of: $0.element) == $0.offset }.map(\.element)
    }

    mutating func steeringArrived(
        _ manifest: SteeringManifest, from uri: String, at now: Instant, _ effects: inout SessionEffects
    ) {
        take(manifest, from: uri, at: now)
        relocate(isFailover: false, at: now, &effects)
        awaited.steering = false
        openIfReady(at: now, &effects)
    }

    private mutating func take(_ manifest: SteeringManifest, from uri: String, at now: Instant) {
        // A loader on a clone that is no longer named would look at another one: it is moved by name.
        locations.priority = manifest.priority
        let names = loaders.indices.map { locationName(of: $0) }
        locations.clones = manifest.clones
        for position in loaders.indices {
            guard let track = track(of: position), loaders[position].selection.location.clone > 0 else { continue }
            let same = locations.choices(in: track.locations).first {
                locations.name(of: $0, in: track.locations) == names[position]
            }
            loaders[position].selection.location = same ?? LocationChoice()
            let selection = loaders[position].selection
            loaders[position].media = loaders[position].media?.selected(as: selection)
        }
        let life = min(max(manifest.timeToLive, .seconds(1)), .seconds(86_400))
        locations.steering?.timeToLive = life
        locations.steering?.due = now + life
        if let reload = manifest.reloadURI {
            locations.steering?.uri = URIReference.resolve(reload, against: uri)
        }
    }

    /// rfc8216bis section 7.2: 410 ends steering, 429 says when to ask again, other failures wait for the time to live.
    mutating func steeringFailed(_ outcome: TransferReport, at now: Instant, _ effects: inout SessionEffects) {
        if outcome.status == 410 {
            locations.steering = nil
        } else if let life = locations.steering?.timeToLive {
            let wait = outcome.status == 429 ? outcome.retryAfter ?? life : life
            locations.steering?.due = now + max(wait, .seconds(1))
        }
        awaited.steering = false
        openIfReady(at: now, &effects)
    }
}
