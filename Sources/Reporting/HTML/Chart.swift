/// A frame of a chart: its size, axes and grid, as SVG text.
///
/// Colours are classes of the style sheet, so that dark, light and print need no second drawing.
struct Chart {
    /// How large a chart is drawn; it is scaled to the width of its column.
    struct Size {
        let width: Double
        let height: Double
        /// For a column of its own.
        static let normal = Size(width: 460, height: 220)
        /// For the whole width of a page.
        static let wide = Size(width: 940, height: 260)
    }

    let size: Size
    let left = 46.0
    let right = 10.0
    let top = 22.0
    let bottom = 34.0
    var plotWidth: Double { size.width - left - right }
    var plotHeight: Double { size.height - top - bottom }
    var floor: Double { size.height - bottom }

    /// The horizontal place of a part (0 to 1) of the axis.
    func x(_ part: Double) -> Double { left + part * plotWidth }
    /// The vertical place of a part (0 to 1) of the axis.
    func y(_ part: Double) -> Double { floor - min(1, max(0, part)) * plotHeight }

    /// The drawing with its accessible name.
    ///
    /// - Parameters:
    ///   - id: Unique in the document.
    ///   - title: What is shown.
    ///   - description: The main figures in words, for those who do not see it.
    ///   - parts: SVG already, drawn in this order.
    /// - Returns: The `svg` element.
    func render(id: String, title: String, description: String, _ parts: [String]) -> String {
        var text = "<svg viewBox=\"0 0 \(Self.number(size.width)) \(Self.number(size.height))\" role=\"img\""
        text += " aria-labelledby=\"\(id)-t \(id)-d\">"
        text += "<title id=\"\(id)-t\">\(Escaping.markup(title))</title>"
        text += "<desc id=\"\(id)-d\">\(Escaping.markup(description))</desc>"
        return text + parts.joined() + "</svg>"
    }

    /// Horizontal grid lines with their labels, and the unit above them.
    func valueAxis(_ axis: Axis, unit: String) -> String {
        var text = "<text class=\"unit\" x=\"\(Self.number(left - 38))\" y=\"10\">\(Escaping.markup(unit))</text>"
        for (tick, label) in zip(axis.ticks, axis.labels) {
            let height = Self.number(y(tick / axis.upper))
            let kind = tick == 0 ? "base" : "grid"
            text += "<path class=\"\(kind)\" d=\"M\(Self.number(left)) \(height)H\(Self.number(size.width - right))\"/>"
            text +=
                "<text class=\"tick\" x=\"\(Self.number(left - 6))\" y=\"\(height)\" dy=\".35em\" text-anchor=\"end\">\(label)</text>"
        }
        return text
    }

    /// Ticks and labels of the run's time.
    func timeAxis(_ axis: TimeAxis) -> String {
        var text = ""
        for tick in axis.ticks {
            text += self.tick(at: tick / axis.length, axis.label(tick))
        }
        return text + axisName("time since the run began (\(axis.unit))")
    }

    /// One tick of the horizontal axis.
    func tick(at part: Double, _ label: String) -> String {
        let place = Self.number(x(part))
        return "<path class=\"base\" d=\"M\(place) \(Self.number(floor))v4\"/>"
            + "<text class=\"tick\" x=\"\(place)\" y=\"\(Self.number(floor + 15))\" text-anchor=\"middle\">\(Escaping.markup(label))</text>"
    }

    /// The name of the horizontal axis.
    func axisName(_ name: String) -> String {
        "<text class=\"unit\" x=\"\(Self.number(size.width - right))\" y=\"\(Self.number(size.height - 4))\""
            + " text-anchor=\"end\">\(Escaping.markup(name))</text>"
    }

    /// A line through points (parts of both axes); nil breaks it.
    func line(_ points: [(x: Double, y: Double?)], _ style: String) -> String {
        var path = ""
        var isOpen = false
        for (position, point) in points.enumerated() {
            guard let height = point.y else {
                isOpen = false
                continue
            }
            let isAlone = !isOpen && (position + 1 == points.count || points[position + 1].y == nil)
            path += "\(isOpen ? "L" : "M")\(Self.number(x(point.x))) \(Self.number(y(height)))"
            // A single point would be invisible: a dot of the line's own width is not.
            if isAlone { path += "h.01" }
            isOpen = true
        }
        return path.isEmpty ? "" : "<path class=\"line \(style)\" d=\"\(path)\"/>"
    }

    /// The area between two lines over the same places.
    func area(_ places: [Double], from lower: [Double], to upper: [Double], _ style: String) -> String {
        guard let first = places.first, upper.contains(where: { $0 > 0 }) else { return "" }
        var path = "M\(Self.number(x(first))) \(Self.number(y(upper[0])))"
        for position in places.indices.dropFirst() {
            path += "L\(Self.number(x(places[position]))) \(Self.number(y(upper[position])))"
        }
        for position in places.indices.reversed() {
            path += "L\(Self.number(x(places[position]))) \(Self.number(y(lower[position])))"
        }
        return "<path class=\"area \(style)\" d=\"\(path)Z\"/>"
    }

    /// A column of a bar chart.
    func column(from start: Double, to end: Double, lower: Double = 0, upper: Double, _ style: String) -> String {
        let height = (upper - lower) * plotHeight
        guard height > 0 else { return "" }
        let width = max(0.6, (end - start) * plotWidth - 0.6)
        return "<rect class=\"area \(style)\" x=\"\(Self.number(x(start)))\" y=\"\(Self.number(y(upper)))\""
            + " width=\"\(Self.number(width))\" height=\"\(Self.number(max(0.5, height)))\"/>"
    }

    /// A number for SVG with one digit after the point.
    static func number(_ value: Double) -> String { Figures.trimmed(Figures.fixed(value, 1)) }
}
