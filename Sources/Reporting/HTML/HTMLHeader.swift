import Measurement
import Quantities

/// The top of the report: what the run was, the verdicts, the key figures.
enum HTMLHeader {
    static func render(_ verdicts: Verdicts) -> String {
        title(verdicts.report) + banners(verdicts) + cards(verdicts.report)
    }

    private static func title(_ report: RunReport) -> String {
        let metadata = report.metadata
        let kicker = metadata.isSimulated ? "Simulated load test of video playback" : "Load test of video playback"
        var text = "<p class=\"kicker\">\(kicker)</p><h1>\(Escaping.markup(metadata.profile))</h1>"
        var facts = [
            ("", Figures.utc(metadata.startedAt)), ("lasted", Figures.duration(report.duration)),
            ("viewers", viewers(report)), ("tracks", metadata.mode), ("seed", String(metadata.seed)),
        ]
        if let planned = metadata.plannedDuration, abs(planned.seconds - report.duration.seconds) > 1.5 {
            facts[1].1 += " of \(Figures.duration(planned)) planned"
        }
        text += "<ul class=\"facts\">"
        for (name, value) in facts where !value.isEmpty {
            text += "<li>\(name.isEmpty ? "" : name + " ")<b>\(Escaping.markup(value))</b></li>"
        }
        text += "</ul>"
        if !metadata.command.isEmpty {
            text += "<p class=\"command\"><code>\(Escaping.markup(metadata.command))</code></p>"
        }
        return text + "\n"
    }

    private static func viewers(_ report: RunReport) -> String {
        let came = report.totals.overall.arrivals
        let planned = Int64(report.metadata.plannedViewers)
        // Who comes back, zaps or tries again begins another playback.
        if planned > 0, came > planned {
            return "\(Figures.grouped(planned)), in \(Figures.grouped(came)) playbacks"
        }
        return planned > 0 && planned != came
            ? "\(Figures.grouped(came)) of \(Figures.grouped(planned)) planned" : Figures.grouped(came)
    }

    private static func banners(_ verdicts: Verdicts) -> String {
        var text = ""
        if verdicts.report.end == .cutShort, let sentence = verdicts.endSentence {
            text += banner(.caution, sentence, "")
        } else if let sentence = verdicts.endSentence {
            text += banner(.neutral, sentence, "")
        }
        for warning in verdicts.report.metadata.warnings { text += banner(.caution, warning, "") }
        // An invalid measurement comes first: nothing below it counts.
        let validity = banner(verdicts.validityTone, verdicts.validitySentence, reasons(verdicts.validity))
        let thresholds = banner(verdicts.thresholdTone, verdicts.thresholdSentence, results(verdicts.results))
        let edge = verdicts.outlier.map { banner(.caution, $0.sentence, "") } ?? ""
        let gate = verdicts.gate.map { banner($0.tone, $0.sentence, "") } ?? ""
        if verdicts.gate?.tone == .bad { text += gate }
        return text
            + (verdicts.validity.verdict == .invalid ? validity + thresholds : thresholds + validity)
            + (verdicts.gate?.tone == .bad ? "" : gate) + edge
    }

    private static func banner(_ tone: Verdicts.Tone, _ sentence: String, _ list: String) -> String {
        "<section class=\"verdict \(tone.rawValue)\"><p>\(Escaping.markup(sentence))</p>\(list)</section>\n"
    }

    private static func reasons(_ validity: Validity) -> String {
        guard !validity.reasons.isEmpty else { return "" }
        let items = validity.reasons.map { reason in
            "<li><span>\(reason.verdict.label)</span><span>\(Escaping.markup(reason.sentence))</span></li>"
        }
        return "<ul>\(items.joined())</ul>"
    }

