import Foundation
import GRDB
import Manifests
import Measurement
import Playback
import Quantities
import SyntheticRuns
import Testing
import Transport

@testable import RunStore

@Suite struct RunStoreTests {
    /// A folder of its own for each test, removed by the system's cleaning of temporary files if not before.
    private let folder: String = {
        let path = NSTemporaryDirectory() + "run-store-" + UUID().uuidString
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }()

    private var path: String { folder + "/run.sqlite" }

    private func settings() -> SyntheticRun.Settings {
        var settings = SyntheticRun.Settings()
        settings.viewers = 60
        settings.seconds = 12
        settings.longestWatch = 10
        settings.sampling = .all
        return settings
    }

    /// Writes a run's seconds; returns its writer and all finished sessions.
    private func write(seconds: Int = .max, metadata: RunMetadata? = nil) throws -> (RunWriter, [SessionSummary]) {
        var run = SyntheticRun(settings())
        let writer = try RunWriter(path: path, metadata: metadata ?? run.metadata(thresholds: ["sessions > 1"]))
        var rows: [SessionSummary] = []
        var count = 0
        try run.play { second in
            guard count < seconds else { return }
            count += 1
            try writer.append(second.deltas, loops: second.loops, machine: second.machine, endingAt: second.end)
            rows += second.deltas.flatMap(\.finished)
        }
        return (writer, rows)
    }

