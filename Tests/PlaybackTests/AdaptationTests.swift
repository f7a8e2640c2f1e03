import Playback
import Quantities
import Testing

@Suite("Adaptation") struct AdaptationTests {
    @Test("an average of equal samples is that sample, from the first on")
    func averagesWithoutBias() {
        var average = MovingAverage(halfLife: 3)
        #expect(average.estimate == nil)
        for _ in 0..<5 {
            average.sample(4, weight: 0.5)
            #expect(average.estimate.map { abs($0 - 4) < 1e-12 } == true)
        }
    }

    @Test("after its half-life a sample counts half")
    func forgetsByHalfLife() {
        var average = MovingAverage(halfLife: 3)
        average.sample(0, weight: 1e6)
        average.sample(1, weight: 3)
        #expect(average.estimate.map { abs($0 - 0.5) < 1e-9 } == true)
    }

    @Test("the estimate is the lower of the fast and the slow average")
    func takesTheLower() {
        var estimator = ThroughputEstimator(fast: 3, slow: 9, initial: .megabits(1))
        #expect(estimator.estimate == .megabits(1))
        for _ in 0..<20 {
            estimator.sample(bytes: ByteCount(1_000_000), firstByte: .milliseconds(5), total: .seconds(1))
        }
        let steady = estimator.estimate.megabits
        #expect(abs(steady - 8) < 0.1)
        // A drop shows in the fast average first; a rise in the slow one last.
        estimator.sample(bytes: ByteCount(250_000), firstByte: .milliseconds(5), total: .seconds(1))
        #expect(estimator.estimate.megabits < 7)
        estimator.sample(bytes: ByteCount(4_000_000), firstByte: .milliseconds(5), total: .seconds(1))
        #expect(estimator.estimate.megabits < 12)
    }

    @Test("a body that came at once does not look infinitely fast")
    func boundsCachedBodies() {
        var estimator = ThroughputEstimator(initial: .megabits(1))
        estimator.sample(bytes: ByteCount(5_000_000), firstByte: .microseconds(10), total: .microseconds(20))
        #expect(estimator.estimate.megabits <= 801)
    }

    @Test(
        "the rule goes up with a margin and stays without",
        arguments: [
            (nil, 1_000.0, 1), (0, 1_000.0, 0), (0, 1_200.0, 1), (1, 870.0, 1), (1, 800.0, 0), (nil, 10.0, 0),
            (1, 9_000.0, 2), (2, 3_200.0, 2), (2, 3_100.0, 1),
        ] as [(Int?, Double, Int)])
    func chooses(current: Int?, kilobits: Double, expected: Int) {
        let rule = ThroughputRule(ThroughputRule.Settings(initialEstimate: .kilobits(kilobits)))
        let ladder: [BitRate] = [.kilobits(400), .kilobits(800), .kilobits(3_000)]
        #expect(rule.choice(in: ladder, current: current) == expected)
    }

    @Test("retries wait twice as long each time, up to the longest wait, and then end")
    func plansRetries() {
        let policy = RetryPolicy(attempts: 6, firstDelay: .seconds(1), factor: 2, longestDelay: .seconds(5))
        let delays = (0..<7).map { policy.delay(afterAttempt: $0, status: 503)?.seconds }
        #expect(delays == [1, 2, 4, 5, 5, nil, nil])
        let strict = RetryPolicy(attempts: 6, givesUpOnClientErrors: true)
        #expect(strict.delay(afterAttempt: 0, status: 404) == nil)
        #expect(strict.delay(afterAttempt: 0, status: 500) != nil)
    }

    @Test(
        "fixed modes keep to their bound",
        arguments: [(FixedTrack.lowest, 0), (.highest, 2), (.atMost(.kilobits(900)), 1), (.atMost(.kilobits(1)), 0)])
    func choosesFixed(track: FixedTrack, expected: Int) {
        #expect(track.choice(in: [.kilobits(400), .kilobits(800), .kilobits(3_000)]) == expected)
    }
}
