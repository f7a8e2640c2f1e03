import Quantities

/// A link whose rate is made from a seed: ten minutes, second by second, then the same again.
///
/// The same seed gives the same trace on every machine: nothing but the four operations and the square root of IEEE 754
/// is used, and rates are whole bits per second.
package enum LinkProcess: Sendable, Hashable {
    /// A rate whose logarithm is an autoregressive process of the first order, a step each second:
    /// x' = ρ x + √(1 − ρ²) ε, rate = mean · exp(σ x − σ²/2).
    ///
    /// `sigma` (0 to 3) is the standard deviation of the rate's natural logarithm, `rho` (0 to 0.999) what a second
    /// has from the one before. `mean` is the mean of the rate in the long run.
    case ar1(mean: BitRate, sigma: Double, rho: Double)
    /// Two rates that take turns, each for a time that is geometrically distributed in whole seconds with this mean (at
    /// least a second).
    case markov(good: BitRate, bad: BitRate, goodFor: TimeAmount, badFor: TimeAmount)
    /// Rates one after the other, each for the same time (at least a millisecond).
    case steps(rates: [BitRate], each: TimeAmount)
    /// High for half a period (of at least two milliseconds), low for the other half.
    case square(high: BitRate, low: BitRate, period: TimeAmount)

    /// How many seconds a process lasts before it repeats.
    package static let seconds = 600

    /// The link over time.
    ///
    /// Values outside their ranges count as the nearest one within.
    package func trace(seed: UInt64) -> LinkTrace {
        var random = SeededGenerator(seed: seed, stream: 0, purpose: 0x6C_69_6E_6B)
        switch self {
        case .ar1(let mean, let sigma, let rho):
            return LinkTrace(name: "ar1", steps: Self.autoregressive(mean, sigma, rho, &random))
        case .markov(let good, let bad, let goodFor, let badFor):
            return LinkTrace(name: "markov", steps: Self.twoStates(good, bad, goodFor, badFor, &random))
        case .steps(let rates, let each):
            return LinkTrace(name: "steps", steps: rates.map { LinkTrace.Step(duration: max(each, .milliseconds(1)), rate: $0) })
        case .square(let high, let low, let period):
            let half = TimeAmount(nanoseconds: max(2_000_000, period.nanoseconds) / 2)
            return LinkTrace(
                name: "square", steps: [high, low].map { LinkTrace.Step(duration: half, rate: $0) })
        }
    }

    private static func autoregressive(
        _ mean: BitRate, _ sigma: Double, _ rho: Double, _ random: inout SeededGenerator
    ) -> [LinkTrace.Step] {
        let sigma = clamped(sigma, to: 0...3)
        let rho = clamped(rho, to: 0...0.999)
        let novelty = (1 - rho * rho).squareRoot()
        var state = normal(&random)
        return (0..<seconds).map { _ in
            let rate = mean.bitsPerSecond * exponential(sigma * state - sigma * sigma / 2)
            state = rho * state + novelty * normal(&random)
            return LinkTrace.Step(duration: .seconds(1), rate: BitRate(bitsPerSecond: rate.rounded()))
        }
    }

    private static func twoStates(
        _ good: BitRate, _ bad: BitRate, _ goodFor: TimeAmount, _ badFor: TimeAmount, _ random: inout SeededGenerator
    ) -> [LinkTrace.Step] {
        let leaveGood = 1 / max(1, goodFor.seconds)
        let leaveBad = 1 / max(1, badFor.seconds)
        // It begins in the state that it is in the long run, with that state's share of the time.
        var isGood = random.unit() < leaveBad / (leaveGood + leaveBad)
        return (0..<seconds).map { _ in
            let step = LinkTrace.Step(duration: .seconds(1), rate: isGood ? good : bad)
            if random.unit() < (isGood ? leaveGood : leaveBad) { isGood.toggle() }
            return step
        }
    }

    private static func clamped(_ value: Double, to range: ClosedRange<Double>) -> Double {
        value.isNaN ? range.lowerBound : min(max(value, range.lowerBound), range.upperBound)
    }

    /// A number that is nearly normally distributed, mean 0 and variance 1: the sum of twelve uniform ones less six
    /// (Irwin and Hall), exact on every machine and never beyond six.
    private static func normal(_ random: inout SeededGenerator) -> Double {
        (0..<12).reduce(-6) { sum, _ in sum + random.unit() }
    }

    /// e to a power between -100 and 100: Taylor's series on an eighth of the fractional part, squared three times.
    ///
    /// The C library's `exp` may differ in its last bit from one processor to the next.
    static func exponential(_ power: Double) -> Double {
        let power = clamped(power, to: -100...100)
        let whole = power.rounded()
        let part = (power - whole) / 8
        var term = 1.0
        var sum = 1.0
        for index in 1...10 {
            term *= part / Double(index)
            sum += term
        }
        sum *= sum
        sum *= sum
        sum *= sum
        let e = 2.718281828459045
        for _ in 0..<Int(abs(whole)) { sum = whole > 0 ? sum * e : sum / e }
        return sum
    }
}
