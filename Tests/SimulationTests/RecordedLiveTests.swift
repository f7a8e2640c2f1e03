import Manifests
import Playback
import Quantities
import Testing

@testable import Simulation

/// Real live streams, which go on without end in the shape of what they listed.
@Suite struct RecordedLiveTests {
    private func play(_ documents: StreamDocuments, seconds: Double = 100) async throws -> Scene.Outcome {
        var scene = Scene(watch: .fixed(.seconds(seconds)))
        scene.recorded = try RecordedStream.content(documents)
        return await scene.play()
    }

    /// The media durations of a kind, as a round that is repeated: the first round from where `first` stands.
    private func isRound(_ durations: [TimeAmount], _ round: [Double], within milliseconds: Double = 0.001) -> Bool {
        (0..<round.count).contains { shift in
            durations.enumerated().allSatisfy {
                $0.element.isWithin(milliseconds, of: round[($0.offset + shift) % round.count])
            }
        }
    }

    @Test func unevenLivePlaylistsGoOnAsARound() async throws {
        let round = [4.0, 2, 6, 4]
        let outcome = try await play(
            RecordedStream.hls(
                video: RecordedStream.playlist(round, first: 812, isEnded: false),
                audio: RecordedStream.playlist(round, first: 813, isEnded: false)))
        let video = outcome.transfers(.video)
        #expect(video.count >= 24 && isRound(video.map(\.mediaDuration), round))
        #expect(zip(video, video.dropFirst()).allSatisfy { $0.sequence + 1 == $1.sequence })
        // The audio's playlist was fetched a segment later: turned, its segments lie beside the video's of equal numbers.
        let audio = outcome.transfers(.audio)
        #expect(audio.count >= 24 && isRound(audio.map(\.mediaDuration), [4, 4, 2, 6]))
        let session = try #require(outcome.sessions.first)
        #expect(session.rebufferCount == 0 && session.outcome == .quit)
        #expect(outcome.totals.overall.plays == 1)
    }

    @Test func audioOfAnotherLengthIsFittedToTheRound() async throws {
        let outcome = try await play(
            RecordedStream.hls(
                video: RecordedStream.playlist([4, 4, 4, 4, 4, 4], first: 10, isEnded: false),
                audio: RecordedStream.playlist([2.005, 1.984, 2.005], first: 500, isEnded: false)))
        // Twelve of some 2 s in 24 s.
        let audio = outcome.transfers(.audio)
        #expect(isRound(audio.map(\.mediaDuration), [2.005, 1.984, 2.005], within: 10))
        #expect(audio.count >= 48)
        #expect(outcome.sessions.first?.rebufferCount == 0)
    }

    @Test func theLivePlaylistKeepsWindowTargetAndHoldBack() throws {
        let content = try RecordedStream.content(
            RecordedStream.hls(
                video: RecordedStream.playlist(
                    [2, 3, 2], first: 4, isEnded: false,
                    tags: "#EXT-X-SERVER-CONTROL:HOLD-BACK=12.0\n#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00Z"),
                audio: RecordedStream.playlist([2, 3, 2], first: 4, isEnded: false)))
        #expect(content.isLive)
        let shape = try #require(content.shape(ofTrack: 0) ?? content.shape(ofTrack: 1))
        let edges = (0..<28).map { half in
            content.liveEdge(ofTrack: 0, at: .zero + .seconds(Double(half) / 4)) ?? 0
        }
        // 7 s are a round of three segments, and the edge moves when one of them is complete.
        #expect(edges[0] % 3 == 0)
        #expect(
            edges.map { $0 - edges[0] } == Array(repeating: 0, count: 8) + Array(repeating: 1, count: 12)
                + Array(repeating: 2, count: 8))
        let playlist = content.livePlaylist(shape, endingBefore: edges[0] + 1)
        #expect(playlist.isLive && playlist.targetDuration == .seconds(3 as Int64))
        let listed = (playlist.segments.firstSequence...edges[0]).compactMap { playlist.segments.segment($0) }
        #expect(listed.map(\.duration.seconds) == [3, 2, 2] && listed.map(\.start.seconds) == [0, 3, 5])
        #expect(playlist.duration == .seconds(7 as Int64))
        #expect(playlist.segments.segment(at: .zero + .seconds(4.9))?.sequence == edges[0] - 1)
        #expect(playlist.segments.segment(at: .zero + .seconds(60.0))?.sequence == edges[0])
        #expect(listed.last?.programDateTime == SimulationSettings.standardWallStart)
        if content.shape(ofTrack: 0) == shape { #expect(playlist.holdBack == .seconds(12 as Int64)) }
    }

    @Test func aDynamicMPDGoesOnFromItsTimeline() async throws {
        let text = RecordedStream.mpd(
            "type=\"dynamic\" availabilityStartTime=\"2020-01-01T00:00:00Z\" timeShiftBufferDepth=\"PT16S\""
                + " minimumUpdatePeriod=\"PT4S\" suggestedPresentationDelay=\"PT8S\" publishTime=\"2026-01-01T00:00:00Z\"",
            video: RecordedStream.timeline([4_000, 2_000, 4_000, 6_000], from: 1_000_000_000),
            audio: RecordedStream.timeline([4_000, 2_000, 4_000, 6_000], from: 1_000_000_000))
        let outcome = try await play(StreamDocuments(presentation: RecordedStream.presentation(text)))
        let video = outcome.transfers(.video)
        #expect(video.count >= 24 && isRound(video.map(\.mediaDuration), [4, 2, 4, 6]))
        let session = try #require(outcome.sessions.first)
        #expect(session.rebufferCount == 0)
        #expect(try #require(session.meanLatency).isWithin(1_500, of: 8))
        // It is fetched again as often as it wants.
        #expect((24...27).contains(outcome.transfers(.manifest).count))
    }

    @Test func aDynamicTemplateWithoutEndGoesOn() async throws {
        let template =
            "<SegmentTemplate timescale=\"1000\" duration=\"2000\" startNumber=\"1\" media=\"$Number$.m4s\"/>"
        let text = RecordedStream.mpd(
            "type=\"dynamic\" availabilityStartTime=\"1970-01-01T00:00:00Z\" timeShiftBufferDepth=\"PT60S\"",
            video: template, audio: template)
        let outcome = try await play(StreamDocuments(presentation: RecordedStream.presentation(text)))
        #expect(outcome.transfers(.video).count >= 48)
        #expect(outcome.transfers(.manifest).count == 1)
        #expect(outcome.transfers(.video).allSatisfy { $0.mediaDuration == .seconds(2 as Int64) })
    }

    @Test(arguments: [1, 7, -1, -7, 0, 1_000_003]) func timesAndNumbersOfARoundAgree(_ sequence: Int64) {
        let timing = RecordedTiming(durations: [400, 200, 600], traits: [[], [], []])
        let list = RepeatedSegments(timing: timing, firstSequence: -100, lastSequence: nil, origin: 50, date: nil)
        let segment = list.segment(sequence)
        #expect(list.sequence(at: segment.start) == sequence)
        #expect(list.sequence(at: segment.end) == sequence + 1)
        #expect(list.segment(sequence + 1).start == segment.end)
        #expect(list.segment(sequence + 3).start.nanoseconds == segment.start.nanoseconds + 1_200)
    }
}
