import Foundation
import Simulation

/// The result of `fullhouse simulate --player` as JSON; docs/ADAPTATION.md describes it.
enum SimulatePlayerOutput {
    /// The whole document, with a line feed at its end.
    static func text(_ result: SabreResult, options: SimulatePlayerOptions) -> String {
        var members = [
            member("movie", string(options.movie)),
            member("network", string(options.network)),
            member("rule", string(options.rule.rawValue)),
            member("segments", String(result.tracks.count)),
            member("tracks", "[" + result.tracks.map(String.init).joined(separator: ", ") + "]"),
            member("quality_per_segment", string(digits(result.tracks))),
            member("abandons", String(result.abandonments)),
            member("replacements", String(result.replacements)),
        ]
        let totals = result.totals.map { "    " + member($0.name, number($0.value)) }
        members.append(member("totals", "{\n" + totals.joined(separator: ",\n") + "\n  }"))
        if options.listsRequests {
            let requests = result.requests.map { "    " + object($0) }
            members.append(member("requests", "[\n" + requests.joined(separator: ",\n") + "\n  ]"))
        }
        return "{\n" + members.map { "  " + $0 }.joined(separator: ",\n") + "\n}\n"
    }

    /// The tracks as one digit each, letters behind 9; a question mark behind the 36th.
    static func digits(_ tracks: [Int]) -> String {
        String(tracks.map { $0 < 36 ? Character(String($0, radix: 36)) : "?" })
    }

    private static func object(_ request: SabreRequest) -> String {
        let download = request.download
        let members = [
            member("segment", String(request.segment)),
            member("track", String(download.track)),
            member("size_bits", number(request.size)),
            member("received_bits", number(download.received)),
            member("begun_ms", number(request.begun)),
            member("time_ms", number(download.time)),
            member("first_byte_ms", number(download.firstByte)),
            member("full_buffer_wait_ms", number(request.fullWait)),
            member("rule_wait_ms", number(request.ruleWait)),
            member("buffer_before_ms", number(request.levelBefore)),
            member("buffer_after_ms", number(request.levelAfter)),
            member("replacement", download.isReplacement ? "true" : "false"),
            member("abandoned_to", download.abandonedTo.map(String.init) ?? "null"),
        ]
        return "{" + members.joined(separator: ", ") + "}"
    }

    private static func member(_ name: String, _ value: String) -> String { "\"\(name)\": \(value)" }

    private static func number(_ value: Double) -> String { value.isFinite ? "\(value)" : "null" }

    private static func string(_ text: String) -> String {
        guard let data = try? JSONEncoder().encode(text) else { return "\"\"" }
        return String(decoding: data, as: UTF8.self)
    }
}
