import Quantities

/// Who comes, when, to what and for how long: everything that a plan is made of.
package struct AudienceSettings: Sendable, Hashable {
    /// The number of viewers in all; at least 1.
    package var viewers: Int
    /// When they come.
    package var arrivals: ArrivalPattern
    /// How long they stay.
    package var watch: WatchTime
    /// The streams and their weights, in the profile's order; never empty, the weights not all zero.
    package var streams: [Share]
    /// The regions and their weights; never empty.
    package var regions: [Share]
    /// The devices (players) and their weights; never empty.
    package var devices: [Share] = [Share(name: "standard", weight: 1)]
    /// The networks (last miles) and their weights; never empty.
    package var networks: [Share] = [Share(name: "unlimited", weight: 1)]
    /// How many viewers share a home and with it region, network and link: consecutive numbers; at least 1.
    package var householdSize = 1
    /// What viewers do while they watch.
    package var behaviour = ViewerBehaviour()

    /// A named part of a mix.
    package struct Share: Sendable, Hashable {
        /// The name.
        package var name: String
        /// Its weight against the others', not negative.
        package var weight: Double

        /// Creates a part.
        package init(name: String, weight: Double) {
            self.name = name
            self.weight = weight
        }
    }

    /// Creates settings.
    package init(
        viewers: Int, arrivals: ArrivalPattern = .atOnce, watch: WatchTime = .untilEnd, streams: [Share],
        regions: [Share] = [Share(name: "all", weight: 1)]
    ) {
        self.viewers = viewers
        self.arrivals = arrivals
        self.watch = watch
        self.streams = streams
        self.regions = regions
    }
}

/// When viewers come.
package enum ArrivalPattern: Sendable, Hashable {
    /// All at the begin.
    case atOnce
    /// Evenly spaced over a span.
    case constant(over: TimeAmount)
    /// At a rate that rises evenly from zero to twice the mean over a span.
    case ramp(over: TimeAmount)

    /// The instant at which viewer `index` of `count` comes.
    package func instant(of index: Int, of count: Int) -> Instant {
        let share = Double(index) / Double(max(1, count))
        switch self {
        case .atOnce: return .zero
        case .constant(let span): return .zero + span * share
        // Arrivals up to t grow with t²: viewer i comes when the share i/n of the area is done.
        case .ramp(let span): return .zero + span * share.squareRoot()
        }
    }

    /// How long the arrivals take.
    package var span: TimeAmount {
        switch self {
        case .atOnce: .zero
        case .constant(let span), .ramp(let span): span
        }
    }
}

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

    /// A watch time from a generator; nil means until the end.
    package func draw(_ generator: inout SeededGenerator) -> TimeAmount? {
        switch self {
        case .untilEnd: return nil
        case .fixed(let time): return time
        case .uniform(let low, let high): return low + (high - low) * generator.unit()
        case .exponential(let mean): return mean * Self.exponential(generator.unit())
        case .lognormal(let median, let sigma): return median * Self.lognormal(sigma, &generator)
        }
    }
}
