import Access
import Journeys
import Measurement
import Playback
import Quantities
import Transport

// The transfers of a journey's steps.
extension SessionRun {
    func begin(_ wanted: StepRequest) {
        guard let step = context.journey?.journey.steps[wanted.step] else { return }
        // A URI that the profile writes out is the profile's own word, like that of a stream; one that a server gave is not.
        if step.uri.beginsWithName, let host = localHost(of: wanted.request.uri) {
            return refuse(wanted.step, step, host: host)
        }
        var request = wanted.request
        if step.isSigned {
            var outgoing = OutgoingRequest(uri: request.uri)
            signer?.authorise(&outgoing, for: .step, at: playerContext.wall(at: channel.now))
            request.uri = outgoing.uri
            request.headers += Self.headers(of: outgoing)
        }
        send(
            SessionSteps.Active(
                channelID: freshID(), step: wanted.step, attempt: wanted.attempt, due: wanted.due, request: request))
    }

    private func send(_ transfer: SessionSteps.Active) {
        steps?.active.append(transfer)
        channel.begin(transfer.request, as: transfer.channelID)
    }

    private func refuse(_ position: Int, _ step: JourneyStep, host: String) {
        context.note(.step, step.name + "-not-allowed") { StepSentence.local(step, host: host) }
        steps?.known.append((position, StepAnswer(status: 0, error: "host-not-allowed")))
    }

    /// Takes the end of a step's transfer; false when it is none.
    func stepFinished(_ id: TransferID, _ result: Result<TransferResult, FailedTransfer>) -> Bool {
        guard let place = steps?.active.firstIndex(where: { $0.channelID == id }),
            let transfer = steps?.active.remove(at: place),
            let step = context.journey?.journey.steps[transfer.step]
        else { return false }
        record(result, of: transfer, step)
        switch result {
        case .success(let response):
            if let next = redirect(response, of: transfer, step) {
                follow(next, from: transfer, step, cookies: response.headers.filter { $0.name == "set-cookie" })
            } else {
                tellJourney(.answered(step: transfer.step, answer(response, of: transfer)))
            }
        case .failure(let failed):
            if failed.error.label != "cancelled" {
                context.note(.step, step.name + "-" + failed.error.label) { StepSentence.failed(step, failed.error) }
            }
            tellJourney(
                .answered(
                    step: transfer.step, StepAnswer(status: failed.status ?? 0, error: failed.error.label)))
        }
        return true
    }

    private func answer(_ response: TransferResult, of transfer: SessionSteps.Active) -> StepAnswer {
        StepAnswer(
            status: response.status, headers: transfer.cookies + response.headers, body: response.body,
            retryAfter: CacheHeaders.seconds(response.header("retry-after")))
    }

    private func record(
        _ result: Result<TransferResult, FailedTransfer>, of transfer: SessionSteps.Active, _ step: JourneyStep
    ) {
        var record = TransferRecord(
            id: SessionSteps.record, kind: .step, due: transfer.due,
            timings: TransferTimings(begun: channel.now, total: .zero), status: 0, bytes: .zero,
            attempt: transfer.attempt, step: step.name)
        switch result {
        case .success(let response):
            record.timings = response.timings
            record.status = response.status
            record.bytes = response.bytes
            record.edge = response.remoteAddress
            record.version = response.version
            record.connectionReused = response.connectionReused
            record.cache = CacheHeaders.status(response.headers)
            record.pop = CacheHeaders.pop(response.headers)
        case .failure(let failed):
            record.timings = failed.timings
            record.status = failed.status ?? 0
            record.error = failed.error.label
            record.bytes = failed.bytes
            record.edge = failed.remoteAddress
            record.connectionReused = failed.connectionReused
        }
        context.recorder.record(TimedEvent(at: record.timings.ended, .transferFinished(record)), in: &ledger)
    }

    // MARK: Redirects

    /// Where a redirect leads, and with what; nil when the answer is to be taken as it is.
    ///
    /// As browsers do (RFC 9110 section 15.4): 303, and 301 and 302 after a POST, go on with a GET. Another host is not
    /// shown the headers of the step, nor its body.
    private func redirect(
        _ response: TransferResult, of transfer: SessionSteps.Active, _ step: JourneyStep
    ) -> TransferRequest? {
        guard [301, 302, 303, 307, 308].contains(response.status),
            !step.expected.contains(where: { $0.contains(response.status) }), transfer.hops < Self.redirectLimit,
            let location = response.header("location"), !location.isEmpty
        else { return nil }
        var next = transfer.request
        next.uri = URIReference.resolve(location, against: transfer.request.uri)
        let becomesGet =
            response.status == 303 && next.method != .head
            || [301, 302].contains(response.status) && next.method == .post
        if becomesGet {
            next.method = .get
            next.requestBody = nil
            next.headers.removeAll { $0.name.lowercased() == "content-type" }
        }
        let here = URIReference(transfer.request.uri)
        let there = URIReference(next.uri)
        if here.authority != there.authority || here.scheme != there.scheme {
            guard next.requestBody?.isEmpty != false else { return nil }
            next.headers = []
        }
        return next
    }

    private func follow(
        _ request: TransferRequest, from transfer: SessionSteps.Active, _ step: JourneyStep, cookies: [HTTPHeader]
    ) {
        if case .localAddress(let host)? = context.policy.refusal(of: request.uri, namedBy: transfer.request.uri) {
            refuse(transfer.step, step, host: host)
            return tellKnownAnswers()
        }
        var next = transfer
        next.channelID = freshID()
        next.request = request
        next.hops += 1
        next.cookies += cookies
        send(next)
    }

    func tellKnownAnswers() {
        while let next = steps?.known.first {
            steps?.known.removeFirst()
            tellJourney(.answered(step: next.step, next.answer))
        }
    }
}
