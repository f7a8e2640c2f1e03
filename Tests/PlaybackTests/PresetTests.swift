import Manifests
import Quantities
import Testing

@testable import Playback

@Suite("Presets of players") struct PresetTests {
    @Test(
        "each preset plays a stream to its end without a stall, and its recording replays",
        arguments: PlayerPreset.allCases)
    func plays(preset: PlayerPreset) {
        var harness = PlaybackHarness(
            content: HLSContent(segments: 12, hasAudio: true), network: "6", settings: preset.settings)
        harness.run(seconds: 90)
        #expect(harness.session.state == .ended)
        #expect(harness.times(of: .rebuffering).isEmpty)
        #expect(abs(harness.rendered(.video) - 48) < 0.01)
        #expect(abs(harness.rendered(.audio) - 48) < 0.01)
        #expect(harness.recording.replay() == harness.events)
    }

    @Test("each preset plays a live stream", arguments: PlayerPreset.allCases)
    func playsLive(preset: PlayerPreset) {
        var harness = PlaybackHarness(
            content: HLSContent(segments: nil, hasAudio: true), network: "6", settings: preset.settings)
        harness.run(seconds: 60)
        #expect(harness.session.state == .playing)
        #expect(harness.times(of: .rebuffering).count <= 1)
        #expect(harness.rendered(.video) > 40)
    }

    @Test("a segment that comes too slowly is given up for a lower one, and the session replays")
    func abandons() {
        var harness = PlaybackHarness(
            content: HLSContent(segments: 12), network: "88881111110000111111",
            settings: PlayerPreset.hlsJS.settings)
        harness.tellsProgress = true
        harness.run(seconds: 100)
        let cancelled = harness.events.contains { event in
            if case .transferFinished(let record) = event.event { record.error == "cancelled" } else { false }
        }
        #expect(cancelled)
        #expect(harness.session.state == .ended)
        #expect(abs(harness.rendered(.video) - 48) < 0.01)
        #expect(harness.recording.replay() == harness.events)
    }

    @Test("Chromium says that it plays with one segment of each kind, and shows the first picture with two")
    func showsThePictureLate() throws {
        var harness = PlaybackHarness(
            content: HLSContent(segments: 12, hasAudio: true), network: "4", settings: PlayerPreset.chromium.settings)
        harness.run(seconds: 90)
        let ends = harness.events.compactMap { event -> Double? in
            guard case .transferFinished(let record) = event.event, record.mediaDuration > .zero else { return nil }
            return record.timings.ended.seconds
        }
        let word = try #require(harness.times(of: .playing).first)
        let end = try #require(harness.times(of: .ended).first)
        try #require(ends.count == 24)
        #expect(abs(word - (ends[1] + 0.15)) < 0.001)
        // 48 s are played from the fourth transfer's end on.
        #expect(abs(end - (ends[3] + 0.15 + 48)) < 0.001)
        #expect(harness.times(of: .rebuffering).isEmpty)
    }

    @Test("Chromium fetches one segment at a time, hls.js audio and video at the same time")
    func takesTurns() {
        func most(_ preset: PlayerPreset) -> Int {
            var harness = PlaybackHarness(
                content: HLSContent(segments: 12, hasAudio: true), network: "2", settings: preset.settings)
            harness.run(seconds: 40)
            let media = harness.requests.filter { $0.request.media != nil }.map(\.at)
            var spans: [(from: Double, to: Double)] = []
            for event in harness.events {
                if case .transferFinished(let record) = event.event, record.mediaDuration > .zero {
                    spans.append((record.timings.begun.seconds, record.timings.ended.seconds))
                }
            }
            return media.map { at in spans.count { $0.from <= at && at < $0.to - 1e-6 } }.max() ?? 0
        }
        #expect(most(.chromium) == 1)
        #expect(most(.hlsJS) == 2)
    }

    @Test("tracks larger than the first that covers the screen are left out")
    func fitsTheScreen() {
        let sizes = [(426, 240), (854, 480), (1_280, 720), (1_920, 1_080)]
        let tracks = sizes.enumerated().map { place, size in
            var track = Track(
                id: "\(place)", bitRate: .kilobits(Double(place + 1) * 1_000), media: .playlist, locations: [])
            track.width = size.0
            track.height = size.1
            return track
        }
        let ladder = Array(tracks.indices)
        #expect(ScreenSize(width: 800, height: 450).fitting(ladder, of: tracks) == [0, 1])
        #expect(ScreenSize(width: 1_280, height: 720).fitting(ladder, of: tracks) == [0, 1, 2])
        #expect(ScreenSize(width: 9_000, height: 9_000).fitting(ladder, of: tracks) == ladder)
        #expect(ScreenSize(width: 1, height: 1).fitting(ladder, of: tracks) == [0])
    }

    @Test("time limits are tried again at once, and chance moves waits by no more than the fuzz")
    func retries() {
        let hlsJS = PlayerPreset.hlsJS.settings.segmentRetry
        #expect(hlsJS.delay(afterAttempt: 0, status: 0, isTimeout: true) == .zero)
        #expect(hlsJS.delay(afterAttempt: 4, status: 0, isTimeout: true) == nil)
        #expect(hlsJS.delay(afterAttempt: 0, status: 404) == nil)
        #expect(hlsJS.delay(afterAttempt: 1, status: 503) == .seconds(2))
        let shaka = PlayerPreset.shaka.settings.segmentRetry
        #expect(shaka.delay(afterAttempt: 0, status: 503, draw: 0) == .milliseconds(500))
        #expect(shaka.delay(afterAttempt: 0, status: 503, draw: 0.5) == .seconds(1))
        let media3 = PlayerPreset.media3.settings.segmentRetry
        #expect((0..<4).map { media3.delay(afterAttempt: $0, status: 503)?.seconds } == [0, 1, 2, nil])
    }

    @Test("only presets that were held against recordings call themselves verified")
    func saysWhatIsVerified() {
        #expect(PlayerPreset.allCases.filter(\.isVerified) == [.hlsJS, .dashJS, .shaka, .chromium])
        #expect(PlayerPreset.avPlayer.verification.contains("not verified"))
        #expect(PlayerPreset.media3.verification.contains("not verified"))
        for preset in PlayerPreset.allCases { #expect(preset.settings.name == preset.rawValue) }
    }

    @Test("a session is small")
    func isSmall() {
        // Video and audio loaders with eight buffered segments each, eight and two tracks, three transfers, and the rule.
        let loaders = 2 * (MemoryLayout<TrackLoader>.stride + 8 * MemoryLayout<MediaBuffer.Entry>.stride) + 10 * 24
        let pending = 3 * MemoryLayout<PendingTransfer>.stride
        let rules = [
            MemoryLayout<HLSJSRule>.size, MemoryLayout<DashJSRule>.size + 2 * 20 * 4 + 8 * 2,
            MemoryLayout<ShakaRule>.size, MemoryLayout<Media3Rule>.size + 32 * 8, MemoryLayout<ChromiumRule>.size,
        ]
        let total = MemoryLayout<PlayerSession>.size + loaders + pending + (rules.max() ?? 0)
        #expect(
            total < 4_096,
            "\(total): session \(MemoryLayout<PlayerSession>.size), loader \(MemoryLayout<TrackLoader>.stride), transfer \(MemoryLayout<PendingTransfer>.stride), rules \(rules)"
        )
    }
}
