import Audience
import Journeys
import Measurement
import Playback
import Quantities
import RunStore
import Synchronization
import Testing
import Transport

@testable import LoadTest

/// A box office and a small stream on one raw server.
private final class BoxOffice: Sendable {
    struct State {
        var requests: [String] = []
        var heartbeats = 0
    }

    let state = Mutex(State())

    /// All request heads, in order of arrival, with bodies.
    var requests: [String] { state.withLock { $0.requests } }

    func requests(to path: String) -> [String] {
        requests.filter { $0.split(separator: " ").dropFirst().first?.hasPrefix(path) == true }
    }

    /// Answers: tickets that begin with `good` are worth a token; heartbeats are refused after so many.
    func reply(to request: String, heartbeats limit: Int = .max, licence: String = "200 OK") -> String {
        let target = request.split(separator: " ").dropFirst().first.map(String.init) ?? ""
        let count = state.withLock { state -> Int in
            state.requests.append(request)
            if target.hasPrefix("/heartbeat") { state.heartbeats += 1 }
            return state.heartbeats
        }
        switch target.split(separator: "?").first ?? "" {
        case "/redeem":
            guard request.contains("\"ticket\":\"good") else { return ReplyServer.answer("403 Forbidden") }
            return ReplyServer.answer("200 OK", body: #"{"token":"T 1","play":"/main.m3u8"}"#)
        case "/login": return ReplyServer.answer("302 Found", headers: "Location: /welcome\r\nSet-Cookie: sid=S7\r\n")
        case "/welcome": return ReplyServer.answer("200 OK", headers: "X-Account: A9\r\n")
        case "/heartbeat": return ReplyServer.answer(count > limit ? "409 Conflict" : "204 No Content")
        case "/bye", "/renew": return ReplyServer.answer("200 OK", body: #"{"token":"T 2"}"#)
        case "/licence": return ReplyServer.answer(licence, body: "L")
        case "/main.m3u8": return playlist(key: "")
        case "/protected.m3u8":
            return playlist(
                key: "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"skd://k\",KEYFORMAT=\"com.apple.streamingkeydelivery\"\n")
        default: return ReplyServer.answer("200 OK", body: String(repeating: "x", count: 2_000))
        }
    }

    private func playlist(key: String) -> String {
        let segments = (0..<3).map { "#EXTINF:0.5,\nsegment\($0).ts\n" }.joined()
        return ReplyServer.answer(
            "200 OK",
            body:
                "#EXTM3U\n#EXT-X-VERSION:5\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:0\n\(key)\(segments)#EXT-X-ENDLIST\n"
        )
    }
}

@Suite("A viewer's journey", .serialized)
struct JourneyTests {
    private func step(
        _ name: String, _ occasion: JourneyStep.Occasion, _ method: TransferRequest.Method = .post, port: Int,
        _ change: (inout JourneyStep) -> Void = { _ in }
    ) -> JourneyStep {
        var step = JourneyStep(
            name: name, occasion: occasion, method: method, uri: Template("http://127.0.0.1:\(port)/" + name))
        step.timeouts.total = .seconds(5)
        change(&step)
        return step
    }

    private func redeem(port: Int) throws -> JourneyStep {
        let token = try #require(JSONPointer("/token"))
        let play = try #require(JSONPointer("/play"))
        return step("redeem", .before, port: port) {
            $0.body = .template(Template(#"{"ticket":"{viewer.ticket}"}"#), .json)
            $0.kept = [.init(name: "token", source: .json(token)), .init(name: "play", source: .json(play))]
        }
    }

    @Test func thePaidGetInAndTheOthersAreCountedApart() async throws {
        let office = BoxOffice()
        let server = try #require(ReplyServer { office.reply(to: $0) })
        defer { server.stop() }
        let port = server.port
        var settings = Stage.settings(["http://127.0.0.1:\(port)/main.m3u8"], viewers: 5)
        settings.channel.parallelTransfers = 2
        let enter = step("enter", .before, .get, port: port) {
            $0.uri = Template("http://127.0.0.1:\(port)/enter?t={token}")
            $0.headers = [.init(name: "Authorization", value: Template("Bearer {token}"))]
        }
        let bye = step("bye", .after, port: port)
        settings.journey = Journey(
            steps: [try redeem(port: port), enter, bye],
            table: try ViewerTable(Array("ticket\ngood1\nbad2\ngood3\ngood4\nbad5\n".utf8)))
        let run = try await Stage.play(settings)
        let cell = run.report.totals.overall
        #expect(cell.arrivals == 5 && cell.plays == 3)
        #expect(cell.outcomes.journeyRefused == 2 && cell.outcomes.ended == 3)
        #expect(cell.failed == 0 && cell.failures.isEmpty)
        let log = run.report.totals.journeys
        #expect(log.funnel.map(\.name) == ["arrived", "redeem", "enter", "started", "playing"])
        #expect(log.funnel.map(\.viewers) == [5, 3, 3, 3, 3])
        #expect(log.funnel.map(\.refused) == [0, 2, 0, 0, 0])
        #expect(log.steps.first { $0.key.name == "bye" }?.value.passed == 3)
        // Every viewer redeemed the ticket of its own row, and the token went where it was wanted.
        #expect(Set(office.requests(to: "/redeem").compactMap { $0.split(separator: "\"").dropLast().last }).count == 5)
        let entered = office.requests(to: "/enter")
        #expect(entered.count == 3)
        for request in entered { #expect(request.contains("/enter?t=T%201 ") && request.contains("Bearer T 1")) }
        // As transfers.
        let redeemed = run.report.totals.transfers(.step, "redeem")
        #expect(redeemed.byStatus == [200: 3, 403: 2])
        #expect(run.report.totals.transfers(.kind, "step").all.count == 11)
        let threshold = try Threshold(parsing: "step redeem: failed transfers < 50%").evaluate(run.report.totals)
        #expect(threshold.verdict == .passed && threshold.population == 5)
        // As rows.
        let refused = run.sessions.filter { $0.outcome == .journeyRefused }
        #expect(refused.map(\.failure) == ["step-redeem-403", "step-redeem-403"])
        #expect(refused.allSatisfy { $0.startupTime == nil && $0.finalState == .quit })
        // The picture is counted from the arrival, startup from the start of the player.
        let picture = try #require(log.timeToPicture.mean)
        let startup = try #require(cell.startup.mean)
        #expect(picture > startup)
        #expect(!run.outcome.problems.contains { $0.sentence.contains("good") || $0.sentence.contains("T 1") })
    }

    @Test func aRedirectedLoginKeepsItsCookieAndTheManifestComesFromAStep() async throws {
        let office = BoxOffice()
        let server = try #require(ReplyServer { office.reply(to: $0) })
        defer { server.stop() }
        let port = server.port
        var settings = Stage.settings(["http://127.0.0.1:\(port)/nowhere.m3u8"], viewers: 1)
        let login = step("login", .before, port: port) {
            $0.body = .template(Template("user=a"), .form)
            $0.kept = [
                .init(name: "sid", source: .cookie("sid")), .init(name: "account", source: .header("x-account")),
            ]
        }
        let redeem = try redeem(port: port)
        let report = step("report", .after, .put, port: port) {
            $0.body = .template(Template("{sid} {account} {play}"), .raw)
        }
        settings.journey = Journey(
            steps: [login, redeem, report], table: try ViewerTable(Array("ticket\ngood1\n".utf8)),
            manifest: Template("http://127.0.0.1:\(port)/main.m3u8?t={token}"))
        let run = try await Stage.play(settings)
        #expect(run.report.totals.overall.outcomes.ended == 1)
        #expect(office.requests(to: "/nowhere").isEmpty)
        #expect(office.requests(to: "/main.m3u8?t=T%201").count == 1)
        let welcome = try #require(office.requests(to: "/welcome").first)
        #expect(welcome.hasPrefix("GET ") && !welcome.contains("user=a"))
        #expect(office.requests(to: "/report").first?.hasSuffix("S7 A9 /main.m3u8") == true)
        // The redirect is a transfer of its own, and one step.
        #expect(run.report.totals.transfers(.step, "login").byStatus == [302: 1, 200: 1])
        #expect(run.report.totals.journeys.funnel.map(\.viewers) == [1, 1, 1, 1, 1])
    }

    @Test func aTicketInAManifestsPathIsNotTold() async throws {
        let server = try #require(
            ReplyServer { request in
                request.contains("/redeem")
                    ? ReplyServer.answer("200 OK", body: #"{"play":"SECRET"}"#) : ReplyServer.answer("404 Not Found")
            })
        defer { server.stop() }
        let port = server.port
        var settings = Stage.settings(["http://127.0.0.1:\(port)/main.m3u8"], viewers: 1)
        let play = try #require(JSONPointer("/play"))
        settings.journey = Journey(
            steps: [step("redeem", .before, port: port) { $0.kept = [.init(name: "play", source: .json(play))] }],
            manifest: Template("http://127.0.0.1:\(port)/{play}/main.m3u8"))
        let run = try await Stage.play(settings)
        #expect(run.sessions.first?.failure == "manifest-404")
        let sentences = run.outcome.problems.map(\.sentence)
        #expect(sentences.count == 1 && sentences[0].contains("127.0.0.1:\(port)/…"))
        #expect(!sentences.contains { $0.contains("SECRET") })
    }

    @Test func aHeartbeatThatIsRefusedEndsTheStayInMidPlay() async throws {
        let office = BoxOffice()
        let server = try #require(ReplyServer { office.reply(to: $0, heartbeats: 2) })
        defer { server.stop() }
        let port = server.port
        var settings = Stage.settings(["http://127.0.0.1:\(port)/main.m3u8"], viewers: 1)
        settings.journey = Journey(steps: [
            step("heartbeat", .every(.milliseconds(300)), port: port), step("bye", .after, port: port),
        ])
        let run = try await Stage.play(settings)
        let session = try #require(run.sessions.first)
        #expect(session.outcome == .journeyRefused && session.failure == "step-heartbeat-409")
        #expect(session.startupTime != nil && session.playedTime > .milliseconds(500))
        #expect(run.report.totals.transfers(.step, "heartbeat").byStatus == [204: 2, 409: 1])
        #expect(office.requests(to: "/bye").count == 1)
    }

    @Test(arguments: [("200 OK", SessionOutcome.ended, ""), ("403 Forbidden", .startFailure, "licence-403")])
    func protectedContentWaitsForItsLicence(status: String, outcome: SessionOutcome, failure: String) async throws {
        let office = BoxOffice()
        let server = try #require(ReplyServer { office.reply(to: $0, licence: status) })
        defer { server.stop() }
        let port = server.port
        let uris = ["protected", "main"].map { "http://127.0.0.1:\(port)/\($0).m3u8" }
        var settings = Stage.settings([uris[0]], viewers: 1)
        settings.journey = Journey(steps: [
            step("licence", .licence, port: port) { $0.body = .bytes([0x08, 0x04, 0x00, 0xFF]) }
        ])
        let run = try await Stage.play(settings)
        let session = try #require(run.sessions.first)
        #expect(session.outcome == outcome && session.failure == failure)
        #expect(office.requests(to: "/licence").count == 1)
        #expect(run.report.totals.transfers(.step, "licence").all.count == 1)
        settings.streams = [.init(name: "stream0", uri: uris[1])]
        let clear = try await Stage.play(settings)
        #expect(clear.sessions.first?.outcome == .ended)
        #expect(office.requests(to: "/licence").count == 1)
    }

    @Test func aStepOfAServersChoiceLeadsNowhereElse() async throws {
        let office = BoxOffice()
        let server = try #require(
            ReplyServer { request in
                guard request.contains("/redeem") else { return office.reply(to: request) }
                return ReplyServer.answer("200 OK", body: #"{"next":"http://other.example.com/take"}"#)
            })
        defer { server.stop() }
        let port = server.port
        var settings = Stage.settings(["http://127.0.0.1:\(port)/main.m3u8"], viewers: 1)
        settings.transport.allowedHosts = ["127.0.0.1"]
        let next = try #require(JSONPointer("/next"))
        settings.journey = Journey(steps: [
            step("redeem", .before, port: port) { $0.kept = [.init(name: "next", source: .json(next))] },
            step("follow", .before, port: port) { $0.uri = Template("{next}") },
        ])
        let run = try await Stage.play(settings)
        #expect(run.sessions.first?.failure == "step-follow-host-not-allowed")
        #expect(run.report.totals.journeys.funnel.map(\.viewers) == [1, 1, 0, 0, 0])
    }

    @Test func viewersWhoLeaveWhileTheyWaitAreExits() async throws {
        let office = BoxOffice()
        let server = try #require(ReplyServer { office.reply(to: $0) })
        defer { server.stop() }
        let port = server.port
        var settings = Stage.settings(
            ["http://127.0.0.1:\(port)/main.m3u8"], viewers: 1, watch: .fixed(.milliseconds(300)))
        settings.journey = Journey(
            steps: [
                step("redeem", .before, port: port) {
                    $0.body = .template(Template(#"{"ticket":"bad"}"#), .json)
                    $0.retry.attempts = 10
                }
            ])
        let run = try await Stage.play(settings)
        #expect(run.sessions.first?.outcome == .exitBeforeStart)
        #expect(office.requests(to: "/redeem").count == 1)
        #expect(run.elapsed < .seconds(5))
    }
}
