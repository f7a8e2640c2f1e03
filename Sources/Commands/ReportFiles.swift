import Foundation
import Measurement
import Reporting
import RunStore

/// Draws every report of a stored run into its folder.
enum ReportFiles {
    /// What was drawn.
    struct Drawn {
        var report: RunReport
        /// The path of `report.html`.
        var page: String
    }

    /// - Parameters:
    ///   - store: The path of `run.sqlite`.
    ///   - folder: Where the files go; they are replaced.
    /// - Returns: The report and where its page is.
    /// - Throws: ``CommandFailure`` when the run cannot be read or a file cannot be written.
    static func draw(store: String, into folder: String) throws -> Drawn {
        do {
            let reader = try RunReader(path: store)
            let report = try reader.report()
            let page = folder + "/report.html"
            try write(HTMLReport.render(report), to: page)
            try write(SummaryJSON.render(report), to: folder + "/summary.json")
            try write(SummaryCSV.render(report), to: folder + "/summary.csv")
            try write(TimelineCSV.render(report), to: folder + "/timeline.csv")
            if !report.metadata.probes.isEmpty { try write(GateCSV.render(report), to: folder + "/gate.csv") }
            if report.storesFindings { try write(FindingsCSV.render(report), to: folder + "/findings.csv") }
            if !report.totals.journeys.isEmpty { try write(FunnelCSV.render(report), to: folder + "/funnel.csv") }
            try write(SummaryMarkdown.render(report), to: folder + "/summary.md")
            try write(JUnitXML.render(report), to: folder + "/junit.xml")
            try sessions(reader, to: folder + "/sessions.csv")
            if report.transferRows > 0 { try transfers(reader, to: folder + "/transfers.csv") }
            return Drawn(report: report, page: page)
        } catch let error as RunStoreError {
            throw CommandFailure(error.isAboutInput ? .noInput : .badInput, error.sentence)
        }
    }

    private static func sessions(_ reader: RunReader, to path: String) throws {
        let file = try RowFile(path: path, header: SessionsCSV.header)
        try reader.forEachSession { file.append(SessionsCSV.row($0)) }
        try file.close()
    }

    private static func transfers(_ reader: RunReader, to path: String) throws {
        let file = try RowFile(path: path, header: TransfersCSV.header)
        try reader.forEachTransfer { file.append(TransfersCSV.row($0)) }
        try file.close()
    }

    private static func write(_ text: String, to path: String) throws {
        do {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        } catch {
            throw CommandFailure(.ioError, "\(path) cannot be written; is the disk full or the folder read-only?")
        }
    }
}

/// A text file that grows row by row.
private final class RowFile {
    private let handle: FileHandle
    private let path: String
    private var buffer: [UInt8] = []
    private var hasFailed = false

    init(path: String, header: String) throws {
        self.path = path
        guard FileManager.default.createFile(atPath: path, contents: nil),
            let handle = FileHandle(forWritingAtPath: path)
        else { throw CommandFailure(.ioError, "\(path) cannot be written; is the disk full or the folder read-only?") }
        self.handle = handle
        append(header)
    }

    /// Adds a row; a failure is told by ``close()``, so that reading the run is not mixed up with writing the file.
    func append(_ row: String) {
        buffer.append(contentsOf: row.utf8)
        if buffer.count >= 1 << 16 { flush() }
    }

    private func flush() {
        do {
            try handle.write(contentsOf: Data(buffer))
        } catch {
            hasFailed = true
        }
        buffer.removeAll(keepingCapacity: true)
    }

    func close() throws {
        flush()
        try? handle.close()
        if hasFailed { throw CommandFailure(.ioError, "\(path) cannot be written; is the disk full?") }
    }
}

extension RunStoreError {
    /// True when there is no such file, or it may not be read.
    fileprivate var isAboutInput: Bool {
        switch self {
        case .notFound, .notReadable: true
        default: false
        }
    }
}
