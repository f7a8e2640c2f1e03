import Audience
import Quantities
import Testing
import Transport

@testable import RunProfile

@Suite struct NetworkReaderTests {
    private static let files = ProfileFiles { path in
        path == "train.csv" ? Array("0,1000\n10,4000\n20,4000\n".utf8) : path == "odd.csv" ? Array("?\n".utf8) : nil
    }

    private func profile(_ audience: String) throws(ProfileError) -> RunProfile {
        let text = """
            name: a
            streams: {main: "http://localhost/a.m3u8"}
            audience: {viewers: 100, \(audience)}
            """
        return try ProfileReader.read(text, file: "p.yaml", files: Self.files)
    }

    private func found(_ audience: String) -> [String] {
        do throws(ProfileError) {
            _ = try profile(audience)
            return []
        } catch {
            return error.problems.map(\.sentence)
        }
    }

    @Test func withoutNetworksALinkCarriesWhateverComes() throws {
        let profile = try profile("over: 1 s")
        #expect(profile.networks.map(\.name) == ["unlimited"])
        #expect(profile.networks[0].trace(seed: 1) == nil)
        #expect(profile.audience.networks.map(\.name) == ["unlimited"])
    }

    @Test func aNameAloneIsAPreset() throws {
        let profile = try profile(
            "networks: {fibre: 50%, cable: 25%, lte: 20%, 3g: 5%, evening wifi: 0, unlimited: 1%}")
        #expect(profile.audience.networks.map(\.weight) == [0.5, 0.25, 0.2, 0.05, 0, 0.01])
        let names = profile.networks.map { network -> LinkPreset? in
            guard case .preset(let preset) = network.source else { return nil }
            return preset
        }
        #expect(names == [.fibre, .cable, .lte, .threeG, .eveningWiFi, nil])
        #expect(profile.networks[3].trace(seed: 4)?.meanRate == LinkPreset.threeG.trace(seed: 4).meanRate)
    }

    @Test func everySourceIsRead() throws {
        let profile = try profile(
            """
            networks: {
              slow: {share: 1, rate: 2 Mbit/s, delay: 40 ms, outages: [{at: 10 s, for: 5 s}], household: {size: 3}},
              train: {share: 2, trace: train.csv},
              tube: {preset: lte, delay: 100 ms},
              cafe: {process: {ar1: {mean: 5 Mbit/s, sigma: 0.4, correlation: 0.8}}},
              lift: {process: {markov: {good: 8 Mbit/s, bad: 500 kbit/s, good for: 30 s, bad for: 3 s}}}, none: {preset: dsl}}
            """)
        let slow = try #require(profile.networks[0].trace(seed: 1))
        let before = slow.step(at: .seconds(9)).step
        #expect(before.rate == .megabits(2) && before.delay == .milliseconds(40))
        #expect(slow.step(at: .seconds(12)).step.rate == .zero)
        #expect(slow.step(at: .seconds(15.5)).step.rate == .megabits(2))
        #expect(profile.networks[0].householdSize == 3 && profile.networks[1].householdSize == 1)
        let train = try #require(profile.networks[1].trace(seed: 1))
        #expect(train.step(at: .seconds(5)).step.rate == .kilobits(1_000))
        #expect(train.step(at: .seconds(12)).step.rate == .kilobits(4_000))
        let tube = try #require(profile.networks[2].trace(seed: 1))
        #expect(tube.step(at: .zero).step.delay == LinkPreset.lte.delay + .milliseconds(100))
        guard case .process(.ar1(let mean, let sigma, let rho)) = profile.networks[3].source,
            case .process(.markov(let good, let bad, let goodFor, let badFor)) = profile.networks[4].source
        else {
            Issue.record("the processes are not read")
            return
        }
        #expect(mean == .megabits(5) && sigma == 0.4 && rho == 0.8)
        #expect(good == .megabits(8) && bad == .kilobits(500) && goodFor == .seconds(30) && badFor == .seconds(3))
    }

