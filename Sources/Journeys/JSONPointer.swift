/// A place in a JSON document (RFC 6901), and the reading of what stands there.
///
/// Documents come from the network: they are read in one pass without being built, and a nesting deeper than
/// ``maximumDepth`` is not followed.
package struct JSONPointer: Sendable, Hashable {
    /// The deepest nesting of objects and arrays that is read.
    package static let maximumDepth = 64

    /// The names and array positions from the root on.
    package let tokens: [String]

    /// Reads a pointer such as `/a/0/b`, or the form `$.a[0].b`; nil for anything else.
    ///
    /// `~1` stands for a slash and `~0` for a tilde in a name. The empty text and `$` mean the whole document.
    package init?(_ text: String) {
        if text.isEmpty || text == "$" {
            tokens = []
        } else if text.hasPrefix("/") {
            guard let tokens = Self.slashed(text) else { return nil }
            self.tokens = tokens
        } else if text.hasPrefix("$") {
            guard let tokens = Self.dotted(text.dropFirst()) else { return nil }
            self.tokens = tokens
        } else {
            return nil
        }
    }

    private static func slashed(_ text: String) -> [String]? {
        var tokens: [String] = []
        for raw in text.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            var token: [UInt8] = []
            var rest = raw
            while let byte = rest.popFirst() {
                guard byte == UInt8(ascii: "~") else {
                    token.append(byte)
                    continue
                }
                switch rest.popFirst() {
                case UInt8(ascii: "0"): token.append(UInt8(ascii: "~"))
                case UInt8(ascii: "1"): token.append(UInt8(ascii: "/"))
                default: return nil
                }
            }
            tokens.append(String(decoding: token, as: UTF8.self))
        }
        return tokens
    }

    private static func dotted(_ text: Substring) -> [String]? {
        var tokens: [String] = []
        var rest = text
        while let first = rest.first {
            rest = rest.dropFirst()
            if first == "." {
                let name = rest.prefix { $0 != "." && $0 != "[" }
                guard !name.isEmpty else { return nil }
                tokens.append(String(name))
                rest = rest.dropFirst(name.count)
            } else if first == "[" {
                guard let close = rest.firstIndex(of: "]") else { return nil }
                let inside = rest[..<close]
                guard !inside.isEmpty else { return nil }
                let isQuoted = inside.count > 2 && (inside.first == "'" || inside.first == "\"")
                guard !isQuoted || inside.first == inside.last else { return nil }
                guard isQuoted || inside.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
                tokens.append(String(isQuoted ? inside.dropFirst().dropLast() : inside))
                rest = rest[rest.index(after: close)...]
            } else {
                return nil
            }
        }
        return tokens
    }

    /// The string, number or truth value at the place, as text; nil when there is none, or an object, an array or null.
    package func scalar(in document: [UInt8]) -> String? {
        var reader = JSONReader(document)
        return reader.scalar(at: tokens)
    }
}

/// Reads one value of a JSON document.
struct JSONReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    /// The scalar that the tokens lead to.
    mutating func scalar(at tokens: [String]) -> String? {
        for token in tokens.prefix(JSONPointer.maximumDepth) {
            skipSpace()
            switch peek {
            case UInt8(ascii: "{"): guard enterMember(token) else { return nil }
            case UInt8(ascii: "["): guard enterElement(token) else { return nil }
            default: return nil
            }
        }
        guard tokens.count <= JSONPointer.maximumDepth else { return nil }
        skipSpace()
        guard let first = peek else { return nil }
        if first == UInt8(ascii: "\"") { return string() }
        guard first != UInt8(ascii: "{"), first != UInt8(ascii: "[") else { return nil }
        guard let word = word(), word != "null" else { return nil }
        return word
    }

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    /// Stands before the value of an object's member afterwards; false when there is none.
    private mutating func enterMember(_ name: String) -> Bool {
        position += 1
        while true {
            skipSpace()
            guard peek == UInt8(ascii: "\""), let found = string() else { return false }
            skipSpace()
            guard take(UInt8(ascii: ":")) else { return false }
            if found == name { return true }
            guard skipValue() else { return false }
            skipSpace()
            guard take(UInt8(ascii: ",")) else { return false }
        }
    }

    /// Stands before an array's element afterwards; false when there is none.
    private mutating func enterElement(_ token: String) -> Bool {
        // RFC 6901 section 4: no leading zeros.
        guard let index = Int(token), String(index) == token, index >= 0 else { return false }
        position += 1
        skipSpace()
        guard peek != UInt8(ascii: "]") else { return false }
        for _ in 0..<index {
            guard skipValue() else { return false }
            skipSpace()
            guard take(UInt8(ascii: ",")) else { return false }
        }
        return true
    }

    /// Passes over a value of any kind; false where the document is broken or too deep.
    private mutating func skipValue() -> Bool {
        var depth = 0
        repeat {
            skipSpace()
            guard let byte = peek else { return false }
            switch byte {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                guard depth <= JSONPointer.maximumDepth else { return false }
                position += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                guard depth >= 0 else { return false }
                position += 1
            case UInt8(ascii: "\""):
                guard string() != nil else { return false }
            case UInt8(ascii: ","), UInt8(ascii: ":"):
                guard depth > 0 else { return false }
                position += 1
            default:
                guard word() != nil else { return false }
            }
        } while depth > 0
        return true
    }

    /// A number, `true`, `false` or `null`, as it is written.
    private mutating func word() -> String? {
        let start = position
        while let byte = peek, byte > 0x20, byte != UInt8(ascii: ","), byte != UInt8(ascii: "}"),
            byte != UInt8(ascii: "]"), byte != UInt8(ascii: ":"), byte != UInt8(ascii: "\"")
        {
            position += 1
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        let isKnown = text == "true" || text == "false" || text == "null" || Double(text)?.isFinite == true
        return isKnown ? text : nil
    }

    /// A string's text; nil where it does not end or has an escape that is none.
    private mutating func string() -> String? {
        position += 1
        var text: [UInt8] = []
        while let byte = peek {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let escaped = escape() else { return nil }
                text += escaped
            default: text.append(byte)
            }
        }
        return nil
    }

    private mutating func escape() -> [UInt8]? {
        guard let byte = peek else { return nil }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"):
            guard var scalar = fourDigits() else { return nil }
            if (0xD800..<0xDC00).contains(scalar), peek == UInt8(ascii: "\\"), position + 1 < bytes.count,
                bytes[position + 1] == UInt8(ascii: "u")
            {
                position += 2
                guard let low = fourDigits(), (0xDC00..<0xE000).contains(low) else { return nil }
                scalar = 0x10000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
            }
            return Array(String(UnicodeScalar(scalar) ?? "\u{FFFD}").utf8)
        default: return nil
        }
    }

    private mutating func fourDigits() -> UInt32? {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = peek, let digit = Character(UnicodeScalar(byte)).hexDigitValue, byte < 0x80 else {
                return nil
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }
}
