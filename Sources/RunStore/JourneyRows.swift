import GRDB
import Measurement
import Quantities

/// The journeys of a run file: one row for each step, and the counts of the stages around them in `meta`.
enum JourneyRows {
    private static let columns = RunSchema.stepKeys + RunSchema.stepColumns
    private static let insertion = RunSchema.insert(into: "journey_step", columns)
    private static let stageInsertion = RunSchema.insert(into: "journey_stage", ["name"] + RunSchema.stageColumns)

    /// Writes those sums of a log that an interval has changed.
    static func write(_ log: JourneyLog, changedBy delta: JourneyLog, to database: Database) throws {
        guard !delta.isEmpty else { return }
        for key in delta.steps.keys {
            guard let tally = log.steps[key] else { continue }
            try database.cachedStatement(sql: insertion).execute(arguments: [
                key.position, key.name, key.occasion, tally.passed, tally.left, tally.wentOn,
                CellRows.data(tally.duration),
            ])
        }
        let stages = [
            ("arrived", log.arrived, LogHistogram()), ("started", log.started, log.timeToStart),
            ("playing", log.playing, log.timeToPicture),
        ]
        for (name, count, duration) in stages {
            try database.cachedStatement(sql: stageInsertion).execute(arguments: [name, count, CellRows.data(duration)])
        }
    }

    static func read(from database: Database) throws -> JourneyLog {
        var log = JourneyLog()
        let steps = try Row.fetchCursor(
            database, sql: "SELECT \(columns.joined(separator: ", ")) FROM journey_step")
        while let row = try steps.next() {
            var tally = StepTally()
            tally.passed = try row.value(3)
            tally.left = try row.value(4)
            tally.wentOn = try row.value(5)
            tally.duration = try CellRows.histogram(row, 6)
            log.steps[StepKey(position: try row.value(0), name: try row.value(1), occasion: try row.value(2))] = tally
        }
        let stages = try Row.fetchCursor(database, sql: "SELECT name, viewers, duration FROM journey_stage")
        while let row = try stages.next() {
            switch try row.value(0) as String {
            case "arrived": log.arrived = try row.value(1)
            case "started": (log.started, log.timeToStart) = (try row.value(1), try CellRows.histogram(row, 2))
            case "playing": (log.playing, log.timeToPicture) = (try row.value(1), try CellRows.histogram(row, 2))
            default: continue
            }
        }
        return log
    }
}
