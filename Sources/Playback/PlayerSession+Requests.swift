import Manifests
import Quantities

/// Beginning transfers.
extension PlayerSession {
    /// Begins the fetch of a document: the manifest, a playlist or a segment index.
    mutating func begin(
        _ purpose: TransferPurpose, due: Instant, attempt: Int, at now: Instant, _ effects: inout SessionEffects
    ) {
        switch purpose {
        case .manifest:
            send(
                .manifest, purpose, uri: manifestURI, reading: .manifest(variables: [:]), due: due,
                attempt: attempt, &effects)
        case .manifestUpdate:
            presentationReload.due = nil
            presentationReload.isPending = true
            presentationReload.lastBegun = now
            let (uri, reading) = updateRequest(at: now)
            send(.manifest, purpose, uri: uri, reading: reading, due: due, attempt: attempt, &effects)
        case .playlist(let position):
            guard case .playlist? = track(of: position)?.media else { return }
            let (uri, reading, awaited) = playlistRequest(of: position, at: now)
            loaders[position].reload.due = nil
            loaders[position].reload.isPending = true
            loaders[position].reload.lastBegun = now
            send(
                .playlist, purpose, uri: uri, reading: reading, due: due, attempt: attempt, awaited: awaited,
                &effects)
        case .index(let position):
            beginIndex(of: position, due: due, attempt: attempt, &effects)
        case .segment(let position):
            beginSegmentPart(of: position, due: due, attempt: attempt, &effects)
        case .initialization(let position):
            beginInitialization(of: position, due: due, attempt: attempt, &effects)
        case .steering:
            beginSteering(due: due, &effects)
        case .assetList:
            beginAssetList(due: due, attempt: attempt, &effects)
        case .abandoned, .hint, .asset:
            return
        }
    }

    private mutating func beginIndex(of position: Int, due: Instant, attempt: Int, _ effects: inout SessionEffects) {
        guard case .indexed(let media)? = track(of: position)?.media else { return }
        loaders[position].reload.isPending = true
        let uri = queried(URIReference.resolve(media.uri, against: location(of: position)), of: position)
        // Without a range the index stands somewhere at the begin of the file; 64 KB hold it for hours of segments.
        let range = media.indexRange ?? ByteRange(offset: 0, length: 65_536)
        send(
            .index, .index(loader: position), uri: uri, byteRange: range,
            reading: .segmentIndex(media, offset: range.offset), due: due, attempt: attempt, &effects)
    }

    mutating func send(
        _ kind: TransferKind, _ purpose: TransferPurpose, uri: String, byteRange: ByteRange? = nil,
        reading: SessionRequest.Reading, due: Instant, attempt: Int, segment: SegmentJob? = nil,
        awaited: PlaylistPosition? = nil, _ effects: inout SessionEffects
    ) {
        let id = TransferID(nextTransfer)
        nextTransfer += 1
        let loader = purpose.loader
        var resource: ResourceReference?
        if let loader {
            let place = loaders[loader].selection
            resource = ResourceReference(
                period: place.period, set: place.set, track: place.track, sequence: segment?.sequence ?? 0,
                part: segment?.part)
        }
        pending.append(
            PendingTransfer(
                id: id, kind: kind, purpose: purpose, uri: uri, due: due, attempt: attempt, begun: playheadInstant,
                bitRate: segment?.bitRate ?? .zero,
                mediaDuration: segment.map { $0.stage == .segment ? $0.duration : .zero } ?? .zero,
                sequence: segment?.sequence ?? 0,
                location: context.namesResources ? loader.flatMap { locationName(of: $0) } : nil,
                isPartial: reading.isUpdate))
        var details = SessionRequest.Details(byteRange: byteRange, awaited: awaited)
        if hasTelemetry, let transfer = pending.last { details.telemetry = telemetry(of: transfer, segment) }
        if context.namesResources, let segment, segment.stage == .segment, let loader {
            details.media = wanted(segment, of: loader, isHint: purpose == .hint(loader: loader), at: playheadInstant)
        }
        effects.begin(
            id,
            SessionRequest(kind: kind, uri: uri, reading: reading, due: due, resource: resource, details: details))
    }
}
