import Manifests
import Playback
import Quantities
import Testing

@Suite("Player session") struct PlayerSessionTests {
    private func settings(_ mode: AdaptationMode = .throughput(ThroughputRule.Settings())) -> PlayerSettings {
        PlayerSettings(adaptation: mode)
    }

    @Test("plays a VOD stream to its end")
    func playsToTheEnd() {
        var harness = PlaybackHarness(content: HLSContent(), network: "8")
        harness.run(seconds: 40)
        #expect(harness.timeline == "sppppppppppppppppppppe")
        #expect(abs(harness.rendered(.video) - 20) < 1e-6)
        #expect(harness.session.isFinished)
    }

    @Test("starts when the first segment is complete, and says when to the microsecond")
    func startsWithTheFirstSegment() {
        var harness = PlaybackHarness(
            content: HLSContent(), network: "1", latency: 0.1, settings: settings(.fixed(.lowest)))
        harness.run(seconds: 10)
        // Manifest, playlist, initialization: 0.1 s each and their bytes; segment: 0.1 s + 2 Mbit at 1 Mbit/s.
        let expected = 4 * 0.1 + (500 + 1_000 + 800) * 8 / 1e6 + 2.0
        #expect(harness.times(of: .playing).first.map { abs($0 - expected) < 1e-6 } == true)
    }

    @Test(
        "rebuffers when the link is too slow, from the very instant the buffer is empty, and resumes at the threshold")
    func rebuffers() {
        // 1 Mbit/s content over a link that is cut from second 4 to 12: 8 s of media at most are there.
        let content = HLSContent(bitRates: [1_000_000])
        var harness = PlaybackHarness(content: content, network: "22200000000022")
        harness.run(seconds: 60)
        #expect(harness.timeline.hasPrefix("sssp"))
        #expect(harness.times(of: .rebuffering).count == 1)
        let played = harness.times(of: .playing)
        let stalled = harness.times(of: .rebuffering)
        #expect(played.count == 2)
        // One segment of 4 s was complete when the link went dead.
        #expect(abs(stalled[0] - played[0] - 4) < 1e-6)
        #expect(abs(harness.rendered(.video) - 20) < 1e-6)
        #expect(harness.timeline.last == "e")
    }

    @Test("goes up with a fast link and down with a slow one")
    func adapts() {
        let content = HLSContent(segments: 40)
        var harness = PlaybackHarness(content: content, network: "88888888888811111111111111111111111111111111111111")
        harness.run(seconds: 60)
        let tracks = harness.videoTracks
        #expect(tracks.first == 500)
        #expect(tracks.contains(3_000))
        #expect(tracks.last == 500)
    }

    @Test(
        "stays on the fixed track",
        arguments: [(FixedTrack.lowest, 500), (.highest, 3_000), (.atMost(.megabits(2)), 1_000)])
    func staysOnFixedTrack(track: FixedTrack, kilobits: Int) {
        var harness = PlaybackHarness(content: HLSContent(), network: "9", settings: settings(.fixed(track)))
        harness.run(seconds: 40)
        #expect(Set(harness.videoTracks) == [kilobits])
    }

    @Test("fetches audio and video apart and in parallel")
    func fetchesAudioApart() {
        var harness = PlaybackHarness(content: HLSContent(hasAudio: true), network: "9")
        harness.run(seconds: 40)
        #expect(harness.timeline.last == "e")
        #expect(abs(harness.rendered(.audio) - 20) < 1e-6)
        #expect(abs(harness.rendered(.video) - 20) < 1e-6)
        let playlists = harness.requests.filter { $0.request.kind == .playlist }
        #expect(playlists[0].at == playlists[1].at)
    }

