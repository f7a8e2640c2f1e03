import Manifests
import Measurement
import Quantities

/// The findings in `summary.json` (docs/METRICS.md).
enum FindingsJSON {
    static func object(_ report: RunReport) -> JSONText {
        guard report.storesFindings else { return .null }
        let log = report.totals.findings
        let counts = log.counts()
        return .object([
            ("errors", .whole(counts.errors)), ("warnings", .whole(counts.warnings)),
            ("information", .whole(counts.information)), ("not_told_apart", .whole(log.others.sum)),
            ("list", .array(log.tallies.sorted { $0.key < $1.key }.map(entry))),
            ("playlist_age", .array(log.ages.sorted { $0.key < $1.key }.map(ages))),
        ])
    }

    private static func entry(_ key: FindingKey, _ tally: FindingTally) -> JSONText {
        .object([
            ("id", .string(key.id)), ("severity", .string(tally.severity.rawValue)), ("clause", .string(tally.clause)),
            ("stream", .string(key.stream)), ("edge", .string(key.edge)), ("kind", .string(key.kind.label)),
            ("count", .whole(tally.count)), ("first_seen", .number(tally.first.seconds)),
            ("last_seen", .number(tally.last.seconds)), ("example", .string(tally.message)),
            ("resource", .string(tally.resource)),
        ])
    }

    private static func ages(_ place: FindingLog.Place, _ ages: UpdateAges) -> JSONText {
        .object([
            ("stream", .string(place.stream)), ("edge", .string(place.edge)), ("versions", .whole(ages.count)),
            ("p50", .number(ages.percentile(50))), ("p95", .number(ages.percentile(95))),
            ("max", .number(ages.maximum)),
        ])
    }
}
