import Quantities

/// Google Cloud CDN: signed URLs, signed prefixes and signed cookies, with HMAC-SHA1.
///
/// One URL is signed as it is with `Expires` and `KeyName` behind its query; a prefix (scheme, host and path) is signed
/// by itself and goes with every URL that begins with it. The order of the parameters is part of what is signed.
/// Source: GoogleCloudPlatform's python-docs-samples, `cdn/snippets.py`.
package struct GoogleCloudCDN: TokenScheme {
    private static let cookieName = "Cloud-CDN-Cookie"
    private let signing: GoogleSignedURL

    /// The scheme in the catalogue.
    package static let description = SchemeDescription(
        name: "google-cloud-cdn", summary: "Google Cloud CDN signed URLs and cookies", keys: .symmetric,
        keyEncoding: .base64,
        options: [.init("key name", "the name of the key at the backend, which every token says")]
    ) { settings throws(TokenError) in
        GoogleCloudCDN(key: try settings.symmetricKey(), keyName: try settings.keyName())
    }

    /// Creates the scheme with a backend's key; an empty name reads tokens of every name and signs none.
    package init(key: SecretKey, keyName: String) {
        signing = GoogleSignedURL(authenticator: .hmacSHA1(key), keyName: keyName)
    }

    /// The query or a cookie.
    package var placements: [TokenPlacement] { [.query, .cookie] }
    /// One URL, or a prefix.
    package var coverage: TokenCoverage { .either }
    /// Three or four parameters, or one cookie.
    package func fieldNames(in placement: TokenPlacement) -> [String] {
        switch placement {
        case .query: GoogleSignedURL.names
        case .cookie: [Self.cookieName]
        case .path, .header: []
        }
    }

    /// Signs a grant; the end is cut to whole seconds.
    ///
    /// - Throws: ``TokenError`` when the grant binds to what the scheme cannot say, the host is not known, a pattern is
    ///   no prefix, or a cookie is wanted for one URL.
    package func sign(_ grant: TokenGrant, for placement: TokenPlacement) throws(TokenError) -> AccessToken {
        try grant.refuse(start: true, address: true, payload: true)
        switch (grant.scope, placement) {
        case (.url(let uri), .query): return try signing.sign(url: grant.absoluteURI(uri), expires: grant.expires)
        case (.paths(let paths), .query):
            return try signing.sign(prefix: grant.uriPrefix(of: paths), expires: grant.expires)
        case (.paths(let paths), .cookie):
            return try signing.cookie(Self.cookieName, prefix: grant.uriPrefix(of: paths), expires: grant.expires)
        case (.url, .cookie): throw .invalidField(name: "url", reason: "a cookie covers a prefix")
        case (_, .path), (_, .header):
            throw .invalidField(name: "place", reason: "the scheme's tokens travel in the query or a cookie")
        }
    }

    /// Puts the token behind the query or among the cookies; parameters of another of its tokens are taken out.
    package func attach(_ token: AccessToken, to request: inout OutgoingRequest, in placement: TokenPlacement) {
        if placement == .query {
            request.uri = Self.removing(GoogleSignedURL.names, fromQueryOf: request.uri)
        }
        attachFields(of: token, to: &request, in: placement)
    }

    /// Checks a token; good while `now < Expires`.
    package func verify(_ token: AccessToken, for request: AccessRequest, at now: WallTime) -> TokenVerdict {
        guard let cookie = token.value(of: Self.cookieName) else {
            return signing.verify(query: token, for: request, at: now)
        }
        return signing.verify(cookie: cookie, for: request, at: now)
    }

    /// What a token says.
    package func claims(of token: AccessToken) -> TokenClaims? {
        let cookie = token.value(of: Self.cookieName)
        let values = cookie.map { GoogleSignedURL.Values($0, separatedBy: UInt8(ascii: ":")) }
        guard var claims = (values ?? GoogleSignedURL.Values(token))?.claims else { return nil }
        claims.algorithm = "HMAC-SHA1"
        return claims
    }
}
