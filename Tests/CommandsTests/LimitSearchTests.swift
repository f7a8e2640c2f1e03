import Foundation
import Measurement
import RunProfile
import Simulation
import Testing

@testable import Commands

/// The search for a limit by simulation, against arithmetic.
@Suite struct LimitSearchTests {
    /// Viewers of 1 Mbit/s with nothing else, on an edge of 10 Mbit/s.
    private func profile(
        viewers: Int = 5, thresholds: String = "[rebuffer ratio < 1 %]", capacity: String = "capacity: 10 Mbit/s",
        more: String = ""
    ) -> String {
        """
        name: limit
        streams: {main: "http://127.0.0.1:9/m.m3u8"}
        audience: {viewers: \(viewers), watch: 24 s, over: 4 s}
        player: {adaptation: lowest}
        thresholds: \(thresholds)
        simulation:
          edges: {edge: {\(capacity)}}
          content: {ladder: [1 Mbit/s], audio: none}
        \(more)
        """
    }

    private func search(
        _ text: String, _ quantity: SimulateAudienceOptions.Limit
    ) async throws -> LimitSearch {
        let profile = try ProfileReader.read(text, file: "p.yaml")
        let contents = try await ContentAssembly(profile: profile).contents(nil)
        return try LimitSearch(profile: profile, contents: contents, quantity: quantity, threads: 1, isQuiet: true)
    }

    @Test func asManyViewersHoldAsTheCapacityHasRoomFor() async throws {
        let found = try await search(profile(), .viewers).run()
        let holds = try #require(found.holds)
        let breaks = try #require(found.breaks)
        #expect(found.isComplete && breaks > holds && breaks <= max(holds * 1.02, holds + 1))
        // 10 viewers of 1 Mbit/s; more for a while, from what is in their buffers and the ends of the others.
        #expect((9...13).contains(holds), "\(found.sentence)")
        #expect(found.broken.first?.contains("rebuffer ratio < 1 %") == true)
        #expect(found.sentence.contains("all thresholds hold at \(Int(holds)) viewers and one breaks at"))
    }

    @Test func theCapacityThatViewersNeedIsTheirBitRate() async throws {
        let found = try await search(profile(viewers: 8), .capacity).run()
        let holds = try #require(found.holds)
        let breaks = try #require(found.breaks)
        #expect(holds > breaks && holds <= breaks * 1.021)
        #expect((5.8e6...9e6).contains(holds), "\(found.sentence)")
        #expect(found.sentence.contains("Mbit/s"))
    }

    @Test func whatBreaksAtOneViewerIsSaid() async throws {
        let found = try await search(profile(viewers: 4, thresholds: "[bit rate > 2 Mbit/s]"), .viewers).run()
        #expect(found.isComplete && found.holds == nil && found.breaks == 1)
        #expect(found.sentence.contains("broken even at 1 viewer") && found.sentence.contains("bit rate"))
        #expect(found.json.contains("\"complete\" : true") && !found.json.contains("\"holds\""))
    }

    @Test func anAudienceThatSeesNothingHoldsNoThreshold() async throws {
        // Nothing of what is measured exists, so nothing of it is broken.
        let found = try await search(
            profile(viewers: 2, capacity: "capacity: 1 kbit/s", more: "run: {limit: 20 s}"), .viewers
        ).run()
        #expect(found.breaks == 1 && found.broken == ["no viewer saw a picture"])
    }

    @Test func whatNeverBreaksEndsAtTheReach() async throws {
        let found = try await search(
            profile(
                viewers: 1, thresholds: "[startup time p95 < 60 min]", capacity: "capacity: 100 Gbit/s",
                more: "run: {limit: 2 s}"),
            .viewers
        ).run()
        #expect(found.holds == 1_024 && found.breaks == nil && found.runs == 11)
        #expect(found.sentence.contains("no limit was found: all thresholds hold even at 1024 viewers"))
    }

    @Test func whatCannotBeLookedForIsSaid() async throws {
        for (text, quantity, words) in [
            (profile(thresholds: "[]"), SimulateAudienceOptions.Limit.viewers, "no thresholds"),
            (profile(capacity: "latency: 1 ms"), .capacity, "no edge has a capacity"),
        ] {
            let failure = await #expect(throws: CommandFailure.self) { try await search(text, quantity) }
            #expect(failure?.status == .badInput && failure?.sentences.first?.contains(words) == true)
        }
    }

    @Test func anInterruptedSearchSaysWhatItKnows() async throws {
        let search = try await search(profile(), .viewers)
        search.interrupt()
        let found = try await search.run()
        #expect(!found.isComplete && found.runs == 0)
        #expect(found.sentence == "interrupted after 0 runs: nothing is known yet")
        #expect(found.json.contains("\"complete\" : false"))
    }

    @Test(.timeLimit(.minutes(4))) func ctrlCEndsASearchWithWhatIsKnown() async throws {
        let scene = try Scene()
        let path = try #require(Program.path, "the program is not built beside the tests")
        // The first runs are quick, the later ones are not.
        let file = try scene.file("p.yaml", profile(viewers: 1, capacity: "capacity: 100 Gbit/s"))
        let program = try Program(scene, path, ["simulate", file, "--find-limit", "viewers"])
        for _ in 0..<5_000 where !program.errors.contains("run 1,") { try await Task.sleep(for: .milliseconds(20)) }
        program.send(SIGINT)
        #expect(try await program.end(within: 120) == 130)
        #expect(program.errors.contains("interrupted after") && program.errors.contains("hold even at"))
        #expect(program.output.contains("\"complete\" : false"))
    }

    @Test(arguments: [
        ("failed sessions < 3", true), ("startup time max < 3 s", true), ("failed sessions < 1 %", false),
        ("startup time p95 < 3 s", false), ("rebuffers per hour < 2", false), ("plays > 3", false),
        ("rebuffer ratio < 1 %", false), ("failed transfers <= 10", true), ("sessions == 4", false),
    ])
    func onlyWhatCannotMendEndsARunEarly(_ text: String, _ stays: Bool) throws {
        #expect(try Threshold(parsing: text).staysBroken == stays)
    }
}
