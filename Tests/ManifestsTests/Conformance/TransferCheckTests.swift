import Foundation
import Quantities
import Testing

@testable import Manifests

@Suite struct TransferCheckTests {
    private func segment(_ change: (inout TransferFacts) -> Void = { _ in }) -> [String] {
        var facts = TransferFacts(kind: .segment(.video), status: 200, bytes: 500_000, contentType: "video/mp4")
        facts.mediaDuration = .seconds(4.0)
        change(&facts)
        return TransferCheck.check(facts).ids
    }

    private func playlist(_ change: (inout TransferFacts) -> Void = { _ in }) -> [String] {
        var facts = TransferFacts(
            kind: .mediaPlaylist, status: 200, bytes: 2_000, contentType: "application/vnd.apple.mpegurl",
            contentEncoding: "gzip", cacheControl: "max-age=2")
        facts.updateInterval = .seconds(4.0)
        change(&facts)
        return TransferCheck.check(facts).ids
    }

    @Test func soundResponsesHaveNothingToTell() {
        #expect(segment() == [])
        #expect(playlist() == [])
    }

    @Test func tellsPagesInPlaceOfMedia() {
        #expect(segment { $0.contentType = "Text/HTML; charset=utf-8" } == ["http-error-page"])
        #expect(segment { $0.prefix = Array("\n <!DOCTYPE HTML><html".utf8) } == ["http-error-page"])
        #expect(segment { $0.prefix = Array("{\"error\":\"gone\"}".utf8) } == ["http-error-page"])
        #expect(segment { $0.prefix = Array("<?xml version".utf8) } == ["http-error-page"])
        #expect(segment { $0.prefix = [0, 0, 0, 24, 0x66, 0x74, 0x79, 0x70] } == [])
        #expect(segment { $0.prefix = Array("{".utf8) } == [])
        #expect(playlist { $0.contentType = "text/html" } == ["http-error-page"])
        #expect(playlist { $0.prefix = Array("#EXTM3U\n".utf8) } == [])
        let subtitle = segment {
            $0.kind = .segment(.subtitles)
            $0.contentType = "application/ttml+xml"
            $0.prefix = Array("<?xml version".utf8)
        }
        #expect(subtitle == [])
    }

    @Test func tellsBodiesThatAreTooShort() {
        #expect(segment { $0.bytes = 0 } == ["http-empty-body"])
        #expect(playlist { $0.bytes = 0 } == ["http-empty-body"])
        func ranged(_ status: Int, _ bytes: Int64, _ range: ByteRange) -> [String] {
            segment {
                $0.status = status
                $0.bytes = bytes
                $0.range = range
            }
        }
        #expect(ranged(206, 1_000, ByteRange(offset: 50, length: 1_000)) == [])
        #expect(ranged(206, 999, ByteRange(offset: 50, length: 1_000)) == ["http-short-segment"])
        #expect(ranged(206, 999, ByteRange(offset: 50, length: nil)) == [])
        #expect(ranged(200, 9_000, ByteRange(offset: 50, length: 1_000)) == ["http-range-ignored"])
        #expect(ranged(200, 1_000, ByteRange(offset: 0, length: 1_000)) == [])
    }

    @Test(arguments: [
        ("video/mp4", []), ("VIDEO/MP2T;x=y", []), ("audio/aac", []), ("application/mp4", []),
        ("application/octet-stream", ["http-segment-content-type-unspecific"]),
        ("text/plain", ["http-segment-content-type"]), ("application/json", ["http-segment-content-type"]),
        ("", ["http-segment-content-type"]), ("application/mp4x", ["http-segment-content-type"]),
    ])
    func judgesTheTypeOfASegment(type: String, expected: [String]) {
        #expect(segment { $0.contentType = type } == expected)
    }

    @Test(arguments: [
        (ResourceKind.mediaPlaylist, "audio/mpegurl", true), (.mediaPlaylist, "application/x-mpegURL", true),
        (.mediaPlaylist, "text/plain", false), (.mediaPlaylist, "application/dash+xml", false),
        (.mpd, "application/dash+xml;charset=utf-8", true), (.mpd, "application/xml", false),
        (.manifest, "application/dash+xml", true), (.manifest, "video/mp4", false),
    ])
    func judgesTheTypeOfAManifest(kind: ResourceKind, type: String, isRight: Bool) {
        let ids = playlist {
            $0.kind = kind
            $0.contentType = type
        }
        #expect(ids == (isRight ? [] : ["http-manifest-content-type"]))
    }

