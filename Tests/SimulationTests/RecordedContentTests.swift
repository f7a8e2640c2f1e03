import Manifests
import Playback
import Quantities
import Testing

@testable import Simulation

/// Real streams on demand: what a simulated player gets is what stood in their documents.
@Suite struct RecordedContentTests {
    private static let durations = [4.0, 6, 2.5, 4, 3.25]
    private static let audioDurations = [3.989, 6.016, 2.517, 3.968, 3.26]
    private static let sizes = [400_000, 650_000, 210_000, 380_000, 300_000]

    private func play(_ documents: StreamDocuments, watch: Double? = nil) async throws -> Scene.Outcome {
        var scene = Scene()
        scene.recorded = try RecordedStream.content(documents)
        if let watch { scene.watch = .fixed(.seconds(watch)) }
        return await scene.play()
    }

    @Test func everySegmentOfAnHLSStreamHasItsOwnLengthAndSize() async throws {
        let outcome = try await play(
            RecordedStream.hls(
                video: RecordedStream.playlist(Self.durations, sizes: Self.sizes),
                audio: RecordedStream.playlist(Self.audioDurations)))
        let video = outcome.transfers(.video)
        #expect(video.map { Int($0.bytes.count) } == Self.sizes)
        #expect(video.map(\.mediaDuration) == Self.durations.map { .seconds($0) })
        #expect(outcome.transfers(.audio).map(\.mediaDuration) == Self.audioDurations.map { .seconds($0) })
        #expect(outcome.sessions.first?.outcome == .ended)
        // The section's size stands in its byte range for video, and nowhere for audio.
        #expect(outcome.transfers(.initialization).map { Int($0.bytes.count) }.sorted() == [700, 800])
        #expect(outcome.transfers(.manifest).map { Int($0.bytes.count) } == [500])
        #expect(outcome.transfers(.playlist).map { Int($0.bytes.count) } == [450, 450])
    }

    @Test func unknownSizesComeFromWhatIsDeclaredWithoutTheAudio() async throws {
        let documents = try RecordedStream.hls(
            video: RecordedStream.playlist([4, 4]), audio: RecordedStream.playlist([4, 4]))
        let outcome = try await play(documents)
        // 720 kbit/s on average, less the 128 kbit/s that the settings have for the audio.
        #expect(outcome.transfers(.video).map(\.bytes.count) == [296_000, 296_000])
        #expect(outcome.transfers(.audio).map(\.bytes.count) == [64_000, 64_000])
        let notes = try RecordedStream.content(documents).notes
        #expect(notes.contains { $0.contains("128 kbit/s are assumed") }, "\(notes)")
        #expect(notes.contains { $0.contains("The sizes of segments are not known") })
    }

    @Test func sizesThatWereAskedForCountAndTheRestIsTheirMean() async throws {
        let outcome = try await play(
            RecordedStream.hls(
                video: RecordedStream.playlist([4, 2, 4], first: 7), audio: RecordedStream.playlist([4, 2, 4]),
                sizes: [7: 100_000, 9: 300_000]))
        #expect(outcome.transfers(.video).map(\.bytes.count) == [100_000, 100_000, 300_000])
    }

    @Test func declaredBitRatesOfSegmentsCount() async throws {
        let outcome = try await play(
            RecordedStream.hls(
                video: RecordedStream.playlist([4, 4, 2], before: [0: "#EXT-X-BITRATE:800", 2: "#EXT-X-BITRATE:400"]),
                audio: RecordedStream.playlist([4, 4, 2])))
        #expect(outcome.transfers(.video).map(\.bytes.count) == [400_000, 400_000, 100_000])
    }

    @Test func keysAndGapsAreSeenAsTheyAre() async throws {
        let video = RecordedStream.playlist(
            [4, 4, 4], tags: "#EXT-X-KEY:METHOD=AES-128,URI=\"k\"", before: [1: "#EXT-X-GAP"])
        let outcome = try await play(RecordedStream.hls(video: video, audio: RecordedStream.playlist([4, 4, 4])))
        #expect(outcome.transfers(.key).count == 1)
        #expect(outcome.transfers(.video).map(\.sequence) == [0, 2])
    }

    @Test func aTimelineOfAnMPDIsPlayedSegmentBySegment() async throws {
        let text = RecordedStream.mpd(
            "type=\"static\" mediaPresentationDuration=\"PT13.5S\"",
            video: RecordedStream.timeline([4_000, 6_000, 3_500]),
            audio: RecordedStream.timeline([4_010, 5_990, 3_500]))
        let outcome = try await play(StreamDocuments(presentation: RecordedStream.presentation(text)))
        #expect(outcome.transfers(.video).map(\.mediaDuration) == [.seconds(4), .seconds(6), .seconds(3.5)])
        #expect(outcome.transfers(.audio).map(\.mediaDuration.seconds) == [4.01, 5.99, 3.5])
        #expect(outcome.transfers(.video).map(\.bytes.count) == [250_000, 375_000, 218_750])
        #expect(outcome.sessions.first?.outcome == .ended)
    }

