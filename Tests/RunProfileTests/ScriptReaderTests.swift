import Audience
import Quantities
import Testing

@testable import RunProfile

/// A profile with some settings of the audience, and files beside it.
private func audience(
    _ settings: String, streams: String = "{main: 'http://127.0.0.1/a.mpd', side: 'http://127.0.0.1/b.mpd'}",
    viewers: Int? = nil
) throws(ProfileError) -> RunProfile {
    let contents = [
        "last-year.csv": "seconds,arrivals per second\n0,0\n10,100\n20,0\n", "words.csv": "one,two\nthree,four\n",
        "back.csv": "0,1\r\n10,2\r\n5,3\r\n", "nobody.csv": "0,0\n10,0\n", "short.csv": "1,2\n",
        "bytes.csv": "\u{0}\u{1}",
        "jump.csv": "\u{FEFF}time;rate\n# from the log\n0;10\n\n10;10\n10;50\n20;50\n",
    ]
    let files = ProfileFiles { name in contents[name].map { Array($0.utf8) } }
    return try ProfileReader.read(
        "name: a\nstreams: \(streams)\naudience:\n  \(settings)\n", file: "p.yaml", viewers: viewers, files: files)
}

/// What is wrong with some settings of the audience.
private func complaints(_ settings: String, streams: String? = nil) -> [String] {
    do throws(ProfileError) {
        if let streams { _ = try audience(settings, streams: streams) } else { _ = try audience(settings) }
        return []
    } catch {
        return error.problems.map(\.sentence)
    }
}

