import Quantities
import Testing

@testable import Reporting

@Suite struct PlanReportTests {
    private func report(_ name: String = "cup") -> PlanReport {
        var report = PlanReport(
            profile: name, seed: 7, viewers: 4, visits: 5, firstArrival: .zero, lastArrival: .seconds(3),
            end: .seconds(8),
            timeline: PlanTimeline(
                bucket: .seconds(1), arrivals: [2, 0, 1, 2, 0, 0, 0, 0], present: [2, 2, 3, 5, 4, 4, 1, 1],
                bitsPerSecond: [4e6, 2e6, 3e6, 8e6, 4e6, 4e6, 1e6, 1e6]), peakSessions: 5, peakSessionsAt: .seconds(3))
        report.phases = [
            .init(name: "doors", from: .zero, to: .seconds(2), visits: 2),
            .init(name: "kick-off", from: .seconds(2), to: nil, visits: 3),
        ]
        report.mixes = [
            .init(name: "Region", parts: [.init(name: name, detail: "1 edge", share: 1, visits: 5, peak: 5)])
        ]
        report.traffic = .init(
            peak: .megabits(8), peakAt: .seconds(3), playingPeak: .megabits(5), total: ByteCount(3_375_000),
            tracks: [.init(stream: name, bitRate: .megabits(1), visits: 5)])
        report.needs = [
            .init(name: "memory", amount: 9e9, at: .seconds(3), limit: 1e10, unit: .bytes, advice: "buy some"),
            .init(name: "ports", amount: 11, at: .seconds(3), limit: 10, unit: .count, advice: "spread them"),
            .init(name: "network", amount: 8e6, at: .seconds(3), limit: nil, unit: .bitRate, advice: "widen it"),
        ]
        report.assumptions = ["All is well."]
        report.warnings = ["Late ones do not come."]
        return report
    }

    @Test func needsHaveVerdictsAndSentences() {
        let report = report()
        #expect(report.needs.map(\.verdict) == [.close, .tooLittle, .unknown] && !report.fits)
        #expect(
            report.sentences == [
                "The plan needs more ports than this machine has: 11, not 10, at 3 s. Spread them.",
                "The plan comes close to what this machine has of memory: 9 GB of 10 GB at 3 s. To have more room, buy some.",
                "Late ones do not come.",
            ])
    }

    @Test func theChartShowsEachColumnAtItsHeight() {
        let chart = BlockChart(width: 8, height: 4, isPlain: false)
        let lines = chart.lines([0, 1, 2, 3, 5, 10, 0, 0.01], seconds: 8, isWhole: true)
        // Four lines of eight eighths for 10, and what there is at all is to be seen.
        #expect(lines[0] == "      10 ┤     █" && lines[1] == "         │     █")
        #expect(lines[2] == "       5 ┤   ▂██" && lines[3] == "         │ ▃▆███ ▁")
        #expect(lines[4].hasPrefix("         └┬") && lines[5].hasPrefix("          0 s"))
    }

    @Test func aPlainTerminalGetsASCIIOnly() {
        let text = PlanText.render(report("Tromsø"), TerminalFacts(columns: 60, isPlain: true))
        #expect(text.utf8.allSatisfy { $0 == 0x0A || (0x20...0x7E).contains($0) })
        #expect(text.contains("Troms?") && text.contains("#"))
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 60 || $0.hasPrefix("  ") })
    }

    @Test(arguments: [40, 57, 80, 133, 200]) func chartsFitTheTerminal(_ columns: Int) {
        var report = report()
        report.timeline.arrivals = Array(repeating: 3, count: 977)
        report.timeline.present = Array(repeating: 9, count: 977)
        report.timeline.bitsPerSecond = []
        let lines = PlanText.render(report, TerminalFacts(columns: columns, isPlain: false)).split(separator: "\n")
        let charts = lines.filter { $0.contains("│") || $0.contains("┤") || $0.contains("└") }
        #expect(charts.count == 18 && charts.allSatisfy { $0.count <= columns })
    }

    @Test func textFromProfilesIsHarmless() {
        let bad = "<script>\u{1B}[2J\u{202E}"
        let page = PlanHTML.render(report(bad))
        #expect(!page.contains("<script") && !page.contains("\u{1B}") && !page.contains("\u{202E}"))
        let text = PlanText.render(report(bad), TerminalFacts(columns: 80, isPlain: false))
        #expect(!text.contains("\u{1B}") && !text.contains("\u{202E}"))
        #expect(!PlanJSON.render(report(bad)).contains("\u{1B}"))
    }

    @Test func thePageHasEveryPart() {
        let page = PlanHTML.render(report())
        for part in [
            "doors", "kick-off", "Sessions at once", "Throughput", "too little", "All is well.",
            "Late ones do not come.",
        ] {
            #expect(page.contains(part), "\(part)")
        }
        #expect(!page.contains("http://") && !page.contains("https://") && !page.contains("<script"))
        let ids = page.components(separatedBy: " id=\"").dropFirst().compactMap { $0.split(separator: "\"").first }
        #expect(ids.count == Set(ids).count && ids.count == 12)
    }

    @Test func aCoarserTimelineLosesNothing() {
        let line = PlanTimeline(
            bucket: .seconds(1), arrivals: [1, 2, 3, 4, 5], present: [1, 9, 3, 4, 5], bitsPerSecond: [1, 2, 3, 4, 9])
        let coarse = line.coarser(atMost: 3)
        #expect(coarse.bucket == .seconds(2) && coarse.arrivals == [3, 7, 5] && coarse.present == [9, 4, 5])
        #expect(coarse.bitsPerSecond == [2, 4, 9])
        #expect(line.coarser(atMost: 5) == line && line.coarser(atMost: 0).arrivals == [15])
    }
}
