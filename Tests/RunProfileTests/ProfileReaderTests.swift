import Access
import Audience
import Measurement
import Playback
import Quantities
import Testing
import Transport

@testable import RunProfile

@Suite struct ProfileReaderTests {
    private static let everything = """
        name: cup.final-2
        description: All settings once.
        seed: 7
        targets:
          allow: [CDN.example, "other.example:8443"]
          limits: {data: 2 GB, throughput: 3 Gbit/s}
        streams:
          main: https://cdn.example/live/a/master.m3u8?x=1
          second: {uri: "http://other.example:8443/b.mpd", weight: 25%}
        access:
          token:
            scheme: akamai-edge-auth
            key: env:EDGE_KEY
            paths: [/live/*, /vod/*]
            name: tok
            lifetime: 60 s
            refresh: 7 s
            placement: header
            on: manifest
        audience:
          viewers: 500
          arrivals: ramp
          over: 2 min
          watch: {lognormal: {median: 5 min, sigma: 0.5}}
          streams: {main: 80%, second: 20%}
          regions:
            oslo: {share: 60%, edges: [192.0.2.1, "2001:db8::1"]}
            Tromsø: 40%
        player:
          adaptation: 2 Mbit/s
          start buffer: 1 s
          resume buffer: 3 s
          forward buffer: 20 s
          live edge segments: 2.5
          leaving: abort
          stuck after: 3
          attempts: 2
          audio language: nb-NO
          subtitles: any
          low latency: false
          interstitials: false
          location penalty: 2 min
          track penalty: 30 s
          timeouts: {connect: 1 s, first byte: 2 s, stalled: 3 s, total: 4 s}
        http:
          version: 2
          certificate authorities: ca.pem
          verify: false
          user agent: house/1
          parallel transfers: 3
        run: {loops: 2, limit: 10 min, grace: 0, stop file: /tmp/stop, transfers: 1%}
        thresholds:
          - startup time p95 < 3 s
          - "region Tromsø: rebuffer ratio < 1%"
          - kind video: failed transfers < 1%
        """

