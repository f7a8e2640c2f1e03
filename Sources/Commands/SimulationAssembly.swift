import Audience
import Foundation
import Manifests
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
            plan: plan, contents: [content], players: [profile.player], edges: model.edges)
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
