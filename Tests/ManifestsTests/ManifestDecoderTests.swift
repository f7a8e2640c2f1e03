import Quantities
import Testing

@testable import Manifests

@Suite("Telling documents apart") struct ManifestDecoderTests {
    @Test(
        "what is no manifest is named",
        arguments: [
            ("", "an empty body"), (" \r\n\t", "a blank body"), ("<!DOCTYPE html><html></html>", "an HTML page"),
            ("\u{FEFF}\n<HTML lang='en'>", "an HTML page"), ("<?xml version='1.0'?>\n<!doctype HTML>", "an HTML page"),
            ("{\"error\": \"token expired\"}", "a JSON document"), ("[1]", "a JSON document"),
            ("Forbidden", "plain text"), ("Zugriff verweigert für größere", "plain text"),
            ("WEBVTT\n", "a WebVTT file"),
            ("<?xml version='1.0'?><!-- x --><SmoothStreamingMedia/>", "a Smooth Streaming manifest"),
            ("<Error><Code>AccessDenied</Code></Error>", "an XML error document"),
            ("<rss:feed/>", "an XML document (feed)"), ("<VAST version='4.0'/>", "an advertising document (VAST)"),
            ("<?xml version='1.0'", "an unfinished XML document"), ("< 5 > 3", "plain text"),
            ("\u{1F}\u{8}", "binary data"),
        ])
    func text(text: String, found: String) {
        #expect(decodingError(Array(text.utf8)) == .notAManifest(found: found))
    }

    @Test(
        "binary files are named",
        arguments: [
            ([0x1F, 0x8B, 8, 0], "gzip-compressed data"), ([0, 0, 0, 24] + Array("ftypiso5".utf8), "an MP4 file"),
            ([0xFF, 0xFE, 0x3C, 0], "UTF-16 text"), ([0x1A, 0x45, 0xDF, 0xA3], "a Matroska or WebM file"),
            ([0x50, 0x4B, 3, 4, 0], "a ZIP archive"), ([0x41, 0, 1, 2], "binary data"), ([0x80, 0x81], "binary data"),
            ([0x47] + [UInt8](repeating: 0xFF, count: 187) + [0x47], "an MPEG transport stream"),
        ] as [([UInt8], String)])
    func binary(bytes: [UInt8], found: String) {
        #expect(decodingError(bytes) == .notAManifest(found: found))
    }

    @Test("an error says what it is in one sentence")
    func sentence() {
        #expect(decodingError(Array("<html>".utf8))?.sentence == "not a playlist or MPD but an HTML page")
        #expect(
            decodingError(Array("#EXT-X-VERSION:3".utf8))?.sentence
                == "line 1: the first line is not #EXTM3U (rfc8216bis 4.4.1.1)")
    }

    @Test("a playlist with attributes behind #EXTM3U is one, #EXTM3U8 is not")
    func firstLine() {
        let rest = "\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\na.ts"
        #expect(decodingError(Array("#EXTM3U x=\"y\"\(rest)".utf8)) == nil)
        #expect(decodingError(Array("#EXTM3U8\(rest)".utf8)) != nil)
    }

    @Test(
        "XML that is not well-formed is an error with a line",
        arguments: [
            "<MPD>\n<Period>\n</MPD>", "<MPD>\n", "<MPD a='1' a='2'/>", "<MPD/>\n<MPD/>", "<MPD>\n&undefined;</MPD>",
            "<MPD>\n\u{1}</MPD>", "<MPD", "<MPD type=static/>", "<MPD a='<'/>", "<MPD/>x", "<MPD>&#0;</MPD>",
            "<MPD><1/></MPD>",
        ])
    func brokenXML(text: String) {
        guard case .malformed(let line?, let detail)? = decodingError(Array(text.utf8)) else {
            Issue.record("no error with a line for \(text)")
            return
        }
        #expect(line >= 1 && detail.contains("XML"))
    }

    @Test("entities cannot be defined, and other encodings than UTF-8 are refused")
    func entities() throws {
        let bomb = """
            <?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>
            <MPD>&b;&f;</MPD>
            """
        let found = "an XML document with a document type declaration, which is refused"
        #expect(decodingError(Array(bomb.utf8)) == .notAManifest(found: found))
        let hidden = "<?xml version='1.0' encoding='UTF-7'?><MPD/>"
        let detail = "the XML document is in utf-7, not in UTF-8"
        #expect(decodingError(Array(hidden.utf8)) == .malformed(line: 1, detail: detail))
    }
}
