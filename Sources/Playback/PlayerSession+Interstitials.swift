import Manifests
import Quantities
import Transport

/// HLS interstitials (rfc8216bis appendix D): at a date range's start playback leaves the primary presentation, plays
/// the assets as presentations of their own, and comes back.
///
/// The assets have a ``PlayerSession`` each, which begins to load some seconds ahead. While a break is on, the session's
/// state is that of the asset's player.
extension PlayerSession {
    /// True while an interstitial has taken the place of the primary presentation.
    var isInBreak: Bool { breaks?.active.first?.isOn == true }

    /// Where the playhead has to stop for the next break.
    var nextBreak: MediaTime? { breaks?.active.first?.place.at ?? breaks?.upcoming.first?.at }

    /// When something has to be done for a break; nil when nothing can be said yet.
    var instantOfBreakWork: Instant? {
        guard let breaks else { return nil }
        if let active = breaks.active.first {
            let own = active.players.compactMap(\.session.wakeUp).min()
            guard active.isOn, let limit = active.place.interstitial.playoutLimit,
                let player = active.players.first?.session, player.state == .playing
            else { return own }
            let end = player.playheadInstant + max(.zero, limit - (player.playhead - player.startedFrom))
            return min(own ?? end, end)
        }
        guard let next = breaks.upcoming.first, state == .playing else { return nil }
        return playheadInstant + max(.zero, next.at - InterstitialSchedule.lead - playhead)
    }

    // MARK: The schedule

    /// Takes the interstitials of a media playlist that have not been seen.
    mutating func scheduleBreaks(in media: LoadedMedia, at now: Instant) {
        guard settings.playsInterstitials, !isAsset, let playlist = media.playlist else { return }
        for range in playlist.extras.dateRanges {
            guard let interstitial = range.interstitial, breaks?.seen.contains(range.id) != true,
                (breaks?.seen.count ?? 0) < InterstitialSchedule.limit,
                let place = place(of: range, in: media, playlist)
            else { continue }
            if breaks == nil { breaks = InterstitialSchedule() }
            breaks?.seen.insert(range.id)
            // Who joins later does not go back for it.
            guard place >= position(at: now) else { continue }
            let new = InterstitialSchedule.Break(
                id: range.id, at: place, interstitial: interstitial, base: media.base)
            let index = breaks?.upcoming.firstIndex { $0.at > place } ?? breaks?.upcoming.count ?? 0
            breaks?.upcoming.insert(new, at: index)
        }
    }

    /// Where a date range starts on the session's timeline.
    private func place(of range: DateRange, in media: LoadedMedia, _ playlist: MediaPlaylist) -> MediaTime? {
        if range.cues.contains("PRE") { return hasStarted ? nil : playhead }
        if range.cues.contains("POST") { return playlist.isLive ? nil : playlist.end + media.offset }
        guard let start = range.start, let first = playlist.segments.firstSequence as Int64?,
            let last = playlist.segments.lastSequence
        else { return nil }
        // Dates may jump at discontinuities, so the segment that holds the date counts; announced breaks lie ahead.
        var low = first
        var found: Segment?
        while low <= last {
            guard let segment = playlist.segments.segment(low) else { break }
            if let date = segment.programDateTime, date <= start { found = segment }
            low += 1
        }
        guard let segment = found ?? playlist.segments.first, let date = segment.programDateTime else { return nil }
        return segment.start + media.offset + (start - date)
    }

    // MARK: Before and during a break

    /// Prepares the next break when it is near, and moves on in the one that is on.
    mutating func runBreaks(at now: Instant, _ effects: inout SessionEffects) {
        guard let schedule = breaks, !state.isFinal else { return }
        if schedule.active.isEmpty {
            guard isPositioned, let next = schedule.upcoming.first,
                next.at - position(at: now) <= InterstitialSchedule.lead
            else { return }
            prepare(next, at: now, &effects)
        }
        openNextAsset(at: now, &effects)
        if isInBreak {
            wakeAssets(at: now, &effects)
        } else {
            wakeAssets(at: now, &effects)
            if hasStarted || state == .starting, let stop = nextBreak, position(at: now) >= stop {
                _ = enterBreak(at: now, &effects)
            }
        }
    }

    private mutating func prepare(
        _ next: InterstitialSchedule.Break, at now: Instant, _ effects: inout SessionEffects
    ) {
        breaks?.upcoming.removeFirst()
        var active = InterstitialSchedule.Active(place: next)
        switch next.interstitial.content {
        case .asset(let uri):
            active.assets = [withPrimaryID(URIReference.resolve(uri, against: next.base))]
            active.isListed = true
            breaks?.active = [active]
        case .list:
            breaks?.active = [active]
            begin(.assetList, due: now, attempt: 0, at: now, &effects)
        }
    }

    /// `_HLS_primary_id` tells the ad server which requests are of one playback (appendix D.3).
    private func withPrimaryID(_ uri: String) -> String {
        URIReference.setting([URIReference.Parameter("_HLS_primary_id", String(seed, radix: 16))], of: uri)
    }

