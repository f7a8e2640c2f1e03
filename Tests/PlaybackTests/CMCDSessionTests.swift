import Manifests
import Quantities
import Testing
import Transport

@testable import Playback

/// What sessions tell of themselves, held against what they do.
@Suite struct CMCDSessionTests {
    private func play(
        _ cmcd: CMCDSettings?, network: String, content: HLSContent = HLSContent(), seconds: Double = 60,
        _ change: (inout PlaybackHarness) -> Void = { _ in }
    ) -> PlaybackHarness {
        var settings = PlayerSettings()
        settings.cmcd = cmcd
        var harness = PlaybackHarness(content: content, network: network, settings: settings)
        change(&harness)
        harness.run(seconds: seconds)
        return harness
    }

    private func integer(_ report: CMCDReport?, _ key: CMCDKey) -> Int64? {
        switch report?[key] {
        case .item(let item)?: if case .integer(let value) = item.bare { return value }
        case .list(let items)?: if case .integer(let value)? = items.first?.bare { return value }
        case nil: return nil
        }
        return nil
    }

    private func media(_ harness: PlaybackHarness) -> [(at: Double, request: SessionRequest)] {
        harness.requests.filter { $0.request.kind == .video || $0.request.kind == .audio }
    }

    @Test func everyRequestCarriesTheSessionAndItsObject() throws {
        let harness = play(CMCDSettings(contentID: "final"), network: "4")
        // The multivariant playlist, then five segments of two tracks with playlist and initialization section each.
        #expect(harness.requests.count == 10)
        for (_, request) in harness.requests {
            let report = try #require(request.telemetry)
            #expect(try CMCDReport.decoded(report.text) == report)
            #expect(report[.sessionID] == harness.requests[0].request.telemetry?[.sessionID])
            #expect(report[.contentID] == .string("final"))
            let types: [TransferKind: String] = [.manifest: "m", .playlist: "m", .initialization: "i", .video: "av"]
            #expect(report[.objectType] == types[request.kind].map { .token($0) })
            // Before the manifest is there nothing tells the format: its name has no ending.
            #expect(report[.streamingFormat] == (request.kind == .manifest ? nil : .token("h")))
            let hasMedia = request.kind == .video
            #expect((report[.objectDuration] == .integer(4_000)) == hasMedia)
            #expect((report[.bufferLength] != nil) == hasMedia)
            #expect((report[.encodedBitRate] != nil) == hasMedia)
            #expect(report[.state] == nil && report[.sequenceNumber] == nil && report[.version] == nil)
        }
        let first = try #require(media(harness).first?.request.telemetry)
        let rate = HLSContent().bitRates[HLSContent.track(of: media(harness)[0].request.uri)] / 1_000
        #expect(integer(first, .encodedBitRate) == Int64(rate) && integer(first, .topBitRate) == 3_000)
        #expect(first[.nextObject] == .string("s1"))
        #expect(integer(first, .bufferLength) == 0 && integer(first, .deadline) == 0)
        // 4 s of media in 0.5 s, times five.
        #expect(integer(first, .requestedThroughput) == Int64(rate * 4 / 0.5 * 5))
        #expect(first[.startup] == .boolean(true) && first[.measuredThroughput] == nil)
        let last = try #require(media(harness).last?.request.telemetry)
        #expect(last[.nextObject] == nil)
        let measured = try #require(integer(last, .measuredThroughput))
        #expect((3_000...4_100).contains(measured))
    }

