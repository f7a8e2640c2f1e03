import Foundation
import GRDB
import Measurement

extension RunStoreError {
    /// Does something with the file and translates what it throws.
    static func wrap<Result>(_ path: String, _ body: () throws -> Result) throws(RunStoreError) -> Result {
        do {
            return try body()
        } catch let error as RunStoreError {
            throw error
        } catch let error as DatabaseError {
            throw RunStoreError(error, path: path)
        } catch let error as UnreadableColumn {
            throw .damaged(path: path, detail: "the column \(error.column) has a value that cannot be")
        } catch let error as HistogramFormatError {
            throw .damaged(path: path, detail: String(error.sentence.dropLast()))
        } catch {
            throw .failed(path: path, detail: "\(error)")
        }
    }

    init(_ error: DatabaseError, path: String) {
        switch error.resultCode {
        case .SQLITE_FULL: self = .diskFull(path: path)
        case .SQLITE_READONLY, .SQLITE_CANTOPEN: self = .folderNotWritable(path: path)
        case .SQLITE_PERM, .SQLITE_AUTH: self = .notReadable(path: path)
        case .SQLITE_NOTADB: self = .notARunFile(path: path)
        case .SQLITE_BUSY, .SQLITE_LOCKED: self = .busy(path: path)
        case .SQLITE_CORRUPT: self = .damaged(path: path, detail: error.message ?? "its pages do not fit together")
        // SQLite reports a write that the quota or a full file system cut off as an input/output error too.
        case .SQLITE_IOERR where error.extendedResultCode == .SQLITE_IOERR_WRITE: self = .diskFull(path: path)
        default: self = .failed(path: path, detail: error.message ?? "SQLite error \(error.resultCode.rawValue)")
        }
    }
}
