import Quantities

/// Cloudflare's timed HMAC, which a WAF rule checks with `is_timed_hmac_valid_v0()`: `<issue time>-<base64 HMAC>` as the
/// last parameter of the query.
///
/// HMAC-SHA256 over the path, any query before the parameter, and the issue time in seconds. The token says when it was
/// issued; how long it is good is in the rule alone. Source: Cloudflare's "Configure token authentication".
package struct CloudflareTimedHMAC: TokenScheme {
    private let authenticator: MessageAuthenticator
    private let name: String
    private let lifetime: Int64
    private let isURLSafe: Bool

    /// The scheme in the catalogue.
    package static let description = SchemeDescription(
        name: "cloudflare", summary: "Cloudflare timed HMAC", keys: .symmetric, keyEncoding: .text,
        options: [
            .init("name", default: "verify", "the name of the query parameter"),
            .init("lifetime", default: "10800", "how many seconds the rule lets a token live from its issue"),
            .init(
                "url safe", default: "false", allowed: ["true", "false"],
                "whether the code is in base64url without padding, as the rule's flag 's' has it"),
        ]
    ) { settings throws(TokenError) in
        CloudflareTimedHMAC(
            key: try settings.symmetricKey(), name: try settings.name("name"),
            lifetimeSeconds: try settings.seconds("lifetime"), isURLSafe: try settings.flag("url safe"))
    }

    /// Creates the scheme with a rule's settings.
    package init(
        key: SecretKey, name: String = "verify", lifetimeSeconds: Int64 = 10_800, isURLSafe: Bool = false
    ) {
        authenticator = .hmacSHA256(key)
        self.name = name
        lifetime = lifetimeSeconds
        self.isURLSafe = isURLSafe
    }

    /// The query.
    package var placements: [TokenPlacement] { [.query] }
    /// One URL.
    package var coverage: TokenCoverage { .oneURL }
    /// The one parameter.
    package func fieldNames(in placement: TokenPlacement) -> [String] { [name] }

    /// Signs one URL: its path and its query without the parameter.
    ///
    /// The issue time is the grant's end less the rule's lifetime, so that the token ends when the grant does.
    ///
    /// - Throws: ``TokenError`` when patterns are to be covered, the grant binds to what the scheme cannot say, or it
    ///   lasts longer than the rule allows.
    package func sign(_ grant: TokenGrant, for placement: TokenPlacement) throws(TokenError) -> AccessToken {
        try grant.refuse(start: true, address: true, payload: true)
        guard case .url(let uri) = grant.scope else {
            throw .invalidField(name: "paths", reason: "the scheme signs one URL")
        }
        let issued = grant.expires.wholeSeconds - lifetime
        if let begin = grant.issued?.wholeSeconds, begin < issued {
            throw .invalidField(name: "lifetime", reason: "it is longer than the \(lifetime) s of the rule")
        }
        let message = AccessRequest(uri: Self.removing([name], fromQueryOf: uri)).target + String(issued)
        let code = try authenticator.code(for: Array(message.utf8))
        return AccessToken(fields: [.init(name: name, value: "\(issued)-" + Self.text(code, isURLSafe: isURLSafe))])
    }

    /// Finds the parameter; whatever stands behind it in the query counts as its own, because the rule wants it last.
    package func detach(from request: AccessRequest, in placement: TokenPlacement) -> CarriedToken? {
        guard placement == .query, let query = request.query else { return nil }
        let pieces = query.utf8.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false)
        let opening = Array((name + "=").utf8)
        guard let position = pieces.firstIndex(where: { $0.starts(with: opening) }) else { return nil }
        let value = query.utf8[pieces[position].startIndex...].dropFirst(opening.count)
        var bare = request
        bare.query = position == 0 ? nil : String(Substring(query.utf8[..<pieces[position].startIndex].dropLast()))
        let token = AccessToken(fields: [.init(name: name, value: String(Substring(value)))])
        return CarriedToken(token: token, placement: .query, request: bare)
    }

    /// Checks a token; good while `now < issued + lifetime`, as the rule computes it.
    package func verify(_ token: AccessToken, for request: AccessRequest, at now: WallTime) -> TokenVerdict {
        guard let value = token.value(of: name), !value.isEmpty else { return .missing }
        guard let (issued, code) = parts(of: value), let seconds = Int64(issued),
            authenticator.accepts(code, for: Array((request.target + issued).utf8))
        else { return .tampered }
        return now.wholeSeconds - lifetime >= seconds ? .expired : .valid
    }

    /// What a token says, and when it ends by the rule's lifetime.
    package func claims(of token: AccessToken) -> TokenClaims? {
        guard let value = token.value(of: name), let (issued, _) = parts(of: value), let seconds = Int64(issued) else {
            return nil
        }
        var claims = TokenClaims()
        claims.issued = .whole(seconds: seconds)
        let (end, overflows) = seconds.addingReportingOverflow(lifetime)
        claims.expires = .whole(seconds: overflows ? .max : end)
        claims.algorithm = "HMAC-SHA256"
        return claims
    }

    /// The issue time's digits and the code.
    ///
    /// Base64 with `+`, `/` and `=` may come percent-encoded or not.
    private func parts(of value: String) -> (issued: String, code: [UInt8])? {
        let bytes = value.utf8
        guard let dash = bytes.firstIndex(of: UInt8(ascii: "-")),
            bytes[..<dash].allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        let text = String(Substring(bytes[bytes.index(after: dash)...]))
        let alphabet: Base64.Alphabet = isURLSafe ? .url(padded: false) : .standard
        let plain = isURLSafe ? text : PercentEncoding.decode(text)
        guard let code = Base64.decode(plain, strictly: [alphabet]),
            plain == text || Self.text(code, isURLSafe: false) == text
        else { return nil }
        return (String(Substring(bytes[..<dash])), code)
    }

    private static func text(_ code: [UInt8], isURLSafe: Bool) -> String {
        guard !isURLSafe else { return Base64.encode(code, .url(padded: false)) }
        var text: [UInt8] = []
        for byte in Base64.encode(code, .standard).utf8 {
            switch byte {
            case UInt8(ascii: "+"): text.append(contentsOf: "%2B".utf8)
            case UInt8(ascii: "/"): text.append(contentsOf: "%2F".utf8)
            case UInt8(ascii: "="): text.append(contentsOf: "%3D".utf8)
            default: text.append(byte)
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
