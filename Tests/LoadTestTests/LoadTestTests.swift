import Foundation
import Measurement
import Origin
import Playback
import Quantities
import Testing

@testable import LoadTest

/// Integration: real sockets on loopback, the real clock, a few seconds in all.
@Suite(.serialized) struct LoadTestTests {
    @Test(.timeLimit(.minutes(4)))
    func everyRequestByteAndStatusAgreesWithTheOrigin() async throws {
        let origin = try await Stage.origin()
        let base = origin.edges[0].baseURL
        let uris = ["/vod/a/master.m3u8", "/vod/a/manifest.mpd", "/live/b/master.m3u8", "/live/b/manifest.mpd"]
        let settings = Stage.settings(
            uris.map { base + $0 }, viewers: 30, over: .seconds(1), watch: .uniform(from: .seconds(3), to: .seconds(8)))
        let run = try await Stage.play(settings)
        let transfers = run.report.totals.allTransfers
        let edge = try await Stage.statistics(of: origin, requests: transfers.all.count)

        #expect(run.outcome.end == .completed && run.report.end == .completed && run.outcome.storeError == nil)
        #expect(run.outcome.problems.isEmpty)
        #expect(transfers.all.count == edge.requests && edge.requests > 300)
        #expect(transfers.all.bytes == edge.bytes)
        #expect(transfers.byStatus == edge.statuses && Set(edge.statuses.keys) == [200])
        #expect(transfers.cache.hit == edge.hits && transfers.cache.miss == edge.misses)
        #expect(edge.aborted == 0)
        let sessions = run.report.totals.overall
        #expect(sessions.arrivals == 30 && sessions.plays == 30 && sessions.failed == 0)
        #expect(sessions.outcomes.ended > 0 && sessions.outcomes.quit > 0)
        #expect(sessions.outcomes.ended + sessions.outcomes.quit == 30)
        for stream in 0..<4 { #expect(run.report.totals.sessions(.stream, "stream\(stream)").plays > 0) }
        #expect(run.sessions.map(\.id.number) == Array(0..<30))
        #expect(run.sessions.reduce(0) { $0 + $1.bytes.count } == edge.bytes)
        #expect(run.sessions.reduce(0) { $0 + $1.transfers } == Int(edge.requests))
        #expect(run.outcome.documentsShared > run.outcome.documentsDecoded)
        #expect(run.ticks.count >= 5)
        #expect(run.ticks.last?.toCome == 0)
    }

    @Test(.timeLimit(.minutes(4)))
    func aViewerWhoClosesTheTabCutsHisTransfersOff() async throws {
        var slow = EdgeSettings(pop: "bgo")
        slow.throughputCap = .kilobits(160)
        let origin = try await Stage.origin(edges: [slow])
        var settings = Stage.settings(
            [origin.edges[0].baseURL + "/vod/a/master.m3u8"], viewers: 6, watch: .fixed(.milliseconds(1_500)))
        settings.player.leaving = .abort
        let run = try await Stage.play(settings)
        let transfers = run.report.totals.allTransfers
        let edge = try await Stage.statistics(of: origin, requests: transfers.all.count)
        let cancelled = transfers.tally(of: .cancelled)
        #expect(cancelled.count > 0 && transfers.tally(of: .failed).count == 0)
        #expect(transfers.all.count == edge.requests)
        // What the edge had handed to the system when the tab was closed was not aborted for it.
        #expect(edge.aborted > 0 && edge.aborted <= cancelled.count, "\(edge.aborted) of \(cancelled.count)")
        #expect(transfers.all.bytes <= edge.bytes)
        #expect(run.outcome.problems.isEmpty)
        #expect(run.report.totals.overall.outcomes.quit + run.report.totals.overall.outcomes.exitBeforeStart == 6)
        #expect(run.elapsed < .seconds(60))
    }

    @Test(.timeLimit(.minutes(4)))
    func aViewerWhoLeavesLetsHisTransfersFinish() async throws {
        var slow = EdgeSettings(pop: "bgo")
        slow.throughputCap = .kilobits(160)
        let origin = try await Stage.origin(edges: [slow])
        let settings = Stage.settings(
            [origin.edges[0].baseURL + "/vod/a/master.m3u8"], viewers: 6, watch: .fixed(.milliseconds(1_500)))
        let run = try await Stage.play(settings)
        let transfers = run.report.totals.allTransfers
        let edge = try await Stage.statistics(of: origin, requests: transfers.all.count)
        #expect(transfers.tally(of: .cancelled).count == 0 && edge.aborted == 0)
        #expect(transfers.all.count == edge.requests && transfers.all.bytes == edge.bytes)
    }

    @Test(.timeLimit(.minutes(4)))
    func edgesThatArePinnedTakeThePlaceOfNameLookup() async throws {
        let first = try await Stage.origin(edges: [EdgeSettings(pop: "osl")])
        let port = first.edges[0].port
        let second = try await Stage.origin(edges: [EdgeSettings(address: "127.0.0.2", port: port, pop: "bgo")])
        var settings = Stage.settings(["http://cdn.fullhouse.test:\(port)/vod/a/master.m3u8"], viewers: 8)
        settings.regions = [
            .init(
                name: "all",
                edges: ["127.0.0.1", "127.0.0.2"].map {
                    .init(label: $0, addresses: ["cdn.fullhouse.test:\(port)": $0])
                })
        ]
        let run = try await Stage.play(settings)
        for (origin, address, pop) in [(first, "127.0.0.1", "osl"), (second, "127.0.0.2", "bgo")] {
            let transfers = run.report.totals.transfers(.edge, address)
            let edge = try await Stage.statistics(of: origin, requests: transfers.all.count)
            #expect(transfers.all.count == edge.requests && transfers.all.bytes == edge.bytes)
            let position = address == "127.0.0.1" ? 0 : 1
            let planned = (0..<8).count { settings.edge(of: settings.plan.session($0)) == position }
            #expect(planned > 0 && run.report.totals.sessions(.edge, address).plays == planned)
            #expect(run.report.totals.transfers.keys.contains(CellKey(.edge, address, pop: pop)))
        }
    }

    // MARK: Redirects

    @Test(.timeLimit(.minutes(4)))
    func aRedirectIsFollowedAndCountsByItself() async throws {
        let origin = try await Stage.origin()
        let target = origin.edges[0].baseURL + "/vod/a/master.m3u8"
        let gate = try #require(
            ReplyServer { _ in ReplyServer.answer("302 Found", headers: "Location: \(target)\r\n") })
        let run = try await Stage.play(Stage.settings(["http://127.0.0.1:\(gate.port)/go.m3u8"], viewers: 4))
        gate.stop()
        let transfers = run.report.totals.allTransfers
        let edge = try await Stage.statistics(of: origin, requests: transfers.all.count - 4)
        #expect(run.report.totals.overall.plays == 4 && gate.requests == 4)
        #expect(transfers.byStatus == [302: 4, 200: edge.requests])
        #expect(transfers.all.bytes == edge.bytes && run.outcome.problems.isEmpty)
    }

