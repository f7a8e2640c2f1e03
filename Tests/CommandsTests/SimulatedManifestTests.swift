import Access
import Foundation
import Measurement
import Origin
import Quantities
import RunProfile
import Simulation
import Testing

@testable import Commands

/// Real manifests as the content of a simulation, against runs of the same profile.
@Suite struct SimulatedManifestTests {
    /// What of a report's summary is looked at.
    private struct Summary: Decodable {
        struct Run: Decodable {
            var simulated: Bool?
            var warnings: [String]
            var command: String
        }
        struct Sessions: Decodable {
            var plays: Int
            var rebuffers: Int
        }
        struct Kind: Decodable {
            struct Transfers: Decodable {
                struct Count: Decodable, Equatable {
                    var count: Int
                    var bytes: Int
                }
                var all: Count
            }
            var transfers: Transfers
        }
        var run: Run
        var simulated: Bool
        var sessions: Sessions
        var by_kind: [String: Kind]

        func counts(of kinds: [String]) -> [Kind.Transfers.Count?] { kinds.map { by_kind[$0]?.transfers.all } }
    }

    private func summary(_ scene: Scene, _ arguments: [String]) async throws -> Summary {
        let folder = scene.folder + "/" + UUID().uuidString
        let result = await Scene.perform(list: arguments + ["--quiet", "--output", folder])
        // A busy machine may make a run's own measurement doubtful; what was fetched stays the same.
        try #require([0, 2].contains(result.status), "\(result.sentences)")
        let runs = try FileManager.default.contentsOfDirectory(atPath: folder)
        let data = try Data(contentsOf: URL(fileURLWithPath: folder + "/" + (runs.first ?? "") + "/summary.json"))
        return try JSONDecoder().decode(Summary.self, from: data)
    }

    @Test(arguments: [
        "vod/a/master.m3u8", "vod/a/manifest.mpd", "vod/a/timeline.mpd", "ranges/a/master.m3u8",
        "ranges/a/manifest.mpd",
    ])
    func aSimulationFetchesWhatARunFetches(_ path: String) async throws {
        let scene = try Scene()
        let origin = try await Scene.origin()
        let edge = try #require(origin.edges.first)
        let text =
            Scene.profile("http://127.0.0.1:\(edge.port)/\(path)", viewers: 2)
            + "simulation: {content: {manifest: profile}}\n"
        let profile = try scene.file("p.yaml", text.replacing("player: {", with: "player: {adaptation: lowest, "))
        let real = try await summary(scene, ["run", profile])
        let simulated = try await summary(scene, ["simulate", profile])
        await origin.stop()
        #expect(!real.simulated && simulated.simulated)
        #expect(real.sessions.plays == 2 && simulated.sessions.plays == 2)
        let kinds = ["manifest", "playlist", "index", "initialization", "video", "audio"]
        #expect(simulated.counts(of: kinds) == real.counts(of: kinds))
        #expect(try #require(real.by_kind["video"]).transfers.all.bytes > 10_000)
        #expect(simulated.run.warnings.isEmpty, "\(simulated.run.warnings)")
    }

    @Test func whatIsDownAtOnePlaceIsReadAtTheNext() async throws {
        let scene = try Scene()
        let origin = try await Scene.origin()
        let edge = try #require(origin.edges.first)
        let uri = "http://127.0.0.1:\(edge.port)/failover/a/master.m3u8"
        let simulated = try await summary(
            scene, ["simulate", try scene.file("p.yaml", Scene.profile(uri)), "--manifest", "profile"])
        await origin.stop()
        #expect(simulated.sessions.plays == 3)
        #expect(simulated.by_kind["video"]?.transfers.all.count == 6)
        #expect(simulated.by_kind["audio"]?.transfers.all.count == 6)
    }

    @Test(arguments: ["live/a/master.m3u8", "live/a/manifest.mpd", "live/a/timeline.mpd"])
    func aLiveStreamGoesOnWithoutEnd(_ path: String) async throws {
        let scene = try Scene()
        let origin = try await Scene.origin()
        let edge = try #require(origin.edges.first)
        let uri = "http://127.0.0.1:\(edge.port)/\(path)"
        let profile = try scene.file("p.yaml", Scene.profile(uri, viewers: 2, watch: "60 s"))
        let simulated = try await summary(scene, ["simulate", profile, "--manifest", uri])
        await origin.stop()
        #expect(simulated.sessions.plays == 2 && simulated.sessions.rebuffers == 0)
        // Segments of 1 s and 200 kbit/s, for two viewers over a minute, give or take what is in the buffer.
        let video = try #require(simulated.by_kind["video"]).transfers.all
        #expect((120...136).contains(video.count))
        #expect(abs(Double(video.bytes) / Double(video.count) / 25_000 - 1) < 0.2)
    }

    // MARK: Files

    private static let multivariant = """
        #EXTM3U
        #EXT-X-STREAM-INF:BANDWIDTH=800000
        video/v.m3u8
        """
    private static let media = """
        #EXTM3U
        #EXT-X-TARGETDURATION:6
        #EXTINF:6,
        one.ts
        #EXTINF:2.5,
        two.ts
        #EXT-X-ENDLIST
        """

    private func profile(_ scene: Scene, manifest: String) throws -> String {
        try scene.file(
            "p.yaml",
            Scene.profile(
                "http://127.0.0.1:9/none", viewers: 1,
                more: "simulation: {content: {manifest: \"\(manifest)\", duration: 20 s}}"
            ))
    }

