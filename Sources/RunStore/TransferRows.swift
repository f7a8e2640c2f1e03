import GRDB
import Measurement
import Playback
import Quantities
import Transport

/// Transfer rows of a run file.
enum TransferRows {
    private static let insertion = RunSchema.insert(into: "transfer", RunSchema.transferColumns)
    static let selection =
        "SELECT \(RunSchema.transferColumns.joined(separator: ", ")) FROM transfer ORDER BY session, number"

    static func insert(_ row: SampledTransfer, into database: Database) throws {
        let statement = try database.cachedStatement(sql: insertion)
        let record = row.record
        try statement.execute(arguments: [
            Int64(bitPattern: row.session.number), record.id.number, record.kind.rawValue, record.due.nanoseconds,
            record.timings.begun.nanoseconds, record.timings.nameLookup.nanoseconds, record.timings.connect.nanoseconds,
            record.timings.tls.nanoseconds, record.timings.firstByte.nanoseconds, record.timings.total.nanoseconds,
            record.status, record.error, record.bytes.count, record.bitRate.bitsPerSecond,
            record.mediaDuration.nanoseconds, record.sequence, record.attempt, record.edge, record.cache.rawValue,
            record.pop, record.version.rawValue, record.connectionReused,
        ])
    }

    static func transfer(_ row: Row, path: String) throws -> SampledTransfer {
        guard let kind = TransferKind(rawValue: row[2]), let cache = CacheStatus(rawValue: row[18]),
            let version = HTTPVersion(rawValue: row[20])
        else {
            throw RunStoreError.damaged(
                path: path, detail: "a transfer has a kind, a cache status or a version that does not exist")
        }
        let timings = TransferTimings(
            begun: Instant(nanoseconds: row[4]), nameLookup: TimeAmount(nanoseconds: row[5]),
            connect: TimeAmount(nanoseconds: row[6]), tls: TimeAmount(nanoseconds: row[7]),
            firstByte: TimeAmount(nanoseconds: row[8]), total: TimeAmount(nanoseconds: row[9]))
        let record = TransferRecord(
            id: TransferID(row[1]), kind: kind, due: Instant(nanoseconds: row[3]), timings: timings, status: row[10],
            error: row[11], bytes: ByteCount(row[12] as Int64), bitRate: BitRate(bitsPerSecond: row[13]),
            mediaDuration: TimeAmount(nanoseconds: row[14]), sequence: row[15], attempt: row[16], edge: row[17],
            cache: cache, pop: row[19], version: version, connectionReused: row[21])
        return SampledTransfer(session: SessionID(UInt64(bitPattern: row[0] as Int64)), record: record)
    }
}
