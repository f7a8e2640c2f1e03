import Crypto

/// A signing key that never shows its bytes: not when printed, not when dumped, not in an error.
package struct SecretKey: Sendable {
    /// The bytes, in memory that is wiped when the last copy goes.
    let symmetric: SymmetricKey

    /// Creates a key from its raw bytes; an empty one is allowed here and refused by the scheme that needs more.
    package init(bytes: some Sequence<UInt8>) {
        symmetric = SymmetricKey(data: Array(bytes))
    }

    /// Creates a key from pairs of hexadecimal digits; white space around them is ignored.
    ///
    /// - Throws: ``TokenError/invalidKey(_:)`` when the text is empty, has an odd length or a character that is no
    ///   hexadecimal digit.
    package init(hexadecimal text: String) throws(TokenError) {
        var digits = Substring(text)
        while digits.first?.isWhitespace == true { digits.removeFirst() }
        while digits.last?.isWhitespace == true { digits.removeLast() }
        guard !digits.isEmpty, let bytes = Hexadecimal.decode(digits.utf8) else {
            throw .invalidKey("the key must be an even number of hexadecimal digits")
        }
        self.init(bytes: bytes)
    }

    /// The number of bytes.
    package var byteCount: Int { symmetric.bitCount / 8 }
}

extension SecretKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Always `<secret>`.
    package var description: String { "<secret>" }
    /// Always `<secret>`.
    package var debugDescription: String { "<secret>" }
    /// A mirror without children, so that `dump` shows nothing either.
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Where a key is kept: an environment variable or a file, never a profile or a command line.
package enum SecretReference: Hashable, Sendable {
    /// The environment variable of this name.
    case environment(String)
    /// The file at this path.
    case file(String)

    /// Reads `env:NAME` or `file:PATH`; nil for anything else, or when the name or path is empty.
    package init?(_ text: String) {
        if text.hasPrefix("env:"), text.utf8.count > 4 {
            self = .environment(String(text.dropFirst(4)))
        } else if text.hasPrefix("file:"), text.utf8.count > 5 {
            self = .file(String(text.dropFirst(5)))
        } else {
            return nil
        }
    }
}

/// Hexadecimal text, lower case when written, either case when read.
enum Hexadecimal {
    /// The bytes of pairs of digits; nil for an odd count or another character.
    static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        guard text.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 2)
        var high: UInt8?
        for character in text {
            guard let value = digit(character) else { return nil }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return bytes
    }

    /// Appends two digits for each byte.
    static func append(_ bytes: some Sequence<UInt8>, to text: inout [UInt8]) {
        for byte in bytes {
            text.append(character(byte >> 4))
            text.append(character(byte & 15))
        }
    }

    /// The lower-case digit of a value below 16.
    static func character(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }

    /// The value of a digit, or nil.
    static func digit(_ character: UInt8) -> UInt8? {
        switch character {
        case 0x30...0x39: character - 0x30
        case 0x41...0x46: character - 0x37
        case 0x61...0x66: character - 0x57
        default: nil
        }
    }
}
