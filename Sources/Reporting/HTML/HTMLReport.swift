import Measurement
import Playback
import Quantities

/// `report.html`: the run for people, as one file without scripts and without anything from the network.
package enum HTMLReport {
    /// The document.
    package static func render(_ report: RunReport) -> String {
        var text = ""
        render(report, to: &text)
        return text
    }

    /// Writes the document to a stream, section by section.
    package static func render(_ report: RunReport, to output: inout some TextOutputStream) {
        let verdicts = Verdicts(report)
        output.write(HTMLHead.render(report.metadata.profile))
        output.write("<body><main>\n")
        output.write(HTMLHeader.render(verdicts))
        output.write(HTMLJourney.render(report))
        output.write(HTMLCharts.render(report, verdicts))
        output.write(HTMLGroups.render(report, verdicts))
        output.write(HTMLGate.render(report))
        output.write(HTMLFindings.render(report))
        output.write(HTMLTransfers.render(report))
        output.write(HTMLTester.render(report))
        output.write(footer(report))
        output.write("</main></body></html>\n")
    }

    private static func footer(_ report: RunReport) -> String {
        let terms = [
            ("Startup time", "From the play command to the first frame, of all viewers that saw one."),
            (
                "Rebuffer ratio",
                "Time stopped for want of media ÷ (that time + playing time), of all viewers together (CTA-2066)."
                    + " Startup, seeking and pauses count neither above nor below the line."
            ),
            ("Mean bit rate", "The declared bit rate of the video shown, weighted by how long it was shown."),
            ("Video start failure", "A fatal error before the first frame, of all attempts."),
            ("Video playback failure", "A fatal error after the first frame, of all plays."),
            (
                "Exit before video start",
                "The viewer left before the first frame and nothing had failed, of all attempts."
            ),
            (
                "Time to first byte",
                "From the begin of a transfer to the first byte of the response, of complete responses."
            ),
            (
                "Finding",
                "Something a stream, document or response does against its specification, whether or not a viewer noticed."
            ),
            (
                "Refused viewer",
                "Left because a step of the journey (a login, a ticket, a heartbeat) was refused; no failure of the playback."
            ),
            ("p95", "95 % of the values are at or below it. Percentiles are never averaged."),
        ]
        var text = "<h2>What the words mean</h2><dl class=\"terms\">"
        for (term, meaning) in terms {
            text += "<dt>\(Escaping.markup(term))</dt><dd>\(Escaping.markup(meaning))</dd>"
        }
        text +=
            "</dl><footer>fullhouse \(Escaping.markup(report.metadata.toolVersion)), \(Figures.grouped(Int64(report.sessionRows)))"
        return text
            + " session rows and \(Figures.grouped(Int64(report.transferRows))) transfer rows in the run file.</footer>\n"
    }
}