    @Test func aRegionHasAMixOfItsOwn() throws {
        let profile = try profile(
            """
            networks: {fibre: 3, lte: 1}, regions: {
              town: 50%, coast: {share: 50%, networks: {lte: 60%, 3g: 40%, boat: {share: 0, rate: 300 kbit/s}}}}
            """)
        #expect(profile.networks.map(\.name) == ["fibre", "lte", "3g", "boat"])
        #expect(profile.audience.networks.map(\.weight) == [3, 1, 0, 0])
        #expect(profile.audience.networksOfRegion == [1: [0, 0.6, 0.4, 0]])
        let plan = AudiencePlan(settings: profile.audience, seed: 3)
        for viewer in 0..<100 {
            let session = plan.session(viewer)
            #expect((session.region == 0 ? [0, 1] : [1, 2]).contains(session.network))
        }
    }

    @Test func householdsHaveTheirSizesByNetwork() throws {
        let profile = try profile(
            "networks: {fibre: {share: 1, household: 3}, lte: {share: 1, household: {size: 2}}, 3g: 1}")
        let plan = AudiencePlan(settings: profile.audience, seed: 9)
        var links: [UInt64: [PlannedSession]] = [:]
        // 96 is a multiple of 6: no household is cut off by the number of viewers.
        for viewer in 0..<96 {
            let session = plan.session(viewer)
            links[session.household, default: []].append(session)
        }
        #expect(Set(links.values.map { $0[0].network }) == [0, 1, 2])
        for members in links.values {
            #expect(Set(members.map(\.network)).count == 1 && Set(members.map(\.region)).count == 1)
            #expect(members.count == [3, 2, 1][members[0].network])
        }
    }

    @Test(arguments: [
        (
            "networks: {fiber: 1}",
            "audience.networks.fiber: this is no network that is known here; did you mean 'fibre'?"
        ),
        ("networks: {lte: 0}", "audience.networks: at least one network needs a share above zero"),
        ("networks: {x: {share: 1}}", "audience.networks.x: this is no network that is known here"),
        ("networks: {x: {rate: fast}}", "audience.networks.x.rate: expected a bit rate"),
        ("networks: {x: {rate: 1 Mbit/s, preset: lte}}", "audience.networks.x: give one of rate, preset, not several"),
        ("networks: {x: {trace: gone.csv}}", "the trace file 'gone.csv' cannot be read"),
        ("networks: {x: {trace: odd.csv}}", "audience.networks.x.trace: the trace file 'odd.csv' cannot be used: "),
        ("networks: {lte: {delay: 5}}", "audience.networks.lte.delay: expected a duration"),
        ("networks: {lte: {household: 0}}", "audience.networks.lte.household: expected a whole number from 1 to 8"),
        ("networks: {lte: {household: {size: 9}}}", "household.size: expected a whole number from 1 to 8"),
        ("networks: {lte: {outages: {at: 5 s}}}", "audience.networks.lte.outages: the setting 'for' is missing"),
        ("networks: {lte: {outages: [{at: 5 s, for: 0}]}}", "outages[1].for: this must be longer than zero"),
        ("networks: {x: {process: {ar1: {sigma: 1}}}}", "process.ar1: the setting 'mean' is missing"),
        (
            "networks: {x: {process: {ar1: {mean: 1 Mbit/s, correlation: 1}}}}",
            "correlation: expected a number from 0.0"
        ),
        ("networks: {x: {process: {}}}", "audience.networks.x.process: expected one of {ar1:"),
        ("networks: {x: {process: {walk: {}}}}", "process.walk: this is not a setting"),
        ("regions: {a: {networks: {lte: 0}}}", "audience.regions.a.networks: at least one network needs a share"),
        (
            "networks: {lte: 1}, regions: {a: {networks: {lte: {share: 1, delay: 1 s}}}}",
            "audience.regions.a.networks.lte: the network 'lte' is described elsewhere"
        ),
    ])
    func aProblemIsTold(_ audience: String, _ expected: String) {
        let found = found(audience)
        #expect(found.contains { $0.contains(expected) }, "\(found)")
    }
}
