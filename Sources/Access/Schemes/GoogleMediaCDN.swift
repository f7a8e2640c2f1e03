import Quantities

/// Google Media CDN: tokens (fields joined by `~`) or the older signatures (`Expires`, `KeyName`, `Signature`).
///
/// Sources: GoogleCloudPlatform's python-docs-samples, `media_cdn/dualtoken.py` and `media_cdn/snippets.py`.
package struct GoogleMediaCDN: TokenScheme {
    /// Which of the two the route checks.
    package enum Form: String, Hashable, Sendable, CaseIterable {
        /// Tokens, in one parameter or cookie.
        case token
        /// Signatures, always with Ed25519: in the query, as a component of the path, or as a cookie.
        case signature
    }

    /// What signs a token.
    package enum Algorithm: String, Hashable, Sendable, CaseIterable {
        /// Ed25519; the field is called `Signature`.
        case ed25519
        /// HMAC-SHA256; the field is called `hmac`.
        case sha256
        /// HMAC-SHA1; the field is called `hmac`.
        case sha1
    }

    static let cookieName = "Edge-Cache-Cookie"

    let form: Form
    let token: GoogleMediaToken
    let signing: GoogleSignedURL

    /// The scheme in the catalogue.
    package static let description = SchemeDescription(
        name: "google-media-cdn", summary: "Google Media CDN tokens and signatures", keys: .either,
        keyEncoding: .base64,
        options: [
            .init("form", default: "token", allowed: Form.allCases.map(\.rawValue), "what the route checks"),
            .init(
                "algorithm", default: "ed25519", allowed: Algorithm.allCases.map(\.rawValue),
                "what signs a token; signatures are always Ed25519"),
            .init("name", default: "edge-cache-token", "the name of a token's query parameter"),
            .init("cookie name", default: "Edge-Cache-Token", "the name of a token's cookie"),
            .init(
                "scope", default: "globs", allowed: GoogleMediaToken.Scope.allCases.map(\.rawValue),
                "how a token says which paths it covers"),
            .init("headers", "request headers that a token is bound to, as Name=value, separated by commas"),
            .init("key name", "the name of the key in the keyset, which every signature says"),
        ]
    ) { settings throws(TokenError) in
        let form = try settings.choice("form", Form.init(rawValue:))
        let algorithm = try settings.choice("algorithm", Algorithm.init(rawValue:))
        if form == .signature, algorithm != .ed25519 {
            throw .invalidOption(name: "algorithm", expected: "ed25519 for signatures")
        }
        let authenticator: MessageAuthenticator
        switch algorithm {
        case .ed25519: authenticator = try settings.pair(.ed25519)
        case .sha256: authenticator = .hmacSHA256(try settings.symmetricKey())
        case .sha1: authenticator = .hmacSHA1(try settings.symmetricKey())
        }
        return GoogleMediaCDN(
            form: form,
            token: GoogleMediaToken(
                authenticator: authenticator, isSignature: algorithm == .ed25519, name: try settings.name("name"),
                cookieName: try settings.name("cookie name"),
                scope: try settings.choice("scope", GoogleMediaToken.Scope.init(rawValue:)),
                headers: try settings.headers("headers")),
            signing: GoogleSignedURL(authenticator: authenticator, keyName: try settings.keyName()))
    }

    /// The query or a cookie; signatures also in the path.
    package var placements: [TokenPlacement] { form == .token ? [.query, .cookie] : [.query, .path, .cookie] }
    /// One URL, or paths.
    package var coverage: TokenCoverage { .either }
    /// One field for a token; for signatures three or four parameters, or one cookie.
    package func fieldNames(in placement: TokenPlacement) -> [String] {
        switch (form, placement) {
        case (.token, .query): [token.name]
        case (.token, .cookie): [token.cookieName]
        case (.signature, .query): GoogleSignedURL.names
        case (.signature, .cookie): [Self.cookieName]
        case (_, .path), (_, .header): []
        }
    }

    /// Signs a grant; times are cut to whole seconds.
    ///
    /// - Throws: ``TokenError`` when the grant binds to what the form cannot say, a pattern or the host is missing or
    ///   cannot be said, or the token cannot travel there.
    package func sign(_ grant: TokenGrant, for placement: TokenPlacement) throws(TokenError) -> AccessToken {
        guard placements.contains(placement) else {
            throw .invalidField(name: "place", reason: "the scheme's tokens do not travel there")
        }
        if form == .token {
            let name = placement == .query ? token.name : token.cookieName
            return AccessToken(fields: [.init(name: name, value: try token.sign(grant))])
        }
        try grant.refuse(start: true, address: true, payload: true)
        switch (grant.scope, placement) {
        case (.url(let uri), .query): return try signing.sign(url: grant.absoluteURI(uri), expires: grant.expires)
        case (.url, _): throw .invalidField(name: "url", reason: "a path or cookie covers a prefix")
        case (.paths(let paths), .cookie):
            return try signing.cookie(Self.cookieName, prefix: grant.uriPrefix(of: paths), expires: grant.expires)
        case (.paths(let paths), .path): return try component(of: paths, in: grant)
        case (.paths(let paths), _):
            return try signing.sign(prefix: grant.uriPrefix(of: paths), expires: grant.expires)
        }
    }

    /// Puts the token into the request, with the headers that it is bound to.
    package func attach(_ token: AccessToken, to request: inout OutgoingRequest, in placement: TokenPlacement) {
        switch (form, placement) {
        case (.signature, .path): attachComponent(token, to: &request)
        case (.signature, .query):
            request.uri = Self.removing(GoogleSignedURL.names, fromQueryOf: request.uri)
            attachFields(of: token, to: &request, in: placement)
        case (_, _): attachFields(of: token, to: &request, in: placement)
        }
        guard form == .token, !self.token.headers.isEmpty else { return }
        attachFields(of: AccessToken(fields: self.token.headers), to: &request, in: .header)
    }

    /// Finds the token of a request.
    package func detach(from request: AccessRequest, in placement: TokenPlacement) -> CarriedToken? {
        if form == .signature, placement == .path { return detachComponent(from: request) }
        return detachFields(from: request, in: placement)
    }

    /// Checks a token; good while `Starts <= now < Expires`.
    package func verify(_ token: AccessToken, for request: AccessRequest, at now: WallTime) -> TokenVerdict {
        guard form == .signature else {
            let value = token.value(of: self.token.name) ?? token.value(of: self.token.cookieName)
            guard let value, !value.isEmpty else { return .missing }
            return self.token.verify(value, for: request, at: now)
        }
        if let cookie = token.value(of: Self.cookieName) {
            return signing.verify(cookie: cookie, for: request, at: now)
        }
        if let value = token.value(of: Self.componentName) {
            return verifyComponent(value, token: token, for: request, at: now)
        }
        return signing.verify(query: token, for: request, at: now)
    }

    /// What a token says.
    package func claims(of token: AccessToken) -> TokenClaims? {
        guard form == .signature else {
            return (token.value(of: self.token.name) ?? token.value(of: self.token.cookieName)).flatMap {
                self.token.claims(of: $0)
            }
        }
        let values: GoogleSignedURL.Values?
        if let cookie = token.value(of: Self.cookieName) {
            values = .init(cookie, separatedBy: UInt8(ascii: ":"))
        } else if let component = token.value(of: Self.componentName) {
            values = .init(component, separatedBy: UInt8(ascii: "&"))
        } else {
            values = .init(token)
        }
        guard var claims = values?.claims else { return nil }
        if let directory = token.value(of: Self.directoryName) { claims.scope = [directory + "*"] }
        claims.algorithm = "Ed25519"
        return claims
    }
}
