import Quantities

/// How spans of time are spread, such as those for which viewers pause.
package enum TimeDistribution: Sendable, Hashable {
    /// Always the same.
    case fixed(TimeAmount)
    /// Evenly spread between two bounds; the upper one is not below the lower.
    case uniform(from: TimeAmount, to: TimeAmount)
    /// Exponentially distributed, with its mean.
    case exponential(mean: TimeAmount)
    /// Lognormally distributed: half are shorter than the median; sigma, not negative, is the standard deviation of the
    /// logarithm.
    case lognormal(median: TimeAmount, sigma: Double)
    /// Weibull-distributed: a share of 1 - 1/e (63 %) are shorter than the scale; a shape below 1, as measured for watch
    /// times, means that who has stayed long will stay longer still.
    ///
    /// The shape is above zero.
    case weibull(scale: TimeAmount, shape: Double)

    /// The span below which a share of all lie, for shares of at least 0 and below 1: the inverse of the distribution
    /// function.
    ///
    /// Computed from IEEE operations alone, so that it is the same on every machine; what does not fit a ``TimeAmount``
    /// is clamped.
    package func quantile(_ share: Double) -> TimeAmount {
        switch self {
        case .fixed(let time): time
        case .uniform(let low, let high): low + (high - low) * share
        case .exponential(let mean): mean * Self.unitExponential(share)
        case .lognormal(let median, let sigma): median * PortableMath.exp(sigma * PortableMath.normalQuantile(share))
        case .weibull(let scale, let shape):
            scale * (share <= 0 ? 0 : PortableMath.power(Self.unitExponential(share), 1 / shape))
        }
    }

    /// A span from a generator, by one number of it.
    package func draw(_ generator: inout SeededGenerator) -> TimeAmount { quantile(generator.unit()) }

    /// The share of all that are shorter than a span, found by bisection of ``quantile(_:)``; for making plans, not for
    /// each viewer.
    func share(below time: TimeAmount) -> Double {
        var low = 0.0
        var high = 1.0
        for _ in 0..<60 {
            let middle = (low + high) / 2
            if quantile(middle) < time { low = middle } else { high = middle }
        }
        return high
    }

    /// The exponential variate of mean 1 below which a share of all lie: -ln(1 - share).
    static func unitExponential(_ share: Double) -> Double { -PortableMath.log(1 - share) }
}
