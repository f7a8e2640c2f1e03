import Manifests
import Quantities

/// The ends of transfers: reporting them, what they bring, and trying again.
extension PlayerSession {
    /// Reports a hop of a redirected transfer, which goes on.
    mutating func transferRedirected(_ id: TransferID, _ outcome: TransferReport, _ effects: inout SessionEffects) {
        guard let transfer = pending.first(where: { $0.id == id }) else { return }
        if case .asset = transfer.purpose, redirectedOfAsset(transfer, outcome, &effects) { return }
        report(transfer, outcome, &effects)
    }

    mutating func transferFinished(
        _ id: TransferID, _ outcome: TransferReport, at now: Instant, _ effects: inout SessionEffects
    ) {
        guard let position = pending.firstIndex(where: { $0.id == id }) else { return }
        let transfer = pending.remove(at: position)
        if hasTelemetry { noteTelemetry(transfer, outcome, at: now) }
        if case .asset = transfer.purpose, finishedOfAsset(transfer, outcome, at: now, &effects) { return }
        report(transfer, outcome, &effects)
        guard !state.isFinal else { return }
        if outcome.isSuccess {
            succeeded(transfer, outcome, at: now, &effects)
        } else if transfer.purpose != .abandoned {
            retryOrGiveUp(transfer, outcome, at: now, &effects)
        }
    }

    private func report(_ transfer: PendingTransfer, _ outcome: TransferReport, _ effects: inout SessionEffects) {
        let record = TransferRecord(
            id: transfer.id, kind: transfer.kind, due: transfer.due, timings: outcome.timings, status: outcome.status,
            bytes: outcome.bytes, bitRate: transfer.bitRate, mediaDuration: transfer.mediaDuration,
            sequence: transfer.sequence, attempt: transfer.attempt, cache: outcome.cache, version: outcome.version,
            connectionReused: outcome.connectionReused, words: outcome.words)
        effects.end(record, at: outcome.timings.ended)
    }

    private mutating func succeeded(
        _ transfer: PendingTransfer, _ outcome: TransferReport, at now: Instant, _ effects: inout SessionEffects
    ) {
        // Most transfers are these; matching below would copy the document first.
        if case .segment(let position) = transfer.purpose {
            return segmentPartArrived(of: position, transfer, outcome, at: now, &effects)
        }
        let uri = outcome.finalURI ?? transfer.uri
        switch (transfer.purpose, outcome.document) {
        case (.abandoned, _), (.asset, _):
            return
        case (.hint(let position), _):
            hintArrived(of: position, outcome, at: now, &effects)
        case (.steering, .steering(let manifest)):
            steeringArrived(manifest, from: uri, at: now, &effects)
        case (.assetList, .assetList(let list)):
            assetListArrived(list, from: uri, at: now, &effects)
        case (.segment(let position), _):
            segmentPartArrived(of: position, transfer, outcome, at: now, &effects)
        case (.initialization(let position), _):
            initializationArrived(of: position, transfer, at: now, &effects)
        case (.index(let position), .segmentIndex(let segments)):
            indexArrived(of: position, segments, at: now)
        case (.manifest, .manifest(let manifest)):
            manifestArrived(manifest, from: uri, begun: outcome.timings.begun, at: now, &effects)
        case (.manifestUpdate, .manifest(let manifest)):
            updateArrived(manifest, from: uri, isPatch: transfer.isPartial, at: now, &effects)
        case (.playlist(let position), .manifest(.mediaPlaylist(let playlist))):
            loaders[position].reload.asksPlainly = false
            adapting.playlistTime = max(.zero, outcome.timings.total - outcome.timings.firstByte)
            playlistArrived(of: position, playlist, from: uri, age: outcome.age, at: now, &effects)
        case (.playlist, .manifest(.presentation)):
            unreadable(
                transfer, outcome, "a multivariant playlist or MPD where a media playlist was expected", at: now,
                &effects)
        case (_, .unreadable(let error)):
            unreadable(transfer, outcome, error.sentence, at: now, &effects)
        case (_, .none), (_, .manifest), (_, .segmentIndex), (_, .steering), (_, .assetList):
            unreadable(transfer, outcome, "an empty document", at: now, &effects)
        }
    }

    /// A document that cannot be read is tried again like a failed transfer (an edge may have served an error page with
    /// status 200), and in the end named as what it is.
    private mutating func unreadable(
        _ transfer: PendingTransfer, _ outcome: TransferReport, _ sentence: String, at now: Instant,
        _ effects: inout SessionEffects
    ) {
        retryOrGiveUp(transfer, outcome, unreadable: sentence, at: now, &effects)
    }

