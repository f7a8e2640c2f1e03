import Crypto
import Quantities

/// CDN77's secure token: an MD5 of end, path and secret, as a query parameter or as the first segment of the path.
///
/// The token is the hash in base64 with `-` and `_` and its padding, a comma, and the end in Unix seconds; where tokens
/// have no end, the hash alone. In the query it covers one file; in the path it covers a directory and all below, whose
/// path is signed without a slash at its end. Source: CDN77's knowledge base, "Secure token", and its PHP samples.
package struct CDN77: TokenScheme {
    /// Where a viewer's address is in what is hashed.
    package enum AddressPosition: String, Hashable, Sendable, CaseIterable {
        /// Addresses are not bound.
        case none
        /// Between end and path.
        case afterExpiry = "after expiry"
        /// Between path and secret.
        case afterPath = "after path"
        /// Behind the secret.
        case last
    }

    /// The resource's secret.
    package var key: SecretKey
    /// The name of the query parameter.
    package var name: String
    /// Whether tokens say when they end.
    package var saysExpiry: Bool
    /// Where the viewer's address is hashed.
    package var address: AddressPosition

    /// The scheme in the catalogue.
    package static let description = SchemeDescription(
        name: "cdn77", summary: "CDN77 secure token", keys: .symmetric, keyEncoding: .text,
        options: [
            .init("name", default: "secure", "the name of the query parameter"),
            .init(
                "expiry", default: "true", allowed: ["true", "false"],
                "whether tokens say when they end; without it they never do"),
            .init(
                "address", default: "none", allowed: AddressPosition.allCases.map(\.rawValue),
                "where the viewer's address stands in what is hashed"),
        ]
    ) { settings throws(TokenError) in
        CDN77(
            key: try settings.symmetricKey(), name: try settings.name("name"), saysExpiry: try settings.flag("expiry"),
            address: try settings.choice("address", AddressPosition.init(rawValue:)))
    }

    /// Creates the scheme with a resource's settings.
    package init(
        key: SecretKey, name: String = "secure", saysExpiry: Bool = true, address: AddressPosition = .none
    ) {
        self.key = key
        self.name = name
        self.saysExpiry = saysExpiry
        self.address = address
    }

    /// The path, which is what streams use, or the query.
    package var placements: [TokenPlacement] { [.path, .query] }
    /// One URL in the query; a directory in the path.
    package var coverage: TokenCoverage { .either }
    /// The one parameter.
    package func fieldNames(in placement: TokenPlacement) -> [String] { [name] }

    /// Signs one file for the query, or a directory for the path: that of the one URL, or that of a pattern `/dir/*`.
    ///
    /// - Throws: ``TokenError`` when the query shall cover paths, the pattern is no directory, the grant has a start or
    ///   data, or an address where none is hashed, or the other way round; or there is no key.
    package func sign(_ grant: TokenGrant, for placement: TokenPlacement) throws(TokenError) -> AccessToken {
        guard key.byteCount > 0 else { throw .invalidKey("it is empty") }
        try grant.refuse(start: true, address: address == .none, payload: true)
        if address != .none, grant.clientAddress == nil {
            throw .invalidField(name: "address", reason: "it is signed along, and is not known")
        }
        var path: String
        switch (grant.scope, placement) {
        case (.url(let uri), .path):
            path = PathSegment.directories(of: bareRequest(for: uri, in: .path).path).first ?? ""
        case (.url(let uri), _): path = bareRequest(for: uri, in: placement).path
        case (.paths(let patterns), .path):
            path = try TokenGrant.prefix(of: patterns)
            guard path.utf8.last == UInt8(ascii: "/") else {
                throw .invalidField(name: "paths", reason: "the scheme takes a directory, such as /live/*")
            }
            path.removeLast()
        case (.paths, _):
            throw .invalidField(
                name: "paths", reason: "the query covers one file only; a token in the path covers more")
        }
        let expires = saysExpiry ? String(grant.expires.wholeSeconds) : ""
        let hash = hash(expires: expires, path: path, address: grant.clientAddress)
        return AccessToken(fields: [.init(name: name, value: saysExpiry ? hash + "," + expires : hash)])
    }

    /// Puts the token into the query, or in front of the path.
    package func attach(_ token: AccessToken, to request: inout OutgoingRequest, in placement: TokenPlacement) {
        guard placement == .path, let value = token.value(of: name) else {
            return attachFields(of: token, to: &request, in: placement)
        }
        request.uri = PathSegment.attach(value, to: request.uri) { Self.split($0) != nil }
    }

    /// Finds the token in the query, or as the first segment of the path.
    package func detach(from request: AccessRequest, in placement: TokenPlacement) -> CarriedToken? {
        guard placement == .path else { return detachFields(from: request, in: placement) }
        guard let (segment, rest) = PathSegment.take(from: request.path, where: { Self.split($0) != nil }) else {
            return nil
        }
        var bare = request
        bare.path = rest
        return CarriedToken(
            token: AccessToken(fields: [.init(name: name, value: segment)]), placement: .path, request: bare)
    }

    /// Checks a token; good before its end, in whole seconds.
    ///
    /// It is right when it was made for the file or for one of its directories, the nearest 32; the directory itself is
    /// only in the signature.
    package func verify(_ token: AccessToken, for request: AccessRequest, at now: WallTime) -> TokenVerdict {
        guard let value = token.value(of: name), !value.isEmpty else { return .missing }
        guard key.byteCount > 0, let (sent, expires) = Self.split(value), saysExpiry == (expires != nil) else {
            return .tampered
        }
        let text = expires ?? ""
        let isRight = ([request.path] + PathSegment.directories(of: request.path)).contains { path in
            ConstantTime.areEqual(sent, hash(expires: text, path: path, address: request.clientAddress))
        }
        guard isRight else { return .tampered }
        guard let expires else { return .valid }
        guard let end = Int64(expires) else { return .tampered }
        return now.wholeSeconds >= end ? .expired : .valid
    }

    /// The end; path and address are only in the signature.
    package func claims(of token: AccessToken) -> TokenClaims? {
        guard let value = token.value(of: name), let (_, expires) = Self.split(value) else { return nil }
        var claims = TokenClaims()
        claims.expires = expires.flatMap { Int64($0) }.map { .whole(seconds: $0) }
        claims.algorithm = "MD5"
        return claims
    }

    private func hash(expires: String, path: String, address viewer: String?) -> String {
        let viewer = viewer ?? ""
        var message = Array(expires.utf8)
        if address == .afterExpiry { message.append(viewer) }
        message.append(path)
        if address == .afterPath { message.append(viewer) }
        message.append(key)
        if address == .last { message.append(viewer) }
        return Base64.encode(MessageDigest.md5.digest(of: message), .url(padded: true))
    }

    /// Hash and end of a token by their shape: 22 letters of base64, `==`, and perhaps a comma and digits.
    private static func split(_ value: String) -> (hash: String, expires: String?)? {
        let bytes = value.utf8
        guard bytes.count >= 24 else { return nil }
        let end = bytes.index(bytes.startIndex, offsetBy: 24)
        guard bytes[..<end].hasSuffix("=="), Base64.decode(value[..<end])?.count == 16 else { return nil }
        guard end < bytes.endIndex else { return (String(value[..<end]), nil) }
        let digits = bytes[bytes.index(after: end)...]
        guard bytes[end] == UInt8(ascii: ","), (1...19).contains(digits.count),
            digits.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return (String(value[..<end]), String(Substring(digits)))
    }
}

extension Substring.UTF8View {
    /// Whether the bytes end with those of a text.
    func hasSuffix(_ text: String) -> Bool { suffix(text.utf8.count).elementsEqual(text.utf8) }
}
