import Manifests
import Quantities
import Transport

@testable import Inspection

/// Documents in which everything is given that the model knows, so that every field of a report is filled.
enum Everything {
    static let page = "https://cdn.example.com/live/master.m3u8?token=secret"
    /// 2026-11-22T20:00:00Z.
    static let now = WallTime(nanoseconds: 1_795_377_600_000_000_000)

    static let key = EncryptionKey(
        method: "AES-128", uri: "keys/1.bin", keyFormat: "identity", keyFormatVersions: "1",
        initializationVector: "0x0F")

    /// A low-latency playlist of three segments and a part of the fourth.
    static var playlist: MediaPlaylist {
        let map = InitializationSection(uri: "init.mp4", byteRange: ByteRange(offset: 0, length: 800))
        let segments = (0..<3).map { (index: Int) -> Segment in
            let start = TimeAmount.seconds(Int64(index * 4))
            return Segment(
                sequence: 100 + Int64(index), start: .zero + start, duration: .seconds(4.004),
                uri: "s\(index).m4s", byteRange: ByteRange(offset: 10, length: 20), initialization: map, keys: [key],
                isGap: index == 1, discontinuity: index == 2 ? 8 : 7,
                programDateTime: now - .seconds(13.5) + start, title: "title", declaredBitRate: .kilobits(800))
        }
        var extras = MediaPlaylist.Extras()
        extras.version = 9
        extras.hasIndependentSegments = true
        extras.serverControl.canSkipUntil = .seconds(Int64(24))
        extras.serverControl.canSkipDateRanges = true
        extras.serverControl.holdBack = .seconds(Int64(12))
        extras.serverControl.partHoldBack = .seconds(1.5)
        extras.serverControl.canBlockReload = true
        extras.partTarget = .milliseconds(500)
        extras.parts = [
            Part(
                sequence: 103, index: 0, start: .seconds(12), duration: .milliseconds(500), uri: "p.m4s",
                byteRange: ByteRange(offset: 0, length: 9), isIndependent: true, isGap: false, initialization: map,
                key: key, discontinuity: 8, programDateTime: now - .milliseconds(500))
        ]
        extras.preloadHints = [PreloadHint(kind: .part, uri: "p2.m4s", rangeStart: 9, rangeLength: 10)]
        extras.renditionReports = [RenditionReport(uri: "../a/index.m3u8", lastSequence: 103, lastPart: 0)]
        extras.dateRanges = dateRanges
        extras.adMarkers = [AdMarker(kind: .out, sequence: 101, duration: .seconds(Int64(30)))]
        extras.skip = PlaylistSkip(segments: 5, removedDateRanges: ["old"])
        extras.discontinuitySequence = 7
        return MediaPlaylist(
            targetDuration: .seconds(Int64(4)), kind: .event, isEnded: false, segments: SegmentList(segments),
            duration: .seconds(12.012), startOffset: StartOffset(offset: .seconds(-9.5), isPrecise: true),
            extras: extras,
            findings: [Finding(id: "hls-x", severity: .warning, message: "a warning", clause: "rfc8216bis 4", line: 7)])
    }

    private static var dateRanges: [DateRange] {
        [
            DateRange(
                id: "ad1", rangeClass: "com.apple.hls.interstitial", start: now, end: now + .seconds(30.0),
                duration: .seconds(Int64(30)), plannedDuration: .seconds(Int64(31)), cues: ["PRE"], endsOnNext: true,
                attributes: ["X-B": "2", "X-A": "1"],
                interstitial: Interstitial(
                    content: .asset(uri: "ad.m3u8"), resumeOffset: .zero, playoutLimit: .seconds(Int64(15)),
                    snapsOut: true, snapsIn: true, restrictions: ["SKIP"])),
            DateRange(id: "ad2", interstitial: Interstitial(content: .list(uri: "list.json"))),
        ]
    }

