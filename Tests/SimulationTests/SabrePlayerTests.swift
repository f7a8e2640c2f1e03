import Playback
import Quantities
import Testing

@testable import Simulation

/// Sabre's model by hand.
@Suite("Sabre's model of a player")
struct SabrePlayerTests {
    /// Two tracks of 500 and 1 000 kbit/s in segments of 2 s.
    private func movie(segments: Int) throws -> SabreMovie {
        try SabreMovie(
            segmentDuration: 2_000, bitRates: [500, 1_000],
            segmentSizes: Array(repeating: [1_000_000, 2_000_000], count: segments))
    }

    private func run(
        _ movie: SabreMovie, _ periods: [SabrePeriod], _ rule: any AdaptationRule = Always(track: 0),
        _ change: (inout SabreOptions) -> Void = { _ in }
    ) throws -> SabreResult {
        var options = SabreOptions()
        change(&options)
        var player = try SabrePlayer(movie: movie, periods: periods, rule: rule, options: options)
        return try player.run()
    }

    @Test("a segment takes one latency and its bits over the bandwidth")
    func timing() throws {
        let result = try run(try movie(segments: 2), [SabrePeriod(duration: 60_000, bandwidth: 1_000, latency: 100)])
        #expect(result.requests.map(\.begun) == [0, 1_100])
        #expect(result.requests.map(\.download.time) == [1_100, 1_100])
        #expect(result.requests.map(\.levelAfter) == [2_000, 2_900])
        // 1.1 s until the first segment is there, then 4 s of media.
        #expect(result[name: "total_play_time"] == 5.1)
        #expect(result[name: "total_rebuffer"] == 0)
    }

    @Test("the share of a latency that passed in a period counts, and periods begin anew at the end")
    func latencyOverPeriods() throws {
        // 50 ms of 200 are a quarter; three quarters of 100 are 75. The bits take 1 000 ms at 1 000 kbit/s in the rest.
        let periods = [
            SabrePeriod(duration: 50, bandwidth: 0, latency: 200),
            SabrePeriod(duration: 600, bandwidth: 1_000, latency: 100),
        ]
        let result = try run(try movie(segments: 1), periods)
        // 50 + 75 to the first byte, 525 at 1 000 kbit/s, 50 of nothing, 475 more.
        #expect(result.requests[0].download.firstByte == 125)
        #expect(result.requests[0].download.time == 125 + 525 + 50 + 475)
    }

    @Test("an outage empties the buffer, and is counted once")
    func rebuffering() throws {
        let periods = [
            SabrePeriod(duration: 1_000, bandwidth: 1_000, latency: 0),
            SabrePeriod(duration: 5_000, bandwidth: 0, latency: 0),
        ]
        let result = try run(try movie(segments: 3), periods)
        // Segments arrive after 1, 7 and 13 s: 2 s of media for each 6 s.
        #expect(result.requests.map { $0.begun + $0.download.time } == [1_000, 7_000, 13_000])
        #expect(result[name: "total_rebuffer_events"] == 2)
        #expect(result[name: "total_rebuffer"] == 8)
        #expect(result[name: "total_play_time"] == 15)
        #expect(abs((result[name: "rebuffer_ratio"] ?? 0) - 8 / 15.0) < 1e-12)
    }

    @Test("a full buffer holds requests back")
    func fullBuffer() throws {
        let result = try run(
            try movie(segments: 4), [SabrePeriod(duration: 60_000, bandwidth: 10_000, latency: 0)]
        ) { $0.maximumBuffer = 4_000 }
        // 0.1 s for each; two segments fit. The third waits until 2 s are left, and so does the fourth.
        #expect(result.requests.map(\.fullWait) == [0, 0, 1_900, 1_900])
        #expect(result.requests.map(\.levelBefore) == [0, 2_000, 2_000, 2_000])
    }

    @Test("changes, utilities and the score are sums over what was played")
    func totals() throws {
        let result = try run(
            try movie(segments: 3), [SabrePeriod(duration: 60_000, bandwidth: 4_000, latency: 0)], Always(track: 1))
        #expect(result.tracks == [0, 1, 1])
        #expect(result[name: "total_played_bitrate"] == 2_500)
        #expect(result[name: "total_bitrate_change"] == 500)
        // 6 s of media and 0.25 s before: 3.125 segments; the utility is twice ln 2.
        let score = try #require(result[name: "time_average_score"])
        #expect(abs(score - 2 * 0.6931471805599453 / 3.125) < 1e-12)
    }