@Suite struct ScriptReaderTests {
    @Test func aWholeScriptIsRead() throws {
        let profile = try audience(
            """
            viewers: 1000
              script:
                - {phase: doors, at: 0 s, for: 10 min, arrivals: ramp, share: 40%}
                - {phase: kick-off, at: 10 min, arrivals: {spike: lognormal, median: 60 s, sigma: 0.8}, share: 50%}
                - {phase: half-time, at: 55 min, leave: 30%, return: {within: 15 min, share: 80%}}
                - {phase: outage, at: 20 min, drop: {region: bergen, edge: 127.0.0.3, share: 50%}, reconnect: {within: 3 s}}
              regions: {oslo: 1, bergen: {edges: [127.0.0.2, 127.0.0.3]}}
            """)
        let script = profile.audience.script
        #expect(script.map(\.name) == ["doors", "kick-off", "half-time", "outage"])
        #expect(script.map(\.at) == [0.0, 600, 3_300, 1_200].map { .seconds($0) })
        #expect(script[0].arrivals == .ramp(over: .seconds(600)) && script[0].size == .share(0.4))
        #expect(script[0].duration == .seconds(600) && script[1].duration == nil)
        #expect(script[1].arrivals == .spike(median: .seconds(60), sigma: 0.8, over: nil))
        #expect(
            script[2].leaving
                == .init(share: 0.3, comingBack: .init(share: 0.8, delay: .uniform(from: .zero, to: .seconds(900)))))
        #expect(script[2].size == nil && script[2].drop == nil)
        let drop = try #require(script[3].drop)
        #expect(drop.share == 0.5 && drop.targets == [.init(region: 1, edge: 1, edges: 2)])
        #expect(drop.reconnect == .init(share: 1, delay: .uniform(from: .zero, to: .seconds(3))))
        // Two plans of the profile are the same, and somebody is cut off.
        let plan = AudiencePlan(settings: profile.audience, seed: profile.seed)
        #expect((0..<1_000).contains { plan.session($0).departure?.kind == .dropped })
    }

    @Test(arguments: [
        ("arrivals: ramp down, for: 60 s, share: 1", ArrivalPattern.rampDown(over: .seconds(60))),
        ("arrivals: poisson, for: 60 s, share: 1", .poisson(over: .seconds(60))),
        ("for: 60 s, share: 1", .constant(over: .seconds(60))), ("share: 1", .atOnce),
        (
            "arrivals: {spike: lognormal, median: 5 s}, for: 60 s, share: 1",
            .spike(median: .seconds(5), sigma: 1, over: .seconds(60))
        ),
    ])
    func aPhasesArrivals(_ text: String, _ expected: ArrivalPattern) throws {
        let profile = try audience("{viewers: 10, script: [{phase: a, at: 1 s, \(text)}]}")
        #expect(profile.script.map(\.arrivals) == [expected])
    }

    @Test(arguments: [
        ("rate: 5/s, for: 1 min", 300), ("viewers: 7", 7), ("arrivals: {ramp: {from: 0, to: 10/s}}, for: 1 min", 300),
        ("arrivals: {steps: [1/s, 60/min, 4/s]}, for: 1 min", 120), ("arrivals: {curve: last-year.csv}", 1_000),
        ("arrivals: {curve: last-year.csv}, for: 10 s", 500), ("arrivals: {curve: jump.csv}", 600),
    ])
    func phasesWithNumbersSayHowManyViewersThereAre(_ text: String, _ expected: Int) throws {
        let profile = try audience("{script: [{phase: a, at: 0 s, \(text)}, {phase: b, at: 9 s, viewers: 3}]}")
        #expect(profile.viewers == expected + 3)
        let more = try audience("{script: [{phase: a, at: 0 s, \(text)}]}", viewers: 77)
        #expect(more.viewers == 77)
        let plan = AudiencePlan(settings: profile.audience, seed: 1)
        #expect((0..<plan.viewers).filter { plan.session($0).phase == 0 }.count == expected)
    }

    @Test func arrivalsWithoutAScriptHaveTheSameForms() throws {
        #expect(try audience("{arrivals: {curve: last-year.csv}}").viewers == 1_000)
        #expect(try audience("{viewers: 5, arrivals: {curve: last-year.csv}}").viewers == 5)
        #expect(try audience("{viewers: 9, arrivals: poisson, rate: 3/s}").arrivals == .poisson(over: .seconds(3)))
        #expect(try audience("{viewers: 9, arrivals: ramp down, over: 3 s}").arrivals == .rampDown(over: .seconds(3)))
        let spike = try audience("{viewers: 9, arrivals: {spike: lognormal, median: 4 s, sigma: 0.5}, over: 20 s}")
        #expect(spike.arrivals == .spike(median: .seconds(4), sigma: 0.5, over: .seconds(20)))
        #expect(try audience("{arrivals: {steps: [10/s, 0]}, over: 20 s}").viewers == 100)
    }

    @Test func oneEdgeOfSeveralRegionsBreaksInAllOfThem() throws {
        let regions = "regions: {a: {edges: [127.0.0.2]}, b: {edges: [127.0.0.3, 127.0.0.2]}}"
        let profile = try audience(
            "{viewers: 9, script: [{phase: a, at: 0 s, share: 1, drop: {edge: 127.0.0.2}}], \(regions)}")
        #expect(
            profile.script[0].drop?.targets
                == [.init(region: 0, edge: 0, edges: 1), .init(region: 1, edge: 1, edges: 2)])
        let all = try audience("{viewers: 9, script: [{phase: a, at: 0 s, share: 1, drop: 100%}]}")
        #expect(all.script[0].drop == .init())
    }

    /// One problem each, in a script's only phase.
    @Test(arguments: [
        ("at: 0 s, share: 1", "4:25: audience.script[1]: the setting 'phase', a name, is missing"),
        ("phase: 'a:b', at: 0 s, share: 1", "audience.script[1].phase: a name has 1 to 64 letters"),
        ("phase: a, share: 1", "the setting 'at' is missing: when the phase begins, such as 10 min"),
        ("phase: a, at: soon, share: 1", "audience.script[1].at: expected a duration such as 500 ms"),
        ("phase: a, at: 0 s, share: 1, for: 0 s", "audience.script[1].for: this must be longer than zero"),
        ("phase: a, at: 0 s, share: 1, arivals: ramp", "this is not a setting; did you mean 'arrivals'?"),
        ("phase: a, at: 0 s, share: 1, arrivals: slow", "expected one of: at once, constant, ramp, ramp down, poisson"),
        ("phase: a, at: 0 s, share: 1, arrivals: ramp", "arrivals: these arrivals need 'for', the length of the phase"),
        ("phase: a, at: 0 s, share: 1, arrivals: {}", "or a mapping with one of: ramp, steps, spike, curve"),
        ("phase: a, at: 0 s, share: 1, arrivals: {spike: normal, median: 1 s}", "expected lognormal, found 'normal'"),
        ("phase: a, at: 0 s, share: 1, arrivals: {spike: lognormal}", "the setting 'median' is missing: the time in"),
        ("phase: a, at: 0 s, share: 1, arrivals: {spike: lognormal, median: 1 s, sigma: 7}", "a number from 0 to 5"),
        ("phase: a, at: 0 s, share: 1, arrivals: {steps: [1/s]}", "this needs the length of the arrivals: 'for' in"),
        ("phase: a, at: 0 s, share: 1, for: 9 s, arrivals: {steps: [0, 0]}", "a rate above zero must stand here"),
        ("phase: a, at: 0 s, share: 1, for: 9 s, arrivals: {steps: [1/s, x]}", "expected a rate such as 20/s"),
        ("phase: a, at: 0 s, share: 1, for: 9 s, arrivals: {ramp: {from: 0}}", "the setting 'to' is missing"),
        ("phase: a, at: 0 s, share: 1, arrivals: {curve: none.csv}", "the file 'none.csv' cannot be read"),
        ("phase: a, at: 0 s, share: 1, arrivals: {curve: words.csv}", "line 2 is not  seconds,arrivals per second"),
        ("phase: a, at: 0 s, share: 1, arrivals: {curve: back.csv}", "time goes back in line 3"),
        ("phase: a, at: 0 s, share: 1, arrivals: {curve: nobody.csv}", "nobody comes at all"),
        ("phase: a, at: 0 s, share: 1, arrivals: {curve: short.csv}", "at least two lines with numbers"),
        ("phase: a, at: 0 s, share: 1, arrivals: {curve: bytes.csv}", "at least two lines with numbers"),
        ("phase: a, at: 0 s, share: 1, viewers: 3", "give either 'share', 'rate' or 'viewers', not two of them"),
        ("phase: a, at: 0 s, rate: 3/s", "a rate needs 'for', the length of the phase"),
        ("phase: a, at: 0 s, rate: 0.001/s, for: 1 s", "this brings nobody"),
        ("phase: a, at: 0 s, rate: 1000000/s, for: 1 h", "this brings more than 10000000 viewers"),
        ("phase: a, at: 0 s, for: 9 s, arrivals: poisson", "how many come? Give the phase a 'share', 'rate' or"),
        ("phase: a, at: 0 s", "no phase brings anybody; give at least one a 'share', 'rate' or 'viewers'"),
        ("phase: a, at: 0 s, share: 1, leave: 130%", "expected a share of 0% to 100%, found '130%'"),
        ("phase: a, at: 0 s, share: 1, return: {within: 1 s}", "there is no 'leave' to return from"),
        ("phase: a, at: 0 s, share: 1, leave: 1%, return: {}", "when do they come back? Expected {within: 15 min}"),
        ("phase: a, at: 0 s, share: 1, leave: 1%, return: {within: 1 s, lognormal: {}}", "expected {within: 15 min}"),
        ("phase: a, at: 0 s, share: 1, leave: 1%, return: {lognormal: 3 s}", "expected a mapping as in {within"),
        ("phase: a, at: 0 s, share: 1, leave: 1%, return: {weibull: {shape: 1}}", "the setting 'scale' is missing"),
        ("phase: a, at: 0 s, share: 1, reconnect: {within: 1 s}", "there is no 'drop' to come back after"),
        ("phase: a, at: 0 s, share: 1, drop: some", "expected a share of 0% to 100%, or a mapping, found 'some'"),
        ("phase: a, at: 0 s, share: 1, drop: {region: alll}", "expected one of: all, found 'alll'"),
        ("phase: a, at: 0 s, share: 1, drop: {edge: 127.0.0.1}", "no edges are known by address; name them in"),
    ])
    func aProblemOfAPhaseIsToldAtItsPlace(_ text: String, _ expected: String) {
        let found = complaints("{viewers: 5, script: [{\(text)}]}")
        #expect(found.contains { $0.contains(expected) }, "\(found)")
        // A phase that brings nobody because of what is wrong with its arrivals is not blamed twice for that.
        #expect(found.count <= 2, "\(found)")
    }

    @Test(arguments: [
        ("{viewers: 5, script: []}", "audience.script: at least one phase must stand here"),
        ("{viewers: 5, script: x}", "expected a phase such as {phase: doors, at: 0 s"),
        ("{script: [{phase: a, at: 0 s, share: 1}]}", "audience: the setting 'viewers' is missing"),
        (
            "{viewers: 5, script: [{phase: a, at: 0 s, viewers: 6}]}",
            "bring 6 viewers; leave 'viewers' out, or make it fit"
        ),
        (
            "{viewers: 7, script: [{phase: a, at: 0 s, viewers: 6}]}",
            "bring 6 viewers; leave 'viewers' out, or make it fit"
        ),
        ("{viewers: 5, over: 1 s, script: [{phase: a, at: 0 s, share: 1}]}", "the script says who comes when"),
        (
            "{viewers: 5, script: [{phase: a, at: 0 s, share: 1}, {phase: a, at: 1 s, share: 1}]}",
            "audience.script[2]: there are two phases 'a'"
        ),
        ("{viewers: 5, arrivals: {curve: last-year.csv}, rate: 3/s}", "take 'rate' away"),
        ("{arrivals: {spike: lognormal, median: 3 s}}", "audience: the setting 'viewers' is missing"),
        ("{viewers: 5, popularity: {zipf: 9}}", "audience.popularity.zipf: expected a number from 0 to 5, found '9'"),
        ("{viewers: 5, popularity: {}}", "the setting 'zipf' is missing"),
        ("{viewers: 5, popularity: {zipf: 1}, streams: {main: 1}}", "give either 'streams' or 'popularity', not both"),
        ("{viewers: 5, watch: {weibull: {scale: 1 s, shape: 0}}}", "expected a number from 0.1 to 10, found '0'"),
    ])
    func aProblemOfTheWholeIsToldAtItsPlace(_ text: String, _ expected: String) {
        let found = complaints(text)
        #expect(found.contains { $0.contains(expected) }, "\(found)")
        #expect(found.count == 1, "\(found)")
    }

    @Test func aScriptHasABoundedLength() {
        let phases = (0...100).map { "{phase: p\($0), at: \($0) s, share: 1}" }.joined(separator: ", ")
        #expect(
            complaints("{viewers: 5, script: [\(phases)]}").contains {
                $0.contains("at most 100 phases, and here are 101")
            })
    }

    @Test func popularityGivesTheStreamsTheirWeights() throws {
        let profile = try audience("{viewers: 5, popularity: {zipf: 1}}")
        #expect(profile.streams.map(\.weight) == [1, 0.5])
    }
}

