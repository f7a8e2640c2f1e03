/// A table (CSV, RFC 4180) whose rows belong to viewers: row `i` to viewer `i` of the plan, whatever the shard.
///
/// The first line names the columns. The text is kept as it was read, with one position for each row: a million rows of
/// 60 bytes take 64 MB. What stands in it may be tickets, so its description never shows it.
package struct ViewerTable: Sendable {
    /// The columns' names, in the order of the file.
    package let columns: [String]
    /// Whether viewers beyond the last row begin again with the first.
    package var reuses: Bool

    private let bytes: [UInt8]
    /// Where each row begins.
    private let starts: [UInt32]

    /// Why a table cannot be used.
    package enum Problem: Error, Sendable, Hashable {
        /// There is no line of names.
        case empty
        /// The file is larger than 4 GB.
        case tooLarge
        /// A name in the first line is empty or stands there twice.
        case name(String)
        /// A row has another number of fields than the first line has names; the line counts from 1.
        case fields(line: Int, found: Int, expected: Int)
        /// A quotation mark opens a field that never ends; the line counts from 1.
        case quote(line: Int)

        /// What is wrong, without a full stop and without any field.
        package var sentence: String {
            switch self {
            case .empty: "it has no line that names the columns"
            case .tooLarge: "it is larger than 4 GB"
            case .name(let name):
                name.isEmpty ? "a column in its first line has no name" : "its first line names '\(name)' twice"
            case .fields(let line, let found, let expected):
                "line \(line) has \(found) fields, and the first line names \(expected) columns"
            case .quote(let line): "line \(line) opens a quotation mark that is never closed"
            }
        }
    }

    /// Reads a table; empty lines are passed over.
    ///
    /// - Throws: ``Problem`` with the first thing that is wrong.
    package init(_ bytes: [UInt8], reuses: Bool = false) throws(Problem) {
        guard bytes.count < UInt32.max else { throw .tooLarge }
        var cursor = CSVCursor(bytes)
        var columns: [String]?
        var starts: [UInt32] = []
        while cursor.skipEmptyLines() {
            let line = cursor.line
            guard let names = columns else {
                guard let fields = cursor.fields() else { throw .quote(line: line) }
                columns = fields
                continue
            }
            starts.append(UInt32(cursor.position))
            guard let count = cursor.skipRow() else { throw .quote(line: line) }
            guard count == names.count else { throw .fields(line: line, found: count, expected: names.count) }
        }
        guard let columns else { throw .empty }
        for (position, name) in columns.enumerated() where name.isEmpty || columns[..<position].contains(name) {
            throw .name(name)
        }
        self.columns = columns
        self.bytes = bytes
        self.starts = starts
        self.reuses = reuses
    }

    /// The number of rows.
    package var count: Int { starts.count }

    /// Whether so many viewers each have a row.
    package func suffices(for viewers: Int) -> Bool { reuses ? count > 0 : count >= viewers }

    /// What stands in a column of a viewer's row.
    ///
    /// - Parameters:
    ///   - column: The column's name.
    ///   - viewer: The viewer's number in the plan, from 0.
    /// - Returns: The field without its quotation marks; nil when there is no such column or no row for the viewer.
    package func value(of column: String, viewer: UInt64) -> String? {
        guard !starts.isEmpty, let place = columns.firstIndex(of: column) else { return nil }
        let row = reuses ? viewer % UInt64(starts.count) : viewer
        guard row < UInt64(starts.count) else { return nil }
        var cursor = CSVCursor(bytes, at: Int(starts[Int(row)]))
        return cursor.field(place)
    }
}

extension ViewerTable: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// How large it is.
    package var description: String { "\(count) rows of \(columns.count) columns" }
    /// How large it is.
    package var debugDescription: String { description }
    /// A mirror without children.
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Moves through CSV field by field.
struct CSVCursor {
    private let bytes: [UInt8]
    private(set) var position: Int
    private(set) var line = 1

    init(_ bytes: [UInt8], at position: Int? = nil) {
        self.bytes = bytes
        self.position = position ?? (bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0)
    }

    /// Stands at the next line with something in it; false at the end.
    mutating func skipEmptyLines() -> Bool {
        while position < bytes.count {
            let byte = bytes[position]
            guard byte == 0x0A || byte == 0x0D else { return true }
            if byte == 0x0A { line += 1 }
            position += 1
        }
        return false
    }

    /// All fields of the row; nil when a quotation mark is not closed.
    mutating func fields() -> [String]? {
        var fields: [String] = []
        while true {
            var text: [UInt8] = []
            guard let isLast = next(into: &text) else { return nil }
            fields.append(String(decoding: text, as: UTF8.self))
            if isLast { return fields }
        }
    }

    /// Passes over the row; the number of its fields, nil when a quotation mark is not closed.
    mutating func skipRow() -> Int? {
        var count = 0
        while true {
            guard let isLast = skip() else { return nil }
            count += 1
            if isLast { return count }
        }
    }

    /// The field at a place of the row.
    mutating func field(_ place: Int) -> String? {
        for _ in 0..<place {
            guard skip() == false else { return nil }
        }
        var text: [UInt8] = []
        guard next(into: &text) != nil else { return nil }
        return String(decoding: text, as: UTF8.self)
    }

    private mutating func skip() -> Bool? {
        var nothing: [UInt8]?
        return next(into: &nothing)
    }

    private mutating func next(into text: inout [UInt8]) -> Bool? {
        var optional: [UInt8]? = text
        defer { text = optional ?? [] }
        return next(into: &optional)
    }

    /// Reads a field; true when it is the row's last, nil when a quotation mark is not closed.
    private mutating func next(into text: inout [UInt8]?) -> Bool? {
        if position < bytes.count, bytes[position] == UInt8(ascii: "\"") {
            guard readQuoted(into: &text) else { return nil }
        }
        while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: ","):
                position += 1
                return false
            case 0x0A:
                position += 1
                line += 1
                return true
            case 0x0D where position + 1 >= bytes.count || bytes[position + 1] == 0x0A:
                position += 1
            default:
                text?.append(byte)
                position += 1
            }
        }
        return true
    }

    /// Reads what stands between quotation marks, of which a doubled one is one of the text.
    private mutating func readQuoted(into text: inout [UInt8]?) -> Bool {
        position += 1
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == UInt8(ascii: "\"") {
                guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { return true }
                position += 1
            } else if byte == 0x0A {
                line += 1
            }
            text?.append(byte)
        }
        return false
    }
}
