import Audience
import Foundation
import Quantities
import Testing

@testable import RunProfile

/// The profiles in `Profiles/` and the page about them.
@Suite struct ReadyProfilesTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private func text(_ path: String) throws -> String {
        try String(contentsOf: Self.root.appendingPathComponent(path), encoding: .utf8)
    }

    private static let ready: [(String, Int, Int)] = [
        ("smoke", 10, 1), ("demo", 240, 4), ("vod-evening", 5_000, 5), ("live-final", 20_000, 2),
        ("flash-crowd", 10_000, 1), ("low-latency", 2_000, 2), ("mobile-region", 3_000, 1),
        ("reconnect-storm", 6_000, 1),
    ]

    @Test(arguments: ready)
    func aReadyProfileCanBePlayed(_ name: String, _ viewers: Int, _ streams: Int) throws {
        let written = try text("Profiles/\(name).yaml")
        #expect(problems(written) == [])
        let profile = try ProfileReader.read(written, file: name)
        #expect(profile.name == name && profile.viewers == viewers && profile.streams.count == streams)
        #expect(!profile.thresholds.isEmpty)
        let plan = AudiencePlan(settings: profile.audience, seed: profile.seed)
        let schedule = plan.schedule()
        #expect(schedule.count >= viewers)
        var seen: Set<Int> = []
        var last = Instant.zero
        for index in 0..<schedule.count {
            let session = schedule[index]
            #expect(session.arrival >= last)
            #expect(profile.regions.indices.contains(session.region))
            seen.insert(session.stream)
            last = session.arrival
        }
        #expect(seen == Set(0..<streams))
    }

    @Test func aMachinesLabelTakesItsRegionOnly() throws {
        let text = """
            name: x
            streams: {a: "http://127.0.0.1/a.m3u8"}
            audience:
              viewers: 4
              regions: {oslo: {share: 1, label: north}, rome: {share: 3, label: south}}
            """
        var profile = try ProfileReader.read(text, file: "x")
        profile.adoptRegion(label: nil)
        profile.adoptRegion(label: "west")
        #expect(profile.regions.map(\.weight) == [1, 3])
        profile.adoptRegion(label: "north")
        #expect(profile.audience.regions.map(\.weight) == [1, 0])
        let plan = AudiencePlan(settings: profile.audience, seed: 1)
        #expect((0..<4).allSatisfy { plan.session($0).region == 0 })
    }

    @Test func everyReadyProfileIsTested() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.root.path + "/Profiles")
        #expect(Set(files.filter { !$0.hasPrefix(".") }) == Set(Self.ready.map { $0.0 + ".yaml" }))
    }

    @Test func thePageNamesEverySetting() throws {
        let page = try text("docs/PROFILE-FORMAT.md")
        for (parent, names) in ProfileVocabulary.all {
            for name in names {
                let path = parent.isEmpty ? name : parent + "." + name
                #expect(page.contains("| `\(path)` |"), "\(path)")
            }
        }
    }

    @Test func thePageNamesNoOtherSetting() throws {
        let page = try text("docs/PROFILE-FORMAT.md")
        let paths = ProfileVocabulary.all.flatMap { parent, names in
            names.map { parent.isEmpty ? $0 : parent + "." + $0 }
        }
        let known = Set(paths)
        let rows = page.split(separator: "\n").filter { $0.hasPrefix("| `") }
        let named = rows.compactMap { $0.dropFirst(3).split(separator: "`").first.map(String.init) }
        #expect(named.count >= known.count)
        for name in named { #expect(known.contains(name), "\(name)") }
    }

    @Test func theExamplesOfThePageCanBeRead() throws {
        let page = try text("docs/PROFILE-FORMAT.md")
        let examples = page.components(separatedBy: "```yaml\n").dropFirst()
            .compactMap { $0.components(separatedBy: "```").first }
        #expect(examples.count >= 2)
        for example in examples { #expect(problems(example) == [], "\(example)") }
    }
}