    static var details: TrackDetails {
        var details = TrackDetails()
        details.type = "AUDIO"
        details.name = "English"
        details.associatedLanguage = "en-GB"
        details.isAutoselect = true
        details.isForced = true
        details.instreamID = "CC1"
        details.characteristics = ["public.accessibility.describes-video"]
        details.channels = "6"
        details.bitDepth = 24
        details.sampleRate = 48_000
        details.stableID = "stable"
        details.score = 1.5
        details.supplementalCodecs = "dvh1.08.07/db4h"
        details.hdcpLevel = "TYPE-1"
        details.allowedCPC = "com.example:A"
        details.videoRange = "PQ"
        details.videoLayout = "CH-STEREO"
        details.videoGroup = "angles"
        details.closedCaptionsGroup = "cc"
        details.mimeType = "video/mp4"
        details.qualityRanking = 2
        return details
    }

    /// A track with every value.
    static func track(_ media: MediaSource, references: [String]) -> Track {
        let first = TrackLocation(
            name: "cdn-a", priority: 1, weight: 2, references: references, audioGroup: "aud", subtitleGroup: "sub")
        let second = TrackLocation(name: "cdn-b", references: ["https://b.example.com/x/"])
        return Track(
            id: "v1", bitRate: .kilobits(5_000), averageBitRate: .kilobits(4_000), codecs: "avc1.64001f",
            width: 1_280, height: 720, frameRate: 29.97, media: media, locations: [first, second],
            query: SegmentQuery(template: "$querypart$", parameters: "a=1", usesManifestQuery: true), details: details)
    }

    /// A multivariant playlist with its media playlist.
    static var hls: InspectedDocuments {
        var details = PresentationDetails()
        details.version = 12
        details.hasIndependentSegments = true
        details.variables = ["b": "2", "a": "1"]
        details.sessionData = [
            SessionData(id: "com.example.title", value: "Final", uri: nil, language: "en"),
            SessionData(id: "com.example.more", value: nil, uri: "more.json", format: "RAW"),
        ]
        details.sessionKeys = [key]
        let presentation = Presentation(
            format: .hls,
            periods: [
                Period(switchingSets: [
                    SwitchingSet(
                        kind: .video, isDefault: true, tracks: [track(.playlist, references: ["v/index.m3u8"])]),
                    SwitchingSet(id: "aud", kind: .audio, language: "en", tracks: [track(.muxed, references: [])]),
                ])
            ], startOffset: StartOffset(offset: .seconds(3.25)),
            steering: ContentSteering(serverURI: "/steer", initialLocations: ["cdn-a"], asksBeforeStart: true),
            details: details)
        return InspectedDocuments(
            source: page, uri: page, manifest: .presentation(presentation),
            playlists: [
                InspectedDocuments.Playlist(
                    requestedURI: "https://cdn.example.com/live/v/index.m3u8",
                    uri: "https://edge.example.com/v/index.m3u8", playlist: playlist)
            ], transfers: [transfer, failedTransfer],
            findings: [
                ReportFinding(Finding(id: "x", severity: .information, message: "m", clause: "c"), uri: nil),
                ReportFinding(Finding(id: "y", severity: .error, message: "m", clause: "c"), uri: page),
            ], inspectedAt: now)
    }

    private static var transfer: ReportTransfer {
        let names = [
            "content-type", "content-encoding", "cache-control", "date", "last-modified", "etag", "x-cache",
            "access-control-allow-origin", "server",
        ]
        let result = TransferResult(
            status: 302, version: .http2, bytes: ByteCount(Int64(120)), body: [1, 2, 3],
            headers: names.map { HTTPHeader(name: $0, value: "value of \($0)") } + [
                HTTPHeader(name: "age", value: "7")
            ],
            remoteAddress: "203.0.113.9", connectionReused: true,
            timings: TransferTimings(begun: .zero, total: .milliseconds(20)))
        return ReportTransfer(
            result, purpose: .manifest, uri: page, redirectsTo: "https://cdn.example.com/b", begunAt: now)
    }

    private static var failedTransfer: ReportTransfer {
        let failed = FailedTransfer(
            error: .nameLookup(host: "x"), timings: TransferTimings(begun: .zero, total: .milliseconds(5)))
        return ReportTransfer(failed, sentence: "no address", purpose: .playlist, uri: page, begunAt: now)
    }

