import Quantities
import Testing

@testable import Playback

@Suite("Low-latency rules and rules in sessions")
struct LowLatencyRuleTests {
    private let ladder: [BitRate] = [300, 750, 1_200, 1_850, 2_850, 4_300].map { .kilobits($0) }

    private func sample(_ throughput: Double, track: Int = 0, at second: Double = 0) -> TransferSample {
        TransferSample(
            bytes: ByteCount(Int64(throughput * 125)), firstByte: .milliseconds(50), total: .milliseconds(1_050),
            duration: .seconds(1), track: track, begun: .seconds(second))
    }

    private func situation(buffer: Double, at second: Double = 10, index: Int = 50) -> AdaptationSituation {
        var situation = AdaptationSituation(
            ladder: ladder, buffer: .seconds(buffer), bufferTarget: .seconds(21), segmentDuration: .seconds(4),
            now: .seconds(second))
        situation.segmentIndex = index
        situation.segmentsLeft = 50
        situation.hasStarted = true
        return situation
    }

    @Test(
        "the projection onto the simplex is the nearest point",
        arguments: [
            ([0.5, 0.5], [0.5, 0.5]), ([2, 0], [1, 0]), ([0.6, 0.6], [0.5, 0.5]), ([1], [1]), ([-3], [1]),
            ([0.9, 0.3, -1], [0.8, 0.2, 0]), ([1, 1, 1], [1 / 3.0, 1 / 3.0, 1 / 3.0]),
        ] as [([Double], [Double])])
    func projection(_ point: [Double], _ nearest: [Double]) {
        let projected = SimplexProjection.project(point)
        #expect(projected.count == nearest.count)
        for (value, expected) in zip(projected, nearest) { #expect(abs(value - expected) < 1e-12) }
    }

    @Test("L2A starts by throughput, and learns from 1.5 s of buffer on")
    func l2a() {
        var rule = L2A(.init())
        #expect(rule.choose(situation(buffer: 0)).track == 0)
        rule.transferEnded(sample(2_500))
        // 0.9 of 2 500 carries 1 850.
        #expect(rule.choose(situation(buffer: 1)).track == 3)
        #expect(rule.weights.isEmpty)
        #expect(rule.choose(situation(buffer: 1.5)).track == 3)
        #expect(rule.weights == [0, 0, 0, 1, 0, 0])
        #expect(abs(rule.multiplier - 3.944930817973436) < 1e-12)
        rule.transferEnded(sample(2_500, track: 3))
        let next = rule.choose(situation(buffer: 2)).track
        #expect(abs(rule.weights.reduce(0, +) - 1) < 1e-9)
        #expect(next <= 4)
    }

    @Test("L2A goes down when the link breaks in")
    func l2aFalls() {
        var rule = L2A(.init())
        rule.transferEnded(sample(5_000))
        _ = rule.choose(situation(buffer: 4))
        var track = 5
        for second in 0..<6 {
            rule.transferEnded(sample(400, track: track, at: Double(second)))
            track = rule.choose(situation(buffer: 1)).track
        }
        #expect(track == 0)
    }

    @Test("LoL+ takes the track nearest to the throughput, a lower one when the buffer is short")
    func loLPlus() {
        var rule = LoLPlus(.init())
        #expect(rule.choose(situation(buffer: 0)).track == 0)
        rule.transferEnded(sample(2_100, track: 1))
        var ahead = situation(buffer: 8)
        ahead.segmentDuration = .seconds(1)
        // 0.9 of 2 100 is 1 890: 1 850 is nearest, and 10 kbit/s below.
        #expect(rule.choose(ahead).track == 3)
        rule.transferEnded(sample(2_100, track: 3))
        ahead.buffer = .milliseconds(400)
        #expect(rule.choose(ahead).track == 2)
    }

    @Test("LoL+ is the same for the same seed, and its first weights are within the data")
    func loLPlusSeeds() {
        var first = SeededGenerator(seed: 5)
        var second = SeededGenerator(seed: 5)
        let weights = InitialWeights.draw(count: 6, highest: 0.7, using: &first)
        #expect(weights == InitialWeights.draw(count: 6, highest: 0.7, using: &second))
        #expect(weights.x >= 0 && weights.x < 0.7 && weights.max() < 1)
        #expect(InitialWeights.draw(count: 1, highest: 1, using: &first).min() >= 0)
    }

    @Test("every rule of the papers chooses within any ladder, from nothing known to strange samples")
    func robustness() {
        let rules: [RuleSettings] = [
            .sustainable(.init()), .bba(.init()), .bola(.init()), .bola(.init(isBasic: true)), .bolaE(.init()),
            .bolaE(.init(variant: .dashJS)), .dynamic(.init(variant: .comparing)),
            .dynamic(.init(variant: .thresholds)), .mpc(.init()), .mpc(.init(isRobust: true, quality: .logarithmic)),
            .l2a(.init(units: .mixed)), .loLPlus(.init()),
        ]
        var generator = SeededGenerator(seed: 9)
        for settings in rules {
            var rule = settings.makeRule()
            for step in 0..<60 {
                var asked = situation(buffer: generator.unit() * 30, at: Double(step) * 3, index: step)
                asked.ladder = Array(ladder.prefix(1 + Int(generator.unit() * 6)))
                asked.averages = asked.ladder
                if step % 7 == 0 { asked.segmentsLeft = nil }
                if step % 11 == 0 { asked.segmentDuration = .zero }
                let choice = rule.choose(asked)
                #expect(asked.ladder.indices.contains(choice.track), "\(settings)")
                #expect(choice.wait >= .zero)
                rule.playbackChanged(step % 13 == 0 ? .sought : .stalled, asked)
                let progress = SegmentProgress(
                    track: 5, received: ByteCount(Int64(generator.unit() * 1e6)), expected: ByteCount(Int64(5e5)),
                    elapsed: .seconds(generator.unit()), firstByte: .seconds(generator.unit()), duration: .seconds(4))
                if let lower = rule.abandons(progress, asked) { #expect(asked.ladder.indices.contains(lower)) }
                rule.transferEnded(
                    sample(generator.unit() * (step % 5 == 0 ? 0 : 6_000), track: 5, at: Double(step) * 3))
            }
        }
    }

    @Test(
        "in a session the lowest track comes first, waits are asked for once, and idle time fills BOLA-E's placeholder")
    func bridge() {
        var rule = BOLA(.init(isBasic: true, avoidsOscillation: true))
        #expect(rule.choose(situation(buffer: 20)) == AdaptationChoice(track: 0))
        rule.transferEnded(sample(500))
        let choice = rule.choose(situation(buffer: 20))
        #expect(choice.track == 0)
        #expect(choice.wait > .zero)
        #expect(rule.choose(situation(buffer: 18)) == AdaptationChoice(track: 0))
        #expect(rule.progressInterval == nil)

        var enhanced = BOLAE(.init())
        enhanced.transferEnded(sample(2_000, at: 8))
        _ = enhanced.choose(situation(buffer: 8, at: 9.05))
        let before = enhanced.placeholder
        enhanced.transferEnded(sample(2_000, track: 3, at: 9.05))
        // The transfer ended after 10.1 s: 0.9 s without one.
        _ = enhanced.choose(situation(buffer: 8, at: 11))
        #expect(enhanced.placeholder != before)
        #expect(enhanced.progressInterval == .milliseconds(100))
        #expect(abs((enhanced.estimate?.kilobits ?? 0) - 2_000) < 1e-6)
    }
}
