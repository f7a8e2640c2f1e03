import Access
import Measurement
import Origin
import Playback
import Quantities
import Testing
import Transport

@testable import LoadTest

@Suite struct GateJudgeTests {
    @Test(arguments: [
        (401, "refused 401"), (403, "refused 403"), (410, "refused 410"), (200, "leaked 200"), (206, "leaked 206"),
        (304, "leaked 304"), (404, "inconclusive 404"), (302, "inconclusive 302"), (429, "inconclusive 429"),
        (503, "inconclusive 503"),
    ])
    func statusesAreJudged(_ status: Int, _ expected: String) {
        #expect(word(GateJudge().answer(status: status)) == expected)
    }

    @Test func whatTheProfileSaysCounts() {
        var judge = GateJudge()
        judge.refusedStatuses = [404]
        judge.redirectsRefuse = true
        #expect(word(judge.answer(status: 404)) == "refused 404")
        #expect(word(judge.answer(status: 302)) == "refused 302")
    }

    @Test func silenceAndPagesAreNeitherLeaksNorRefusals() {
        let judge = GateJudge()
        #expect(word(judge.answer(status: nil, error: "timeout")) == "inconclusive timeout")
        #expect(word(judge.answer(status: 0)) == "inconclusive no answer")
        #expect(
            word(judge.answer(status: 200, contentType: "Text/HTML; charset=utf-8")) == "inconclusive 200 with HTML")
        #expect(word(judge.answer(status: 200, isSentElsewhere: true)) == "inconclusive 200 elsewhere")
        // The head came, so the gate was open, whatever became of the body.
        #expect(word(judge.answer(status: 200, error: "body-too-large")) == "leaked 200")
    }

    private func word(_ answer: GateAnswer) -> String { answer.verdict.rawValue + " " + answer.word }
}

@Suite struct GateProbeSettingsTests {
    @Test func theFirstViewerOfEveryPlaceCarriesEverything() {
        var settings = Stage.settings(["http://127.0.0.1/a", "http://127.0.0.1/b"], viewers: 200)
        settings.regions = [
            .init(name: "all", edges: ["e1", "e2", "e3"].map { .init(label: $0, addresses: [:]) })
        ]
        var probes = GateProbeSettings(plan: ProbePlan(shares: [.noToken: 0, .expired: 0], seed: 5))
        settings.probes = probes
        settings.findFirstSessions()
        probes = settings.probes ?? probes
        let carriers = (0..<200).filter { !probes.probes(of: UInt64($0)).isEmpty }
        let places = carriers.map { number -> [Int?] in
            let planned = settings.plan.session(number)
            return [planned.stream, settings.edge(of: planned)]
        }
        #expect(carriers.count == 6 && Set(places).count == 6)
        #expect(probes.probes(of: UInt64(carriers[0])) == [.noToken, .expired])
    }

    @Test func ofMediaTwoBytesAreAskedFor() {
        func range(_ kind: TransferKind, _ range: ByteRange?) -> String? {
            SessionRun.probedRange(
                of: SessionRequest(
                    kind: kind, uri: "http://a/", reading: .discard, due: .zero,
                    details: SessionRequest.Details(byteRange: range))
            )?.httpValue
        }
        #expect(range(.video, nil) == "0-1" && range(.audio, ByteRange(offset: 500, length: 900)) == "500-501")
        #expect(range(.subtitles, ByteRange(offset: 7, length: 1)) == "7-7")
        #expect(range(.manifest, nil) == nil && range(.key, nil) == nil)
        #expect(range(.initialization, ByteRange(offset: 0, length: 700)) == "0-699")
    }

    @Test func aSessionIsGivenAnotherOnesTokenOfThisMoment() {
        var pool = TokenPool()
        func token(_ value: String) -> AccessToken { AccessToken(fields: [.init(name: "t", value: value)]) }
        pool.note(token("a"), of: SessionID(1), stream: 0, at: .seconds(1))
        #expect(pool.token(notOf: SessionID(1), now: .seconds(1)) == nil)
        pool.note(token("b"), of: SessionID(2), stream: 0, at: .seconds(2))
        pool.note(token("c"), of: SessionID(3), stream: 0, at: .seconds(2))
        #expect(pool.token(notOf: SessionID(3), now: .seconds(3)) == token("a"))
        #expect(pool.token(notOf: SessionID(1), now: .seconds(3)) == token("b"))
        #expect(pool.token(ofStream: 1, now: .seconds(3)) == nil)
        #expect(pool.token(notOf: SessionID(3), now: .seconds(20)) == nil)
        pool.note(token("d"), of: SessionID(4), stream: 0, at: .seconds(20))
        #expect(pool.token(notOf: SessionID(3), now: .seconds(20)) == token("d"))
    }
}

