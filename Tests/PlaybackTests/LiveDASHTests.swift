import Manifests
import Playback
import Quantities
import Testing

/// A dynamic MPD in memory with segments of 4 s that are made in chunks of 0.5 s.
struct ChunkedContent: PlaybackHarness.Content {
    /// Seconds that the stream had been going on when the test's clock was zero.
    var age: Double = 101
    var isChunked = true
    var clocks: [UTCTiming] = []
    /// The presentation's clock less the viewer's.
    var ahead: Double = 0
    /// Answers to requests for a patch; nil for an MPD without patches.
    var patchStatus: Int?
    var timeToLive: Double = 60

    private struct Numbered: SegmentList.Source {
        let prefix: String
        var firstSequence: Int64 { 0 }
        var lastSequence: Int64? { nil }
        func segment(_ sequence: Int64) -> Segment {
            Segment(
                sequence: sequence, start: .seconds(Double(sequence) * 4), duration: .seconds(4),
                uri: "\(prefix)-\(sequence)", initialization: InitializationSection(uri: "\(prefix)-init"))
        }
        func sequence(at time: MediaTime) -> Int64 { max(0, Int64((time.seconds / 4).rounded(.down))) }
    }

    func answer(_ request: SessionRequest, at now: Double) -> PlaybackHarness.Answer {
        switch request.kind {
        case .manifest:
            let isPatch = request.uri.contains("patch")
            return .init(
                status: isPatch ? patchStatus ?? 404 : 200, bytes: isPatch ? 200 : 3_000,
                document: .manifest(.presentation(presentation(at: now))))
        case .video, .audio:
            guard let number = request.uri.split(separator: "-").last.flatMap({ Double($0) }) else {
                return .init(status: 404, bytes: 0)
            }
            let end = (number + 1) * 4 - age - ahead
            guard now < end, isChunked else { return .init(bytes: 500_000) }
            guard now >= end - 3.5 - 0.001 else { return .init(status: 404, bytes: 0) }
            return .init(bytes: 500_000, heldUntil: end, chunks: 8, chunkEvery: 0.5, lastChunkAt: end)
        default: return .init(bytes: 800)
        }
    }

    private func presentation(at now: Double) -> Presentation {
        func list(_ prefix: String) -> MediaSource {
            .segments(
                SegmentList(
                    Numbered(prefix: prefix), availabilityOffset: isChunked ? .seconds(3.5) : .zero,
                    isAvailableComplete: !isChunked))
        }
        let places = [TrackLocation(references: ["media/"])]
        let sets = [
            SwitchingSet(
                kind: .video,
                tracks: [Track(id: "v", bitRate: .kilobits(1_000), media: list("v"), locations: places)]),
            SwitchingSet(
                kind: .audio, tracks: [Track(id: "a", bitRate: .kilobits(96), media: list("a"), locations: places)]),
        ]
        let timing = DynamicTiming(
            availabilityStart: .seconds(1_000_000 - age), minimumUpdatePeriod: .seconds(5),
            timeShiftBufferDepth: .seconds(60), suggestedDelay: isChunked ? .seconds(2) : .seconds(8),
            publishTime: .seconds(1_000_000 + now),
            patchLocations: patchStatus == nil
                ? [] : [PatchLocation(uri: "patch", timeToLive: .seconds(timeToLive))],
            clocks: clocks)
        return Presentation(
            format: .dash, periods: [Period(id: "p", switchingSets: sets)], isDynamic: true, dynamicTiming: timing)
    }
}

@Suite("Live DASH")
struct LiveDASHTests {
    private func latencies(_ harness: PlaybackHarness) -> [Double] {
        harness.events.compactMap { if case .latencySampled(let latency) = $0.event { latency.seconds } else { nil } }
    }

    @Test("plays segments while they are made, two seconds behind", arguments: [101, 102.3, 103.9])
    func chunks(age: Double) {
        var harness = PlaybackHarness(content: ChunkedContent(age: age), network: "9", latency: 0.02)
        harness.run(seconds: 40)
        #expect(harness.times(of: .rebuffering).isEmpty)
        #expect(latencies(harness).allSatisfy { $0 > 1.9 && $0 < 3 }, "\(latencies(harness))")
        #expect(harness.requests.contains { if case .chunks = $0.request.reading { true } else { false } })
        #expect(harness.rendered(.video) > 36)
    }

