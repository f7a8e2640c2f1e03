import Crypto
import Quantities

/// bunny.net's token authentication: the current format, and the two older ones that its edges still take.
///
/// The current token is `HS256-` and base64url without padding of HMAC-SHA256(key, path, end, address bytes,
/// parameters), with `HS256-1-` when an address is bound (4 bytes of IPv4, or 16 of IPv6 with the last 64 bits zero).
/// The older ones hash key, path, end, address in text and parameters with SHA-256, or the first four with MD5. The
/// parameters are those of the URL and of the token, sorted, as decoded text; the path is `token_path` where there is
/// one. Source: github.com/BunnyWay/BunnyCDN.TokenAuthentication, its code and `e2e/vectors.json`.
package struct Bunny: TokenScheme {
    /// How tokens are made.
    package enum Format: String, Hashable, Sendable, CaseIterable {
        /// HMAC-SHA256 with the prefix `HS256-`.
        case hs256
        /// SHA-256, older.
        case sha256
        /// MD5, the oldest: one file, without parameters of its own.
        case md5
    }

    /// The zone's key.
    package let key: SecretKey
    /// How tokens are made; all formats are checked.
    package let format: Format
    /// Whether the URL's own parameters are left out of what is signed.
    package let ignoresParameters: Bool
    private let terms: [AccessToken.Field]

    /// The scheme in the catalogue.
    package static let description = SchemeDescription(
        name: "bunny", summary: "bunny.net token authentication", keys: .symmetric, keyEncoding: .text,
        options: [
            .init("format", default: "hs256", allowed: Format.allCases.map(\.rawValue), "how tokens are made"),
            .init("countries", "countries that are let in, such as NO,SE"),
            .init("countries blocked", "countries that are kept out"),
            .init("limit", "the download limit in kB/s"),
            .init(
                "ignore parameters", default: "false", allowed: ["true", "false"],
                "whether the URL's own parameters are left out of what is signed, as low-latency HLS and CMCD need"),
        ]
    ) { settings throws(TokenError) in
        try Bunny(
            key: try settings.symmetricKey(), format: try settings.choice("format", Format.init(rawValue:)),
            countries: settings.text("countries"), blockedCountries: settings.text("countries blocked"),
            limit: settings.text("limit"), ignoresParameters: try settings.flag("ignore parameters"))
    }

    /// Creates the scheme with a zone's settings.
    ///
    /// - Throws: ``TokenError/invalidOption(name:expected:)`` for a limit that is no number, or terms that the format
    ///   does not carry.
    package init(
        key: SecretKey, format: Format = .hs256, countries: String? = nil, blockedCountries: String? = nil,
        limit: String? = nil, ignoresParameters: Bool = false
    ) throws(TokenError) {
        self.key = key
        self.format = format
        self.ignoresParameters = ignoresParameters
        if let limit, Int32(limit) == nil { throw .invalidOption(name: "limit", expected: "a whole number of kB/s") }
        let pairs = [
            ("limit", limit), ("token_countries", countries), ("token_countries_blocked", blockedCountries),
        ]
        terms = pairs.compactMap { name, value in value.map { .init(name: name, value: $0) } }
        if format == .md5, !terms.isEmpty || ignoresParameters {
            throw .invalidOption(
                name: "format", expected: "hs256 or sha256, for countries, a limit or ignored parameters")
        }
        if ignoresParameters, !terms.isEmpty {
            throw .invalidOption(name: "ignore parameters", expected: "false, with countries or a limit")
        }
    }

    /// The path, which is what streams use, or the query.
    package var placements: [TokenPlacement] { [.path, .query] }
    /// One URL, or a directory.
    package var coverage: TokenCoverage { .either }
    /// All names; a token has those that it uses.
    package func fieldNames(in placement: TokenPlacement) -> [String] {
        [
            "token", "limit", "token_countries", "token_countries_blocked", "token_ignore_params", "token_path",
            "expires",
        ]
    }

    /// Signs one URL, or all paths with a beginning: `/live/*` gives the `token_path` `/live/`.
    ///
    /// - Throws: ``TokenError`` when there are several patterns or one that is no beginning, the address is none, the
    ///   grant has a start or data, or the format is MD5 and shall cover paths; or there is no key.
    package func sign(_ grant: TokenGrant, for placement: TokenPlacement) throws(TokenError) -> AccessToken {
        guard key.byteCount > 0 else { throw .invalidKey("it is empty") }
        try grant.refuse(start: true, payload: true)
        var fields = terms
        if ignoresParameters { fields.append(.init(name: "token_ignore_params", value: "true")) }
        var request = AccessRequest(path: "/")
        switch grant.scope {
        case .url(let uri): request = bareRequest(for: uri, in: placement)
        case .paths(let patterns):
            guard format != .md5 else {
                throw .invalidField(name: "paths", reason: "the MD5 format signs each URL by itself")
            }
            fields.append(.init(name: "token_path", value: try TokenGrant.prefix(of: patterns)))
        }
        if let address = grant.clientAddress, AddressBlock.address(address) == nil {
            throw .invalidField(name: "address", reason: "it is no IP address")
        }
        let expires = String(grant.expires.wholeSeconds)
        let code = code(
            format, fields: fields, expires: expires, request: request, address: grant.clientAddress)
        let prefix = format == .hs256 ? (grant.clientAddress == nil ? "HS256-" : "HS256-1-") : ""
        return AccessToken(
            fields: [.init(name: "token", value: prefix + code)]
                + fields.map { .init(name: $0.name, value: Self.encoded($0.value)) }
                + [.init(name: "expires", value: expires)])
    }

    /// Puts the token into the query, or in front of the path.
    package func attach(_ token: AccessToken, to request: inout OutgoingRequest, in placement: TokenPlacement) {
        guard placement == .path else { return replaceFields(of: token, in: &request, placement) }
        let segment = "bcdn_" + token.fields.map { $0.name + "=" + $0.value }.joined(separator: "&")
        request.uri = PathSegment.attach(segment, to: request.uri) { $0.hasPrefix("bcdn_token=") }
    }

    /// Finds the token in the query, or as the first segment of the path.
    package func detach(from request: AccessRequest, in placement: TokenPlacement) -> CarriedToken? {
        guard placement == .path else {
            let found = detachFields(from: request, in: placement)
            return found?.token.value(of: "token") == nil ? nil : found
        }
        guard
            let (segment, rest) = PathSegment.take(from: request.path, where: { $0.hasPrefix("bcdn_token=") })
        else { return nil }
        let text = String(segment.dropFirst("bcdn_".count))
        let fields = fieldNames(in: .path).compactMap { name in
            FieldList.value(of: name, in: text, separatedBy: UInt8(ascii: "&")).map {
                AccessToken.Field(name: name, value: $0)
            }
        }
        var bare = request
        bare.path = rest
        return CarriedToken(token: AccessToken(fields: fields), placement: .path, request: bare)
    }

    /// Checks a token of any format; good before its end, in whole seconds.
    ///
    /// Another address and other parameters look like a wrong signature, because they are only in it. Countries and
    /// limits are not looked at.
    package func verify(_ token: AccessToken, for request: AccessRequest, at now: WallTime) -> TokenVerdict {
        guard let sent = token.value(of: "token"), let expires = token.value(of: "expires"), !sent.isEmpty else {
            return .missing
        }
        let fields = token.fields.filter { $0.name != "token" && $0.name != "expires" }.map {
            AccessToken.Field(name: $0.name, value: PercentEncoding.decode($0.value))
        }
        guard key.byteCount > 0, isRight(sent, fields, expires, request), let end = Int64(expires) else {
            return .tampered
        }
        if now.wholeSeconds >= end { return .expired }
        if let path = fields.first(where: { $0.name == "token_path" })?.value,
            !request.path.utf8.starts(with: path.utf8)
        {
            return .wrongPath
        }
        return .valid
    }

    private func isRight(
        _ sent: String, _ fields: [AccessToken.Field], _ expires: String, _ request: AccessRequest
    ) -> Bool {
        func isCode(_ text: some StringProtocol, _ format: Format, _ address: String?) -> Bool {
            let expected = code(format, fields: fields, expires: expires, request: request, address: address)
            return ConstantTime.areEqual(text.utf8, expected.utf8)
        }
        let digits = 43
        if sent.hasPrefix("HS256-"), sent.utf8.count == "HS256-".utf8.count + digits {
            return isCode(sent.dropFirst("HS256-".count), .hs256, nil)
        }
        if sent.hasPrefix("HS256-1-"), sent.utf8.count == "HS256-1-".utf8.count + digits {
            guard let address = request.clientAddress, AddressBlock.address(address) != nil else { return false }
            return isCode(sent.dropFirst("HS256-1-".count), .hs256, address)
        }
        // The older formats do not say whether an address was hashed.
        let format = sent.utf8.count == digits ? Format.sha256 : .md5
        return [nil, request.clientAddress].contains { isCode(sent, format, $0) }
    }

    /// End, countries and the rest; the path where it is sent.
    package func claims(of token: AccessToken) -> TokenClaims? {
        guard let sent = token.value(of: "token"), let end = token.value(of: "expires").flatMap({ Int64($0) }) else {
            return nil
        }
        var claims = TokenClaims()
        claims.expires = .whole(seconds: end)
        claims.scope = token.value(of: "token_path").map { [PercentEncoding.decode($0) + "*"] } ?? []
        claims.algorithm = sent.hasPrefix("HS256-") ? "HMAC-SHA256" : sent.utf8.count == 43 ? "SHA-256" : "MD5"
        claims.others = token.fields.filter { !["token", "expires", "token_path"].contains($0.name) }.map {
            .init(name: $0.name, value: PercentEncoding.decode($0.value))
        }
        return claims
    }
}

