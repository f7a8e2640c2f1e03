import Access
import Journeys
import Playback
import Quantities
import Transport

/// How the viewer shows a ticket: on which requests, when it is replaced, and what is done when it is refused.
extension SessionRun {
    /// Puts the token of now into a transfer.
    ///
    /// - Returns: The headers that carry it, if any do.
    func authorise(_ transfer: inout Active) -> [HTTPHeader] {
        guard transfer.isAtItsHost else { return [] }
        var outgoing = OutgoingRequest(uri: transfer.uri)
        authorise(&outgoing, for: transfer.request.kind)
        transfer.uri = outgoing.uri
        return Self.headers(of: outgoing)
    }

    /// Puts the token of now into a request to a host that may see it.
    func authorise(_ request: inout OutgoingRequest, for kind: TransferKind) {
        guard signer != nil, isTrusted(request.uri) else { return }
        signer?.authorise(&request, for: kind, at: playerContext.wall(at: channel.now))
        keepCookies(of: &request)
    }

    /// A token that covers more than this request goes into the viewer's cookies, where the edge can replace it.
    private func keepCookies(of request: inout OutgoingRequest) {
        guard let signer, !request.cookies.isEmpty, !signer.policy.signsEachURL else { return }
        guard let host = URIReference(request.uri).host.map({ String($0) }) else { return }
        for cookie in request.cookies where !keptCookies.contains(KeptCookie(host: host, field: cookie)) {
            keptCookies.removeAll { $0.host == host && $0.field.name == cookie.name }
            keptCookies.append(KeptCookie(host: host, field: cookie))
            channel.store(ChannelCookie(name: cookie.name, value: cookie.value, host: host))
        }
        request.cookies.removeAll()
    }

    /// A cookie that the channel was given.
    struct KeptCookie: Hashable {
        var host: String
        var field: AccessToken.Field
    }

    /// Whether a URI's host may see the viewer's token: the streams' own, and those that the profile names.
    func isTrusted(_ uri: String) -> Bool {
        if uri.utf8.starts(with: home.utf8) { return true }
        guard let host = URIReference(uri).host?.lowercased() else { return false }
        return context.tokenHosts.contains(host)
    }

    /// What a token adds to a request beside its URI.
    static func headers(of request: OutgoingRequest) -> [HTTPHeader] {
        var headers = request.headers.map { HTTPHeader(name: $0.name, value: $0.value) }
        if let cookie = request.cookieHeader { headers.append(HTTPHeader(name: "Cookie", value: cookie)) }
        return headers
    }

    /// Takes note of how a request with a token was answered.
    ///
    /// - Returns: True when it was refused and will be made once more with a new token: then the answer counts as a
    ///   transfer of its own, and the player waits for the next.
    func isRefusalToRetry(_ response: TransferResult, _ transfer: Active) -> Bool {
        guard let policy = signer?.policy, transfer.isAtItsHost, isTrusted(transfer.uri) else { return false }
        if let name = policy.renewalHeader, let value = response.header(name) {
            signer?.adopt(renewed: value, under: name, at: wallNow)
        }
        if (200..<400).contains(response.status) {
            signer?.wasAccepted()
            return false
        }
        guard [401, 403, 410].contains(response.status), policy.refreshesWhenRefused, !transfer.isSecondTry,
            !policy.signsEachURL, !policy.isIssued || hasTokenRefreshSteps,
            signer?.isProven == true || transfer.tokenNumber != signer?.number
        else { return false }
        return true
    }

    /// Makes a refused request once more, when there is a new token.
    func repeatWithNewToken(_ transfer: Active) {
        var again = transfer
        again.channelID = freshID()
        again.uri = transfer.hops == 0 ? transfer.request.uri : transfer.uri
        again.isSecondTry = true
        // Several requests may have been refused with the same token: the first of them replaces it.
        if transfer.tokenNumber == signer?.number, signer?.policy.isIssued == false { signer?.forget() }
        guard let signer else { return send(again) }
        if signer.policy.isIssued, transfer.tokenNumber == signer.number {
            waitingForToken.append(again)
            return refreshIssuedToken()
        }
        if signer.carries(transfer.request.kind) { return send(again) }
        waitingForToken.append(again)
        renewByManifest()
    }

