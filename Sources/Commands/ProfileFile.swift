import Foundation
import RunProfile

/// Reads profiles from files.
enum ProfileFile {
    /// - Throws: ``CommandFailure`` with one sentence for each problem.
    static func read(_ path: String, viewers: Int? = nil) throws -> RunProfile {
        let name = path == "-" ? "standard input" : path
        let data: Data?
        if path == "-" {
            data = try? FileHandle.standardInput.readToEnd()
        } else {
            data = FileManager.default.contents(atPath: path)
        }
        guard let data else { throw CommandFailure(.noInput, "the profile \(name) cannot be read; is the path right?") }
        guard let text = String(data: data, encoding: .utf8) else {
            throw CommandFailure(.badInput, "the profile \(name) is not UTF-8 text")
        }
        do throws(ProfileError) {
            var profile = try ProfileReader.read(text, file: name, viewers: viewers)
            profile.adoptRegion(label: ProcessInfo.processInfo.environment["FULLHOUSE_REGION"])
            return profile
        } catch {
            throw CommandFailure(.badInput, sentences: error.problems.map(\.sentence))
        }
    }
}
