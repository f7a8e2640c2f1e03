import Quantities
import Testing
import Transport

@Suite struct LinkTraceTests {
    /// 8 Mbit/s (1 MB/s) for 2 s, nothing for 1 s, 4 Mbit/s for 1 s.
    static let trace = LinkTrace(
        name: "t",
        steps: [
            LinkTrace.Step(duration: .seconds(2), rate: .megabits(8)),
            LinkTrace.Step(duration: .seconds(1), rate: .zero),
            LinkTrace.Step(duration: .seconds(1), rate: .megabits(4)),
        ])

    @Test(arguments: [
        (0.0, 1.0, 1e6), (1.5, 2.5, 0.5e6), (2.0, 3.0, 0), (2.5, 3.5, 0.25e6), (0, 4, 2.5e6), (3.5, 4.5, 0.75e6),
        (0, 8, 5e6), (1, 1, 0), (2, 1, 0), (-1, 1, 1e6),
    ])
    func bytesCarriedAreTheIntegralOfTheRate(from: Double, to: Double, bytes: Double) {
        #expect(abs(Self.trace.carried(from: .seconds(from), to: .seconds(to)) - bytes) < 1)
    }

    @Test func theTimeToCarryBytesCrossesStepsAndOutages() throws {
        let trace = Self.trace
        #expect(trace.time(toCarry: 0, from: .zero, within: .seconds(1)) == .zero)
        let plain = try #require(trace.time(toCarry: 250_000, from: .zero, within: .seconds(9)))
        #expect(abs(plain.seconds - 0.25) < 1e-6)
        // 0.5 MB until 2 s, an outage until 3 s, the rest at 0.5 MB/s.
        let across = try #require(trace.time(toCarry: 750_000, from: .seconds(1.5), within: .seconds(9)))
        #expect(abs(across.seconds - 2) < 1e-6)
        #expect(trace.time(toCarry: 750_000, from: .seconds(1.5), within: .seconds(1.9)) == nil)
        #expect(trace.time(toCarry: 1, from: .seconds(2), within: .seconds(1)) == nil)
    }

    @Test func outagesAreSeenAndMeansAreWeighted() {
        let trace = Self.trace
        #expect(trace.outage(at: .seconds(1)) == .zero)
        #expect(trace.outage(at: .seconds(2.25)) == .seconds(0.75))
        #expect(LinkTrace(name: "dead", steps: []).outage(at: .zero) == nil)
        #expect(abs(trace.meanRate.megabits - 5) < 1e-9)
        #expect(trace.peakRate == .megabits(8))
    }

    @Test func outagesCutStepsAndLeaveTheRest() {
        let trace = LinkTrace(name: "t", rate: .megabits(2), delay: .milliseconds(5))
            .adding(outages: [
                .init(at: .seconds(10), duration: .seconds(5)), .init(at: .seconds(13), duration: .seconds(4)),
                .init(at: .seconds(30), duration: .zero),
            ])
        #expect(trace.duration == .seconds(3_600))
        #expect(trace.step(at: .seconds(9.5)).step.rate == .megabits(2))
        #expect(trace.step(at: .seconds(10)).step == .init(duration: .seconds(7), rate: .zero, delay: .milliseconds(5)))
        #expect(trace.step(at: .seconds(10)).remaining == .seconds(7))
        #expect(trace.step(at: .seconds(17)).step.rate == .megabits(2))
        #expect(trace.steps.count == 3)
    }

    @Test func anOutageBeyondTheEndRepeatsTheTraceUntilThere() {
        let trace = Self.trace.adding(outages: [.init(at: .seconds(9), duration: .seconds(4))])
        #expect(trace.duration == .seconds(16))
        #expect(abs(trace.carried(from: .zero, to: .seconds(8)) - 5e6) < 1)
        #expect(abs(trace.carried(from: .seconds(8), to: .seconds(16)) - (1e6 + 1e6 + 0.5e6)) < 1)
        #expect(trace.outage(at: .seconds(9)) == .seconds(4))
        // Beyond all measure: bounded, never a trap.
        let far = LinkTrace(name: "t", rate: .megabits(1)).adding(outages: [.init(at: .max, duration: .max)])
        #expect(far.step(at: .zero).step.rate == .megabits(1))
    }
}

@Suite struct LinkProcessTests {
    static let processes: [LinkProcess] = [
        .ar1(mean: .megabits(4), sigma: 0.5, rho: 0.9),
        .markov(good: .megabits(5), bad: .megabits(1), goodFor: .seconds(20), badFor: .seconds(5)),
    ]

    @Test(arguments: processes) func theSeedDecidesAndNothingElse(process: LinkProcess) {
        #expect(process.trace(seed: 7).steps == process.trace(seed: 7).steps)
        #expect(process.trace(seed: 7).steps != process.trace(seed: 8).steps)
        #expect(process.trace(seed: 7).duration == .seconds(600))
    }

