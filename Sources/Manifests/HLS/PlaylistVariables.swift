/// The variables of a playlist (rfc8216bis section 4.3): `{$name}` stands for a value that was defined before.
struct PlaylistVariables {
    private var values: [String: String] = [:]
    private var budget: Int

    /// Creates an empty set that may add so many bytes to the playlist in all.
    init(budget: Int) { self.budget = budget }

    /// Takes an EXT-X-DEFINE tag with NAME and VALUE.
    ///
    /// - Throws: `malformed` for a name that is defined twice, for a tag without a name, and for IMPORT and QUERYPARAM:
    ///   their values come from outside the playlist's bytes, which are all that is decoded here.
    mutating func define(_ attributes: AttributeList, in bytes: [UInt8], line: Int) throws(ManifestError) {
        let clause = "(rfc8216bis 4.4.2.3)"
        for name: StaticString in ["IMPORT", "QUERYPARAM"] where attributes.range(name) != nil {
            let source = attributes.range("IMPORT") != nil ? "the multivariant playlist" : "the playlist's own URI"
            let detail = "EXT-X-DEFINE with \(name) takes a value from \(source), which is not supported \(clause)"
            throw .malformed(line: line, detail: detail)
        }
        guard let name = attributes.text("NAME"), let range = attributes.range("VALUE"), Self.isName(name) else {
            throw .malformed(line: line, detail: "EXT-X-DEFINE needs NAME and VALUE \(clause)")
        }
        let value = try substituted(range, in: bytes, line: line) ?? bytes.text(range)
        guard values.updateValue(value, forKey: name) == nil else {
            throw .malformed(line: line, detail: "the variable \(Self.shown(name)) is defined twice \(clause)")
        }
    }

    /// The text of a range with variables put in, or nil where there is none to put in; the common case costs one scan.
    ///
    /// - Throws: `malformed` for a variable that was not defined before, `tooLarge` when the budget is used up.
    mutating func substituted(
        _ range: Range<Int>, in bytes: [UInt8], line: Int
    ) throws(ManifestError) -> String? {
        guard let firstMark = reference(in: range, of: bytes) else { return nil }
        var mark: Reference? = firstMark
        var result: [UInt8] = []
        var copied = range.lowerBound
        while let (start, name, end) = mark {
            guard let value = values[bytes.text(name)] else {
                let detail =
                    "the variable \(Self.shown(bytes.text(name))) is not defined before its use (rfc8216bis 4.3)"
                throw .malformed(line: line, detail: detail)
            }
            budget -= value.utf8.count
            guard budget >= 0 else { throw .tooLarge(detail: "variables make the playlist too large") }
            result.append(contentsOf: bytes[copied..<start])
            result.append(contentsOf: value.utf8)
            copied = end
            mark = reference(in: end..<range.upperBound, of: bytes)
        }
        result.append(contentsOf: bytes[copied..<range.upperBound])
        return String(decoding: result, as: UTF8.self)
    }

    /// The first `{$name}` in a range: where it begins, its name, and the place behind it.
    private typealias Reference = (start: Int, name: Range<Int>, end: Int)
    private func reference(in range: Range<Int>, of bytes: [UInt8]) -> Reference? {
        var index = range.lowerBound
        while let start = bytes.first(ASCII.openBrace, in: index..<range.upperBound) {
            index = start + 1
            guard index < range.upperBound, bytes[index] == ASCII.dollar else { continue }
            var end = index + 1
            while end < range.upperBound, Self.isNameByte(bytes[end]) { end += 1 }
            if end > index + 1, end < range.upperBound, bytes[end] == ASCII.closeBrace {
                return (start, index + 1..<end, end + 1)
            }
        }
        return nil
    }

    private static func isName(_ name: String) -> Bool { !name.isEmpty && name.utf8.allSatisfy(isNameByte) }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), ASCII.zero...ASCII.nine,
            ASCII.minus, UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static func shown(_ name: String) -> String { "{$" + String(name.prefix(40)) + "}" }
}
