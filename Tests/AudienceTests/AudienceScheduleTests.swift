import Quantities
import Testing

@testable import Audience

@Suite("Schedule and outline") struct AudienceScheduleTests {
    @Test("a schedule holds every visit of every viewer once, in the order of arrival")
    func holdsAll() {
        let plan = AudiencePlan(settings: ScriptTests.match(3_000), seed: 4)
        let schedule = plan.schedule()
        let visits = (0..<schedule.count).map { schedule[$0] }
        #expect(schedule.count == (0..<plan.viewers).reduce(0) { $0 + plan.visits(of: $1).count })
        #expect(Set(visits) == Set((0..<plan.viewers).flatMap { plan.visits(of: $0) }))
        for (visit, next) in zip(visits, visits.dropFirst()) {
            #expect((visit.arrival, visit.id) < (next.arrival, next.id))
        }
        for index in [0, 17, schedule.count - 1] {
            #expect(schedule.id(at: index) == visits[index].id && schedule.arrival(at: index) == visits[index].arrival)
            #expect(schedule.viewer(at: index) == Int(visits[index].id.viewer))
        }
    }

    @Test("a visit takes 16 bytes of the schedule")
    func isSmall() {
        #expect(MemoryLayout<AudienceSchedule.Visit>.stride == 16)
    }

    /// Whatever changes these numbers changes every plan: it must be said in the notes of the release.
    @Test("the plans of seed 7 are these, byte for byte, on every machine")
    func golden() {
        let script = AudiencePlan(settings: ScriptTests.match(2_000), seed: 7).schedule()
        #expect(script.fingerprint == Self.scriptOfSeedSeven)
        #expect(AudiencePlan(settings: ScriptTests.match(2_000), seed: 7).schedule().fingerprint == script.fingerprint)
        #expect(AudiencePlan(settings: ScriptTests.match(2_000), seed: 8).schedule().fingerprint != script.fingerprint)
        var weibull = ScriptTests.match(2_000)
        weibull.watch = .weibull(scale: .seconds(600), shape: 0.6)
        weibull.script[0].arrivals = .poisson(over: .seconds(600))
        weibull.script[1].drop = .init(share: 0.5)
        #expect(AudiencePlan(settings: weibull, seed: 7).schedule().fingerprint == Self.weibullOfSeedSeven)
    }

    private static let scriptOfSeedSeven = "f048ae8631b347b4"
    private static let weibullOfSeedSeven = "e63160c1b1e2bc29"

    // MARK: The outline

    private func constant(_ viewers: Int, over: Double, watch: WatchTime) -> AudienceSchedule {
        let settings = AudienceSettings(
            viewers: viewers, arrivals: .constant(over: .seconds(over)), watch: watch,
            streams: [.init(name: "main", weight: 1)])
        return AudiencePlan(settings: settings, seed: 1).schedule()
    }

    @Test("a steady stream of viewers is present as Little's law says: rate times watch time")
    func steady() {
        let outline = constant(1_000, over: 100, watch: .fixed(.seconds(20))).outline(
            bucket: .seconds(10), until: nil)
        #expect(outline.arrivals == [Int](repeating: 100, count: 10) + [0, 0])
        #expect(outline.present == [100, 200, 200, 200, 200, 200, 200, 200, 200, 200, 199, 99])
        #expect(outline.peak == 200 && outline.peakAt == .seconds(19.9) && outline.end == .seconds(119.9))
        #expect(outline.phases.isEmpty && outline.groups.isEmpty)
    }

    @Test("a limit cuts visits off, and a film's length ends them")
    func limits() {
        let schedule = constant(100, over: 10, watch: .untilEnd)
        let endless = schedule.outline(bucket: .seconds(5), until: nil)
        #expect(endless.peak == 100 && endless.end == .seconds(9.9))
        let cut = schedule.outline(bucket: .seconds(5), until: .seconds(6))
        #expect(cut.arrivals == [50, 10] && cut.peak == 60 && cut.end == .seconds(6))
        let film = schedule.outline(bucket: .seconds(5), until: nil, contentLength: .seconds(2))
        #expect(film.peak == 20 && film.end == .seconds(11.9))
    }

    @Test("groups add up to the whole")
    func groups() {
        let schedule = AudiencePlan(settings: ScriptTests.match(2_000), seed: 2).schedule()
        for grouping in PlanOutline.Grouping.allCases {
            let outline = schedule.outline(bucket: .seconds(60), until: .seconds(9_000), by: grouping)
            #expect(outline.arrivals.reduce(0, +) == schedule.count)
            for (bucket, arrivals) in outline.arrivals.enumerated() {
                #expect(outline.groups.reduce(0) { $0 + $1.arrivals[bucket] } == arrivals)
                #expect(outline.groups.reduce(0) { $0 + $1.present[bucket] } >= outline.present[bucket])
            }
            #expect(outline.groups.allSatisfy { $0.peak == $0.present.max() })
        }
        let regions = schedule.outline(bucket: .seconds(60), until: nil, by: .region)
        #expect(regions.groups.map(\.name) == ["oslo", "bergen"])
    }

    @Test("the phases stand in the outline, and the wave at half-time is seen")
    func phases() {
        let outline = AudiencePlan(settings: ScriptTests.match(2_000), seed: 2).schedule()
            .outline(bucket: .seconds(60), until: nil)
        #expect(outline.phases.map(\.name) == ["doors", "kick-off", "half-time"])
        #expect(outline.phases[0].to == .seconds(600) && outline.phases[2].to == nil)
        #expect(outline.peak == outline.present.max())
        // Bucket 55 begins with the wave.
        #expect(outline.present[55] < outline.present[54] * 3 / 4)
    }

    @Test("a bucket of a nanosecond, a run of centuries and visits of no length are borne")
    func extremes() {
        let long = constant(10, over: 1e9, watch: .fixed(.zero)).outline(bucket: .nanoseconds(1), until: nil)
        #expect(long.arrivals.count <= PlanOutline.mostBuckets + 1 && long.arrivals.reduce(0, +) == 10)
        #expect(long.present.allSatisfy { $0 == 0 } || long.peak == 1)
        let wide = constant(10, over: 10, watch: .fixed(.max)).outline(bucket: .max, until: .max)
        #expect(wide.arrivals == [10] && wide.peak == 10)
        let instant = constant(10, over: 10, watch: .untilEnd).outline(bucket: .seconds(-1), until: .zero)
        #expect(instant.end == .zero)
    }
}
