import Quantities

/// A way to sign what a viewer may request, and to check it at the edge.
///
/// A scheme is a small value: its key and its site settings. It is pure: the time comes as an argument. Signing and
/// checking work on the raw bytes of the path as the edge sees them; nothing is normalised, because a path that was
/// decoded and encoded again is another path to a real gate.
///
/// A conforming type must:
/// - give ``TokenVerdict/missing`` for a token without its fields, ``TokenVerdict/tampered`` for whatever it cannot
///   read or whose signature is wrong, and look at times, path and address only after the signature is found right;
/// - compare signatures in constant time;
/// - never trap on a token, whatever its bytes;
/// - sign with an HMAC in less than 15 µs.
///
/// A scheme that is made without a key reads tokens (``claims(of:)``), refuses to sign with
/// ``TokenError/invalidKey(_:)`` and finds every token ``TokenVerdict/tampered``.
package protocol TokenScheme: Sendable {
    /// Where its tokens can travel; the first is what is usual.
    var placements: [TokenPlacement] { get }
    /// What one token can cover.
    var coverage: TokenCoverage { get }
    /// The names of the fields that the scheme sends in a place, in their order: query parameters, cookies or headers.
    /// For the path there may be none.
    func fieldNames(in placement: TokenPlacement) -> [String]

    /// Signs a grant for a place.
    ///
    /// - Throws: ``TokenError`` when the grant cannot be said in this scheme, or not in this place.
    func sign(_ grant: TokenGrant, for placement: TokenPlacement) throws(TokenError) -> AccessToken

    /// Puts a token into a request, in the place of one of its kind that is there already.
    func attach(_ token: AccessToken, to request: inout OutgoingRequest, in placement: TokenPlacement)

    /// Finds the token of a request in a place, without checking it; nil when none is there.
    func detach(from request: AccessRequest, in placement: TokenPlacement) -> CarriedToken?

    /// Checks a token against the request that carried it, which is given as it is without the token.
    func verify(_ token: AccessToken, for request: AccessRequest, at now: WallTime) -> TokenVerdict

    /// What a token says, without checking it; nil when it cannot be read.
    func claims(of token: AccessToken) -> TokenClaims?
}

extension TokenScheme {
    /// The plain way: ``attachFields(of:to:in:)``.
    package func attach(_ token: AccessToken, to request: inout OutgoingRequest, in placement: TokenPlacement) {
        attachFields(of: token, to: &request, in: placement)
    }

    /// The plain way: ``detachFields(from:in:)``.
    package func detach(from request: AccessRequest, in placement: TokenPlacement) -> CarriedToken? {
        detachFields(from: request, in: placement)
    }
}

/// What one token of a scheme can cover.
package enum TokenCoverage: Hashable, Sendable {
    /// One URL only: every request must be signed by itself.
    case oneURL
    /// Whole paths only.
    case paths
    /// Either, as the grant says.
    case either
}

/// What a token allows, to whom, and when.
package struct TokenGrant: Hashable, Sendable {
    /// What is covered: one URL, or everything that matches.
    package enum Scope: Hashable, Sendable {
        /// One URI exactly, as the edge sees it: absolute, or a path with an optional query. Schemes that sign a path
        /// take it out.
        case url(String)
        /// Paths with the wildcards `*` (any characters, slashes too) and `?` (one character); at least one.
        ///
        /// A scheme that knows prefixes or directories alone takes patterns with one `*`, at the end.
        case paths([String])
    }

    /// What is covered.
    package var scope: Scope
    /// The first instant at which the token is good; nil means at once and is not sent.
    package var notBefore: WallTime?
    /// The instant from which the token is no longer good.
    package var expires: WallTime
    /// The address of the viewer that the token is bound to, in text; nil binds to none.
    package var clientAddress: String?
    /// The session that the token is bound to.
    package var sessionID: String?
    /// Opaque data that is signed along.
    package var payload: String?
    /// When the token is issued, for schemes that say so; nil means the lifetime's begin.
    package var issued: WallTime?
    /// Scheme and authority of the site, such as `https://cdn.example.com`, for schemes that sign absolute URIs where
    /// the scope has paths alone.
    package var site: String?

    /// Creates a grant; all bindings are optional.
    package init(
        _ scope: Scope, expires: WallTime, notBefore: WallTime? = nil, clientAddress: String? = nil,
        sessionID: String? = nil, payload: String? = nil
    ) {
        self.scope = scope
        self.expires = expires
        self.notBefore = notBefore
        self.clientAddress = clientAddress
        self.sessionID = sessionID
        self.payload = payload
    }

    /// Creates a grant that is good from now on for a lifetime.
    package init(_ scope: Scope, from now: WallTime, lifetime: TimeAmount) {
        self.init(scope, expires: now + lifetime)
        issued = now
    }
}

/// What a token says of itself; to be believed only after its signature was checked.
///
/// Never holds a signature, so nobody gets in with it.
package struct TokenClaims: Hashable, Sendable {
    /// What is covered, in words: a path, a pattern, a prefix; empty when the token does not say (it may be only in the
    /// signature).
    package var scope: [String] = []
    /// The first instant at which the token is good.
    package var notBefore: WallTime?
    /// When it was issued.
    package var issued: WallTime?
    /// The instant from which it is no longer good.
    package var expires: WallTime?
    /// The addresses that it is bound to, in text.
    package var addresses: [String] = []
    /// The session that it is bound to.
    package var sessionID: String?
    /// The name of the key that it is signed with.
    package var keyID: String?
    /// The algorithm that it names or that its shape shows.
    package var algorithm: String?
    /// Whatever else it says, in order: names and values.
    package var others: [AccessToken.Field] = []

    /// Creates claims of nothing.
    package init() {}
}

/// What an edge found when it looked at a token.
package enum TokenVerdict: String, Hashable, Sendable, CaseIterable {
    /// The request is allowed.
    case valid
    /// The token was good once and is not any more.
    case expired
    /// The token becomes good later.
    case notYetValid
    /// The token cannot be read or its signature is wrong. A token for one exact URL that is used on another looks
    /// the same, because the URL is only in the signature.
    case tampered
    /// There is no token.
    case missing
    /// The token is good, for other paths.
    case wrongPath
    /// The token is good, for another viewer's address.
    case wrongAddress
    /// The token is good, for something else that the scheme looks at: a method, a country, an audience.
    case wrongUse

    /// A plain reason for people, without any of the token's bytes.
    package var sentence: String {
        switch self {
        case .valid: "The token is valid."
        case .expired: "The token has expired."
        case .notYetValid: "The token is not valid yet."
        case .tampered: "The token's signature is wrong."
        case .missing: "A token is required."
        case .wrongPath: "The token is for other paths."
        case .wrongAddress: "The token is for another address."
        case .wrongUse: "The token is for another use."
        }
    }
}

/// Why a token could not be signed, or a key not be used; no case ever holds a key or a token.
package enum TokenError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The key is not one; the text says what a key must be.
    case invalidKey(String)
    /// A setting of the scheme is not one, or holds what it must not; the text says what is expected.
    case invalidOption(name: String, expected: String)
    /// A field of the grant holds what the scheme cannot carry.
    case invalidField(name: String, reason: String)

    /// One sentence for people.
    package var description: String {
        switch self {
        case .invalidKey(let reason): "The signing key cannot be used: \(reason)."
        case .invalidOption(let name, let expected): "The token's setting '\(name)' must be \(expected)."
        case .invalidField(let name, let reason): "The token's \(name) cannot be signed: \(reason)."
        }
    }
}
