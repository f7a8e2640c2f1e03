import Crypto
import Quantities

/// Akamai Edge Auth 2.0: fields joined by `~`, signed with an HMAC.
///
/// The token is `ip= st= exp= acl= id= data= hmac=` in that order, without the fields that are not used. The message
/// that is signed is the token before `~hmac=`, then `~url=` and the URL for a token of one URL, then `~salt=` and the
/// salt: both are signed and never sent. Source: github.com/akamai/EdgeAuth-Token-Python, `edgeauth.py`.
package struct AkamaiEdgeAuth: TokenScheme {
    /// The hash of the HMAC.
    package enum Algorithm: String, Hashable, Sendable, CaseIterable {
        /// HMAC-SHA256, the default.
        case sha256
        /// HMAC-SHA1, for old properties.
        case sha1
        /// HMAC-MD5, for old properties.
        case md5
    }

    /// The key: the decoded bytes of the hexadecimal text that the property holds.
    package var key: SecretKey
    /// The name of the query parameter, cookie or header.
    package var name: String
    /// The hash.
    package var algorithm: Algorithm
    /// A second secret that is signed along; nil for none.
    package var salt: String?
    /// Whether address, session, data and URL are form-encoded before signing; the edge must be set alike.
    package var escapesEarly: Bool
    /// Whether a token of one URL covers its path with any query; the property must be set alike.
    package var ignoresQuery = false

    /// The scheme in the catalogue.
    package static let description = SchemeDescription(
        name: "akamai-edge-auth", summary: "Akamai Edge Auth 2.0", keys: .symmetric, keyEncoding: .hexadecimal,
        options: [
            .init("name", default: "hdnts", "the name of the query parameter, cookie or header"),
            .init("algorithm", default: "sha256", allowed: Algorithm.allCases.map(\.rawValue), "the hash of the HMAC"),
            .init("salt", "a second secret that is signed along, as env:NAME or file:PATH", isSecret: true),
            .init(
                "escape early", default: "false", allowed: ["true", "false"],
                "whether address, session, data and URL are form-encoded before signing"),
            .init(
                "ignore query", default: "false", allowed: ["true", "false"],
                "whether a token of one URL covers its path with any query"),
        ]
    ) { settings throws(TokenError) in
        var scheme = AkamaiEdgeAuth(
            key: try settings.symmetricKey(), name: try settings.name("name"),
            algorithm: try settings.choice("algorithm", Algorithm.init(rawValue:)),
            salt: settings.secret("salt"), escapesEarly: try settings.flag("escape early"))
        scheme.ignoresQuery = try settings.flag("ignore query")
        return scheme
    }

    /// Creates the scheme with a property's settings.
    package init(
        key: SecretKey, name: String = "__token__", algorithm: Algorithm = .sha256, salt: String? = nil,
        escapesEarly: Bool = false
    ) {
        self.key = key
        self.name = name
        self.algorithm = algorithm
        self.salt = salt
        self.escapesEarly = escapesEarly
    }

    /// The query, a cookie or a header.
    package var placements: [TokenPlacement] { [.query, .cookie, .header] }
    /// One URL, or paths (ACL).
    package var coverage: TokenCoverage { .either }
    /// The one field of the scheme.
    package func fieldNames(in placement: TokenPlacement) -> [String] { [name] }

    /// Signs a grant; times are cut to whole seconds.
    ///
    /// - Throws: ``TokenError/invalidField(name:reason:)`` when a value holds the separator `~`, a path holds the
    ///   separator `!`, there is no path, or the end is not after the start; ``TokenError/invalidKey(_:)`` when the key
    ///   is empty.
    package func sign(_ grant: TokenGrant, for placement: TokenPlacement) throws(TokenError) -> AccessToken {
        guard key.byteCount > 0 else { throw .invalidKey("it is empty") }
        var message = try message(of: grant)
        let sent = message.count
        if case .url(let uri) = grant.scope { append("url", escaped(signedURL(AccessRequest(uri: uri))), to: &message) }
        appendSalt(to: &message)
        let code = authenticationCode(of: message)
        message.removeSubrange(sent...)
        message.append(contentsOf: "~hmac=".utf8)
        Hexadecimal.append(code, to: &message)
        return AccessToken(fields: [.init(name: name, value: String(decoding: message, as: UTF8.self))])
    }

    /// The fields that are both signed and sent.
    private func message(of grant: TokenGrant) throws(TokenError) -> [UInt8] {
        var message: [UInt8] = []
        message.reserveCapacity(256)
        if let address = grant.clientAddress { append("ip", try checked(escaped(address), "ip"), to: &message) }
        let expires = grant.expires.wholeSeconds
        if let start = grant.notBefore.map(\.wholeSeconds) {
            guard start < expires else { throw .invalidField(name: "lifetime", reason: "it ends before it starts") }
            append("st", String(start), to: &message)
        }
        append("exp", String(expires), to: &message)
        if case .paths(let paths) = grant.scope {
            guard !paths.isEmpty else { throw .invalidField(name: "acl", reason: "it is empty") }
            if paths.contains(where: { $0.utf8.contains(UInt8(ascii: "!")) }) {
                throw .invalidField(name: "acl", reason: "a path holds the separator !")
            }
            append("acl", try checked(paths.joined(separator: "!"), "acl"), to: &message)
        }
        if let session = grant.sessionID { append("id", try checked(escaped(session), "id"), to: &message) }
        if let payload = grant.payload { append("data", try checked(escaped(payload), "data"), to: &message) }
        return message
    }

    /// Checks a token; good while `st <= now < exp`, in whole seconds of the token and the edge's own time.
    ///
    /// An address in the token is compared with the request's where that is known.
    package func verify(_ token: AccessToken, for request: AccessRequest, at now: WallTime) -> TokenVerdict {
        guard let value = token.value(of: name), !value.isEmpty else { return .missing }
        guard let claims = Claims(value), isAuthentic(claims, request) else { return .tampered }
        guard let expires = claims.seconds("exp") else { return .tampered }
        if let text = claims.fields["st"] {
            guard let start = Int64(text) else { return .tampered }
            if now.wholeSeconds < start { return .notYetValid }
        }
        if now.wholeSeconds >= expires { return .expired }
        if let list = claims.fields["acl"] {
            let covered = list.utf8.split(separator: UInt8(ascii: "!")).contains { pattern in
                Wildcard.matches(Array(pattern), Array(request.path.utf8))
            }
            if !covered { return .wrongPath }
        }
        if let bound = claims.fields["ip"], let address = request.clientAddress, bound != escaped(address) {
            return .wrongAddress
        }
        return .valid
    }

    /// What a token says.
    package func claims(of token: AccessToken) -> TokenClaims? {
        guard let value = token.value(of: name), let read = Claims(value) else { return nil }
        var claims = TokenClaims()
        claims.scope = read.fields["acl"].map { $0.split(separator: "!").map(String.init) } ?? []
        claims.notBefore = read.seconds("st").map { .whole(seconds: $0) }
        claims.expires = read.seconds("exp").map { .whole(seconds: $0) }
        claims.addresses = read.fields["ip"].map { [String($0)] } ?? []
        claims.sessionID = read.fields["id"].map(String.init)
        claims.algorithm = [16: "HMAC-MD5", 20: "HMAC-SHA1", 32: "HMAC-SHA256"][read.code.count]
        if let data = read.fields["data"] { claims.others.append(.init(name: "data", value: String(data))) }
        return claims
    }

    /// What a token of one URL signs of it.
    private func signedURL(_ request: AccessRequest) -> String { ignoresQuery ? request.path : request.target }

    private func isAuthentic(_ claims: Claims, _ request: AccessRequest) -> Bool {
        guard key.byteCount > 0 else { return false }
        var message = Array(claims.signed.utf8)
        if claims.fields["acl"] == nil { append("url", escaped(signedURL(request)), to: &message) }
        appendSalt(to: &message)
        switch algorithm {
        case .sha256:
            return HMAC<SHA256>.isValidAuthenticationCode(
                claims.code, authenticating: message, using: key.symmetric)
        case .sha1:
            return HMAC<Insecure.SHA1>.isValidAuthenticationCode(
                claims.code, authenticating: message, using: key.symmetric)
        case .md5:
            return HMAC<Insecure.MD5>.isValidAuthenticationCode(
                claims.code, authenticating: message, using: key.symmetric)
        }
    }

    private func authenticationCode(of message: [UInt8]) -> [UInt8] {
        switch algorithm {
        case .sha256: Array(HMAC<SHA256>.authenticationCode(for: message, using: key.symmetric))
        case .sha1: Array(HMAC<Insecure.SHA1>.authenticationCode(for: message, using: key.symmetric))
        case .md5: Array(HMAC<Insecure.MD5>.authenticationCode(for: message, using: key.symmetric))
        }
    }

    private func appendSalt(to message: inout [UInt8]) {
        if let salt { append("salt", salt, to: &message) }
    }

    private func append(_ name: String, _ value: String, to message: inout [UInt8]) {
        if !message.isEmpty { message.append(UInt8(ascii: "~")) }
        message.append(contentsOf: name.utf8)
        message.append(UInt8(ascii: "="))
        message.append(contentsOf: value.utf8)
    }

    private func checked(_ value: String, _ field: String) throws(TokenError) -> String {
        guard !value.utf8.contains(UInt8(ascii: "~")) else {
            throw .invalidField(name: field, reason: "it holds the separator ~")
        }
        return value
    }

    /// Python's `quote_plus` with the hexadecimal digits lowered, where early escaping is on.
    private func escaped(_ text: String) -> String {
        guard escapesEarly else { return text }
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"),
                UInt8(ascii: "~"):
                bytes.append(byte)
            case UInt8(ascii: " "):
                bytes.append(UInt8(ascii: "+"))
            default:
                bytes.append(UInt8(ascii: "%"))
                Hexadecimal.append(CollectionOfOne(byte), to: &bytes)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// A token taken apart; nothing in it is believed before its code was checked.
private struct Claims {
    /// The text before `~hmac=`.
    let signed: Substring
    /// The decoded code.
    let code: [UInt8]
    /// The fields of the signed part; a name that comes twice makes the token unreadable.
    let fields: [Substring: Substring]

    init?(_ token: String) {
        let pieces = token.utf8.split(separator: UInt8(ascii: "~"), omittingEmptySubsequences: false)
        guard let last = pieces.last, last.starts(with: "hmac=".utf8), pieces.count > 1,
            let code = Hexadecimal.decode(last.dropFirst(5)), !code.isEmpty
        else { return nil }
        var fields: [Substring: Substring] = [:]
        for piece in pieces.dropLast() {
            guard let equals = piece.firstIndex(of: UInt8(ascii: "=")) else { return nil }
            let name = Substring(piece[..<equals])
            guard fields[name] == nil else { return nil }
            fields[name] = Substring(piece[piece.index(after: equals)...])
        }
        self.code = code
        self.fields = fields
        signed = token[..<token.utf8.index(before: last.startIndex)]
    }

    func seconds(_ name: Substring) -> Int64? { fields[name].flatMap { Int64($0) } }
}