    private static func results(_ results: [ThresholdResult]) -> String {
        guard !results.isEmpty else { return "" }
        let items = results.map { result -> String in
            let (word, style) =
                switch result.verdict {
                case .passed: ("✓ kept", "v-passed")
                case .failed: ("✗ missed", "v-failed")
                case .notEnoughData: ("? open", "v-open")
                }
            let measured = result.measured.map { "measured " + result.threshold.unit.text($0) } ?? "nothing measured"
            var detail = "\(measured), \(Figures.grouped(result.population)) \(result.threshold.metric.population.word)"
            if result.verdict == .notEnoughData {
                detail += "; at least \(Figures.grouped(result.threshold.minimumPopulation)) are needed"
            }
            return "<li><span class=\"\(style)\">\(word)</span><span>\(Escaping.markup(result.threshold.text))"
                + "<small>\(Escaping.markup(detail))</small></span></li>"
        }
        return "<ul>\(items.joined())</ul>"
    }

    private static func cards(_ report: RunReport) -> String {
        let cell = report.totals.overall
        let transfers = report.totals.allTransfers
        let points = report.series[.overall]
        let peak = points.map(\.concurrent.sum).max() ?? 0
        let fastest = points.map(\.throughput).max() ?? .zero
        let failures = transfers.tally(of: .failed)
        var cards: [(String, String, String)] = [
            ("Viewers", Figures.grouped(cell.arrivals), "at most \(Figures.grouped(peak)) at once"),
            (
                "Startup time p50", Figures.time(cell.startup.percentile(50)),
                "p95 \(Figures.time(cell.startup.percentile(95))), p99 \(Figures.time(cell.startup.percentile(99)))"
            ),
            (
                "Rebuffer ratio", Figures.percent(cell.rebufferRatio),
                "in \(Figures.percent(cell.share(ofPlays: cell.rebufferedSessions))) of the plays"
            ),
            (
                "Mean bit rate", Figures.rate(cell.meanBitRate),
                "\(Figures.grouped(cell.switchesUp)) switches up, \(Figures.grouped(cell.switchesDown)) down"
            ),
            (
                "Failed viewers", Figures.grouped(cell.failed),
                "\(Figures.grouped(cell.outcomes.startFailure)) before start, \(Figures.grouped(cell.outcomes.playbackFailure)) later"
            ),
            (
                "Exits before start", Figures.grouped(cell.outcomes.exitBeforeStart),
                Figures.percent(cell.share(ofAttempts: cell.outcomes.exitBeforeStart)) + " of the attempts"
            ),
            (
                "Throughput", Figures.rate(fastest), "at most; \(Figures.bytes(transfers.all.bytes)) in all"
            ),
            (
                "Transfers", Figures.grouped(transfers.all.count),
                "\(Figures.grouped(failures.count)) failed (\(Figures.percent(transfers.failedShare)))"
            ),
        ]
        if !report.totals.journeys.isEmpty {
            cards.append(
                (
                    "Turned away", Figures.grouped(cell.outcomes.journeyRefused),
                    Figures.percent(cell.share(ofAttempts: cell.outcomes.journeyRefused)) + " of the attempts"
                ))
            let picture = report.totals.journeys.timeToPicture
            cards.append(
                (
                    "Time to picture p50", Figures.time(picture.percentile(50)),
                    "from the arrival; p95 \(Figures.time(picture.percentile(95)))"
                ))
        }
        if let latency = cell.latency.percentile(50) {
            cards.append(
                ("Live latency p50", Figures.time(latency), "p95 \(Figures.time(cell.latency.percentile(95)))"))
        }
        if let ratio = transfers.cacheHitRatio {
            cards.append(("Cache hit ratio", Figures.percent(ratio), "of responses that told"))
        }
        let late = [2.0, 5, 10].map { "\(Int($0)) s: \(Figures.percent(cell.startupShare(above: $0)))" }
        if !cell.startup.isEmpty {
            cards.append(
                (
                    "Startup longer than 2 s", Figures.percent(cell.startupShare(above: 2)),
                    late.dropFirst().joined(separator: ", ")
                ))
        }
        if let perHour = cell.rebuffersPerHour {
            cards.append(
                (
                    "Rebuffers per hour", Figures.short(perHour),
                    "of playing time; \(Figures.grouped(cell.rebuffers)) in all"
                ))
        }
        let items = cards.map { name, value, more in
            "<div><dt>\(Escaping.markup(name))</dt><dd>\(Escaping.markup(value))<small>\(Escaping.markup(more))</small></dd></div>"
        }
        return "<dl class=\"cards\">\(items.joined())</dl>\n"
    }
}
