import Foundation
import Measurement
import Quantities
import RunProfile
import Simulation
import Testing

@testable import Commands

/// The profiles in `Profiles/`, planned and simulated with few viewers.
@Suite struct ReadyProfileSimulationTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Profiles").path

    @Test(arguments: [
        "smoke", "demo", "vod-evening", "live-final", "flash-crowd", "low-latency", "mobile-region", "reconnect-storm",
    ])
    func aReadyProfileCanBeSimulated(_ name: String) async throws {
        var profile = try ProfileFile.read("\(Self.folder)/\(name).yaml", viewers: 12)
        // The first minutes tell; a match of two hours is for the command.
        profile.run.limit = min(profile.run.limit ?? .seconds(420), .seconds(420))
        let contents = try await ContentAssembly(profile: profile).contents(nil)
        let settings = try SimulationAssembly.settings(for: profile, contents: contents, threads: 1)
        var simulation = PopulationSimulation(settings)
        var totals = RunTotals()
        _ = await simulation.run { tick in
            for delta in tick.deltas { totals.merge(delta) }
            return true
        }
        let all = totals.overall
        #expect(all.arrivals >= 1 && all.arrivals == all.outcomes.sum)
        #expect(all.plays > 0 && totals.transfers(.kind, "video").all.bytes > 0)
    }
}
