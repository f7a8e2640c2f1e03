import Quantities

/// The charts of a plan's page.
struct PlanCharts {
    private let report: PlanReport
    private let line: PlanTimeline
    private let axis: TimeAxis
    private let size: Chart.Size

    init(_ report: PlanReport, size: Chart.Size) {
        self.report = report
        self.size = size
        line = report.timeline.coarser(atMost: size.width > 500 ? 400 : 200)
        axis = TimeAxis(length: line.length.seconds, steps: size.width > 500 ? 12 : 6)
    }

    /// Sessions at once.
    func sessions(id: String) -> String {
        // Long numbers have no room beside a narrow chart.
        let isLarge = report.peakSessions >= 10_000
        let values = line.present.map { isLarge ? Double($0) / 1_000 : Double($0) }
        return area(
            id, "Sessions at once", values, unit: isLarge ? "thousand sessions" : "sessions", style: "playing",
            isWhole: !isLarge,
            "At most \(Figures.grouped(Int64(report.peakSessions))) at \(Figures.clock(report.peakSessionsAt)).")
    }

    /// What is downloaded.
    func throughput(id: String) -> String {
        let (factor, unit) = PlanScale.rate(line.bitsPerSecond.max() ?? 0)
        let values = line.bitsPerSecond.map { $0 / factor }
        return area(
            id, "Throughput", values, unit: unit, style: "good", isWhole: false,
            "At most \(Figures.short(values.max() ?? 0)) \(unit).")
    }

    /// Arrivals per second.
    func arrivals(id: String) -> String {
        let chart = Chart(size: size)
        let rates = line.arrivalRates
        let most = rates.max() ?? 0
        let axis = Axis(upTo: most, isWhole: most >= 2)
        var parts = [chart.valueAxis(axis, unit: "viewers per second")]
        let count = Double(max(1, rates.count))
        for (bucket, rate) in rates.enumerated() where rate > 0 {
            parts.append(
                chart.column(
                    from: Double(bucket) / count, to: Double(bucket + 1) / count, upper: rate / axis.upper, "starting"))
        }
        return chart.render(
            id: id, title: "Arrivals over time",
            description:
                "At most \(Figures.short(most)) in a second, averaged over \(Figures.clock(.zero + line.bucket)).",
            parts + [phases(chart), chart.timeAxis(self.axis)])
    }

    private func area(
        _ id: String, _ title: String, _ values: [Double], unit: String, style: String, isWhole: Bool,
        _ description: String
    ) -> String {
        let chart = Chart(size: size)
        let axis = Axis(upTo: values.max() ?? 0, isWhole: isWhole)
        // Each bucket is drawn from its begin to its end: what is there is there all the while.
        let count = Double(max(1, values.count))
        let places = values.indices.flatMap { [Double($0) / count, Double($0 + 1) / count] }
        let heights = values.flatMap { [$0 / axis.upper, $0 / axis.upper] }
        let floor = [Double](repeating: 0, count: heights.count)
        return chart.render(
            id: id, title: "\(title) over time", description: description,
            [
                chart.valueAxis(axis, unit: unit), chart.area(places, from: floor, to: heights, "\(style) faint"),
                chart.line(zip(places, heights).map { ($0, Optional($1)) }, style), phases(chart),
                chart.timeAxis(self.axis),
            ])
    }

    /// Where phases begin, with their names where there is room.
    private func phases(_ chart: Chart) -> String {
        var text = ""
        var free = -Double.infinity
        for phase in report.phases.sorted(by: { $0.from < $1.from }) {
            let part = phase.from.seconds / axis.length
            guard (0...1).contains(part) else { continue }
            let place = chart.x(part)
            let x = Chart.number(place)
            text += "<path class=\"phase\" d=\"M\(x) \(Chart.number(chart.top))V\(Chart.number(chart.floor))\"/>"
            guard place >= free, place + 12 < size.width else { continue }
            free = place + 12
            // Upwards along the line, so that neighbours do not run into each other.
            let (left, top) = (Chart.number(place + 10), Chart.number(chart.top + 2))
            text += "<text class=\"phasename\" text-anchor=\"end\" x=\"\(left)\" y=\"\(top)\""
            text += " transform=\"rotate(-90 \(left) \(top))\">\(Escaping.markup(phase.name))</text>"
        }
        return text
    }
}
