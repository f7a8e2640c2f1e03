import Quantities
import Testing

@testable import Manifests

@Suite("HLS date ranges, ad markers, keys, titles and bit rates") struct PlaylistMetadataTests {
    @Test("date ranges of one ID are one, interstitials are known")
    func dateRanges() throws {
        let playlist = try mediaPlaylist(Fixture.bytes("live.interstitials.m3u8"))
        let ranges = playlist.extras.dateRanges
        #expect(ranges.map(\.id) == ["ad1", "splice-6FFFFFF0", "ad2", "show"])
        let base = Int64(1_795_359_600_000_000_000)  // 15:00 UTC
        #expect(ranges[0].start?.nanoseconds == base + 6_000_000_000 && ranges[0].duration == .seconds(Int64(30)))
        #expect(ranges[0].cues == ["PRE", "ONCE"])
        #expect(
            ranges[0].interstitial
                == Interstitial(
                    content: .list(uri: "https://ads.example.com/list.json?break=1"), resumeOffset: .zero,
                    playoutLimit: .milliseconds(29_500), snapsOut: true, snapsIn: true,
                    restrictions: ["SKIP", "JUMP"]))
        #expect(ranges[1].plannedDuration == .milliseconds(59_993) && ranges[1].duration == .milliseconds(59_993))
        #expect(ranges[1].attributes.keys.sorted() == ["SCTE35-IN", "SCTE35-OUT"])
        #expect(ranges[1].attributes["SCTE35-OUT"]?.hasPrefix("0xFC002F") ?? false)
        #expect(ranges[2].interstitial == Interstitial(content: .asset(uri: "bumper.m3u8")))
        #expect(ranges[2].attributes["X-COM-EXAMPLE-WEIGHT"] == "2.5")
        #expect(ranges[3].endsOnNext && ranges[3].interstitial == nil)
        // The first segment's date was given in another zone.
        #expect(playlist.segments.first?.programDateTime?.nanoseconds == base)
        #expect(playlist.findings == [])
    }

    @Test("ad markers of other tags, one of a kind before a segment")
    func adMarkers() throws {
        let playlist = try mediaPlaylist(Fixture.bytes("live.cue-tags.m3u8"))
        #expect(
            playlist.extras.adMarkers == [
                AdMarker(kind: .out, sequence: 101, duration: .seconds(Int64(30))),
                AdMarker(kind: .continued, sequence: 102, duration: .seconds(Int64(30))),
                AdMarker(kind: .continued, sequence: 103, duration: .seconds(Int64(30))),
                AdMarker(kind: .in, sequence: 104),
                AdMarker(kind: .out, sequence: 105, duration: .milliseconds(15_500)),
                AdMarker(kind: .in, sequence: 106),
                AdMarker(kind: .out, sequence: 107, duration: .seconds(Int64(60))),
                AdMarker(kind: .out, sequence: 108),
            ])
        #expect(playlist.findings == [])
    }

    @Test("titles and declared bit rates; byte ranges have none")
    func titles() throws {
        let playlist = try mediaPlaylist(Fixture.bytes("vod.titles-and-bit-rates.m3u8"))
        #expect(playlist.segments.all.map(\.title) == ["Opening, with a comma", "", "", "Größe"])
        #expect(playlist.segments.all.map(\.declaredBitRate?.bitsPerSecond) == [1_200_000, 1_200_000, nil, 900_000])
        #expect(playlist.findings.map(\.id) == ["hls-bit-rate-of-range"])
    }

    @Test("several key systems, each replaced by its own, all taken away by NONE")
    func keys() throws {
        let segments = try mediaPlaylist(Fixture.bytes("live.widevine.shaka-style.m3u8")).segments.all
        #expect(segments.map(\.keys.count) == [0, 2, 2, 0])
        #expect(segments[1].key?.uri == "data:text/plain;base64,MTIzNA==" && segments[2].key == segments[1].key)
        #expect(segments[2].keys.map(\.uri).contains("data:text/plain;base64,BBBB"))
        #expect(segments[1].keys.allSatisfy { $0.keyFormatVersions == "1" && $0.method == "SAMPLE-AES-CTR" })
        #expect(segments.map(\.discontinuity) == [0, 0, 0, 1])
    }

    @Test("a long window with dates now and then")
    func unified() throws {
        let playlist = try mediaPlaylist(Fixture.bytes("live.dvr.unified-style.m3u8"))
        #expect(playlist.findings == [])
        #expect(playlist.segments.all.map(\.title) == Array(repeating: " no desc", count: 4))
        #expect(playlist.segments.last?.programDateTime?.nanoseconds == 1_795_363_211_520_000_000)
        #expect(playlist.segments.last?.uri == "live-audio_eng=128000-video_eng=1400000-411847209.ts")
    }

    @Test(
        "what can be played all the same becomes a finding",
        arguments: [
            ("#EXT-X-PART-INF:PART-TARGET=0", "hls-invalid-part-target"),
            ("#EXT-X-PART:DURATION=1,URI=\"p\"", "hls-parts-without-target"),
            ("#EXT-X-PART:DURATION=1", "hls-invalid-part"),
            (
                "#EXT-X-SERVER-CONTROL:PART-HOLD-BACK=3\n#EXT-X-PART-INF:PART-TARGET=1\n"
                    + "#EXT-X-PART:DURATION=1,URI=\"p\",BYTERANGE=\"5\"", "hls-part-range-without-offset"
            ),
            ("#EXT-X-PART:DURATION=1,URI=\"p\",REQ-X=1", "hls-unknown-requirement"),
            ("#EXT-X-PRELOAD-HINT:TYPE=SMELL,URI=\"p\"", "hls-invalid-preload-hint"),
            ("#EXT-X-PRELOAD-HINT:TYPE=MAP,URI=\"p\"", "hls-hint-after-end"),
            ("#EXT-X-RENDITION-REPORT:LAST-MSN=1", "hls-invalid-rendition-report"),
            ("#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL=35", "hls-skip-boundary-too-small"),
            ("#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL=36", ""),
            ("#EXT-X-SERVER-CONTROL:CAN-SKIP-DATERANGES=YES", "hls-skip-boundary-missing"),
            ("#EXT-X-SERVER-CONTROL:PART-HOLD-BACK=x", "hls-invalid-hold-back"),
            ("#EXT-X-BITRATE:fast", "hls-invalid-bit-rate"),
            ("#EXT-X-DATERANGE:START-DATE=\"2026-11-22T16:00:00Z\"", "hls-date-range-without-id"),
            ("#EXT-X-DATERANGE:ID=\"a\"", "hls-date-range-without-start"),
            ("\(range),DURATION=-1", "hls-invalid-date-range"),
            ("\(range),END-DATE=\"2026-11-22T15:59:59Z\"", "hls-date-range-backwards"),
            ("\(range),DURATION=10,END-DATE=\"2026-11-22T16:00:11Z\"", "hls-date-range-end-mismatch"),
            ("\(range),DURATION=10,END-DATE=\"2026-11-22T16:00:10Z\"", ""),
            ("\(range),DURATION=10\n\(range),DURATION=11", "hls-date-range-changed"),
            ("\(range),X-A=\"1\"\n\(range),X-A=\"2\"", "hls-date-range-changed"),
            ("\(range),END-ON-NEXT=YES", "hls-end-on-next-misused"),
            ("\(range),CUE=\"PRE,POST\"", "hls-cue-pre-and-post"),
            ("\(range),CLASS=\"com.apple.hls.interstitial\"", "hls-interstitial-content"),
            ("#EXT-X-KEY:METHOD=AES-128,URI=\"k\",IV=0x12345", ""),
            ("#EXT-X-KEY:METHOD=AES-128,URI=\"k\",IV=12345", "hls-invalid-iv"),
            ("#EXT-X-KEY:METHOD=AES-256-GCM,URI=\"k\",IV=0x1", "hls-forbidden-iv"),
            ("#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n#EXT-X-MAP:URI=\"m\"", "hls-encrypted-map-without-iv"),
        ])
    func findings(body: String, id: String) throws {
        let text = """
            #EXTM3U
            #EXT-X-TARGETDURATION:6
            #EXT-X-VERSION:13
            #EXT-X-PROGRAM-DATE-TIME:2026-11-22T16:00:00Z
            \(body)
            #EXTINF:6,
            a.ts
            #EXT-X-ENDLIST

            """
        let playlist = try mediaPlaylist(Array(text.utf8))
        #expect(playlist.findings.map(\.id) == (id.isEmpty ? [] : [id]))
        #expect(playlist.findings.allSatisfy { !$0.message.isEmpty && $0.clause.hasPrefix("rfc8216bis") })
    }

    private static let range = "#EXT-X-DATERANGE:ID=\"a\",START-DATE=\"2026-11-22T16:00:00Z\""

    @Test(
        "what a live low-latency playlist must have",
        arguments: [
            ("PART-HOLD-BACK=3,CAN-BLOCK-RELOAD=YES", [], ""), ("PART-HOLD-BACK=2.9", [], "hls-part-hold-back-short"),
            ("PART-HOLD-BACK=1.9", [], "hls-part-hold-back-too-small"),
            ("HOLD-BACK=18", [], "hls-part-hold-back-missing"),
            ("PART-HOLD-BACK=3", [(1.1, "")], "hls-part-longer-than-target"),
            ("PART-HOLD-BACK=3", [(0.8, ""), (1, "")], "hls-part-too-short"),
            ("PART-HOLD-BACK=3", [(0.8, "")], ""), ("PART-HOLD-BACK=3", [(0.8, ",INDEPENDENT=YES"), (1, "")], ""),
            ("PART-HOLD-BACK=3", [(0.8, ",GAP=YES"), (1, "")], ""),
            ("PART-HOLD-BACK=3", [(0.8, ""), (1, ",GAP=YES")], ""), ("PART-HOLD-BACK=3", [(0.85, ""), (1, "")], ""),
        ] as [(String, [(Double, String)], String)])
    func lowLatencyRules(control: String, parts: [(Double, String)], id: String) throws {
        var text = """
            #EXTM3U
            #EXT-X-TARGETDURATION:6
            #EXT-X-VERSION:6
            #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,\(control)
            #EXT-X-PART-INF:PART-TARGET=1
            #EXTINF:6,
            a.ts
            #EXTINF:6,
            b.ts
            #EXTINF:6,
            c.ts

            """
        for (duration, rest) in parts { text += "#EXT-X-PART:DURATION=\(duration),URI=\"p\"\(rest)\n" }
        text += "#EXT-X-RENDITION-REPORT:URI=\"o.m3u8\",LAST-MSN=2\n"
        let duplicate = control.contains("RELOAD") ? ["hls-duplicate-attribute"] : []
        #expect(try mediaPlaylist(Array(text.utf8)).findings.map(\.id) == duplicate + (id.isEmpty ? [] : [id]))
    }

    @Test("a low-latency playlist without blocking reload and reports, VOD without an end, dates that jump")
    func livePlaylists() throws {
        let segment = "#EXTINF:6,\na.ts\n"
        func found(_ body: String) throws -> [String] {
            try mediaPlaylist(Array("#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXT-X-VERSION:6\n\(body)".utf8)).findings.map(
                \.id)
        }
        let control = "#EXT-X-SERVER-CONTROL:PART-HOLD-BACK=3\n#EXT-X-PART-INF:PART-TARGET=1\n"
        #expect(
            try found(control + segment + segment + segment)
                == ["hls-blocking-reload-missing", "hls-rendition-reports-missing"])
        #expect(try found("#EXT-X-PLAYLIST-TYPE:VOD\n" + segment) == ["hls-vod-without-end"])
        let first = "#EXT-X-PROGRAM-DATE-TIME:2026-11-22T16:00:00Z\n" + segment
        let late = "#EXT-X-PROGRAM-DATE-TIME:2026-11-22T16:00:07.001Z\n" + segment
        let near = "#EXT-X-PROGRAM-DATE-TIME:2026-11-22T16:00:07.000Z\n" + segment
        let early = "#EXT-X-PROGRAM-DATE-TIME:2026-11-22T16:00:04.999Z\n" + segment
        #expect(try found(first + late + "#EXT-X-ENDLIST") == ["hls-date-jump"])
        #expect(try found(first + early + "#EXT-X-ENDLIST") == ["hls-date-jump"])
        #expect(try found(first + near + "#EXT-X-ENDLIST") == [])
        #expect(try found(first + "#EXT-X-DISCONTINUITY\n" + late + "#EXT-X-ENDLIST") == [])
        let range = Self.range + "\n"
        #expect(try found(range + segment + "#EXT-X-ENDLIST") == ["hls-date-range-without-date"])
    }

    @Test(
        "the version that a feature needs",
        arguments: [
            (1, "#EXTINF:6,\na.ts"), (2, "#EXT-X-KEY:METHOD=AES-128,URI=\"k\",IV=0x1"), (3, "#EXTINF:5.5,\na.ts"),
            (4, "#EXT-X-BYTERANGE:1@0"), (4, "#EXT-X-I-FRAMES-ONLY"), (5, "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"k\""),
            (5, "#EXT-X-KEY:METHOD=AES-128,URI=\"k\",KEYFORMAT=\"identity\""),
            (5, "#EXT-X-I-FRAMES-ONLY\n#EXT-X-MAP:URI=\"m\""), (6, "#EXT-X-MAP:URI=\"m\""),
            (8, "#EXT-X-DEFINE:NAME=\"a\",VALUE=\"b\""), (12, "#EXT-X-START:TIME-OFFSET=1,REQ-A=1"),
        ])
    func versions(version: Int, body: String) throws {
        func found(_ declared: String) throws -> Bool {
            let text = "#EXTM3U\n#EXT-X-TARGETDURATION:6\n\(declared)\(body)\n#EXT-X-ENDLIST\n"
            return try mediaPlaylist(Array(text.utf8)).findings.contains { $0.id == "hls-version-too-low" }
        }
        #expect(try found("#EXT-X-VERSION:\(version)\n") == false)
        guard version > 1 else { return }
        #expect(try found("#EXT-X-VERSION:\(version - 1)\n"))
        #expect(try found("") && found("#EXT-X-VERSION:x\n"))
    }
}
