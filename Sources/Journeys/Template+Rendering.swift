import Quantities

/// What templates are filled in from: one viewer at one instant.
package struct TemplateScope: Sendable {
    /// What steps have kept, by name.
    package var values: [String: String]
    /// The viewers' table; nil where there is none.
    package var table: ViewerTable?
    /// The session, whose number is that of the viewer in the plan.
    package var session: SessionID
    /// The true time.
    package var now: WallTime
    /// What `{random}` is drawn from.
    package var chance: SeededGenerator

    /// Creates a scope.
    package init(
        values: [String: String] = [:], table: ViewerTable? = nil, session: SessionID, now: WallTime,
        chance: SeededGenerator
    ) {
        self.values = values
        self.table = table
        self.session = session
        self.now = now
        self.chance = chance
    }
}

/// Why a template cannot be filled in.
package enum TemplateError: Error, Sendable, Hashable {
    /// No step has kept the value yet.
    case missingValue(String)
    /// The viewer's row has no such column, or there is no row for the viewer.
    case missingColumn(String)
    /// A secret was not put in before the run.
    case missingSecret
    /// A value for a header has a control character in it, which could begin another header.
    case controlCharacter

    /// What is wrong, without a full stop and without the value.
    package var sentence: String {
        switch self {
        case .missingValue(let name): "nothing has been kept as '\(name)'"
        case .missingColumn(let name): "the viewer has no row with a column '\(name)'"
        case .missingSecret: "a secret has not been read"
        case .controlCharacter: "a value for a header has a line end or another control character in it"
        }
    }
}

extension Template {
    /// The text with everything in its place.
    ///
    /// - Parameters:
    ///   - encoding: How values are written.
    ///   - scope: What they are taken from; its chance moves on.
    /// - Returns: The text.
    /// - Throws: ``TemplateError`` when a value is not there or cannot stand where it is to.
    package func text(_ encoding: Encoding, _ scope: inout TemplateScope) throws(TemplateError) -> String {
        var result = ""
        for (position, piece) in pieces.enumerated() {
            let value: String
            switch piece {
            case .text(let text):
                result += text
                continue
            case .name(let name): value = try Self.value(of: name, &scope)
            case .secret(let secret): value = secret.text
            }
            result += try Self.encoded(value, encoding, isFirst: position == 0)
        }
        return result
    }

    private static func value(of name: Name, _ scope: inout TemplateScope) throws(TemplateError) -> String {
        switch name {
        case .value(let name):
            guard let value = scope.values[name] else { throw .missingValue(name) }
            return value
        case .viewer(let column):
            guard let value = scope.table?.value(of: column, viewer: scope.session.viewer) else {
                throw .missingColumn(column)
            }
            return value
        case .session: return String(scope.session.number)
        case .now:
            let second: Int64 = 1_000_000_000
            return String(scope.now.nanoseconds / second)
        case .random:
            let digits = String(scope.chance.next(), radix: 16)
            return String(repeating: "0", count: 16 - digits.utf8.count) + digits
        case .environment, .file: throw .missingSecret
        }
    }

    private static func encoded(
        _ value: String, _ encoding: Encoding, isFirst: Bool
    ) throws(TemplateError) -> String {
        switch encoding {
        case .raw: return value
        case .json: return escapedForJSON(value)
        case .uri: return isFirst ? value : URIReference.encoded(value)
        case .form: return URIReference.encoded(value)
        case .header:
            guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else { throw .controlCharacter }
            return value
        }
    }
}
