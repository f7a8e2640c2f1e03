import Foundation
import GRDB
import Manifests
import Measurement
import Playback
import Quantities

/// The findings of a run file: one row for each kind of finding and one for each set of ages, replaced when it changes.
enum FindingRows {
    private static let columns = RunSchema.findingKeys + RunSchema.findingColumns
    private static let insertion = RunSchema.insert(into: "finding", columns)
    private static let ageInsertion = RunSchema.insert(
        into: "playlist_age", RunSchema.ageKeys + RunSchema.ageColumns)
    private static let severities: [Finding.Severity] = [.error, .warning, .information]

    /// Writes those sums of a log that an interval has changed.
    static func write(_ log: FindingLog, changedBy delta: FindingLog, to database: Database) throws {
        for key in delta.tallies.keys {
            guard let tally = log.tallies[key] else { continue }
            try database.cachedStatement(sql: insertion).execute(arguments: [
                key.id, key.stream, key.edge, key.kind.label, tally.severity.rawValue, tally.clause, tally.count,
                tally.first.nanoseconds, tally.last.nanoseconds, tally.message, tally.resource,
            ])
        }
        for place in delta.ages.keys {
            guard let ages = log.ages[place] else { continue }
            let counts = ages.counts.map(String.init).joined(separator: " ")
            try database.cachedStatement(sql: ageInsertion).execute(arguments: [
                place.stream, place.edge, ages.maximum, counts,
            ])
        }
        guard !delta.isEmpty, log.others.sum > 0 else { return }
        for severity in severities {
            try RunMetadataRows.set(otherKey(severity), log.others[severity: severity], in: database)
        }
    }

    private static func otherKey(_ severity: Finding.Severity) -> String { "other_findings_\(severity.rawValue)" }

    static func read(from database: Database, path: String) throws -> FindingLog {
        var tallies: [FindingKey: FindingTally] = [:]
        let rows = try Row.fetchCursor(database, sql: "SELECT \(columns.joined(separator: ", ")) FROM finding")
        while let row = try rows.next() {
            let word: String = try row.value(3)
            guard let kind = TransferKind.allCases.first(where: { $0.label == word }),
                let severity = Finding.Severity(rawValue: try row.value(4))
            else {
                throw RunStoreError.damaged(
                    path: path, detail: "a finding has a kind or a severity that does not exist")
            }
            let key = FindingKey(
                id: try row.value(0), stream: try row.value(1), edge: try row.value(2), kind: kind)
            tallies[key] = FindingTally(
                severity: severity, clause: try row.value(5), count: try row.value(6), first: try row.instant(7),
                last: try row.instant(8), message: try row.value(9), resource: try row.value(10))
        }
        var others = FindingCounts()
        for severity in severities {
            let value = try Row.fetchOne(
                database, sql: "SELECT value FROM meta WHERE key = ?", arguments: [otherKey(severity)])
            others[severity: severity] = try value?.optional(0) ?? 0
        }
        return FindingLog(tallies: tallies, others: others, ages: try ages(from: database, path: path))
    }

    private static func ages(from database: Database, path: String) throws -> [FindingLog.Place: UpdateAges] {
        var ages: [FindingLog.Place: UpdateAges] = [:]
        let columns = (RunSchema.ageKeys + RunSchema.ageColumns).joined(separator: ", ")
        let rows = try Row.fetchCursor(database, sql: "SELECT \(columns) FROM playlist_age")
        while let row = try rows.next() {
            let text: String = try row.value(3)
            let counts = text.split(separator: " ").map { UInt32($0) }
            guard counts.count <= UpdateAges.steps, !counts.contains(nil) else {
                throw RunStoreError.damaged(path: path, detail: "the ages of playlists cannot be read")
            }
            ages[FindingLog.Place(stream: try row.value(0), edge: try row.value(1))] = UpdateAges(
                counts: counts.compactMap { $0 }, maximum: try row.value(2))
        }
        return ages
    }
}
