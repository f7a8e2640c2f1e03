import Access
import Playback
import Quantities

/// The ticket of one session: signs its requests and replaces its token before it ends.
struct TokenSigner {
    let policy: TokenPolicy
    private let session: SessionID
    /// The token in use; nil before the first, and after it was forgotten.
    private(set) var token: AccessToken?
    /// Counts the tokens; a transfer remembers with which it was made.
    private(set) var number: UInt32 = 0
    /// True when an edge has let a request in with this token.
    private(set) var isProven = false
    private var made = WallTime(nanoseconds: .min)
    private var expires = WallTime(nanoseconds: .min)

    init(policy: TokenPolicy, session: SessionID) {
        self.policy = policy
        self.session = session
    }

    /// Whether a request of a kind carries the token.
    func carries(_ kind: TransferKind) -> Bool { kind == .manifest || policy.requests == .every }

    /// Puts the token of now into a request.
    ///
    /// One that has an older token in its path, because it was resolved against a URI with one, gets the newer too.
    mutating func authorise(_ request: inout OutgoingRequest, for kind: TransferKind, at now: WallTime) {
        guard carries(kind) || inherits(request.uri) else { return }
        if !policy.isIssued { renew(for: request.uri, at: now) }
        if let token { policy.scheme.attach(token, to: &request, in: policy.placement) }
    }

    private func inherits(_ uri: String) -> Bool {
        policy.placement == .path && policy.scheme.detach(from: AccessRequest(uri: uri), in: .path) != nil
    }

    /// Notes that an edge has let a request in.
    mutating func wasAccepted() { isProven = true }

    /// Forgets the token, so that the next request gets a new one.
    mutating func forget() { token = nil }

    /// Takes over a token that a service or an edge has issued; its end is as it says, or the lifetime from now.
    mutating func adopt(_ token: AccessToken, at now: WallTime) {
        use(token, made: now, expires: policy.scheme.claims(of: token)?.expires ?? now + policy.lifetime)
    }

    /// Asks for an issued token again no sooner than after a tenth of its lifetime: the last asking was refused.
    mutating func postponeRefresh(at now: WallTime) { made = now }

    /// Takes over the token that an edge gave with an answer.
    mutating func adopt(renewed value: String, under name: String, at now: WallTime) {
        if let scheme = policy.scheme as? any RenewableTokenScheme {
            guard let token = scheme.token(renewedBy: value, for: policy.placement) else { return }
            adopt(token, at: now)
        } else if let field = policy.scheme.fieldNames(in: policy.placement).first {
            // Parameters may stand behind a semicolon.
            let bare = String(value.prefix { $0 != ";" })
            adopt(AccessToken(fields: [.init(name: field, value: bare)]), at: now)
        }
    }

    /// When a token that a service issues must be asked for again; nil while there is none.
    var refreshIsDue: WallTime? {
        guard policy.isIssued, token != nil else { return nil }
        let end = expires - policy.refresh
        // Never more often than a tenth of the lifetime, whatever the service says.
        let earliest = made + TimeAmount(nanoseconds: policy.lifetime.nanoseconds / 10)
        return max(earliest, policy.refreshInterval.map { min(end, made + $0) } ?? end)
    }

    private mutating func renew(for uri: String, at now: WallTime) {
        let isDue = policy.refreshInterval.map { now >= made + $0 } ?? false
        guard token == nil || policy.signsEachURL || isDue || now + policy.refresh >= expires else { return }
        let grant = policy.grant(to: session, for: uri, at: now)
        // A grant that the scheme cannot sign was refused when the profile was read; without a token the edge refuses.
        guard let signed = try? policy.scheme.sign(grant, for: policy.placement) else { return forget() }
        use(signed, made: now, expires: now + policy.lifetime)
    }

    private mutating func use(_ token: AccessToken, made now: WallTime, expires end: WallTime) {
        self.token = token
        made = now
        expires = end
        number &+= 1
        isProven = false
    }
}
