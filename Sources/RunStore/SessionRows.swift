import GRDB
import Measurement
import Playback
import Quantities

/// Session rows of a run file.
enum SessionRows {
    private static let insertion = RunSchema.insert(into: "session", RunSchema.sessionColumns)
    static let selection = "SELECT \(RunSchema.sessionColumns.joined(separator: ", ")) FROM session ORDER BY id"

    static func insert(_ row: SessionSummary, into database: Database) throws {
        let statement = try database.cachedStatement(sql: insertion)
        try statement.execute(arguments: [
            Int64(bitPattern: row.id.number), row.arrival.due.nanoseconds, row.arrival.started.nanoseconds,
            row.finished.nanoseconds, row.arrival.stream, row.arrival.region, row.arrival.edge, row.edge,
            row.arrival.device, row.outcome.rawValue, row.finalState.rawValue, row.failure,
            row.startupTime?.nanoseconds, row.rebufferCount, row.rebufferTime.nanoseconds, row.playedTime.nanoseconds,
            row.meanBitRate?.bitsPerSecond, row.renderedTime.nanoseconds, row.switchesUp, row.switchesDown,
            row.meanLatency?.nanoseconds, row.lastLatency?.nanoseconds, row.bytes.count, row.transfers,
            row.failedTransfers, row.cancelledTransfers,
        ])
    }

    /// Reads a row; words of an unknown outcome or state mean damage.
    static func summary(_ row: Row, path: String) throws -> SessionSummary {
        guard let outcome = SessionOutcome(rawValue: row[9]), let state = PlaybackState(rawValue: row[10]) else {
            throw RunStoreError.damaged(path: path, detail: "a session has an outcome or a state that does not exist")
        }
        return SessionSummary(
            id: SessionID(UInt64(bitPattern: row[0] as Int64)),
            arrival: SessionArrival(
                due: Instant(nanoseconds: row[1]), started: Instant(nanoseconds: row[2]), stream: row[4],
                region: row[5],
                edge: row[6], device: row[8]),
            edge: row[7], finished: Instant(nanoseconds: row[3]), outcome: outcome, finalState: state, failure: row[11],
            startupTime: (row[12] as Int64?).map(TimeAmount.init(nanoseconds:)), rebufferCount: row[13],
            rebufferTime: TimeAmount(nanoseconds: row[14]), playedTime: TimeAmount(nanoseconds: row[15]),
            meanBitRate: (row[16] as Double?).map(BitRate.init(bitsPerSecond:)),
            renderedTime: TimeAmount(nanoseconds: row[17]), switchesUp: row[18], switchesDown: row[19],
            meanLatency: (row[20] as Int64?).map(TimeAmount.init(nanoseconds:)),
            lastLatency: (row[21] as Int64?).map(TimeAmount.init(nanoseconds:)), bytes: ByteCount(row[22] as Int64),
            transfers: row[23], failedTransfers: row[24], cancelledTransfers: row[25])
    }
}
