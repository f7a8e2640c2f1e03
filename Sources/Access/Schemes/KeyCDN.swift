import Crypto
import Quantities

/// KeyCDN's secure token: an MD5 of path, secret and end.
///
/// The query is `token=` base64url without padding of MD5(path, secret, end), then `expire=` and the end in Unix
/// seconds. It covers one path, without its query. Source: keycdn.com/support/secure-token.
package struct KeyCDN: TokenScheme {
    /// The zone's secret.
    package var key: SecretKey

    /// The scheme in the catalogue.
    package static let description = SchemeDescription(
        name: "keycdn", summary: "KeyCDN secure token", keys: .symmetric, keyEncoding: .text, options: []
    ) { settings throws(TokenError) in
        KeyCDN(key: try settings.symmetricKey())
    }

    /// Creates the scheme with a zone's secret.
    package init(key: SecretKey) { self.key = key }

    /// The query.
    package var placements: [TokenPlacement] { [.query] }
    /// One URL.
    package var coverage: TokenCoverage { .oneURL }
    /// `token` and `expire`.
    package func fieldNames(in placement: TokenPlacement) -> [String] { ["token", "expire"] }

    /// Signs the path of one URL.
    ///
    /// - Throws: ``TokenError`` when the grant is for paths, has a start, an address or data, or there is no key.
    package func sign(_ grant: TokenGrant, for placement: TokenPlacement) throws(TokenError) -> AccessToken {
        guard key.byteCount > 0 else { throw .invalidKey("it is empty") }
        try grant.refuse(start: true, address: true, payload: true)
        let path = bareRequest(for: try grant.oneURL(), in: placement).path
        let expires = String(grant.expires.wholeSeconds)
        return AccessToken(fields: [
            .init(name: "token", value: signature(path, expires)), .init(name: "expire", value: expires),
        ])
    }

    /// Checks a token; good before its end, in whole seconds.
    package func verify(_ token: AccessToken, for request: AccessRequest, at now: WallTime) -> TokenVerdict {
        guard let sent = token.value(of: "token"), let expires = token.value(of: "expire"), !sent.isEmpty else {
            return .missing
        }
        guard key.byteCount > 0, ConstantTime.areEqual(sent, signature(request.path, expires)),
            let end = Int64(expires)
        else { return .tampered }
        return now.wholeSeconds >= end ? .expired : .valid
    }

    /// The end; the path is only in the signature.
    package func claims(of token: AccessToken) -> TokenClaims? {
        guard token.value(of: "token") != nil, let end = token.value(of: "expire").flatMap({ Int64($0) }) else {
            return nil
        }
        var claims = TokenClaims()
        claims.expires = .whole(seconds: end)
        claims.algorithm = "MD5"
        return claims
    }

    private func signature(_ path: String, _ expires: String) -> String {
        var message = Array(path.utf8)
        message.append(key)
        message.append(expires)
        return Base64.encode(MessageDigest.md5.digest(of: message))
    }
}
