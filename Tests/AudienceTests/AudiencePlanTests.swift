import Audience
import Quantities
import Testing

@Suite("Audience plan") struct AudiencePlanTests {
    private func settings(_ arrivals: ArrivalPattern, watch: WatchTime = .untilEnd, viewers: Int = 10_000)
        -> AudienceSettings
    {
        AudienceSettings(
            viewers: viewers, arrivals: arrivals, watch: watch,
            streams: [.init(name: "main", weight: 3), .init(name: "none", weight: 0), .init(name: "side", weight: 1)],
            regions: [.init(name: "oslo", weight: 0.6), .init(name: "bergen", weight: 0.4)])
    }

    @Test("one seed gives one plan, another seed another")
    func isDeterministic() {
        let plan = AudiencePlan(settings: settings(.atOnce, watch: .exponential(mean: .seconds(60))), seed: 7)
        let same = AudiencePlan(settings: plan.settings, seed: 7)
        let other = AudiencePlan(settings: plan.settings, seed: 8)
        let sessions = (0..<1_000).map { plan.session($0) }
        #expect(sessions == (0..<1_000).reversed().map { same.session($0) }.reversed())
        #expect(sessions != (0..<1_000).map { other.session($0) })
    }

    @Test("the first viewers of seed 7 are these, on every machine")
    func isTheSameEverywhere() {
        let plan = AudiencePlan(settings: settings(.constant(over: .seconds(100)), viewers: 1_000), seed: 7)
        #expect((0..<12).map { plan.session($0).stream } == Self.streamsOfSeedSeven)
        #expect(plan.session(500).arrival == .seconds(50))
    }

    private static let streamsOfSeedSeven = [0, 0, 0, 0, 2, 0, 0, 2, 2, 0, 0, 0]

    @Test("shares are kept, and a weight of zero gets nobody")
    func keepsShares() {
        let plan = AudiencePlan(settings: settings(.atOnce), seed: 1)
        let sessions = (0..<plan.viewers).map { plan.session($0) }
        let main = Double(sessions.filter { $0.stream == 0 }.count) / Double(plan.viewers)
        let oslo = Double(sessions.filter { $0.region == 0 }.count) / Double(plan.viewers)
        #expect(abs(main - 0.75) < 0.02)
        #expect(abs(oslo - 0.6) < 0.02)
        #expect(!sessions.contains { $0.stream == 1 })
    }

    @Test(
        "arrivals come in order and fill the span",
        arguments: [ArrivalPattern.constant(over: .seconds(60)), .ramp(over: .seconds(60))])
    func arrivesInOrder(pattern: ArrivalPattern) {
        let plan = AudiencePlan(settings: settings(pattern), seed: 1)
        let arrivals = (0..<plan.viewers).map { plan.session($0).arrival }
        #expect(zip(arrivals, arrivals.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(arrivals.first == .zero)
        #expect(arrivals.last.map { $0 > .seconds(59.9) && $0 < .seconds(60) } == true)
    }

    @Test("a ramp brings a quarter of the viewers in the first half")
    func ramps() {
        let plan = AudiencePlan(settings: settings(.ramp(over: .seconds(60))), seed: 1)
        let early = (0..<plan.viewers).filter { plan.session($0).arrival < .seconds(30) }.count
        #expect(abs(early - plan.viewers / 4) <= 1)
    }

    @Test("watch times have the distribution that was asked for")
    func drawsWatchTimes() {
        func times(_ watch: WatchTime) -> [Double] {
            let plan = AudiencePlan(settings: settings(.atOnce, watch: watch), seed: 3)
            return (0..<plan.viewers).compactMap { plan.session($0).watch?.seconds }.sorted()
        }
        let exponential = times(.exponential(mean: .seconds(100)))
        #expect(abs(exponential.reduce(0, +) / 10_000 - 100) < 3)
        let lognormal = times(.lognormal(median: .seconds(100), sigma: 1))
        #expect(abs(lognormal[5_000] - 100) < 4)
        #expect(abs(lognormal[8_413] / lognormal[5_000] - 2.718) < 0.2)
        let uniform = times(.uniform(from: .seconds(10), to: .seconds(20)))
        #expect(uniform[0] >= 10 && uniform[9_999] <= 20 && abs(uniform[5_000] - 15) < 0.3)
        #expect(times(.untilEnd).isEmpty)
        #expect(Set(times(.fixed(.seconds(5)))) == [5])
    }
}
