import Crypto
import Quantities

/// nginx's `secure_link`: an MD5 of an expression that the site has written itself.
///
/// It stands for `secure_link $arg_md5,$arg_expires;` (or `$cookie_…`) with `secure_link_md5 "EXPRESSION";`, where the
/// secret of the site is written `$secret`. The token is the MD5 in base64url without padding, and the end in Unix
/// seconds, as two query parameters or two cookies. nginx hashes its `$uri`, which is decoded and normalised: so does
/// the scheme (``NginxPath``). Source: nginx.org, `ngx_http_secure_link_module`, and its C source.
package struct NginxSecureLink: TokenScheme {
    /// The site's secret.
    package var key: SecretKey
    /// The name of the field with the hash.
    package let hashName: String
    /// The name of the field with the end.
    package let expiresName: String
    private let expression: NginxExpression
    private let variables: [String: String]

    private static let expressionMeaning =
        "what nginx hashes, with $secret for the site's secret: $uri, $secure_link_expires, $remote_addr, $host, "
        + "$arg_NAME, $cookie_NAME, $http_NAME"

    /// The scheme in the catalogue.
    package static let description = SchemeDescription(
        name: "nginx-secure-link", summary: "nginx secure_link", keys: .symmetric, keyEncoding: .text,
        options: [
            .init("expression", default: "$secure_link_expires$uri $secret", expressionMeaning),
            .init("hash name", default: "md5", "the name of the parameter or cookie with the hash"),
            .init("expires name", default: "expires", "the name of the parameter or cookie with the end"),
            .init(
                "variables",
                "values that a signer cannot look up, as NAME=VALUE with ; between, such as cookie_sid={session}; "
                    + "{session} and {data} are the grant's"),
        ]
    ) { settings throws(TokenError) in
        try NginxSecureLink(
            key: try settings.symmetricKey(), expression: settings.text("expression") ?? "",
            hashName: try settings.name("hash name"), expiresName: try settings.name("expires name"),
            variables: settings.text("variables") ?? "")
    }

    /// Creates the scheme of a site.
    ///
    /// - Parameters:
    ///   - key: The site's secret.
    ///   - expression: What is hashed, with `$secret` for the secret.
    ///   - hashName: The name of the field with the hash.
    ///   - expiresName: The name of the field with the end.
    ///   - variables: Values of `cookie_NAME`, `http_NAME` and `arg_NAME` for signing, such as `cookie_sid={session}`.
    /// - Throws: ``TokenError/invalidOption(name:expected:)`` for an unknown variable, an expression without `$secret`, or
    ///   variables that are not in the form.
    package init(
        key: SecretKey, expression: String = "$secure_link_expires$uri $secret", hashName: String = "md5",
        expiresName: String = "expires", variables: String = ""
    ) throws(TokenError) {
        guard let read = NginxExpression(expression) else {
            throw .invalidOption(name: "expression", expected: Self.expressionMeaning)
        }
        guard read.pieces.contains(.secret) else {
            throw .invalidOption(name: "expression", expected: "one with $secret, or anybody could make tokens")
        }
        self.key = key
        self.expression = read
        self.hashName = hashName
        self.expiresName = expiresName
        self.variables = try Self.variables(variables)
    }

    private static func variables(_ text: String) throws(TokenError) -> [String: String] {
        var values: [String: String] = [:]
        for piece in text.utf8.split(separator: UInt8(ascii: ";")) {
            let field = Substring(piece.drop { $0 == UInt8(ascii: " ") })
            guard let equals = field.utf8.firstIndex(of: UInt8(ascii: "=")), equals > field.startIndex else {
                throw .invalidOption(name: "variables", expected: "NAME=VALUE, with ; between several")
            }
            values[field[..<equals].lowercased()] = String(field[field.utf8.index(after: equals)...])
        }
        return values
    }

    /// The query or cookies.
    package var placements: [TokenPlacement] { [.query, .cookie] }
    /// One URL where the expression holds `$uri`; otherwise whatever the location guards.
    package var coverage: TokenCoverage { expression.holdsPath ? .oneURL : .either }
    /// Hash and end.
    package func fieldNames(in placement: TokenPlacement) -> [String] { [hashName, expiresName] }

    /// Signs a grant with what nginx will see.
    ///
    /// Paths are only possible where the expression has no `$uri`: such a token says nothing of paths, and the location
    /// decides what it opens.
    ///
    /// - Throws: ``TokenError`` when the grant has a start or data that is not used, an address that is not hashed or
    ///   none where one is, a path that nginx refuses, or when a variable has no value; or there is no key.
    package func sign(_ grant: TokenGrant, for placement: TokenPlacement) throws(TokenError) -> AccessToken {
        guard key.byteCount > 0 else { throw .invalidKey("it is empty") }
        let usesData = variables.values.contains { $0.contains("{data}") }
        try grant.refuse(start: true, address: !expression.pieces.contains(.address), payload: !usesData)
        var request = AccessRequest(uri: grant.site ?? "")
        if case .url(let uri) = grant.scope {
            request = bareRequest(for: uri, in: placement)
            if request.authority.isEmpty, let site = grant.site {
                request.authority = AccessRequest(uri: site).authority
            }
        } else if expression.holdsPath {
            throw .invalidField(name: "paths", reason: "the expression holds $uri, so each URL is signed by itself")
        }
        let expires = String(grant.expires.wholeSeconds)
        let values = NginxValues(
            path: NginxPath.normalised(request.path), expires: expires, address: grant.clientAddress, request: request,
            given: variables.mapValues { value in
                value.replacing("{session}", with: grant.sessionID ?? "").replacing("{data}", with: grant.payload ?? "")
            })
        let (missing, message) = values.message(of: expression, key: key)
        if let missing { throw Self.error(missing) }
        return AccessToken(fields: [
            .init(name: hashName, value: Base64.encode(MessageDigest.md5.digest(of: message))),
            .init(name: expiresName, value: expires),
        ])
    }

    private static func error(_ piece: NginxExpression.Piece) -> TokenError {
        func unknown(_ variable: String) -> TokenError {
            .invalidOption(
                name: "variables", expected: "given with a value for \(variable), which the expression holds")
        }
        switch piece {
        case .path: return .invalidField(name: "path", reason: "nginx refuses it")
        case .address: return .invalidField(name: "address", reason: "it is signed along, and is not known")
        case .host: return .invalidField(name: "site", reason: "the host is signed along, and is not known")
        case .argument(let name): return unknown("arg_" + name)
        case .cookie(let name): return unknown("cookie_" + name)
        case .header(let name): return unknown("http_" + name)
        case .literal, .expires, .secret: return .invalidOption(name: "expression", expected: expressionMeaning)
        }
    }

    /// Checks a token as nginx does; good up to and including its last second (`expires < now` is what nginx refuses).
    ///
    /// A variable that the request does not have is empty, as in nginx.
    package func verify(_ token: AccessToken, for request: AccessRequest, at now: WallTime) -> TokenVerdict {
        guard let sent = token.value(of: hashName), let expires = token.value(of: expiresName), !sent.isEmpty else {
            return .missing
        }
        guard key.byteCount > 0, let end = Int64(expires), end > 0,
            let path = NginxPath.normalised(request.path)
        else { return .tampered }
        var values = NginxValues(
            path: path, expires: expires, address: request.clientAddress ?? "", request: request)
        var expected = values.message(of: expression, key: key)
        while let missing = expected.missing {
            switch missing {
            case .argument(let name): values.given["arg_" + name] = ""
            case .cookie(let name): values.given["cookie_" + name] = ""
            case .header(let name): values.given["http_" + name] = ""
            case .literal, .path, .expires, .address, .host, .secret: return .tampered
            }
            expected = values.message(of: expression, key: key)
        }
        let hash = Base64.encode(MessageDigest.md5.digest(of: expected.bytes))
        guard ConstantTime.areEqual(sent, hash) else { return .tampered }
        return now.wholeSeconds > end ? .expired : .valid
    }

    /// The end; all else is only in the signature.
    package func claims(of token: AccessToken) -> TokenClaims? {
        guard token.value(of: hashName) != nil, let end = token.value(of: expiresName).flatMap({ Int64($0) }) else {
            return nil
        }
        var claims = TokenClaims()
        claims.expires = .whole(seconds: end)
        claims.algorithm = "MD5"
        return claims
    }
}
