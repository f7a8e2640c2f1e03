import Quantities

/// A signed token as its fields: one for most schemes, three or four for CloudFront and its kind.
///
/// It is a ticket: whoever has it gets in. So its description never shows the values.
package struct AccessToken: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// One named value, such as the query parameter `hdnts`.
    package struct Field: Hashable, Sendable {
        /// The name of the query parameter, cookie or header.
        package var name: String
        /// The value, exactly as it travels.
        package var value: String

        /// Creates a field.
        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The fields in the order of the scheme.
    package var fields: [Field]

    /// Creates a token of these fields; none means that no token is there.
    package init(fields: [Field]) { self.fields = fields }

    /// The value of the field with this name, or nil.
    package func value(of name: String) -> String? { fields.first { $0.name == name }?.value }

    /// The names with the values blackened.
    package var description: String { fields.map { $0.name + "=<secret>" }.joined(separator: "&") }
    /// The names with the values blackened.
    package var debugDescription: String { description }
    /// A mirror without children.
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// What a gate sees of a request.
package struct AccessRequest: Sendable {
    /// The path, as on the wire: not decoded, without the query.
    package var path: String
    /// The query without its question mark, as on the wire.
    package var query: String?
    /// The value of the `Cookie` header (several joined by `; `).
    package var cookies: String?
    /// Headers that may carry a token, by lower-case name.
    package var headers: [String: String]
    /// The viewer's address in text, where known.
    package var clientAddress: String?

    /// Creates the gate's view of a request.
    package init(
        path: String, query: String? = nil, cookies: String? = nil, headers: [String: String] = [:],
        clientAddress: String? = nil
    ) {
        self.path = path
        self.query = query
        self.cookies = cookies
        self.headers = headers
        self.clientAddress = clientAddress
    }
}

/// How a token travels with a request.
package enum TokenPlacement: String, Hashable, Sendable, CaseIterable {
    /// As query parameters. Relative references do not inherit them (RFC 3986 section 5.2.2).
    case query
    /// As cookies.
    case cookie
    /// As headers named after the fields.
    case header

    /// The token that a request carries in this place: the fields found among these names; nil when none is there.
    package func token(of names: [String], in request: AccessRequest) -> AccessToken? {
        let fields = names.compactMap { name in
            value(of: name, in: request).map { AccessToken.Field(name: name, value: $0) }
        }
        return fields.isEmpty ? nil : AccessToken(fields: fields)
    }

    private func value(of name: String, in request: AccessRequest) -> String? {
        switch self {
        case .query: request.query.flatMap { Self.pair(name, in: $0, separatedBy: UInt8(ascii: "&")) }
        case .cookie: request.cookies.flatMap { Self.pair(name, in: $0, separatedBy: UInt8(ascii: ";")) }
        case .header: request.headers[name.lowercased()]
        }
    }

    /// The value of the first `name=value` in a list; spaces before a name are skipped, as cookies have them.
    private static func pair(_ name: String, in text: String, separatedBy separator: UInt8) -> String? {
        for piece in text.utf8.split(separator: separator) {
            let trimmed = piece.drop { $0 == UInt8(ascii: " ") }
            guard trimmed.starts(with: name.utf8) else { continue }
            let rest = trimmed.dropFirst(name.utf8.count)
            guard rest.first == UInt8(ascii: "=") else { continue }
            return String(Substring(rest.dropFirst()))
        }
        return nil
    }
}

extension AccessToken {
    /// The URI with the token's fields appended to its query, before any fragment; nothing else of it is changed.
    package func appended(to uri: String) -> String {
        guard !fields.isEmpty else { return uri }
        let mark = uri.utf8.firstIndex(of: UInt8(ascii: "#")) ?? uri.endIndex
        var result = String(uri[..<mark])
        var separator = result.utf8.contains(UInt8(ascii: "?")) ? "&" : "?"
        for field in fields {
            result += separator + field.name + "=" + field.value
            separator = "&"
        }
        return result + uri[mark...]
    }

    /// The value of a `Cookie` header that carries the token.
    package var cookieHeader: String {
        fields.map { $0.name + "=" + $0.value }.joined(separator: "; ")
    }
}

extension TokenScheme {
    /// Checks a request: any valid token lets it in, in whatever place it travels; otherwise the first one found
    /// decides, and ``TokenVerdict/missing`` when there is none.
    ///
    /// A query parameter is tried as it came and, where that fails and it holds a percent sign, decoded once: some
    /// clients encode `=` and `~`, and some schemes have percent signs of their own.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - placements: Where to look, in order.
    ///   - now: The edge's time.
    /// - Returns: The verdict, and where the deciding token was; nil when there was none.
    package func verify(
        _ request: AccessRequest, in placements: [TokenPlacement], at now: WallTime
    ) -> (verdict: TokenVerdict, placement: TokenPlacement?) {
        var first: (TokenVerdict, TokenPlacement)?
        for placement in placements {
            guard let token = placement.token(of: fieldNames, in: request) else { continue }
            var verdict = verify(token, for: request, at: now)
            if verdict == .tampered, placement == .query, let decoded = token.percentDecoded {
                verdict = verify(decoded, for: request, at: now)
            }
            if verdict == .valid { return (.valid, placement) }
            if first == nil { first = (verdict, placement) }
        }
        return first.map { ($0.0, $0.1) } ?? (.missing, nil)
    }
}

extension AccessToken {
    /// The token with `%xx` decoded in its values; nil when there is nothing to decode.
    fileprivate var percentDecoded: AccessToken? {
        guard fields.contains(where: { $0.value.utf8.contains(UInt8(ascii: "%")) }) else { return nil }
        return AccessToken(fields: fields.map { Field(name: $0.name, value: PercentEncoding.decode($0.value)) })
    }
}

/// Percent-encoding (RFC 3986 section 2.1) on bytes.
enum PercentEncoding {
    /// The text with every well-formed `%xx` decoded; bytes that are not UTF-8 are replaced.
    static func decode(_ text: String) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        var rest = Substring(text).utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%"), rest.count >= 2,
                let value = Hexadecimal.decode(rest.prefix(2))?.first
            else {
                bytes.append(byte)
                continue
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
