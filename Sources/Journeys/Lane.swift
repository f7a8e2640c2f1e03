import Quantities
import Transport

/// Steps that follow each other.
struct Lane: Sendable {
    enum Kind: Sendable, Hashable {
        case before
        case refresh
        case licence
        case after
        case repeated(TimeAmount)
    }

    enum Activity: Sendable, Hashable {
        case idle
        case inFlight(Attempt)
        /// Until the next try is due.
        case waiting(Attempt)
    }

    let kind: Kind
    var activity: Activity = .idle
    /// Which of the lane's steps is under way or next.
    var position = 0
    /// When a repeated step is due next.
    var nextBeat: Instant?
    /// What was refused first since the lane began.
    var firstRefusal: StepRefusal?
    /// True when the lane's end has been told already.
    var isCut = false

    init(kind: Kind) { self.kind = kind }

    var isRepeated: Bool {
        if case .repeated = kind { true } else { false }
    }
}

/// One try of a step.
struct Attempt: Sendable, Hashable {
    /// From 0.
    var number: Int
    /// When this try should begin.
    var due: Instant
    /// When the first try should have begun.
    var since: Instant
}

extension JourneyStep {
    /// The step's request with everything in its place.
    ///
    /// - Throws: ``TemplateError`` when a value is missing or cannot stand where it is to.
    func request(_ scope: inout TemplateScope) throws(TemplateError) -> TransferRequest {
        var request = TransferRequest(uri: try uri.text(.uri, &scope), method: method, timeouts: timeouts)
        for header in headers {
            request.headers.append(HTTPHeader(name: header.name, value: try header.value.text(.header, &scope)))
        }
        switch body {
        case .none:
            if method == .post || method == .put { request.requestBody = [] }
        case .template(let template, let encoding):
            request.requestBody = Array(try template.text(encoding, &scope).utf8)
        case .bytes(let bytes): request.requestBody = bytes
        }
        request.body = readsBody ? .keep(limit: Self.answerLimit) : .discard
        return request
    }
}
