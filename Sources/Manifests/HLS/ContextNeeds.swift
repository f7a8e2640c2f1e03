import Quantities

/// Which variables a playlist takes from outside, so that its decodes can be shared by those for whom they are equal.
struct ContextNeeds: Sendable {
    /// What a context gives a playlist.
    struct Values: Hashable, Sendable {
        /// The value of each name, or nil where it has none.
        var values: [String?] = []
    }

    /// The most variables that one playlist may take from outside.
    static let maximumCount = 1_000

    private var imports: [String] = []
    private var parameters: [String] = []

    /// Looks through a playlist's EXT-X-DEFINE tags.
    init(of bytes: [UInt8]) {
        var lines = PlaylistLines(bytes)
        while let line = lines.next(), imports.count + parameters.count < Self.maximumCount {
            guard case .tag(.define, let value?) = line else { continue }
            let list = AttributeList(value, in: bytes)
            if let name = list.text("IMPORT") { imports.append(name) }
            if let name = list.text("QUERYPARAM") { parameters.append(name) }
        }
    }

    /// What a context gives the playlist.
    func values(in context: DecodingContext) -> Values {
        Values(
            values: imports.map { context.variables[$0] }
                + parameters.map { QueryParameter.value(of: $0, in: context.uri) })
    }
}

/// Reads parameters of a URI's query.
enum QueryParameter {
    /// The percent-decoded value of the first parameter with a name and a value; nil where there is none.
    ///
    /// `name=` has an empty value, `name` has none (rfc8216bis section 4.4.2.3). A plus sign stays one: the draft speaks
    /// of percent-decoding alone. What is not UTF-8 afterwards becomes U+FFFD.
    static func value(of name: String, in uri: String) -> String? {
        let text = uri.utf8.prefix { $0 != ASCII.hash }
        guard let mark = text.firstIndex(of: UInt8(ascii: "?")) else { return nil }
        let query = text[text.index(after: mark)...]
        for parameter in query.split(separator: ASCII.ampersand) {
            guard let equals = parameter.firstIndex(of: ASCII.equals) else { continue }
            let found = parameter[..<equals]
            guard found.elementsEqual(name.utf8) || decoded(found).elementsEqual(name.utf8) else { continue }
            return String(decoding: decoded(parameter[parameter.index(after: equals)...]), as: UTF8.self)
        }
        return nil
    }

    /// The bytes with `%hh` undone; what is no such escape stays.
    private static func decoded(_ text: Substring.UTF8View) -> [UInt8] {
        let bytes = Array(text)
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count, let high = hex(bytes[index + 1]),
                let low = hex(bytes[index + 2])
            {
                result.append(high << 4 | low)
                index += 3
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return result
    }

    private static func hex(_ byte: UInt8) -> UInt8? {
        switch byte {
        case ASCII.zero...ASCII.nine: byte - ASCII.zero
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
