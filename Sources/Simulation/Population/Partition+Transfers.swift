import Manifests
import Playback
import Quantities
import Transport

/// The life of a transfer: connection, line, cache, body, report.
extension Partition {
    /// Begins a transfer of a session, or has it wait for a connection.
    func begin(
        _ id: TransferID, _ request: SessionRequest, of place: Int32, at now: Int64, _ shared: borrowing SharedState
    ) {
        let session = sessions.pointer(place)
        if settings.version == .http1, Int(session.pointee.busyConnections) >= max(1, settings.parallelTransfers) {
            session.pointee.waiting += 1
            waitingRequests[place, default: []].append((id, request))
            return
        }
        send(id, request, of: place, at: now, shared)
    }

    private func send(
        _ id: TransferID, _ request: SessionRequest, of place: Int32, at now: Int64, _ shared: borrowing SharedState
    ) {
        let session = sessions.pointer(place)
        let edge = Int(session.pointee.edge)
        let stream = Int(session.pointee.stream)
        let latency = shared.edges[edge].model.latency.nanoseconds
        let (connected, secured, isReused) = connect(place, latency: latency, at: now)
        let content = settings.contents[min(stream, settings.contents.count - 1)]
        let track = request.resource.flatMap { content.position(of: $0) } ?? -1
        var sequence = request.resource?.sequence ?? 0
        if request.kind == .playlist, content.isLive {
            sequence = content.liveEdge(at: Instant(nanoseconds: secured + latency / 2))
        }
        var transfer = ModelledTransfer(
            session: place, id: id, kind: request.kind, track: Int32(track), sequence: sequence,
            key: Self.key(request.kind, stream: stream, track: track, sequence: sequence), begun: now,
            connected: connected, secured: secured, firstByte: 0,
            bytes: content.bytes(request.kind, track: max(0, track), sequence: sequence))
        transfer.isReused = isReused
        transfer.nextOfSession = session.pointee.firstFlow
        let line = queueing(at: edge, now: now, shared) + shared.edges[edge].model.delay.nanoseconds
        let origin = fetch(&transfer, edge: edge, at: secured + latency / 2 + line, shared)
        let delay = linkDelay(session.pointee.link, at: now)
        transfer.firstByte = secured + latency + line + origin + delay
        transfer.remaining = Double(transfer.bytes) * 8
        transfer.generation = freshGeneration()
        let number = transfers.insert(transfer)
        session.pointee.firstFlow = number
        let timeouts = players[Int(session.pointee.device)].settings.timeouts
        if transfer.firstByte - now > timeouts.firstByte.nanoseconds {
            queue.add(
                .end, at: now + timeouts.firstByte.nanoseconds, target: number, generation: transfer.generation)
        } else {
            queue.add(.firstByte, at: transfer.firstByte, target: number, generation: transfer.generation)
        }
    }

    /// Takes a connection of the session, or makes one.
    ///
    /// - Returns: When it is there, when it is secured, and whether it was open before.
    private func connect(_ place: Int32, latency: Int64, at now: Int64) -> (Int64, Int64, Bool) {
        let session = sessions.pointer(place)
        let secure = settings.isEncrypted ? latency : 0
        let isShared = settings.version != .http1
        session.pointee.busyConnections += 1
        if isShared, session.pointee.openConnections > 0 {
            let ready = max(now, session.pointee.connectionReady)
            return (ready, ready, true)
        }
        if !isShared, session.pointee.busyConnections <= session.pointee.openConnections { return (now, now, true) }
        session.pointee.openConnections += 1
        // QUIC shakes hands once for both; TCP once, and TLS 1.3 once more.
        let connected = now + latency
        let secured = settings.version == .http3 ? connected : connected + secure
        session.pointee.connectionReady = secured
        return (connected, secured, false)
    }

