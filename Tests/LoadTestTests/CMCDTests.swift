import Access
import Audience
import Foundation
import Measurement
import Origin
import Playback
import Quantities
import Synchronization
import Testing
import Transport

@testable import LoadTest

/// What players tell of themselves, as it arrives at the embedded origin and at a collector.
@Suite(.serialized) struct CMCDTests {
    /// What arrived, in the order of the answers.
    private final class Seen: Sendable {
        private let requests = Mutex<[ServedRequest]>([])
        var all: [ServedRequest] { requests.withLock { $0 } }
        func add(_ request: ServedRequest) { requests.withLock { $0.append(request) } }
    }

    private func play(
        _ cmcd: CMCDSettings?, viewers: Int = 2, path: String = "/vod/a/master.m3u8",
        watch: WatchTime = .untilEnd, over: TimeAmount = .zero, gate: TokenGate? = nil,
        _ change: (inout LoadTestSettings) -> Void = { _ in }
    ) async throws -> (run: Performance, seen: [ServedRequest], edges: EdgeSums, verdicts: [TokenVerdict: Int]) {
        let seen = Seen()
        let origin = try await Stage.origin { settings in
            settings.onRequest = { seen.add($0) }
            settings.gate = gate
        }
        var settings = Stage.settings([origin.edges[0].baseURL + path], viewers: viewers, over: over, watch: watch)
        settings.player.cmcd = cmcd
        settings.player.adaptation = .fixed(.lowest)
        change(&settings)
        let run = try await Stage.play(settings)
        let edges = try await Stage.statistics(of: origin, requests: run.report.totals.allTransfers.all.count)
        return (run, seen.all, edges, origin.statistics()[0].verdicts)
    }

    private static let types: [RequestKind: String] = [
        .manifest: "m", .playlist: "m", .initialization: "i", .video: "v", .audio: "a",
    ]

