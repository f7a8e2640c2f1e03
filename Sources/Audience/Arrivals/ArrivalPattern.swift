import Quantities

/// When viewers come, from the begin of the run or of their phase.
package enum ArrivalPattern: Sendable, Hashable {
    /// All at the begin.
    case atOnce
    /// Evenly spaced over a span.
    case constant(over: TimeAmount)
    /// At a rate that rises evenly from zero to twice the mean over a span.
    case ramp(over: TimeAmount)
    /// At a rate that falls evenly from twice the mean to zero over a span.
    case rampDown(over: TimeAmount)
    /// As a curve says, evenly spaced along it; however many come, in its proportions.
    case curve(ArrivalCurve)
    /// Independent of each other and equally likely at any instant of a span: a Poisson process of which the number of
    /// arrivals is known.
    case poisson(over: TimeAmount)
    /// A rush after a begin, such as that of a match: lognormally distributed delays, half of them shorter than the
    /// median, none as long as `over` where that is given.
    case spike(median: TimeAmount, sigma: Double, over: TimeAmount?)

    /// How long after the begin viewer `index` of `count` comes.
    ///
    /// Constant rates, ramps and curves place viewer i where the share i/n of all have come; Poisson arrivals and spikes
    /// are drawn one by one, so that numbers do not follow the order of arrival.
    ///
    /// - Parameters:
    ///   - index: Which one, from 0.
    ///   - count: Of how many.
    ///   - reach: ``reach`` of this pattern, computed once.
    ///   - generator: Gives a number where one is drawn.
    /// - Returns: The delay, not negative.
    func delay(of index: Int, of count: Int, reach: Double, _ generator: inout SeededGenerator) -> TimeAmount {
        let share = Double(index) / Double(max(1, count))
        switch self {
        case .atOnce: return .zero
        case .constant(let span): return span * share
        // Arrivals up to t grow with t²: viewer i comes when the share i/n of the area is done.
        case .ramp(let span): return span * share.squareRoot()
        case .rampDown(let span): return span * (1 - (1 - share).squareRoot())
        case .curve(let curve): return curve.time(of: share)
        case .poisson(let span): return span * generator.unit()
        case .spike(let median, let sigma, _):
            return TimeDistribution.lognormal(median: median, sigma: sigma).quantile(generator.unit() * reach)
        }
    }

    /// Whether the instants are drawn; the others do not touch the generator.
    var isDrawn: Bool {
        switch self {
        case .poisson, .spike: true
        case .atOnce, .constant, .ramp, .rampDown, .curve: false
        }
    }

    /// The share of a spike that comes before it is cut off; 1 for everything else.
    var reach: Double {
        guard case .spike(let median, let sigma, let over?) = self else { return 1 }
        return TimeDistribution.lognormal(median: median, sigma: sigma).share(below: over)
    }

    /// How long the arrivals take; of a spike that is not cut off, how long 999 in 1 000 of them do.
    package var span: TimeAmount {
        switch self {
        case .atOnce: .zero
        case .constant(let span), .ramp(let span), .rampDown(let span), .poisson(let span): span
        case .curve(let curve): curve.span
        case .spike(let median, let sigma, let over):
            over ?? TimeDistribution.lognormal(median: median, sigma: sigma).quantile(0.999)
        }
    }
}
