import Quantities
import Testing

@testable import Manifests

@Suite("HLS variants, pathways and groups") struct VariantTests {
    private func sets(_ text: String) throws -> [SwitchingSet] {
        try presentation(Array("#EXTM3U\n\(text)\n".utf8)).periods[0].switchingSets
    }

    @Test("an advanced playlist, value by value")
    func advanced() throws {
        let presentation = try presentation(Fixture.bytes("multivariant.advanced.m3u8"))
        #expect(presentation.findings == [] && presentation.details.version == 6)
        let sets = presentation.periods[0].switchingSets
        #expect(sets.map(\.kind) == [.video, .audio, .audio, .subtitles, .other, .video])
        #expect(sets.map(\.isTrickPlay) == [false, false, false, false, false, true])
        let video = sets[0].tracks
        #expect(video.map(\.playlistURI) == ["v5/prog_index.m3u8", "v5/prog_index.m3u8"])
        #expect(video.map(\.audioGroup) == ["aud1", "aud2"] && video.map(\.locations.count) == [1, 1])
        #expect(video[0].details.score == 1.5 && video[0].details.hdcpLevel == "TYPE-0")
        #expect(video[0].details.videoRange == "SDR" && video[0].details.stableID == "v5")
        #expect(video[0].details.allowedCPC == "com.example.drm1:SMART-TV/PC")
        #expect(
            video[0].details.closedCaptionsGroup == "cc1" && video[1].details.supplementalCodecs == "dvh1.08.07/db4h")
        let stereo = sets[1].tracks[0].details
        #expect(stereo.type == "AUDIO" && stereo.name == "English" && stereo.isAutoselect && stereo.channels == "2")
        #expect(stereo.sampleRate == 48_000 && stereo.bitDepth == 16 && stereo.stableID == "r-a1")
        let subtitles = sets[3].tracks[0].details
        #expect(subtitles.associatedLanguage == "en-GB" && !subtitles.isForced)
        #expect(
            subtitles.characteristics
                == ["public.accessibility.transcribes-spoken-dialog", "public.easy-to-read"])
        guard case .muxed = sets[4].tracks[0].media else {
            Issue.record("closed captions are in the video")
            return
        }
        let iFrame = sets[5].tracks[0]
        #expect(iFrame.playlistURI == "v5/iframe_index.m3u8" && iFrame.bitRate.bitsPerSecond == 28_400)
        #expect(iFrame.averageBitRate?.bitsPerSecond == 28_000 && iFrame.width == 960)
        let key = EncryptionKey(
            method: "SAMPLE-AES", uri: "skd://key1", keyFormat: "com.apple.streamingkeydelivery",
            keyFormatVersions: "1")
        #expect(presentation.details.sessionKeys == [key])
        let data = SessionData(id: "com.example.lyrics", uri: "lyrics.json", format: "RAW", language: "en")
        #expect(presentation.details.sessionData == [data])
    }

    @Test("pathways: one track for each stable identifier, the steering's first choice first, groups by location")
    func pathways() throws {
        let presentation = try presentation(Fixture.bytes("multivariant.pathways.m3u8"))
        #expect(
            presentation.steering
                == ContentSteering(
                    serverURI: "https://steer.example.com/manifest?video=1", initialLocations: ["CDN-B"]))
        let sets = presentation.periods[0].switchingSets
        #expect(sets.map(\.id) == ["", "A", "B"])
        let tracks = sets[0].tracks
        #expect(tracks.map(\.id) == ["0", "1"] && tracks.map(\.details.stableID) == ["low", "high"])
        #expect(tracks[0].locations.map(\.name) == ["CDN-B", "CDN-B#2", "CDN-A"])
        #expect(
            tracks[0].locations.map { $0.references } == [
                ["https://b.example.com/low.m3u8"], ["https://b-backup.example.com/low.m3u8"],
                ["https://a.example.com/low.m3u8"],
            ])
        #expect(tracks[0].locations.map(\.audioGroup) == ["B", "B", "A"])
        #expect(tracks[1].locations.map(\.name) == ["CDN-B", "CDN-A"])
        #expect(sets[1].tracks[0].locations.map(\.name) == ["CDN-A"])
        #expect(sets[2].tracks[0].locations.map(\.name) == ["CDN-B"])
        #expect(presentation.findings == [])
    }

    @Test("redundant variants without pathways, matched by their attributes")
    func redundant() throws {
        let text = """
            #EXT-X-STREAM-INF:BANDWIDTH=1000000,RESOLUTION=640x360,AVERAGE-BANDWIDTH=900000
            http://a/low.m3u8
            #EXT-X-STREAM-INF:BANDWIDTH=1000000,RESOLUTION=640x360
            http://b/low.m3u8
            #EXT-X-STREAM-INF:BANDWIDTH=2000000,RESOLUTION=640x360
            http://a/high.m3u8
            #EXT-X-STREAM-INF:BANDWIDTH=2000000,RESOLUTION=640x360
            http://b/high.m3u8
            #EXT-X-STREAM-INF:BANDWIDTH=2000000,RESOLUTION=640x360,VIDEO-RANGE=PQ
            http://a/hdr.m3u8
            """
        let tracks = try sets(text)[0].tracks
        #expect(tracks.map(\.id) == ["0", "1", "2"])
        #expect(tracks.map { $0.locations.map(\.name) } == [[".", ".#2"], [".", ".#2"], ["."]])
        #expect(
            tracks.map { $0.locations.last?.references } == [
                ["http://b/low.m3u8"], ["http://b/high.m3u8"], ["http://a/hdr.m3u8"],
            ])
    }

    @Test("one URI with two audio groups and one stable identifier stays two tracks over pathways")
    func stableIDs() throws {
        func variants(_ host: String, _ pathway: String) -> String {
            """
            #EXT-X-STREAM-INF:BANDWIDTH=2,CODECS="avc1,mp4a",STABLE-VARIANT-ID="v",PATHWAY-ID="\(pathway)",AUDIO="s"
            http://\(host)/v
            #EXT-X-STREAM-INF:BANDWIDTH=3,CODECS="avc1,ac-3",STABLE-VARIANT-ID="v",PATHWAY-ID="\(pathway)",AUDIO="m"
            http://\(host)/v

            """
        }
        let tracks = try sets(variants("a", "A") + variants("b", "B"))[0].tracks
        #expect(tracks.map(\.bitRate.bitsPerSecond) == [2, 3])
        #expect(tracks.map { $0.locations.map(\.name) } == [["A", "B"], ["A", "B"]])
        #expect(tracks.map { $0.locations.map(\.audioGroup) } == [["s", "s"], ["m", "m"]])
    }

    @Test("an identifier in one pathway only, and pathways that lack a variant")
    func halfNamed() throws {
        let text = """
            #EXTM3U
            #EXT-X-STREAM-INF:BANDWIDTH=2,STABLE-VARIANT-ID="v",PATHWAY-ID="A"
            a
            #EXT-X-STREAM-INF:BANDWIDTH=2,PATHWAY-ID="B"
            b
            #EXT-X-STREAM-INF:BANDWIDTH=3,PATHWAY-ID="B"
            c
            """
        let presentation = try presentation(Array(text.utf8))
        let tracks = presentation.periods[0].switchingSets[0].tracks
        #expect(tracks.map { $0.locations.map(\.name) } == [["A", "B"], ["B"]])
        #expect(presentation.findings.map(\.id) == ["hls-incomplete-pathway"])
    }

    @Test("variants of the same I-frames are joined too")
    func iFrames() throws {
        let text = """
            #EXT-X-STREAM-INF:BANDWIDTH=1
            v
            #EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=5,URI="a"
            #EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=5,URI="b"
            """
        let tracks = try sets(text)[1].tracks
        #expect(tracks.count == 1 && tracks[0].locations.map(\.references) == [["a"], ["b"]])
    }

    @Test(
        "what can be played all the same becomes a finding",
        arguments: [
            ("#EXT-X-STREAM-INF:BANDWIDTH=1,AVERAGE-BANDWIDTH=2\na", "hls-average-above-peak"),
            ("#EXT-X-STREAM-INF:BANDWIDTH=1,RESOLUTION=big\na", "hls-invalid-resolution"),
            ("#EXT-X-STREAM-INF:BANDWIDTH=1,VIDEO=\"x\"\na", "hls-missing-group"),
            ("#EXT-X-STREAM-INF:BANDWIDTH=1,CLOSED-CAPTIONS=\"x\"\na", "hls-missing-group"),
            ("#EXT-X-STREAM-INF:BANDWIDTH=1,CLOSED-CAPTIONS=NONE\na", ""),
            ("\(variant)#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1", "hls-i-frame-variant-without-uri"),
            ("\(variant)#EXT-X-CONTENT-STEERING:PATHWAY-ID=\".\"", "hls-invalid-steering"),
            ("\(variant)#EXT-X-CONTENT-STEERING:SERVER-URI=\"s\",PATHWAY-ID=\"X\"", "hls-unknown-pathway"),
            ("\(variant)#EXT-X-CONTENT-STEERING:SERVER-URI=\"s\"", ""),
            ("\(variant)#EXT-X-SESSION-DATA:VALUE=\"x\"", "hls-invalid-session-data"),
            ("\(variant)#EXT-X-SESSION-DATA:DATA-ID=\"x\"", "hls-session-data-value"),
            ("\(variant)#EXT-X-SESSION-DATA:DATA-ID=\"x\",VALUE=\"1\",URI=\"2\"", "hls-session-data-value"),
            ("\(variant)#EXT-X-SESSION-KEY:METHOD=NONE", "hls-invalid-session-key"),
            ("\(variant)#EXT-X-START:TIME-OFFSET=1\n#EXT-X-START:TIME-OFFSET=2", "hls-duplicate-tag"),
            ("\(variant)\(audio),NAME=\"a\",DEFAULT=YES\n\(audio),NAME=\"b\",DEFAULT=YES", "hls-two-defaults"),
            ("\(variant)\(audio),NAME=\"a\"\n\(audio),NAME=\"a\"", "hls-duplicate-name"),
            ("\(variant)\(audio),NAME=\"a\",DEFAULT=YES,AUTOSELECT=NO", "hls-default-not-autoselect"),
            ("\(variant)\(audio),NAME=\"a\",FORCED=YES", "hls-forced-not-subtitles"),
            ("\(variant)#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"g\",NAME=\"a\"", "hls-subtitles-without-uri"),
            ("\(variant)\(captions),INSTREAM-ID=\"CC5\"", "hls-invalid-instream-id"),
            ("\(variant)\(captions),INSTREAM-ID=\"SERVICE63\"", ""),
            ("\(variant)\(captions),INSTREAM-ID=\"CC1\",URI=\"u\"", "hls-closed-captions-with-uri"),
            ("\(variant)\(audio),NAME=\"a\"\n\(audio)2,NAME=\"b\"", "hls-groups-differ"),
            (
                "\(captions),INSTREAM-ID=\"CC1\"\n#EXT-X-STREAM-INF:BANDWIDTH=1,CLOSED-CAPTIONS=\"g\"\na\n"
                    + "#EXT-X-STREAM-INF:BANDWIDTH=2,CLOSED-CAPTIONS=NONE\nb", "hls-mixed-closed-captions"
            ),
        ])
    func findings(body: String, id: String) throws {
        let found = try presentation(Array("#EXTM3U\n#EXT-X-VERSION:13\n\(body)\n".utf8)).findings
        #expect(found.map(\.id) == (id.isEmpty ? [] : [id]))
        #expect(found.allSatisfy { !$0.message.isEmpty && $0.clause.hasPrefix("rfc8216bis") })
    }

    private static let variant = "#EXT-X-STREAM-INF:BANDWIDTH=1\na\n"
    private static let audio = "#EXT-X-MEDIA:TYPE=AUDIO,URI=\"u\",GROUP-ID=g"
    private static let captions = "#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID=\"g\",NAME=\"a\""

    @Test("ten thousand variants are joined in a time that does not grow with their square")
    func many() throws {
        for attributes in ["", ",STABLE-VARIANT-ID=\"v\"", ",STABLE-VARIANT-ID=\"v\",PATHWAY-ID=\"P\""] {
            var text = ""
            for number in 1...5_000 { text += "#EXT-X-STREAM-INF:BANDWIDTH=\(number)\(attributes)\na\n" }
            for number in 1...5_000 { text += "#EXT-X-STREAM-INF:BANDWIDTH=\(number + 2_500)\(attributes)\nb\n" }
            let tracks = try sets(text)[0].tracks
            #expect(tracks.count == 7_500 && tracks[5_000 - 1].locations.count == 2)
        }
        let same = String(repeating: "#EXT-X-STREAM-INF:BANDWIDTH=1\na\n", count: 10_000)
        #expect(try sets(same)[0].tracks.map(\.locations.count) == [10_000])
        var pathways = ""
        for number in 0..<300 { pathways += "#EXT-X-STREAM-INF:BANDWIDTH=1,PATHWAY-ID=\"\(number)\"\na\n" }
        #expect(throws: ManifestError.self) { try sets(pathways) }
    }
}