    @Test func filesBesideAManifestAreItsStream() async throws {
        let scene = try Scene()
        try FileManager.default.createDirectory(atPath: scene.folder + "/video", withIntermediateDirectories: true)
        _ = try scene.file("m.m3u8", Self.multivariant)
        _ = try scene.file("video/v.m3u8", Self.media)
        _ = try scene.file("video/one.ts", String(repeating: "x", count: 60_000))
        _ = try scene.file("video/two.ts", String(repeating: "x", count: 12_345))
        // Named in the profile, beside which it stands.
        let simulated = try await summary(scene, ["simulate", try profile(scene, manifest: "m.m3u8")])
        #expect(simulated.by_kind["video"]?.transfers.all == .init(count: 2, bytes: 72_345))
        #expect(simulated.by_kind["playlist"]?.transfers.all.bytes == Self.media.utf8.count)
        #expect(simulated.by_kind["initialization"] == nil)
    }

    @Test func aMultivariantPlaylistAloneIsALadder() async throws {
        let scene = try Scene()
        _ = try scene.file("m.m3u8", Self.multivariant)
        let simulated = try await summary(scene, ["simulate", try profile(scene, manifest: "m.m3u8")])
        // 20 s in segments of 4 s, as the profile's content says.
        #expect(simulated.by_kind["video"]?.transfers.all == .init(count: 5, bytes: 2_000_000))
    }

    @Test func nothingOutsideTheManifestsFolderIsRead() async throws {
        let scene = try Scene()
        try FileManager.default.createDirectory(atPath: scene.folder + "/in", withIntermediateDirectories: true)
        _ = try scene.file("out.m3u8", Self.media)
        let path = try scene.file("in/m.m3u8", Self.multivariant.replacing("video/v.m3u8", with: "../out.m3u8"))
        let library = FileLibrary(path)
        let documents = try await StreamReader(library: library, name: "m").read(library.manifest)
        #expect(documents.tracks.values.allSatisfy { $0.playlist == nil })
    }

    // MARK: What is wrong

    @Test func whatIsWrongWithAManifestIsOneSentence() async throws {
        let scene = try Scene()
        let origin = try await Scene.origin()
        let edge = try #require(origin.edges.first)
        let profile = try scene.file(
            "p.yaml", Scene.profile("http://127.0.0.1:\(edge.port)/vod/a/none.m3u8", viewers: 1))
        let page = try scene.file("page.html", "<!DOCTYPE html><html><body>no</body></html>")
        let cases: [(manifest: String, status: Int32, words: String)] = [
            ("/nowhere/m.m3u8", 66, "there is no such file"), (scene.folder, 66, "it is no file"),
            (page, 65, "an HTML page"), ("ftp://a.test/m.m3u8", 64, "--manifest takes"),
            ("http://127.0.0.1:\(edge.port)/vod/a/none.mpd?token=s3cret", 66, "status 404"),
            ("profile", 66, "status 404"),
            ("http://127.0.0.1:9/m.mpd", 66, "no connection"),
        ]
        for (manifest, status, words) in cases {
            let result = await Scene.perform("simulate", profile, "--manifest", manifest, "--quiet")
            #expect(result.status == status, "\(manifest)")
            #expect(result.sentences.count == 1 && result.sentences.joined().contains(words), "\(result.sentences)")
            #expect(!result.sentences.joined().contains("s3cret"))
        }
        await origin.stop()
    }

    @Test func theProfilesTokenIsShown() async throws {
        let scene = try Scene()
        let key = try scene.file("key.hex", "000102030405060708090a0b0c0d0e0f")
        var settings = OriginSettings(edges: [EdgeSettings(pop: "osl")])
        settings.content.videoOnDemandDuration = .seconds(2)
        settings.content.videoOnDemandSegmentDuration = .seconds(1)
        settings.gate = .akamai(key: try SecretKey(hexadecimal: "000102030405060708090a0b0c0d0e0f"))
        let origin = try await OriginServer.start(settings)
        let edge = try #require(origin.edges.first)
        let access = "{token: {scheme: akamai-edge-auth, key: file:\(key), lifetime: 1 min, paths: [/*]}}"
        let text = Scene.profile("http://127.0.0.1:\(edge.port)/vod/a/master.m3u8")
        let bare = try scene.file("bare.yaml", text)
        let signed = try scene.file("signed.yaml", text + "access: \(access)\n")
        let refused = await Scene.perform("simulate", bare, "--manifest", "profile", "--quiet")
        let simulated = try await summary(scene, ["simulate", signed, "--manifest", "profile"])
        await origin.stop()
        #expect(refused.status == 66 && refused.sentences.joined().contains("does it need a token"))
        #expect(simulated.sessions.plays == 3)
        #expect(simulated.run.warnings == ["Tokens are not part of the simulation: every request is let in."])
        #expect(simulated.run.command == "simulate \(signed) --manifest profile")
    }

    @Test func tokensThatOnlyAJourneyGivesAreNamed() async throws {
        let profile = try ProfileReader.read(
            Scene.profile("http://127.0.0.1:9/m.mpd", more: Self.journey), file: "p.yaml")
        let failure = await #expect(throws: CommandFailure.self) {
            try await ContentAssembly(profile: profile).contents(.streams)
        }
        #expect(failure?.status == .badInput)
        #expect(failure?.sentences.first?.contains("a step of its journey gives") == true)
    }

    private static let journey = """
        access:
          journey: [{post: "http://127.0.0.1/redeem", keep: {token: $.token}}]
          token: {scheme: issued, lifetime: 1 min, fields: {hdnts: "{token}"}}
        """
}
