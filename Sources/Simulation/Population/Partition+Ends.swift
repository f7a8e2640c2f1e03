import Manifests
import Playback
import Quantities
import Transport

/// How transfers end, and what sessions are told of it.
extension Partition {
    /// A complete response: the session is told.
    func complete(_ number: Int32, at now: Int64, _ shared: borrowing SharedState) {
        var report = report(of: number, at: now, shared)
        describe(number, &report)
        finish(number, report, at: now, shared)
    }

    /// Puts the document into the report of a transfer that brings one.
    private func describe(_ number: Int32, _ report: inout TransferReport) {
        let transfer = transfers.pointer(number)
        switch transfer.pointee.kind {
        case .manifest: report.document = .manifest(.presentation(content(of: number).presentation))
        case .playlist:
            if let playlist = playlist(of: transfer.pointee, content(of: number)) {
                report.document = .manifest(.mediaPlaylist(playlist))
            } else {
                report.status = 404
            }
        case .index:
            if let index = content(of: number).index(ofTrack: Int(transfer.pointee.track)) {
                report.document = .segmentIndex(index)
            } else {
                report.status = 404
            }
        case .initialization, .video, .audio, .subtitles, .key, .step, .steering, .assetList, .clock: break
        }
    }

    /// The content that a transfer is of.
    private func content(of number: Int32) -> SimulatedContent {
        let stream = Int(sessions.pointer(transfers.pointer(number).pointee.session).pointee.stream)
        return settings.contents[min(stream, settings.contents.count - 1)]
    }

    private func playlist(of transfer: ModelledTransfer, _ content: SimulatedContent) -> MediaPlaylist? {
        guard transfer.track >= 0 else { return nil }
        guard let shape = content.shape(ofTrack: Int(transfer.track)) else {
            return content.playlist(ofTrack: Int(transfer.track))
        }
        let stream = min(Int(sessions.pointer(transfer.session).pointee.stream), settings.contents.count - 1)
        let place = stream << 16 | shape
        if let made = livePlaylists[place], made.edge == transfer.sequence { return made.playlist }
        let playlist = content.livePlaylist(shape, endingBefore: transfer.sequence)
        if livePlaylists[place].map({ $0.edge < transfer.sequence }) ?? true {
            livePlaylists[place] = (transfer.sequence, playlist)
        }
        return playlist
    }

    private func report(of number: Int32, at now: Int64, _ shared: borrowing SharedState) -> TransferReport {
        let transfer = transfers.pointer(number)
        let begun = transfer.pointee.begun
        let timings = TransferTimings(
            begun: Instant(nanoseconds: begun),
            connect: TimeAmount(nanoseconds: transfer.pointee.connected - begun),
            tls: TimeAmount(nanoseconds: transfer.pointee.secured - begun),
            firstByte: TimeAmount(nanoseconds: min(transfer.pointee.firstByte, now) - begun),
            total: TimeAmount(nanoseconds: now - begun))
        return TransferReport(
            timings: timings, status: 200, bytes: ByteCount(transfer.pointee.bytes), cache: transfer.pointee.cache,
            version: settings.version, connectionReused: transfer.pointee.isReused,
            words: words[Int(transfer.pointee.edge)])
    }

    /// A transfer ends without a complete response: it was cancelled, or takes too long.
    func transferEnds(_ event: SimulatedEvent, _ shared: borrowing SharedState) {
        let number = event.target
        guard transfers.holds(number), transfers.pointer(number).pointee.generation == event.generation else { return }
        let transfer = transfers.pointer(number)
        let now = event.time
        let limits = limits[Int(transfer.pointee.device)]
        var error = "cancelled"
        switch transfer.pointee.stage {
        case .cancelled: break
        case .requested where transfer.pointee.firstByte > now: error = "timeout-first-byte"
        case .requested, .awaitingOrigin: error = "timeout-stalled"
        case .flowing:
            error = now - transfer.pointee.begun >= limits.total.nanoseconds ? "timeout-total" : "timeout-stalled"
            endFlow(number, at: now, shared)
        }
        fail(number, error, at: now, shared)
    }

    private func fail(_ number: Int32, _ error: String, at now: Int64, _ shared: borrowing SharedState) {
        let transfer = transfers.pointer(number)
        let left = Int64(clampingRounded: transfer.pointee.remaining / 8)
        var report = report(of: number, at: now, shared)
        report.error = error
        report.bytes = ByteCount(max(0, transfer.pointee.bytes - left))
        if transfer.pointee.firstByte > now { report.status = 0 }
        // A connection with a response on it that nobody reads is of no more use in HTTP/1.1.
        if settings.version == .http1 { sessions.pointer(transfer.pointee.session).pointee.openConnections -= 1 }
        finish(number, report, at: now, shared)
    }

