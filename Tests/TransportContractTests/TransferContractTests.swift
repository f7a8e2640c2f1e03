import Quantities
import Testing
import Transport

/// How transfers begin and end, over each transport.
@Suite struct TransferContractTests {
    /// Answers at once, or as the path says.
    static let script: Stage.Script = { seen in
        let words = seen.path.split(separator: "/")
        let number = words.count > 1 ? Int(words[1]) ?? 0 : 0
        return switch words.first {
        case "delay": Reply(200, "late", delay: number)
        case "stall": Reply(200, "0123456789", course: .stalls(after: ByteCount(number)))
        case "cut": Reply(200, "0123456789", course: .truncated(after: ByteCount(number)))
        case "silence": Reply(course: .neverAnswers)
        case "nonsense": Reply(course: .malformed)
        default: Reply(200, "ok")
        }
    }

    @Test(arguments: TransportKind.allCases) func everyTransferIsReportedOnce(kind: TransportKind) async throws {
        try await Stage.play(kind, script: Self.script) { stage in
            let channel = stage.open(ChannelSettings(parallelTransfers: 3))
            defer { channel.close() }
            let paths = ["/a", "/cut/4", "/delay/30", "/a", "/nonsense", "/stall/3", "/delay/10", "/a"]
            let limits = TransferTimeouts(stalled: .milliseconds(150))
            for (number, path) in paths.enumerated() {
                channel.begin(TransferRequest(uri: stage.base + path, timeouts: limits), as: TransferID(UInt32(number)))
            }
            channel.begin(TransferRequest(uri: "ftp://example.com/"), as: TransferID(8))
            var seen: [TransferID] = []
            for _ in 0...8 {
                guard case .transferFinished(let id, _) = await channel.nextEvent() else { throw UnexpectedEvent() }
                seen.append(id)
            }
            #expect(seen.map(\.number).sorted() == Array(0...8))
            try await channel.rest(milliseconds: 50)
        }
    }

    @Test(arguments: TransportKind.allCases) func eventsComeInTheOrderInWhichTheyHappen(kind: TransportKind)
        async throws
    {
        try await Stage.play(kind, script: Self.script) { stage in
            let channel = stage.open(ChannelSettings(parallelTransfers: 3))
            defer { channel.close() }
            for (number, delay) in [240, 80].enumerated() {
                channel.begin(
                    TransferRequest(uri: stage.base + "/delay/\(delay)"), as: TransferID(UInt32(number)))
            }
            channel.setAlarm(at: channel.now + .milliseconds(160))
            _ = try await channel.ended(1).get()
            guard case .alarm = await channel.nextEvent() else { throw UnexpectedEvent() }
            _ = try await channel.ended(0).get()
        }
    }

    @Test(arguments: TransportKind.allCases) func oneMoreThanTheLimitWaitsForItsTurn(kind: TransportKind) async throws {
        try await Stage.play(kind, script: Self.script) { stage in
            let channel = stage.open(ChannelSettings(parallelTransfers: 2))
            defer { channel.close() }
            for number in 0..<4 as Range<UInt32> {
                channel.begin(TransferRequest(uri: stage.base + "/delay/100"), as: TransferID(number))
            }
            var spans: [TransferID: TimeAmount] = [:]
            for _ in 0..<4 {
                guard case .transferFinished(let id, let result) = await channel.nextEvent() else {
                    throw UnexpectedEvent()
                }
                spans[id] = try result.get().timings.total
            }
            #expect(spans.values.count { $0 < .milliseconds(190) } == 2)
            #expect(try #require(spans[TransferID(2)]) >= .milliseconds(200))
            #expect(try #require(spans[TransferID(3)]) >= .milliseconds(200))
        }
    }

    @Test(arguments: TransportKind.allCases) func aTransferIsCancelled(kind: TransportKind) async throws {
        try await Stage.play(kind, script: Self.script) { stage in
            let channel = stage.open(ChannelSettings(parallelTransfers: 1))
            defer { channel.close() }
            channel.begin(TransferRequest(uri: stage.base + "/stall/4"), as: TransferID(0))
            channel.begin(TransferRequest(uri: stage.base + "/a"), as: TransferID(1))
            // One that waits for its turn.
            channel.cancel(TransferID(1))
            #expect(try await channel.failed(1).error == .cancelled(received: .zero))
            // One in the middle of its body.
            try await channel.rest(milliseconds: 60)
            channel.cancel(TransferID(0))
            let middle = try await channel.failed(0)
            #expect(middle.error == .cancelled(received: ByteCount(4)))
            #expect(middle.bytes == ByteCount(4))
            #expect(middle.status == 200)
            // Over, unknown, and cancelled before.
            _ = try await channel.get(stage.base + "/a", id: 2).get()
            for number in [0, 1, 2, 99] as [UInt32] { channel.cancel(TransferID(number)) }
            _ = try await channel.get(stage.base + "/a", id: 3).get()
            // At once after its begin.
            channel.begin(TransferRequest(uri: stage.base + "/delay/50"), as: TransferID(4))
            channel.cancel(TransferID(4))
            #expect(try await channel.failed(4).error == .cancelled(received: .zero))
            try await channel.rest(milliseconds: 40)
        }
    }

