import Playback
import Quantities

/// What a viewer wants done.
package enum ViewerAction: Sendable, Hashable {
    /// Pause, and play on.
    case pause
    case resume
    /// Jump so far from where the playhead is; back when negative.
    case seek(by: TimeAmount)
    /// End this playback and begin one of another stream (its position in the settings).
    case zap(to: Int)
    /// End this playback, which failed or was given up, and begin one of the same stream anew.
    case playAgain
    /// Leave for good. The reason is a short word for reports: `watched`, `slow-start`, `rebuffering`, `wave`.
    case leave(reason: String)
    /// The script cuts the session off: its connections are closed at once.
    case drop
}

/// The viewer behind one visit: sees what the playback does and decides what to do, by a seeded generator and without
/// a clock of its own, so that a real and a simulated viewer decide alike.
package struct ViewerMind: Sendable {
    private let planned: PlannedSession
    private var leavesAt: Instant?

    /// Creates the viewer of a visit.
    ///
    /// - Parameters:
    ///   - planned: The visit.
    ///   - settings: The audience's settings.
    ///   - seed: The seed of the run.
    package init(_ planned: PlannedSession, settings: AudienceSettings, seed: UInt64) {
        self.planned = planned
    }

    /// Tells the viewer that a playback has begun: the first of the visit, or one after ``ViewerAction/zap(to:)`` or
    /// ``ViewerAction/playAgain``.
    package mutating func playbackBegan(at now: Instant) {
        if leavesAt == nil { leavesAt = planned.watch.map { now + $0 } }
    }

    /// Tells the viewer what the playback does; all of its events, in order.
    package mutating func observe(_ event: TimedEvent) {}

    /// When the viewer next does something by itself; nil when nothing is planned.
    package var wakeUp: Instant? { leavesAt }

    /// What the viewer does now, one thing at a time: asked again until there is nothing more.
    package mutating func decide(at now: Instant) -> ViewerAction? {
        guard let leavesAt, leavesAt <= now else { return nil }
        self.leavesAt = nil
        return .leave(reason: "watched")
    }
}
