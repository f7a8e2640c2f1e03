import Access
import CurlTransport
import Foundation
import Inspection
import LoadTest
import Manifests
import Quantities
import RunProfile
import Simulation
import Transport

/// Makes what a simulation's viewers watch: from the profile's settings, or from a real manifest that is read once.
struct ContentAssembly {
    let profile: RunProfile
    /// Request headers for the manifest's host.
    var headers: [HTTPHeader] = []

    /// Makes the contents of the profile's streams.
    ///
    /// - Parameter manifest: The real manifest; nil for the profile's settings.
    /// - Returns: The contents in the streams' order; one stands for all.
    /// - Throws: ``CommandFailure`` when a manifest cannot be read or has nothing to stream.
    func contents(_ manifest: ContentManifest?) async throws -> [SimulatedContent] {
        switch manifest {
        case nil: return [even(profile.simulation.content)]
        case .file(let path): return [try await content(ofFile: path)]
        case .uri(let uri): return [try await remote([uri])[0]]
        case .streams:
            try checkReachable()
            return try await remote(profile.streams.map(\.uri))
        }
    }

    /// The manifest that a command line or the profile names; a file of the profile stands beside it.
    ///
    /// - Parameters:
    ///   - option: As written on the command line.
    ///   - profile: The profile.
    ///   - path: Its path.
    /// - Returns: The manifest; nil where the profile's settings say what is streamed.
    /// - Throws: ``CommandFailure`` for what is none.
    static func manifest(_ option: String?, of profile: RunProfile, at path: String) throws -> ContentManifest? {
        if let option {
            guard let manifest = ContentManifest(option) else {
                throw CommandFailure(
                    .usage, "--manifest takes \(ContentManifest.expected); found '\(URIText.masked(option))'")
            }
            return manifest
        }
        guard case .file(let file)? = profile.simulation.manifest, !file.hasPrefix("/") else {
            return profile.simulation.manifest
        }
        return .file((path.lastIndex(of: "/").map { String(path[...$0]) } ?? "") + file)
    }

    private func even(_ settings: ContentSettings) -> SimulatedContent {
        SimulatedContent(settings, wallStart: SimulationSettings.standardWallStart, seed: profile.seed)
    }

    private func content(_ documents: StreamDocuments, name: String) throws -> SimulatedContent {
        do throws(StreamProblem) {
            return try SimulatedContent(
                documents, others: profile.simulation.content, wallStart: SimulationSettings.standardWallStart,
                seed: profile.seed)
        } catch {
            throw CommandFailure(.badInput, "the manifest \(name) cannot be simulated: \(error.sentence)")
        }
    }

    // MARK: Files

    private func content(ofFile path: String) async throws -> SimulatedContent {
        let library = FileLibrary(path)
        let documents = try await StreamReader(library: library, name: path).read(library.manifest)
        let isBare = documents.tracks.values.allSatisfy { $0.playlist == nil }
        guard documents.presentation.format == .hls, isBare else { return try content(documents, name: path) }
        guard let shape = ContentSettings(documents.presentation, others: profile.simulation.content) else {
            throw CommandFailure(
                .badInput,
                "the manifest \(path) declares no tracks with bit rates, and its media playlists are not beside it")
        }
        StandardError.line(
            "fullhouse: the media playlists of \(path) are not beside it: its segments, their length and whether it is live"
                + " are those of 'simulation: content'")
        return even(shape)
    }

    // MARK: Servers

    /// What stands between a simulation and the profile's own streams.
    private func checkReachable() throws {
        if profile.journey?.manifest != nil {
            throw CommandFailure(
                .badInput,
                "a step of the profile's journey gives the manifest's URI, and a simulation makes no steps: name the"
                    + " manifest with --manifest URL, or a copy of it in a file")
        }
        if profile.token?.scheme == RunProfile.Token.issued {
            throw CommandFailure(
                .badInput,
                "the profile's streams want a token that a step of its journey gives, and a simulation makes no steps:"
                    + " name the manifest with --manifest URL and a --header, or a copy of it in a file")
        }
    }

    private func remote(_ uris: [String]) async throws -> [SimulatedContent] {
        try SettingsAssembly.checkReadable(profile.http.certificateAuthorities)
        let isOwn = uris == profile.streams.map(\.uri)
        let transport = CurlTransportSettings(
            certificateAuthorities: profile.http.certificateAuthorities,
            verifiesCertificates: profile.http.verifiesCertificates,
            allowedHosts: isOwn ? SettingsAssembly.allowedHosts(profile) : nil)
        let loops: CurlLoopGroup
        do throws(CurlSetupError) {
            loops = try CurlLoopGroup(loops: 1, settings: transport)
        } catch {
            throw CommandFailure(.system, "the event loop cannot be started (\(error)); are there too many open files?")
        }
        defer { loops.shutDown() }
        var token: TokenPolicy?
        if isOwn, let signed = profile.token {
            token = try TokenAssembly.policy(signed, site: SettingsAssembly.site(of: profile))
        }
        var contents: [SimulatedContent] = []
        for uri in uris {
            let documents = try await documents(uri, token, on: loops.loops[0])
            contents.append(try content(documents, name: URIText.masked(uri)))
        }
        return contents
    }

    private func documents(_ uri: String, _ token: TokenPolicy?, on loop: CurlLoop) async throws -> StreamDocuments {
        var settings = InspectCommand.Fetcher.Settings(
            origin: uri, headers: headers,
            policy: URIPolicy(allowedHosts: Set(profile.allowedHosts ?? [])))
        settings.authorise = token.map(Self.authorise)
        var channel = InspectCommand.Fetcher.channelSettings
        channel.pinnedAddresses = pinned(uri)
        let ready = (settings, channel)
        let results = await withTaskGroup(of: Result<StreamDocuments, any Error>.self) { group in
            group.addTask(executorPreference: loop) {
                let channel = loop.openChannel(ready.1)
                defer { channel.close() }
                let library = RemoteLibrary(
                    fetcher: InspectCommand.Fetcher(channel: channel, settings: ready.0))
                do {
                    return .success(
                        try await StreamReader(library: library, name: URIText.masked(uri)).read(uri))
                } catch {
                    return .failure(error)
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        guard let result = results.first else { throw CancellationError() }
        return try result.get()
    }

    /// The address that takes the place of name lookup where the profile's first region has edges.
    private func pinned(_ uri: String) -> [String: String] {
        guard let region = profile.regions.first(where: { !$0.edges.isEmpty }) else { return [:] }
        let stream = LoadTestSettings.Stream(name: "", uri: uri)
        return SettingsAssembly.region(of: region, streams: [stream]).edges.first?.addresses ?? [:]
    }

    /// Puts the profile's token into requests, as its first viewer would.
    private static func authorise(
        _ policy: TokenPolicy
    ) -> @Sendable (_ request: inout OutgoingRequest, _ isManifest: Bool) -> Void {
        { request, isManifest in
            // A token in the manifest's path is inherited by what it names.
            guard isManifest || policy.requests == .every || policy.placement == .path else { return }
            let grant = policy.grant(to: SessionID(0), for: request.uri, at: WallClock.now())
            // A grant that the scheme cannot sign was refused before; without a token the edge refuses.
            guard let token = try? policy.scheme.sign(grant, for: policy.placement) else { return }
            policy.scheme.attach(token, to: &request, in: policy.placement)
        }
    }
}
