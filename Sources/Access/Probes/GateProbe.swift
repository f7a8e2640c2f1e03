import Quantities

/// A way to ask for something without being allowed to: what a gate must refuse.
///
/// The raw value is the name in profiles and reports.
package enum GateProbe: String, Sendable, Hashable, CaseIterable {
    /// No token and no cookie.
    case noToken = "none"
    /// A token that ended an hour ago.
    case expired
    /// The session's own first token, once it has ended in mid-play.
    case expiredInPlay = "expired in play"
    /// A token that becomes good in an hour.
    case notYetValid = "not yet valid"
    /// A good token with one character of its signature changed; it still reads as a token.
    case tampered
    /// A good token for other paths, or for one other URL.
    case wrongPath = "wrong path"
    /// A good token for another stream of the profile.
    case wrongStream = "wrong stream"
    /// A good token that is bound to an address which is not the viewer's.
    case wrongAddress = "wrong address"
    /// The token of another session, which goes on using it.
    case shared
    /// A token for the URL of the manifest alone, used on anything else.
    case manifestOnSegment = "manifest on segment"

    /// True for those that `all` stands for.
    ///
    /// A gate that looks at each request by itself cannot know that a token is shared, so ``shared`` has to be named: for
    /// edges that count sessions.
    package var isMeantByAll: Bool { self != .shared }

    /// What the request came with, for sentences: `no token`, `an expired token`.
    package var words: String {
        switch self {
        case .noToken: "no token"
        case .expired: "an expired token"
        case .expiredInPlay: "a token that had ended in mid-play"
        case .notYetValid: "a token that is not valid yet"
        case .tampered: "a token with a wrong signature"
        case .wrongPath: "a token for another path"
        case .wrongStream: "a token for another stream"
        case .wrongAddress: "a token for another address"
        case .shared: "the token of another session"
        case .manifestOnSegment: "a token for the manifest alone"
        }
    }
}

/// What a probe is made from: a request that a viewer made and got an answer to, and what there is of tokens.
package struct HonestRequest: Sendable {
    /// The absolute URI; a token in it is taken out.
    package var uri: String
    /// The absolute URI of the stream's manifest.
    package var manifestURI: String
    /// True when it is the manifest that was asked for.
    package var isManifest: Bool
    /// What the viewer is granted for this URI; nil where nobody here can sign.
    package var grant: TokenGrant?
    /// The token that the viewer has now; nil when it has none.
    package var token: AccessToken?
    /// The first token of the session, and the URI it was first used on; nil while there was none.
    package var first: (token: AccessToken, uri: String)?
    /// The token of another session that still plays; nil while none is known.
    package var foreignToken: AccessToken?
    /// What another session would be granted for this URI; nil when it would be the same.
    package var foreignGrant: TokenGrant?
    /// What a viewer of another stream is granted for that stream's manifest; nil when there is no other stream.
    package var otherStreamGrant: TokenGrant?
    /// The token of a viewer of another stream; nil while none is known.
    package var otherStreamToken: AccessToken?
    /// How long after its end the gate may still take a token: clocks differ.
    package var leeway: TimeAmount

    /// Creates the account of a request.
    package init(
        uri: String, manifestURI: String, isManifest: Bool = false, grant: TokenGrant? = nil, token: AccessToken? = nil,
        leeway: TimeAmount = .seconds(2)
    ) {
        self.uri = uri
        self.manifestURI = manifestURI
        self.isManifest = isManifest
        self.grant = grant
        self.token = token
        self.leeway = leeway
    }
}

/// What came of making a probe.
package enum MadeProbe: Sendable {
    /// The request to make; a gate must refuse it.
    case request(OutgoingRequest)
    /// It cannot be made yet.
    case later
    /// It cannot be made here at all; the sentence, without a full stop, says why.
    case inapplicable(String)
}
