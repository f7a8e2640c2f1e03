/// Lines of text for a terminal: headings, labelled values, tables.
struct TextLines {
    /// How a piece of text is shown where colours are.
    enum Emphasis {
        case strong
        case dim
        case good
        case bad
        case doubtful

        var code: String {
            switch self {
            case .strong: "1"
            case .dim: "2"
            case .good: "32"
            case .bad: "31"
            case .doubtful: "33"
            }
        }
    }

    private(set) var text = ""
    let style: InspectionText.Style

    init(_ style: InspectionText.Style) { self.style = style }

    func emphasised(_ text: String, _ emphasis: Emphasis) -> String {
        style.usesColours && !text.isEmpty ? "\u{1B}[\(emphasis.code)m\(text)\u{1B}[0m" : text
    }

    mutating func line(_ line: String = "") { text += line + "\n" }

    mutating func heading(_ title: String) {
        line()
        line(emphasised(title, .strong))
    }

    /// A label and its value, wrapped beside it.
    mutating func row(_ label: String, _ value: String) {
        let indent = 15
        let padded = "  " + label + String(repeating: " ", count: max(1, indent - 2 - label.count))
        for (index, part) in Self.wrapped(value, to: max(20, style.width - indent)).enumerated() {
            line((index == 0 ? emphasised(padded, .dim) : String(repeating: " ", count: indent)) + part)
        }
    }

    /// Text in lines of at most so many characters, broken at blanks where there are any.
    static func wrapped(_ text: String, to width: Int) -> [String] {
        var lines: [String] = []
        var current = ""
        for word in text.split(separator: " ", omittingEmptySubsequences: true) {
            if current.isEmpty {
                current = String(word)
            } else if current.count + 1 + word.count <= width {
                current += " " + word
            } else {
                lines.append(current)
                current = String(word)
            }
        }
        if !current.isEmpty || lines.isEmpty { lines.append(current) }
        return lines
    }

    /// A column of a table.
    struct Column {
        var title: String
        var isRight = false
        /// The most characters; longer values are cut in the middle.
        var limit = 40
        var cells: [String] = []

        var width: Int { max(title.count, cells.map { min($0.count, limit) }.max() ?? 0) }
        var isEmpty: Bool { cells.allSatisfy(\.isEmpty) }
    }

    /// A table of the columns that have anything in them; the last is wrapped at the line's end.
    mutating func table(_ columns: [Column]) {
        let shown = columns.filter { !$0.isEmpty }
        guard let last = shown.last else { return }
        let before = shown.dropLast().reduce(2) { $0 + $1.width + 2 }
        let rest = max(24, style.width - before)
        line(emphasised(Self.row(shown, last.title) { $0.title }, .dim))
        for index in last.cells.indices {
            let parts = Self.wrapped(last.cells[index], to: rest)
            line(Self.row(shown, parts[0]) { $0.cells[index] })
            for part in parts.dropFirst() { line(String(repeating: " ", count: before) + part) }
        }
    }

    private static func row(_ columns: [Column], _ last: String, _ cell: (Column) -> String) -> String {
        var line = "  "
        for column in columns.dropLast() {
            let text = URIText.shortened(cell(column), to: column.limit)
            let padding = String(repeating: " ", count: max(0, column.width - text.count))
            line += (column.isRight ? padding + text : text + padding) + "  "
        }
        if columns.last?.isRight == true, let width = columns.last?.width {
            line += String(repeating: " ", count: max(0, width - last.count))
        }
        line += last
        while line.last == " " { line.removeLast() }
        return line
    }
}
