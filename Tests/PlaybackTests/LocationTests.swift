import Manifests
import Playback
import Quantities
import Testing

/// A VOD stream in memory that is to be had at two places, which a steering server may choose between.
struct TwoPlaces: PlaybackHarness.Content {
    var format = ManifestFormat.hls
    /// Requests to a place fail from then on.
    var downFrom: [String: Double] = [:]
    /// The server's answers: from which second on, in which order of preference.
    var steering: [(from: Double, priority: [String])] = []
    var timeToLive: Double = 2
    var steeringStatus = 200
    var retryAfter: Double?
    var clones: [SteeringManifest.Clone] = []
    var asksBeforeStart = false
    var segments: Int64 = 10

    func answer(_ request: SessionRequest, at now: Double) -> PlaybackHarness.Answer {
        let host = URIReference(request.uri).host ?? ""
        if request.kind == .steering {
            let last = steering.last { $0.from <= now }
            return .init(
                status: steeringStatus, bytes: 100,
                document: .steering(
                    SteeringManifest(
                        timeToLive: .seconds(timeToLive), priority: last?.priority ?? [], clones: clones)),
                retryAfter: retryAfter)
        }
        if let from = downFrom[host], from <= now { return .init(status: 503, bytes: 0) }
        switch request.kind {
        case .manifest: return .init(bytes: 500, document: .manifest(.presentation(presentation)))
        case .playlist: return .init(bytes: 500, document: .manifest(.mediaPlaylist(playlist)))
        default: return .init(bytes: 250_000)
        }
    }

    private var list: SegmentList {
        SegmentList(
            (0..<segments).map {
                Segment(sequence: $0, start: .seconds(Double($0) * 4), duration: .seconds(4), uri: "s\($0)")
            })
    }

    private var playlist: MediaPlaylist {
        MediaPlaylist(
            targetDuration: .seconds(4), kind: .vod, isEnded: true, segments: list,
            duration: .seconds(Double(segments) * 4))
    }

    private var presentation: Presentation {
        let isHLS = format == .hls
        func places(_ path: String, group: Bool) -> [TrackLocation] {
            ["a", "b"].map {
                TrackLocation(
                    name: $0.uppercased(), references: ["http://\($0).test/\(path)"],
                    audioGroup: group ? "audio-\($0)" : nil)
            }
        }
        var sets = [
            SwitchingSet(
                kind: .video,
                tracks: [
                    Track(
                        id: "v", bitRate: .kilobits(500), media: isHLS ? .playlist : .segments(list),
                        locations: places("video/list", group: isHLS))
                ])
        ]
        for place in isHLS ? ["a", "b"] : [] {
            sets.append(
                SwitchingSet(
                    id: "audio-\(place)", kind: .audio,
                    tracks: [
                        Track(
                            id: "en", bitRate: .zero, media: .playlist,
                            locations: [TrackLocation(references: ["http://\(place).test/audio/list"])])
                    ]))
        }
        return Presentation(
            format: format, periods: [Period(switchingSets: sets)], duration: .seconds(Double(segments) * 4),
            steering: steering.isEmpty && steeringStatus == 200
                ? nil
                : ContentSteering(
                    serverURI: "http://steer.test/s?x=1", initialLocations: ["A"], asksBeforeStart: asksBeforeStart))
    }
}

@Suite("Locations and steering")
struct LocationTests {
    private func hosts(_ harness: PlaybackHarness, from: Double = 0) -> Set<String> {
        Set(
            harness.requests.filter { $0.at >= from && [.video, .audio].contains($0.request.kind) }
                .compactMap { URIReference($0.request.uri).host })
    }

    private var quickRetries: PlayerSettings {
        PlayerSettings(
            forwardTarget: .seconds(8), manifestRetry: RetryPolicy(attempts: 1),
            segmentRetry: RetryPolicy(attempts: 2, firstDelay: .milliseconds(100)))
    }

    @Test("goes over to the other place when one fails, with its audio", arguments: [ManifestFormat.hls, .dash])
    func failover(format: ManifestFormat) {
        var harness = PlaybackHarness(
            content: TwoPlaces(format: format, downFrom: ["a.test": 6]), network: "9", settings: quickRetries)
        harness.run(seconds: 60)
        #expect(harness.session.state == .ended)
        #expect(hosts(harness) == ["a.test", "b.test"] && hosts(harness, from: 9) == ["b.test"])
        #expect(harness.rendered(.video) == 40)
        #expect(harness.events.contains { $0.event == .locationChanged(isFailover: true) })
    }

    @Test("fails when no place is left")
    func bothDown() {
        var harness = PlaybackHarness(
            content: TwoPlaces(downFrom: ["a.test": 6, "b.test": 6]), network: "9", settings: quickRetries)
        harness.run(seconds: 60)
        #expect(harness.session.state == .failed)
    }

    @Test("follows the steering server, and tells it where it is", arguments: [ManifestFormat.hls, .dash])
    func steered(format: ManifestFormat) {
        var harness = PlaybackHarness(
            content: TwoPlaces(format: format, steering: [(0, ["A", "B"]), (5, ["B", "A"])]), network: "9",
            settings: quickRetries)
        harness.run(seconds: 60)
        #expect(harness.session.state == .ended)
        #expect(hosts(harness) == ["a.test", "b.test"] && hosts(harness, from: 9) == ["b.test"])
        let asked = harness.requests.filter { $0.request.kind == .steering }.map(\.request.uri)
        let prefix = format == .hls ? "_HLS_" : "_DASH_"
        #expect((15...21).contains(asked.count), "\(asked.count)")
        #expect(asked.first == "http://steer.test/s?\(prefix)pathway=%22A%22&x=1")
        #expect(asked.last?.contains("\(prefix)pathway=%22B%22&\(prefix)throughput=") == true)
    }

    @Test("a steering server that is gone, busy or broken does no harm", arguments: [(410, 1), (429, 6), (500, 1)])
    func deadSteering(status: Int, requests: Int) {
        var harness = PlaybackHarness(
            content: TwoPlaces(steeringStatus: status, retryAfter: 7), network: "9", settings: quickRetries)
        harness.run(seconds: 60)
        #expect(harness.session.state == .ended)
        #expect(harness.requests.count { $0.request.kind == .steering } == requests)
    }

    @Test("waits for the server where the presentation wants that")
    func queryBeforeStart() {
        var harness = PlaybackHarness(
            content: TwoPlaces(format: .dash, steering: [(0, ["B", "A"])], asksBeforeStart: true), network: "9")
        harness.run(seconds: 60)
        #expect(hosts(harness) == ["b.test"])
        #expect(harness.session.state == .ended)
    }

    @Test("plays from a pathway that the server makes up")
    func clone() {
        let clone = SteeringManifest.Clone(
            base: "A", name: "C", host: "c.test:8080", parameters: [.init(name: "cdn", value: "c")])
        var harness = PlaybackHarness(
            content: TwoPlaces(steering: [(0, ["C", "A"])], clones: [clone]), network: "9", settings: quickRetries)
        harness.run(seconds: 60)
        #expect(harness.session.state == .ended)
        #expect(hosts(harness, from: 6) == ["c.test"])
        let playlists = harness.requests.filter { $0.request.kind == .playlist }.map(\.request.uri)
        #expect(playlists.contains("http://c.test:8080/video/list?cdn=c"))
        #expect(playlists.contains("http://c.test:8080/audio/list?cdn=c"))
    }
}
