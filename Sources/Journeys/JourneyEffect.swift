import Quantities
import Transport

/// What is told to a journey.
package enum JourneyInput: Sendable {
    /// The viewer is there; once, first.
    case arrived
    /// The viewer's token must be replaced: the steps `on token refresh` are done, unless they are already under way.
    case tokenRefreshWanted
    /// The player needs a licence.
    case licenceWanted
    /// The request of a step, named by its position, has been answered, or has failed.
    case answered(step: Int, StepAnswer)
    /// The instant that the journey asked to be woken at has come, or passed.
    case wake
    /// The viewer has left: the steps `after` are done. What is in progress ends by itself, or is cancelled.
    case left(cancelling: Bool)
    /// Time is up: everything in progress is cancelled and nothing more is begun.
    case aborted
}

/// What a journey wants done.
package enum JourneyEffect: Sendable {
    /// Make a request; its answer must be told by ``JourneyInput/answered(step:_:)``, never from inside
    /// ``JourneyRun/handle(_:at:effects:)``.
    case begin(StepRequest)
    /// Cancel the request of a step; its end must still be told.
    case cancel(step: Int)
    /// A step has come to its end.
    case report(StepReport)
    /// All steps before playback are done: start the player.
    case admit
    /// The steps `on token refresh` are done; false when one was refused.
    case tokenRefreshed(isPassed: Bool)
    /// The steps `on licence` are done; the refusal when one was refused.
    case licenceAnswered(StepRefusal?)
    /// The viewer leaves, because this step was refused.
    case leave(step: Int)
}

/// A request that a step wants made; it is full of secrets and never shown.
package struct StepRequest: Sendable, CustomStringConvertible, CustomReflectable {
    /// The step's position in the journey.
    package var step: Int
    /// 0 for the first try.
    package var attempt: Int
    /// When it should have begun.
    package var due: Instant
    /// What to send.
    package var request: TransferRequest

    /// Which step's it is.
    package var description: String { "request of step \(step), attempt \(attempt)" }
    /// A mirror without children.
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Why a step did not pass.
package enum StepRefusal: Sendable, Hashable {
    /// The status is none of the expected ones.
    case status(Int)
    /// There was no complete response: the error's label.
    case error(String)
    /// The answer lacks a value that was to be kept.
    case missing(String)
    /// The request could not be made; a sentence without values says why.
    case unusable(String)

    /// A short word for counting, such as `403` or `missing-token`.
    package var label: String {
        switch self {
        case .status(let status): String(status)
        case .error(let label): label
        case .missing(let name): "missing-" + name
        case .unusable: "unusable"
        }
    }
}

/// How a step came to its end.
package struct StepReport: Sendable, Hashable {
    /// The step's position in the journey.
    package var step: Int
    /// When it ended.
    package var at: Instant
    /// From the instant at which the first try was due to the end, waits between tries included.
    package var duration: TimeAmount
    /// How many tries there were; 0 when no request could be made.
    package var attempts: Int
    /// Why it did not pass; nil when it did.
    package var refusal: StepRefusal?
    /// True when the viewer leaves for it, or the playback fails.
    package var isFatal: Bool
}
