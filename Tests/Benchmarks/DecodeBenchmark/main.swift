// Decodes documents of known sizes and prints the median, the least and the 95th percentile of the time it takes.
//
//     swift run -c release DecodeBenchmark
import Foundation
import Manifests
import Quantities

/// Times one piece of work again and again and prints a line.
func measure(_ name: String, rounds: Int, target: Duration? = nil, perRound: Int = 1, _ work: () -> Void) {
    let clock = ContinuousClock()
    for _ in 0..<rounds / 10 { work() }
    var times: [Duration] = []
    for _ in 0..<rounds { times.append(clock.measure { for _ in 0..<perRound { work() } } / perRound) }
    times.sort()
    func text(_ time: Duration) -> String {
        let microseconds = Double(time.components.attoseconds) / 1e12 + Double(time.components.seconds) * 1e6
        return String(format: "%10.2f µs", microseconds)
    }
    let median = times[rounds / 2]
    let verdict = target.map { median < $0 ? "  below \(text($0))" : "  ABOVE \(text($0))" } ?? ""
    print(
        name.padding(toLength: 46, withPad: " ", startingAt: 0), text(median), "least", text(times[0]), "p95",
        text(times[rounds * 95 / 100]), verdict)
}

/// Decodes and looks at the result, so that the work cannot be left out.
func decode(_ bytes: [UInt8]) {
    switch Result(catching: { () throws(ManifestError) in try ManifestDecoder.decode(bytes) }) {
    case .success(.mediaPlaylist(let playlist)): precondition(!playlist.segments.isEmpty, "no segments")
    case .success(.presentation(let presentation)): precondition(!presentation.periods.isEmpty, "no periods")
    case .failure(let error): preconditionFailure(error.sentence)
    }
}

let ten = Documents.livePlaylist(segments: 10)
let many = Documents.livePlaylist(segments: 5_000)
let million = Documents.livePlaylist(segments: 1_000_000)
measure("live playlist, 10 segments, \(ten.count) bytes", rounds: 1_001, target: .microseconds(15), perRound: 100) {
    decode(ten)
}
measure("live playlist, 5 000 segments, \(many.count) bytes", rounds: 301, target: .milliseconds(3)) { decode(many) }
measure("playlist, 1 000 000 segments, \(million.count) bytes", rounds: 5) { decode(million) }
let lowLatency = Documents.lowLatencyPlaylist(from: 10, segments: 10)
measure("low-latency playlist, 10 segments, 42 parts, \(lowLatency.count) bytes", rounds: 1_001, perRound: 10) {
    decode(lowLatency)
}
let held = try ManifestDecoder.decode(Documents.lowLatencyPlaylist(from: 10, segments: 1_000))
let delta = Documents.lowLatencyPlaylist(from: 11, segments: 1_000, skipping: 990)
measure("delta of 10 to 1 000 segments, \(delta.count) bytes", rounds: 1_001, perRound: 10) {
    guard case .mediaPlaylist(let playlist)? = try? ManifestDecoder.update(delta, of: held) else {
        preconditionFailure("no update")
    }
    precondition(playlist.segments.lastSequence == 1_010, "not all segments")
}
let mpd = Documents.timelineMPD(entries: 2_000)
measure("MPD, 2 000 timeline entries, \(mpd.count) bytes", rounds: 101, target: .milliseconds(10)) { decode(mpd) }

let patchable = Documents.patchableMPD(entries: 2_000)
let patch = Documents.patch()
if let held = try? ManifestDecoder.decode(patchable) {
    measure("patch of it, \(patch.count) bytes", rounds: 101, target: .milliseconds(15)) {
        guard case .presentation(let result)? = try? ManifestDecoder.update(patch, of: held) else {
            preconditionFailure("the patch does not fit")
        }
        precondition(result.dynamicTiming?.publishTime != nil, "no version")
    }
}

let cache = ManifestCache()
let copies = (0..<64).map { _ in Array(ten + Array("#\n".utf8)) }
var next = 0
measure("cache hit, \(copies[0].count) bytes", rounds: 1_001, target: .microseconds(2), perRound: 100) {
    next = (next + 1) & 63
    _ = try? cache.decode(copies[next])
}
let viewer = DecodingContext(
    variables: ["a": "b"], uri: "https://cdn.example.com/live/index.m3u8?token=0123456789abcdef")
measure("cache hit with a viewer's own URI", rounds: 1_001, target: .microseconds(2), perRound: 100) {
    next = (next + 1) & 63
    _ = try? cache.decode(copies[next], context: viewer)
}
let updates = ManifestCache()
let deltas = (0..<64).map { _ in Array(delta) }
measure("cache hit of an update, \(delta.count) bytes", rounds: 1_001, perRound: 100) {
    next = (next + 1) & 63
    _ = try? updates.update(deltas[next], of: held)
}
precondition(updates.updateStatistics.decodes == 1, "the cache decoded an update more than once")
let longCopies = (0..<4).map { _ in Array(many + Array("#\n".utf8)) }
measure("cache hit, \(longCopies[0].count) bytes", rounds: 1_001) {
    next = (next + 1) & 3
    _ = try? cache.decode(longCopies[next])
}
precondition(cache.statistics.decodes == 2, "the cache decoded more than once")

/// Documents made to cost time; only that they end soon counts.
let hostile: [(name: String, bytes: [UInt8])] = [
    ("MPD of 499 000 elements", Documents.repeated("<S d=\"1\"/>", 499_000, between: "<MPD>", "</MPD>")),
    (
        "tag of 16 000 000 attributes",
        Documents.repeated("A=1,", 16_000_000, between: "#EXTM3U\n#EXT-X-STREAM-INF:", "\na")
    ),
    ("64 MB of empty lines", Documents.repeated("\n", 64_000_000, between: "#EXTM3U", "")),
    ("64 MB of braces", Documents.repeated("{$", 32_000_000, between: "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n", "")),
    (
        "1 900 000 keys",
        Documents.repeated("#EXT-X-KEY:METHOD=AES-128,URI=\"a\"\n", 1_900_000, between: "#EXTM3U\n", "")
    ),
    (
        "100 000 parts",
        Documents.repeated(
            "#EXT-X-PART:URI=\"a\",DURATION=1\n", 100_000, between: "#EXTM3U\n#EXT-X-TARGETDURATION:1\n", "")
    ),
    (
        "1 000 000 tags of one date range",
        Documents.repeated(
            "#EXT-X-DATERANGE:ID=\"a\",X-B=\"c\"\n", 1_000_000, between: "#EXTM3U\n#EXT-X-TARGETDURATION:1\n", "")
    ),
    (
        "10 000 variants that are the same",
        Documents.repeated("#EXT-X-STREAM-INF:BANDWIDTH=1\na\n", 10_000, between: "#EXTM3U\n", "")
    ),
    (
        "elements of 60 attributes",
        Documents.repeated("<a \(Documents.attributes(60))/>", 100_000, between: "<MPD>", "</MPD>")
    ),
]
for (name, bytes) in hostile {
    measure("\(name), \(bytes.count) bytes", rounds: 1) { _ = try? ManifestDecoder.decode(bytes) }
}
