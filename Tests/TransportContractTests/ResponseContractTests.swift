import Quantities
import Synchronization
import Testing
import Transport

/// What a channel reports of responses, over each transport.
@Suite struct ResponseContractTests {
    @Test(arguments: TransportKind.allCases) func aBodyIsKeptOrCounted(kind: TransportKind) async throws {
        try await Stage.play(kind, script: { _ in Reply(200, "hello") }) { stage in
            let channel = stage.open(ChannelSettings())
            defer { channel.close() }
            let kept = try await channel.get(stage.base + "/a", id: 0, body: .keep(limit: ByteCount(5))).get()
            #expect(kept.body == Array("hello".utf8))
            #expect(kept.bytes == ByteCount(5))
            #expect(kept.status == 200)
            #expect(!kept.remoteAddress.isEmpty)
            let discarded = try await channel.get(stage.base + "/a", id: 1, body: .discard).get()
            #expect(discarded.body.isEmpty)
            #expect(discarded.bytes == ByteCount(5))
        }
    }

    @Test(arguments: TransportKind.allCases) func oneByteTooManyEndsTheTransfer(kind: TransportKind) async throws {
        try await Stage.play(kind, script: { _ in Reply(200, "hello!") }) { stage in
            let channel = stage.open(ChannelSettings())
            defer { channel.close() }
            let result = try await channel.get(stage.base + "/a", id: 0, body: .keep(limit: ByteCount(5)))
            #expect(throws: FailedTransfer.self) { try result.get() }
            guard case .failure(let failure) = result else { return }
            #expect(failure.error == .bodyTooLarge(limit: ByteCount(5)))
            #expect(failure.status == 200)
        }
    }

    @Test(arguments: TransportKind.allCases, [404, 500, 302, 204, 503])
    func everyStatusIsAResult(kind: TransportKind, status: Int) async throws {
        let script: Stage.Script = { _ in
            Reply(status, status == 204 ? "" : "text", headers: [HTTPHeader(name: "Location", value: "/elsewhere")])
        }
        try await Stage.play(kind, script: script) { stage in
            let channel = stage.open(ChannelSettings(keptHeaders: ["location"]))
            defer { channel.close() }
            let result = try await channel.get(stage.base + "/a", id: 0).get()
            #expect(result.status == status)
            #expect(result.header("location") == "/elsewhere")
        }
    }

