import Quantities
import Testing

@testable import Manifests

/// Many viewers with slow and fast links poll a stream over several caching edges: what they bring comes in no order.
@Suite struct CrowdTests {
    private struct Look {
        var begun: Double
        var answered: Double
        var made: Double
        var edge: Int
        var rendition: Int
    }

    /// Seeded looks at a live stream for two minutes, in the order in which the answers come.
    private func looks(seed: UInt64) -> [Look] {
        var generator = SeededGenerator(seed: seed)
        var looks: [Look] = []
        for viewer in 0..<200 {
            var at = generator.unit() * 8
            while at < 120 {
                // One answer in ten is slow; the server may make it at any time before.
                let wait = generator.unit() < 0.1 ? generator.unit() * 5 : 0.01 + generator.unit() * 0.2
                let made = at + generator.unit() * wait
                looks.append(
                    Look(begun: at, answered: at + wait, made: made, edge: viewer % 3, rendition: viewer % 2))
                at += max(wait, 4 - generator.unit())
            }
        }
        return looks.sorted { $0.answered < $1.answered }
    }

    /// All findings of a stream, whose edges keep copies for a second; one of them may stop renewing its copies.
    private func findings(seed: UInt64, stuckEdge: Int? = nil, from: Double = 60) -> [String: Int] {
        let watch = StreamWatch()
        var versions: [[MediaPlaylist]] = []
        for rendition in 0..<2 {
            versions.append(
                (0..<40 as Range<Int64>).map {
                    WatchedPlaylist(first: 94 + $0, uri: { "r\(rendition)/s\($0).ts" }).playlist
                })
        }
        var counts: [String: Int] = [:]
        for look in looks(seed: seed) {
            var copied = max(0, (look.made + Double(look.edge) * 0.3).rounded(.down) - Double(look.edge) * 0.3)
            if look.edge == stuckEdge { copied = min(copied, from) }
            let playlist = versions[look.rendition][Int(copied / 4)]
            let answer = DocumentAnswer(
                begun: .seconds(look.begun), answered: .seconds(look.answered),
                wall: WatchedPlaylist.epoch + .seconds(100 * 4 + look.answered))
            let found = watch.observe(
                playlist, uri: "https://h/r\(look.rendition).m3u8", stream: "s", edge: "edge\(look.edge)", answer)
            for finding in found { counts["\(finding.id) edge\(look.edge)", default: 0] += 1 }
        }
        return counts
    }

    @Test(arguments: 1...10 as ClosedRange<UInt64>)
    func aSoundStreamHasNoFindingsWhateverTheLinks(seed: UInt64) {
        #expect(findings(seed: seed) == [:])
    }

    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func theEdgeThatIsStuckIsTheOneThatIsTold(seed: UInt64) {
        let counts = findings(seed: seed, stuckEdge: 1)
        // Two renditions, each stale once; the others go on and leave it behind.
        #expect(counts["hls-stale-playlist edge1"] == 2)
        #expect(counts["hls-edge-behind edge1"] == 2)
        // Beside it the renditions of that edge stay alike, so nothing else is told, of no other edge.
        #expect(counts.keys.allSatisfy { $0.hasSuffix("edge1") }, "\(counts)")
    }
}
