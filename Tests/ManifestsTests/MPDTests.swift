import Quantities
import Testing

@testable import Manifests

@Suite("DASH MPDs") struct MPDTests {
    @Test("FFmpeg's SegmentTimeline, value by value")
    func ffmpegTimeline() throws {
        let presentation = try presentation(Fixture.bytes("static.timeline.ffmpeg.mpd"))
        #expect(presentation.format == .dash && !presentation.isDynamic && presentation.dynamicTiming == nil)
        #expect(presentation.duration == .seconds(Int64(13)))
        #expect(presentation.minimumBufferTime == .seconds(Int64(4)))
        #expect(presentation.findings == [])
        #expect(presentation.periods.map(\.id) == ["0"])
        #expect(presentation.periods[0].end == MediaTime.seconds(13))
        let sets = presentation.periods[0].switchingSets
        #expect(sets.map(\.kind) == [.video, .audio] && sets.map(\.id) == ["0", "1"])
        let video = sets[0].tracks
        #expect(video.map(\.id) == ["0", "1"])
        #expect(video.map(\.bitRate.bitsPerSecond) == [200_000, 100_000])
        #expect(video.map(\.codecs) == ["avc1.42c00d", "avc1.42c00c"])
        #expect(video[0].width == 320 && video[0].height == 180 && video[0].frameRate == 25)
        let segments = try #require(video[0].media.list).all
        #expect(segments.map(\.uri) == (1...7).map { "chunk-stream0-0000\($0).m4s" })
        #expect(segments.map(\.sequence) == [1, 2, 3, 4, 5, 6, 7])
        #expect(segments.map(\.start.seconds) == [0, 2, 4, 6, 8, 10, 12])
        #expect(segments.map(\.duration.seconds) == [2, 2, 2, 2, 2, 2, 1])
        #expect(segments.allSatisfy { $0.initialization == InitializationSection(uri: "init-stream0.m4s") })
        let audio = try #require(sets[1].tracks[0].media.list).all
        #expect(audio.map(\.start.nanoseconds).prefix(3) == [0, 1_984_000_000, 3_989_333_333])
        // The last one would end at 13.000 s exactly: (95 232 + 5 x 96 256 + 47 488) / 48 000.
        #expect(audio.last?.end == MediaTime.seconds(13))
        #expect(zip(audio, audio.dropFirst()).allSatisfy { $0.end == $1.start })
    }

    @Test("FFmpeg's $Number$ with a duration ends with the period")
    func ffmpegNumber() throws {
        let sets = try presentation(Fixture.bytes("static.number.ffmpeg.mpd")).periods[0].switchingSets
        let segments = try #require(sets[1].tracks[0].media.list).all
        #expect(segments.map(\.uri) == (1...7).map { "chunk-stream1-0000\($0).m4s" })
        #expect(segments.map(\.duration.seconds) == [2, 2, 2, 2, 2, 2, 1])
    }

    @Test("FFmpeg's SegmentList of byte ranges in one file")
    func ffmpegSegmentList() throws {
        let sets = try presentation(Fixture.bytes("static.segment-list.ffmpeg.mpd")).periods[0].switchingSets
        let media = sets[0].tracks[0].media
        #expect(sets[0].tracks[0].bases == ["m-stream0.mp4"])
        let segments = try #require(media.list).all
        #expect(segments.count == 7 && segments.allSatisfy { $0.uri == "" })
        #expect(segments[0].byteRange == ByteRange(offset: 955, length: 59_220))
        #expect(segments[6].byteRange == ByteRange(offset: 311_801, length: 23_212))
        let first = InitializationSection(uri: "", byteRange: ByteRange(offset: 0, length: 955))
        #expect(segments.allSatisfy { $0.initialization == first })
    }

