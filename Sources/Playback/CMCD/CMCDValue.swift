import Quantities

/// A bare item of a structured field (RFC 8941 section 3.3).
package enum CMCDBareItem: Sendable, Hashable {
    /// Clamped to fifteen digits when it is written.
    case integer(Int64)
    /// Written with at most three digits behind the point; not-a-number and infinities must not be given.
    case decimal(Double)
    /// True is written as the key alone.
    case boolean(Bool)
    /// Written in quotes; what is not printable ASCII is percent-encoded, since a string cannot hold it.
    case string(String)
    /// Written as it is: a letter, then letters, digits, and `:/!#$%&'*+-.^_|~` and backquote.
    case token(String)

    /// Adds the serialisation of RFC 8941 section 4.1 to a text.
    func write(to text: inout String) {
        switch self {
        case .integer(let value): text += String(min(max(value, -Self.limit), Self.limit))
        case .decimal(let value): text += Self.decimalText(value)
        case .boolean(let value): text += value ? "?1" : "?0"
        case .string(let value): Self.writeString(value, to: &text)
        case .token(let value): text += value
        }
    }

    /// The largest integer of RFC 8941 section 3.3.1.
    private static let limit: Int64 = 999_999_999_999_999

    /// Three digits behind the point at most, half to even (RFC 8941 section 4.1.5); a whole number is written as one,
    /// as browsers write their numbers.
    private static func decimalText(_ value: Double) -> String {
        guard value.isFinite else { return "0" }
        let bounded = min(max(value, -999_999_999_999), 999_999_999_999)
        let thousandths = Int64((bounded * 1_000).rounded(.toNearestOrEven))
        let magnitude = thousandths.magnitude
        let sign = thousandths < 0 ? "-" : ""
        guard magnitude % 1_000 != 0 else { return sign + String(magnitude / 1_000) }
        var digits = String(magnitude % 1_000 + 1_000).dropFirst()
        while digits.hasSuffix("0") { digits.removeLast() }
        return sign + String(magnitude / 1_000) + "." + digits
    }

    private static func writeString(_ value: String, to text: inout String) {
        var bytes: [UInt8] = [UInt8(ascii: "\"")]
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case 0x20...0x7E: bytes.append(byte)
            default: bytes += Array("%".utf8) + [hexadecimal(byte >> 4), hexadecimal(byte & 15)]
            }
        }
        bytes.append(UInt8(ascii: "\""))
        text += String(decoding: bytes, as: UTF8.self)
    }

    private static func hexadecimal(_ digit: UInt8) -> UInt8 {
        digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "A") + digit - 10
    }
}

/// An item with its parameters, such as `3200;v` or `"seg8.m4s";r="0-1023"`.
package struct CMCDItem: Sendable, Hashable {
    /// A parameter of an item.
    package struct Parameter: Sendable, Hashable {
        /// The name, in lower case.
        package var name: String
        /// The value.
        package var value: CMCDBareItem

        /// Creates a parameter.
        package init(_ name: String, _ value: CMCDBareItem) {
            self.name = name
            self.value = value
        }
    }

    /// The value.
    package var bare: CMCDBareItem
    /// The parameters in order.
    package var parameters: [Parameter]

    /// Creates an item.
    package init(_ bare: CMCDBareItem, _ parameters: [Parameter] = []) {
        self.bare = bare
        self.parameters = parameters
    }

    /// Creates a number of one type of object, such as `3200;v`.
    package init(_ number: Int64, of type: CMCDObjectType) {
        self.init(.integer(number), [Parameter(type.rawValue, .boolean(true))])
    }

    func write(to text: inout String) {
        bare.write(to: &text)
        writeParameters(to: &text)
    }

    /// Adds the parameters to a text (RFC 8941 section 4.1.1.2): true is written as the name alone.
    func writeParameters(to text: inout String) {
        for parameter in parameters {
            text += ";" + parameter.name
            guard parameter.value != .boolean(true) else { continue }
            text += "="
            parameter.value.write(to: &text)
        }
    }

    /// Whether a text can stand in a structured field's string as it is (RFC 8941 section 3.3.3).
    static func isPrintable(_ text: String) -> Bool { text.utf8.allSatisfy { (0x20...0x7E).contains($0) } }
}

/// The value of a key.
package enum CMCDValue: Sendable, Hashable {
    /// One item.
    case item(CMCDItem)
    /// An inner list (RFC 8941 section 3.1.1); version 2 only.
    case list([CMCDItem])

    /// A whole number.
    package static func integer(_ value: Int64) -> CMCDValue { .item(CMCDItem(.integer(value))) }
    /// A number with a fraction.
    package static func decimal(_ value: Double) -> CMCDValue { .item(CMCDItem(.decimal(value))) }
    /// A truth value.
    package static func boolean(_ value: Bool) -> CMCDValue { .item(CMCDItem(.boolean(value))) }
    /// A text.
    package static func string(_ value: String) -> CMCDValue { .item(CMCDItem(.string(value))) }
    /// A word.
    package static func token(_ value: String) -> CMCDValue { .item(CMCDItem(.token(value))) }

    /// Adds `key=value`, or the key alone for true, to a dictionary's text.
    func write(as key: String, to text: inout String) {
        text += key
        switch self {
        case .item(let item) where item.bare == .boolean(true):
            item.writeParameters(to: &text)
        case .item(let item):
            text += "="
            item.write(to: &text)
        case .list(let items):
            text += "=("
            for (position, item) in items.enumerated() {
                if position > 0 { text += " " }
                item.write(to: &text)
            }
            text += ")"
        }
    }
}

/// What kind of object a request is for (`ot`).
package enum CMCDObjectType: String, Sendable, Hashable, CaseIterable {
    /// A manifest or playlist.
    case manifest = "m"
    /// Audio alone.
    case audio = "a"
    /// Video alone.
    case video = "v"
    /// Audio and video together.
    case muxed = "av"
    /// An initialization section.
    case initialization = "i"
    /// Captions or subtitles.
    case caption = "c"
    /// A timed text track in ISO base media files.
    case timedText = "tt"
    /// A key or a licence.
    case key = "k"
    /// Anything else.
    case other = "o"
}
