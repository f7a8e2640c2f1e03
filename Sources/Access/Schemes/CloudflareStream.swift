import Quantities

/// Cloudflare Stream: an RS256 JWT that stands in the path where the video's identifier would, so that relative
/// references inherit it.
///
/// Claims are `sub` (the video), `kid`, `exp`, `nbf` and `accessRules`, of which the first that matches decides.
/// Source: Cloudflare's "Secure your Stream".
package struct CloudflareStream: TokenScheme {
    private static let field = "token"

    private let authenticator: MessageAuthenticator
    private let keyID: String?
    private let video: String?
    private let countries: [String]
    private let isDownloadable: Bool

    /// The scheme in the catalogue.
    package static let description = SchemeDescription(
        name: "cloudflare-stream", summary: "Cloudflare Stream signed token", keys: .pair, keyEncoding: .base64,
        options: [
            .init("kid", "the identifier of the signing key"),
            .init("video", "the video's identifier, which the token replaces in the path; else the first segment"),
            .init("countries", "the countries that may watch, as ISO 3166 codes separated by commas; empty is all"),
            .init("downloadable", default: "false", allowed: ["true", "false"], "whether MP4 downloads are allowed"),
        ]
    ) { settings throws(TokenError) in
        let video = try settings.text("video").map { text throws(TokenError) in
            guard !text.isEmpty, !text.utf8.contains(UInt8(ascii: "/")) else {
                throw .invalidOption(name: "video", expected: "one segment of the path")
            }
            return text
        }
        return CloudflareStream(
            authenticator: try settings.pair(.rsa), keyID: settings.text("kid"), video: video,
            countries: settings.list("countries"), isDownloadable: try settings.flag("downloadable"))
    }

    /// Creates the scheme; without a video, the first segment of the path that is signed names it.
    package init(
        authenticator: MessageAuthenticator, keyID: String?, video: String?, countries: [String] = [],
        isDownloadable: Bool = false
    ) {
        self.authenticator = authenticator
        self.keyID = keyID
        self.video = video
        self.countries = countries
        self.isDownloadable = isDownloadable
    }

    /// The path.
    package var placements: [TokenPlacement] { [.path] }
    /// All that belongs to one video.
    package var coverage: TokenCoverage { .either }
    /// None: the token is a segment.
    package func fieldNames(in placement: TokenPlacement) -> [String] { [] }

    /// Signs a grant for one video; an address becomes a rule that allows it and blocks all others.
    ///
    /// - Throws: ``TokenError`` when the video is not known, data is to be signed along, the lifetime is none, or the
    ///   key cannot sign.
    package func sign(_ grant: TokenGrant, for placement: TokenPlacement) throws(TokenError) -> AccessToken {
        try grant.refuse(payload: true)
        guard let video = video ?? Self.firstSegment(of: grant.scope) else {
            throw .invalidField(name: "video", reason: "it is neither set nor the first segment of the path")
        }
        var claims: [JSONValue.Member] = [.init("sub", .string(video))]
        if let keyID { claims.append(.init("kid", .string(keyID))) }
        let expires = grant.expires.wholeSeconds
        claims.append(.init("exp", .integer(expires)))
        if let start = grant.notBefore?.wholeSeconds {
            guard start < expires else { throw .invalidField(name: "lifetime", reason: "it ends before it starts") }
            claims.append(.init("nbf", .integer(start)))
        }
        if isDownloadable { claims.append(.init("downloadable", .boolean(true))) }
        var rules: [JSONValue] = []
        if let address = grant.clientAddress { rules.append(Self.rule("ip.src", "ip", [address])) }
        if !countries.isEmpty { rules.append(Self.rule("ip.geoip.country", "country", countries)) }
        if !rules.isEmpty {
            rules.append(.object([.init("type", .string("any")), .init("action", .string("block"))]))
            claims.append(.init("accessRules", .array(rules)))
        }
        let text = try JSONWebToken.text(
            JSONWebToken.opening(.rs256, keyID: keyID), claims: claims, with: authenticator)
        return AccessToken(fields: [.init(name: Self.field, value: text)])
    }

    private static func rule(_ type: String, _ list: String, _ values: [String]) -> JSONValue {
        .object([
            .init("type", .string(type)), .init("action", .string("allow")),
            .init(list, .array(values.map { .string($0) })),
        ])
    }

    private static func firstSegment(of scope: TokenGrant.Scope) -> String? {
        let path: String
        switch scope {
        case .url(let uri): path = AccessRequest(uri: uri).path
        case .paths(let paths): path = paths.first ?? ""
        }
        let segment = path.utf8.split(separator: UInt8(ascii: "/")).first.map { Substring($0) } ?? ""
        // A URI that holds an older token says the video in it.
        if let older = JSONWebToken(segment) { return older.payload["sub"]?.text }
        return segment.isEmpty || segment.utf8.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") }
            ? nil : String(segment)
    }

    /// Puts the token in the place of an older one, or else of the video; where neither is there the request is not of
    /// the video and stays as it is.
    package func attach(_ token: AccessToken, to request: inout OutgoingRequest, in placement: TokenPlacement) {
        guard let value = token.value(of: Self.field) else { return }
        var reference = URIReference(request.uri)
        guard let segment = segment(of: reference.path, for: token) else { return }
        reference.path = reference.path[..<segment.startIndex] + value + reference.path[segment.endIndex...]
        request.uri = reference.text
    }

    private func segment(of path: Substring, for token: AccessToken) -> Substring.UTF8View? {
        let segments = path.utf8.split(separator: UInt8(ascii: "/"))
        if let older = segments.first(where: { JSONWebToken.isShaped($0) }) { return older }
        guard let named = video ?? token.value(of: Self.field).flatMap({ JSONWebToken($0)?.payload["sub"]?.text })
        else { return nil }
        return segments.first { $0.elementsEqual(named.utf8) }
    }

    /// Finds the token, and puts the video that it names back into the path.
    package func detach(from request: AccessRequest, in placement: TokenPlacement) -> CarriedToken? {
        guard placement == .path else { return nil }
        let path = Substring(request.path)
        guard let segment = path.utf8.split(separator: UInt8(ascii: "/")).first(where: { JSONWebToken.isShaped($0) })
        else { return nil }
        let value = String(Substring(segment))
        let named = JSONWebToken(value)?.payload["sub"]?.text
        var bare = request
        bare.path = path[..<segment.startIndex] + (named ?? video ?? "") + path[segment.endIndex...]
        return CarriedToken(
            token: AccessToken(fields: [.init(name: Self.field, value: value)]), placement: .path, request: bare)
    }

    /// Checks a token; good while `nbf <= now < exp`.
    ///
    /// The country of a request is its header `CF-IPCountry`; a rule about a country or an address that is not known
    /// is taken to allow.
    package func verify(_ token: AccessToken, for request: AccessRequest, at now: WallTime) -> TokenVerdict {
        guard let value = token.value(of: Self.field), !value.isEmpty else { return .missing }
        guard let read = JSONWebToken(value), read.isAuthentic(.rs256, keyID: keyID, with: authenticator),
            let times = read.times, let end = times.expires, let named = read.payload["sub"]?.text
        else { return .tampered }
        if let start = times.notBefore, now < start { return .notYetValid }
        if now >= end { return .expired }
        let isThere = request.path.utf8.split(separator: UInt8(ascii: "/")).contains { $0.elementsEqual(named.utf8) }
        guard isThere, video == nil || video == named else { return .wrongPath }
        return Self.verdict(of: read.payload["accessRules"], for: request)
    }

    /// The first rule that matches decides; none allows.
    private static func verdict(of rules: JSONValue?, for request: AccessRequest) -> TokenVerdict {
        guard let rules else { return .valid }
        guard case .array(let list) = rules else { return .tampered }
        var refusal = TokenVerdict.wrongUse
        for rule in list {
            guard let type = rule["type"]?.text, let action = rule["action"]?.text else { return .tampered }
            switch type {
            case "any": return action == "allow" ? .valid : refusal
            case "ip.src":
                guard let address = request.clientAddress else { return .valid }
                let blocks = rule["ip"]?.texts ?? []
                let matches = blocks.contains { AddressBlock($0)?.contains(address) == true }
                if matches { return action == "allow" ? .valid : .wrongAddress }
                if action == "allow" { refusal = .wrongAddress }
            case "ip.geoip.country":
                guard let country = request.headers["cf-ipcountry"] else { return .valid }
                if rule["country"]?.texts?.contains(country) == true { return action == "allow" ? .valid : .wrongUse }
            default: return .wrongUse
            }
        }
        return .valid
    }

    /// What a token says.
    package func claims(of token: AccessToken) -> TokenClaims? {
        guard let read = token.value(of: Self.field).flatMap({ JSONWebToken($0) }) else { return nil }
        var claims = read.claims()
        claims.scope = read.payload["sub"]?.text.map { [$0] } ?? []
        if case .array(let rules) = read.payload["accessRules"] {
            claims.addresses = rules.flatMap { rule in
                rule["action"]?.text == "allow" ? rule["ip"]?.texts ?? [] : []
            }
        }
        claims.others = read.otherClaims(than: ["sub", "kid", "exp", "nbf", "iat"])
        return claims
    }
}
