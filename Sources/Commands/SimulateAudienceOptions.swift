import ArgumentParser
import Foundation
import Inspection
import Measurement
import Quantities
import RunProfile
import Simulation

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
            "A real playlist or MPD that is streamed: a file, a URL, or 'profile' for the profile's own streams. Read once.",
            valueName: "file|url|profile"))
    var manifest: String?

    @Option(
        help: ArgumentHelp(
            "A request header for the manifest's own host; repeat it for more.", valueName: "NAME: VALUE"))
    var header: [String] = []

    @Option(help: "The number of threads; by default one for each processor. The result does not depend on it.")
    var threads: Int?

    @Option(help: "Find the audience, or the edges' capacity, at which a threshold breaks; prints JSON.")
    var findLimit: Limit?

    @Flag(help: "Show no progress.")
    var quiet = false

    /// - Throws: `ValidationError` for what cannot be.
    func check() throws {
        guard profile != nil else { throw ValidationError("name a profile to simulate.") }
        for text in header { _ = try InspectCommand.header(text) }
        if let threads, !(1...256).contains(threads) { throw ValidationError("--threads must be from 1 to 256.") }
    }

    func simulate() async throws {
        let path = profile ?? "-"
        let loaded = try audience.read(path)
        let content = ContentAssembly(profile: loaded, headers: try header.map(InspectCommand.header))
        let contents = try await content.contents(try ContentAssembly.manifest(manifest, of: loaded, at: path))
        let threads = threads ?? ProcessInfo.processInfo.activeProcessorCount
        if let findLimit { return try await find(findLimit, loaded, contents, threads: threads) }
        let settings = try SimulationAssembly.settings(for: loaded, contents: contents, threads: threads)
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
        if let manifest { words += ["--manifest", URIText.masked(manifest)] }
        return words.joined(separator: " ")
    }

    private func find(
        _ limit: Limit, _ profile: RunProfile, _ contents: [SimulatedContent], threads: Int
    ) async throws {
        let search = try LimitSearch(
            profile: profile, contents: contents, quantity: limit, threads: threads, isQuiet: quiet)
        let interruption = Interruption(notice: "ending the search with what is known so far") {}
        defer { interruption.end() }
        let found = try await withThrowingTaskGroup(of: LimitSearch.Found?.self) { group in
            group.addTask { try await search.run() }
            group.addTask {
                if await interruption.wait() != nil { search.interrupt() }
                return nil
            }
            // The search ends by itself, soon after it was interrupted.
            while let ended = try await group.next() {
                guard let found = ended else { continue }
                group.cancelAll()
                return found
            }
            throw CancellationError()
        }
        print(found.json)
        guard found.isComplete else { throw CommandFailure(.interrupted, found.sentence) }
        StandardError.line("fullhouse: " + found.sentence)
    }
}
