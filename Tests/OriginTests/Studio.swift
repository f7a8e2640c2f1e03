import Quantities
import Testing

@testable import Origin

/// Synthetic content with what it gives, for tests of single features.
struct Studio {
    /// 2026-11-22T16:00:01.5Z.
    static let now = WallTime(nanoseconds: 1_795_363_201_500_000_000)

    var content: SyntheticContent
    var deployment = Deployment()

    init(_ change: (inout ContentSettings) -> Void = { _ in }) {
        var settings = ContentSettings()
        change(&settings)
        content = SyntheticContent(settings)
    }

    func object(_ target: String, at seconds: Double = 0) -> ContentObject? {
        let request = EdgeRequest(method: "GET", target: target)
        guard let address = content.address(of: String(request.path)) else { return nil }
        return content.object(
            at: address, now: Self.now + .seconds(seconds), directives: PlaylistDirectives(query: request.query),
            in: deployment)
    }

    func bytes(_ target: String, at seconds: Double = 0) throws -> [UInt8] {
        try #require(object(target, at: seconds), "\(target)").bytes
    }

    func text(_ target: String, at seconds: Double = 0) throws -> String {
        String(decoding: try bytes(target, at: seconds), as: UTF8.self)
    }

    func lines(_ target: String, at seconds: Double = 0) throws -> [Substring] {
        try text(target, at: seconds).split(separator: "\n")
    }
}

/// Reading playlists line by line, apart from the decoder that the players use.
enum Lines {
    /// What follows a tag on its first line.
    static func value(_ tag: String, _ lines: [Substring]) -> String? { values(tag, lines).first }

    /// What follows a tag on all its lines.
    static func values(_ tag: String, _ lines: [Substring]) -> [String] {
        lines.filter { $0.hasPrefix("#" + tag + ":") }.map { String($0.dropFirst(tag.count + 2)) }
    }

    static func number(_ tag: String, _ lines: [Substring]) throws -> Int64 {
        try #require(value(tag, lines).flatMap { Int64($0) }, "\(tag)")
    }

    /// An attribute of an attribute list, without quotes.
    static func attribute(_ name: String, _ list: String) -> String? {
        let padded = "," + list
        guard let range = padded.firstRange(of: ",\(name)=") else { return nil }
        let rest = padded[range.upperBound...]
        if rest.hasPrefix("\"") { return String(rest.dropFirst().prefix { $0 != "\"" }) }
        return String(rest.prefix { $0 != "," })
    }

    static func uris(_ lines: [Substring]) -> [String] { lines.filter { !$0.hasPrefix("#") }.map(String.init) }
}
