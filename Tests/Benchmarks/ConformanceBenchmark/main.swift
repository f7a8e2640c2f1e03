import Foundation
import Manifests
import Measurement
import Playback
import Quantities

// usage: ConformanceBenchmark
//
// What it costs to hold documents and responses against their rules while a load test runs.

/// CPU time of this thread, in nanoseconds.
func processorNanoseconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
}

/// Prints the median and the least CPU time of many rounds of `count` calls, for one call.
func measure(_ name: String, rounds: Int = 101, count: Int = 1, target: Double? = nil, _ work: (Int) -> Int) {
    var found = 0
    var times: [Double] = []
    for _ in 0..<rounds {
        let start = processorNanoseconds()
        for index in 0..<count { found += work(index) }
        times.append((processorNanoseconds() - start) / Double(count))
    }
    times.sort()
    func text(_ value: Double) -> String { String(format: "%10.0f ns", value) }
    let verdict = target.map { times[rounds / 2] < $0 ? "  below \(text($0))" : "  ABOVE \(text($0))" } ?? ""
    print(
        name.padding(toLength: 52, withPad: " ", startingAt: 0), text(times[rounds / 2]), "least", text(times[0]),
        "found", found, verdict)
}

/// Decodes a live playlist of 4 s segments.
func playlist(first: Int, count: Int, token: Int = 0) -> MediaPlaylist {
    var text = "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:\(first)\n"
    let begin = Date(timeIntervalSince1970: 1_795_363_200 + Double(first) * 4)
    text += "#EXT-X-PROGRAM-DATE-TIME:\(begin.ISO8601Format())\n"
    for number in first..<first + count { text += "#EXTINF:4.000,\nvideo/segment-\(number).ts?token=\(token)\n" }
    guard case .mediaPlaylist(let playlist) = try? ManifestDecoder.decode(Array(text.utf8)) else {
        preconditionFailure("no playlist")
    }
    return playlist
}

/// An answer so many seconds after the run began, at which segment `number` had just ended.
func answer(_ second: Double, number: Int) -> DocumentAnswer {
    DocumentAnswer(
        begun: .seconds(second), answered: .seconds(second + 0.02),
        wall: .seconds(1_795_363_200 + Double(number) * 4 + 1))
}

var current = StreamWatch()
let uri = "https://edge.example.com/live/cup-final/video-1080p/index.m3u8?token=0123456789abcdef"
for count in [10, 5_000] {
    let versions = (0..<12).map { playlist(first: 1_000 + $0, count: count) }
    var watch = PlaylistWatch()
    var second = 0.0
    let same = versions[0]
    measure("playlist of \(count), unchanged, watch alone", count: 10_000, target: 1_000) { _ in
        second += 0.000_001
        return watch.observe(same, answer(second, number: 1_000 + count)).count
    }
    let all = StreamWatch()
    second = 0
    measure("playlist of \(count), unchanged, all watches", count: 10_000, target: 1_000) { _ in
        second += 0.000_001
        return all.observe(same, uri: uri, stream: "main", edge: "10.0.0.1", answer(second, number: 1_000 + count))
            .count
    }
    measure("playlist of \(count), changed, all watches", rounds: 31, count: 11) { index in
        let fresh = index == 0 ? StreamWatch() : current
        current = fresh
        let at = answer(Double(index) * 4, number: 1_000 + count + index)
        return fresh.observe(versions[index], uri: uri, stream: "main", edge: "10.0.0.1", at).count
    }
    let viewers = (0..<64).map { playlist(first: 1_000, count: count, token: $0) }
    measure("playlist of \(count), every viewer his own document", rounds: 31, count: 64) { index in
        all.observe(viewers[index], uri: uri, stream: "main", edge: "10.0.0.1", answer(1, number: 1_000 + count)).count
    }
}
var segment = TransferFacts(
    kind: .segment(.video), status: 206, bytes: 1_500_000, contentType: "video/mp4",
    prefix: [0, 0, 0, 24, 0x73, 0x74, 0x79, 0x70, 0, 0, 0, 0, 0, 0, 0, 0],
    range: ByteRange(offset: 100, length: 1_500_000))
segment.mediaDuration = .seconds(4.0)
segment.total = .seconds(0.4)
segment.uri = uri
measure("response: segment", count: 100_000, target: 1_000) { _ in TransferCheck.check(segment).count }
var document = TransferFacts(
    kind: .mediaPlaylist, status: 200, bytes: 2_400, contentType: "application/vnd.apple.mpegurl",
    contentEncoding: "gzip", cacheControl: "public, max-age=2, s-maxage=1", age: .seconds(1.0))
document.updateInterval = .seconds(4.0)
document.uri = uri
measure("response: playlist", count: 100_000, target: 1_000) { _ in TransferCheck.check(document).count }
var wrong = segment
wrong.contentType = "application/octet-stream"
var log = FindingLog()
measure("response: segment with a finding, noted", count: 10_000) { _ in
    let findings = TransferCheck.check(wrong)
    log.note(findings, stream: "main", edge: "10.0.0.1", kind: .video, uri: uri, at: .zero)
    return findings.count
}
let rates = StreamWatch()
let declaration = BitRateWatch.Declaration(bitRate: .megabits(4), targetDuration: .seconds(4.0))
measure("segment size: known segment", count: 10_000, target: 1_000) { _ in
    rates.observeSegment(
        track: "video-1080p", stream: "main", declaration, sequence: 7, duration: .seconds(4.0), bytes: 1_500_000
    ).count
}
var sequence: Int64 = 0
measure("segment size: new segment", count: 1_000) { _ in
    sequence += 1
    return rates.observeSegment(
        track: "video-1080p", stream: "main", declaration, sequence: sequence, duration: .seconds(4.0), bytes: 1_500_000
    ).count
}
