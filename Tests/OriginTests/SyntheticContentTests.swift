import Foundation
import Quantities
import Testing

@testable import Origin

@Suite struct SyntheticContentTests {
    /// 2026-11-22T16:00:01.5Z.
    private let now = WallTime(nanoseconds: 1_795_363_201_500_000_000)

    private func settings(_ change: (inout ContentSettings) -> Void = { _ in }) -> ContentSettings {
        var settings = ContentSettings()
        change(&settings)
        return settings
    }

    private func object(_ path: String, _ content: SyntheticContent, at now: WallTime? = nil) -> ContentObject? {
        content.address(of: path).flatMap { content.object(at: $0, now: now ?? self.now) }
    }

    private func bytes(_ path: String, _ content: SyntheticContent) throws -> [UInt8] {
        try #require(object(path, content), "\(path)").bytes
    }

    private func text(_ path: String, _ content: SyntheticContent, at now: WallTime? = nil) throws -> String {
        String(decoding: try #require(object(path, content, at: now), "\(path)").bytes, as: UTF8.self)
    }

    /// The URI lines of a playlist.
    private func uris(_ playlist: String) -> [String] {
        playlist.split(separator: "\n").filter { !$0.hasPrefix("#") }.map(String.init)
    }

    private func value(_ tag: String, _ playlist: String) -> String? {
        playlist.split(separator: "\n").first { $0.hasPrefix(tag + ":") }.map { String($0.dropFirst(tag.count + 1)) }
    }

    @Test(arguments: ["video-400k", "video-1200k", "video-3000k", "video-6000k", "audio"])
    func segmentsHaveTheSizeOfRateTimesDuration(track: String) throws {
        let exact = SyntheticContent(settings { $0.sizeVariation = 0 })
        let track = try #require(exact.tracks.first { $0.name == track })
        for index in 0..<5 {
            let bytes = try bytes("/vod/a/\(track.name)/\(index).m4s", exact)
            let facts = try SegmentFacts(bytes)
            let seconds = Double(facts.duration) / Double(track.timescale)
            #expect(abs(Double(bytes.count) - track.bitRate.bitsPerSecond * seconds / 8) <= 1)
            #expect(abs(seconds - 4) <= 0.011)
            #expect(facts.sampleBytes == facts.payloadBytes && facts.dataOffsetIsRight)
        }
    }

    @Test func sizesVaryWithinTheirBoundsAndAlwaysAlike() throws {
        let content = SyntheticContent(settings { $0.sizeVariation = 0.1 })
        let sizes = try (0..<30).map { try bytes("/vod/a/video-1200k/\($0).m4s", content).count }
        #expect(sizes.allSatisfy { (540_000...660_000).contains($0) })
        #expect(Set(sizes).count > 20)
        let again = SyntheticContent(settings { $0.sizeVariation = 0.1 })
        #expect(try bytes("/vod/b/video-1200k/7.m4s", again).count == sizes[7])
        let other = SyntheticContent(settings { $0.seed = 2 })
        #expect(try bytes("/vod/a/video-1200k/7.m4s", other).count != sizes[7])
    }

    @Test(arguments: [
        (TimeAmount.milliseconds(4_000), TimeAmount.seconds(120.0)), (.milliseconds(3_840), .seconds(61.3)),
        (.milliseconds(1_001), .milliseconds(10_040)), (.milliseconds(200), .seconds(1.0)),
        (.milliseconds(6_000), .milliseconds(40)),
    ])
    func segmentsOnDemandJoinWithoutGapsAndFillTheDuration(cut: TimeAmount, total: TimeAmount) throws {
        let content = SyntheticContent(
            settings {
                $0.videoOnDemandSegmentDuration = cut
                $0.videoOnDemandDuration = total
            })
        for track in content.tracks {
            let list = try uris(text("/vod/a/\(track.name)/index.m3u8", content))
            var next = 0
            for uri in list {
                let facts = try SegmentFacts(bytes("/vod/a/\(track.name)/\(uri)", content))
                #expect(facts.decodeTime == next)
                #expect(facts.duration > 0)
                next += facts.duration
            }
            #expect(abs(Double(next) / Double(track.timescale) - total.seconds) <= 0.021)
            #expect(object("/vod/a/\(track.name)/\(list.count).m4s", content) == nil)
        }
    }

    @Test func extinfIsWhatTheSegmentsLast() throws {
        let content = SyntheticContent(settings())
        let playlist = try text("/vod/a/audio/index.m3u8", content)
        let durations = playlist.split(separator: "\n").filter { $0.hasPrefix("#EXTINF:") }
            .compactMap { Double($0.dropFirst(8).dropLast()) }
        #expect(durations.count == 30)
        let target = try #require(value("#EXT-X-TARGETDURATION", playlist).flatMap { Double($0) })
        for (index, duration) in durations.enumerated() {
            let facts = try SegmentFacts(bytes("/vod/a/audio/\(index).m4s", content))
            #expect(abs(Double(facts.duration) / 48_000 - duration) < 1e-6)
            #expect(duration.rounded() <= target)
        }
        #expect(playlist.hasSuffix("#EXT-X-ENDLIST\n"))
    }

    @Test func noSegmentExceedsTheAnnouncedPeak() throws {
        let content = SyntheticContent(settings { $0.sizeVariation = 0.3 })
        let master = try text("/vod/a/master.m3u8", content)
        let peaks = master.split(separator: "\n").filter { $0.hasPrefix("#EXT-X-STREAM-INF:") }.compactMap { line in
            line.split(separator: "=").dropFirst().first.flatMap { Double($0.prefix { $0.isNumber }) }
        }
        #expect(peaks.count == 4)
        for (track, peak) in zip(content.videoTracks, peaks) {
            for index in 0..<30 {
                let video = try bytes("/vod/a/\(track.name)/\(index).m4s", content).count
                let audio = try bytes("/vod/a/audio/\(index).m4s", content).count
                #expect(Double(video) * 8 / 4 + Double(audio) * 8 / 3.989 <= peak)
            }
        }
    }

    @Test func aLiveSegmentExistsFromItsEndUntilItIsLongGone() throws {
        let content = SyntheticContent(settings())
        let index = now.nanoseconds / 2_000_000_000  // the one that is being made
        let path = "/live/a/video-400k/\(index).m4s"
        let end = WallTime(nanoseconds: (index + 1) * 2_000_000_000)
        #expect(object(path, content, at: end - .nanoseconds(1)) == nil)
        #expect(object(path, content, at: end) != nil)
        let listedUntil = end + .seconds(15 * 2.0)
        #expect(object(path, content, at: listedUntil + .seconds(15 * 2.0)) != nil)
        #expect(object(path, content, at: listedUntil + .seconds(15 * 2.0 + 4.1)) == nil)
        #expect(object("/live/a/video-400k/\(index + 1_000).m4s", content) == nil)
    }

    @Test func everyListedLiveSegmentExistsOnEveryTrack() throws {
        for cut in [2_000, 1_920, 3_333] as [Int64] {
            let content = SyntheticContent(settings { $0.liveSegmentDuration = .milliseconds(cut) })
            for step in 0..<50 {
                let instant = now + .milliseconds(Int64(step) * 137)
                for track in content.tracks {
                    let playlist = try text("/live/a/\(track.name)/index.m3u8", content, at: instant)
                    let list = uris(playlist)
                    #expect(list.count == 15)
                    #expect(list.first == value("#EXT-X-MEDIA-SEQUENCE", playlist).map { $0 + ".m4s" })
                    let last = try #require(list.last)
                    #expect(object("/live/a/\(track.name)/\(last)", content, at: instant) != nil)
                }
            }
        }
    }

    @Test func aLivePlaylistMovesByOneSegmentAtATime() throws {
        let content = SyntheticContent(settings())
        let first = try uris(text("/live/a/audio/index.m3u8", content))
        let same = try uris(text("/live/a/audio/index.m3u8", content, at: now + .milliseconds(499)))
        let next = try uris(text("/live/a/audio/index.m3u8", content, at: now + .milliseconds(500)))
        #expect(first == same)
        #expect(next.dropLast() == first.dropFirst())
    }

    @Test func programDateTimeIsWhenTheSegmentBegan() throws {
        let content = SyntheticContent(settings())
        let playlist = try text("/live/a/video-400k/index.m3u8", content)
        #expect(value("#EXT-X-PROGRAM-DATE-TIME", playlist) == "2026-11-22T15:59:30.000Z")
        #expect(playlist.contains("#EXT-X-SERVER-CONTROL:HOLD-BACK=6\n"))
        #expect(!playlist.contains("ENDLIST") && !playlist.contains("PLAYLIST-TYPE"))
        let audio = try text("/live/a/audio/index.m3u8", content)
        let index = try #require(value("#EXT-X-MEDIA-SEQUENCE", audio).flatMap { Int($0) })
        let facts = try SegmentFacts(bytes("/live/a/audio/\(index).m4s", content))
        let began = WallTime(nanoseconds: Int64(facts.decodeTime) / 48 * 1_000_000)
        #expect(value("#EXT-X-PROGRAM-DATE-TIME", audio)?.prefix(21) == TimeText.iso8601(began).prefix(21))
    }

    @Test func beforeItsStartALiveProgrammeHasNothing() {
        let content = SyntheticContent(settings { $0.liveStart = WallTime(nanoseconds: 1_795_363_200_000_000_000) })
        #expect(object("/live/a/audio/index.m3u8", content) == nil)
        #expect(object("/live/a/audio/0.m4s", content) == nil)
        #expect(object("/live/a/audio/0.m4s", content, at: now + .seconds(1.0)) != nil)
        #expect(object("/live/a/manifest.mpd", content) != nil)
    }

    @Test(arguments: ["vod", "live"])
    func everyTimeOfATimelineIsASegment(kind: String) throws {
        let content = SyntheticContent(settings { $0.videoOnDemandDuration = .seconds(33.3) })
        let document = try text("/\(kind)/a/timeline.mpd", content)
        for track in content.tracks {
            let times = try Timeline.times(in: document, track: track)
            #expect(times.count == (kind == "vod" ? 9 : 15))
            for time in times {
                let segment = try #require(object("/\(kind)/a/\(track.name)/t\(time).m4s", content))
                #expect(try SegmentFacts(segment.bytes).decodeTime == time)
            }
            #expect(object("/\(kind)/a/\(track.name)/t\(times[1] + 1).m4s", content) == nil)
        }
    }

    @Test func theDynamicManifestSaysHowToFollowIt() throws {
        let content = SyntheticContent(settings { $0.utcTiming = .direct })
        let document = try text("/live/a/manifest.mpd", content)
        for part in [
            "type=\"dynamic\"", "availabilityStartTime=\"1970-01-01T00:00:00.000Z\"", "timeShiftBufferDepth=\"PT30S\"",
            "minimumUpdatePeriod=\"PT2S\"", "suggestedPresentationDelay=\"PT6S\"", "duration=\"180000\"",
            "duration=\"96000\"", "$Number$", "urn:mpeg:dash:utc:direct:2014\" value=\"2026-11-22T16:00:01.500Z\"",
        ] {
            #expect(document.contains(part), "\(part)")
        }
        let byTime = try text("/live/a/timeline.mpd", content)
        #expect(byTime.contains("publishTime=\"2026-11-22T16:00:00.000Z\""))
        let fixed = try text("/vod/a/manifest.mpd", content)
        #expect(fixed.contains("type=\"static\"") && fixed.contains("mediaPresentationDuration=\"PT120S\""))
        #expect(!fixed.contains("UTCTiming"))
    }

    @Test(arguments: [
        "/", "/vod", "/vod/a", "/vod/a/", "/vod//master.m3u8", "/vod/a/b/master.m3u8", "/xod/a/master.m3u8",
        "/vod/a/video-1k/0.m4s", "/vod/a/audio/00.m4s", "/vod/a/audio/-1.m4s", "/vod/a/audio/+1.m4s",
        "/vod/a/audio/t.m4s", "/vod/a/audio/99999999999999999999.m4s", "/vod/a/audio/9223372036854775807.m4s",
        "/vod/a/audio/t9223372036854775807.m4s", "/live/a/audio/9223372036854775807.m4s",
        "/live/a/audio/t9223372036854774784.m4s", "/live/a/audio/t9007199254740992.m4s",
        "/live/a/audio/9007199254740992.m4s", "vod/a/master.m3u8", "",
    ])
    func whatIsNotThereIsNotFound(path: String) {
        #expect(object(path, SyntheticContent(settings())) == nil)
    }

    @Test func theInitializationSegmentDescribesTheTrack() throws {
        let content = SyntheticContent(settings())
        let boxes = try BoxReader.boxes(bytes("/vod/a/video-6000k/init.mp4", content))
        #expect(boxes.map(\.type) == ["ftyp", "moov"])
        let track = try boxes[1].child("trak")
        let header = try track.child("tkhd")
        #expect(header.number(at: header.payload.count - 8, bytes: 2) == 1_920)
        #expect(header.number(at: header.payload.count - 4, bytes: 2) == 1_080)
        #expect(try track.child("mdia").child("mdhd").number(at: 12, bytes: 4) == 90_000)
    }

    @Test func aRangeOfABodyIsThatPartOfIt() throws {
        let content = SyntheticContent(settings())
        let object = try #require(self.object("/vod/a/video-400k/3.m4s", content))
        let whole = object.bytes
        var generator = SeededGenerator(seed: 9)
        for _ in 0..<50 {
            let first = Int.random(in: 0..<whole.count, using: &generator)
            let end = Int.random(in: first + 1...whole.count, using: &generator)
            let parts = object.parts(in: first..<end)
            #expect(ContentObject(mediaType: "", parts: parts).bytes == Array(whole[first..<end]))
        }
    }

    @Test func badSettingsAreAllNamedAtOnce() {
        let problems = settings {
            $0.videoTracks = [.init(bitRate: .kilobits(1), width: 5, height: 240)]
            $0.liveWindow = 1
            $0.liveSegmentDuration = .nanoseconds(2_000_000_001)
            $0.sizeVariation = .nan
        }.problems()
        #expect(problems.count == 5)
        #expect(settings().problems().isEmpty)
    }
}

/// Reads the timeline of a track's AdaptationSet.
enum Timeline {
    static func times(in document: String, track: ContentTrack) throws -> [Int] {
        let sets = document.components(separatedBy: "<AdaptationSet").dropFirst()
        let set = try #require(sets.first { $0.contains("id=\"\(track.name)\"") })
        var times: [Int] = []
        var next = 0
        for element in set.components(separatedBy: "<S ").dropFirst() {
            func number(_ name: String) -> Int? {
                element.components(separatedBy: "\(name)=\"").dropFirst().first.flatMap {
                    Int($0.prefix { $0 != "\"" })
                }
            }
            next = element.hasPrefix("t=") ? try #require(number("t")) : next
            let duration = try #require(number("d"))
            let tag = element.prefix { $0 != ">" }
            for _ in 0...(tag.contains("r=") ? try #require(number("r")) : 0) {
                times.append(next)
                next += duration
            }
        }
        return times
    }
}
