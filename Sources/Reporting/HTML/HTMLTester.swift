import Measurement
import Quantities

/// How the tester itself did.
enum HTMLTester {
    static func render(_ report: RunReport) -> String {
        let evidence = report.evidence
        let overall = report.totals.overall
        var text = "<h2>The tester itself</h2>\n"
        text +=
            "<p class=\"note\">What a run measures is only worth something while the tester keeps up. Its timers must fire in"
            + " time, its processors must have room, and viewers must come when the plan says.</p>\n"
        var loops = HTMLTable(
            "Event loops", ["loop", "timers late p50", "p99", "at most", "processor", "busiest second", "reconnects"])
        for (number, loop) in evidence.loops.sorted(by: { $0.key < $1.key }) {
            loops.add([
                String(number), Figures.time(loop.lateness.percentile(50)), Figures.time(loop.lateness.percentile(99)),
                Figures.time(loop.lateness.maximum), Figures.percent(loop.meanShare),
                Figures.percent(loop.highestShare),
                Figures.grouped(Int64(loop.unexpectedReconnects)),
            ])
        }
        if !loops.isEmpty { text += loops.html }
        var table = HTMLTable("Limits", ["what", "measured", "limit"])
        let late = overall.arrivalLateness
        table.add([
            "arrivals late, p99", Figures.time(late.percentile(99)),
            Figures.time(ValidityLimits.arrivalLatenessP99.suspect),
        ])
        table.add(["arrivals dropped", Figures.grouped(evidence.arrivalsDropped), "0"])
        table.add(["session events lost", Figures.grouped(evidence.eventsLost), "0"])
        table.add([
            "file descriptors in use", Figures.percent(evidence.descriptorShare),
            Figures.percent(ValidityLimits.descriptors.suspect),
        ])
        table.add([
            "memory of the machine in use", Figures.percent(evidence.memoryShare),
            Figures.percent(ValidityLimits.memory.suspect),
        ])
        table.add(["memory of the tester", Figures.bytes(evidence.residentMemory.count), "–"])
        let probes = report.totals.gate.counts()
        if probes.tried > 0 {
            table.add([
                "requests that gates must refuse",
                "\(Figures.grouped(probes.tried)), \(Figures.bytes(probes.bytes))", "–",
            ])
        }
        let sent = evidence.segmentsSent
        table.add([
            "TCP segments sent again",
            sent > 0 ? Figures.percent(Double(evidence.segmentsRetransmitted) / Double(sent)) : "–",
            Figures.percent(ValidityLimits.retransmits),
        ])
        table.add([
            "wall clock moved by", Figures.time(evidence.clockStep), Figures.time(ValidityLimits.clockStep.suspect),
        ])
        return text + table.html
    }
}
