import Audience
import Foundation
import Playback
import Quantities
import RunProfile
import Simulation

/// Makes the settings of a simulation from a profile.
enum SimulationAssembly {
    /// - Parameters:
    ///   - profile: The profile.
    ///   - contents: What its streams are, in its order; one stands for all.
    ///   - threads: How many threads work on it.
    /// - Returns: The settings.
    /// - Throws: ``CommandFailure`` when the profile cannot be simulated.
    static func settings(
        for profile: RunProfile, contents: [SimulatedContent], threads: Int
    ) throws -> SimulationSettings {
        let model = profile.simulation
        if contents.contains(where: \.isLive), profile.watch == .untilEnd, profile.run.limit == nil {
            throw CommandFailure(
                .badInput,
                "the simulated stream is live and has no end: give viewers a watch time ('audience: watch'), the run a"
                    + " limit ('run: limit'), or the stream a duration ('simulation: content: duration')")
        }
        let plan = AudiencePlan(settings: profile.audience, seed: profile.seed)
        var settings = SimulationSettings(
            plan: plan, contents: contents, players: players(of: profile), edges: model.edges)
        let lastMiles = SettingsAssembly.lastMiles(of: profile)
        settings.link = { lastMiles.link(of: $0) }
        settings.networkNames = lastMiles.networks.map(\.name)
        settings.origin = model.origin
        settings.version = profile.http.version
        settings.isEncrypted = profile.streams.allSatisfy { $0.uri.lowercased().hasPrefix("https:") }
        settings.parallelTransfers = profile.http.parallelTransfers
        settings.limit = profile.run.limit
        settings.grace = profile.run.grace
        settings.sampling = profile.run.sampling
        settings.workers = threads
        return settings
    }

    /// The players of the devices, as numbered in the plan, each by the device's name.
    private static func players(of profile: RunProfile) -> [PlayerSettings] {
        guard !profile.devices.isEmpty else { return [profile.player] }
        return profile.devices.map { device in
            var player = device.player
            player.name = device.name
            // Nobody hears what a simulated player tells.
            player.cmcd = nil
            return player
        }
    }

    /// What a reader of the report must know.
    static func warnings(for profile: RunProfile, contents: [SimulatedContent]) -> [String] {
        var warnings: [String] = []
        for (position, content) in contents.enumerated() {
            let isOne = contents.count == 1 || position >= profile.streams.count
            let stream = isOne ? "" : "Stream '\(profile.streams[position].name)': "
            for note in content.notes where !warnings.contains(stream + note) { warnings.append(stream + note) }
        }
        if profile.journey != nil { warnings.append("The viewers' journey is not part of the simulation.") }
        if profile.token != nil { warnings.append("Tokens are not part of the simulation: every request is let in.") }
        if profile.probes != nil { warnings.append("Probes of gates are not part of the simulation.") }
        return warnings
    }
}
