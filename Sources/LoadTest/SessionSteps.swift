import Journeys
import Playback
import Quantities
import Transport

/// The journey of a session beside its playback, and the transfers of its steps.
struct SessionSteps {
    /// A step's request in progress.
    struct Active {
        var channelID: TransferID
        var step: Int
        var attempt: Int
        var due: Instant
        var request: TransferRequest
        var hops = 0
        /// Cookies that redirects on the way have set.
        var cookies: [HTTPHeader] = []
    }

    var run: JourneyRun
    var active: [Active] = []
    /// Answers that are known without a request, to be told once the journey has been heard out.
    var known: [(step: Int, answer: StepAnswer)] = []
    /// Why the viewer leaves, in a word such as `step-redeem-403`; nil unless a step was refused.
    var refusal: String?
    /// True when the player has asked for a licence and the journey does not know yet.
    var wantsLicence = false
    /// When steps in progress are taken back though the viewer's farewell is not done.
    var giveUpAt: Instant?

    init(run: JourneyRun) { self.run = run }

    /// The number of steps' transfers among those of the player.
    static let record = TransferID(.max - 1)
}

/// Sentences about steps that went wrong; they name the step and never what was sent.
enum StepSentence {
    static func refused(_ step: JourneyStep, _ refusal: StepRefusal) -> String {
        switch refusal {
        case .status(let status):
            "the step \(step.name) was answered with status \(status)" + hint(status)
        case .error(let label): "the step \(step.name) got no answer (\(label))"
        case .missing(let name):
            "the answer to the step \(step.name) has no value to keep as '\(name)'"
        case .unusable(let sentence): "the request of the step \(step.name) cannot be made: \(sentence)"
        }
    }

    private static func hint(_ status: Int) -> String {
        switch status {
        case 401, 403: "; are its credentials right?"
        case 404: "; is its URL right?"
        case 409: "; is somebody else using what it asks for?"
        case 429: "; the server limits how often it may be asked"
        case 500...599: "; the server has a problem"
        default: ", which it does not expect"
        }
    }

    static func failed(_ step: JourneyStep, _ error: TransferError) -> String {
        "the request of the step \(step.name) failed: \(ProblemSentence.reason(error))"
    }

    static func local(_ step: JourneyStep, host: String) -> String {
        "the step \(step.name) is not done: \(host.prefix(100)) is an address of this machine or its network, and it was"
            + " led there by others; list it in 'targets: allow' if that is meant"
    }
}
