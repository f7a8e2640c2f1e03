/// Reads CBOR (RFC 8949) that came from anywhere: never traps, goes no deeper than 16 levels, and makes no more than
/// 1024 values whatever lengths are claimed.
///
/// Heads need not be the shortest. Indefinite lengths, which deterministic tokens do not have, are not read, nor is a map
/// that has a key twice.
struct CBORReader {
    private let bytes: ArraySlice<UInt8>
    private var position: Int
    private var count = 0

    /// The value of an encoding; nil when it is not one, is too deep or too much, or something stands behind it.
    static func value(of bytes: [UInt8]) -> CBORValue? {
        var reader = CBORReader(bytes: bytes[...], position: 0)
        guard let value = reader.value(depth: 0) else { return nil }
        return reader.position == bytes.count ? value : nil
    }

    private init(bytes: ArraySlice<UInt8>, position: Int) {
        self.bytes = bytes
        self.position = position
    }

    private mutating func value(depth: Int) -> CBORValue? {
        count += 1
        guard depth < 16, count <= 1024, position < bytes.count else { return nil }
        let first = bytes[position]
        position += 1
        let (major, detail) = (first >> 5, first & 31)
        if major == 7 { return simple(detail) }
        guard let argument = argument(detail) else { return nil }
        switch major {
        case 0: return .unsigned(argument)
        case 1: return .negative(argument)
        case 2: return content(argument).map { .bytes(Array($0)) }
        case 3: return content(argument).flatMap { String(validating: $0, as: UTF8.self) }.map { .text($0) }
        case 4: return array(argument, depth: depth)
        case 5: return map(argument, depth: depth)
        default: return value(depth: depth + 1).map { .tagged(argument, $0) }
        }
    }

    private mutating func array(_ length: UInt64, depth: Int) -> CBORValue? {
        // Every value takes a byte at least, so a length that claims more than is left is no length.
        guard length <= UInt64(bytes.count - position) else { return nil }
        var values: [CBORValue] = []
        for _ in 0..<length {
            guard let value = value(depth: depth + 1) else { return nil }
            values.append(value)
        }
        return .array(values)
    }

    private mutating func map(_ length: UInt64, depth: Int) -> CBORValue? {
        guard length <= UInt64(bytes.count - position) / 2 else { return nil }
        var pairs: [CBORValue.Pair] = []
        var keys: Set<CBORValue> = []
        for _ in 0..<length {
            guard let key = value(depth: depth + 1), keys.insert(key).inserted, let value = value(depth: depth + 1)
            else { return nil }
            pairs.append(.init(key, value))
        }
        return .map(pairs)
    }

    private mutating func simple(_ detail: UInt8) -> CBORValue? {
        switch detail {
        case 20: return .boolean(false)
        case 21: return .boolean(true)
        case 22: return .null
        case 25: return big(2).map { .number(Double(Float16(bitPattern: UInt16(truncatingIfNeeded: $0)))) }
        case 26: return big(4).map { .number(Double(Float(bitPattern: UInt32(truncatingIfNeeded: $0)))) }
        case 27: return big(8).map { .number(Double(bitPattern: $0)) }
        default: return nil
        }
    }

    private mutating func argument(_ detail: UInt8) -> UInt64? {
        switch detail {
        case 0..<24: UInt64(detail)
        case 24: big(1)
        case 25: big(2)
        case 26: big(4)
        case 27: big(8)
        default: nil
        }
    }

    private mutating func big(_ length: Int) -> UInt64? {
        content(UInt64(length))?.reduce(0) { $0 << 8 | UInt64($1) }
    }

    private mutating func content(_ length: UInt64) -> ArraySlice<UInt8>? {
        guard length <= UInt64(bytes.count - position) else { return nil }
        let end = position + Int(length)
        defer { position = end }
        return bytes[position..<end]
    }
}
