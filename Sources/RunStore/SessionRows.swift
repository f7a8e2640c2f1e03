import GRDB
import Measurement
import Playback
import Quantities

/// Session rows of a run file.
enum SessionRows {
    private static let insertion = RunSchema.insert(into: "session", RunSchema.sessionColumns)

    static func selection(in version: Int32) -> String {
        let columns = RunSchema.columns(RunSchema.sessionColumns, in: version)
        return "SELECT \(columns.joined(separator: ", ")) FROM session ORDER BY id"
    }

    static func insert(_ row: SessionSummary, into database: Database) throws {
        let statement = try database.cachedStatement(sql: insertion)
        try statement.execute(arguments: [
            Int64(bitPattern: row.id.number), row.arrival.due.nanoseconds, row.arrival.started.nanoseconds,
            row.finished.nanoseconds, row.arrival.stream, row.arrival.region, row.arrival.edge, row.edge,
            row.arrival.device, row.outcome.rawValue, row.finalState.rawValue, row.failure,
            row.startupTime?.nanoseconds, row.rebufferCount, row.rebufferTime.nanoseconds, row.playedTime.nanoseconds,
            row.meanBitRate?.bitsPerSecond, row.renderedTime.nanoseconds, row.switchesUp, row.switchesDown,
            row.meanLatency?.nanoseconds, row.lastLatency?.nanoseconds, row.bytes.count, row.transfers,
            row.failedTransfers, row.cancelledTransfers, row.arrival.phase, row.arrival.network, row.leaving,
        ])
    }

    /// Reads a row; words of an unknown outcome or state mean damage.
    static func summary(_ row: Row, path: String) throws -> SessionSummary {
        guard let outcome = SessionOutcome(rawValue: try row.value(9)),
            let state = PlaybackState(rawValue: try row.value(10))
        else {
            throw RunStoreError.damaged(path: path, detail: "a session has an outcome or a state that does not exist")
        }
        let hasAudience = row.count > 26
        return SessionSummary(
            id: try row.session(0),
            arrival: SessionArrival(
                due: try row.instant(1), started: try row.instant(2), stream: try row.value(4),
                region: try row.value(5),
                edge: try row.value(6), device: try row.value(8), phase: hasAudience ? try row.value(26) : "",
                network: hasAudience ? try row.value(27) : ""),
            edge: try row.value(7), finished: try row.instant(3), outcome: outcome, finalState: state,
            failure: try row.value(11), leaving: hasAudience ? try row.value(28) : "",
            startupTime: (try row.optional(12)).map(TimeAmount.init(nanoseconds:)), rebufferCount: try row.value(13),
            rebufferTime: try row.amount(14), playedTime: try row.amount(15),
            meanBitRate: (try row.optional(16)).map(BitRate.init(bitsPerSecond:)),
            renderedTime: try row.amount(17), switchesUp: try row.value(18), switchesDown: try row.value(19),
            meanLatency: (try row.optional(20)).map(TimeAmount.init(nanoseconds:)),
            lastLatency: (try row.optional(21)).map(TimeAmount.init(nanoseconds:)), bytes: try row.bytes(22),
            transfers: try row.value(23), failedTransfers: try row.value(24), cancelledTransfers: try row.value(25))
    }
}
