import Quantities

/// A named part of an event: who comes in it, who leaves at its begin, and what breaks then.
package struct AudiencePhase: Sendable, Hashable {
    /// Its name, for metrics, thresholds and charts.
    package var name: String
    /// When it begins.
    package var at: Instant
    /// How long it is; nil until the next one without an end of its own begins.
    package var duration: TimeAmount?
    /// How many come; nil for nobody.
    package var size: Size?
    /// When they come, counted from the phase's begin.
    package var arrivals = ArrivalPattern.atOnce
    /// Who leaves at the begin.
    package var leaving: Leaving?
    /// Whose connections are cut at the begin.
    package var drop: Drop?

    /// How many viewers a phase brings.
    package enum Size: Sendable, Hashable {
        /// This weight against the other phases' of those viewers whom no phase counts by number.
        case share(Double)
        /// So many.
        case viewers(Int)
    }

    /// A wave of viewers who leave at once.
    package struct Leaving: Sendable, Hashable {
        /// The chance with which each viewer who is there leaves, 0 to 1.
        package var share: Double
        /// Who of them comes back when; nil for nobody.
        package var comingBack: ComingBack?

        /// Creates a wave.
        package init(share: Double, comingBack: ComingBack? = nil) {
            self.share = share
            self.comingBack = comingBack
        }
    }

    /// Viewers who come back for the rest of their watch time, as their next visit.
    package struct ComingBack: Sendable, Hashable {
        /// The chance with which each of them comes back, 0 to 1.
        package var share: Double
        /// How long they are away.
        package var delay: TimeDistribution

        /// Creates a return.
        package init(share: Double = 1, delay: TimeDistribution) {
            self.share = share
            self.delay = delay
        }
    }

    /// An outage: sessions are cut off at once, and their viewers come back.
    package struct Drop: Sendable, Hashable {
        /// The chance with which each matching session is cut off, 0 to 1.
        package var share: Double
        /// Whose sessions; everybody's where this is empty.
        package var targets: [Target]
        /// Who of them comes back when.
        package var reconnect: ComingBack

        /// Creates an outage.
        package init(
            share: Double = 1, targets: [Target] = [],
            reconnect: ComingBack = ComingBack(delay: .uniform(from: .zero, to: .seconds(5)))
        ) {
            self.share = share
            self.targets = targets
            self.reconnect = reconnect
        }
    }

    /// Those whom an outage meets: the viewers of a region, or of one of its edges.
    package struct Target: Sendable, Hashable {
        /// The position of the region in the settings.
        package var region: Int
        /// The position of one of the region's edges; nil for all of them.
        package var edge: Int?
        /// How many edges the region has: a viewer is at the one of number ``PlannedSession/edge(of:)``.
        package var edges: Int

        /// Creates a target.
        package init(region: Int, edge: Int? = nil, edges: Int = 1) {
            self.region = region
            self.edge = edge
            self.edges = edges
        }

        /// Whether a visit is meant.
        package func includes(_ session: PlannedSession) -> Bool {
            guard session.region == region else { return false }
            guard let edge else { return true }
            return session.edge(of: edges) == edge
        }
    }

    /// Creates a phase in which nothing happens.
    package init(name: String, at: Instant, duration: TimeAmount? = nil) {
        self.name = name
        self.at = at
        self.duration = duration
    }

    /// When it ends; nil where the next phase says so.
    package var end: Instant? { duration.map { at + $0 } }
}

extension AudienceSettings {
    /// The position of the phase that an instant belongs to; nil where there is none.
    ///
    /// Of those that have begun and are not over it is the one that began last, so that a goal of two minutes lies within
    /// its half, which goes on afterwards. A phase without a length is over when the next without one begins.
    package func phase(at instant: Instant) -> Int? {
        var found: Int?
        for (position, phase) in script.enumerated() where phase.at <= instant {
            if let end = phase.end, end <= instant { continue }
            if let best = found, script[best].at > phase.at { continue }
            found = position
        }
        return found
    }
}
