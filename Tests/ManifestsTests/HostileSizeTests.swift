import Quantities
import Testing

@testable import Manifests

/// Documents as large as somebody could send them, under the limits that players have.
@Suite("Hostile sizes", .timeLimit(.minutes(1))) struct HostileSizeTests {
    private func isTooLarge(_ bytes: [UInt8]) -> Bool {
        if case .tooLarge? = decodingError(bytes) { true } else { false }
    }

    /// A text again and again.
    private func repeated(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }

    @Test(
        "a document of 100 MB is refused unread", arguments: ["#EXTM3U\n#EXT-X-TARGETDURATION:6\n", "<MPD>", "<Patch>"])
    func hundredMegabytes(beginning: String) throws {
        let bytes = Array(beginning.utf8) + [UInt8](repeating: 0x0A, count: 100_000_000)
        #expect(isTooLarge(bytes))
        let held = try ManifestDecoder.decode(Fixture.bytes("dynamic.patch-base.mpd"))
        let error = #expect(throws: ManifestError.self) { try ManifestDecoder.update(bytes, of: held) }
        #expect(error?.sentence.contains("bytes, more than 67108864") == true)
    }

    @Test("as many segments as a playlist may have are decoded, found by time, and written out only when asked for")
    func manySegments() throws {
        let count = 200_000
        let text = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n" + repeated("#EXTINF:1,\na\n", count)
        let list = try mediaPlaylist(Array(text.utf8)).segments
        #expect(list.lastSequence == Int64(count) - 1)
        #expect(list.segment(at: .seconds(140_000.5))?.sequence == 140_000)
    }

    @Test("ten thousand variants with as many groups, names and pathways")
    func manyVariants() throws {
        var text = "#EXTM3U\n"
        for number in 0..<5_000 {
            text += "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"g\(number)\",NAME=\"n\(number)\",URI=\"a\(number)\"\n"
        }
        for number in 0..<5_000 {
            text +=
                "#EXT-X-STREAM-INF:BANDWIDTH=\(number + 1),AUDIO=\"g\(number)\",PATHWAY-ID=\"p\(number % 200)\"\nv\(number)\n"
        }
        let decoded = try presentation(Array(text.utf8))
        #expect(decoded.periods[0].switchingSets.reduce(0) { $0 + $1.tracks.count } <= 10_000)
        let same = "#EXTM3U\n" + repeated("#EXT-X-STREAM-INF:BANDWIDTH=1\nv\n", 10_000)
        #expect(try !presentation(Array(same.utf8)).periods[0].switchingSets.isEmpty)
        #expect(isTooLarge(Array((same + "#EXT-X-STREAM-INF:BANDWIDTH=1\nv\n").utf8)))
    }

    @Test("a tag with a megabyte of attributes, of one value and of commas")
    func longAttributeLists() throws {
        for list in [
            (0..<20_000).map { "X-\($0)=\"\($0)\"" }.joined(separator: ","), "X-A=\"" + repeated("a", 1 << 20) + "\"",
            repeated(",", 1 << 20), repeated("=", 1 << 20), repeated("A=\"", 1 << 18),
        ] {
            let media = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-DATERANGE:ID=\"a\",\(list)\n#EXTINF:1,\na\n"
            #expect(try mediaPlaylist(Array(media.utf8)).segments.lastSequence == 0)
            let main = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,\(list)\na\n"
            #expect(try presentation(Array(main.utf8)).periods[0].switchingSets.count == 1)
        }
    }

    @Test("a line without an end, and a million lines without a meaning")
    func lines() throws {
        for text in [
            "#EXT-X-" + repeated("A", 1 << 20), repeated("#\n", 1 << 16), repeated("\n", 1 << 18),
            repeated("\r", 1 << 18), repeated(" ", 1 << 18), repeated("\0", 1 << 18),
        ] {
            let playlist = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\na\n\(text)"
            #expect(try mediaPlaylist(Array(playlist.utf8)).segments.firstSequence == 0)
        }
    }

    @Test("variables that hold variables, that hold themselves, that are not closed")
    func variables() throws {
        let text = """
            #EXTM3U
            #EXT-X-TARGETDURATION:1
            #EXT-X-DEFINE:NAME="self",VALUE="{$self}"
            #EXT-X-DEFINE:NAME="a",VALUE="{$b}"
            #EXT-X-DEFINE:NAME="b",VALUE="{$a}"
            #EXTINF:1,
            \(repeated("{$", 10_000))
            #EXTINF:1,
            {${$a}}
            #EXTINF:1,
            \(repeated("{$a}", 10_000))
            """
        // What a value holds is not looked through again, or the decoder refuses the playlist: either ends.
        let input = Array(text.utf8)
        #expect(HostileDecoder.playlists.decode(input).isEmpty)
        let long = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-DEFINE:NAME=\"a\",VALUE=\"\(repeated("x", 1 << 16))\"\n"
        let bomb = long + repeated("#EXTINF:1,\n\(repeated("{$a}", 64))\n", 20)
        #expect(isTooLarge(Array(bomb.utf8)))
    }

    @Test("entities and what would read a file are refused, wherever they stand")
    func entities() {
        let bomb = (1..<10).map { "<!ENTITY e\($0) '\(repeated("&e\($0 - 1);", 10))'>" }.joined()
        for text in [
            "<!DOCTYPE MPD [<!ENTITY e0 'x'>\(bomb)]><MPD><Period id='&e9;'/></MPD>",
            "<!DOCTYPE MPD SYSTEM 'file:///etc/passwd'><MPD/>",
            "<!DOCTYPE MPD PUBLIC '-//a' 'http://127.0.0.1/a.dtd'><MPD/>",
            "<MPD><!DOCTYPE MPD [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><Period id='&x;'/></MPD>",
            "<?xml version='1.0'?><!-- <MPD> --><!DOCTYPE MPD [<!ENTITY % p SYSTEM 'file:///etc/passwd'> %p;]><MPD/>",
            "<MPD><Period id='&x;'/></MPD>", "<MPD><BaseURL>&#0;</BaseURL></MPD>", "<MPD a='\u{1}'/>",
            "<MPD a='&#xFFFFFFFFFFFFFFFFF;'/>", "<MPD a='&#xD800;'/>", "<MPD a='&#1114112;'/>",
        ] { #expect(decodingError(Array(text.utf8)) != nil, "\(text.prefix(80))") }
    }

    @Test("elements as many, as deep and with as many attributes as nobody needs")
    func manyElements() {
        #expect(isTooLarge(Array(("<MPD>" + repeated("<a>", 20_000)).utf8)))
        #expect(isTooLarge(Array("<MPD>\(repeated("<a/>", 500_001))</MPD>".utf8)))
        let attributes = (0..<20_000).map { "a\($0)=''" }.joined(separator: " ")
        #expect(isTooLarge(Array("<MPD \(attributes)/>".utf8)))
        for text in [
            "<MPD>" + repeated("<!--", 250_000), "<MPD>" + repeated("<![CDATA[", 50_000),
            "<MPD a='" + repeated("&amp;", 50_000), "<MPD " + repeated("a", 1 << 20), repeated("<?", 100_000),
        ] { #expect(decodingError(Array(text.utf8)) != nil) }
    }
}
