/// The documents that are decoded.
enum Documents {
    /// A live media playlist with dates.
    static func livePlaylist(segments: Int) -> [UInt8] {
        var text = """
            #EXTM3U
            #EXT-X-VERSION:6
            #EXT-X-TARGETDURATION:2
            #EXT-X-MEDIA-SEQUENCE:884210
            #EXT-X-INDEPENDENT-SEGMENTS
            #EXT-X-SERVER-CONTROL:HOLD-BACK=6.0
            #EXT-X-MAP:URI="video/1080p/init.mp4"
            #EXT-X-PROGRAM-DATE-TIME:2026-11-22T16:00:00.000Z

            """
        for index in 0..<segments {
            text += "#EXTINF:2.000,\nvideo/1080p/segment_\(884_210 + index).m4s\n"
        }
        return Array(text.utf8)
    }

    /// A low-latency live playlist with one-second parts of the last three segments, or its delta update.
    static func lowLatencyPlaylist(from first: Int, segments: Int, skipping skipped: Int = 0) -> [UInt8] {
        var text = """
            #EXTM3U
            #EXT-X-VERSION:9
            #EXT-X-TARGETDURATION:4
            #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.02,CAN-SKIP-UNTIL=24.0
            #EXT-X-PART-INF:PART-TARGET=0.33334
            #EXT-X-MEDIA-SEQUENCE:\(first)
            #EXT-X-MAP:URI="video/1080p/init.mp4"

            """
        if skipped > 0 { text += "#EXT-X-SKIP:SKIPPED-SEGMENTS=\(skipped)\n" }
        for index in skipped..<segments {
            let number = first + index
            if index >= segments - 3 { text += parts(of: number, 12) }
            if index % 10 == 0 { text += "#EXT-X-PROGRAM-DATE-TIME:\(date(number * 4))\n" }
            text += "#EXTINF:4.00008,\nvideo/1080p/segment_\(number).m4s\n"
        }
        text += parts(of: first + segments, 6)
        return Array(
            (text + """
                #EXT-X-PRELOAD-HINT:TYPE=PART,URI="video/1080p/part_\(first + segments).6.m4s"
                #EXT-X-RENDITION-REPORT:URI="../720p/live.m3u8",LAST-MSN=\(first + segments),LAST-PART=5
                #EXT-X-RENDITION-REPORT:URI="../360p/live.m3u8",LAST-MSN=\(first + segments),LAST-PART=5

                """).utf8)
    }

    private static func parts(of number: Int, _ count: Int) -> String {
        (0..<count).map { part in
            let independent = part % 6 == 0 ? ",INDEPENDENT=YES" : ""
            return "#EXT-X-PART:DURATION=0.33334,URI=\"video/1080p/part_\(number).\(part).m4s\"\(independent)\n"
        }.joined()
    }

    private static func date(_ second: Int) -> String {
        let fields = [second / 3_600 % 24, second / 60 % 60, second % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
        return "2026-11-22T\(fields.joined(separator: ":")).000Z"
    }

    /// A dynamic MPD: three video Representations and one of audio, each set with its own timeline of so many entries in
    /// all, none of which can be joined with its neighbour.
    static func timelineMPD(entries: Int) -> [UInt8] {
        func timeline(_ count: Int) -> String {
            var text = "<SegmentTimeline>\n"
            for index in 0..<count {
                text += "<S \(index == 0 ? "t=\"0\" " : "")d=\"\(180_000 + index % 2 * 3_000)\"/>\n"
            }
            return text + "</SegmentTimeline>"
        }
        func template(_ count: Int) -> String {
            """
            <SegmentTemplate timescale="90000" startNumber="1" initialization="$RepresentationID$/init.mp4" \
            media="$RepresentationID$/$Time$.m4s">\(timeline(count))</SegmentTemplate>
            """
        }
        return Array(
            """
            <?xml version="1.0" encoding="UTF-8"?>
            <MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="dynamic" profiles="urn:mpeg:dash:profile:isoff-live:2011"
              availabilityStartTime="2026-11-22T15:00:00Z" minimumUpdatePeriod="PT2S" minBufferTime="PT4S"
              publishTime="2026-11-22T16:00:00Z" timeShiftBufferDepth="PT33M20S">
            <Period id="1" start="PT0S">
            <AdaptationSet contentType="video" mimeType="video/mp4">\(template(entries / 2))
            <Representation id="v1" bandwidth="1000000" codecs="avc1.64001e" width="640" height="360"/>
            <Representation id="v2" bandwidth="3000000" codecs="avc1.64001f" width="1280" height="720"/>
            <Representation id="v3" bandwidth="6000000" codecs="avc1.640028" width="1920" height="1080"/>
            </AdaptationSet>
            <AdaptationSet contentType="audio" mimeType="audio/mp4" lang="en">\(template(entries - entries / 2))
            <Representation id="a1" bandwidth="128000" codecs="mp4a.40.2" audioSamplingRate="48000"/>
            </AdaptationSet>
            </Period>
            </MPD>
            """.utf8)
    }

    /// The same text again and again.
    static func repeated(_ text: String, _ count: Int, between start: String, _ end: String) -> [UInt8] {
        let piece = Array(text.utf8)
        var bytes = Array(start.utf8)
        bytes.reserveCapacity(piece.count * count + 1_000)
        for _ in 0..<count { bytes.append(contentsOf: piece) }
        return bytes + Array(end.utf8)
    }

    /// So many different attributes of an XML element.
    static func attributes(_ count: Int) -> String { (0..<count).map { "a\($0)='1'" }.joined(separator: " ") }
}

extension Documents {
    /// The same MPD with a place for patches.
    static func patchableMPD(entries: Int) -> [UInt8] {
        let text = String(decoding: timelineMPD(entries: entries), as: UTF8.self)
        return Array(
            text.replacing(
                "<Period", with: "<PatchLocation ttl=\"60\">patch</PatchLocation>\n<Period", maxReplacements: 1
            )
            .replacing("<MPD ", with: "<MPD id=\"m\" ", maxReplacements: 1).utf8)
    }

    /// What takes the oldest segment from each of its timelines and adds a new one.
    static func patch() -> [UInt8] {
        var operations = "<replace sel=\"/MPD/@publishTime\">2026-11-22T16:00:02Z</replace>\n"
        for set in 1...2 {
            let timeline = "/MPD/Period[@id='1']/AdaptationSet[\(set)]/SegmentTemplate/SegmentTimeline"
            operations += """
                <remove sel="\(timeline)/S[1]"/>
                <add sel="\(timeline)/S[1]" type="@t">180000</add>
                <add sel="\(timeline)"><S d="183000"/></add>

                """
        }
        return Array(
            """
            <Patch xmlns="urn:mpeg:dash:schema:mpd-patch:2020" mpdId="m" originalPublishTime="2026-11-22T16:00:00Z"
              publishTime="2026-11-22T16:00:02Z">
            \(operations)</Patch>
            """.utf8)
    }
}
