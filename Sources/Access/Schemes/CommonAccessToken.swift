import Quantities

/// The Common Access Token (CTA-5007-B): a CBOR web token whose claims say what may be requested and how it is renewed.
///
/// Written with deterministic CBOR in base64url without padding, tagged 61 and 17 (or 18 for ES256).
package struct CommonAccessToken: TokenScheme {
    /// How an edge sends a renewed token (`catr`, type).
    package enum Renewal: String, Hashable, Sendable, CaseIterable {
        /// Not at all.
        case none
        /// In the way in which the old one came.
        case automatic
        /// As a cookie.
        case cookie
        /// As a header.
        case header
        /// By a redirection.
        case redirect

        /// The number in the claim; nil for none.
        var identifier: Int64? { Self.allCases.firstIndex(of: self).flatMap { $0 == 0 ? nil : Int64($0 - 1) } }
    }

    let algorithm: COSEToken.Algorithm
    let authenticator: MessageAuthenticator
    let keyID: String?
    let issuer: String?
    let audience: String?
    let methods: [String]
    let headers: [AccessToken.Field]
    let bindsHost: Bool
    let renewal: Renewal
    let renewalSeconds: Int64
    let renewalDeadline: Int64?
    let renewalName: String?
    let header: String
    let cookie: String
    let parameter: String

    /// The scheme in the catalogue.
    package static let description = SchemeDescription(
        name: "common-access-token", summary: "Common Access Token, CTA-5007-B", keys: .either,
        keyEncoding: .hexadecimal,
        options: [
            .init(
                "algorithm", default: "HS256", allowed: COSEToken.Algorithm.allCases.map(\.rawValue),
                "what signs the token; no other is accepted"),
            .init("kid", "the name of the key"),
            .init("issuer", "the claim iss"),
            .init("audience", "the claim aud"),
            .init("methods", "the methods that are allowed, separated by commas (catm); empty is all"),
            .init("headers", "request headers that the token is bound to, as Name=value, separated by commas (cath)"),
            .init(
                "bind host", default: "false", allowed: ["true", "false"], "whether the token is for one host (catu)"),
            .init(
                "renewal", default: "none", allowed: Renewal.allCases.map(\.rawValue),
                "how the edge sends a renewed token (catr)"),
            .init("renewal seconds", default: "120", "how many seconds a renewed token lives"),
            .init("renewal deadline", "how many seconds before its end a token is renewed; 60 when it is not said"),
            .init("renewal name", "the name of the cookie or header of a renewed token"),
            .init("header", default: "CTA-Common-Access-Token", "the name of the header"),
            .init("cookie", default: "CTA-Common-Access-Token", "the name of the cookie"),
            .init("parameter", default: "CAT", "the name of the query parameter"),
        ]
    ) { settings throws(TokenError) in
        try CommonAccessToken(settings)
    }

    private init(_ settings: SchemeSettings) throws(TokenError) {
        algorithm = try settings.choice("algorithm", COSEToken.Algorithm.init(rawValue:))
        switch algorithm {
        case .hs256: authenticator = .hmacSHA256(try settings.symmetricKey())
        case .es256: authenticator = try settings.pair(.p256)
        }
        keyID = settings.text("kid")
        issuer = settings.text("issuer")
        audience = settings.text("audience")
        methods = settings.list("methods")
        headers = try settings.headers("headers")
        bindsHost = try settings.flag("bind host")
        renewal = try settings.choice("renewal", Renewal.init(rawValue:))
        renewalSeconds = try settings.seconds("renewal seconds")
        renewalDeadline =
            settings.text("renewal deadline") == nil ? nil : try settings.seconds("renewal deadline", atLeast: 0)
        renewalName = settings.text("renewal name") == nil ? nil : try settings.name("renewal name")
        header = try settings.name("header")
        cookie = try settings.name("cookie")
        parameter = try settings.name("parameter")
    }

    /// Anywhere; a header is usual.
    package var placements: [TokenPlacement] { [.header, .cookie, .query, .path] }
    /// One URL, or paths.
    package var coverage: TokenCoverage { .either }
    /// The one field; cookies that an edge sets on renewal may have another name.
    package func fieldNames(in placement: TokenPlacement) -> [String] {
        switch placement {
        case .header: [header]
        case .cookie: cookie == renewedCookie ? [cookie] : [cookie, renewedCookie]
        case .query: [parameter]
        case .path: []
        }
    }

    /// The name of cookies that edges set.
    var renewedCookie: String { renewalName ?? Self.renewedName }
    /// The name of cookies and headers of renewed tokens when the claim says none, as node-cat has it.
    static let renewedName = "cta-common-access-token"

    private func fieldName(in placement: TokenPlacement) -> String {
        switch placement {
        case .header: header
        case .cookie: cookie
        case .query, .path: parameter
        }
    }

    /// The token of an encoding for a place.
    func token(_ text: String, for placement: TokenPlacement) -> AccessToken {
        AccessToken(fields: [.init(name: fieldName(in: placement), value: text)])
    }

    /// The values of a token that may be a Common Access Token, in order.
    func values(of token: AccessToken) -> [(name: String, value: String)] {
        let names = [header, cookie, parameter, renewedCookie]
        return token.fields.filter { names.contains($0.name) && !$0.value.isEmpty }.map { ($0.name, $0.value) }
    }

    /// A value taken apart; both alphabets of base64 are met, as libraries differ.
    func read(_ value: String) -> COSEToken? {
        Base64.decode(value, strictly: [.url(padded: false), .url(padded: true), .standard]).flatMap { COSEToken($0) }
    }

    /// The bytes of the key's name.
    var keyIDBytes: [UInt8]? { keyID.map { Array($0.utf8) } }

    /// Signs a grant; times are cut to whole seconds.
    ///
    /// - Throws: ``TokenError`` when there is more than one pattern or a wildcard other than a `*` at the begin, at the
    ///   end or once between them, when an address is none, when data is to be signed along, or the key cannot sign.
    package func sign(_ grant: TokenGrant, for placement: TokenPlacement) throws(TokenError) -> AccessToken {
        let claims = try claims(of: grant)
        let bytes = try COSEToken.bytes(algorithm, keyID: keyIDBytes, claims: claims, with: authenticator)
        return token(Base64.encode(bytes), for: placement)
    }

    /// Puts the token into the request, with the headers that it is bound to.
    package func attach(_ token: AccessToken, to request: inout OutgoingRequest, in placement: TokenPlacement) {
        switch placement {
        case .path: attachSegment(token, to: &request)
        case .cookie:
            request.cookies.removeAll { $0.name == cookie || $0.name == renewedCookie }
            request.cookies += token.fields
        case .query, .header: attachFields(of: token, to: &request, in: placement)
        }
        if !headers.isEmpty { attachFields(of: AccessToken(fields: headers), to: &request, in: .header) }
    }

    /// Finds the token of a request.
    package func detach(from request: AccessRequest, in placement: TokenPlacement) -> CarriedToken? {
        guard placement == .path else { return detachFields(from: request, in: placement) }
        guard let (value, rest) = split(request.path) else { return nil }
        var bare = request
        bare.path = rest
        return CarriedToken(token: token(value, for: .path), placement: .path, request: bare)
    }

    private func attachSegment(_ token: AccessToken, to request: inout OutgoingRequest) {
        guard let value = values(of: token).first?.value else { return }
        var reference = URIReference(request.uri)
        let bare = split(String(reference.path))?.rest ?? String(reference.path)
        reference.path = "/" + value + (bare.isEmpty ? "/" : bare)
        request.uri = reference.text
    }

    /// The token in the first segment of a path and the path behind it; nil when there is none.
    func split(_ path: String) -> (value: String, rest: String)? {
        let bytes = path.utf8
        guard bytes.first == UInt8(ascii: "/") else { return nil }
        let end = bytes.dropFirst().firstIndex(of: UInt8(ascii: "/")) ?? bytes.endIndex
        let value = String(Substring(bytes[..<end].dropFirst()))
        guard value.utf8.count >= 24, Base64.decode(value).flatMap({ COSEToken($0) }) != nil else { return nil }
        return (value, end == bytes.endIndex ? "/" : String(path[end...]))
    }
}