    @Test(
        "a buffered segment of a lower track is fetched anew, from either end",
        arguments: [
            (SabreOptions.Replacement.none, [0, 0, 0, 0, 0, 1]), (.left, [0, 0, 1, 1, 1, 1]),
            (.right, [0, 0, 1, 1, 1, 1]),
        ])
    func replacement(_ replacement: SabreOptions.Replacement, _ tracks: [Int]) throws {
        let result = try run(
            try movie(segments: 6), [SabrePeriod(duration: 60_000, bandwidth: 40_000, latency: 0)], Rising(from: 5)
        ) { $0.replacement = replacement }
        #expect(result.tracks == tracks)
        let anew = result.requests.filter(\.download.isReplacement).map(\.segment)
        #expect(anew == (replacement == .none ? [] : replacement == .left ? [2, 3, 4] : [4, 3, 2]))
        #expect(result.replacements == anew.count)
    }

    @Test("a rule that gives the same segment up for ever ends with a sentence")
    func livelock() throws {
        let error = #expect(throws: SabreInputError.self) {
            try run(try movie(segments: 3), [SabrePeriod(duration: 60_000, bandwidth: 1_000, latency: 0)], Impatient())
        }
        #expect(error?.description.contains("segment 1 was given up") == true)
    }

    @Test("a link that carries next to nothing ends with a sentence")
    func noEnd() throws {
        let periods = [SabrePeriod(duration: 0.001, bandwidth: 0.001, latency: 0)]
        let error = #expect(throws: SabreInputError.self) { try run(try movie(segments: 2), periods) }
        #expect(error?.description.contains("five million periods") == true)
    }

    @Test(
        "wrong links are refused",
        arguments: [
            [], [SabrePeriod(duration: 1_000, bandwidth: 0, latency: 0)],
            [SabrePeriod(duration: 0, bandwidth: 1, latency: 0)],
            [SabrePeriod(duration: -1, bandwidth: 1, latency: 0)],
            [SabrePeriod(duration: 1, bandwidth: .nan, latency: 0)],
            [SabrePeriod(duration: 1, bandwidth: 1, latency: .infinity)],
        ])
    func wrongLinks(_ periods: [SabrePeriod]) throws {
        #expect(throws: SabreInputError.self) { try run(try movie(segments: 1), periods) }
    }

    @Test(
        "wrong movies are refused",
        arguments: [
            (0, [500.0], [[1.0]]), (2_000, [], [[]]), (2_000, [500, 400], [[1, 1]]), (2_000, [500], []),
            (2_000, [500], [[1, 2]]), (2_000, [500], [[0]]), (2_000, [500], [[.nan]]), (.nan, [500], [[1]]),
            (2_000, [-1], [[1]]),
        ] as [(Double, [Double], [[Double]])])
    func wrongMovies(_ duration: Double, _ bitRates: [Double], _ sizes: [[Double]]) {
        #expect(throws: SabreInputError.self) {
            try SabreMovie(segmentDuration: duration, bitRates: bitRates, segmentSizes: sizes)
        }
    }

    @Test("a movie is cut or repeated to a length, rounded up to segments")
    func lengths() throws {
        let movie = try SabreMovie(segmentDuration: 2_000, bitRates: [500], segmentSizes: [[1], [2], [3]])
        #expect(try movie.lasting(seconds: 3).segmentSizes == [[1], [2]])
        #expect(try movie.lasting(seconds: 9).segmentSizes == [[1], [2], [3], [1], [2]])
        #expect(throws: SabreInputError.self) { try movie.lasting(seconds: 0) }
        #expect(throws: SabreInputError.self) { try movie.lasting(seconds: 1e300) }
    }

    @Test("rules that are not of the papers run in it as well")
    func otherRules() throws {
        let periods = [SabrePeriod(duration: 60_000, bandwidth: 5_000, latency: 50)]
        for rule in [RuleSettings.l2a(.init()), .loLPlus(.init())] {
            let result = try run(try movie(segments: 20), periods, rule.makeRule())
            #expect(result.tracks.count == 20)
            #expect(result.tracks.last == 1)
        }
    }
}

/// Chooses one track for ever.
private struct Always: AdaptationRule {
    var track: Int
    var estimate: BitRate? { nil }
    mutating func transferEnded(_ sample: TransferSample) {}
    mutating func choose(_ situation: AdaptationSituation) -> AdaptationChoice { AdaptationChoice(track: track) }
}

/// Chooses the lowest track, and from a segment on the highest.
private struct Rising: AdaptationRule {
    var from: Int
    var estimate: BitRate? { nil }
    mutating func transferEnded(_ sample: TransferSample) {}
    mutating func choose(_ situation: AdaptationSituation) -> AdaptationChoice {
        AdaptationChoice(track: situation.segmentIndex < from ? 0 : 1)
    }
}

/// Gives every segment up.
private struct Impatient: AdaptationRule {
    var estimate: BitRate? { nil }
    var progressInterval: TimeAmount? { .milliseconds(100) }
    mutating func transferEnded(_ sample: TransferSample) {}
    mutating func choose(_ situation: AdaptationSituation) -> AdaptationChoice { AdaptationChoice(track: 1) }
    mutating func abandons(_ progress: SegmentProgress, _ situation: AdaptationSituation) -> Int? { 0 }
}
