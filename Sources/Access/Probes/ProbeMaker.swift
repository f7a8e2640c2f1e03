import Quantities

/// Makes requests that a gate must refuse, for any scheme.
///
/// What was made is held against the scheme's own ``TokenScheme/verify(_:for:at:)`` where the key is known: a token that
/// the scheme finds valid is no probe, and is not sent. So a scheme whose tokens have no start, or know no address, says
/// so instead of looking like a gate that leaks.
package struct ProbeMaker: Sendable {
    /// The gate's scheme; nil when nothing is known of tokens, and only ``GateProbe/noToken`` can be made.
    package var scheme: (any TokenScheme)?
    /// Where tokens travel.
    package var placement: TokenPlacement

    /// Creates a maker.
    package init(scheme: (any TokenScheme)?, placement: TokenPlacement = .query) {
        self.scheme = scheme
        self.placement = placement
    }

    /// How far beyond its bounds a token is made: more than clocks differ.
    static let margin = TimeAmount.seconds(3_600)

    /// Makes a probe.
    ///
    /// - Parameters:
    ///   - probe: What is to be wrong.
    ///   - honest: The request that the viewer made.
    ///   - now: The true time.
    /// - Returns: The request, or why there is none.
    package func make(_ probe: GateProbe, from honest: HonestRequest, at now: WallTime) -> MadeProbe {
        let bare = bareURI(of: honest.uri)
        if probe == .noToken { return .request(OutgoingRequest(uri: bare)) }
        guard let scheme else { return .inapplicable("the profile says nothing of tokens ('access: token')") }
        let job = Job(scheme: scheme, placement: placement, honest: honest, uri: bare, now: now)
        return job.make(probe)
    }

    /// The URI without the tokens that travel in it.
    package func bareURI(of uri: String) -> String {
        guard let scheme else { return uri }
        var request = AccessRequest(uri: uri)
        var isChanged = false
        for place in scheme.placements where place == .query || place == .path {
            // One token may have been put behind another.
            for _ in 0..<4 {
                guard let carried = scheme.detach(from: request, in: place) else { break }
                request = carried.request
                isChanged = true
            }
        }
        return isChanged ? request.uri : uri
    }

    /// When a token ends, as it says itself; nil when it does not.
    package func end(of token: AccessToken) -> WallTime? { scheme?.claims(of: token)?.expires }
}

/// The making of one probe.
private struct Job {
    let scheme: any TokenScheme
    let placement: TokenPlacement
    let honest: HonestRequest
    /// The honest request's URI without a token.
    let uri: String
    let now: WallTime

    func make(_ probe: GateProbe) -> MadeProbe {
        switch probe {
        case .noToken: .request(OutgoingRequest(uri: uri))
        case .expired: signed("tokens of this scheme do not end", expire)
        case .notYetValid: signed("tokens of this scheme have no start", postpone)
        case .wrongAddress: signed("tokens of this scheme know no address", from: Self.viewerAddress, bindElsewhere)
        case .tampered: tampered()
        case .expiredInPlay: expiredInPlay()
        case .wrongPath: wrongPath()
        case .wrongStream: wrongStream()
        case .shared: shared()
        case .manifestOnSegment: manifestOnSegment()
        }
    }

    // MARK: Tokens that are signed wrong

    private static let noKey = "the key is not known here, so no other token can be signed"

    /// A token from what the viewer is granted, changed.
    private func signed(
        _ ifValid: String, from address: String? = nil, _ change: (inout TokenGrant) -> Void
    ) -> MadeProbe {
        guard var grant = honest.grant else { return .inapplicable(Self.noKey) }
        if case .url = grant.scope { grant.scope = .url(uri) }
        change(&grant)
        return signed([grant], ifValid, from: address)
    }

    /// The token of the first of these grants that the scheme can sign.
    private func signed(_ grants: [TokenGrant], _ ifValid: String, from address: String? = nil) -> MadeProbe {
        var reason = Self.noKey
        for grant in grants {
            do throws(TokenError) {
                return checked(try scheme.sign(grant, for: placement), ifValid, from: address)
            } catch {
                reason = "such a token cannot be signed (\(error.reason))"
            }
        }
        return .inapplicable(reason)
    }

    private func expire(_ grant: inout TokenGrant) {
        let end = now - max(ProbeMaker.margin, honest.leeway + honest.leeway)
        grant.expires = end
        grant.issued = end - ProbeMaker.margin
        if grant.notBefore != nil { grant.notBefore = end - ProbeMaker.margin }
    }

    private func postpone(_ grant: inout TokenGrant) {
        let start = now + max(ProbeMaker.margin, honest.leeway + honest.leeway)
        grant.notBefore = start
        grant.issued = now
        grant.expires = start + ProbeMaker.margin
    }

    /// An address that is given out for examples (RFC 5737), so that no viewer has it.
    private static let otherAddresses = ["203.0.113.7", "198.51.100.7"]
    /// What stands for the viewer's own address in the check.
    private static let viewerAddress = "192.0.2.1"

