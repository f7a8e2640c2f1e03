import Quantities
import Testing

@testable import Manifests

@Suite("Variables from outside a playlist") struct ContextTests {
    private func text(_ define: String, _ uri: String = "{$v}.ts") -> [UInt8] {
        Array("#EXTM3U\n#EXT-X-VERSION:11\n#EXT-X-TARGETDURATION:6\n#EXT-X-DEFINE:\(define)\n#EXTINF:6,\n\(uri)\n".utf8)
    }

    private func firstURI(_ bytes: [UInt8], _ context: DecodingContext) throws -> String? {
        guard case .mediaPlaylist(let playlist) = try ManifestDecoder.decode(bytes, context: context) else {
            throw WrongKind()
        }
        return playlist.segments.first?.uri
    }

    @Test("IMPORT takes the variable of the multivariant playlist")
    func imports() throws {
        let context = DecodingContext(variables: ["v": "a/b"])
        #expect(try firstURI(text("IMPORT=\"v\""), context) == "a/b.ts")
    }

    @Test(
        "QUERYPARAM takes the percent-decoded parameter of the playlist's URI",
        arguments: [
            ("http://h/p?v=1", "1"), ("http://h/p?a=0&v=1&v=2", "1"), ("p?v=a%2Fb%C3%BC#v=3", "a/bü"),
            ("p?v=", ""), ("p?%76=x", "x"), ("p?v=a+b", "a+b"), ("p?v=a=b", "a=b"), ("p?v=%zz%2", "%zz%2"),
            ("p?v&v=7", "7"), ("p?v=a?b", "a?b"),
        ])
    func query(uri: String, value: String) throws {
        #expect(try firstURI(text("QUERYPARAM=\"v\""), DecodingContext(uri: uri)) == value + ".ts")
    }

    @Test(
        "what cannot be had from outside is an error",
        arguments: [
            ("IMPORT=\"v\"", ""), ("IMPORT=\"w\"", ""), ("QUERYPARAM=\"v\"", ""), ("QUERYPARAM=\"v\"", "p?w=1"),
            ("QUERYPARAM=\"v\"", "p?v"), ("QUERYPARAM=\"v\"", "p?v=a%22b"), ("QUERYPARAM=\"v\"", "p?v=a%0Ab"),
            ("QUERYPARAM=\"v\",NAME=\"v\",VALUE=\"1\"", "p?v=1"), ("IMPORT=\"a b\"", ""), ("NAME=\"v\"", ""),
            ("QUERYPARAM=\"v\"\n#EXT-X-DEFINE:NAME=\"v\",VALUE=\"2\"", "p?v=1"), ("QUERYPARAM=\"v\"", "p#?v=1"),
        ])
    func missing(define: String, uri: String) {
        let error = #expect(throws: ManifestError.self) {
            try ManifestDecoder.decode(text(define), context: DecodingContext(variables: ["u": "1"], uri: uri))
        }
        guard case .malformed(let line?, _)? = error else {
            Issue.record("no line")
            return
        }
        #expect(line == 4 || line == 5)
    }

    @Test("IMPORT has no place in a multivariant playlist, QUERYPARAM has, and its value can be imported")
    func multivariant() throws {
        func master(_ define: String) -> [UInt8] {
            Array("#EXTM3U\n#EXT-X-DEFINE:\(define)\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{$t}.m3u8\n".utf8)
        }
        let context = DecodingContext(variables: ["t": "1"], uri: "https://h/m.m3u8?t=abc")
        #expect(throws: ManifestError.self) { try ManifestDecoder.decode(master("IMPORT=\"t\""), context: context) }
        guard
            case .presentation(let presentation) = try ManifestDecoder.decode(
                master("QUERYPARAM=\"t\""), context: context)
        else { throw WrongKind() }
        #expect(presentation.details.variables == ["t": "abc"])
        #expect(presentation.periods[0].switchingSets[0].tracks[0].playlistURI == "abc.m3u8")
    }

    @Test("playlists that take nothing share one decode whatever the context")
    func independent() throws {
        let cache = ManifestCache()
        let bytes = text("NAME=\"v\",VALUE=\"1\"")
        for viewer in 0..<100 {
            let context = DecodingContext(variables: ["v": "\(viewer)"], uri: "p?v=\(viewer)")
            _ = try cache.decode(bytes, context: context)
        }
        #expect(cache.statistics.decodes == 1 && cache.dependentStatistics.decodes == 0)
    }

    @Test("playlists that take something are decoded once for each set of the values they take")
    func dependent() throws {
        let cache = ManifestCache()
        let bytes = text("QUERYPARAM=\"v\"\n#EXT-X-DEFINE:IMPORT=\"w\"", "{$v}{$w}.ts")
        var playlists: [String: MediaPlaylist] = [:]
        for viewer in 0..<100 {
            let context = DecodingContext(
                variables: ["w": "x", "unused": "\(viewer)"], uri: "p?token=\(viewer)&v=\(viewer % 2)")
            guard case .mediaPlaylist(let playlist) = try cache.decode(bytes, context: context) else {
                throw WrongKind()
            }
            #expect(playlist.segments.first?.uri == "\(viewer % 2)x.ts")
            #expect(playlists.updateValue(playlist, forKey: "\(viewer % 2)").map { $0 === playlist } ?? true)
        }
        #expect(cache.statistics.decodes == 1 && cache.dependentStatistics.decodes == 2)
        // Who lacks a value gets an error, which nobody else gets.
        #expect(throws: ManifestError.self) { try cache.decode(bytes, context: .none) }
        #expect(throws: ManifestError.self) { try cache.decode(bytes, context: .none) }
        #expect(cache.dependentStatistics.decodes == 3)
        _ = try cache.decode(bytes, context: DecodingContext(variables: ["w": "x"], uri: "?v=0"))
        #expect(cache.dependentStatistics.decodes == 3)
    }

    @Test("the first who asks without the values does not spoil it for the others")
    func errorFirst() throws {
        let cache = ManifestCache()
        let bytes = text("IMPORT=\"v\"")
        #expect(throws: ManifestError.self) { try cache.decode(bytes) }
        _ = try cache.decode(bytes, context: DecodingContext(variables: ["v": "1"]))
    }

    @Test("more variables from outside than any playlist has are refused")
    func tooMany() {
        var body = "#EXTM3U\n#EXT-X-TARGETDURATION:6\n"
        var variables: [String: String] = [:]
        for number in 0...1_000 {
            body += "#EXT-X-DEFINE:IMPORT=\"v\(number)\"\n"
            variables["v\(number)"] = "x"
        }
        #expect(throws: ManifestError.tooLarge(detail: "the playlist takes more than 1000 variables from outside")) {
            try ManifestCache().decode(Array(body.utf8), context: DecodingContext(variables: variables))
        }
    }
}

