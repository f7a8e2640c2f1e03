import ArgumentParser
import Foundation

/// The program: a load test and quality-of-experience toolkit for video streaming.
package struct FullhouseCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "fullhouse",
        abstract: "Fills the house before the audience does: simulated HLS and DASH viewers against a CDN.",
        version: ProgramVersion.text,
        subcommands: [
            RunCommand.self, SimulateCommand.self, DemoCommand.self, InspectCommand.self, OriginCommand.self,
            ReportCommand.self,
            TokenCommand.self,
        ])

    package init() {}

    /// Parses a command line and runs it.
    ///
    /// - Parameter arguments: Without the program's name; nil means the process's own.
    /// - Throws: ``CommandFailure``, or an error of the argument parser.
    static func perform(_ arguments: [String]? = nil) async throws {
        var command = try parseAsRoot(arguments)
        if var asynchronous = command as? any AsyncParsableCommand {
            try await asynchronous.run()
        } else {
            try command.run()
        }
    }

    /// Parses the command line, runs it and leaves the process with the status of ``ExitStatus``.
    package static func start() async -> Never {
        do {
            try await perform()
            Foundation.exit(ExitStatus.success.rawValue)
        } catch let failure as CommandFailure {
            for sentence in failure.sentences { StandardError.line("fullhouse: " + sentence) }
            Foundation.exit(failure.status.rawValue)
        } catch {
            exit(withError: error)
        }
    }
}

/// The version of the program, as reports name it.
package enum ProgramVersion {
    /// Semantic version.
    package static let text = "0.1.0"
}