    @Test(arguments: TransportKind.allCases) func eachLimitOfTimeEndsATransfer(kind: TransportKind) async throws {
        try await Stage.play(kind, script: Self.script) { stage in
            let channel = stage.open(ChannelSettings())
            defer { channel.close() }
            let short = TimeAmount.milliseconds(120)
            let cases: [(String, TransferTimeouts, TransferError.Phase)] = [
                (stage.slowBase + "/a", TransferTimeouts(connect: short), .connect),
                (stage.base + "/silence", TransferTimeouts(firstByte: short), .firstByte),
                (stage.base + "/stall/4", TransferTimeouts(stalled: short), .stalled),
                (stage.base + "/stall/4", TransferTimeouts(total: short), .total),
                (stage.base + "/silence", TransferTimeouts(total: short), .total),
            ]
            for (number, (uri, timeouts, phase)) in cases.enumerated() {
                channel.begin(TransferRequest(uri: uri, timeouts: timeouts), as: TransferID(UInt32(number)))
                let failure = try await channel.failed(UInt32(number))
                #expect(failure.error == .timeout(phase))
                #expect(failure.timings.total >= short)
                #expect(failure.timings.total < .milliseconds(2_000))
                #expect(failure.bytes == (uri.hasSuffix("/stall/4") ? ByteCount(4) : .zero))
            }
            // Late, but not too late.
            let limits = TransferTimeouts(connect: .milliseconds(50), firstByte: .seconds(1 as Int64), stalled: short)
            _ = try await channel.get(stage.base + "/delay/250", id: 50, timeouts: limits).get()
        }
    }

    @Test(arguments: TransportKind.allCases) func aTransferThatWaitsForItsTurnCanBeTooLate(kind: TransportKind)
        async throws
    {
        try await Stage.play(kind, script: Self.script) { stage in
            let channel = stage.open(ChannelSettings(parallelTransfers: 1))
            defer { channel.close() }
            channel.begin(TransferRequest(uri: stage.base + "/delay/250"), as: TransferID(0))
            let limits = TransferTimeouts(firstByte: .milliseconds(80))
            channel.begin(TransferRequest(uri: stage.base + "/a", timeouts: limits), as: TransferID(1))
            #expect(try await channel.failed(1).error == .timeout(.firstByte))
            _ = try await channel.ended(0).get()
        }
    }

    @Test(arguments: TransportKind.allCases) func brokenExchangesHaveTheirErrors(kind: TransportKind) async throws {
        try await Stage.play(kind, script: Self.script) { stage in
            let channel = stage.open(ChannelSettings())
            defer { channel.close() }
            guard case .failure(let cut) = try await channel.get(stage.base + "/cut/4", id: 0) else {
                throw UnexpectedEvent()
            }
            #expect(cut.error == .truncated(received: ByteCount(4)))
            #expect(cut.bytes == ByteCount(4))
            #expect(cut.status == 200)
            guard case .failure(let refused) = try await channel.get(stage.refusedBase + "/a", id: 1) else {
                throw UnexpectedEvent()
            }
            #expect(refused.error.label == "connect")
            #expect(refused.status == nil)
            guard case .failure(let nonsense) = try await channel.get(stage.base + "/nonsense", id: 2) else {
                throw UnexpectedEvent()
            }
            #expect(nonsense.error.label == "malformed-response")
            let bad = ["", "/a", "ftp://x/", "http:///a", "http://x y/", "http://x/\r\nHost: y"]
            for (number, uri) in bad.enumerated() {
                guard case .failure(let failure) = try await channel.get(uri, id: 10 + UInt32(number)) else {
                    throw UnexpectedEvent()
                }
                #expect(failure.error == .badURI, "\(uri)")
            }
        }
    }
}