    @Test func aSegmentIndexIsFetchedAndItsSizesCount() async throws {
        let body =
            "<BaseURL>v.mp4</BaseURL><SegmentBase indexRange=\"800-899\"><Initialization range=\"0-799\"/></SegmentBase>"
        let text = RecordedStream.mpd(
            "type=\"static\" mediaPresentationDuration=\"PT10S\"", video: body,
            audio: RecordedStream.timeline([5_000, 5_000]))
        var documents = StreamDocuments(presentation: try RecordedStream.presentation(text))
        var facts = StreamDocuments.TrackFacts()
        let sizes: [Int64] = [500_000, 123_456]
        facts.index = SegmentList(
            sizes.enumerated().map { place, size in
                Segment(
                    sequence: Int64(place + 1), start: .zero + .seconds(Int64(place) * 5),
                    duration: .seconds(5 as Int64),
                    uri: "", byteRange: ByteRange(offset: 900, length: size),
                    initialization: InitializationSection(uri: "v.mp4", byteRange: ByteRange(offset: 0, length: 800)))
            })
        facts.documentBytes = 100
        documents.tracks[.init(period: 0, set: 0, track: 0)] = facts
        let outcome = try await play(documents)
        #expect(outcome.transfers(.index).map(\.bytes.count) == [100])
        #expect(outcome.transfers(.video).map(\.bytes.count) == sizes)
        #expect(outcome.transfers(.initialization).count == 2)
        #expect(outcome.sessions.first?.outcome == .ended)
    }

    @Test func allPeriodsOnDemandArePlayed() async throws {
        let one = RecordedStream.mpd(
            "type=\"static\" mediaPresentationDuration=\"PT16S\"", video: RecordedStream.timeline([4_000, 4_000]),
            audio: RecordedStream.timeline([4_000, 4_000]))
        let second = one.replacing("<Period id=\"p\" start=\"PT0S\">", with: "<Period id=\"q\" start=\"PT8S\">")
        guard let from = second.firstRange(of: "<Period"), let to = second.firstRange(of: "</MPD>") else { return }
        let text = one.replacing("</MPD>", with: second[from.lowerBound..<to.lowerBound] + "</MPD>")
        let outcome = try await play(StreamDocuments(presentation: RecordedStream.presentation(text)))
        #expect(outcome.transfers(.video).count == 4)
        #expect(outcome.sessions.first.map { $0.playedTime.isWithin(1, of: 16) } == true)
    }

    @Test func aTrackWithoutItsPlaylistIsMissingForPlayersToo() async throws {
        var documents = try RecordedStream.hls(
            video: RecordedStream.playlist([4, 4]), audio: RecordedStream.playlist([4, 4]))
        let set = try #require(documents.presentation.periods[0].switchingSets.firstIndex { $0.kind == .video })
        documents.tracks[.init(period: 0, set: set, track: 0)] = nil
        var scene = Scene()
        scene.recorded = try RecordedStream.content(documents)
        scene.player = PlayerSettings()
        let outcome = await scene.play()
        #expect(outcome.transfers(.playlist).contains { $0.status == 404 })
        #expect(outcome.sessions.first?.outcome == .ended)
        #expect(scene.recorded?.notes.contains { $0.contains("players get status 404") } == true)
    }

    @Test func whatCannotBePlayedIsSaid() throws {
        let empty = try RecordedStream.presentation(RecordedStream.multivariant)
        var problem = #expect(throws: StreamProblem.self) {
            try RecordedStream.content(StreamDocuments(presentation: empty))
        }
        #expect(problem?.sentence.contains("media playlists could be read") == true)
        let tiny = try RecordedStream.hls(
            video: RecordedStream.playlist([0.001, 0.001], isEnded: false),
            audio: RecordedStream.playlist([0.001], isEnded: false))
        problem = #expect(throws: StreamProblem.self) { try RecordedStream.content(tiny) }
        #expect(problem?.sentence.contains("less than 100 ms") == true)
        let long = RecordedStream.mpd(
            "type=\"static\" mediaPresentationDuration=\"PT300000S\"",
            video: "<SegmentTemplate timescale=\"1000\" duration=\"1000\" media=\"$Number$.m4s\"/>",
            audio: "<SegmentTemplate timescale=\"1000\" duration=\"1000\" media=\"$Number$.m4s\"/>")
        problem = #expect(throws: StreamProblem.self) {
            try RecordedStream.content(StreamDocuments(presentation: RecordedStream.presentation(long)))
        }
        #expect(problem == .tooManySegments(track: "video v1"))
    }
}
