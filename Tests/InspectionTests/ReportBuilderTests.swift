import Manifests
import Quantities
import Testing

@testable import Inspection

@Suite struct ReportBuilderTests {
    private func report(_ text: String, uri: String = "https://cdn.example.com/a/b.m3u8") throws -> InspectionReport {
        let manifest = try ManifestDecoder.decode(Array(text.utf8))
        return ReportBuilder.report(
            InspectedDocuments(source: uri, uri: uri, manifest: manifest, inspectedAt: Everything.now), tool: "t")
    }

    private let media = """
        #EXTM3U
        #EXT-X-VERSION:6
        #EXT-X-TARGETDURATION:6
        #EXT-X-MEDIA-SEQUENCE:10
        #EXT-X-KEY:METHOD=AES-128,URI="../k.bin",IV=0x1
        #EXT-X-PROGRAM-DATE-TIME:2026-11-22T19:59:40.250Z
        #EXTINF:6.006,first
        10.ts?x=1
        #EXT-X-DISCONTINUITY
        #EXT-X-PROGRAM-DATE-TIME:2026-11-22T19:59:46.256Z
        #EXT-X-KEY:METHOD=NONE
        #EXTINF:5.994,
        #EXT-X-BYTERANGE:100@50
        /c/11.ts
        #EXT-X-GAP
        #EXTINF:6,
        //other.example.com/12.ts

        """

