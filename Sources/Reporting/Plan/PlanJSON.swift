import Quantities

/// A plan in numbers, for programs.
package enum PlanJSON {
    /// The version of the format, in its `format` key.
    package static let version = 1

    /// The document.
    ///
    /// Times are seconds from the run's begin, rates bits per second, shares parts of one; null stands for what is not
    /// known.
    package static func render(_ report: PlanReport) -> String {
        JSONText.object([
            ("format", .string("fullhouse-plan")), ("version", .whole(Int64(version))),
            ("profile", .string(report.profile)), ("seed", .string(String(report.seed))),
            ("viewers", .whole(Int64(report.viewers))), ("visits", .whole(Int64(report.visits))),
            ("first_arrival", .number(report.firstArrival.seconds)),
            ("last_arrival", .number(report.lastArrival.seconds)), ("end", .number(report.end.seconds)),
            ("peak_sessions", .whole(Int64(report.peakSessions))),
            ("peak_sessions_at", .number(report.peakSessionsAt.seconds)), ("traffic", traffic(report.traffic)),
            ("phases", .array(report.phases.map(phase))),
            ("mixes", .object(report.mixes.map { ($0.name.lowercased(), .array($0.parts.map(part))) })),
            ("fits", .boolean(report.fits)), ("needs", .array(report.needs.map(need))),
            ("warnings", .array(report.sentences.map(JSONText.string))),
            ("assumptions", .array(report.assumptions.map(JSONText.string))),
            ("timeline", timeline(report.timeline.coarser(atMost: 1_000))),
        ]).text()
    }

    private static func phase(_ phase: PlanReport.Phase) -> JSONText {
        .object([
            ("name", .string(phase.name)), ("from", .number(phase.from.seconds)),
            ("to", .number(phase.to?.seconds)), ("visits", .whole(Int64(phase.visits))),
        ])
    }

    private static func part(_ part: PlanReport.Part) -> JSONText {
        .object([
            ("name", .string(part.name)), ("detail", .string(part.detail)), ("share", .number(part.share)),
            ("visits", .whole(Int64(part.visits))), ("peak_sessions", .whole(Int64(part.peak))),
        ])
    }

    private static func traffic(_ traffic: PlanReport.Traffic?) -> JSONText {
        guard let traffic else { return .null }
        return .object([
            ("peak", .number(traffic.peak.bitsPerSecond)), ("peak_at", .number(traffic.peakAt.seconds)),
            ("playing_peak", .number(traffic.playingPeak.bitsPerSecond)), ("bytes", .whole(traffic.total.count)),
            (
                "tracks",
                .array(
                    traffic.tracks.map {
                        .object([
                            ("stream", .string($0.stream)), ("bit_rate", .number($0.bitRate.bitsPerSecond)),
                            ("visits", .whole(Int64($0.visits))),
                        ])
                    })
            ),
        ])
    }

    private static func need(_ need: PlanReport.Need) -> JSONText {
        .object([
            ("name", .string(need.name)), ("unit", .string(need.unit.rawValue)), ("needed", .number(need.amount)),
            ("available", .number(need.limit)), ("at", .number(need.at.seconds)),
            ("verdict", .string(need.verdict.rawValue)),
        ])
    }

    private static func timeline(_ timeline: PlanTimeline) -> JSONText {
        .object([
            ("bucket", .number(timeline.bucket.seconds)),
            ("arrivals", .array(timeline.arrivals.map { .whole(Int64($0)) })),
            ("sessions", .array(timeline.present.map { .whole(Int64($0)) })),
            ("bits_per_second", .array(timeline.bitsPerSecond.map { .number($0.rounded()) })),
        ])
    }
}
