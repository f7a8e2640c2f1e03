import Quantities
import Testing

@testable import Manifests

@Suite("What MPDs of packagers say") struct DASHModelTests {
    @Test("low latency: service description, offsets, clocks, end of availability, update each century")
    func lowLatency() throws {
        let presentation = try presentation(Fixture.bytes("dynamic.low-latency.mpd"))
        #expect(presentation.findings == [])
        #expect(presentation.details.id == "ll" && presentation.details.title == "Low latency")
        #expect(presentation.details.profiles.hasSuffix("low-latency-live-v5"))
        let timing = try #require(presentation.dynamicTiming)
        #expect(timing.suggestedDelay == .milliseconds(3_500) && timing.service.targetLatency == .milliseconds(3_500))
        #expect(timing.service.shortestLatency == .milliseconds(1_500))
        #expect(timing.service.longestLatency == .milliseconds(7_000))
        #expect(timing.service.slowestRate == 0.96 && timing.service.fastestRate == 1.04)
        #expect(timing.availabilityEnd == WallTime.seconds(1_893_456_000) && timing.publishTime == WallTime.seconds(0))
        #expect(timing.minimumUpdatePeriod?.seconds == 3_000_000_000)
        #expect(
            timing.clocks.map(\.scheme) == ["http-head", "http-ntp", "ntp"].map { "urn:mpeg:dash:utc:\($0):2014" })
        #expect(timing.clocks.last?.value == "ntp.example.com time.example.com")
        let audio = presentation.periods[0].switchingSets[0]
        #expect(audio.inbandEvents == ["urn:scte:scte35:2013:bin"] && audio.roles == ["main"] && audio.isDefault)
        #expect(audio.tracks[0].details.channels == "2" && audio.tracks[0].details.sampleRate == 48_000)
        #expect(audio.tracks[0].details.mimeType == "audio/mp4")
        let list = try #require(audio.tracks[0].media.list)
        #expect(list.availabilityOffset == .milliseconds(1_500) && !list.isAvailableComplete)
    }

    @Test("FFmpeg's low latency")
    func ffmpegLowLatency() throws {
        let presentation = try presentation(Fixture.bytes("dynamic.low-latency.ffmpeg.mpd"))
        let timing = try #require(presentation.dynamicTiming)
        #expect(timing.service.targetLatency == .milliseconds(3_000) && timing.suggestedDelay == .milliseconds(3_000))
        #expect(timing.service.slowestRate == 0.95 && timing.service.fastestRate == 1.05)
        let list = try #require(presentation.periods[0].switchingSets[0].tracks[0].media.list)
        #expect(list.availabilityOffset == .milliseconds(1_500) && !list.isAvailableComplete)
        #expect(list.lastSequence == nil && list.first?.duration == .seconds(2.0))
    }

    @Test("a timeline for each set, counted from 1970, without startNumber")
    func timelinePerSet() throws {
        let presentation = try presentation(Fixture.bytes("dynamic.timeline-per-set.mpd"))
        #expect(presentation.findings == [])
        let sets = presentation.periods[0].switchingSets
        #expect(sets.map(\.kind) == [.audio, .video, .subtitles] && sets.map(\.roles) == [["main"], [], ["caption"]])
        #expect(sets.flatMap(\.tracks).allSatisfy { $0.bases == ["dash/"] })
        let lists = try sets.map { try #require($0.tracks[0].media.list) }
        #expect(lists.map { $0.all.count } == [5, 5, 5])
        #expect(lists[0].first?.uri == "live-audio=64000-86177544960000.dash")
        #expect(lists[0].first?.initialization?.uri == "live-audio=64000.dash")
        let begin = MediaTime.seconds(1_795_365_520)
        #expect(lists.map { $0.first?.start } == [begin, begin, begin])
        #expect(lists.map { $0.last?.end } == Array(repeating: begin + .milliseconds(9_600), count: 3))
        #expect(sets[1].tracks.map(\.width) == [640, 1_280] && sets[0].tracks[1].details.sampleRate == 48_000)
    }

    @Test("a template for each Representation, with parts from the set's")
    func templatePerRepresentation() throws {
        let presentation = try presentation(Fixture.bytes("static.template-per-representation.mpd"))
        #expect(presentation.findings == [] && presentation.details.title == "Rushes")
        let sets = presentation.periods[0].switchingSets
        #expect(sets.map(\.kind) == [.video, .audio] && sets.map(\.language) == ["und", "eng"])
        let video = try #require(sets[0].tracks[1].media.list).all
        #expect(video.map(\.uri) == (1...3).map { "rushes_720_\($0).m4s" })
        #expect(video.map(\.start.seconds) == [0, 4.004, 8.008] && video.last?.end == .seconds(10.01))
        #expect(video[0].initialization?.uri == "rushes_init.mp4")
        let audio = try #require(sets[1].tracks[0].media.list).all
        #expect(audio.count == 5 && audio[4].uri == "audio/und/mp4a/seg-5.m4s")
        #expect(sets[1].tracks[0].details.sampleRate == 48_000)
    }

    @Test("partial segments are segments of their own, with numbers that rise by one")
    func segmentSequences() throws {
        let presentation = try presentation(Fixture.bytes("dynamic.segment-sequence.mpd"))
        let sets = presentation.periods[0].switchingSets
        #expect(sets.map(\.switchesWith) == [["2", "3"], []])
        let list = try #require(sets[0].tracks[0].media.list)
        let parts = list.all
        #expect(parts.count == 14 && parts.map(\.sequence) == Array(1_200...1_213))
        #expect(
            parts.prefix(5).map(\.uri) == ["00", "01", "02", "03"].map { "V300/300_\($0).m4s" } + ["V300/301_00.m4s"])
        #expect(parts.suffix(2).map(\.uri) == ["V300/303_00.m4s", "V300/303_01.m4s"])
        #expect(parts.allSatisfy { $0.duration == .milliseconds(500) })
        #expect(zip(parts, parts.dropFirst()).allSatisfy { $0.end == $1.start } && parts[0].start == .seconds(600))
        for part in parts {
            #expect(list.segment(at: part.start) == part)
            #expect(list.segment(at: part.end - .nanoseconds(1)) == part)
        }
        let whole = try #require(sets[1].tracks[0].media.list).all
        #expect(whole.map(\.uri) == ["300", "301", "302", "303"].map { "V600/\($0).m4s" })
        #expect(whole.map(\.sequence) == [300, 301, 302, 303] && whole.map(\.duration.seconds) == [2, 2, 2, 1])
    }

    @Test("content protection, roles, labels, trick play, thumbnails")
    func protected() throws {
        let presentation = try presentation(Fixture.bytes("static.protected.mpd"))
        #expect(presentation.findings == [])
        let sets = presentation.periods[0].switchingSets
        #expect(sets.map(\.kind) == [.video, .audio, .video, .other])
        #expect(sets.map(\.isTrickPlay) == [false, false, true, false])
        #expect(sets.map(\.isDefault) == [true, false, false, false])
        #expect(
            sets[0].protections == [
                ContentProtection(
                    scheme: "urn:mpeg:dash:mp4protection:2011", value: "cenc",
                    defaultKeyID: "9eb4050d-e44b-4802-932e-27d75083e266"),
                ContentProtection(
                    scheme: "urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed", value: "Widevine",
                    hasInitializationData: true),
                ContentProtection(scheme: "urn:uuid:9a04f079-9840-4286-ab92-e65be0885f95", value: "MSPR 2.0"),
            ])
        let details = sets[0].tracks.map(\.details)
        #expect(details.map(\.name) == ["Main camera", "Main camera"] && details.map(\.qualityRanking) == [2, 1])
        #expect(details.map(\.supplementalCodecs) == ["dvh1.08.01", ""])
        #expect(details[0].characteristics == ["CC1=eng;CC3=swe"] && sets[0].tracks[0].frameRate == 24)
        #expect(sets[1].roles == ["dub", "description"] && sets.map(\.selectionPriority) == [1, 5, 1, 1])
        #expect(sets[1].tracks[0].details.sampleRate == 44_100 && sets[1].tracks[0].details.channels == "2")
    }

    @Test("ad breaks: event streams on the timeline, period connectivity, an early period")
    func adBreaks() throws {
        let presentation = try presentation(Fixture.bytes("dynamic.ad-breaks.mpd"))
        #expect(presentation.findings.map(\.id) == ["dash-early-period", "dash-no-clock"])
        #expect(presentation.periods.map(\.id) == ["4729", "4730"])
        let streams = presentation.periods[0].eventStreams
        #expect(streams.map(\.scheme) == ["urn:scte:scte35:2013:xml", "urn:scte:scte35:2014:xml+bin"])
        #expect(
            streams[0].events == [
                EventStream.Event(id: "7", start: .seconds(100), duration: .seconds(30.0)),
                EventStream.Event(id: "8", start: .seconds(0)),
            ])
        #expect(streams[1].events == [EventStream.Event(start: .seconds(0))])
        let sets = presentation.periods.map { $0.switchingSets[0] }
        #expect(sets.map(\.continuity) == [nil, PeriodContinuity(period: "4729", isContinuous: false)])
        let segments = try sets.map { try #require($0.tracks[0].media.list).all }
        #expect(segments[0].map(\.uri).first == "index_video_1_0_145.mp4?m=1531154")
        #expect(segments[0].map(\.start.seconds) == [582.4, 586.4] && segments[1].first?.start.seconds == 590.4)
        #expect(segments[1].count == 47 && segments[1].allSatisfy { $0.discontinuity == 1 })
    }

    @Test("alternatives by priority, combined level by level, and steering")
    func steered() throws {
        let presentation = try presentation(Fixture.bytes("static.steered.mpd"))
        #expect(presentation.findings == [])
        #expect(
            presentation.steering
                == ContentSteering(
                    serverURI: "https://steer.example.com/v1?a=1&b=2", initialLocations: ["alpha", "beta"],
                    asksBeforeStart: true))
        let video = presentation.periods[0].switchingSets[0].tracks
        #expect(video[0].locations.map(\.name) == ["alpha", "beta", "gamma"])
        #expect(video[0].locations.map(\.priority) == [1, 2, 2] && video[0].locations.map(\.weight) == [1, 7, 3])
        let document = "https://origin.example.com/x/manifest.mpd"
        #expect(
            video[0].locations.map { $0.resolved(against: document) } == [
                "https://alpha.example.com/vod/movie/", "https://beta.example.com/vod/movie/",
                "https://gamma.example.com/vod/movie/",
            ])
        #expect(video[0].media.list?.availabilityOffset == .seconds(3.0))
        #expect(video[0].media.list?.isAvailableComplete == false)
        // Below an absolute BaseURL the alternatives around it are the same place.
        #expect(video[1].locations.map(\.references) == [["https://fixed.example.com/v2/"]])
        let audio = presentation.periods[0].switchingSets[1].tracks[0].locations
        #expect(audio.map(\.name) == ["alpha", "alpha", "beta", "beta", "gamma", "gamma"])
        #expect(audio[1].resolved(against: document) == "https://alpha.example.com/vod/movie/two/")
    }

    @Test("at most 32 combinations, names from the BaseURLs' own texts")
    func manyLocations() throws {
        let bases = (0..<10).map { "<BaseURL>\($0)/</BaseURL>" }.joined()
        let text = """
            <MPD mediaPresentationDuration="PT4S">\(bases)<Period>\(bases)<AdaptationSet mimeType="video/mp4">
            <Representation id="1" bandwidth="1"><BaseURL>x/</BaseURL><SegmentTemplate media="a" duration="4"/>
            </Representation></AdaptationSet></Period></MPD>
            """
        let track = try presentation(Array(text.utf8)).periods[0].switchingSets[0].tracks[0]
        #expect(track.locations.count == 32 && track.locations[11].references == ["1/", "1/", "x/"])
        #expect(track.locations[0].name == "0/0/" && Set(track.locations.map(\.name)).count == 32)
    }

    @Test("several Locations and PatchLocations")
    func locations() throws {
        let text = """
            <MPD type="dynamic" availabilityStartTime="2026-01-01T00:00:00Z" id="m"><Location/>
            <Location serviceLocation="a">one.mpd</Location><Location>two.mpd</Location>
            <PatchLocation ttl="30.5">p1</PatchLocation><PatchLocation ttl="x">p2</PatchLocation>
            <Period start="PT0S" id="1"><AdaptationSet id="1" mimeType="audio/mp4" codecs="mp4a.40.2">
            <SegmentTemplate media="$Number$" duration="4"/><Representation id="1" bandwidth="1"/>
            </AdaptationSet></Period></MPD>
            """
        let presentation = try presentation(Array(text.utf8))
        let timing = try #require(presentation.dynamicTiming)
        #expect(
            timing.locations == [ManifestLocation(uri: "one.mpd", name: "a"), ManifestLocation(uri: "two.mpd")])
        #expect(
            timing.patchLocations == [
                PatchLocation(uri: "p1", timeToLive: .milliseconds(30_500)), PatchLocation(uri: "p2"),
            ])
        #expect(presentation.findings.contains { $0.id == "dash-invalid-attribute" && $0.message.contains("ttl") })
    }

    @Test("the MPD's namespace under another prefix than the root's")
    func prefixes() throws {
        let text = """
            <MPD xmlns="urn:mpeg:dash:schema:mpd:2011" xmlns:d="urn:mpeg:dash:schema:mpd:2011" xmlns:e="urn:example">
            <d:Period duration="PT4S"><e:AdaptationSet/><AdaptationSet mimeType="video/mp4"><d:Representation id="1" \
            bandwidth="1"><SegmentTemplate media="a" duration="4"/></d:Representation></AdaptationSet></d:Period></MPD>
            """
        #expect(try presentation(Array(text.utf8)).periods[0].switchingSets.map { $0.tracks.count } == [1])
    }
}

