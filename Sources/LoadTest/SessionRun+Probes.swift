import Access
import Manifests
import Measurement
import Playback
import Quantities
import Transport

/// Which probes follow an honest request.
extension SessionRun {
    /// The word for what a request is for: that of its kind, or `part`.
    static func gateKind(of request: SessionRequest) -> String {
        request.media?.part != nil ? "part" : request.kind.label
    }

    /// Keeps the tokens that probes are made of.
    func noteToken(on uri: String) {
        guard context.settings.probes != nil, let token = signer?.token else { return }
        if let prober, prober.first == nil { prober.first = (token, uri) }
        context.tokens.note(token, of: id, stream: stream, at: channel.now)
    }

    /// Has those probes made that are due after an answer to an honest request.
    ///
    /// An edge's refusal says something only where it lets honest viewers in: so nothing is asked before that.
    func probe(after response: TransferResult, _ transfer: Active) {
        guard let prober, isBehindGate(transfer) else { return }
        let isAccepted = (200..<300).contains(response.status)
        guard isAccepted || GateStatus.isRefusal(response.status) else { return }
        let place = GatePlace(
            stream: context.settings.streams[stream].name, edge: response.remoteAddress,
            kind: Self.gateKind(of: transfer.request))
        context.recorder.gate.noteHonest(place, isAccepted: isAccepted)
        guard isAccepted else { return }
        let now = channel.now
        var honest: HonestRequest?
        for probe in prober.probes {
            let attempt = GateProber.Try(probe: probe, edge: place.edge, kind: place.kind)
            guard prober.takesTurn(attempt, at: now) else { continue }
            let made = honest ?? honestRequest(transfer, prober, at: now)
            honest = made
            add(probe, attempt, made, place, response, transfer)
        }
    }

    /// Steps, clocks and other hosts have gates of their own, or none.
    private func isBehindGate(_ transfer: Active) -> Bool {
        switch transfer.request.kind {
        case .step, .clock: return false
        case .manifest, .playlist, .index, .initialization, .video, .audio, .subtitles, .key, .steering, .assetList:
            if transfer.request.uri.utf8.starts(with: home.utf8) { return true }
            return transfer.isAtItsHost && signer?.carries(transfer.request.kind) == true
        }
    }

    private func add(
        _ probe: GateProbe, _ attempt: GateProber.Try, _ honest: HonestRequest, _ place: GatePlace,
        _ response: TransferResult, _ transfer: Active
    ) {
        guard let prober, probe != .manifestOnSegment || !honest.isManifest else { return }
        let maker = probeMaker
        prober.add(
            GateProber.Job(
                prepare: { [context] now in
                    switch maker.make(probe, from: honest, at: self.playerContext.wall(at: now)) {
                    case .later: prober.postpone(attempt)
                    case .inapplicable(let reason):
                        context.recorder.gate.note(
                            GateLog.Reason(probe: probe.rawValue, stream: place.stream, sentence: reason))
                    case .request(let request): return request
                    }
                    return nil
                },
                key: GateKey(probe: probe.rawValue, stream: place.stream, edge: place.edge, kind: place.kind),
                words: probe.words, resource: maker.bareURI(of: honest.uri),
                byteRange: Self.probedRange(of: transfer.request),
                channel: channel(of: prober, for: honest.uri, like: response), isRedirected: transfer.hops > 0))
    }

    private var probeMaker: ProbeMaker {
        ProbeMaker(scheme: signer?.policy.scheme, placement: signer?.policy.placement ?? .query)
    }

    private func honestRequest(_ transfer: Active, _ prober: GateProber, at now: Instant) -> HonestRequest {
        let streams = context.settings.streams
        let manifest = streams[stream].uri
        let maker = probeMaker
        let uri = maker.bareURI(of: transfer.request.uri)
        var honest = HonestRequest(
            uri: uri, manifestURI: manifest, isManifest: transfer.request.kind == .manifest || uri == manifest,
            token: signer?.token, leeway: prober.settings.leeway)
        honest.first = prober.first
        let pool = context.tokens
        honest.foreignToken = pool.token(notOf: id, now: now)
        let other = (stream + 1) % streams.count
        if other != stream { honest.otherStreamToken = pool.token(ofStream: other, now: now) }
        // Who has no key cannot make tokens of other contents.
        guard let policy = signer?.policy, !policy.isIssued else { return honest }
        let wall = playerContext.wall(at: now)
        honest.grant = policy.grant(to: id, for: uri, at: wall)
        if policy.bindsSession {
            honest.foreignGrant = policy.grant(
                to: SessionID(viewer: Int(clamping: planned.id.viewer) + 1), for: uri, at: wall)
        }
        if other != stream {
            honest.otherStreamGrant = policy.grant(to: id, for: streams[other].uri, at: wall)
        }
        return honest
    }

    /// Of media two bytes tell enough: a leak shall cost no data.
    static func probedRange(of request: SessionRequest) -> ByteRange? {
        switch request.kind {
        case .video, .audio, .subtitles:
            let length = request.byteRange.flatMap(\.length) ?? 2
            return ByteRange(offset: request.byteRange?.offset ?? 0, length: max(1, min(2, length)))
        case .manifest, .playlist, .index, .initialization, .key, .step, .steering, .assetList, .clock:
            return request.byteRange
        }
    }

    /// A channel to the same edge as the honest request's.
    private func channel(
        of prober: GateProber, for uri: String, like response: TransferResult
    ) -> ChannelSettings {
        var settings = prober.channel
        settings.parallelTransfers = 1
        settings.keptHeaders = ["location", "content-type"]
        let reference = URIReference(uri)
        let address = response.remoteAddress
        if let host = reference.host, let port = reference.port, !address.isEmpty, host != address {
            let name = "\(host):\(port)"
            if settings.pinnedAddresses[name] == nil { settings.pinnedAddresses[name] = address }
        }
        return settings
    }
}