    @Test func judgesHowPlaylistsAreCached() {
        #expect(playlist { $0.contentEncoding = nil } == ["http-playlist-not-compressed"])
        #expect(playlist { ($0.contentEncoding, $0.bytes) = (nil, 900) } == [])
        #expect(playlist { $0.cacheControl = "public, max-age=60" } == ["http-live-max-age"])
        #expect(playlist { ($0.cacheControl, $0.isBlockingReload) = ("max-age=60", true) } == [])
        #expect(playlist { $0.cacheControl = "max-age=60, s-maxage=1" } == [])
        #expect(playlist { $0.cacheControl = "max-age=60, no-store" } == [])
        #expect(playlist { $0.cacheControl = "max-age=99999999999999999999999" } == ["http-live-max-age"])
        #expect(playlist { $0.cacheControl = "max-age=" } == [])
        #expect(playlist { ($0.cacheControl, $0.updateInterval) = ("max-age=60", nil) } == [])
        #expect(playlist { $0.age = .seconds(2.0) } == [])
        #expect(playlist { $0.age = .seconds(3.0) } == ["http-playlist-age"])
        #expect(playlist { ($0.age, $0.isBlockingReload) = (.seconds(3.0), true) } == [])
    }

    @Test func tellsListedSegmentsThatAreGone() {
        #expect(segment { $0.status = 404 } == ["http-segment-missing"])
        #expect(segment { $0.status = 410 } == ["http-segment-missing"])
        #expect(segment { ($0.status, $0.isExpected) = (404, false) } == [])
        #expect(segment { $0.status = 503 } == [])
        #expect(playlist { $0.status = 404 } == [])
    }

    @Test func judgesRateAndSpeed() {
        #expect(segment { $0.declaredBitRate = .megabits(1) } == [])
        #expect(segment { $0.declaredBitRate = .megabits(1.2) } == ["hls-bitrate-off"])
        #expect(segment { $0.declaredBitRate = .megabits(0.9) } == ["hls-bitrate-off"])
        #expect(
            segment { ($0.total, $0.isAtFullSpeed) = (.seconds(4.1), true) } == ["http-segment-slower-than-real-time"])
        #expect(segment { ($0.total, $0.isAtFullSpeed) = (.seconds(4.1), false) } == [])
    }

    @Test func sentencesHoldNoTokens() throws {
        var facts = TransferFacts(kind: .segment(.video), status: 404, bytes: 9)
        facts.uri = "https://u:p@h/hdntl=exp=1~hmac=22/s1.ts?token=3"
        let message = try #require(TransferCheck.check(facts).first?.message)
        #expect(message == "the segment s1.ts is listed and was answered with 404")
    }
}

@Suite struct BitRateWatchTests {
    private func feed(_ watch: inout BitRateWatch, _ bytes: [Int64], _ order: [Int]? = nil) -> [String] {
        (order ?? Array(bytes.indices)).flatMap { position in
            watch.observe(sequence: Int64(position), duration: .seconds(4.0), bytes: bytes[position])
        }.ids
    }

    private let hls = BitRateWatch.Declaration(bitRate: .megabits(1), targetDuration: .seconds(4.0))

    @Test func thePeakIsThatOfRunsOfAboutATargetDuration() {
        // 4 s of 500 000 bytes are 1 Mbit/s.
        for (bytes, expected) in [
            ([500_000, 500_000, 500_000], []), ([500_000, 520_000, 500_000], ["hls-bandwidth-exceeded"]),
            ([500_000, 520_000, 900_000], ["hls-bandwidth-exceeded"]),
        ] as [([Int64], [String])] {
            var watch = BitRateWatch(hls)
            #expect(feed(&watch, bytes) == expected)
        }
    }

    @Test func shortSegmentsAreSummedToRuns() {
        // 1 s segments with a target of 4 s: runs of 2 to 6.5 s count, single ones do not.
        for order in [Array(0..<8), Array((0..<8).reversed()), [3, 1, 7, 5, 0, 2, 6, 4]] {
            for (second, expected) in [(150_000, []), (260_000, ["hls-bandwidth-exceeded"])] as [(Int64, [String])] {
                var watch = BitRateWatch(hls)
                let sizes: [Int64] = [100_000, 100_000, second, 100_000, 100_000, 100_000, 100_000, 100_000]
                let ids = order.flatMap { position in
                    watch.observe(sequence: Int64(position), duration: .seconds(1.0), bytes: sizes[position])
                }.ids
                #expect(ids == expected)
                #expect(watch.peak.bitsPerSecond == Double(100_000 + second) * 4)
            }
        }
    }

