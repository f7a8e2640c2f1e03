import ArgumentParser
import RunProfile

/// Another audience than the profile's: what `run`, `plan` and `simulate` have in common.
struct AudienceOptions: ParsableArguments {
    @Option(help: "Another number of viewers than the profile's.")
    var viewers: Int?

    @Option(help: "Another seed than the profile's.")
    var seed: UInt64?

    func validate() throws {
        if let viewers, !(1...10_000_000).contains(viewers) {
            throw ValidationError("--viewers must be from 1 to 10000000.")
        }
    }

    /// Reads a profile with this audience.
    ///
    /// - Throws: ``CommandFailure`` with one sentence for each problem.
    func read(_ path: String) throws -> RunProfile {
        var profile = try ProfileFile.read(path, viewers: viewers)
        if let seed { profile.seed = seed }
        return profile
    }
}
