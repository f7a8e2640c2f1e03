import Access
import Audience
import CurlTransport
import Foundation
import Journeys
import LoadTest
import Playback
import Quantities
import RunProfile
import Transport

/// Makes the settings of a run from a profile: reads keys, counts processors, spells out addresses.
enum SettingsAssembly {
    /// - Throws: ``CommandFailure`` with a sentence when a key or a certificate file cannot be read.
    static func settings(for profile: RunProfile) throws -> LoadTestSettings {
        try checkReadable(profile.http.certificateAuthorities)
        let streams = profile.streams.map { LoadTestSettings.Stream(name: $0.name, uri: $0.uri) }
        let transport = CurlTransportSettings(
            certificateAuthorities: profile.http.certificateAuthorities,
            verifiesCertificates: profile.http.verifiesCertificates, allowedHosts: allowedHosts(profile))
        var settings = LoadTestSettings(
            plan: AudiencePlan(settings: profile.audience, seed: profile.seed), streams: streams,
            regions: profile.regions.map { region(of: $0, streams: streams) }, transport: transport,
            loops: profile.run.loops ?? defaultLoops, limit: profile.run.limit,
            grace: profile.run.grace, sampling: profile.run.sampling,
            token: try profile.token.map { try TokenAssembly.policy($0, site: site(of: profile)) },
            limits: LoadTestSettings.Limits(data: profile.dataLimit, throughput: profile.throughputLimit),
            stopFile: profile.run.stopFile)
        settings.devices = devices(of: profile)
        settings.lastMiles = lastMiles(of: profile)
        settings.journey = try profile.journey.map(journey)
        settings.crossesNetwork = !isOnThisMachine(profile)
        settings.probes = profile.probes.map { probes(of: $0, seed: profile.seed) }
        return settings
    }

    /// What viewers watch with; the profile's `player` and `http` where it names no devices.
    private static func devices(of profile: RunProfile) -> [LoadTestSettings.Device] {
        guard !profile.devices.isEmpty else {
            return [
                LoadTestSettings.Device(
                    name: profile.player.name, player: profile.player, channel: channel(profile.http))
            ]
        }
        return profile.devices.map { device in
            var channel = channel(device.http)
            channel.headers = device.headers
            return LoadTestSettings.Device(name: device.name, player: device.player, channel: channel)
        }
    }

    private static func channel(_ http: RunProfile.HTTP) -> ChannelSettings {
        ChannelSettings(
            version: http.version, parallelTransfers: http.parallelTransfers, userAgent: http.userAgent)
    }

    /// How many courses there are of a link that chance decides; households are spread over them.
    private static let courses: UInt64 = 16

    /// The links of a profile's viewers.
    static func lastMiles(of profile: RunProfile) -> LastMiles {
        let networks = profile.networks.map { network in
            let traces = (0..<(network.varies ? courses : 1)).compactMap { network.trace(seed: profile.seed &+ $0) }
            // Outages are at instants of the run: who began elsewhere in the trace would have them at another.
            return LastMiles.Network(name: network.name, traces: traces, isSpread: network.outages.isEmpty)
        }
        return LastMiles(networks, seed: profile.seed)
    }

    private static func probes(of probes: RunProfile.Probes, seed: UInt64) -> GateProbeSettings {
        var settings = GateProbeSettings(plan: ProbePlan(shares: probes.shares, seed: seed))
        settings.interval = probes.interval
        settings.leeway = probes.leeway
        settings.judge.refusedStatuses = probes.refusedStatuses
        settings.judge.redirectsRefuse = probes.redirectsRefuse
        return settings
    }

    /// Scheme and authority of the first stream.
    static func site(of profile: RunProfile) -> String {
        let reference = URIReference(profile.streams.first?.uri ?? "")
        return "\(reference.scheme ?? "https")://\(reference.authority ?? "")"
    }

    /// One loop for each processor but one, which is left to name lookup, the store and the system.
    private static var defaultLoops: Int { max(1, ProcessInfo.processInfo.activeProcessorCount - 1) }

    /// The hosts that a profile's requests may go to.
    static func allowedHosts(_ profile: RunProfile) -> Set<String> {
        Set(profile.allowedHosts ?? profile.streams.compactMap { URIReference($0.uri).host } + stepHosts(profile))
    }

    /// The hosts of the steps that the profile writes out.
    private static func stepHosts(_ profile: RunProfile) -> [String] {
        let places = (profile.journey?.steps.map(\.uri) ?? []) + [profile.journey?.manifest].compactMap { $0 }
        return places.filter { !$0.beginsWithName }.compactMap { URIReference($0.literalPrefix).host }
    }

    /// The journey with its secrets read.
    private static func journey(_ journey: Journey) throws -> Journey {
        var resolved = journey
        resolved.steps = try journey.steps.map { step in
            try step.resolvingSecrets { name throws in try SecretLoader.text(of: name, in: step.name) }
        }
        return resolved
    }

    /// True when every stream of every region is fetched from a loopback address.
    private static func isOnThisMachine(_ profile: RunProfile) -> Bool {
        let hosts = profile.streams.compactMap { URIReference($0.uri).host }
        guard stepHosts(profile).allSatisfy(LoopbackHost.matches) else { return false }
        return profile.regions.allSatisfy { region in
            (region.edges.isEmpty ? hosts : region.edges).allSatisfy(LoopbackHost.matches)
        }
    }

    /// Pins a region's edges: each address takes the place of every stream's host.
    static func region(
        of region: RunProfile.Region, streams: [LoadTestSettings.Stream]
    ) -> LoadTestSettings.Region {
        let edges = region.edges.map { address in
            var addresses: [String: String] = [:]
            for stream in streams {
                let reference = URIReference(stream.uri)
                guard let host = reference.host, let port = reference.port else { continue }
                addresses["\(host):\(port)"] = address
            }
            return LoadTestSettings.Edge(label: address, addresses: addresses)
        }
        var result = LoadTestSettings.Region(name: region.name, edges: edges)
        result.resolver = region.resolver
        result.sourceAddresses = region.sourceAddresses
        return result
    }

    /// - Throws: ``CommandFailure`` when a certificate file cannot be read.
    static func checkReadable(_ path: String?) throws {
        guard let path, !FileManager.default.isReadableFile(atPath: path) else { return }
        throw CommandFailure(
            .noInput,
            "the certificate file \(path) cannot be read; correct 'http: certificate authorities' in the profile")
    }
}