    @Test func theBufferLengthIsWhatTheSessionHas() throws {
        let harness = play(CMCDSettings(), network: "1")
        for (position, entry) in media(harness).enumerated() {
            // Segments come one at a time, each 4 s long, and the playhead began when the first was there.
            let playing = harness.events.first { $0.event == .stateChanged(from: .starting, to: .playing) }
            let begun = try #require(playing).at.seconds
            let rebuffered = harness.events.contains { $0.event == .stateChanged(from: .playing, to: .rebuffering) }
            try #require(!rebuffered)
            let expected = max(0, Double(position) * 4 - max(0, entry.at - begun)) * 1_000
            let told = Double(try #require(integer(entry.request.telemetry, .bufferLength)))
            #expect(abs(told - expected) <= 51, "segment \(position): \(told) instead of \(expected)")
        }
    }

    @Test func starvationIsToldOnceAndStartupUntilTheBufferIsFull() throws {
        var content = HLSContent()
        content.segments = 30
        let harness = play(CMCDSettings(), network: "99000000000000000099", content: content, seconds: 140)
        let stalls = harness.events.filter { $0.event == .stateChanged(from: .playing, to: .rebuffering) }
        let stall = try #require(stalls.first).at.seconds
        #expect(stalls.count == 1)
        let starved = media(harness).filter { $0.request.telemetry?[.bufferStarvation] != nil }
        let after = try #require(media(harness).first { $0.at >= stall })
        #expect(starved.map(\.at) == [after.at])
        // Startup: until 30 s are there, and again after the rebuffer.
        let full = media(harness).filter { $0.request.telemetry?[.startup] == nil }
        for entry in media(harness) where entry.at < stall {
            let isFull = (integer(entry.request.telemetry, .bufferLength) ?? 0) >= 29_900
            #expect((entry.request.telemetry?[.startup] == nil) == isFull || !isFull && !full.isEmpty)
        }
        #expect(after.request.telemetry?[.startup] == .boolean(true))
        #expect(media(harness).last?.request.telemetry?[.startup] == nil)
    }

    @Test func theSecondVersionCountsItsReportsAndTellsTheStartOnce() throws {
        let harness = play(CMCDSettings(version: .two), network: "4")
        let reports = harness.requests.compactMap(\.request.telemetry)
        #expect(reports.map { integer($0, .sequenceNumber) } == (1...10).map { Int64($0) })
        let delays = reports.compactMap { integer($0, .mediaStartDelay) }
        let start = try #require(harness.events.first { $0.event == .stateChanged(from: .starting, to: .playing) })
        #expect(delays == [Int64((start.at.seconds * 1_000).rounded())])
        #expect(reports.allSatisfy { $0[.version] == .integer(2) && $0[.event] == nil })
        for (at, request) in harness.requests {
            // What begins at the instant of a change may have been asked for just before it.
            let letters = [at - 1e-9, at + 1e-9].map { time in
                let change = harness.events.last { event in
                    guard case .stateChanged = event.event else { return false }
                    return event.at.seconds <= time
                }
                if case .stateChanged(_, let to)? = change?.event { return to.letter }
                return "s"
            }
            #expect(letters.contains { request.telemetry?[.state] == .token(String($0)) })
        }
        let media = try #require(media(harness).last?.request.telemetry)
        #expect(media.text.contains(";av)") && media[.streamType] == .token("v"))
        #expect(integer(media, .targetBufferLength) == 30_000 && integer(media, .lowestBitRate) == 500)
    }

    @Test func kindsApartHaveTheirOwnTypesAndLevels() throws {
        var content = HLSContent()
        content.hasAudio = true
        let harness = play(CMCDSettings(version: .two), network: "4", content: content)
        let video = try #require(harness.requests.last { $0.request.kind == .video }?.request.telemetry)
        let audio = try #require(harness.requests.last { $0.request.kind == .audio }?.request.telemetry)
        #expect(video[.objectType] == .token("v") && audio[.objectType] == .token("a"))
        guard case .list(let levels)? = audio[.bufferLength] else {
            throw CMCDDecodingError(offset: 0, expected: "a list")
        }
        #expect(levels.map { $0.parameters.map(\.name) } == [["v"], ["a"]])
        // Audio without a declared bit rate says nothing of bit rates.
        #expect(audio[.encodedBitRate] == nil)
    }

    @Test func liveStreamsTellTheirLatency() throws {
        var content = HLSContent()
        content.segments = nil
        let harness = play(CMCDSettings(version: .two), network: "4", content: content, seconds: 60)
        let report = try #require(media(harness).last?.request.telemetry)
        #expect(report[.streamType] == .token("l"))
        let sample = harness.events.last { if case .latencySampled = $0.event { true } else { false } }
        guard case .latencySampled(let latency)? = sample?.event else {
            throw CMCDDecodingError(offset: 0, expected: "one")
        }
        let told = Double(try #require(integer(report, .liveLatency)))
        #expect(abs(told - latency.milliseconds) < 5)
        // A live viewer never has 30 s; what there is counts as full.
        #expect(report[.startup] == nil)
    }

    @Test func onlyTheWantedKeysAreSent() throws {
        let keys: Set<CMCDKey> = [.sessionID, .objectType, .bufferLength]
        let harness = play(CMCDSettings(keys: keys), network: "4")
        let names = Set(harness.requests.flatMap { $0.request.telemetry?.fields.map(\.name) ?? [] })
        #expect(names == ["sid", "ot", "bl"])
    }

    @Test func tellingChangesNothingElse() {
        let collector = CMCDCollector(uri: "http://c.test/", events: Set(CMCDEvent.allCases), interval: .seconds(1))
        for network in ["4", "1", "99000000000000000099"] {
            let silent = play(nil, network: network)
            let talking = play(CMCDSettings(version: .two, collector: collector), network: network)
            #expect(silent.events == talking.events)
            #expect(silent.requests.map(\.request.uri) == talking.requests.map(\.request.uri))
            #expect(silent.requests.allSatisfy { $0.request.telemetry == nil } && silent.told.isEmpty)
            #expect(!talking.told.isEmpty)
        }
    }

    @Test func eventsTellWhatHappened() throws {
        var content = HLSContent()
        content.segments = 30
        let collector = CMCDCollector(uri: "http://c.test/", events: Set(CMCDEvent.allCases), interval: .seconds(10))
        let settings = CMCDSettings(version: .two, placement: .none, collector: collector)
        let harness = play(settings, network: "99000000000000000099", content: content, seconds: 140)
        #expect(harness.requests.allSatisfy { $0.request.telemetry == nil })
        let told = harness.told
        #expect(told.map { integer($0, .sequenceNumber) } == (1...told.count).map { Int64($0) })
        for report in told { #expect(try CMCDReport.decoded(report.text) == report) }

        let states = told.filter { $0[.event] == .token("ps") }.map { $0[.state] }
        let changes = harness.events.compactMap { event -> Character? in
            if case .stateChanged(_, let to) = event.event { to.letter } else { nil }
        }
        #expect(states == (["s"] + changes).map { .token(String($0)) })
        let transfers = harness.events.filter { if case .transferFinished = $0.event { true } else { false } }
        let responses = told.filter { $0[.event] == .token("rr") }
        #expect(responses.count == transfers.count && responses.allSatisfy { integer($0, .status) == 200 })
        let switches = harness.events.filter {
            if case .trackSelected(.video, _, _, isSwitch: true) = $0.event { true } else { false }
        }
        #expect(told.filter { $0[.event] == .token("bc") }.count == switches.count && !switches.isEmpty)
        let intervals = told.filter { $0[.event] == .token("t") }.compactMap { integer($0, .timestamp) }
        #expect(intervals == (1...intervals.count).map { 1_000_000_000 + Int64($0) * 10_000 })
        #expect(intervals.count == Int((harness.now - 0.001) / 10))
        let last = try #require(told.last { $0[.event] == .token("ps") })
        #expect(integer(last, .starvationCount) == 1)
        let stalled = harness.timeline.filter { $0 == "r" }.count
        let starved = Double(try #require(integer(last, .totalStarvationDuration))) / 1_000
        #expect(abs(starved - Double(stalled)) <= 1)
        // Each part of the starved time is told once.
        let parts = told.compactMap { integer($0, .starvationDuration) }.reduce(0, +)
        #expect(parts == integer(last, .totalStarvationDuration))
    }

    @Test func failuresAreToldWithTheirLabel() throws {
        var content = HLSContent()
        content.faults = [(suffix: "main", from: 0, to: 100, status: 403)]
        let settings = CMCDSettings(version: .two, collector: CMCDCollector(uri: "http://c.test/"))
        let harness = play(settings, network: "4", content: content)
        let report = try #require(harness.told.first { $0[.event] == .token("e") })
        #expect(report[.errorCodes] == .list([CMCDItem(.string("manifest-403"))]))
        #expect(harness.told.filter { integer($0, .status) == 403 }.count == 3)
        #expect(harness.told.last?[.state] == .token("f"))
    }

    @Test func responsesNameNoQuery() throws {
        var settings = PlayerSettings()
        settings.cmcd = CMCDSettings(version: .two, collector: CMCDCollector(uri: "http://c.test/"))
        var harness = PlaybackHarness(
            content: HLSContent(), network: "4", settings: settings, uri: "http://cdn.test/main?token=secret")
        harness.run(seconds: 60)
        #expect(harness.told.contains { $0[.url] == .string("http://cdn.test/main") })
        #expect(!harness.told.contains { $0.text.contains("secret") })
    }

    @Test func anUnheardSessionKeepsNoMoreThanItsQueue() {
        var state = CMCDState(seed: 1, isAsset: false)
        for _ in 0..<300 { state.add(CMCDReport(version: .two, mode: .event)) }
        let (reports, dropped) = state.takeQueue()
        #expect(reports.count == 256 && dropped == 44)
        #expect(state.takeQueue().reports.isEmpty && state.dropped == 0)
    }

    @Test func identifiersAreUUIDsOfTheSeed() throws {
        var seen = Set<String>()
        let digits = Set("0123456789abcdef")
        for seed in 0..<200 as Range<UInt64> {
            let uuid = CMCDState(seed: seed, isAsset: false).sessionID
            #expect(uuid == CMCDState(seed: seed, isAsset: true).sessionID)
            let groups = uuid.split(separator: "-").map(String.init)
            #expect(groups.map(\.count) == [8, 4, 4, 4, 12] && groups.joined().allSatisfy(digits.contains))
            let variant = try #require(groups[3].first)
            #expect(groups[2].first == "4" && "89ab".contains(variant))
            seen.insert(uuid)
        }
        #expect(seen.count == 200)
    }

    @Test(arguments: [
        ("http://h/a/b/s2", "http://h/a/b/s1", "s2"), ("http://h/a/c/s2", "http://h/a/b/s1", "../c/s2"),
        ("http://h/s2?x=1", "http://h/a/b/s1", "../../s2?x=1"), ("http://h/a/s", "http://h/a/s", "s"),
        ("http://h/a/b/c/s2", "http://h/a/s1?q=/x", "b/c/s2"), ("https://h/s2", "http://h/s1", nil),
        ("http://i/s2", "http://h/s1", nil), ("http://h/a//s", "http://h/a//t", "s"),
    ])
    func theNextObjectIsNamedFromThisOne(target: String, base: String, expected: String?) {
        let path = PlayerSession.relativePath(to: target, from: base)
        #expect(path == expected)
        if let path { #expect(URIReference.resolve(path, against: base) == target) }
    }
}