    private mutating func retryOrGiveUp(
        _ transfer: PendingTransfer, _ outcome: TransferReport, unreadable: String? = nil, at now: Instant,
        _ effects: inout SessionEffects
    ) {
        if recoversDirectly(transfer, outcome, at: now, &effects) { return }
        let policy =
            transfer.kind == .manifest || transfer.kind == .playlist
            ? settings.manifestRetry : settings.segmentRetry
        let isHopeless = Self.hopelessErrors.contains(outcome.error)
        if !isHopeless,
            let delay = policy.delay(
                afterAttempt: transfer.attempt, status: outcome.status, isTimeout: outcome.error.hasPrefix("timeout"),
                draw: draw(for: transfer.id))
        {
            let retry = PlannedRetry(
                due: now + delay, purpose: transfer.purpose, kind: transfer.kind, attempt: transfer.attempt + 1)
            retries.append(retry)
            return
        }
        let reason: SessionFailure =
            unreadable.map { .manifest(transfer.kind, sentence: $0) }
            ?? .transfer(transfer.kind, status: outcome.status, error: outcome.error)
        giveUp(transfer, reason, at: now, &effects)
    }

    /// Failures after which another request is better than the same one again.
    ///
    /// - Returns: False when the transfer is to be tried again as its policy says.
    private mutating func recoversDirectly(
        _ transfer: PendingTransfer, _ outcome: TransferReport, at now: Instant, _ effects: inout SessionEffects
    ) -> Bool {
        switch transfer.purpose {
        case .hint(let position):
            hintFailed(of: position, at: now, &effects)
            return true
        case .steering:
            steeringFailed(outcome, at: now, &effects)
            return true
        case .manifestUpdate where transfer.isPartial:
            updateFailed(transfer, at: now, &effects)
            return true
        case .playlist(let position):
            // A delta that does not fit, or a directive that the server refuses: ask for the whole, plainly.
            let isRefused = (400..<500).contains(outcome.status) || outcome.status == 503
            guard !loaders[position].reload.asksPlainly, transfer.uri.contains("_HLS_"),
                transfer.isPartial || isRefused
            else { return false }
            loaders[position].reload.asksPlainly = true
            loaders[position].reload.isRefused = isRefused
            begin(.playlist(loader: position), due: now, attempt: 0, at: now, &effects)
            return true
        case .manifest, .manifestUpdate, .index, .segment, .initialization, .assetList, .asset, .abandoned:
            return false
        }
    }

    /// Errors that another try cannot mend.
    private static let hopelessErrors: Set<String> = [
        "bad-uri", "host-not-allowed", "certificate", "unsupported", "body-too-large",
    ]

    private mutating func giveUp(
        _ transfer: PendingTransfer, _ reason: SessionFailure, at now: Instant, _ effects: inout SessionEffects
    ) {
        switch transfer.purpose {
        case .abandoned, .hint, .steering, .asset:
            return
        case .assetList:
            assetListFailed(at: now, &effects)
        case .manifest:
            fail(reason, at: now, &effects)
        case .manifestUpdate:
            updateFailed(transfer, at: now, &effects)
        case .playlist(let position), .index(let position), .segment(let position), .initialization(let position):
            dropOtherPart(of: transfer, &effects)
            loaders[position].activity = .idle
            loaders[position].reload.isPending = false
            if failOver(position, from: transfer.location, at: now, &effects) { return }
            // Nobody stops watching because subtitles are missing.
            if loaders[position].isSubtitles {
                loaders[position].isComplete = true
                return
            }
            loaders[position].exclude(loaders[position].selection.track, until: now + settings.trackPenalty)
            // A fixed-quality test that went on with another track would measure something else than it says.
            guard settings.adaptation.isAdaptive, let set = switchingSet(of: position) else {
                return fail(reason, at: now, &effects)
            }
            loaders[position].setLadder(set.tracks, context)
            guard let other = loaders[position].ladder.first else { return fail(reason, at: now, &effects) }
            select(track: choice(for: position, at: now) ?? other, of: position, at: now, &effects)
        }
    }

    /// Begins what is due: retries, reloads of playlists and MPD, segments.
    mutating func runDueWork(at now: Instant, _ effects: inout SessionEffects) {
        var position = 0
        while position < retries.count {
            guard retries[position].due <= now else {
                position += 1
                continue
            }
            let retry = retries.remove(at: position)
            begin(retry.purpose, due: retry.due, attempt: retry.attempt, at: now, &effects)
        }
        if let due = locations.steering?.due, due <= now {
            begin(.steering, due: due, attempt: 0, at: now, &effects)
        }
        if let due = presentationReload.due, due <= now {
            begin(.manifestUpdate, due: due, attempt: 0, at: now, &effects)
        }
        for position in loaders.indices {
            guard let due = loaders[position].reload.due, due <= now else { continue }
            begin(.playlist(loader: position), due: due, attempt: 0, at: now, &effects)
        }
        beginDueSegments(at: now, &effects)
    }

    /// Turns away from the playlist or index of a loader's former track: when it comes it must not be taken for the new
    /// one's.
    ///
    /// It is left to end, since it costs little.
    mutating func abandonDocuments(of position: Int) {
        let documents: [TransferPurpose] = [.playlist(loader: position), .index(loader: position)]
        retries.removeAll { documents.contains($0.purpose) }
        for index in pending.indices where documents.contains(pending[index].purpose) {
            pending[index].purpose = .abandoned
        }
        loaders[position].reload.isPending = false
        loaders[position].reload.due = nil
        loaders[position].reload.isRefused = false
    }
}
