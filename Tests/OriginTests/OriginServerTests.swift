import Access
import Foundation
import Quantities
import Synchronization
import Testing

@testable import Origin

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// Integration: real sockets on loopback, ports of the system's choice.
@Suite(.serialized) struct OriginServerTests {
    private func session() -> URLSession {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.urlCache = nil
        configuration.timeoutIntervalForRequest = 20
        return URLSession(configuration: configuration)
    }

    private func get(
        _ url: String, _ session: URLSession, headers: [String: String] = [:]
    ) async throws -> (status: Int, body: Data, headers: HTTPURLResponse) {
        var request = URLRequest(url: try #require(URL(string: url)))
        for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
        let (data, response) = try await session.data(for: request)
        let answer = try #require(response as? HTTPURLResponse)
        return (answer.statusCode, data, answer)
    }

    @Test func everyEdgeServesAndCountsWhatItServed() async throws {
        var settings = OriginSettings(
            edges: [EdgeSettings(pop: "osl1"), EdgeSettings(address: "127.0.0.2", pop: "bgo1")])
        let told = Mutex<[ServedRequest]>([])
        settings.onRequest = { request in told.withLock { $0.append(request) } }
        let origin = try await OriginServer.start(settings)
        #expect(origin.edges.map(\.address) == ["127.0.0.1", "127.0.0.2"])
        #expect(origin.edges.allSatisfy { $0.port > 0 })
        let session = session()
        var bytes: [Int64] = []
        for edge in origin.edges {
            var sum: Int64 = 0
            for path in ["/vod/a/master.m3u8", "/vod/a/video-6000k/1.m4s", "/vod/a/video-6000k/1.m4s", "/none"] {
                let answer = try await get(edge.baseURL + path, session)
                #expect(answer.status == (path == "/none" ? 404 : 200))
                #expect(answer.headers.value(forHTTPHeaderField: "X-POP") == edge.pop)
                sum += Int64(answer.body.count)
            }
            bytes.append(sum)
        }
        await origin.stop()
        let statistics = origin.statistics()
        #expect(statistics.map(\.pop) == ["osl1", "bgo1"])
        #expect(statistics.map(\.bytes) == bytes)
        for edge in statistics {
            #expect(edge.requests == 4 && edge.statuses == [200: 3, 404: 1])
            #expect(edge.hits == 1 && edge.misses == 2 && edge.aborted == 0)
        }
        #expect(told.withLock { $0.count } == 8)
        await #expect(throws: (any Error).self) { try await get(origin.edges[0].baseURL + "/time", session) }
    }

    @Test func bodiesArriveByteForByte() async throws {
        let origin = try await OriginServer.start(OriginSettings())
        let session = session()
        let content = SyntheticContent(ContentSettings())
        for path in [
            "/vod/a/video-6000k/2.m4s", "/vod/a/audio/2.m4s", "/vod/a/video-400k/init.mp4", "/vod/a/timeline.mpd",
        ] {
            let answer = try await get(origin.edges[0].baseURL + path, session)
            let address = try #require(content.address(of: path))
            let expected = try #require(content.object(at: address, now: .seconds(0.0)))
            #expect(Array(answer.body) == expected.bytes, "\(path)")
            #expect(answer.headers.value(forHTTPHeaderField: "Content-Type") == expected.mediaType)
            let part = try await get(origin.edges[0].baseURL + path, session, headers: ["Range": "bytes=100-299"])
            #expect(part.status == 206 && Array(part.body) == Array(expected.bytes[100..<300]))
        }
        await origin.stop()
    }

    @Test func aTruncatedBodyEndsEarlyAtExactlyTheCountedByte() async throws {
        var edge = EdgeSettings(pop: "osl1")
        edge.segmentFaults = FaultRates(truncated: 1)
        var settings = OriginSettings(edges: [edge])
        let told = Mutex<[ServedRequest]>([])
        settings.onRequest = { request in told.withLock { $0.append(request) } }
        let origin = try await OriginServer.start(settings)
        for number in 0..<10 {
            let track = number.isMultiple(of: 2) ? "audio" : "video-6000k"
            let request = "GET /vod/a/\(track)/\(number).m4s HTTP/1.1\r\nHost: a\r\n\r\n"
            let answer = await RawExchange.send(request, port: origin.edges[0].port)
            let served = try #require(told.withLock { $0.last })
            #expect(RawExchange.bodyCount(answer).map(Int64.init) == served.bytes)
            #expect(served.isTruncated && !served.isAborted && served.status == 200)
        }
        let session = session()
        await #expect(throws: URLError.self) { try await get(origin.edges[0].baseURL + "/vod/a/audio/1.m4s", session) }
        await origin.stop()
        #expect(origin.statistics()[0].truncated >= 11)
    }

    @Test func aConnectionCarriesManyRequests() async throws {
        let origin = try await OriginServer.start(OriginSettings())
        let one = "GET /vod/a/audio/1.m4s HTTP/1.1\r\nHost: a\r\nRange: bytes=0-99\r\n\r\n"
        let last = "GET /vod/a/master.m3u8 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        let answer = await RawExchange.send(String(repeating: one, count: 20) + last, port: origin.edges[0].port)
        await origin.stop()
        #expect(origin.statistics()[0].statuses == [206: 20, 200: 1])
        #expect(answer.suffix(7) == Array("x.m3u8\n".utf8)[...])
    }

    @Test func aCappedEdgeTricklesAtItsRateAfterItsDelay() async throws {
        var edge = EdgeSettings(pop: "slow1")
        edge.throughputCap = .kilobits(1_600)
        edge.firstByteDelay = .milliseconds(200)
        var settings = OriginSettings(edges: [edge])
        settings.content.sizeVariation = 0
        let origin = try await OriginServer.start(settings)
        let session = session()
        let start = ContinuousClock.now
        let answer = try await get(origin.edges[0].baseURL + "/vod/a/video-400k/1.m4s", session)
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        await origin.stop()
        #expect(answer.body.count == 200_000)
        // 200 kB at 200 kB/s after 0.2 s; a busy machine may be late and never early.
        #expect(seconds > 1.15 && seconds < 5)
    }

    @Test func responsesShareTheCapacityOfTheirEdge() async throws {
        var edge = EdgeSettings(pop: "busy1")
        edge.capacity = .megabits(6.4)
        var settings = OriginSettings(edges: [edge])
        settings.content.sizeVariation = 0
        let origin = try await OriginServer.start(settings)
        let session = session()
        let address = origin.edges[0].baseURL + "/vod/a/video-400k/"
        let start = ContinuousClock.now
        let seconds = try await withThrowingTaskGroup(of: Double.self) { group in
            for number in 1...4 {
                group.addTask {
                    let answer = try await get(address + "\(number).m4s", session)
                    #expect(answer.body.count == 200_000)
                    return (ContinuousClock.now - start) / .seconds(1)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }.sorted()
        }
        await origin.stop()
        // 800 kB at 800 kB/s, all four at once and none before the others; a busy machine may be late and never early.
        #expect(seconds[0] > 0.8 && seconds[3] > 0.93 && seconds[3] < 5)
    }

    @Test func aGatedEdgeAcceptsAQueryTokenAndItsCookie() async throws {
        let key = SecretKey(bytes: Array("0123456789abcdef".utf8))
        var settings = OriginSettings()
        settings.gate = .akamai(key: key)
        let origin = try await OriginServer.start(settings)
        let base = origin.edges[0].baseURL
        let configuration = URLSessionConfiguration.ephemeral
        configuration.httpCookieStorage = nil
        let session = URLSession(configuration: configuration)
        let scheme = AkamaiEdgeAuth(key: key, name: "hdnts")
        let grant = TokenGrant(.paths(["/live/a/*"]), from: OriginSettings.systemClock(), lifetime: .seconds(60.0))
        let url = try scheme.sign(grant, for: .query).appended(to: base + "/live/a/master.m3u8")
        let master = try await get(url, session)
        #expect(master.status == 200)
        let cookie = try #require(master.headers.value(forHTTPHeaderField: "Set-Cookie"))
        let child = base + "/live/a/audio/index.m3u8"
        let refused = try await get(child, session)
        #expect(refused.status == 403 && refused.body == Data("A token is required.\n".utf8))
        let pair = String(cookie.prefix { $0 != ";" })
        let allowed = try await get(child, session, headers: ["Cookie": pair])
        #expect(allowed.status == 200)
        await origin.stop()
        #expect(origin.statistics()[0].verdicts == [.valid: 2, .missing: 1])
    }

    @Test func stoppingEndsWhatIsUnderWay() async throws {
        var edge = EdgeSettings(pop: "slow1")
        edge.throughputCap = .kilobits(100)
        let origin = try await OriginServer.start(OriginSettings(edges: [edge, EdgeSettings(pop: "idle1")]))
        let session = session()
        _ = try await get(origin.edges[1].baseURL + "/time", session)
        let address = origin.edges[0].baseURL + "/vod/a/video-6000k/0.m4s"
        let transfer = Task { try await get(address, session).status }
        try await Task.sleep(for: .milliseconds(500))
        let start = ContinuousClock.now
        await origin.stop()
        #expect(ContinuousClock.now - start < .seconds(5))
        await #expect(throws: URLError.self) { try await transfer.value }
    }

    @Test func aCancelledStartLeavesNothingListening() async throws {
        let start = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await OriginServer.start(OriginSettings()).edges
        }
        start.cancel()
        await #expect(throws: OriginError.self) { try await start.value }
    }

    @Test func aPortInUseIsSaidInOneSentence() async throws {
        let origin = try await OriginServer.start(OriginSettings())
        let port = origin.edges[0].port
        var settings = OriginSettings(
            edges: [EdgeSettings(address: "127.0.0.3", pop: "a1"), EdgeSettings(port: port, pop: "b1")])
        await #expect(throws: OriginError.portInUse(address: "127.0.0.1", port: port)) {
            try await OriginServer.start(settings)
        }
        settings.edges = [EdgeSettings(address: "192.0.2.1", pop: "a1")]
        await #expect(throws: OriginError.addressNotAvailable(address: "192.0.2.1")) {
            try await OriginServer.start(settings)
        }
        settings.edges = [EdgeSettings(pop: "a1")]
        settings.directory = "/nonexistent/media"
        await #expect(throws: OriginError.directoryMissing(path: "/nonexistent/media")) {
            try await OriginServer.start(settings)
        }
        settings.edges = [EdgeSettings(pop: "a 1"), EdgeSettings(pop: "a 1")]
        await #expect(throws: OriginError.self) { try await OriginServer.start(settings) }
        await origin.stop()
        #expect(
            OriginError.portInUse(address: "127.0.0.1", port: 80).description
                == "Port 80 of 127.0.0.1 is in use by another program.")
    }
}