    /// A dynamic MPD with a written list and an indexed file.
    static var dash: InspectedDocuments {
        var service = ServiceDescription()
        service.targetLatency = .seconds(Int64(3))
        service.shortestLatency = .seconds(Int64(2))
        service.longestLatency = .seconds(Int64(6))
        service.slowestRate = 0.96
        service.fastestRate = 1.04
        let timing = DynamicTiming(
            availabilityStart: now - .seconds(100.0), availabilityEnd: now + .seconds(1_000.0),
            minimumUpdatePeriod: .seconds(Int64(2)), timeShiftBufferDepth: .seconds(Int64(30)),
            suggestedDelay: .seconds(Int64(3)), publishTime: now,
            locations: [ManifestLocation(uri: "b.mpd", name: "cdn-a")],
            patchLocations: [PatchLocation(uri: "patch.mpp", timeToLive: .seconds(Int64(60)))],
            clocks: [UTCTiming(scheme: "urn:mpeg:dash:utc:http-iso:2014", value: "https://time.example.com/")],
            maximumSegmentDuration: .seconds(Int64(4)), service: service)
        let segments = (0..<10).map { index in
            Segment(
                sequence: Int64(index + 1), start: .seconds(60 + Double(index) * 4), duration: .seconds(Int64(4)),
                uri: "s\(index).m4s")
        }
        let list = SegmentList(
            WrittenList(segments: segments), availabilityOffset: .seconds(Int64(1)), isAvailableComplete: false)
        let indexed = IndexedMedia(
            uri: "a.mp4", indexRange: ByteRange(offset: 800, length: 100),
            initialization: InitializationSection(uri: "a.mp4", byteRange: ByteRange(offset: 0, length: 800)),
            periodStart: .seconds(60))
        let period = Period(
            id: "p1", start: .seconds(60), duration: .seconds(Int64(40)),
            switchingSets: [
                SwitchingSet(
                    id: "1", kind: .video, isDefault: true, roles: ["main"],
                    protections: [
                        ContentProtection(
                            scheme: "urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed", value: "Widevine",
                            defaultKeyID: "0000", hasInitializationData: true)
                    ], continuity: PeriodContinuity(period: "p0", isContinuous: true),
                    inbandEvents: ["urn:scte:scte35:2013:bin"], tracks: [track(.segments(list), references: ["v/"])]),
                SwitchingSet(id: "2", kind: .audio, language: "en", tracks: [track(.indexed(indexed), references: [])]),
            ],
            eventStreams: [
                EventStream(
                    scheme: "urn:scte:scte35:2014:xml+bin", value: "1",
                    events: [EventStream.Event(id: "7", start: .seconds(70), duration: .seconds(Int64(15)))])
            ])
        var details = PresentationDetails()
        details.id = "mpd"
        details.title = "The final"
        details.profiles = "urn:mpeg:dash:profile:isoff-live:2011"
        let presentation = Presentation(
            format: .dash, periods: [period], isDynamic: true, dynamicTiming: timing, duration: .seconds(Int64(7_200)),
            minimumBufferTime: .seconds(Int64(2)), details: details)
        let page = "https://cdn.example.com/live/a.mpd"
        let key = InspectedDocuments.IndexKey(uri: "https://cdn.example.com/live/a.mp4?a=1", media: indexed)
        return InspectedDocuments(
            source: page, uri: page, manifest: .presentation(presentation),
            indexes: [key: SegmentList([segments[0]])], inspectedAt: now)
    }
}

/// Segments in an array, with an availability of their own.
struct WrittenList: SegmentList.Source {
    let segments: [Segment]
    var firstSequence: Int64 { segments.first?.sequence ?? 0 }
    var lastSequence: Int64? { segments.last?.sequence ?? -1 }
    func segment(_ sequence: Int64) -> Segment { segments[Int(sequence - firstSequence)] }
    func sequence(at time: MediaTime) -> Int64 { segments.last { $0.start <= time }?.sequence ?? firstSequence }
}

/// Segments by number without end, two seconds each, of which the first has the number 1.
struct EndlessList: SegmentList.Source {
    var last: Int64?
    var firstSequence: Int64 { 1 }
    var lastSequence: Int64? { last }
    func segment(_ sequence: Int64) -> Segment {
        Segment(
            sequence: sequence, start: MediaTime(nanoseconds: (sequence - 1) &* 2_000_000_000),
            duration: .seconds(Int64(2)), uri: "\(sequence).m4s")
    }
    func sequence(at time: MediaTime) -> Int64 { max(1, time.nanoseconds / 2_000_000_000 + 1) }
}