    @Test(arguments: TransportKind.allCases)
    func everyRequestHasTheChannelsHeadersAndItsOwnWin(kind: TransportKind) async throws {
        let seen = Mutex<[SeenRequest]>([])
        let script: Stage.Script = { request in
            seen.withLock { $0.append(request) }
            return Reply(200, "")
        }
        try await Stage.play(kind, script: script) { stage in
            var settings = ChannelSettings()
            settings.headers = [
                HTTPHeader(name: "Accept-Language", value: "en-US,en;q=0.9"),
                HTTPHeader(name: "X-Who", value: "channel"),
                HTTPHeader(name: "Range", value: "bytes=0-"), HTTPHeader(name: "Accept", value: "*/*"),
            ]
            let channel = stage.open(settings)
            defer { channel.close() }
            let own: [[HTTPHeader]] = [[], [HTTPHeader(name: "x-who", value: "request")], []]
            for (number, headers) in own.enumerated() {
                channel.begin(
                    TransferRequest(uri: stage.base + "/a", headers: headers), as: TransferID(UInt32(number)))
                _ = try await channel.ended(UInt32(number)).get()
            }
        }
        let requests = seen.withLock { $0 }
        #expect(requests.count == 3)
        #expect(
            requests.map { $0.headers.filter { $0.name == "x-who" }.map(\.value) } == [
                ["channel"], ["request"], ["channel"],
            ])
        for request in requests {
            #expect(request.header("accept-language") == "en-US,en;q=0.9")
            #expect(request.header("range") == nil)
            #expect(request.headers.filter { $0.name == "accept" }.map(\.value) == ["*/*"])
        }
    }

    @Test(arguments: TransportKind.allCases) func onlyKeptHeadersAreKept(kind: TransportKind) async throws {
        let headers = [
            HTTPHeader(name: "X-Cache", value: "HIT from POP"), HTTPHeader(name: "Age", value: "7"),
            HTTPHeader(name: "X-Other", value: "no"), HTTPHeader(name: "x-cache", value: "MISS"),
        ]
        try await Stage.play(kind, script: { _ in Reply(200, "", headers: headers) }) { stage in
            let channel = stage.open(ChannelSettings(keptHeaders: ["x-cache", "age"]))
            defer { channel.close() }
            for number in 0..<2 as Range<UInt32> {
                let result = try await channel.get(stage.base + "/a", id: number).get()
                #expect(
                    result.headers == [
                        HTTPHeader(name: "x-cache", value: "HIT from POP"), HTTPHeader(name: "age", value: "7"),
                        HTTPHeader(name: "x-cache", value: "MISS"),
                    ])
            }
        }
    }

    @Test(arguments: TransportKind.allCases) func aRangeIsAskedFor(kind: TransportKind) async throws {
        let script: Stage.Script = { seen in Reply(seen.header("range") == nil ? 200 : 206, seen.header("range") ?? "")
        }
        try await Stage.play(kind, script: script) { stage in
            let channel = stage.open(ChannelSettings())
            defer { channel.close() }
            let ranges: [(ByteRange?, Int, String)] = [
                (ByteRange(offset: 100, length: 50), 206, "bytes=100-149"), (nil, 200, ""),
                (ByteRange(offset: 7, length: nil), 206, "bytes=7-"),
            ]
            for (number, (range, status, text)) in ranges.enumerated() {
                let request = TransferRequest(
                    uri: stage.base + "/a", byteRange: range, body: .keep(limit: ByteCount(100)))
                channel.begin(request, as: TransferID(UInt32(number)))
                let result = try await channel.ended(UInt32(number)).get()
                #expect(result.status == status)
                #expect(String(decoding: result.body, as: UTF8.self) == text)
            }
        }
    }

    @Test(arguments: TransportKind.allCases) func methodsHeadersAndBodiesAreSent(kind: TransportKind) async throws {
        let script: Stage.Script = { seen in
            let text = String(decoding: seen.body, as: UTF8.self)
            return Reply(
                200, "\(seen.method) \(seen.header("x-one") ?? "-") \(seen.header("content-type") ?? "-") \(text)")
        }
        try await Stage.play(kind, script: script) { stage in
            let channel = stage.open(ChannelSettings())
            defer { channel.close() }
            let one = HTTPHeader(name: "X-One", value: "1")
            let json = HTTPHeader(name: "Content-Type", value: "application/json")
            let requests: [(TransferRequest.Method, [HTTPHeader], String?, String)] = [
                (.get, [one], nil, "GET 1 - "), (.post, [one, json], "{}", "POST 1 application/json {}"),
                (.post, [], "raw", "POST - - raw"), (.get, [], nil, "GET - - "), (.put, [one], "x", "PUT 1 - x"),
                (.delete, [], nil, "DELETE - - "), (.post, [], nil, "POST - - "), (.get, [one], nil, "GET 1 - "),
            ]
            for (number, (method, headers, body, expected)) in requests.enumerated() {
                let request = TransferRequest(
                    uri: stage.base + "/a", method: method, headers: headers, requestBody: body.map { Array($0.utf8) },
                    body: .keep(limit: ByteCount(100)))
                channel.begin(request, as: TransferID(UInt32(number)))
                let result = try await channel.ended(UInt32(number)).get()
                #expect(String(decoding: result.body, as: UTF8.self) == expected)
            }
            channel.begin(TransferRequest(uri: stage.base + "/a", method: .head), as: TransferID(100))
            let head = try await channel.ended(100).get()
            #expect(head.status == 200)
            #expect(head.bytes == .zero)
            #expect(try await channel.get(stage.base + "/a", id: 101).get().bytes == ByteCount(8))
        }
    }

    @Test(arguments: TransportKind.allCases) func cookiesStayWithTheirChannel(kind: TransportKind) async throws {
        let script: Stage.Script = { seen in
            let isLogin = seen.path == "/login"
            let cookies = [
                HTTPHeader(name: "Set-Cookie", value: "token=abc; Path=/"),
                HTTPHeader(name: "Set-Cookie", value: "deep=1; Path=/deep"),
            ]
            return Reply(200, seen.header("cookie") ?? "none", headers: isLogin ? cookies : [])
        }
        try await Stage.play(kind, script: script) { stage in
            let first = stage.open(ChannelSettings(parallelTransfers: 2))
            let second = stage.open(ChannelSettings())
            defer {
                first.close()
                second.close()
            }
            _ = try await first.get(stage.base + "/login", id: 0).get()
            // Two at once, so that both of the channel's handles are seen to share the cookies.
            let request = TransferRequest(uri: stage.base + "/a", body: .keep(limit: ByteCount(100)))
            first.begin(request, as: TransferID(1))
            first.begin(request, as: TransferID(2))
            for _ in 0..<2 {
                guard case .transferFinished(_, let result) = await first.nextEvent() else { throw UnexpectedEvent() }
                #expect(String(decoding: try result.get().body, as: UTF8.self) == "token=abc")
            }
            let deep = try await first.get(stage.base + "/deep/a", id: 3).get()
            #expect(String(decoding: deep.body, as: UTF8.self) == "deep=1; token=abc")
            let other = try await second.get(stage.base + "/a", id: 0).get()
            #expect(String(decoding: other.body, as: UTF8.self) == "none")
        }
    }

    @Test(arguments: TransportKind.allCases) func aStoredCookieIsSentUntilItsHostSetsAnother(kind: TransportKind)
        async throws
    {
        let script: Stage.Script = { seen in
            let cookie = HTTPHeader(name: "Set-Cookie", value: "token=theirs; Path=/")
            return Reply(200, seen.header("cookie") ?? "none", headers: seen.path == "/renew" ? [cookie] : [])
        }
        try await Stage.play(kind, script: script) { stage in
            let channel = stage.open(ChannelSettings())
            defer { channel.close() }
            let host = try #require(URIReference(stage.base).host)
            for cookie in [
                ChannelCookie(name: "token", value: "early", host: host),
                ChannelCookie(name: "token", value: "elsewhere", host: "other.example"),
                ChannelCookie(name: "bad name", value: "x", host: host),
                ChannelCookie(name: "bad", value: "x\r\nSet-Cookie: y=1", host: host),
            ] {
                channel.store(cookie)
            }
            var sent: [String] = []
            func ask(_ path: String, _ id: UInt32) async throws {
                sent.append(
                    String(decoding: try await channel.get(stage.base + path, id: id).get().body, as: UTF8.self))
            }
            try await ask("/deep/a", 0)
            channel.store(ChannelCookie(name: "token", value: "a=b~c*/", host: host))
            try await ask("/renew", 1)
            try await ask("/a", 2)
            channel.store(ChannelCookie(name: "token", value: "mine", host: host))
            try await ask("/a", 3)
            #expect(sent == ["token=early", "token=a=b~c*/", "token=theirs", "token=mine"])
        }
    }

    @Test(arguments: TransportKind.allCases) func connectionsAreUsedAgainAndTimingsGrow(kind: TransportKind)
        async throws
    {
        try await Stage.play(kind, script: { _ in Reply(200, "x", delay: 20) }) { stage in
            let channel = stage.open(ChannelSettings())
            defer { channel.close() }
            for number in 0..<3 as Range<UInt32> {
                let before = channel.now
                let result = try await channel.get(stage.base + "/a", id: number).get()
                #expect(result.connectionReused == (number > 0))
                let timings = result.timings
                #expect(timings.begun >= before && timings.ended <= channel.now)
                #expect(timings.nameLookup <= timings.connect && timings.connect <= timings.tls)
                #expect(timings.tls <= timings.firstByte && timings.firstByte <= timings.total)
                #expect(timings.firstByte >= .milliseconds(20))
            }
        }
    }
}
