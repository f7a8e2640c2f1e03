import CurlTransport
import Quantities
import Testing
import Transport

/// Transfers over a link, against a server that would give more.
///
/// Integration: real time on loopback.
@Suite(.serialized) struct LinkTests {
    static func settings(_ trace: LinkTrace, household: UInt64 = 1, offset: TimeAmount = .zero) -> ChannelSettings {
        var settings = ChannelSettings()
        settings.link = LinkAttachment(trace, offset: offset, household: household)
        return settings
    }

    static func constant(_ megabits: Double, delay: Int64 = 0) -> LinkTrace {
        LinkTrace(name: "constant", rate: .megabits(megabits), delay: .milliseconds(delay))
    }

    /// A trace that begins now.
    static func now(_ loop: CurlLoop) -> TimeAmount { .zero - (loop.now - .zero) + .seconds(3_600) }

    /// Serves `/N`: N bytes at once.
    static let script: ScriptedServer.Script = { seen in
        let words = seen.path.split(separator: "/")
        let count = words.first.flatMap { Int($0) } ?? 0
        let head = "HTTP/1.1 200 OK\r\n"
        switch words.count > 1 ? words[1] : "" {
        case "empty": return [.send(Array("HTTP/1.1 204 No Content\r\n\r\n".utf8))]
        case "cut":
            let body = [UInt8](repeating: 7, count: count / 2)
            return [.send(Array("\(head)Content-Length: \(count)\r\n\r\n".utf8) + body), .close]
        case "chunked":
            let piece = Array("2710\r\n".utf8) + [UInt8](repeating: 7, count: 10_000) + Array("\r\n".utf8)
            let body = (0..<count / 10_000).flatMap { _ in piece } + Array("0\r\n\r\n".utf8)
            return [.send(Array("\(head)Transfer-Encoding: chunked\r\n\r\n".utf8) + body)]
        case "gzip":
            return [.send(CurlTransportTests.answer(CurlTransportTests.gzip, "Content-Encoding: gzip\r\n"))]
        default: return [.send(CurlTransportTests.answer([UInt8](repeating: 7, count: count)))]
        }
    }

    static func play(_ check: @escaping @Sendable (CurlLoop, String) async throws -> Void) async throws {
        let server = try #require(ScriptedServer(script: script))
        defer { server.stop() }
        let base = "http://127.0.0.1:\(server.port)"
        try await CurlTransportTests.onLoop { loop in try await check(loop, base) }
    }

