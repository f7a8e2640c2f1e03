import Foundation
import Manifests
import Measurement
import Playback
import Quantities
import SyntheticRuns
import Testing

@testable import Reporting

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// A small run, made once: every test only reads it.
enum SampleReports {
    static let plain = make(SyntheticRun.Settings())
    static let hostile: RunReport = {
        var settings = SyntheticRun.Settings()
        let bad = "</title><script>alert('x')</script>\u{1B}[2J\"&,\n|=1+1\u{0}\u{202E}"
        settings.edges = ["10.0.0.1", bad]
        settings.streams = [bad]
        settings.regions = ["=cmd|' /C calc'!A1", bad]
        var report = make(settings)
        report.metadata.profile = bad
        report.metadata.command = bad
        report.metadata.mode = bad
        report.metadata.warnings = [bad]
        let finding = Finding(id: bad, severity: .error, message: bad, clause: bad)
        report.totals.findings.note([finding], stream: bad, edge: bad, kind: .video, uri: bad, at: .zero)
        report.end = .stopped(reason: bad)
        return report
    }()

    static func make(_ base: SyntheticRun.Settings) -> RunReport {
        var settings = base
        settings.viewers = 90
        settings.seconds = 15
        settings.longestWatch = 12
        var run = SyntheticRun(settings)
        return run.report(thresholds: [
            "startup time p95 < 1 ms", "sessions >= 90", "stream main-hls: plays > 1 (at least 1000 plays)",
        ])
    }

    static let empty = RunReport(
        metadata: RunMetadata(profile: "empty", seed: 1, startedAt: .seconds(0.0), toolVersion: "0"), end: .cutShort,
        duration: .zero, totals: RunTotals(), series: IntervalSeries())
}

@Suite struct HTMLReportTests {
    /// The elements in order, checked to be closed in the reverse order they were opened in.
    private func elements(_ html: String) throws -> [String] {
        var stack: [String] = []
        var seen: [String] = []
        for piece in html.split(separator: "<").dropFirst() {
            let tag = piece.prefix { $0 != ">" }
            let name = String(tag.prefix { $0 != " " && $0 != "/" || $0 == "/" && tag.first == "/" }).lowercased()
            if name.hasPrefix("!") || tag.hasSuffix("/") || name == "meta" { continue }
            if name.hasPrefix("/") {
                try #require(stack.popLast() == String(name.dropFirst()), "closing \(name)")
            } else {
                stack.append(name)
                seen.append(name)
            }
        }
        #expect(stack.isEmpty)
        return seen
    }

    @Test func isOneSoundFileWithoutScriptsOrNetwork() throws {
        for report in [SampleReports.plain, SampleReports.hostile, SampleReports.empty] {
            let html = HTMLReport.render(report)
            let names = try elements(html)
            #expect(!names.contains("script") && !names.contains("link") && !names.contains("img"))
            #expect(!html.contains("http:") && !html.contains("https:") && !html.contains("url("))
            #expect(!html.contains("nan") && !html.contains("inf\""))
        }
    }

    @Test func idsAreUniqueAndEveryChartIsDescribed() throws {
        let html = HTMLReport.render(SampleReports.plain)
        let ids = html.split(separator: " id=\"").dropFirst().map { $0.prefix { $0 != "\"" } }
        #expect(Set(ids).count == ids.count)
        let names = try elements(html)
        let charts = names.count { $0 == "svg" }
        #expect(charts == 12)
        #expect(names.count { $0 == "desc" } == charts)
    }

    @Test func hostileNamesStayText() {
        let html = HTMLReport.render(SampleReports.hostile)
        #expect(!html.contains("<script"))
        #expect(html.contains("&lt;script&gt;alert(&#39;x&#39;)"))
        #expect(!html.unicodeScalars.contains { $0.value == 0 || $0.value == 0x1B || $0.value == 0x202E })
    }

    @Test func saysTheVerdictsAndTheSlowEdgeAtTheTop() {
        let html = HTMLReport.render(SampleReports.plain)
        let top = html.components(separatedBy: "<dl class=\"cards\">")[0]
        #expect(top.contains("Failed: 1 of 3 thresholds was missed; for 1 there was not enough data."))
        #expect(top.contains("The measurement is valid"))
        #expect(top.contains("Edge 127.0.0.4 stands out"))
    }

    @Test func aKilledRunSaysWhereItEnds() {
        var report = SampleReports.plain
        report.end = .cutShort
        let sentence = "This run was cut short at second 15"
        #expect(HTMLReport.render(report).contains(sentence))
        #expect(SummaryMarkdown.render(report).contains(sentence))
        #expect(ConsoleSummary.render(report).contains(sentence))
        #expect(JUnitXML.render(report).contains(sentence))
        #expect(SummaryJSON.render(report).contains("\"end\": \"cut-short\""))
    }

    @Test func anInvalidMeasurementComesFirst() throws {
        var report = SampleReports.plain
        var machine = MachineSample(at: .seconds(15))
        machine.eventsLost = 3
        report.evidence.add(machine)
        let html = HTMLReport.render(report)
        let validity = try #require(html.range(of: "The measurement is invalid"))
        let thresholds = try #require(html.range(of: "Failed: 1 of 3"))
        #expect(validity.lowerBound < thresholds.lowerBound)
        #expect(html.contains("3 session events were lost"))
    }
}

