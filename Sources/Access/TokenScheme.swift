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
/// - never trap on a token, whatever its bytes.
package protocol TokenScheme: Sendable {
    /// The names of the fields that the scheme sends, in their order: query parameters, or cookies, or headers.
    var fieldNames: [String] { get }

    /// Signs a grant.
    ///
    /// - Throws: ``TokenError`` when the grant cannot be said in this scheme.
    func sign(_ grant: TokenGrant) throws(TokenError) -> AccessToken

    /// Checks a token against the request that carries it.
    func verify(_ token: AccessToken, for request: AccessRequest, at now: WallTime) -> TokenVerdict
}

/// What a token allows, to whom, and when.
package struct TokenGrant: Hashable, Sendable {
    /// What is covered: one URL, or everything that matches.
    package enum Scope: Hashable, Sendable {
        /// One path exactly, with its query where the scheme signs it, as the edge sees it.
        case url(String)
        /// Paths with the wildcards `*` (any characters, slashes too) and `?` (one character); at least one.
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
    }
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
        }
    }
}

/// Why a token could not be signed, or a key not be used; no case ever holds a key or a token.
package enum TokenError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The key is not one; the text says what a key must be.
    case invalidKey(String)
    /// A field of the grant holds what the scheme cannot carry.
    case invalidField(name: String, reason: String)

    /// One sentence for people.
    package var description: String {
        switch self {
        case .invalidKey(let reason): "The signing key cannot be used: \(reason)."
        case .invalidField(let name, let reason): "The token's \(name) cannot be signed: \(reason)."
        }
    }
}
