import Quantities
import Testing

@testable import Manifests

@Suite("HLS multivariant playlists") struct MultivariantPlaylistTests {
    @Test("FFmpeg's playlist with an audio group, value by value")
    func ffmpeg() throws {
        let presentation = try presentation(Fixture.bytes("multivariant.audio-group.ffmpeg.m3u8"))
        #expect(presentation.format == .hls && !presentation.isDynamic && presentation.dynamicTiming == nil)
        #expect(presentation.findings == [])
        let sets = presentation.periods[0].switchingSets
        #expect(sets.map(\.kind) == [.video, .audio])
        #expect(sets.map(\.id) == ["", "group_aud"])
        #expect(sets[0].tracks.map(\.id) == ["0", "1"])
        #expect(sets[0].tracks.map(\.playlistURI) == ["v0.m3u8", "v1.m3u8"])
        #expect(sets[0].tracks.map(\.bitRate.bitsPerSecond) == [290_400, 180_400])
        #expect(sets[0].tracks.map(\.width) == [320, 160] && sets[0].tracks.map(\.height) == [180, 90])
        #expect(sets[0].tracks[0].codecs == "avc1.42c00d,mp4a.40.2")
        #expect(sets[0].tracks.map(\.audioGroup) == ["group_aud", "group_aud"])
        #expect(sets[1].tracks.map(\.id) == ["audio_2"] && sets[1].language == "eng" && sets[1].isDefault)
        #expect(sets[1].tracks[0].playlistURI == "v2.m3u8")
    }

