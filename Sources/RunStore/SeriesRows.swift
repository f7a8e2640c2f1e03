import GRDB
import Measurement
import Quantities

/// The one-second series of a run file.
enum SeriesRows {
    private static let keys = ["dimension", "name", "second"]
    private static let insertion = RunSchema.insert(into: "series", keys + RunSchema.seriesColumns)
    private static let single =
        "SELECT second, \(RunSchema.seriesColumns.joined(separator: ", ")) FROM series"
        + " WHERE dimension = ? AND name = ? AND second = ?"

    /// Writes a second's point, or adds it to what the same second has already.
    static func write(_ point: SeriesPoint, _ key: CellKey, to database: Database) throws {
        var whole = point
        let query = try database.cachedStatement(sql: single)
        if let row = try Row.fetchOne(query, arguments: [key.dimension.label, key.name, point.second]) {
            whole = try Self.point(row, from: 0)
            whole.merge(later: point)
        }
        let statement = try database.cachedStatement(sql: insertion)
        try statement.execute(arguments: arguments(whole, key))
    }

    private static func arguments(_ point: SeriesPoint, _ key: CellKey) -> StatementArguments {
        var values: StatementArguments = [key.dimension.label, key.name, point.second, point.duration.nanoseconds]
        for states in [point.concurrent, point.stateTime] {
            values += [states.starting, states.playing, states.rebuffering, states.seeking, states.paused]
        }
        values += [
            point.arrivals, point.plays, point.ended, point.failed, point.rebuffers, point.completedTransfers,
            point.failedTransfers, point.cancelledTransfers, point.bytes, point.renderedBits, point.renderedTime,
        ]
        values += [CellRows.data(point.startup), CellRows.data(point.firstByte)]
        return values
    }

    static func read(from database: Database) throws -> IntervalSeries {
        var series = IntervalSeries()
        let columns = RunSchema.seriesColumns.joined(separator: ", ")
        let rows = try Row.fetchCursor(
            database, sql: "SELECT dimension, name, second, \(columns) FROM series ORDER BY dimension, name, second")
        while let row = try rows.next() {
            guard let dimension = Dimension(label: try row.value(0)) else { continue }
            series.append([CellKey(dimension, try row.value(1)): try point(row, from: 2)])
        }
        return series
    }

    private static func point(_ row: Row, from first: Int) throws -> SeriesPoint {
        var point = SeriesPoint(second: try row.value(first), duration: try row.amount(first + 1))
        point.concurrent = try CellRows.states(row, from: first + 2)
        point.stateTime = try CellRows.states(row, from: first + 7)
        point.arrivals = try row.value(first + 12)
        point.plays = try row.value(first + 13)
        point.ended = try row.value(first + 14)
        point.failed = try row.value(first + 15)
        point.rebuffers = try row.value(first + 16)
        point.completedTransfers = try row.value(first + 17)
        point.failedTransfers = try row.value(first + 18)
        point.cancelledTransfers = try row.value(first + 19)
        point.bytes = try row.value(first + 20)
        point.renderedBits = try row.value(first + 21)
        point.renderedTime = try row.value(first + 22)
        point.startup = try CellRows.histogram(row, first + 23)
        point.firstByte = try CellRows.histogram(row, first + 24)
        return point
    }
}
