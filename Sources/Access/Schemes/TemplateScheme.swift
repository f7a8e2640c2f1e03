import Crypto
import Quantities

/// A gate that nobody has listed: a hash or an HMAC over a message template, sent by a value template.
///
/// Names in the templates: `{path}`, `{uri}` (absolute, with the query), `{query}`, `{host}`, `{directory}` (without a
/// slash at its end), `{pattern}` (several joined with `!`), `{expires}`, `{issued}`, `{start}` (Unix seconds), `{ip}`,
/// `{session}`, `{data}`, `{key}` (in the message alone), and `{signature}` (in the value alone). Everything is put in
/// as it is, without any encoding.
package struct TemplateScheme: TokenScheme {
    /// The key.
    package let key: SecretKey
    let digest: MessageDigest
    let isHMAC: Bool
    let encoding: SignatureEncoding
    let message: TokenTemplate
    let fields: [(name: String, value: TokenTemplate)]
    /// True when the fields are sent with their names also in the path.
    private let namesFields: Bool
    let signatureLength: Int?
    /// The names of the message and of the value.
    private let used: Set<TokenTemplate.Name>

    private static let algorithms = [
        "hmac-sha256", "hmac-sha1", "hmac-sha512", "hmac-md5", "sha256", "sha1", "sha512", "md5",
    ]

    /// The scheme in the catalogue.
    package static let description = SchemeDescription(
        name: "template", summary: "A hash or HMAC over a message of one's own", keys: .symmetric, keyEncoding: .text,
        options: [
            .init("algorithm", default: "hmac-sha256", allowed: algorithms, "what the signature is made with"),
            .init("message", default: "{path}{expires}", "what is signed; a plain hash needs {key} in it"),
            .init(
                "signature", default: "hex", allowed: SignatureEncoding.allCases.map(\.rawValue),
                "how the signature is written"),
            .init("value", default: "{expires}_{signature}", "what is sent"),
            .init("name", default: "token", "the name of the parameter, cookie or header"),
            .init(
                "fields",
                "several fields in the place of name and value, such as token={signature}&expires={expires}; in the "
                    + "path they are sent with their names"),
        ]
    ) { settings throws(TokenError) in
        try TemplateScheme(
            key: try settings.symmetricKey(), algorithm: settings.text("algorithm") ?? "",
            message: settings.text("message") ?? "", signature: settings.text("signature") ?? "",
            value: settings.text("value") ?? "", name: try settings.name("name"), fields: settings.text("fields"))
    }

    /// Creates the scheme from its templates.
    ///
    /// - Throws: ``TokenError/invalidOption(name:expected:)`` for an unknown name or algorithm, a plain hash without
    ///   `{key}`, or a value that cannot be read back.
    package init(
        key: SecretKey, algorithm: String = "hmac-sha256", message: String = "{path}{expires}",
        signature: String = "hex", value: String = "{expires}_{signature}", name: String = "token",
        fields: String? = nil
    ) throws(TokenError) {
        let hash = algorithm.hasPrefix("hmac-") ? String(algorithm.dropFirst(5)) : algorithm
        guard Self.algorithms.contains(algorithm), let digest = MessageDigest(rawValue: hash) else {
            throw .invalidOption(name: "algorithm", expected: "one of: " + Self.algorithms.joined(separator: ", "))
        }
        guard let encoding = SignatureEncoding(rawValue: signature) else {
            let allowed = SignatureEncoding.allCases.map(\.rawValue)
            throw .invalidOption(name: "signature", expected: "one of: " + allowed.joined(separator: ", "))
        }
        self.key = key
        self.digest = digest
        self.encoding = encoding
        isHMAC = algorithm.hasPrefix("hmac-")
        namesFields = fields != nil
        signatureLength = encoding.length(of: digest.byteCount)
        self.message = try Self.message(message, isHMAC: isHMAC)
        self.fields = try Self.fields(fields ?? name + "=" + value, fields == nil ? "value" : "fields", signatureLength)
        used = self.fields.reduce(into: self.message.names) { $0.formUnion($1.value.names) }
    }

    private static func message(_ text: String, isHMAC: Bool) throws(TokenError) -> TokenTemplate {
        let names = TokenTemplate.Name.allCases.filter { $0 != .signature }.map { "{\($0.rawValue)}" }
        guard let template = TokenTemplate(text), !template.names.contains(.signature), !template.pieces.isEmpty else {
            throw .invalidOption(name: "message", expected: "a text with any of: " + names.joined(separator: ", "))
        }
        guard isHMAC || template.names.contains(.key) else {
            throw .invalidOption(
                name: "message", expected: "one with {key}, because a plain hash has no key of its own")
        }
        return template
    }

    private static func fields(
        _ text: String, _ option: String, _ signatureLength: Int?
    ) throws(TokenError) -> [(name: String, value: TokenTemplate)] {
        var fields: [(name: String, value: TokenTemplate)] = []
        let names = TokenTemplate.Name.allCases.filter { $0 != .key }.map { "{\($0.rawValue)}" }
        let expected = "a text with {signature} once and any of: " + names.joined(separator: ", ")
        let pieces = option == "value" ? [Substring(text)] : text.split(separator: "&")
        for piece in pieces {
            guard let equals = piece.utf8.firstIndex(of: UInt8(ascii: "=")), equals > piece.startIndex,
                let template = TokenTemplate(String(piece[piece.utf8.index(after: equals)...])),
                !template.names.contains(.key)
            else { throw .invalidOption(name: option, expected: expected) }
            guard template.isReadable(signatureLength: signatureLength) else {
                throw .invalidOption(name: option, expected: "one that can be read back: with a text between two names")
            }
            fields.append((String(piece[..<equals]), template))
        }
        let signatures = fields.flatMap(\.value.pieces).count { $0 == .name(.signature) }
        guard signatures == 1, Set(fields.map(\.name)).count == fields.count else {
            throw .invalidOption(name: option, expected: expected)
        }
        return fields
    }

    /// Anywhere; the first that is usual is the query.
    package var placements: [TokenPlacement] { [.query, .path, .cookie, .header] }
    /// One URL where the message holds its path, URI or query; otherwise either.
    package var coverage: TokenCoverage {
        message.names.isDisjoint(with: [.path, .uri, .query]) ? .either : .oneURL
    }
    /// The fields of the template.
    package func fieldNames(in placement: TokenPlacement) -> [String] { fields.map(\.name) }

    /// Signs a grant.
    ///
    /// - Throws: ``TokenError`` when a name of the templates has no value in the grant, a value cannot stand in its
    ///   place or would not be read back, or a binding of the grant is in neither template; or without a key.
    package func sign(_ grant: TokenGrant, for placement: TokenPlacement) throws(TokenError) -> AccessToken {
        guard key.byteCount > 0 else { throw .invalidKey("it is empty") }
        try grant.refuse(
            start: !used.contains(.start), address: !used.contains(.ip), payload: !used.contains(.data))
        var values = try self.values(of: grant, in: placement)
        for name in TokenTemplate.Name.allCases
        where name != .key && name != .signature && used.contains(name) && values[name] == nil {
            throw Self.missing(name, grant)
        }
        values[.signature] = signature(values)
        var token = AccessToken(fields: [])
        for field in fields {
            guard let text = field.value.filled(values) else { continue }
            token.fields.append(.init(name: field.name, value: text))
        }
        try check(token, values, placement)
        return token
    }

    private static func missing(_ name: TokenTemplate.Name, _ grant: TokenGrant) -> TokenError {
        switch (name, grant.scope) {
        case (.path, .paths), (.uri, .paths), (.query, .paths):
            .invalidField(
                name: "paths", reason: "the template holds {\(name.rawValue)}, so each URL is signed by itself")
        case (.directory, .paths):
            .invalidField(name: "paths", reason: "the template takes one directory, such as /live/*")
        default: .invalidField(name: name.rawValue, reason: "the template holds it, and the grant does not say it")
        }
    }

    /// Refuses values that would break the place where they are sent, or would be read back as something else.
    private func check(
        _ token: AccessToken, _ values: [TokenTemplate.Name: String], _ placement: TokenPlacement
    ) throws(TokenError) {
        let breaking: String
        switch placement {
        case .query: breaking = "&# "
        case .path: breaking = namesFields ? "&/?# " : "/?# "
        case .cookie: breaking = ";, \""
        case .header: breaking = ""
        }
        for field in token.fields {
            let isFine = field.value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F && !breaking.utf8.contains($0) }
            guard isFine else { throw .invalidField(name: field.name, reason: "it cannot stand in the \(placement)") }
        }
        guard let read = readValues(token), read.allSatisfy({ values[$0.key] == $0.value }) else {
            throw .invalidField(name: "value", reason: "a text of the template is in one of its values")
        }
    }

    /// Puts the token into the query, cookies, headers, or as a segment in front of the path.
    package func attach(_ token: AccessToken, to request: inout OutgoingRequest, in placement: TokenPlacement) {
        guard placement == .path else { return attachFields(of: token, to: &request, in: placement) }
        let pieces = token.fields.map { namesFields ? $0.name + "=" + $0.value : $0.value }
        request.uri = PathSegment.attach(pieces.joined(separator: "&"), to: request.uri) {
            self.token(inSegment: $0) != nil
        }
    }

    /// Finds the token; in the path it is a first segment of the template's form.
    package func detach(from request: AccessRequest, in placement: TokenPlacement) -> CarriedToken? {
        guard placement == .path else { return detachFields(from: request, in: placement) }
        guard let (segment, rest) = PathSegment.take(from: request.path, where: { token(inSegment: $0) != nil }),
            let token = token(inSegment: segment)
        else { return nil }
        var bare = request
        bare.path = rest
        return CarriedToken(token: token, placement: .path, request: bare)
    }

    private func token(inSegment segment: String) -> AccessToken? {
        var token = AccessToken(fields: [])
        if namesFields {
            for field in fields {
                guard let value = FieldList.value(of: field.name, in: segment, separatedBy: UInt8(ascii: "&")) else {
                    return nil
                }
                token.fields.append(.init(name: field.name, value: value))
            }
        } else if let field = fields.first {
            token.fields.append(.init(name: field.name, value: segment))
        }
        return readValues(token) == nil ? nil : token
    }

    /// The values of a token by its templates; nil when it is not of their form, or a time is no number.
    func readValues(_ token: AccessToken) -> [TokenTemplate.Name: String]? {
        var values: [TokenTemplate.Name: String] = [:]
        for field in fields {
            guard let text = token.value(of: field.name),
                let read = field.value.values(of: Substring(text), signatureLength: signatureLength)
            else { return nil }
            for (name, value) in read {
                guard values[name] == nil || values[name] == value else { return nil }
                values[name] = value
            }
        }
        for name in [TokenTemplate.Name.expires, .issued, .start] {
            if let text = values[name], Int64(text) == nil { return nil }
        }
        return values
    }

    func signature(_ values: [TokenTemplate.Name: String]) -> String? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(256)
        for piece in message.pieces {
            switch piece {
            case .literal(let text): bytes.append(text)
            case .name(.key): bytes.append(key)
            case .name(let name):
                guard let value = values[name] else { return nil }
                bytes.append(value)
            }
        }
        let code = isHMAC ? digest.authenticationCode(of: bytes, key: key) : digest.digest(of: bytes)
        return encoding.text(of: code)
    }
}
