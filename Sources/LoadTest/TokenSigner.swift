import Access
import Playback
import Quantities
import Transport

/// The ticket of one session: signs its requests and replaces its token before it ends.
struct TokenSigner {
    let policy: TokenPolicy
    private let session: SessionID
    private(set) var token: AccessToken?
    private var made = WallTime(nanoseconds: .min)
    private var expires = WallTime(nanoseconds: .min)

    init(policy: TokenPolicy, session: SessionID) {
        self.policy = policy
        self.session = session
    }

    /// Whether a request of a kind carries the token.
    func carries(_ kind: TransferKind) -> Bool { kind == .manifest || policy.requests == .every }

    /// Puts the token of now into a request.
    mutating func authorise(_ request: inout OutgoingRequest, for kind: TransferKind, at now: WallTime) {
        guard carries(kind) else { return }
        renew(for: request.uri, at: now)
        if let token { policy.scheme.attach(token, to: &request, in: policy.placement) }
    }

    /// Forgets the token, so that the next request gets a new one.
    mutating func forget() { token = nil }

    private mutating func renew(for uri: String, at now: WallTime) {
        let isDue = policy.refreshInterval.map { now >= made + $0 } ?? false
        guard token == nil || policy.signsEachURL || isDue || now + policy.refresh >= expires else { return }
        let grant = policy.grant(to: session, for: uri, at: now)
        // A grant that the scheme cannot sign was refused when the profile was read; without a token the edge refuses.
        token = try? policy.scheme.sign(grant, for: policy.placement)
        made = now
        expires = grant.expires
    }
}
