import Measurement
import Playback
import Quantities
import Testing
import Transport

@Suite struct SessionLedgerTests {
    private let arrival = SessionArrival(
        due: .seconds(10), started: .seconds(10.002), stream: "main", region: "oslo", edge: "", device: "hls.js")

    /// Plays a timeline of one letter a second, in CMCD's states, from second 10.
    private func ledger(timeline: String) -> SessionLedger {
        var ledger = SessionLedger(id: SessionID(1), arrival: arrival)
        ledger.record(TimedEvent(at: .seconds(10), .started))
        var state = PlaybackState.starting
        for (second, letter) in timeline.enumerated() {
            guard let next = PlaybackState.allCases.first(where: { $0.letter == letter }), next != state else {
                continue
            }
            ledger.record(TimedEvent(at: .seconds(10 + Double(second)), .stateChanged(from: state, to: next)))
            state = next
        }
        return ledger
    }

    @Test func isSmall() { #expect(MemoryLayout<SessionLedger>.size < 400) }

    @Test(arguments: [
        ("ssppppe", 2.0, 0, 0.0, 4.0, SessionOutcome.ended),
        ("ssspppprrppe", 3, 1, 2, 6, .ended),
        ("sprprrpq", 1, 2, 3, 3, .quit),
        ("sspprrq", 2, 1, 2, 2, .quit),
        ("ppkkppaappe", 0, 0, 0, 6, .ended),
        ("sprkrpe", 1, 2, 2, 2, .ended),
        ("sspprrf", 2, 1, 2, 2, .playbackFailure),
    ])
    func addsUpATimeline(
        timeline: String, startup: Double, rebuffers: Int, rebuffered: Double, played: Double, outcome: SessionOutcome
    ) {
        let summary = ledger(timeline: timeline).summary(at: .seconds(100))
        #expect(summary.startupTime == .seconds(startup))
        #expect(summary.rebufferCount == rebuffers)
        #expect(summary.rebufferTime == .seconds(rebuffered))
        #expect(summary.playedTime == .seconds(played))
        #expect(summary.outcome == outcome)
        #expect(summary.rebufferRatio == rebuffered / (rebuffered + played))
    }

    @Test(arguments: [("ssssq", SessionOutcome.exitBeforeStart), ("ssssf", .startFailure), ("sse", .exitBeforeStart)])
    func withoutAFirstFrameThereIsNoStartupTime(timeline: String, outcome: SessionOutcome) {
        let summary = ledger(timeline: timeline).summary(at: .seconds(100))
        #expect(summary.startupTime == nil)
        #expect(summary.rebufferRatio == nil)
        #expect(summary.outcome == outcome)
    }

    @Test func timeInTheOpenStateCountsUpToNow() {
        let running = ledger(timeline: "sspprr")
        let summary = running.summary(at: .seconds(17))
        #expect(summary.rebufferTime == .seconds(3 as Int64))
        #expect(summary.outcome == .running)
        #expect(summary.finished == .seconds(17))
    }

    @Test func aViewerSentHomeByTheEndOfTheRunDidNotQuit() {
        #expect(ledger(timeline: "sq").summary(at: .seconds(12), stoppedByRun: true).outcome == .running)
        #expect(ledger(timeline: "ssf").summary(at: .seconds(13), stoppedByRun: true).outcome == .startFailure)
        #expect(ledger(timeline: "spe").summary(at: .seconds(13), stoppedByRun: true).outcome == .ended)
    }

    @Test func weighsBitRatesByRenderedTimeOfVideoAlone() {
        var ledger = ledger(timeline: "spp")
        ledger.record(.init(at: .seconds(12), .rendered(.video, duration: .seconds(2 as Int64), bitRate: .megabits(1))))
        ledger.record(.init(at: .seconds(18), .rendered(.video, duration: .seconds(6 as Int64), bitRate: .megabits(5))))
        ledger.record(.init(at: .seconds(18), .rendered(.audio, duration: .seconds(6 as Int64), bitRate: .megabits(9))))
        let summary = ledger.summary(at: .seconds(20))
        #expect(summary.meanBitRate == .megabits(4))
        #expect(summary.renderedTime == .seconds(8 as Int64))
    }

    @Test func countsSwitchesByDirection() {
        var ledger = ledger(timeline: "sp")
        for (rate, isSwitch) in [(1.0, false), (2, true), (4, true), (1, true), (1, true)] {
            ledger.record(
                .init(at: .seconds(12), .trackSelected(.video, index: 0, bitRate: .megabits(rate), isSwitch: isSwitch)))
        }
        let summary = ledger.summary(at: .seconds(20))
        #expect(summary.switchesUp == 2)
        #expect(summary.switchesDown == 1)
    }

    @Test func countsTransfersAndTakesTheFirstPeerAsItsEdge() {
        var ledger = ledger(timeline: "sp")
        for (number, (error, status, edge)) in [
            ("", 200, ""), ("", 404, "10.0.0.1"), ("cancelled", 200, "10.0.0.2"), ("connect", 0, ""),
        ]
        .enumerated() {
            ledger.record(
                .init(
                    at: .seconds(12),
                    .transferFinished(.made(number: UInt32(number), status: status, error: error, edge: edge))))
        }
        let summary = ledger.summary(at: .seconds(20))
        #expect(summary.transfers == 4)
        #expect(summary.failedTransfers == 2)
        #expect(summary.cancelledTransfers == 1)
        #expect(summary.bytes == ByteCount(4_000))
        #expect(summary.edge == "10.0.0.1")
    }

    @Test func hostileDurationsAndSizesDoNotTrap() {
        var ledger = ledger(timeline: "sp")
        for _ in 0..<3 {
            ledger.record(.init(at: .seconds(12), .rendered(.video, duration: .max, bitRate: .megabits(1e300))))
            ledger.record(.init(at: .seconds(12), .latencySampled(.max)))
            ledger.record(.init(at: .seconds(12), .transferFinished(.made(number: 1, bytes: .max))))
        }
        #expect(ledger.summary(at: .seconds(20)).bytes == ByteCount(Int64.max))
    }
}

extension TransferRecord {
    static func made(
        number: UInt32, kind: TransferKind = .video, status: Int = 200, error: String = "", edge: String = "10.0.0.1",
        bytes: Int64 = 1_000, firstByte: Double = 0.05, begun: Double = 1, due: Double = 1, pop: String = ""
    ) -> TransferRecord {
        TransferRecord(
            id: TransferID(number), kind: kind, due: .seconds(due),
            timings: TransferTimings(
                begun: .seconds(begun), firstByte: .seconds(firstByte), total: .seconds(firstByte * 2)),
            status: status, error: error, bytes: ByteCount(bytes), edge: edge, pop: pop)
    }
}
