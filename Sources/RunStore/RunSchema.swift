import GRDB

/// The layout of a run file.
///
/// In words: docs/METRICS.md, section “The run file”.
enum RunSchema {
    /// `FHRN` in ASCII: says in the file's header that it is a run (`PRAGMA application_id`).
    static let applicationID: Int32 = 0x4648_524E
    /// The layout's version (`PRAGMA user_version`).
    ///
    /// A reader takes this one and all before it. Version 1 has no findings, version 2 nothing of gates and journeys,
    /// version 3 nothing of phases, networks and why viewers left.
    static let version: Int32 = 4
    /// The first version that stores findings.
    static let firstWithFindings: Int32 = 2
    /// The first version that stores what gates did, and how many sessions were refused something.
    static let firstWithGates: Int32 = 3
    /// The first version that stores journeys: two tables, the last columns of session cells and that of transfers.
    static let firstWithJourneys: Int32 = 3
    /// The first version that stores each viewer's phase, network and reason for leaving.
    static let firstWithAudience: Int32 = 4

    /// Columns that a session cell and its reader share, in order.
    static let sessionCellColumns = [
        "arrivals", "plays", "ended", "quit", "exits_before_start", "start_failures", "playback_failures", "running",
        "rebuffers", "rebuffered_sessions", "starting_ns", "playing_ns", "rebuffering_ns", "seeking_ns", "paused_ns",
        "rendered_bits", "rendered_ns", "switches_up", "switches_down", "startup", "latency", "arrival_lateness",
        "failures", "refused_sessions", "journey_refused", "dropped", "leavings",
    ]

    static let transferCellColumns = [
        "statuses", "errors", "cache_unknown", "cache_hit", "cache_miss", "cache_stale", "cache_revalidated",
        "cache_bypass", "cache_error", "new_connections", "retries", "first_byte", "total", "due_to_done",
        "begin_lateness",
    ]

    static let seriesColumns = [
        "duration_ns", "now_starting", "now_playing", "now_rebuffering", "now_seeking", "now_paused", "starting_ns",
        "playing_ns", "rebuffering_ns", "seeking_ns", "paused_ns", "arrivals", "plays", "ended", "failed", "rebuffers",
        "completed_transfers", "failed_transfers", "cancelled_transfers", "bytes", "rendered_bits", "rendered_ns",
        "startup", "first_byte",
    ]

    static let sessionColumns = [
        "id", "due_ns", "started_ns", "finished_ns", "stream", "region", "planned_edge", "edge", "device", "outcome",
        "final_state", "failure", "startup_ns", "rebuffer_count", "rebuffer_ns", "played_ns", "bit_rate", "rendered_ns",
        "switches_up", "switches_down", "latency_mean_ns", "latency_last_ns", "bytes", "transfers", "failed_transfers",
        "cancelled_transfers", "phase", "network", "leaving",
    ]

    static let transferColumns = [
        "session", "number", "kind", "due_ns", "begun_ns", "name_lookup_ns", "connect_ns", "tls_ns", "first_byte_ns",
        "total_ns", "status", "error", "bytes", "bit_rate", "media_ns", "sequence", "attempt", "edge", "cache", "pop",
        "version", "reused", "step",
    ]

    static let loopColumns = [
        "at_ns", "loop", "wall_ns", "cpu_ns", "lateness", "sessions", "transfers", "connections",
        "unexpected_reconnects",
    ]

    static let machineColumns = [
        "at_ns", "descriptors", "descriptor_limit", "resident", "available", "memory", "segments_sent",
        "segments_retransmitted", "clock_step_ns", "arrivals_dropped", "events_lost",
    ]

    static let findingKeys = ["id", "stream", "edge", "kind"]

    static let findingColumns = ["severity", "clause", "count", "first_ns", "last_ns", "message", "resource"]

    static let ageKeys = ["stream", "edge"]

    static let ageColumns = ["maximum", "counts"]