@Suite("DASH UrlQueryInfo") struct DASHQueryTests {
    @Test("innermost query information counts")
    func inheritance() throws {
        let video = try presentation(Fixture.bytes("static.steered.mpd")).periods[0].switchingSets[0].tracks
        #expect(
            video.map(\.query) == [
                SegmentQuery(template: "$querypart$", parameters: "token=1234", usesManifestQuery: true),
                SegmentQuery(template: "s=$query:session$", usesManifestQuery: true, isSameOriginOnly: true),
            ])
    }

    @Test("an essential query without information cannot be understood")
    func missing() throws {
        let text = """
            <MPD><Period duration="PT4S"><AdaptationSet mimeType="video/mp4"><EssentialProperty \
            schemeIdUri="urn:mpeg:dash:urlparam:2014"/><Representation id="1" bandwidth="1"><SegmentTemplate \
            media="a" duration="4"/></Representation></AdaptationSet></Period></MPD>
            """
        #expect(decodingError(Array(text.utf8)) != nil)
    }

    @Test(
        "what a template makes of a query",
        arguments: [
            ("$querypart$", "k=1", true, "https://a/s.m4s?x=9&y=%20z&k=1"),
            ("$querypart$", "k=1", false, "https://a/s.m4s?k=1"),
            ("$querypart$", "", false, "https://a/s.m4s"), ("q=$query:y$", "", true, "https://a/s.m4s?q=%20z"),
            ("$query:x$-$query:no$", "x=2", true, "https://a/s.m4s?9-"), ("a$$b", "", false, "https://a/s.m4s?a$b"),
            ("$other$", "", false, "https://a/s.m4s?$other$"), ("a$b", "", false, "https://a/s.m4s?a$b"),
            ("", "k=1", true, "https://a/s.m4s"), ("$query:$", "=v", false, "https://a/s.m4s?v"),
        ])
    func templates(template: String, parameters: String, usesManifest: Bool, expected: String) {
        let query = SegmentQuery(template: template, parameters: parameters, usesManifestQuery: usesManifest)
        #expect(query.applied(to: "https://a/s.m4s", manifestURI: "https://m/x.mpd?x=9&y=%20z#f") == expected)
    }

    @Test("behind a query, before a fragment, and only for the same origin where that is asked")
    func places() {
        var query = SegmentQuery(template: "t=1")
        #expect(query.applied(to: "https://a/s?b=2#c", manifestURI: "https://m/x") == "https://a/s?b=2&t=1#c")
        #expect(query.applied(to: "https://a/s?", manifestURI: "https://m/x") == "https://a/s?t=1")
        query.isSameOriginOnly = true
        #expect(query.applied(to: "https://a/s", manifestURI: "https://m/x") == "https://a/s")
        #expect(query.applied(to: "https://M:443/s", manifestURI: "https://m/x") == "https://M:443/s?t=1")
        #expect(query.applied(to: "http://m/s", manifestURI: "https://m/x") == "http://m/s")
    }

    @Test("a template that multiplies a long query is refused")
    func growth() {
        let long = String(repeating: "x", count: 5_000)
        let query = SegmentQuery(template: String(repeating: "$querypart$", count: 5_000), parameters: long)
        #expect(query.applied(to: "https://a/s", manifestURI: "https://m/x") == "https://a/s")
    }
}