@Suite struct SummaryFileTests {
    private func parsed(_ report: RunReport) throws -> [String: Any] {
        let object = try JSONSerialization.jsonObject(with: Data(SummaryJSON.render(report).utf8))
        return try #require(object as? [String: Any])
    }

    private func number(_ value: Any?, _ path: String...) -> Double? {
        var value = value
        for key in path { value = (value as? [String: Any])?[key] }
        return (value as? NSNumber)?.doubleValue
    }

    @Test func jsonCountsEveryTransferByKindAndStatus() throws {
        for report in [SampleReports.plain, SampleReports.hostile] {
            let root = try parsed(report)
            let all = report.totals.allTransfers
            #expect(number(root, "version") == 1)
            #expect(number(root, "transfers", "all", "count") == Double(all.all.count))
            #expect(number(root, "transfers", "all", "bytes") == Double(all.all.bytes))
            let outcomes = ["completed", "failed", "cancelled"]
            let sum = outcomes.reduce(0) { $0 + (number(root, "transfers", $1, "count") ?? 0) }
            #expect(sum == Double(all.all.count))
            let transfers = try #require(root["transfers"] as? [String: Any])
            let statuses = try #require(transfers["by_status"] as? [[String: Any]])
            #expect(statuses.reduce(0) { $0 + (number($1, "count") ?? 0) } == Double(all.all.count))
            let kinds = try #require(root["by_kind"] as? [String: Any])
            let bytes = kinds.keys.reduce(0) { $0 + (number(kinds[$1], "transfers", "all", "bytes") ?? 0) }
            #expect(bytes == Double(all.all.bytes))
            #expect(number(root, "sessions", "attempts") == 90)
            #expect(
                number(root, "sessions", "startup_time", "p95") == report.totals.overall.startup.percentile(95)?.seconds
            )
        }
    }

    @Test func jsonOfAnEmptyRunHasNullsForWhatWasNotMeasured() throws {
        let root = try parsed(SampleReports.empty)
        #expect((root["sessions"] as? [String: Any])?["rebuffer_ratio"] is NSNull)
        #expect(number(root, "transfers", "all", "count") == 0)
    }

    /// Splits RFC 4180 text into rows of fields.
    private func rows(_ text: String) -> [[String]] {
        var rows: [[String]] = [[""]]
        var isQuoted = false
        for character in text {
            switch character {
            case "\"": isQuoted.toggle()
            case "," where !isQuoted: rows[rows.count - 1].append("")
            case "\r\n" where !isQuoted: rows.append([""])
            default: rows[rows.count - 1][rows[rows.count - 1].count - 1].append(character)
            }
        }
        return rows.dropLast()
    }

    @Test func everyLineOfATableHasTheColumnsOfItsHead() {
        for report in [SampleReports.plain, SampleReports.hostile, SampleReports.empty] {
            for text in [SummaryCSV.render(report), TimelineCSV.render(report), FindingsCSV.render(report)] {
                let rows = rows(text)
                #expect(Set(rows.map(\.count)).count == 1)
                #expect(rows.joined().allSatisfy { !$0.hasPrefix("=") })
            }
        }
    }

    @Test func timelineAddsUpToTheSummary() throws {
        let rows = rows(TimelineCSV.render(SampleReports.plain))
        let bytes = try #require(rows[0].firstIndex(of: "bytes"))
        let sum = rows.filter { $0[1] == "overall" }.reduce(0) { $0 + (Int64($1[bytes]) ?? 0) }
        #expect(sum == SampleReports.plain.totals.allTransfers.all.bytes)
    }

    @Test func sessionAndTransferLinesFitTheirHeads() {
        var settings = SyntheticRun.Settings()
        settings.viewers = 30
        settings.seconds = 8
        settings.sampling = .all
        settings.streams = ["a,\"b\"", "-1+1"]
        var run = SyntheticRun(settings)
        run.play { second in
            for delta in second.deltas {
                for row in delta.finished {
                    #expect(rows(SessionsCSV.header + SessionsCSV.row(row)).map(\.count) == [29, 29])
                }
                for row in delta.sampled {
                    #expect(rows(TransfersCSV.header + TransfersCSV.row(row)).map(\.count) == [25, 25])
                }
            }
        }
    }

    @Test func junitIsSoundXMLWithACaseForEachThreshold() throws {
        for report in [SampleReports.plain, SampleReports.hostile, SampleReports.empty] {
            let text = JUnitXML.render(report)
            let counter = ElementCounter()
            let parser = XMLParser(data: Data(text.utf8))
            parser.delegate = counter
            #expect(parser.parse(), "\(String(describing: parser.parserError))")
            let cases = counter.counts["testcase"] ?? 0
            #expect(cases == report.thresholdResults.count + (report.end == .cutShort ? 2 : 1))
            #expect(text.contains("tests=\"\(cases)\""))
            #expect(counter.counts["failure"] ?? 0 == report.thresholdResults.count { $0.verdict == .failed })
            #expect(counter.counts["skipped"] ?? 0 == report.thresholdResults.count { $0.verdict == .notEnoughData })
        }
    }

    @Test func markdownTablesKeepTheirColumnsWithHostileNames() {
        let text = SummaryMarkdown.render(SampleReports.hostile)
        #expect(!text.contains("<script"))
        var width: Int?
        for row in text.split(separator: "\n", omittingEmptySubsequences: false) {
            guard row.hasPrefix("|") else {
                width = nil
                continue
            }
            let bars = row.replacingOccurrences(of: "\\|", with: "").count { $0 == "|" }
            #expect(width == nil || width == bars, "\(row)")
            width = bars
        }
    }
}

