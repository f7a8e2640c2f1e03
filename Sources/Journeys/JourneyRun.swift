import Quantities
import Transport

/// The journey of one viewer: a value without clock, network or shared randomness.
///
/// A driver tells it facts and requests by ``handle(_:at:effects:)``, carries out the effects it gives back, and wakes
/// it at ``wakeUp``. The same inputs at the same instants give the same effects.
///
/// Steps of one occasion follow each other; each step that is repeated goes its own way. A repetition is due on a fixed
/// grid from the start of the player: one that cannot begin when it is due, because the one before is still in progress,
/// begins as soon as that has ended, with the due instant it had, and any others missed meanwhile are left out.
package struct JourneyRun: Sendable {
    /// What the run's journeys share.
    package final class Context: Sendable {
        /// The steps.
        package let journey: Journey
        /// The wall time at ``Instant/zero``.
        package let wallStart: WallTime
        let lanes: [Lane.Kind]
        let stepsByLane: [[Int]]

        /// Creates a context.
        package init(journey: Journey, wallStart: WallTime) {
            self.journey = journey
            self.wallStart = wallStart
            var kinds: [Lane.Kind] = [.before, .refresh, .licence, .after]
            var steps = [
                journey.positions { $0 == .before }, journey.positions { $0 == .tokenRefresh },
                journey.positions { $0 == .licence }, journey.positions { $0 == .after },
            ]
            for (position, step) in journey.steps.enumerated() {
                guard case .every(let interval) = step.occasion else { continue }
                kinds.append(.repeated(max(interval, .milliseconds(1))))
                steps.append([position])
            }
            lanes = kinds
            stepsByLane = steps
        }
    }

    let context: Context
    var scope: TemplateScope
    var lanes: [Lane]
    /// True once the steps before playback are done.
    package private(set) var isAdmitted = false
    /// True once a step was refused for which the viewer leaves.
    package private(set) var isLeaving = false
    /// True once the viewer has left.
    package private(set) var hasLeft = false

    private static let before = 0
    private static let refresh = 1
    private static let licence = 2
    private static let after = 3
    private static let chancePurpose: UInt64 = 101

    /// Creates a journey that has not begun.
    ///
    /// - Parameters:
    ///   - context: What the run's journeys share.
    ///   - session: The session, whose number is that of the viewer in the plan.
    ///   - seed: The seed of the run.
    package init(context: Context, session: SessionID, seed: UInt64) {
        self.context = context
        scope = TemplateScope(
            table: context.journey.table, session: session, now: context.wallStart,
            chance: SeededGenerator(seed: seed, stream: session.number, purpose: Self.chancePurpose))
        lanes = context.lanes.map { Lane(kind: $0) }
    }

    /// What steps have kept, by name: tokens and the like, which are not shown.
    package var values: [String: String] { scope.values }

    /// True when nothing is in progress or to come.
    package var isFinished: Bool { hasLeft && lanes.allSatisfy { $0.activity == .idle } }

    /// When the journey next wants to be woken; nil when only an answer or a request can move it on.
    package var wakeUp: Instant? {
        var earliest = Instant.distantFuture
        for lane in lanes {
            switch lane.activity {
            case .waiting(let attempt): earliest = min(earliest, attempt.due)
            case .idle: if let due = lane.nextBeat { earliest = min(earliest, due) }
            case .inFlight: break
            }
        }
        return earliest == .distantFuture ? nil : earliest
    }

    /// The URI of the viewer's manifest, where the journey gives it.
    ///
    /// - Parameter now: When.
    /// - Returns: The URI; nil where the stream's own is meant.
    /// - Throws: ``TemplateError`` when a value in it was not kept.
    package mutating func manifestURI(at now: Instant) throws(TemplateError) -> String? {
        guard let template = context.journey.manifest else { return nil }
        scope.now = context.wallStart + (now - .zero)
        return try template.text(.uri, &scope)
    }

    /// What a template says now, as it is.
    ///
    /// - Throws: ``TemplateError`` when a value in it was not kept.
    package mutating func text(_ template: Template, at now: Instant) throws(TemplateError) -> String {
        scope.now = context.wallStart + (now - .zero)
        return try template.text(.header, &scope)
    }

    /// Takes an input in and gives back what is to be done.
    ///
    /// - Parameters:
    ///   - input: What happened or is wanted.
    ///   - now: When; never before an earlier input's instant.
    ///   - effects: Receives the effects, in order; what it holds already is left alone.
    package mutating func handle(_ input: JourneyInput, at now: Instant, effects: inout [JourneyEffect]) {
        scope.now = context.wallStart + (now - .zero)
        switch input {
        case .arrived: start(Self.before, at: now, &effects)
        case .tokenRefreshWanted: if isOpen { start(Self.refresh, at: now, &effects) }
        case .licenceWanted: if isOpen { start(Self.licence, at: now, &effects) }
        case .answered(let step, let answer): answered(step, answer, at: now, &effects)
        case .wake: break
        case .left(let cancelling): leave(cancelling: cancelling, at: now, &effects)
        case .aborted: abort(&effects)
        }
        runDueWork(at: now, &effects)
    }

    /// True while new steps may begin for a viewer who is there.
    private var isOpen: Bool { !isLeaving && !hasLeft }

    private func mayGoOn(_ lane: Int) -> Bool { isOpen || lane == Self.after }

    // MARK: Lanes

    /// Begins a lane's first step, unless the lane is under way.
    private mutating func start(_ lane: Int, at now: Instant, _ effects: inout [JourneyEffect]) {
        guard lanes[lane].activity == .idle else { return }
        lanes[lane].position = 0
        lanes[lane].firstRefusal = nil
        lanes[lane].isCut = false
        proceed(lane, at: now, &effects)
    }

    /// Begins the lane's step, or ends the lane when there is none left.
    private mutating func proceed(_ lane: Int, at now: Instant, _ effects: inout [JourneyEffect]) {
        while mayGoOn(lane), !lanes[lane].isCut, lanes[lane].position < context.stepsByLane[lane].count {
            begin(lane, Attempt(number: 0, due: now, since: now), at: now, &effects)
            // A step that could not even be asked for may have been passed over.
            guard lanes[lane].activity == .idle else { return }
        }
        if mayGoOn(lane), !lanes[lane].isCut { laneEnded(lane, at: now, &effects) }
    }

    private mutating func laneEnded(_ lane: Int, at now: Instant, _ effects: inout [JourneyEffect]) {
        switch lanes[lane].kind {
        case .before:
            guard !isAdmitted else { return }
            isAdmitted = true
            for position in lanes.indices {
                if case .repeated(let interval) = lanes[position].kind { lanes[position].nextBeat = now + interval }
            }
            effects.append(.admit)
        case .refresh: effects.append(.tokenRefreshed(isPassed: lanes[lane].firstRefusal == nil))
        case .licence: effects.append(.licenceAnswered(nil))
        case .after, .repeated: break
        }
    }

    private mutating func begin(
        _ lane: Int, _ attempt: Attempt, at now: Instant, _ effects: inout [JourneyEffect]
    ) {
        let position = context.stepsByLane[lane][lanes[lane].position]
        do throws(TemplateError) {
            let request = try context.journey.steps[position].request(&scope)
            lanes[lane].activity = .inFlight(attempt)
            effects.append(
                .begin(StepRequest(step: position, attempt: attempt.number, due: attempt.due, request: request)))
        } catch {
            conclude(lane, attempt, .unusable(error.sentence), attempts: attempt.number, at: now, &effects)
        }
    }

    private mutating func answered(
        _ step: Int, _ answer: StepAnswer, at now: Instant, _ effects: inout [JourneyEffect]
    ) {
        guard let lane = lanes.indices.first(where: { isInFlight($0, step) }),
            case .inFlight(let attempt) = lanes[lane].activity
        else { return }
        lanes[lane].activity = .idle
        // Nobody refused what was taken back.
        if answer.error == "cancelled" { return }
        let refusal = take(answer, of: context.journey.steps[step])
        if refusal != nil {
            let delay = context.journey.steps[step].retry
                .delay(afterAttempt: attempt.number, server: answer.retryAfter)
            if let delay, mayGoOn(lane) {
                lanes[lane].activity = .waiting(
                    Attempt(number: attempt.number + 1, due: now + delay, since: attempt.since))
                return
            }
        }
        conclude(lane, attempt, refusal, attempts: attempt.number + 1, at: now, &effects)
        if lanes[lane].activity == .idle, !lanes[lane].isRepeated { proceed(lane, at: now, &effects) }
    }

    private func isInFlight(_ lane: Int, _ step: Int) -> Bool {
        guard case .inFlight = lanes[lane].activity else { return false }
        return context.stepsByLane[lane][lanes[lane].position] == step
    }

    /// Keeps what the answer holds; the reason when the step has not passed.
    private mutating func take(_ answer: StepAnswer, of step: JourneyStep) -> StepRefusal? {
        guard answer.error.isEmpty else { return .error(answer.error) }
        guard step.expected.contains(where: { $0.contains(answer.status) }) else { return .status(answer.status) }
        var found: [String: String] = [:]
        for rule in step.kept {
            guard let value = rule.value(in: answer) else { return .missing(rule.name) }
            found[rule.name] = value
        }
        scope.values.merge(found) { $1 }
        return nil
    }

    /// Ends a step: the lane stands behind it, or the viewer leaves.
    private mutating func conclude(
        _ lane: Int, _ attempt: Attempt, _ refusal: StepRefusal?, attempts: Int, at now: Instant,
        _ effects: inout [JourneyEffect]
    ) {
        let position = context.stepsByLane[lane][lanes[lane].position]
        lanes[lane].activity = .idle
        let isFatal = refusal != nil && isOpen && context.journey.steps[position].consequence == .leave
        effects.append(
            .report(
                StepReport(
                    step: position, at: now, duration: max(.zero, now - attempt.since), attempts: attempts,
                    refusal: refusal, isFatal: isFatal)))
        if let refusal, lanes[lane].firstRefusal == nil { lanes[lane].firstRefusal = refusal }
        guard let refusal, isFatal else {
            if !lanes[lane].isRepeated { lanes[lane].position += 1 }
            return
        }
        lanes[lane].isCut = true
        switch lanes[lane].kind {
        case .licence:
            // The player fails, and that ends the viewer's stay.
            effects.append(.licenceAnswered(refusal))
            return
        case .refresh: effects.append(.tokenRefreshed(isPassed: false))
        case .before, .after, .repeated: break
        }
        stopBeats()
        isLeaving = true
        effects.append(.leave(step: position))
    }

    // MARK: Time and leaving

    /// Begins retries and repetitions that are due.
    private mutating func runDueWork(at now: Instant, _ effects: inout [JourneyEffect]) {
        for lane in lanes.indices {
            switch lanes[lane].activity {
            case .waiting(let attempt) where attempt.due <= now:
                begin(lane, attempt, at: now, &effects)
                if lanes[lane].activity == .idle, !lanes[lane].isRepeated {
                    proceed(lane, at: now, &effects)
                }
            case .idle:
                guard let due = lanes[lane].nextBeat, due <= now, case .repeated(let interval) = lanes[lane].kind
                else { continue }
                let missed = (now - due).nanoseconds / interval.nanoseconds
                lanes[lane].nextBeat = due + TimeAmount(nanoseconds: (missed + 1) * interval.nanoseconds)
                begin(lane, Attempt(number: 0, due: due, since: due), at: now, &effects)
            case .waiting, .inFlight: continue
            }
        }
    }

    private mutating func stopBeats() {
        for lane in lanes.indices { lanes[lane].nextBeat = nil }
    }

    private mutating func leave(cancelling: Bool, at now: Instant, _ effects: inout [JourneyEffect]) {
        guard !hasLeft else { return }
        hasLeft = true
        stopBeats()
        for lane in lanes.indices {
            switch lanes[lane].activity {
            case .waiting: lanes[lane].activity = .idle
            case .inFlight where cancelling: cancel(lane, &effects)
            case .inFlight, .idle: break
            }
        }
        if isAdmitted { start(Self.after, at: now, &effects) }
    }

    private mutating func abort(_ effects: inout [JourneyEffect]) {
        hasLeft = true
        stopBeats()
        for lane in lanes.indices {
            lanes[lane].isCut = true
            switch lanes[lane].activity {
            case .waiting: lanes[lane].activity = .idle
            case .inFlight: cancel(lane, &effects)
            case .idle: break
            }
        }
    }

    private func cancel(_ lane: Int, _ effects: inout [JourneyEffect]) {
        effects.append(.cancel(step: context.stepsByLane[lane][lanes[lane].position]))
    }

    /// Traps when the journey's own rules are broken; for tests.
    package func checkInvariants() {
        for (lane, steps) in zip(lanes, context.stepsByLane) {
            precondition(lane.activity == .idle || lane.position < steps.count, "a lane is busy with a step it has not")
            precondition(lane.nextBeat == nil || isOpen, "nothing is repeated for a viewer who has left")
        }
    }
}
