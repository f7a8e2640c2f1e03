import Audience
import Journeys
import Manifests
import Measurement
import Playback
import Quantities
import Transport

// What a planned viewer has of the run's settings.
extension LoadTestSettings {
    /// How a viewer's connections are made, and the label of the edge that it is pinned to.
    func channel(for planned: PlannedSession, journey: Journey?) -> (settings: ChannelSettings, edge: String) {
        let region = regions[planned.region]
        var settings = devices[planned.device].channel
        settings.keptHeaders =
            CacheHeaders.names + TransferFacts.headerNames + ["location", "retry-after", "date"]
            + (journey?.neededHeaders ?? [])
        if let name = token?.renewalHeader { settings.keptHeaders.append(name) }
        var chance = SeededGenerator(
            seed: plan.seed, stream: planned.id.number, purpose: SessionRun.chancePurpose)
        settings.headers = PlayerHeaders.filled(settings.headers, seed: chance.next())
        // Posts to a collector must not take a turn from media.
        if devices[planned.device].player.cmcd?.collector != nil { settings.parallelTransfers += 1 }
        settings.resolver = region.resolver
        settings.link = lastMiles.link(of: planned)
        settings.place = planned.place
        if !region.sourceAddresses.isEmpty {
            let position = Int(planned.id.viewer % UInt64(region.sourceAddresses.count))
            settings.sourceAddress = region.sourceAddresses[position]
        }
        var label = ""
        if let position = edge(of: planned) {
            settings.pinnedAddresses = region.edges[position].addresses
            label = region.edges[position].label
        }
        return (settings, label)
    }

    /// The position of the pinned edge that a viewer has in its region; nil where names are looked up.
    func edge(of planned: PlannedSession) -> Int? {
        let edges = regions[planned.region].edges
        return edges.isEmpty ? nil : min(edges.count - 1, Int(planned.place * Double(edges.count)))
    }

    /// The name of the phase that brought a viewer, or `""`.
    func phaseName(of planned: PlannedSession) -> String {
        let script = plan.settings.script
        return script.indices.contains(planned.phase) ? script[planned.phase].name : ""
    }
}