    @Test("FFmpeg's dynamic MPD")
    func ffmpegDynamic() throws {
        let presentation = try presentation(Fixture.bytes("dynamic.timeline.ffmpeg.mpd"))
        let timing = try #require(presentation.dynamicTiming)
        #expect(presentation.isDynamic && presentation.duration == nil && presentation.periods[0].duration == nil)
        #expect(timing.availabilityStart == WallTime(nanoseconds: 1_795_365_971_144_000_000))
        #expect(timing.publishTime == WallTime(nanoseconds: 1_795_365_977_140_000_000))
        #expect(timing.minimumUpdatePeriod == .seconds(Int64(2)) && timing.suggestedDelay == .seconds(Int64(2)))
        #expect(timing.timeShiftBufferDepth == .seconds(Int64(6)))
        #expect(timing.maximumSegmentDuration == .seconds(Int64(2)) && timing.locations.isEmpty)
        #expect(
            timing.clocks == [UTCTiming(scheme: "urn:mpeg:dash:utc:http-xsdate:2014", value: "http://127.0.0.1/now")])
        let segments = try #require(presentation.periods[0].switchingSets[0].tracks[0].media.list).all
        #expect(segments.map(\.sequence) == [1, 2, 3] && segments.map(\.start.seconds) == [0, 2, 4])
    }

    @Test("several periods, inheritance attribute by attribute, sets that must be left out")
    func multiPeriod() throws {
        let presentation = try presentation(Fixture.bytes("static.multi-period.mpd"))
        #expect(presentation.periods.map(\.id) == ["ad", "film"])
        #expect(presentation.periods.map(\.start.seconds) == [0, 10])
        #expect(presentation.periods.map(\.duration) == [.seconds(Int64(10)), .milliseconds(50_500)])
        #expect(
            presentation.findings.map(\.id) == [
                "dash-missing-codecs", "dash-unknown-essential-property", "dash-missing-profiles",
            ])
        let sets = presentation.periods[0].switchingSets
        #expect(sets.map(\.isTrickPlay) == [false, true] && sets.map { $0.tracks.count } == [2, 1])
        #expect(sets[0].tracks.map(\.id) == ["low", "high"])
        #expect(sets[0].tracks.map(\.width) == [640, 1_280] && sets[0].tracks.map(\.frameRate) == [25, 25])
        #expect(sets[0].tracks.map(\.codecs) == ["avc1.4d401f", "avc1.64001f"])
        #expect(sets[0].tracks[0].bases == ["base/", "ad/"])
        let low = try #require(sets[0].tracks[0].media.list).all
        #expect(low.map(\.uri) == ["low/005-$.m4s", "low/006-$.m4s", "low/007-$.m4s"])
        #expect(low.map(\.start.seconds) == [0, 4, 8] && low.map(\.duration.seconds) == [4, 4, 2])
        #expect(low[0].initialization == InitializationSection(uri: "init-low-00400000.mp4"))
        let high = try #require(sets[0].tracks[1].media.list).all
        #expect(high.map(\.uri) == ["high/005-$.m4s", "high/006-$.m4s"] && high.map(\.start.seconds) == [0, 5])
        let film = presentation.periods[1].switchingSets[0]
        #expect(film.kind == .audio && film.language == "en" && film.tracks[0].bases == ["base/"])
        let segments = try #require(film.tracks[0].media.list).all
        #expect(segments.map(\.start.seconds) == [10, 30, 50] && segments.map(\.duration.seconds) == [20, 20, 10.5])
        #expect(segments.map(\.uri) == ["a/1.m4s", "a/2.m4s", "a/3.m4s"])
        #expect(segments.map(\.byteRange) == [nil, ByteRange(offset: 100, length: 100), nil])
        #expect(segments.allSatisfy { $0.discontinuity == 1 && $0.initialization?.uri == "a/init.mp4" })
    }

    @Test("a live $Number$ list has no end and is computed at any number")
    func dynamicNumber() throws {
        let presentation = try presentation(Fixture.bytes("dynamic.number.mpd"))
        let timing = try #require(presentation.dynamicTiming)
        #expect(timing.availabilityStart == WallTime.seconds(30))
        #expect(timing.minimumUpdatePeriod == .zero && timing.suggestedDelay == .milliseconds(3_500))
        #expect(timing.timeShiftBufferDepth == .seconds(Int64(300)))
        #expect(timing.locations.map(\.uri) == ["https://live.example.com/a.mpd?session=1&x=2"])
        #expect(
            timing.clocks.map(\.scheme) == ["urn:mpeg:dash:utc:http-iso:2014", "urn:mpeg:dash:utc:direct:2014"])
        let track = presentation.periods[0].switchingSets[0].tracks[0]
        let list = try #require(track.media.list)
        #expect(track.bases == ["v/"])
        #expect(list.firstSequence == 0 && list.lastSequence == nil && !list.isEmpty && list.last == nil)
        #expect(list.availabilityOffset == .milliseconds(1_750))
        let far = try #require(list.segment(1_000_000))
        #expect(far.uri == "V300/1000000.m4s" && far.start == MediaTime.seconds(2_002_000))
        #expect(far.duration == .milliseconds(2_002))
        #expect(list.segment(at: MediaTime(nanoseconds: 2_001_999_999))?.sequence == 0)
        #expect(list.segment(at: MediaTime(nanoseconds: 2_002_000_000))?.sequence == 1)
        #expect(list.segment(at: .seconds(-1))?.sequence == 0)
        // Now is about 1.8 billion seconds after the availability start.
        let now = try #require(list.segment(at: .seconds(1_795_000_000)))
        #expect(now.start <= .seconds(1_795_000_000) && now.end > .seconds(1_795_000_000))
        #expect(list.segment(.max) != nil)
    }

    @Test("a timeline with open repeats and a gap")
    func timelineGap() throws {
        let presentation = try presentation(Fixture.bytes("dynamic.timeline-gap.mpd"))
        #expect(
            presentation.findings.map(\.id) == [
                "dash-timeline-gap", "dash-missing-profiles", "dash-missing-publish-time", "dash-no-clock",
            ])
        #expect(presentation.dynamicTiming?.suggestedDelay == nil)
        let list = try #require(presentation.periods[0].switchingSets[0].tracks[1].media.list)
        #expect(list.lastSequence == nil)
        let segments = (1...8).compactMap { list.segment($0) }
        #expect(segments.map(\.start.seconds) == [62, 64, 66, 68, 70, 80, 83, 86])
        #expect(segments.map(\.duration.seconds) == [2, 2, 2, 2, 2, 3, 3, 3])
        #expect(segments[0].uri == "001020/b.m4s" && segments[7].uri == "001260/b.m4s")
        #expect(list.segment(at: .seconds(61))?.sequence == 1)
        #expect(list.segment(at: .seconds(67.9))?.sequence == 3)
        #expect(list.segment(at: .seconds(79.9))?.sequence == 5)
        #expect(list.segment(at: .seconds(80))?.sequence == 6)
        #expect(list.segment(at: .seconds(3_080))?.sequence == 1_006)
    }

    @Test("an on-demand file with a prefix on every element, protection and a subtitle file")
    func onDemand() throws {
        let presentation = try presentation(Fixture.bytes("static.on-demand.mpd"))
        #expect(presentation.findings == [])
        let sets = presentation.periods[0].switchingSets
        #expect(sets.map(\.kind) == [.video, .subtitles] && sets.map(\.isDefault) == [true, false])
        #expect(sets.map(\.language) == ["no", "en"] && sets[0].id == "7")
        #expect(abs(sets[0].tracks[0].frameRate - 29.97) < 0.001)
        #expect(sets[0].tracks[0].bases == ["https://cdn.example.com/vod/", "od.mp4"])
        let media = try #require(sets[0].tracks[0].media.indexed)
        #expect(media.uri == "" && media.indexRange == ByteRange(offset: 795, length: 124))
        #expect(media.initialization == InitializationSection(uri: "", byteRange: ByteRange(offset: 0, length: 795)))
        #expect(media.presentationTimeOffset == .milliseconds(500) && media.periodStart == .zero)
        let subtitles = try #require(sets[1].tracks[0].media.list).all
        #expect(subtitles.count == 1 && subtitles[0].duration == .seconds(Int64(13)) && subtitles[0].uri == "")
        #expect(sets[1].tracks[0].bases == ["https://cdn.example.com/vod/", "en.vtt"])
    }

    @Test("Representations with equal timelines share one")
    func sharedTimeline() throws {
        var findings = FindingCollector()
        let text = "<SegmentTimeline><S t='0' d='5' r='9'/><S d='6'/></SegmentTimeline>"
        let limits = DecodingLimits.standard
        let first = try XMLTreeReader.read(Array(text.utf8), limits: limits)
        let second = try XMLTreeReader.read(Array(text.utf8), limits: limits)
        let frame = TimelineReader.Frame(
            timescale: MediaTimescale(ticksPerSecond: 10), offset: 0, firstNumber: 1, periodStart: 0)
        var cache = TimingCache(limits: limits)
        let one = try cache.timing(of: first, in: frame, cut: nil, findings: &findings)
        #expect(try cache.timing(of: first, in: frame, cut: nil, findings: &findings) === one)
        #expect(try cache.timing(of: second, in: frame, cut: nil, findings: &findings) === one)
        var other = frame
        other.offset = 3
        #expect(try cache.timing(of: second, in: other, cut: nil, findings: &findings) !== one)
    }
}
