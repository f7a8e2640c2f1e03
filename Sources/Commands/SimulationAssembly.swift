import Audience
import Foundation
import Manifests
import Playback
import Quantities
import RunProfile
import Simulation

/// Makes the settings of a simulation from a profile.
enum SimulationAssembly {
    /// - Throws: ``CommandFailure`` when the profile cannot be simulated.
    static func settings(for profile: RunProfile, threads: Int) throws -> SimulationSettings {
        let model = profile.simulation
        let isEndless = model.content.duration == nil
        if isEndless, profile.watch == .untilEnd, profile.run.limit == nil {
            throw CommandFailure(
                .badInput,
                "the simulated stream is live and has no end: give viewers a watch time ('audience: watch'), the run a"
                    + " limit ('run: limit'), or the stream a duration ('simulation: content: duration')")
        }
        let plan = AudiencePlan(settings: profile.audience, seed: profile.seed)
        let content = SimulatedContent(
            model.content, wallStart: SimulationSettings.standardWallStart, seed: profile.seed)
        var settings = SimulationSettings(
            plan: plan, contents: [content], players: players(of: profile), edges: model.edges)
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
    static func warnings(for profile: RunProfile) -> [String] {
        var warnings: [String] = []
        if profile.journey != nil { warnings.append("The viewers' journey is not part of the simulation.") }
        if profile.token != nil { warnings.append("Tokens are not part of the simulation: every request is let in.") }
        if profile.probes != nil { warnings.append("Probes of gates are not part of the simulation.") }
        return warnings
    }
}

/// The shape of a real manifest.
enum ManifestShape {
    /// Reads a multivariant playlist or MPD.
    ///
    /// - Throws: ``CommandFailure`` with a sentence when it cannot be read or has nothing to stream.
    static func read(_ path: String, others: ContentSettings) throws -> ContentSettings {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandFailure(.noInput, "the manifest \(path) cannot be read; is the path right?")
        }
        let decoded: DecodedManifest
        do throws(ManifestError) {
            decoded = try ManifestCache().decode(Array(data))
        } catch {
            throw CommandFailure(.badInput, "\(path): \(error.sentence)")
        }
        guard case .presentation(let presentation) = decoded, let shape = ContentSettings(presentation, others: others)
        else {
            throw CommandFailure(
                .badInput, "\(path) declares no tracks with bit rates; give a multivariant playlist or an MPD")
        }
        return shape
    }
}
