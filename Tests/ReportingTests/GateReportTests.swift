import Foundation
import Measurement
import Quantities
import SyntheticRuns
import Testing

@testable import Reporting

@Suite struct GateReportTests {
    private func report(leaks: Int = 3, answered: Bool = true) -> RunReport {
        var report = SampleReports.empty
        report.metadata.probes = ["none", "expired", "shared"]
        for edge in ["127.0.0.2", "127.0.0.3"] {
            for kind in ["manifest", "video"] {
                report.totals.gate.noteHonest(GatePlace(stream: "main", edge: edge, kind: kind), isAccepted: true)
                for (probe, words) in [("none", "no token"), ("expired", "an expired token")] {
                    report.totals.gate.note(
                        answered ? GateAnswer(.refused, "403") : GateAnswer(.inconclusive, "timeout"),
                        GateKey(probe: probe, stream: "main", edge: edge, kind: kind),
                        uri: "https://h/<b>/7.m4s?hdnts=x",
                        words: words, bytes: 2, at: .seconds(1))
                }
            }
        }
        for _ in 0..<leaks {
            report.totals.gate.note(
                GateAnswer(.leaked, "206"), GateKey(probe: "none", stream: "main", edge: "127.0.0.3", kind: "video"),
                uri: "https://h/<b>/7.m4s?hdnts=x", words: "no token", bytes: 2, at: .seconds(2))
        }
        report.totals.gate.note(
            GateLog.Reason(probe: "shared", stream: "main", sentence: "no other session's token is known"))
        return report
    }

    private let sentence =
        "The gate leaks: 3 requests of 11 that had to be refused were let in, at 1 of 2 edges (127.0.0.3). Never made: shared."

    @Test func aLeakStandsAtTheTopOfThePage() throws {
        let html = HTMLReport.render(report())
        let banner = try #require(html.range(of: "<section class=\"verdict bad\"><p>\(sentence)</p>"))
        let verdict = try #require(html.range(of: "thresholds were missed") ?? html.range(of: "Failed: 1 of 1"))
        #expect(banner.lowerBound < verdict.lowerBound)
        let section = try #require(html.components(separatedBy: "<h2>").first { $0.hasPrefix("The gate") })
        #expect(section.contains("<td class=\"n worst\">✗ 3 leaked<small>1 refused</small></td>"))
        #expect(
            section.contains("video at 127.0.0.3<small>main: h/&lt;b&gt;/7.m4s</small>")
        )
        #expect(section.contains("<td class=\"n\">1 let in</td>"))
        #expect(
            section.contains("no other session&#39;s token is known")
                || section.contains("no other session's token is known"))
        #expect(section.contains("✗ 3 leaked<small>206</small>"))
        #expect(!html.contains("hdnts"))
    }

    @Test func theOtherFormatsSayTheSame() throws {
        let report = report()
        #expect(ConsoleSummary.render(report).contains(sentence))
        let markdown = SummaryMarkdown.render(report)
        #expect(markdown.contains("| none | 7 | 4 | 3 | 0 |") && markdown.contains("| expired | 4 | 4 | 0 | 0 |"))
        #expect(
            JUnitXML.render(report).contains(
                "<failure message=\"token leaks == 0: 3 (11 probes)\" type=\"threshold\"/>"))
        let object = try JSONSerialization.jsonObject(with: Data(SummaryJSON.render(report).utf8)) as? [String: Any]
        let gate = try #require(object?["gate"] as? [String: Any])
        #expect(gate["leaked"] as? Int == 3 && gate["tried"] as? Int == 11)
        #expect((gate["list"] as? [Any])?.count == 8 && gate["never_made"] as? [String] == ["shared"])
        let rows = GateCSV.render(report).split(separator: "\r\n")
        #expect(rows.count == 9 && rows.contains { $0.hasPrefix("none,main,127.0.0.3,video,4,1,3,0,1,0,8,") })
        for text in [markdown, GateCSV.render(report), SummaryJSON.render(report)] { #expect(!text.contains("hdnts")) }
    }

    @Test func aGateThatHeldIsGoodNewsAndSilenceIsNot() {
        var held = report(leaks: 0)
        held.metadata.probes = ["none", "expired"]
        #expect(GateFigures(held)?.tone == .good)
        #expect(GateFigures(held)?.sentence == "The gate held: all 8 requests that had to be refused were refused.")
        let silent = GateFigures(report(leaks: 0, answered: false))
        #expect(silent?.tone == .caution)
        #expect(silent?.sentence.hasPrefix("Nothing is known of the gate: no request") == true)
        var untried = SampleReports.empty
        untried.metadata.probes = ["none"]
        #expect(GateFigures(untried)?.tone == .caution)
        #expect(HTMLGate.render(untried).contains("there was no occasion for it"))
    }

    @Test func aRunWithoutProbesHasNoSection() {
        #expect(!HTMLReport.render(SampleReports.empty).contains("The gate"))
        #expect(SummaryJSON.render(SampleReports.empty).contains("\"gate\": null"))
        #expect(!SummaryMarkdown.render(SampleReports.empty).contains("asked with"))
    }
}
