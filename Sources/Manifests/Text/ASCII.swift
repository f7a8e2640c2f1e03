/// The bytes that the formats' grammars name.
enum ASCII {
    static let tab = UInt8(ascii: "\t")
    static let lineFeed = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")
    static let space = UInt8(ascii: " ")
    static let quote = UInt8(ascii: "\"")
    static let hash = UInt8(ascii: "#")
    static let dollar = UInt8(ascii: "$")
    static let plus = UInt8(ascii: "+")
    static let comma = UInt8(ascii: ",")
    static let minus = UInt8(ascii: "-")
    static let point = UInt8(ascii: ".")
    static let slash = UInt8(ascii: "/")
    static let zero = UInt8(ascii: "0")
    static let nine = UInt8(ascii: "9")
    static let colon = UInt8(ascii: ":")
    static let less = UInt8(ascii: "<")
    static let greater = UInt8(ascii: ">")
    static let ampersand = UInt8(ascii: "&")
    static let apostrophe = UInt8(ascii: "'")
    static let equals = UInt8(ascii: "=")
    static let at = UInt8(ascii: "@")
    static let openBrace = UInt8(ascii: "{")
    static let closeBrace = UInt8(ascii: "}")
}

extension [UInt8] {
    /// The text of a range; what is not UTF-8 becomes U+FFFD.
    func text(_ range: Range<Int>) -> String { String(decoding: self[range], as: UTF8.self) }

    /// True when the range holds exactly these bytes.
    func holds(_ expected: StaticString, in range: Range<Int>) -> Bool {
        range.count == expected.utf8CodeUnitCount && starts(with: expected, at: range)
    }

    /// True when both ranges hold the same bytes.
    func areEqual(_ left: Range<Int>, _ right: Range<Int>) -> Bool {
        guard left.count == right.count else { return false }
        for offset in 0..<left.count where self[left.lowerBound + offset] != self[right.lowerBound + offset] {
            return false
        }
        return true
    }

    /// True when the range begins with these bytes.
    func starts(with expected: StaticString, at range: Range<Int>) -> Bool {
        let count = expected.utf8CodeUnitCount
        guard range.count >= count else { return false }
        return expected.withUTF8Buffer { wanted in
            for offset in 0..<count where self[range.lowerBound + offset] != wanted[offset] { return false }
            return true
        }
    }

    /// The range without spaces, tabs and line ends at both ends.
    func trimmed(_ range: Range<Int>) -> Range<Int> {
        var low = range.lowerBound
        var high = range.upperBound
        while low < high, self[low].isASCIISpace { low += 1 }
        while low < high, self[high - 1].isASCIISpace { high -= 1 }
        return low..<high
    }

    /// The place of the first such bytes in a range.
    func find(_ wanted: StaticString, in range: Range<Int>) -> Int? {
        let count = wanted.utf8CodeUnitCount
        guard count > 0, range.count >= count else { return nil }
        for index in range.lowerBound...range.upperBound - count
        where starts(with: wanted, at: index..<range.upperBound) {
            return index
        }
        return nil
    }

    /// The place of the first such byte in a range.
    func first(_ byte: UInt8, in range: Range<Int>) -> Int? {
        for index in range where self[index] == byte { return index }
        return nil
    }
}

extension UInt8 {
    /// Space, tab, line feed or carriage return.
    var isASCIISpace: Bool { self == 32 || self == 9 || self == 10 || self == 13 }
    /// `0` to `9`.
    var isASCIIDigit: Bool { self &- ASCII.zero < 10 }
}
