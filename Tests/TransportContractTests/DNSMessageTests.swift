import Quantities
import Testing

@testable import CurlTransport

@Suite struct DNSMessageTests {
    static let question = DNSQuestion(labels: ["cdn", "example"].map { Array($0.utf8) }, kind: .ipv4)
    /// `cdn.example` as it stands in a message.
    static let name: [UInt8] = [3, 0x63, 0x64, 0x6E, 7, 0x65, 0x78, 0x61, 0x6D, 0x70, 0x6C, 0x65, 0]

    /// A head with counts, and the question.
    static func message(
        answers: UInt8, authorities: UInt8 = 0, flags: [UInt8] = [0x81, 0x80], rest: [UInt8] = [], kind: UInt8 = 1
    ) -> [UInt8] {
        [0xAB, 0xCD] + flags + [0, 1, 0, answers, 0, authorities, 0, 0] + name + [0, kind, 0, 1] + rest
    }

    /// A record whose owner is the question's name, by a pointer to offset 12.
    static func record(owner: [UInt8] = [0xC0, 12], kind: UInt8, lifetime: UInt8, data: [UInt8]) -> [UInt8] {
        owner + [0, kind, 0, 1, 0, 0, 0, lifetime, 0, UInt8(data.count)] + data
    }

    static func reply(_ bytes: [UInt8]) -> DNSReply? { DNSReader.reply(bytes, to: question, id: 0xABCD) }

    @Test func questionsAreWrittenAsTheRFCSays() throws {
        let question = try #require(DNSQuestion(host: "CDN.example.", kind: .ipv6))
        #expect(
            question.message(id: 0x1234) == [0x12, 0x34, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0] + Self.name + [
                0, 28, 0, 1,
            ])
        for host in ["", ".", "a..b", String(repeating: "x", count: 64) + ".y", String(repeating: "a.", count: 130)] {
            #expect(DNSQuestion(host: host, kind: .ipv4) == nil, "\(host)")
        }
    }

    @Test func addressesComeWithTheLeastLifetime() {
        let rest =
            Self.record(kind: 1, lifetime: 60, data: [192, 0, 2, 1])
            + Self.record(kind: 1, lifetime: 30, data: [192, 0, 2, 2])
        #expect(
            Self.reply(Self.message(answers: 2, rest: rest))
                == .addresses([[192, 0, 2, 1], [192, 0, 2, 2]], lifetime: 30))
    }

    @Test func aliasesAreFollowed() {
        // cdn.example → e.example (its "example" by a pointer to offset 16) → 192.0.2.9; the order does not matter.
        let alias: [UInt8] = [1, 0x65, 0xC0, 16]
        let target = Self.record(owner: [1, 0x45, 0xC0, 16], kind: 1, lifetime: 200, data: [192, 0, 2, 9])
        let rest = target + Self.record(kind: 5, lifetime: 20, data: alias)
        #expect(Self.reply(Self.message(answers: 2, rest: rest)) == .addresses([[192, 0, 2, 9]], lifetime: 20))
        // Only the alias: the caller must ask on.
        let only = Self.record(kind: 5, lifetime: 20, data: alias)
        #expect(
            Self.reply(Self.message(answers: 1, rest: only))
                == .alias([Array("e".utf8), Array("example".utf8)], lifetime: 20))
        // An alias of itself is nothing.
        let circle = Self.record(kind: 5, lifetime: 20, data: [0xC0, 12])
        #expect(Self.reply(Self.message(answers: 1, rest: circle)) == .missing(exists: true, lifetime: 0))
    }

    @Test func whatDoesNotExistHasTheZonesLifetime() {
        // SOA: two names (root), serial, refresh, retry, expire, minimum 25.
        let soa = [UInt8](repeating: 0, count: 2 + 16) + [0, 0, 0, 25]
        let rest = Self.record(kind: 6, lifetime: 40, data: soa)
        #expect(
            Self.reply(Self.message(answers: 0, authorities: 1, flags: [0x81, 0x83], rest: rest))
                == .missing(exists: false, lifetime: 25))
        #expect(Self.reply(Self.message(answers: 0)) == .missing(exists: true, lifetime: 0))
    }

    @Test func otherMessagesAreNoAnswer() {
        let good = Self.message(answers: 1, rest: Self.record(kind: 1, lifetime: 9, data: [1, 2, 3, 4]))
        #expect(Self.reply(good) == .addresses([[1, 2, 3, 4]], lifetime: 9))
        #expect(DNSReader.reply(good, to: Self.question, id: 0xABCE) == nil)
        #expect(Self.reply(Self.message(answers: 0, flags: [0x01, 0x00])) == nil)
        #expect(Self.reply(Self.message(answers: 0, kind: 28)) == nil)
        #expect(Self.reply(Self.message(answers: 1)) == nil)
        #expect(Self.reply(Self.message(answers: 0, flags: [0x83, 0x80])) == .truncated)
        #expect(Self.reply(Self.message(answers: 0, flags: [0x81, 0x82])) == .refused(code: 2))
        // A pointer to itself, one forward, and a class that is not the Internet's.
        for owner in [[0xC0, 29], [0xC0, 200], [0xC0]] as [[UInt8]] {
            let rest = Self.record(owner: owner, kind: 1, lifetime: 9, data: [1, 2, 3, 4])
            #expect(Self.reply(Self.message(answers: 1, rest: rest)) == nil)
        }
        var chaos = Self.record(kind: 1, lifetime: 9, data: [1, 2, 3, 4])
        chaos[5] = 3
        #expect(Self.reply(Self.message(answers: 1, rest: chaos)) == .missing(exists: true, lifetime: 0))
    }

    @Test func randomChangesNeverCrash() {
        var random = SeededGenerator(seed: 5)
        let alias: [UInt8] = [1, 0x65, 0xC0, 16]
        let base = Self.message(
            answers: 3,
            rest: Self.record(kind: 5, lifetime: 20, data: alias)
                + Self.record(owner: [0xC0, 41], kind: 1, lifetime: 8, data: [1, 2, 3, 4])
                + Self.record(kind: 6, lifetime: 8, data: [UInt8](repeating: 0, count: 22)))
        var answered = 0
        for _ in 0..<50_000 {
            var bytes = base
            for _ in 0..<Int(random.next() % 6) {
                bytes[12 + Int(random.next() % UInt64(bytes.count - 12))] = UInt8(truncatingIfNeeded: random.next())
            }
            if random.next() % 4 == 0 { bytes.removeLast(Int(random.next() % UInt64(bytes.count))) }
            if Self.reply(bytes) != nil { answered += 1 }
        }
        #expect(answered > 1_000)
    }
}

