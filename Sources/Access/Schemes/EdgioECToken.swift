import Crypto
import Quantities

/// Edgio's (EdgeCast's, Verizon's) ectoken version 3: the terms themselves, encrypted with AES-256-GCM.
///
/// The token is base64url without padding of a nonce of 12 bytes, the ciphertext and its tag of 16 bytes; the key is
/// SHA-256 of the key's text. The plaintext is `ec_expire=…&ec_clientip=…&ec_country_allow=…&ec_url_allow=…`. The whole
/// query is the token; what else a query has comes behind it. Source: github.com/Edgio/ectoken, `ectoken.c`.
package struct EdgioECToken: TokenScheme {
    /// The key's text.
    package let key: SecretKey
    /// The name of a query parameter that carries the token; nil when the query itself is the token.
    package let parameter: String?
    private let derived: SymmetricKey
    private let terms: [AccessToken.Field]
    /// What gives the next nonce, for tests; nil takes random ones.
    var nonce: (@Sendable () -> [UInt8])?

    private static let termNames = [
        "country allow": "ec_country_allow", "country deny": "ec_country_deny", "referrer allow": "ec_ref_allow",
        "referrer deny": "ec_ref_deny", "protocol allow": "ec_proto_allow", "protocol deny": "ec_proto_deny",
    ]
    /// All names in the order in which they are written.
    private static let order = [
        "ec_expire", "ec_clientip", "ec_country_allow", "ec_country_deny", "ec_ref_allow", "ec_ref_deny",
        "ec_proto_allow", "ec_proto_deny", "ec_url_allow",
    ]

    /// The scheme in the catalogue.
    package static let description = SchemeDescription(
        name: "edgio-ectoken", summary: "Edgio (EdgeCast, Verizon) ectoken version 3", keys: .symmetric,
        keyEncoding: .text,
        options: [
            .init("parameter", "the name of a query parameter for the token; without it the query itself is the token"),
            .init("country allow", "countries that are let in, such as NO,SE"),
            .init("country deny", "countries that are kept out"),
            .init("referrer allow", "hosts of pages that are let in, such as *.example.com"),
            .init("referrer deny", "hosts of pages that are kept out"),
            .init("protocol allow", allowed: ["http", "https"], "the protocol that is let in"),
            .init("protocol deny", allowed: ["http", "https"], "the protocol that is kept out"),
        ]
    ) { settings throws(TokenError) in
        var terms: [String: String] = [:]
        for option in termNames.keys { terms[option] = settings.text(option) }
        return try EdgioECToken(
            key: try settings.symmetricKey(),
            parameter: settings.text("parameter") == nil ? nil : try settings.name("parameter"), terms: terms)
    }

    /// Creates the scheme.
    ///
    /// - Parameters:
    ///   - key: The key's text.
    ///   - parameter: The name of a query parameter; nil when the query itself is the token.
    ///   - terms: Further terms by the names of the settings, such as `country allow`.
    /// - Throws: ``TokenError/invalidOption(name:expected:)`` for an unknown term or one that holds `&`.
    package init(key: SecretKey, parameter: String? = nil, terms: [String: String] = [:]) throws(TokenError) {
        self.key = key
        self.parameter = parameter
        derived = key.symmetric.withUnsafeBytes { SymmetricKey(data: SHA256.hash(data: $0)) }
        var fields: [AccessToken.Field] = []
        for (option, value) in terms {
            guard let name = Self.termNames[option], !value.isEmpty, !value.utf8.contains(UInt8(ascii: "&")) else {
                throw .invalidOption(name: option, expected: "values with commas between them")
            }
            fields.append(.init(name: name, value: value))
        }
        self.terms = fields
    }

    /// The query.
    package var placements: [TokenPlacement] { [.query] }
    /// One URL or paths; the scheme knows them as beginnings.
    package var coverage: TokenCoverage { .either }
    /// The parameter, where there is one.
    package func fieldNames(in placement: TokenPlacement) -> [String] { parameter.map { [$0] } ?? [] }
    private var fieldName: String { parameter ?? "ectoken" }

    /// Encrypts a grant with a fresh nonce.
    ///
    /// - Throws: ``TokenError`` when a pattern is no beginning, or holds `,` or `&`; when the grant has a start or data;
    ///   when the token gets longer than 6 144 bytes; or without a key.
    package func sign(_ grant: TokenGrant, for placement: TokenPlacement) throws(TokenError) -> AccessToken {
        guard key.byteCount > 0 else { throw .invalidKey("it is empty") }
        try grant.refuse(start: true, payload: true)
        var fields = terms
        fields.append(.init(name: "ec_expire", value: String(grant.expires.wholeSeconds)))
        if let address = grant.clientAddress { fields.append(.init(name: "ec_clientip", value: address)) }
        if let paths = try allowedPaths(grant, placement) { fields.append(.init(name: "ec_url_allow", value: paths)) }
        let text = Self.order.compactMap { name in
            fields.first { $0.name == name }.map { $0.name + "=" + $0.value }
        }.joined(separator: "&")
        let value = try seal(Array(text.utf8))
        guard value.utf8.count <= 6_144 else {
            throw .invalidField(name: "paths", reason: "the token would be longer than 6144 bytes")
        }
        return AccessToken(fields: [.init(name: fieldName, value: value)])
    }

    /// The list for `ec_url_allow`; nil where everything is allowed.
    private func allowedPaths(_ grant: TokenGrant, _ placement: TokenPlacement) throws(TokenError) -> String? {
        var beginnings: [String] = []
        switch grant.scope {
        case .url(let uri): beginnings = [bareRequest(for: uri, in: placement).path]
        case .paths(let patterns):
            guard !patterns.isEmpty else { throw .invalidField(name: "paths", reason: "there are none") }
            if patterns.contains("/*") { return nil }
            for pattern in patterns { beginnings.append(try TokenGrant.prefix(of: [pattern])) }
        }
        let list = beginnings.joined(separator: ",")
        guard !list.utf8.contains(UInt8(ascii: "&")),
            list.utf8.count(where: { $0 == UInt8(ascii: ",") }) < beginnings.count
        else { throw .invalidField(name: "paths", reason: "a path holds a comma or an ampersand") }
        return list
    }

    /// Encrypts bytes.
    func seal(_ text: [UInt8]) throws(TokenError) -> String {
        do {
            let nonce = try nonce.map { try AES.GCM.Nonce(data: $0()) } ?? AES.GCM.Nonce()
            let box = try AES.GCM.seal(text, using: derived, nonce: nonce)
            return Base64.encode(Array(nonce) + Array(box.ciphertext) + Array(box.tag))
        } catch {
            throw .invalidKey("encrypting with it failed")
        }
    }

    /// Decrypts a token; nil when it is not one of this key.
    func open(_ token: String) -> [UInt8]? {
        guard key.byteCount > 0, token.utf8.count <= 6_144, let bytes = Base64.decode(token), bytes.count >= 28,
            ConstantTime.areEqual(Base64.encode(bytes), token),
            let box = try? AES.GCM.SealedBox(combined: bytes), let text = try? AES.GCM.open(box, using: derived)
        else { return nil }
        return Array(text)
    }

    /// Puts the token at the begin of the query, or into its parameter.
    package func attach(_ token: AccessToken, to request: inout OutgoingRequest, in placement: TokenPlacement) {
        guard parameter == nil, let value = token.value(of: fieldName) else {
            return attachFields(of: token, to: &request, in: placement)
        }
        var reference = URIReference(request.uri)
        let rest = reference.query.map { Self.split($0).rest } ?? nil
        reference.query = Substring(rest.map { value + "&" + $0 } ?? value)
        request.uri = reference.text
    }

    /// Finds the token at the begin of the query, or in its parameter.
    package func detach(from request: AccessRequest, in placement: TokenPlacement) -> CarriedToken? {
        guard placement == .query else { return nil }
        guard parameter == nil else { return detachFields(from: request, in: placement) }
        guard let query = request.query else { return nil }
        let (token, rest) = Self.split(Substring(query))
        guard let token else { return nil }
        var bare = request
        bare.query = rest
        return CarriedToken(
            token: AccessToken(fields: [.init(name: fieldName, value: token)]), placement: .query, request: bare)
    }

    /// The first piece of a query where it is of the form of a token, and the rest.
    private static func split(_ query: Substring) -> (token: String?, rest: String?) {
        let end = query.utf8.firstIndex(of: UInt8(ascii: "&")) ?? query.endIndex
        let first = query[..<end]
        let isToken = first.utf8.count >= 38 && Base64.decode(first) != nil && !first.utf8.contains(UInt8(ascii: "="))
        guard isToken else { return (nil, String(query)) }
        return (String(first), end == query.endIndex ? nil : String(query[query.utf8.index(after: end)...]))
    }

    /// Checks a token; good before its end, in whole seconds, and without one always.
    ///
    /// Countries are not looked at, because a request does not say its own.
    package func verify(_ token: AccessToken, for request: AccessRequest, at now: WallTime) -> TokenVerdict {
        guard let value = token.value(of: fieldName), !value.isEmpty else { return .missing }
        guard let text = open(value), let terms = ECTerms(text) else { return .tampered }
        if let text = terms["ec_expire"] {
            guard let end = Int64(text) else { return .tampered }
            if now.wholeSeconds >= end { return .expired }
        }
        if let list = terms["ec_url_allow"],
            !ECTerms.list(list).contains(where: { request.path.utf8.starts(with: $0.utf8) })
        {
            return .wrongPath
        }
        if let list = terms["ec_clientip"], let address = request.clientAddress {
            let isBound = ECTerms.list(list).contains { AddressBlock($0)?.contains(address) ?? false }
            if !isBound { return .wrongAddress }
        }
        return terms.allowsUse(of: request) ? .valid : .wrongUse
    }

    /// What it says, where the key is the right one.
    package func claims(of token: AccessToken) -> TokenClaims? {
        guard let value = token.value(of: fieldName), let text = open(value), let terms = ECTerms(text) else {
            return nil
        }
        var claims = TokenClaims()
        claims.expires = terms["ec_expire"].flatMap { Int64($0) }.map { .whole(seconds: $0) }
        claims.scope = terms["ec_url_allow"].map { ECTerms.list($0).map { $0 + "*" } } ?? []
        claims.addresses = terms["ec_clientip"].map(ECTerms.list) ?? []
        claims.algorithm = "AES-256-GCM"
        claims.others = terms.fields.filter { !["ec_expire", "ec_url_allow", "ec_clientip"].contains($0.name) }
        return claims
    }
}

