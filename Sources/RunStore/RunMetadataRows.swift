import Foundation
import GRDB
import Measurement
import Quantities

/// The `meta` table of a run file: what the run is, one value for each word.
enum RunMetadataRows {
    static func set(_ key: String, _ value: (any DatabaseValueConvertible)?, in database: Database) throws {
        try database.cachedStatement(sql: "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)")
            .execute(arguments: [key, value])
    }

    static func write(_ metadata: RunMetadata, to database: Database) throws {
        try set("profile", metadata.profile, in: database)
        try set("seed", String(metadata.seed), in: database)
        try set("started_at_ns", String(metadata.startedAt.nanoseconds), in: database)
        try set("tool_version", metadata.toolVersion, in: database)
        try set("command", metadata.command, in: database)
        try set("mode", metadata.mode, in: database)
        try set("planned_viewers", metadata.plannedViewers, in: database)
        try set("planned_duration_ns", metadata.plannedDuration?.nanoseconds, in: database)
        try set("settings", metadata.settings, in: database)
        try set("thresholds", try text(metadata.thresholds), in: database)
        try set("warnings", try text(metadata.warnings), in: database)
        try set("probes", try text(metadata.probes), in: database)
        if metadata.isSimulated { try set("simulated", 1, in: database) }
        try set("duration_ns", 0, in: database)
        try set("end", "", in: database)
    }

    static func write(_ end: RunEnd, validity: Validity, to database: Database) throws {
        try set("validity", validity.verdict.label, in: database)
        switch end {
        case .completed: try set("end", "completed", in: database)
        case .stopped(let reason):
            try set("end_reason", reason, in: database)
            try set("end", "stopped", in: database)
        case .cutShort: break
        }
    }

    static func read(from database: Database) throws -> (RunMetadata, RunEnd, TimeAmount) {
        func value<Value: DatabaseValueConvertible>(_ key: String, _ type: Value.Type = Value.self) throws -> Value? {
            try Row.fetchOne(database, sql: "SELECT value FROM meta WHERE key = ?", arguments: [key])?.optional(0)
        }
        var metadata = RunMetadata(
            profile: try value("profile") ?? "", seed: UInt64(try value("seed", String.self) ?? "") ?? 0,
            startedAt: WallTime(nanoseconds: Int64(try value("started_at_ns", String.self) ?? "") ?? 0),
            toolVersion: try value("tool_version") ?? "", command: try value("command") ?? "",
            mode: try value("mode") ?? "", plannedViewers: try value("planned_viewers") ?? 0,
            plannedDuration: try value("planned_duration_ns", Int64.self).map(TimeAmount.init(nanoseconds:)),
            settings: try value("settings") ?? "{}", thresholds: list(try value("thresholds")),
            warnings: list(try value("warnings")), probes: list(try value("probes")))
        metadata.isSimulated = try value("simulated", Int64.self) == 1
        let end: RunEnd =
            switch try value("end", String.self) {
            case "completed": .completed
            case "stopped": .stopped(reason: try value("end_reason") ?? "")
            default: .cutShort
            }
        return (metadata, end, TimeAmount(nanoseconds: try value("duration_ns") ?? 0))
    }

    private static func text(_ list: [String]) throws -> String {
        String(decoding: try JSONEncoder().encode(list), as: UTF8.self)
    }

    private static func list(_ text: String?) -> [String] {
        (try? JSONDecoder().decode([String].self, from: Data((text ?? "[]").utf8))) ?? []
    }
}
