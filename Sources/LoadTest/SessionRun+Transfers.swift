import Manifests
import Measurement
import Playback
import Quantities
import Transport

/// What becomes of a session's transfers: redirects, problems, and what their bodies say.
extension SessionRun {
    func transferFinished(_ id: TransferID, _ result: Result<TransferResult, FailedTransfer>) {
        if clockTransfer?.id == id { return clockTransferFinished(result) }
        if renewalTransfer?.id == id { return renewalFinished(result) }
        if telemetryFinished(id, result) || stepFinished(id, result) { return }
        guard let position = active.firstIndex(where: { $0.channelID == id }) else { return }
        let transfer = active.remove(at: position)
        switch result {
        case .success(let response):
            if isRefusalToRetry(response, transfer) {
                tell(.transferRedirected(transfer.playerID, outcome(response, of: transfer)))
                repeatWithNewToken(transfer)
            } else if let target = redirectTarget(response, of: transfer) {
                follow(target, transfer, response)
            } else {
                let report = outcome(response, of: transfer)
                noteProblem(of: report, transfer)
                context.observer.look(
                    at: response, report.document,
                    ResponseObserver.Circumstances(
                        kind: transfer.request.kind, uri: shown(transfer.uri),
                        stream: context.settings.streams[stream].name, request: transfer.request,
                        wall: playerContext.wall(at: response.timings.begun + response.timings.firstByte),
                        isUnlimited: true),
                    context.recorder)
                probe(after: response, transfer)
                tell(.transferFinished(transfer.playerID, report))
            }
        case .failure(let failed):
            noteProblem(failed.error, transfer)
            tell(.transferFinished(transfer.playerID, outcome(failed)))
        }
    }

    func redirectTarget(_ response: TransferResult, of transfer: Active) -> String? {
        switch response.status {
        case 301, 302, 303, 307, 308:
            guard transfer.hops < Self.redirectLimit, let location = response.header("location"), !location.isEmpty
            else {
                return nil
            }
            return URIReference.resolve(location, against: transfer.uri)
        default:
            return nil
        }
    }

    func follow(_ target: String, _ transfer: Active, _ response: TransferResult) {
        tell(.transferRedirected(transfer.playerID, outcome(response, of: transfer)))
        if let host = localHost(of: target) {
            context.note(transfer.request.kind, "not-allowed") {
                ProblemSentence.local(transfer.request.kind, self.named(target), host: host)
            }
            return tell(.transferFinished(transfer.playerID, refusedReport))
        }
        var next = transfer
        next.channelID = freshID()
        next.uri = target
        next.hops += 1
        send(next)
    }

    /// Whether children of a document are to be resolved against the URI with the token in its path.
    private func passesItsTokenOn(_ transfer: Active) -> Bool {
        guard let policy = signer?.policy else { return false }
        return policy.placement == .path && policy.requests == .manifest && transfer.uri != transfer.request.uri
    }

    func noteProblem(of report: TransferReport, _ transfer: Active) {
        if case .unreadable(let error) = report.document {
            context.note(transfer.request.kind, "unreadable") {
                ProblemSentence.unreadable(transfer.request.kind, self.named(transfer.uri), error.sentence)
            }
        } else if report.status >= 300 {
            context.note(transfer.request.kind, String(report.status)) {
                ProblemSentence.status(transfer.request.kind, self.named(transfer.uri), report.status)
            }
        }
    }

    func noteProblem(_ error: TransferError, _ transfer: Active) {
        if case .cancelled = error { return }
        context.note(transfer.request.kind, error.label) {
            ProblemSentence.failed(transfer.request.kind, self.named(transfer.uri), error)
        }
    }

    func outcome(_ response: TransferResult, of transfer: Active) -> TransferReport {
        var document = TransferReport.Document.none
        if (200..<300).contains(response.status) {
            document = self.document(response.body, transfer)
        }
        return TransferReport(
            timings: response.timings, status: response.status, bytes: response.bytes, document: document,
            finalURI: transfer.hops > 0 || passesItsTokenOn(transfer) ? transfer.uri : nil,
            edge: response.remoteAddress,
            cache: CacheHeaders.status(response.headers), pop: CacheHeaders.pop(response.headers),
            version: response.version, connectionReused: response.connectionReused,
            age: CacheHeaders.seconds(response.header("age")),
            retryAfter: CacheHeaders.seconds(response.header("retry-after")), chunks: response.chunks)
    }

    /// What a body says, read as the player wants it.
    func document(_ body: [UInt8], _ transfer: Active) -> TransferReport.Document {
        switch transfer.request.reading {
        case .discard, .chunks: .none
        case .manifest(let variables):
            context.documents.document(body, context: DecodingContext(variables: variables, uri: transfer.uri))
        case .update(let held, let variables):
            context.documents.update(
                body, of: held, context: DecodingContext(variables: variables, uri: transfer.uri))
        case .segmentIndex(let media, let offset): context.documents.index(body, media, offset: offset)
        case .steering: ManifestCache.steering(body)
        case .assetList: ManifestCache.assetList(body)
        }
    }

    func outcome(_ failed: FailedTransfer) -> TransferReport {
        TransferReport(
            timings: failed.timings, status: failed.status ?? 0, error: failed.error.label, bytes: failed.bytes,
            edge: failed.remoteAddress, cache: CacheHeaders.status(failed.headers),
            pop: CacheHeaders.pop(failed.headers),
            connectionReused: failed.connectionReused)
    }
}
