import Access
import Measurement
import Origin
import Playback
import Quantities
import Synchronization
import Testing

@testable import LoadTest

/// Integration: an origin that wants tokens.
@Suite(.serialized) struct TokenGateTests {
    private let key = SecretKey(bytes: Array("0123456789abcdef".utf8))

    private func policy(_ lifetime: TimeAmount = .seconds(60), paths: [String] = ["/vod/*", "/live/*"]) -> TokenPolicy {
        TokenPolicy(scheme: AkamaiEdgeAuth(key: key, name: "hdnts"), paths: paths, lifetime: lifetime)
    }

    private func gated(_ change: (inout OriginSettings) -> Void = { _ in }) async throws -> OriginServer {
        try await Stage.origin { settings in
            settings.gate = .akamai(key: key)
            change(&settings)
        }
    }

    private func settings(_ origin: OriginServer, _ policy: TokenPolicy?, viewers: Int = 6) -> LoadTestSettings {
        let uris = ["/live/a/master.m3u8", "/live/a/manifest.mpd"].map { origin.edges[0].baseURL + $0 }
        var settings = Stage.settings(uris, viewers: viewers, watch: .fixed(.seconds(3)))
        settings.token = policy
        return settings
    }

    @Test(.timeLimit(.minutes(4)))
    func withATokenOnEveryRequestEverybodyIsIn() async throws {
        let origin = try await gated()
        let run = try await Stage.play(settings(origin, policy()))
        let edge = try await Stage.statistics(of: origin, requests: run.report.totals.allTransfers.all.count)
        #expect(run.report.totals.overall.plays == 6 && run.outcome.problems.isEmpty)
        #expect(Set(edge.statuses.keys) == [200] && edge.requests == run.report.totals.allTransfers.all.count)
        #expect(Set(origin.statistics()[0].verdicts.keys) == [.valid])
    }

    @Test(.timeLimit(.minutes(4)))
    func withATokenOnTheManifestTheCookieDoesTheRest() async throws {
        let origin = try await gated()
        var policy = policy()
        policy.requests = .manifest
        let run = try await Stage.play(settings(origin, policy))
        _ = try await Stage.statistics(of: origin, requests: run.report.totals.allTransfers.all.count)
        #expect(run.report.totals.overall.plays == 6)
        #expect(Set(origin.statistics()[0].verdicts.keys) == [.valid])
    }

    @Test(.timeLimit(.minutes(4)))
    func withoutATokenNobodyIs() async throws {
        let origin = try await gated()
        let run = try await Stage.play(settings(origin, nil))
        await origin.stop()
        #expect(run.report.totals.overall.plays == 0 && run.report.totals.overall.outcomes.startFailure == 6)
        #expect(run.report.totals.allTransfers.byStatus == [403: 6])
        #expect(run.report.totals.overall.failures == ["manifest-403": 6])
        #expect(origin.statistics()[0].verdicts == [.missing: 6])
        #expect(
            run.outcome.problems.first?.sentence.hasSuffix(
                " was answered with status 403; does it need a token ('access: token')?") == true)
    }

    @Test(.timeLimit(.minutes(4)))
    func anExpiredTokenIsRefused() async throws {
        let clock = OriginSettings.systemClock
        let origin = try await gated { $0.clock = { clock() + .seconds(3_600) } }
        let run = try await Stage.play(settings(origin, policy()))
        await origin.stop()
        #expect(run.report.totals.overall.plays == 0 && run.report.totals.allTransfers.byStatus == [403: 6])
        #expect(origin.statistics()[0].verdicts == [.expired: 6])
        #expect(run.outcome.problems.first?.sentence.contains("hdnts") == false)
    }

    @Test(.timeLimit(.minutes(4)))
    func aTokenIsReplacedBeforeItExpires() async throws {
        let origin = try await gated()
        var policy = policy(.seconds(3))
        policy.refresh = .seconds(2)
        var settings = settings(origin, policy, viewers: 4)
        settings.plan = Stage.settings(settings.streams.map(\.uri), viewers: 4, watch: .fixed(.seconds(6))).plan
        let run = try await Stage.play(settings)
        await origin.stop()
        #expect(run.report.totals.overall.plays == 4 && run.report.totals.overall.failed == 0)
        #expect(Set(origin.statistics()[0].verdicts.keys) == [.valid])
        #expect(run.report.totals.allTransfers.byStatus.keys.sorted() == [200])
    }

    @Test(.timeLimit(.minutes(4)))
    func aTokenInAHeaderStaysWithItsHost() async throws {
        let heads = Mutex<[String]>([])
        let far = try #require(
            ReplyServer { head in
                heads.withLock { $0.append(head) }
                return ReplyServer.answer("404 Not Found")
            })
        let near = try #require(
            ReplyServer { head in
                heads.withLock { $0.append(head) }
                let target = head.hasPrefix("GET /one ") ? "/two" : "http://127.0.0.1:\(far.port)/three"
                return ReplyServer.answer("302 Found", headers: "Location: \(target)\r\n")
            })
        var settings = Stage.settings(["http://127.0.0.1:\(near.port)/one"], viewers: 1)
        settings.token = policy()
        settings.token?.placement = .header
        let run = try await Stage.play(settings)
        near.stop()
        far.stop()
        #expect(run.report.totals.allTransfers.byStatus == [302: 2, 404: 1])
        let seen = heads.withLock { $0 }
        #expect(seen.map { $0.split(separator: " ")[1] } == ["/one", "/two", "/three"])
        #expect(seen.map { $0.lowercased().contains("\r\nhdnts: ") } == [true, true, false])
    }

    @Test func theHeaderCarriesTheTokenWhereItShould() {
        var policy = policy()
        policy.placement = .header
        policy.requests = .manifest
        var signer = TokenSigner(policy: policy, session: SessionID(7))
        let now = WallTime.seconds(1_000_000.0)
        var request = OutgoingRequest(uri: "http://a/live/x")
        signer.authorise(&request, for: .manifest, at: now)
        #expect(request.uri == "http://a/live/x" && request.headers.first?.name == "hdnts")
        #expect(request.headers.first?.value.contains("id=7") == true)
        request.headers = []
        signer.authorise(&request, for: .video, at: now)
        #expect(request.headers.isEmpty)
    }

    @Test func aTokenIsKeptUntilItsRefreshIsDue() {
        var policy = policy(.seconds(10))
        policy.refresh = .seconds(4)
        var signer = TokenSigner(policy: policy, session: SessionID(7))
        let start = WallTime.seconds(1_000_000.0)
        func signed(at now: WallTime) -> String {
            var request = OutgoingRequest(uri: "http://a/live/x")
            signer.authorise(&request, for: .video, at: now)
            return request.uri
        }
        let first = signed(at: start)
        #expect(first.contains("?hdnts=exp=1000010~"))
        #expect(signed(at: start + .seconds(5)) == first)
        #expect(signed(at: start + .seconds(6)).contains("exp=1000016~"))
    }
}