    @Test func whatIsWrittenIsRead() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (writer, rows) = try write()
        try writer.finish()
        let report = try RunReader(path: path).report()
        var run = SyntheticRun(settings())
        let expected = run.report(thresholds: ["sessions > 1"])
        #expect(report.metadata == expected.metadata)
        #expect(report.end == .completed)
        #expect(report.duration == .seconds(12 as Int64))
        #expect(report.totals == expected.totals)
        #expect(report.totals == writer.totals)
        #expect(report.series == expected.series)
        #expect(report.loops == expected.loops)
        #expect(report.validity == expected.validity)
        #expect(report.sessionRows == 60)
        #expect(report.transferRows == expected.transferRows)
        #expect(report.thresholdResults.map(\.verdict) == [.passed])
        var read: [SessionSummary] = []
        try RunReader(path: path).forEachSession { read.append($0) }
        #expect(read == rows.sorted { $0.id < $1.id })
    }

    @Test func findingsGoRound() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let recorder = LoopRecorder()
        let writer = try RunWriter(path: path, metadata: SyntheticRun(settings()).metadata())
        func note(_ number: Int, at second: Double) throws {
            let finding = Finding(id: "x-\(number)", severity: .warning, message: "m", clause: "c", line: number)
            recorder.findings.note(
                [finding], stream: "s", edge: "e", kind: .index, uri: "https://h/a?b", at: .seconds(second))
            try writer.append([recorder.takeInterval(at: .seconds(second))], endingAt: .seconds(second))
        }
        try note(1, at: 1)
        try note(1, at: 2)
        for number in 0..<FindingLog.limit + 10 { try note(number, at: 3) }
        try writer.finish()
        let log = try RunReader(path: path).report().totals.findings
        #expect(log == writer.totals.findings)
        #expect(log.others.warnings == 10)
        let tally = try #require(log.tallies[FindingKey(id: "x-1", stream: "s", edge: "e", kind: .index)])
        #expect(tally.count == 3 && tally.first == .seconds(1) && tally.last == .seconds(3))
        #expect(tally.message == "line 1: m" && tally.resource == "https://h/a")
    }

    @Test func aRunOfTheFirstVersionIsStillRead() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (writer, _) = try write(seconds: 5)
        try writer.finish()
        // What version 1 wrote: the same without these tables.
        try DatabaseQueue(path: path).write { database in
            try database.execute(sql: "DROP TABLE finding; DROP TABLE playlist_age; PRAGMA user_version = 1")
        }
        let report = try RunReader(path: path).report()
        var expected = writer.totals
        expected.findings = FindingLog()
        #expect(report.totals == expected)
        #expect(!report.storesFindings)
    }

    @Test func journeysGoRound() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let recorder = LoopRecorder(sampling: .all)
        let writer = try RunWriter(path: path, metadata: SyntheticRun(settings()).metadata())
        for second in 1...2 {
            let arrival = SessionArrival(
                due: .zero, started: .zero, stream: "s", region: "r", edge: "e", device: "d")
            var ledger = recorder.sessionStarted(SessionID(UInt64(second)), arrival, hasJourney: true)
            let key = StepKey(position: 0, name: "redeem", occasion: "before")
            recorder.journeys.note(key, second == 1 ? .passed : .left, after: .milliseconds(300))
            let record = TransferRecord(
                id: TransferID(0), kind: .step, due: .zero,
                timings: TransferTimings(begun: .zero, total: .seconds(1)), status: 200, bytes: .zero, step: "redeem")
            recorder.record(TimedEvent(at: .seconds(1), .transferFinished(record)), in: &ledger)
            recorder.record(TimedEvent(at: .seconds(1), .started), in: &ledger)
            recorder.record(TimedEvent(at: .seconds(1), .stateChanged(from: .starting, to: .quit)), in: &ledger)
            recorder.sessionFinished(&ledger, at: .seconds(Double(second)), refusal: "step-redeem-403")
            try writer.append([recorder.takeInterval(at: .seconds(Double(second)))], endingAt: .seconds(Double(second)))
        }
        try writer.finish()
        let totals = try RunReader(path: path).report().totals
        #expect(totals == writer.totals)
        #expect(totals.journeys.funnel.map(\.viewers) == [2, 1, 2, 0])
        #expect(totals.overall.outcomes.journeyRefused == 2)
        var steps: [String] = []
        try RunReader(path: path).forEachTransfer { steps.append($0.record.step) }
        #expect(steps == ["redeem", "redeem"])
    }

    @Test func aRunOfTheSecondVersionIsStillRead() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (writer, rows) = try write(seconds: 5)
        try writer.finish()
        // What version 2 wrote: the same without these tables and columns.
        try DatabaseQueue(path: path).write { database in
            try database.execute(sql: "DROP TABLE journey_step; DROP TABLE journey_stage")
            try database.execute(sql: "ALTER TABLE session_cell DROP COLUMN journey_refused")
            try database.execute(sql: "ALTER TABLE transfer DROP COLUMN step; PRAGMA user_version = 2")
        }
        let reader = try RunReader(path: path)
        #expect(try reader.report().totals == writer.totals)
        var count = 0
        try reader.forEachSession { _ in count += 1 }
        #expect(count == rows.count)
        var transfers = 0
        try reader.forEachTransfer { if $0.record.step.isEmpty { transfers += 1 } }
        #expect(transfers > 0)
    }

    @Test func phasesNetworksAndReasonsGoRound() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let recorder = LoopRecorder()
        let writer = try RunWriter(path: path, metadata: SyntheticRun(settings()).metadata())
        for (number, reason) in ["slow-start", SessionLedger.dropped].enumerated() {
            let arrival = SessionArrival(
                due: .zero, started: .zero, stream: "s", region: "r", edge: "e", device: "d", phase: "kick-off",
                network: "lte")
            var ledger = recorder.sessionStarted(SessionID(viewer: number, visit: 1, playback: 2), arrival)
            recorder.record(TimedEvent(at: .seconds(1), .stateChanged(from: .starting, to: .quit)), in: &ledger)
            recorder.sessionFinished(&ledger, at: .seconds(1), leaving: reason)
        }
        try writer.append([recorder.takeInterval(at: .seconds(1))], endingAt: .seconds(1))
        try writer.finish()
        let totals = try RunReader(path: path).report().totals
        #expect(totals == writer.totals)
        let phase = totals.sessions(.phase, "kick-off")
        #expect(phase.outcomes.dropped == 1 && phase.outcomes.exitBeforeStart == 1 && phase.arrivals == 2)
        #expect(phase.leavings == ["slow-start": 1])
        #expect(totals.sessions(.network, "lte").arrivals == 2)
        var read: [SessionSummary] = []
        try RunReader(path: path).forEachSession { read.append($0) }
        #expect(read.map(\.leaving) == ["slow-start", ""] && read.map(\.outcome) == [.exitBeforeStart, .dropped])
        #expect(read.allSatisfy { $0.arrival.phase == "kick-off" && $0.arrival.network == "lte" })
        #expect(read.map(\.id.viewer) == [0, 1] && read.allSatisfy { $0.id.visit == 1 && $0.id.playback == 2 })
    }

    @Test func aRunOfTheThirdVersionIsStillRead() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (writer, rows) = try write(seconds: 5)
        try writer.finish()
        // What version 3 wrote: the same without these columns.
        try DatabaseQueue(path: path).write { database in
            for column in ["dropped", "leavings"] {
                try database.execute(sql: "ALTER TABLE session_cell DROP COLUMN \(column)")
            }
            for column in ["phase", "network", "leaving"] {
                try database.execute(sql: "ALTER TABLE session DROP COLUMN \(column)")
            }
            try database.execute(sql: "PRAGMA user_version = 3")
        }
        let reader = try RunReader(path: path)
        #expect(try reader.report().totals == writer.totals)
        var read: [SessionSummary] = []
        try reader.forEachSession { read.append($0) }
        #expect(read == rows.sorted { $0.id < $1.id })
    }

    @Test func damagedFindingsAreSaidSo() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (writer, _) = try write()
        try writer.finish()
        #expect(try RunReader(path: path).report().storesFindings)
        for (sql, detail) in [
            ("UPDATE playlist_age SET counts = '1 2 x'", "the ages of playlists cannot be read"),
            ("UPDATE finding SET severity = 'fatal'", "a finding has a kind or a severity that does not exist"),
        ] {
            try DatabaseQueue(path: path).write { try $0.execute(sql: sql) }
            #expect(throws: RunStoreError.damaged(path: path, detail: detail)) { try RunReader(path: path).report() }
        }
    }

    @Test func transferRowsGoRound() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var run = SyntheticRun(settings())
        let writer = try RunWriter(path: path, metadata: run.metadata())
        var written: [SampledTransfer] = []
        try run.play { second in
            try writer.append(second.deltas, endingAt: second.end)
            written += second.deltas.flatMap(\.sampled)
        }
        try writer.finish(.stopped(reason: "Ctrl-C"))
        var read: [SampledTransfer] = []
        let reader = try RunReader(path: path)
        try reader.forEachTransfer { read.append($0) }
        #expect(Set(read) == Set(written))
        #expect(read.count == written.count)
        #expect(read.count > 400)
        #expect(try reader.report().end == .stopped(reason: "Ctrl-C"))
    }

    @Test func aFinishedRunIsOneFile() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (writer, _) = try write(seconds: 3)
        try writer.finish()
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["run.sqlite"])
    }

    @Test func aRunThatNeverFinishedIsReadUpToItsLastSecond() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (writer, rows) = try write(seconds: 7)
        // What a killed process leaves: the file and its log, as they are on the disk at this moment.
        let left = folder + "/left"
        try FileManager.default.createDirectory(atPath: left, withIntermediateDirectories: true)
        for name in ["run.sqlite", "run.sqlite-wal"] {
            try FileManager.default.copyItem(atPath: folder + "/" + name, toPath: left + "/" + name)
        }
        let report = try RunReader(path: left + "/run.sqlite").report()
        #expect(report.end == .cutShort)
        #expect(report.duration == .seconds(7 as Int64))
        #expect(report.totals == writer.totals)
        #expect(report.sessionRows == rows.count)
        #expect(report.series[.overall].map(\.second) == Array(0..<7))
    }

    @Test func aRunCanBeReadWhileItGoesOn() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (writer, _) = try write(seconds: 4)
        let report = try RunReader(path: path).report()
        #expect(report.totals == writer.totals)
        try writer.finish()
    }

    @Test func twoPartsOfOneSecondBecomeOnePoint() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let recorder = LoopRecorder()
        let writer = try RunWriter(path: path, metadata: SyntheticRun(settings()).metadata())
        for part in 1...4 {
            let now = Instant.seconds(Double(part) * 0.5)
            let arrival = SessionArrival(due: now, started: now, stream: "main")
            _ = recorder.sessionStarted(SessionID(UInt64(part)), arrival)
            try writer.append([recorder.takeInterval(at: now)], endingAt: now)
        }
        let points = try RunReader(path: path).report().series[.overall]
        #expect(points.map(\.arrivals) == [2, 2])
        #expect(points.map(\.concurrent.starting) == [2, 4])
        #expect(points.map(\.duration) == [.seconds(1 as Int64), .seconds(1 as Int64)])
    }

    // MARK: What cannot be written or read

    @Test func refusesWhatIsNoRun() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(throws: RunStoreError.notFound(path: path)) { try RunReader(path: path) }
        #expect(throws: RunStoreError.notARunFile(path: folder)) { try RunReader(path: folder) }
        try Data("#EXTM3U\n".utf8).write(to: URL(fileURLWithPath: path))
        #expect(throws: RunStoreError.notARunFile(path: path)) { try RunReader(path: path) }
        try Data().write(to: URL(fileURLWithPath: path))
        #expect(throws: RunStoreError.notARunFile(path: path)) { try RunReader(path: path) }
        let other = folder + "/other.sqlite"
        try DatabaseQueue(path: other).write { try $0.execute(sql: "CREATE TABLE meta (key, value)") }
        #expect(throws: RunStoreError.notARunFile(path: other)) { try RunReader(path: other) }
    }

    @Test func refusesANewerVersion() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (writer, _) = try write(seconds: 1)
        try writer.finish()
        try DatabaseQueue(path: path).write { try $0.execute(sql: "PRAGMA user_version = 99") }
        #expect(throws: RunStoreError.newerVersion(path: path, found: 99, supported: 4)) { try RunReader(path: path) }
    }

    @Test func reportsDamageWithoutACrash() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (writer, _) = try write(seconds: 5)
        try writer.finish()
        let sound = try Data(contentsOf: URL(fileURLWithPath: path))
        try DatabaseQueue(path: path).write { database in
            try database.execute(sql: "UPDATE session_cell SET startup = X'01FFFF'")
            try database.execute(sql: "UPDATE session SET outcome = 77")
        }
        let reader = try RunReader(path: path)
        #expect(throws: RunStoreError.damaged(path: path, detail: "The stored histogram is damaged")) {
            try reader.report()
        }
        #expect(throws: RunStoreError.self) { try reader.forEachSession { _ in } }
        var generator = SeededGenerator(seed: 9)
        for _ in 0..<60 {
            var bytes = sound
            for _ in 0..<40 {
                bytes[Int(generator.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: generator.next())
            }
            try bytes.write(to: URL(fileURLWithPath: path))
            guard let reader = try? RunReader(path: path) else { continue }
            _ = try? reader.report()
            try? reader.forEachSession { _ in }
            try? reader.forEachTransfer { _ in }
        }
    }

    @Test func neverOverwritesAndNeedsAFolder() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (writer, _) = try write(seconds: 1)
        try writer.finish()
        let metadata = SyntheticRun(settings()).metadata()
        #expect(throws: RunStoreError.fileExists(path: path)) { try RunWriter(path: path, metadata: metadata) }
        let missing = folder + "/missing/run.sqlite"
        #expect(throws: RunStoreError.folderNotWritable(path: missing)) {
            try RunWriter(path: missing, metadata: metadata)
        }
    }

    @Test func aFullDiskIsSaidSo() {
        let error = RunStoreError(DatabaseError(resultCode: .SQLITE_FULL), path: "run.sqlite")
        #expect(error == .diskFull(path: "run.sqlite"))
        #expect(error.sentence == "The disk is full: the run file run.sqlite cannot grow.")
    }
}