    /// Fetches the manifest with a new token, so that the edge gives the cookie that all else depends on.
    private func renewByManifest() {
        guard renewalTransfer == nil else { return }
        var outgoing = OutgoingRequest(uri: manifestURI)
        authorise(&outgoing, for: .manifest)
        let id = freshID()
        renewalTransfer = (id, channel.now)
        channel.begin(
            TransferRequest(
                uri: outgoing.uri, headers: Self.headers(of: outgoing),
                body: .keep(limit: playerContext.settings.documentLimit),
                timeouts: playerContext.settings.timeouts), as: id)
    }

    func renewalFinished(_ result: Result<TransferResult, FailedTransfer>) {
        guard let begun = renewalTransfer?.begun else { return }
        renewalTransfer = nil
        let record = TransferRecord(id: Self.renewalRecord, kind: .manifest, due: begun, result)
        context.recorder.record(TimedEvent(at: record.timings.ended, .transferFinished(record)), in: &ledger)
        let waiting = waitingForToken
        waitingForToken = []
        for transfer in waiting { send(transfer) }
    }

    // MARK: Tokens that steps give

    /// Takes over the token that the steps have kept; nothing where tokens are signed here.
    func adoptIssuedToken() {
        guard let policy = signer?.policy, policy.isIssued else { return }
        var fields: [AccessToken.Field] = []
        do throws(TemplateError) {
            for field in policy.issuedFields {
                guard let value = try steps?.run.text(field.template, at: channel.now) else { return }
                fields.append(.init(name: field.name, value: value))
            }
        } catch {
            return context.note(.step, "token-missing") { "the viewer's token cannot be made: \(error.sentence)" }
        }
        signer?.adopt(AccessToken(fields: fields), at: wallNow)
    }

    /// When the steps must be asked for a new token; nil where they need not.
    var tokenAlarm: Instant? {
        guard !isRefreshingToken, context.journey?.journey.refreshesTokens == true, !player.isFinished,
            let due = signer?.refreshIsDue
        else { return nil }
        return .zero + (due - playerContext.wall(at: .zero))
    }

    /// Has the steps get a new token.
    func refreshIssuedToken() {
        guard !isRefreshingToken else { return }
        isRefreshingToken = true
        onTokenRefreshed = { [weak self] isPassed in self?.tokenRefreshed(isPassed) }
        runTokenRefresh()
    }

    private func tokenRefreshed(_ isPassed: Bool) {
        isRefreshingToken = false
        if isPassed { adoptIssuedToken() } else { signer?.postponeRefresh(at: wallNow) }
        let waiting = waitingForToken
        waitingForToken = []
        for transfer in waiting { send(transfer) }
    }

    /// The number of the transfers that renew the token among those of the player.
    static let renewalRecord = TransferID(.max - 1)

    var wallNow: WallTime { playerContext.wall(at: channel.now) }

    /// A URI without a token in its path, for people.
    func shown(_ uri: String) -> String {
        guard let scheme = signer?.policy.scheme, scheme.placements.contains(.path),
            let carried = scheme.detach(from: AccessRequest(uri: uri), in: .path)
        else { return uri }
        return carried.request.uri
    }
}

extension TransferRecord {
    /// Creates the record of a transfer that the player did not ask for.
    init(id: TransferID, kind: TransferKind, due: Instant, _ result: Result<TransferResult, FailedTransfer>) {
        switch result {
        case .success(let response):
            self.init(
                id: id, kind: kind, due: due, timings: response.timings, status: response.status,
                bytes: response.bytes, edge: response.remoteAddress, cache: CacheHeaders.status(response.headers),
                pop: CacheHeaders.pop(response.headers), version: response.version,
                connectionReused: response.connectionReused)
        case .failure(let failed):
            self.init(
                id: id, kind: kind, due: due, timings: failed.timings, status: failed.status ?? 0,
                error: failed.error.label, bytes: failed.bytes, edge: failed.remoteAddress,
                connectionReused: failed.connectionReused)
        }
    }
}
