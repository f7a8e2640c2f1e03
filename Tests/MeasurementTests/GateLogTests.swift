import Measurement
import Playback
import Quantities
import Testing
import Transport

@Suite struct GateLogTests {
    private func key(_ probe: String = "none", edge: String = "127.0.0.2", kind: String = "video") -> GateKey {
        GateKey(probe: probe, stream: "main", edge: edge, kind: kind)
    }

    private func log(_ entries: [(GateKey, GateAnswer, Double)]) -> GateLog {
        var log = GateLog()
        for (key, answer, second) in entries {
            log.note(
                answer, key, uri: "https://cdn/live/hdnts=exp=1~hmac=ab/7.m4s?hdnts=secret", words: "no token",
                bytes: 2,
                at: .seconds(second))
        }
        return log
    }

    private let refused = GateAnswer(.refused, "403")
    private let leaked = GateAnswer(.leaked, "206")
    private let unclear = GateAnswer(.inconclusive, "timeout")

    @Test func countsByVerdictAndScope() {
        let log = log([
            (key(), refused, 1), (key(), leaked, 2), (key(), leaked, 3), (key(kind: "key"), unclear, 4),
            (key("expired", edge: "127.0.0.3"), refused, 5),
        ])
        let all = log.counts()
        #expect((all.tried, all.refused, all.leaked, all.inconclusive) == (5, 2, 2, 1))
        #expect(all.answered == 4 && all.bytes == 10)
        #expect(log.counts(of: CellKey(.edge, "127.0.0.3")).tried == 1)
        #expect(log.counts(of: CellKey(.kind, "key")).inconclusive == 1)
        #expect(log.counts(of: CellKey(.stream, "other")).tried == 0)
        #expect(log.counts(of: CellKey(.region, "main")).tried == 0)
    }

    @Test func theExampleIsTheFirstLeakAndNeverShowsAToken() throws {
        let log = log([(key(), refused, 1), (key(), leaked, 2), (key(), leaked, 3)])
        let tally = try #require(log.tallies[key()])
        #expect(tally.sentence == "the video was given out (206) to a request with no token")
        #expect(tally.resource == "https://cdn/live/…/7.m4s")
        #expect(tally.first == .seconds(1) && tally.last == .seconds(3))
    }

    @Test func mergingDoesNotDependOnTheOrder() {
        var parts: [GateLog] = []
        for number in 0..<30 {
            var part = log([(key(kind: "k\(number % 4)"), [refused, leaked, unclear][number % 3], Double(number))])
            part.noteHonest(GatePlace(stream: "main", edge: "e", kind: "k\(number % 2)"), isAccepted: number % 5 > 0)
            part.note(GateLog.Reason(probe: "shared", stream: "main", sentence: "because \(number % 3)"))
            parts.append(part)
        }
        var forth = GateLog()
        for part in parts { forth.merge(part) }
        var back = GateLog()
        for part in parts.reversed() { back.merge(part) }
        #expect(forth == back && forth.counts().tried == 30)
        #expect(forth.honest.values.reduce(0) { $0 + $1.accepted } == 24)
        #expect(forth.reasons.values.reduce(0, +) == 30)
    }

    @Test func itIsBoundedAndALeakStillCounts() throws {
        var full = GateLog()
        for number in 0..<GateLog.limit + 50 {
            full.note(leaked, key(edge: "e\(number)"), uri: "u", words: "w", bytes: 0, at: .zero)
        }
        #expect(full.tallies.count == GateLog.limit + 1 && full.counts().leaked == Int64(GateLog.limit + 50))
        var words = GateLog()
        for number in 0..<100 {
            words.note(GateAnswer(.inconclusive, "\(number)"), key(), uri: "u", words: "w", bytes: 0, at: .zero)
        }
        #expect(try #require(words.tallies[key()]).answers.count <= 21)
        #expect(words.counts().inconclusive == 100)
    }

    @Test func thresholdsOnLeaksWantAnswers() throws {
        var totals = RunTotals()
        let none = try Threshold(parsing: "token leaks == 0")
        #expect(none == .noLeaks && none.evaluate(totals).verdict == .notEnoughData)
        #expect(try Threshold(parsing: "gate probes >= 5").evaluate(totals).verdict == .failed)
        totals.gate = log([(key(), unclear, 1)])
        #expect(none.evaluate(totals).verdict == .notEnoughData)
        totals.gate = log([(key(), refused, 1), (key(kind: "key"), refused, 2)])
        #expect(none.evaluate(totals).verdict == .passed)
        #expect(none.evaluate(totals).sentence == "token leaks == 0: 0 (2 probes)")
        #expect(try Threshold(parsing: "gate probes >= 2").evaluate(totals).verdict == .passed)
        #expect(
            try Threshold(parsing: "token leaks == 0 (at least 3 probes)").evaluate(totals).verdict == .notEnoughData)
        totals.gate.merge(log([(key(), leaked, 3)]))
        #expect(none.evaluate(totals).verdict == .failed)
        #expect(try Threshold(parsing: "kind key: token leaks == 0").evaluate(totals).verdict == .passed)
        #expect(try Threshold(parsing: "edge 127.0.0.2: token leaks == 0").evaluate(totals).verdict == .failed)
        #expect(throws: ThresholdParseError.self) { try Threshold(parsing: "region oslo: token leaks == 0") }
    }

    @Test func aRunThatProbesIsHeldAgainstLeaksAnyway() {
        func results(_ thresholds: [String], probes: [String]) -> [String] {
            let metadata = RunMetadata(
                profile: "p", seed: 1, startedAt: .seconds(0.0), toolVersion: "t", thresholds: thresholds,
                probes: probes)
            return RunReport(
                metadata: metadata, end: .completed, duration: .zero, totals: RunTotals(), series: IntervalSeries()
            ).thresholdResults.map(\.threshold.text)
        }
        #expect(results(["plays > 0"], probes: []) == ["plays > 0"])
        #expect(results(["plays > 0"], probes: ["none"]) == ["plays > 0", "token leaks == 0"])
        #expect(results(["edge a: token leaks < 3"], probes: ["none"]) == ["edge a: token leaks < 3"])
    }

    @Test func sessionsThatAreRefusedAreCountedOnceEach() throws {
        let recorder = LoopRecorder()
        for number in 0..<4 {
            let arrival = SessionArrival(
                due: .zero, started: .zero, stream: "main", region: "oslo", edge: "", device: "d")
            var ledger = recorder.sessionStarted(SessionID(UInt64(number)), arrival)
            for status in number == 0 ? [200, 403, 403, 401] : number == 1 ? [410] : [200, 404] {
                let transfer = TransferRecord(
                    id: TransferID(1), kind: .video, due: .zero,
                    timings: TransferTimings(begun: .zero, total: .milliseconds(1)), status: status, bytes: .zero,
                    edge: "127.0.0.2")
                recorder.record(TimedEvent(at: .seconds(1), .transferFinished(transfer)), in: &ledger)
            }
            recorder.sessionFinished(&ledger, at: .seconds(2))
        }
        var totals = RunTotals()
        totals.merge(recorder.takeInterval(at: .seconds(2)))
        #expect(totals.overall.refusedSessions == 2)
        #expect(totals.sessions(.edge, "127.0.0.2").refusedSessions == 2)
        #expect(totals.sessions(.region, "oslo").refusedSessions == 2)
        #expect(try Threshold(parsing: "refused sessions <= 50 %").evaluate(totals).verdict == .passed)
        #expect(try Threshold(parsing: "refused sessions == 0").evaluate(totals).verdict == .failed)
    }
}