    private static func key(_ kind: TransferKind, stream: Int, track: Int, sequence: Int64) -> ObjectKey {
        switch kind {
        case .video, .audio, .subtitles: ObjectKey(stream: stream, track: track, sequence: sequence)
        // Documents and sections have numbers that no segment has.
        case .playlist: ObjectKey(stream: stream, track: track | 0x8000, sequence: sequence)
        case .initialization: ObjectKey(stream: stream, track: track | 0x4000, sequence: 0)
        case .manifest: ObjectKey(stream: stream, track: 0xFFFF, sequence: 0)
        case .index, .key, .step, .steering, .assetList, .clock:
            ObjectKey(stream: stream, track: track | 0x4000, sequence: 1 + Int64(kind.rawValue))
        }
    }

    /// How long a request waits for its turn at an edge, in nanoseconds.
    private func queueing(at edge: Int, now: Int64, _ shared: borrowing SharedState) -> Int64 {
        shares[edge].requests += 1
        guard let rate = shared.edges[edge].model.requestsPerSecond, rate > 0 else { return 0 }
        let begin = epochEnd - settings.epoch.nanoseconds
        let ahead = shared.edges[edge].line - Double(now - begin) + Double(shares[edge].requests - 1) / rate * 1e9
        return Int64(clampingRounded: max(0, ahead) + 1e9 / rate)
    }

    // MARK: Cache

    /// How much later the first byte comes because the edge has to ask the origin, in nanoseconds.
    private func fetch(
        _ transfer: inout ModelledTransfer, edge: Int, at now: Int64, _ shared: borrowing SharedState
    ) -> Int64 {
        let model = shared.edges[edge].model
        guard model.hasCache else {
            transfer.cache = .bypass
            return ask(&transfer, edge: edge, at: now, isShared: false, shared)
        }
        if let kept = shared.edges[edge].cache[transfer.key] {
            if kept.complete <= now || model.collapses {
                transfer.cache = .hit
                return max(0, kept.firstByte - now)
            }
            transfer.cache = .miss
            return ask(&transfer, edge: edge, at: now, isShared: false, shared)
        }
        if let first = shares[edge].asked[transfer.key] {
            let arrives = first + shared.originLatency
            if model.collapses || (!shared.originIsLimited && arrives <= now) {
                transfer.cache = .hit
                return max(0, arrives - now)
            }
            transfer.cache = .miss
            return ask(&transfer, edge: edge, at: now, isShared: false, shared)
        }
        transfer.cache = .miss
        shares[edge].asked[transfer.key] = now
        return ask(&transfer, edge: edge, at: now, isShared: true, shared)
    }

    /// Notes a request to the origin.
    private func ask(
        _ transfer: inout ModelledTransfer, edge: Int, at now: Int64, isShared: Bool, _ shared: borrowing SharedState
    ) -> Int64 {
        if !isShared {
            fetches += 1
            transfer.ownFetch = fetches
        }
        shares[edge].misses.append(
            Miss(
                key: transfer.key, at: now, bytes: transfer.bytes, isShared: isShared, number: transfer.ownFetch))
        return shared.originLatency
    }

    /// The name under which a transfer waits for the origin.
    private static func awaited(_ transfer: ModelledTransfer, edge: Int32) -> ObjectKey {
        var key = transfer.key
        key.value = transfer.ownFetch > 0 ? transfer.ownFetch | 1 << 63 : key.value ^ UInt64(edge) << 56
        return key
    }

    // MARK: Body

    func firstByteArrived(_ event: SimulatedEvent, _ shared: borrowing SharedState) {
        let number = event.target
        guard transfers.holds(number), transfers.pointer(number).pointee.generation == event.generation else { return }
        let transfer = transfers.pointer(number)
        let place = transfer.pointee.session
        let edge = Int(sessions.pointer(place).pointee.edge)
        transfer.pointee.updated = event.time
        if waitsForLink(number, at: event.time) { return }
        guard transfer.pointee.bytes > Self.smallBody else {
            return sendSmall(number, edge: edge, link: sessions.pointer(place).pointee.link, at: event.time, shared)
        }
        beginFlow(number, at: event.time, shared)
    }

