import Testing
import Transport

@testable import RunProfile

@Suite struct RegionReaderTests {
    private static func text(_ regions: String, viewers: Int = 5) -> String {
        """
        name: a
        streams: {main: "http://localhost/a.m3u8"}
        audience: {viewers: \(viewers), regions: \(regions)}
        """
    }

    @Test func everythingIsRead() throws {
        let regions = try ProfileReader.read(
            Self.text(
                """
                {oslo: {share: 60%, edges: [192.0.2.1, "2001:db8::1"], source addresses: [127.0.0.2, 127.0.0.3]},
                 bergen: {share: 40%, resolver: system, label: west-1}, tromsø: {resolver: "192.0.2.53:5353"}, x: 3}
                """), file: "p.yaml"
        ).regions
        #expect(
            regions == [
                .init(
                    name: "oslo", weight: 0.6, edges: ["192.0.2.1", "2001:db8::1"],
                    sourceAddresses: ["127.0.0.2", "127.0.0.3"]),
                .init(name: "bergen", weight: 0.4, edges: [], machineLabel: "west-1"),
                .init(name: "tromsø", weight: 1, edges: [], resolver: .server("192.0.2.53:5353")),
                .init(name: "x", weight: 3, edges: []),
            ])
    }

    @Test(arguments: ["192.0.2.53", "192.0.2.53:53", "2001:db8::53", "[2001:db8::53]:5353", "[2001:db8::53]"])
    func aResolverIsRead(_ address: String) throws {
        let profile = try ProfileReader.read(Self.text("{a: {resolver: \"\(address)\"}}"), file: "p.yaml")
        #expect(profile.regions[0].resolver == .server(address))
    }

    @Test(arguments: [
        "dns.example", "192.0.2", "192.0.2.53:", "192.0.2.53:0", "192.0.2.53:70000", "[::1", "[::1]x", "[1.2.3.4]:53",
        ":53",
    ])
    func aWrongResolverIsTold(_ address: String) {
        let found = problems(Self.text("{a: {resolver: \"\(address)\"}}"))
        #expect(found.count == 1 && found[0].contains("audience.regions.a.resolver: expected system, or the address"))
    }

    @Test(arguments: [
        ("{a: {edges: [192.0.2.1], resolver: system}}", "a.resolver: give either 'edges' or 'resolver', not both"),
        ("{a: {source addresses: [here]}}", "a.source addresses[1]: expected an IP address, found 'here'"),
        ("{a: {label: 'two words'}}", "a.label: expected a word"),
    ])
    func aProblemIsTold(_ regions: String, _ expected: String) {
        let found = problems(Self.text(regions))
        #expect(found.count == 1 && found.first?.contains(expected) == true, "\(found)")
    }

    @Test func whoAsksOthersForTheNameOfThisMachineMayNotSendACrowd() {
        #expect(problems(Self.text("{a: 1}", viewers: 100)) == [])
        let found = problems(Self.text("{a: {resolver: 192.0.2.53}}", viewers: 100))
        #expect(found.count == 1 && found[0].contains("100 viewers may not be sent to localhost"))
    }

    @Test func laddersAreRead() throws {
        let text = """
            name: a
            streams: {main: {uri: "http://localhost/a.m3u8", bitrates: [3400 kbit/s 1280x720, 550 kbit/s, 1.4 Mbit/s]}}
            audience: {viewers: 1}
            """
        let ladder = try ProfileReader.read(text, file: "p.yaml").streams[0].ladder
        #expect(ladder.map(\.bitRate.kilobits) == [550, 1_400, 3_400])
        #expect(ladder.map { $0.size?.text } == [nil, nil, "1280x720"])
        #expect(LadderTrack.ladder("3400:1280x720, 550") == [ladder[0], ladder[2]])
        for wrong in ["", "a", "1,,2", "0", "-5", "3400:720", "3400:1x2:3", "inf", "nan"] {
            #expect(LadderTrack.ladder(wrong) == nil, "\(wrong)")
        }
        #expect(problems(text.replacing("550 kbit/s", with: "550")).count == 1)
    }
}
