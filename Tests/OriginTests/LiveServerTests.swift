import Foundation
import NIOPosix
import Quantities
import Synchronization
import Testing

@testable import Origin

/// Integration: what an origin does in time, over loopback.
///
/// A busy machine may be late and never early.
@Suite(.serialized) struct LiveServerTests {
    /// How much earlier than due the clocks of a timer and of the wall may say that something came.
    private let tolerance = TimeAmount.milliseconds(5)
    private let segment: Int64 = 2_000_000_000

    /// Waits until a share of a live segment has passed and gives the number of the segment.
    private func reach(_ share: Double) async throws -> Int64 {
        let now = OriginSettings.systemClock().nanoseconds
        let within = now % segment
        let wanted = Int64(Double(segment) * share)
        let left = within <= wanted ? wanted - within : segment - within + wanted
        try await Task.sleep(for: .nanoseconds(left))
        return OriginSettings.systemClock().nanoseconds / segment
    }

    /// The bodies of many connections that ask for the same at once, with the instants of their ends.
    private struct Crowd: Sendable {
        var texts: [String]
        var firstArrival: WallTime
        var mostHeld: Int
    }

    private func crowd(_ count: Int, _ target: String, _ origin: OriginServer) async -> Crowd? {
        let port = origin.edges[0].port
        return await RawConnection.onThread {
            let connections = (0..<count).compactMap { _ in RawConnection(port: port) }
            guard connections.count == count, connections.allSatisfy({ $0.request(target) }) else { return nil }
            var most = 0
            for _ in 0..<2_000 where most < count {
                most = max(most, origin.held().requests)
                usleep(500)
            }
            for connection in connections { connection.readAll() }
            let first = connections.compactMap(\.arrivals.first).map(\.instant).min()
            return Crowd(texts: connections.map(\.text), firstArrival: first ?? .seconds(0.0), mostHeld: most)
        }
    }

    @Test func aCrowdThatWaitsForAPartIsWokenByOneTimer() async throws {
        let origin = try await OriginServer.start(OriginSettings())
        let open = try await reach(0.05)
        let target = "/low-latency/a/audio/index.m3u8?_HLS_msn=\(open + 1)&_HLS_part=0"
        let crowd = try #require(await crowd(200, target, origin))
        #expect(crowd.mostHeld == 200)
        #expect(origin.held() == (0, 1))
        let due = WallTime(nanoseconds: (open + 1) * segment + segment / 4)
        #expect(crowd.firstArrival > due - tolerance)
        #expect(Set(crowd.texts).count == 1)
        #expect(crowd.texts[0].contains("URI=\"\(open + 1).0.m4s\""))
        await origin.stop()
        let statistics = origin.statistics()[0]
        // One of them made the playlist, the others found it.
        #expect(statistics.statuses == [200: 200] && statistics.misses == 1 && statistics.hits == 199)
        #expect(statistics.parameters["_HLS_msn"] == 200)
    }

    @Test func aHintedPartIsSentWholeOnceItExists() async throws {
        let origin = try await OriginServer.start(OriginSettings())
        let port = origin.edges[0].port
        let open = try await reach(0.3)
        let (arrival, body) = await RawConnection.onThread {
            let connection = RawConnection(port: port)
            _ = connection?.request("/low-latency/a/video-400k/\(open).1.m4s")
            connection?.readAll()
            return (connection?.arrivals.first?.instant, Array(connection?.body ?? []))
        }
        let due = WallTime(nanoseconds: open * segment + segment / 2)
        #expect(try #require(arrival) > due - tolerance)
        let studio = Studio()
        let part = studio.content.part(
            PartNumber(segment: open, part: 1), of: studio.content.tracks[0], studio.content.grid(of: .live))
        #expect(body == part.parts.bytes)
        await origin.stop()
    }

    @Test func anOpenSegmentArrivesChunkByChunk() async throws {
        let origin = try await OriginServer.start(OriginSettings())
        let port = origin.edges[0].port
        let open = try await reach(0.55)
        let target = "/low-latency/a/video-400k/\(open).m4s"
        struct Seen: Sendable {
            var head: String
            var body: [UInt8]
            /// When the first byte of each chunk arrived.
            var arrivals: [WallTime?]
        }
        let studio = Studio()
        let grid = studio.content.grid(of: .live)
        let parts = (0..<4).map {
            studio.content.part(PartNumber(segment: open, part: $0), of: studio.content.tracks[0], grid).parts.bytes
        }
        let starts = parts.indices.map { parts[..<$0].reduce(0) { $0 + $1.count } }
        let seen = await RawConnection.onThread { () -> Seen? in
            guard let connection = RawConnection(port: port), connection.request(target) else { return nil }
            connection.readAll()
            return connection.unchunked.map { body in
                Seen(
                    head: connection.head, body: body,
                    arrivals: starts.map { connection.arrival(ofBodyByte: $0) })
            }
        }
        let found = try #require(seen)
        #expect(found.head.lowercased().contains("transfer-encoding: chunked"))
        #expect(!found.head.lowercased().contains("content-length"))
        #expect(found.body == parts.flatMap(\.self))
        for (part, arrival) in found.arrivals.enumerated() {
            let due = grid.completion(of: PartNumber(segment: open, part: Int64(part)))
            #expect(try #require(arrival) > due - tolerance, "chunk \(part)")
        }
        // The chunks that existed came before the ones that did not.
        let ends = found.arrivals.compactMap(\.self)
        #expect(ends[1] < ends[2] && ends[2] < ends[3])
        await origin.stop()
        #expect(origin.statistics()[0].bytes == Int64(found.body.count))
    }

