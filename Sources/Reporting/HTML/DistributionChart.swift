import Measurement
import Quantities

/// A distribution of times as columns, with the percentiles marked.
enum DistributionChart {
    /// Draws a histogram up to its 99.5th percentile; what is beyond is one last column.
    static func render(_ histogram: LogHistogram, id: String, title: String, population: String) -> String {
        let chart = Chart(size: .normal)
        guard let p99 = histogram.percentile(99), let maximum = histogram.maximum else {
            return chart.render(
                id: id, title: title, description: "Nothing to show.",
                ["<text class=\"unit\" x=\"230\" y=\"110\" text-anchor=\"middle\">no \(population)</text>"])
        }
        let end = min(maximum.seconds, max(p99.seconds * 1.15, 0.001))
        let factor = end < 1 ? 1e3 : 1.0
        let axis = Axis(upTo: end * factor, steps: 6)
        let columns = columns(histogram, upTo: axis.upper / factor, count: 48)
        let most = columns.max() ?? 0
        let vertical = Axis(upTo: most, isWhole: true)
        var parts = [chart.valueAxis(vertical, unit: population)]
        for (number, count) in columns.enumerated() where count > 0 {
            let (from, to) = (Double(number) / 48, Double(number + 1) / 48)
            parts.append(chart.column(from: from, to: to, upper: count / vertical.upper, "playing"))
        }
        for (tick, label) in zip(axis.ticks, axis.labels) { parts.append(chart.tick(at: tick / axis.upper, label)) }
        parts.append(marks(histogram, chart, scale: axis.upper / factor))
        let beyond = histogram.count(above: .seconds(axis.upper / factor))
        let rest = beyond > 0 ? "; \(Figures.grouped(Int64(clamping: beyond))) more up to \(Figures.time(maximum))" : ""
        parts.append(chart.axisName("time (\(factor == 1 ? "s" : "ms"))" + rest))
        let words = [50.0, 95, 99].map { "p\(Int($0)) \(Figures.time(histogram.percentile($0)))" }
        return chart.render(id: id, title: title, description: words.joined(separator: ", ") + ".", parts)
    }

    /// Spreads each bucket over the columns it overlaps.
    private static func columns(_ histogram: LogHistogram, upTo end: Double, count: Int) -> [Double] {
        var columns = [Double](repeating: 0, count: count)
        for bucket in histogram.filledBuckets {
            let middle = (bucket.lowest.seconds + bucket.highest.seconds) / 2
            guard middle <= end else { break }
            columns[min(count - 1, Int(middle / end * Double(count)))] += Double(bucket.count)
        }
        return columns
    }

    private static func marks(_ histogram: LogHistogram, _ chart: Chart, scale: Double) -> String {
        let places = [50.0, 95, 99].compactMap { percentage -> (Double, Double)? in
            guard let value = histogram.percentile(percentage)?.seconds, value <= scale else { return nil }
            return (percentage, chart.x(value / scale))
        }
        var text = ""
        var row = 0
        for (number, (percentage, place)) in places.enumerated() {
            let previous = number > 0 ? places[number - 1].1 : -100
            let next = number + 1 < places.count ? places[number + 1].1 : 1_000
            // A label stands where there is room: right of its line, else left of it, else a row further down.
            let isLeft = (next - place < 30 || place > chart.size.width - 40) && place - previous > 30
            row = !isLeft && place - previous < 30 ? row + 1 : 0
            text +=
                "<path class=\"mark\" d=\"M\(Chart.number(place)) \(Chart.number(chart.top - 4))V\(Chart.number(chart.floor))\"/>"
            text += "<text class=\"marklabel\" x=\"\(Chart.number(place + (isLeft ? -3 : 3)))\""
            text +=
                " y=\"\(Chart.number(chart.top + 4 + Double(row) * 13))\" text-anchor=\"\(isLeft ? "end" : "start")\">p\(Int(percentage))</text>"
        }
        return text
    }
}
