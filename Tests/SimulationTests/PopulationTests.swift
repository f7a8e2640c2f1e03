import Audience
import Measurement
import Playback
import Quantities
import Testing
import Transport

@testable import Simulation

/// Cases small enough to be worked out by hand: a segment is 4 s at 1 Mbit/s, 4 Mbit.
@Suite struct PopulationTests {
    @Test func aViewerOnALinkStartsWhenItsFirstSegmentHasCome() async throws {
        var scene = Scene()
        scene.edges = [EdgeModel(name: "one", latency: .milliseconds(100))]
        scene.link = Scene.link(megabits: 4)
        let outcome = await scene.play()
        // A round trip for the connection; four more for manifest (500 bytes), playlist (150 + 60 × 10), section (800) and
        // segment; and their bytes at 4 Mbit/s.
        let bytes = 500.0 + 750 + 800 + 500_000
        let expected = 5 * 0.1 + bytes * 8 / 4e6
        let startup = try #require(outcome.sessions.first?.startupTime)
        #expect(startup.isWithin(0.1, of: expected), "\(startup) against \(expected)")
        #expect(outcome.sessions.first?.outcome == .ended)
        #expect(outcome.sessions.first?.rebufferCount == 0)
        // Ten segments at 1.1 s each against 40 s of play.
        #expect(try #require(outcome.sessions.first?.playedTime).isWithin(0.1, of: 40))
        #expect(outcome.totals.allTransfers.all.bytes == 500 + 750 + 800 + 10 * 500_000)
    }

    @Test func aHandshakeOfTLSTakesOneRoundTripMore() async throws {
        var plain = Scene()
        plain.edges = [EdgeModel(name: "one", latency: .milliseconds(100))]
        var secure = plain
        secure.isEncrypted = true
        let first = try #require(await plain.play().sessions.first?.startupTime)
        let second = try #require(await secure.play().sessions.first?.startupTime)
        #expect((second - first).isWithin(0.01, of: 0.1))
    }

    @Test func theDelayOfALinkCountsForEachRequest() async throws {
        var scene = Scene()
        scene.link = Scene.link(megabits: 8, delay: .milliseconds(50))
        let outcome = await scene.play()
        let expected = 4 * 0.05 + (500.0 + 750 + 800 + 500_000) * 8 / 8e6
        #expect(try #require(outcome.sessions.first?.startupTime).isWithin(0.1, of: expected))
        #expect(outcome.transfers(.video).allSatisfy { $0.timings.firstByte == .milliseconds(50) })
    }

    @Test func twoViewersShareAnEdgeEvenly() async throws {
        var scene = Scene(viewers: 2)
        scene.edges = [EdgeModel(name: "one", capacity: .megabits(4))]
        let outcome = await scene.play()
        // Both fetch their first segment from the begin on: 8 Mbit through 4 Mbit/s.
        for session in outcome.sessions {
            let startup = try #require(session.startupTime)
            #expect(startup.isWithin(25, of: 2.005), "\(startup)")
        }
    }

    @Test func whatASlowLinkLeavesAFastOneTakes() async throws {
        var scene = Scene(viewers: 2)
        scene.edges = [EdgeModel(name: "one", capacity: .megabits(4))]
        let slow = LinkTrace(name: "slow", rate: .megabits(1))
        let fast = LinkTrace(name: "fast", rate: .megabits(100))
        scene.link = { LinkAttachment($0.id.viewer == 0 ? slow : fast, household: $0.household) }
        let outcome = await scene.play()
        let first = outcome.transfers.filter { $0.record.kind == .video && $0.record.sequence == 0 }
        let times = Dictionary(uniqueKeysWithValues: first.map { ($0.session.viewer, $0.record.timings.total) })
        #expect(try #require(times[0]).isWithin(15, of: 4))
        // 4 Mbit at what is left: 3 Mbit/s.
        #expect(try #require(times[1]).isWithin(25, of: 4.0 / 3))
    }

