import Measurement
import Quantities

/// The steps of a run's journey as reports show them, and the words about its stages.
struct JourneyFigures {
    let log: JourneyLog
    let totals: RunTotals

    init(_ totals: RunTotals) {
        log = totals.journeys
        self.totals = totals
    }

    /// The steps in the order of the profile.
    var steps: [(key: StepKey, tally: StepTally)] {
        log.steps.sorted { $0.key < $1.key }.map { (key: $0.key, tally: $0.value) }
    }

    /// The transfers of a step, redirects and further tries included.
    func transfers(of step: StepKey) -> TransferCell { totals.transfers(.step, step.name) }

    /// `99.5 % of those before; p50 120 ms, p95 340 ms; 10 refused`.
    static func detail(_ stage: FunnelStage) -> String {
        var parts: [String] = []
        if let share = stage.shareOfPrevious { parts.append("\(Figures.percent(share)) of the stage before") }
        if !stage.duration.isEmpty {
            let from = stage.isStep ? "" : " from the arrival"
            parts.append(
                "p50 \(Figures.time(stage.duration.percentile(50))), p95 \(Figures.time(stage.duration.percentile(95)))"
                    + from)
        }
        if stage.refused > 0 { parts.append("\(Figures.grouped(stage.refused)) refused and gone") }
        return parts.joined(separator: "; ")
    }

    /// `arrived 2000 → redeem 1990 → started 1990 → playing 1989`.
    var line: String {
        log.funnel.map { "\($0.name) \(Figures.grouped($0.viewers))" }.joined(separator: " → ")
    }
}

/// `funnel.csv`: one line for each stage from the arrival to the picture, then one for each other step.
package enum FunnelCSV {
    /// The document with its header line.
    package static func render(_ report: RunReport) -> String {
        let figures = JourneyFigures(report.totals)
        var text = CSVLine.text([
            "stage", "occasion", "viewers", "share_of_previous", "share_of_arrived", "passed", "left_for_it", "went_on",
            "transfers", "failed_transfers", "p50_s", "p95_s",
        ])
        let steps = figures.steps
        for stage in figures.log.funnel {
            let step = stage.isStep ? steps.first { $0.key.isBefore && $0.key.name == stage.name } : nil
            text += CSVLine.text(
                [
                    stage.name, stage.isStep ? "before" : nil, String(stage.viewers), share(stage.shareOfPrevious),
                    share(stage.shareOfArrived),
                ] + counts(step, figures) + times(stage.duration))
        }
        for step in steps where !step.key.isBefore {
            text += CSVLine.text(
                [step.key.name, step.key.occasion, nil, nil, nil] + counts(step, figures) + times(step.tally.duration))
        }
        return text
    }

    private static func counts(_ step: (key: StepKey, tally: StepTally)?, _ figures: JourneyFigures) -> [String?] {
        guard let step else { return [nil, nil, nil, nil, nil] }
        let transfers = figures.transfers(of: step.key)
        return [
            String(step.tally.passed), String(step.tally.left), String(step.tally.wentOn), String(transfers.all.count),
            String(transfers.tally(of: .failed).count),
        ]
    }

    private static func share(_ value: Double?) -> String? { value.map { Figures.fixed($0, 6) } }

    private static func times(_ histogram: LogHistogram) -> [String?] {
        [50.0, 95].map { histogram.percentile($0).map { Figures.microseconds($0.nanoseconds) } }
    }
}

/// A line of comma-separated values (RFC 4180).
enum CSVLine {
    /// The line with its end; empty where a field is nil.
    static func text(_ fields: [String?]) -> String {
        fields.map { $0.map(Escaping.csv) ?? "" }.joined(separator: ",") + "\r\n"
    }
}
