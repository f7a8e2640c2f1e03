import Playback
import Quantities
import Testing
import Transport

@testable import Measurement

@Suite struct JourneyLogTests {
    private let redeem = StepKey(position: 0, name: "redeem", occasion: "before")

    private func arrival(_ second: Double) -> SessionArrival {
        SessionArrival(
            due: .seconds(second), started: .seconds(second), stream: "s", region: "r", edge: "", device: "d")
    }

    private func transfer(_ status: Int, at second: Double, edge: String) -> TimedEvent {
        let record = TransferRecord(
            id: TransferID(1), kind: .step, due: .seconds(second),
            timings: TransferTimings(begun: .seconds(second), total: .milliseconds(250)), status: status,
            bytes: .zero, edge: edge, step: "redeem")
        return TimedEvent(at: record.timings.ended, .transferFinished(record))
    }

    @Test func theFunnelFollowsTheViewers() {
        let recorder = LoopRecorder()
        var paid = recorder.sessionStarted(SessionID(0), arrival(1), hasJourney: true)
        var unpaid = recorder.sessionStarted(SessionID(1), arrival(1), hasJourney: true)
        recorder.record(transfer(200, at: 1, edge: "192.0.2.9"), in: &paid)
        recorder.journeys.note(redeem, .passed, after: .milliseconds(250))
        recorder.record(transfer(403, at: 1, edge: "192.0.2.9"), in: &unpaid)
        recorder.journeys.note(redeem, .left, after: .milliseconds(250))
        recorder.record(TimedEvent(at: .seconds(2), .stateChanged(from: .starting, to: .quit)), in: &unpaid)
        recorder.sessionFinished(&unpaid, at: .seconds(2), refusal: "step-redeem-403")
        recorder.record(TimedEvent(at: .seconds(2), .started), in: &paid)
        recorder.record(TimedEvent(at: .seconds(3), .stateChanged(from: .starting, to: .playing)), in: &paid)
        var totals = RunTotals()
        totals.merge(recorder.takeInterval(at: .seconds(4)))
        let funnel = totals.journeys.funnel
        #expect(funnel.map(\.name) == ["arrived", "redeem", "started", "playing"])
        #expect(funnel.map(\.viewers) == [2, 1, 1, 1])
        #expect(funnel.map(\.shareOfPrevious) == [nil, 0.5, 1, 1])
        #expect(funnel.map(\.refused) == [0, 1, 0, 0])
        // Startup counts from the player's start, the picture from the arrival.
        #expect(totals.overall.startup.maximum == .seconds(1))
        #expect(totals.journeys.timeToPicture.maximum == .seconds(2))
        #expect(totals.overall.outcomes.journeyRefused == 1 && totals.overall.failed == 0)
        #expect(totals.overall.failures.isEmpty)
        // Who answers a step is no edge of the stream.
        #expect(paid.edge.isEmpty)
        #expect(totals.transfers(.step, "redeem").all.count == 2)
        #expect(totals.allTransfers.all.count == 2)
    }

    @Test(arguments: [
        ("step redeem: failed transfers <= 50%", ThresholdVerdict.passed),
        ("step redeem: transfer time p95 < 200 ms", .failed), ("turned away sessions == 1", .passed),
        ("time to picture p50 < 1 s", .failed),
    ])
    func thresholdsAskForSteps(text: String, verdict: ThresholdVerdict) throws {
        let recorder = LoopRecorder()
        var ledger = recorder.sessionStarted(SessionID(0), arrival(0), hasJourney: true)
        recorder.record(transfer(200, at: 0, edge: ""), in: &ledger)
        recorder.record(transfer(403, at: 0, edge: ""), in: &ledger)
        recorder.record(TimedEvent(at: .seconds(1), .started), in: &ledger)
        recorder.record(TimedEvent(at: .seconds(2), .stateChanged(from: .starting, to: .playing)), in: &ledger)
        recorder.record(TimedEvent(at: .seconds(3), .stateChanged(from: .playing, to: .quit)), in: &ledger)
        recorder.sessionFinished(&ledger, at: .seconds(3), refusal: "step-beat-409")
        var totals = RunTotals()
        totals.merge(recorder.takeInterval(at: .seconds(4)))
        #expect(try Threshold(parsing: text).evaluate(totals).verdict == verdict)
    }

    @Test func logsAddUp() {
        var left = JourneyLog()
        left.noteArrival()
        left.note(redeem, .passed, after: .seconds(1))
        var right = JourneyLog()
        right.noteArrival()
        right.note(redeem, .wentOn, after: .seconds(2))
        left.merge(right)
        #expect(left.arrived == 2)
        #expect(left.steps[redeem]?.goneOn == 2)
        #expect(left.steps[redeem]?.duration.count == 1)
    }
}
