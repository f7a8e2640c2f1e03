import Measurement
import Quantities

/// What a run prints at its end: about fifteen lines.
package enum ConsoleSummary {
    /// The lines, joined.
    ///
    /// - Parameters:
    ///   - report: The run.
    ///   - reportPath: Where the HTML report is; nil when none was drawn.
    /// - Returns: The text, with a line end at its end.
    package static func render(_ report: RunReport, reportPath: String? = nil) -> String {
        let verdicts = Verdicts(report)
        let cell = report.totals.overall
        let transfers = report.totals.allTransfers
        var lines = [
            (report.metadata.isSimulated ? "simulated: " : "")
                + "\(report.metadata.profile): \(viewers(report)) in"
                + " \(Figures.duration(report.duration)), \(report.metadata.mode), seed \(report.metadata.seed)",
            "",
        ]
        if let end = verdicts.endSentence { lines.append(end) }
        lines += report.metadata.warnings
        lines.append(verdicts.thresholdSentence)
        for result in verdicts.results where result.verdict != .passed {
            lines.append("  \(mark(result)) \(result.sentence)")
        }
        if let gate = verdicts.gate { lines.append(gate.sentence) }
        lines.append(verdicts.validitySentence)
        for reason in verdicts.validity.reasons { lines.append("  ! \(reason.sentence)") }
        lines.append("")
        let startup = [50.0, 95, 99].map { "p\(Int($0)) \(Figures.time(cell.startup.percentile($0)))" }
        lines.append(row("startup time", startup.joined(separator: ", ") + " (\(Figures.grouped(cell.plays)) plays)"))
        lines.append(
            row(
                "rebuffering",
                "\(Figures.percent(cell.rebufferRatio)) of the viewing time, in"
                    + " \(Figures.percent(cell.share(ofPlays: cell.rebufferedSessions))) of the plays"))
        lines.append(row("mean bit rate", Figures.rate(cell.meanBitRate)))
        if let latency = cell.latency.percentile(50) {
            lines.append(
                row("live latency", "p50 \(Figures.time(latency)), p95 \(Figures.time(cell.latency.percentile(95)))"))
        }
        lines.append(
            row(
                "failures",
                "\(Figures.grouped(cell.outcomes.startFailure)) before start,"
                    + " \(Figures.grouped(cell.outcomes.playbackFailure)) in playback,"
                    + " \(Figures.grouped(cell.outcomes.exitBeforeStart)) exits before start"))
        let journey = JourneyFigures(report.totals)
        if !journey.log.isEmpty {
            lines.append(row("funnel", journey.line))
            if cell.outcomes.journeyRefused > 0 {
                let count = Figures.grouped(cell.outcomes.journeyRefused)
                lines.append(row("refused", "\(count) viewers left because a step was refused"))
            }
        }
        lines.append(
            row(
                "transfers",
                "\(Figures.grouped(transfers.all.count)), \(Figures.bytes(transfers.all.bytes)),"
                    + " \(Figures.grouped(transfers.tally(of: .failed).count)) failed"))
        let findings = report.totals.findings.counts()
        if findings.errors + findings.warnings > 0 {
            let text = "\(Figures.grouped(findings.errors)) errors, \(Figures.grouped(findings.warnings)) warnings"
            lines.append(row("findings", text))
        }
        if let slowest = slowestEdge(report.totals) { lines.append(row("slowest edge", slowest)) }
        if let outlier = verdicts.outlier { lines.append(outlier.sentence) }
        if let reportPath { lines += ["", row("report", reportPath)] }
        return lines.map(Escaping.terminal).joined(separator: "\n") + "\n"
    }

    private static func mark(_ result: ThresholdResult) -> String {
        switch result.verdict {
        case .passed: "✓"
        case .failed: "✗"
        case .notEnoughData: "?"
        }
    }

    private static func row(_ name: String, _ value: String) -> String {
        name + String(repeating: " ", count: max(1, 15 - name.count)) + value
    }

    /// The edge with the longest median startup time, when there are several.
    private static func slowestEdge(_ totals: RunTotals) -> String? {
        let edges = totals.names(of: .edge).compactMap { name -> (String, TimeAmount, TimeAmount?)? in
            let cell = totals.sessions(.edge, name)
            guard !name.isEmpty, let median = cell.startup.percentile(50) else { return nil }
            return (name, median, cell.startup.percentile(95))
        }
        guard edges.count > 1, let slowest = edges.max(by: { $0.1 < $1.1 }) else { return nil }
        return "\(slowest.0), startup time p50 \(Figures.time(slowest.1)), p95 \(Figures.time(slowest.2))"
    }

    /// Viewers, and playbacks where they are more: who comes back, zaps or tries again begins another.
    private static func viewers(_ report: RunReport) -> String {
        let came = report.totals.overall.arrivals
        let planned = Int64(report.metadata.plannedViewers)
        guard planned > 0, came > planned else { return "\(Figures.grouped(came)) viewers" }
        return "\(Figures.grouped(planned)) viewers, \(Figures.grouped(came)) playbacks,"
    }
}
