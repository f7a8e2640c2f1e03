#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A policy of CloudFront: one statement of what may be had, from when until when, and from where.
struct CloudFrontPolicy: Hashable, Sendable {
    /// The absolute URI, with wildcards; nil stands for everything.
    var resource: String?
    /// The end in Unix seconds.
    var expires: Int64
    /// The start in Unix seconds.
    var starts: Int64?
    /// A block of IPv4 addresses, such as `192.0.2.0/24`.
    var source: String?

    /// The text without white space, its members in the order in which the SDKs write them.
    ///
    /// - Precondition: The resource has no characters that JSON escapes.
    var text: String {
        var conditions = [#""DateLessThan":{"AWS:EpochTime":\#(expires)}"#]
        if let source { conditions.append(#""IpAddress":{"AWS:SourceIp":"\#(source)"}"#) }
        if let starts { conditions.append(#""DateGreaterThan":{"AWS:EpochTime":\#(starts)}"#) }
        let condition = conditions.joined(separator: ",")
        return #"{"Statement":[{"Resource":"\#(resource ?? "*")","Condition":{\#(condition)}}]}"#
    }

    /// Creates a policy.
    init(resource: String, expires: Int64, starts: Int64? = nil, source: String? = nil) {
        self.resource = resource
        self.expires = expires
        self.starts = starts
        self.source = source
    }

    /// Reads a policy; nil for what CloudFront refuses: another form, several statements, a condition that it does not
    /// know, or no end.
    init?(json: [UInt8]) {
        guard json.count <= 16_384, let document = try? JSONDecoder().decode(Document.self, from: Data(json)),
            document.Statement.count == 1, let statement = document.Statement.first
        else { return nil }
        resource = statement.Resource
        var end: Int64?
        for (name, operands) in statement.Condition {
            guard operands.count == 1, let operand = operands.first else { return nil }
            switch (name, operand.key, operand.value) {
            case ("DateLessThan", "AWS:EpochTime", .number(let seconds)): end = seconds
            case ("DateGreaterThan", "AWS:EpochTime", .number(let seconds)): starts = seconds
            case ("IpAddress", "AWS:SourceIp", .text(let block)): source = block
            default: return nil
            }
        }
        guard let end else { return nil }
        expires = end
    }

    private struct Document: Decodable {
        struct Statement: Decodable {
            var Resource: String?
            var Condition: [String: [String: Operand]]
        }
        var Statement: [Statement]
    }

    private enum Operand: Decodable {
        case number(Int64)
        case text(String)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let number = try? container.decode(Int64.self) {
                self = .number(number)
            } else {
                self = .text(try container.decode(String.self))
            }
        }
    }
}

/// CloudFront's own base64: `-` for `+`, `_` for `=`, `~` for `/`.
enum CloudFrontBase64 {
    /// The text of bytes.
    static func encode(_ bytes: some Sequence<UInt8>) -> String {
        String(
            decoding: Base64.encode(bytes, .standard).utf8.map { byte in
                switch byte {
                case UInt8(ascii: "+"): UInt8(ascii: "-")
                case UInt8(ascii: "="): UInt8(ascii: "_")
                case UInt8(ascii: "/"): UInt8(ascii: "~")
                default: byte
                }
            }, as: UTF8.self)
    }

    /// The bytes of a text; nil when it is not exactly what ``encode(_:)`` gives for them.
    static func decode(_ text: String) -> [UInt8]? {
        let standard = String(
            decoding: text.utf8.map { byte in
                switch byte {
                case UInt8(ascii: "-"): UInt8(ascii: "+")
                case UInt8(ascii: "_"): UInt8(ascii: "=")
                case UInt8(ascii: "~"): UInt8(ascii: "/")
                default: byte
                }
            }, as: UTF8.self)
        guard let bytes = Base64.decode(standard), encode(bytes) == text else { return nil }
        return bytes
    }
}
