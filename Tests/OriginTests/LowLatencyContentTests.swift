import Quantities
import Testing

@testable import Origin

@Suite struct LowLatencyContentTests {
    /// Segments of 2 s in four parts; the segment `open` is being made and has three parts.
    private let studio = Studio()
    private let open = Studio.now.nanoseconds / 2_000_000_000

    private func lines(_ query: String = "", track: String = "video-400k", at seconds: Double = 0) throws -> [Substring]
    {
        try studio.lines("/low-latency/a/\(track)/index.m3u8\(query)", at: seconds)
    }

    @Test(arguments: ["video-400k", "video-6000k", "audio"], [500, 333, 700, 2_000] as [Int64])
    func aSegmentIsItsPartsOneAfterAnother(track: String, part: Int64) throws {
        let studio = Studio { $0.partDuration = .milliseconds(part) }
        let count = studio.content.grid(of: .live).partCount
        let index = open - 1
        let whole = try studio.bytes("/low-latency/a/\(track)/\(index).m4s")
        var joined: [UInt8] = []
        var time: Int?
        for part in 0..<count {
            let bytes = try studio.bytes("/low-latency/a/\(track)/\(index).\(part).m4s")
            let boxes = try BoxReader.boxes(bytes)
            #expect(boxes.map(\.type) == (part == 0 ? ["styp", "moof", "mdat"] : ["moof", "mdat"]))
            let fragment = try boxes[boxes.count - 2].child("traf")
            let run = try fragment.child("trun")
            let samples = run.number(at: 4, bytes: 4)
            let decodeTime = try fragment.child("tfdt").number(at: 4, bytes: 8)
            if let time { #expect(decodeTime == time) }
            time = decodeTime + samples * (try fragment.child("tfhd").number(at: 8, bytes: 4))
            let sizes = (0..<samples).reduce(0) { $0 + run.number(at: 16 + 4 * $1, bytes: 4) }
            #expect(sizes == boxes[boxes.count - 1].payload.count)
            joined += bytes
        }
        #expect(joined == whole)
        let declared = studio.content.size(of: index, samples: 50, in: studio.content.tracks[0])
        if track == "video-400k" { #expect(whole.count == declared) }
    }

    @Test(arguments: ["video-400k", "audio"])
    func partsKeepToTheirTarget(track: String) throws {
        let lines = try lines(track: track)
        let target = try #require(
            Lines.value("EXT-X-PART-INF", lines).flatMap { Lines.attribute("PART-TARGET", $0) }.flatMap(Double.init))
        let parts = Lines.values("EXT-X-PART", lines)
        #expect(parts.count == 3 * 4 + 3)
        for part in parts {
            let duration = try #require(Lines.attribute("DURATION", part).flatMap(Double.init))
            #expect(duration <= target && duration >= 0.85 * target)
            let isFirst = Lines.attribute("URI", part)?.hasSuffix(".0.m4s") ?? false
            #expect((Lines.attribute("INDEPENDENT", part) == "YES") == (isFirst || track == "audio"))
        }
        let control = try #require(Lines.value("EXT-X-SERVER-CONTROL", lines))
        #expect(Lines.attribute("CAN-BLOCK-RELOAD", control) == "YES")
        #expect(Lines.attribute("CAN-SKIP-UNTIL", control) == "12")
        let hold = try #require(Lines.attribute("PART-HOLD-BACK", control).flatMap(Double.init))
        #expect(abs(hold - 3 * target) < 1e-9)
    }

    @Test func everyListedPartExistsAndTheHintIsTheNextOne() throws {
        for step in 0..<40 {
            let seconds = Double(step) * 0.137
            let lines = try lines(at: seconds)
            var uris = Lines.values("EXT-X-PART", lines).compactMap { Lines.attribute("URI", $0) }
            for uri in uris { #expect(studio.object("/low-latency/a/video-400k/\(uri)", at: seconds) != nil) }
            let hint = try #require(Lines.value("EXT-X-PRELOAD-HINT", lines).flatMap { Lines.attribute("URI", $0) })
            #expect(studio.object("/low-latency/a/video-400k/\(hint)", at: seconds) == nil)
            #expect(studio.object("/low-latency/a/video-400k/\(hint)", at: seconds + 0.5) != nil)
            let later = try self.lines(at: seconds + 0.5)
            uris = Lines.values("EXT-X-PART", later).compactMap { Lines.attribute("URI", $0) }
            #expect(uris.last == hint)
        }
    }

    @Test func reportsNameTheLastPartOfTheOtherRenditions() throws {
        for seconds in [0.0, 0.4, 0.6, 1.1, 1.6] {
            let reports = Lines.values("EXT-X-RENDITION-REPORT", try lines(at: seconds))
            #expect(reports.count == 4)
            for report in reports {
                let uri = try #require(Lines.attribute("URI", report))
                let other = try studio.lines("/low-latency/a/" + uri.dropFirst(3), at: seconds)
                let last = try #require(Lines.values("EXT-X-PART", other).last.flatMap { Lines.attribute("URI", $0) })
                let name = "\(Lines.attribute("LAST-MSN", report) ?? "").\(Lines.attribute("LAST-PART", report) ?? "")"
                #expect(last == name + ".m4s")
            }
        }
    }

    @Test func aDeltaUpdateAndWhatItSkipsAreTheWholePlaylist() throws {
        for step in 0..<10 {
            let whole = Lines.uris(try lines(at: Double(step) * 0.5))
            let delta = try lines("?_HLS_skip=YES", at: Double(step) * 0.5)
            let skipped = try #require(
                Lines.value("EXT-X-SKIP", delta).flatMap { Lines.attribute("SKIPPED-SEGMENTS", $0) }.flatMap(Int.init))
            #expect(Lines.uris(delta) == Array(whole.dropFirst(skipped)))
            // What is left reaches back at least six target durations.
            #expect(skipped > 0 && (15 - skipped) * 2 >= 12)
            #expect(
                Lines.values("EXT-X-DATERANGE", delta)
                    == Lines.values("EXT-X-DATERANGE", try lines(at: Double(step) * 0.5)))
        }
    }

