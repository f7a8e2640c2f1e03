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

extension AccessToken {
    /// The token with `%xx` decoded in its values; nil when there is nothing to decode.
    var percentDecoded: AccessToken? {
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
