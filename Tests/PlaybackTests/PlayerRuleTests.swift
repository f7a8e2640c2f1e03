import Playback
import Quantities
import Testing

/// The rules of real players, each against what its source says.
@Suite("Rules of players") struct PlayerRuleTests {
    private let ladder: [BitRate] = [.kilobits(500), .kilobits(1_500), .kilobits(3_500)]

    private func situation(
        current: Int? = nil, buffer: Double = 0, at now: Double = 0, started: Bool = true, firstListed: Int = 0
    ) -> AdaptationSituation {
        var situation = AdaptationSituation(
            ladder: ladder, current: current, buffer: .seconds(buffer), now: .seconds(now))
        situation.hasStarted = started
        situation.firstListed = firstListed
        situation.segmentIndex = current == nil ? 0 : 5
        return situation
    }

    /// A segment that came at a rate in kbit/s.
    private func sample(
        _ kilobits: Double, seconds: Double = 2, track: Int = 1, isMain: Bool = true, begun: Double = 0
    ) -> TransferSample {
        TransferSample(
            isMain: isMain, bytes: ByteCount(Int64(kilobits * seconds * 125)), firstByte: .zero,
            total: .seconds(seconds), duration: .seconds(4), track: track, begun: .seconds(begun))
    }

    @Test(
        "hls.js starts with the variant listed first, up to 5 Mbit/s",
        arguments: [(0, 0), (1, 1), (2, 2)] as [(Int, Int)])
    func hlsJSStarts(firstListed: Int, expected: Int) {
        var rule = HLSJSRule(HLSJSRule.Settings())
        let first = rule.choose(situation(started: false, firstListed: firstListed))
        #expect(first.track == expected)
    }

    @Test(
        "hls.js goes up with 0.7 and stays with 0.95 of the estimate, and measures video only",
        arguments: [
            (0, 2_200.0, 1), (0, 2_100.0, 0), (1, 1_600.0, 1), (1, 1_550.0, 0), (1, 5_100.0, 2), (1, 4_900.0, 1),
        ])
    func hlsJSChooses(last: Int, kilobits: Double, expected: Int) {
        var rule = HLSJSRule(HLSJSRule.Settings())
        rule.transferEnded(sample(kilobits, track: last))
        rule.transferEnded(sample(100_000, isMain: false))
        #expect(rule.choose(situation(current: last, buffer: 20)).track == expected)
    }

    @Test("hls.js takes no track whose segment would come after the buffer is empty")
    func hlsJSMindsTheBuffer() {
        var rule = HLSJSRule(HLSJSRule.Settings())
        rule.transferEnded(sample(6_000, track: 2))
        // 14 Mbit at 5.7 Mbit/s take 2.5 s.
        #expect(rule.choose(situation(current: 2, buffer: 4)).track == 2)
        #expect(rule.choose(situation(current: 2, buffer: 1.5)).track == 1)
    }

    @Test("hls.js gives up a segment that comes after the buffer is empty when a lower one comes before")
    func hlsJSAbandons() {
        var rule = HLSJSRule(HLSJSRule.Settings())
        rule.transferEnded(sample(4_000, track: 2))
        func progress(_ bytes: Int64, after seconds: Double) -> SegmentProgress {
            SegmentProgress(
                track: 2, received: ByteCount(bytes), expected: ByteCount(Int64(1_750_000)), elapsed: .seconds(seconds),
                firstByte: .milliseconds(50), duration: .seconds(4))
        }
        // Before half of its duration nothing is asked.
        #expect(rule.abandons(progress(20_000, after: 1.9), situation(current: 2, buffer: 3)) == nil)
        #expect(rule.abandons(progress(1_200_000, after: 2.5), situation(current: 2, buffer: 6)) == nil)
        #expect(rule.abandons(progress(120_000, after: 2.5), situation(current: 2, buffer: 6)) == 0)
    }

    @Test("dash.js uses BOLA above 12 s of buffer and the throughput below 6 s")
    func dashJSChangesItsStrategy() {
        var rule = DashJSRule(DashJSRule.Settings())
        #expect(rule.choose(situation(started: false)).track == 0)
        for number in 0..<4 { rule.transferEnded(sample(5_000, begun: Double(number) * 4)) }
        #expect(rule.estimate.map { abs($0.kilobits - 5_000) < 1 } == true)
        #expect(rule.choose(situation(current: 1, buffer: 9, at: 16)).track == 2)
        // BOLA: the middle track's score is the best between 8.4 and 11.5 s once the throughput carries no more.
        for number in 4..<12 { rule.transferEnded(sample(2_000, begun: Double(number) * 4)) }
        #expect(rule.choose(situation(current: 1, buffer: 13, at: 50)).track == 1)
    }

    @Test("dash.js takes no more than half of what comes while the buffer plays")
    func dashJSMindsTheBuffer() {
        var rule = DashJSRule(DashJSRule.Settings())
        for number in 0..<3 { rule.transferEnded(sample(5_000, begun: Double(number) * 4)) }
        // 5 000 kbit/s * 5 s / 4 s / 2 = 3 125 kbit/s.
        #expect(rule.choose(situation(current: 1, buffer: 5, at: 12)).track == 1)
        #expect(rule.choose(situation(current: 1, buffer: 7, at: 12)).track == 2)
    }

