import Quantities
import Testing

@testable import Manifests

@Suite("Low-latency playlists and delta updates") struct LowLatencyTests {
    private let base = Int64(1_795_363_200_000_000_000)  // 2026-11-22T16:00:00Z

    @Test("parts, hints, reports and server control, value by value")
    func lowLatency() throws {
        let playlist = try mediaPlaylist(Fixture.bytes("live.low-latency.m3u8"))
        #expect(playlist.isLowLatency && playlist.extras.partTarget == .milliseconds(1_004))
        #expect(playlist.extras.version == 9 && playlist.extras.hasIndependentSegments)
        #expect(playlist.extras.discontinuitySequence == 3 && playlist.extras.skip == nil)
        var control = ServerControl()
        control.canBlockReload = true
        control.canSkipUntil = .seconds(Int64(24))
        control.canSkipDateRanges = true
        control.partHoldBack = .milliseconds(3_030)
        #expect(playlist.extras.serverControl == control && playlist.holdBack == nil)
        let parts = playlist.extras.parts
        #expect(parts.map(\.sequence) == [271, 271, 271, 271, 272, 272])
        #expect(parts.map(\.index) == [0, 1, 2, 3, 0, 1])
        #expect(parts.map(\.isIndependent) == [true, false, false, true, true, false])
        #expect(parts.map(\.isGap) == [false, false, true, false, false, false])
        let start = Int64(20_000_400_000)
        #expect(
            parts.map(\.start.nanoseconds) == [
                start, start + 1_000_000_000, start + 2_000_000_000, start + 3_000_000_000, 24_000_480_000,
                25_000_480_000,
            ])
        #expect(
            parts.map(\.byteRange) == [
                nil, nil, nil, nil, ByteRange(offset: 0, length: 20_000), ByteRange(offset: 20_000, length: 23_000),
            ])
        #expect(parts.allSatisfy { $0.initialization?.uri == "init2.mp4" && $0.key?.uri == "key.bin" })
        #expect(parts.allSatisfy { $0.discontinuity == 4 })
        #expect(parts[0].programDateTime?.nanoseconds == base + 20_000_000_000)
        #expect(parts[5].programDateTime?.nanoseconds == base + 25_000_080_000)
        #expect(playlist.end.nanoseconds == 25_900_480_000)
        #expect(playlist.parts(of: 271).map(\.uri) == (0...3).map { "filePart271.\($0).mp4" })
        #expect(playlist.parts(of: 270).isEmpty && playlist.parts(of: 272).count == 2)
        #expect(
            playlist.extras.preloadHints == [
                PreloadHint(kind: .part, uri: "fileSequence272.mp4", rangeStart: 43_000),
                PreloadHint(kind: .map, uri: "init3.mp4", rangeLength: 700),
            ])
        #expect(
            playlist.extras.renditionReports == [
                RenditionReport(uri: "../1M/waitForMSN.m3u8", lastSequence: 272, lastPart: 1),
                RenditionReport(uri: "../4M/waitForMSN.m3u8"),
            ])
        #expect(playlist.segments.first?.title == "first" && playlist.segments.last?.title == "")
        #expect(playlist.findings == [])
    }

    @Test("a delta update alone is out of date")
    func deltaAlone() throws {
        let bytes = try Fixture.bytes("live.delta-update.m3u8")
        guard case .outOfDate? = decodingError(bytes) else {
            Issue.record("a delta update was decoded without what it leaves out")
            return
        }
    }

    @Test("a delta update gives the same as the whole playlist")
    func delta() throws {
        let held = try ManifestDecoder.decode(Fixture.bytes("live.low-latency.m3u8"))
        let update = try updated(Fixture.bytes("live.delta-update.m3u8"), of: held)
        #expect(update.segments.all.map(\.sequence) == Array(267...272))
        #expect(update.segments.all.map(\.uri) == (267...272).map { "fileSequence\($0).mp4" })
        #expect(update.segments.first?.start == .zero)
        #expect(
            update.segments.all.map(\.initialization?.uri) == Array(repeating: "init.mp4", count: 4) + [
                "init2.mp4", "init2.mp4",
            ])
        #expect(update.segments.all.map(\.key?.uri) == [nil, nil, nil, nil, "key.bin", "key.bin"])
        #expect(update.segments.all.map(\.discontinuity) == [3, 3, 3, 3, 4, 4])
        #expect(update.segments.last?.programDateTime?.nanoseconds == base + 24_000_080_000)
        #expect(update.duration == .nanoseconds(24_000_480_000) && update.extras.skip == nil)
        // The parts of segment 271 are within three target durations of the end.
        #expect(update.extras.parts.map(\.sequence) == [271, 271, 271, 271, 272, 272])
        #expect(update.extras.parts[0].start.nanoseconds == 16_000_320_000)
        #expect(update.parts(of: 272).map(\.start.nanoseconds) == [20_000_400_000, 21_000_400_000])
        #expect(update.findings == [])
    }

    /// A live playlist of so many segments, or its delta update.
    private func live(from first: Int, count: Int, skipping skipped: Int = 0, removed: [String]? = nil) -> [UInt8] {
        var text = """
            #EXTM3U
            #EXT-X-VERSION:10
            #EXT-X-TARGETDURATION:2
            #EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL=12
            #EXT-X-MEDIA-SEQUENCE:\(first)
            #EXT-X-DISCONTINUITY-SEQUENCE:\((first + 9) / 10)

            """
        if skipped > 0 {
            let ids = removed.map { ",RECENTLY-REMOVED-DATERANGES=\"\($0.joined(separator: "\t"))\"" } ?? ""
            text += "#EXT-X-SKIP:SKIPPED-SEGMENTS=\(skipped)\(ids)\n"
        }
        for number in first + skipped..<first + count { text += segment(number, isFirst: number == first) }
        return Array(text.utf8)
    }

    /// Every tenth segment begins with a discontinuity, a date, a map and a key; bit rates and titles change as well.
    private func segment(_ number: Int, isFirst: Bool) -> String {
        var text = ""
        if number % 10 == 0 || isFirst {
            if number % 10 == 0 { text += "#EXT-X-DISCONTINUITY\n" }
            let second = number * 2
            let time = [second / 3_600, second / 60 % 60, second % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
            text += "#EXT-X-PROGRAM-DATE-TIME:2026-11-22T\(time.joined(separator: ":"))Z\n"
            text += "#EXT-X-MAP:URI=\"init\(number / 10).mp4\"\n"
            text += "#EXT-X-KEY:METHOD=AES-128,URI=\"key\(number / 10)\",IV=0x1\n#EXT-X-BITRATE:\(number / 10 + 1)\n"
        }
        text += "#EXT-X-DATERANGE:ID=\"d\(number)\",START-DATE=\"2026-11-22T00:00:00Z\",X-A=\"\(number)\"\n"
        return text + "#EXTINF:2.0,title \(number)\nseg\(number).m4s\n"
    }

    private func updated(_ bytes: [UInt8], of held: DecodedManifest) throws -> MediaPlaylist {
        guard case .mediaPlaylist(let playlist) = try ManifestDecoder.update(bytes, of: held) else { throw WrongKind() }
        return playlist
    }

    @Test("a chain of delta updates stays equal to the whole playlist, and holds no more than it")
    func chain() throws {
        var held = try ManifestDecoder.decode(live(from: 0, count: 50))
        for first in 1...400 {
            let delta = live(from: first, count: 50, skipping: 44, removed: ["d\(first - 1)"])
            let update = try updated(delta, of: held)
            let whole = try mediaPlaylist(live(from: first, count: 50))
            #expect(update.segments.all == whole.segments.all)
            #expect(update.duration == whole.duration && update.end == whole.end)
            #expect(update.findings == [])
            // The update has the ranges of the older copy without those removed.
            let ids = Set(update.extras.dateRanges.map(\.id))
            #expect(!ids.contains("d\(first - 1)") && ids.isSuperset(of: whole.extras.dateRanges.map(\.id)))
            let list = try #require(update.segments.playlistSegments)
            #expect(list.bytes.count < delta.count + 50 * 24 && list.contexts.count <= 7 && list.rates.count <= 7)
            held = .mediaPlaylist(update)
        }
    }

    @Test("what is left out must be held", arguments: [(60, 45), (1, 60), (0, 51), (-1, 3)])
    func missing(first: Int, skipped: Int) throws {
        let held = try ManifestDecoder.decode(live(from: 1, count: 50))
        #expect(throws: ManifestError.self) {
            try updated(live(from: max(0, first), count: skipped + 6, skipping: skipped), of: held)
        }
        let error = #expect(throws: ManifestError.self) {
            try updated(live(from: 60, count: 51, skipping: 45), of: held)
        }
        guard case .outOfDate? = error else {
            Issue.record("not out of date")
            return
        }
    }

    @Test(
        "hostile skips neither crash nor cost",
        arguments: [
            "#EXT-X-SKIP:SKIPPED-SEGMENTS=18446744073709551615", "#EXT-X-SKIP:SKIPPED-SEGMENTS=1000000",
            "#EXT-X-SKIP:", "#EXT-X-SKIP:SKIPPED-SEGMENTS=5\n#EXT-X-SKIP:SKIPPED-SEGMENTS=5",
            "#EXT-X-MEDIA-SEQUENCE:2305843009213693952\n#EXT-X-SKIP:SKIPPED-SEGMENTS=5",
            "#EXT-X-SKIP:SKIPPED-SEGMENTS=5\n#EXT-X-MEDIA-SEQUENCE:7", "#EXTINF:1,\na\n#EXT-X-SKIP:SKIPPED-SEGMENTS=5",
        ])
    func hostile(body: String) throws {
        let held = try ManifestDecoder.decode(live(from: 0, count: 50))
        #expect(throws: ManifestError.self) {
            try ManifestDecoder.update(Array("#EXTM3U\n#EXT-X-TARGETDURATION:2\n\(body)\n".utf8), of: held)
        }
    }

    @Test("an update that is the whole playlist is decoded as such, also of a presentation")
    func whole() throws {
        let held = try ManifestDecoder.decode(live(from: 0, count: 50))
        #expect(try updated(live(from: 90, count: 5), of: held).segments.firstSequence == 90)
        let other = try ManifestDecoder.decode(Fixture.bytes("multivariant.groups.m3u8"))
        #expect(try updated(live(from: 90, count: 5), of: other).segments.firstSequence == 90)
        let delta = live(from: 1, count: 50, skipping: 44)
        #expect(throws: ManifestError.self) { try updated(delta, of: other) }
    }

    @Test("mutated delta updates never crash", arguments: 0..<4)
    func mutations(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let held = try ManifestDecoder.decode(live(from: 0, count: 50))
        let original = live(from: 3, count: 50, skipping: 40, removed: ["d1"])
        for _ in 0..<300 {
            var bytes = original
            for _ in 0..<3 {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                bytes[place] = [UInt8](".,0149\n#=:\"-@x".utf8).randomElement(using: &generator) ?? 0
            }
            guard let update = try? updated(bytes, of: held) else { continue }
            #expect(update.segments.all.allSatisfy { $0.duration > .zero })
            _ = update.extras.parts.map(\.end)
        }
    }
}
