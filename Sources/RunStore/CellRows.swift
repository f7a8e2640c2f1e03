import Foundation
import GRDB
import Measurement
import Quantities

/// The sums of a run file: one row for each set of sessions or transfers, replaced when it changes.
enum CellRows {
    private static let sessionInsertion = RunSchema.insert(
        into: "session_cell", ["dimension", "name"] + RunSchema.sessionCellColumns)
    private static let transferInsertion = RunSchema.insert(
        into: "transfer_cell", ["dimension", "name", "pop"] + RunSchema.transferCellColumns)

    // MARK: Writing

    static func write(_ cell: SessionCell?, _ key: CellKey, to database: Database) throws {
        guard let cell else { return }
        var values: StatementArguments = [key.dimension.label, key.name, cell.arrivals, cell.plays]
        let outcomes = cell.outcomes
        values += [
            outcomes.ended, outcomes.quit, outcomes.exitBeforeStart, outcomes.startFailure, outcomes.playbackFailure,
            outcomes.running, cell.rebuffers, cell.rebufferedSessions,
        ]
        let times = cell.stateTime
        values += [times.starting, times.playing, times.rebuffering, times.seeking, times.paused]
        values += [cell.renderedBits, cell.renderedTime, cell.switchesUp, cell.switchesDown]
        values += [data(cell.startup), data(cell.latency), data(cell.arrivalLateness), try text(cell.failures)]
        values += [cell.refusedSessions, outcomes.journeyRefused, outcomes.dropped, try text(cell.leavings)]
        try database.cachedStatement(sql: sessionInsertion).execute(arguments: values)
    }

    static func write(_ cell: TransferCell?, _ key: CellKey, to database: Database) throws {
        guard let cell else { return }
        var values: StatementArguments = [key.dimension.label, key.name, key.pop]
        values += [statusText(cell.statuses), try text(cell.errors)]
        let cache = cell.cache
        values += [
            cache.unknown, cache.hit, cache.miss, cache.stale, cache.revalidated, cache.bypass, cache.error,
            cell.newConnections, cell.retries,
        ]
        values += [data(cell.firstByte), data(cell.total), data(cell.dueToDone), data(cell.beginLateness)]
        try database.cachedStatement(sql: transferInsertion).execute(arguments: values)
    }

    // MARK: Reading

    static func readTotals(
        from database: Database, path: String, version: Int32 = RunSchema.version
    ) throws -> RunTotals {
        var totals = RunTotals()
        let cells = RunSchema.columns(RunSchema.sessionCellColumns, in: version)
        let sessionColumns = (["dimension", "name"] + cells).joined(separator: ", ")
        for row in try Row.fetchAll(database, sql: "SELECT \(sessionColumns) FROM session_cell") {
            guard let dimension = Dimension(label: try row.value(0)) else { continue }
            totals.sessions[CellKey(dimension, try row.value(1))] = try sessionCell(row, path: path)
        }
        let transferColumns = (["dimension", "name", "pop"] + RunSchema.transferCellColumns).joined(separator: ", ")
        for row in try Row.fetchAll(database, sql: "SELECT \(transferColumns) FROM transfer_cell") {
            guard let dimension = Dimension(label: try row.value(0)) else { continue }
            totals.transfers[CellKey(dimension, try row.value(1), pop: try row.value(2))] = try transferCell(
                row, path: path)
        }
        return totals
    }

    private static func sessionCell(_ row: Row, path: String) throws -> SessionCell {
        var cell = SessionCell()
        cell.arrivals = try row.value(2)
        cell.plays = try row.value(3)
        cell.outcomes.ended = try row.value(4)
        cell.outcomes.quit = try row.value(5)
        cell.outcomes.exitBeforeStart = try row.value(6)
        cell.outcomes.startFailure = try row.value(7)
        cell.outcomes.playbackFailure = try row.value(8)
        cell.outcomes.running = try row.value(9)
        cell.rebuffers = try row.value(10)
        cell.rebufferedSessions = try row.value(11)
        cell.stateTime = try states(row, from: 12)
        cell.renderedBits = try row.value(17)
        cell.renderedTime = try row.value(18)
        cell.switchesUp = try row.value(19)
        cell.switchesDown = try row.value(20)
        cell.startup = try histogram(row, 21)
        cell.latency = try histogram(row, 22)
        cell.arrivalLateness = try histogram(row, 23)
        cell.failures = try counts(try row.value(24), path: path)
        if row.count > 26 {
            cell.refusedSessions = try row.value(25)
            cell.outcomes.journeyRefused = try row.value(26)
        }
        if row.count > 28 {
            cell.outcomes.dropped = try row.value(27)
            cell.leavings = try counts(try row.value(28), path: path)
        }
        return cell
    }

    private static func transferCell(_ row: Row, path: String) throws -> TransferCell {
        var cell = TransferCell()
        cell.statuses = try statuses(try row.value(3), path: path)
        cell.errors = try counts(try row.value(4), path: path)
        cell.cache.unknown = try row.value(5)
        cell.cache.hit = try row.value(6)
        cell.cache.miss = try row.value(7)
        cell.cache.stale = try row.value(8)
        cell.cache.revalidated = try row.value(9)
        cell.cache.bypass = try row.value(10)
        cell.cache.error = try row.value(11)
        cell.newConnections = try row.value(12)
        cell.retries = try row.value(13)
        cell.firstByte = try histogram(row, 14)
        cell.total = try histogram(row, 15)
        cell.dueToDone = try histogram(row, 16)
        cell.beginLateness = try histogram(row, 17)
        return cell
    }

    // MARK: Columns

    static func states(_ row: Row, from first: Int) throws -> PerState<Int64> {
        var states = PerState<Int64>()
        states.starting = try row.value(first)
        states.playing = try row.value(first + 1)
        states.rebuffering = try row.value(first + 2)
        states.seeking = try row.value(first + 3)
        states.paused = try row.value(first + 4)
        return states
    }

    static func data(_ histogram: LogHistogram) -> Data { Data(histogram.serialized()) }

    static func histogram(_ row: Row, _ column: Int) throws -> LogHistogram {
        guard let data = try row.optional(column) as Data? else { return LogHistogram() }
        return try LogHistogram(serialized: [UInt8](data))
    }

    static func text(_ counts: [String: Int64]) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(counts), as: UTF8.self)
    }

    private static func counts(_ text: String, path: String) throws -> [String: Int64] {
        do {
            return try JSONDecoder().decode([String: Int64].self, from: Data(text.utf8))
        } catch {
            throw RunStoreError.damaged(path: path, detail: "counts of failures cannot be read")
        }
    }

    /// `completed 200 17 123456` for each status, separated by semicolons.
    private static func statusText(_ statuses: [StatusTally]) -> String {
        statuses.map { "\($0.outcome.label) \($0.status) \($0.tally.count) \($0.tally.bytes)" }
            .joined(separator: ";")
    }

    private static func statuses(_ text: String, path: String) throws -> [StatusTally] {
        try text.split(separator: ";").map { entry in
            let words = entry.split(separator: " ")
            guard words.count == 4,
                let outcome = TransferOutcome.allCases.first(where: { $0.label == words[0] }),
                let status = Int(words[1]), let count = Int64(words[2]), let bytes = Int64(words[3])
            else { throw RunStoreError.damaged(path: path, detail: "counts of statuses cannot be read") }
            return StatusTally(outcome: outcome, status: status, tally: Tally(count: count, bytes: bytes))
        }
    }
}