    private func finish(
        _ number: Int32, _ report: TransferReport, at now: Int64, _ shared: borrowing SharedState
    ) {
        let place = transfers.pointer(number).pointee.session
        let id = transfers.pointer(number).pointee.id
        release(number)
        sendWaiting(place, at: now, shared)
        tellEnd(place, of: id, report, at: now, shared)
        follow(place, at: now, shared)
    }

    /// Lets go of a transfer.
    private func release(_ number: Int32) {
        let place = transfers.pointer(number).pointee.session
        let session = sessions.pointer(place)
        session.pointee.busyConnections -= 1
        let next = transfers.pointer(number).pointee.nextOfSession
        if session.pointee.firstFlow == number {
            session.pointee.firstFlow = next
        } else {
            var walk = session.pointee.firstFlow
            while walk >= 0, transfers.pointer(walk).pointee.nextOfSession != number {
                walk = transfers.pointer(walk).pointee.nextOfSession
            }
            if walk >= 0 { transfers.pointer(walk).pointee.nextOfSession = next }
        }
        transfers.remove(number)
    }

    private func sendWaiting(_ place: Int32, at now: Int64, _ shared: borrowing SharedState) {
        guard sessions.pointer(place).pointee.waiting > 0, var waiting = waitingRequests[place], !waiting.isEmpty else {
            return
        }
        let (id, request) = waiting.removeFirst()
        waitingRequests[place] = waiting.isEmpty ? nil : waiting
        sessions.pointer(place).pointee.waiting -= 1
        send(id, request, of: place, at: now, shared)
    }

    // MARK: Cancelling

    /// The session does not want a transfer any more; it is told so by an event of its own.
    func cancel(_ id: TransferID, of place: Int32, at now: Int64, _ shared: borrowing SharedState) {
        if sessions.pointer(place).pointee.waiting > 0,
            let position = waitingRequests[place]?.firstIndex(where: { $0.id == id })
        {
            let entry = waitingRequests[place]?.remove(at: position)
            sessions.pointer(place).pointee.waiting -= 1
            // It takes the place of a transfer that has not even been sent.
            if let entry { send(entry.id, entry.request, of: place, at: now, shared) }
        }
        var walk = sessions.pointer(place).pointee.firstFlow
        while walk >= 0, transfers.pointer(walk).pointee.id != id {
            walk = transfers.pointer(walk).pointee.nextOfSession
        }
        guard walk >= 0, transfers.pointer(walk).pointee.stage != .cancelled else { return }
        if transfers.pointer(walk).pointee.stage == .flowing { endFlow(walk, at: now, shared) }
        transfers.pointer(walk).pointee.stage = .cancelled
        transfers.pointer(walk).pointee.generation = freshGeneration()
        queue.add(.end, at: now, target: walk, generation: transfers.pointer(walk).pointee.generation)
    }

    /// Tells a session at once of the transfers that it has cancelled.
    func tellCancelled(of place: Int32, at now: Int64, _ shared: borrowing SharedState) {
        while let number = firstCancelled(of: place) {
            let id = transfers.pointer(number).pointee.id
            let left = Int64(clampingRounded: transfers.pointer(number).pointee.remaining / 8)
            var report = report(of: number, at: now, shared)
            report.error = "cancelled"
            report.bytes = ByteCount(max(0, transfers.pointer(number).pointee.bytes - left))
            release(number)
            tellEnd(place, of: id, report, at: now, shared)
        }
    }

    private func firstCancelled(of place: Int32) -> Int32? {
        var walk = sessions.pointer(place).pointee.firstFlow
        while walk >= 0 {
            if transfers.pointer(walk).pointee.stage == .cancelled { return walk }
            walk = transfers.pointer(walk).pointee.nextOfSession
        }
        return nil
    }

    /// Drops everything that a session has in progress, without telling it, and closes its connections.
    func forgetTransfers(of place: Int32, at now: Int64, _ shared: borrowing SharedState) {
        while sessions.pointer(place).pointee.firstFlow >= 0 {
            let number = sessions.pointer(place).pointee.firstFlow
            if transfers.pointer(number).pointee.stage == .flowing { endFlow(number, at: now, shared) }
            release(number)
        }
        waitingRequests[place] = nil
        sessions.pointer(place).pointee.waiting = 0
        sessions.pointer(place).pointee.openConnections = 0
    }
}
