import Playback
import Quantities

/// Which transfers become rows of their own; sums always count all of them.
package enum TransferSampling: Hashable, Sendable {
    /// No rows.
    case none
    /// All rows: some 150 bytes each in the store.
    case all
    /// All transfers of a seeded share (0 to 1) of the sessions; which ones depends on nothing but seed and session.
    case sessions(share: Double, seed: UInt64)

    /// The purpose number of this use of the run's seed.
    private static let purpose: UInt64 = 0x5A4D_504C

    /// True when the transfers of this session become rows.
    package func includes(_ session: SessionID) -> Bool {
        switch self {
        case .none: return false
        case .all: return true
        case .sessions(let share, let seed):
            var generator = SeededGenerator(seed: seed, stream: session.number, purpose: Self.purpose)
            return generator.unit() < share
        }
    }
}

/// A transfer that became a row.
package struct SampledTransfer: Sendable, Hashable {
    /// Whose it was.
    package var session: SessionID
    /// What was measured.
    package var record: TransferRecord

    /// Creates a row.
    package init(session: SessionID, record: TransferRecord) {
        self.session = session
        self.record = record
    }
}

/// What one event loop measured between two takes: only what changed.
package struct IntervalDelta: Sendable {
    /// The sums of one set of sessions.
    package struct Sessions: Sendable {
        /// Which set.
        package var key: CellKey
        /// The sums of the interval alone.
        package var cell: SessionCell
        /// How many sessions were in each state when it ended.
        package var concurrent: PerState<Int64>

        /// Creates the sums of a set.
        package init(key: CellKey, cell: SessionCell, concurrent: PerState<Int64>) {
            self.key = key
            self.cell = cell
            self.concurrent = concurrent
        }
    }

    /// The sums of one set of transfers.
    package struct Transfers: Sendable {
        /// Which set.
        package var key: CellKey
        /// The sums of the interval alone.
        package var cell: TransferCell

        /// Creates the sums of a set.
        package init(key: CellKey, cell: TransferCell) {
            self.key = key
            self.cell = cell
        }
    }

    /// When the interval began: the end of the one before, or the begin of the run.
    package var from: Instant
    /// When it ended.
    package var to: Instant
    /// By everything, stream, region, edge and device; a set where nothing happened and nobody is, is left out.
    package var sessions: [Sessions] = []
    /// By kind, stream, region and edge with POP; a set without a transfer is left out.
    package var transfers: [Transfers] = []
    /// Sessions that finished.
    package var finished: [SessionSummary] = []
    /// Transfers that became rows.
    package var sampled: [SampledTransfer] = []
    /// What was found wrong.
    package var findings = FindingLog()
    /// What gates did with requests that they must refuse.
    package var gate = GateLog()
    /// What viewers did beside playing, and on the way to it.
    package var journeys = JourneyLog()

    /// Creates an empty interval.
    package init(from: Instant, to: Instant) {
        self.from = from
        self.to = to
    }
}
