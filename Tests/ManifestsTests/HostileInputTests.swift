import Quantities
import Testing

@testable import Manifests

@Suite("Hostile input") struct HostileInputTests {
    /// Decodes, and asks a result for what a player asks, so that lazy parts are computed too.
    private func exercise(_ bytes: [UInt8], limits: DecodingLimits = .standard) {
        guard let manifest = try? ManifestDecoder.decode(bytes, limits: limits) else { return }
        switch manifest {
        case .mediaPlaylist(let playlist):
            exercise(playlist.segments)
            #expect(playlist.extras.parts.allSatisfy { $0.duration > .zero && $0.end >= $0.start })
            if let last = playlist.segments.lastSequence { _ = playlist.parts(of: last) }
            #expect(playlist.end >= .zero)
            if let update = try? ManifestDecoder.update(bytes, of: manifest, limits: limits),
                case .mediaPlaylist(let playlist) = update
            {
                exercise(playlist.segments)
            }
        case .presentation(let presentation):
            #expect(!presentation.periods.isEmpty)
            for period in presentation.periods {
                for set in period.switchingSets {
                    #expect(!set.tracks.isEmpty)
                    for track in set.tracks { track.media.list.map(exercise) }
                }
            }
        }
    }

    private func exercise(_ list: SegmentList) {
        let numbers = [list.firstSequence, list.firstSequence &+ 1, list.lastSequence ?? .max, .max, .min, 0]
        let segments = numbers.compactMap { list.segment($0) }
        #expect(segments.allSatisfy { $0.duration > .zero && $0.end >= $0.start })
        for time in [Int64.min, -1, 0, 1_800_000_000_000_000_000, .max] {
            let found = list.segment(at: MediaTime(nanoseconds: time))
            #expect((found == nil) == list.isEmpty)
        }
    }

    @Test("fixtures with bytes changed, taken out, doubled and cut never crash", arguments: 0..<12)
    func mutations(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let tokens = [
            "-1", "99999999999999999999", "0", "\"", ",", "\n", "$", "{$a}", "\0", "&#0;", "<S r='-1' d='1'/>", "%0",
            "P9Y",
            "9223372036854775807", "18446744073709551615", "#EXT-X-DISCONTINUITY\n", "#EXT-X-KEY:METHOD=NONE\n", "INF",
            "<",
        ].map { Array($0.utf8) }
        for (_, original) in try Fixture.all() {
            for _ in 0..<25 {
                var bytes = original
                for _ in 0..<Int.random(in: 1...6, using: &generator) {
                    let place = Int.random(in: 0...bytes.count, using: &generator)
                    let end = min(bytes.count, place + Int.random(in: 0...24, using: &generator))
                    switch Int.random(in: 0..<5, using: &generator) {
                    case 0: bytes.replaceSubrange(place..<end, with: [])
                    case 1: bytes.insert(contentsOf: bytes[place..<end], at: place)
                    case 2: bytes.replaceSubrange(place..<end, with: tokens.randomElement(using: &generator) ?? [])
                    case 3: if place < bytes.count { bytes[place] = UInt8.random(in: 0...255, using: &generator) }
                    default: if place > bytes.count / 2 { bytes.removeSubrange(place...) }
                    }
                }
                exercise(bytes)
                let media = IndexedMedia(uri: "", indexRange: nil, initialization: nil, periodStart: .zero)
                if let list = try? SegmentIndexDecoder.decode(bytes, media: media, fileOffset: 0) { exercise(list) }
            }
        }
    }