@Suite struct BehaviourReaderTests {
    @Test func aWholeBehaviourIsRead() throws {
        let behaviour = try audience(
            """
            viewers: 5
              behaviour:
                pauses: {rate: 2/h, length: 90 s}
                seeks: {rate: 1/min, distance: {exponential: {mean: 10 s}}, back: 75%}
                live rewinds: {rate: 0.5/h, distance: 20 s, for: {uniform: {from: 1 s, to: 2 s}}}
                zapping: {rate: 20/h, first: 5 min, popularity: {zipf: 1}}
                startup patience: measured
                rebuffer patience: {grace: 1 s, per second: 2%}
                rejoin: {attempts: 2, share: 50%, delay: 3 s}
            """
        ).audience.behaviour.settings
        #expect(behaviour.pauses == .init(rate: 2, length: .fixed(.seconds(90))))
        #expect(behaviour.seeks == .init(rate: 60, distance: .exponential(mean: .seconds(10)), back: 0.75))
        #expect(
            behaviour.rewinds
                == .init(
                    rate: 0.5, distance: .fixed(.seconds(20)), staying: .uniform(from: .seconds(1), to: .seconds(2))))
        #expect(behaviour.zapping == .init(rate: 20, first: .seconds(300), weights: [1, 0.5]))
        #expect(behaviour.startupPatience == .init())
        #expect(behaviour.rebufferPatience?.grace == .seconds(1) && behaviour.rebufferPatience?.hazard == 0.02)
        #expect(behaviour.rejoin == .init(attempts: 2, share: 0.5, delay: .fixed(.seconds(3))))
    }

    @Test func withoutABehaviourViewersOnlyWatch() throws {
        #expect(try audience("{viewers: 5}").behaviour == ViewerBehaviour())
        #expect(try audience("{viewers: 5, behaviour: {startup patience: none}}").behaviour == ViewerBehaviour())
    }

    @Test(arguments: [
        ("pauses: {}", "audience.behaviour.pauses: the setting 'rate' is missing: how often, such as 2/h"),
        ("pauses: 3", "audience.behaviour.pauses: expected a mapping such as {rate: 2/h}"),
        ("pauses: {rate: 2}", "expected a rate such as 2/h or 1/min, at most 3600/h, found '2'"),
        ("pauses: {rate: 2/s}", "expected a rate such as 2/h or 1/min, at most 3600/h, found '2/s'"),
        ("pauses: {rate: 2/h, length: long}", "pauses.length: expected a duration, or one of {uniform: {from, to}}"),
        ("seeks: {rate: 2/h, back: 2}", "seeks.back: expected a share of 0% to 100%, found '2'"),
        ("seeks: {rate: 2/h, distance: {}}", "seeks.distance: expected a duration, or one of"),
        ("live rewinds: {rate: 2/h, fr: 2 s}", "this is not a setting; did you mean 'for'?"),
        ("zapping: {rate: 2/h, first: 0 s}", "zapping.first: this must be longer than zero"),
        ("startup patience: typical", "expected measured, none, or a mapping, found 'typical'"),
        ("startup patience: {until: 1 s}", "'until' (1 s) is before 'grace' (2 s) is over"),
        ("rebuffer patience: {per second: 0%}", "expected a share above 0%, up to 100%, found '0%'"),
        ("rejoin: {attempts: 0}", "rejoin.attempts: expected a whole number from 1 to 100, found '0'"),
        ("rejoin: yes", "rejoin: expected a mapping such as {attempts: 3}"),
        ("zaping: {rate: 2/h}", "audience.behaviour.zaping: this is not a setting; did you mean 'zapping'?"),
    ])
    func aProblemIsToldAtItsPlace(_ text: String, _ expected: String) {
        let found = complaints("{viewers: 5, behaviour: {\(text)}}")
        #expect(found.contains { $0.contains(expected) }, "\(found)")
        #expect(found.count == 1, "\(found)")
    }

    @Test func nobodyZapsWhereThereIsOneStream() {
        let found = complaints(
            "{viewers: 5, behaviour: {zapping: {rate: 2/h}}}", streams: "{m: 'http://127.0.0.1/a.mpd'}")
        #expect(found.count == 1 && found.first?.contains("there is no other stream to go to") == true, "\(found)")
    }
}
