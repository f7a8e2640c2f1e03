/// Why a run's file cannot be written or read.
package enum RunStoreError: Error, Hashable, Sendable {
    /// The folder does not exist or may not be written to.
    case folderNotWritable(path: String)
    /// There is a file of that name already.
    case fileExists(path: String)
    /// There is no such file.
    case notFound(path: String)
    /// The file may not be read.
    case notReadable(path: String)
    /// No space is left on the device.
    case diskFull(path: String)
    /// The file is something else than a run.
    case notARunFile(path: String)
    /// The file was written by a newer version of this program.
    case newerVersion(path: String, found: Int, supported: Int)
    /// The file is a run's, but its content is broken.
    case damaged(path: String, detail: String)
    /// Another process is writing to the file.
    case busy(path: String)
    /// Reading or writing failed otherwise; the detail is the library's.
    case failed(path: String, detail: String)

    /// One sentence for people.
    package var sentence: String {
        switch self {
        case .folderNotWritable(let path):
            "The run file \(path) cannot be created: its folder does not exist or may not be written to."
        case .fileExists(let path): "The run file \(path) exists already; a run never overwrites another."
        case .notFound(let path): "There is no run file at \(path)."
        case .notReadable(let path): "The run file \(path) may not be read."
        case .diskFull(let path): "The disk is full: the run file \(path) cannot grow."
        case .notARunFile(let path): "The file \(path) is not a run file."
        case .newerVersion(let path, let found, let supported):
            "The run file \(path) has format version \(found), and this program reads versions up to \(supported);"
                + " use a newer program."
        case .damaged(let path, let detail): "The run file \(path) is damaged: \(detail)."
        case .busy(let path): "The run file \(path) is in use by another writer."
        case .failed(let path, let detail): "The run file \(path) cannot be used: \(detail)."
        }
    }
}
