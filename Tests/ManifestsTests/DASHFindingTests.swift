import Quantities
import Testing

@testable import Manifests

/// A static MPD of which nothing is wrong, with a part of it replaced.
private func stationary(_ part: String = "", _ other: String = "") -> String {
    """
    <MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011" minBufferTime="PT2S" \
    maxSegmentDuration="PT4S" mediaPresentationDuration="PT8S"><BaseURL>b/</BaseURL><Period id="1">\
    <AdaptationSet id="1" mimeType="video/mp4" codecs="avc1.4d401f" segmentAlignment="true">\
    <SegmentTemplate media="$Number$" duration="4"/><Representation id="1" bandwidth="1"/>\
    <Representation id="2" bandwidth="2"/></AdaptationSet></Period></MPD>
    """.replacing(part, with: other)
}

/// A dynamic MPD of which nothing is wrong, with a part of it replaced.
private func live(_ part: String = "", _ other: String = "") -> String {
    """
    <MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011" minBufferTime="PT2S" \
    id="m" type="dynamic" availabilityStartTime="2026-01-01T00:00:00Z" publishTime="2026-01-01T00:00:00Z" \
    minimumUpdatePeriod="PT2S" timeShiftBufferDepth="PT60S" suggestedPresentationDelay="PT10S">\
    <ServiceDescription id="1"/><PatchLocation>p</PatchLocation><Period id="1" start="PT0S">\
    <AdaptationSet id="1" mimeType="video/mp4" codecs="avc1.4d401f"><SegmentTemplate media="$Number$" duration="4"/>\
    <Representation id="1" bandwidth="1"/></AdaptationSet></Period>\
    <UTCTiming schemeIdUri="urn:mpeg:dash:utc:direct:2014" value="2026-01-01T00:00:00Z"/></MPD>
    """.replacing(part, with: other)
}

extension String {
    /// The text with a part replaced that must be there, unless it is empty.
    fileprivate func replacing(_ part: String, with other: String) -> String {
        if part.isEmpty { return self }
        let pieces = split(separator: part, omittingEmptySubsequences: false)
        precondition(pieces.count > 1, "the document has no \(part)")
        return pieces.joined(separator: other)
    }
}

@Suite("DASH findings") struct DASHFindingTests {
    private func ids(_ text: String) throws -> [String] { try presentation(Array(text.utf8)).findings.map(\.id) }

    @Test("MPDs of which nothing is wrong have none")
    func none() throws {
        #expect(try ids(stationary()) == [] && ids(live()) == [])
    }

