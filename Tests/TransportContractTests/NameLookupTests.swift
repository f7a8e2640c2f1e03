import CurlTransport
import Glibc
import Quantities
import Synchronization
import Testing
import Transport

/// Names by a DNS server of a region's own, and source addresses.
///
/// Integration: servers on loopback.
@Suite(.serialized) struct NameLookupTests {
    static func answer(_ question: NameServer.Question, _ number: Int) -> NameAnswer {
        guard question.kind == 1 else { return .records([]) }
        switch question.name {
        case "cdn.test": return .records([(1, 60, [127, 0, 0, 1])])
        case "short.test": return .records([(1, 1, [127, 0, 0, number == 1 ? 1 : 2])])
        // "cdn" and a pointer to the question's "test".
        case "alias.test": return .records([(5, 60, [3, 0x63, 0x64, 0x6E, 0xC0, 18])])
        case "large.test": return .onlyOverTCP([(1, 60, [127, 0, 0, 1])])
        case "late.test": return number == 1 ? .silence : .records([(1, 60, [127, 0, 0, 1])])
        case "spread.test":
            return .records([(1, 60, [127, 0, 0, 1]), (1, 60, [127, 0, 0, 2]), (1, 60, [127, 0, 0, 3])])
        case "broken.test": return .failure
        default: return .missing
        }
    }

    /// Answers on every loopback address with the peer's own.
    static func play(_ check: @escaping @Sendable (CurlLoopGroup, NameServer, UInt16) async throws -> Void) async throws
    {
        let names = try #require(NameServer(answer: answer))
        defer { names.stop() }
        let server = try #require(ScriptedServer(address: "0.0.0.0") { _ in [.send(CurlTransportTests.answer([1]))] })
        defer { server.stop() }
        let group = try CurlLoopGroup(loops: 2)
        defer { group.shutDown() }
        try await check(group, names, server.port)
    }

    static func settings(_ names: NameServer, place: Double = 0) -> ChannelSettings {
        var settings = ChannelSettings()
        settings.resolver = .server("127.0.0.1:\(names.port)")
        settings.place = place
        return settings
    }

    static func get(_ loop: CurlLoop, _ settings: ChannelSettings, _ uri: String) async -> Result<
        TransferResult, FailedTransfer
    > {
        await Task(executorPreference: loop) {
            let channel = loop.openChannel(settings)
            defer { channel.close() }
            channel.begin(TransferRequest(uri: uri), as: TransferID(0))
            guard case .transferFinished(_, let result) = await channel.nextEvent() else {
                return .failure(FailedTransfer(error: .badURI, timings: TransferTimings(begun: .zero, total: .zero)))
            }
            return result
        }.value
    }

    @Test func theServersAnswersAreUsedAndKept() async throws {
        try await Self.play { group, names, port in
            for name in ["cdn.test", "alias.test", "large.test", "late.test"] {
                let result = try await Self.get(group.loops[0], Self.settings(names), "http://\(name):\(port)/").get()
                #expect(result.remoteAddress == "127.0.0.1", "\(name)")
            }
            #expect(names.questions.contains { $0.name == "large.test" && $0.isStream })
            let before = names.questions.count
            // The other loop has the answers too, and the system's lookup is another matter.
            for loop in group.loops {
                _ = try await Self.get(loop, Self.settings(names), "http://cdn.test:\(port)/").get()
            }
            #expect(names.questions.count == before)
            guard
                case .failure(let failure) = await Self.get(
                    group.loops[1], ChannelSettings(), "http://cdn.test:\(port)/")
            else { throw UnexpectedEvent() }
            #expect(failure.error == .nameLookup(host: "cdn.test"))
            #expect(names.questions.count == before)
        }
    }

    @Test func answersHoldForTheirTimeToLive() async throws {
        try await Self.play { group, names, port in
            let (loop, settings, uri) = (group.loops[0], Self.settings(names), "http://short.test:\(port)/")
            #expect(try await Self.get(loop, settings, uri).get().remoteAddress == "127.0.0.1")
            #expect(try await Self.get(loop, settings, uri).get().remoteAddress == "127.0.0.1")
            try await Task.sleep(for: .milliseconds(1_100))
            #expect(try await Self.get(loop, settings, uri).get().remoteAddress == "127.0.0.2")
        }
    }

