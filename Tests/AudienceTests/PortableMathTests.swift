import Foundation
import Quantities
import Testing

@testable import Audience

@Suite("Portable mathematics") struct PortableMathTests {
    private func isNear(_ value: Double, _ expected: Double) -> Bool {
        abs(value - expected) <= 2 * expected.ulp
    }

    @Test("logarithm and exponential are those of the C library to within two units in the last place")
    func agreesWithTheLibrary() {
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<20_000 {
            let x = PortableMath.exp(generator.unit() * 600 - 300)
            #expect(isNear(PortableMath.log(x), log(x)))
            let y = generator.unit() * 1_400 - 700
            #expect(isNear(PortableMath.exp(y), exp(y)))
            let rest = 1 - generator.unit()
            #expect(isNear(PortableMath.log(rest), log(rest)))
        }
    }

    @Test("edges give infinities, zero and not-a-number, never a trap")
    func edges() {
        #expect(PortableMath.log(0) == -.infinity && PortableMath.log(.infinity) == .infinity)
        #expect(PortableMath.log(-1).isNaN && PortableMath.log(.nan).isNaN && PortableMath.log(1) == 0)
        #expect(PortableMath.exp(1e9) == .infinity && PortableMath.exp(-1e9) == 0 && PortableMath.exp(0) == 1)
        #expect(PortableMath.exp(.nan).isNaN && PortableMath.exp(.infinity) == .infinity)
        #expect(PortableMath.exp(-.infinity) == 0)
        #expect(PortableMath.power(2, 10).rounded() == 1_024)
    }

    // The checks that stand in the paper (Wichura, Applied Statistics 37, 1988).
    @Test("normal quantiles are the published ones")
    func quantiles() {
        #expect(abs(PortableMath.normalQuantile(0.25) - -0.6744897501960817) < 1e-15)
        #expect(abs(PortableMath.normalQuantile(0.001) - -3.090232306167814) < 1e-14)
        #expect(PortableMath.normalQuantile(0.5) == 0)
        #expect(PortableMath.normalQuantile(0).isFinite && PortableMath.normalQuantile(1).isFinite)
    }

    private func normal(_ z: Double) -> Double { 0.5 * erfc(-z / 2.0.squareRoot()) }

    @Test("normal quantiles are the inverse of the error function")
    func invertsTheErrorFunction() {
        for step in 1..<2_000 {
            let share = Double(step) / 2_000
            let z = PortableMath.normalQuantile(share)
            #expect(abs(normal(z) - share) < 1e-14)
        }
        for exponent in 5...15 {
            let share = pow(10, -Double(exponent))
            let z = PortableMath.normalQuantile(share)
            #expect(abs(normal(z) / share - 1) < 1e-11)
        }
    }
}

@Suite("Distributions of time") struct TimeDistributionTests {
    private func sample(_ distribution: TimeDistribution, _ count: Int = 40_000) -> [Double] {
        var generator = SeededGenerator(seed: 11)
        return (0..<count).map { _ in distribution.draw(&generator).seconds }.sorted()
    }

    /// The one-sample statistic of Kolmogorov and Smirnov: 1.95 / √n is passed by chance once in a thousand times.
    private func deviation(_ sorted: [Double], _ cumulative: (Double) -> Double) -> Double {
        let count = Double(sorted.count)
        return sorted.enumerated().map { index, value in
            max(abs(cumulative(value) - Double(index) / count), abs(Double(index + 1) / count - cumulative(value)))
        }.max() ?? 1
    }

    private func lognormalShare(below time: Double) -> Double {
        let z = log(time / 60) / 0.8
        return 0.5 * erfc(-z / 2.0.squareRoot())
    }

    @Test("samples follow their distribution functions")
    func samplesFollow() {
        let bound = 1.95 / 40_000.0.squareRoot()
        let uniform = sample(.uniform(from: .seconds(10), to: .seconds(30)))
        #expect(deviation(uniform) { ($0 - 10) / 20 } < bound)
        let exponential = sample(.exponential(mean: .seconds(100)))
        #expect(deviation(exponential) { 1 - exp(-$0 / 100) } < bound)
        let lognormal = sample(.lognormal(median: .seconds(60), sigma: 0.8))
        #expect(deviation(lognormal, lognormalShare) < bound)
        let weibull = sample(.weibull(scale: .seconds(300), shape: 0.6))
        #expect(deviation(weibull) { 1 - exp(-pow($0 / 300, 0.6)) } < bound)
        #expect(Set(sample(.fixed(.seconds(7)), 100)) == [7])
    }

    @Test("means are those of the formulas", arguments: [(0.6, 1.5046), (1, 1), (2, 0.8862)])
    func means(_ shape: Double, _ gamma: Double) {
        let times = sample(.weibull(scale: .seconds(100), shape: shape))
        // Γ(1 + 1/k); four standard errors.
        let mean = times.reduce(0, +) / Double(times.count)
        let variance = times.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(times.count)
        #expect(abs(mean - 100 * gamma) < 4 * (variance / Double(times.count)).squareRoot())
    }

    @Test("quantiles rise, and the share below one is its inverse")
    func inverts() {
        let all: [TimeDistribution] = [
            .uniform(from: .seconds(1), to: .seconds(2)), .exponential(mean: .seconds(5)),
            .lognormal(median: .seconds(60), sigma: 1), .weibull(scale: .seconds(60), shape: 0.5),
        ]
        for distribution in all {
            var last = TimeAmount.zero
            for step in 0..<1_000 {
                let time = distribution.quantile(Double(step) / 1_000)
                #expect(time >= last)
                last = time
            }
            #expect(abs(distribution.share(below: distribution.quantile(0.37)) - 0.37) < 1e-8)
        }
    }

    @Test("extremes are clamped, not trapped")
    func extremes() {
        #expect(TimeDistribution.weibull(scale: .seconds(1), shape: 1e-6).quantile(0.999) == .max)
        #expect(TimeDistribution.lognormal(median: .max, sigma: 5).quantile(0.99) == .max)
        #expect(TimeDistribution.exponential(mean: .zero).quantile(0.99) == .zero)
        #expect(TimeDistribution.weibull(scale: .seconds(1), shape: 2).quantile(0) == .zero)
    }
}
