import Measurement
import Quantities

/// The charts over the time of the run.
struct TimeCharts {
    let buckets: TimeBuckets
    let axis: TimeAxis
    let size: Chart.Size

    init(_ report: RunReport, size: Chart.Size = .normal) {
        buckets = TimeBuckets(report.series[.overall], duration: report.duration, limit: size.width > 500 ? 400 : 200)
        axis = TimeAxis(length: report.duration.seconds, steps: size.width > 500 ? 12 : 6)
        self.size = size
    }

    /// Viewers by state, stacked.
    func viewers(id: String) -> String {
        let chart = Chart(size: size)
        let states: [(String, (PerState<Int64>) -> Int64)] = [
            ("playing", \.playing), ("starting", \.starting), ("rebuffering", \.rebuffering), ("seeking", \.seeking),
            ("paused", \.paused),
        ]
        let totals = buckets.points.indices.map { buckets.mean($0, buckets.points[$0].stateTime.sum) }
        let axis = Axis(upTo: totals.max() ?? 0, isWhole: true)
        var lower = [Double](repeating: 0, count: totals.count)
        var parts = [chart.valueAxis(axis, unit: "viewers")]
        for (name, time) in states {
            let upper = lower.indices.map {
                lower[$0] + buckets.mean($0, time(buckets.points[$0].stateTime)) / axis.upper
            }
            parts.append(chart.area(buckets.places, from: lower, to: upper, name))
            lower = upper
        }
        parts.append(chart.timeAxis(self.axis))
        let most = Figures.short(totals.max() ?? 0)
        return chart.render(
            id: id, title: "Concurrent viewers by state", description: "At most \(most) viewers at once.", parts)
    }

    /// Arrivals in each second.
    func arrivals(id: String) -> String {
        columns(
            id: id, "Arrivals", unit: "viewers per second", "Up to {} viewers arrived in a second.",
            [("starting", { Double($0.arrivals) })])
    }

    /// The rebuffer ratio.
    func rebufferRatio(id: String) -> String {
        lines(
            id: id, "Rebuffer ratio", unit: "% of viewing time", "At most {} % of the viewing time.", least: 1,
            [("rebuffering", { point, _ in point.rebufferRatio.map { max(0, $0) * 100 } })], isFilled: true)
    }

    /// Body bits per second.
    func throughput(id: String) -> String {
        let most = buckets.points.indices.map { Double(buckets.points[$0].bytes) * 8 / buckets.seconds($0) }.max() ?? 0
        let (factor, unit) = most >= 1e9 ? (1e9, "Gbit/s") : most >= 1e6 ? (1e6, "Mbit/s") : (1e3, "kbit/s")
        return lines(
            id: id, "Throughput", unit: unit, "At most {} \(unit).",
            [("playing", { point, seconds in Double(point.bytes) * 8 / seconds / factor })], isFilled: true)
    }

    /// Transfers that ended in each second.
    func requests(id: String) -> String {
        lines(
            id: id, "Requests", unit: "requests per second", "At most {} requests per second.",
            [("starting", { point, seconds in Double(point.transfers) / seconds })], isFilled: true)
    }

    /// The mean declared bit rate of what was rendered.
    func bitRate(id: String) -> String {
        lines(
            id: id, "Mean bit rate", unit: "Mbit/s", "At most {} Mbit/s.",
            [("good", { point, _ in point.meanBitRate?.megabits })])
    }

    /// Time to first byte, median and 95th percentile.
    func firstByte(id: String) -> String {
        lines(
            id: id, "Time to first byte", unit: "ms", "The 95th percentile was at most {} ms.",
            [
                ("playing", { point, _ in point.firstByte.percentile(50)?.milliseconds }),
                ("starting", { point, _ in point.firstByte.percentile(95)?.milliseconds }),
            ])
    }

    /// Failed transfers and failed sessions in each second.
    func errors(id: String) -> String {
        columns(
            id: id, "Errors", unit: "per second", "At most {} errors per second.",
            [("starting", { Double($0.failedTransfers) }), ("rebuffering", { Double($0.failed) })])
    }

    // MARK: Shapes

    private func lines(
        id: String, _ title: String, unit: String, _ description: String, least: Double = 0,
        _ series: [(style: String, value: (SeriesPoint, Double) -> Double?)], isFilled: Bool = false
    ) -> String {
        let chart = Chart(size: size)
        let values = series.map { entry in
            buckets.points.indices.map { entry.value(buckets.points[$0], buckets.seconds($0)) }
        }
        let most = values.joined().compactMap { $0 }.max() ?? 0
        let axis = Axis(upTo: max(least, most))
        let places = buckets.places
        var parts = [chart.valueAxis(axis, unit: unit)]
        for (entry, row) in zip(series, values) {
            if isFilled {
                let zeros = [Double](repeating: 0, count: row.count)
                parts.append(
                    chart.area(places, from: zeros, to: row.map { ($0 ?? 0) / axis.upper }, "\(entry.style) faint"))
            }
            parts.append(chart.line(zip(places, row).map { ($0, $1.map { $0 / axis.upper }) }, entry.style))
        }
        parts.append(chart.timeAxis(self.axis))
        return chart.render(
            id: id, title: "\(title) over time", description: description.replacing("{}", with: Figures.short(most)),
            parts)
    }

    private func columns(
        id: String, _ title: String, unit: String, _ description: String,
        _ series: [(style: String, value: (SeriesPoint) -> Double)]
    ) -> String {
        let chart = Chart(size: size)
        let rows = buckets.points.indices.map { number in
            series.map { $0.value(buckets.points[number]) / buckets.seconds(number) }
        }
        let most = rows.map { $0.reduce(0, +) }.max() ?? 0
        let axis = Axis(upTo: most, isWhole: most >= 2)
        var parts = [chart.valueAxis(axis, unit: unit)]
        for (number, row) in rows.enumerated() {
            let (start, end) = buckets.span(number)
            var lower = 0.0
            for (entry, value) in zip(series, row) where value > 0 {
                parts.append(
                    chart.column(
                        from: start, to: end, lower: lower, upper: lower + value / axis.upper, entry.style))
                lower += value / axis.upper
            }
        }
        parts.append(chart.timeAxis(self.axis))
        return chart.render(
            id: id, title: "\(title) over time", description: description.replacing("{}", with: Figures.short(most)),
            parts)
    }
}
