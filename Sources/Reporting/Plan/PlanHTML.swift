import Quantities

/// A plan as a page: one file without scripts and without anything from the network.
package enum PlanHTML {
    /// The document.
    package static func render(_ report: PlanReport) -> String {
        HTMLHead.render("Plan of \(report.profile)", style: phaseStyle) + "<body><main>\n" + top(report)
            + charts(report) + audience(report) + needs(report)
            + notes(report) + "</main></body></html>\n"
    }

    /// Begins of phases over a chart.
    private static let phaseStyle = """
        svg .good.area{fill:var(--good)}
        svg .phase{stroke:var(--soft);stroke-width:1;stroke-dasharray:2 3;fill:none}
        svg .phasename{font-size:11px;fill:var(--ink);paint-order:stroke;stroke:var(--panel);stroke-width:3px}
        ul.note{padding-left:1.2em}ul.note li{margin:0 0 6px}
        @media (max-width:640px){th small{white-space:normal}}
        """

    private static func top(_ report: PlanReport) -> String {
        var text = "<p class=\"kicker\">Plan of an audience</p><h1>\(Escaping.markup(report.profile))</h1>"
        text += "<ul class=\"facts\"><li>viewers <b>\(count(report.viewers))</b></li>"
        text += "<li>seed <b>\(report.seed)</b></li><li>arrivals until <b>\(Figures.clock(report.lastArrival))</b></li>"
        text += "<li>ends at <b>\(Figures.clock(report.end))</b></li></ul>\n" + verdict(report)
        var cards = [
            (
                "Sessions at once", count(report.peakSessions), "at most, at \(Figures.clock(report.peakSessionsAt))"
            ),
            ("Visits", count(report.visits), "of \(count(report.viewers)) viewers"),
            ("Arrivals", busiest(report), "in the busiest second"),
        ]
        if let traffic = report.traffic {
            cards.append(
                ("Throughput", Figures.rate(traffic.peak), "at most, at \(Figures.clock(traffic.peakAt))"))
            cards.append(("Without filling buffers", Figures.rate(traffic.playingPeak), "while everybody just plays"))
            cards.append(("Data", Figures.bytes(traffic.total.count), "in all"))
        }
        let items = cards.map { name, value, more in
            "<div><dt>\(Escaping.markup(name))</dt><dd>\(Escaping.markup(value))<small>\(Escaping.markup(more))</small></dd></div>"
        }
        return text + "<dl class=\"cards\">\(items.joined())</dl>\n"
    }

    /// The highest number of arrivals in a second of the timeline.
    private static func busiest(_ report: PlanReport) -> String {
        let line = report.timeline
        let each = max(1, Int((1 / max(1e-9, line.bucket.seconds)).rounded()))
        let sums = stride(from: 0, to: line.arrivals.count, by: each).map { start in
            line.arrivals[start..<min(start + each, line.arrivals.count)].reduce(0, +)
        }
        return Figures.short(Double(sums.max() ?? 0) / max(1, line.bucket.seconds))
    }

    private static func verdict(_ report: PlanReport) -> String {
        let sentences = report.sentences
        let tone = !report.fits ? "bad" : sentences.isEmpty ? "good" : "caution"
        let word =
            !report.fits
            ? "This machine has not got what a run of this plan takes."
            : sentences.isEmpty
                ? "This machine has what a run of this plan takes, as far as that is known."
                : "A run of this plan can be done here, but look at this first."
        let list = sentences.map { "<li>\(Escaping.markup($0))</li>" }.joined()
        return "<section class=\"verdict \(tone)\"><p>\(word)</p>\(list.isEmpty ? "" : "<ul>\(list)</ul>")"
            + "</section>\n"
    }

    // MARK: Charts

    private static func charts(_ report: PlanReport) -> String {
        var text = "<h2>Who comes when</h2>\n"
        text += figure(
            "Sessions at once",
            "How many are there if everybody stays as long as planned."
                + (report.phases.isEmpty ? "" : " The dashed lines are begins of phases."),
            report
        ) { PlanCharts(report, size: $0).sessions(id: $1) }
        text += figure(
            "Arrivals",
            "How many press play in each stretch of time, as a rate. A steep front is what sign-in, tokens and TLS feel.",
            report
        ) { PlanCharts(report, size: $0).arrivals(id: $1) }
        guard report.traffic != nil else { return text }
        return text
            + figure(
                "Throughput",
                "What is downloaded if everybody plays the best track that network and screen allow, and fills buffers at once.",
                report
            ) { PlanCharts(report, size: $0).throughput(id: $1) }
    }

    /// A chart for wide pages and the same for narrow ones.
    private static func figure(
        _ title: String, _ caption: String, _ report: PlanReport, _ draw: (Chart.Size, String) -> String
    ) -> String {
        let id = title.lowercased().replacing(" ", with: "-")
        return "<figure class=\"full\"><h3>\(title)</h3><div class=\"wide\">\(draw(.wide, id))</div>"
            + "<div class=\"slim\">\(draw(.normal, id + "-slim"))</div>"
            + "<figcaption>\(Escaping.markup(caption))</figcaption></figure>\n"
    }

    // MARK: Tables

    private static func audience(_ report: PlanReport) -> String {
        var text = "<h2>Who they are</h2>\n"
        if !report.phases.isEmpty {
            var table = HTMLTable("Phases", ["Phase", "From", "To", "Visits", "Share"])
            for phase in report.phases {
                table.add([
                    phase.name, Figures.clock(phase.from), phase.to.map { Figures.clock($0) } ?? "–",
                    count(phase.visits), share(phase.visits, report),
                ])
            }
            text += table.html
        }
        for mix in report.mixes {
            var table = HTMLTable(mix.name + "s", [mix.name, "Asked for", "Of the visits", "Visits", "At once"])
            for part in mix.parts {
                let planned = report.visits > 0 ? Double(part.visits) / Double(report.visits) : nil
                table.add([
                    .init(part.name, detail: part.detail), .init(Figures.percent(part.share)),
                    .init(Figures.percent(planned)), .init(count(part.visits)), .init(count(part.peak)),
                ])
            }
            text += table.html
        }
        guard let traffic = report.traffic else { return text }
        var table = HTMLTable("Tracks", ["Stream", "Bit rate", "Visits", "Share"])
        for track in traffic.tracks {
            table.add([
                track.stream, Figures.rate(track.bitRate), count(track.visits), share(track.visits, report),
            ])
        }
        return text + table.html
    }

    private static func needs(_ report: PlanReport) -> String {
        var table = HTMLTable("At the worst moment", ["What", "Verdict", "Needed", "Here", "When"], textColumns: 2)
        for need in report.needs {
            let style =
                switch need.verdict {
                case .enough: "v-passed"
                case .close, .unknown: "v-open"
                case .tooLittle: "v-failed"
                }
            table.add([
                .init(need.name), .init(need.verdict.rawValue, style: style), .init(need.amountText),
                .init(need.limitText), .init(Figures.clock(need.at)),
            ])
        }
        return "<h2>What a run takes of this machine</h2>\n" + table.html
    }

    private static func notes(_ report: PlanReport) -> String {
        guard !report.assumptions.isEmpty else { return "" }
        let items = report.assumptions.map { "<li>\(Escaping.markup($0))</li>" }
        return "<h2>What this rests on</h2><ul class=\"note\">\(items.joined())</ul>\n"
    }

    private static func count(_ value: Int) -> String { Figures.grouped(Int64(value)) }

    private static func share(_ visits: Int, _ report: PlanReport) -> String {
        Figures.percent(report.visits > 0 ? Double(visits) / Double(report.visits) : nil)
    }
}
