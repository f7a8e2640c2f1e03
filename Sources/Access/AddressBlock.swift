/// A block of IP addresses (CIDR): the addresses that begin with the same bits.
struct AddressBlock: Hashable, Sendable {
    /// The address: 4 bytes or 16.
    let bytes: [UInt8]
    /// How many leading bits count: 0 to 32 or 0 to 128.
    let prefixLength: Int

    /// Creates a block; nil when the address has neither 4 nor 16 bytes, or the prefix is longer.
    init?(bytes: [UInt8], prefixLength: Int) {
        guard bytes.count == 4 || bytes.count == 16, (0...bytes.count * 8).contains(prefixLength) else { return nil }
        self.bytes = bytes
        self.prefixLength = prefixLength
    }

    /// Reads `203.0.113.0/24`, `2001:db8::/32`, or one address without a prefix; nil for anything else.
    init?(_ text: some StringProtocol) {
        let parts = text.utf8.split(separator: UInt8(ascii: "/"), maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first.map({ String(decoding: $0, as: UTF8.self) }),
            let bytes = Self.address(first)
        else { return nil }
        guard parts.count == 2 else {
            self.init(bytes: bytes, prefixLength: bytes.count * 8)
            return
        }
        guard let length = Self.decimal(parts[1], below: 129) else { return nil }
        self.init(bytes: bytes, prefixLength: length)
    }

    /// Whether an address in text lies in the block; never for text that is none, or another family's.
    func contains(_ address: String) -> Bool {
        guard let other = Self.address(address), other.count == bytes.count else { return false }
        let whole = prefixLength / 8
        guard bytes[..<whole] == other[..<whole] else { return false }
        let rest = prefixLength % 8
        guard rest > 0 else { return true }
        return (bytes[whole] ^ other[whole]) >> UInt8(8 - rest) == 0
    }

    /// The block in text: without a prefix when it is one address.
    var text: String {
        let address: String
        if bytes.count == 4 {
            address = bytes.map { String($0) }.joined(separator: ".")
        } else {
            address = stride(from: 0, to: 16, by: 2).map { position in
                String(UInt16(bytes[position]) << 8 | UInt16(bytes[position + 1]), radix: 16)
            }.joined(separator: ":")
        }
        return prefixLength == bytes.count * 8 ? address : address + "/\(prefixLength)"
    }

    /// The 4 or 16 bytes of an address in text (RFC 4291 section 2.2 for IPv6); nil when it is none.
    static func address(_ text: String) -> [UInt8]? {
        text.utf8.contains(UInt8(ascii: ":")) ? version6(text) : version4(text.utf8)
    }

    private static func version4(_ text: some Collection<UInt8>) -> [UInt8]? {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        let bytes = parts.compactMap { decimal($0, below: 256).map { UInt8($0) } }
        return bytes.count == 4 ? bytes : nil
    }

    private static func version6(_ text: String) -> [UInt8]? {
        guard text.utf8.count <= 45 else { return nil }
        var halves: [[UInt8]] = []
        // At most one `::` stands for as many zeros as are missing.
        let pieces = text.split(separator: "::", omittingEmptySubsequences: false)
        guard pieces.count <= 2 else { return nil }
        for (position, piece) in pieces.enumerated() {
            let isLast = position == pieces.count - 1
            guard let half = groups(piece, mayEndInVersion4: isLast) else { return nil }
            halves.append(half)
        }
        let known = halves.reduce(0) { $0 + $1.count }
        if halves.count == 1 { return known == 16 ? halves[0] : nil }
        guard known <= 14 else { return nil }
        return halves[0] + [UInt8](repeating: 0, count: 16 - known) + halves[1]
    }

    private static func groups(_ text: Substring, mayEndInVersion4: Bool) -> [UInt8]? {
        guard !text.isEmpty else { return [] }
        var bytes: [UInt8] = []
        let parts = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        for (position, part) in parts.enumerated() {
            if mayEndInVersion4, position == parts.count - 1, part.contains(UInt8(ascii: ".")) {
                guard let last = version4(part) else { return nil }
                bytes += last
                continue
            }
            guard (1...4).contains(part.count) else { return nil }
            var value: UInt16 = 0
            for character in part {
                guard let digit = Hexadecimal.digit(character) else { return nil }
                value = value << 4 | UInt16(digit)
            }
            bytes += [UInt8(value >> 8), UInt8(value & 255)]
        }
        return bytes
    }

    private static func decimal(_ text: some Collection<UInt8>, below limit: Int) -> Int? {
        guard (1...3).contains(text.count), text.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        let value = text.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        return value < limit ? value : nil
    }
}
