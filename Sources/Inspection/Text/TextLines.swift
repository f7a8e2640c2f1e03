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

/// Amounts for people.
enum Amount {
    /// Thousands of bits per second, without the unit.
    static func kilobits(_ rate: Int64?) -> String {
        rate.map { rounded(Double($0) / 1e3, $0 < 10_000 ? 1 : 0) } ?? ""
    }

    /// `340 ms`, `2.002 s`, `12 min 5 s`, `1 h 30 min`.
    static func duration(_ seconds: Seconds) -> String {
        let value = Double(seconds.nanoseconds) / 1e9
        if value.magnitude < 1, value != 0 { return rounded(value * 1e3, 1) + " ms" }
        if value.magnitude < 120 { return rounded(value, 3) + " s" }
        let whole = seconds.nanoseconds / 1_000_000_000
        let units = [(whole / 86_400, "d"), (whole / 3_600 % 24, "h"), (whole / 60 % 60, "min"), (whole % 60, "s")]
        let text = units.filter { $0.0 != 0 }.map { "\($0.0) \($0.1)" }.joined(separator: " ")
        return text.isEmpty ? "0 s" : text
    }

    /// Seconds with three decimals, for columns.
    static func fixed(_ seconds: Seconds) -> String {
        let total = (seconds.nanoseconds.magnitude + 500_000) / 1_000_000
        let fraction = String(total % 1_000)
        let sign = seconds.nanoseconds < 0 && total > 0 ? "-" : ""
        return sign + String(total / 1_000) + "." + String(repeating: "0", count: 3 - fraction.count) + fraction
    }

    /// `1.2 MB`, powers of ten.
    static func bytes(_ count: Int64) -> String {
        switch count {
        case ..<1_000: "\(count) B"
        case ..<1_000_000: rounded(Double(count) / 1e3, 1) + " kB"
        default: rounded(Double(count) / 1e6, 1) + " MB"
        }
    }

    /// At most so many decimals, without zeros at the end.
    static func rounded(_ value: Double, _ digits: Int) -> String {
        var factor = 1.0
        for _ in 0..<digits { factor *= 10 }
        let scaled = (value * factor).rounded() / factor
        guard scaled.isFinite else { return "?" }
        return scaled == scaled.rounded() && scaled.magnitude < 9e15 ? String(Int64(scaled)) : String(scaled)
    }

    /// `1 segment`, `2 segments`.
    static func count(_ number: Int64, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
}