    @Test("groups, muxed renditions, an audio-only variant, variables and requirements")
    func groups() throws {
        let presentation = try presentation(Fixture.bytes("multivariant.groups.m3u8"))
        #expect(presentation.startOffset == StartOffset(offset: .seconds(Int64(10))))
        #expect(presentation.periods.count == 1 && presentation.periods[0].duration == nil)
        let sets = presentation.periods[0].switchingSets
        #expect(sets.map(\.kind) == [.video, .audio, .audio, .audio, .audio, .subtitles, .other, .video])
        #expect(sets.map(\.id) == ["", "", "stereo", "stereo", "muxed", "subs", "cc", ""])
        #expect(sets.map(\.language) == ["", "", "en", "nb", "nb", "en", "", ""])
        #expect(sets.map(\.isDefault) == [true, false, false, true, true, false, false, false])
        #expect(sets.map(\.isTrickPlay) == [false, false, false, false, false, false, false, true])
        let video = sets[0].tracks
        #expect(video.map(\.id) == ["0", "1"])
        #expect(video[0].averageBitRate == BitRate(bitsPerSecond: 2_165_224) && video[1].averageBitRate == nil)
        #expect(video[0].frameRate == 59.94 && video[0].width == 960 && video[0].height == 540)
        #expect(video.map(\.audioGroup) == ["stereo", "muxed"] && video.map(\.subtitleGroup) == ["subs", nil])
        #expect(video[1].playlistURI == "v9/prog_index.m3u8")
        #expect(sets[1].tracks.map(\.id) == ["2"] && sets[1].tracks[0].playlistURI == "a/prog_index.m3u8")
        #expect(sets[3].tracks[0].playlistURI == "audio/nb/index.m3u8")
        guard case .muxed = sets[4].tracks[0].media else {
            Issue.record("a rendition without URI is muxed")
            return
        }
        #expect(sets[6].tracks[0].details.type == "CLOSED-CAPTIONS" && sets[6].tracks[0].details.instreamID == "CC1")
        #expect(sets[7].tracks.map(\.playlistURI) == ["v7/iframe_index.m3u8"])
        let data = SessionData(id: "com.example.title", value: "A title")
        #expect(presentation.details.sessionData == [data] && presentation.details.variables == ["lang": "nb"])
        #expect(presentation.details.version == 8 && presentation.details.hasIndependentSegments)
        #expect(
            presentation.findings.map(\.id) == ["hls-unknown-requirement", "hls-groups-differ", "hls-version-too-low"])
    }

    @Test("when all variants are audio there is one audio set of them")
    func allAudio() throws {
        let text = """
            #EXTM3U
            #EXT-X-STREAM-INF:BANDWIDTH=64000,CODECS="mp4a.40.5"
            a.m3u8
            #EXT-X-STREAM-INF:BANDWIDTH=128000,CODECS="mp4a.40.2"
            b.m3u8
            """
        let sets = try presentation(Array(text.utf8)).periods[0].switchingSets
        #expect(sets.map(\.kind) == [.audio] && sets[0].isDefault)
        #expect(sets[0].tracks.map(\.id) == ["0", "1"])
    }

    @Test("variants without CODECS, or with a resolution, are video")
    func unknownCodecs() throws {
        let text = """
            #EXTM3U
            #EXT-X-STREAM-INF:BANDWIDTH=64000
            a.m3u8
            #EXT-X-STREAM-INF:BANDWIDTH=128000,CODECS="mp4a.40.2",RESOLUTION=320x180
            b.m3u8
            """
        #expect(try presentation(Array(text.utf8)).periods[0].switchingSets.map(\.kind) == [.video])
    }

    @Test("of several pathways the one of content steering is played, else the first")
    func pathways() throws {
        let variants = """
            #EXT-X-STREAM-INF:BANDWIDTH=1,PATHWAY-ID="A"
            a.m3u8
            #EXT-X-STREAM-INF:BANDWIDTH=1,PATHWAY-ID="B"
            b.m3u8
            """
        let steering = "#EXT-X-CONTENT-STEERING:SERVER-URI=\"/s\",PATHWAY-ID=\"B\""
        func uris(_ text: String) throws -> [String?] {
            try presentation(Array(text.utf8)).periods[0].switchingSets[0].tracks.map(\.playlistURI)
        }
        #expect(try uris("#EXTM3U\n\(variants)") == ["a.m3u8"])
        #expect(try uris("#EXTM3U\n\(steering)\n\(variants)") == ["b.m3u8"])
    }

    @Test(
        "what can be played all the same becomes a finding",
        arguments: [
            ("#EXT-X-STREAM-INF:CODECS=\"avc1\"\na.m3u8", "hls-missing-bandwidth"),
            ("#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO=\"x\"\na.m3u8", "hls-missing-group"),
            ("a.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=1\nb.m3u8", "hls-uri-without-stream-inf"),
            ("#EXT-X-STREAM-INF:BANDWIDTH=1\n#EXT-X-STREAM-INF:BANDWIDTH=1\nb.m3u8", "hls-variant-without-uri"),
            ("#EXT-X-MEDIA:TYPE=SMELL,GROUP-ID=\"x\"\n#EXT-X-STREAM-INF:BANDWIDTH=1\nb.m3u8", "hls-unknown-media-type"),
            ("#EXT-X-MEDIA:TYPE=AUDIO,NAME=\"x\"\n#EXT-X-STREAM-INF:BANDWIDTH=1\nb.m3u8", "hls-missing-group-id"),
            ("#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"x\"\n#EXT-X-STREAM-INF:BANDWIDTH=1\nb.m3u8", "hls-missing-name"),
        ])
    func findings(body: String, id: String) throws {
        #expect(try presentation(Array("#EXTM3U\n\(body)\n".utf8)).findings.map(\.id) == [id])
    }

    @Test("a playlist that lists nothing is an error")
    func empty() {
        let detail = "the playlist lists neither variants nor segments (rfc8216bis 4.1)"
        #expect(decodingError(Array("#EXTM3U\n".utf8)) == .malformed(line: nil, detail: detail))
        #expect(
            decodingError(Array("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n".utf8))
                == .malformed(line: nil, detail: detail))
    }
}