extension Bunny {
    /// The code of a format in base64url without padding.
    private func code(
        _ format: Format, fields: [AccessToken.Field], expires: String, request: AccessRequest, address: String?
    ) -> String {
        let path = fields.first { $0.name == "token_path" }?.value ?? request.path
        var message: [UInt8] = []
        message.reserveCapacity(256)
        if format != .hs256 { message.append(key) }
        message.append(path)
        message.append(expires)
        switch format {
        case .hs256: if let address { message.append(contentsOf: Self.bound(address)) }
        case .sha256, .md5: if let address { message.append(address) }
        }
        guard format != .md5 else { return Base64.encode(MessageDigest.md5.digest(of: message)) }
        message.append(parameters(fields, request))
        return format == .hs256
            ? Base64.encode(MessageDigest.sha256.authenticationCode(of: message, key: key))
            : Base64.encode(MessageDigest.sha256.digest(of: message))
    }

    /// The token's terms and the URL's own parameters, sorted by name, as decoded text.
    private func parameters(_ fields: [AccessToken.Field], _ request: AccessRequest) -> String {
        var all = fields
        if !fields.contains(where: { $0.name == "token_ignore_params" }), let query = request.query {
            for piece in query.utf8.split(separator: UInt8(ascii: "&")) {
                let equals = piece.firstIndex(of: UInt8(ascii: "=")) ?? piece.endIndex
                let value = equals == piece.endIndex ? "" : String(Substring(piece[piece.index(after: equals)...]))
                all.append(
                    .init(
                        name: PercentEncoding.decode(String(Substring(piece[..<equals]))),
                        value: PercentEncoding.decode(value)))
            }
        }
        guard !all.isEmpty else { return "" }
        return all.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
            .map { $0.name + "=" + $0.value }.joined(separator: "&")
    }

    /// The bytes of an address that are bound: all of IPv4, the first half of IPv6 and zeros.
    private static func bound(_ address: String) -> [UInt8] {
        guard let bytes = AddressBlock.address(address) else { return [] }
        return bytes.count == 4 ? bytes : bytes.prefix(8) + [UInt8](repeating: 0, count: 8)
    }

    /// The text with all but unreserved characters percent-encoded, as Python's `quote` does it.
    private static func encoded(_ text: String) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"),
                UInt8(ascii: "~"):
                bytes.append(byte)
            default:
                bytes.append(UInt8(ascii: "%"))
                for digit in [Hexadecimal.character(byte >> 4), Hexadecimal.character(byte & 15)] {
                    bytes.append(digit >= 0x61 ? digit - 0x20 : digit)
                }
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
