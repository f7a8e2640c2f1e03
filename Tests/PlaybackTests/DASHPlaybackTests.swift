import Manifests
import Playback
import Quantities
import Testing

/// A DASH stream made up in memory, with audio apart: numbered segments, static or dynamic, one or two periods.
struct DASHContent: PlaybackHarness.Content {
    var bitRates: [Double] = [500_000, 1_000_000, 3_000_000]
    var isLive = false
    /// Static: the periods' durations.
    var periods: [Double] = [20]
    /// Dynamic: seconds that the stream had been going on when the test's clock was zero.
    var age: Double = 100
    /// Dynamic: the list is written out anew in each MPD (SegmentTimeline) instead of being endless.
    var hasTimeline = false
    var isIndexed = false
    let segmentDuration = 2.0

    private struct Numbered: SegmentList.Source {
        let prefix: String
        let start: Double
        let firstSequence: Int64
        let lastSequence: Int64?

        func segment(_ sequence: Int64) -> Segment {
            Segment(
                sequence: sequence, start: .seconds(start + Double(sequence) * 2), duration: .seconds(2),
                uri: "\(prefix)-\(sequence)", initialization: InitializationSection(uri: "\(prefix)-init"))
        }

        func sequence(at time: MediaTime) -> Int64 {
            let found = Int64(((time.seconds - start) / 2).rounded(.down))
            return max(firstSequence, min(found, lastSequence ?? found))
        }
    }

    func answer(_ request: SessionRequest, at now: Double) -> PlaybackHarness.Answer {
        switch request.kind {
        case .manifest:
            return PlaybackHarness.Answer(bytes: 3_000, document: .manifest(.presentation(presentation(at: now))))
        case .index:
            let list = Numbered(prefix: "x", start: 0, firstSequence: 0, lastSequence: 9)
            return PlaybackHarness.Answer(bytes: 500, document: .segmentIndex(SegmentList(list)))
        case .video: return PlaybackHarness.Answer(bytes: Int64(bitRates[track(request.uri)] * segmentDuration / 8))
        case .audio: return PlaybackHarness.Answer(bytes: Int64(96_000 * segmentDuration / 8))
        case .playlist, .initialization, .subtitles, .key, .step, .steering, .assetList, .clock:
            return PlaybackHarness.Answer(bytes: 800)
        }
    }

    private func track(_ uri: String) -> Int {
        guard let name = uri.split(separator: "/").last, name.first == "v" else { return 0 }
        return Int(name.dropFirst().prefix(1)) ?? 0
    }

    private func presentation(at now: Double) -> Presentation {
        var start = 0.0
        var made: [Period] = []
        for (number, duration) in (isLive ? [0] : periods).enumerated() {
            let last: Int64? =
                isLive ? (hasTimeline ? Int64((age + now) / 2) - 1 : nil) : Int64((duration / 2).rounded(.up)) - 1
            let first: Int64 = isLive && hasTimeline ? max(0, (last ?? 0) - 14) : 0
            func list(_ prefix: String) -> MediaSource {
                .segments(
                    SegmentList(Numbered(prefix: prefix, start: start, firstSequence: first, lastSequence: last)))
            }
            let video = bitRates.indices.map { index in
                Track(
                    id: "v\(index)", bitRate: BitRate(bitsPerSecond: bitRates[index]),
                    media: isIndexed
                        ? .indexed(
                            IndexedMedia(
                                uri: "file\(index)", indexRange: ByteRange(offset: 800, length: 400),
                                initialization: nil,
                                periodStart: .zero)) : list("v\(index)"),
                    locations: [TrackLocation(references: isIndexed ? [] : ["p\(number)/"])])
            }
            let audio = [
                Track(
                    id: "a", bitRate: .kilobits(96), media: list("a"),
                    locations: [TrackLocation(references: ["p\(number)/"])])
            ]
            made.append(
                Period(
                    id: "p\(number)", start: .seconds(start), duration: isLive ? nil : .seconds(duration),
                    switchingSets: [
                        SwitchingSet(id: "1", kind: .video, tracks: video),
                        SwitchingSet(id: "2", kind: .audio, tracks: audio),
                    ]))
            start += duration
        }
        let timing = DynamicTiming(
            availabilityStart: .seconds(1_000_000 - age), minimumUpdatePeriod: hasTimeline ? .seconds(2) : .seconds(30),
            timeShiftBufferDepth: .seconds(30), suggestedDelay: .seconds(6))
        return Presentation(
            format: .dash, periods: made, isDynamic: isLive, dynamicTiming: isLive ? timing : nil,
            duration: isLive ? nil : .seconds(periods.reduce(0, +)))
    }
}