    @Test func withoutAnythingToSkipThePlaylistIsWhole() throws {
        let studio = Studio { $0.liveWindow = 6 }
        let path = "/low-latency/a/audio/index.m3u8"
        #expect(try studio.text(path + "?_HLS_skip=YES") == studio.text(path))
        // Elsewhere the directive means nothing.
        #expect(try studio.text("/live/a/audio/index.m3u8?_HLS_skip=YES") == studio.text("/live/a/audio/index.m3u8"))
    }

    @Test func dateRangesThatLeftAreNamedWhenTheyMayBeSkipped() throws {
        var seen = 0
        for step in 0..<20 {
            let now = Double(step) * 2
            let tag = try #require(Lines.value("EXT-X-SKIP", try lines("?_HLS_skip=v2", at: now)))
            guard let names = Lines.attribute("RECENTLY-REMOVED-DATERANGES", tag) else { continue }
            seen += 1
            let listed = Lines.values("EXT-X-DATERANGE", try lines(at: now)).compactMap { Lines.attribute("ID", $0) }
            let before = Lines.values("EXT-X-DATERANGE", try lines(at: now - 12)).compactMap {
                Lines.attribute("ID", $0)
            }
            for name in names.split(separator: "\t") {
                #expect(!listed.contains(String(name)) && before.contains(String(name)))
            }
        }
        #expect(seen > 3)
    }

    // MARK: Waiting

    private func waiting(_ target: String) throws -> SyntheticContent.Waiting {
        let request = EdgeRequest(method: "GET", target: target)
        let address = try #require(studio.content.address(of: String(request.path)))
        return studio.content.waiting(for: address, PlaylistDirectives(query: request.query), now: Studio.now)
    }

    private func instant(_ segments: Int64, _ part: Int64) -> WallTime {
        WallTime(nanoseconds: (open + segments) * 2_000_000_000 + (part + 1) * 500_000_000)
    }

    @Test func aReloadWaitsForExactlyWhatItNames() throws {
        let path = "/low-latency/a/audio/index.m3u8"
        // The second of four parts of the open segment ended 0.5 s ago, the third just now.
        #expect(try waiting(path) == .none)
        #expect(try waiting(path + "?_HLS_msn=\(open - 1)") == .none)
        #expect(try waiting(path + "?_HLS_msn=\(open)&_HLS_part=2") == .none)
        #expect(try waiting(path + "?_HLS_msn=\(open)&_HLS_part=3") == .until(instant(0, 3)))
        #expect(try waiting(path + "?_HLS_msn=\(open)") == .until(instant(0, 3)))
        #expect(try waiting(path + "?_HLS_msn=\(open)&_HLS_part=4") == .until(instant(1, 0)))
        #expect(try waiting(path + "?_HLS_msn=\(open)&_HLS_part=77") == .until(instant(1, 0)))
        #expect(try waiting(path + "?_HLS_msn=\(open + 1)") == .until(instant(1, 3)))
        #expect(try waiting(path + "?_HLS_msn=\(open + 1)&_HLS_part=0") == .until(instant(1, 0)))
    }