    @Test func stoppingEndsWhatIsHeld() async throws {
        var settings = OriginSettings()
        settings.content.liveSegmentDuration = .seconds(20.0)
        let origin = try await OriginServer.start(settings)
        let port = origin.edges[0].port
        let open = OriginSettings.systemClock().nanoseconds / 20_000_000_000
        async let answer = RawConnection.onThread { () -> Int in
            let connection = RawConnection(port: port)
            _ = connection?.request("/low-latency/a/audio/index.m3u8?_HLS_msn=\(open + 1)")
            connection?.readAll()
            return connection?.bytes.count ?? -1
        }
        while origin.held().requests == 0 { try await Task.sleep(for: .milliseconds(5)) }
        await origin.stop()
        #expect(await answer == 0)
        #expect(origin.held().requests == 0)
    }

    @Test func anAlarmThatIsCancelledLeavesNobodyWaiting() async throws {
        let alarms = AlarmClock(loops: MultiThreadedEventLoopGroup.singleton, clock: OriginSettings.systemClock)
        let far = OriginSettings.systemClock() + .seconds(600.0)
        let sleepers = (0..<100).map { _ in Task { try await alarms.wait(until: far) } }
        while alarms.waiting < 100 { try await Task.sleep(for: .milliseconds(1)) }
        #expect(alarms.timers == 1)
        for sleeper in sleepers { sleeper.cancel() }
        for sleeper in sleepers {
            await #expect(throws: CancellationError.self) { try await sleeper.value }
        }
        #expect(alarms.waiting == 0)
        let early = Task {
            while !Task.isCancelled { await Task.yield() }
            try await alarms.wait(until: far)
        }
        early.cancel()
        await #expect(throws: CancellationError.self) { try await early.value }
        #expect(alarms.waiting == 0)
    }

    @Test func aShiftedClockShiftsContentAndTimeAlike() async throws {
        var settings = OriginSettings()
        settings.clockShift = .seconds(-100.0)
        let origin = try await OriginServer.start(settings)
        let port = origin.edges[0].port
        let before = OriginSettings.systemClock()
        let texts = await RawConnection.onThread {
            ["/time", "/live/a/audio/index.m3u8"].map { target -> String in
                let connection = RawConnection(port: port)
                _ = connection?.request(target)
                connection?.readAll()
                return connection?.text ?? ""
            }
        }
        await origin.stop()
        let after = OriginSettings.systemClock()
        #expect(texts[0] >= TimeText.iso8601(before - TimeAmount.seconds(100.0)))
        #expect(texts[0] <= TimeText.iso8601(after - TimeAmount.seconds(100.0)))
        let lines = texts[1].split(separator: "\n")
        let last = try #require(Lines.uris(lines).last.flatMap { Int64($0.dropLast(4)) })
        #expect(last <= (after.nanoseconds - 100_000_000_000) / segment)
        #expect(last >= (before.nanoseconds - 100_000_000_000) / segment - 2)
    }

    @Test func steeringChangesWhileTheOriginRuns() async throws {
        let origin = try await OriginServer.start(
            OriginSettings(edges: [EdgeSettings(pop: "osl1"), EdgeSettings(address: "127.0.0.2", pop: "bgo1")]))
        let port = origin.edges[0].port
        @Sendable func text(_ target: String) async -> String {
            await RawConnection.onThread {
                let connection = RawConnection(port: port)
                _ = connection?.request(target)
                connection?.readAll()
                return connection.map { $0.head + $0.text } ?? ""
            }
        }
        #expect(await text("/steering").contains("\"PATHWAY-PRIORITY\":[\"osl1\",\"bgo1\"]"))
        origin.steer { $0.priority = ["bgo1", "osl1"] }
        #expect(await text("/steering?_HLS_pathway=%22osl1%22").contains("\"PATHWAY-PRIORITY\":[\"bgo1\",\"osl1\"]"))
        origin.steer { $0.fault = .gone }
        #expect(await text("/steering").hasPrefix("HTTP/1.1 410"))
        let master = await text("/steered/a/master.m3u8")
        for edge in origin.edges { #expect(master.contains("\(edge.baseURL)/steered/a/video-400k/index.m3u8")) }
        await origin.stop()
        #expect(origin.statistics()[0].pathways == ["osl1": 1])
    }
}
