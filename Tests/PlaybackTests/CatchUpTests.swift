import Quantities
import Testing

@testable import Playback

@Suite("Catch-up playback rates")
struct CatchUpTests {
    private func situation(
        drift: Double, buffer: Double = 3, rate: Double = 1, at second: Double = 0, target: Double = 3
    ) -> LatencySituation {
        LatencySituation(
            latency: .seconds(target + drift), target: .seconds(target), buffer: .seconds(buffer), rate: rate,
            now: .seconds(second))
    }

    @Test(
        "dash.js: a sigmoid of the drift, small changes left out",
        arguments: [
            (0.5, 1.0, 1.424141819978757), (-0.5, 1, 0.575858180021243), (0, 1, 1), (0.002, 1, 1), (0.5, 1.41, 1.41),
        ])
    func dashJS(_ drift: Double, _ rate: Double, _ expected: Double) {
        var rule = DashJSCatchUp(.init())
        #expect(abs(rule.rate(situation(drift: drift, rate: rate)) - expected) < 1e-9)
        #expect(rule.jumpDrift == .seconds(12))
    }

    @Test("dash.js: rate 1 from a stall until half the target is buffered")
    func dashJSStall() {
        var rule = DashJSCatchUp(.init())
        rule.stalled(situation(drift: 2, buffer: 0))
        #expect(rule.rate(situation(drift: 2, buffer: 1.5)) == 1)
        #expect(rule.rate(situation(drift: 2, buffer: 1.6)) > 1.4)
    }

    @Test(
        "LoL+: slower below half a second of buffer, 1 within two per cent, else the sigmoid",
        arguments: [
            (1.0, 0.3, 0.7689414213699951), (0.05, 3, 1), (0.07, 3, 1.08661757891733), (-1, 3, 0.5066928509242848),
        ])
    func loLPlus(_ drift: Double, _ buffer: Double, _ expected: Double) {
        var rule = LoLPlusCatchUp(.init())
        #expect(abs(rule.rate(situation(drift: drift, buffer: buffer)) - expected) < 1e-9)
    }

    @Test(
        "hls.js: steps of 0.05, faster only, near the live edge only",
        arguments: [
            (1.0, 3.0, 1.35), (0.05, 3, 1), (1, 1, 1), (4, 3, 1.5), (-1, 3, 1), (7, 3, 1),
        ])
    func hlsJS(_ drift: Double, _ buffer: Double, _ expected: Double) {
        var rule = HLSJSCatchUp(.init(fastest: 1.5))
        #expect(rule.rate(situation(drift: drift, buffer: buffer)) == expected)
        var off = HLSJSCatchUp(.init())
        #expect(off.rate(situation(drift: drift, buffer: buffer)) == 1)
    }

    @Test("Shaka: two fixed rates outside the tolerance", arguments: [(0.6, 1.1), (0.5, 1), (-0.6, 0.95)])
    func shaka(_ drift: Double, _ expected: Double) {
        var rule = ShakaCatchUp(.init(target: nil))
        #expect(rule.rate(situation(drift: drift)) == expected)
    }

    @Test(
        "Media3: 0.1 for each second of drift within 3 per cent",
        arguments: [
            (0.2, 1.02), (1.0, 1.03), (0.019, 1), (-0.1, 0.99), (-2, 0.97),
        ])
    func media3(_ drift: Double, _ expected: Double) {
        var rule = Media3CatchUp(.init())
        #expect(abs(rule.rate(situation(drift: drift, buffer: 3 + drift)) - expected) < 1e-9)
    }

    @Test("Media3: one change a second, and a target that stands back after a stall")
    func media3Target() {
        var rule = Media3CatchUp(.init())
        #expect(rule.rate(situation(drift: 1, buffer: 4)) == 1.03)
        #expect(rule.rate(situation(drift: 0, buffer: 3, at: 0.9)) == 1.03)
        #expect(rule.rate(situation(drift: 0, buffer: 3, at: 1)) == 1)
        rule.stalled(situation(drift: 0, buffer: 0, at: 2))
        #expect(rule.targetShift == .milliseconds(500))
        // All of the latency is buffered, so that the target comes back by what the playhead can follow: 0.03 s a second.
        #expect(rule.rate(situation(drift: 0, buffer: 3, at: 3)) < 1)
        #expect(rule.targetShift == .milliseconds(470))
    }

    @Test("Media3: the target goes where the buffer would not be empty")
    func media3Safety() {
        var rule = Media3CatchUp(.init())
        // 4 s behind with nothing buffered: no nearer is possible.
        _ = rule.rate(situation(drift: 1, buffer: 0))
        #expect(rule.targetShift == .seconds(1))
    }

    @Test("every rule is made from its settings")
    func settings() {
        let all: [CatchUpSettings] = [
            .dashJS(.init()), .loLPlus(.init()), .hlsJS(.init(fastest: 1.2)), .shaka(.init()), .media3(.init()),
        ]
        for settings in all {
            var rule = settings.makeRule()
            #expect(rule.rate(situation(drift: 1.5, buffer: 5)) > 1)
        }
    }
}
