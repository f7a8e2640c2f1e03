import Quantities

/// A chart of columns for a terminal.
struct BlockChart {
    /// Columns of text for the values; at least 1.
    let width: Int
    /// Lines of text for the values; at least 1.
    let height: Int
    /// Whether there are only ASCII characters.
    let isPlain: Bool

    /// What the label of the value axis takes, the axis included.
    static let margin = 10

    /// Draws values as columns over a time axis.
    ///
    /// - Parameters:
    ///   - values: One for each column from the left, none negative; no more than there are columns.
    ///   - seconds: What the columns that the values fill stand for.
    ///   - isWhole: Whether the values are whole numbers.
    /// - Returns: The lines, the highest first.
    func lines(_ values: [Double], seconds: Double, isWhole: Bool) -> [String] {
        let axis = Axis(upTo: values.max() ?? 0, steps: max(2, height / 2), isWhole: isWhole)
        let labels = rowLabels(axis)
        var lines: [String] = []
        for row in 0..<height {
            let label = labels[row] ?? ""
            let bar = isPlain ? (labels[row] == nil ? "|" : "+") : (labels[row] == nil ? "│" : "┤")
            lines.append(Self.right(label, Self.margin - 2) + " " + bar + cells(values, axis.upper, row))
        }
        return lines + timeAxis(values.count, seconds)
    }

    /// Which lines have a label: the ones that a tick's height falls in.
    private func rowLabels(_ axis: Axis) -> [Int: String] {
        var labels: [Int: String] = [:]
        for (tick, label) in zip(axis.ticks, axis.labels) where tick > 0 {
            let row = Int(((1 - tick / axis.upper) * Double(height)).rounded())
            if row < height { labels[row] = isPlain ? Self.plain(label) : label }
        }
        return labels
    }

    /// One line of the columns, in eighths of a line where the characters allow it.
    private func cells(_ values: [Double], _ upper: Double, _ row: Int) -> String {
        let blocks: [Character] = isPlain ? [" ", "#"] : [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
        let parts = blocks.count - 1
        var line = ""
        for value in values {
            let filled = value / upper * Double(height * parts)
            // What there is at all is to be seen.
            let level = value > 0 ? max(1, Int(filled.rounded())) : 0
            let here = level - (height - 1 - row) * parts
            line.append(blocks[max(0, min(parts, here))])
        }
        while line.last == " " { line.removeLast() }
        return line
    }

    private func timeAxis(_ count: Int, _ seconds: Double) -> [String] {
        let axis = TimeAxis(length: seconds, steps: max(2, min(8, count / 10)))
        var rule = Array(repeating: Character(isPlain ? "-" : "─"), count: max(1, count))
        var labels = Array(repeating: Character(" "), count: Self.margin + count + 8)
        for tick in axis.ticks {
            let place = Int((tick / axis.length * Double(count)).rounded(.down))
            guard place < count else { continue }
            rule[place] = isPlain ? "+" : "┬"
            let text = Array(axis.label(tick) + (tick == 0 ? " \(axis.unit)" : ""))
            let start = max(0, Self.margin + place - (tick == 0 ? 0 : text.count / 2))
            for (offset, character) in text.enumerated() where start + offset < labels.count {
                labels[start + offset] = character
            }
        }
        var line = String(labels)
        while line.last == " " { line.removeLast() }
        let corner = isPlain ? "+" : "└"
        return [String(repeating: " ", count: Self.margin - 1) + corner + String(rule), line]
    }

    /// Text with spaces before it to a width.
    static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    /// Text with spaces behind it to a width.
    static func left(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    /// Text in ASCII: what figures are written with has a likeness there, and everything else becomes `?`.
    static func plain(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\u{202F}", "\u{A0}": result += " "
            case "–", "−": result += "-"
            case "µ": result += "u"
            case "✓": result += "+"
            case "✗": result += "x"
            case "·": result += "-"
            case "≤": result += "<="
            case "\u{0}"..."\u{7F}": result.unicodeScalars.append(scalar)
            default: result += "?"
            }
        }
        return result
    }
}
