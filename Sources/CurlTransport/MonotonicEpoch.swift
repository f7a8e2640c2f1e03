import CCurl
import Quantities

/// The begin of a run on the machine's monotonic clock (`CLOCK_MONOTONIC`).
package struct MonotonicEpoch: Hashable, Sendable {
    /// The clock's reading at the begin, in nanoseconds since some fixed point, such as the start of the machine.
    package var nanoseconds: Int64

    /// Creates the epoch of a reading of the clock.
    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// The present.
    package static func now() -> MonotonicEpoch { MonotonicEpoch(nanoseconds: fh_monotonic()) }

    /// How much time has passed since the epoch, as an instant of the run.
    package var elapsed: Instant { Instant(nanoseconds: fh_monotonic() &- nanoseconds) }
}
