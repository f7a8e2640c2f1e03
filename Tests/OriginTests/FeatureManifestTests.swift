import Foundation
import Manifests
import Quantities
import Testing

@testable import Origin

@Suite struct FeatureManifestTests {
    private let studio = Studio()

    @Test(arguments: AssetKind.all.map(\.folder))
    func everyPlaylistAndManifestDecodes(folder: String) throws {
        let kind = try #require(AssetKind(folder: folder[...]))
        if kind.hasHLS {
            let bytes = try studio.bytes("/\(folder)/a/master.m3u8")
            // What variables stand for is known only with the URL.
            if kind.feature != .variables {
                guard case .presentation(let master) = try ManifestDecoder.decode(bytes) else {
                    Issue.record("\(folder) is no presentation")
                    return
                }
                #expect(!(master.periods.first?.switchingSets.isEmpty ?? true))
                for track in ["video-1200k", "audio"] {
                    let bytes = try studio.bytes("/\(folder)/a/\(track)/index.m3u8")
                    guard case .mediaPlaylist(let playlist) = try ManifestDecoder.decode(bytes) else {
                        Issue.record("\(folder)/\(track) is no media playlist")
                        return
                    }
                    #expect(playlist.isLive == kind.isLive && !playlist.segments.isEmpty)
                    #expect(
                        playlist.findings.filter { $0.severity == .error }.isEmpty, "\(folder): \(playlist.findings)")
                }
            }
        } else {
            #expect(studio.object("/\(folder)/a/master.m3u8") == nil)
        }
        // A property that must be known stands in the way of decoders that do not know it.
        guard kind.feature != .query else {
            #expect(try studio.text("/\(folder)/a/manifest.mpd").contains("useMPDUrlQuery=\"true\""))
            return
        }
        for name in kind.hasDASH ? ["manifest", "timeline"] : [] where kind.feature != .ranges || name == "manifest" {
            guard
                case .presentation(let manifest) = try ManifestDecoder.decode(studio.bytes("/\(folder)/a/\(name).mpd"))
            else {
                Issue.record("\(folder)/\(name) is no presentation")
                return
            }
            #expect(manifest.isDynamic == kind.isLive && !manifest.periods.isEmpty)
            #expect(manifest.findings.filter { $0.severity == .error }.isEmpty, "\(folder): \(manifest.findings)")
        }
    }

    @Test func everyKindIsInTheTableOfPaths() throws {
        let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("docs/ORIGIN.md")
        let text = try String(contentsOf: page, encoding: .utf8)
        for folder in OriginServer.folders { #expect(text.contains("`/\(folder)/NAME/`"), "\(folder)") }
    }

    // MARK: Periods

    /// The media of every segment of a track in an MPD, with its start on the presentation's timeline.
    private func segments(_ document: [UInt8], kind: MediaKind) throws -> [(
        start: MediaTime, uri: String, period: String
    )] {
        guard case .presentation(let presentation) = try ManifestDecoder.decode(document) else { return [] }
        return try presentation.periods.flatMap { period in
            let set = try #require(period.switchingSets.first { $0.kind == kind })
            let track = try #require(set.tracks.first)
            guard case .segments(let list, _) = track.media, let last = list.lastSequence else {
                return [] as [(MediaTime, String, String)]
            }
            return (list.firstSequence...last).compactMap { list.segment($0) }.map { ($0.start, $0.uri, period.id) }
        }
    }

    @Test(arguments: [MediaKind.video, .audio], ["manifest", "timeline"])
    func periodsFollowEachOtherAndTheirMediaExists(kind: MediaKind, name: String) throws {
        let all = try segments(studio.bytes("/periods/a/\(name).mpd"), kind: kind)
        #expect(all.count == 30 && Set(all.map(\.period)) == ["p0", "p1", "p2"])
        for (index, segment) in all.enumerated() {
            #expect(abs(segment.start.nanoseconds - Int64(index) * 4_000_000_000) < 22_000_000)
            let facts = try SegmentFacts(studio.bytes("/periods/a/" + segment.uri))
            #expect(segment.uri.hasPrefix("ad-") == (segment.period == "p1"))
            if index == 10 { #expect(facts.decodeTime == 0) }
        }
        let document = try studio.text("/periods/a/\(name).mpd")
        #expect(document.components(separatedBy: "period-continuity:2015\" value=\"p0\"").count == 3)
    }

    @Test func livePeriodsKeepTheirIdentifiersAndStarts() throws {
        var starts: [String: String] = [:]
        var most = 0
        for step in 0..<60 {
            let document = try studio.text(
                "/live-periods/a/\(step % 2 == 0 ? "manifest" : "timeline").mpd", at: Double(step))
            let periods = document.components(separatedBy: "<Period ").dropFirst()
            most = max(most, periods.count)
            for period in periods {
                let fields = period.split(separator: "\"")
                let id = String(fields[1])
                if let known = starts[id] { #expect(known == String(fields[3])) }
                starts[id] = String(fields[3])
            }
        }
        #expect(most >= 2 && starts.count >= 4)
        for segment in try segments(studio.bytes("/live-periods/a/timeline.mpd"), kind: .audio) {
            #expect(studio.object("/live-periods/a/" + segment.uri) != nil)
        }
    }

    // MARK: Patches

    /// The times of each set after a patch, applied by counting what it removes and adds.
    private func patched(_ document: String, with patch: String) throws -> [[Int]] {
        try [studio.content.tracks[0], try #require(studio.content.audioTrack)].enumerated().map { number, track in
            let times = try Timeline.times(in: document, track: track)
            let selector = "AdaptationSet[@id='\(number)']/SegmentTemplate/SegmentTimeline"
            let removed =
                patch.components(separatedBy: "<remove sel=\"/MPD/Period[@id='0']/\(selector)/S[1]\"/>").count - 1
            let addition = patch.components(separatedBy: "<add sel=\"/MPD/Period[@id='0']/\(selector)\">").dropFirst()
                .first
            let added = addition.map { $0.components(separatedBy: "</add>")[0] } ?? ""
            let new = added.components(separatedBy: "<S t=\"").dropFirst().compactMap { Int($0.prefix { $0 != "\"" }) }
            return Array(times.dropFirst(removed)) + new
        }
    }

    private func attribute(_ name: String, _ document: String) -> String? {
        document.components(separatedBy: " \(name)=\"").dropFirst().first.map { String($0.prefix { $0 != "\"" }) }
    }

    @Test(arguments: [1.9, 2, 4, 7.3, 20])
    func aPatchedManifestIsTheNewOne(later: Double) throws {
        let old = try studio.text("/live-patched/a/manifest.mpd")
        let path = try #require(old.components(separatedBy: "<PatchLocation ttl=\"60\">").dropFirst().first).prefix {
            $0 != "<"
        }
        let patch = try studio.text("/live-patched/a/" + path, at: later)
        let new = try studio.text("/live-patched/a/manifest.mpd", at: later)
        #expect(attribute("mpdId", patch) == attribute("id", old))
        #expect(attribute("originalPublishTime", patch) == attribute("publishTime", old))
        let published = try #require(attribute("publishTime", new))
        #expect(patch.contains("<replace sel=\"/MPD/@publishTime\">\(published)</replace>"))
        let location = try #require(new.components(separatedBy: "<PatchLocation").dropFirst().first).prefix {
            $0 != "\n"
        }
        #expect(patch.contains("<replace sel=\"/MPD/PatchLocation[1]\"><PatchLocation" + location))
        let expected = [
            try Timeline.times(in: new, track: studio.content.tracks[0]),
            try Timeline.times(in: new, track: try #require(studio.content.audioTrack)),
        ]
        #expect(try patched(old, with: patch) == expected)
    }

    @Test func thereIsNoPatchOfWhatNeverWasOrIsLongGone() throws {
        let edge = Edge(
            EdgeSettings(pop: "a"), origin: OriginSettings(), source: .synthetic(studio.content))
        func status(_ count: Int64) -> Int {
            edge.answer(EdgeRequest(method: "GET", target: "/live-patched/a/patches/\(count).mpp"), now: Studio.now)
                .status
        }
        let current = Studio.now.nanoseconds / 2_000_000_000
        #expect(status(current - 1) == 200)
        #expect(status(current) == 425)
        #expect(status(current + 1) == 410)
        #expect(status(current - 15) == 410)
        #expect(status(0) == 410)
    }

    // MARK: Places

    @Test func steeredStreamsNameEveryPathway() throws {
        var studio = studio
        studio.deployment.pathways = [
            Pathway(id: "osl1", baseURL: "http://127.0.0.1:1"), Pathway(id: "bgo1", baseURL: "http://127.0.0.2:2"),
        ]
        studio.deployment.firstPathway = "bgo1"
        studio.deployment.ownURL = "http://127.0.0.1:1"
        let lines = try studio.lines("/steered/a/master.m3u8")
        let steering = try #require(Lines.value("EXT-X-CONTENT-STEERING", lines))
        #expect(steering == "SERVER-URI=\"http://127.0.0.1:1/steering\",PATHWAY-ID=\"bgo1\"")
        let variants = Lines.values("EXT-X-STREAM-INF", lines)
        #expect(variants.count == 8)
        for variant in variants {
            let pathway = try #require(Lines.attribute("PATHWAY-ID", variant))
            #expect(Lines.attribute("AUDIO", variant) == "audio-" + pathway)
        }
        #expect(Lines.uris(lines).contains("http://127.0.0.2:2/steered/a/video-400k/index.m3u8"))
        let document = try studio.text("/live-steered/a/manifest.mpd")
        #expect(document.contains("<BaseURL serviceLocation=\"bgo1\">http://127.0.0.2:2/live-steered/a/</BaseURL>"))
        #expect(document.contains("<ContentSteering defaultServiceLocation=\"bgo1\""))
        let redundant = Lines.uris(try studio.lines("/redundant/a/master.m3u8"))
        #expect(redundant.contains("video-400k/index.m3u8"))
        #expect(redundant.contains("http://127.0.0.2:2/redundant/a/video-400k/index.m3u8"))
    }

    @Test func withoutOtherEdgesRedundantVariantsAreInAnotherFolder() throws {
        let lines = try studio.lines("/redundant/a/master.m3u8")
        let variants = Lines.values("EXT-X-STREAM-INF", lines).map { $0.replacing("\"audio-2\"", with: "\"audio\"") }
        #expect(variants.count == 8 && Array(variants[..<4]) == Array(variants[4...]))
        #expect(studio.object("/redundant/a-backup/video-400k/index.m3u8") != nil)
        let failover = Lines.uris(try studio.lines("/failover/a/master.m3u8"))
        #expect(
            failover.first == "/down/failover/a/video-400k/index.m3u8" && failover.contains("video-400k/index.m3u8"))
        #expect(
            try studio.text("/failover/a/manifest.mpd").contains(
                "<BaseURL serviceLocation=\"down\">/down/failover/a/</BaseURL>"))
    }

    @Test func setsToBeLeftAloneHaveNoMedia() throws {
        let document = try studio.text("/extras/a/manifest.mpd")
        for id in ["video-400k-10", "video-400k-11"] {
            #expect(document.contains("id=\"\(id)\""))
            #expect(studio.object("/extras/a/\(id)/init.mp4") == nil)
        }
        let boxes = try BoxReader.boxes(studio.bytes("/extras/a/video-400k/5.m4s"))
        #expect(boxes.map(\.type) == ["styp", "emsg", "moof", "mdat"])
        #expect(boxes[1].number(at: 8, bytes: 8) == 5 * 360_000)
        #expect(document.contains("<InbandEventStream ") && document.contains("<EventStream "))
        #expect(document.contains("urn:mpeg:dash:mp4protection:2011"))
    }
}
