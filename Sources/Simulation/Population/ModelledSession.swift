import Audience
import Measurement
import Playback
import Quantities
import Transport

/// A viewer's visit in a simulation, and the playback that is on.
struct ModelledSession {
    var player: PlayerSession
    var ledger: SessionLedger
    var mind: ViewerMind
    /// Whose it is; the playback number rises when the viewer zaps or tries again.
    var id: SessionID
    var stream: Int32
    var device: Int32
    var region: Int32
    var edge: Int32
    /// The place of its link; -1 without one.
    var link: Int32
    /// The first of its transfers; -1 without any.
    var firstFlow: Int32 = -1
    /// Connections that are open, and those in use.
    var openConnections: Int16 = 0
    var busyConnections: Int16 = 0
    /// When the connection that HTTP/2 shares is made.
    var connectionReady: Int64 = 0
    /// When the alarm in the queue rings; `Int64.max` without one.
    var alarm = Int64.max
    var alarmGeneration: UInt32 = 0
    /// When it was last woken without anything else having happened.
    var lastWake = Int64.min
    /// When it is cut off though it still has something in progress; `Int64.max` when never.
    var giveUp = Int64.max
    /// True once the viewer has said to leave, or the run has.
    var isLeaving = false
    var isStoppedByRun = false
    /// Why the viewer leaves, in a word.
    var leaving = ""
    /// True once the playback's account is closed.
    var isClosed = false
    /// True while the session is being told something.
    var isBusy = false
    /// True when the player wants the clock, or a licence.
    var wantsClock = false
    var wantsLicence = false
    /// True when something happened that the viewer may answer.
    var hasNews = true
    /// How many of its requests wait for a connection.
    var waiting: Int16 = 0
}

/// One transfer of a session.
struct ModelledTransfer {
    /// What is happening to it.
    enum Stage: UInt8 {
        /// Asked for.
        case requested
        /// The body is coming.
        case flowing
        /// The edge has not got the rest itself.
        case awaitingOrigin
        /// It was cancelled; the session will be told.
        case cancelled
    }

    var session: Int32
    /// The edge, the link (-1 without one) and the device of the session: what happens to bodies on their way does not need the
    /// rest of it.
    let edge: Int32
    let link: Int32
    let device: Int32
    /// The next transfer of the session, and of the link; -1 at the end.
    var nextOfSession: Int32 = -1
    var nextOfLink: Int32 = -1
    /// The place in the edge's list while it flows.
    var edgePosition: Int32 = -1
    var id: TransferID
    var kind: TransferKind
    var stage = Stage.requested
    var cache: CacheStatus = .unknown
    var isReused = false
    /// The track's position in the content; -1 for what is of no track.
    var track: Int32
    /// The number of the segment, or of the segment behind the end of a live playlist.
    var sequence: Int64
    var key: ObjectKey
    /// The number of a fetch from the origin that is its own; 0 where it shares one.
    var ownFetch: UInt64 = 0
    var connected: Int64
    var secured: Int64
    var firstByte: Int64
    var bytes: Int64
    var begun: Int64
    /// Bits to come; while it flows, as many as there were at its begin: what is left of them stands in the edge's list.
    var remaining = 0.0
    var generation: UInt32 = 0

    /// What has arrived at an instant.
    ///
    /// - Parameters:
    ///   - now: The instant.
    ///   - remaining: Bits to come then.
    /// - Returns: Nothing before the first byte.
    func progress(at now: Int64, remaining: Double) -> TransferProgress {
        guard stage == .flowing || stage == .awaitingOrigin, firstByte <= now else {
            return TransferProgress(bytes: .zero, firstByte: nil)
        }
        let arrived = max(0, Double(bytes) - max(0, remaining) / 8)
        return TransferProgress(
            bytes: ByteCount(Int64(clampingRounded: arrived)), firstByte: TimeAmount(nanoseconds: firstByte - begun))
    }
}

/// A last mile: a trace and the transfers on it.
struct ModelledLink {
    var household: UInt64
    var trace: LinkTrace
    var offset: TimeAmount
    /// Sessions that are on it.
    var sessions = 0
    /// What it carries now, in bit/s.
    var capacity = 0.0
    /// What it adds to the time to the first byte now, in nanoseconds.
    var delay: Int64 = 0
    /// When that changes; `Int64.max` when never.
    ///
    /// Known only while something flows.
    var changes: Int64 = 0
    var firstFlow: Int32 = -1
    var flows = 0
    var generation: UInt32 = 0
}
