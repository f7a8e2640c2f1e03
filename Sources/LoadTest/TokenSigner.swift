import Access
import Playback
import Quantities
import Transport

/// Signs the requests of one session and replaces its token before it ends.
struct TokenSigner {
    private let policy: TokenPolicy
    private let session: SessionID
    private var token: AccessToken?
    private var expires = WallTime(nanoseconds: .min)

    init(policy: TokenPolicy, session: SessionID) {
        self.policy = policy
        self.session = session
    }

    /// Whether a request of a kind carries the token in its URI.
    func needsToken(_ kind: TransferKind) -> Bool {
        policy.placement == .query && carries(kind)
    }

    private func carries(_ kind: TransferKind) -> Bool { kind == .manifest || !policy.onManifestOnly }

    /// The URI with the token in its query.
    mutating func signed(_ uri: String, at now: WallTime) -> String {
        renew(at: now)
        return token?.appended(to: uri) ?? uri
    }

    /// The header that carries the token; nil when it travels elsewhere.
    mutating func header(for kind: TransferKind, at now: WallTime) -> HTTPHeader? {
        guard policy.placement == .header, carries(kind) else { return nil }
        renew(at: now)
        return token?.fields.first.map { HTTPHeader(name: $0.name, value: $0.value) }
    }

    private mutating func renew(at now: WallTime) {
        guard token == nil || now + policy.refresh >= expires else { return }
        var grant = TokenGrant(.paths(policy.paths), from: now, lifetime: policy.lifetime)
        grant.sessionID = String(session.number)
        // A grant that the scheme cannot sign was refused when the profile was read; without a token the edge refuses.
        token = try? policy.scheme.sign(grant)
        expires = grant.expires
    }
}