    @Test(
        .timeLimit(.minutes(2)), arguments: CMCDVersion.allCases, [CMCDSettings.Placement.query, .header])
    func everyRequestArrivesWithItsReport(version: CMCDVersion, placement: CMCDSettings.Placement) async throws {
        for path in ["/vod/a/master.m3u8", "/vod/a/manifest.mpd"] {
            let (run, seen, edges, _) = try await play(
                CMCDSettings(version: version, placement: placement, contentID: "a \"b\""), path: path)
            #expect(run.report.totals.overall.plays == 2, "\(run.outcome.problems)")
            #expect(run.report.totals.allTransfers.byStatus.keys.sorted().allSatisfy { [200, 206].contains($0) })
            #expect(seen.count == Int(run.report.totals.allTransfers.all.count))
            var paths: [CMCDValue: Set<String>] = [:]
            var next: [(session: CMCDValue, path: String)] = []
            for request in seen {
                let report = try CMCDReport.decoded(try #require(request.telemetry))
                #expect(report.version == version)
                #expect(report[.contentID] == .string("a \"b\""))
                #expect(report[.objectType] == Self.types[request.kind].map { .token($0) }, "\(request.path)")
                let session = try #require(report[.sessionID])
                paths[session, default: []].insert(request.path)
                switch report[.nextObject] {
                case .item(let item)?:
                    guard case .string(let name) = item.bare else { continue }
                    next.append((session, URIReference.resolve(URIReference.decoded(name), against: request.path)))
                case .list(let items)?:
                    guard case .string(let name)? = items.first?.bare else { continue }
                    next.append((session, URIReference.resolve(name, against: request.path)))
                case nil: break
                }
            }
            #expect(paths.count == 2)
            // What a session announced it asked for afterwards: with a fixed track always.
            #expect(next.count >= 20)
            for (session, path) in next { #expect(paths[session]?.contains(path) == true, "\(path)") }
            // The cache knows objects without their reports: the second viewer's are hits.
            #expect(edges.hits >= edges.misses - 2)
        }
    }

    @Test(.timeLimit(.minutes(1))) func findingsAndProblemsKnowNothingOfReports() async throws {
        let (run, seen, _, _) = try await play(CMCDSettings())
        #expect(seen.contains { $0.telemetry != nil })
        #expect(!"\(run.report)".contains("CMCD"))
        #expect(!"\(run.outcome.problems)".contains("CMCD"))
    }

    @Test(
        .timeLimit(.minutes(2)),
        arguments: [
            ("akamai-edge-auth", TokenPlacement.query, true), ("google-cloud-cdn", .query, true),
            ("google-media-cdn", .query, false), ("fastly", .query, true), ("cloudflare", .query, true),
            ("bunny", .path, false), ("bunny", .query, true), ("cdn77", .path, false),
            ("nginx-secure-link", .query, true), ("jwt", .header, false), ("template", .query, true),
        ])
    func tokensStayGoodWithAReportInTheQuery(name: String, placement: TokenPlacement, signsEachURL: Bool) async throws {
        let description = try #require(TokenSchemes.named(name))
        var options: [String: String] = [:]
        if name == "google-cloud-cdn" { options = ["key name": "k"] }
        if name == "google-media-cdn" { options = ["algorithm": "sha256"] }
        let scheme = try description.scheme(
            key: KeyMaterial("0123456789abcdef0123456789abcdef"), encoding: .hexadecimal, values: options)
        let policy = TokenPolicy(
            scheme: scheme, placement: placement, paths: signsEachURL ? [] : ["/vod/a/*"], lifetime: .seconds(60))
        let (run, seen, _, verdicts) = try await play(
            CMCDSettings(version: .two), watch: .fixed(.seconds(3)), gate: TokenGate(scheme: scheme)
        ) { $0.token = policy }
        #expect(run.report.totals.overall.plays == 2, "\(run.outcome.problems)")
        #expect(Set(verdicts.keys) == [.valid], "\(verdicts)")
        #expect(!seen.isEmpty && seen.allSatisfy { $0.telemetry != nil })
    }

    // MARK: Events

    /// A collector that keeps what is posted.
    private final class Collector: Sendable {
        private let posts = Mutex<[String]>([])
        var all: [String] { posts.withLock { $0 } }
        func add(_ request: String) { posts.withLock { $0.append(request) } }

        func reports() throws -> [CMCDReport] {
            try all.flatMap { post in
                let body = post.components(separatedBy: "\r\n\r\n").dropFirst().joined(separator: "\r\n\r\n")
                return try body.split(separator: "\n").map { try CMCDReport.decoded($0) }
            }
        }
    }

    private func collecting(
        status: String = "204 No Content", events: Set<CMCDEvent> = Set(CMCDEvent.allCases), batch: Int = 1,
        viewers: Int = 2, _ change: (inout LoadTestSettings) -> Void = { _ in }
    ) async throws -> (run: Performance, collector: Collector, seen: [ServedRequest]) {
        let collector = Collector()
        let server = try #require(
            ReplyServer { request in
                collector.add(request)
                return ReplyServer.answer(status)
            })
        defer { server.stop() }
        let settings = CMCDSettings(
            version: .two, placement: .none,
            collector: CMCDCollector(
                uri: "http://127.0.0.1:\(server.port)/cmcd", events: events, interval: .seconds(1), batch: batch))
        let (run, seen, _, _) = try await play(settings, viewers: viewers, change)
        return (run, collector, seen)
    }

    @Test(.timeLimit(.minutes(1)), arguments: [1, 10]) func eventsArriveAtTheCollector(batch: Int) async throws {
        let (run, collector, seen) = try await collecting(batch: batch)
        #expect(run.report.totals.overall.plays == 2 && run.outcome.problems.isEmpty, "\(run.outcome.problems)")
        for post in collector.all {
            #expect(post.hasPrefix("POST /cmcd HTTP/1.1\r\n"))
            #expect(post.lowercased().contains("\r\ncontent-type: application/cmcd\r\n"))
        }
        let reports = try collector.reports()
        if batch > 1 { #expect(collector.all.count <= reports.count / 5) }
        let sessions = Dictionary(grouping: reports) { $0[.sessionID] }
        #expect(sessions.count == 2)
        for (_, reports) in sessions {
            #expect(reports.map { $0[.sequenceNumber] } == (1...reports.count).map { .integer(Int64($0)) })
            let states = reports.filter { $0[.event] == .token("ps") }.map { $0[.state] }
            #expect(states.first == .token("s") && states.last == .token("e"))
            #expect(reports.contains { $0[.event] == .token("t") })
            let wall = WallClock.now().nanoseconds / 1_000_000
            for case .item(let item)? in reports.map({ $0[.timestamp] }) {
                guard case .integer(let time) = item.bare else { continue }
                #expect(wall - 60_000 < time && time <= wall)
            }
        }
        // Posts are no transfers of the player, and each of those is told once.
        let responses = reports.filter { $0[.event] == .token("rr") }
        #expect(responses.count == seen.count && seen.count == Int(run.report.totals.allTransfers.all.count))
        #expect(seen.allSatisfy { $0.telemetry == nil })
    }

    @Test(.timeLimit(.minutes(1))) func aCollectorThatFailsIsAProblemAndNothingElse() async throws {
        let (run, collector, _) = try await collecting(status: "503 Service Unavailable")
        #expect(run.report.totals.overall.plays == 2 && run.report.totals.overall.failed == 0)
        let problem = try #require(run.outcome.problems.first { $0.label == "cmcd-503" })
        #expect(problem.count == collector.all.count && run.outcome.problems.count == 1)
        #expect(run.report.totals.allTransfers.byStatus[503] == nil)
    }

    @Test(.timeLimit(.minutes(1))) func aCollectorThatIsGoneIsToldNothingMore() async throws {
        let (_, collector, _) = try await collecting(status: "410 Gone")
        #expect(collector.all.count == 2)
    }

    @Test(.timeLimit(.minutes(1))) func aCollectorThatIsNotAllowedIsNotAsked() async throws {
        let (run, collector, _) = try await collecting { settings in
            settings.transport.allowedHosts = ["localhost"]
            settings.streams[0].uri = settings.streams[0].uri.replacingOccurrences(of: "127.0.0.1", with: "localhost")
        }
        #expect(run.report.totals.overall.plays == 2, "\(run.outcome.problems)")
        #expect(collector.all.isEmpty)
        #expect(run.outcome.problems.map(\.label) == ["cmcd-host-not-allowed"])
    }

    /// Connections are accepted by the system, and nobody answers.
    @Test(.timeLimit(.minutes(1))) func aCollectorThatHangsDelaysNoMedia() async throws {
        let gate = DispatchSemaphore(value: 0)
        let server = try #require(
            ReplyServer { _ in
                gate.wait()
                return ReplyServer.answer("204 No Content")
            })
        defer {
            gate.signal()
            server.stop()
        }
        let collector = CMCDCollector(uri: "http://127.0.0.1:\(server.port)/", interval: .seconds(1))
        let (run, _, _, _) = try await play(CMCDSettings(version: .two, collector: collector)) {
            $0.channel.parallelTransfers = 1
        }
        #expect(run.report.totals.overall.plays == 2 && run.report.totals.overall.failed == 0)
        #expect(run.report.totals.overall.rebuffers == 0)
        #expect(run.outcome.problems.map(\.label) == ["cmcd-timeout-first-byte"], "\(run.outcome.problems)")
        // 6 s of content, and the time until the post in progress at the end is given up.
        #expect(run.elapsed < .seconds(20), "\(run.elapsed)")
    }

    // MARK: Headers

    @Test(.timeLimit(.minutes(1))) func everySessionHasItsOwnPlaybackIdentifier() async throws {
        let heads = Mutex<[String]>([])
        let server = try #require(
            ReplyServer { request in
                heads.withLock { $0.append(request) }
                return ReplyServer.answer("404 Not Found")
            })
        defer { server.stop() }
        var settings = Stage.settings(["http://127.0.0.1:\(server.port)/main.m3u8"], viewers: 3)
        settings.player.manifestRetry.attempts = 2
        settings.player.manifestRetry.firstDelay = .milliseconds(10)
        settings.channel.headers = PlayerHeaders.headers(of: "avplayer")
        settings.channel.userAgent = try #require(PlayerHeaders.userAgent(of: "avplayer"))
        _ = try await Stage.play(settings)
        let requests = heads.withLock { $0 }
        #expect(requests.count == 6)
        let identifiers = requests.compactMap { request in
            request.components(separatedBy: "\r\n").first { $0.hasPrefix("X-Playback-Session-Id: ") }
        }
        #expect(identifiers.count == 6 && Set(identifiers).count == 3)
        #expect(requests.allSatisfy { $0.contains("User-Agent: AppleCoreMedia/") && !$0.contains("{") })
    }
}