private final class ElementCounter: NSObject, XMLParserDelegate {
    var counts: [String: Int] = [:]

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        counts[name, default: 0] += 1
    }
}

@Suite struct TerminalTests {
    @Test func theSummaryIsShortAndHarmless() {
        let text = ConsoleSummary.render(SampleReports.plain, reportPath: "Reports/x/report.html")
        #expect(text.split(separator: "\n").count <= 20)
        #expect(text.contains("slowest edge   127.0.0.4"))
        #expect(text.contains("report         Reports/x/report.html"))
        #expect(!ConsoleSummary.render(SampleReports.hostile).unicodeScalars.contains { $0.value == 0x1B })
        #expect(ConsoleSummary.render(SampleReports.empty).contains("startup time   p50 –"))
    }

    @Test(arguments: [20, 40, 60, 80, 200])
    func theProgressBlockHasFiveLinesThatFit(width: Int) {
        let report = SampleReports.plain
        let point = report.series[.overall][7]
        let block = ProgressBlock(
            elapsed: .seconds(8 as Int64), planned: .seconds(15 as Int64), point: point, totals: report.totals)
        let lines = block.lines(width: width)
        #expect(lines.count == 5)
        #expect(lines.allSatisfy { $0.count <= width })
        #expect(block.line.contains("00:08 of 00:15 playing \(point.concurrent.playing)"))
    }
}

@Suite struct FiguresTests {
    @Test(arguments: [
        (0.0, 2, "0.00"), (1.005, 1, "1.0"), (-0.04, 1, "0.0"), (-1.26, 1, "-1.3"), (12_345.678, 0, "12346"),
        (0.5, 3, "0.500"),
        (.nan, 2, "0"), (.infinity, 2, "0"),
    ])
    func fixedDigits(value: Double, digits: Int, text: String) { #expect(Figures.fixed(value, digits) == text) }

    @Test(arguments: [
        (0.0, "0 s"), (0.00084, "840 µs"), (0.0123, "12.3 ms"), (0.34, "340 ms"), (0.9999, "1 s"), (1.234, "1.23 s"),
        (125, "2 min 5 s"), (3_723, "1 h 2 min 3 s"), (-0.5, "-500 ms"),
    ])
    func times(seconds: Double, text: String) { #expect(Figures.time(.seconds(seconds)) == text) }

    @Test(arguments: [
        (0.0, "1970-01-01T00:00:00Z"), (951_782_399, "2000-02-28T23:59:59Z"), (951_868_799, "2000-02-29T23:59:59Z"),
        (1_795_363_200, "2026-11-22T16:00:00Z"), (-1, "1969-12-31T23:59:59Z"), (4_107_542_400, "2100-03-01T00:00:00Z"),
    ])
    func dates(seconds: Double, text: String) { #expect(Figures.iso(.seconds(seconds)) == text) }

    @Test(arguments: [
        (0.0, false), (0.3, false), (1, true), (7, true), (97, false), (489, true), (1.12, false), (1e6, true),
        (13.7, false),
    ])
    func axesHoldTheValueWithFewRoundTicks(value: Double, isWhole: Bool) {
        let axis = Axis(upTo: value, isWhole: isWhole)
        #expect(axis.upper >= value)
        #expect((2...7).contains(axis.ticks.count))
        #expect(Set(axis.labels).count == axis.ticks.count)
        #expect(value == 0 || axis.upper <= max(value * 2, 1))
    }

    @Test(arguments: [1.0, 15, 60, 61, 600, 5_400, 36_000, 200_000])
    func timeAxesHaveFewTicks(length: Double) {
        let axis = TimeAxis(length: length)
        #expect((1...8).contains(axis.ticks.count))
        #expect(axis.ticks.allSatisfy { $0 <= length + 0.01 })
    }

    @Test func bucketsKeepEverythingOfALongRun() {
        var series: [SeriesPoint] = []
        for second in stride(from: 0, to: 10_000, by: 3) {
            var point = SeriesPoint(second: second, duration: .seconds(1 as Int64))
            point.arrivals = 2
            series.append(point)
        }
        let buckets = TimeBuckets(series, duration: .seconds(10_000 as Int64), limit: 200)
        #expect(buckets.points.count <= 200)
        #expect(buckets.points.reduce(0) { $0 + $1.arrivals } == Int64(series.count * 2))
        #expect(buckets.places == buckets.places.sorted())
    }
}
