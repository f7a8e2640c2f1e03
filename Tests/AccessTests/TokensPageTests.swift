import Foundation
import Testing

@testable import Access

@Suite("The page on tokens") struct TokensPageTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private func page() throws -> String {
        try String(contentsOf: Self.root.appendingPathComponent("docs/TOKENS.md"), encoding: .utf8)
    }

    /// A section of the page by its heading.
    private func section(_ heading: String) throws -> String {
        let sections = try page().components(separatedBy: "\n## ")
        return try #require(sections.first { $0.hasPrefix(heading + "\n") }, "there is no section '\(heading)'")
    }

    private func rows(_ heading: String) throws -> [String] {
        try section(heading).split(separator: "\n").map(String.init).filter { $0.hasPrefix("| `") }
    }

    /// The row that the catalogue gives for a scheme.
    static func row(of description: SchemeDescription) throws -> String {
        let scheme = try description.scheme(key: nil)
        let places = scheme.placements.map(\.rawValue).joined(separator: ", ")
        let coverage =
            switch scheme.coverage {
            case .oneURL: "one URL"
            case .paths: "paths"
            case .either: "either"
            }
        let key =
            switch description.keys {
            case .symmetric: "shared, \(description.keyEncoding.rawValue)"
            case .pair: "pair, PEM"
            case .either: "shared, \(description.keyEncoding.rawValue), or pair, PEM"
            }
        return "| `\(description.name)` | \(description.summary) | \(places) | \(coverage) | \(key) |"
    }

    /// The row that the catalogue gives for a setting.
    static func row(of option: SchemeDescription.Option, in scheme: String) -> String {
        let standard = option.standard.map { "`\($0)`" } ?? ""
        let allowed = option.allowed.map { "`\($0)`" }.joined(separator: ", ")
        return "| `\(scheme)` | `\(option.name)` | \(standard) | \(allowed) | \(option.meaning) |"
    }

    @Test("has every scheme of the catalogue in its order, as the catalogue describes it")
    func schemes() throws {
        let expected = try TokenSchemes.all.map(Self.row)
        #expect(try rows("Schemes") == expected, "the rows must be:\n\(expected.joined(separator: "\n"))")
    }

    @Test("has every setting of every scheme, and no other")
    func settings() throws {
        let expected = TokenSchemes.all.flatMap { scheme in
            scheme.options.map { Self.row(of: $0, in: scheme.name) }
        }
        #expect(try rows("Settings") == expected, "the rows must be:\n\(expected.joined(separator: "\n"))")
    }

    @Test("says for every scheme what it signs")
    func notes() throws {
        let notes = try section("What is signed")
        for scheme in TokenSchemes.all {
            #expect(notes.contains("`\(scheme.name)`"), "there is nothing on \(scheme.name)")
        }
    }

    @Test("has only examples by template that can be made")
    func examples() throws {
        let lines = try section("By template").split(separator: "\n").map(String.init)
        let template = try #require(TokenSchemes.named("template"))
        var count = 0
        for line in lines where line.contains("scheme: template") {
            var values: [String: String] = [:]
            for match in line.matches(of: /([a-z ]+): "([^"]*)"/) {
                values[String(match.1).trimmingCharacters(in: .whitespaces)] = String(match.2)
            }
            let encoding = values.removeValue(forKey: "key encoding").flatMap(KeyEncoding.init(rawValue:))
            values["key"] = nil
            #expect(throws: Never.self) {
                try template.scheme(key: KeyMaterial("00112233"), encoding: encoding, values: values)
            }
            count += 1
        }
        #expect(count >= 3)
    }
}