    @Test(
        "random bytes behind a valid beginning never crash",
        arguments: ["", "#EXTM3U\n#EXT", "#EXTM3U\n#EXTINF:", "<MPD>", "<MPD "])
    func randomBytes(beginning: String) {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<300 {
            let count = Int.random(in: 0..<200, using: &generator)
            exercise(Array(beginning.utf8) + (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) })
        }
    }

    @Test("random tags and attributes never crash")
    func randomTags() {
        var generator = SeededGenerator(seed: 8)
        let values = [
            "", "1", "-1", "1@2", "URI=\"a\"", "METHOD=AES-128,URI=\"k\"", "18446744073709551615", "1e9", "0x", "NONE",
            "TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"b\"", "BANDWIDTH=1", "2026-11-22T16:00:00Z", "NAME=\"a\",VALUE=\"{$a}\"",
            "TIME-OFFSET=-9e9", "PART-TARGET=1e9", "PART-TARGET=99999999999", "DURATION=99999999,URI=\"p\"",
            "DURATION=0,URI=\"p\",BYTERANGE=\"2305843009213693952@2305843009213693952\"",
            "DURATION=1,URI=\"p\",BYTERANGE=\"9\"", "SKIPPED-SEGMENTS=3", "SKIPPED-SEGMENTS=18446744073709551615",
            "ID=\"a\",START-DATE=\"2250-12-31T23:59:59Z\",DURATION=99999999,END-DATE=\"1700-01-01T00:00:00Z\"",
            "TYPE=PART,URI=\"p\",BYTERANGE-START=18446744073709551616", "TYPE=MAP,URI=\"m\"",
            "HOLD-BACK=99999999999,PART-HOLD-BACK=99999999999,CAN-SKIP-UNTIL=99999999999",
            "URI=\"a\",LAST-MSN=18446744073709551615,LAST-PART=99999999999999", "BANDWIDTH=18446744073709551616",
            "BANDWIDTH=5,STABLE-VARIANT-ID=\"a\",PATHWAY-ID=\"p\"", "30", "1/2", "DURATION=-1", "IMPORT=\"a\"",
            "TYPE=0x34", "QUERYPARAM=\"a\"", "METHOD=SAMPLE-AES,URI=\"k\",KEYFORMAT=\"x\",IV=0xZZ", "4294967296",
        ]
        for _ in 0..<2_000 {
            var text = "#EXTM3U\n#EXT-X-TARGETDURATION:6\n"
            for _ in 0..<12 {
                let tag = PlaylistTag.allCases.randomElement(using: &generator)?.name ?? ""
                text += "\(tag):\(values.randomElement(using: &generator) ?? "")\nuri\n"
            }
            exercise(Array(text.utf8))
        }
    }

    @Test("numbers at the edges of 64 bits neither trap nor wrap")
    func extremes() {
        for number in [
            "0", "1", "2305843009213693952", "9223372036854775807", "9223372036854775808", "18446744073709551616",
            "-9223372036854775808",
        ] {
            exercise(
                Array(
                    "#EXTM3U\n#EXT-X-TARGETDURATION:\(number)\n#EXT-X-MEDIA-SEQUENCE:\(number)\n#EXT-X-DISCONTINUITY-SEQUENCE:\(number)\n#EXT-X-BYTERANGE:\(number)@\(number)\n#EXTINF:1,\na\n#EXTINF:1,\n#EXT-X-BYTERANGE:\(number)\na\n"
                        .utf8))
            exercise(Array("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:\(number),\na\n#EXTINF:\(number),\nb\n".utf8))
            for attribute in [
                "duration", "timescale", "startNumber", "endNumber", "presentationTimeOffset", "availabilityTimeOffset",
            ] {
                for type in ["", "type='dynamic' availabilityStartTime='2250-12-31T23:59:59Z'"] {
                    for content in [
                        "", "<SegmentTimeline><S t='\(number)' d='1' r='-1'/></SegmentTimeline>",
                        "<SegmentTimeline><S d='\(number)' n='\(number)' r='5'/><S d='1' r='\(number)'/></SegmentTimeline>",
                    ] {
                        exercise(
                            Array(
                                """
                                <MPD \(type)><Period start='PT\(number)S'><AdaptationSet mimeType='video/mp4'><Representation id='a'>
                                <SegmentTemplate duration='7' media='$Number$$Time$' \(attribute == "duration" ? "" : "\(attribute)='\(number)'")>\(content)</SegmentTemplate>
                                </Representation></AdaptationSet></Period></MPD>
                                """.utf8))
                    }
                }
            }
        }
    }

    @Test("too many bytes, segments, tracks, elements, levels and variables are refused")
    func limits() {
        func expectTooLarge(_ text: String, _ limits: DecodingLimits, _ location: SourceLocation = #_sourceLocation) {
            guard case .tooLarge? = decodingError(Array(text.utf8), limits: limits) else {
                Issue.record("not refused", sourceLocation: location)
                return
            }
        }
        expectTooLarge("#EXTM3U\n#EXT-X-ENDLIST", DecodingLimits(bytes: 20))
        let segments = String(repeating: "#EXTINF:1,\na\n", count: 101)
        expectTooLarge("#EXTM3U\n#EXT-X-TARGETDURATION:1\n\(segments)", DecodingLimits(segments: 100))
        let variants = String(repeating: "#EXT-X-STREAM-INF:BANDWIDTH=1\na\n", count: 101)
        expectTooLarge("#EXTM3U\n\(variants)", DecodingLimits(tracks: 100))
        expectTooLarge("<MPD>\(String(repeating: "<Period/>", count: 100))</MPD>", DecodingLimits(elements: 100))
        let deep = String(repeating: "<a>", count: 64) + String(repeating: "</a>", count: 64)
        expectTooLarge("<MPD>\(deep)</MPD>", .standard)
        let representations = String(
            repeating: "<Representation id='a'><BaseURL>x</BaseURL></Representation>", count: 101)
        expectTooLarge(
            "<MPD><Period><AdaptationSet mimeType='video/mp4'>\(representations)</AdaptationSet></Period></MPD>",
            DecodingLimits(tracks: 100))
        var doubling = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-DEFINE:NAME=\"v0\",VALUE=\"aaaaaaaaaa\"\n"
        for level in 1...60 {
            doubling += "#EXT-X-DEFINE:NAME=\"v\(level)\",VALUE=\"{$v\(level - 1)}{$v\(level - 1)}\"\n"
        }
        let parts = String(repeating: "#EXT-X-PART:URI=\"a\",DURATION=1\n", count: 101)
        expectTooLarge("#EXTM3U\n#EXT-X-TARGETDURATION:1\n\(parts)", DecodingLimits(segments: 100))
        let ranges = (0...100).map { "#EXT-X-DATERANGE:ID=\"\($0)\"\n" }.joined()
        expectTooLarge("#EXTM3U\n#EXT-X-TARGETDURATION:1\n\(ranges)", DecodingLimits(segments: 100))
        let formats = (0..<17).map { "#EXT-X-KEY:METHOD=AES-128,URI=\"a\",KEYFORMAT=\"\($0)\"\n" }.joined()
        expectTooLarge("#EXTM3U\n#EXT-X-TARGETDURATION:1\n\(formats)", .standard)
        // Ninety segments are not too many, but each has three keys of its own.
        let keys = (0..<90).map { number in
            (0..<3).map { "#EXT-X-KEY:METHOD=AES-128,URI=\"\(number)\",KEYFORMAT=\"\($0)\"\n" }.joined()
                + "#EXTINF:1,\na\n"
        }
        expectTooLarge("#EXTM3U\n#EXT-X-TARGETDURATION:1\n\(keys.joined())", DecodingLimits(segments: 100))
        let renditions = String(repeating: "#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID=\"a\"\n", count: 101)
        expectTooLarge("#EXTM3U\n\(renditions)", DecodingLimits(tracks: 100))
        for tag in ["SESSION-DATA:DATA-ID=\"a\"", "SESSION-KEY:METHOD=AES-128,URI=\"a\""] {
            expectTooLarge("#EXTM3U\n" + String(repeating: "#EXT-X-\(tag)\n", count: 101), DecodingLimits(tracks: 100))
        }
        let reports = String(repeating: "#EXT-X-RENDITION-REPORT:URI=\"a\"\n", count: 101)
        expectTooLarge("#EXTM3U\n#EXT-X-TARGETDURATION:1\n\(reports)", DecodingLimits(tracks: 100))
        expectTooLarge(doubling, DecodingLimits(substitutedBytes: 1 << 20))
    }

    @Test("the same trouble again and again is reported a few times and counted")
    func boundedFindings() throws {
        let text = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n" + String(repeating: "#EXTINF:9,\na\n", count: 1_000)
        let findings = try mediaPlaylist(Array(text.utf8)).findings
        #expect(findings.count == 6 && findings.allSatisfy { $0.id == "hls-segment-longer-than-target" })
        #expect(findings.last?.message == "and 995 more like it")
    }

    @Test("a date range that gathers a hundred thousand attributes does not cost their square")
    func growingDateRange() throws {
        var text = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n"
        for number in 0..<100_000 { text += "#EXT-X-DATERANGE:ID=\"a\",X-\(number)=1\n" }
        let ranges = try mediaPlaylist(Array(text.utf8)).extras.dateRanges
        #expect(ranges.count == 1 && ranges[0].attributes.count == 100_000)
    }

    @Test("text that is not UTF-8 is played with a finding")
    func invalidUTF8() throws {
        let bytes = Array("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n".utf8) + [0x61, 0xFF, 0x2E, 0x0A]
        let playlist = try mediaPlaylist(bytes)
        #expect(playlist.findings.map(\.id) == ["hls-invalid-utf8", "hls-live-window-too-short"])
        #expect(playlist.segments.first?.uri == "a\u{FFFD}.")
    }
}

