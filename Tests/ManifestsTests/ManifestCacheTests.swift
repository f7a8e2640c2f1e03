import Quantities
import Synchronization
import Testing

@testable import Manifests

@Suite("The manifest cache") struct ManifestCacheTests {
    private func playlist(_ sequence: Int) -> [UInt8] {
        Array("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:\(sequence)\n#EXTINF:1,\na\n".utf8)
    }

    private func decoded(_ cache: ManifestCache, _ bytes: [UInt8]) throws -> MediaPlaylist {
        guard case .mediaPlaylist(let playlist) = try cache.decode(bytes) else { throw WrongKind() }
        return playlist
    }

    @Test("equal bytes are decoded once and shared, other bytes are not")
    func once() throws {
        let cache = ManifestCache()
        let first = try decoded(cache, playlist(10))
        for _ in 0..<99 { #expect(try decoded(cache, playlist(10)) === first) }
        #expect(cache.statistics.decodes == 1 && cache.statistics.hits == 99)
        let second = try decoded(cache, playlist(11))
        #expect(second !== first && second.segments.firstSequence == 11)
        #expect(cache.statistics.decodes == 2)
    }

    @Test("errors are remembered")
    func errors() {
        let cache = ManifestCache()
        for _ in 0..<10 {
            #expect(throws: ManifestError.notAManifest(found: "an HTML page")) {
                try cache.decode(Array("<html>".utf8))
            }
        }
        #expect(cache.statistics.decodes == 1 && cache.statistics.hits == 9)
    }

    @Test("what was not asked for longest makes room")
    func eviction() throws {
        // Each entry is reckoned at 1 024 bytes and three times its own.
        let cost = playlist(0).count * 3 + 1_024
        let cache = ManifestCache(capacity: cost * 3)
        for sequence in 0..<3 { _ = try cache.decode(playlist(sequence)) }
        _ = try cache.decode(playlist(0))
        _ = try cache.decode(playlist(3))
        #expect(cache.statistics.evictions == 1 && cache.statistics.keptBytes == cost * 3)
        _ = try cache.decode(playlist(0))
        _ = try cache.decode(playlist(2))
        #expect(cache.statistics.decodes == 4)
        _ = try cache.decode(playlist(1))
        #expect(cache.statistics.decodes == 5)
    }

    @Test("memory stays bounded and a document that does not fit is decoded each time")
    func bounded() throws {
        let cache = ManifestCache(capacity: 20_000)
        for sequence in 0..<1_000 {
            _ = try cache.decode(playlist(sequence))
            #expect(cache.statistics.keptBytes <= 20_000)
        }
        let large = playlist(1) + Array(String(repeating: "#\n", count: 5_000).utf8)
        let before = cache.statistics.decodes
        _ = try cache.decode(large)
        _ = try cache.decode(large)
        #expect(cache.statistics.decodes == before + 2)
    }

    @Test("threads that ask for the same new bytes share one decode")
    func threads() async throws {
        let cache = ManifestCache()
        var text = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n"
        for index in 0..<20_000 { text += "#EXTINF:1,\n\(index)\n" }
        let bytes = Array(text.utf8)
        let playlists = try await withThrowingTaskGroup(of: MediaPlaylist.self) { group in
            for _ in 0..<16 { group.addTask { try decoded(cache, Array(bytes)) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(playlists.allSatisfy { $0 === playlists[0] })
        #expect(cache.statistics.decodes == 1 && cache.statistics.hits == 15)
    }

    @Test("a segment index is decoded once for each file")
    func indexes() throws {
        let cache = ManifestCache()
        let bytes = try Fixture.bytes("index.ffmpeg.mp4")
        let one = IndexedMedia(uri: "", indexRange: nil, initialization: nil, periodStart: .zero)
        var two = one
        two.periodStart = .seconds(60)
        for _ in 0..<5 {
            #expect(try cache.segmentIndex(bytes, media: one, fileOffset: 0).first?.start == .zero)
            #expect(try cache.segmentIndex(bytes, media: two, fileOffset: 0).first?.start == .seconds(60))
        }
        #expect(cache.indexStatistics.decodes == 2 && cache.indexStatistics.hits == 8)
    }

    @Test("bytes are compared in full, at every length and place")
    func comparison() {
        for count in 0..<40 {
            let bytes = (0..<count).map { UInt8($0) }
            #expect(ByteHash.areEqual(bytes, Array(bytes)) && ByteHash.hash(bytes) == ByteHash.hash(Array(bytes)))
            for place in 0..<count {
                var other = bytes
                other[place] ^= 0x80
                #expect(!ByteHash.areEqual(bytes, other) && ByteHash.hash(bytes) != ByteHash.hash(other))
            }
        }
    }
}
