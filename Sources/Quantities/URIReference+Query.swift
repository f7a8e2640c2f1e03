extension URIReference {
    /// A query parameter with its value, both not yet percent-encoded.
    package struct Parameter: Sendable, Hashable {
        /// The name.
        package var name: String
        /// The value.
        package var value: String

        /// Creates a parameter.
        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Sets query parameters of a URI: those of the same name are replaced, new ones take their place in the order of
    /// their names' bytes, as rfc8216bis section 6.2.5 wants it so that caches see one spelling.
    ///
    /// What was there before stays as it is written, byte for byte and in its order.
    ///
    /// - Parameters:
    ///   - parameters: The parameters in any order; names must not repeat.
    ///   - uri: A URI or relative reference.
    /// - Returns: The reference with the parameters; the fragment, if any, stays behind them.
    package static func setting(_ parameters: [Parameter], of uri: String) -> String {
        guard !parameters.isEmpty else { return uri }
        var reference = URIReference(uri)
        // By bytes: to Swift, an ampersand with an accent behind it is another character than one without.
        var pieces = (reference.query ?? "").utf8.split(separator: UInt8(ascii: "&")).map(Substring.init)
            .filter { piece in !parameters.contains { name(of: piece) == encoded($0.name) } }
            .map(String.init)
        for parameter in parameters.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) {
            let name = encoded(parameter.name)
            let place = pieces.firstIndex { name.utf8.lexicographicallyPrecedes(Self.name(of: $0[...]).utf8) }
            pieces.insert(name + "=" + encoded(parameter.value), at: place ?? pieces.count)
        }
        reference.query = pieces.joined(separator: "&")[...]
        return reference.text
    }

    private static func name(of piece: Substring) -> String {
        String(Substring(piece.utf8.prefix { $0 != UInt8(ascii: "=") }))
    }

    /// Percent-encodes all but the unreserved characters of RFC 3986 section 2.3.
    package static func encoded(_ text: String) -> String {
        var result: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                result.append(byte)
            default:
                result.append(UInt8(ascii: "%"))
                for digit in [byte >> 4, byte & 15] {
                    result.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "A") + digit - 10)
                }
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The text with percent-encoded bytes put back; what is no valid encoding stays as it is.
    package static func decoded(_ text: some StringProtocol) -> String {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count, let high = digit(bytes[index + 1]),
                let low = digit(bytes[index + 2])
            {
                result.append(high << 4 | low)
                index += 3
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
