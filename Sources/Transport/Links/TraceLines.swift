/// A line of a trace file, cut into its columns.
struct TraceLine {
    /// Counted from 1.
    var number: Int
    /// The columns; never empty.
    var fields: [TraceField]

    /// The line for an error sentence: printable, in quotes, at most 40 characters.
    var quoted: String { TraceField.quoted(fields.map(\.text).joined(separator: " ")) }
}

/// One column of a line.
struct TraceField {
    var bytes: ArraySlice<UInt8>

    var text: String { String(decoding: bytes.prefix(60), as: UTF8.self) }

    /// Whether it begins like a number.
    var isNumeric: Bool { bytes.first.map { Self.isDigit($0) || "+-.".utf8.contains($0) } ?? false }

    /// A decimal number, finite; nil for anything else.
    var number: Double? {
        let isDecimal = bytes.allSatisfy { Self.isDigit($0) || "+-.eE".utf8.contains($0) }
        guard isDecimal, bytes.count <= 40, let value = Double(String(decoding: bytes, as: UTF8.self)), value.isFinite
        else { return nil }
        return value
    }

    /// A whole number, not negative; nil for anything else.
    var integer: Int64? {
        guard bytes.allSatisfy(Self.isDigit), bytes.count <= 18 else { return nil }
        return Int64(String(decoding: bytes, as: UTF8.self))
    }

    static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    static func quoted(_ text: String) -> String {
        let clean = text.unicodeScalars.prefix(40).map { $0.value >= 0x20 && $0.value < 0x7F ? Character($0) : "?" }
        return "'\(String(clean))'"
    }
}

/// The lines of a text that say something.
struct TraceLines {
    private var rest: ArraySlice<UInt8>
    private var number = 0
    /// More columns than this are one column too many in any format; the rest of a line is not cut.
    private static let fieldLimit = 16

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    /// The next line that is neither empty nor a comment; nil at the end.
    mutating func next() -> TraceLine? {
        while !rest.isEmpty {
            let line = rest.prefix { $0 != UInt8(ascii: "\n") }
            rest = rest[line.endIndex...].dropFirst()
            number += 1
            let fields = Self.cut(line)
            guard let first = fields.first, first.bytes.first != UInt8(ascii: "#") else { continue }
            return TraceLine(number: number, fields: fields)
        }
        return nil
    }

    /// Columns parted by commas or semicolons, and where there are none by blanks.
    private static func cut(_ line: ArraySlice<UInt8>) -> [TraceField] {
        let separators: [UInt8] = [UInt8(ascii: ","), UInt8(ascii: ";")]
        let hasSeparators = line.contains { separators.contains($0) }
        let parts = line.split(maxSplits: fieldLimit, omittingEmptySubsequences: !hasSeparators) {
            hasSeparators ? separators.contains($0) : LinkTraceFile.isBlank($0)
        }
        let fields = parts.map { part in
            let start = part.drop(while: LinkTraceFile.isBlank)
            let end = start.lastIndex { !LinkTraceFile.isBlank($0) }
            return TraceField(bytes: end.map { start[...$0] } ?? start.prefix(0))
        }
        return fields.allSatisfy { $0.bytes.isEmpty } ? [] : fields
    }
}
