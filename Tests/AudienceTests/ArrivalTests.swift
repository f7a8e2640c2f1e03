import Foundation
import Quantities
import Testing

@testable import Audience

/// A plan of one pattern for viewers of one stream.
private func arrivals(_ pattern: ArrivalPattern, _ viewers: Int = 20_000, seed: UInt64 = 1) -> [Double] {
    let settings = AudienceSettings(
        viewers: viewers, arrivals: pattern, streams: [.init(name: "main", weight: 1)])
    let plan = AudiencePlan(settings: settings, seed: seed)
    return (0..<viewers).map { plan.session($0).arrival.seconds }
}

@Suite("Arrivals") struct ArrivalTests {
    @Test("a falling ramp is a rising one backwards")
    func rampsDown() {
        let down = arrivals(.rampDown(over: .seconds(60)), 1_000)
        #expect(down.first == 0 && zip(down, down.dropFirst()).allSatisfy { $0 < $1 })
        #expect(down.filter { $0 < 30 }.count == 750)
    }

    @Test("Poisson arrivals are independent: as many as chance says fall into each second")
    func poisson() {
        let times = arrivals(.poisson(over: .seconds(1_000)))
        var counts = [Int](repeating: 0, count: 1_000)
        for time in times { counts[min(999, Int(time))] += 1 }
        // Index of dispersion: 1 for Poisson; its standard error is √(2/999). Evenly spaced arrivals would have 0.
        let deviations = counts.map { Double($0) - 20 }
        let variance = deviations.reduce(0) { $0 + $1 * $1 } / 999
        #expect(abs(variance / 20 - 1) < 4 * (2.0 / 999).squareRoot())
        #expect(times.allSatisfy { (0..<1_000).contains($0) })
        // Numbers do not follow the order of arrival.
        #expect(zip(times, times.dropFirst()).contains { $0 > $1 })
    }

    @Test("half of a spike has come by its median, and its logarithm has its sigma")
    func spike() {
        let times = arrivals(.spike(median: .seconds(60), sigma: 0.7, over: nil)).sorted()
        let error: Double = 60 * 0.7 * 1.2533 / 20_000.0.squareRoot()
        #expect(abs(times[10_000] - 60) < 4 * error)
        let logarithms = times.map { log($0 / 60) }
        let sigma = (logarithms.reduce(0) { $0 + $1 * $1 } / 20_000).squareRoot()
        #expect(abs(sigma - 0.7) < 4 * 0.7 / 40_000.0.squareRoot())
    }

    @Test("a spike that is cut off keeps its form and all its viewers")
    func cutSpike() {
        let times = arrivals(.spike(median: .seconds(60), sigma: 1, over: .seconds(90)))
        #expect(times.allSatisfy { $0 <= 90 })
        let whole = { (time: Double) -> Double in erfc(-log(time / 60) / 2.0.squareRoot()) / 2 }
        let early = Double(times.filter { $0 < 30 }.count) / 20_000
        let expected = whole(30) / whole(90)
        #expect(abs(early - expected) < 0.0142)
    }

    @Test("a curve is followed to one viewer at every point, jumps included")
    func curve() throws {
        let points: [(Double, Double)] = [(0, 0), (10, 100), (20, 100), (20, 10), (120, 30), (130, 0)]
        let curve = try #require(
            ArrivalCurve(points.map { .init(at: .seconds($0.0), rate: $0.1) }))
        #expect(curve.arrivals == 500 + 1_000 + 2_000 + 150 && curve.span == .seconds(130))
        let times = arrivals(.curve(curve), 36_500)
        #expect(zip(times, times.dropFirst()).allSatisfy { $0 <= $1 })
        for (time, expected) in [(5.0, 125.0), (10, 500), (15, 1_000), (20, 1_500), (70, 2_250), (120, 3_500)] {
            let come = times.filter { $0 < time }.count
            #expect(abs(Double(come) - expected * 10) <= 1, "\(time)")
        }
    }

    @Test("what is no curve is refused")
    func refusesCurves() {
        let point = { (at: Double, rate: Double) in ArrivalCurve.Point(at: .seconds(at), rate: rate) }
        #expect(ArrivalCurve([]) == nil && ArrivalCurve([point(0, 5)]) == nil)
        #expect(ArrivalCurve([point(0, 0), point(9, 0)]) == nil)
        #expect(ArrivalCurve([point(0, 1), point(9, -1)]) == nil)
        #expect(ArrivalCurve([point(5, 1), point(4, 1)]) == nil)
        #expect(ArrivalCurve([point(-5, 1), point(4, 1)]) == nil)
        #expect(ArrivalCurve([point(0, .nan), point(4, 1)]) == nil)
        #expect(ArrivalCurve([point(0, .infinity), point(4, 1)]) == nil)
        #expect(ArrivalCurve([point(0, 1e308), point(1e9, 1e308)]) == nil)
    }

    @Test("a curve that is cut ends there with the rate that it has there")
    func cuts() throws {
        let curve = try #require(ArrivalCurve([.init(at: .zero, rate: 0), .init(at: .seconds(10), rate: 100)]))
        let half = try #require(curve.cut(at: .seconds(5)))
        #expect(half.points.last == .init(at: .seconds(5), rate: 50) && half.arrivals == 125)
        #expect(curve.cut(at: .seconds(10)) == curve && curve.cut(at: .zero) == nil)
    }

    @Test("steps hold their rates for equal times")
    func steps() throws {
        let curve = try #require(ArrivalCurve.steps([1, 3, 0, 4], over: .seconds(40)))
        #expect(curve.arrivals == 80)
        let times = arrivals(.curve(curve), 8_000)
        let counts = (0..<4).map { part in times.filter { Int($0 / 10) == part }.count }
        #expect(zip(counts, [1_000, 3_000, 0, 4_000]).allSatisfy { abs($0 - $1) <= 1 }, "\(counts)")
        #expect(ArrivalCurve.steps([], over: .seconds(1)) == nil)
    }
}
