import Crypto
import CryptoExtras
import Quantities
import Testing

@testable import Origin

@Suite struct FeatureContentTests {
    private let studio = Studio()

    // MARK: Breaks

    @Test func discontinuitySequencesMoveOnWithTheirSegments() throws {
        // A segment keeps its number for as long as it is listed, and neighbours differ by one at each tag.
        var known: [String: Int64] = [:]
        for step in 0..<40 {
            let lines = try studio.lines("/live-ads/a/audio/index.m3u8", at: Double(step) * 2)
            var number = try Lines.number("EXT-X-DISCONTINUITY-SEQUENCE", lines)
            for line in lines {
                if line == "#EXT-X-DISCONTINUITY" { number += 1 }
                guard !line.hasPrefix("#") else { continue }
                if let before = known[String(line)] { #expect(before == number, "\(line)") }
                known[String(line)] = number
            }
        }
        #expect(Set(known.values).count >= 8)
    }

    @Test(arguments: ["ads", "live-ads"])
    func mediaTimeBeginsAnewInEachBreak(kind: String) throws {
        let lines = try studio.lines("/\(kind)/a/video-400k/index.m3u8")
        var map = ""
        var next: Int?
        var isNew = true
        var breaks = 0
        for line in lines {
            if line.hasPrefix("#EXT-X-MAP:") { map = Lines.attribute("URI", String(line.dropFirst(11))) ?? "" }
            if line == "#EXT-X-DISCONTINUITY" { isNew = true }
            guard !line.hasPrefix("#") else { continue }
            let isAd = line.hasPrefix("../ad-")
            #expect(map == (isAd ? "../ad-video-400k/init.mp4" : "init.mp4"))
            let path = "/\(kind)/a/" + (isAd ? line.dropFirst(3) : "video-400k/" + line)
            let facts = try SegmentFacts(studio.bytes(path))
            if isAd, isNew {
                #expect(facts.decodeTime == 0)
                breaks += 1
            } else if let next, !isNew {
                #expect(facts.decodeTime == next)
            }
            next = facts.decodeTime + facts.duration
            isNew = false
        }
        #expect(breaks >= 1)
        #expect(studio.object("/\(kind)/a/ad-video-400k/init.mp4") != nil)
    }

    @Test func aBreakIsSplicedOutAndInUnderOneName() throws {
        let lines = try studio.lines("/ads/a/video-400k/index.m3u8")
        let ranges = Lines.values("EXT-X-DATERANGE", lines)
        #expect(ranges.count == 5)
        let out = try #require(ranges.first { Lines.attribute("SCTE35-OUT", $0) != nil })
        let back = try #require(ranges.first { Lines.attribute("SCTE35-IN", $0) != nil })
        for name in ["ID", "START-DATE"] { #expect(Lines.attribute(name, out) == Lines.attribute(name, back)) }
        #expect(Lines.attribute("START-DATE", out) == "2026-01-01T00:00:28.000Z")
        #expect(Lines.attribute("PLANNED-DURATION", out) == "12" && Lines.attribute("DURATION", back) == "12")
    }

    @Test func aSpliceCommandHasItsLengthAndChecksum() {
        for isOut in [true, false] {
            let section = SpliceMessage.insert(event: 7, isOut: isOut, ticks: 540_000)
            #expect(Int(section[1] & 15) << 8 | Int(section[2]) == section.count - 3)
            // A section with its checksum leaves no remainder.
            #expect(SpliceMessage.checksum(section) == 0)
        }
        #expect(SpliceMessage.checksum(Array("123456789".utf8)) == 0x0376_E6E7)
    }

    // MARK: Encryption

    @Test func segmentsDecryptToPlainOnesWithTheKeyAndVectorOfThePlaylist() throws {
        let lines = try studio.lines("/encrypted/a/video-400k/index.m3u8")
        var key = ""
        var keys: Set<String> = []
        for line in lines {
            if line.hasPrefix("#EXT-X-KEY:") { key = String(line.dropFirst(11)) }
            guard !line.hasPrefix("#") else { continue }
            let uri = try #require(Lines.attribute("URI", key))
            keys.insert(uri)
            let secret = try studio.bytes("/encrypted/a/" + uri.dropFirst(3))
            #expect(secret.count == 16)
            let vector = try #require(Lines.attribute("IV", key)).dropFirst(2)
            let bytes = stride(from: 0, to: 32, by: 2).compactMap {
                UInt8(vector.dropFirst($0).prefix(2), radix: 16)
            }
            let sealed = try studio.bytes("/encrypted/a/video-400k/\(line)")
            let plain = try studio.bytes("/vod/a/video-400k/\(line)")
            #expect(sealed.count == (plain.count / 16 + 1) * 16)
            let opened = try AES._CBC.decrypt(
                sealed, using: SymmetricKey(data: secret), iv: AES._CBC.IV(ivBytes: bytes))
            #expect([UInt8](opened) == plain)
        }
        #expect(keys.count == 6)
        #expect(
            try studio.text("/encrypted/a/master.m3u8").contains("#EXT-X-SESSION-KEY:METHOD=AES-128,URI=\"keys/0.key\"")
        )
    }

    @Test func noKeyExistsLongBeforeItsTime() {
        let current = Studio.now.nanoseconds / 10_000_000_000
        #expect(studio.object("/live-encrypted/a/keys/\(current).key") != nil)
        #expect(studio.object("/live-encrypted/a/keys/\(current + 2).key") == nil)
        #expect(studio.object("/vod/a/keys/0.key") == nil)
    }

    // MARK: Files and ranges

    @Test(arguments: ["video-400k", "audio"])
    func theRangesOfAFileAreItsSegments(track: String) throws {
        let file = try #require(studio.object("/ranges/a/\(track)/media.mp4"))
        let whole = file.bytes
        #expect(whole.count == file.size)
        let lines = try studio.lines("/ranges/a/\(track)/index.m3u8")
        let ranges = Lines.values("EXT-X-BYTERANGE", lines)
        #expect(ranges.count == 30)
        var end = 0
        for (index, range) in ranges.enumerated() {
            let numbers = range.split(separator: "@").compactMap { Int($0) }
            let bytes = numbers[1]..<numbers[1] + numbers[0]
            if index > 0 { #expect(bytes.lowerBound == end) }
            end = bytes.upperBound
            let segment = try studio.bytes("/vod/a/\(track)/\(index).m4s")
            #expect(Array(whole[bytes]) == segment)
            #expect(file.parts(in: bytes).bytes == segment)
        }
        #expect(end == whole.count)
        let map = try #require(Lines.value("EXT-X-MAP", lines).flatMap { Lines.attribute("BYTERANGE", $0) })
        let initialization = try studio.bytes("/vod/a/\(track)/init.mp4")
        #expect(map == "\(initialization.count)@0" && whole.starts(with: initialization))
        var generator = SeededGenerator(seed: 4)
        for _ in 0..<50 {
            let first = Int.random(in: 0..<whole.count, using: &generator)
            let last = Int.random(in: first..<whole.count, using: &generator)
            #expect(file.parts(in: first..<last + 1).bytes == Array(whole[first...last]))
        }
    }

    @Test func theSegmentIndexAgreesWithTheManifest() throws {
        let document = try studio.text("/ranges/a/manifest.mpd")
        let whole = try studio.bytes("/ranges/a/video-400k/media.mp4")
        let range = try #require(document.components(separatedBy: "indexRange=\"").dropFirst().first).prefix {
            $0 != "\""
        }
        let bounds = range.split(separator: "-").compactMap { Int($0) }
        let index = try #require(try BoxReader.boxes(Array(whole[bounds[0]...bounds[1]])).first)
        #expect(index.type == "sidx")
        #expect(index.number(at: 22, bytes: 2) == 30)
        let sum = (0..<30).reduce(0) { $0 + index.number(at: 24 + 12 * $1, bytes: 4) }
        #expect(bounds[1] + 1 + sum == whole.count)
        #expect(studio.object("/ranges/a/timeline.mpd") == nil)
    }

    @Test(arguments: ["ranges", "renditions"])
    func keyPicturesAreTheStartsOfSegments(kind: String) throws {
        let lines = try studio.lines("/\(kind)/a/video-400k/iframes.m3u8")
        #expect(lines.contains("#EXT-X-I-FRAMES-ONLY"))
        for (uri, range) in zip(Lines.uris(lines), Lines.values("EXT-X-BYTERANGE", lines)) {
            let numbers = range.split(separator: "@").compactMap { Int($0) }
            let bytes = try studio.bytes("/\(kind)/a/video-400k/\(uri)")
            let part = Array(bytes[numbers[1]..<numbers[1] + numbers[0]])
            // The key picture ends with its filler; the skipped pictures behind it are no part of it.
            #expect(part.last == 0x80 && part.count > 100_000)
        }
        #expect(try studio.text("/\(kind)/a/master.m3u8").contains("#EXT-X-I-FRAME-STREAM-INF:"))
    }

    // MARK: Gaps, variables, renditions, start

    @Test func gapsAreNotThereAndEverythingElseIs() throws {
        var gaps = 0
        for track in ["video-400k", "video-1200k"] {
            var isGap = false
            for line in try studio.lines("/gaps/a/\(track)/index.m3u8") {
                if line == "#EXT-X-GAP" { isGap = true }
                guard !line.hasPrefix("#") else { continue }
                #expect((studio.object("/gaps/a/\(track)/\(line)") == nil) == isGap)
                gaps += isGap ? 1 : 0
                isGap = false
            }
        }
        #expect(gaps == 8)
    }

    @Test func everythingInVariablesNeedsItsVariables() throws {
        let master = try studio.text("/variables/demo/master.m3u8?pass=demo")
        #expect(!master.contains("video-400k") && master.contains("{$ladder}-400k/index.m3u8?pass={$pass}"))
        let playlist = try studio.lines("/variables/demo/video-400k/index.m3u8?pass=demo")
        let uri = try #require(Lines.uris(playlist).first)
            .replacing("{$suffix}", with: "m4s").replacing("{$pass}", with: "demo")
        #expect(uri == "0.m4s?pass=demo")
        #expect(
            playlist.contains("#EXT-X-DEFINE:IMPORT=\"suffix\"")
                && playlist.contains("#EXT-X-DEFINE:QUERYPARAM=\"pass\""))
    }