    @Test("whole segments need no chunks")
    func whole() {
        var harness = PlaybackHarness(content: ChunkedContent(isChunked: false), network: "9")
        harness.run(seconds: 40)
        #expect(latencies(harness).allSatisfy { $0 > 7.9 && $0 < 9.1 }, "\(latencies(harness))")
        #expect(!harness.requests.contains { if case .chunks = $0.request.reading { true } else { false } })
    }

    @Test("keeps the time of the presentation's clock", arguments: [30, -30])
    func clock(ahead: Double) {
        let clocks = [UTCTiming(scheme: "urn:mpeg:dash:utc:http-iso:2014", value: "/time")]
        let content = ChunkedContent(isChunked: false, clocks: clocks, ahead: ahead)
        var harness = PlaybackHarness(content: content, network: "9")
        harness.clockOffset = ahead
        harness.run(seconds: 30)
        #expect(latencies(harness).allSatisfy { $0 > 7.9 && $0 < 9.1 }, "\(latencies(harness))")
        let first = harness.requests.first { $0.request.kind == .video }
        let number = first.flatMap { $0.request.uri.split(separator: "-").last }.flatMap { Double($0) } ?? 0
        #expect(abs(number * 4 - (101 + ahead - 8)) <= 4)
    }

    @Test("plays by its own clock where no source answers")
    func noClock() {
        let clocks = [UTCTiming(scheme: "urn:mpeg:dash:utc:http-iso:2014", value: "/time")]
        var harness = PlaybackHarness(content: ChunkedContent(isChunked: false, clocks: clocks), network: "9")
        harness.clockOffset = nil
        harness.run(seconds: 20)
        #expect(harness.session.state == .playing)
    }

    @Test("asks for patches, and for the whole MPD when one is refused or too old")
    func patches() {
        func requests(_ content: ChunkedContent) -> (patches: Int, whole: Int) {
            var harness = PlaybackHarness(content: content, network: "9")
            harness.run(seconds: 30)
            #expect(harness.session.state == .playing)
            let all = harness.requests.filter { $0.request.kind == .manifest }
            return (all.count { $0.request.uri.contains("patch") }, all.count { !$0.request.uri.contains("patch") })
        }
        let good = requests(ChunkedContent(isChunked: false, patchStatus: 200))
        #expect(good.patches == 6 && good.whole == 1, "\(good)")
        let refused = requests(ChunkedContent(isChunked: false, patchStatus: 410))
        #expect(refused.patches == 5 && refused.whole == 6, "\(refused)")
        let old = requests(ChunkedContent(isChunked: false, patchStatus: 200, timeToLive: 2))
        #expect(old.patches == 0 && old.whole == 7, "\(old)")
    }
}

/// A static MPD in memory of two periods of 8 s.
private struct Periods: PlaybackHarness.Content {
    var continuity: PeriodContinuity?
    var secondID = "v"

    func answer(_ request: SessionRequest, at now: Double) -> PlaybackHarness.Answer {
        request.kind == .manifest
            ? .init(bytes: 1_000, document: .manifest(.presentation(presentation))) : .init(bytes: 100_000)
    }

    private var presentation: Presentation {
        let periods = (0..<2).map { number in
            let list = SegmentList(
                (0..<4).map {
                    Segment(
                        sequence: $0, start: .seconds(Double(number) * 8 + Double($0) * 2), duration: .seconds(2),
                        uri: "s\($0)", initialization: InitializationSection(uri: "init"))
                })
            let tracks = ["low", number == 0 ? "v" : secondID].enumerated().map {
                Track(
                    id: $1, bitRate: .kilobits(Double($0 + 1) * 100), media: .segments(list),
                    locations: [TrackLocation(references: ["p\(number)/\($1)/"])])
            }
            return Period(
                id: "p\(number)", start: .seconds(Double(number) * 8), duration: .seconds(8),
                switchingSets: [
                    SwitchingSet(id: "1", kind: .video, isTrickPlay: true, tracks: tracks),
                    SwitchingSet(id: "2", kind: .video, continuity: number == 1 ? continuity : nil, tracks: tracks),
                ])
        }
        return Presentation(format: .dash, periods: periods, duration: .seconds(16))
    }
}