    /// Nothing comes through a link that is out: the first byte waits for it, or for the session's patience.
    private func waitsForLink(_ number: Int32, at now: Int64) -> Bool {
        let transfer = transfers.pointer(number)
        let session = sessions.pointer(transfer.pointee.session)
        guard session.pointee.link >= 0, linkShare(session.pointee.link, joining: 1, at: now) <= 0 else { return false }
        let back = links.pointer(session.pointee.link).pointee.changes
        let limits = players[Int(session.pointee.device)].settings.timeouts
        let last = transfer.pointee.begun + limits.firstByte.nanoseconds
        transfer.pointee.firstByte = back
        queue.add(
            back > last ? .end : .firstByte, at: max(now, min(back, last)), target: number,
            generation: transfer.pointee.generation)
        return true
    }

    /// Bodies up to this size take what is there without making others slower; their bytes are counted all the same.
    private static let smallBody: Int64 = 16_384

    private func sendSmall(
        _ number: Int32, edge: Int, link: Int32, at now: Int64, _ shared: borrowing SharedState
    ) {
        let transfer = transfers.pointer(number)
        let bits = transfer.pointee.remaining
        var rate = entryLevel(edge, has: 0, shared)
        if let most = shared.edges[edge].model.responseRate { rate = min(rate, most.bitsPerSecond) }
        if link >= 0 { rate = min(rate, linkShare(link, joining: 1, at: now)) }
        shares[edge].sent += bits
        transfer.pointee.rate = rate
        guard rate > 0 else {
            let limits = players[Int(sessions.pointer(transfer.pointee.session).pointee.device)].settings.timeouts
            return queue.add(
                .end, at: now + limits.stalled.nanoseconds, target: number, generation: transfer.pointee.generation)
        }
        let time = rate.isInfinite ? 0 : bits / rate * 1e9
        transfer.pointee.remaining = 0
        queue.add(
            .lastByte, at: now + Int64(clampingRounded: time), target: number,
            generation: transfer.pointee.generation)
    }

    func lastByteArrived(_ event: SimulatedEvent, _ shared: borrowing SharedState) {
        let number = event.target
        guard transfers.holds(number), transfers.pointer(number).pointee.generation == event.generation else { return }
        let transfer = transfers.pointer(number)
        if transfer.pointee.stage == .flowing { endFlow(number, at: event.time, shared) }
        transfer.pointee.remaining = 0
        let edge = sessions.pointer(transfer.pointee.session).pointee.edge
        guard shared.originIsLimited, !isAtEdge(number, edge: edge, at: event.time, shared) else {
            return complete(number, at: event.time, shared)
        }
        transfer.pointee.stage = .awaitingOrigin
        transfer.pointee.generation = freshGeneration()
        awaitingOrigin[Self.awaited(transfer.pointee, edge: edge), default: []].append(number)
        let limit = transfer.pointee.begun + totalLimit(of: transfer.pointee.session)
        queue.add(.end, at: max(event.time, limit), target: number, generation: transfer.pointee.generation)
    }

    func totalLimit(of place: Int32) -> Int64 {
        players[Int(sessions.pointer(place).pointee.device)].settings.timeouts.total.nanoseconds
    }

    /// Whether the edge has all of what a transfer sends.
    private func isAtEdge(_ number: Int32, edge: Int32, at now: Int64, _ shared: borrowing SharedState) -> Bool {
        let transfer = transfers.pointer(number)
        guard transfer.pointee.ownFetch == 0 else { return false }
        guard let kept = shared.edges[Int(edge)].cache[transfer.pointee.key] else {
            // Forgotten, since nobody had asked for it for long; or asked for in this very epoch.
            return shares[Int(edge)].asked[transfer.pointee.key] == nil
        }
        return kept.complete <= now
    }

