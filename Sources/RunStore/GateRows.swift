import Foundation
import GRDB
import Measurement
import Quantities

/// What gates did with probes, in a run file: one row for each probe and place, replaced when it changes.
enum GateRows {
    private static let columns = RunSchema.gateKeys + RunSchema.gateColumns
    private static let insertion = RunSchema.insert(into: "gate_probe", columns)
    private static let honestInsertion = RunSchema.insert(
        into: "gate_honest", RunSchema.gatePlaceKeys + RunSchema.gateHonestColumns)
    private static let reasonInsertion = RunSchema.insert(
        into: "gate_reason", RunSchema.gateReasonKeys + RunSchema.gateReasonColumns)

    /// Writes those sums of a log that an interval has changed.
    static func write(_ log: GateLog, changedBy delta: GateLog, to database: Database) throws {
        guard !delta.isEmpty else { return }
        for (key, tally) in changed(log, delta) {
            let answers = tally.answers.sorted { $0.key < $1.key }
                .map { "\($0.key.verdict.rawValue)|\($0.key.word)|\($0.value)" }
            try database.cachedStatement(sql: insertion).execute(arguments: [
                key.probe, key.stream, key.edge, key.kind, answers.joined(separator: ";"), tally.bytes,
                tally.first.nanoseconds, tally.last.nanoseconds, tally.sentence, tally.resource,
            ])
        }
        for place in delta.honest.keys {
            guard let counts = log.honest[place] else { continue }
            try database.cachedStatement(sql: honestInsertion).execute(arguments: [
                place.stream, place.edge, place.kind, counts.accepted, counts.refused,
            ])
        }
        for reason in delta.reasons.keys {
            guard let count = log.reasons[reason] else { continue }
            try database.cachedStatement(sql: reasonInsertion).execute(arguments: [
                reason.probe, reason.stream, reason.sentence, count,
            ])
        }
    }

    /// The changed tallies; what was beyond the log's limit went to those without a place.
    private static func changed(_ log: GateLog, _ delta: GateLog) -> [GateKey: GateTally] {
        var keys = Set(delta.tallies.keys)
        if log.tallies.count >= GateLog.limit {
            keys.formUnion(delta.tallies.keys.map { GateKey(probe: $0.probe, stream: "", edge: "", kind: "") })
        }
        return log.tallies.filter { keys.contains($0.key) }
    }

    static func read(from database: Database, path: String) throws -> GateLog {
        var tallies: [GateKey: GateTally] = [:]
        let rows = try Row.fetchCursor(database, sql: "SELECT \(columns.joined(separator: ", ")) FROM gate_probe")
        while let row = try rows.next() {
            let key = GateKey(
                probe: try row.value(0), stream: try row.value(1), edge: try row.value(2), kind: try row.value(3))
            tallies[key] = GateTally(
                answers: try answers(try row.value(4), path: path), bytes: try row.value(5),
                first: try row.instant(6), last: try row.instant(7), sentence: try row.value(8),
                resource: try row.value(9))
        }
        return GateLog(tallies: tallies, honest: try honest(from: database), reasons: try reasons(from: database))
    }

    private static func answers(_ text: String, path: String) throws -> [GateAnswer: Int64] {
        var answers: [GateAnswer: Int64] = [:]
        for entry in text.split(separator: ";") {
            let parts = entry.split(separator: "|", omittingEmptySubsequences: false)
            guard parts.count == 3, let verdict = GateVerdict(rawValue: String(parts[0])), let count = Int64(parts[2]),
                (0...(1 << 60)).contains(count)
            else { throw RunStoreError.damaged(path: path, detail: "answers to gate probes cannot be read") }
            answers[GateAnswer(verdict, String(parts[1]))] = count
        }
        return answers
    }

    private static func honest(from database: Database) throws -> [GatePlace: GateHonesty] {
        var honest: [GatePlace: GateHonesty] = [:]
        let columns = (RunSchema.gatePlaceKeys + RunSchema.gateHonestColumns).joined(separator: ", ")
        let rows = try Row.fetchCursor(database, sql: "SELECT \(columns) FROM gate_honest")
        while let row = try rows.next() {
            let place = GatePlace(stream: try row.value(0), edge: try row.value(1), kind: try row.value(2))
            honest[place] = GateHonesty(accepted: try row.value(3), refused: try row.value(4))
        }
        return honest
    }

    private static func reasons(from database: Database) throws -> [GateLog.Reason: Int64] {
        var reasons: [GateLog.Reason: Int64] = [:]
        let columns = (RunSchema.gateReasonKeys + RunSchema.gateReasonColumns).joined(separator: ", ")
        let rows = try Row.fetchCursor(database, sql: "SELECT \(columns) FROM gate_reason")
        while let row = try rows.next() {
            let reason = GateLog.Reason(
                probe: try row.value(0), stream: try row.value(1), sentence: try row.value(2))
            reasons[reason] = try row.value(3)
        }
        return reasons
    }
}
