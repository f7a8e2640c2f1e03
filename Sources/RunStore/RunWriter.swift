import Foundation
import GRDB
import Measurement
import Quantities

/// Writes a run to its file while it goes on: one transaction for each append, so that a killed run keeps all but its
/// last second.
///
/// Owned and called by one task; calls block for the time SQLite needs (a few milliseconds for a second of ten thousand
/// viewers), so not on an event loop. The file is in WAL mode: it survives the death of the process at any point.
package final class RunWriter {
    /// Everything counted up to now, for live figures and verdicts.
    package private(set) var totals = RunTotals()
    /// What the validity verdict is made of, up to now.
    package private(set) var evidence = ValidityEvidence()

    private let path: String
    private let queue: DatabaseQueue

    /// Creates the file of a run; its folder must exist.
    ///
    /// - Throws: ``RunStoreError/fileExists(path:)``, ``RunStoreError/folderNotWritable(path:)``,
    ///   ``RunStoreError/diskFull(path:)`` or ``RunStoreError/failed(path:detail:)``.
    package init(path: String, metadata: RunMetadata) throws(RunStoreError) {
        self.path = path
        guard !FileManager.default.fileExists(atPath: path) else { throw .fileExists(path: path) }
        let folder = (path as NSString).deletingLastPathComponent
        guard FileManager.default.isWritableFile(atPath: folder.isEmpty ? "." : folder) else {
            throw .folderNotWritable(path: path)
        }
        queue = try RunStoreError.wrap(path) {
            var configuration = Configuration()
            configuration.journalMode = .wal
            configuration.prepareDatabase { database in
                // In WAL mode this loses nothing when the process dies; only a power cut can take the last seconds.
                try database.execute(sql: "PRAGMA synchronous = NORMAL")
            }
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            try queue.write { database in
                try RunSchema.create(in: database)
                try RunMetadataRows.write(metadata, to: database)
            }
            return queue
        }
    }

    /// Adds what all loops measured in an interval, in one transaction.
    ///
    /// - Parameters:
    ///   - deltas: One of each loop, all of the same interval.
    ///   - loops: One sample of each loop.
    ///   - machine: A sample of the machine, when there is one.
    ///   - end: When the interval ended; not before the end of the one before.
    /// - Throws: ``RunStoreError/diskFull(path:)`` or another ``RunStoreError``; then the interval is not stored, nor
    ///   counted in ``totals``.
    package func append(
        _ deltas: [IntervalDelta], loops: [LoopSample] = [], machine: MachineSample? = nil, endingAt end: Instant
    ) throws(RunStoreError) {
        var next = totals
        for delta in deltas { next.merge(delta) }
        let points = IntervalSeries.points(of: deltas, endingAt: end)
        let sessionKeys = Set(deltas.flatMap { $0.sessions.map(\.key) })
        let transferKeys = Set(deltas.flatMap { $0.transfers.map(\.key) })
        try RunStoreError.wrap(path) {
            try queue.write { database in
                for delta in deltas {
                    for summary in delta.finished { try SessionRows.insert(summary, into: database) }
                    for transfer in delta.sampled { try TransferRows.insert(transfer, into: database) }
                }
                for key in sessionKeys { try CellRows.write(next.sessions[key], key, to: database) }
                for key in transferKeys { try CellRows.write(next.transfers[key], key, to: database) }
                for delta in deltas { try FindingRows.write(next.findings, changedBy: delta.findings, to: database) }
                for delta in deltas { try GateRows.write(next.gate, changedBy: delta.gate, to: database) }
                for delta in deltas { try JourneyRows.write(next.journeys, changedBy: delta.journeys, to: database) }
                for (key, point) in points { try SeriesRows.write(point, key, to: database) }
                for sample in loops { try SampleRows.insert(sample, into: database) }
                if let machine { try SampleRows.insert(machine, into: database) }
                try RunMetadataRows.set("duration_ns", end.nanoseconds, in: database)
            }
        }
        totals = next
        for sample in loops { evidence.add(sample) }
        if let machine { evidence.add(machine) }
    }

    /// Marks the run as over and leaves one single file.
    ///
    /// Nothing may be appended afterwards.
    ///
    /// - Parameter end: How it came to its end; ``RunEnd/cutShort`` leaves the mark out.
    /// - Throws: ``RunStoreError``; the run is then read as cut short.
    package func finish(_ end: RunEnd = .completed) throws(RunStoreError) {
        let verdict = evidence.verdict(totals: totals)
        try RunStoreError.wrap(path) {
            try queue.write { database in
                try RunMetadataRows.write(end, validity: verdict, to: database)
            }
            try queue.writeWithoutTransaction { database in
                _ = try database.checkpoint(.truncate)
                try database.execute(sql: "PRAGMA journal_mode = DELETE")
            }
            try queue.close()
        }
    }
}
