import ArgumentParser
import Foundation

/// `fullhouse simulate`: a profile's audience under a virtual clock over a modelled network.
struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate", abstract: "Play a profile's audience in simulation and write the same report.",
        discussion: """
            Edges, origin and stream are those of the profile's section 'simulation', and viewers come and play as in a run. \
            Nothing is contacted, but a real manifest is fetched first where --manifest or the profile names one. The same \
            profile and seed give the same report on every machine. Exit status: 0 all thresholds hold (or the search for a \
            limit ended), 1 one does not, 3 nobody saw a picture, 65 the profile or the manifest is wrong, 66 a file or the \
            manifest cannot be read, 73 the folder cannot be made, 74 writing failed, 130 a search was interrupted. With --player: one player over one link and one movie given as \
            Sabre's JSON files, printed as JSON.
            """)

    @Flag(help: "One player over one link and one movie given as Sabre's JSON files; prints JSON.")
    var player = false

    @OptionGroup var options: SimulateAudienceOptions

    @OptionGroup(title: "With --player")
    var playerOptions: SimulatePlayerOptions

    func validate() throws {
        if !player { try options.check() }
    }

    func run() async throws {
        if player {
            print(try playerOptions.simulate(), terminator: "")
        } else {
            try await options.simulate()
        }
    }
}
