import Quantities

/// How one event loop did in one interval.
package struct LoopSample: Sendable, Equatable {
    /// The number of the loop, from zero.
    package var loop: Int
    /// When the interval ended.
    package var at: Instant
    /// How long it was.
    package var wall: TimeAmount
    /// The processor time of the loop's thread in it.
    package var cpu: TimeAmount
    /// How late the loop's timers fired: one value for each timer.
    package var lateness: LogHistogram
    /// Sessions on the loop at its end.
    package var sessions: Int
    /// Transfers in progress at its end.
    package var transfers: Int
    /// Connections open at its end.
    package var connections: Int
    /// Connections opened in it that replaced one which the server had not closed.
    package var unexpectedReconnects: Int

    /// Creates a sample.
    package init(
        loop: Int, at: Instant, wall: TimeAmount, cpu: TimeAmount, lateness: LogHistogram, sessions: Int = 0,
        transfers: Int = 0, connections: Int = 0, unexpectedReconnects: Int = 0
    ) {
        self.loop = loop
        self.at = at
        self.wall = wall
        self.cpu = cpu
        self.lateness = lateness
        self.sessions = sessions
        self.transfers = transfers
        self.connections = connections
        self.unexpectedReconnects = unexpectedReconnects
    }

    /// The part of one processor that the loop's thread used, 0 to 1.
    package var cpuShare: Double { wall > .zero ? max(0, cpu.seconds / wall.seconds) : 0 }
}

/// How the machine and the run's control did up to an instant.
///
/// Counters count from the begin of the run.
package struct MachineSample: Sendable, Equatable {
    /// When it was taken.
    package var at: Instant
    /// Open file descriptors of the process.
    package var descriptors = 0
    /// How many it may have open; 0 when not known.
    package var descriptorLimit = 0
    /// The resident memory of the process.
    package var residentMemory = ByteCount.zero
    /// The memory that is still available on the machine (or to its control group).
    package var availableMemory = ByteCount.zero
    /// The memory there is; zero when not known.
    package var totalMemory = ByteCount.zero
    /// TCP segments sent by the machine.
    package var segmentsSent: Int64 = 0
    /// TCP segments sent again by the machine.
    package var segmentsRetransmitted: Int64 = 0
    /// How far the wall clock has moved against the monotonic clock since the run began.
    package var clockStep = TimeAmount.zero
    /// Arrivals that the plan asked for and nobody began.
    package var arrivalsDropped: Int64 = 0
    /// Session events that were not recorded.
    package var eventsLost: Int64 = 0

    /// Creates a sample with everything zero.
    package init(at: Instant) { self.at = at }
}
