import Manifests
import Quantities
import Transport

/// What is told to a session.
package enum SessionInput: Sendable {
    /// The viewer presses play; once, first.
    case start
    /// A transfer that the session began has ended.
    case transferFinished(TransferID, TransferReport)
    /// A transfer was sent elsewhere (status 301, 302, 303, 307, 308) and goes on there: the hop counts as a transfer of its own.
    case transferRedirected(TransferID, TransferReport)
    /// A chunk of a segment that is being made while it is fetched is complete.
    case chunkArrived(TransferID, ChunkArrival)
    /// What has arrived so far of a transfer in progress: told before ``wake`` while ``PlayerSession/wantsProgress`` is
    /// true, for ``PlayerSession/progressTransfer``.
    case transferProgress(TransferID, TransferProgress)
    /// What to add to the local clock to have the presentation's, or nil where no source could be asked: the answer to
    /// ``SessionEffect/synchronize(_:base:)``.
    case clockSynchronized(TimeAmount?)
    /// The answer to ``SessionEffect/acquireLicence``.
    case licenceAnswered(LicenceAnswer)
    /// The instant that the session asked to be woken at has come, or passed.
    case wake
    /// The viewer pauses.
    case pause
    /// The viewer plays on after a pause.
    case resume
    /// The viewer jumps to a point of the session's timeline, which is clamped to what there is.
    case seek(to: MediaTime)
    /// The viewer leaves. ``PlayerSettings/leaving`` says what happens to transfers in progress.
    case stop
    /// The viewer leaves and everything in progress is cancelled, whatever the settings say.
    case abort
}

/// What a session wants done.
package enum SessionEffect: Sendable {
    /// Begin a transfer; its end must be told by ``SessionInput/transferFinished(_:_:)``.
    case begin(TransferID, SessionRequest)
    /// Cancel a transfer; its end must still be told.
    case cancel(TransferID)
    /// Find out how the local clock differs from the presentation's, by the first of these sources that answers;
    /// references are relative to `base`. Once per run and host, not per session.
    ///
    /// Must be answered by ``SessionInput/clockSynchronized(_:)``, never from inside ``PlayerSession/handle(_:at:effects:)``.
    case synchronize([UTCTiming], base: String)
    /// Ask for a licence; only where ``PlayerSettings/requestsLicences`` is set, and once.
    ///
    /// Must be answered by ``SessionInput/licenceAnswered(_:)``, never from inside
    /// ``PlayerSession/handle(_:at:effects:)``.
    case acquireLicence
    /// Something happened.
    case report(TimedEvent)
}
