import Quantities

/// A JWT (RFC 7519) in the query, the path, a header or a cookie.
///
/// Which claim names the paths is a matter of the site; so are the claims of session and address. The algorithm is the
/// one that was agreed on, whatever a token's header says.
package struct JSONWebTokenScheme: TokenScheme {
    /// Which claim says what is covered.
    package enum PathClaim: String, Hashable, Sendable, CaseIterable {
        /// None: the token covers everything.
        case none
        /// `path`: one pattern.
        case path
        /// `paths`: an array of patterns.
        case paths
        /// `url`: an absolute URI or a pattern of such.
        case url
        /// `acl`: patterns joined by `!`.
        case acl
    }

    /// Which claim names the session.
    package enum SessionClaim: String, Hashable, Sendable, CaseIterable {
        /// The subject.
        case sub
        /// The token's own number.
        case jti
        /// None.
        case none
    }

    let algorithm: JSONWebToken.Algorithm
    let authenticator: MessageAuthenticator
    private let opening: String
    let name: String
    let header: String
    let segmentPrefix: String
    let issuer: String?
    let audience: String?
    let keyID: String?
    let pathClaim: PathClaim
    let sessionClaim: SessionClaim
    let leeway: Int64

    /// The scheme in the catalogue.
    package static let description = SchemeDescription(
        name: "jwt", summary: "JSON Web Token", keys: .either, keyEncoding: .text,
        options: [
            .init(
                "algorithm", default: "HS256", allowed: JSONWebToken.Algorithm.allCases.map(\.rawValue),
                "what signs the token; no other is accepted"),
            .init("name", default: "token", "the name of the query parameter or cookie"),
            .init(
                "header", default: "Authorization",
                "the name of the header; Authorization has 'Bearer' before the token"),
            .init(
                "segment prefix",
                "what stands before the token in its segment of the path, such as 'token='"),
            .init("issuer", "the claim 'iss'"),
            .init("audience", "the claim 'aud'"),
            .init("kid", "the name of the key, in the token's header"),
            .init(
                "path claim", default: "path", allowed: PathClaim.allCases.map(\.rawValue),
                "the claim that says what is covered"),
            .init(
                "session claim", default: "sub", allowed: SessionClaim.allCases.map(\.rawValue),
                "the claim that names the session"),
            .init("leeway", default: "0", "how many seconds of clock difference are forgiven when checking"),
        ]
    ) { settings throws(TokenError) in
        try JSONWebTokenScheme(settings)
    }

    private init(_ settings: SchemeSettings) throws(TokenError) {
        algorithm = try settings.choice("algorithm", JSONWebToken.Algorithm.init(rawValue:))
        switch algorithm {
        case .hs256: authenticator = .hmacSHA256(try settings.symmetricKey())
        case .rs256: authenticator = try settings.pair(.rsa)
        case .es256: authenticator = try settings.pair(.p256)
        case .edDSA: authenticator = try settings.pair(.ed25519)
        }
        name = try settings.name("name")
        header = try settings.name("header")
        segmentPrefix =
            try settings.text("segment prefix") == nil
            ? ""
            : settings.choice("segment prefix") { text in
                text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"/?#%".utf8.contains($0) } ? text : nil
            }
        issuer = settings.text("issuer")
        audience = settings.text("audience")
        keyID = settings.text("kid")
        opening = JSONWebToken.opening(algorithm, keyID: keyID)
        pathClaim = try settings.choice("path claim", PathClaim.init(rawValue:))
        sessionClaim = try settings.choice("session claim", SessionClaim.init(rawValue:))
        leeway = try settings.seconds("leeway", atLeast: 0)
    }

    /// Anywhere.
    package var placements: [TokenPlacement] { [.query, .path, .cookie, .header] }
    /// One URL, or paths.
    package var coverage: TokenCoverage { .either }
    /// The one field.
    package func fieldNames(in placement: TokenPlacement) -> [String] {
        switch placement {
        case .query, .cookie: [name]
        case .header: [header]
        case .path: []
        }
    }

    private var isBearer: Bool { header.lowercased() == "authorization" }

    /// Signs a grant; times are cut to whole seconds.
    ///
    /// - Throws: ``TokenError`` when the path claim cannot say what is covered, or the key cannot sign.
    package func sign(_ grant: TokenGrant, for placement: TokenPlacement) throws(TokenError) -> AccessToken {
        var claims: [JSONValue.Member] = []
        if let issuer { claims.append(.init("iss", .string(issuer))) }
        if sessionClaim == .sub, let session = grant.sessionID { claims.append(.init("sub", .string(session))) }
        if let audience { claims.append(.init("aud", .string(audience))) }
        let expires = grant.expires.wholeSeconds
        if let start = grant.notBefore?.wholeSeconds {
            guard start < expires else { throw .invalidField(name: "lifetime", reason: "it ends before it starts") }
            claims.append(.init("nbf", .integer(start)))
        }
        if let issued = grant.issued { claims.append(.init("iat", .integer(issued.wholeSeconds))) }
        claims.append(.init("exp", .integer(expires)))
        if let scope = try scopeClaim(of: grant) { claims.append(scope) }
        if sessionClaim == .jti, let session = grant.sessionID { claims.append(.init("jti", .string(session))) }
        if let address = grant.clientAddress { claims.append(.init("ip", .string(address))) }
        if let payload = grant.payload { claims.append(.init("data", .string(payload))) }
        let text = try JSONWebToken.text(opening, claims: claims, with: authenticator)
        switch placement {
        case .query, .cookie, .path: return AccessToken(fields: [.init(name: name, value: text)])
        case .header:
            return AccessToken(fields: [.init(name: header, value: isBearer ? "Bearer " + text : text)])
        }
    }

    private func scopeClaim(of grant: TokenGrant) throws(TokenError) -> JSONValue.Member? {
        let patterns: [String]
        switch grant.scope {
        case .url(let uri):
            let bare = withoutToken(uri)
            patterns = [pathClaim == .url ? try grant.absoluteURI(bare) : AccessRequest(uri: bare).path]
        case .paths(let paths): patterns = paths
        }
        guard let first = patterns.first else { throw .invalidField(name: "paths", reason: "there are none") }
        switch pathClaim {
        case .none: return nil
        case .paths: return .init("paths", .array(patterns.map { .string($0) }))
        case .acl:
            if patterns.contains(where: { $0.utf8.contains(UInt8(ascii: "!")) }) {
                throw .invalidField(name: "paths", reason: "one holds the separator !")
            }
            return .init("acl", .string(patterns.joined(separator: "!")))
        case .path, .url:
            guard patterns.count == 1 else {
                throw .invalidField(name: "paths", reason: "the claim '\(pathClaim.rawValue)' takes exactly one")
            }
            if pathClaim == .url, case .paths = grant.scope {
                // A pattern of paths on every host is said with the site where it is known.
                return .init("url", .string((grant.site ?? "") + first))
            }
            return .init(pathClaim.rawValue, .string(first))
        }
    }

    /// Checks a token; good while `nbf <= now < exp`, give or take the leeway.
    ///
    /// A token of another issuer or audience is for another use. A token that lacks the claim of paths where one is
    /// agreed on is for no path at all.
    package func verify(_ token: AccessToken, for request: AccessRequest, at now: WallTime) -> TokenVerdict {
        guard let value = bareValue(of: token), !value.isEmpty else { return .missing }
        guard let read = JSONWebToken(value), read.isAuthentic(algorithm, keyID: keyID, with: authenticator),
            let times = read.times
        else { return .tampered }
        let leeway = TimeAmount.seconds(leeway)
        if let start = times.notBefore, now + leeway < start { return .notYetValid }
        if let end = times.expires, now - leeway >= end { return .expired }
        if let issuer, read.payload["iss"]?.text != issuer { return .wrongUse }
        if let audience, read.payload["aud"]?.texts?.contains(audience) != true { return .wrongUse }
        guard covers(request, read) else { return .wrongPath }
        if let bound = read.payload["ip"], let address = request.clientAddress {
            let isBound = bound.texts?.contains { $0 == address || AddressBlock($0)?.contains(address) == true }
            if isBound != true { return .wrongAddress }
        }
        return .valid
    }

    private func covers(_ request: AccessRequest, _ token: JSONWebToken) -> Bool {
        guard pathClaim != .none else { return true }
        let path = Array(request.path.utf8)
        return patterns(of: token).contains { pattern in
            guard pathClaim == .url else { return Wildcard.matches(Array(pattern.utf8), path) }
            let isAbsolute = pattern.contains("://")
            return Wildcard.matches(Array(pattern.utf8), Array((isAbsolute ? request.uri : request.target).utf8))
        }
    }

    private func patterns(of token: JSONWebToken) -> [String] {
        guard pathClaim != .none, let texts = token.payload[pathClaim.rawValue]?.texts else { return [] }
        guard pathClaim == .acl else { return texts }
        return texts.flatMap { $0.utf8.split(separator: UInt8(ascii: "!")).map { String(Substring($0)) } }
    }

    /// What a token says.
    package func claims(of token: AccessToken) -> TokenClaims? {
        guard let read = bareValue(of: token).flatMap({ JSONWebToken($0) }) else { return nil }
        var claims = read.claims()
        claims.scope = patterns(of: read)
        claims.addresses = read.payload["ip"]?.texts ?? []
        var known: Set<String> = ["nbf", "exp", "iat", "ip", pathClaim.rawValue]
        if sessionClaim != .none {
            claims.sessionID = read.payload[sessionClaim.rawValue]?.text
            known.insert(sessionClaim.rawValue)
        }
        claims.others = read.otherClaims(than: known)
        return claims
    }

    /// The token itself, without the word before it in a header.
    private func bareValue(of token: AccessToken) -> Substring? {
        guard let value = token.value(of: name) ?? token.value(of: header) else { return nil }
        let word = "bearer "
        guard isBearer, value.prefix(word.count).lowercased() == word else { return Substring(value) }
        return value.dropFirst(word.count)
    }
}

