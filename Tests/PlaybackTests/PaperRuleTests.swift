import Quantities
import Testing

@testable import Playback

/// The rules of the papers from their formulas, by hand.
@Suite("Rules of the papers")
struct PaperRuleTests {
    private let ladder = LadderFigures(
        bitRates: [300, 750, 1_200, 1_850, 2_850, 4_300], segmentDuration: 4_000, maximumBuffer: 25_000)
    private let pair = LadderFigures(bitRates: [500, 1_000], segmentDuration: 4_000, maximumBuffer: 25_000)

    private func figures(_ ladder: LadderFigures, buffer: Double, index: Int = 50, left: Int? = 50) -> DecisionFigures {
        DecisionFigures(ladder: ladder, buffer: buffer, segmentIndex: index, segmentsLeft: left)
    }

    /// A whole segment at a throughput in kbit/s over one second.
    private func download(_ throughput: Double, wait: Double = 0, track: Int = 0) -> DownloadFigures {
        DownloadFigures(track: track, received: throughput * 1_000, time: 1_000 + wait, firstByte: wait)
    }

    @Test(
        "a track is sustainable when its segment, wait included, takes no longer than it plays",
        arguments: [
            (2_000.0, 0.0, 3), (2_000, 100, 3), (1_850, 0, 3), (1_850, 1, 2), (10, 0, 0), (1e9, 0, 5), (1e9, 4_001, 0),
        ])
    func sustainable(_ throughput: Double, _ latency: Double, _ track: Int) {
        #expect(ladder.sustainable(throughput: throughput, latency: latency) == track)
    }

    @Test("BBA-0 follows the map, and moves only past a neighbour's bit rate")
    func bufferMap() {
        var rule = BBA(.init())
        // f(10 s) = 2 300: the highest below it. f(9 s) = 1 900 is between the neighbours. f(7 s) = 1 100 is below 1 200.
        let steps: [(Double, Int)] = [(5_000, 0), (10_000, 3), (9_000, 3), (7_000, 2), (15_000, 5), (4_999, 0)]
        for (buffer, track) in steps {
            #expect(rule.decide(figures(ladder, buffer: buffer)) == (track, 0), "at \(buffer) ms")
        }
    }

    @Test("BOLA BASIC leaves the lower track where both score the same")
    func bolaThreshold() {
        // V = 21 000 / (ln 2 + 5); the scores are equal at V * (5 - ln 2) = 15 886.5 ms.
        var rule = BOLA(.init(isBasic: true))
        rule.measured(download(5_000), segmentDuration: 4_000)
        #expect(rule.decide(figures(pair, buffer: 15_880)).track == 0)
        #expect(rule.decide(figures(pair, buffer: 15_893)).track == 1)
    }

    @Test("BOLA FINITE plans for three segments at least near the ends")
    func bolaFinite() {
        // At the second segment Qmax is 12 s, V = 8 000 / 5.693 = 1 405.2, and the threshold 6 052 ms.
        var rule = BOLA(.init())
        rule.measured(download(5_000), segmentDuration: 4_000)
        #expect(rule.decide(figures(pair, buffer: 6_040, index: 1)).track == 0)
        #expect(rule.decide(figures(pair, buffer: 6_060, index: 1)).track == 1)
        // With 40 segments on both sides all of the buffer counts.
        #expect(rule.decide(figures(pair, buffer: 15_880, index: 40, left: 40)).track == 0)
    }

    @Test("BOLA-U goes one above what the link carries, BOLA-O stays and waits")
    func bolaVariants() {
        for (avoids, track, wait) in [(false, 1, 0.0), (true, 0, 20_000 - 21_000 / (0.6931471805599453 + 5) * 5)] {
            var rule = BOLA(.init(isBasic: true, avoidsOscillation: avoids))
            rule.measured(download(900), segmentDuration: 4_000)
            let choice = rule.decide(figures(pair, buffer: 20_000))
            #expect(choice.track == track)
            #expect(abs(choice.wait - wait) < 1e-9)
        }
    }

