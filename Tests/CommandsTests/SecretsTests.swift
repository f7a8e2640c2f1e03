import Access
import Foundation
import Origin
import Quantities
import Synchronization
import Testing

@testable import Commands

/// A scheme that remembers every token it was shown, so that a test knows what a run must not have written.
private struct Eavesdropper: TokenScheme {
    /// What was shown.
    final class Memory: Sendable {
        private let values = Mutex<Set<String>>([])

        /// Everything that lets somebody in, and would let in whoever reads it.
        var secrets: [String] { values.withLock { Array($0) } }

        func note(_ token: AccessToken) {
            // What is short is a time or a name, which reports may hold.
            values.withLock { $0.formUnion(token.fields.map(\.value).filter { $0.utf8.count >= 16 }) }
        }
    }

    let scheme: any TokenScheme
    let memory: Memory

    var placements: [TokenPlacement] { scheme.placements }
    var coverage: TokenCoverage { scheme.coverage }
    func fieldNames(in placement: TokenPlacement) -> [String] { scheme.fieldNames(in: placement) }
    func sign(_ grant: TokenGrant, for placement: TokenPlacement) throws(TokenError) -> AccessToken {
        let token = try scheme.sign(grant, for: placement)
        memory.note(token)
        return token
    }
    func attach(_ token: AccessToken, to request: inout OutgoingRequest, in placement: TokenPlacement) {
        scheme.attach(token, to: &request, in: placement)
    }
    func detach(from request: AccessRequest, in placement: TokenPlacement) -> CarriedToken? {
        scheme.detach(from: request, in: placement)
    }
    func verify(_ token: AccessToken, for request: AccessRequest, at now: WallTime) -> TokenVerdict {
        memory.note(token)
        return scheme.verify(token, for: request, at: now)
    }
    func claims(of token: AccessToken) -> TokenClaims? { scheme.claims(of: token) }
}

/// Nothing that a run writes anywhere holds a key, a token, a cookie or a ticket that it used.
@Suite(.serialized) struct SecretsTests {
    private static let key = "00112233445566778899aabbccddeeff"

    /// Everything that the run left: its files, what it printed and what it complained about.
    private func traces(_ scene: Scene, _ program: Program) throws -> [(name: String, bytes: Data)] {
        var traces = [("output", Data(program.output.utf8)), ("errors", Data(program.errors.utf8))]
        let walker = FileManager.default.enumerator(atPath: scene.folder + "/reports")
        while let name = walker?.nextObject() as? String {
            var isFolder: ObjCBool = false
            let path = scene.folder + "/reports/" + name
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else {
                continue
            }
            traces.append((name, try Data(contentsOf: URL(fileURLWithPath: path))))
        }
        return traces
    }

    /// Runs a profile to its end, and looks for secrets in everything that it left.
    private func run(
        _ scene: Scene, _ profile: String, secrets: () -> [String], statuses: Set<Int32>
    ) async throws -> String {
        let path = try #require(Program.path, "the program is not built beside the tests")
        let program = try Program(
            scene, path, ["run", try scene.file("profile.yaml", profile), "--output", scene.folder + "/reports"])
        let status = try await program.end(within: 90)
        #expect(statuses.contains(status), "\(status): \(program.errors)")
        let traces = try traces(scene, program)
        #expect(traces.count > 8, "no report was written: \(program.errors)")
        let secrets = secrets()
        #expect(secrets.count > 3)
        for (name, bytes) in traces {
            for secret in secrets {
                // A signature alone gives a token away, so its tail counts as well.
                for part in [secret, String(secret.suffix(16))] where bytes.range(of: Data(part.utf8)) != nil {
                    Issue.record("\(name) holds a secret of \(part.utf8.count) bytes")
                }
            }
        }
        return program.errors
    }

    private func origin(_ scheme: any TokenScheme, _ memory: Eavesdropper.Memory) async throws -> OriginServer {
        var settings = OriginSettings(edges: [EdgeSettings(pop: "osl"), EdgeSettings(pop: "bgo")])
        settings.edges[1].gateFaults = try #require(GateFaults("segments"))
        settings.content.videoTracks = [.init(bitRate: .kilobits(200), width: 320, height: 180)]
        settings.content.audioBitRate = .kilobits(32)
        settings.content.videoOnDemandDuration = .seconds(3)
        settings.content.videoOnDemandSegmentDuration = .seconds(1)
        let recording = Eavesdropper(scheme: scheme, memory: memory)
        settings.gate = TokenGate(scheme: recording)
        if scheme.placements.contains(.cookie), scheme.coverage != .oneURL {
            settings.gate?.cookie = .init(scheme: recording, lifetime: .seconds(60))
        }
        settings.entitlements = EntitlementSettings()
        return try await OriginServer.start(settings)
    }