/// Integration: what gates must refuse, against edges that look and one that forgot to.
@Suite(.serialized) struct GateProbeTests {
    private let key = SecretKey(bytes: Array("0123456789abcdef".utf8))

    private func policy(_ lifetime: TimeAmount = .seconds(60)) -> TokenPolicy {
        TokenPolicy(
            scheme: AkamaiEdgeAuth(key: key, name: "hdnts"), paths: ["/vod/*", "/live/*"], lifetime: lifetime,
            refresh: .seconds(1))
    }

    private func probes(_ kinds: [GateProbe]) -> GateProbeSettings {
        var shares: [GateProbe: Double] = [:]
        for kind in kinds { shares[kind] = 0 }
        var settings = GateProbeSettings(plan: ProbePlan(shares: shares, seed: 5))
        settings.leeway = .seconds(1)
        return settings
    }

    /// What the origin answered, when all of the run's requests and probes are booked.
    private func sums(_ origin: OriginServer, _ run: Performance, edge: String) async throws -> (EdgeSums, Int64) {
        let honest = run.report.totals.transfers(.edge, edge).all.count
        let tried = run.report.totals.gate.counts(of: CellKey(.edge, edge)).tried
        return (try await Stage.statistics(of: origin, requests: honest + tried), honest)
    }

