import Access
import Foundation
import Quantities
import Testing

@testable import Origin

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// Integration: gates, leaks and the API on real sockets.
@Suite(.serialized) struct AccessServerTests {
    private let akamai = AkamaiEdgeAuth(key: SecretKey(bytes: Array(0..<16)), name: "hdnts")

    private func session() -> URLSession {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.httpCookieStorage = nil
        configuration.urlCache = nil
        configuration.timeoutIntervalForRequest = 20
        return URLSession(configuration: configuration)
    }

    private func send(
        _ url: String, _ session: URLSession, post body: String? = nil, headers: [String: String] = [:]
    ) async throws -> (status: Int, body: Data, headers: HTTPURLResponse) {
        var request = URLRequest(url: try #require(URL(string: url)))
        if let body {
            request.httpMethod = "POST"
            request.httpBody = Data(body.utf8)
            request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        }
        for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
        let (data, response) = try await session.data(for: request)
        let answer = try #require(response as? HTTPURLResponse)
        return (answer.statusCode, data, answer)
    }

    private func query(_ path: String, lifetime: Double = 60) throws -> String {
        let grant = TokenGrant(.paths([path]), from: OriginSettings.systemClock(), lifetime: .seconds(lifetime))
        return "?hdnts=" + (try #require(akamai.sign(grant, for: .query).value(of: "hdnts")))
    }

    @Test func aPathTokenCarriesAPlayerFromTheManifestToTheSegments() async throws {
        var settings = OriginSettings()
        let scheme = PathTicketScheme(key: "k", folders: ["/vod/a/"])
        settings.gate = TokenGate(scheme: scheme)
        let origin = try await OriginServer.start(settings)
        let session = session()
        let base = origin.edges[0].baseURL
        let token = scheme.segment(for: "/vod/a/", until: OriginSettings.systemClock() + .seconds(60))
        var url = base + "/" + token + "/vod/a/master.m3u8"
        while true {
            let answer = try await send(url, session)
            #expect(answer.status == 200)
            guard url.hasSuffix(".m3u8") else { break }
            let lines = String(decoding: answer.body, as: UTF8.self).split(separator: "\n")
            let child = try #require(lines.first { !$0.hasPrefix("#") })
            url = try #require(
                URL(string: String(child), relativeTo: URL(string: url))?.absoluteString)
            #expect(url.contains(token))
        }
        #expect(url.hasSuffix(".m4s"))
        #expect(try await send(url.replacingOccurrences(of: "/" + token, with: ""), session).status == 403)
        await origin.stop()
        #expect(origin.statistics()[0].gate[.video]?.verdicts == [.valid: 1, .missing: 1])
    }

    @Test func oneEdgeOfThreeLeaksExactlyWhatItsStatisticsSay() async throws {
        var edges = ["a", "b", "c"].map { EdgeSettings(pop: $0) }
        edges[1].gateFaults = GateFaults(open: RequestKind.segments)
        var settings = OriginSettings(edges: edges)
        settings.gate = .akamai(key: SecretKey(bytes: Array(0..<16)))
        let origin = try await OriginServer.start(settings)
        let session = session()
        var leaks = 0
        let good = try query("/vod/a/*")
        let expired = try query("/vod/a/*", lifetime: -60)
        for edge in origin.edges {
            for path in ["master.m3u8", "audio/index.m3u8", "audio/init.mp4", "audio/1.m4s", "video-400k/1.m4s"] {
                #expect(try await send(edge.baseURL + "/vod/a/" + path + good, session).status == 200)
                for query in ["", expired] {
                    let answer = try await send(
                        edge.baseURL + "/vod/a/" + path + query, session, headers: ["Range": "bytes=0-1"])
                    if answer.status == 206 { leaks += 1 } else { #expect(answer.status == 403) }
                }
            }
        }
        await origin.stop()
        let statistics = origin.statistics()
        #expect(leaks == 6 && statistics.map(\.leaks) == [0, 6, 0])
        #expect(statistics[1].gate[.video]?.leaked == [.missing: 1, .expired: 1])
        #expect(statistics[1].gate[.playlist]?.refused == 2 && statistics[0].gate[.audio]?.refused == 2)
    }

    @Test func aViewerRedeemsPlaysRefreshesAndLeaves() async throws {
        var settings = OriginSettings()
        settings.gate = TokenGate(scheme: akamai)
        settings.entitlements = EntitlementSettings()
        let origin = try await OriginServer.start(settings)
        let http = session()
        let base = origin.edges[0].baseURL
        func call(_ name: String, _ body: String, _ session: String? = nil) async throws -> (Int, [String: Any]) {
            let headers = session.map { ["Authorization": "Bearer " + $0] } ?? [:]
            let answer = try await send(base + "/api/" + name, http, post: body, headers: headers)
            return (answer.status, try JSONSerialization.jsonObject(with: answer.body) as? [String: Any] ?? [:])
        }
        let (status, fields) = try await call("redeem", #"{"ticket": "row-1", "url": "\#(base)/vod/a/master.m3u8"}"#)
        #expect(status == 200)
        #expect(try await send(try #require(fields["url"] as? String), http).status == 200)
        let session = try #require(fields["session"] as? String)
        #expect(try await call("heartbeat", "{}", session).0 == 200)
        let refreshed = try await call("refresh", "", session)
        let token = try #require(refreshed.1["token"] as? String)
        #expect(try await send(base + "/vod/a/master.m3u8?hdnts=" + token, http).status == 200)
        #expect(try await call("redeem", #"{"ticket": "row-1"}"#).0 == 409)
        #expect(try await call("redeem", #"{"ticket": "sold-out-9"}"#).1["error"] as? String == "sold-out")
        #expect(try await call("leave", "", session).0 == 200)
        #expect(try await call("heartbeat", "", session).0 == 401)
        #expect(try await send(base + "/vod/a/master.m3u8", http, post: "{}").status == 405)
        await origin.stop()
        let calls = try #require(origin.entitlements()?.calls)
        #expect(calls[.redeem] == [200: 1, 409: 1, 403: 1] && calls[.heartbeat] == [200: 1, 401: 1])
        #expect(origin.statistics()[0].resources[.entitlement] == 7 && origin.entitlements()?.tokens == 2)
    }

    @Test func aHugeBodyIsRefusedAndTheConnectionGoesOn() async throws {
        var settings = OriginSettings()
        settings.gate = TokenGate(scheme: akamai)
        settings.entitlements = EntitlementSettings()
        settings.entitlements?.delay = .milliseconds(20)
        let origin = try await OriginServer.start(settings)
        let body = String(repeating: "x", count: 300_000)
        let huge = "POST /api/redeem HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n" + body
        let chunk = "POST /api/redeem HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        let pieces = #"{"ticket": "#.count
        let split = String(pieces, radix: 16) + "\r\n{\"ticket\": \r\n4\r\n\"t\"}\r\n0\r\n\r\n"
        let last = "POST /api/none HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"
        let answer = await RawExchange.send(huge + chunk + split + last, port: origin.edges[0].port)
        await origin.stop()
        let text = String(decoding: answer, as: UTF8.self)
        let statuses = text.split(separator: "HTTP/1.1 ").map { $0.prefix(3) }
        #expect(statuses == ["413", "200", "404"])
        #expect(origin.entitlements()?.calls == [.redeem: [413: 1, 200: 1]])
    }
}
