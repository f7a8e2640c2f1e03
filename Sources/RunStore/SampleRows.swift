import GRDB
import Measurement
import Quantities

/// Samples of the loops and the machine in a run file.
enum SampleRows {
    private static let loopInsertion = RunSchema.insert(into: "loop", RunSchema.loopColumns)
    private static let machineInsertion = RunSchema.insert(into: "machine", RunSchema.machineColumns)

    static func insert(_ sample: LoopSample, into database: Database) throws {
        try database.cachedStatement(sql: loopInsertion).execute(arguments: [
            sample.at.nanoseconds, sample.loop, sample.wall.nanoseconds, sample.cpu.nanoseconds,
            CellRows.data(sample.lateness), sample.sessions, sample.transfers, sample.connections,
            sample.unexpectedReconnects,
        ])
    }

    static func insert(_ sample: MachineSample, into database: Database) throws {
        try database.cachedStatement(sql: machineInsertion).execute(arguments: [
            sample.at.nanoseconds, sample.descriptors, sample.descriptorLimit, sample.residentMemory.count,
            sample.availableMemory.count, sample.totalMemory.count, sample.segmentsSent, sample.segmentsRetransmitted,
            sample.clockStep.nanoseconds, sample.arrivalsDropped, sample.eventsLost,
        ])
    }

    static func loops(from database: Database) throws -> [LoopSample] {
        let columns = RunSchema.loopColumns.joined(separator: ", ")
        return try Row.fetchAll(database, sql: "SELECT \(columns) FROM loop ORDER BY at_ns, loop").map { row in
            LoopSample(
                loop: row[1], at: Instant(nanoseconds: row[0]), wall: TimeAmount(nanoseconds: row[2]),
                cpu: TimeAmount(nanoseconds: row[3]), lateness: try CellRows.histogram(row, 4), sessions: row[5],
                transfers: row[6], connections: row[7], unexpectedReconnects: row[8])
        }
    }

    static func machine(from database: Database) throws -> [MachineSample] {
        let columns = RunSchema.machineColumns.joined(separator: ", ")
        return try Row.fetchAll(database, sql: "SELECT \(columns) FROM machine ORDER BY at_ns").map { row in
            var sample = MachineSample(at: Instant(nanoseconds: row[0]))
            sample.descriptors = row[1]
            sample.descriptorLimit = row[2]
            sample.residentMemory = ByteCount(row[3] as Int64)
            sample.availableMemory = ByteCount(row[4] as Int64)
            sample.totalMemory = ByteCount(row[5] as Int64)
            sample.segmentsSent = row[6]
            sample.segmentsRetransmitted = row[7]
            sample.clockStep = TimeAmount(nanoseconds: row[8])
            sample.arrivalsDropped = row[9]
            sample.eventsLost = row[10]
            return sample
        }
    }
}
