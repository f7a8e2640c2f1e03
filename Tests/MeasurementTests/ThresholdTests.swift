import Measurement
import Playback
import Quantities
import Testing

@Suite struct ThresholdTests {
    private func totals() -> RunTotals {
        var cell = SessionCell()
        cell.arrivals = 200
        cell.plays = 190
        cell.outcomes.startFailure = 6
        cell.outcomes.playbackFailure = 19
        cell.outcomes.exitBeforeStart = 4
        cell.rebuffers = 38
        cell.rebufferedSessions = 19
        cell.stateTime.playing = 7_200_000_000_000
        cell.stateTime.rebuffering = 36_000_000_000
        cell.renderedBits = 7_200 * 3e6
        cell.renderedTime = 7_200_000_000_000
        for tenth in 1...190 { cell.startup.record(.milliseconds(Int64(tenth) * 10)) }
        var totals = RunTotals()
        totals.sessions[.overall] = cell
        totals.sessions[CellKey(.region, "bergen")] = cell
        var transfers = TransferCell()
        for number in 0..<100 as Range<UInt32> {
            transfers.record(.made(number: number, status: number < 3 ? 503 : 200, firstByte: 0.1))
        }
        transfers.record(.made(number: 100, error: "cancelled"))
        totals.transfers[CellKey(.kind, "video")] = transfers
        totals.transfers[CellKey(.edge, "2001:db8::1", pop: "OSL")] = transfers
        totals.transfers[CellKey(.edge, "2001:db8::1", pop: "BGO")] = transfers
        return totals
    }

    @Test(arguments: [
        ("startup time p95 < 3 s", true), ("startup time p50 < 900 ms", false), ("Startup time MAX <= 1.9 s", true),
        ("startup time mean < 1 s", true), ("rebuffer ratio < 0.5%", true), ("rebuffer ratio < 0.4 %", false),
        ("rebuffers per session <= 0.2", true), ("rebuffers per hour > 19", false), ("rebuffers per hour == 19", true),
        ("rebuffered sessions <= 10 %", true), ("bit rate > 2.5 Mbit/s", true), ("bit rate mean >= 3001 kbit/s", false),
        ("failed sessions < 13%", true), ("failed sessions == 25", true), ("video start failures <= 3 %", true),
        ("video playback failures < 10 %", false), ("exits before video start != 4", false), ("sessions >= 200", true),
        ("failed transfers <= 3 %", true), ("failed transfers == 0", false), ("transfers == 101", true),
        ("time to first byte p99 < 101 ms", true), ("transfer time p50 > 0.1 s", true),
        ("region bergen: startup time p95 < 4 s (at least 190 sessions)", true),
        ("edge 2001:db8::1: transfers == 202", true), ("kind video: failed transfers == 3", true),
    ])
    func judges(text: String, passes: Bool) throws {
        let result = try Threshold(parsing: text).evaluate(totals())
        #expect(result.verdict == (passes ? .passed : .failed), "\(result.sentence)")
    }

    @Test(arguments: [
        "region bergen: startup time p95 < 4 s (at least 191 sessions)", "region oslo: rebuffer ratio < 1 %",
        "live latency p95 < 10 s", "cache hit ratio > 90 %",
    ])
    func saysNothingWithoutEnoughData(text: String) throws {
        let result = try Threshold(parsing: text).evaluate(totals())
        #expect(result.verdict == .notEnoughData)
        #expect(result.sentence.contains("not enough data"))
    }

