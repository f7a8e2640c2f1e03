import Quantities
import Transport

/// One HTTP exchange of a viewer beside the playback, such as the redemption of a ticket.
package struct JourneyStep: Sendable, Hashable {
    /// When a step is done.
    package enum Occasion: Sendable, Hashable {
        /// Before the player starts, one step after the other.
        case before
        /// Each time so much time has passed since the player started; longer than zero.
        case every(TimeAmount)
        /// When the viewer's token must be replaced.
        case tokenRefresh
        /// When the presentation is protected: no picture before the answer.
        case licence
        /// When the viewer has left.
        case after

        /// The words for reports.
        package var label: String {
            switch self {
            case .before: "before"
            case .every: "every"
            case .tokenRefresh: "on token refresh"
            case .licence: "on licence"
            case .after: "after"
            }
        }
    }

    /// What is sent as the body.
    package enum Body: Sendable, Hashable {
        /// Nothing.
        case none
        /// A text with places, whose values are written in this encoding.
        case template(Template, Template.Encoding)
        /// Bytes as they were recorded.
        case bytes([UInt8])
    }

    /// What becomes of the viewer when a step is refused for good.
    package enum Consequence: Sendable, Hashable {
        /// The viewer leaves.
        ///
        /// Where the step was for a licence the playback fails instead.
        case leave
        /// The viewer goes on as if nothing had been asked.
        case goOn
    }

    /// A header with a value that has places.
    package struct Header: Sendable, Hashable {
        package var name: String
        package var value: Template

        /// Creates a header.
        package init(name: String, value: Template) {
            self.name = name
            self.value = value
        }
    }

    /// The name in reports and thresholds.
    package var name: String
    /// When it is done.
    package var occasion: Occasion
    /// The HTTP method.
    package var method: TransferRequest.Method
    /// The absolute URI.
    package var uri: Template
    /// Further request headers.
    package var headers: [Header] = []
    /// The request's body.
    package var body: Body = .none
    /// The statuses that mean success.
    ///
    /// Default 200 to 299.
    package var expected: [ClosedRange<Int>] = [200...299]
    /// What is kept of the answer; a value that is not there is a refusal.
    package var kept: [KeptValue] = []
    /// How often a refused step is tried, and when.
    ///
    /// Default once.
    package var retry = BackOff()
    /// What becomes of the viewer then.
    package var consequence: Consequence = .leave
    /// When the request is given up.
    package var timeouts = TransferTimeouts.standard
    /// Whether the request carries the viewer's token, as requests for media do.
    package var isSigned = false

    /// Creates a step without headers and body that expects a status of 200 to 299 and keeps nothing.
    package init(name: String, occasion: Occasion, method: TransferRequest.Method, uri: Template) {
        self.name = name
        self.occasion = occasion
        self.method = method
        self.uri = uri
    }

    /// The longest answer that is kept.
    package static let answerLimit = ByteCount.mebibytes(1)

    /// True when the answer's body is looked at.
    package var readsBody: Bool { kept.contains(where: \.needsBody) }

    /// Every template of the step.
    package var templates: [Template] {
        var all = [uri] + headers.map(\.value)
        if case .template(let template, _) = body { all.append(template) }
        return all
    }

    /// The step with its secrets in their places.
    ///
    /// - Parameter load: Gives the text of a name that is a secret.
    /// - Returns: The same with secrets in the place of their names.
    /// - Throws: What `load` throws.
    package func resolvingSecrets<Failure: Error>(
        _ load: (Template.Name) throws(Failure) -> String
    ) throws(Failure) -> JourneyStep {
        var step = self
        step.uri = try uri.resolvingSecrets(load)
        for position in headers.indices {
            step.headers[position].value = try headers[position].value.resolvingSecrets(load)
        }
        if case .template(let template, let encoding) = body {
            step.body = .template(try template.resolvingSecrets(load), encoding)
        }
        return step
    }
}

/// How often a refused step is tried, and how long it waits before each further try.
package struct BackOff: Sendable, Hashable {
    /// The number of tries in all; at least 1.
    ///
    /// Default 1.
    package var attempts = 1
    /// The wait before the second try.
    ///
    /// Default 1 s.
    package var firstDelay = TimeAmount.seconds(1)
    /// What each further wait is multiplied by.
    ///
    /// Default 2.
    package var factor = 2.0
    /// The longest wait.
    ///
    /// Default 30 s.
    package var longestDelay = TimeAmount.seconds(30)

    /// Creates the default: one try.
    package init() {}

    /// The longest wait that a server may ask for.
    static let longestServerDelay = TimeAmount.seconds(600)

    /// The wait after a try that was refused; nil when it was the last.
    ///
    /// - Parameters:
    ///   - attempt: The number of the try, from 0.
    ///   - server: What the server asked for, which is kept to where it is longer than ours; at most 10 minutes.
    /// - Returns: The wait, counted from the refusal.
    func delay(afterAttempt attempt: Int, server: TimeAmount?) -> TimeAmount? {
        guard attempt + 1 < attempts else { return nil }
        var delay = firstDelay
        for _ in 0..<min(attempt, 64) where delay < longestDelay { delay = delay * factor }
        return max(min(delay, longestDelay), min(server ?? .zero, Self.longestServerDelay))
    }
}

/// The steps of all viewers of a run, and what they share.
package struct Journey: Sendable {
    /// The steps in the order of the profile.
    package var steps: [JourneyStep]
    /// The table of the viewers; nil where there is none.
    package var table: ViewerTable?
    /// The URI of the manifest, where a step gives it; nil means the stream's own.
    package var manifest: Template?

    /// Creates a journey.
    package init(steps: [JourneyStep], table: ViewerTable? = nil, manifest: Template? = nil) {
        self.steps = steps
        self.table = table
        self.manifest = manifest
    }

    /// The positions of the steps of an occasion, in order.
    func positions(_ isMeant: (JourneyStep.Occasion) -> Bool) -> [Int] {
        steps.indices.filter { isMeant(steps[$0].occasion) }
    }

    /// True when a licence is to be asked for.
    package var requestsLicences: Bool { steps.contains { $0.occasion == .licence } }

    /// True when there are steps that renew the viewer's token.
    package var refreshesTokens: Bool { steps.contains { $0.occasion == .tokenRefresh } }

    /// The response headers that steps need, in lower case.
    package var neededHeaders: [String] {
        Array(Set(steps.flatMap { $0.kept.compactMap(\.neededHeader) })).sorted()
    }
}
