import Quantities

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Decodes small JSON documents from the network within bounds.
enum BoundedJSON {
    /// The deepest nesting of objects and arrays; what is read here needs five.
    static let maximumDepth = 32

    /// Decodes a document.
    ///
    /// - Throws: `tooLarge` for more bytes than allowed or deeper nesting, `malformed` for what is no JSON or has not
    ///   the members that are needed.
    static func decode<Value: Decodable>(
        _ type: Value.Type, from bytes: [UInt8], maximumBytes: Int, name: String
    ) throws(ManifestError) -> Value {
        guard bytes.count <= maximumBytes else {
            throw .tooLarge(detail: "the \(name) has \(bytes.count) bytes, more than \(maximumBytes)")
        }
        guard depth(of: bytes) <= maximumDepth else {
            throw .tooLarge(detail: "the \(name) is nested more than \(maximumDepth) levels deep")
        }
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch DecodingError.keyNotFound(let key, _) {
            throw .malformed(line: nil, detail: "the \(name) has no \(key.stringValue.prefix(40))")
        } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context) {
            let path = context.codingPath.map(\.stringValue).joined(separator: ".").prefix(80)
            throw .malformed(line: nil, detail: "the \(name) has a value of another type at \"\(path)\"")
        } catch {
            throw .malformed(line: nil, detail: "the \(name) is not valid JSON")
        }
    }

    /// The deepest nesting, counted outside strings.
    private static func depth(of bytes: [UInt8]) -> Int {
        var depth = 0
        var deepest = 0
        var isInString = false
        var isEscaped = false
        for byte in bytes {
            if isEscaped {
                isEscaped = false
            } else if isInString {
                isEscaped = byte == UInt8(ascii: "\\")
                isInString = byte != ASCII.quote
            } else if byte == ASCII.quote {
                isInString = true
            } else if byte == ASCII.openBrace || byte == UInt8(ascii: "[") {
                depth += 1
                deepest = max(deepest, depth)
            } else if byte == ASCII.closeBrace || byte == UInt8(ascii: "]") {
                depth -= 1
            }
        }
        return deepest
    }
}

extension TimeAmount {
    /// Seconds from a document, within what its times may be; nil for a negative number.
    init?(documentSeconds seconds: Double) {
        guard seconds >= 0 else { return nil }
        let longest = DecodingLimits.longestDuration
        self = .nanoseconds(seconds < Double(longest) / 1e9 ? TimeAmount.seconds(seconds).nanoseconds : longest)
    }
}