    @Test func aMediaPlaylistValueByValue() throws {
        let report = try report(media)
        #expect(report.documentType == .media && report.presentationType == .live && report.manifestFormat == .hls)
        #expect(report.format == "fullhouse-inspect/1" && report.record == "report" && report.isEncrypted)
        let playlist = try #require(report.playlists.first)
        #expect(playlist.mediaSequence == 10 && playlist.discontinuitySequence == 0 && playlist.segmentCount == 3)
        #expect(playlist.targetDuration.text == "6" && playlist.duration.text == "18" && playlist.isLive)
        let segments = playlist.segments
        #expect(segments.map(\.sequence) == [10, 11, 12])
        #expect(segments.map(\.start.text) == ["0", "6.006", "12"])
        #expect(segments.map(\.duration.text) == ["6.006", "5.994", "6"])
        #expect(
            segments.map(\.uri) == [
                "https://cdn.example.com/a/10.ts?x=1", "https://cdn.example.com/c/11.ts",
                "https://other.example.com/12.ts",
            ])
        #expect(segments.map(\.isDiscontinuity) == [false, true, false])
        #expect(segments.map(\.discontinuitySequence) == [0, 1, 1])
        #expect(segments.map(\.isGap) == [false, false, true])
        #expect(segments[0].keys.map(\.uri) == ["https://cdn.example.com/k.bin"] && segments[0].keys[0].iv == "0x1")
        #expect(segments[1].keys == [] && segments[1].byteRange == ReportByteRange(offset: 50, length: 100))
        #expect(segments[0].programDateTime?.text == "2026-11-22T19:59:40.250Z")
        #expect(segments[2].programDateTime?.text == "2026-11-22T19:59:52.250Z")
        let window = try #require(report.window)
        #expect(window.firstSequence == 10 && window.lastSequence == 12 && window.duration.text == "18")
        #expect(window.endTime?.text == "2026-11-22T19:59:58.250Z")
        #expect(
            report.latency == ReportLatency(target: Seconds(nanoseconds: 18_000_000_000), origin: .threeTargetDurations)
        )
    }

    @Test func withoutABaseURIsStandAsWritten() throws {
        let report = try report(media, uri: "")
        #expect(report.uri == nil && report.playlists[0].uri == nil)
        #expect(report.playlists[0].segments.map(\.uri) == ["10.ts?x=1", "/c/11.ts", "//other.example.com/12.ts"])
        #expect(report.playlists[0].segments[0].keys[0].uri == "../k.bin")
        #expect(!report.findings.contains { $0.id.hasPrefix("uri-") })
    }

    @Test func aTrackNamesItsPlaylistByTheURIThatWasAskedFor() throws {
        let report = ReportBuilder.report(Everything.hls, tool: "t")
        let track = report.periods[0].switchingSets[0].tracks[0]
        #expect(track.playlistURI == "https://cdn.example.com/live/v/index.m3u8")
        #expect(report.playlists[0].requestedURI == track.playlistURI)
        #expect(report.playlists[0].segments[0].uri == "https://edge.example.com/v/s0.m4s")
        #expect(report.steering?.serverURI == "https://cdn.example.com/steer")
        #expect(report.variables.map(\.name) == ["a", "b"])
        #expect(report.latency?.origin == .partHoldBack && report.isLowLatency && report.presentationType == .event)
        #expect(report.playlists[0].renditionReports[0].uri == "https://edge.example.com/a/index.m3u8")
        #expect(report.findings.map(\.severity) == [.error, .warning, .information])
    }

    @Test func aDynamicMPDTellsWhenSegmentsAreAvailable() throws {
        let report = ReportBuilder.report(Everything.dash, tool: "t")
        let track = report.periods[0].switchingSets[0].tracks[0]
        // Available from 1 s before the end of its time, which counts from 100 s before now.
        #expect(track.segments[0].availableFrom?.time == Everything.now - .seconds(37.0))
        #expect(track.segments[0].availableUntil?.time == Everything.now - .seconds(2.0))
        #expect(track.segments[0].uri == "https://cdn.example.com/live/v/s0.m4s?a=1")
        let window = try #require(report.window)
        #expect(window.start.text == "70" && window.end.text == "100" && window.lastSequence == 10)
        #expect(window.firstSequence == 3)
        let indexed = report.periods[0].switchingSets[1].tracks[0]
        #expect(indexed.media == .indexed && indexed.segments.count == 1)
        #expect(indexed.index?.uri == "https://cdn.example.com/live/a.mp4?a=1" && indexed.index?.range?.offset == 800)
        #expect(report.isLowLatency && report.isEncrypted && report.latency?.origin == .serviceDescription)
    }

    private func endless(
        _ list: SegmentList, depth: TimeAmount?, runningFor: TimeAmount, limits: ReportBuilder.Limits = .init()
    ) -> InspectionReport {
        let timing = DynamicTiming(availabilityStart: Everything.now - runningFor, timeShiftBufferDepth: depth)
        let track = Track(
            id: "v", bitRate: .zero, media: .segments(list), locations: [TrackLocation(references: [])])
        let presentation = Presentation(
            format: .dash, periods: [Period(switchingSets: [SwitchingSet(kind: .video, tracks: [track])])],
            isDynamic: true, dynamicTiming: timing)
        let documents = InspectedDocuments(
            source: "", uri: "https://a.example/m.mpd", manifest: .presentation(presentation),
            inspectedAt: Everything.now)
        return ReportBuilder.report(documents, tool: "t", limits: limits)
    }

    @Test(arguments: [
        (TimeAmount.seconds(10.0), 101.0, [46, 47, 48, 49, 50] as [Int64]), (.seconds(4.0), 100, [49, 50]),
        (.seconds(10.0), 1.9, []), (.seconds(10.0), -5, []), (.seconds(10.0), 2, [1]), (.seconds(0.5), 100, [50]),
    ])
    func ofAnEndlessListTheWindowIsListed(_ depth: TimeAmount, _ seconds: Double, _ expected: [Int64]) {
        let report = endless(SegmentList(EndlessList()), depth: depth, runningFor: .seconds(seconds))
        #expect(report.periods[0].switchingSets[0].tracks[0].segments.map(\.sequence) == expected)
        #expect(report.periods[0].switchingSets[0].tracks[0].segmentCount == Int64(expected.count))
    }

    @Test func anAvailabilityOffsetMovesTheEdge() {
        let early = SegmentList(EndlessList(), availabilityOffset: .seconds(1.5), isAvailableComplete: false)
        let always = SegmentList(EndlessList(), availabilityOffset: .max)
        for (list, last) in [(early, Int64(51)), (always, 50)] {
            let report = endless(list, depth: .seconds(4.0), runningFor: .seconds(100.6))
            #expect(report.periods[0].switchingSets[0].tracks[0].segments.last?.sequence == last)
        }
    }

    @Test func aListBeyondAllMeasureIsCut() throws {
        let limits = ReportBuilder.Limits(total: 25, perList: 10)
        for (list, count) in [(EndlessList(), Int64(43_200_000)), (EndlessList(last: .max), .max)] {
            let report = endless(
                SegmentList(list), depth: nil, runningFor: .seconds(86_400_000.0), limits: limits)
            let track = report.periods[0].switchingSets[0].tracks[0]
            #expect(track.segments.count == 10 && track.segmentCount == count)
            #expect(track.omittedSegments == count - 10)
            #expect(report.findings.map(\.id) == ["inspect-segments-omitted"])
        }
    }

    @Test func whereAPublicPageLeadsToIsJudgedOnceForEachHost() throws {
        let text = """
            #EXTM3U
            #EXT-X-TARGETDURATION:2
            #EXT-X-KEY:METHOD=AES-128,URI="data:text/plain,0123456789abcdef"
            #EXTINF:2,
            http://127.0.0.1/1.ts?token=very-secret-token-value
            #EXTINF:2,
            http://127.0.0.1/2.ts
            #EXTINF:2,
            file:///etc/passwd
            #EXTINF:2,
            https://other.example.com/3.ts
            #EXT-X-ENDLIST

            """
        let findings = try report(text).findings.filter { $0.id.hasPrefix("uri-") }
        #expect(findings.map(\.id) == ["uri-local-address", "uri-scheme"])
        #expect(findings.allSatisfy { $0.severity == .error && $0.uri == "https://cdn.example.com/a/b.m3u8" })
        #expect(findings[0].message.contains("127.0.0.1") && !findings[0].message.contains("very-secret"))
        let local = try report(text, uri: "http://127.0.0.1:8080/b.m3u8").findings.filter { $0.id.hasPrefix("uri-") }
        #expect(local.map(\.id) == ["uri-scheme"])
    }

    @Test func whatAPresentationNeedsIsListedOnce() {
        func variant(_ uri: String) -> Track {
            Track(id: uri, bitRate: .zero, media: .playlist, locations: [TrackLocation(references: [uri])])
        }
        let presentation = Presentation(
            format: .hls,
            periods: [
                Period(switchingSets: [
                    SwitchingSet(
                        kind: .video, isDefault: true,
                        tracks: [variant("a.m3u8"), variant("b.m3u8"), variant("a.m3u8")]),
                    SwitchingSet(id: "g", kind: .audio, tracks: [variant("no.m3u8")]),
                    SwitchingSet(id: "g", kind: .audio, isDefault: true, tracks: [variant("en.m3u8")]),
                    SwitchingSet(kind: .video, isTrickPlay: true, tracks: [variant("i.m3u8")]),
                ])
            ])
        let needed = NeededDocument.all(of: presentation, at: "https://x.example/m.m3u8")
        let names = ["a", "b", "no", "en", "i"]
        #expect(needed.map(\.uri) == names.map { "https://x.example/\($0).m3u8" })
        #expect(needed.map(\.isPlayedByDefault) == [true, false, false, true, false])
    }
}
