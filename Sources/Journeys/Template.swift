import Quantities

/// A text with places for what is known only when a viewer gets there, such as `Bearer {token}`.
///
/// A place is a name in braces: a name of letters, digits, `_`, `-` and `.` that begins with a letter or `_`, or
/// `env:NAME` or `file:PATH`. Other braces are text, so that JSON can be written as it is; `{{name}}` is the text
/// `{name}`.
package struct Template: Sendable, Hashable {
    /// What stands in braces.
    package enum Name: Sendable, Hashable {
        /// A value that an earlier step kept.
        case value(String)
        /// A column of the viewer's row.
        case viewer(String)
        /// The session's number.
        case session
        /// The seconds since 1970 began, in whole numbers.
        case now
        /// 16 hexadecimal digits, others at each place and each time.
        case random
        /// A variable of the environment, which is a secret.
        case environment(String)
        /// The content of a file without white space at its end, which is a secret.
        case file(String)

        /// True for what is read once, before the run, and never shown.
        package var isSecret: Bool {
            switch self {
            case .environment, .file: true
            case .value, .viewer, .session, .now, .random: false
            }
        }
    }

    /// How values are written, so that none of them can break out of its place.
    package enum Encoding: Sendable, Hashable {
        /// As they are.
        case raw
        /// Inside a JSON string (RFC 8259 section 7).
        case json
        /// All but unreserved characters percent-encoded (RFC 3986 section 2.3), except for a value at the very begin,
        /// which is an absolute URI and stays as it is.
        case uri
        /// All but unreserved characters percent-encoded, everywhere.
        case form
        /// As they are; control characters are refused, since they could begin another header.
        case header
    }

    enum Piece: Sendable, Hashable {
        case text(String)
        case name(Name)
        case secret(SecretText)
    }

    var pieces: [Piece]

    init(pieces: [Piece]) { self.pieces = pieces }

    /// Reads a template; every text is one.
    package init(_ text: String) {
        pieces = []
        let bytes = Array(text.utf8)
        var literal: [UInt8] = []
        var position = 0
        while position < bytes.count {
            guard bytes[position] == UInt8(ascii: "{"), let (name, end) = Self.place(in: bytes, at: position) else {
                literal.append(bytes[position])
                position += 1
                continue
            }
            // A doubled pair of braces around a name is the name in braces.
            if position > 0, bytes[position - 1] == UInt8(ascii: "{"), end < bytes.count,
                bytes[end] == UInt8(ascii: "}"), literal.last == UInt8(ascii: "{")
            {
                literal += bytes[(position + 1)..<end]
                position = end + 1
                continue
            }
            if !literal.isEmpty { pieces.append(.text(String(decoding: literal, as: UTF8.self))) }
            literal = []
            pieces.append(.name(name))
            position = end
        }
        if !literal.isEmpty { pieces.append(.text(String(decoding: literal, as: UTF8.self))) }
    }

    /// The name in the braces that open at a position, and the position behind them.
    private static func place(in bytes: [UInt8], at open: Int) -> (Name, Int)? {
        guard let close = bytes[open...].firstIndex(of: UInt8(ascii: "}")) else { return nil }
        let inside = String(decoding: bytes[(open + 1)..<close], as: UTF8.self)
        guard let name = name(inside) else { return nil }
        return (name, close + 1)
    }

    private static func name(_ text: String) -> Name? {
        for (prefix, make) in [("env:", Name.environment), ("file:", Name.file)] where text.hasPrefix(prefix) {
            let rest = String(text.dropFirst(prefix.count))
            return rest.isEmpty || rest.contains(where: \.isNewline) ? nil : make(rest)
        }
        guard isName(text) else { return nil }
        switch text {
        case "session": return .session
        case "now": return .now
        case "random": return .random
        default:
            let column = text.dropFirst("viewer.".count)
            return text.hasPrefix("viewer.") && !column.isEmpty ? .viewer(String(column)) : .value(text)
        }
    }

    /// True for what can stand in braces: letters, digits, `_`, `-` and `.`, and a letter or `_` first.
    package static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, isLetter(first) || first == UInt8(ascii: "_") else { return false }
        return text.utf8.allSatisfy { byte in
            isLetter(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "_")
                || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    /// The names in it, in order.
    package var names: [Name] {
        pieces.compactMap { piece in
            if case .name(let name) = piece { name } else { nil }
        }
    }

    /// The text before the first name; all of it when there is none.
    package var literalPrefix: String {
        guard case .text(let text)? = pieces.first else { return "" }
        return text
    }

    /// True when it begins with a name.
    package var beginsWithName: Bool {
        switch pieces.first {
        case .name, .secret: true
        case .text, nil: false
        }
    }
}

/// A secret inside a template; never shown.
struct SecretText: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    let text: String

    /// Always `<secret>`.
    var description: String { "<secret>" }
    /// Always `<secret>`.
    var debugDescription: String { "<secret>" }
    /// A mirror without children.
    var customMirror: Mirror { Mirror(self, children: [:]) }
}
