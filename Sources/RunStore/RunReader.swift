import Foundation
import GRDB
import Measurement
import Quantities

/// Reads a run's file, whether the run is over, was killed, or still goes on.
package final class RunReader: Sendable {
    private let path: String
    private let queue: DatabaseQueue
    private let version: Int32

    /// Opens a run's file.
    ///
    /// - Throws: ``RunStoreError/notFound(path:)``, ``RunStoreError/notReadable(path:)``,
    ///   ``RunStoreError/notARunFile(path:)`` or ``RunStoreError/newerVersion(path:found:supported:)``.
    package init(path: String) throws(RunStoreError) {
        self.path = path
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { throw .notFound(path: path) }
        guard !isFolder.boolValue else { throw .notARunFile(path: path) }
        guard FileManager.default.isReadableFile(atPath: path) else { throw .notReadable(path: path) }
        let queue = try RunStoreError.wrap(path) {
            var configuration = Configuration()
            configuration.readonly = true
            return try DatabaseQueue(path: path, configuration: configuration)
        }
        let (application, found) = try RunStoreError.wrap(path) {
            try queue.read { database in
                (
                    try Int32.fetchOne(database, sql: "PRAGMA application_id") ?? 0,
                    try Int32.fetchOne(database, sql: "PRAGMA user_version") ?? 0
                )
            }
        }
        guard application == RunSchema.applicationID, found >= 1 else { throw .notARunFile(path: path) }
        guard found <= RunSchema.version else {
            throw .newerVersion(path: path, found: Int(found), supported: Int(RunSchema.version))
        }
        self.queue = queue
        version = found
    }

    /// Everything that reports are drawn from, as one consistent state of the file.
    ///
    /// - Throws: ``RunStoreError/damaged(path:detail:)`` when the content is broken, or another ``RunStoreError``.
    package func report() throws(RunStoreError) -> RunReport {
        try RunStoreError.wrap(path) {
            try queue.read { database in
                let (metadata, end, duration) = try RunMetadataRows.read(from: database)
                let loops = try SampleRows.loops(from: database)
                var evidence = ValidityEvidence()
                for sample in loops { evidence.add(sample) }
                for sample in try SampleRows.machine(from: database) { evidence.add(sample) }
                var totals = try CellRows.readTotals(from: database, path: path, version: version)
                if version >= RunSchema.firstWithFindings {
                    totals.findings = try FindingRows.read(from: database, path: path)
                }
                if version >= RunSchema.firstWithGates {
                    totals.gate = try GateRows.read(from: database, path: path)
                }
                if version >= RunSchema.firstWithJourneys { totals.journeys = try JourneyRows.read(from: database) }
                return RunReport(
                    metadata: metadata, end: end, duration: duration, totals: totals,
                    series: try SeriesRows.read(from: database), loops: loops, evidence: evidence,
                    sessionRows: try Int.fetchOne(database, sql: "SELECT COUNT(*) FROM session") ?? 0,
                    transferRows: try Int.fetchOne(database, sql: "SELECT COUNT(*) FROM transfer") ?? 0,
                    storesFindings: version >= RunSchema.firstWithFindings)
            }
        }
    }

    /// Calls a closure for each finished session, in the order of the plan, without keeping them.
    package func forEachSession(_ body: (SessionSummary) throws -> Void) throws(RunStoreError) {
        try RunStoreError.wrap(path) {
            try queue.read { database in
                let rows = try Row.fetchCursor(database, sql: SessionRows.selection(in: version))
                while let row = try rows.next() { try body(SessionRows.summary(row, path: path)) }
            }
        }
    }

    /// Calls a closure for each stored transfer, in the order they were stored, without keeping them.
    package func forEachTransfer(_ body: (SampledTransfer) throws -> Void) throws(RunStoreError) {
        try RunStoreError.wrap(path) {
            try queue.read { database in
                let rows = try Row.fetchCursor(database, sql: TransferRows.selection(in: version))
                while let row = try rows.next() { try body(TransferRows.transfer(row, path: path)) }
            }
        }
    }
}