    @Test(arguments: [
        ("/250000", TransferRequest.Body.discard), ("/250000", .keep(limit: .mebibytes(1))),
        ("/250000", .measureChunks), ("/250000/chunked", .discard), ("/250000/chunked", .keep(limit: .mebibytes(1))),
    ])
    func bodiesTakeTheTimeOfTheLink(path: String, body: TransferRequest.Body) async throws {
        try await Self.play { loop, base in
            let channel = loop.openChannel(Self.settings(Self.constant(2)))
            defer { channel.close() }
            for number in 0..<2 as Range<UInt32> {
                let result = try await channel.get(base + path, id: number, body: body).get()
                // 250 kB at 2 Mbit/s, less the 50 ms that a short gap may have saved.
                #expect(result.timings.total.seconds > 0.93 && result.timings.total.seconds < 1.4)
                #expect(result.timings.firstByte < .milliseconds(150))
                #expect(result.bytes.count == (path.hasSuffix("chunked") ? 250_000 + 25 * 8 + 5 : 250_000))
                if case .keep = body { #expect(result.body == [UInt8](repeating: 7, count: 250_000)) }
            }
        }
    }

    @Test func smallBodiesTakeTheirTimeToo() async throws {
        try await Self.play { loop, base in
            let channel = loop.openChannel(Self.settings(Self.constant(0.4)))
            defer { channel.close() }
            for number in 0..<3 as Range<UInt32> {
                let result = try await channel.get(base + "/10000", id: number).get()
                #expect(result.timings.total.seconds > 0.19 && result.timings.total.seconds < 0.35)
                // The link has had nothing to do for a while, and saves nothing up.
                try await channel.rest(milliseconds: 300)
            }
            // Encoded: what counts is the wire, 28 bytes.
            let encoded = try await channel.get(base + "/0/gzip", id: 9).get()
            #expect(String(decoding: encoded.body, as: UTF8.self) == "hello hello hello hello")
            #expect(encoded.bytes == ByteCount(CurlTransportTests.gzip.count))
            #expect(encoded.timings.total < .milliseconds(200))
        }
    }

    @Test func theFirstByteIsDelayedWhateverTheBody() async throws {
        try await Self.play { loop, base in
            let channel = loop.openChannel(Self.settings(Self.constant(8, delay: 200)))
            defer { channel.close() }
            for (number, path) in ["/100000", "/0/empty", "/10", "/0"].enumerated() {
                let start = channel.now
                channel.begin(TransferRequest(uri: base + path), as: TransferID(UInt32(number)))
                try await channel.rest(milliseconds: 100)
                let early = try #require(channel.progress(of: TransferID(UInt32(number))))
                #expect(early == TransferProgress(bytes: .zero, firstByte: nil))
                let result = try await channel.ended(UInt32(number)).get()
                let body = path == "/100000" ? 0.1 : 0
                #expect(result.timings.firstByte.seconds >= 0.2 && result.timings.firstByte.seconds < 0.3)
                #expect(result.timings.total.seconds >= 0.2 + body * 0.97)
                #expect(result.timings.total.seconds < 0.35 + body)
                #expect(result.timings.connect < .milliseconds(100))
                #expect(channel.now - start >= result.timings.total - .milliseconds(1))
            }
        }
    }

    @Test func aHouseholdSharesItsLinkFairly() async throws {
        try await Self.play { loop, base in
            let channels = (0..<3).map { _ in loop.openChannel(Self.settings(Self.constant(3), household: 7)) }
            let other = loop.openChannel(Self.settings(Self.constant(3), household: 8))
            defer { for channel in channels + [other] { channel.close() } }
            let start = loop.now
            for channel in channels { channel.begin(TransferRequest(uri: base + "/2000000"), as: TransferID(0)) }
            other.begin(TransferRequest(uri: base + "/2000000"), as: TransferID(0))
            try await channels[0].rest(milliseconds: 2_000)
            let span = (loop.now - start).seconds
            let bytes = channels.map { Double($0.progress(of: TransferID(0))?.bytes.count ?? 0) }
            let whole = 3e6 / 8 * span
            #expect(bytes.reduce(0, +) <= whole * 1.01)
            #expect(bytes.reduce(0, +) > whole * 0.8)
            for part in bytes { #expect(abs(part / bytes.reduce(0, +) - 1.0 / 3) < 0.06, "\(bytes)") }
            let alone = Double(other.progress(of: TransferID(0))?.bytes.count ?? 0)
            #expect(alone > whole * 0.8 && alone <= whole * 1.01)
        }
    }

    @Test func theTransfersOfOneChannelShareItsLink() async throws {
        try await Self.play { loop, base in
            let channel = loop.openChannel(Self.settings(Self.constant(4)))
            defer { channel.close() }
            let start = channel.now
            channel.begin(TransferRequest(uri: base + "/400000"), as: TransferID(0))
            channel.begin(TransferRequest(uri: base + "/100000"), as: TransferID(1))
            // Half of 500 kB/s each, until the small one has all; counted from its first byte, because a busy server may
            // answer the one later than the other, and wait for the pause that is under way then.
            let small = try await channel.ended(1).get().timings
            let span = (small.total - small.firstByte).seconds
            #expect(span > 0.18 && span < 0.75, "\(small)")
            _ = try await channel.ended(0).get()
            let both = (channel.now - start).seconds
            #expect(both > 0.93 && both < 1.5)
        }
    }

    @Test func changesOfTheRateAreFollowed() async throws {
        let trace = LinkTrace(
            name: "steps",
            steps: [
                .init(duration: .seconds(2), rate: .megabits(1)), .init(duration: .seconds(2), rate: .megabits(8)),
                .init(duration: .seconds(3_596), rate: .megabits(2)),
            ])
        try await Self.play { loop, base in
            let channel = loop.openChannel(Self.settings(trace, offset: Self.now(loop)))
            defer { channel.close() }
            let start = channel.now
            channel.begin(TransferRequest(uri: base + "/4000000"), as: TransferID(0))
            var seen: [(at: TimeAmount, bytes: Double)] = []
            for _ in 0..<120 {
                try await channel.rest(milliseconds: 50)
                let bytes = channel.progress(of: TransferID(0))?.bytes.count ?? 0
                seen.append((channel.now - start, Double(bytes)))
            }
            channel.cancel(TransferID(0))
            _ = try await channel.failed(0)
            // At each instant no more than the trace has carried, and no less than it had half a second before.
            for (at, bytes) in seen {
                let most = trace.carried(from: .zero, to: at + .milliseconds(30))
                let least = trace.carried(from: .zero, to: at - .milliseconds(500))
                #expect(bytes <= most * 1.01 + 2_000, "\(at): \(bytes) of \(most)")
                #expect(bytes >= least * 0.97, "\(at): \(bytes) of \(least)")
            }
        }
    }

    @Test func nothingArrivesInAnOutageAndTheLimitsCount() async throws {
        let trace = LinkTrace(
            name: "outage",
            steps: [
                .init(duration: .seconds(0.5), rate: .megabits(2)), .init(duration: .seconds(1.5), rate: .zero),
                .init(duration: .seconds(3_598), rate: .megabits(2)),
            ])
        try await Self.play { loop, base in
            let channel = loop.openChannel(Self.settings(trace, offset: Self.now(loop)))
            defer { channel.close() }
            let start = channel.now
            channel.begin(TransferRequest(uri: base + "/250000"), as: TransferID(0))
            channel.begin(
                TransferRequest(uri: base + "/250000", timeouts: TransferTimeouts(stalled: .milliseconds(700))),
                as: TransferID(1))
            try await channel.rest(milliseconds: 900)
            let before = try #require(channel.progress(of: TransferID(0))).bytes
            #expect(before.count > 30_000 && before.count < 126_000)
            // One that is begun in the outage is not even sent; its limits run.
            let limits = TransferTimeouts(connect: .milliseconds(150))
            channel.begin(TransferRequest(uri: base + "/10", timeouts: limits), as: TransferID(2))
            let late = try await channel.failed(2)
            #expect([.timeout(.connect), .timeout(.firstByte)].contains(late.error))
            let stalled = try await channel.failed(1)
            #expect(stalled.error == .timeout(.stalled))
            #expect(try #require(channel.progress(of: TransferID(0))).bytes == before)
            let result = try await channel.ended(0).get()
            let total = (channel.now - start).seconds
            #expect(result.bytes == ByteCount(250_000))
            // 0.5 s shared with the one that stalled, 1.5 s of nothing, then the rest.
            #expect(total > 2.45 && total < 3.0)
        }
    }

    @Test func whatIsPausedIsCancelledClosedAndBroken() async throws {
        try await Self.play { loop, base in
            let slow = Self.constant(0.2)
            for round in 0..<4 {
                let channel = loop.openChannel(Self.settings(slow))
                channel.begin(TransferRequest(uri: base + "/2000000"), as: TransferID(0))
                channel.begin(TransferRequest(uri: base + "/100000/chunked"), as: TransferID(1))
                try await channel.rest(milliseconds: 300)
                if round % 2 == 0 {
                    channel.cancel(TransferID(0))
                    let failure = try await channel.failed(0)
                    #expect(failure.error == .cancelled(received: failure.bytes))
                    // 25 kB/s for 0.3 s, shared by two.
                    #expect(failure.bytes.count > 1_000 && failure.bytes.count < 7_600, "\(failure)")
                    #expect(failure.status == 200)
                }
                channel.close()
            }
            // The server goes away in the middle; what it had sent comes first, at the link's pace.
            let channel = loop.openChannel(Self.settings(Self.constant(2)))
            defer { channel.close() }
            let result = try await channel.get(base + "/100000/cut", id: 0)
            guard case .failure(let cut) = result else { throw UnexpectedEvent() }
            #expect(cut.error == .truncated(received: ByteCount(50_000)))
            #expect(cut.timings.total.seconds > 0.18 && cut.timings.total.seconds < 0.5)
            let total = TransferTimeouts(total: .milliseconds(300))
            guard case .failure(let late) = try await channel.get(base + "/250000", id: 1, timeouts: total) else {
                throw UnexpectedEvent()
            }
            #expect(late.error == .timeout(.total))
            // 250 kB/s, and 50 ms that a short gap may have saved.
            #expect(late.bytes.count > 40_000)
            #expect(Double(late.bytes.count) < 250_000 * (late.timings.total.seconds + 0.05) * 1.01)
            let small = try await channel.get(base + "/250000", id: 2, body: .keep(limit: ByteCount(20_000)))
            guard case .failure(let large) = small else { throw UnexpectedEvent() }
            #expect(large.error == .bodyTooLarge(limit: ByteCount(20_000)))
            _ = try await channel.get(base + "/1000", id: 3).get()
        }
    }

    @Test func anIdleConnectionIsUsedAgainAfterPauses() async throws {
        try await Self.play { loop, base in
            let channel = loop.openChannel(Self.settings(Self.constant(8)))
            defer { channel.close() }
            for number in 0..<5 as Range<UInt32> {
                let result = try await channel.get(base + "/100000", id: number).get()
                #expect(result.connectionReused == (number > 0))
                try await channel.rest(milliseconds: 20)
            }
            #expect(loop.statistics().connectionsOpened == 1)
            #expect(loop.statistics().reconnectsUncaused == 0)
            #expect(loop.statistics().reconnectsAfterServerClose == 0)
        }
    }
}