    @Test(arguments: [
        "?_HLS_msn=OPEN+2", "?_HLS_part=1", "?_HLS_msn=x", "?_HLS_msn=-1", "?_HLS_msn=", "?_HLS_msn=1&_HLS_part=",
        "?_HLS_msn=99999999999999999999", "?_HLS_msn=9223372036854775807",
    ])
    func whatIsTooFarOrNoNumberIsRefused(query: String) throws {
        let query = query.replacing("OPEN+2", with: "\(open + 2)")
        guard case .refused = try waiting("/low-latency/a/audio/index.m3u8" + query) else {
            Issue.record("\(query) was not refused")
            return
        }
    }

    @Test func aPartBeyondTheAdvanceLimitIsRefused() throws {
        let path = "/low-latency/a/audio/index.m3u8"
        let studio = Studio { $0.partDuration = .milliseconds(100) }
        let now = WallTime(nanoseconds: open * 2_000_000_000)
        func waiting(_ part: Int) throws -> SyntheticContent.Waiting {
            let address = try #require(studio.content.address(of: path))
            let query = "_HLS_msn=\(open)&_HLS_part=\(part)"
            return studio.content.waiting(for: address, PlaylistDirectives(query: query[...]), now: now)
        }
        // The part target is 120 ms, so that three seconds are 25 parts, more than a segment has; audio parts of 20.
        guard case .until = try waiting(19) else {
            Issue.record("the last part was refused")
            return
        }
        let wide = Studio { $0.liveSegmentDuration = .seconds(10.0) }
        let address = try #require(wide.content.address(of: path))
        let start = WallTime(nanoseconds: open / 5 * 10_000_000_000)
        let near = PlaylistDirectives(query: "_HLS_msn=\(open / 5)&_HLS_part=5")
        let far = PlaylistDirectives(query: "_HLS_msn=\(open / 5)&_HLS_part=6")
        guard case .until = wide.content.waiting(for: address, near, now: start),
            case .refused = wide.content.waiting(for: address, far, now: start)
        else {
            Issue.record("the limit is not six parts")
            return
        }
    }

    @Test func onlyTheHintedPartWaits() throws {
        #expect(try waiting("/low-latency/a/audio/\(open).3.m4s") == .until(instant(0, 3)))
        #expect(try waiting("/low-latency/a/audio/\(open).2.m4s") == .none)
        #expect(try waiting("/low-latency/a/audio/\(open + 1).0.m4s") == .none)
        #expect(studio.object("/low-latency/a/audio/\(open + 1).0.m4s") == nil)
        #expect(studio.object("/low-latency/a/audio/\(open).4.m4s") == nil)
        #expect(studio.object("/low-latency/a/audio/9007199254740992.0.m4s") == nil)
    }

    // MARK: DASH

    @Test func anOpenSegmentIsItsChunksAtTheirInstants() throws {
        for name in ["\(open)", "t\(open * 180_000)"] {
            let address = try #require(studio.content.address(of: "/low-latency/a/video-400k/\(name).m4s"))
            let pieces = try #require(studio.content.progress(of: address, now: Studio.now))
            #expect(pieces.map(\.due) == (0..<4).map { instant(0, $0) })
            let whole = try studio.bytes("/low-latency/a/video-400k/\(name).m4s", at: 0.5)
            #expect(pieces.flatMap(\.parts).bytes == whole)
            #expect(studio.content.progress(of: address, now: Studio.now + .seconds(0.5)) == nil)
            #expect(studio.content.progress(of: address, now: instant(0, -1)) == nil)
        }
        let plain = try #require(studio.content.address(of: "/live/a/video-400k/\(open).m4s"))
        #expect(studio.content.progress(of: plain, now: Studio.now) == nil)
    }

    @Test func theManifestOffersSegmentsFromTheirFirstChunk() throws {
        let document = try studio.text("/low-latency/a/manifest.mpd")
        #expect(document.contains("availabilityTimeOffset=\"1.5\" availabilityTimeComplete=\"false\""))
        #expect(document.contains("<Latency target=\"3000\" min=\"1500\" max=\"6000\""))
        #expect(document.contains("<ProducerReferenceTime ") && document.contains("<PlaybackRate "))
        let timeline = try studio.text("/low-latency/a/timeline.mpd")
        let times = try Timeline.times(in: timeline, track: studio.content.tracks[0])
        #expect(times.last == Int(open * 180_000))
        #expect(timeline.contains("publishTime=\"2026-11-22T16:00:00.500Z\""))
    }
}