@Suite("Updates through the cache") struct CacheUpdateTests {
    private func playlist(_ first: Int, skipped: Int = 0) -> [UInt8] {
        var text = "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:\(first)\n"
        if skipped > 0 { text += "#EXT-X-SKIP:SKIPPED-SEGMENTS=\(skipped)\n" }
        for number in first + skipped..<first + 10 { text += "#EXTINF:1,\n\(number).ts\n" }
        return Array(text.utf8)
    }

    private func media(_ manifest: DecodedManifest) throws -> MediaPlaylist {
        guard case .mediaPlaylist(let playlist) = manifest else { throw WrongKind() }
        return playlist
    }

    @Test("sessions that hold the same playlist share an update, others do not get it")
    func shared() throws {
        let cache = ManifestCache()
        let held = try cache.decode(playlist(0))
        let delta = playlist(2, skipped: 6)
        let first = try media(cache.update(delta, of: held))
        for _ in 0..<99 { #expect(try media(cache.update(Array(delta), of: held)) === first) }
        #expect(cache.updateStatistics.decodes == 1 && cache.updateStatistics.hits == 99)
        #expect(first.segments.all.map(\.sequence) == Array(2..<12))
        let other = try cache.decode(playlist(1))
        let second = try media(cache.update(delta, of: other))
        #expect(second !== first && second.segments.all == first.segments.all)
        #expect(cache.updateStatistics.decodes == 2)
    }

    @Test("a whole playlist that came for an update is shared by all, whatever they hold")
    func whole() throws {
        let cache = ManifestCache()
        let held = [try cache.decode(playlist(0)), try cache.decode(playlist(1))]
        let results = try held.map { try media(cache.update(playlist(2), of: $0)) }
        #expect(results[0] === results[1] && cache.updateStatistics.decodes == 0)
    }

    @Test("an update that does not fit is out of date for its holder alone")
    func outOfDate() throws {
        let cache = ManifestCache()
        let old = try cache.decode(playlist(0))
        let delta = playlist(20, skipped: 5)
        for _ in 0..<3 {
            let error = #expect(throws: ManifestError.self) { try cache.update(delta, of: old) }
            guard case .outOfDate? = error else {
                Issue.record("not out of date")
                return
            }
        }
        #expect(try media(cache.update(delta, of: cache.decode(playlist(18)))).segments.lastSequence == 29)
        // Asked for as a whole document it is refused, and stays refused.
        #expect(throws: ManifestError.self) { try cache.decode(delta) }
    }

    @Test("documents that are held are let go of, and another in their place is another")
    func released() throws {
        let cache = ManifestCache(capacity: 200_000)
        weak var last: MediaPlaylist?
        for round in 0..<200 {
            // Decoded beside the cache, so that nobody else holds it; its memory is used again for the next one.
            let held = try ManifestDecoder.decode(playlist(round % 2))
            let update = try media(cache.update(playlist(3, skipped: 4), of: held))
            #expect(update.segments.firstSequence == 3)
            last = try media(held)
        }
        #expect(last == nil)
        #expect(cache.updateStatistics.decodes == 200 && cache.updateStatistics.keptBytes <= 50_000)
    }

    @Test("an update with variables is shared by those whose values are equal")
    func variables() throws {
        let cache = ManifestCache()
        func text(_ body: String) -> [UInt8] {
            Array("#EXTM3U\n#EXT-X-VERSION:11\n#EXT-X-TARGETDURATION:1\n#EXT-X-DEFINE:QUERYPARAM=\"t\"\n\(body)".utf8)
        }
        let whole = text("#EXTINF:1,\na{$t}\n#EXTINF:1,\nb{$t}\n")
        let delta = text("#EXT-X-SKIP:SKIPPED-SEGMENTS=2\n#EXTINF:1,\nc{$t}\n")
        for viewer in 0..<20 {
            let context = DecodingContext(uri: "p?x=\(viewer)&t=\(viewer % 2)")
            let held = try cache.decode(whole, context: context)
            let update = try media(cache.update(delta, of: held, context: context))
            #expect(update.segments.all.map(\.uri) == ["a\(viewer % 2)", "b\(viewer % 2)", "c\(viewer % 2)"])
        }
        #expect(cache.updateStatistics.decodes == 2)
    }
}