extension CommonAccessToken: RenewableTokenScheme {
    /// A token like the old one that ends so many seconds from now as its claim says.
    ///
    /// The window opens `deadline` seconds before the end, 60 when the claim has none, as in node-cat.
    package func renewed(_ token: AccessToken, at now: WallTime) -> AccessToken? {
        for (name, value) in values(of: token) {
            guard let read = read(value), read.isAuthentic(algorithm, keyID: keyIDBytes, with: authenticator),
                let end = CATClaims.seconds(read.claims[CATClaims.expires]), now < end,
                let renewal = read.claims[CATClaims.renewal], renewal[0]?.integer != nil,
                let added = CATClaims.amount(renewal[1])
            else { continue }
            guard now >= end - (CATClaims.amount(renewal[2]) ?? .seconds(60)) else { continue }
            let claims = CATClaims.renewed(read.claims, end: max(end, now + added), now: now)
            let bytes = try? COSEToken.bytes(algorithm, keyID: read.keyID, claims: claims, with: authenticator)
            if let bytes { return AccessToken(fields: [.init(name: name, value: Base64.encode(bytes))]) }
        }
        return nil
    }

    /// What brings the renewed token, by the claim of the old one.
    package func renewalCarrier(of token: AccessToken, sentIn placement: TokenPlacement) -> RenewalCarrier? {
        guard let renewal = values(of: token).lazy.compactMap({ read($0.value)?.claims[CATClaims.renewal] }).first
        else { return nil }
        let cookie = RenewalCarrier.cookie(renewal[3]?.text ?? Self.renewedName)
        let header = RenewalCarrier.header(renewal[4]?.text ?? Self.renewedName)
        switch renewal[0]?.integer {
        case 0:
            switch placement {
            case .cookie: return cookie
            case .header, .path: return header
            case .query: return .redirect(parameter: parameter)
            }
        case 1: return cookie
        case 2: return header
        case 3: return .redirect(parameter: parameter)
        default: return nil
        }
    }

    /// The token to send from now on.
    package func token(renewedBy value: String, for placement: TokenPlacement) -> AccessToken? {
        let text = value.utf8.prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: " ") }
        let encoded = String(Substring(text))
        return read(encoded) == nil ? nil : token(encoded, for: placement)
    }
}