    @Test func everySettingIsRead() throws {
        let profile = try ProfileReader.read(Self.everything, file: "p.yaml")
        #expect(profile.name == "cup.final-2" && profile.seed == 7)
        #expect(profile.allowedHosts == ["cdn.example", "other.example:8443"])
        #expect(profile.dataLimit == ByteCount(2_000_000_000) && profile.throughputLimit == .megabits(3_000))
        #expect(
            profile.streams == [
                .init(name: "main", uri: "https://cdn.example/live/a/master.m3u8?x=1", weight: 0.8),
                .init(name: "second", uri: "http://other.example:8443/b.mpd", weight: 0.2),
            ])
        var token = RunProfile.Token(scheme: "akamai-edge-auth", key: .environment("EDGE_KEY"))
        token.paths = ["/live/*", "/vod/*"]
        token.options = ["name": "tok"]
        token.lifetime = .seconds(60)
        token.refresh = .seconds(7)
        token.placement = .header
        token.onManifestOnly = true
        #expect(profile.token == token)
        #expect(profile.viewers == 500 && profile.arrivals == .ramp(over: .seconds(120)))
        #expect(profile.watch == .lognormal(median: .seconds(300), sigma: 0.5))
        #expect(
            profile.regions == [
                .init(name: "oslo", weight: 0.6, edges: ["192.0.2.1", "2001:db8::1"]),
                .init(name: "Tromsø", weight: 0.4, edges: []),
            ])
        #expect(
            profile.http
                == .init(
                    version: .http2, certificateAuthorities: "ca.pem", verifiesCertificates: false,
                    userAgent: "house/1",
                    parallelTransfers: 3))
        #expect(
            profile.run
                == .init(
                    loops: 2, limit: .seconds(600), grace: .zero, stopFile: "/tmp/stop",
                    sampling: .sessions(share: 0.01, seed: 7)))
        #expect(
            profile.thresholds == [
                "startup time p95 < 3 s", "region Tromsø: rebuffer ratio < 1%", "kind video: failed transfers < 1%",
            ])
    }

    @Test func everyPlayerSettingIsRead() throws {
        let player = try ProfileReader.read(Self.everything, file: "p.yaml").player
        var expected = PlayerSettings()
        expected.adaptation = .fixed(.atMost(.megabits(2)))
        expected.startThreshold = .seconds(1)
        expected.resumeThreshold = .seconds(3)
        expected.forwardTarget = .seconds(20)
        expected.liveEdgeSegments = 2.5
        expected.leaving = .abort
        expected.stuckAfterTargetDurations = 3
        expected.audioLanguage = "nb-NO"
        expected.subtitleLanguage = "*"
        expected.usesLowLatency = false
        expected.playsInterstitials = false
        expected.locationPenalty = .seconds(120)
        expected.trackPenalty = .seconds(30)
        expected.manifestRetry.attempts = 2
        expected.segmentRetry.attempts = 2
        expected.timeouts.connect = .seconds(1)
        expected.timeouts.firstByte = .seconds(2)
        expected.timeouts.stalled = .seconds(3)
        expected.timeouts.total = .seconds(4)
        #expect(player == expected)
    }

    @Test func whatIsNotWrittenHasItsDefault() throws {
        let profile = try ProfileReader.read(minimal(), file: "p.yaml")
        #expect(
            profile.seed == 1 && profile.player == PlayerSettings() && profile.http == .init() && profile.run == .init()
        )
        #expect(profile.arrivals == .atOnce && profile.watch == .untilEnd && profile.thresholds.isEmpty)
        #expect(profile.regions == [.init(name: "all", weight: 1, edges: [])])
        #expect(profile.token == nil && profile.allowedHosts == nil && profile.dataLimit == nil)
    }

    @Test(arguments: [
        ("arrivals: at once", ArrivalPattern.atOnce), ("over: 10 s", .constant(over: .seconds(10))),
        ("arrivals: constant, over: 10 s", .constant(over: .seconds(10))),
        ("arrivals: ramp, rate: 20/s", .ramp(over: .seconds(5))), ("rate: 600/min", .constant(over: .seconds(10))),
        ("arrivals: ramp, over: 1 h", .ramp(over: .seconds(3_600))),
    ])
    func arrivals(_ text: String, _ expected: ArrivalPattern) throws {
        let profile = try ProfileReader.read(
            "{name: a, streams: {m: 'http://localhost/a.mpd'}, audience: {viewers: 100, \(text)}}", file: "p.yaml")
        #expect(profile.arrivals == expected)
    }

    @Test(arguments: [
        ("until end", WatchTime.untilEnd), ("90 s", .fixed(.seconds(90))),
        ("{uniform: {from: 10 s, to: 1 min}}", .uniform(from: .seconds(10), to: .seconds(60))),
        ("{exponential: {mean: 5 min}}", .exponential(mean: .seconds(300))),
        ("{lognormal: {median: 5 min}}", .lognormal(median: .seconds(300), sigma: 1)),
    ])
    func watchTimes(_ text: String, _ expected: WatchTime) throws {
        let profile = try ProfileReader.read(
            "{name: a, streams: {m: 'http://localhost/a.mpd'}, audience: {viewers: 1, watch: \(text)}}", file: "p.yaml")
        #expect(profile.watch == expected)
    }

    @Test(arguments: [
        ("throughput", AdaptationMode.throughput(ThroughputRule.Settings())), ("lowest", .fixed(.lowest)),
        ("highest", .fixed(.highest)), ("800 kbit/s", .fixed(.atMost(.kilobits(800)))),
    ])
    func adaptation(_ text: String, _ expected: AdaptationMode) throws {
        let profile = try ProfileReader.read(minimal("player: {adaptation: \(text)}"), file: "p.yaml")
        #expect(profile.player.adaptation == expected)
    }

    @Test(arguments: [("none", TransferSampling.none), ("all", .all), ("50%", .sessions(share: 0.5, seed: 1))])
    func sampling(_ text: String, _ expected: TransferSampling) throws {
        #expect(try ProfileReader.read(minimal("run: {transfers: \(text)}"), file: "p").run.sampling == expected)
    }

    @Test func theStreamsMixTakesThePlaceOfWeightsAndLeavesTheOthersOut() throws {
        let text = """
            name: a
            streams: {x: "http://localhost/a.mpd", y: {uri: "http://localhost/b.mpd", weight: 5}, z: "http://localhost/c.mpd"}
            audience: {viewers: 3, streams: {z: 3, x: 1}}
            """
        let profile = try ProfileReader.read(text, file: "p")
        #expect(profile.streams.map(\.weight) == [1, 0, 3])
        #expect(profile.audience.streams.map(\.name) == ["x", "y", "z"])
    }

    @Test func viewersCanComeFromOutside() throws {
        let text = "{name: a, streams: {m: 'http://localhost/a.mpd'}, audience: {rate: 10/s}}"
        #expect(problems(text) == ["p.yaml:1:61: audience: the setting 'viewers' is missing"])
        let profile = try ProfileReader.read(text, file: "p.yaml", viewers: 40)
        #expect(profile.viewers == 40 && profile.arrivals == .constant(over: .seconds(4)))
    }
}
