import Measurement
import Quantities

/// `summary.md`: the run on one page, for a merge request or a ticket.
package enum SummaryMarkdown {
    /// The document.
    package static func render(_ report: RunReport) -> String {
        let verdicts = Verdicts(report)
        let metadata = report.metadata
        var text = "# \(Escaping.markdown(metadata.profile))\n\n"
        if metadata.isSimulated { text += "Simulated: " }
        text += "\(Figures.utc(metadata.startedAt)), \(Figures.duration(report.duration)),"
        text += " \(Figures.grouped(report.totals.overall.arrivals)) viewers, \(Escaping.markdown(metadata.mode)),"
        text += " seed \(metadata.seed)\n\n"
        if let end = verdicts.endSentence { text += "**\(Escaping.markdown(end))**\n\n" }
        for warning in metadata.warnings { text += "**\(Escaping.markdown(warning))**\n\n" }
        text += "**\(verdicts.thresholdSentence)** \(verdicts.validitySentence)\n\n"
        for reason in verdicts.validity.reasons {
            text += "- \(reason.verdict.label): \(Escaping.markdown(reason.sentence))\n"
        }
        if !verdicts.validity.reasons.isEmpty { text += "\n" }
        if let gate = verdicts.gate { text += "**\(Escaping.markdown(gate.sentence))**\n\n" }
        if let outlier = verdicts.outlier { text += "\(Escaping.markdown(outlier.sentence))\n\n" }
        text += thresholds(verdicts.results)
        text += figures(report) + journey(report)
        for (dimension, title) in [(Dimension.edge, "Edge"), (.region, "Region"), (.stream, "Stream")] {
            text += table(report.totals, dimension, title)
        }
        text += failures(report.totals.overall) + findings(report.totals.findings)
        return text + (verdicts.gate.map(gate) ?? "")
    }

    private static func thresholds(_ results: [ThresholdResult]) -> String {
        guard !results.isEmpty else { return "" }
        var text = "| threshold | measured | of | verdict |\n| --- | --- | --- | --- |\n"
        for result in results {
            let measured = result.measured.map(result.threshold.unit.text) ?? "–"
            text += "| \(Escaping.markdown(result.threshold.text)) | \(measured) |"
            text += " \(Figures.grouped(result.population)) \(result.threshold.metric.population.word) |"
            text += " \(result.verdict.rawValue) |\n"
        }
        return text + "\n"
    }

    private static func figures(_ report: RunReport) -> String {
        let cell = report.totals.overall
        let transfers = report.totals.allTransfers
        let rows: [(String, String)] = [
            (
                "startup time p50 / p95 / p99",
                [50.0, 95, 99].map { Figures.time(cell.startup.percentile($0)) }.joined(separator: " / ")
            ),
            ("rebuffer ratio", Figures.percent(cell.rebufferRatio)),
            ("mean bit rate", Figures.rate(cell.meanBitRate)),
            ("video start failures", Figures.grouped(cell.outcomes.startFailure)),
            ("video playback failures", Figures.grouped(cell.outcomes.playbackFailure)),
            ("exits before video start", Figures.grouped(cell.outcomes.exitBeforeStart)),
            ("transfers", Figures.grouped(transfers.all.count)),
            ("failed transfers", Figures.percent(transfers.failedShare)),
            ("data", Figures.bytes(transfers.all.bytes)),
        ]
        return "| | |\n| --- | --- |\n" + rows.map { "| \($0.0) | \($0.1) |\n" }.joined() + "\n"
    }

    private static func journey(_ report: RunReport) -> String {
        let figures = JourneyFigures(report.totals)
        guard !figures.log.isEmpty else { return "" }
        var text = "| stage | viewers | of the stage before | of all | refused | p50 | p95 |\n"
        text += "| --- | --- | --- | --- | --- | --- | --- |\n"
        for stage in figures.log.funnel {
            let fields = [
                Escaping.markdown(stage.name), Figures.grouped(stage.viewers), Figures.percent(stage.shareOfPrevious),
                Figures.percent(stage.shareOfArrived), Figures.grouped(stage.refused),
                Figures.time(stage.duration.percentile(50)), Figures.time(stage.duration.percentile(95)),
            ]
            text += "| " + fields.joined(separator: " | ") + " |\n"
        }
        let others = figures.steps.filter { !$0.key.isBefore }
        guard !others.isEmpty else { return text + "\n" }
        text += "\n| step | when | passed | left | went on | p50 | p95 |\n| --- | --- | --- | --- | --- | --- | --- |\n"
        for (key, tally) in others {
            let fields = [
                Escaping.markdown(key.name), key.occasion, Figures.grouped(tally.passed), Figures.grouped(tally.left),
                Figures.grouped(tally.wentOn), Figures.time(tally.duration.percentile(50)),
                Figures.time(tally.duration.percentile(95)),
            ]
            text += "| " + fields.joined(separator: " | ") + " |\n"
        }
        return text + "\n"
    }

    private static func table(_ totals: RunTotals, _ dimension: Dimension, _ title: String) -> String {
        let names = totals.names(of: dimension)
        guard names.count > 1 else { return "" }
        var text =
            "| \(title.lowercased()) | viewers | startup p50 | startup p95 | rebuffer ratio | mean bit rate | failed |"
        text += " first byte p95 |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n"
        for name in names {
            let cell = totals.sessions(dimension, name)
            let fields = [
                name.isEmpty ? "none" : Escaping.markdown(name), Figures.grouped(cell.arrivals),
                Figures.time(cell.startup.percentile(50)), Figures.time(cell.startup.percentile(95)),
                Figures.percent(cell.rebufferRatio), Figures.rate(cell.meanBitRate), Figures.grouped(cell.failed),
                Figures.time(totals.transfers(dimension, name).firstByte.percentile(95)),
            ]
            text += "| " + fields.joined(separator: " | ") + " |\n"
        }
        return text + "\n"
    }

    private static func findings(_ log: FindingLog) -> String {
        guard !log.isEmpty else { return "" }
        var text = "\n\(FindingGroup.sentence(log.counts()))\n\n"
        text += "| finding | severity | times | edges | first seen | example |\n| --- | --- | --- | --- | --- | --- |\n"
        for group in FindingGroup.groups(of: log) where group.severity != .information {
            let fields = [
                Escaping.markdown(group.id), group.severity.rawValue, Figures.grouped(group.count),
                Escaping.markdown(group.shownEdges()), Figures.time(group.firstSeen),
                Escaping.markdown(group.example),
            ]
            text += "| " + fields.joined(separator: " | ") + " |\n"
        }
        return text
    }

    private static func gate(_ figures: GateFigures) -> String {
        var text = "\n| asked with | tried | refused | leaked | unclear |\n| --- | --- | --- | --- | --- |\n"
        for probe in figures.probes {
            let counts = figures.counts(of: probe)
            let fields = [counts.tried, counts.refused, counts.leaked, counts.inconclusive].map(Figures.grouped)
            text += "| " + ([Escaping.markdown(probe)] + fields).joined(separator: " | ") + " |\n"
        }
        let leaks = figures.leaks
        guard !leaks.isEmpty else { return text }
        text += "\n| leak | edge | stream | leaked | first seen | resource |\n| --- | --- | --- | --- | --- | --- |\n"
        for (key, tally) in leaks.prefix(50) {
            let fields = [
                Escaping.markdown(tally.sentence), Escaping.markdown(GateFigures.shown(key.edge)),
                Escaping.markdown(key.stream), Figures.grouped(tally.count(.leaked)),
                Figures.time(tally.first - .zero), Escaping.markdown(tally.resource),
            ]
            text += "| " + fields.joined(separator: " | ") + " |\n"
        }
        return text
    }

    private static func failures(_ cell: SessionCell) -> String {
        guard !cell.failures.isEmpty else { return "" }
        var text = "| failure | sessions |\n| --- | --- |\n"
        for (word, count) in cell.failures.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
            text += "| \(Escaping.markdown(word)) | \(Figures.grouped(count)) |\n"
        }
        return text
    }
}
