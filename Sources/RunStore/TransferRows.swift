import GRDB
import Measurement
import Playback
import Quantities
import Transport

/// Transfer rows of a run file.
enum TransferRows {
    private static let insertion = RunSchema.insert(into: "transfer", RunSchema.transferColumns)
    static func selection(in version: Int32) -> String {
        let columns = RunSchema.columns(RunSchema.transferColumns, in: version).joined(separator: ", ")
        return "SELECT \(columns) FROM transfer ORDER BY rowid"
    }

    static func insert(_ row: SampledTransfer, into database: Database) throws {
        let statement = try database.cachedStatement(sql: insertion)
        let record = row.record
        try statement.execute(arguments: [
            Int64(bitPattern: row.session.number), record.id.number, record.kind.rawValue, record.due.nanoseconds,
            record.timings.begun.nanoseconds, record.timings.nameLookup.nanoseconds, record.timings.connect.nanoseconds,
            record.timings.tls.nanoseconds, record.timings.firstByte.nanoseconds, record.timings.total.nanoseconds,
            record.status, record.error, record.bytes.count, record.bitRate.bitsPerSecond,
            record.mediaDuration.nanoseconds, record.sequence, record.attempt, record.edge, record.cache.rawValue,
            record.pop, record.version.rawValue, record.connectionReused, record.step,
        ])
    }

    static func transfer(_ row: Row, path: String) throws -> SampledTransfer {
        guard let kind = TransferKind(rawValue: try row.value(2)), let cache = CacheStatus(rawValue: try row.value(18)),
            let version = HTTPVersion(rawValue: try row.value(20))
        else {
            throw RunStoreError.damaged(
                path: path, detail: "a transfer has a kind, a cache status or a version that does not exist")
        }
        let timings = TransferTimings(
            begun: try row.instant(4), nameLookup: try row.amount(5),
            connect: try row.amount(6), tls: try row.amount(7),
            firstByte: try row.amount(8), total: try row.amount(9))
        let record = TransferRecord(
            id: TransferID(try row.value(1)), kind: kind, due: try row.instant(3), timings: timings,
            status: try row.value(10),
            error: try row.value(11), bytes: try row.bytes(12), bitRate: BitRate(bitsPerSecond: try row.value(13)),
            mediaDuration: try row.amount(14), sequence: try row.value(15), attempt: try row.value(16),
            edge: try row.value(17),
            cache: cache, pop: try row.value(19), version: version, connectionReused: try row.value(21),
            step: row.count > 22 ? try row.value(22) : "")
        return SampledTransfer(session: try row.session(0), record: record)
    }
}
