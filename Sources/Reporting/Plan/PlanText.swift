import Quantities

/// What a terminal can show.
package struct TerminalFacts: Sendable, Hashable {
    /// How many characters stand on a line.
    package var columns: Int
    /// Whether there are only ASCII characters.
    package var isPlain: Bool

    /// Creates facts; fewer than 40 columns count as 40, and more than 200 as 200.
    package init(columns: Int, isPlain: Bool) {
        self.columns = min(200, max(40, columns))
        self.isPlain = isPlain
    }
}

/// A plan for the terminal.
package enum PlanText {
    /// The text, with a line end at the end.
    package static func render(_ report: PlanReport, _ terminal: TerminalFacts) -> String {
        var lines = head(report)
        lines += charts(report, terminal)
        lines += phases(report, terminal)
        for mix in report.mixes { lines += self.mix(mix, report.visits, terminal) }
        lines += traffic(report)
        lines += needs(report, terminal)
        lines += notes("What is in the way", report.sentences, terminal)
        lines += notes("What this rests on", report.assumptions, terminal)
        let text = lines.map(Escaping.terminal).joined(separator: "\n") + "\n"
        // Names may have letters that a plain terminal cannot show.
        return terminal.isPlain ? BlockChart.plain(text) : text
    }

    private static func head(_ report: PlanReport) -> [String] {
        var facts = [
            "\(count(report.viewers)) viewers, \(count(report.visits)) visits, seed \(report.seed)",
            "Arrivals from \(Figures.clock(report.firstArrival)) to \(Figures.clock(report.lastArrival));"
                + " the plan ends at \(Figures.clock(report.end))",
            "Most at once: \(count(report.peakSessions)) sessions at \(Figures.clock(report.peakSessionsAt))",
        ]
        if let traffic = report.traffic {
            facts.append(
                "Most throughput: \(Figures.rate(traffic.peak)) at \(Figures.clock(traffic.peakAt))"
                    + " (\(Figures.rate(traffic.playingPeak)) without filling buffers);"
                    + " \(Figures.bytes(traffic.total.count)) in all")
        }
        return ["Plan of \(report.profile)"] + facts.map { "  " + $0 }
    }

    private static func charts(_ report: PlanReport, _ terminal: TerminalFacts) -> [String] {
        let width = terminal.columns - BlockChart.margin - 1
        let chart = BlockChart(width: width, height: 8, isPlain: terminal.isPlain)
        let line = report.timeline.coarser(atMost: width)
        // Each value is as many columns wide as fit.
        let repeats = max(1, width / max(1, line.arrivals.count))
        func wide(_ values: [Double]) -> [Double] { values.flatMap { [Double](repeating: $0, count: repeats) } }
        let bucket = Figures.clock(.zero + line.bucket)
        let seconds = line.length.seconds
        var lines = ["", "Arrivals in each \(bucket)"]
        lines += chart.lines(wide(line.arrivals.map(Double.init)), seconds: seconds, isWhole: true)
        lines += ["", "Sessions at once"]
        lines += chart.lines(wide(line.present.map(Double.init)), seconds: seconds, isWhole: true)
        guard !line.bitsPerSecond.isEmpty else { return lines }
        let (factor, unit) = PlanScale.rate(line.bitsPerSecond.max() ?? 0)
        lines += ["", "Throughput, \(unit)"]
        lines += chart.lines(wide(line.bitsPerSecond.map { $0 / factor }), seconds: seconds, isWhole: false)
        return lines
    }

    private static func phases(_ report: PlanReport, _ terminal: TerminalFacts) -> [String] {
        guard !report.phases.isEmpty else { return [] }
        let rows = report.phases.map { phase in
            [
                phase.name, Figures.clock(phase.from), phase.to.map { Figures.clock($0) } ?? "–",
                count(phase.visits), Figures.percent(share(phase.visits, report.visits)),
            ]
        }
        return [""] + table(["Phase", "from", "to", "visits", "share"], rows, texts: 1, terminal)
    }

    private static func mix(_ mix: PlanReport.Mix, _ visits: Int, _ terminal: TerminalFacts) -> [String] {
        let rows = mix.parts.map { part in
            [
                part.name, part.detail, Figures.percent(part.share), Figures.percent(share(part.visits, visits)),
                count(part.visits), count(part.peak),
            ]
        }
        let head = [mix.name, "", "share", "is", "visits", "at once"]
        return [""] + table(head, rows, texts: 2, terminal)
    }

    private static func traffic(_ report: PlanReport) -> [String] {
        guard let traffic = report.traffic else { return [] }
        let rows = traffic.tracks.map { track in
            [
                track.stream, Figures.rate(track.bitRate), count(track.visits),
                Figures.percent(share(track.visits, report.visits)),
            ]
        }
        return [""] + table(["Track of", "bit rate", "visits", "share"], rows, texts: 1, nil)
    }

    private static func needs(_ report: PlanReport, _ terminal: TerminalFacts) -> [String] {
        let rows = report.needs.map { need in
            let mark =
                switch need.verdict {
                case .enough: "✓"
                case .close: "!"
                case .tooLittle: "✗"
                case .unknown: "?"
                }
            return [
                "\(mark) \(need.name)", need.verdict.rawValue, need.amountText, need.limitText, Figures.clock(need.at),
            ]
        }
        return [""] + table(["What a run takes", "", "at most", "here", "at"], rows, texts: 2, terminal)
    }

    private static func notes(_ title: String, _ sentences: [String], _ terminal: TerminalFacts) -> [String] {
        guard !sentences.isEmpty else { return [] }
        return ["", title]
            + sentences.flatMap { sentence in
                let lines = wrapped(sentence, terminal.columns - 2)
                return lines.enumerated().map { ($0 == 0 ? "- " : "  ") + $1 }
            }
    }

    // MARK: Shapes

    private static func count(_ value: Int) -> String { Figures.grouped(Int64(value)) }

    private static func share(_ part: Int, _ whole: Int) -> Double? { whole > 0 ? Double(part) / Double(whole) : nil }

    /// A table of columns as wide as their widest cell; texts to the left, numbers to the right.
    ///
    /// Where a terminal is too narrow, the second column of texts is cut off with a mark.
    private static func table(_ head: [String], _ rows: [[String]], texts: Int, _ terminal: TerminalFacts?) -> [String]
    {
        var widths = head.indices.map { column in ([head] + rows).map { $0[column].count }.max() ?? 0 }
        let total = widths.reduce(0, +) + 2 * widths.count
        if let terminal, texts > 1, total > terminal.columns {
            widths[1] = max(8, widths[1] - (total - terminal.columns))
        }
        return ([head] + rows).map { row in
            let cells = row.enumerated().map { column, text in
                let cut = text.count > widths[column] ? String(text.prefix(widths[column] - 1)) + "…" : text
                return column < texts
                    ? BlockChart.left(cut, widths[column]) : BlockChart.right(cut, widths[column])
            }
            var line = cells.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line
        }
    }

    /// A sentence in lines of at most so many characters, broken at spaces.
    static func wrapped(_ sentence: String, _ width: Int) -> [String] {
        var lines: [String] = []
        for word in sentence.split(separator: " ") {
            if let line = lines.last, line.count + word.count < width {
                lines[lines.count - 1] = line + " " + word
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }
}

/// The unit that suits the rates of a chart.
enum PlanScale {
    static func rate(_ most: Double) -> (factor: Double, unit: String) {
        most >= 1e9 ? (1e9, "Gbit/s") : most >= 1e6 ? (1e6, "Mbit/s") : (1e3, "kbit/s")
    }
}
