import Foundation
import GRDB
import Measurement
import Quantities
import RunStore
import SyntheticRuns
import Testing

@Suite struct GateRowsTests {
    private let folder: String
    private var path: String { folder + "/run.sqlite" }

    init() throws {
        folder = FileManager.default.temporaryDirectory.path + "/fullhouse-gate-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    private func written() throws -> RunTotals {
        var metadata = SyntheticRun().metadata()
        metadata.probes = ["none", "expired"]
        let writer = try RunWriter(path: path, metadata: metadata)
        let recorder = LoopRecorder()
        for second in 1...3 {
            for (probe, answer) in [
                ("none", GateAnswer(.refused, "403")), ("none", GateAnswer(.inconclusive, "first byte")),
                ("expired", GateAnswer(.leaked, "206")),
            ] {
                recorder.gate.note(
                    answer, GateKey(probe: probe, stream: "s", edge: "127.0.0.2", kind: "part"), uri: "https://h/a?t=x",
                    words: "w", bytes: 2, at: .seconds(Double(second)))
            }
            recorder.gate.noteHonest(GatePlace(stream: "s", edge: "127.0.0.2", kind: "part"), isAccepted: second > 1)
            recorder.gate.note(GateLog.Reason(probe: "shared", stream: "s", sentence: "no other session"))
            try writer.append([recorder.takeInterval(at: .seconds(Double(second)))], endingAt: .seconds(Double(second)))
        }
        try writer.finish()
        return writer.totals
    }

    @Test func gatesGoRound() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let totals = try written()
        let report = try RunReader(path: path).report()
        #expect(report.totals.gate == totals.gate && report.metadata.probes == ["none", "expired"])
        #expect(report.totals.gate.counts().tried == 9 && report.totals.gate.counts().leaked == 3)
        #expect(report.thresholdResults.map(\.verdict) == [.failed])
        #expect(report.totals.gate.honest.values.map(\.accepted) == [2])
        #expect(report.totals.gate.reasons.values.map(\.self) == [3])
    }

    @Test func aRunOfTheSecondVersionIsStillRead() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let totals = try written()
        try DatabaseQueue(path: path).write { database in
            try database.execute(
                sql: """
                    DROP TABLE gate_probe; DROP TABLE gate_honest; DROP TABLE gate_reason;
                    ALTER TABLE session_cell DROP COLUMN refused_sessions;
                    DELETE FROM meta WHERE key = 'probes'; PRAGMA user_version = 2
                    """)
        }
        let report = try RunReader(path: path).report()
        var expected = totals
        expected.gate = GateLog()
        #expect(report.totals == expected && report.metadata.probes.isEmpty && report.thresholdResults.isEmpty)
    }

    @Test func damagedAnswersAreSaidSo() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        _ = try written()
        for damage in ["'x'", "'refused|403|-1'", "'opened|403|1'", "'refused|403|9999999999999999999'"] {
            try DatabaseQueue(path: path).write { try $0.execute(sql: "UPDATE gate_probe SET answers = \(damage)") }
            #expect(
                throws: RunStoreError.damaged(path: path, detail: "answers to gate probes cannot be read")
            ) { try RunReader(path: path).report() }
        }
    }
}
