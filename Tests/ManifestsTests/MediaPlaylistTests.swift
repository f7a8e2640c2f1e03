import Quantities
import Testing

@testable import Manifests

@Suite("HLS media playlists") struct MediaPlaylistTests {
    @Test("FFmpeg's VOD playlist in MPEG-TS, value by value")
    func vodTransportStream() throws {
        let playlist = try mediaPlaylist(Fixture.bytes("vod.mpegts.ffmpeg.m3u8"))
        #expect(playlist.targetDuration == .seconds(Int64(2)))
        #expect(playlist.kind == .vod && playlist.isEnded && !playlist.isLive && !playlist.isIFramesOnly)
        #expect(playlist.duration == .seconds(Int64(13)))
        #expect(playlist.findings == [])
        #expect(playlist.segments.all.map(\.uri) == (0...6).map { "s00\($0).ts" })
        #expect(playlist.segments.all.map(\.duration.seconds) == [2, 2, 2, 2, 2, 2, 1])
        #expect(playlist.segments.all.map(\.start.seconds) == [0, 2, 4, 6, 8, 10, 12])
        #expect(playlist.segments.firstSequence == 0 && playlist.segments.lastSequence == 6)
        let first = try #require(playlist.segments.first)
        #expect(first.initialization == nil && first.key == nil && first.byteRange == nil && !first.isGap)
        #expect(first.discontinuity == 0 && first.programDateTime == nil)
    }

    @Test("FFmpeg's fragmented MP4 with dates behind EXTINF")
    func fragmentedMP4() throws {
        let playlist = try mediaPlaylist(Fixture.bytes("vod.fmp4.ffmpeg.m3u8"))
        let segments = playlist.segments.all
        #expect(segments.allSatisfy { $0.initialization == InitializationSection(uri: "init_0.mp4") })
        // 2026-11-22T16:46:02.666Z is 1 795 365 962.666 seconds after 1970 began.
        #expect(segments[0].programDateTime == WallTime(nanoseconds: 1_795_365_962_666_000_000))
        #expect(segments[6].programDateTime == WallTime(nanoseconds: 1_795_365_974_666_000_000))
        #expect(segments.map(\.uri) == (0...6).map { "v0\($0).m4s" })
    }

    @Test("FFmpeg's byte ranges of one file")
    func byteRanges() throws {
        let segments = try mediaPlaylist(Fixture.bytes("vod.byte-ranges.ffmpeg.m3u8")).segments.all
        let map = InitializationSection(uri: "media.m4s", byteRange: ByteRange(offset: 0, length: 1_354))
        #expect(segments.allSatisfy { $0.initialization == map && $0.uri == "media.m4s" })
        #expect(segments.map(\.byteRange?.offset) == [1_354, 77_567, 149_369, 218_585, 287_730, 350_892, 412_207])
        #expect(segments.map(\.byteRange?.length) == [76_213, 71_802, 69_216, 69_145, 63_162, 61_315, 31_683])
        #expect(segments[6].byteRange?.httpValue == "412207-443889")
    }

    @Test("FFmpeg's live window")
    func liveWindow() throws {
        let playlist = try mediaPlaylist(Fixture.bytes("live.window.ffmpeg.m3u8"))
        #expect(playlist.kind == .live && !playlist.isEnded && playlist.isLive)
        #expect(playlist.segments.all.map(\.sequence) == [4, 5, 6])
        #expect(playlist.segments.all.map(\.start.seconds) == [0, 2, 4])
        #expect(playlist.duration == .seconds(Int64(5)))
        #expect(playlist.findings.map(\.id) == ["hls-live-window-too-short"])
    }

