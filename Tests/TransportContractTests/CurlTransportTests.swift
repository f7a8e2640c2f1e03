import CurlTransport
import Quantities
import Testing
import Transport

/// What only the real transport can show.
@Suite struct CurlTransportTests {
    /// Runs a check on the first loop of a group.
    static func onLoop(
        _ settings: CurlTransportSettings = CurlTransportSettings(),
        check: @escaping @Sendable (CurlLoop) async throws -> Void
    ) async throws {
        let group = try CurlLoopGroup(loops: 1, settings: settings)
        defer { group.shutDown() }
        let loop = group.loops[0]
        try await Task(executorPreference: loop) { try await check(loop) }.value
        let statistics = loop.statistics()
        #expect(statistics.transfersOpen == 0)
        #expect(statistics.connectionsOpen == 0)
        #expect(statistics.channelsOpen == 0)
    }

    static func answer(_ body: [UInt8], _ headers: String = "") -> [UInt8] {
        Array("HTTP/1.1 200 OK\r\nContent-Length: \(body.count)\r\n\(headers)\r\n".utf8) + body
    }

    /// "hello hello hello hello", compressed by gzip.
    static let gzip: [UInt8] = [
        0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x57,
        0xc8, 0x40, 0x27, 0x01, 0xe3, 0x51, 0x3d, 0x8d, 0x17, 0x00, 0x00, 0x00,
    ]