    @Test func eachSegmentCountsOnce() {
        var watch = BitRateWatch(hls)
        for _ in 0..<100 { _ = watch.observe(sequence: 1, duration: .seconds(4.0), bytes: 400_000) }
        #expect(watch.average == .megabits(0.8))
    }

    @Test func theAverageIsJudgedAfterAMinute() {
        for (average, expected) in [
            (0.95, []), (0.7, ["hls-average-bandwidth-off"]), (1.5, ["hls-average-bandwidth-off"]),
        ] {
            var declaration = hls
            declaration.average = .megabits(average)
            declaration.bitRate = .megabits(2)
            var watch = BitRateWatch(declaration)
            #expect(feed(&watch, [Int64](repeating: 500_000, count: 14)) == [])
            #expect(watch.observe(sequence: 14, duration: .seconds(4.0), bytes: 500_000).ids == expected)
        }
    }

    @Test func aBufferFilledAtBandwidthMustNotStarve() {
        let dash = BitRateWatch.Declaration(bitRate: .megabits(1), minimumBufferTime: .seconds(2.0))
        // 250 000 bytes more than the rate are 2 s.
        for order in [[0, 1, 2, 3], [3, 1, 0, 2]] {
            for (bytes, expected) in [
                ([500_000, 600_000, 600_000, 540_000], []), ([400_000, 740_000, 400_000, 600_000], []),
                ([500_000, 600_000, 600_000, 600_000], ["dash-bandwidth-exceeded"]),
            ] as [([Int64], [String])] {
                var watch = BitRateWatch(dash)
                #expect(feed(&watch, bytes, order) == expected, "\(bytes)")
            }
        }
    }

    @Test func memoryAndTimeAreBounded() {
        var watch = BitRateWatch(hls)
        for sequence in 0..<20_000 as Range<Int64> {
            _ = watch.observe(sequence: sequence, duration: .nanoseconds(1), bytes: .max)
            _ = watch.observe(sequence: .max - sequence, duration: .max, bytes: 1)
        }
        #expect(watch.observe(sequence: .max, duration: .zero, bytes: 1).isEmpty)
        #expect(watch.observe(sequence: .min, duration: .seconds(1.0), bytes: -5).isEmpty)
    }
}

@Suite struct PublicNameTests {
    @Test(arguments: [
        ("https://user:pass@h:8443/a/b.m3u8?token=1#x", "https://h:8443/a/b.m3u8"), ("seg 1.ts?a=b", "seg 1.ts"),
        ("/hdntl=exp=17~acl=%2f*~hmac=abcd/v/1.ts", "/…/v/1.ts"), ("/v/1.ts;jsessionid=77", "/v/…"),
        ("/live/eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0/x.mpd", "/live/…/x.mpd"),
        ("/a=1/b", "/a=1/b"), ("", ""), ("//@@?", "//"),
    ])
    func leavesOutTokens(uri: String, shown: String) { #expect(PublicName.of(uri) == shown) }

    @Test func sentencesAreCleaned() {
        let text = "the URI https://a:b@h/x?token=1 and s.ts?sig=2 are wrong, 5 = 5"
        #expect(PublicName.sentence(text) == "the URI https://h/x and s.ts are wrong, 5 = 5")
        #expect(PublicName.sentence(String(repeating: "é", count: 1_000)).count == 400)
    }
}

@Suite struct FindingRuleTests {
    @Test func everyRuleIsComplete() {
        #expect(FindingRule.all.count > 50)
        #expect(Set(FindingRule.all.map(\.id)).count == FindingRule.all.count)
        for rule in FindingRule.all {
            #expect(rule.id.split(separator: "-").count > 1 && !rule.clause.isEmpty && !rule.meaning.hasSuffix("."))
            #expect(FindingRule.named(rule.id) == rule)
        }
    }

    @Test func everyRuleStandsInTheDocumentation() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../..")
        let text = try String(contentsOf: root.appendingPathComponent("docs/FINDINGS.md"), encoding: .utf8)
        for rule in FindingRule.all {
            let line = "| `\(rule.id)` | \(rule.severity.rawValue) | \(rule.meaning) | \(rule.clause) |"
            #expect(text.contains(line), "\(line)")
        }
    }
}
