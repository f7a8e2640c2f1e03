import Foundation
import Manifests
import Measurement
import Quantities
import SyntheticRuns
import Testing

@testable import Reporting

@Suite struct FindingReportTests {
    private let report = SampleReports.plain

    private func section(_ report: RunReport) -> String {
        let parts = HTMLReport.render(report).components(separatedBy: "<h2>")
        return parts.first { $0.hasPrefix("Findings") } ?? ""
    }

    @Test func thePageShowsErrorsFirstWithMeaningEdgeAndFirstSight() throws {
        let html = section(report)
        let stale = try #require(html.range(of: "hls-stale-playlist<small>rfc8216bis 6.2.1</small>"))
        let slow = try #require(html.range(of: "http-segment-slower-than-real-time"))
        let note = try #require(html.range(of: "http-playlist-not-compressed"))
        #expect(stale.lowerBound < slow.lowerBound && slow.lowerBound < note.lowerBound)
        #expect(html.contains("a live playlist did not change for more than 1.5 target durations"))
        #expect(html.contains("127.0.0.4 ("))
        #expect(html.contains("Age of live playlists, in target durations"))
        #expect(!html.contains("secret"))
        let counts = report.totals.findings.counts()
        #expect(counts.errors > 0 && html.contains("Found: \(counts.errors) error"))
    }

    @Test func everyFormatHasTheSameCounts() throws {
        let counts = report.totals.findings.counts()
        let object = try JSONSerialization.jsonObject(with: Data(SummaryJSON.render(report).utf8))
        let findings = try #require((object as? [String: Any])?["findings"] as? [String: Any])
        #expect(findings["errors"] as? Int64 == counts.errors)
        let list = try #require(findings["list"] as? [[String: Any]])
        #expect(list.reduce(0) { $0 + ($1["count"] as? Int64 ?? 0) } == counts.sum)
        #expect(list.allSatisfy { ($0["resource"] as? String)?.contains("token") == false })
        let ages = try #require(findings["playlist_age"] as? [[String: Any]])
        #expect(ages.count == report.totals.findings.ages.count && !ages.isEmpty)
        let rows = FindingsCSV.render(report).split(separator: "\r\n").dropFirst()
        #expect(rows.count == list.count)
        let sum = rows.reduce(0 as Int64) { $0 + (Int64($1.split(separator: ",")[6]) ?? 0) }
        #expect(sum == counts.sum)
        #expect(SummaryMarkdown.render(report).contains("| hls-stale-playlist | error |"))
        #expect(!SummaryMarkdown.render(report).contains("http-playlist-not-compressed"))
        #expect(
            ConsoleSummary.render(report).contains(
                "findings       \(counts.errors) errors, \(counts.warnings) warnings"))
    }

    @Test func groupsSumOverStreamsAndEdges() {
        let groups = FindingGroup.groups(of: report.totals.findings)
        #expect(groups.map(\.severity) == [.error, .warning, .information])
        #expect(groups.reduce(0) { $0 + $1.count } == report.totals.findings.counts().sum)
        #expect(groups.allSatisfy { $0.edges.values.reduce(0, +) == $0.count })
    }

    @Test func nothingFoundAndNothingStoredAreTwoThings() {
        #expect(section(SampleReports.empty).contains("Nothing was found wrong with the streams."))
        var old = SampleReports.empty
        old.storesFindings = false
        #expect(section(old).contains("stored by an older version"))
        #expect(SummaryJSON.render(old).contains("\"findings\": null"))
    }

    @Test func moreKindsThanALogKeepsAreCounted() {
        var full = SampleReports.empty
        for number in 0..<FindingLog.limit + 7 {
            let finding = Finding(id: "x-\(number)", severity: .error, message: "m", clause: "c")
            full.totals.findings.note([finding], stream: "s", edge: "e", kind: .video, uri: "u", at: .zero)
        }
        #expect(section(full).contains("7 more were of further kinds"))
        #expect(SummaryJSON.render(full).contains("\"not_told_apart\": 7"))
    }
}
