import Foundation
import Testing

/// What a real player did on a known link (Fixtures/real-player-runs.json).
struct RecordedRun: Decodable, CustomTestStringConvertible {
    /// One request of the recording.
    struct Request: Decodable {
        var start: Double
        var status: Int
        var bytes: Int64
        var connection: Int
        var uri: String

        init(from decoder: any Decoder) throws {
            var row = try decoder.unkeyedContainer()
            start = try row.decode(Double.self)
            _ = try row.decode(Double.self)
            status = try row.decode(Int.self)
            bytes = try row.decode(Int64.self)
            connection = try row.decode(Int.self)
            uri = try row.decode(String.self)
        }
    }

    var player: String
    var plan_kbps: String
    var startup_s: Double
    var connections: Int
    /// How long the plan had run at the first request, where the recording says so.
    var offset_s: Double?
    var requests: [Request]

    var testDescription: String { "\(player) on \(plan_kbps) kbit/s" }

    /// The folder of the media: HLS or DASH.
    var media: String { player.hasPrefix("dash.js") ? "dash-vod" : "hls-vod" }

    /// The track that was fetched last for each video segment.
    var tracks: [Int: Character] { Self.tracks(of: requests.map(\.uri)) }

    static func tracks(of uris: [String]) -> [Int: Character] {
        var result: [Int: Character] = [:]
        for uri in uris {
            guard let (number, track) = segment(of: uri) else { continue }
            result[number] = track
        }
        return result
    }

    /// The number, from 0, and the track of a video segment; nil for everything else.
    static func segment(of uri: String) -> (number: Int, track: Character)? {
        let letters: [Character] = ["H", "M", "L"]
        let parts = uri.split(separator: "/")
        guard let name = parts.last, name.hasSuffix(".m4s"), !name.hasPrefix("init") else { return nil }
        let digits = name.dropLast(4).reversed().prefix { $0.isNumber }.reversed()
        guard let number = Int(String(digits)) else { return nil }
        if name.hasPrefix("chunk-stream"), let track = name.dropFirst(12).first?.wholeNumberValue {
            return track < 3 ? (number - 1, letters[track]) : nil
        }
        guard parts.count >= 2, let track = parts[parts.count - 2].dropFirst().first?.wholeNumberValue, track < 3
        else { return nil }
        return (number, letters[track])
    }
}

/// The media of the recordings and the runs.
struct Recordings: Decodable {
    struct Media: Decodable {
        var sizes_bytes: [String: Int64]
        var playlists: [String: String]?
        var manifest: String?
    }

    var media: [String: Media]
    var runs: [RecordedRun]

    static let all = load("real-player-runs")

    /// Two runs of Chromium's own player on other links with another stream, which no constant was chosen by
    /// (Fixtures/chromium-runs.json).
    static let others = load("chromium-runs")

    private static func load(_ name: String) -> Recordings {
        guard let url = Bundle.module.url(forResource: "Fixtures/" + name, withExtension: "json"),
            let data = try? Data(contentsOf: url),
            let decoded = try? JSONDecoder().decode(Recordings.self, from: data)
        else { return Recordings(media: [:], runs: []) }
        return decoded
    }
}
