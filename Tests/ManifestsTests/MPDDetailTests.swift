import Quantities
import Testing

@testable import Manifests

/// An MPD with one AdaptationSet of one Representation.
private func mpd(
    _ segments: String, attributes: String = "mediaPresentationDuration='PT10S'", period: String = ""
) -> [UInt8] {
    Array(
        """
        <MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011" \
        minBufferTime="PT2S" \(attributes)><Period \(period)>
        <AdaptationSet mimeType="video/mp4" codecs="avc1.4d401f"><Representation id="v" bandwidth="5000">\(segments)</Representation>
        </AdaptationSet></Period></MPD>
        """.utf8)
}

@Suite("DASH segment addressing") struct MPDDetailTests {
    private func segments(_ bytes: [UInt8]) throws -> [Segment] {
        try #require(try presentation(bytes).periods[0].switchingSets[0].tracks[0].media.list).all
    }

    @Test(
        "templates",
        arguments: [
            ("$Number$", "3"), ("$Number%05d$", "00003"), ("$Number%1d$", "3"), ("$Time$", "4"),
            ("$Time%03d$x", "004x"),
            ("$RepresentationID$-$Bandwidth$", "v-5000"), ("$Bandwidth%06d$", "005000"), ("a$$b", "a$b"),
            ("$$$Number$$$", "$3$"), ("plain", "plain"),
        ])
    func templates(media: String, uri: String) throws {
        let template = "<SegmentTemplate media='\(media)' duration='2'/>"
        #expect(try segments(mpd(template))[2].uri == uri)
    }

    @Test(
        "invalid templates take their Representation away",
        arguments: ["$Foo$", "a$b", "$Number%05x$", "$Number%0999999999d$"])
    func invalidTemplates(media: String) throws {
        guard case .malformed(nil, let detail)? = decodingError(mpd("<SegmentTemplate media='\(media)' duration='2'/>"))
        else {
            Issue.record("no error")
            return
        }
        #expect(detail.hasPrefix("nothing in the MPD can be played: a segment template "))
    }

    @Test("the last segment of a static list is rounded up and cut at the period's end")
    func roundedUp() throws {
        let list = try segments(mpd("<SegmentTemplate media='$Number$' timescale='1000' duration='3000'/>"))
        #expect(list.map(\.uri) == ["1", "2", "3", "4"])
        #expect(list.map(\.duration.seconds) == [3, 3, 3, 1])
        let exact = try segments(mpd("<SegmentTemplate media='$Number$' timescale='30000' duration='60060'/>"))
        #expect(exact.count == 5 && exact[4].start == MediaTime(nanoseconds: 8_008_000_000))
        let even = try segments(mpd("<SegmentTemplate media='$Number$' duration='2'/>"))
        #expect(even.count == 5)
    }

    @Test("endNumber ends a list, startNumber 0 begins at 0, no duration means one segment")
    func bounds() throws {
        let some = try segments(mpd("<SegmentTemplate media='$Number$' startNumber='0' endNumber='2' duration='2'/>"))
        #expect(some.map(\.sequence) == [0, 1, 2])
        let one = try segments(mpd("<SegmentTemplate media='whole.mp4'/>"))
        #expect(one.map(\.uri) == ["whole.mp4"] && one.map(\.duration.seconds) == [10])
        let timeline = "<SegmentTimeline><S t='0' d='2' r='9'/></SegmentTimeline>"
        let cut = try segments(mpd("<SegmentTemplate media='$Number$' endNumber='3'>\(timeline)</SegmentTemplate>"))
        #expect(cut.map(\.sequence) == [1, 2, 3])
    }

    @Test("$Time$ counts from presentationTimeOffset, $Number$ from startNumber")
    func timeOffset() throws {
        let template = """
            <SegmentTemplate media='$Time$/$Number$' timescale='10' presentationTimeOffset='500' startNumber='7'>\
            <SegmentTimeline><S t='480' d='40'/><S d='50' r='-1'/></SegmentTimeline></SegmentTemplate>
            """
        let list = try segments(mpd(template))
        #expect(list.map(\.uri) == ["480/7", "520/8", "570/9"])
        #expect(list.map(\.start.seconds) == [-2, 2, 7] && list.map(\.duration.seconds) == [4, 5, 3])
    }

    @Test("segments that begin behind the period's end are left out")
    func behindPeriod() throws {
        let timeline = "<SegmentTimeline><S t='0' d='4' r='5'/></SegmentTimeline>"
        let list = try segments(mpd("<SegmentTemplate media='$Number$'>\(timeline)</SegmentTemplate>"))
        #expect(list.map(\.start.seconds) == [0, 4, 8] && list.map(\.duration.seconds) == [4, 4, 2])
    }

    @Test("S@n numbers the segments")
    func numberedEntries() throws {
        let timeline = "<SegmentTimeline><S t='0' d='2' n='40' r='1'/><S d='2' n='50'/></SegmentTimeline>"
        let list = try segments(mpd("<SegmentTemplate media='$Number$'>\(timeline)</SegmentTemplate>"))
        #expect(list.map(\.uri) == ["40", "41", "50"] && list.map(\.sequence) == [40, 41, 42])
    }

