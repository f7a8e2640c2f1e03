import Manifests
import Playback
import Quantities
import Testing

/// A low-latency HLS stream made up in memory: segments of 2 s in parts of 0.5 s, one video track per bit rate.
struct LowLatencyContent: PlaybackHarness.Content {
    var bitRates: [Double] = [1_000_000, 2_000_000]
    /// Seconds that the stream had been going on when the test's clock was zero.
    var age: Double = 100
    var holdsBack: Double = 1.5
    var canBlock = true
    var refusesDirectives = false
    var hasHints = true

    private static let part = 0.5
    private static let perSegment = 4

    func answer(_ request: SessionRequest, at now: Double) -> PlaybackHarness.Answer {
        switch request.kind {
        case .manifest: return .init(bytes: 500, document: .manifest(.presentation(master)))
        case .playlist: return playlistAnswer(request, at: now)
        case .video: return partAnswer(request, at: now)
        default: return .init(bytes: 800)
        }
    }

    private func parameter(_ name: String, of uri: String) -> Int? {
        uri.split(separator: "?").last?.split(separator: "&").first { $0.hasPrefix(name + "=") }
            .flatMap { Int($0.dropFirst(name.count + 1)) }
    }

    private func playlistAnswer(_ request: SessionRequest, at now: Double) -> PlaybackHarness.Answer {
        guard let sequence = parameter("_HLS_msn", of: request.uri) else {
            return .init(bytes: 1_000, document: .manifest(.mediaPlaylist(playlist(at: now))))
        }
        if refusesDirectives { return .init(status: 400, bytes: 10) }
        let wanted = sequence * Self.perSegment + (parameter("_HLS_part", of: request.uri) ?? Self.perSegment - 1) + 1
        let release = max(now, Double(wanted) * Self.part - age)
        return .init(
            bytes: 1_000, document: .manifest(.mediaPlaylist(playlist(at: release))), heldUntil: release)
    }

    private func partAnswer(_ request: SessionRequest, at now: Double) -> PlaybackHarness.Answer {
        let track = HLSContent.track(of: request.uri)
        let name = request.uri.split(separator: "/").last ?? ""
        let numbers = name.dropFirst().split(separator: ".").compactMap { Int($0) }
        guard let sequence = numbers.first else { return .init(status: 404, bytes: 0) }
        if numbers.count == 1 { return .init(bytes: Int64(bitRates[track] * 2 / 8)) }
        let end = Double(sequence * Self.perSegment + numbers[1] + 1) * Self.part - age
        return .init(bytes: Int64(bitRates[track] * Self.part / 8), heldUntil: max(now, end))
    }

    private var master: Presentation {
        let tracks = bitRates.indices.map { index in
            Track(
                id: "\(index)", bitRate: BitRate(bitsPerSecond: bitRates[index]), media: .playlist,
                locations: [TrackLocation(references: ["t\(index)/list"])])
        }
        return Presentation(
            format: .hls, periods: [Period(switchingSets: [SwitchingSet(kind: .video, tracks: tracks)])])
    }

    private func playlist(at now: Double) -> MediaPlaylist {
        let parts = Int(((now + age) / Self.part + 1e-6).rounded(.down))
        let complete = parts / Self.perSegment
        let first = complete - 8
        let segments = (first..<complete).map { number in
            Segment(
                sequence: Int64(number), start: .seconds(Double(number - first) * 2), duration: .seconds(2),
                uri: "s\(number)", initialization: InitializationSection(uri: "init"),
                programDateTime: .seconds(1_000_000 - age + Double(number) * 2))
        }
        var extras = MediaPlaylist.Extras()
        extras.partTarget = .seconds(Self.part)
        extras.serverControl.canBlockReload = canBlock
        extras.serverControl.partHoldBack = .seconds(holdsBack)
        extras.serverControl.canSkipUntil = .seconds(12)
        extras.parts = ((complete - 2) * Self.perSegment..<parts).map { index in
            let number = index / Self.perSegment
            return Part(
                sequence: Int64(number), index: index % Self.perSegment,
                start: .seconds(Double(index) * Self.part - Double(first) * 2), duration: .seconds(Self.part),
                uri: "s\(number).\(index % Self.perSegment)", isIndependent: index % Self.perSegment == 0,
                initialization: InitializationSection(uri: "init"))
        }
        extras.renditionReports = bitRates.indices.map {
            RenditionReport(
                uri: "../t\($0)/list", lastSequence: Int64((parts - 1) / Self.perSegment),
                lastPart: (parts - 1) % Self.perSegment)
        }
        let next = PreloadHint(kind: .part, uri: "s\(parts / Self.perSegment).\(parts % Self.perSegment)")
        if hasHints { extras.preloadHints = [next] }
        return MediaPlaylist(
            targetDuration: .seconds(2), kind: .live, isEnded: false, segments: SegmentList(segments),
            duration: .seconds(16), extras: extras)
    }
}