    @Test(.timeLimit(.minutes(4)))
    func aGateThatLooksRefusesEverythingThatItMust() async throws {
        let origin = try await Stage.origin { $0.gate = .akamai(key: key) }
        let uris = ["/live/a/master.m3u8", "/live/b/manifest.mpd"].map { origin.edges[0].baseURL + $0 }
        var settings = Stage.settings(uris, viewers: 8, watch: .fixed(.seconds(7)))
        settings.token = policy(.seconds(3))
        let kinds: [GateProbe] = [
            .noToken, .expired, .expiredInPlay, .notYetValid, .tampered, .wrongPath, .wrongStream, .wrongAddress,
            .manifestOnSegment,
        ]
        settings.probes = probes(kinds)
        let run = try await Stage.play(settings)
        let totals = run.report.totals
        let (edge, honest) = try await sums(origin, run, edge: "127.0.0.1")
        let gate = totals.gate
        let counts = gate.counts()
        #expect(totals.overall.plays == 8 && totals.overall.refusedSessions == 0)
        #expect(counts.leaked == 0 && counts.inconclusive == 0 && counts.refused > 40, "\(gate.tallies)")
        // Every request is either an honest one or a probe, and the edge refused the probes alone.
        #expect(edge.requests == honest + counts.tried)
        #expect(edge.statuses[403] == counts.refused && totals.allTransfers.byStatus[403] == nil)
        let tried = Set(gate.tallies.keys.map(\.probe))
        #expect(tried == Set(kinds.map(\.rawValue)).subtracting(["wrong stream"]))
        #expect(
            gate.reasons.keys.contains { $0.probe == "wrong stream" && $0.sentence.contains("good for this one too") })
        for kind in ["manifest", "playlist", "initialization", "video", "audio"] {
            #expect(gate.tallies.keys.contains { $0.probe == "none" && $0.kind == kind })
        }
        let verdicts = origin.statistics()[0].verdicts
        #expect(verdicts[.missing].map(Int64.init) == sum(gate, "none"))
        #expect(verdicts[.notYetValid].map(Int64.init) == sum(gate, "not yet valid"))
        #expect(verdicts[.expired].map(Int64.init) == sum(gate, "expired") + sum(gate, "expired in play"))
        #expect(verdicts[.wrongPath].map(Int64.init) == sum(gate, "wrong path"))
        #expect(verdicts[.wrongAddress].map(Int64.init) == sum(gate, "wrong address"))
        #expect(verdicts[.tampered].map(Int64.init) == sum(gate, "tampered") + sum(gate, "manifest on segment"))
        #expect(gate.honest.values.allSatisfy { $0.accepted > 0 && $0.refused == 0 })
        let texts = gate.tallies.values.flatMap { [$0.sentence, $0.resource] }
        #expect(texts.allSatisfy { !$0.contains("hmac") && !$0.contains("hdnts") })
    }

    private func sum(_ gate: GateLog, _ probe: String) -> Int64 {
        gate.tallies.reduce(0) { $1.key.probe == probe ? $0 + $1.value.tried : $0 }
    }

    @Test(.timeLimit(.minutes(4)))
    func oneEdgeOfThreeThatForgotTheCheckIsFound() async throws {
        let first = try await Stage.origin(edges: [EdgeSettings(pop: "osl")]) { $0.gate = .akamai(key: key) }
        let port = first.edges[0].port
        let second = try await Stage.origin(edges: [EdgeSettings(address: "127.0.0.2", port: port, pop: "bgo")]) {
            $0.gate = .akamai(key: key)
        }
        let open = try await Stage.origin(edges: [EdgeSettings(address: "127.0.0.3", port: port, pop: "trd")])
        var settings = Stage.settings(["http://cdn.fullhouse.test:\(port)/vod/a/master.m3u8"], viewers: 9)
        settings.regions = [
            .init(
                name: "all",
                edges: ["127.0.0.1", "127.0.0.2", "127.0.0.3"].map {
                    .init(label: $0, addresses: ["cdn.fullhouse.test:\(port)": $0])
                })
        ]
        settings.token = policy()
        settings.probes = probes([.noToken, .expired, .tampered, .wrongPath])
        let run = try await Stage.play(settings)
        let gate = run.report.totals.gate
        #expect(run.report.totals.overall.plays == 9)
        for (origin, address) in [(first, "127.0.0.1"), (second, "127.0.0.2")] {
            let (edge, honest) = try await sums(origin, run, edge: address)
            let counts = gate.counts(of: CellKey(.edge, address))
            #expect(counts.leaked == 0 && counts.inconclusive == 0 && counts.refused >= 16)
            #expect(edge.requests == honest + counts.tried && edge.statuses[403] == counts.refused)
        }
        let (edge, honest) = try await sums(open, run, edge: "127.0.0.3")
        let counts = gate.counts(of: CellKey(.edge, "127.0.0.3"))
        #expect(counts.refused == 0 && counts.inconclusive == 0 && counts.leaked >= 16)
        #expect(edge.requests == honest + counts.leaked && edge.statuses[403] == nil)
        // Each kind of request is asked for in each of four ways, once: the interval is longer than the run.
        let kinds = Set(gate.tallies.keys.map(\.kind))
        #expect(kinds.isSuperset(of: ["manifest", "playlist", "video", "audio"]))
        #expect(counts.leaked == Int64(4 * kinds.count))
        // A leak costs no data: two bytes of media.
        let video = gate.tallies.filter { $0.key.kind == "video" && $0.key.edge == "127.0.0.3" }
        #expect(video.values.allSatisfy { $0.bytes == 2 && $0.answers.keys.map(\.word) == ["206"] })
        #expect(gate.counts().leaked == counts.leaked)
    }

    @Test(.timeLimit(.minutes(4)))
    func withoutATokenPolicyOnlyTheWantOfOneIsTried() async throws {
        let origin = try await Stage.origin()
        var settings = Stage.settings([origin.edges[0].baseURL + "/vod/a/master.m3u8"], viewers: 2)
        settings.probes = probes([.noToken, .expired])
        let run = try await Stage.play(settings)
        await origin.stop()
        let gate = run.report.totals.gate
        #expect(Set(gate.tallies.keys.map(\.probe)) == ["none"] && gate.counts().leaked > 0)
        #expect(gate.reasons.keys.map(\.sentence) == ["the profile says nothing of tokens ('access: token')"])
    }

    @Test(.timeLimit(.minutes(4)))
    func aSharedTokenIsTheOneOfAnotherSession() async throws {
        let origin = try await Stage.origin { $0.gate = .akamai(key: key) }
        var settings = Stage.settings(
            [origin.edges[0].baseURL + "/live/a/master.m3u8"], viewers: 6, watch: .fixed(.seconds(4)))
        settings.token = policy()
        var shared = probes([.shared])
        shared.plan = ProbePlan(shares: [.shared: 1], seed: 5)
        settings.probes = shared
        let run = try await Stage.play(settings)
        await origin.stop()
        // This gate counts no sessions, so it cannot know: the run says so as leaks.
        let counts = run.report.totals.gate.counts()
        #expect(counts.leaked > 0 && counts.leaked == counts.tried)
        #expect(Set(origin.statistics()[0].verdicts.keys) == [.valid])
    }
}