    @Test(.timeLimit(.minutes(4)))
    func aRedirectToAHostThatIsNotAllowedIsRefused() async throws {
        let origin = try await Stage.origin(edges: [EdgeSettings(address: "127.0.0.2", pop: "osl")])
        let target = origin.edges[0].baseURL + "/vod/a/master.m3u8"
        let gate = try #require(
            ReplyServer { _ in ReplyServer.answer("302 Found", headers: "Location: \(target)\r\n") })
        var settings = Stage.settings(["http://127.0.0.1:\(gate.port)/go.m3u8"], viewers: 2)
        settings.transport.allowedHosts = ["127.0.0.1"]
        let run = try await Stage.play(settings)
        gate.stop()
        await origin.stop()
        #expect(origin.statistics()[0].requests == 0 && gate.requests == 2)
        #expect(run.report.totals.overall.plays == 0)
        #expect(run.report.totals.allTransfers.errors == ["host-not-allowed": 2])
        #expect(
            run.outcome.problems.map(\.sentence) == [
                "the manifest \(target) could not be fetched: the host 127.0.0.2 is not among those the profile allows"
                    + " ('targets: allow')"
            ])
    }

    @Test(.timeLimit(.minutes(4)))
    func redirectsInACircleEnd() async throws {
        let gate = try #require(
            ReplyServer { _ in ReplyServer.answer("307 Temporary Redirect", headers: "Location: /again?key=secret\r\n")
            })
        let run = try await Stage.play(Stage.settings(["http://127.0.0.1:\(gate.port)/go.m3u8"], viewers: 1))
        gate.stop()
        #expect(gate.requests == 11 && run.report.totals.allTransfers.byStatus == [307: 11])
        #expect(run.report.totals.overall.outcomes.startFailure == 1)
        #expect(
            run.outcome.problems.first?.sentence
                == "the manifest http://127.0.0.1:\(gate.port)/again was answered with status 307; it leads nowhere: no"
                + " usable 'Location', or more than 10 redirects in a row")
    }

    // MARK: Problems

    @Test(.timeLimit(.minutes(4)))
    func problemsAreSentences() async throws {
        let origin = try await Stage.origin()
        let base = origin.edges[0].baseURL
        let html = try #require(
            ReplyServer { _ in
                ReplyServer.answer("200 OK", body: "<!DOCTYPE html><html><body>Sorry</body></html>")
            })
        let noise = try #require(ReplyServer { _ in "220 mail.example ESMTP\r\n" })
        let closed = try #require(ReplyServer.closedPort())
        let uris = [
            base + "/none/master.m3u8?token=secret", "http://127.0.0.1:\(html.port)/a.m3u8",
            "http://127.0.0.1:\(closed)/a",
            "http://nowhere.invalid/a.m3u8", "http://127.0.0.1:\(noise.port)/a",
        ]
        var found: [[String]] = []
        for uri in uris {
            let run = try await Stage.play(Stage.settings([uri], viewers: 2))
            #expect(run.report.totals.overall.outcomes.startFailure == 2 && run.outcome.problems.count == 1)
            #expect(run.outcome.problems.first?.count == 2)
            found.append(run.outcome.problems.map(\.sentence))
        }
        html.stop()
        noise.stop()
        await origin.stop()
        #expect(
            found[0] == [
                "the manifest \(base)/none/master.m3u8 was answered with status 404; is the path right, and the stream on air?"
            ])
        #expect(found[1].first?.hasPrefix("the manifest \(uris[1]) cannot be read: ") == true)
        #expect(found[1].first?.contains("an HTML page") == true, "\(found[1])")
        #expect(found[2].first?.hasPrefix("the manifest \(uris[2]) could not be fetched: no connection (") == true)
        #expect(found[2].first?.hasSuffix("); is the server up, and the port right?") == true)
        #expect(
            found[3] == [
                "the manifest \(uris[3]) could not be fetched: the host name nowhere.invalid has no address; is it spelt right?"
            ])
        #expect(found[4].first?.contains("the answer is not HTTP") == true, "\(found[4])")
        #expect(!found.joined().joined().contains("secret"))
    }

    // MARK: Ends

    private func live(_ origin: OriginServer, viewers: Int) -> LoadTestSettings {
        var settings = Stage.settings([origin.edges[0].baseURL + "/live/a/master.m3u8"], viewers: viewers)
        settings.grace = .seconds(60)
        return settings
    }

    @Test(.timeLimit(.minutes(4)))
    func aStopSignalEndsARunGently() async throws {
        let origin = try await Stage.origin()
        let run = try await Stage.play(
            live(origin, viewers: 10),
            stop: {
                try? await Task.sleep(for: .milliseconds(2_500))
                return "the test stopped it"
            })
        let transfers = run.report.totals.allTransfers
        let edge = try await Stage.statistics(of: origin, requests: transfers.all.count)
        #expect(run.outcome.end == .stopped(reason: "the test stopped it") && run.report.end == run.outcome.end)
        #expect(run.report.totals.overall.outcomes.running == 10 && run.report.totals.overall.plays == 10)
        #expect(run.sessions.count == 10)
        #expect(transfers.all.count == edge.requests && transfers.all.bytes == edge.bytes && edge.aborted == 0)
        #expect(run.elapsed < .seconds(60))
    }

    @Test(.timeLimit(.minutes(4)))
    func aCancelledRunIsMarkedAsStopped() async throws {
        let origin = try await Stage.origin()
        let settings = live(origin, viewers: 3)
        let running = Task { try await Stage.play(settings) }
        try await Task.sleep(for: .milliseconds(1_500))
        running.cancel()
        let run = try await running.value
        await origin.stop()
        #expect(run.report.end == .stopped(reason: "it was cancelled"))
        #expect(run.report.totals.overall.outcomes.running == 3 && run.elapsed < .seconds(60))
    }

    @Test(.timeLimit(.minutes(4)))
    func theTimeLimitEndsARun() async throws {
        let origin = try await Stage.origin()
        var settings = live(origin, viewers: 4)
        settings.limit = .seconds(2)
        let run = try await Stage.play(settings)
        await origin.stop()
        #expect(run.report.end == .stopped(reason: "the time limit of 2 s was reached"))
        #expect(run.elapsed >= .seconds(2) && run.elapsed < .seconds(60))
        #expect(run.report.duration >= .seconds(2))
    }

    @Test(.timeLimit(.minutes(4)))
    func guardRailsEndARun() async throws {
        let origin = try await Stage.origin()
        var data = live(origin, viewers: 4)
        data.limits.data = ByteCount(Int64(50_000))
        #expect(try await Stage.play(data).report.end == .stopped(reason: "the data limit of 50000 bytes was reached"))
        var rate = live(origin, viewers: 4)
        rate.limits.throughput = .kilobits(100)
        let reason = try await Stage.play(rate).report.end
        #expect(reason == .stopped(reason: "the throughput limit of 100 kbit/s was passed"))
        let file = FileManager.default.temporaryDirectory.path + "/fullhouse-stop-" + UUID().uuidString
        #expect(FileManager.default.createFile(atPath: file, contents: nil))
        defer { try? FileManager.default.removeItem(atPath: file) }
        var stopped = live(origin, viewers: 4)
        stopped.stopFile = file
        #expect(try await Stage.play(stopped).report.end == .stopped(reason: "the stop file \(file) appeared"))
        await origin.stop()
    }

    @Test(.timeLimit(.minutes(4)))
    func aCrowdThatSeesNothingGoesHome() async throws {
        let closed = try #require(ReplyServer.closedPort())
        let settings = Stage.settings(["http://127.0.0.1:\(closed)/a.m3u8"], viewers: 400, over: .seconds(8))
        let run = try await Stage.play(settings)
        guard case .stopped(let reason) = run.report.end else {
            Issue.record("it ended with \(run.report.end)")
            return
        }
        #expect(reason.hasPrefix("none of the first ") && reason.hasSuffix(" viewers saw a picture"))
        #expect(run.report.totals.overall.arrivals < 300)
    }

    @Test(.timeLimit(.minutes(4)))
    func aPlaceThatCannotBeWrittenIsRefusedBeforeAnybodyIsContacted() async throws {
        let origin = try await Stage.origin()
        let test = try LoadTest(live(origin, viewers: 1))
        let metadata = RunMetadata(profile: "test", seed: 5, startedAt: test.startedAt, toolVersion: "test")
        await #expect(throws: (any Error).self) {
            _ = try await test.run(storedAt: "/nonexistent/run.sqlite", metadata, stop: { nil }, onTick: { _ in })
        }
        await origin.stop()
        #expect(origin.statistics()[0].requests == 0)
    }

    // MARK: Replay

    @Test(.timeLimit(.minutes(4)))
    func aRecordedSessionPlaysAgainExactly() async throws {
        let origin = try await Stage.origin()
        let uris = ["/vod/a/master.m3u8", "/vod/a/manifest.mpd", "/live/b/master.m3u8", "/live/b/manifest.mpd"]
        var settings = Stage.settings(
            uris.map { origin.edges[0].baseURL + $0 }, viewers: 8, watch: .fixed(.seconds(3)))
        let recordings = SessionRecordings(of: Set((0..<8).map { SessionID(UInt64($0)) }))
        settings.recordings = recordings
        let run = try await Stage.play(settings)
        await origin.stop()
        let recorded = recordings.all
        #expect(recorded.count == 8 && run.report.totals.overall.plays == 8)
        for (id, session) in recorded {
            #expect(session.events.count > 20, "\(id)")
            #expect(session.recording.replay() == session.events, "\(id)")
        }
    }
}
