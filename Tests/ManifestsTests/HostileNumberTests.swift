import Quantities
import Testing

@testable import Manifests

/// Numbers beyond what 64 bits hold, wherever a document has one.
@Suite("Hostile numbers", .timeLimit(.minutes(1))) struct HostileNumberTests {
    private static let numbers = [
        "0", "-1", "1e309", "0.0000000001", "4294967296", "2305843009213693952", "2305843009213693953",
        "9223372036854775806", "9223372036854775807", "9223372036854775808", "18446744073709551615",
        "18446744073709551616", "-9223372036854775809", "99999999999999999999999999999999999999999",
    ]

    @Test("in every attribute of a playlist", arguments: numbers)
    func playlists(number: String) {
        let media = """
            #EXTM3U
            #EXT-X-VERSION:\(number)
            #EXT-X-TARGETDURATION:2
            #EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL=\(number),HOLD-BACK=\(number),PART-HOLD-BACK=\(number)
            #EXT-X-PART-INF:PART-TARGET=\(number)
            #EXT-X-MEDIA-SEQUENCE:\(number)
            #EXT-X-DISCONTINUITY-SEQUENCE:\(number)
            #EXT-X-START:TIME-OFFSET=\(number)
            #EXT-X-BITRATE:\(number)
            #EXT-X-MAP:URI="i",BYTERANGE="\(number)@\(number)"
            #EXT-X-DATERANGE:ID="a",START-DATE="2250-12-31T23:59:59Z",DURATION=\(number),PLANNED-DURATION=\(number)
            #EXT-X-DATERANGE:ID="b",CLASS="com.apple.hls.interstitial",START-DATE="1700-01-01T00:00:00Z",X-ASSET-URI="a",X-RESUME-OFFSET=\(number),X-PLAYOUT-LIMIT=\(number)
            #EXT-X-CUE-OUT:\(number)
            #EXTINF:\(number),
            #EXT-X-BYTERANGE:\(number)@\(number)
            a
            #EXT-X-CUE-OUT-CONT:\(number)/\(number)
            #EXTINF:\(number),
            #EXT-X-BYTERANGE:\(number)
            a
            #EXT-X-PART:DURATION=\(number),URI="p",BYTERANGE="\(number)@\(number)"
            #EXT-X-PRELOAD-HINT:TYPE=PART,URI="p",BYTERANGE-START=\(number),BYTERANGE-LENGTH=\(number)
            #EXT-X-RENDITION-REPORT:URI="r",LAST-MSN=\(number),LAST-PART=\(number)

            """
        let delta =
            "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:\(number)\n"
            + "#EXT-X-SKIP:SKIPPED-SEGMENTS=\(number)\n#EXTINF:1,\nb\n"
        let main = """
            #EXTM3U
            #EXT-X-STREAM-INF:BANDWIDTH=\(number),AVERAGE-BANDWIDTH=\(number),FRAME-RATE=\(number),SCORE=\(number),RESOLUTION=\(number)x\(number)
            v
            #EXT-X-I-FRAME-STREAM-INF:URI="i",BANDWIDTH=\(number)
            #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="a",BIT-DEPTH=\(number),SAMPLE-RATE=\(number),CHANNELS="\(number)"

            """
        // One hostile number at a time as well, so that a refusal of one does not hide the others.
        let lines = media.split(separator: "\n").filter { $0.contains(number) }
        let each = lines.map { "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:1,\nz\n\($0)\n#EXTINF:1,\nb\n" }
        for text in each + [media, main] {
            #expect(HostileDecoder.playlists.decode(Array("\(text)\u{1E}\(delta)\u{1E}\(text)".utf8)).isEmpty)
        }
    }

    @Test("in every attribute of an MPD", arguments: numbers)
    func presentations(number: String) {
        let root =
            ["minimumUpdatePeriod", "timeShiftBufferDepth", "suggestedPresentationDelay", "minBufferTime"]
            + ["mediaPresentationDuration", "maxSegmentDuration"]
        let template =
            ["timescale", "duration", "startNumber", "endNumber", "presentationTimeOffset"]
            + ["availabilityTimeOffset", "eptDelta", "pdDelta"]
        let entries = [
            "", "<S t='\(number)' d='2'/>", "<S d='\(number)'/>", "<S d='2' r='\(number)'/><S t='9' d='1'/>",
            "<S n='\(number)' d='1' k='\(number)'/>", "<S t='\(number)' d='\(number)' r='\(number)' k='\(number)'/>",
        ]
        func mpd(_ rootValues: String, _ period: String, _ values: String, _ timeline: String) -> String {
            """
            <MPD type='dynamic' availabilityStartTime='1970-01-01T00:00:00Z' \(rootValues)><Period \(period)>
            <EventStream schemeIdUri='a' timescale='\(number)'><Event presentationTime='\(number)' duration='\(number)'/></EventStream>
            <AdaptationSet mimeType='video/mp4' selectionPriority='\(number)'><BaseURL availabilityTimeOffset='\(number)'>b/</BaseURL>
            <Representation id='a' bandwidth='\(number)' width='\(number)' height='\(number)' frameRate='\(number)/\(number)' qualityRanking='\(number)'>
            <SegmentTemplate media='$Number%020d$$Time$$Bandwidth$' \(values)>\(timeline.isEmpty ? "" : "<SegmentTimeline>\(timeline)</SegmentTimeline>")</SegmentTemplate>
            </Representation></AdaptationSet></Period></MPD>
            """
        }
        var texts = root.map { mpd("\($0)='PT\(number)S'", "start='PT0S'", "duration='2'", "") }
        texts += ["start", "duration"].map { mpd("", "\($0)='PT\(number)S'", "duration='2'", "") }
        for entry in entries {
            texts += template.map { name in
                let values = name == "duration" || !entry.isEmpty ? "" : "duration='2' "
                return mpd("", "start='PT9S'", "\(values)\(name)='\(number)'", entry)
            }
        }
        for text in texts {
            let fixed = text.replacing("type='dynamic'", with: "type='static'")
            #expect(HostileDecoder.presentations.decode(Array("\(text)\u{1E}\(fixed)".utf8)).isEmpty)
        }
        let index =
            "<MPD><Period><AdaptationSet mimeType='video/mp4'><Representation id='a' bandwidth='1'><BaseURL>a</BaseURL>"
            + "<SegmentBase indexRange='\(number)-\(number)' timescale='\(number)' presentationTimeOffset='\(number)'>"
            + "<Initialization range='\(number)-\(number)'/></SegmentBase></Representation></AdaptationSet></Period></MPD>"
        #expect(HostileDecoder.presentations.decode(Array(index.utf8)).isEmpty)
    }

    @Test("a timeline that claims 2^63 segments is computed, not written out")
    func endlessTimeline() throws {
        let text = """
            <MPD mediaPresentationDuration='PT900000000S'><Period><AdaptationSet mimeType='video/mp4'>
            <SegmentTemplate media='$Number$' timescale='1000000000'><SegmentTimeline><S t='0' d='1' r='9223372036854775807'/>
            </SegmentTimeline></SegmentTemplate><Representation id='a' bandwidth='1'/></AdaptationSet></Period></MPD>
            """
        guard let list = try? presentation(Array(text.utf8)).periods[0].switchingSets[0].tracks[0].media.list else {
            return
        }
        #expect(list.segment(at: .seconds(1_000))?.start == .seconds(1_000))
    }

    @Test("an index beyond any file is refused", arguments: [Int64(1) << 61, (1 << 61) - 100, .max, -1, .min])
    func index(offset: Int64) throws {
        let bytes = try Fixture.bytes("crashes/Indexes/offset-beyond-any-file")
        let media = IndexedMedia(uri: "", indexRange: nil, initialization: nil, periodStart: .zero)
        #expect(throws: ManifestError.self) { try SegmentIndexDecoder.decode(bytes, media: media, fileOffset: offset) }
    }
}
