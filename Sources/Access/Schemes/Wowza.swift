import Crypto
import Quantities

/// Wowza SecureToken version 2: a hash of the stream's path and the sorted parameters, among them the secret.
///
/// What is hashed is `app/instance/stream?` and then the secret, the viewer's address where it is bound, and each
/// parameter `<prefix>name=value`, sorted as whole strings and joined with `&`. The token is the parameters and
/// `<prefix>hash`. It covers the whole stream, whatever file of it is asked for. Source: Wowza's documentation of
/// SecureToken, and what its users found.
package struct Wowza: TokenScheme {
    /// Whether the application's instance is part of what is hashed.
    package enum Instance: String, Hashable, Sendable, CaseIterable {
        /// As it is in the URL.
        case asInURL = "as in the URL"
        /// `_definst_` where the URL has none.
        case always
        /// Never: `_definst_` is left out.
        case never
    }

    /// The shared secret.
    package var key: SecretKey
    /// What the names of its parameters begin with.
    package let prefix: String
    /// The rule for the instance.
    package let instance: Instance
    private let algorithm: MessageDigest
    private let parameters: [AccessToken.Field]

    /// The scheme in the catalogue.
    package static let description = SchemeDescription(
        name: "wowza", summary: "Wowza SecureToken", keys: .symmetric, keyEncoding: .text,
        options: [
            .init("prefix", default: "wowzatoken", "what the names of the parameters begin with"),
            .init("algorithm", default: "sha256", allowed: ["sha256", "sha384", "sha512"], "the hash"),
            .init(
                "instance", default: "as in the URL", allowed: Instance.allCases.map(\.rawValue),
                "whether the application's instance is hashed: always adds _definst_, never leaves it out"),
            .init(
                "parameters", "own parameters that are signed along, without the prefix, such as Customer=7&Tier=gold"),
        ]
    ) { settings throws(TokenError) in
        try Wowza(
            key: try settings.symmetricKey(), prefix: try settings.name("prefix"),
            algorithm: settings.text("algorithm") ?? "",
            instance: try settings.choice("instance", Instance.init(rawValue:)),
            parameters: settings.text("parameters") ?? "")
    }

    /// Creates the scheme with an application's settings.
    ///
    /// - Throws: ``TokenError/invalidOption(name:expected:)`` for another algorithm, or parameters that are not
    ///   `name=value` with `&` between.
    package init(
        key: SecretKey, prefix: String = "wowzatoken", algorithm: String = "sha256", instance: Instance = .asInURL,
        parameters: String = ""
    ) throws(TokenError) {
        guard let digest = MessageDigest(rawValue: algorithm), digest.byteCount >= 32 else {
            throw .invalidOption(name: "algorithm", expected: "one of: sha256, sha384, sha512")
        }
        self.key = key
        self.prefix = prefix
        self.algorithm = digest
        self.instance = instance
        var fields: [AccessToken.Field] = []
        for piece in parameters.split(separator: "&") {
            let isPlain = piece.utf8.allSatisfy { (0x21...0x7E).contains($0) && !"#&".utf8.contains($0) }
            guard let equals = piece.firstIndex(of: "="), equals > piece.startIndex, isPlain else {
                throw .invalidOption(name: "parameters", expected: "name=value, with & between several")
            }
            fields.append(
                .init(name: prefix + piece[..<equals], value: String(piece[piece.index(after: equals)...])))
        }
        self.parameters = fields
    }

    /// The query.
    package var placements: [TokenPlacement] { [.query] }
    /// One stream, given by a URL of it or by its directory.
    package var coverage: TokenCoverage { .either }
    /// Start, end, the site's own parameters, and the hash.
    package func fieldNames(in placement: TokenPlacement) -> [String] {
        parameters.map(\.name) + [prefix + "starttime", prefix + "endtime", prefix + "hash"]
    }

    /// Signs the stream that a URL belongs to, or the one of a pattern `/app/stream/*`.
    ///
    /// - Throws: ``TokenError`` when there are several patterns or one that is no directory, the grant has data, or
    ///   there is no key.
    package func sign(_ grant: TokenGrant, for placement: TokenPlacement) throws(TokenError) -> AccessToken {
        guard key.byteCount > 0 else { throw .invalidKey("it is empty") }
        try grant.refuse(payload: true)
        let path: String
        switch grant.scope {
        case .url(let uri): path = AccessRequest(uri: uri).path
        case .paths(let patterns): path = try TokenGrant.prefix(of: patterns)
        }
        var fields = parameters
        let end = try grant.checkedExpiry()
        if let start = grant.notBefore?.wholeSeconds {
            fields.append(.init(name: prefix + "starttime", value: String(start)))
        }
        fields.append(.init(name: prefix + "endtime", value: String(end)))
        let hash = hash(of: contentPath(path), fields, address: grant.clientAddress)
        return AccessToken(fields: fields + [.init(name: prefix + "hash", value: hash)])
    }

    /// Puts the token into the query, in the place of everything there that begins with the prefix.
    package func attach(_ token: AccessToken, to request: inout OutgoingRequest, in placement: TokenPlacement) {
        let old = Self.fields(of: AccessRequest(uri: request.uri), prefix: prefix).map(\.name)
        request.uri = token.appended(to: Self.removing(old, fromQueryOf: request.uri))
    }

    /// Finds everything in the query that begins with the prefix.
    package func detach(from request: AccessRequest, in placement: TokenPlacement) -> CarriedToken? {
        let fields = Self.fields(of: request, prefix: prefix)
        guard placement == .query, !fields.isEmpty else { return nil }
        var bare = request
        bare.query = request.query.flatMap {
            FieldList.removing(fields.map(\.name), from: $0, separatedBy: UInt8(ascii: "&"))
        }
        return CarriedToken(token: AccessToken(fields: fields), placement: .query, request: bare)
    }

    private static func fields(of request: AccessRequest, prefix: String) -> [AccessToken.Field] {
        guard let query = request.query else { return [] }
        return query.utf8.split(separator: UInt8(ascii: "&")).compactMap { piece in
            guard piece.starts(with: prefix.utf8), let equals = piece.firstIndex(of: UInt8(ascii: "=")) else {
                return nil
            }
            return .init(
                name: String(Substring(piece[..<equals])),
                value: String(Substring(piece[piece.index(after: equals)...])))
        }
    }

    /// Checks a token; good while `start <= now < end`, in whole seconds; an end of 0 is never.
    ///
    /// Whether an address was hashed is not in the token: it is right with the viewer's address and without.
    package func verify(_ token: AccessToken, for request: AccessRequest, at now: WallTime) -> TokenVerdict {
        guard let sent = token.value(of: prefix + "hash"), !sent.isEmpty else { return .missing }
        let fields = token.fields.filter { $0.name != prefix + "hash" }
        let path = contentPath(request.path)
        guard key.byteCount > 0, Set(token.fields.map(\.name)).count == token.fields.count else { return .tampered }
        let isRight = [nil, request.clientAddress].contains { address in
            ConstantTime.areEqual(sent, hash(of: path, fields, address: address))
        }
        guard isRight, let end = seconds("endtime", of: token), let start = seconds("starttime", of: token) else {
            return .tampered
        }
        if now.wholeSeconds < start { return .notYetValid }
        return end != 0 && now.wholeSeconds >= end ? .expired : .valid
    }

    /// A time of the token; 0 when it is not there, nil when it is no number.
    private func seconds(_ name: String, of token: AccessToken) -> Int64? {
        guard let text = token.value(of: prefix + name) else { return 0 }
        return Int64(text)
    }

    /// The times and the site's own parameters.
    package func claims(of token: AccessToken) -> TokenClaims? {
        guard let hash = token.value(of: prefix + "hash") else { return nil }
        var claims = TokenClaims()
        for field in token.fields where field.name != prefix + "hash" {
            switch field.name {
            case prefix + "endtime":
                claims.expires = Int64(field.value).flatMap { $0 == 0 ? nil : .whole(seconds: $0) }
            case prefix + "starttime":
                claims.notBefore = Int64(field.value).flatMap { $0 == 0 ? nil : .whole(seconds: $0) }
            default: claims.others.append(field)
            }
        }
        claims.algorithm = [44: "SHA-256", 64: "SHA-384", 88: "SHA-512"][hash.utf8.count]
        return claims
    }

    private func hash(of path: String, _ fields: [AccessToken.Field], address: String?) -> String {
        var pieces = fields.map { Array(($0.name + "=" + $0.value).utf8) }
        var secret: [UInt8] = []
        secret.append(key)
        pieces.append(secret)
        if let address { pieces.append(Array(address.utf8)) }
        pieces.sort { $0.lexicographicallyPrecedes($1) }
        let message = Array(path.utf8) + [UInt8(ascii: "?")] + pieces.joined(separator: [UInt8(ascii: "&")])
        return Base64.encode(algorithm.digest(of: message), .url(padded: true))
    }
}

extension Wowza {
    /// Names at the end of a URL that belong to the delivery and not to the stream.
    private static let deliveredExtensions = [
        ".m3u8", ".mpd", ".ts", ".m4s", ".m4v", ".m4a", ".m4f", ".m4i", ".cmfv", ".cmfa", ".aac", ".vtt", ".webvtt",
        ".key", ".f4m",
    ]

    /// `app/instance/stream` of a path: without the first slash and without the file that is delivered.
    func contentPath(_ path: String) -> String {
        var parts = path.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
        if parts.count > 2, let last = parts.last?.lowercased(),
            last == "manifest" || Self.deliveredExtensions.contains(where: last.hasSuffix)
        {
            parts.removeLast()
        }
        let standard = "_definst_"
        switch instance {
        case .asInURL: break
        case .always:
            let hasInstance =
                parts.count > 1 && parts[1].utf8.count > 2 && parts[1].hasPrefix("_") && parts[1].hasSuffix("_")
            if !hasInstance, parts.count > 1 { parts.insert(standard, at: 1) }
        case .never: if parts.count > 1, parts[1] == standard { parts.remove(at: 1) }
        }
        return parts.joined(separator: "/")
    }
}