    private func scheme(_ name: String) throws -> any TokenScheme {
        try #require(TokenSchemes.named(name)).scheme(key: KeyMaterial(Self.key), encoding: .text)
    }

    /// A profile with signed tokens, all probes and every transfer written down.
    private func profile(_ scene: Scene, _ uri: String, _ scheme: String, placement: String, paths: String) throws
        -> String
    {
        let key = try scene.file("key", Self.key + "\n")
        return """
            name: secrets
            streams: {main: "\(uri)"}
            access:
              token: {scheme: \(scheme), key: "file:\(key)", key format: text, placement: \(placement), \(paths)lifetime: 60 s}
              probes: all
            audience: {viewers: 4}
            player: {attempts: 1}
            run: {transfers: all, loops: 1}

            """
    }

    @Test(
        .timeLimit(.minutes(3)),
        arguments: [
            ("akamai-edge-auth", "query"), ("akamai-edge-auth", "cookie"), ("akamai-edge-auth", "header"),
            ("bunny", "path"), ("cdn77", "path"), ("jwt", "path"), ("common-access-token", "path"),
            ("keycdn", "query"), ("edgio-ectoken", "query"), ("nginx-secure-link", "cookie"),
        ])
    func aRunWithTokensLeavesNoneOfThem(name: String, placement: String) async throws {
        let scene = try Scene()
        let memory = Eavesdropper.Memory()
        let scheme = try scheme(name)
        let origin = try await origin(scheme, memory)
        let uri = origin.edges[1].baseURL + "/vod/a/master.m3u8"
        let paths = scheme.coverage == .oneURL ? "" : "paths: [/vod/a/*], "
        _ = try await run(
            scene, try profile(scene, uri, name, placement: placement, paths: paths),
            secrets: { memory.secrets + [Self.key] }, statuses: [0, 1, 2])
        await origin.stop()
        // The planted leak was found, so that what is said of it was looked at too.
        #expect(origin.statistics()[1].leaks > 0)
    }

    @Test(.timeLimit(.minutes(3)), arguments: [("bunny", "path"), ("akamai-edge-auth", "query"), ("jwt", "path")])
    func aRunThatIsRefusedLeavesNoTokenEither(name: String, placement: String) async throws {
        let scene = try Scene()
        let memory = Eavesdropper.Memory()
        // The edge has another key, so it refuses everybody.
        let other = try #require(TokenSchemes.named(name)).scheme(
            key: KeyMaterial("ffeeddccbbaa99887766554433221100"), encoding: .text)
        let origin = try await origin(other, memory)
        let uri = origin.edges[0].baseURL + "/vod/a/master.m3u8"
        let errors = try await run(
            scene, try profile(scene, uri, name, placement: placement, paths: "paths: [/vod/a/*], "),
            secrets: { memory.secrets + [Self.key] + (0..<4).map { "there-is-no-secret-\($0)" } }, statuses: [3])
        await origin.stop()
        #expect(errors.contains("was answered with status 403"), "\(errors)")
    }

    @Test(.timeLimit(.minutes(3)))
    func aJourneyLeavesNeitherTicketsNorWhatTheyAreWorth() async throws {
        let scene = try Scene()
        let memory = Eavesdropper.Memory()
        let origin = try await origin(try scheme("akamai-edge-auth"), memory)
        let base = origin.edges[0].baseURL
        let tickets = (0..<5).map { "TICKET-\($0)-3f9c1a77e0b24d5c" } + ["sold-out-9d1f77aa03bc5e21"]
        _ = try scene.file("tickets.csv", "ticket\n" + tickets.joined(separator: "\n") + "\n")
        let pass = try scene.file("pass", "partner-pass-51c0ffee77aa99\n")
        let profile = """
            name: secrets
            streams: {main: "\(base)/vod/a/master.m3u8"}
            access:
              viewers: tickets.csv
              journey:
                - {name: redeem, post: "\(base)/api/redeem", json: {ticket: "{viewer.ticket}"}, headers: {X-Partner: "{file:\(pass)}"}, keep: {token: $.token, bearer: $.session}}
                - {name: heartbeat, when: every 1 s, post: "\(base)/api/heartbeat?pass={file:\(pass)}", headers: {Authorization: "Bearer {bearer}"}}
                - {name: wrong, when: after, get: "\(base)/api/nowhere/{bearer}/{viewer.ticket}", on refusal: go on}
              token: {scheme: issued, fields: {hdnts: "{token}"}, lifetime: 60 s}
              probes: all
            audience: {viewers: 6}
            player: {attempts: 1}
            run: {transfers: all, loops: 1}

            """
        let errors = try await run(
            scene, profile,
            secrets: { memory.secrets + tickets + [Self.key, "partner-pass-51c0ffee77aa99"] }, statuses: [0, 1, 2])
        await origin.stop()
        #expect(errors.contains("redeem") && errors.contains("wrong"), "what was refused is named: \(errors)")
    }
}
