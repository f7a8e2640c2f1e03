import Manifests
import Quantities
import Testing

@testable import Inspection

@Suite struct InspectionTextTests {
    private func text(_ documents: InspectedDocuments, _ style: InspectionText.Style = .init()) -> String {
        InspectionText.render(ReportBuilder.report(documents, tool: "t"), style: style)
    }

    @Test func aLowLatencyPresentationAsPeopleSeeIt() {
        let text = text(Everything.hls)
        for part in [
            "https://cdn.example.com/live/master.m3u8?token=…\n",
            "HLS multivariant playlist · live event, nothing is removed · low latency · version 12",
            "  start        3.25 s (EXT-X-START)", "target 1.5 s (PART-HOLD-BACK), parts of 500 ms, blocking reload,",
            "  encryption   AES-128\n", "  steering     https://cdn.example.com/steer, first cdn-a",
            "ad1: interstitial https://edge.example.com/v/ad.m3u8 at 2026-11-22T20:00:00.000Z,",
            "out before segment 101, 30 s", "session data com.example.title, com.example.more",
            "1280×720", "29.97", "5000", "video v1: 3 segments of at most 4 s, 12.012 s",
            "[discontinuity, AES-128, 20@10]", "[gap, AES-128, 20@10]", "103.0",
            "Findings: 1 error, 1 warning, 1 note", "rfc8216bis 4 · https://edge.example.com/v/index.m3u8 · line 7",
        ] {
            #expect(text.contains(part), "missing: \(part)\nin:\n\(text)")
        }
        #expect(!text.contains("secret") && !text.contains("\u{1B}"))
    }

    @Test func aDynamicMPDAsPeopleSeeIt() {
        let text = text(Everything.dash)
        for part in [
            "DASH MPD · live · low latency · isoff-live:2011", "  title        The final",
            "window       30 s, 2026-11-22 19:59:30 – 20:00:00 UTC, edge 0 s old, segments 3 to 10",
            "at least 2 s, at most 6 s, playback rate 0.96 to", "30 s back, updated every 2 s",
            "http-iso https://time.example.com/", "  encryption   Widevine", "scte35 7 at 70 s, 15 s",
            "CC1, protected,",
            "continues period p0", "… 5 more", "audio v1: 1 segment", "Findings: none",
        ] {
            #expect(text.contains(part), "missing: \(part)\nin:\n\(text)")
        }
    }

    @Test(arguments: [100, 120])
    func linesFitTheWidth(_ width: Int) {
        let text = text(Everything.hls, InspectionText.Style(width: width))
        for line in text.split(separator: "\n") {
            #expect(line.count <= width, "\(line)")
        }
    }

    @Test func coloursComeOnlyWhenWanted() {
        let plain = text(Everything.hls)
        let coloured = text(Everything.hls, InspectionText.Style(usesColours: true))
        #expect(coloured.contains("\u{1B}[31merror\u{1B}[0m"))
        #expect(coloured.replacing(#/\u{1B}\[[0-9]+m/#, with: "") == plain)
    }

    private func manySegments(_ count: Int, tracks: Int) -> InspectedDocuments {
        let segments = (0..<count).map {
            Segment(sequence: Int64($0), start: .seconds(Double($0)), duration: .seconds(Int64(1)), uri: "\($0).m4s")
        }
        let all = (0..<tracks).map {
            Track(
                id: "t\($0)", bitRate: .zero, media: .segments(SegmentList(segments)),
                locations: [TrackLocation(references: [])])
        }
        let presentation = Presentation(
            format: .dash, periods: [Period(switchingSets: [SwitchingSet(kind: .video, tracks: all)])])
        return InspectedDocuments(
            source: "f.mpd", uri: "", manifest: .presentation(presentation), inspectedAt: Everything.now)
    }

    @Test func longListsAreCutUnlessAllAreWanted() {
        let short = text(manySegments(20, tracks: 3))
        #expect(short.contains("… 15 more") && short.contains("the same in video t1, video t2; --all lists them"))
        #expect(short.contains("2.m4s") && !short.contains("3.m4s") && short.contains("18.m4s"))
        let long = text(manySegments(20, tracks: 3), InspectionText.Style(showsAll: true))
        #expect(long.split(separator: "\n").count(where: { $0.contains(".m4s") }) == 60)
    }

    @Test func alikeFindingsAreToldOnce() {
        let finding = Finding(id: "x", severity: .warning, message: "too long", clause: "c")
        let findings = (0..<5).map { ReportFinding(finding, uri: "https://a.example/\($0)") }
        let text = InspectionText.render(findings, title: "Findings", style: .init())
        #expect(text.contains("Findings: 5 warnings") && text.contains("and 4 more like it"))
        #expect(text.split(separator: "\n").count(where: { $0.contains("too long") }) == 1)
    }

    @Test(arguments: [
        (0, "0 s"), (340_000_000, "340 ms"), (2_002_000_000, "2.002 s"), (119_000_000_000, "119 s"),
        (725_000_000_000, "12 min 5 s"), (5_400_000_000_000, "1 h 30 min"), (90_000_000_000_000, "1 d 1 h"),
        (Int64.max, "106751 d 23 h 47 min 16 s"), (-500_000_000, "-500 ms"),
    ])
    func durationsForPeople(_ nanoseconds: Int64, _ text: String) {
        #expect(Amount.duration(Seconds(nanoseconds: nanoseconds)) == text)
    }

    @Test(arguments: [
        (0, "0.000"), (1_999_600_000, "2.000"), (-1_250_000_000, "-1.250"), (Int64.min, "-9223372036.855"),
    ])
    func secondsInColumns(_ nanoseconds: Int64, _ text: String) {
        #expect(Amount.fixed(Seconds(nanoseconds: nanoseconds)) == text)
    }
}
