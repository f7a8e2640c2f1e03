/// A JSON value whose keys keep their order, so that two summaries can be compared line by line.
enum JSONText {
    case object([(String, JSONText)])
    case array([JSONText])
    case string(String)
    case whole(Int64)
    /// Not-a-number and infinities, which JSON does not know, become null.
    case number(Double)
    case boolean(Bool)
    case null

    /// A number, or null.
    static func number(_ value: Double?) -> JSONText { value.map(JSONText.number) ?? .null }

    /// The text, two spaces for each level.
    func text() -> String {
        var result = ""
        write(to: &result, level: 0)
        return result + "\n"
    }

    private func write(to text: inout String, level: Int) {
        switch self {
        case .object(let members):
            Self.write(members, "{", "}", to: &text, level: level) { member, text in
                Self.quote(member.0, to: &text)
                text += ": "
                member.1.write(to: &text, level: level + 1)
            }
        case .array(let elements):
            Self.write(elements, "[", "]", to: &text, level: level) { element, text in
                element.write(to: &text, level: level + 1)
            }
        case .string(let value): Self.quote(value, to: &text)
        case .whole(let value): text += String(value)
        case .number(let value): text += value.isFinite ? Self.decimal(value) : "null"
        case .boolean(let value): text += value ? "true" : "false"
        case .null: text += "null"
        }
    }

    private static func write<Element>(
        _ elements: [Element], _ open: String, _ close: String, to text: inout String, level: Int,
        _ body: (Element, inout String) -> Void
    ) {
        guard !elements.isEmpty else {
            text += open + close
            return
        }
        let indent = String(repeating: "  ", count: level + 1)
        text += open + "\n"
        for (position, element) in elements.enumerated() {
            text += indent
            body(element, &text)
            text += position + 1 < elements.count ? ",\n" : "\n"
        }
        text += String(repeating: "  ", count: level) + close
    }

    /// Whole numbers without a point, others as Swift's shortest text that reads back to the same value.
    private static func decimal(_ value: Double) -> String {
        if value == value.rounded(), abs(value) < 9e15 { return String(Int64(value)) }
        return String(value)
    }

    private static func quote(_ value: String, to text: inout String) {
        text += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{0}"..."\u{1F}", "\u{7F}":
                let hex = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