    @Test(
        "of a static MPD",
        arguments: [
            ("dash-missing-minimum-buffer-time", " minBufferTime=\"PT2S\"", ""),
            ("dash-missing-profiles", " profiles=\"urn:mpeg:dash:profile:isoff-live:2011\"", ""),
            ("dash-unknown-type", "<MPD ", "<MPD type=\"recorded\" "),
            ("dash-segment-longer-than-maximum", "maxSegmentDuration=\"PT4S\"", "maxSegmentDuration=\"PT3.9S\""),
            ("dash-duration-mismatch", "<Period id=\"1\">", "<Period id=\"1\" duration=\"PT4S\">"),
            ("dash-unknown-essential-property", "<BaseURL>", "<EssentialProperty schemeIdUri=\"urn:x\"/><BaseURL>"),
            ("dash-base-byte-range", "<BaseURL>", "<BaseURL byteRange=\"$base$?r=$first$-$last$\">"),
            ("dash-invalid-attribute", "<BaseURL>", "<BaseURL availabilityTimeOffset=\"soon\">"),
            ("dash-missing-mime-type", " mimeType=\"video/mp4\"", " contentType=\"video\""),
            ("dash-missing-codecs", " codecs=\"avc1.4d401f\"", ""),
            ("dash-duplicate-representation-id", "id=\"2\"", "id=\"1\""),
            ("dash-missing-representation-id", "id=\"2\" ", ""),
            ("dash-missing-bandwidth", " bandwidth=\"2\"", ""),
            ("dash-dependent-representation", "bandwidth=\"2\"", "bandwidth=\"2\" dependencyId=\"1\""),
            ("dash-constant-template", "media=\"$Number$\"", "media=\"all.m4s\""),
            ("dash-number-and-time", "media=\"$Number$\"", "media=\"$Number$-$Time$\""),
            (
                "dash-unaligned-segments", "<Representation id=\"2\" bandwidth=\"2\"/>",
                "<Representation id=\"2\" bandwidth=\"2\"><SegmentTemplate duration=\"2\"/></Representation>"
            ),
            ("dash-missing-segments", "duration=\"4\"", "duration=\"1\" endNumber=\"3\""),
            (
                "dash-late-segments", "duration=\"4\"/>",
                "><SegmentTimeline><S t=\"5\" d=\"3\"/></SegmentTimeline></SegmentTemplate>"
            ),
            (
                "dash-segment-list-count", "<SegmentTemplate media=\"$Number$\" duration=\"4\"/>",
                "<SegmentList duration=\"4\"><SegmentURL media=\"1\"/></SegmentList>"
            ),
            ("dash-link-not-followed", "<Period id=\"1\">", "<Period id=\"1\" xlink:href=\"other.xml\">"),
            (
                "dash-link-not-followed", "<AdaptationSet ",
                "<AdaptationSet xlink:href=\"other.xml\" xlink:actuate=\"onLoad\" "
            ),
            (
                "dash-steering-unknown-location", "<BaseURL>",
                "<ContentSteering defaultServiceLocation=\"x\">s</ContentSteering><BaseURL serviceLocation=\"y\">"
            ),
        ])
    func stationaryFindings(id: String, part: String, other: String) throws {
        let found = try ids(stationary(part, other))
        #expect(found.contains(id) && found.count <= 3, "\(found)")
    }

    @Test(
        "of a dynamic MPD",
        arguments: [
            ("dash-missing-publish-time", " publishTime=\"2026-01-01T00:00:00Z\"", ""),
            ("dash-no-clock", "UTCTiming", "OtherTiming"),
            ("dash-unknown-clock", "urn:mpeg:dash:utc:direct:2014", "urn:example:clock"),
            ("dash-patch-without-id", "id=\"m\" ", ""),
            ("dash-missing-set-id", "<AdaptationSet id=\"1\"", "<AdaptationSet"),
            ("dash-missing-period-id", "<Period id=\"1\"", "<Period"),
            ("dash-short-window", "PT60S", "PT11S"),
            ("dash-short-delay", "PT10S", "PT7S"),
            ("dash-delay-beyond-window", "PT10S", "PT61S"),
            (
                "dash-latency-order", "<ServiceDescription id=\"1\"/>",
                "<ServiceDescription><Latency target=\"9000\" max=\"8000\"/></ServiceDescription>"
            ),
            (
                "dash-playback-rate-order", "<ServiceDescription id=\"1\"/>",
                "<ServiceDescription><PlaybackRate max=\"0.9\"/></ServiceDescription>"
            ),
            ("dash-availability-offset-too-long", "duration=\"4\"", "duration=\"4\" availabilityTimeOffset=\"4.1\""),
            ("dash-incomplete-without-offset", "duration=\"4\"", "duration=\"4\" availabilityTimeComplete=\"false\""),
            ("dash-early-period", "</Period>", "</Period><Period id=\"2\"/>"),
            ("dash-duplicate-period-id", "</Period>", "</Period><Period id=\"1\" start=\"PT9S\"/>"),
            ("dash-empty-period", "</Period>", "</Period><Period id=\"2\" start=\"PT9S\"/>"),
            ("dash-invalid-attribute", "PT10S", "ten seconds"),
        ])
    func liveFindings(id: String, part: String, other: String) throws {
        let found = try ids(live(part, other))
        #expect(found.contains(id) && found.count <= 2, "\(found)")
    }

