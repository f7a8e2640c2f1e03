import ArgumentParser
import Foundation
import RunProfile

/// `fullhouse run`: a run from a profile.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Play a profile's audience for real and write a report.",
        discussion: """
            Exit status: 0 all thresholds hold, 1 one does not, 2 the measurement is invalid, 3 nobody saw a picture, \
            65 the profile is wrong, 66 a file cannot be read, 73 the folder cannot be made, 74 writing failed.
            """)

    @Argument(help: "The profile, a YAML file; '-' reads standard input.")
    var profile: String

    @Option(help: "The folder in which the run's own folder is made.")
    var output = "Reports"

    @OptionGroup var audience: AudienceOptions

    @Option(help: "The number of event loops; by default one for each processor but one.")
    var loops: Int?

    @Flag(help: "Show no progress.")
    var quiet = false

    func validate() throws {
        if let loops, !(1...256).contains(loops) { throw ValidationError("--loops must be from 1 to 256.") }
    }

    func run() async throws {
        var loaded = try audience.read(profile)
        if let loops { loaded.run.loops = loops }
        let execution = RunExecution(
            profile: loaded, settings: try SettingsAssembly.settings(for: loaded), output: output, isQuiet: quiet,
            command: CommandLine.arguments.dropFirst().joined(separator: " "))
        try RunExecution.conclude(try await execution.perform())
    }
}