    @Test("an update keeps the numbers of the segments it keeps")
    func stableNumbers() throws {
        func list(_ start: Int, _ time: Int) throws -> [Segment] {
            let timeline = "<SegmentTimeline><S t='\(time)' d='2' r='4'/></SegmentTimeline>"
            return try segments(
                mpd(
                    "<SegmentTemplate media='$Number$' startNumber='\(start)'>\(timeline)</SegmentTemplate>",
                    attributes: "type='dynamic' availabilityStartTime='2026-01-01T00:00:00Z'", period: "start='PT0S'"))
        }
        let before = try list(100, 200)
        let after = try list(102, 204)
        #expect(before.suffix(3) == after.prefix(3))
    }

    @Test("an availabilityTimeOffset of INF is a hundred years")
    func alwaysAvailable() throws {
        let media = try presentation(
            mpd("<SegmentTemplate media='$Number$' duration='2' availabilityTimeOffset='INF'/>")
        )
        .periods[0].switchingSets[0].tracks[0].media
        #expect(media.list?.availabilityOffset == .seconds(Int64(3_153_600_000)))
    }

    @Test("a file without any segment information has an index to look for")
    func bareFile() throws {
        let track = try presentation(mpd("<BaseURL>a.mp4</BaseURL>")).periods[0].switchingSets[0].tracks[0]
        #expect(track.media.indexed?.indexRange == nil && track.bases == ["a.mp4"])
    }

    @Test(
        "what can be played all the same becomes a finding",
        arguments: [
            ("<S t='0' d='2'/><S t='1' d='2' r='-1'/>", "dash-timeline-overlap"),
            ("<S t='0' d='2'/><S t='5' d='5'/>", "dash-timeline-gap"),
            ("<S t='0'/><S t='0' d='10'/>", "dash-timeline-no-duration"),
            ("<S t='0' d='2' r='-1'/><S d='8'/>", "dash-timeline-open-repeat"),
        ])
    func findings(entries: String, id: String) throws {
        let timeline = "<SegmentTemplate media='$Time$'><SegmentTimeline>\(entries)</SegmentTimeline></SegmentTemplate>"
        #expect(try presentation(mpd(timeline)).findings.map(\.id) == [id])
    }

    @Test(
        "MPDs of which nothing can be played",
        arguments: [
            "<SegmentTemplate duration='2'/>", "<SegmentTemplate media='x' duration='0'/>",
            "<SegmentTemplate media='x' duration='-2'/>", "<SegmentTemplate media='x' duration='2' timescale='0'/>",
            "<SegmentTemplate media='x' duration='2' timescale='99999999999'/>", "<SegmentList duration='2'/>", "",
            "<SegmentTemplate media='x'><SegmentTimeline><S t='18446744073709551615' d='1'/></SegmentTimeline></SegmentTemplate>",
            "<SegmentTemplate media='x'><SegmentTimeline><S d='1' r='99999999999999999999'/></SegmentTimeline></SegmentTemplate>",
            "<SegmentTemplate media='x' initialization='$Number$' duration='2'/>",
            "<SegmentBase indexRange='9-1'/>",
        ])
    func nothingToPlay(segments: String) {
        guard case .malformed(nil, let detail)? = decodingError(mpd(segments)) else {
            Issue.record("no error for \(segments)")
            return
        }
        #expect(detail.hasPrefix("nothing in the MPD can be played: "), "\(detail)")
    }

    @Test("a dynamic MPD must say when its timeline begins")
    func missingAvailabilityStart() {
        let bytes = mpd("<SegmentTemplate media='$Number$' duration='2'/>", attributes: "type='dynamic'")
        let detail = "a dynamic MPD has no availabilityStartTime (ISO/IEC 23009-1 5.3.1.2)"
        #expect(decodingError(bytes) == .malformed(line: 1, detail: detail))
    }

    @Test("periods follow one another, an early one is left out, an overlong one is cut")
    func periods() throws {
        func period(_ attributes: String) -> String {
            """
            <Period \(attributes)><AdaptationSet mimeType="audio/mp4"><SegmentTemplate media="$Number$" duration="2"/>\
            <Representation id="a" bandwidth="1"/></AdaptationSet></Period>
            """
        }
        func decode(_ attributes: String, _ periods: [String]) throws -> Presentation {
            let text = "<MPD \(attributes)>\(periods.map(period).joined())</MPD>"
            return try presentation(Array(text.utf8))
        }
        let fixed = try decode("", ["duration='PT5S'", "duration='PT7S'"])
        #expect(fixed.periods.map(\.start.seconds) == [0, 5] && fixed.duration == .seconds(Int64(12)))
        let cut = try decode("mediaPresentationDuration='PT9S'", ["duration='PT50S'", "start='PT4S'"])
        #expect(cut.periods.map(\.duration?.seconds) == [4, 5])
        let live = "type='dynamic' availabilityStartTime='2026-01-01T00:00:00Z'"
        let early = try decode(live, ["start='PT0S'", ""])
        #expect(early.periods.count == 1 && early.periods[0].duration == nil)
        #expect(early.findings.contains { $0.id == "dash-early-period" })
        let handed = try decode(live, ["start='PT0S' id='1'", "start='PT8S' id='2'"])
        #expect(handed.periods.map(\.duration?.seconds) == [8, nil])
    }

    @Test("a static list must end somewhere: with its period, or by endNumber")
    func endlessStatic() throws {
        let endless = "<SegmentTemplate media='$Number$' duration='2'/>"
        let detail = "nothing in the MPD can be played: nothing says where the segments of a static MPD end"
        #expect(decodingError(mpd(endless, attributes: "")) == .malformed(line: nil, detail: detail))
        let ended = "<SegmentTemplate media='$Number$' duration='2' endNumber='9'/>"
        #expect(try segments(mpd(ended, attributes: "")).count == 9)
    }
}