@Suite("DASH playback") struct DASHPlaybackTests {
    @Test("plays a static presentation with its audio to the end")
    func playsStatic() {
        var harness = PlaybackHarness(content: DASHContent(), network: "9")
        harness.run(seconds: 60)
        #expect(harness.timeline.last == "e")
        #expect(abs(harness.rendered(.video) - 20) < 1e-6)
        #expect(abs(harness.rendered(.audio) - 20) < 1e-6)
        #expect(harness.requests.allSatisfy { $0.request.kind == .manifest || $0.request.uri.contains("/p0/") })
    }

    @Test("plays through several periods without a stop")
    func playsPeriods() {
        var harness = PlaybackHarness(content: DASHContent(periods: [10, 5, 8]), network: "9")
        harness.run(seconds: 60)
        #expect(harness.timeline.last == "e")
        #expect(harness.times(of: .rebuffering).isEmpty)
        for period in 0..<3 { #expect(harness.requests.contains { $0.request.uri.contains("/p\(period)/") }) }
        // The second period's last segment reaches past its end: the third period's first takes over there.
        #expect(abs(harness.rendered(.video) - 23) < 1.1)
    }

    @Test("a live session starts at the suggested delay and keeps it", arguments: [false, true])
    func playsLive(hasTimeline: Bool) {
        var harness = PlaybackHarness(content: DASHContent(isLive: true, hasTimeline: hasTimeline), network: "9")
        harness.run(seconds: 60)
        #expect(harness.timeline.hasPrefix("sp"))
        #expect(harness.times(of: .rebuffering).isEmpty)
        let latencies = harness.events.compactMap { event in
            if case .latencySampled(let latency) = event.event { latency.seconds } else { nil }
        }
        #expect(latencies.count > 20)
        #expect(latencies.allSatisfy { $0 > 5.9 && $0 < 8.5 })
        #expect(abs(harness.rendered(.video) - harness.rendered(.audio)) < 2.1)
        let manifests = harness.requests.filter { $0.request.kind == .manifest }.count
        #expect(hasTimeline ? (25...31).contains(manifests) : manifests == 3)
    }

    @Test("asks for live segments when they become available, and not before")
    func waitsForAvailability() {
        let content = DASHContent(isLive: true)
        var harness = PlaybackHarness(content: content, network: "9")
        harness.run(seconds: 40)
        for (at, request) in harness.requests where request.kind == .video {
            let number = Double(request.uri.split(separator: "-").last ?? "") ?? .infinity
            #expect((number + 1) * 2 <= content.age + at + 1e-6)
        }
        let late = harness.requests.filter { $0.request.kind == .video && $0.at > 10 }.map(\.at)
        #expect(zip(late.dropFirst(), late).allSatisfy { abs($0 - $1 - 2) < 1e-3 })
    }

    @Test("fetches the index of a track before its segments, once")
    func fetchesIndexes() {
        var harness = PlaybackHarness(
            content: DASHContent(isIndexed: true), network: "9", settings: PlayerSettings(adaptation: .fixed(.lowest)))
        harness.run(seconds: 60)
        #expect(harness.timeline.last == "e")
        #expect(harness.requests.filter { $0.request.kind == .index }.count == 1)
        #expect(abs(harness.rendered(.video) - 20) < 1e-6)
    }
}
