import Measurement
import Quantities

/// The way of the viewers from the door to the picture, and the steps beside the playback.
enum HTMLJourney {
    /// The section; empty for a run whose viewers had no journey.
    static func render(_ report: RunReport) -> String {
        let figures = JourneyFigures(report.totals)
        guard !figures.log.isEmpty else { return "" }
        return "<h2>From the door to the picture</h2>\n" + funnel(figures.log.funnel) + steps(figures)
    }

    private static func funnel(_ stages: [FunnelStage]) -> String {
        var text = "<ol class=\"funnel\">"
        for stage in stages {
            let width = Figures.fixed(100 * (stage.shareOfArrived ?? 0), 2)
            let all = max(1, Double(stages.first?.viewers ?? 0))
            let lost = Figures.fixed(100 * Double(stage.refused) / all, 2)
            text += "<li><b>\(Escaping.markup(stage.name))</b>"
            text += "<span class=\"way\"><i style=\"width:\(width)%\"></i>"
            if stage.refused > 0 { text += "<i class=\"gone\" style=\"width:\(lost)%\"></i>" }
            text += "</span><span class=\"count\">\(Figures.grouped(stage.viewers))</span>"
            text += "<small>\(Escaping.markup(JourneyFigures.detail(stage)))</small></li>"
        }
        return text
            + "</ol>\n<p class=\"note\">The bars are parts of all who arrived; vermilion are those who were refused and left."
            + " A step's time counts from its first try, waits between tries included. The last bar is a picture on the"
            + " screen: its time counts from the arrival, while startup time counts from the start of the player.</p>\n"
    }

    private static func steps(_ figures: JourneyFigures) -> String {
        var table = HTMLTable(
            "Steps of the journey",
            [
                "step", "when", "passed", "viewers gone", "refused, went on", "p50", "p95", "p99", "requests",
                "failed requests", "request p95",
            ], textColumns: 2)
        for (key, tally) in figures.steps {
            let transfers = figures.transfers(of: key)
            var fields: [HTMLTable.Cell] = [
                .init(key.name), .init(key.occasion), .init(Figures.grouped(tally.passed)),
                .init(Figures.grouped(tally.left), style: tally.left > 0 ? "worst" : ""),
                .init(Figures.grouped(tally.wentOn)),
            ]
            fields += [50.0, 95, 99].map { .init(Figures.time(tally.duration.percentile($0))) }
            fields += [
                .init(Figures.grouped(transfers.all.count)), .init(Figures.percent(transfers.failedShare)),
                .init(Figures.time(transfers.total.percentile(95))),
            ]
            table.add(fields)
        }
        return table.isEmpty ? "" : table.html
    }
}
