import Measurement
import Quantities

/// Horizontal bars, one for each name: a thick one up to the median and a thin one up to the 95th percentile.
enum EdgeBars {
    /// A bar.
    struct Bar {
        let name: String
        let median: TimeAmount?
        let high: TimeAmount?
        /// True when this one stands out.
        let isMarked: Bool
    }

    /// Draws at most twelve bars; the table beside them has all.
    static func render(_ bars: [Bar], id: String, title: String) -> String {
        let shown = bars.prefix(12)
        let rowHeight = 34.0
        let width = 460.0
        let height = Double(shown.count) * rowHeight + 28
        let highest = shown.compactMap { ($0.high ?? $0.median)?.seconds }.max() ?? 0
        let factor = highest < 1 ? 1e3 : 1.0
        let axis = Axis(upTo: highest * factor, steps: 5)
        let right = 54.0
        func x(_ value: Double) -> Double { value * factor / axis.upper * (width - right) }
        var parts: [String] = []
        for (tick, label) in zip(axis.ticks, axis.labels) {
            let place = Chart.number(tick / axis.upper * (width - right) + 0.5)
            let anchor = tick == 0 ? "start" : "middle"
            parts.append("<path class=\"grid\" d=\"M\(place) 4V\(Chart.number(height - 22))\"/>")
            parts.append(
                "<text class=\"tick\" x=\"\(place)\" y=\"\(Chart.number(height - 8))\" text-anchor=\"\(anchor)\">\(label)</text>"
            )
        }
        parts.append(
            "<text class=\"unit\" x=\"\(Chart.number(width - 2))\" y=\"\(Chart.number(height - 8))\" text-anchor=\"end\">\(factor == 1 ? "s" : "ms")</text>"
        )
        for (row, bar) in shown.enumerated() {
            let top = Double(row) * rowHeight + 4
            let style = bar.isMarked ? "rebuffering" : "playing"
            let name = bar.name.count > 44 ? bar.name.prefix(43) + "…" : bar.name[...]
            parts.append(
                "<text class=\"barname\" x=\"2\" y=\"\(Chart.number(top + 11))\">\(Escaping.markup(name.isEmpty ? "none" : String(name)))</text>"
            )
            guard let median = bar.median else { continue }
            let high = bar.high ?? median
            parts.append(
                "<rect class=\"area \(style) faint\" x=\"0\" y=\"\(Chart.number(top + 17))\" width=\"\(Chart.number(max(1, x(high.seconds))))\" height=\"8\"/>"
            )
            parts.append(
                "<rect class=\"area \(style)\" x=\"0\" y=\"\(Chart.number(top + 17))\" width=\"\(Chart.number(max(1, x(median.seconds))))\" height=\"8\"/>"
            )
            parts.append(
                "<text class=\"tick\" x=\"\(Chart.number(x(high.seconds) + 4))\" y=\"\(Chart.number(top + 25))\">\(Figures.time(high))</text>"
            )
        }
        let chart = Chart(size: Chart.Size(width: width, height: height))
        let words = bars.map { "\($0.name): median \(Figures.time($0.median)), p95 \(Figures.time($0.high))" }
        return chart.render(id: id, title: title, description: words.joined(separator: "; ") + ".", parts)
    }
}