    private func bindElsewhere(_ grant: inout TokenGrant) {
        grant.clientAddress =
            grant.clientAddress == Self.otherAddresses[0]
            ? Self.otherAddresses[1] : Self.otherAddresses[0]
    }

    private func wrongPath() -> MadeProbe {
        guard let grant = honest.grant else { return .inapplicable(Self.noKey) }
        var request = AccessRequest(uri: uri)
        let folder = request.path.hasPrefix("/elsewhere/") ? "/somewhere-else/" : "/elsewhere/"
        request.path = folder + "index.m3u8"
        request.query = nil
        var ofPaths = grant
        ofPaths.scope = .paths([folder + "*"])
        var ofURL = grant
        ofURL.scope = .url(request.uri)
        let valid = "the token does not say what it is for"
        if case .url = grant.scope { return signed([ofURL, ofPaths], valid) }
        return signed([ofPaths, ofURL], valid)
    }

    private func wrongStream() -> MadeProbe {
        let valid = "a token of the other stream is good for this one too"
        if let grant = honest.otherStreamGrant { return signed([grant], valid) }
        if let token = honest.otherStreamToken { return checked(token, valid) }
        return .inapplicable("the profile has no other stream whose token is known")
    }

    private func manifestOnSegment() -> MadeProbe {
        guard !honest.isManifest else { return .inapplicable("the manifest is what its token is for") }
        guard let grant = honest.grant else { return .inapplicable(Self.noKey) }
        let request = AccessRequest(uri: honest.manifestURI)
        var ofURL = grant
        ofURL.scope = .url(request.uri)
        var ofPath = grant
        ofPath.scope = .paths([request.path])
        return signed([ofURL, ofPath], "a token for the manifest is good for the rest too")
    }

    // MARK: Tokens that there are

    private func expiredInPlay() -> MadeProbe {
        guard let first = honest.first else { return .inapplicable("the session has no token") }
        guard let end = scheme.claims(of: first.token)?.expires else {
            return .inapplicable("the token does not say when it ends")
        }
        guard now >= end + honest.leeway else { return .later }
        // A token of one URL would be refused anywhere else for that alone.
        if case .url? = honest.grant?.scope {
            return checked(first.token, "tokens of this scheme do not end", at: first.uri)
        }
        return checked(first.token, "tokens of this scheme do not end")
    }

    private func shared() -> MadeProbe {
        if case .url? = honest.grant?.scope {
            guard let grant = honest.foreignGrant else {
                return .inapplicable("each URL is signed by itself, and its token names no session")
            }
            guard let token = try? scheme.sign(grant, for: placement) else { return .inapplicable(Self.noKey) }
            return .request(carrying(token, uri))
        }
        guard let token = honest.foreignToken else { return .later }
        return .request(carrying(token, uri))
    }

    private func tampered() -> MadeProbe {
        guard let token = honest.token else { return .inapplicable("the session has no token") }
        // A token of one URL is wrong on any other before it is changed, so it must be one for this.
        var good = token
        if var grant = honest.grant, case .url = grant.scope {
            grant.scope = .url(uri)
            if let own = try? scheme.sign(grant, for: placement) { good = own }
        }
        let request = AccessRequest(uri: uri)
        for candidate in TokenTampering.candidates(of: good, by: scheme) {
            if case .request(let made) = checked(candidate, ""),
                scheme.verify(candidate, for: request, at: now) == .tampered
            {
                return .request(made)
            }
        }
        return .inapplicable("no character of the token could be found that is its signature's")
    }

    // MARK: Requests

    private func carrying(_ token: AccessToken, _ uri: String) -> OutgoingRequest {
        var request = OutgoingRequest(uri: uri)
        scheme.attach(token, to: &request, in: placement)
        return request
    }

    /// The request with the token, unless the scheme itself would let it in.
    private func checked(
        _ token: AccessToken, _ ifValid: String, from address: String? = nil, at other: String? = nil
    ) -> MadeProbe {
        let request = carrying(token, other.map(ProbeMaker(scheme: scheme, placement: placement).bareURI) ?? uri)
        let headers = request.headers.map { ($0.name.lowercased(), $0.value) }
        let seen = AccessRequest(
            uri: request.uri, cookies: request.cookieHeader,
            headers: Dictionary(headers, uniquingKeysWith: { first, _ in first }), clientAddress: address)
        switch scheme.verify(seen, in: [placement], at: now).verdict {
        case .valid: return .inapplicable(ifValid)
        case .missing: return .inapplicable("the token cannot travel with this request")
        case .expired, .notYetValid, .tampered, .wrongPath, .wrongAddress, .wrongUse: return .request(request)
        }
    }
}

extension TokenError {
    /// What is wrong, without the sentence around it.
    fileprivate var reason: String {
        switch self {
        case .invalidKey(let reason): "the key cannot be used: \(reason)"
        case .invalidOption(let name, let expected): "'\(name)' must be \(expected)"
        case .invalidField(let name, let reason): "\(name): \(reason)"
        }
    }
}
