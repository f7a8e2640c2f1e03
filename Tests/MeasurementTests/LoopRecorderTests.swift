import Playback
import Quantities
import SyntheticRuns
import Testing

@testable import Measurement

@Suite struct LoopRecorderTests {
    private func run(_ change: (inout SyntheticRun.Settings) -> Void = { _ in }) -> SyntheticRun {
        var settings = SyntheticRun.Settings()
        settings.viewers = 150
        settings.seconds = 20
        settings.longestWatch = 16
        change(&settings)
        return SyntheticRun(settings)
    }

    /// Made once for the tests that only read it.
    private static let report: RunReport = {
        var run = LoopRecorderTests().run()
        return run.report()
    }()

    @Test func sumsOfSecondsAgreeWithSessionRowsExactly() {
        var run = run()
        var totals = RunTotals()
        var rows: [SessionSummary] = []
        run.play { second in
            for delta in second.deltas {
                totals.merge(delta)
                rows += delta.finished
            }
        }
        let all = totals.overall
        #expect(rows.count == 150)
        #expect(Set(rows.map(\.id)).count == 150)
        #expect(all.arrivals == 150)
        #expect(all.outcomes.sum == 150)
        for outcome in SessionOutcome.allCases {
            #expect(all.outcomes[outcome] == Int64(rows.count { $0.outcome == outcome }))
        }
        #expect(all.plays == Int64(rows.count { $0.startupTime != nil }))
        #expect(all.stateTime.playing == rows.reduce(0) { $0 + $1.playedTime.nanoseconds })
        #expect(all.stateTime.rebuffering == rows.reduce(0) { $0 + $1.rebufferTime.nanoseconds })
        #expect(all.rebuffers == Int64(rows.reduce(0) { $0 + $1.rebufferCount }))
        #expect(all.rebufferedSessions == Int64(rows.count { $0.rebufferCount > 0 }))
        #expect(all.switchesUp == Int64(rows.reduce(0) { $0 + $1.switchesUp }))
        #expect(all.rebuffers > 0 && all.failed > 0)
        var startup = LogHistogram()
        for row in rows { if let time = row.startupTime { startup.record(time) } }
        #expect(all.startup == startup)
        let transfers = totals.allTransfers
        #expect(transfers.all.count == Int64(rows.reduce(0) { $0 + $1.transfers }))
        #expect(transfers.all.bytes == rows.reduce(0) { $0 + $1.bytes.count })
        #expect(transfers.tally(of: .failed).count == Int64(rows.reduce(0) { $0 + $1.failedTransfers }))
        #expect(transfers.tally(of: .cancelled).count == Int64(rows.reduce(0) { $0 + $1.cancelledTransfers }))
    }

    @Test(arguments: [Dimension.stream, .region, .edge, .device])
    func everyDimensionAddsUpToTheWhole(dimension: Dimension) {
        let report = Self.report
        var sessions = SessionCell()
        for name in report.totals.names(of: dimension) { sessions.merge(report.totals.sessions(dimension, name)) }
        var whole = report.totals.overall
        #expect(abs(sessions.renderedBits - whole.renderedBits) < 1)
        sessions.renderedBits = 0
        whole.renderedBits = 0
        #expect(sessions == whole)
        guard dimension != .device else { return }
        var transfers = TransferCell()
        for name in report.totals.names(of: dimension) { transfers.merge(report.totals.transfers(dimension, name)) }
        #expect(transfers == report.totals.allTransfers)
    }

    @Test func theSeriesAddsUpToTheTotals() {
        let report = Self.report
        let points = report.series[.overall]
        let all = report.totals.overall
        #expect(points.count == 20)
        #expect(points.reduce(0) { $0 + $1.arrivals } == all.arrivals)
        #expect(points.reduce(0) { $0 + $1.stateTime.playing } == all.stateTime.playing)
        #expect(points.reduce(0) { $0 + $1.bytes } == report.totals.allTransfers.all.bytes)
        #expect(points.reduce(0) { $0 + $1.transfers } == report.totals.allTransfers.all.count)
        #expect(points.reduce(0) { $0 + $1.failed } == all.failed)
        #expect(points.reduce(0) { $0 + $1.ended + $1.failed } == 150)
        #expect(points.last?.concurrent == PerState())
        #expect(points.map(\.concurrent.sum).max() ?? 0 > 50)
    }

    @Test func theNumberOfLoopsDoesNotChangeTheTotals() {
        var one = run { $0.loops = 1 }
        var three = run { $0.loops = 3 }
        var left = one.report().totals
        var right = three.report().totals
        for key in left.sessions.keys { left.sessions[key]?.renderedBits.round() }
        for key in right.sessions.keys { right.sessions[key]?.renderedBits.round() }
        #expect(left == right)
    }

    @Test func samplingTakesWholeSessionsAndOnlyTheSeedDecides() {
        let sampling = TransferSampling.sessions(share: 0.2, seed: 11)
        let chosen = (0..<10_000).filter { sampling.includes(SessionID($0)) }
        #expect((1_800...2_200).contains(chosen.count))
        var run = run { $0.sampling = sampling }
        var rows: [SampledTransfer] = []
        var sessions: [SessionID: Int] = [:]
        run.play { second in
            for delta in second.deltas {
                rows += delta.sampled
                for row in delta.finished { sessions[row.id] = row.transfers }
            }
        }
        #expect(!rows.isEmpty)
        for (id, own) in Dictionary(grouping: rows, by: \.session) {
            #expect(sampling.includes(id))
            #expect(own.count == sessions[id])
        }
        #expect(!TransferSampling.none.includes(SessionID(3)))
        #expect(TransferSampling.all.includes(SessionID(3)))
    }

    @Test func aSessionWithoutAPlannedEdgeCountsForItsFirstPeer() {
        let recorder = LoopRecorder()
        let arrival = SessionArrival(due: .zero, started: .zero, stream: "main")
        var ledger = recorder.sessionStarted(SessionID(0), arrival)
        recorder.record(.init(at: .zero, .started), in: &ledger)
        recorder.record(.init(at: .seconds(1), .transferFinished(.made(number: 0, edge: "10.0.0.9"))), in: &ledger)
        recorder.record(.init(at: .seconds(2), .stateChanged(from: .starting, to: .playing)), in: &ledger)
        recorder.sessionFinished(&ledger, at: .seconds(5))
        recorder.sessionFinished(&ledger, at: .seconds(5))
        var totals = RunTotals()
        totals.merge(recorder.takeInterval(at: .seconds(6)))
        let edge = totals.sessions(.edge, "10.0.0.9")
        #expect(edge.plays == 1)
        #expect(edge.stateTime.playing == 3_000_000_000)
        #expect(edge.stateTime.starting == 1_000_000_000)
        #expect(totals.overall.stateTime.starting == 2_000_000_000)
        #expect(totals.overall.outcomes.sum == 1)
        #expect(recorder.takeInterval(at: .seconds(7)).sessions.isEmpty)
    }

    @Test func changesReportedAfterATakeStillAddUp() {
        var clock = StateClock()
        clock.enter(.playing, at: .seconds(1))
        let first = clock.take(at: .seconds(5))
        clock.leave(.playing, at: .seconds(4))
        clock.enter(.rebuffering, at: .seconds(4))
        let second = clock.take(at: .seconds(6))
        #expect(first.playing == 4_000_000_000)
        #expect(second.playing == -1_000_000_000)
        #expect(second.rebuffering == 2_000_000_000)
    }
}
