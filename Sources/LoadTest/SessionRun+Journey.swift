import Access
import Journeys
import Measurement
import Playback
import Quantities
import Transport

// What a viewer does beside playing: the steps of the journey, as transfers of the session's own channel.
extension SessionRun {
    /// What steps have kept, by name; empty without a journey.
    var values: [String: String] { steps?.run.values ?? [:] }

    /// True when there are steps that renew the viewer's token.
    var hasTokenRefreshSteps: Bool { context.journey?.journey.refreshesTokens == true }

    /// Does the steps `on token refresh`, unless they are under way or the viewer is leaving; ``onTokenRefreshed`` is
    /// told when they are done, which may be at once.
    func runTokenRefresh() { tellJourney(.tokenRefreshWanted) }

    /// A URI as it may be named in a sentence: where a step gave the manifest's its path may hold a ticket, and so may
    /// those of what the manifest refers to.
    func named(_ uri: String) -> String {
        guard context.journey?.journey.manifest != nil else { return uri }
        let reference = URIReference(uri)
        return "\(reference.scheme ?? "")://\(reference.authority ?? "")/…"
    }

    /// Begins the session: with its journey, or with the playback where there is none.
    func begin() {
        guard steps != nil else { return tell(.start) }
        tellJourney(.arrived)
    }

    /// True when nothing is left to wait for.
    var isOver: Bool { player.isFinished && steps?.run.isFinished != false && telemetry.isDone }

    /// Tells the journey something and carries out what it wants; never from inside its own ``JourneyRun/handle``.
    func tellJourney(_ input: JourneyInput) {
        guard steps != nil else { return }
        var effects: [JourneyEffect] = []
        steps?.run.handle(input, at: channel.now, effects: &effects)
        for effect in effects { carryOut(effect) }
        tellKnownAnswers()
    }

    private func carryOut(_ effect: JourneyEffect) {
        switch effect {
        case .begin(let request): begin(request)
        case .cancel(let step):
            for transfer in steps?.active ?? [] where transfer.step == step { channel.cancel(transfer.channelID) }
        case .report(let report): note(report)
        case .admit: admit()
        case .tokenRefreshed(let isPassed): onTokenRefreshed?(isPassed)
        case .licenceAnswered(nil): tell(.licenceAnswered(.granted))
        case .licenceAnswered(let refusal?): tell(.licenceAnswered(Self.answer(refusal)))
        case .leave: leaveEarly()
        }
    }

    private static func answer(_ refusal: StepRefusal) -> LicenceAnswer {
        switch refusal {
        case .status(let status): .refused(status: status, error: "")
        case .error, .missing, .unusable: .refused(status: 0, error: refusal.label)
        }
    }

    private func note(_ report: StepReport) {
        guard let step = context.journey?.journey.steps[report.step] else { return }
        let key = StepKey(position: report.step, name: step.name, occasion: step.occasion.label)
        let result: StepTally.Result = report.refusal == nil ? .passed : report.isFatal ? .left : .wentOn
        context.recorder.journeys.note(key, result, after: report.duration)
        guard let refusal = report.refusal else { return }
        if report.isFatal { steps?.refusal = "step-\(step.name)-\(refusal.label)" }
        // What the transport says of a failed transfer is noted with the transfer.
        if case .error = refusal { return }
        context.note(.step, step.name + "-" + refusal.label) { StepSentence.refused(step, refusal) }
    }

    /// The steps before playback are done: the viewer presses play.
    private func admit() {
        do throws(TemplateError) {
            if let uri = try steps?.run.manifestURI(at: channel.now) { openPlayer(for: uri) }
        } catch {
            context.note(.step, "manifest-unusable") { "the manifest's URI cannot be made: \(error.sentence)" }
            steps?.refusal = "manifest-unusable"
            return leaveEarly()
        }
        adoptIssuedToken()
        tell(.start)
    }

    /// Has the viewer leave, because of a step.
    private func leaveEarly() {
        giveUpAt = channel.now + context.settings.grace
        tell(.stop)
    }

    /// Told after each word with the player: asks for its licence, and says good-bye when the playback is over.
    func followPlayer() {
        guard steps != nil else { return }
        if steps?.wantsLicence == true {
            steps?.wantsLicence = false
            tellJourney(.licenceWanted)
        }
        if player.state.isFinal, steps?.run.hasLeft == false {
            steps?.giveUpAt = channel.now + context.settings.grace
            tellJourney(.left(cancelling: playerContext.settings.leaving == .abort))
        }
    }

    /// When the journey wants to be woken, or given up.
    var stepAlarm: Instant? {
        guard let steps, !steps.run.isFinished else { return nil }
        let wanted = min(steps.run.wakeUp ?? .distantFuture, steps.giveUpAt ?? .distantFuture)
        return wanted == .distantFuture ? nil : wanted
    }

    func stepAlarmRang(at now: Instant) {
        if let due = steps?.giveUpAt, due <= now {
            steps?.giveUpAt = nil
            tellJourney(.aborted)
        } else if let due = steps?.run.wakeUp, due <= now {
            tellJourney(.wake)
        }
    }
}
