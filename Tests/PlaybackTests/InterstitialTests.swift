import Manifests
import Playback
import Quantities
import Testing

/// A VOD stream in memory with breaks in it, and the small streams that are played there.
struct BreakContent: PlaybackHarness.Content {
    var interstitial = Interstitial(content: .asset(uri: "/ad1/list"))
    var breaks: [Double] = [10]
    var cues: [String] = []
    var assets = [("/ad1/list", 6.0)]
    var listStatus = 200
    var assetStatus = 200

    func answer(_ request: SessionRequest, at now: Double) -> PlaybackHarness.Answer {
        let path = String(URIReference(request.uri).path)
        switch request.kind {
        case .manifest where path.hasPrefix("/ad"):
            return .init(
                status: assetStatus, bytes: 400, document: .manifest(.mediaPlaylist(playlist(segments: 3, 2))))
        case .manifest: return .init(bytes: 400, document: .manifest(.mediaPlaylist(main)))
        case .assetList:
            let list = AssetList(assets: assets.map { .init(uri: $0.0, duration: .seconds($0.1)) })
            return .init(status: listStatus, bytes: 200, document: .assetList(list))
        default: return .init(bytes: 100_000)
        }
    }

    private var main: MediaPlaylist {
        var extras = MediaPlaylist.Extras()
        extras.dateRanges = breaks.enumerated().map { index, at in
            DateRange(
                id: "break-\(index)", rangeClass: "com.apple.hls.interstitial", start: .seconds(5_000 + at),
                cues: cues, interstitial: interstitial)
        }
        return playlist(segments: 10, 4, extras: extras)
    }

    private func playlist(segments: Int64, _ length: Double, extras: MediaPlaylist.Extras = .init()) -> MediaPlaylist {
        let list = (0..<segments).map {
            Segment(
                sequence: $0, start: .seconds(Double($0) * length), duration: .seconds(length), uri: "s\($0)",
                programDateTime: .seconds(5_000 + Double($0) * length))
        }
        return MediaPlaylist(
            targetDuration: .seconds(length), kind: .vod, isEnded: true, segments: SegmentList(list),
            duration: .seconds(Double(segments) * length), extras: extras)
    }
}

@Suite("Interstitials")
struct InterstitialTests {
    private func breaks(_ harness: PlaybackHarness) -> [(played: Double, isFailed: Bool)] {
        harness.events.compactMap {
            if case .interstitialEnded(let played, let isFailed) = $0.event { (played.seconds, isFailed) } else { nil }
        }
    }

    private func run(_ content: BreakContent, seconds: Double = 100) -> PlaybackHarness {
        var harness = PlaybackHarness(content: content, network: "9", uri: "http://cdn.test/main/list")
        harness.run(seconds: seconds)
        return harness
    }

    @Test("plays an asset in the middle and goes on behind as much as was played")
    func asset() {
        let harness = run(BreakContent())
        #expect(harness.session.state == .ended)
        #expect(breaks(harness).map(\.played) == [6])
        #expect(harness.times(of: .rebuffering).isEmpty, "the asset was loaded ahead")
        // 10 s of the film, 6 s of the break, and the film from 16 s on.
        #expect(abs(harness.rendered(.video) - 40) < 0.01, "\(harness.rendered(.video))")
        let asked = harness.requests.filter { $0.request.uri.contains("/ad1/list") }
        #expect(asked.count == 1 && asked[0].at < 5 && asked[0].request.uri.contains("_HLS_primary_id="))
    }

    @Test("a resume offset of zero inserts the break")
    func inserted() {
        let harness = run(
            BreakContent(interstitial: Interstitial(content: .asset(uri: "/ad1/list"), resumeOffset: .zero)))
        #expect(abs(harness.rendered(.video) - 46) < 0.01, "\(harness.rendered(.video))")
        #expect(harness.session.state == .ended)
    }