    @Test("dash.js gives up a segment that takes 1.8 of its durations")
    func dashJSAbandons() {
        var rule = DashJSRule(DashJSRule.Settings())
        for number in 0..<3 { rule.transferEnded(sample(5_000, track: 2, begun: Double(number))) }
        let slow = SegmentProgress(
            track: 2, received: ByteCount(Int64(100_000)), expected: ByteCount(Int64(1_750_000)), elapsed: .seconds(1),
            firstByte: .milliseconds(20), duration: .seconds(4))
        let answers = (0..<6).map { _ in rule.abandons(slow, situation(current: 2, buffer: 8)) }
        #expect(answers == [nil, nil, nil, nil, nil, 0])
    }

    @Test("Shaka chooses when a transfer has ended after the start, and then every 8 s")
    func shakaChooses() {
        var rule = ShakaRule(ShakaRule.Settings())
        // 1.6 Mbit/s * 0.95 carries the middle track.
        #expect(rule.choose(situation(started: false)).track == 1)
        rule.playbackChanged(.started, situation())
        rule.transferEnded(sample(6_000))
        #expect(rule.choose(situation(current: 1, at: 3)).track == 2)
        rule.transferEnded(sample(500, seconds: 8))
        #expect(rule.choose(situation(current: 2, at: 10.9)).track == 2)
        #expect(rule.choose(situation(current: 2, at: 11)).track == 0)
    }

    @Test("Shaka begins by what the browser says of the network, blurred by up to a tenth")
    func shakaIsBlurred() {
        let firsts = (1...200).map { seed in
            var rule = ShakaRule(ShakaRule.Settings(), seed: UInt64(seed) &* 0x2545_F491_4F6C_DD1D)
            return rule.choose(situation(started: false)).track
        }
        // 1 500 / 0.95 = 1 579 kbit/s: a little under half of the viewers are told less.
        let low = firsts.count { $0 == 0 }
        #expect((60...120).contains(low))
        #expect(firsts.allSatisfy { $0 < 2 })
    }

    @Test("Media3 takes the median of recent transfers, goes up with 10 s and down below 25 s of buffer")
    func media3Chooses() {
        var rule = Media3Rule(Media3Rule.Settings())
        #expect(rule.choose(situation(started: false)).track == 0)
        for kilobits in [8_000.0, 400, 8_000] { rule.transferEnded(sample(kilobits, seconds: 2_000 / kilobits * 2)) }
        #expect(rule.estimate == .kilobits(8_000))
        #expect(rule.choose(situation(current: 0, buffer: 9)).track == 0)
        #expect(rule.choose(situation(current: 0, buffer: 10)).track == 2)
        for _ in 0..<8 { rule.transferEnded(sample(1_000)) }
        #expect(rule.choose(situation(current: 2, buffer: 25)).track == 2)
        #expect(rule.choose(situation(current: 2, buffer: 24)).track == 0)
    }

    @Test("Chromium starts at the bottom and takes the lower of a slow and a quick average")
    func chromiumChooses() {
        var rule = ChromiumRule(ChromiumRule.Settings())
        #expect(rule.choose(situation(started: false)).track == 0)
        rule.transferEnded(sample(4_000))
        #expect(rule.choose(situation()).track == 2)
        rule.transferEnded(sample(1_000, isMain: false))
        // 0.2 * 4 000 + 0.8 * 1 000
        #expect(rule.estimate == .kilobits(1_600))
        rule.transferEnded(sample(20_000))
        // slow: 0.8 * (0.8 * 4 000 + 0.2 * 1 000) + 0.2 * 20 000
        #expect(rule.estimate.map { abs($0.kilobits - 6_720) < 1e-6 } == true)
    }

    @Test("hostile samples leave every rule with a choice within the ladder", arguments: PlayerPreset.allCases)
    func survivesHostileSamples(preset: PlayerPreset) throws {
        var rule = try #require(preset.settings.adaptation.makeRule(seed: 7))
        let sizes: [Int64] = [0, 1, .max / 16, 16_000]
        let times: [TimeAmount] = [.zero, .nanoseconds(1), .seconds(1e9), .max]
        for size in sizes {
            for time in times {
                rule.transferEnded(
                    TransferSample(
                        bytes: ByteCount(size), firstByte: time, total: time, duration: .seconds(4), track: 9_999))
                for buffer in [0.0, 5, 1e9] {
                    let choice = rule.choose(situation(current: 2, buffer: buffer, at: 100))
                    #expect((0..<3).contains(choice.track))
                    let progress = SegmentProgress(
                        track: 2, received: ByteCount(size), expected: ByteCount(size), elapsed: time, firstByte: time,
                        duration: .zero)
                    if let lower = rule.abandons(progress, situation(current: 2, buffer: buffer, at: 101)) {
                        #expect((0..<3).contains(lower))
                    }
                }
            }
        }
        let single = AdaptationSituation(ladder: [.kilobits(1)])
        #expect(rule.choose(single).track == 0)
    }
}
