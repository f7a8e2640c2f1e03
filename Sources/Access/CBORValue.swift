/// A CBOR value (RFC 8949), as far as web tokens have them.
enum CBORValue: Hashable, Sendable {
    case unsigned(UInt64)
    /// The number minus one minus this.
    case negative(UInt64)
    case bytes([UInt8])
    case text(String)
    case array([CBORValue])
    case map([Pair])
    indirect case tagged(UInt64, CBORValue)
    case boolean(Bool)
    case null
    case number(Double)

    /// A key and its value.
    struct Pair: Hashable, Sendable {
        var key: CBORValue
        var value: CBORValue

        init(_ key: CBORValue, _ value: CBORValue) {
            self.key = key
            self.value = value
        }
    }

    /// A whole number.
    static func integer(_ value: Int64) -> CBORValue {
        value >= 0 ? .unsigned(UInt64(value)) : .negative(UInt64(-1 - value))
    }

    /// The value of a map's whole-numbered key; nil when it is not there or this is no map.
    subscript(key: Int64) -> CBORValue? {
        guard case .map(let pairs) = self else { return nil }
        let key = CBORValue.integer(key)
        return pairs.first { $0.key == key }?.value
    }

    /// The whole number, where it fits.
    var integer: Int64? {
        switch self {
        case .unsigned(let value): Int64(exactly: value)
        case .negative(let value): Int64(exactly: value).map { -1 - $0 }
        case .bytes, .text, .array, .map, .tagged, .boolean, .null, .number: nil
        }
    }

    /// The text of a text string.
    var text: String? {
        guard case .text(let text) = self else { return nil }
        return text
    }

    /// The content of a byte string.
    var byteString: [UInt8]? {
        guard case .bytes(let bytes) = self else { return nil }
        return bytes
    }

    /// The elements of an array.
    var elements: [CBORValue]? {
        guard case .array(let values) = self else { return nil }
        return values
    }

    /// The pairs of a map.
    var pairs: [Pair]? {
        guard case .map(let pairs) = self else { return nil }
        return pairs
    }

    /// The deterministic encoding (RFC 8949 section 4.2.1).
    ///
    /// Heads are the shortest, lengths definite, and keys in the order of their encoded bytes. Fractional numbers are
    /// always of 64 bits.
    var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(128)
        append(to: &bytes)
        return bytes
    }

    private func append(to bytes: inout [UInt8]) {
        switch self {
        case .unsigned(let value): Self.appendHead(0, value, to: &bytes)
        case .negative(let value): Self.appendHead(1, value, to: &bytes)
        case .bytes(let content):
            Self.appendHead(2, UInt64(content.count), to: &bytes)
            bytes += content
        case .text(let text):
            Self.appendHead(3, UInt64(text.utf8.count), to: &bytes)
            bytes.append(contentsOf: text.utf8)
        case .array(let values):
            Self.appendHead(4, UInt64(values.count), to: &bytes)
            for value in values { value.append(to: &bytes) }
        case .map(let pairs):
            Self.appendHead(5, UInt64(pairs.count), to: &bytes)
            let sorted = pairs.map { ($0.key.encoded, $0.value) }.sorted { $0.0.lexicographicallyPrecedes($1.0) }
            for (key, value) in sorted {
                bytes += key
                value.append(to: &bytes)
            }
        case .tagged(let tag, let value):
            Self.appendHead(6, tag, to: &bytes)
            value.append(to: &bytes)
        case .boolean(let value): bytes.append(value ? 0xF5 : 0xF4)
        case .null: bytes.append(0xF6)
        case .number(let value):
            bytes.append(0xFB)
            Self.append(value.bitPattern, count: 8, to: &bytes)
        }
    }

    private static func appendHead(_ major: UInt8, _ value: UInt64, to bytes: inout [UInt8]) {
        let top = major << 5
        switch value {
        case 0..<24: bytes.append(top | UInt8(value))
        case 24..<0x100:
            bytes.append(top | 24)
            append(value, count: 1, to: &bytes)
        case 0x100..<0x1_0000:
            bytes.append(top | 25)
            append(value, count: 2, to: &bytes)
        case 0x1_0000..<0x1_0000_0000:
            bytes.append(top | 26)
            append(value, count: 4, to: &bytes)
        default:
            bytes.append(top | 27)
            append(value, count: 8, to: &bytes)
        }
    }

    private static func append(_ value: UInt64, count: Int, to bytes: inout [UInt8]) {
        for position in (0..<count).reversed() {
            bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(position * 8)))
        }
    }
}