@Suite("Low-latency HLS")
struct LowLatencyTests {
    private func latencies(_ harness: PlaybackHarness) -> [Double] {
        harness.events.compactMap { if case .latencySampled(let latency) = $0.event { latency.seconds } else { nil } }
    }

    @Test("plays at the part hold-back", arguments: [0, 0.1, 0.37, 0.49])
    func latency(phase: Double) {
        var harness = PlaybackHarness(content: LowLatencyContent(age: 100 + phase), network: "9", latency: 0.02)
        harness.run(seconds: 30)
        #expect(harness.times(of: .rebuffering).isEmpty)
        let samples = latencies(harness)
        #expect(samples.count > 40)
        #expect(samples.allSatisfy { $0 > 1.4 && $0 < 2.0 }, "\(samples.min() ?? 0) to \(samples.max() ?? 0)")
        #expect(harness.rendered(.video) > 27)
    }

    @Test("waits for the playlist in one request a part, and asks for deltas")
    func blockingReload() {
        var harness = PlaybackHarness(content: LowLatencyContent(), network: "9", latency: 0.02)
        harness.run(seconds: 20)
        let reloads = harness.requests.filter { $0.request.kind == .playlist }.map(\.request.uri)
        #expect((38...46).contains(reloads.count), "\(reloads.count)")
        #expect(reloads.dropFirst(1).allSatisfy { $0.contains("_HLS_msn=") && $0.contains("_HLS_part=") })
        #expect(reloads.last?.contains("_HLS_skip=YES") == true)
    }

    @Test("fetches announced parts, each once")
    func hints() {
        var harness = PlaybackHarness(content: LowLatencyContent(), network: "9", latency: 0.02)
        harness.run(seconds: 20)
        let uris = harness.requests.filter { $0.request.kind == .video }.map(\.request.uri)
        #expect(Set(uris).count == uris.count, "a part was fetched twice")
        #expect((38...48).contains(uris.count), "\(uris.count)")
        // Asked for before it was there: the request stands until the part is made.
        let early = harness.requests.filter { request in
            let numbers = request.request.uri.split(separator: "/").last?.dropFirst().split(separator: ".") ?? []
            guard request.request.kind == .video, numbers.count == 2, let sequence = Double(numbers[0]),
                let part = Double(numbers[1])
            else { return false }
            return request.at < sequence * 2 + (part + 1) * 0.5 - 100 - 0.2
        }
        #expect(early.count > 30, "\(early.count)")
    }

    @Test("plays without hints too")
    func withoutHints() {
        var harness = PlaybackHarness(content: LowLatencyContent(hasHints: false), network: "9", latency: 0.02)
        harness.run(seconds: 20)
        #expect(harness.times(of: .rebuffering).isEmpty)
        #expect(latencies(harness).allSatisfy { $0 < 2.0 })
    }

    @Test("goes on plainly with a server that refuses the directives")
    func refusedDirectives() {
        var harness = PlaybackHarness(
            content: LowLatencyContent(refusesDirectives: true), network: "9", latency: 0.02)
        harness.run(seconds: 20)
        #expect(harness.session.state == .playing)
        #expect(harness.rendered(.video) > 12)
        let reloads = harness.requests.filter { $0.request.kind == .playlist }
        #expect(reloads.count < 120, "\(reloads.count)")
    }

    @Test("a player without low latency takes whole segments at the usual distance")
    func wholeSegments() {
        var settings = PlayerSettings()
        settings.usesLowLatency = false
        var harness = PlaybackHarness(content: LowLatencyContent(), network: "9", latency: 0.02, settings: settings)
        harness.run(seconds: 20)
        let uris = harness.requests.map(\.request.uri)
        #expect(!uris.contains { $0.contains("_HLS_") })
        #expect(latencies(harness).allSatisfy { $0 > 5 })
    }

    @Test("survives a link that stands still for a while")
    func outage() {
        var harness = PlaybackHarness(content: LowLatencyContent(), network: "9999900000099", latency: 0.02)
        harness.run(seconds: 30)
        #expect(!harness.times(of: .rebuffering).isEmpty)
        #expect(harness.session.state == .playing)
    }

    @Test("a CDN's old copy is made up for by asking for later parts")
    func tuneIn() {
        var harness = PlaybackHarness(content: LowLatencyContent(), network: "9", latency: 0.02)
        harness.run(seconds: 3)
        #expect(harness.session.state == .playing)
    }

    @Test("switches tracks at independent parts and keeps the picture going")
    func switching() {
        var harness = PlaybackHarness(content: LowLatencyContent(), network: "99999111111199999999", latency: 0.02)
        harness.run(seconds: 20)
        #expect(Set(harness.videoTracks).count == 2)
        #expect(harness.rendered(.video) > 14)
    }
}
