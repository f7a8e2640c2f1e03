import Quantities
import Testing

@testable import Audience

@Suite("Event script") struct ScriptTests {
    /// Doors, kick-off and half-time of a match.
    static func match(_ viewers: Int = 10_000) -> AudienceSettings {
        var doors = AudiencePhase(name: "doors", at: .zero, duration: .seconds(600))
        doors.size = .share(0.4)
        doors.arrivals = .ramp(over: .seconds(600))
        var kickOff = AudiencePhase(name: "kick-off", at: .seconds(600))
        kickOff.size = .share(0.5)
        kickOff.arrivals = .spike(median: .seconds(60), sigma: 1, over: nil)
        var half = AudiencePhase(name: "half-time", at: .seconds(3_300))
        half.leaving = .init(
            share: 0.3, comingBack: .init(share: 0.8, delay: .uniform(from: .zero, to: .seconds(900))))
        var settings = AudienceSettings(
            viewers: viewers, watch: .fixed(.seconds(7_200)),
            streams: [.init(name: "main", weight: 3), .init(name: "side", weight: 1)],
            regions: [.init(name: "oslo", weight: 0.6), .init(name: "bergen", weight: 0.4)])
        settings.script = [doors, kickOff, half]
        return settings
    }

    /// The match with an outage at half an hour.
    private func matchWithOutage(_ drop: AudiencePhase.Drop) -> AudienceSettings {
        var settings = Self.match()
        var outage = AudiencePhase(name: "outage", at: .seconds(1_800))
        outage.drop = drop
        settings.script.append(outage)
        return settings
    }

    @Test("phases get their parts of the viewers by largest remainder, in their order")
    func shares() {
        let plan = AudiencePlan(settings: Self.match(), seed: 1)
        let phases = (0..<plan.viewers).map { plan.session($0).phase }
        #expect(phases == phases.sorted())
        #expect(phases.filter { $0 == 0 }.count == 4_444 && phases.filter { $0 == 1 }.count == 5_556)
        #expect((0..<4_444).allSatisfy { plan.session($0).arrival < .seconds(600) })
        #expect((4_444..<10_000).allSatisfy { plan.session($0).arrival >= .seconds(600) })
    }

    @Test(
        "counted viewers come first, the rest by share; too many or only counted ones are scaled",
        arguments: [
            (100, [AudiencePhase.Size.viewers(30), .share(1), .share(3)], [30, 18, 52]),
            (100, [.viewers(30), .viewers(20)], [60, 40]), (50, [.viewers(30), .viewers(20)], [30, 20]),
            (10, [.viewers(30), .viewers(20), .share(1)], [6, 4, 0]), (7, [nil, nil], [7, 0]),
            (7, [.share(0), .share(0)], [7, 0]), (3, [.share(1), .share(1)], [2, 1]),
        ] as [(Int, [AudiencePhase.Size?], [Int])])
    func counts(_ viewers: Int, _ sizes: [AudiencePhase.Size?], _ expected: [Int]) {
        let phases = sizes.map { size in
            var phase = AudiencePhase(name: "p", at: .zero)
            phase.size = size
            return phase
        }
        #expect(AudienceLayout.counts(phases, of: viewers) == expected)
    }

    @Test("shares beyond all bounds still give every viewer a phase")
    func absurdShares() {
        var settings = Self.match(10)
        for position in settings.script.indices { settings.script[position].size = .share(1e308) }
        let plan = AudiencePlan(settings: settings, seed: 1)
        #expect((0..<10).allSatisfy { !plan.visits(of: $0).isEmpty })
    }

    @Test("at half-time three in ten of those who are there leave, and eight in ten of them come back for the rest")
    func leavesAndReturns() {
        let plan = AudiencePlan(settings: Self.match(), seed: 1)
        var left = 0
        var back = 0
        for viewer in 0..<plan.viewers {
            let visits = plan.visits(of: viewer)
            #expect(visits.map(\.id) == visits.indices.map { SessionID(viewer: viewer, visit: $0) })
            guard let departure = visits[0].departure else {
                #expect(visits.count == 1)
                continue
            }
            #expect(departure.kind == .leaves && departure.at == .seconds(3_300))
            left += 1
            guard visits.count == 2 else { continue }
            back += 1
            #expect(visits[1].phase == 2 && visits[1].departure == nil)
            #expect(visits[1].arrival >= .seconds(3_300) && visits[1].arrival <= .seconds(4_200))
            #expect(visits[1].watch == .seconds(7_200) - (.seconds(3_300) - visits[0].arrival))
            #expect(visits[1].region == visits[0].region && visits[1].device == visits[0].device)
        }
        // Binomial, four standard deviations; a few of the spike come after half-time.
        #expect(abs(left - 3_000) < 4 * 46 + 5)
        #expect(abs(Double(back) - 0.8 * Double(left)) < 4 * (0.16 * Double(left)).squareRoot())
    }

