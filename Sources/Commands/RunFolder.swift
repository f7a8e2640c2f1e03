import Foundation

/// A run's own folder.
enum RunFolder {
    /// Makes `<parent>/<name>-<UTC>/`, with a number behind it when that is there already.
    ///
    /// - Throws: ``CommandFailure`` with a sentence when it cannot be made.
    static func make(in parent: String, name: String, at date: Date) throws -> String {
        let stamp = date.formatted(
            Date.ISO8601FormatStyle(timeZone: .gmt).year().month().day().time(includingFractionalSeconds: false)
                .dateSeparator(.omitted).timeSeparator(.omitted))
        let files = FileManager.default
        for attempt in 0..<100 {
            let folder = parent + "/\(name)-\(stamp)Z" + (attempt == 0 ? "" : "-\(attempt)")
            guard !files.fileExists(atPath: folder) else { continue }
            do {
                try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
                return folder
            } catch {
                throw CommandFailure(.cannotCreate, "the folder \(folder) cannot be made; choose another with --output")
            }
        }
        throw CommandFailure(
            .cannotCreate, "there are a hundred runs of this second in \(parent); choose another folder")
    }
}
