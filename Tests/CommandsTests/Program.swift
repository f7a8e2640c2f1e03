import Foundation

/// The built program as a process of its own.
final class Program: @unchecked Sendable {
    // Invariant: set up in `start` and only asked and signalled afterwards, by one test.
    private let process = Process()
    private let outputPath: String
    private let errorPath: String

    /// Where the program is: beside the test bundle.
    static let path: String? = {
        let places = [CommandLine.arguments[0], Bundle.main.executablePath ?? "", Bundle.main.bundlePath]
        let folders =
            places.map { URL(fileURLWithPath: $0).deletingLastPathComponent().path } + [Bundle.main.bundlePath]
        return folders.map { $0 + "/fullhouse" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }()

    /// Starts an executable with arguments; what it prints goes to files in the scene's folder.
    init(_ scene: Scene, _ executable: String, _ arguments: [String]) throws {
        let name = UUID().uuidString
        outputPath = scene.folder + "/\(name).out"
        errorPath = scene.folder + "/\(name).err"
        for path in [outputPath, errorPath] { _ = FileManager.default.createFile(atPath: path, contents: nil) }
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle(forWritingAtPath: outputPath)
        process.standardError = FileHandle(forWritingAtPath: errorPath)
        try process.run()
    }

    /// What it printed up to now.
    var output: String { (try? String(contentsOfFile: outputPath, encoding: .utf8)) ?? "" }
    /// What it complained about up to now.
    var errors: String { (try? String(contentsOfFile: errorPath, encoding: .utf8)) ?? "" }

    func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    /// Waits for the end, and makes one after some seconds.
    ///
    /// - Returns: The exit status; minus the signal's number when a signal ended it.
    func end(within seconds: Int = 60) async throws -> Int32 {
        for _ in 0..<(seconds * 50) where process.isRunning { try await Task.sleep(for: .milliseconds(20)) }
        if process.isRunning {
            send(SIGKILL)
            process.waitUntilExit()
        }
        return process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    }
}
