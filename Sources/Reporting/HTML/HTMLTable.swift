/// A table that scrolls within itself when it is too wide.
struct HTMLTable {
    /// A cell's text with an emphasis.
    struct Cell: ExpressibleByStringLiteral {
        let text: String
        /// A class of the style sheet, or `""`.
        var style = ""
        /// A smaller line below, or `""`.
        var detail = ""

        init(_ text: String, style: String = "", detail: String = "") {
            self.text = text
            self.style = style
            self.detail = detail
        }

        init(stringLiteral value: String) { self.init(value) }
    }

    private let caption: String
    private let head: [String]
    private var rows: [[Cell]] = []
    private let textColumns: Int

    /// Begins a table.
    ///
    /// - Parameters:
    ///   - caption: What it shows; read aloud, and printed above it.
    ///   - head: The column heads.
    ///   - textColumns: How many columns from the left hold text; the others hold numbers, aligned to the right.
    init(_ caption: String, _ head: [String], textColumns: Int = 1) {
        self.caption = caption
        self.head = head
        self.textColumns = textColumns
    }

    /// Adds a row; the first cell is its head.
    mutating func add(_ cells: [Cell]) { rows.append(cells) }

    /// Adds a row of plain texts.
    mutating func add(_ texts: [String]) { rows.append(texts.map { Cell($0) }) }

    var isEmpty: Bool { rows.isEmpty }

    /// The table; all texts are escaped here.
    var html: String {
        var text = "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"\(Escaping.markup(caption))\">"
        text += "<table><caption>\(Escaping.markup(caption))</caption><thead><tr>"
        for (column, name) in head.enumerated() {
            text += "<th scope=\"col\"\(column < textColumns ? "" : " class=\"n\"")>\(Escaping.markup(name))</th>"
        }
        text += "</tr></thead><tbody>"
        for row in rows {
            text += "<tr>"
            for (column, cell) in row.enumerated() {
                let styles = [column < textColumns ? "" : "n", cell.style].filter { !$0.isEmpty }.joined(separator: " ")
                let attribute = styles.isEmpty ? "" : " class=\"\(styles)\""
                text += column == 0 ? "<th scope=\"row\"\(attribute)>" : "<td\(attribute)>"
                text += Escaping.markup(cell.text)
                if !cell.detail.isEmpty { text += "<small>\(Escaping.markup(cell.detail))</small>" }
                text += column == 0 ? "</th>" : "</td>"
            }
            text += "</tr>"
        }
        return text + "</tbody></table></div>\n"
    }
}