@Suite("Hostile MPDs that multiply themselves") struct MultiplyingMPDTests {
    @Test("a long timeline that many Representations begin at another number is not written out for each")
    func timelines() {
        let entries = String(repeating: "<S d='1'/><S d='2'/>", count: 500)
        let representations = (0..<200).map {
            "<Representation id='\($0)' bandwidth='1'><SegmentTemplate startNumber='\($0)'/></Representation>"
        }.joined()
        let text = """
            <MPD><Period><AdaptationSet mimeType='video/mp4'><SegmentTemplate media='$Number$'>
            <SegmentTimeline>\(entries)</SegmentTimeline></SegmentTemplate>\(representations)
            </AdaptationSet></Period></MPD>
            """
        let limits = DecodingLimits(segments: 50_000)
        guard case .presentation(let presentation)? = try? ManifestDecoder.decode(Array(text.utf8), limits: limits)
        else {
            Issue.record("not decoded")
            return
        }
        #expect(presentation.periods[0].switchingSets[0].tracks.count == 50)
        #expect(presentation.findings.contains { $0.id == "dash-too-many-timelines" })
    }

    @Test("a long identifier that a template names again and again is refused")
    func templates() {
        let id = String(repeating: "x", count: 10_000)
        let media = String(repeating: "$RepresentationID$", count: 10)
        #expect(throws: MPDProblem.self) { try SegmentURITemplate(media, representationID: id, bandwidth: "1") }
        let long = String(repeating: "x", count: 20_000)
        #expect(throws: MPDProblem.self) { try SegmentURITemplate(long, representationID: "1", bandwidth: "1") }
    }
}