    @Test("requests fall due when the buffer falls below its target, not after a transfer")
    func paceIsTheBuffers() {
        let content = HLSContent(bitRates: [500_000], segments: 40)
        var harness = PlaybackHarness(
            content: content, network: "9", settings: PlayerSettings(forwardTarget: .seconds(12)))
        harness.run(seconds: 100)
        let video = harness.requests.filter { $0.request.kind == .video }.map(\.at)
        let steady = zip(video.dropFirst(6), video.dropFirst(5)).map { $0 - $1 }
        #expect(steady.allSatisfy { abs($0 - 4) < 1e-3 })
        for (at, request) in harness.requests { #expect(abs(request.due.seconds - at) < 1e-6) }
    }

    @Test("fetches a key once, before the first segment")
    func fetchesKeysOnce() {
        var harness = PlaybackHarness(
            content: HLSContent(isEncrypted: true), network: "9", settings: settings(.fixed(.lowest)))
        harness.run(seconds: 40)
        let kinds = harness.requests.map(\.request.kind)
        #expect(kinds.filter { $0 == .key }.count == 1)
        #expect(kinds.prefix(5) == [.manifest, .playlist, .key, .initialization, .video])
    }

    @Test("plays a media playlist by itself, at the bit rate of its segments")
    func playsMediaPlaylists() {
        var harness = PlaybackHarness(content: HLSContent(), network: "9", uri: "http://cdn.test/t1/list")
        harness.run(seconds: 40)
        #expect(harness.timeline.last == "e")
        let rates = harness.events.compactMap { event in
            if case .rendered(.video, _, let bitRate) = event.event { bitRate.kilobits.rounded() } else { nil }
        }
        #expect(Set(rates) == [1_000])
        #expect(harness.requests.filter { $0.request.kind == .manifest }.count == 1)
    }

    @Test("skips gaps without a request")
    func skipsGaps() {
        var harness = PlaybackHarness(content: HLSContent(gap: 2), network: "9", settings: settings(.fixed(.lowest)))
        harness.run(seconds: 40)
        #expect(harness.requests.filter { $0.request.kind == .video }.count == 4)
        #expect(harness.timeline.last == "e")
    }

    @Test("tries a failed segment again and plays on")
    func retries() {
        var content = HLSContent()
        content.faults = [("s2", 0, 2, 503)]
        var harness = PlaybackHarness(content: content, network: "9", settings: settings(.fixed(.lowest)))
        harness.run(seconds: 40)
        #expect(harness.timeline.last == "e")
        let attempts = harness.events.compactMap { event in
            if case .transferFinished(let record) = event.event, record.sequence == 2, record.kind == .video {
                record.attempt
            } else {
                nil
            }
        }
        #expect(attempts.first == 0 && attempts.count > 1)
    }

    @Test("takes another track when one is broken for good")
    func failsOver() {
        var content = HLSContent()
        content.faults = [("t0/s2", 0, 1_000, 404)]
        var harness = PlaybackHarness(content: content, network: "1")
        harness.run(seconds: 90)
        #expect(harness.timeline.last == "e")
        #expect(harness.videoTracks.contains(1_000))
    }

    @Test("fails before the start when the manifest is refused, after the tries its policy allows")
    func failsBeforeStart() {
        var content = HLSContent()
        content.faults = [("main", 0, 1_000, 403)]
        var harness = PlaybackHarness(content: content, network: "9")
        harness.run(seconds: 40)
        #expect(harness.timeline.last == "f")
        #expect(harness.requests.count == 3)
        #expect(
            harness.events.contains { $0.event == .failed(.transfer(.manifest, status: 403, error: "")) })
    }

    @Test("a live session starts the hold-back behind the edge and keeps its distance")
    func playsLive() {
        let content = HLSContent(segments: nil)
        var harness = PlaybackHarness(content: content, network: "9")
        harness.run(seconds: 60)
        #expect(harness.timeline.dropFirst(2).allSatisfy { $0 == "p" })
        let latencies = harness.events.compactMap { event in
            if case .latencySampled(let latency) = event.event { latency.seconds } else { nil }
        }
        #expect(latencies.count > 10)
        // Three target durations behind the edge, plus the time from the playlist to the first frame.
        #expect(latencies.allSatisfy { $0 > 12 && $0 < 17 })
        let spread = (latencies.max() ?? 0) - (latencies.min() ?? 0)
        #expect(spread < 0.001)
    }

    @Test("reloads a live playlist once a segment, counted from the last request")
    func reloadsAtPace() {
        var harness = PlaybackHarness(
            content: HLSContent(segments: nil), network: "9", settings: settings(.fixed(.lowest)))
        harness.run(seconds: 60)
        let times = harness.requests.filter { $0.request.kind == .playlist }.map(\.at)
        #expect((12...18).contains(times.count))
        #expect(zip(times.dropFirst(), times).allSatisfy { $0 - $1 > 1.9 && $0 - $1 < 4.1 })
    }

    @Test("live audio and video line up by their dates or numbers", arguments: [true, false])
    func linesUpLive(hasDates: Bool) {
        let content = HLSContent(segments: nil, hasAudio: true, hasDates: hasDates)
        var harness = PlaybackHarness(content: content, network: "9")
        harness.run(seconds: 60)
        #expect(harness.timeline.dropFirst(2).allSatisfy { $0 == "p" })
        let video = harness.requests.filter { $0.request.kind == .video }.map(\.request.uri.last)
        let audio = harness.requests.filter { $0.request.kind == .audio }.map(\.request.uri.last)
        #expect(video.first == audio.first)
    }

    @Test("rebuffers when a live stream stops growing, and fails only when the settings say so")
    func liveStopsGrowing() {
        let content = HLSContent(segments: nil, frozenFrom: 20)
        var harness = PlaybackHarness(content: content, network: "9")
        harness.run(seconds: 60)
        #expect(harness.timeline.hasSuffix("rrrrrrrrrr"))
        var strict = PlaybackHarness(
            content: content, network: "9", settings: PlayerSettings(stuckAfterTargetDurations: 3.5))
        strict.run(seconds: 60)
        #expect(strict.timeline.last == "f")
    }

