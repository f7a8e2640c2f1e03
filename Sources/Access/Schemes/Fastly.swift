import Quantities

/// Fastly's token of a URL, as its documented VCL checks it: `<expires>_<hexadecimal HMAC>` over path and expiry.
///
/// The query is not signed. Source: fastly/token-functions.
package struct Fastly: TokenScheme {
    /// The hash of the HMAC.
    package enum Algorithm: String, Hashable, Sendable, CaseIterable {
        /// HMAC-SHA1, as the published VCL has it.
        case sha1
        /// HMAC-SHA256.
        case sha256
    }

    private let name: String
    private let algorithm: Algorithm
    private let authenticator: MessageAuthenticator

    /// The scheme in the catalogue.
    package static let description = SchemeDescription(
        name: "fastly", summary: "Fastly URL token", keys: .symmetric, keyEncoding: .base64,
        options: [
            .init("name", default: "token", "the name of the query parameter"),
            .init("algorithm", default: "sha1", allowed: Algorithm.allCases.map(\.rawValue), "the hash of the HMAC"),
        ]
    ) { settings throws(TokenError) in
        Fastly(
            key: try settings.symmetricKey(), name: try settings.name("name"),
            algorithm: try settings.choice("algorithm", Algorithm.init(rawValue:)))
    }

    /// Creates the scheme with a service's settings.
    package init(key: SecretKey, name: String = "token", algorithm: Algorithm = .sha1) {
        self.name = name
        self.algorithm = algorithm
        authenticator = algorithm == .sha1 ? .hmacSHA1(key) : .hmacSHA256(key)
    }

    /// The query.
    package var placements: [TokenPlacement] { [.query] }
    /// One path.
    package var coverage: TokenCoverage { .oneURL }
    /// The one parameter.
    package func fieldNames(in placement: TokenPlacement) -> [String] { [name] }

    /// Signs the path of one URL; the end is cut to whole seconds.
    ///
    /// - Throws: ``TokenError`` when patterns are to be covered, or the grant binds to what the scheme cannot say.
    package func sign(_ grant: TokenGrant, for placement: TokenPlacement) throws(TokenError) -> AccessToken {
        try grant.refuse(start: true, address: true, payload: true)
        guard case .url(let uri) = grant.scope else {
            throw .invalidField(name: "paths", reason: "the scheme signs one URL")
        }
        let seconds = String(grant.expires.wholeSeconds)
        var text = Array((seconds + "_").utf8)
        Hexadecimal.append(
            try authenticator.code(for: Array((AccessRequest(uri: uri).path + seconds).utf8)), to: &text)
        return AccessToken(fields: [.init(name: name, value: String(decoding: text, as: UTF8.self))])
    }

    /// Checks a token; good while `now < expires`.
    ///
    /// Hexadecimal digits are lower case, because the VCL compares texts.
    package func verify(_ token: AccessToken, for request: AccessRequest, at now: WallTime) -> TokenVerdict {
        guard let value = token.value(of: name), !value.isEmpty else { return .missing }
        guard let (seconds, code) = Self.parts(of: value), let expires = Int64(seconds),
            authenticator.accepts(code, for: Array((request.path + seconds).utf8))
        else { return .tampered }
        return now.wholeSeconds >= expires ? .expired : .valid
    }

    /// What a token says.
    package func claims(of token: AccessToken) -> TokenClaims? {
        guard let value = token.value(of: name), let (seconds, code) = Self.parts(of: value),
            let expires = Int64(seconds)
        else { return nil }
        var claims = TokenClaims()
        claims.expires = .whole(seconds: expires)
        claims.algorithm = [20: "HMAC-SHA1", 32: "HMAC-SHA256"][code.count]
        return claims
    }

    private static func parts(of value: String) -> (seconds: String, code: [UInt8])? {
        let pieces = value.utf8.split(separator: UInt8(ascii: "_"), omittingEmptySubsequences: false)
        guard pieces.count == 2, let code = Hexadecimal.decode(pieces[1]), !code.isEmpty,
            !pieces[1].contains(where: { (0x41...0x46).contains($0) })
        else { return nil }
        return (String(Substring(pieces[0])), code)
    }
}