    @Test("periods that leave a gap or overlap, and sets of one period with the same id")
    func periods() throws {
        func text(_ first: String, _ second: String) -> String {
            let set = """
                <AdaptationSet id="1" mimeType="video/mp4" codecs="avc1"><SegmentTemplate media="$Number$" duration="2"/>\
                <Representation id="1" bandwidth="1"/></AdaptationSet>
                """
            return """
                <MPD profiles="p" minBufferTime="PT2S" mediaPresentationDuration="PT20S"><Period id="1" \(first)>\(set)</Period>\
                <Period id="2" \(second)>\(set)</Period></MPD>
                """
        }
        #expect(try ids(text("duration=\"PT10S\"", "start=\"PT10S\"")) == [])
        #expect(try ids(text("duration=\"PT8S\"", "start=\"PT10S\"")) == ["dash-period-gap"])
        #expect(try ids(text("duration=\"PT12S\"", "start=\"PT10S\"")) == ["dash-period-overlap"])
        #expect(try ids(text("start=\"PT5S\"", "start=\"PT2S\"")).contains("dash-period-order"))
        let twice = stationary("</AdaptationSet>", "</AdaptationSet><AdaptationSet id=\"1\"/>")
        #expect(try ids(twice) == ["dash-duplicate-set-id"])
    }

    @Test("nothing says how long a static MPD is but endNumber")
    func missingDuration() throws {
        let text = stationary("duration=\"4\"", "duration=\"4\" endNumber=\"2\"")
        #expect(try ids(text) == [])
        #expect(try ids(text.replacing(" mediaPresentationDuration=\"PT8S\"", with: "")) == ["dash-missing-duration"])
    }

    @Test("rounding is no gap, no overlap, no misalignment and no segment that is too long")
    func tolerance() throws {
        let timeline = """
            timescale="90000"><SegmentTimeline><S t="0" d="179999"/><S t="180000" d="180001"/><S t="360000" d="360001"/>\
            </SegmentTimeline></SegmentTemplate>
            """
        #expect(try ids(stationary("duration=\"4\"/>", timeline)) == [])
        let other = """
            <Representation id="2" bandwidth="2"><SegmentTemplate timescale="44100" duration="176410"/></Representation>
            """
        #expect(try ids(stationary("<Representation id=\"2\" bandwidth=\"2\"/>", other)) == [])
    }
}

@Suite("Hostile MPDs whose parts are inherited by many") struct InheritedBulkTests {
    private func sets(_ attributes: String, _ content: String, _ representation: String, _ count: Int) -> [UInt8] {
        let representations = (0..<count).map { "<Representation id='\($0)' bandwidth='1'\(representation)" }.joined()
        return Array(
            """
            <MPD mediaPresentationDuration="PT8S"><Period><AdaptationSet mimeType="video/mp4" \(attributes)>\(content)\
            \(representations)</AdaptationSet></Period></MPD>
            """.utf8)
    }

    private static let long = String(repeating: "0", count: 2_000_000)

    @Test("long attributes are not read again for each Representation")
    func attributes() throws {
        let template = "<SegmentTemplate media='$Number$' duration='\(Self.long)2'/>"
        #expect(decodingError(sets("", template, "/>", 2_000)) != nil)
        let wide = sets("width='\(Self.long)1'", "<SegmentTemplate media='$Number$' duration='2'/>", "/>", 2_000)
        #expect(decodingError(wide) != nil)
    }

    @Test("long BaseURLs and thousands of alternatives are bounded")
    func locations() throws {
        let bases = String(repeating: "<BaseURL>\(String(repeating: "a", count: 1_000))/</BaseURL>", count: 60)
        let text = sets(
            "", "\(bases)<BaseURL>\(Self.long)</BaseURL><SegmentTemplate media='$Number$' duration='2'/>",
            "><BaseURL>x/</BaseURL><BaseURL>y/</BaseURL></Representation>", 1_000)
        let tracks = try presentation(text).periods[0].switchingSets[0].tracks
        #expect(tracks.count == 1_000 && tracks[999].locations.count == 2)
        #expect(tracks[0].locations.allSatisfy { $0.name.utf8.count < 2_000 && $0.references.count == 2 })
    }