    @Test("segments come from the track they are counted for, also when a reload was under way at the switch")
    func keepsTracksApart() {
        let content = HLSContent(segments: nil, hasAudio: true)
        let network = "11111222333444555666777888999111111222229999999111119999911111999"
        for latency in [0.05, 0.7, 1.9] {
            var harness = PlaybackHarness(content: content, network: network, latency: latency)
            harness.run(seconds: 90)
            var tracks: Set<Int> = []
            for event in harness.events {
                guard case .transferFinished(let record) = event.event, record.kind == .video else { continue }
                let track = HLSContent.track(of: harness.uris[record.id] ?? "")
                #expect(content.bitRates[track] == record.bitRate.bitsPerSecond)
                tracks.insert(track)
            }
            #expect(tracks.count >= 2)
        }
    }

    @Test("a fixed-quality session fails rather than play another track")
    func failsWhenFixed() {
        var content = HLSContent()
        content.faults = [("t0/s2", 0, 1_000, 404)]
        var harness = PlaybackHarness(content: content, network: "9", settings: settings(.fixed(.lowest)))
        harness.run(seconds: 90)
        #expect(harness.timeline.last == "f")
        #expect(Set(harness.videoTracks) == [500])
    }

    @Test("falls back to the live edge when an outage let the window pass")
    func rejoinsLive() {
        let content = HLSContent(segments: nil)
        let network = String(repeating: "9", count: 10) + String(repeating: "0", count: 60) + "9"
        var harness = PlaybackHarness(content: content, network: network)
        harness.run(seconds: 120)
        #expect(harness.times(of: .rebuffering).count >= 1)
        #expect(harness.timeline.hasSuffix("pppppppppp"))
        let last = harness.events.last { event in
            if case .latencySampled = event.event { true } else { false }
        }
        if case .latencySampled(let latency)? = last?.event {
            #expect(latency.seconds < 30)
        } else {
            Issue.record("no latency was sampled")
        }
    }

    @Test("pauses, resumes and seeks")
    func pausesAndSeeks() {
        var harness = PlaybackHarness(content: HLSContent(segments: 50), network: "9")
        harness.plan(.pause, at: 5)
        harness.plan(.resume, at: 9)
        harness.plan(.seek(to: .seconds(150)), at: 15)
        harness.run(seconds: 90)
        #expect(harness.timeline.contains("aaa"))
        #expect(harness.times(of: .seeking).count == 1)
        #expect(harness.timeline.last == "e")
        #expect(harness.times(of: .rebuffering).isEmpty)
    }

    @Test("a seek inside the buffer needs no request")
    func seeksInBuffer() {
        var harness = PlaybackHarness(content: HLSContent(), network: "9")
        harness.plan(.seek(to: .seconds(10)), at: 8)
        harness.run(seconds: 60)
        #expect(harness.requests.filter { $0.request.kind == .video }.count == 5)
        #expect(harness.timeline.last == "e")
    }

    @Test("a viewer who leaves lets transfers end, or cancels them", arguments: LeavingRule.allCases)
    func leaves(rule: LeavingRule) {
        var harness = PlaybackHarness(
            content: HLSContent(bitRates: [1_000_000], segments: 50), network: "2",
            settings: PlayerSettings(leaving: rule))
        harness.plan(.stop, at: 7.25)
        harness.run(seconds: 60)
        #expect(harness.session.isFinished)
        #expect(harness.session.state == .quit)
        let cancelled = harness.events.contains { event in
            if case .transferFinished(let record) = event.event { record.isCancelled } else { false }
        }
        #expect(cancelled == (rule == .abort))
        let played = 7.25 - (harness.times(of: .playing).first ?? 0)
        #expect(abs(harness.rendered(.video) - played) < 1e-6)
    }

    @Test("leaving before the first frame is no failure")
    func leavesEarly() {
        var harness = PlaybackHarness(content: HLSContent(), network: "0")
        harness.plan(.stop, at: 3)
        harness.plan(.abort, at: 4)
        harness.run(seconds: 20)
        #expect(harness.timeline.hasPrefix("sss"))
        #expect(harness.session.state == .quit)
        #expect(!harness.session.hasStarted)
    }

    @Test("a replayed recording gives identical events", arguments: [true, false])
    func replays(isLive: Bool) {
        var content = HLSContent(segments: isLive ? nil : 20, hasAudio: true)
        content.faults = [("s13", 0, 9, 503), ("s3", 0, 4, 500)]
        var harness = PlaybackHarness(content: content, network: "8821114400882211")
        harness.plan(.pause, at: 11)
        harness.plan(.resume, at: 13)
        harness.plan(.stop, at: 47)
        harness.run(seconds: 80)
        #expect(harness.recording.replay() == harness.events)
        #expect(harness.events.count > 20)
    }

    @Test("a session's own state stays small")
    func isSmall() {
        #expect(MemoryLayout<PlayerSession>.size < 1_024)
    }
}
