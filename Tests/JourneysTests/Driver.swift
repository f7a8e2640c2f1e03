import Quantities
import Transport

@testable import Journeys

/// Drives a journey under a virtual clock.
struct Driver {
    var run: JourneyRun
    var now = Instant.zero
    var effects: [JourneyEffect] = []

    init(_ steps: [JourneyStep], table: ViewerTable? = nil, session: UInt64 = 0) {
        let journey = Journey(steps: steps, table: table)
        run = JourneyRun(
            context: .init(journey: journey, wallStart: .seconds(1_800_000_000)), session: SessionID(session), seed: 3)
    }

    /// Tells an input now and gives what came of it.
    @discardableResult
    mutating func tell(_ input: JourneyInput, at second: Double? = nil) -> [String] {
        if let second { now = .seconds(second) }
        effects = []
        run.handle(input, at: now, effects: &effects)
        run.checkInvariants()
        return effects.map(words)
    }

    /// Tells the answer to a step.
    @discardableResult
    mutating func answer(
        _ step: Int, _ status: Int, _ body: String = "", headers: [HTTPHeader] = [], retryAfter: TimeAmount? = nil,
        at second: Double? = nil
    ) -> [String] {
        tell(
            .answered(
                step: step,
                StepAnswer(status: status, headers: headers, body: Array(body.utf8), retryAfter: retryAfter)),
            at: second)
    }

    /// The request that was begun last.
    var request: TransferRequest? {
        for effect in effects.reversed() {
            if case .begin(let request) = effect { return request.request }
        }
        return nil
    }

    private func words(_ effect: JourneyEffect) -> String {
        let steps = run.context.journey.steps
        switch effect {
        case .begin(let request):
            return "begin \(steps[request.step].name)\(request.attempt == 0 ? "" : " again") due \(request.due.seconds)"
        case .cancel(let step): return "cancel \(steps[step].name)"
        case .report(let report):
            let end = report.refusal.map { "refused \($0.label)\(report.isFatal ? "" : ", goes on")" } ?? "passed"
            return "\(steps[report.step].name) \(end) after \(report.duration.seconds)"
        case .admit: return "admit"
        case .tokenRefreshed(let isPassed): return "refreshed \(isPassed)"
        case .licenceAnswered(let refusal): return "licence \(refusal?.label ?? "granted")"
        case .leave(let step): return "leave for \(steps[step].name)"
        }
    }
}

extension JourneyStep {
    /// A step that posts to a path of its name.
    static func post(
        _ name: String, _ occasion: Occasion = .before, _ change: (inout JourneyStep) -> Void = { _ in }
    ) -> JourneyStep {
        var step = JourneyStep(
            name: name, occasion: occasion, method: .post, uri: Template("https://tickets.example.com/" + name))
        change(&step)
        return step
    }
}

extension KeptValue {
    /// A value by pointer; the empty pointer where the text is none.
    static func json(_ name: String, _ pointer: String) -> KeptValue? {
        JSONPointer(pointer).map { KeptValue(name: name, source: .json($0)) }
    }
}
