import Quantities

/// One visit of one viewer as planned: who comes when, to what, from where and with what, and until when at most.
///
/// What happens within a visit (pausing, zapping, losing patience) is for ``ViewerMind`` to say, which sees the playback.
package struct PlannedSession: Sendable, Hashable {
    /// Whose session it is, and the how manieth.
    package var id: SessionID
    /// When the viewer presses play.
    package var arrival: Instant
    /// The position of the phase in the script that brought the viewer.
    package var phase: Int
    /// The position of the stream in the settings.
    package var stream: Int
    /// The position of the region in the settings.
    package var region: Int
    /// The position of the device in the settings.
    package var device: Int
    /// The position of the network (last mile) in the settings.
    package var network: Int
    /// The link that the viewer shares with the others of its household: sessions with the same number share one.
    ///
    /// It is the number of the household's first viewer.
    package var household: UInt64
    /// Spreads viewers over what a region or a network has several of, such as edges: at least 0 and below 1.
    ///
    /// A viewer is at the edge whose number is the whole part of the place times the count of the region's edges
    /// (``edge(of:)``), so that the plan knows whom the outage of one edge meets.
    package var place: Double
    /// How long the viewer stays; nil until the end.
    package var watch: TimeAmount?
    /// What ends the visit from outside, whatever the viewer would like; nil when nothing does.
    package var departure: Departure?

    /// The end of a visit that the script says.
    package struct Departure: Sendable, Hashable {
        /// When it happens; not before the arrival.
        package var at: Instant
        /// How.
        package var kind: Kind

        /// How a visit ends.
        package enum Kind: Sendable, Hashable {
            /// The viewer leaves, as at half-time.
            case leaves
            /// Everything of the session is cut off at once, as when an edge fails: its connections are closed.
            case dropped
        }

        /// Creates a departure.
        package init(at: Instant, kind: Kind) {
            self.at = at
            self.kind = kind
        }
    }

    /// The number of the viewer's edge, from 0, among so many; 0 where there are none.
    package func edge(of count: Int) -> Int { count > 1 ? min(count - 1, Int(place * Double(count))) : 0 }

    /// When the visit ends by plan, if playback begins at the arrival and nothing goes wrong; nil at the end of the
    /// content or the run.
    package var plannedEnd: Instant? {
        let watched = watch.map { arrival + $0 }
        guard let departure else { return watched }
        return watched.map { min($0, departure.at) } ?? departure.at
    }

    /// Creates a visit.
    package init(
        id: SessionID, arrival: Instant, phase: Int = 0, stream: Int = 0, region: Int = 0, device: Int = 0,
        network: Int = 0, household: UInt64? = nil, place: Double = 0, watch: TimeAmount? = nil,
        departure: Departure? = nil
    ) {
        self.id = id
        self.arrival = arrival
        self.phase = phase
        self.stream = stream
        self.region = region
        self.device = device
        self.network = network
        self.household = household ?? id.viewer
        self.place = place
        self.watch = watch
        self.departure = departure
    }
}
