import Access
import Journeys
import Measurement
import Origin
import Playback
import Quantities
import Testing

@testable import LoadTest

/// How tokens of many schemes travel through whole runs against the embedded origin's gate.
@Suite(.serialized) struct TokenTravelTests {
    private static let key = KeyMaterial("0123456789abcdef0123456789abcdef")

    private func scheme(_ name: String, _ options: [String: String] = [:]) throws -> any TokenScheme {
        let description = try #require(TokenSchemes.named(name))
        return try description.scheme(key: Self.key, encoding: .hexadecimal, values: options)
    }

    private func gated(
        _ scheme: any TokenScheme, _ change: (inout TokenGate) -> Void = { _ in }
    ) async throws -> OriginServer {
        var gate = TokenGate(scheme: scheme)
        change(&gate)
        return try await Stage.origin { $0.gate = gate }
    }

    /// Plays a few seconds and checks that the gate let everything in, `refusals` requests apart.
    private func play(
        _ origin: OriginServer, _ policy: TokenPolicy, path: String = "/vod/a/master.m3u8", watch: Int64 = 3,
        _ change: (inout LoadTestSettings) -> Void = { _ in }
    ) async throws -> (run: Performance, verdicts: [TokenVerdict: Int64]) {
        var settings = Stage.settings(
            [origin.edges[0].baseURL + path], viewers: 2, watch: .fixed(.seconds(watch)))
        settings.token = policy
        change(&settings)
        let run = try await Stage.play(settings)
        _ = try await Stage.statistics(of: origin, requests: run.report.totals.allTransfers.all.count)
        let verdicts = origin.statistics()[0].verdicts
        return (run, verdicts.mapValues { Int64($0) })
    }

    /// A scheme of the catalogue on its way.
    struct Way: CustomTestStringConvertible, Sendable {
        var scheme: String
        var placement: TokenPlacement
        var signsEachURL = false
        var options: [String: String] = [:]
        var manifest = "/vod/a/master.m3u8"
        var requests = TokenPolicy.Requests.every

        var testDescription: String {
            "\(scheme) in the \(placement.rawValue)\(signsEachURL ? ", each URL" : "")\(requests == .every ? "" : ", manifest only")"
        }
    }

    @Test(
        .timeLimit(.minutes(2)),
        arguments: [
            Way(scheme: "akamai-edge-auth", placement: .query, signsEachURL: true),
            Way(scheme: "akamai-edge-auth", placement: .cookie),
            Way(scheme: "google-cloud-cdn", placement: .query, options: ["key name": "k"]),
            Way(scheme: "google-cloud-cdn", placement: .cookie, options: ["key name": "k"]),
            Way(scheme: "google-media-cdn", placement: .query, options: ["algorithm": "sha256"]),
            Way(scheme: "fastly", placement: .query, signsEachURL: true),
            Way(scheme: "cloudflare", placement: .query, signsEachURL: true),
            Way(scheme: "bunny", placement: .path),
            Way(scheme: "bunny", placement: .path, requests: .manifest),
            Way(scheme: "bunny", placement: .path, manifest: "/vod/a/manifest.mpd", requests: .manifest),
            Way(scheme: "bunny", placement: .query, signsEachURL: true),
            Way(scheme: "keycdn", placement: .query, signsEachURL: true),
            Way(scheme: "cdn77", placement: .path),
            Way(scheme: "cdn77", placement: .path, requests: .manifest),
            Way(scheme: "nginx-secure-link", placement: .query, signsEachURL: true),
            Way(scheme: "nginx-secure-link", placement: .cookie, signsEachURL: true),
            Way(scheme: "edgio-ectoken", placement: .query),
            Way(scheme: "jwt", placement: .header),
            Way(scheme: "jwt", placement: .cookie),
            Way(scheme: "common-access-token", placement: .header),
            Way(scheme: "common-access-token", placement: .query, manifest: "/vod/a/manifest.mpd"),
            Way(scheme: "template", placement: .query, signsEachURL: true),
        ])
    func everySchemeGetsItsViewersIn(way: Way) async throws {
        let scheme = try scheme(way.scheme, way.options)
        let origin = try await gated(scheme)
        var policy = TokenPolicy(
            scheme: scheme, placement: way.placement, paths: way.signsEachURL ? [] : ["/vod/a/*"],
            lifetime: .seconds(60))
        policy.requests = way.requests
        let (run, verdicts) = try await play(origin, policy, path: way.manifest)
        #expect(run.report.totals.overall.plays == 2, "\(run.outcome.problems)")
        #expect(Set(verdicts.keys) == [.valid], "\(verdicts)")
        #expect(run.report.totals.allTransfers.byStatus.keys.sorted() == [200])
    }

    @Test(.timeLimit(.minutes(2)), arguments: [TokenPlacement.query, .cookie, .header])
    func tokensOfFiveSecondsAreReplacedInTime(placement: TokenPlacement) async throws {
        let scheme = try scheme("akamai-edge-auth")
        let origin = try await gated(scheme)
        var policy = TokenPolicy(scheme: scheme, placement: placement, paths: ["/live/*"], lifetime: .seconds(5))
        policy.refresh = .seconds(2)
        let (run, verdicts) = try await play(origin, policy, path: "/live/a/master.m3u8", watch: 9)
        #expect(run.report.totals.overall.plays == 2 && run.report.totals.overall.failed == 0)
        #expect(Set(verdicts.keys) == [.valid], "\(verdicts)")
    }

