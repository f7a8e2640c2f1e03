import Foundation
import Measurement
import Quantities
import SyntheticRuns
import Testing

@testable import Reporting

@Suite struct JourneyReportTests {
    /// A thousand viewers at the door, of whom 30 are refused and 20 do not see a picture.
    static func report(step: String = "redeem") -> RunReport {
        var report = SampleReports.plain
        var log = JourneyLog()
        (log.arrived, log.started, log.playing) = (1_000, 965, 950)
        let redeem = StepKey(position: 0, name: step, occasion: "before")
        let enter = StepKey(position: 1, name: "enter", occasion: "before")
        let beat = StepKey(position: 2, name: "heartbeat", occasion: "every")
        for number in 0..<1_000 {
            let time = TimeAmount.milliseconds(Int64(80 + number % 100 * 3))
            log.note(redeem, number < 30 ? .left : .passed, after: time)
            if number >= 30 {
                log.note(enter, number < 35 ? .left : number < 40 ? .wentOn : .passed, after: time * 0.5)
            }
            if number >= 35 { log.timeToStart.record(time * 1.5) }
            if number >= 50 {
                log.timeToPicture.record(time * 3)
                for _ in 0..<3 { log.note(beat, number == 70 ? .left : .passed, after: .milliseconds(40)) }
            }
        }
        report.totals.journeys = log
        report.totals.sessions[.overall]?.outcomes.journeyRefused = 38
        return report
    }

    @Test func theFunnelIsInEveryFormat() throws {
        let report = Self.report()
        let html = HTMLReport.render(report)
        #expect(html.contains("From the door to the picture"))
        #expect(html.contains("<li><b>redeem</b><span class=\"way\"><i style=\"width:97.00%\"></i>"))
        #expect(html.contains("30 refused and gone"))
        let object = try JSONSerialization.jsonObject(with: Data(SummaryJSON.render(report).utf8)) as? [String: Any]
        let journey = try #require(object?["journey"] as? [String: Any])
        let stages = try #require(journey["funnel"] as? [[String: Any]])
        #expect(stages.compactMap { $0["viewers"] as? Int } == [1_000, 970, 965, 965, 950])
        #expect((journey["steps"] as? [[String: Any]])?.compactMap { $0["left"] as? Int } == [30, 5, 3])
        let sessions = try #require(object?["sessions"] as? [String: Any])
        #expect(sessions["journey_refused"] as? Int == 38)
        let markdown = SummaryMarkdown.render(report)
        #expect(markdown.contains("| redeem | 970 | 97 % | 97 % | 30 |"))
        #expect(markdown.contains("| heartbeat | every | 2847 | 3 | 0 |"))
        let console = ConsoleSummary.render(report)
        #expect(console.contains("arrived 1000 → redeem 970 → enter 965 → started 965 → playing 950"))
        #expect(console.contains("38 viewers left because a step was refused"))
        let lines = FunnelCSV.render(report).components(separatedBy: "\r\n")
        #expect(lines.count == 8)
        #expect(lines[2].hasPrefix("redeem,before,970,0.970000,0.970000,970,30,0,"))
        #expect(lines[6].hasPrefix("heartbeat,every,,,,2847,3,0,"))
        #expect(Set(lines.dropLast().map { $0.split(separator: ",", omittingEmptySubsequences: false).count }) == [12])
    }

    @Test func aRunWithoutAJourneyShowsNoFunnel() {
        let report = SampleReports.plain
        #expect(!HTMLReport.render(report).contains("From the door"))
        #expect(!SummaryMarkdown.render(report).contains("| stage |"))
        #expect(!ConsoleSummary.render(report).contains("funnel"))
        #expect(SummaryJSON.render(report).contains("\"journey\": null"))
    }

    @Test func namesOfStepsAreHarmless() {
        let report = Self.report(step: "<script>\"&,\n|=1+1")
        #expect(!HTMLReport.render(report).contains("<script"))
        #expect(!ConsoleSummary.render(report).contains("\u{1B}"))
        #expect(FunnelCSV.render(report).contains("\"<script>\"\"&,\n|=1+1\""))
    }
}
