import Access
import Quantities
import Testing

@testable import RunProfile

@Suite struct ProbeReaderTests {
    private func profile(_ probes: String) throws -> RunProfile {
        try ProfileReader.read(
            """
            name: gate
            streams: {main: http://127.0.0.1:8080/live/a/master.m3u8}
            access:
              token: {scheme: akamai-edge-auth, key: "env:EDGE_KEY", paths: /live/*, lifetime: 60 s}
              probes: \(probes)
            audience: {viewers: 2}
            """, file: "gate.yaml")
    }

    private func problems(_ probes: String) -> [String] {
        do {
            _ = try profile(probes)
            return []
        } catch {
            return (error as? ProfileError)?.problems.map(\.message) ?? ["\(error)"]
        }
    }

    @Test func allIsEveryKindButShared() throws {
        let probes = try #require(try profile("all").probes)
        #expect(Set(probes.shares.keys) == Set(GateProbe.allCases).subtracting([.shared]))
        #expect(Set(probes.shares.values) == [0.01])
        #expect(probes.interval == .seconds(30) && probes.leeway == .seconds(2) && !probes.redirectsRefuse)
    }

    @Test func sharesAndSettingsAreRead() throws {
        let probes = try #require(
            try profile(
                "{all: 2%, shared: 5%, none: 100%, every: 10 s, leeway: 5 s, refused: [404, 451], redirects: refused}"
            ).probes)
        #expect(probes.shares[.shared] == 0.05 && probes.shares[.noToken] == 1 && probes.shares[.tampered] == 0.02)
        #expect(probes.interval == .seconds(10) && probes.leeway == .seconds(5) && probes.redirectsRefuse)
        #expect(probes.refusedStatuses == [404, 451])
        #expect(probes.names.first == "none" && probes.names.count == 10)
        #expect(try profile("{expired in play: 1%}").probes?.shares == [.expiredInPlay: 0.01])
    }

    @Test func withoutProbesNothingIsTried() throws {
        let text = try ProfileReader.read(
            "name: a\nstreams: {main: http://127.0.0.1/a.m3u8}\naudience: {viewers: 1}", file: "a")
        #expect(text.probes == nil)
    }

    @Test(arguments: [
        ("some", "expected all, or a mapping"), ("{none: 3}", "expected a share of the viewers"),
        ("{none: 101%}", "expected a share of the viewers"), ("{tamperd: 1%}", "did you mean 'tampered'?"),
        ("{every: 10 s}", "no kind of probe stands here"),
        ("{all: 1%, refused: 500}", "a whole number from 400 to 499"),
        ("{all: 1%, every: 0}", "longer than zero"), ("{all: 1%, redirects: maybe}", "one of: followed, refused"),
    ])
    func whatIsWrongIsSaid(_ text: String, _ expected: String) {
        #expect(problems(text).contains { $0.contains(expected) }, "\(problems(text))")
    }
}