    @Test(.timeLimit(.minutes(2)))
    func aTokenThatEndsEarlierThanItsSignerThinksIsReplacedWhenItIsRefused() async throws {
        let scheme = try scheme("akamai-edge-auth")
        let origin = try await gated(scheme)
        var policy = TokenPolicy(scheme: scheme, paths: ["/live/*"], lifetime: .seconds(60), refresh: .zero)
        // The signer's clock is 57 s behind: its tokens end after 3 s.
        policy.clockShift = .seconds(-57)
        let (run, verdicts) = try await play(origin, policy, path: "/live/a/master.m3u8", watch: 8)
        #expect(
            run.report.totals.overall.plays == 2 && run.report.totals.overall.failed == 0, "\(run.outcome.problems)")
        let refused = verdicts[.expired] ?? 0
        #expect(refused >= 2 && Set(verdicts.keys) == [.valid, .expired])
        #expect(run.report.totals.allTransfers.byStatus[403] == refused)
        // Each refusal was followed by the same request with a new token, not by one of the player's tries.
        #expect(run.report.totals.overall.refusedSessions == 2 && run.report.totals.allTransfers.retries == 0)
    }

    @Test(.timeLimit(.minutes(2)))
    func anEdgesCookieThatEndsIsEarnedAgain() async throws {
        let scheme = try scheme("akamai-edge-auth")
        let cookie = try self.scheme("akamai-edge-auth", ["name": "hdntl"])
        let origin = try await gated(scheme) { $0.cookie = .init(scheme: cookie, lifetime: .seconds(3)) }
        var policy = TokenPolicy(scheme: scheme, paths: ["/live/*"], lifetime: .seconds(60))
        policy.requests = .manifest
        let (run, verdicts) = try await play(origin, policy, path: "/live/a/master.m3u8", watch: 8)
        #expect(
            run.report.totals.overall.plays == 2 && run.report.totals.overall.failed == 0, "\(run.outcome.problems)")
        // The browser drops the cookie at its end, so what comes then has none.
        #expect((verdicts[.missing] ?? 0) + (verdicts[.expired] ?? 0) >= 2, "\(verdicts)")
        #expect((run.report.totals.transfers(.kind, "manifest").all.count) >= 4)
    }

    @Test(.timeLimit(.minutes(2)))
    func anEdgeRenewsACommonAccessTokenByHeader() async throws {
        let options = ["renewal": "header", "renewal seconds": "5", "renewal deadline": "3"]
        guard let scheme = try? scheme("common-access-token", options) else {
            Issue.record("\(TokenSchemes.named("common-access-token")?.options.map(\.name) ?? [])")
            return
        }
        let origin = try await gated(scheme)
        var policy = TokenPolicy(scheme: scheme, placement: .header, paths: ["/live/*"], lifetime: .seconds(5))
        // The signer never makes another: whoever plays on does so by the edge's.
        policy.refresh = .seconds(-3_600)
        policy.refreshesWhenRefused = false
        policy.renewalHeader = "cta-common-access-token"
        let (run, verdicts) = try await play(origin, policy, path: "/live/a/master.m3u8", watch: 9)
        #expect(
            run.report.totals.overall.plays == 2 && run.report.totals.overall.failed == 0, "\(run.outcome.problems)")
        #expect(Set(verdicts.keys) == [.valid], "\(verdicts)")
    }

    @Test(.timeLimit(.minutes(2)))
    func tokensThatAServiceIssuesAreShownAndRenewed() async throws {
        let scheme = try scheme("akamai-edge-auth")
        let origin = try await Stage.origin { settings in
            settings.gate = TokenGate(scheme: scheme)
            var api = EntitlementSettings()
            api.lifetime = .seconds(4)
            settings.entitlements = api
        }
        let base = origin.edges[0].baseURL
        var policy = TokenPolicy(
            scheme: IssuedToken(names: ["hdnts"]), paths: ["/*"], lifetime: .seconds(4), refresh: .seconds(2))
        policy.issuedFields = [.init(name: "hdnts", template: Template("{token}"))]
        let (run, verdicts) = try await play(origin, policy, path: "/live/a/master.m3u8", watch: 9) { settings in
            settings.journey = Journey(
                steps: [
                    Self.step("redeem", .before, base + "/api/redeem", json: #"{"ticket":"T-{session}"}"#),
                    Self.step("refresh", .tokenRefresh, base + "/api/refresh", bearer: true),
                ])
        }
        #expect(
            run.report.totals.overall.plays == 2 && run.report.totals.overall.failed == 0, "\(run.outcome.problems)")
        #expect(Set(verdicts.keys) == [.valid], "\(verdicts)")
        let refreshes = run.report.totals.transfers(.step, "refresh").all.count
        // A token of 4 s is renewed after 2 s, by each of two viewers for 9 s.
        #expect((6...10).contains(refreshes), "\(refreshes)")
    }

    private static func step(
        _ name: String, _ occasion: JourneyStep.Occasion, _ uri: String, json: String = "{}", bearer: Bool = false
    ) -> JourneyStep {
        var step = JourneyStep(name: name, occasion: occasion, method: .post, uri: Template(uri))
        step.body = .template(Template(json), .json)
        if bearer { step.headers = [.init(name: "Authorization", value: Template("Bearer {bearer}"))] }
        for (name, place) in bearer ? [("token", "/token")] : [("token", "/token"), ("bearer", "/session")] {
            if let pointer = JSONPointer(place) { step.kept.append(KeptValue(name: name, source: .json(pointer))) }
        }
        return step
    }
}