    mutating func beginAssetList(due: Instant, attempt: Int, _ effects: inout SessionEffects) {
        guard let place = breaks?.active.first?.place, case .list(let uri) = place.interstitial.content else { return }
        send(
            .assetList, .assetList, uri: withPrimaryID(URIReference.resolve(uri, against: place.base)),
            reading: .assetList, due: due, attempt: attempt, &effects)
    }

    mutating func assetListArrived(
        _ list: AssetList, from uri: String, at now: Instant, _ effects: inout SessionEffects
    ) {
        guard breaks?.active.isEmpty == false else { return }
        let assets = list.assets.map { withPrimaryID(URIReference.resolve($0.uri, against: uri)) }
        breaks?.active[0].assets = assets
        breaks?.active[0].isListed = true
        settleBreak(at: now, &effects)
    }

    mutating func assetListFailed(at now: Instant, _ effects: inout SessionEffects) {
        guard breaks?.active.isEmpty == false else { return }
        breaks?.active[0].isListed = true
        breaks?.active[0].isFailed = true
        settleBreak(at: now, &effects)
    }

    /// Leaves the primary presentation, when a break begins where the playhead is.
    ///
    /// - Returns: False when there is none.
    mutating func enterBreak(at now: Instant, _ effects: inout SessionEffects) -> Bool {
        guard !isInBreak, let stop = nextBreak, stop <= playhead, isPositioned else { return false }
        if breaks?.active.isEmpty == true, let next = breaks?.upcoming.first { prepare(next, at: now, &effects) }
        guard breaks?.active.isEmpty == false else { return false }
        flushRendered(at: now, &effects)
        breaks?.active[0].isOn = true
        effects.report(TimedEvent(at: now, .interstitialStarted))
        replanSegments()
        openNextAsset(at: now, &effects)
        if let active = breaks?.active.first, !active.players.isEmpty || !active.isListed || !active.assets.isEmpty {
            releaseAsset(at: now, &effects)
        }
        settleBreak(at: now, &effects)
        return true
    }

    /// Moves on when the asset that is on has ended: to the next one, or back to the primary presentation.
    mutating func settleBreak(at now: Instant, _ effects: inout SessionEffects) {
        while let active = breaks?.active.first, active.isOn, !state.isFinal {
            if let player = active.players.first {
                let isPlayedOut = isPlayedOut(active, at: now)
                guard player.session.state.isFinal || isPlayedOut else { return }
                if player.session.state == .failed { breaks?.active[0].isFailed = true }
                if !player.session.state.isFinal { tell(0, .stop, at: now, &effects) }
                breaks?.active[0].players.removeFirst()
                if isPlayedOut { return endBreak(isFailed: false, resumes: true, at: now, &effects) }
                openNextAsset(at: now, &effects)
                if breaks?.active.first?.players.isEmpty == false { releaseAsset(at: now, &effects) }
            } else if active.isListed, active.assets.isEmpty {
                return endBreak(isFailed: active.isFailed, resumes: true, at: now, &effects)
            } else {
                openNextAsset(at: now, &effects)
                guard breaks?.active.first?.players.isEmpty == false else { return }
                releaseAsset(at: now, &effects)
            }
        }
    }

    private func isPlayedOut(_ active: InterstitialSchedule.Active, at now: Instant) -> Bool {
        guard let limit = active.place.interstitial.playoutLimit, let player = active.players.first?.session else {
            return false
        }
        return player.position(at: now) - player.startedFrom >= limit
    }

    /// Goes back to the primary presentation.
    mutating func endBreak(
        isFailed: Bool, resumes: Bool, at now: Instant, _ effects: inout SessionEffects
    ) {
        guard let active = breaks?.active.first else { return }
        breaks?.active.removeAll()
        retries.removeAll { $0.purpose == .assetList }
        effects.append(
            .report(TimedEvent(at: now, .interstitialEnded(played: active.played, isFailed: isFailed))))
        playheadInstant = now
        guard resumes else { return }
        let offset = active.place.interstitial.resumeOffset ?? active.played
        let target = active.place.at + max(.zero, offset)
        breaks?.upcoming.removeAll { $0.at > active.place.at && $0.at < target }
        resumePrimary(at: target, now, &effects)
    }

    private mutating func resumePrimary(at target: MediaTime, _ now: Instant, _ effects: inout SessionEffects) {
        let isBuffered = loaders.allSatisfy {
            $0.kind == .subtitles || ($0.buffer.rendered <= target && target < $0.buffer.end)
        }
        playhead = target
        playheadInstant = now
        if isBuffered {
            for position in loaders.indices { loaders[position].buffer.jump(to: target) }
            hasStarted = true
            change(to: .playing, at: now, &effects)
        } else if isComplete, loaders.allSatisfy({ $0.buffer.end <= target }) {
            for position in loaders.indices { loaders[position].buffer.jump(to: target) }
            return finish(as: .ended, at: now, &effects)
        } else {
            restartLoaders(at: target, cancelling: true, &effects)
            change(to: hasStarted ? .rebuffering : .starting, at: now, &effects)
        }
        replanSegments()
        beginDueSegments(at: now, &effects)
        // There may be nothing left to play behind the break.
        updatePlayback(at: now, &effects)
    }
}