    @Test("who has gone by then, or has not come yet, is not met by a wave")
    func meetsOnlyWhoIsThere() {
        var settings = Self.match()
        settings.watch = .fixed(.seconds(3_000))
        settings.script[2].leaving = .init(share: 1)
        let plan = AudiencePlan(settings: settings, seed: 1)
        for viewer in 0..<plan.viewers {
            let visit = plan.session(viewer)
            let isThere = visit.arrival < .seconds(3_300) && visit.arrival + .seconds(3_000) > .seconds(3_300)
            #expect((visit.departure != nil) == isThere)
        }
    }

    @Test("an outage of one edge cuts off its viewers and no others, and all are back within five seconds")
    func dropsAnEdge() {
        let settings = matchWithOutage(.init(targets: [.init(region: 1, edge: 2, edges: 4)]))
        let plan = AudiencePlan(settings: settings, seed: 1)
        var cut = 0
        for viewer in 0..<plan.viewers {
            let visits = plan.visits(of: viewer)
            let first = visits[0]
            let isMeant = first.arrival < .seconds(1_800) && first.region == 1 && Int(first.place * 4) == 2
            #expect((first.departure?.kind == .dropped) == isMeant)
            guard isMeant else { continue }
            cut += 1
            #expect(visits[1].arrival >= .seconds(1_800) && visits[1].arrival < .seconds(1_805))
            #expect(visits[1].watch.map { visits[1].arrival + $0 >= .seconds(7_200) } == true)
        }
        #expect(abs(cut - 1_000) < 4 * 31)
    }

    @Test("a viewer can be cut off, come back, leave at half-time and come back again")
    func manyVisits() {
        let settings = matchWithOutage(.init())
        let plan = AudiencePlan(settings: settings, seed: 1)
        let most = (0..<1_000).map { plan.visits(of: $0) }.max { $0.count < $1.count } ?? []
        #expect(most.count == 3)
        #expect(most.map { $0.departure?.kind } == [.dropped, .leaves, nil])
        #expect(most.map(\.phase) == [0, 3, 2])
        #expect(zip(most, most.dropFirst()).allSatisfy { $0.arrival < $1.arrival })
    }

    @Test("a script that drops everybody over and over stays within the numbers that visits have")
    func storms() {
        var settings = Self.match(50)
        settings.watch = .untilEnd
        settings.script = (0..<AudienceSettings.longestScript).map { index in
            var phase = AudiencePhase(name: "p\(index)", at: .seconds(Double(10 * index)))
            if index == 0 { phase.size = .share(1) }
            phase.drop = .init()
            phase.leaving = .init(share: 1, comingBack: .init(delay: .fixed(.zero)))
            return phase
        }
        let plan = AudiencePlan(settings: settings, seed: 1)
        for viewer in 0..<50 {
            let visits = plan.visits(of: viewer)
            #expect(visits.count <= 256 && Set(visits.map(\.id)).count == visits.count)
        }
    }

    @Test("an instant belongs to the phase that began last and is not over")
    func namesInstants() {
        var settings = Self.match()
        settings.script.append(AudiencePhase(name: "goal", at: .seconds(1_000), duration: .seconds(120)))
        let names = [0.0, 599, 600, 1_000, 1_119, 1_120, 3_299, 3_300, 99_999].map { time in
            settings.phase(at: .seconds(time)).map { settings.script[$0].name }
        }
        #expect(
            names == [
                "doors", "doors", "kick-off", "goal", "goal", "kick-off", "kick-off", "half-time", "half-time",
            ])
        settings.script = [AudiencePhase(name: "doors", at: .seconds(5), duration: .seconds(5))]
        #expect(settings.phase(at: .seconds(4)) == nil && settings.phase(at: .seconds(10)) == nil)
    }

    @Test("households share link, region and place; a network without them has one viewer a link")
    func households() {
        var settings = Self.match(3_000)
        settings.networks = [.init(name: "fibre", weight: 1), .init(name: "lte", weight: 1)]
        settings.householdSize = 2
        settings.householdSizes = [2, 1]
        let plan = AudiencePlan(settings: settings, seed: 1)
        let homes = Dictionary(grouping: (0..<3_000).map { plan.session($0) }, by: \.household)
        for members in homes.values {
            #expect(members.count == (members[0].network == 0 ? 2 : 1))
            #expect(Set(members.map(\.network)).count == 1 && Set(members.map(\.place)).count == 1)
            #expect(Set(members.map(\.region)).count == 1)
        }
    }

    @Test("a region's own mix of networks is drawn from")
    func networksOfRegions() {
        var settings = Self.match(2_000)
        settings.networks = [.init(name: "fibre", weight: 1), .init(name: "lte", weight: 0)]
        settings.networksOfRegion = [1: [0, 1]]
        let plan = AudiencePlan(settings: settings, seed: 1)
        #expect((0..<2_000).allSatisfy { plan.session($0).network == plan.session($0).region })
    }

    @Test("popularity after Zipf: the tenth has a tenth of the first's weight at an exponent of 1")
    func zipf() {
        let weights = AudienceSettings.zipf(10, exponent: 1)
        #expect(weights[0] == 1 && abs(weights[9] - 0.1) < 1e-15)
        #expect(AudienceSettings.zipf(3, exponent: 0) == [1, 1, 1])
    }
}