@Suite struct SocketAddressTests {
    @Test func serversAreAddressesPerhapsWithAPort() {
        for text in ["192.0.2.53", "127.0.0.1:5353", "2001:db8::1", "[2001:db8::1]", "[::1]:53"] {
            #expect(AddressCheck.isServer(text), "\(text)")
        }
        for text in [
            "", "dns.example", "192.0.2", "192.0.2.53:0", "192.0.2.53:x", "[::1", "[::1]53", "::1]:53", "[1.2.3.4]:5",
        ] {
            #expect(!AddressCheck.isServer(text), "\(text)")
        }
    }

    @Test func sourcesAreTried() throws {
        #expect(AddressCheck.problem(withSource: "127.0.0.3") == nil)
        let foreign = try #require(AddressCheck.problem(withSource: "192.0.2.7"))
        #expect(foreign.hasPrefix("cannot connect from 192.0.2.7: "))
        #expect(try #require(AddressCheck.problem(withSource: "eth0")).contains("no IP address"))
    }

    @Test func viewersAreSpreadOverAddressesOfEachFamily() {
        let list = ["2001:db8::1", "2001:db8::2", "192.0.2.1", "192.0.2.2", "192.0.2.3"]
        #expect(CurlChannel.rotated(list, to: 0) == list)
        #expect(
            CurlChannel.rotated(list, to: 0.5)
                == ["2001:db8::2", "2001:db8::1", "192.0.2.2", "192.0.2.3", "192.0.2.1"])
        #expect(CurlChannel.rotated(list, to: 0.999).last == "192.0.2.2")
        #expect(CurlChannel.rotated(list, to: .nan) == list)
        let firsts = (0..<300).map { CurlChannel.rotated(Array(list[2...]), to: Double($0) / 300)[0] }
        #expect(Set(firsts).map { first in firsts.count { $0 == first } } == [100, 100, 100])
    }
}
