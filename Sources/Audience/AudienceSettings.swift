import Quantities

/// Who comes, when, to what and for how long: everything that a plan is made of.
package struct AudienceSettings: Sendable, Hashable {
    /// The number of viewers in all; at least 1.
    package var viewers: Int
    /// When they come, where there is no script.
    package var arrivals: ArrivalPattern
    /// The phases of the event, in the profile's order; where there are any, they say who comes when.
    ///
    /// At most ``longestScript`` of them.
    package var script: [AudiencePhase] = []
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
    /// The weights of the networks in regions that have a mix of their own, by the region's position; as many as there
    /// are networks, not all zero.
    package var networksOfRegion: [Int: [Double]] = [:]
    /// How many viewers share a link: neighbours by number, who have region, network and place in common; at least 1.
    package var householdSize = 1
    /// How many of those who could share a link do so, for each network: a divisor of ``householdSize``; all of them
    /// where it is missing.
    package var householdSizes: [Int] = []
    /// What viewers do while they watch.
    package var behaviour = ViewerBehaviour()

    /// The most phases of a script; each can bring a viewer one more visit by an outage and one by a wave.
    package static let longestScript = 100

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

extension AudienceSettings {
    /// Weights by popularity after Zipf's law: the k-th of `count` has the weight k^-exponent.
    ///
    /// - Parameters:
    ///   - count: How many there are, the most popular first.
    ///   - exponent: 0 makes all equally popular; 0.6 to 1 are usual for catalogues of films.
    /// - Returns: The weights, the first of which is 1.
    package static func zipf(_ count: Int, exponent: Double) -> [Double] {
        (0..<max(0, count)).map { PortableMath.power(Double($0 + 1), -exponent) }
    }
}
