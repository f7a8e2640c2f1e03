import Measurement
import Quantities

/// The journey in `summary.json`.
enum JourneyJSON {
    /// The object; null for a run whose viewers had none.
    static func object(_ report: RunReport) -> JSONText {
        let figures = JourneyFigures(report.totals)
        guard !figures.log.isEmpty else { return .null }
        return .object([
            ("arrived", .whole(figures.log.arrived)), ("started", .whole(figures.log.started)),
            ("playing", .whole(figures.log.playing)),
            ("time_to_start", SummaryJSON.distribution(figures.log.timeToStart)),
            ("time_to_picture", SummaryJSON.distribution(figures.log.timeToPicture)),
            ("funnel", .array(figures.log.funnel.map(stage))), ("steps", .array(figures.steps.map(step))),
        ])
    }

    private static func stage(_ stage: FunnelStage) -> JSONText {
        .object([
            ("name", .string(stage.name)), ("is_step", .boolean(stage.isStep)), ("viewers", .whole(stage.viewers)),
            ("share_of_previous", .number(stage.shareOfPrevious)), ("share_of_arrived", .number(stage.shareOfArrived)),
            ("refused", .whole(stage.refused)), ("p50", .number(stage.duration.percentile(50)?.seconds)),
            ("p95", .number(stage.duration.percentile(95)?.seconds)),
        ])
    }

    private static func step(_ step: (key: StepKey, tally: StepTally)) -> JSONText {
        .object([
            ("name", .string(step.key.name)), ("occasion", .string(step.key.occasion)),
            ("passed", .whole(step.tally.passed)), ("left", .whole(step.tally.left)),
            ("went_on", .whole(step.tally.wentOn)), ("duration", SummaryJSON.distribution(step.tally.duration)),
        ])
    }
}