    @Test("a live playlist with everything that changes between segments")
    func discontinuity() throws {
        let playlist = try mediaPlaylist(Fixture.bytes("live.discontinuity.m3u8"))
        #expect(playlist.targetDuration == .seconds(Int64(6)))
        #expect(playlist.holdBack == .milliseconds(18_500))
        #expect(playlist.startOffset == StartOffset(offset: .milliseconds(-12_250), isPrecise: true))
        #expect(playlist.findings == [])
        let segments = playlist.segments.all
        #expect(segments.map(\.sequence) == [100, 101, 102, 103, 104])
        #expect(segments.map(\.discontinuity) == [7, 7, 8, 8, 8])
        #expect(
            segments.map(\.uri)
                == ["https://cdn.example.com/a/100.m4s", "101.m4s?x=1&y=2", "big.m4s", "big.m4s", "104.m4s"])
        #expect(
            segments.map(\.duration.nanoseconds) == [
                6_006_000_000, 5_994_000_000, 4_000_000_000, 4_000_000_000, 4_000_000_001,
            ])
        #expect(
            segments.map(\.start.nanoseconds) == [0, 6_006_000_000, 12_000_000_000, 16_000_000_000, 20_000_000_000])
        #expect(playlist.duration.nanoseconds == 24_000_000_001)
        #expect(segments.map(\.isGap) == [false, false, false, false, true])
        #expect(
            segments.map(\.byteRange)
                == [nil, nil, ByteRange(offset: 500, length: 1_000), ByteRange(offset: 1_500, length: 2_000), nil])
        let key = EncryptionKey(
            method: "AES-128", uri: "keys/1.key", initializationVector: "0x00000000000000000000000000000001")
        #expect(segments.map(\.key) == [key, key, nil, nil, nil])
        let first = InitializationSection(
            uri: "https://cdn.example.com/a/init-1.mp4", byteRange: ByteRange(offset: 0, length: 720))
        let second = InitializationSection(uri: "init-2.mp4")
        #expect(segments.map(\.initialization) == [first, first, second, second, second])
        // 16:00:12.5 UTC at the third segment, carried on and back by the durations.
        let date = Int64(1_795_363_212_500_000_000)
        #expect(
            segments.map(\.programDateTime?.nanoseconds) == [
                date - 12_000_000_000, date - 5_994_000_000, date, date + 4_000_000_000, date + 8_000_000_000,
            ])
    }

    @Test("finds the segment at a time")
    func segmentAtTime() throws {
        let segments = try mediaPlaylist(Fixture.bytes("live.discontinuity.m3u8")).segments
        #expect(segments.segment(at: .seconds(-5))?.sequence == 100)
        #expect(segments.segment(at: MediaTime(nanoseconds: 6_005_999_999))?.sequence == 100)
        #expect(segments.segment(at: MediaTime(nanoseconds: 6_006_000_000))?.sequence == 101)
        #expect(segments.segment(at: .seconds(1_000))?.sequence == 104)
        #expect(segments.segment(99) == nil && segments.segment(105) == nil)
    }

    @Test("durations add up without drift")
    func noDrift() throws {
        var text = "#EXTM3U\n#EXT-X-TARGETDURATION:10\n"
        for index in 0..<30_000 { text += "#EXTINF:9.009,\n\(index).ts\n" }
        let playlist = try mediaPlaylist(Array(text.utf8))
        #expect(playlist.duration == .milliseconds(270_270_000))
        #expect(playlist.segments.last?.start == MediaTime(nanoseconds: 270_260_991_000_000))
        #expect(MemoryLayout<PlaylistSegments.Entry>.stride == 48)
    }

    @Test("lines may end with CRLF or CR, a byte order mark and blanks are read over")
    func lineEnds() throws {
        let text =
            "\u{FEFF}#EXTM3U\r\n#EXT-X-TARGETDURATION:6\r\n#EXT-X-VERSION:3\r\n#EXTINF: 6.0 ,\r\n  a.ts \r\n#EXTINF:5\rb.ts\r#EXT-X-ENDLIST"
        let playlist = try mediaPlaylist(Array(text.utf8))
        #expect(playlist.segments.all.map(\.uri) == ["a.ts", "b.ts"])
        #expect(playlist.findings.map(\.id) == ["hls-leading-bytes"])
    }

    @Test("a playlist without segments is a live one that has not begun")
    func noSegments() throws {
        let playlist = try mediaPlaylist(Array("#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXT-X-MEDIA-SEQUENCE:9\n".utf8))
        #expect(playlist.segments.isEmpty && playlist.isLive && playlist.duration == .zero)
        #expect(playlist.segments.segment(at: .zero) == nil)
    }

    @Test("keys: another format does not take away the identity key, NONE does, an unknown method is ignored")
    func keys() throws {
        let text = """
            #EXTM3U
            #EXT-X-TARGETDURATION:6
            #EXT-X-KEY:METHOD=SAMPLE-AES,URI="k1"
            #EXT-X-KEY:METHOD=SAMPLE-AES,URI="skd://x",KEYFORMAT="com.apple.streamingkeydelivery",KEYFORMATVERSIONS="1"
            #EXTINF:6,
            a.ts
            #EXT-X-KEY:METHOD=ROT13,URI="k2"
            #EXTINF:6,
            b.ts
            #EXT-X-KEY:METHOD=NONE
            #EXTINF:6,
            c.ts
            #EXT-X-VERSION:5
            """
        let playlist = try mediaPlaylist(Array(text.utf8))
        #expect(playlist.segments.all.map(\.keys.count) == [2, 2, 0])
        #expect(playlist.segments.all[0].keys[1].keyFormat == "com.apple.streamingkeydelivery")
        #expect(playlist.segments.all.map(\.key?.uri) == ["k1", "k1", nil])
        #expect(playlist.segments.all.map(\.key?.method) == ["SAMPLE-AES", "SAMPLE-AES", nil])
        #expect(playlist.findings.map(\.id) == ["hls-unknown-key-method"])
        #expect(playlist.findings.map(\.line) == [7])
    }

    @Test(
        "what can be played all the same becomes a finding",
        arguments: [
            ("#EXTINF:6.5,\na.ts", "hls-segment-longer-than-target"),
            ("#EXTINF:6.499,\na.ts", ""),
            ("#EXT-X-SERVER-CONTROL:HOLD-BACK=17.999\n#EXTINF:6,\na.ts", "hls-hold-back-too-small"),
            ("#EXT-X-SERVER-CONTROL:HOLD-BACK=18\n#EXTINF:6,\na.ts", ""),
            ("#EXT-X-SERVER-CONTROL:HOLD-BACK=soon\n#EXTINF:6,\na.ts", "hls-invalid-hold-back"),
            ("#EXT-X-START:TIME-OFFSET=1,TIME-OFFSET=2\n#EXTINF:6,\na.ts", "hls-duplicate-attribute"),
            ("#EXT-X-START:PRECISE=YES\n#EXTINF:6,\na.ts", "hls-invalid-start"),
            ("#EXT-X-START:TIME-OFFSET=1,what\n#EXTINF:6,\na.ts", "hls-broken-attribute-list"),
            ("a.ts\n#EXTINF:6,\nb.ts", "hls-uri-without-extinf"),
            ("#EXTINF:6,\na.ts\n#EXTINF:6,\n", "hls-segment-without-uri"),
            ("#EXTINF:0,\na.ts", "hls-zero-duration"),
            ("#EXT-X-PROGRAM-DATE-TIME:yesterday\n#EXTINF:6,\na.ts", "hls-invalid-date"),
            ("#EXT-X-PLAYLIST-TYPE:LIVE\n#EXTINF:6,\na.ts", "hls-unknown-playlist-type"),
            ("#EXTINF:6,\na.ts\n#EXT-X-MEDIA-SEQUENCE:5", "hls-sequence-after-segment"),
            ("#EXT-X-MAP:URI=\"i\",BYTERANGE=\"5\"\n#EXTINF:6,\na.ts", "hls-map-range-without-offset"),
            ("#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXTINF:6,\na.ts", "hls-duplicate-tag"),
            ("#EXTINF:6,\n\0.ts", "hls-nul-byte"),
            ("#EXTINF:6,\na.m4s?x=.ts", "hls-fragment-without-map"),
            ("#EXT-X-MAP:URI=\"i\"\n#EXTINF:6,\na.m4s", ""),
        ])
    func findings(body: String, id: String) throws {
        let playlist = try mediaPlaylist(
            Array("#EXTM3U\n#EXT-X-TARGETDURATION:6\n\(body)\n#EXT-X-VERSION:13\n#EXT-X-ENDLIST\n".utf8))
        #expect(playlist.findings.map(\.id) == (id.isEmpty ? [] : [id]))
        #expect(playlist.findings.allSatisfy { !$0.message.isEmpty && $0.clause.hasPrefix("rfc8216bis") })
    }

    @Test(
        "what a player must refuse is an error with its line",
        arguments: [
            ("#EXTINF:six,\na.ts", 3), ("#EXTINF:-1,Channel\nhttp://a", 3), ("#EXTINF:\na.ts", 3),
            ("#EXT-X-BYTERANGE:x\n", 3), ("#EXT-X-BYTERANGE:0@5\n", 3),
            ("#EXTINF:6,\n#EXT-X-BYTERANGE:5\na.ts", 5),
            ("#EXTINF:6,\n#EXT-X-BYTERANGE:5@0\na.ts\n#EXTINF:6,\n#EXT-X-BYTERANGE:5\nb.ts", 8),
            ("#EXT-X-KEY:URI=\"k\"", 3), ("#EXT-X-KEY:METHOD=AES-128", 3), ("#EXT-X-MAP:BYTERANGE=\"5@0\"", 3),
            ("#EXT-X-MEDIA-SEQUENCE:18446744073709551616", 3), ("#EXT-X-MEDIA-SEQUENCE:-1", 3),
            ("#EXT-X-VERSION:3\n#EXT-X-VERSION:4", 4),
            ("#EXT-X-TARGETDURATION:soon", 3), ("#EXT-X-DEFINE:QUERYPARAM=\"t\"", 3),
            ("#EXT-X-DEFINE:IMPORT=\"t\"", 3), ("#EXT-X-DEFINE:NAME=\"t\"", 3),
            ("#EXT-X-DEFINE:NAME=\"t\",VALUE=\"1\"\n#EXT-X-DEFINE:NAME=\"t\",VALUE=\"2\"", 4),
            ("#EXTINF:6,\n{$missing}.ts", 4), ("#EXTINF:99999999999,\na.ts", 4),
        ])
    func errors(body: String, line: Int) throws {
        guard
            case .malformed(let found, let detail)? = decodingError(
                Array("#EXTM3U\n#EXT-X-TARGETDURATION:6\n\(body)\n".utf8))
        else {
            Issue.record("no error for \(body)")
            return
        }
        #expect(found == line, "\(detail)")
    }

    @Test("a target duration with a fraction is taken, with a finding")
    func fractionalTargetDuration() throws {
        let playlist = try mediaPlaylist(Array("#EXTM3U\n#EXT-X-TARGETDURATION:6.0\n#EXT-X-ENDLIST\n".utf8))
        #expect(playlist.targetDuration == .seconds(Int64(6)))
        #expect(playlist.findings.map(\.id) == ["hls-invalid-target-duration"])
    }

    @Test("a missing target duration is an error")
    func missingTargetDuration() throws {
        let error = decodingError(try Fixture.bytes("invalid.missing-target-duration.m3u8"))
        #expect(error == .malformed(line: nil, detail: "#EXT-X-TARGETDURATION is missing (rfc8216bis 4.4.3.1)"))
    }

    @Test("tags of both kinds of playlist are an error")
    func bothKinds() throws {
        let detail = "#EXT-X-STREAM-INF of a multivariant playlist stands in a media playlist (rfc8216bis 4.1)"
        #expect(decodingError(try Fixture.bytes("invalid.both-kinds.m3u8")) == .malformed(line: 5, detail: detail))
    }

    @Test("variables are put in once, and in the values of later ones")
    func variables() throws {
        let text = """
            #EXTM3U
            #EXT-X-TARGETDURATION:6
            #EXT-X-DEFINE:NAME="a",VALUE="x"
            #EXT-X-DEFINE:NAME="b",VALUE="{$a}{$a}"
            #EXTINF:6,
            {$b}/{$a}{no}{$}{$a b}.ts
            """
        #expect(try mediaPlaylist(Array(text.utf8)).segments.first?.uri == "xx/x{no}{$}{$a b}.ts")
    }
}
