import Playback
import Quantities
import Synchronization

/// Recordings of chosen sessions of a run, so that they can be played again; for tests and for finding faults.
final class SessionRecordings: Sendable {
    /// A session as it went.
    struct Recorded: Sendable {
        /// What it was told.
        var recording: SessionRecording
        /// What it reported.
        var events: [TimedEvent] = []
    }

    private let chosen: Set<SessionID>
    private let finished = Mutex<[SessionID: Recorded]>([:])

    /// Records the sessions of these numbers.
    init(of chosen: Set<SessionID>) { self.chosen = chosen }

    /// An empty recording when the session is a chosen one.
    func begin(
        _ id: SessionID, _ context: PlayerSession.Context, manifestURI: String, seed: UInt64
    ) -> Recorded? {
        guard chosen.contains(id) else { return nil }
        return Recorded(recording: SessionRecording(context: context, manifestURI: manifestURI, seed: seed))
    }

    /// Keeps a recording after the session's end.
    func end(_ id: SessionID, _ recorded: Recorded) { finished.withLock { $0[id] = recorded } }

    /// The recordings of sessions that have ended.
    var all: [SessionID: Recorded] { finished.withLock { $0 } }
}
