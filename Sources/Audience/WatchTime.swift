import Quantities

/// How long a viewer stays, from pressing play.
package enum WatchTime: Sendable, Hashable {
    /// Until the content ends; a live one until the run does.
    case untilEnd
    /// So long.
    case fixed(TimeAmount)
    /// Evenly spread between two bounds.
    case uniform(from: TimeAmount, to: TimeAmount)
    /// Exponentially distributed, with its mean.
    case exponential(mean: TimeAmount)
    /// Lognormally distributed: half stay shorter than the median; sigma is the standard deviation of the logarithm.
    case lognormal(median: TimeAmount, sigma: Double)
    /// Weibull-distributed: 63 % stay shorter than the scale; most leave early where the shape is below 1.
    case weibull(scale: TimeAmount, shape: Double)

    /// A watch time from a generator; nil means until the end.
    package func draw(_ generator: inout SeededGenerator) -> TimeAmount? { distribution?.draw(&generator) }

    /// How the times are spread; nil means until the end.
    package var distribution: TimeDistribution? {
        switch self {
        case .untilEnd: nil
        case .fixed(let time): .fixed(time)
        case .uniform(let low, let high): .uniform(from: low, to: high)
        case .exponential(let mean): .exponential(mean: mean)
        case .lognormal(let median, let sigma): .lognormal(median: median, sigma: sigma)
        case .weibull(let scale, let shape): .weibull(scale: scale, shape: shape)
        }
    }
}