    /// The conductor says that edges have got objects from the origin.
    func originSent(_ arrived: [OriginFetch], at now: Int64, _ shared: borrowing SharedState) {
        guard !awaitingOrigin.isEmpty else { return }
        for fetch in arrived {
            var key = fetch.key
            key.value = fetch.number > 0 ? fetch.number | 1 << 63 : key.value ^ UInt64(fetch.edge) << 56
            guard let waiting = awaitingOrigin.removeValue(forKey: key) else { continue }
            for number in waiting where transfers.holds(number) && transfers.pointer(number).pointee.stage == .awaitingOrigin {
                complete(number, at: now, shared)
            }
        }
    }

    // MARK: End

    /// A complete response: the session is told.
    func complete(_ number: Int32, at now: Int64, _ shared: borrowing SharedState) {
        let transfer = transfers.pointer(number).pointee
        let content = settings.contents[
            min(Int(sessions.pointer(transfer.session).pointee.stream), settings.contents.count - 1)]
        var report = report(of: transfer, at: now, shared)
        switch transfer.kind {
        case .manifest: report.document = .manifest(.presentation(content.presentation))
        case .playlist:
            if let playlist = playlist(of: transfer, content) {
                report.document = .manifest(.mediaPlaylist(playlist))
            } else {
                report.status = 404
            }
        case .index, .initialization, .video, .audio, .subtitles, .key, .step, .steering, .assetList, .clock: break
        }
        finish(number, report, at: now, shared)
    }

    private func playlist(of transfer: ModelledTransfer, _ content: SimulatedContent) -> MediaPlaylist? {
        guard content.isLive else { return transfer.track < 0 ? nil : content.playlist(ofTrack: Int(transfer.track)) }
        let stream = min(Int(sessions.pointer(transfer.session).pointee.stream), settings.contents.count - 1)
        if let made = livePlaylists[stream], made.edge == transfer.sequence { return made.playlist }
        let playlist = content.livePlaylist(endingBefore: transfer.sequence)
        if livePlaylists[stream].map({ $0.edge < transfer.sequence }) ?? true {
            livePlaylists[stream] = (transfer.sequence, playlist)
        }
        return playlist
    }

    private func report(
        of transfer: ModelledTransfer, at now: Int64, _ shared: borrowing SharedState
    ) -> TransferReport {
        let session = sessions.pointer(transfer.session)
        let timings = TransferTimings(
            begun: Instant(nanoseconds: transfer.begun),
            connect: TimeAmount(nanoseconds: transfer.connected - transfer.begun),
            tls: TimeAmount(nanoseconds: transfer.secured - transfer.begun),
            firstByte: TimeAmount(nanoseconds: min(transfer.firstByte, now) - transfer.begun),
            total: TimeAmount(nanoseconds: now - transfer.begun))
        return TransferReport(
            timings: timings, status: 200, bytes: ByteCount(transfer.bytes), edge: names.edges[Int(session.pointee.edge)],
            cache: transfer.cache, version: settings.version, connectionReused: transfer.isReused)
    }

    /// A transfer ends without a complete response: it was cancelled, or takes too long.
    func transferEnds(_ event: SimulatedEvent, _ shared: borrowing SharedState) {
        let number = event.target
        guard transfers.holds(number), transfers.pointer(number).pointee.generation == event.generation else { return }
        let transfer = transfers.pointer(number)
        let now = event.time
        let limits = players[Int(sessions.pointer(transfer.pointee.session).pointee.device)].settings.timeouts
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
        var report = report(of: transfer.pointee, at: now, shared)
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
        tell(place, .transferFinished(id, report), at: now, shared)
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
            var report = report(of: transfers.pointer(number).pointee, at: now, shared)
            report.error = "cancelled"
            report.bytes = ByteCount(max(0, transfers.pointer(number).pointee.bytes - left))
            release(number)
            tell(place, .transferFinished(id, report), at: now, shared)
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