    @Test func theLogarithmHasItsMomentsAndCorrelation() {
        // 200 traces of 600 s: the mean of the rate, and of the logarithm its deviation and first correlation.
        let rates = (0..<200 as Range<UInt64>).map {
            LinkProcess.ar1(mean: .megabits(4), sigma: 0.5, rho: 0.9).trace(seed: $0).steps.map(\.rate.megabits)
        }
        let all = rates.flatMap { $0 }
        #expect(abs(all.reduce(0, +) / Double(all.count) - 4) < 0.1)
        // Natural logarithms by their series around the mean would be long; ranks do: the median is mean · exp(-σ²/2).
        let median = all.sorted()[all.count / 2]
        #expect(abs(median - 4 * 0.8825) < 0.1)
        // P(rate < median · exp(-σ)) is that of one deviation below: 15.87 %.
        let below = Double(all.count { $0 < median * 0.60653 }) / Double(all.count)
        #expect(abs(below - 0.1587) < 0.01)
        let mean = all.reduce(0, +) / Double(all.count)
        var (product, square) = (0.0, 0.0)
        for trace in rates {
            for (first, second) in zip(trace, trace.dropFirst()) { product += (first - mean) * (second - mean) }
            for rate in trace { square += (rate - mean) * (rate - mean) }
        }
        // Correlation of the rate itself: (exp(ρσ²) - 1) / (exp(σ²) - 1) = 0.886.
        #expect(abs(product / square * 600 / 599 - 0.886) < 0.02)
    }

    @Test func statesLastAsLongAsTheyShould() {
        let process = LinkProcess.markov(
            good: .megabits(5), bad: .megabits(1), goodFor: .seconds(20), badFor: .seconds(5))
        var (good, changes) = (0, 0)
        for seed in 0..<200 as Range<UInt64> {
            let rates = process.trace(seed: seed).steps.map(\.rate)
            good += rates.count { $0 == .megabits(5) }
            changes += zip(rates, rates.dropFirst()).count { $0 > $1 }
        }
        #expect(abs(Double(good) / 120_000 - 0.8) < 0.02)
        // One fall each 25 s.
        #expect(abs(Double(changes) / 120_000 - 1.0 / 25) < 0.003)
    }

    @Test func patternsAreWhatTheySay() {
        let square = LinkProcess.square(high: .megabits(4), low: .megabits(1), period: .seconds(10)).trace(seed: 1)
        #expect(
            square.steps == [
                .init(duration: .seconds(5), rate: .megabits(4)), .init(duration: .seconds(5), rate: .megabits(1)),
            ])
        let steps = LinkProcess.steps(rates: [.megabits(1), .zero], each: .seconds(3)).trace(seed: 1)
        #expect(steps.step(at: .seconds(4)).step.rate == .zero)
        #expect(steps.duration == .seconds(6))
    }

    @Test func senselessNumbersAreTamed() {
        let wild = LinkProcess.ar1(mean: .megabits(1), sigma: .nan, rho: 9).trace(seed: 1)
        #expect(wild.steps.allSatisfy { $0.rate == .megabits(1) })
        #expect(LinkProcess.square(high: .zero, low: .zero, period: .zero).trace(seed: 1).duration > .zero)
        #expect(LinkProcess.steps(rates: [], each: .seconds(1)).trace(seed: 1).outage(at: .zero) == nil)
    }
}

@Suite struct LinkPresetTests {
    @Test func presetsAreAsDocumented() {
        #expect(LinkPreset.allCases.map(\.rawValue) == ["fibre", "cable", "dsl", "lte", "3g", "evening wifi"])
        for preset in LinkPreset.allCases where preset != .eveningWiFi {
            let trace = preset.trace(seed: 1)
            #expect(trace.steps == preset.trace(seed: 2).steps)
            #expect(trace.meanRate == preset.rate)
            #expect(trace.steps[0].delay == preset.delay)
        }
        #expect(LinkPreset.threeG.rate == .megabits(1.6) && LinkPreset.threeG.delay == .milliseconds(300))
    }

    @Test func theEveningVariesBySeedAndHasBadSpells() {
        let traces = (0..<50 as Range<UInt64>).map { LinkPreset.eveningWiFi.trace(seed: $0) }
        #expect(traces[0].steps != traces[1].steps)
        #expect(traces[3].steps == LinkPreset.eveningWiFi.trace(seed: 3).steps)
        let rates = traces.flatMap { $0.steps.map(\.rate.megabits) }
        let bad = Double(rates.count { $0 <= 0.8 }) / Double(rates.count)
        #expect(bad > 0.09 && bad < 0.18)
        let mean = rates.reduce(0, +) / Double(rates.count)
        #expect(mean > 4.5 && mean < 6)
    }
}
