import Measurement
import Quantities

/// The figures by edge, region, stream and device, and the failures.
enum HTMLGroups {
    static func render(_ report: RunReport, _ verdicts: Verdicts) -> String {
        let totals = report.totals
        var text = "<h2>Where it was good, and where not</h2>\n"
        text += edgeCharts(totals, marked: verdicts.outlier?.name)
        for (dimension, title) in [
            (Dimension.edge, "Edges"), (.region, "Regions"), (.stream, "Streams"), (.device, "Player presets"),
            (.phase, "Phases of the event, by arrival"), (.network, "Networks"),
        ] {
            text += table(totals, dimension, title)
        }
        text +=
            "<p class=\"note\">A marked figure is clearly worse than the others in its column: by half or more. Live latency is the median.</p>\n"
        return text + failures(totals.overall) + leavings(totals.overall)
    }

    private static func edgeCharts(_ totals: RunTotals, marked: String?) -> String {
        let names = totals.names(of: .edge).filter { !$0.isEmpty }
        guard names.count > 1 else { return "" }
        func bars(_ histogram: (String) -> LogHistogram) -> [EdgeBars.Bar] {
            names.map { name in
                let values = histogram(name)
                return EdgeBars.Bar(
                    name: name, median: values.percentile(50), high: values.percentile(95), isMarked: name == marked)
            }.sorted { ($0.median ?? .zero) > ($1.median ?? .zero) }
        }
        var text = "<div class=\"grid\">\n"
        text += HTMLCharts.figure(
            "Startup time by edge",
            EdgeBars.render(
                bars { totals.sessions(.edge, $0).startup }, id: "edge-startup", title: "Startup time by edge"),
            "Full colour up to the median, faint up to p95 (the number). Slowest first.")
        text += HTMLCharts.figure(
            "Time to first byte by edge",
            EdgeBars.render(
                bars { totals.transfers(.edge, $0).firstByte }, id: "edge-firstbyte",
                title: "Time to first byte by edge"),
            "Of all complete responses. An edge that is slow here is slow itself; one that is slow only in startup has too"
                + " little throughput.")
        return text + "</div><p></p>\n"
    }

    private static func table(_ totals: RunTotals, _ dimension: Dimension, _ title: String) -> String {
        let names = totals.names(of: dimension)
        guard !names.isEmpty, names != [""] else { return "" }
        let cells = names.map { totals.sessions(dimension, $0) }
        let transfers = names.map { totals.transfers(dimension, $0) }
        let hasTransfers = ![.device, .phase, .network].contains(dimension)
        var head = [
            dimension.label, "viewers", "startup p50", "p95", "rebuffer ratio", "mean bit rate", "live latency",
        ]
        head.append("failed viewers")
        if hasTransfers { head += ["first byte p50", "p95", "failed transfers", "cache hits", "data"] }
        var table = HTMLTable(title, head)
        let startup = Marker(cells.map { $0.startup.percentile(95)?.seconds }, atLeast: 0.02)
        let median = Marker(cells.map { $0.startup.percentile(50)?.seconds }, atLeast: 0.02)
        let rebuffer = Marker(cells.map(\.rebufferRatio), atLeast: 0.003)
        let failed = Marker(cells.map { $0.share(ofAttempts: $0.failed) }, atLeast: 0.01)
        let firstByte = Marker(transfers.map { $0.firstByte.percentile(95)?.seconds }, atLeast: 0.01)
        let firstMedian = Marker(transfers.map { $0.firstByte.percentile(50)?.seconds }, atLeast: 0.01)
        let errors = Marker(transfers.map(\.failedShare), atLeast: 0.005)
        for (row, name) in names.enumerated() {
            let cell = cells[row]
            var fields: [HTMLTable.Cell] = [
                .init(name.isEmpty ? "none" : name), .init(Figures.grouped(cell.arrivals)),
                .init(Figures.time(cell.startup.percentile(50)), style: median.style(row)),
                .init(Figures.time(cell.startup.percentile(95)), style: startup.style(row)),
                .init(Figures.percent(cell.rebufferRatio), style: rebuffer.style(row)),
                .init(Figures.rate(cell.meanBitRate)), .init(Figures.time(cell.latency.percentile(50))),
                // A handful of failures is chance, whatever its share.
                .init(failedText(cell), style: cell.failed >= 5 ? failed.style(row) : ""),
            ]
            if hasTransfers {
                let own = transfers[row]
                fields += [
                    .init(Figures.time(own.firstByte.percentile(50)), style: firstMedian.style(row)),
                    .init(Figures.time(own.firstByte.percentile(95)), style: firstByte.style(row)),
                    .init(Figures.percent(own.failedShare), style: errors.style(row)),
                    .init(Figures.percent(own.cacheHitRatio)), .init(Figures.bytes(own.all.bytes)),
                ]
            }
            table.add(fields)
        }
        return table.html
    }

    /// `4 (2.38 %)`.
    private static func failedText(_ cell: SessionCell) -> String {
        guard cell.failed > 0 else { return "0" }
        return "\(Figures.grouped(cell.failed)) (\(Figures.percent(cell.share(ofAttempts: cell.failed))))"
    }

    private static func leavings(_ cell: SessionCell) -> String {
        guard !cell.leavings.isEmpty || cell.outcomes.dropped > 0 else { return "" }
        var table = HTMLTable("Why viewers left", ["reason", "viewers", "of the attempts"])
        for (word, count) in cell.leavings.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
            table.add([word, Figures.grouped(count), Figures.percent(cell.share(ofAttempts: count))])
        }
        if cell.outcomes.dropped > 0 {
            table.add([
                "cut off by the script", Figures.grouped(cell.outcomes.dropped),
                Figures.percent(cell.share(ofAttempts: cell.outcomes.dropped)),
            ])
        }
        return table.html
            + "<p class=\"note\">watched: as long as planned. slow-start: lost patience before the first frame."
            + " rebuffering: lost patience with a picture that stood. zapped: turned to another stream. wave: left with"
            + " others as the script says.</p>\n"
    }

    private static func failures(_ cell: SessionCell) -> String {
        var text = "<h2>Failures</h2>\n"
        guard !cell.failures.isEmpty else { return text + "<p>No viewer had a fatal error.</p>\n" }
        var table = HTMLTable("Fatal errors of viewers", ["what failed", "viewers", "of the attempts"])
        for (word, count) in cell.failures.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
            table.add([word, Figures.grouped(count), Figures.percent(cell.share(ofAttempts: count))])
        }
        text += table.html
        return text
            + "<p class=\"note\">The word names the transfer and its status or error: <code>video-503</code> is a video"
            + " segment that was answered with 503 until the player gave up.</p>\n"
    }
}

/// Finds the figures of a column that are clearly worse than the others: half as much again as their median, and by a
/// least difference.
struct Marker {
    private let values: [Double?]
    private let least: Double

    init(_ values: [Double?], atLeast least: Double) {
        self.values = values
        self.least = least
    }

    /// The class of the cell in a row.
    func style(_ row: Int) -> String {
        let others = values.enumerated().filter { $0.offset != row }.compactMap(\.element).sorted()
        guard let value = values[row], !others.isEmpty else { return "" }
        let middle = others[others.count / 2]
        return value >= middle * 1.5 && value - middle >= least ? "worst" : ""
    }
}
