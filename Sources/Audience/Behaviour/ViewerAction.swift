import Quantities

/// What a viewer wants done.
package enum ViewerAction: Sendable, Hashable {
    /// Pause, and play on.
    case pause
    case resume
    /// Jump so far from where the playhead is; back when negative.
    ///
    /// A viewer who returns to the live edge jumps by ``ViewerMind/toTheEdge``; the player clamps jumps to what there is.
    case seek(by: TimeAmount)
    /// End this playback and begin one of another stream (its position in the settings).
    case zap(to: Int)
    /// End this playback, which failed or was given up, and begin one of the same stream anew.
    case playAgain
    /// Leave for good. The reason is a short word for reports, one of ``ViewerMind/reasons``.
    case leave(reason: String)
    /// The script cuts the session off: its connections are closed at once.
    case drop
}
