import Access
import Dispatch
import Manifests
import Measurement
import Playback
import Quantities
import Transport

// The presentation's clock (UTCTiming): asked once per run and source.
extension SessionRun {
    /// How often a session looks whether another one has learnt the time.
    static let clockInterval = TimeAmount.milliseconds(50)

    func synchronize(_ sources: [UTCTiming], base: String) {
        let allowed = context.settings.transport.allowedHosts
        clock = ClockJob(
            sources: sources, base: base, registry: context.clocks, margin: LoadTest.clockMargin
        ) { host in
            allowed.map { $0.contains(URIReference("ntp://" + host).host ?? "") } ?? true
        }
        stepClock()
    }

    func stepClock() {
        let now = channel.now
        guard let step = clock?.step(at: playerContext.wall(at: now)) else { return }
        switch step {
        case .done(let offset):
            clock = nil
            clockAnswer = .some(offset)
        case .wait:
            clockLookAt = now + Self.clockInterval
        case .datagram(let host, let name):
            clockLookAt = now + Self.clockInterval
            let registry = context.clocks
            // It may block for a second, which no loop's thread can afford.
            DispatchQueue.global().async { registry.settle(name, NetworkTime.offset(from: host)) }
        case .request(let uri, let isHead):
            let id = freshID()
            clockTransfer = (id, now)
            var outgoing = OutgoingRequest(uri: uri)
            authorise(&outgoing, for: .clock)
            channel.begin(
                TransferRequest(
                    uri: outgoing.uri, method: isHead ? .head : .get, headers: Self.headers(of: outgoing),
                    body: .keep(limit: .kibibytes(4)), timeouts: playerContext.settings.timeouts),
                as: id)
        }
    }

    func clockTransferFinished(_ result: Result<TransferResult, FailedTransfer>) {
        guard let begun = clockTransfer?.begun else { return }
        clockTransfer = nil
        var answer: (body: [UInt8], date: String)?
        let record = TransferRecord(id: Self.clockRecord, kind: .clock, due: begun, result)
        if case .success(let response) = result, response.status == 200 {
            answer = (response.body, response.header("date") ?? "")
        }
        context.recorder.record(TimedEvent(at: record.timings.ended, .transferFinished(record)), in: &ledger)
        let wall = { (instant: Instant) in self.playerContext.wall(at: instant) }
        clock?.answered(answer, begun: wall(record.timings.begun), ended: wall(record.timings.ended))
        stepClock()
        tellClock()
    }

    /// The number of the transfers that ask for the time among those of the player.
    static let clockRecord = TransferID(.max)

    func tellClock() {
        guard let answer = clockAnswer else { return }
        clockAnswer = nil
        tell(.clockSynchronized(answer))
    }
}