    @Test func eachResponseHasItsOwnLimit() async throws {
        var scene = Scene(viewers: 2)
        scene.edges = [EdgeModel(name: "one")]
        scene.edges[0].responseRate = .megabits(2)
        scene.edges[0].delay = .milliseconds(30)
        let outcome = await scene.play()
        let expected = 4 * 0.03 + (500.0 + 750 + 800 + 500_000) * 8 / 2e6
        for session in outcome.sessions { #expect(try #require(session.startupTime).isWithin(0.1, of: expected)) }
    }

    @Test func aHouseholdSharesItsLink() async throws {
        var scene = Scene(viewers: 2)
        let trace = LinkTrace(name: "link", rate: .megabits(4))
        scene.link = { _ in LinkAttachment(trace, household: 7) }
        let outcome = await scene.play()
        for session in outcome.sessions {
            let startup = try #require(session.startupTime)
            #expect(startup.isWithin(15, of: 2.005), "\(startup)")
        }
    }

    @Test func aTraceIsFollowedInTheMiddleOfASegment() async throws {
        var scene = Scene()
        // A segment of 4 Mbit: 1 s at 2 Mbit/s, 1 s of nothing, the other 2 Mbit at 1 Mbit/s.
        let trace = LinkTrace(
            name: "steps",
            steps: [
                .init(duration: .seconds(1), rate: .megabits(2)), .init(duration: .seconds(1), rate: .zero),
                .init(duration: .seconds(600), rate: .megabits(1)),
            ])
        scene.link = { LinkAttachment(trace, household: $0.household) }
        let outcome = await scene.play()
        // The documents take (500 + 750 + 800) × 8 ÷ 2e6 s of the first second, which the segment makes up for later.
        let documents = 2_050.0 * 8 / 2e6
        let expected = 2 + (4e6 - (1 - documents) * 2e6) / 1e6
        #expect(try #require(outcome.sessions.first?.startupTime).isWithin(0.1, of: expected))
    }

    @Test func theFirstRequestForAnObjectGoesToTheOrigin() async throws {
        var scene = Scene(viewers: 2, arrivals: .constant(over: .seconds(20)))
        scene.edges = [EdgeModel(name: "one", latency: .milliseconds(20))]
        scene.origin = OriginModel(latency: .milliseconds(80))
        let outcome = await scene.play()
        let first = outcome.transfers.filter { $0.session.viewer == 0 }.map(\.record)
        let second = outcome.transfers.filter { $0.session.viewer == 1 }.map(\.record)
        #expect(first.allSatisfy { $0.cache == .miss })
        #expect(first.filter(\.connectionReused).allSatisfy { $0.timings.firstByte == .milliseconds(100) })
        #expect(second.filter { $0.cache == .hit }.count >= second.count - 1)
        #expect(
            second.filter { $0.cache == .hit && $0.connectionReused }.allSatisfy {
                $0.timings.firstByte == .milliseconds(20)
            })
    }

    @Test func theOriginIsSharedByAllThatIsMissed() async throws {
        var scene = Scene()
        scene.origin = OriginModel(capacity: .megabits(2))
        let outcome = await scene.play()
        // Nothing slows the viewer but the origin: 4 Mbit through 2 Mbit/s, and the end of an epoch.
        let expected = (500.0 + 750 + 800 + 500_000) * 8 / 2e6
        #expect(try #require(outcome.sessions.first?.startupTime).isWithin(45, of: expected))
    }

    @Test func requestsWaitInLine() async throws {
        var scene = Scene(viewers: 10)
        scene.edges = [EdgeModel(name: "one", requestsPerSecond: 10)]
        let outcome = await scene.play()
        let waits = outcome.transfers(.manifest).map(\.timings.firstByte.seconds)
        #expect(waits.count == 10)
        // Ten come at once, each is served in a tenth of a second.
        for (index, wait) in waits.enumerated() { #expect(abs(wait - Double(index + 1) / 10) < 1e-6) }
    }

    @Test func whoHasNoConnectionLeftWaits() async throws {
        var scene = Scene()
        scene.content = ContentSettings(ladder: [.megabits(1)], audio: .kilobits(250), duration: .seconds(20))
        scene.parallelTransfers = 1
        scene.link = Scene.link(megabits: 4)
        let outcome = await scene.play()
        let all = outcome.transfers.map(\.record).sorted { $0.timings.ended < $1.timings.ended }
        for (before, after) in zip(all, all.dropFirst()) { #expect(before.timings.ended <= after.timings.begun) }
        #expect(all.count == 15)
        #expect(outcome.totals.allTransfers.newConnections == 1)
    }
}