@Suite("Periods and gaps")
struct PeriodTests {
    @Test(
        "the next period needs its initialization section unless it goes on the one before",
        arguments: [
            (nil, 2), (PeriodContinuity(period: "p0", isContinuous: true), 1),
            (PeriodContinuity(period: "p0", isContinuous: false), 2),
            (PeriodContinuity(period: "other", isContinuous: true), 2),
        ] as [(PeriodContinuity?, Int)])
    func continuity(_ continuity: PeriodContinuity?, sections: Int) {
        var harness = PlaybackHarness(content: Periods(continuity: continuity), network: "9")
        harness.run(seconds: 30)
        #expect(harness.session.state == .ended && harness.rendered(.video) == 16)
        let asked = harness.requests.filter { $0.request.kind == .initialization }.map(\.request.uri)
        #expect(asked.count == sections + 1 || asked.count == sections, "\(asked)")
        #expect(asked.contains { $0.contains("/p1/") } == (sections == 2), "\(asked)")
    }

    @Test("takes another variant over a gap, and skips what is a gap in all")
    func gaps() {
        struct Content: PlaybackHarness.Content {
            let inner: HLSContent
            let all: Bool
            func answer(_ request: SessionRequest, at now: Double) -> PlaybackHarness.Answer {
                var content = inner
                if !all, request.uri.contains("t0/") { content.gap = nil }
                return content.answer(request, at: now)
            }
        }
        for all in [false, true] {
            let inner = HLSContent(bitRates: [500_000, 1_000_000], segments: 8, gap: 5)
            var harness = PlaybackHarness(content: Content(inner: inner, all: all), network: "9")
            harness.run(seconds: 60)
            #expect(harness.session.state == .ended)
            #expect(harness.requests.contains { $0.request.uri.hasSuffix("t0/s5") } == !all)
            #expect(!harness.requests.contains { $0.request.uri.hasSuffix("t1/s5") })
            #expect(harness.rendered(.video) == 32)
        }
    }

    @Test("subtitles are loaded when they are wanted, and nobody waits for them")
    func subtitles() {
        struct Content: PlaybackHarness.Content {
            func answer(_ request: SessionRequest, at now: Double) -> PlaybackHarness.Answer {
                if request.kind == .subtitles { return .init(status: 500, bytes: 0) }
                let list = (0..<5).map {
                    Segment(sequence: $0, start: .seconds(Double($0) * 4), duration: .seconds(4), uri: "s\($0)")
                }
                let playlist = MediaPlaylist(
                    targetDuration: .seconds(4), kind: .vod, isEnded: true, segments: SegmentList(list),
                    duration: .seconds(20))
                guard request.kind == .manifest else {
                    return .init(bytes: 1_000, document: .manifest(.mediaPlaylist(playlist)))
                }
                func set(_ kind: MediaKind, _ id: String, _ language: String) -> SwitchingSet {
                    SwitchingSet(
                        id: id, kind: kind, language: language,
                        tracks: [
                            Track(
                                id: language, bitRate: .kilobits(100), media: .playlist,
                                locations: [
                                    TrackLocation(
                                        references: ["\(id)-\(language)/list"], audioGroup: "au", subtitleGroup: "su")
                                ])
                        ])
                }
                let sets = [
                    set(.video, "", ""), set(.audio, "au", "en"), set(.audio, "au", "nb-NO"),
                    set(.subtitles, "su", "nb"),
                ]
                return .init(
                    bytes: 500,
                    document: .manifest(
                        .presentation(Presentation(format: .hls, periods: [Period(switchingSets: sets)]))))
            }
        }
        var settings = PlayerSettings(segmentRetry: RetryPolicy(attempts: 1))
        settings.subtitleLanguage = "nb"
        settings.audioLanguage = "nb"
        var harness = PlaybackHarness(content: Content(), network: "9", settings: settings)
        harness.run(seconds: 60)
        #expect(harness.session.state == .ended && harness.rendered(.video) == 20)
        let uris = harness.requests.map(\.request.uri)
        #expect(uris.contains { $0.hasSuffix("/au-nb-NO/list") } && !uris.contains { $0.hasSuffix("/au-en/list") })
        #expect(uris.contains { $0.hasSuffix("/su-nb/s0") })
    }
}