    @Test("BOLA gives a segment up for a smaller one that scores higher")
    func bolaAbandons() {
        var rule = BOLA(.init())
        rule.measured(download(5_000), segmentDuration: 4_000)
        _ = rule.decide(figures(pair, buffer: 20_000))
        let early = ProgressFigures(track: 1, size: 4e6, received: 1e5, time: 200, firstByte: 0)
        #expect(rule.gives(up: early, buffer: 2_000, ladder: pair) == 0)
        // The rest is less than a segment of the lower track.
        let late = ProgressFigures(track: 1, size: 4e6, received: 2.1e6, time: 200, firstByte: 0)
        #expect(rule.gives(up: late, buffer: 2_000, ladder: pair) == nil)
        #expect(!BOLA(.init(isBasic: true)).canGiveUp)
    }

    @Test("BOLA-E begins with what the link carries, and fills the placeholder to match")
    func bolaE() {
        // max(10 + 2 * 6, 25) s = 25 s: gp = ln(43/3) / 1.5 = 1.775, V = 10 000 / gp.
        var rule = BOLAE(.init())
        rule.measured(download(2_000), segmentDuration: 4_000)
        #expect(rule.decide(figures(ladder, buffer: 4_000)) == (3, 0))
        let level = rule.placeholder + 4_000
        // From this level on track 3 scores higher than all below it, and not above it.
        let lower = rule.curve.best(at: level - 1)
        #expect(rule.curve.best(at: level + 1) == 3)
        #expect(lower == 2)
        #expect(abs(rule.curve.smoothness - 2.6625878270254776 / 1.5) < 1e-9)
        #expect(abs(rule.curve.scale * rule.curve.smoothness - 10_000) < 1e-9)
        rule.idled(500)
        #expect(rule.placeholder + 4_000 == level + 500)
    }

    @Test("the variants of BOLA-E differ by V in their scores, and in ties")
    func bolaEVariants() {
        // u = 1 and 1 + ln 2, B = max(14, 25) s: gp = 0.4621, V = 21 640. dash.js: equal at V * (gp - ln 2 + ...) lower by V.
        for (variant, shift) in [(BOLAE.Variant.sabre, 0.0), (.dashJS, 1)] {
            var curve = UtilityCurve(smoothness: 2, utilityOfLowest: 1)
            curve.adopt(pair)
            curve.scale = 1_000
            // (V(u0 + gp) - Q)/R0 = (V(u1 + gp) - Q)/R1 at Q = V(gp + 2 u0 - u1) = V(gp + 1 - ln 2).
            let equal = 1_000 * (2 + 1 - 0.6931471805599453 - shift)
            let best = variant == .sabre ? curve.best(at:) : curve.bestOfShifted(at:)
            #expect(best(equal - 0.1) == 0)
            #expect(best(equal + 0.1) == 1)
        }
    }

    @Test("the throughput rule takes 0.9 of it, and less with a small buffer")
    func sustainableRule() {
        var rule = SustainableRule(.init())
        rule.measured(download(2_000, wait: 100), segmentDuration: 4_000)
        // 100 + 4 000 R / 1 800 <= 4 000 up to 1 755.
        #expect(rule.decide(figures(ladder, buffer: 20_000)).track == 2)
        // Then 0.81 of 1.9 s of 2 000 is 3 078 kbit: a segment of 750, not one of 1 200.
        #expect(rule.decide(figures(ladder, buffer: 2_000)).track == 1)
        // Then 0.729 of it, 2 770 kbit, holds none of those.
        #expect(rule.decide(figures(ladder, buffer: 2_000)).track == 0)
    }

    @Test("a segment that will take 1.8 times its duration is given up, after half a second")
    func sustainableAbandons() {
        var rule = SustainableRule(.init())
        rule.measured(download(2_000, wait: 100), segmentDuration: 4_000)
        var progress = ProgressFigures(track: 2, size: 4.8e6, received: 3e5, time: 600, firstByte: 100)
        // 600 kbit/s: 600 + 7 500 ms. 540 carries the lowest track.
        #expect(rule.gives(up: progress, buffer: 0, ladder: ladder) == 0)
        progress.time = 499
        #expect(rule.gives(up: progress, buffer: 0, ladder: ladder) == nil)
        progress = ProgressFigures(track: 2, size: 4.8e6, received: 4e5, time: 600, firstByte: 100)
        #expect(rule.gives(up: progress, buffer: 0, ladder: ladder) == nil)
    }