    @Test("plays the assets of a list one after the other")
    func list() {
        let content = BreakContent(
            interstitial: Interstitial(content: .list(uri: "/ads.json"), resumeOffset: .zero),
            assets: [("/ad1/list", 6), ("/ad2/list", 6)])
        let harness = run(content)
        #expect(breaks(harness).map(\.played) == [12])
        #expect(harness.requests.count { $0.request.kind == .assetList } == 1)
        #expect(harness.times(of: .rebuffering).isEmpty)
        #expect(abs(harness.rendered(.video) - 52) < 0.01)
    }

    @Test("stops at the playout limit")
    func limit() {
        let content = BreakContent(
            interstitial: Interstitial(
                content: .asset(uri: "/ad1/list"), resumeOffset: .zero, playoutLimit: .seconds(2.5)))
        let harness = run(content)
        #expect(breaks(harness).count == 1 && abs((breaks(harness).first?.played ?? 0) - 2.5) < 0.01)
        #expect(abs(harness.rendered(.video) - 42.5) < 0.01, "\(harness.rendered(.video))")
    }

    @Test("goes on with the film when the break cannot be had", arguments: [true, false])
    func failing(isList: Bool) {
        var content = BreakContent(
            interstitial: Interstitial(content: isList ? .list(uri: "/ads.json") : .asset(uri: "/ad1/list")))
        content.listStatus = isList ? 500 : 200
        content.assetStatus = isList ? 200 : 404
        let harness = run(content)
        #expect(harness.session.state == .ended)
        #expect(breaks(harness).map(\.isFailed) == [true] && breaks(harness).first?.played == 0)
        #expect(abs(harness.rendered(.video) - 40) < 0.01)
    }

    @Test("an empty list means to go on at once")
    func emptyList() {
        let harness = run(BreakContent(interstitial: Interstitial(content: .list(uri: "/ads.json")), assets: []))
        #expect(breaks(harness).map(\.played) == [0] && breaks(harness).first?.isFailed == false)
        #expect(harness.session.state == .ended && harness.times(of: .rebuffering).isEmpty)
    }

    @Test("breaks before the first frame and behind the last one", arguments: ["PRE", "POST"])
    func cue(_ cue: String) {
        let harness = run(
            BreakContent(
                interstitial: Interstitial(content: .asset(uri: "/ad1/list"), resumeOffset: .zero), cues: [cue]))
        #expect(harness.session.state == .ended)
        #expect(breaks(harness).map(\.played) == [6])
        #expect(abs(harness.rendered(.video) - 46) < 0.01, "\(harness.rendered(.video))")
        #expect(harness.times(of: .playing).first ?? 9 < 1)
    }

    @Test("a break that leads up to the end ends the playback, however little is loaded ahead")
    func atTheEnd() {
        var settings = PlayerSettings()
        settings.forwardTarget = .seconds(4)
        let content = BreakContent(breaks: [34])
        var harness = PlaybackHarness(
            content: content, network: "9", settings: settings, uri: "http://cdn.test/main/list")
        harness.run(seconds: 60)
        #expect(harness.session.state == .ended)
        #expect(abs(harness.rendered(.video) - 40) < 0.01, "\(harness.rendered(.video))")
    }

    @Test("pausing, leaving and replaying work in a break as elsewhere")
    func pause() {
        var harness = PlaybackHarness(content: BreakContent(), network: "9", uri: "http://cdn.test/main/list")
        harness.plan(.pause, at: 12)
        harness.plan(.resume, at: 20)
        harness.plan(.stop, at: 30)
        harness.run(seconds: 60)
        #expect(harness.session.state == .quit && harness.session.isFinished)
        #expect(harness.times(of: .paused) == [12])
        #expect(harness.recording.replay() == harness.events)
    }

    @Test("a player can be set to play on over breaks")
    func off() {
        var settings = PlayerSettings()
        settings.playsInterstitials = false
        var harness = PlaybackHarness(
            content: BreakContent(), network: "9", settings: settings, uri: "http://cdn.test/main/list")
        harness.run(seconds: 60)
        #expect(breaks(harness).isEmpty && harness.rendered(.video) == 40)
    }
}
