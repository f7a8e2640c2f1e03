/// The variables of a playlist (rfc8216bis section 4.3): `{$name}` stands for a value that was defined before.
struct PlaylistVariables {
    /// The values by name.
    private(set) var values: [String: String] = [:]
    /// True when a tag took, or tried to take, a value from outside the playlist's bytes.
    private(set) var usesContext = false
    /// True when a tag took a value from the URI's query.
    private(set) var usesQuery = false
    private var budget: Int
    private let context: DecodingContext
    private let isMediaPlaylist: Bool
    private var importCount = 0

    /// Creates an empty set that may add so many bytes to the playlist in all.
    init(budget: Int, context: DecodingContext, isMediaPlaylist: Bool) {
        self.budget = budget
        self.context = context
        self.isMediaPlaylist = isMediaPlaylist
    }

    /// Takes an EXT-X-DEFINE tag (rfc8216bis section 4.4.2.3).
    ///
    /// - Throws: `malformed` for a name that is defined twice, for a tag without exactly one name, and for a value that
    ///   is not to be had from outside; `tooLarge` for more than 1 000 of those.
    mutating func define(_ attributes: AttributeList, in bytes: [UInt8], line: Int) throws(ManifestError) {
        let clause = "(rfc8216bis 4.4.2.3)"
        let own = attributes.text("NAME")
        let imported = attributes.text("IMPORT")
        let parameter = attributes.text("QUERYPARAM")
        usesContext = usesContext || imported != nil || parameter != nil
        let names = [own, imported, parameter].compactMap { $0 }
        guard names.count == 1, let name = names.first, Self.isName(name) else {
            let detail = "EXT-X-DEFINE needs one of NAME, IMPORT and QUERYPARAM with letters, digits, - and _ \(clause)"
            throw .malformed(line: line, detail: detail)
        }
        let value: String
        if own != nil {
            guard let range = attributes.range("VALUE") else {
                throw .malformed(line: line, detail: "EXT-X-DEFINE with NAME needs VALUE \(clause)")
            }
            value = try substituted(range, in: bytes, line: line) ?? bytes.text(range)
        } else {
            importCount += 1
            guard importCount <= ContextNeeds.maximumCount else {
                throw .tooLarge(
                    detail: "the playlist takes more than \(ContextNeeds.maximumCount) variables from outside")
            }
            value = imported != nil ? try importedValue(name, line) : try queryValue(name, line)
        }
        guard values.updateValue(value, forKey: name) == nil else {
            throw .malformed(line: line, detail: "the variable \(Self.shown(name)) is defined twice \(clause)")
        }
    }

    private func importedValue(_ name: String, _ line: Int) throws(ManifestError) -> String {
        guard isMediaPlaylist else {
            let detail = "EXT-X-DEFINE with IMPORT stands in a multivariant playlist (rfc8216bis 4.4.2.3)"
            throw .malformed(line: line, detail: detail)
        }
        guard let value = context.variables[name] else {
            let detail =
                "the variable \(Self.shown(name)) is not defined in the multivariant playlist (rfc8216bis 4.4.2.3)"
            throw .malformed(line: line, detail: detail)
        }
        return value
    }

    private mutating func queryValue(_ name: String, _ line: Int) throws(ManifestError) -> String {
        usesQuery = true
        guard let value = QueryParameter.value(of: name, in: context.uri) else {
            let detail =
                "the playlist's URI has no query parameter \(Self.shown(name)) with a value (rfc8216bis 4.4.2.3)"
            throw .malformed(line: line, detail: detail)
        }
        let isForbidden = value.utf8.contains {
            $0 == ASCII.quote || $0 == ASCII.lineFeed || $0 == ASCII.carriageReturn
        }
        guard !isForbidden else {
            let detail =
                "the query parameter \(Self.shown(name)) holds a quote or a line end (rfc8216bis 4.4.2.3)"
            throw .malformed(line: line, detail: detail)
        }
        return value
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