/// The terms within an ectoken.
private struct ECTerms {
    let fields: [AccessToken.Field]

    /// Reads `name=value` with `&` between; nil for anything else.
    init?(_ bytes: [UInt8]) {
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        var fields: [AccessToken.Field] = []
        for piece in text.utf8.split(separator: UInt8(ascii: "&")) {
            guard let equals = piece.firstIndex(of: UInt8(ascii: "=")) else { return nil }
            let name = String(Substring(piece[..<equals]))
            guard !fields.contains(where: { $0.name == name }) else { return nil }
            fields.append(.init(name: name, value: String(Substring(piece[piece.index(after: equals)...]))))
        }
        self.fields = fields
    }

    subscript(name: String) -> String? { fields.first { $0.name == name }?.value }

    static func list(_ text: String) -> [String] {
        text.utf8.split(separator: UInt8(ascii: ",")).map { String(Substring($0)) }
    }

    /// Whether protocol and referring page are as the terms want them.
    func allowsUse(of request: AccessRequest) -> Bool {
        if let list = self["ec_proto_allow"], !Self.list(list).contains(request.scheme) { return false }
        if let list = self["ec_proto_deny"], Self.list(list).contains(request.scheme) { return false }
        let host = request.headers["referer"].flatMap { URIReference($0).host }
        func matches(_ list: String) -> Bool {
            Self.list(list).contains { entry in
                guard let host else { return entry == "missing" || entry == "blank" }
                return Wildcard.matches(Array(entry.lowercased().utf8), Array(host.utf8))
            }
        }
        if let list = self["ec_ref_allow"], !matches(list) { return false }
        if let list = self["ec_ref_deny"], matches(list) { return false }
        return true
    }
}
