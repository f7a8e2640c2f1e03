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
                loop: try row.value(1), at: try row.instant(0), wall: try row.amount(2),
                cpu: try row.amount(3), lateness: try CellRows.histogram(row, 4), sessions: try row.value(5),
                transfers: try row.value(6), connections: try row.value(7), unexpectedReconnects: try row.value(8))
        }
    }

    static func machine(from database: Database) throws -> [MachineSample] {
        let columns = RunSchema.machineColumns.joined(separator: ", ")
        return try Row.fetchAll(database, sql: "SELECT \(columns) FROM machine ORDER BY at_ns").map { row in
            var sample = MachineSample(at: try row.instant(0))
            sample.descriptors = try row.value(1)
            sample.descriptorLimit = try row.value(2)
            sample.residentMemory = try row.bytes(3)
            sample.availableMemory = try row.bytes(4)
            sample.totalMemory = try row.bytes(5)
            sample.segmentsSent = try row.value(6)
            sample.segmentsRetransmitted = try row.value(7)
            sample.clockStep = try row.amount(8)
            sample.arrivalsDropped = try row.value(9)
            sample.eventsLost = try row.value(10)
            return sample
        }
    }
}
