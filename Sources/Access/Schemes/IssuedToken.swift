import Quantities

/// A token that somebody else issues: nothing is known of it but where it travels and under which names.
package struct IssuedToken: TokenScheme {
    /// The names of the query parameters, cookies or headers, in their order.
    package var names: [String]

    /// Creates the scheme for fields of these names.
    package init(names: [String]) { self.names = names }

    /// The query, cookies or headers.
    package var placements: [TokenPlacement] { [.query, .cookie, .header] }
    /// Whatever the issuer meant; for us it is one token for many requests.
    package var coverage: TokenCoverage { .paths }
    /// The fields' names.
    package func fieldNames(in placement: TokenPlacement) -> [String] { placement == .path ? [] : names }

    /// Always refused: nobody here has the key.
    ///
    /// - Throws: ``TokenError/invalidKey(_:)``.
    package func sign(_ grant: TokenGrant, for placement: TokenPlacement) throws(TokenError) -> AccessToken {
        throw .invalidKey("the token is issued by a service, which alone can sign it")
    }

    /// Never valid, because nothing can be checked.
    package func verify(_ token: AccessToken, for request: AccessRequest, at now: WallTime) -> TokenVerdict {
        .tampered
    }

    /// Nothing: it is not known how to read it.
    package func claims(of token: AccessToken) -> TokenClaims? { nil }
}
