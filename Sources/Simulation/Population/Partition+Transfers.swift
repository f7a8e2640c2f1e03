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

    func send(
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
        if request.kind == .playlist, content.shape(ofTrack: track) != nil {
            let kept = Self.key(.playlist, stream: stream, track: track, sequence: 0)
            let instant = listed(kept, edge: edge, at: secured + latency / 2, shared)
            sequence = content.liveEdge(ofTrack: track, at: Instant(nanoseconds: instant)) ?? sequence
        }
        var transfer = ModelledTransfer(
            session: place, edge: Int32(edge), link: session.pointee.link, device: session.pointee.device, id: id,
            kind: request.kind, track: Int32(track), sequence: sequence,
            key: Self.key(request.kind, stream: stream, track: track, sequence: sequence), connected: connected,
            secured: secured, firstByte: 0,
            bytes: content.bytes(request.kind, track: max(0, track), sequence: sequence), begun: now)
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
        let timeouts = limits[Int(session.pointee.device)]
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

    // MARK: Body

    func firstByteArrived(_ event: SimulatedEvent, _ shared: borrowing SharedState) {
        let number = event.target
        guard transfers.holds(number), transfers.pointer(number).pointee.generation == event.generation else { return }
        let transfer = transfers.pointer(number)
        if waitsForLink(number, at: event.time) { return }
        guard transfer.pointee.bytes > Self.smallBody else {
            return sendSmall(number, at: event.time, shared)
        }
        beginFlow(number, at: event.time, shared)
    }

    /// Nothing comes through a link that is out: the first byte waits for it, or for the session's patience.
    private func waitsForLink(_ number: Int32, at now: Int64) -> Bool {
        let transfer = transfers.pointer(number)
        let link = transfer.pointee.link
        guard link >= 0, linkShare(link, joining: 1, at: now) <= 0 else { return false }
        let back = links.pointer(link).pointee.changes
        let last = transfer.pointee.begun + limits[Int(transfer.pointee.device)].firstByte.nanoseconds
        transfer.pointee.firstByte = back
        queue.add(
            back > last ? .end : .firstByte, at: max(now, min(back, last)), target: number,
            generation: transfer.pointee.generation)
        return true
    }

    /// Bodies up to this size take what is there without making others slower; their bytes are counted all the same.
    private static let smallBody: Int64 = 16_384

    private func sendSmall(_ number: Int32, at now: Int64, _ shared: borrowing SharedState) {
        let transfer = transfers.pointer(number)
        let edge = Int(transfer.pointee.edge)
        let link = transfer.pointee.link
        let bits = transfer.pointee.remaining
        var rate = entryLevel(edge, has: 0, shared)
        if let most = shared.edges[edge].model.responseRate { rate = min(rate, most.bitsPerSecond) }
        if link >= 0 { rate = min(rate, linkShare(link, joining: 1, at: now)) }
        shares[edge].sent += bits
        guard rate > 0 else {
            let limits = limits[Int(transfer.pointee.device)]
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
        let edge = transfer.pointee.edge
        guard shared.originIsLimited, !isAtEdge(number, edge: edge, at: event.time, shared) else {
            return complete(number, at: event.time, shared)
        }
        transfer.pointee.stage = .awaitingOrigin
        transfer.pointee.generation = freshGeneration()
        awaitingOrigin[Self.awaited(transfer.pointee, edge: edge), default: []].append(number)
        let limit = transfer.pointee.begun + limits[Int(transfer.pointee.device)].total.nanoseconds
        queue.add(.end, at: max(event.time, limit), target: number, generation: transfer.pointee.generation)
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
            for number in waiting
            where transfers.holds(number) && transfers.pointer(number).pointee.stage == .awaitingOrigin {
                complete(number, at: now, shared)
            }
        }
    }
}
