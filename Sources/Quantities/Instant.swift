/// A point on the run's monotonic clock, in nanoseconds since the run began.
///
/// Real runs and simulated ones use the same type; the player core sees nothing else of time. The clock never steps
/// back. What the wall says is ``WallTime``.
package struct Instant: Quantity, Sendable, Codable {
    /// Nanoseconds since the run began; negative before it.
    package var nanoseconds: Int64
    @inlinable package var quantity: Int64 { nanoseconds }

    /// Creates the instant so many nanoseconds after the run began.
    @inlinable package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// The begin of the run.
    @inlinable package static var zero: Instant { Instant(nanoseconds: 0) }
    /// Later than everything: "never".
    @inlinable package static var distantFuture: Instant { Instant(nanoseconds: .max) }

    /// The instant so many seconds after the run began.
    @inlinable package static func seconds(_ count: Double) -> Instant {
        Instant(nanoseconds: TimeAmount.seconds(count).nanoseconds)
    }

    /// Seconds since the run began.
    @inlinable package var seconds: Double { Double(nanoseconds) / 1e9 }

    /// The instant so much later; ``distantFuture`` when that is past the end of the clock.
    @inlinable package static func + (instant: Instant, amount: TimeAmount) -> Instant {
        let (sum, overflow) = instant.nanoseconds.addingReportingOverflow(amount.nanoseconds)
        return Instant(nanoseconds: overflow ? (amount.nanoseconds > 0 ? .max : .min) : sum)
    }
    /// The instant so much earlier.
    @inlinable package static func - (instant: Instant, amount: TimeAmount) -> Instant { instant + (-amount) }
    /// The span from the right instant to the left one.
    @inlinable package static func - (left: Instant, right: Instant) -> TimeAmount {
        TimeAmount(nanoseconds: left.nanoseconds.subtractingClamped(right.nanoseconds))
    }
}

/// A point in Coordinated Universal Time, in nanoseconds since 1970-01-01T00:00:00Z without leap seconds.
package struct WallTime: Quantity, Sendable, Codable {
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    package var nanoseconds: Int64
    @inlinable package var quantity: Int64 { nanoseconds }

    /// Creates the time so many nanoseconds after 1970 began.
    @inlinable package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// The time so many seconds after 1970 began.
    @inlinable package static func seconds(_ count: Double) -> WallTime {
        WallTime(nanoseconds: TimeAmount.seconds(count).nanoseconds)
    }

    /// Seconds since 1970 began.
    @inlinable package var seconds: Double { Double(nanoseconds) / 1e9 }

    @inlinable package static func + (time: WallTime, amount: TimeAmount) -> WallTime {
        WallTime(nanoseconds: time.nanoseconds &+ amount.nanoseconds)
    }
    @inlinable package static func - (time: WallTime, amount: TimeAmount) -> WallTime {
        WallTime(nanoseconds: time.nanoseconds &- amount.nanoseconds)
    }
    @inlinable package static func - (left: WallTime, right: WallTime) -> TimeAmount {
        TimeAmount(nanoseconds: left.nanoseconds.subtractingClamped(right.nanoseconds))
    }
}

/// A point on a presentation's media timeline, in nanoseconds.
///
/// For a DASH presentation zero is the start of the MPD's timeline (`availabilityStartTime` when it is live). For an
/// HLS media playlist zero is the start of its first listed segment; a session lines playlists up itself.
package struct MediaTime: Quantity, Sendable, Codable {
    /// Nanoseconds from the timeline's zero.
    package var nanoseconds: Int64
    @inlinable package var quantity: Int64 { nanoseconds }

    /// Creates the point so many nanoseconds after the timeline's zero.
    @inlinable package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// The timeline's zero.
    @inlinable package static var zero: MediaTime { MediaTime(nanoseconds: 0) }

    /// The point so many seconds after the timeline's zero.
    @inlinable package static func seconds(_ count: Double) -> MediaTime {
        MediaTime(nanoseconds: TimeAmount.seconds(count).nanoseconds)
    }

    /// Seconds from the timeline's zero.
    @inlinable package var seconds: Double { Double(nanoseconds) / 1e9 }

    @inlinable package static func + (time: MediaTime, amount: TimeAmount) -> MediaTime {
        MediaTime(nanoseconds: time.nanoseconds &+ amount.nanoseconds)
    }
    @inlinable package static func - (time: MediaTime, amount: TimeAmount) -> MediaTime {
        MediaTime(nanoseconds: time.nanoseconds &- amount.nanoseconds)
    }
    @inlinable package static func - (left: MediaTime, right: MediaTime) -> TimeAmount {
        TimeAmount(nanoseconds: left.nanoseconds.subtractingClamped(right.nanoseconds))
    }
}