    static let gateKeys = ["probe", "stream", "edge", "kind"]

    static let gateColumns = ["answers", "bytes", "first_ns", "last_ns", "sentence", "resource"]

    static let gatePlaceKeys = ["stream", "edge", "kind"]

    static let gateHonestColumns = ["accepted", "refused"]

    static let gateReasonKeys = ["probe", "stream", "sentence"]

    static let gateReasonColumns = ["count"]

    static let stepKeys = ["position", "name", "occasion"]

    static let stepColumns = ["passed", "left_for_it", "went_on", "duration"]

    static let stageColumns = ["viewers", "duration"]

    /// Those of some columns that a file of a version has: what later versions added stands last.
    static func columns(_ all: [String], in version: Int32) -> [String] {
        var missing: Set<String> = []
        if version < firstWithJourneys { missing.formUnion(["refused_sessions", "journey_refused", "step"]) }
        if version < firstWithAudience { missing.formUnion(["dropped", "leavings", "phase", "network", "leaving"]) }
        return missing.isEmpty ? all : all.filter { !missing.contains($0) }
    }

    /// Creates all tables in an empty file.
    static func create(in database: Database) throws {
        try database.execute(sql: "PRAGMA application_id = \(applicationID)")
        try database.execute(sql: "PRAGMA user_version = \(version)")
        try database.execute(sql: "CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID")
        try table("session_cell", "dimension TEXT, name TEXT", sessionCellColumns, "dimension, name", in: database)
        try table(
            "transfer_cell", "dimension TEXT, name TEXT, pop TEXT", transferCellColumns, "dimension, name, pop",
            in: database)
        try table(
            "series", "dimension TEXT, name TEXT, second INTEGER", seriesColumns, "dimension, name, second",
            in: database)
        try database.execute(
            sql: "CREATE TABLE session (id INTEGER PRIMARY KEY, \(sessionColumns.dropFirst().joined(separator: ", ")))")
        try database.execute(
            sql: "CREATE TABLE transfer (\(transferColumns.joined(separator: ", ")))")
        try database.execute(sql: "CREATE TABLE loop (\(loopColumns.joined(separator: ", ")))")
        try database.execute(sql: "CREATE TABLE machine (\(machineColumns.joined(separator: ", ")))")
        try table(
            "finding", "id TEXT, stream TEXT, edge TEXT, kind TEXT", findingColumns, "id, stream, edge, kind",
            in: database)
        try table("playlist_age", "stream TEXT, edge TEXT", ageColumns, "stream, edge", in: database)
        try table(
            "journey_step", "position INTEGER, name TEXT, occasion TEXT", stepColumns, "position, name, occasion",
            in: database)
        try table("journey_stage", "name TEXT", stageColumns, "name", in: database)
        try createGateTables(in: database)
    }

    private static func createGateTables(in database: Database) throws {
        for (name, keys, columns) in [
            ("gate_probe", gateKeys, gateColumns), ("gate_honest", gatePlaceKeys, gateHonestColumns),
            ("gate_reason", gateReasonKeys, gateReasonColumns),
        ] {
            try table(
                name, keys.map { $0 + " TEXT" }.joined(separator: ", "), columns, keys.joined(separator: ", "),
                in: database)
        }
    }

    private static func table(
        _ name: String, _ keys: String, _ columns: [String], _ primary: String, in database: Database
    ) throws {
        try database.execute(
            sql: "CREATE TABLE \(name) (\(keys), \(columns.joined(separator: ", ")), PRIMARY KEY (\(primary)))"
                + " WITHOUT ROWID")
    }

    /// `INSERT` (or, with a primary key that exists, a replacement) of these columns.
    static func insert(into table: String, _ columns: [String]) -> String {
        let marks = columns.map { _ in "?" }.joined(separator: ", ")
        return "INSERT OR REPLACE INTO \(table) (\(columns.joined(separator: ", "))) VALUES (\(marks))"
    }
}