/// The token as the first segment of the path, which relative references inherit.
extension JSONWebTokenScheme {
    /// Puts the token into the request.
    package func attach(_ token: AccessToken, to request: inout OutgoingRequest, in placement: TokenPlacement) {
        guard placement == .path else { return attachFields(of: token, to: &request, in: placement) }
        guard let value = bareValue(of: token) else { return }
        var reference = URIReference(request.uri)
        let bare = split(String(reference.path)).map(\.rest) ?? String(reference.path)
        reference.path = "/" + segmentPrefix + value + (bare.isEmpty ? "/" : bare)
        request.uri = reference.text
    }

    /// Finds the token of a request.
    package func detach(from request: AccessRequest, in placement: TokenPlacement) -> CarriedToken? {
        guard placement == .path else { return detachFields(from: request, in: placement) }
        guard let (value, rest) = split(request.path) else { return nil }
        var bare = request
        bare.path = rest
        return CarriedToken(
            token: AccessToken(fields: [.init(name: name, value: value)]), placement: .path, request: bare)
    }

    /// A URI without the token that it may hold, in its path or query.
    private func withoutToken(_ uri: String) -> String {
        var reference = URIReference(Self.removing([name], fromQueryOf: uri))
        guard let (_, rest) = split(String(reference.path)) else { return reference.text }
        reference.path = Substring(rest)
        return reference.text
    }

    /// The token in the first segment and the path behind it; nil when there is none.
    private func split(_ path: String) -> (value: String, rest: String)? {
        let bytes = path.utf8
        guard bytes.first == UInt8(ascii: "/") else { return nil }
        let end = bytes.dropFirst().firstIndex(of: UInt8(ascii: "/")) ?? bytes.endIndex
        let segment = bytes[..<end].dropFirst()
        guard segment.starts(with: segmentPrefix.utf8) else { return nil }
        let value = segment.dropFirst(segmentPrefix.utf8.count)
        guard JSONWebToken.isShaped(value) else { return nil }
        return (String(Substring(value)), end == bytes.endIndex ? "/" : String(path[end...]))
    }
}
