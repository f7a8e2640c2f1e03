import ArgumentParser
import Foundation
import Measurement
import Quantities
import RunProfile

/// The options of `fullhouse simulate PROFILE`.
struct SimulateAudienceOptions: ParsableArguments {
    /// What `--find-limit` looks for.
    enum Limit: String, ExpressibleByArgument, CaseIterable {
        case viewers
        case capacity
    }

    @Argument(help: "The profile, a YAML file; '-' reads standard input.")
    var profile: String?

    @Option(help: "The folder in which the run's own folder is made.")
    var output = "Reports"

    @OptionGroup var audience: AudienceOptions

    @Option(
        help: ArgumentHelp(
            "A multivariant playlist or MPD whose tracks are streamed instead of the profile's.", valueName: "file"))
    var manifest: String?

    @Option(help: "The number of threads; by default one for each processor. The result does not depend on it.")
    var threads: Int?

    @Option(help: "Find the audience, or the edges' capacity, at which a threshold breaks; prints JSON.")
    var findLimit: Limit?

    @Flag(help: "Show no progress.")
    var quiet = false

    /// - Throws: `ValidationError` for what cannot be.
    func check() throws {
        guard profile != nil else { throw ValidationError("name a profile to simulate.") }
        if let threads, !(1...256).contains(threads) { throw ValidationError("--threads must be from 1 to 256.") }
    }

    func simulate() async throws {
        var loaded = try audience.read(profile ?? "-")
        if let manifest {
            loaded.simulation.content = try ManifestShape.read(manifest, others: loaded.simulation.content)
        }
        let threads = threads ?? ProcessInfo.processInfo.activeProcessorCount
        if let findLimit { return try await find(findLimit, loaded, threads: threads) }
        let settings = try SimulationAssembly.settings(for: loaded, threads: threads)
        let execution = SimulationExecution(
            profile: loaded, settings: settings, output: output, isQuiet: quiet,
            command: recorded)
        try SimulationExecution.conclude(try await execution.perform())
    }

    /// The command for the record, with what the result depends on and nothing else: the same simulation has the same
    /// report, wherever it is put and however many threads there are.
    private var recorded: String {
        var words = ["simulate", profile ?? "-"]
        if let viewers = audience.viewers { words += ["--viewers", String(viewers)] }
        if let seed = audience.seed { words += ["--seed", String(seed)] }
        if let manifest { words += ["--manifest", manifest] }
        return words.joined(separator: " ")
    }

    private func find(_ limit: Limit, _ profile: RunProfile, threads: Int) async throws {
        let search = try LimitSearch(profile: profile, quantity: limit, threads: threads, isQuiet: quiet)
        let found = try await search.run()
        StandardError.line("fullhouse: " + found.sentence)
        print(found.json)
    }
}
