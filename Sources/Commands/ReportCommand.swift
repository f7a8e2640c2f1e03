import ArgumentParser
import Foundation
import Reporting

/// `fullhouse report`: the reports of a stored run, drawn again.
struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Draw the reports of a run again from its file.",
        discussion: "Works for runs that were killed, up to their last second.")

    @Argument(help: "The run's folder, or its run.sqlite.")
    var run: String

    @Option(help: "Where the reports go; by default beside the run's file.")
    var output: String?

    func run() async throws {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: run, isDirectory: &isFolder) else {
            throw CommandFailure(.noInput, "\(run) does not exist; name a run's folder or its run.sqlite")
        }
        let store = isFolder.boolValue ? run + "/run.sqlite" : run
        let folder = output ?? (isFolder.boolValue ? run : URL(fileURLWithPath: run).deletingLastPathComponent().path)
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw CommandFailure(.cannotCreate, "the folder \(folder) cannot be made; choose another with --output")
        }
        let drawn = try ReportFiles.draw(store: store, into: folder)
        print(ConsoleSummary.render(drawn.report, reportPath: drawn.page))
    }
}