    @Test(arguments: [
        ("startup time p95", "has no comparison"),
        ("startup time < 3 s", "names no part of the distribution; write startup time p95"),
        ("start-up time p95 < 3 s", "is about “start-up time”, which is no metric; the metrics are startup time,"),
        ("startup time p95 < 3", "gives its limit in “”; startup time is measured in µs, ms, s or min"),
        ("rebuffer ratio < 0.5", "rebuffer ratio is measured in %"),
        ("rebuffer ratio p95 < 1 %", "asks for “p95” of rebuffer ratio, which is one number"),
        ("startup time p101 < 3 s", "is about “startup time p101”"),
        ("startup time p95 < fast", "has the limit “fast”, which is no number"),
        ("startup time p95 < -1 s", "which is no number of at least 0"),
        ("planet mars: sessions > 1", "stream, region, edge, device, phase, network, kind or step"),
        ("kind video: startup time p95 < 1 s", "by kind, which is not counted so; it is counted by stream"),
        ("sessions > 1 (at least some)", "“(at least 200 sessions)”"),
        ("", "has no comparison"), (":::", "begins with “:::”"), ("<<<<", "is about “”"), ("(", "in brackets"),
    ])
    func refusesInOneSentence(text: String, part: String) {
        do {
            _ = try Threshold(parsing: text)
            Issue.record("accepted")
        } catch {
            #expect(error.sentence.contains(part), "\(error.sentence)")
            #expect(error.sentence.hasSuffix("."))
        }
    }

    @Test func anyTextIsReadOrRefused() {
        var generator = SeededGenerator(seed: 1)
        let pieces = [
            "startup time", "p95", "<", "3", "s", "%", ":", "region", " ", "(", ")", "at least", "é", "=", "1e999",
        ]
        for _ in 0..<5_000 {
            let text = (0..<Int(generator.next() % 9)).map { _ in pieces[Int(generator.next() % 15)] }.joined()
            _ = try? Threshold(parsing: text)
        }
    }
}

@Suite struct ValidityTests {
    private func sample(late milliseconds: Int64, cpu: Double = 0.3, at second: Int = 1) -> LoopSample {
        var lateness = LogHistogram()
        for _ in 0..<100 { lateness.record(.milliseconds(milliseconds)) }
        return LoopSample(
            loop: 0, at: .seconds(Double(second)), wall: .seconds(1 as Int64), cpu: .seconds(cpu), lateness: lateness)
    }

    @Test(arguments: [(1 as Int64, ValidityVerdict.valid), (19, .valid), (25, .suspect), (150, .invalid)])
    func judgesLateness(milliseconds: Int64, verdict: ValidityVerdict) {
        var evidence = ValidityEvidence()
        evidence.add(sample(late: milliseconds))
        #expect(evidence.verdict(totals: RunTotals()).verdict == verdict)
    }

    @Test(arguments: [(0, ValidityVerdict.valid), (1, .valid), (3, .suspect), (8, .invalid)])
    func judgesBusySeconds(busy: Int, verdict: ValidityVerdict) {
        var evidence = ValidityEvidence()
        for second in 1...20 { evidence.add(sample(late: 1, cpu: second <= busy ? 0.97 : 0.4, at: second)) }
        #expect(evidence.verdict(totals: RunTotals()).verdict == verdict)
    }

    @Test func namesEveryReasonGravestFirst() {
        var evidence = ValidityEvidence()
        evidence.add(sample(late: 30))
        var machine = MachineSample(at: .seconds(1))
        machine.eventsLost = 2
        machine.descriptors = 95
        machine.descriptorLimit = 100
        machine.clockStep = .milliseconds(-80)
        machine.segmentsSent = 10_000
        machine.segmentsRetransmitted = 300
        machine.arrivalsDropped = 1
        machine.totalMemory = .mebibytes(100)
        machine.availableMemory = .mebibytes(5)
        evidence.add(machine)
        var totals = RunTotals()
        var cell = SessionCell()
        cell.arrivals = 999
        totals.sessions[.overall] = cell
        let validity = evidence.verdict(totals: totals)
        #expect(validity.verdict == .invalid)
        #expect(validity.reasons.first?.sentence.contains("2 session events were lost") == true)
        #expect(validity.reasons.count == 7)
        #expect(validity.reasons.allSatisfy { $0.sentence.hasSuffix(".") })
    }
}
