import Foundation
import Testing

@testable import Manifests

@Suite("The table of findings") struct FindingsTableTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The HLS identifiers in the sources of the decoders.
    private func identifiersInSources() throws -> Set<String> {
        let folder = Self.root.appendingPathComponent("Sources/Manifests")
        let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        var found: Set<String> = []
        // What is found over time has a section of its own (FindingRuleTests).
        for case let file as URL in files
        where file.pathExtension == "swift" && !file.path.contains("/Conformance/") {
            let text = try String(contentsOf: file, encoding: .utf8)
            for match in text.matches(of: /"(hls-[a-z0-9-]+)"/) { found.insert(String(match.1)) }
        }
        return found
    }

    /// The rows of the section on HLS playlists: identifier, severity, meaning, clause.
    private func rows() throws -> [[String]] {
        let text = try String(contentsOf: Self.root.appendingPathComponent("docs/FINDINGS.md"), encoding: .utf8)
        let section = try #require(text.components(separatedBy: "\n## ").first { $0.hasPrefix("HLS playlists\n") })
        return section.split(separator: "\n").filter { $0.hasPrefix("| `") }.map { line in
            line.split(separator: "|").map { $0.trimmingCharacters(in: CharacterSet(charactersIn: " `")) }
        }
    }

    @Test("every identifier in the sources is in the table, once, and the table has no other")
    func complete() throws {
        let listed = try rows().map { $0[0] }
        #expect(listed == listed.sorted() && Set(listed).count == listed.count)
        let known = try identifiersInSources()
        #expect(known.count > 50 && Set(listed) == known)
        #expect(try rows().allSatisfy { $0.count == 4 && Finding.Severity(rawValue: $0[1]) != nil && !$0[3].isEmpty })
    }

    @Test("what the fixtures show has the severity and clause of the table")
    func severities() throws {
        let table = Dictionary(uniqueKeysWithValues: try rows().map { ($0[0], $0) })
        var checked = 0
        for (_, bytes) in try Fixture.all() {
            var findings: [Finding] = []
            switch try? ManifestDecoder.decode(bytes) {
            case .mediaPlaylist(let playlist)?: findings = playlist.findings
            case .presentation(let presentation)?: findings = presentation.findings
            case nil: break
            }
            for finding in findings where finding.id.hasPrefix("hls-") {
                let row = try #require(table[finding.id])
                #expect(row[1] == finding.severity.rawValue && finding.clause.hasSuffix(row[3]))
                checked += 1
            }
        }
        #expect(checked > 3)
    }
}