    @Test func namesThatAreNotAreErrorsAndKeptForAMoment() async throws {
        try await Self.play { group, names, port in
            for name in ["nowhere.test", "broken.test"] {
                for _ in 0..<5 {
                    guard
                        case .failure(let failure) = await Self.get(
                            group.loops[0], Self.settings(names), "http://\(name):\(port)/")
                    else { throw UnexpectedEvent() }
                    #expect(failure.error == .nameLookup(host: name))
                }
                #expect(names.questions.count { $0.name == name && $0.kind == 1 } <= 6)
            }
        }
    }

    @Test func viewersAreSpreadOverTheAddresses() async throws {
        try await Self.play { group, names, port in
            var seen: [String: Int] = [:]
            for viewer in 0..<9 {
                let settings = Self.settings(names, place: Double(viewer) / 9)
                let result = try await Self.get(group.loops[viewer % 2], settings, "http://spread.test:\(port)/").get()
                seen[result.remoteAddress, default: 0] += 1
            }
            #expect(seen == ["127.0.0.1": 3, "127.0.0.2": 3, "127.0.0.3": 3])
            #expect(names.questions.count { $0.name == "spread.test" && $0.kind == 1 } == 1)
        }
    }

    @Test func sourceAddressesAreBoundAndTheirErrorsNamed() async throws {
        let seen = Shared<[String]>([])
        let server = try #require(
            ScriptedServer(onPeer: { peer in seen.value.withLock { $0.append(peer) } }) { _ in
                [.send(CurlTransportTests.answer([1]))]
            })
        defer { server.stop() }
        let group = try CurlLoopGroup(loops: 1)
        defer { group.shutDown() }
        for address in ["127.0.0.5", "127.0.0.6"] {
            var settings = ChannelSettings()
            settings.sourceAddress = address
            _ = try await Self.get(group.loops[0], settings, "http://127.0.0.1:\(server.port)/").get()
        }
        #expect(seen.value.withLock { $0 } == ["127.0.0.5", "127.0.0.6"])
        var settings = ChannelSettings()
        settings.sourceAddress = "192.0.2.77"
        guard
            case .failure(let failure) = await Self.get(
                group.loops[0], settings, "http://127.0.0.1:\(server.port)/"),
            case .connect(let detail) = failure.error
        else { throw UnexpectedEvent() }
        #expect(detail.hasPrefix("cannot connect from 192.0.2.77: "), "\(detail)")
    }

    /// Thousands of viewers on one name, of whom each asks at once: a handful of lookups and threads.
    @Test func manyViewersShareOneLookup() async throws {
        try await Self.play { group, names, port in
            let before = Self.threads()
            let most = Shared(0)
            // Nobody listens there: what counts is the name.
            let dead = try #require(unusedPort())
            await withTaskGroup(of: Void.self) { tasks in
                for viewer in 0..<2_000 {
                    let loop = group.loops[viewer % 2]
                    let settings = Self.settings(names, place: Double(viewer) / 2_000)
                    tasks.addTask(executorPreference: loop) {
                        let channel = loop.openChannel(settings)
                        defer { channel.close() }
                        channel.begin(TransferRequest(uri: "http://late.test:\(dead)/"), as: TransferID(0))
                        _ = await channel.nextEvent()
                        if viewer % 100 == 0 { most.value.withLock { $0 = max($0, Self.threads()) } }
                    }
                }
            }
            #expect(group.loops.map { $0.statistics().nameLookups }.reduce(0, +) == 1)
            // A and AAAA, and A once more because the first was lost.
            #expect(names.questions.count <= 6)
            #expect(most.value.withLock { $0 } <= before + 8)
            _ = port
        }
    }

    static func threads() -> Int {
        guard let file = fopen("/proc/self/status", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, Int32(line.count), file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            if text.hasPrefix("Threads:") { return Int(text.dropFirst(8).filter(\.isNumber)) ?? 0 }
        }
        return 0
    }
}

/// A value that several tasks change.
final class Shared<Value: Sendable>: Sendable {
    let value: Mutex<Value>
    init(_ value: Value) { self.value = Mutex(value) }
}
