import Manifests
import Quantities
import Simulation
import Testing

@testable import RunProfile

@Suite struct SimulationReaderTests {
    @Test func everySettingIsRead() throws {
        let text = """
            name: a
            streams: {main: "http://127.0.0.1:8080/vod/a/master.m3u8"}
            audience: {viewers: 2, regions: {oslo: 1, bergen: 1}}
            simulation:
              edges:
                east: {capacity: 40 Gbit/s, requests: 20000/s, latency: 12 ms, regions: [oslo]}
                west: {cache: false, collapse: false, playlist lifetime: 1 s}
              origin: {capacity: 2 Gbit/s, latency: 80 ms}
              content: {format: dash, segment: 6 s, ladder: [3 Mbit/s, 1 Mbit/s], audio: none, window: 5, duration: 1 h, variation: 20%}
            """
        let simulation = try ProfileReader.read(text, file: "p.yaml").simulation
        let east = EdgeModel(
            name: "east", capacity: .megabits(40_000), requestsPerSecond: 20_000, latency: .milliseconds(12),
            regions: [0])
        var west = EdgeModel(name: "west", hasCache: false, collapses: false)
        west.playlistLifetime = .seconds(1)
        #expect(simulation.edges == [east, west])
        #expect(simulation.origin == OriginModel(capacity: .megabits(2_000), latency: .milliseconds(80)))
        #expect(
            simulation.content
                == ContentSettings(
                    format: .dash, segmentDuration: .seconds(6), ladder: [.megabits(1), .megabits(3)], audio: nil,
                    window: 5, duration: .seconds(3_600), variation: 0.2))
        #expect(simulation.hasContent)
    }

    @Test(
        arguments: [
            ("profile", .streams), ("./profile", .file("./profile")), ("streams/m.mpd", .file("streams/m.mpd")),
            ("https://a.test/m.m3u8?x=1", .uri("https://a.test/m.m3u8?x=1")),
            ("HTTP://a.test/m", .uri("HTTP://a.test/m")),
            ("ftp://a.test/m", nil), ("http://", nil),
        ] as [(String, ContentManifest?)])
    func aManifestIsRead(_ text: String, _ manifest: ContentManifest?) throws {
        let profile = minimal("simulation: {content: {manifest: \"\(text)\"}}\n")
        guard let manifest else {
            #expect(problems(profile).contains { $0.contains("'profile', an http or https URL, or a file") })
            return
        }
        #expect(try ProfileReader.read(profile, file: "p.yaml").simulation.manifest == manifest)
    }

    @Test func withoutTheSectionThereIsOneEdgeWithoutLimits() throws {
        let simulation = try ProfileReader.read(minimal(), file: "p.yaml").simulation
        #expect(simulation == RunProfile.Simulation())
        #expect(simulation.edges.map(\.name) == ["edge"] && simulation.content.duration == nil)
    }

    @Test(arguments: [
        ("edges: {a: {capacity: 0 bit/s}}", "more than zero"), ("edges: {a: {regions: [nowhere]}}", "a region of this"),
        ("edges: {}", "no edge stands here"), ("content: {segment: 1 ms}", "100 ms to 1 h"),
        ("content: {variation: 95%}", "0% to 90%"), ("content: {format: smooth}", "hls, dash"),
        ("origin: {speed: 3}", "speed"),
    ])
    func problemsSayWhatIsWrong(_ setting: String, _ words: String) {
        let found = problems(minimal("simulation: {\(setting)}\n"))
        #expect(found.contains { $0.contains(words) }, "\(found)")
    }

    @Test func eachRegionNeedsAnEdge() {
        let text = """
            name: a
            streams: {main: "http://127.0.0.1:8080/vod/a/master.m3u8"}
            audience: {viewers: 2, regions: {oslo: 1, bergen: 1}}
            simulation: {edges: {east: {regions: [oslo]}}}
            """
        #expect(problems(text).contains { $0.contains("no edge serves the region 'bergen'") })
    }
}