    @Test func renditionsHaveLanguagesGroupsAndSubtitles() throws {
        let lines = try studio.lines("/renditions/a/master.m3u8")
        let media = Lines.values("EXT-X-MEDIA", lines)
        #expect(media.count == 6)
        for tag in media {
            let uri = try #require(Lines.attribute("URI", tag))
            let playlist = try studio.lines("/renditions/a/" + uri)
            let folder = uri.prefix { $0 != "/" }
            for child in Lines.uris(playlist) { #expect(studio.object("/renditions/a/\(folder)/\(child)") != nil) }
        }
        #expect(
            Set(Lines.values("EXT-X-STREAM-INF", lines).compactMap { Lines.attribute("AUDIO", $0) }) == [
                "audio", "audio-low",
            ])
        let cue = try studio.text("/renditions/a/subtitles-nb/29.vtt")
        #expect(
            cue
                == "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:10440000,LOCAL:00:00:00.000\n\n00:00:00.000 --> 00:00:04.000\nReplikk 29\n"
        )
        #expect(studio.object("/renditions/a/subtitles-nb/30.vtt") == nil)
        #expect(studio.object("/renditions/a/session.json") != nil)
        #expect(studio.object("/vod/a/audio-nb/index.m3u8") == nil)
    }

    @Test func startIsCountedFromTheRightEnd() throws {
        #expect(try studio.text("/start/a/master.m3u8").contains("#EXT-X-START:TIME-OFFSET=10,PRECISE=YES\n"))
        #expect(try studio.text("/live-start/a/audio/index.m3u8").contains("#EXT-X-START:TIME-OFFSET=-10,PRECISE=NO\n"))
    }

    // MARK: Interstitials

    @Test func interstitialsNameAssetsThatExist() throws {
        var studio = studio
        studio.deployment.ownURL = "http://127.0.0.1:1"
        let lines = try studio.lines("/interstitials/a/video-400k/index.m3u8")
        let ranges = Lines.values("EXT-X-DATERANGE", lines)
        #expect(ranges.count == 3)
        #expect(ranges.allSatisfy { Lines.attribute("CLASS", $0) == "com.apple.hls.interstitial" })
        let uri = try #require(Lines.attribute("X-ASSET-URI", ranges[0]))
        #expect(uri == "http://127.0.0.1:1/asset/break-0/master.m3u8")
        #expect(studio.object(String(uri.dropFirst(18))) != nil)
        let list = try #require(Lines.attribute("X-ASSET-LIST", ranges[1]))
        #expect(list == "../assets/1.json" && Lines.attribute("X-ASSET-URI", ranges[1]) == nil)
        let json = try studio.text("/interstitials/a/assets/1.json")
        #expect(
            json == "{\"ASSETS\":[{\"URI\":\"http://127.0.0.1:1/asset/first-1/master.m3u8\",\"DURATION\":8},"
                + "{\"URI\":\"http://127.0.0.1:1/asset/second-1/master.m3u8\",\"DURATION\":8}]}\n")
        let asset = try studio.lines("/asset/first-1/audio/index.m3u8")
        #expect(Lines.uris(asset).count == 2)
        let dates = Set(Lines.values("EXT-X-PROGRAM-DATE-TIME", lines))
        for range in ranges { #expect(dates.contains(Lines.attribute("START-DATE", range) ?? "")) }
    }
}
