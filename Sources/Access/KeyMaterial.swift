/// The text of a key as it was found in a variable or a file, before anybody knows what it is; never shown.
package struct KeyMaterial: Sendable {
    private let bytes: [UInt8]

    /// Keeps the content of a variable or a file.
    package init(bytes: [UInt8]) { self.bytes = bytes }

    /// Keeps a text.
    package init(_ text: String) { bytes = Array(text.utf8) }

    /// The text without white space around it; bytes that are not UTF-8 are replaced.
    var trimmedText: String {
        var text = Substring(String(decoding: bytes, as: UTF8.self))
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }

    /// True when it is text in the form of PEM (RFC 7468).
    package var isPEM: Bool { trimmedText.hasPrefix("-----BEGIN ") }

    /// The bytes of a symmetric key.
    ///
    /// - Throws: ``TokenError/invalidKey(_:)`` when it is empty or not in that encoding.
    package func secret(_ encoding: KeyEncoding) throws(TokenError) -> SecretKey {
        let text = trimmedText
        guard !text.isEmpty else { throw .invalidKey("it is empty") }
        guard !isPEM else { throw .invalidKey("it is PEM, and this scheme takes a shared key") }
        switch encoding {
        case .text: return SecretKey(bytes: text.utf8)
        case .hexadecimal: return try SecretKey(hexadecimal: text)
        case .base64:
            guard let decoded = Base64.decode(text), !decoded.isEmpty else {
                throw .invalidKey("the key must be base64, in either alphabet")
            }
            return SecretKey(bytes: decoded)
        }
    }
}

extension KeyMaterial: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Always `<secret>`.
    package var description: String { "<secret>" }
    /// Always `<secret>`.
    package var debugDescription: String { "<secret>" }
    /// A mirror without children.
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// How the text of a symmetric key is read.
package enum KeyEncoding: String, Hashable, Sendable, CaseIterable {
    /// The bytes of the text itself.
    case text
    /// Pairs of hexadecimal digits.
    case hexadecimal = "hex"
    /// Base64 in either alphabet (RFC 4648 sections 4 and 5), with or without padding.
    case base64
}

/// Base64 (RFC 4648).
enum Base64 {
    /// The alphabets.
    enum Alphabet: Sendable {
        /// `+` and `/`, padded (section 4).
        case standard
        /// `-` and `_`, padded or not (section 5).
        case url(padded: Bool)
    }

    private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)

    /// The text of bytes.
    static func encode(_ bytes: some Sequence<UInt8>, _ alphabet: Alphabet = .url(padded: false)) -> String {
        let bytes = Array(bytes)
        var last: (UInt8, UInt8)
        var isPadded: Bool
        switch alphabet {
        case .standard: (last, isPadded) = ((UInt8(ascii: "+"), UInt8(ascii: "/")), true)
        case .url(let padded): (last, isPadded) = ((UInt8(ascii: "-"), UInt8(ascii: "_")), padded)
        }
        func letter(_ value: UInt32) -> UInt8 {
            let value = Int(value & 63)
            return value < 62 ? letters[value] : value == 62 ? last.0 : last.1
        }
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var position = 0
        while position < bytes.count {
            let count = min(3, bytes.count - position)
            var group: UInt32 = 0
            for offset in 0..<3 {
                group = group << 8 | (offset < count ? UInt32(bytes[position + offset]) : 0)
            }
            for offset in 0...count { text.append(letter(group >> UInt32(18 - 6 * offset))) }
            if isPadded { for _ in count..<3 { text.append(UInt8(ascii: "=")) } }
            position += 3
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes of a text in either alphabet, with or without padding; nil when it is none.
    static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var digits = Array(text.utf8)
        for _ in 0..<2 where digits.last == UInt8(ascii: "=") { digits.removeLast() }
        guard digits.count % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count * 3 / 4)
        var group: UInt32 = 0
        var bits = 0
        for digit in digits {
            guard let value = value(of: digit) else { return nil }
            group = group << 6 | value
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: group >> UInt32(bits)))
            }
        }
        return bytes
    }

    private static func value(of digit: UInt8) -> UInt32? {
        switch digit {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(digit - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(digit - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(digit - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
        case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
        default: nil
        }
    }
}