    @Test func gzipIsDecodedForKeptBodiesAndTheWireIsCounted() async throws {
        let server = try #require(
            ScriptedServer { seen in
                let isAsked = seen.header("accept-encoding") == "gzip"
                return [
                    .send(
                        Self.answer(
                            isAsked ? Self.gzip : Array("plain".utf8), isAsked ? "Content-Encoding: gzip\r\n" : ""))
                ]
            })
        defer { server.stop() }
        let base = "http://127.0.0.1:\(server.port)"
        try await Self.onLoop { loop in
            let channel = loop.openChannel(ChannelSettings())
            defer { channel.close() }
            let kept = try await channel.get(base + "/a", id: 0).get()
            #expect(String(decoding: kept.body, as: UTF8.self) == "hello hello hello hello")
            #expect(kept.bytes == ByteCount(Self.gzip.count))
            // Neither for media nor for a part of something.
            #expect(try await channel.get(base + "/a", id: 1, body: .discard).get().bytes == ByteCount(5))
            let part = TransferRequest(
                uri: base + "/a", byteRange: ByteRange(offset: 0, length: 5), body: .keep(limit: ByteCount(9)))
            channel.begin(part, as: TransferID(2))
            #expect(try await channel.ended(2).get().body == Array("plain".utf8))
            // The limit is one of decoded bytes.
            let small = try await channel.get(base + "/a", id: 3, body: .keep(limit: ByteCount(22)))
            guard case .failure(let failure) = small else { throw UnexpectedEvent() }
            #expect(failure.error == .bodyTooLarge(limit: ByteCount(22)))
        }
    }

    /// nginx's `$body_bytes_sent` counts the framing of chunks; so do we.
    @Test func chunkedBodiesAreCountedWithTheirFraming() async throws {
        let chunks = "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        let server = try #require(
            ScriptedServer { seen in
                switch seen.path {
                case "/slow":
                    [.send(Array(head.utf8))]
                        + chunks.utf8.flatMap { [ServerStep.send([$0]), .pause(milliseconds: 1)] }
                case "/plain": [.send(Self.answer(Array("hello world".utf8)))]
                default: [.send(Array((head + chunks).utf8))]
                }
            })
        defer { server.stop() }
        let base = "http://127.0.0.1:\(server.port)"
        try await Self.onLoop { loop in
            let channel = loop.openChannel(ChannelSettings())
            defer { channel.close() }
            for (number, path) in ["/a", "/slow", "/plain", "/a"].enumerated() {
                let result = try await channel.get(base + path, id: UInt32(number)).get()
                #expect(String(decoding: result.body, as: UTF8.self) == "hello world")
                #expect(result.bytes == ByteCount(path == "/plain" ? 11 : chunks.utf8.count), "\(path)")
            }
        }
    }

    @Test func onlyAllowedHostsAreContacted() async throws {
        let server = try #require(ScriptedServer { _ in [.send(Self.answer([1]))] })
        defer { server.stop() }
        let port = server.port
        try await Self.onLoop(CurlTransportSettings(allowedHosts: ["cdn.test", "127.0.0.1:\(port)"])) { loop in
            let channel = loop.openChannel(ChannelSettings())
            defer { channel.close() }
            #expect(try await channel.get("http://127.0.0.1:\(port)/a", id: 0).get().status == 200)
            let others = [
                "http://localhost:\(port)/a": "localhost", "http://127.0.0.2:\(port)/": "127.0.0.2",
                "http://cdn.test@evil.test/": "evil.test", "http://127.0.0.1:1/": "127.0.0.1",
            ]
            for (number, (uri, host)) in others.enumerated() {
                guard case .failure(let failure) = try await channel.get(uri, id: 1 + UInt32(number)) else {
                    throw UnexpectedEvent()
                }
                #expect(failure.error == .hostNotAllowed(host: host))
            }
        }
        #expect(server.requests.count == 1)
    }

    @Test func namesAreLookedUpOnceAndPinnedAddressesNotAtAll() async throws {
        let server = try #require(
            ScriptedServer { seen in [.send(Self.answer(Array((seen.header("host") ?? "").utf8)))] })
        defer { server.stop() }
        let port = server.port
        try await Self.onLoop { loop in
            let pinned = ["edge.example.com:\(port)": "127.0.0.1"]
            let first = loop.openChannel(ChannelSettings(pinnedAddresses: pinned))
            let second = loop.openChannel(ChannelSettings())
            defer {
                first.close()
                second.close()
            }
            let edge = try await first.get("http://edge.example.com:\(port)/a", id: 0).get()
            #expect(String(decoding: edge.body, as: UTF8.self) == "edge.example.com:\(port)")
            #expect(edge.remoteAddress == "127.0.0.1")
            #expect(loop.statistics().nameLookups == 0)
            for (number, channel) in [first, second, first].enumerated() {
                let result = try await channel.get("http://localhost:\(port)/a", id: 1 + UInt32(number)).get()
                #expect(String(decoding: result.body, as: UTF8.self) == "localhost:\(port)")
            }
            #expect(loop.statistics().nameLookups == 1)
            // Another channel's pin is no business of this one.
            let limits = TransferTimeouts(connect: .seconds(5 as Int64))
            guard
                case .failure(let failure) = try await second.get(
                    "http://edge.unknown.invalid:\(port)/a", id: 9, timeouts: limits)
            else { throw UnexpectedEvent() }
            #expect([.nameLookup(host: "edge.unknown.invalid"), .timeout(.connect)].contains(failure.error))
        }
    }

    @Test func aConnectionThatTheServerClosedIsMadeAgainAndCounted() async throws {
        let server = try #require(ScriptedServer { _ in [.send(Self.answer([1]))] })
        defer { server.stop() }
        let uri = "http://127.0.0.1:\(server.port)/a"
        try await Self.onLoop { loop in
            let channel = loop.openChannel(ChannelSettings())
            defer { channel.close() }
            #expect(try await channel.get(uri, id: 0).get().connectionReused == false)
            #expect(try await channel.get(uri, id: 1).get().connectionReused)
            server.closeConnections()
            try await channel.rest(milliseconds: 30)
            #expect(try await channel.get(uri, id: 2).get().connectionReused == false)
            let statistics = loop.statistics()
            #expect(statistics.reconnectsAfterServerClose == 1)
            #expect(statistics.reconnectsUncaused == 0)
            #expect(statistics.connectionsOpened == 2)
        }
    }

    @Test func headersThatWouldBreakTheRequestAreRefused() async throws {
        let server = try #require(
            ScriptedServer { seen in [.send(Self.answer(Array((seen.header("cookie") ?? "-").utf8)))] })
        defer { server.stop() }
        let uri = "http://127.0.0.1:\(server.port)/a"
        try await Self.onLoop { loop in
            let channel = loop.openChannel(ChannelSettings())
            defer { channel.close() }
            let bad = [("X", "a\r\nY: b"), ("X Y", "a"), ("", "a"), ("X:", "a"), ("X", "\0")]
            for (number, (name, value)) in bad.enumerated() {
                let request = TransferRequest(uri: uri, headers: [HTTPHeader(name: name, value: value)])
                channel.begin(request, as: TransferID(UInt32(number)))
                let failure = try await channel.failed(UInt32(number))
                #expect(failure.error.label == "unsupported")
            }
            let cookie = TransferRequest(
                uri: uri, headers: [HTTPHeader(name: "Cookie", value: "a=1")], body: .keep(limit: ByteCount(99)))
            channel.begin(cookie, as: TransferID(20))
            #expect(try await channel.ended(20).get().body == Array("a=1".utf8))
        }
        #expect(server.requests.count == 1)
    }

    @Test func headersBeyondTheLimitEndTheTransfer() async throws {
        let server = try #require(
            ScriptedServer { _ in [.send(Self.answer([1], "X: " + String(repeating: "x", count: 5_000) + "\r\n"))] })
        defer { server.stop() }
        let uri = "http://127.0.0.1:\(server.port)/a"
        try await Self.onLoop { loop in
            let channel = loop.openChannel(ChannelSettings(headerLimit: .kibibytes(4)))
            defer { channel.close() }
            guard case .failure(let failure) = try await channel.get(uri, id: 0) else { throw UnexpectedEvent() }
            #expect(failure.error == .malformedResponse(detail: "the response's headers have more than 4096 bytes"))
        }
    }

    @Test func whatTheLibraryCannotDoIsSaid() async throws {
        try await Self.onLoop { loop in
            let channel = loop.openChannel(ChannelSettings(version: .http3))
            defer { channel.close() }
            guard case .failure(let failure) = try await channel.get("https://127.0.0.1:1/", id: 0) else {
                throw UnexpectedEvent()
            }
            // Where libcurl has HTTP/3 there is just nobody at that port.
            #expect(["unsupported", "connect", "timeout-connect"].contains(failure.error.label))
        }
    }

    @Test func manyChannelsLeaveNothingBehind() async throws {
        let server = try #require(ScriptedServer { _ in [.send(Self.answer([1, 2, 3]))] })
        defer { server.stop() }
        let uri = "http://127.0.0.1:\(server.port)/a"
        try await Self.onLoop { loop in
            await withTaskGroup(of: Int.self) { group in
                for _ in 0..<200 {
                    group.addTask {
                        let channel = loop.openChannel(ChannelSettings())
                        defer { channel.close() }
                        var done = 0
                        for number in 0..<5 as Range<UInt32> {
                            if let result = try? await channel.get(uri, id: number).get(), result.bytes.count == 3 {
                                done += 1
                            }
                        }
                        return done
                    }
                }
                var total = 0
                for await done in group { total += done }
                #expect(total == 1_000)
            }
            #expect(loop.statistics().connectionsOpened == 200)
            #expect(loop.statistics().reconnectsUncaused == 0)
        }
        #expect(server.connections == 200)
    }

    @Test func shuttingDownTellsSessionsThatStillWait() async throws {
        let server = try #require(ScriptedServer { _ in [.hang] })
        defer { server.stop() }
        let uri = "http://127.0.0.1:\(server.port)/a"
        let group = try CurlLoopGroup(loops: 2)
        let loop = group.loops[1]
        let task = Task(executorPreference: loop) { () -> [String] in
            let channel = loop.openChannel(ChannelSettings())
            defer { channel.close() }
            // No limit may end the transfer first, however busy the machine.
            let patience = TransferTimeouts(firstByte: .seconds(600), stalled: .seconds(600), total: .seconds(600))
            channel.begin(TransferRequest(uri: uri, timeouts: patience), as: TransferID(0))
            var seen: [String] = []
            for _ in 0..<2 {
                switch await channel.nextEvent() {
                case .transferFinished(_, .failure(let failure)): seen.append(failure.error.label)
                case .transferFinished: seen.append("finished")
                case .chunkArrived: seen.append("chunk")
                case .alarm: seen.append("alarm")
                case .taskCancelled: seen.append("task cancelled")
                }
            }
            return seen
        }
        while server.requests.isEmpty { await Task.yield() }
        group.shutDown()
        #expect(await task.value == ["cancelled", "task cancelled"])
        group.shutDown()
        #expect(loop.statistics().transfersOpen == 0)
    }
}