    @Test("UTF-16 without a mark, bytes that are not UTF-8, and declarations in a patch are refused")
    func encodings() throws {
        let text = "<MPD><Period/></MPD>"
        #expect(decodingError(text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }) != nil)
        #expect(decodingError(text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }) != nil)
        #expect(decodingError(Array("<MPD><Period id='".utf8) + [0xC3, 0x28] + Array("'/></MPD>".utf8)) != nil)
        let held = try ManifestDecoder.decode(try Fixture.bytes("dynamic.patch-base.mpd"))
        let entities = "<!DOCTYPE Patch [<!ENTITY a \"b\">]><Patch mpdId='channel-7'>&a;</Patch>"
        #expect(throws: ManifestError.self) { try ManifestDecoder.update(Array(entities.utf8), of: held) }
        let undefined = "<Patch mpdId='channel-7' originalPublishTime='2026-11-22T16:00:08Z'>&a;</Patch>"
        #expect(throws: ManifestError.self) { try ManifestDecoder.update(Array(undefined.utf8), of: held) }
    }

    @Test("many references to one protection, many schemes, many accessibilities")
    func descriptors() throws {
        let content = """
            <ContentProtection refId='a' schemeIdUri='\(Self.long)' value='v'/>\
            \((0..<2_000).map { "<InbandEventStream schemeIdUri='\($0)'/><Accessibility value='\($0)'/>" }.joined())\
            <SegmentTemplate media='$Number$' duration='2'/>
            """
        let text = sets("", content, "><ContentProtection ref='a'/><Accessibility value='b'/></Representation>", 2_000)
        let set = try presentation(text).periods[0].switchingSets[0]
        #expect(set.protections.count == 1 && set.protections[0].scheme.count == 256)
        #expect(set.inbandEvents.count == 64 && set.tracks[1_999].details.characteristics.count == 64)
    }

    @Test("segment sequences with impossible counts")
    func sequences() throws {
        for parts in ["0", "10001", "2305843009213693952", "99999999999999999999", "-1", "7"] {
            for number in ["1", "2305843009213693951"] {
                let template = """
                    <SegmentTemplate media='$Number$.$SubNumber%064d$' startNumber='\(number)' timescale='10'><SegmentTimeline>\
                    <S t='0' d='20' k='\(parts)'/><S d='1' r='-1' k='3'/></SegmentTimeline></SegmentTemplate>
                    """
                guard let presentation = try? presentation(sets("", template, "/>", 1)) else { continue }
                let list = try #require(presentation.periods[0].switchingSets[0].tracks[0].media.list)
                #expect(list.all.allSatisfy { $0.duration > .zero && list.segment(at: $0.start) != nil })
                #expect(list.segment(at: .seconds(3))?.start == .seconds(3))
            }
        }
        let endless = """
            <MPD type='dynamic' availabilityStartTime='2026-01-01T00:00:00Z'><Period start='PT0S'>\
            <AdaptationSet mimeType='video/mp4'><SegmentTemplate k='10000' duration='10000' timescale='4294967295' \
            media='$Number$.$SubNumber$'/><Representation id='1'/></AdaptationSet></Period></MPD>
            """
        let list = try #require(
            try presentation(Array(endless.utf8)).periods[0].switchingSets[0].tracks[0].media.list)
        for time in [Int64.max, .min, 0, 3_000_000_000_000_000_000] {
            #expect(list.segment(at: MediaTime(nanoseconds: time)) != nil)
        }
        #expect(list.segment(.max) != nil && list.segment(at: .zero)?.start == .zero)
    }
}
