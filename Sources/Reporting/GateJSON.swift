import Measurement
import Quantities

/// What gates did in `summary.json` (docs/METRICS.md).
enum GateJSON {
    /// The object; null for a run that tried nothing.
    static func object(_ report: RunReport) -> JSONText {
        guard let figures = GateFigures(report) else { return .null }
        let log = figures.log
        return .object(
            [("probes", .array(figures.probes.map(JSONText.string)))] + counts(figures.counts) + [
                ("never_made", .array(figures.untried.map(JSONText.string))),
                ("list", .array(log.tallies.sorted { $0.key < $1.key }.map(entry))),
                ("honest", .array(log.honest.sorted { $0.key < $1.key }.map(honest))),
                ("not_made", .array(log.reasons.sorted { $0.key < $1.key }.map(reason))),
            ])
    }

    private static func counts(_ counts: GateLog.Counts) -> [(String, JSONText)] {
        [
            ("tried", .whole(counts.tried)), ("refused", .whole(counts.refused)), ("leaked", .whole(counts.leaked)),
            ("inconclusive", .whole(counts.inconclusive)), ("bytes", .whole(counts.bytes)),
        ]
    }

    private static func entry(_ key: GateKey, _ tally: GateTally) -> JSONText {
        var sum = GateLog.Counts()
        sum.add(tally)
        let answers = tally.answers.sorted { $0.key < $1.key }.map { answer, count in
            JSONText.object([
                ("verdict", .string(answer.verdict.rawValue)), ("answer", .string(answer.word)),
                ("count", .whole(count)),
            ])
        }
        return .object(
            [
                ("probe", .string(key.probe)), ("stream", .string(key.stream)), ("edge", .string(key.edge)),
                ("kind", .string(key.kind)),
            ] + counts(sum) + [
                ("answers", .array(answers)), ("first_seen", .number(tally.first.seconds)),
                ("last_seen", .number(tally.last.seconds)), ("example", .string(tally.sentence)),
                ("resource", .string(tally.resource)),
            ])
    }

    private static func honest(_ place: GatePlace, _ counts: GateHonesty) -> JSONText {
        .object([
            ("stream", .string(place.stream)), ("edge", .string(place.edge)), ("kind", .string(place.kind)),
            ("accepted", .whole(counts.accepted)), ("refused", .whole(counts.refused)),
        ])
    }

    private static func reason(_ reason: GateLog.Reason, _ count: Int64) -> JSONText {
        .object([
            ("probe", .string(reason.probe)), ("stream", .string(reason.stream)), ("reason", .string(reason.sentence)),
            ("times", .whole(count)),
        ])
    }
}
