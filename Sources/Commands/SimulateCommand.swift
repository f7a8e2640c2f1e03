import ArgumentParser

/// `fullhouse simulate`: sessions on a virtual clock.
struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate", abstract: "Simulate sessions on a virtual clock, without a network.")

    @Flag(help: "One player over one link and one movie given as Sabre's JSON files; prints JSON.")
    var player = false

    @OptionGroup(title: "With --player")
    var playerOptions: SimulatePlayerOptions

    func validate() throws {
        guard player else { throw ValidationError("give --player; nothing else can be simulated yet") }
    }

    func run() async throws {
        print(try playerOptions.simulate(), terminator: "")
    }
}