    @Test("DYNAMIC goes to BOLA above 10 s, and back below 5 s")
    func dynamic() {
        var rule = Dynamic(.init(variant: .thresholds))
        rule.measured(download(2_000), segmentDuration: 4_000)
        var phases: [Bool] = []
        for buffer in [9_000.0, 10_000, 10_001, 5_000, 4_999, 8_000] {
            _ = rule.decide(figures(ladder, buffer: buffer))
            phases.append(rule.isByBuffer)
        }
        #expect(phases == [false, false, true, true, false, false])
    }

    @Test("MPC plans around rebuffering; RobustMPC trusts the prediction less")
    func mpc() {
        for (isRobust, prediction) in [(false, 1_000.0), (true, 500)] {
            var rule = MPC(.init(isRobust: isRobust))
            rule.measured(download(2_000), segmentDuration: 4_000)
            #expect(abs((rule.prediction ?? 0) - 2_000) < 1e-9)
            rule.measured(download(1_000), segmentDuration: 4_000)
            // Predicted 2 000, measured 1 000: an error of 1.
            #expect(abs((rule.prediction ?? 0) - prediction) < 1e-9)
            // At 1 000 kbit/s the upper track costs nothing; at 500 each of its segments takes 8 s, of which 12 s hold one.
            #expect(rule.decide(figures(pair, buffer: 12_000)).track == (isRobust ? 0 : 1))
        }
    }

    @Test("MPC takes real sizes where they are known")
    func mpcSizes() {
        var rule = MPC(.init(horizon: 2))
        rule.measured(download(1_000), segmentDuration: 4_000)
        var asked = figures(pair, buffer: 4_000)
        // 4 s each: two Mbit/s less half a Mbit/s of change.
        asked.sizes = [[2e6, 4e6], [2e6, 4e6]]
        #expect(rule.decide(asked).track == 1)
        asked.sizes = [[2e6, 9e6], [2e6, 9e6]]
        #expect(rule.decide(asked).track == 0)
    }

    @Test("the harmonic mean counts waits, moving averages and windows take the careful one")
    func histories() throws {
        var harmonic = LinkHistory(.harmonic(count: 2))
        for (bits, time) in [(9e6, 1.0), (1e6, 500), (3e6, 500)] {
            harmonic.add(bits: bits, time: time, wait: 500, segmentDuration: 4_000)
        }
        // 1 000 and 3 000 kbit/s: 2 / (1/1 000 + 1/3 000).
        #expect(abs(try #require(harmonic.throughput) - 1_500) < 1e-9)
        var windows = LinkHistory(.windows([1, 2]))
        windows.add(bits: 1e6, time: 1_000, wait: 80, segmentDuration: 4_000)
        windows.add(bits: 3e6, time: 1_000, wait: 40, segmentDuration: 4_000)
        #expect(windows.throughput == 2_000)
        #expect(windows.latency == 60)
        var averages = LinkHistory(.movingAverages(halfLives: [1, 1e9]))
        averages.add(bits: 1e6, time: 1_000, wait: 0, segmentDuration: 4_000)
        averages.add(bits: 4e6, time: 1_000, wait: 0, segmentDuration: 4_000)
        // Half-life 1 s: (0.25 * 1 000 + 0.5 * 4 000) / 0.75 = 3 000; the slow one is the mean, 2 500.
        #expect(abs(try #require(averages.throughput) - 2_500) < 1e-3)
        averages.add(bits: 4e6, time: 0, wait: 0, segmentDuration: 4_000)
        #expect(abs(try #require(averages.throughput) - 2_500) < 1e-3)
    }
}
