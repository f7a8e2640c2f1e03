import Foundation
import Inspection
import Synchronization
import Testing

@testable import Commands

/// Integration: real sockets on loopback, a few seconds in all.
@Suite(.serialized) struct InspectCommandTests {
    /// What a command printed, and how it ended.
    private struct Outcome {
        var output: String
        var status: Int32
        var sentences: [String]

        /// The JSON records, one a line.
        func lines() throws -> [[String: Any]] {
            try output.split(separator: "\n").map {
                try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
            }
        }

        func report() throws -> InspectionReport {
            try JSONDecoder().decode(InspectionReport.self, from: Data(output.utf8))
        }
    }

    private func inspect(_ arguments: String...) async -> Outcome {
        let text = Mutex("")
        do {
            let command = try InspectCommand.parse(arguments)
            let output = InspectCommand.Output(command) { part in text.withLock { $0 += part } }
            try await command.perform(output)
            return Outcome(output: text.withLock { $0 }, status: 0, sentences: [])
        } catch let failure as CommandFailure {
            return Outcome(
                output: text.withLock { $0 }, status: failure.status.rawValue, sentences: failure.sentences)
        } catch {
            return Outcome(
                output: text.withLock { $0 }, status: InspectCommand.exitCode(for: error).rawValue,
                sentences: [InspectCommand.message(for: error)])
        }
    }

    private static let media =
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n0.ts\n#EXTINF:1.5,\n1.ts\n#EXT-X-ENDLIST\n"
    private static let type = "Content-Type: application/vnd.apple.mpegurl"

    private static func multivariant(_ uris: [String]) -> String {
        // Variants that differ in nothing but their URI would be one track in two places.
        "#EXTM3U\n"
            + uris.enumerated().map {
                "#EXT-X-STREAM-INF:BANDWIDTH=\(800_000 + $0.offset),RESOLUTION=640x360\n\($0.element)\n"
            }.joined()
    }

    @Test func everyMediaPlaylistIsReadAndNoMedia() async throws {
        let server = try #require(
            PageServer { request in
                switch request.target {
                case "/old/m.m3u8": .init(status: "302 Found", headers: ["Location: /new/m.m3u8?x=1"])
                case "/new/m.m3u8?x=1":
                    .init(headers: [Self.type, "Age: 3"], Self.multivariant(["a.m3u8", "b/b.m3u8", "a.m3u8"]))
                case "/new/a.m3u8", "/new/b/b.m3u8": .init(headers: [Self.type], Self.media)
                default: nil
                }
            })
        defer { server.stop() }
        let outcome = await inspect(server.base + "/old/m.m3u8", "--json", "--header", "X-Secret: hush-hush")
        #expect(outcome.status == 0, "\(outcome.sentences)")
        let report = try outcome.report()
        #expect(report.uri == server.base + "/new/m.m3u8?x=1" && report.presentationType == .vod)
        #expect(report.playlists.map(\.uri) == ["/new/a.m3u8", "/new/b/b.m3u8"].map { server.base + $0 })
        #expect(report.playlists.last?.segments.map(\.uri) == ["0.ts", "1.ts"].map { server.base + "/new/b/" + $0 })
        #expect(report.periods[0].switchingSets.flatMap(\.tracks).count >= 2)
        #expect(report.transfers.map(\.status) == [302, 200, 200, 200])
        #expect(report.transfers[0].redirectsTo == report.uri && report.transfers[1].age == 3)
        #expect(report.transfers.allSatisfy { $0.address == "127.0.0.1" && $0.total.nanoseconds > 0 })
        #expect(Set(server.requests.map(\.target)).count == 4 && server.requests.count == 4)
        #expect(server.requests.allSatisfy { $0.head.contains("X-Secret: hush-hush") })
        #expect(!outcome.output.contains("hush"))
    }

    @Test func headersGoToTheirOwnHostAndToAllowedOnes() async throws {
        let port = Mutex(0)
        let server = try #require(
            PageServer { request in
                request.target == "/m.m3u8"
                    ? .init(Self.multivariant(["http://localhost:\(port.withLock { $0 })/a.m3u8"])) : .init(Self.media)
            })
        defer { server.stop() }
        port.withLock { $0 = server.port }
        _ = await inspect(server.base + "/m.m3u8", "--header", "X-Secret: hush")
        _ = await inspect(server.base + "/m.m3u8", "--header", "X-Secret: hush", "--allow", "localhost")
        #expect(server.requests.map(\.target) == ["/m.m3u8", "/a.m3u8", "/m.m3u8", "/a.m3u8"])
        #expect(server.requests.map { $0.head.contains("hush") } == [true, false, true, true])
    }

    @Test func whatCannotBeReadIsAFinding() async throws {
        let server = try #require(
            PageServer { request in
                switch request.target {
                case "/m.m3u8":
                    .init(Self.multivariant(["gone.m3u8", "page.m3u8", "file:///etc/passwd", "master.m3u8", "a.m3u8"]))
                case "/page.m3u8": .init("<!DOCTYPE html><html></html>")
                case "/master.m3u8": .init(Self.multivariant(["x.m3u8"]))
                case "/a.m3u8": .init(Self.media)
                default: nil
                }
            })
        defer { server.stop() }
        let outcome = await inspect(server.base + "/m.m3u8", "--json")
        #expect(outcome.status == 0)
        let report = try outcome.report()
        let ids = report.findings.map(\.id).filter { $0.hasPrefix("inspect-") || $0.hasPrefix("uri-") }
        #expect(ids == ["inspect-not-fetched", "inspect-not-readable", "inspect-not-readable", "uri-scheme"])
        #expect(report.playlists.map(\.uri) == [server.base + "/a.m3u8"])
        let strict = await inspect(server.base + "/m.m3u8", "--strict")
        #expect(strict.status == 1 && strict.sentences.count == 1 && strict.output.contains("an HTML page"))
    }

    @Test func aDocumentThatCannotBeFetchedOrUnderstoodEndsWithASentence() async throws {
        let server = try #require(
            PageServer { request in
                switch request.target {
                case "/ring": .init(status: "302 Found", headers: ["Location: /ring"])
                case "/file": .init(status: "302 Found", headers: ["Location: file:///etc/passwd"])
                case "/nowhere": .init(status: "302 Found")
                case "/html": .init("<html><body>no</body></html>")
                case "/empty": .init("")
                default: nil
                }
            })
        defer { server.stop() }
        for (path, status, words) in [
            ("/ring", Int32(66), "10 redirects"), ("/file", 66, "scheme 'file'"), ("/nowhere", 66, "status 302"),
            ("/missing", 66, "status 404"), ("/html", 65, "an HTML page"), ("/empty", 65, "an empty body"),
        ] {
            let outcome = await inspect(server.base + path + "?token=hush")
            let path = server.base + path
            let plain = await inspect(path)
            #expect(plain.status == status && plain.output.isEmpty, "\(path): \(plain)")
            #expect(plain.sentences.joined().contains(words), "\(path): \(plain.sentences)")
            #expect(!outcome.sentences.joined().contains("hush"))
        }
        let port = server.port
        server.stop()
        let closed = await inspect("http://127.0.0.1:\(port)/")
        #expect(closed.status == 66 && closed.sentences.joined().contains("no connection"))
    }

    /// The `sidx` box of two segments of two seconds each, 100 and 200 bytes.
    private static var index: [UInt8] {
        func word(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }
        let head = word(0) + word(1) + word(1_000) + word(0) + word(0) + word(2)
        let references = word(100) + word(2_000) + word(0x9000_0000) + word(200) + word(2_000) + word(0x9000_0000)
        let body = Array("sidx".utf8) + head + references
        return word(UInt32(body.count + 4)) + body
    }

    private static let mpd = """
        <MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT4S" minBufferTime="PT2S"
         profiles="urn:mpeg:dash:profile:isoff-on-demand:2011"><Period><AdaptationSet contentType="video"
         mimeType="video/mp4"><Representation id="v" bandwidth="1000"><BaseURL>v.mp4</BaseURL><SegmentBase
         indexRange="10-65"><Initialization range="0-9"/></SegmentBase></Representation></AdaptationSet></Period></MPD>
        """

    @Test(arguments: [true, false])
    func segmentIndexesAreRead(_ knowsRanges: Bool) async throws {
        let server = try #require(
            PageServer { request in
                guard request.target == "/v.mp4" else { return .init(Self.mpd) }
                var page = PageServer.Page(status: knowsRanges ? "206 Partial Content" : "200 OK")
                page.headers = knowsRanges ? ["Content-Range: bytes 10-65/366"] : []
                page.body = knowsRanges ? Self.index : [UInt8](repeating: 0, count: 10) + Self.index
                return page
            })
        defer { server.stop() }
        #expect(Self.index.count == 56)
        let report = try await inspect(server.base + "/a.mpd", "--json").report()
        let track = report.periods[0].switchingSets[0].tracks[0]
        #expect(track.segments.map(\.uri) == [server.base + "/v.mp4", server.base + "/v.mp4"])
        #expect(
            track.segments.map(\.byteRange?.offset) == [66, 166]
                && track.segments.map(\.byteRange?.length) == [100, 200])
        #expect(track.segments.map(\.start.text) == ["0", "2"] && track.segments.map(\.duration.text) == ["2", "2"])
        #expect(server.requests.last?.head.contains("Range: bytes=10-65") == true)
        #expect(report.findings.map(\.id).filter { $0.hasPrefix("inspect") } == [])
    }

    @Test(.timeLimit(.minutes(1)))
    func followingTellsWhatEachLoadBrings() async throws {
        let loads = Mutex(0)
        let server = try #require(
            PageServer { _ in
                let first = loads.withLock { count in
                    count += 1
                    return count
                }
                var text = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:\(first)\n"
                for number in first..<(first + 4) { text += "#EXTINF:1,\n\(number).ts\n" }
                return first == 3 ? .init(status: "503 Service Unavailable") : .init(headers: [Self.type], text)
            })
        defer { server.stop() }
        let outcome = await inspect(server.base + "/p.m3u8", "--json", "--follow", "2700 ms")
        #expect(outcome.status == 0, "\(outcome.sentences)")
        let lines = try outcome.lines()
        #expect(lines.first?["record"] as? String == "report" && lines.last?["record"] as? String == "findings")
        let changes = lines.dropFirst().dropLast()
        #expect(changes.count >= 3 && changes.allSatisfy { $0["record"] as? String == "change" })
        // After 1 s one segment is new; after 2 s the load fails; half a target duration later two are.
        let added = changes.map { $0["lastAdded"] as? Int }
        #expect(Array(added.prefix(3)) == [5, nil, 7])
        let failed = try #require(changes.dropFirst().first)
        #expect((failed["error"] as? String)?.contains("503") == true)
        #expect(lines.last?["failures"] as? Int == 1 && (lines.last?["loads"] as? Int ?? 0) >= 3)
    }

    @Test func whatIsOnDemandIsNotFollowed() async throws {
        let server = try #require(PageServer { _ in .init(Self.media) })
        defer { server.stop() }
        let outcome = await inspect(server.base + "/p.m3u8", "--follow", "60 s")
        #expect(outcome.status == 0 && outcome.output.contains("nothing to follow") && server.requests.count == 1)
    }

    @Test func filesAreReadWithoutAnyNetwork() async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/fullhouse-inspect-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        func file(_ name: String, _ text: String) throws -> String {
            try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/" + name))
            return folder + "/" + name
        }
        let server = try #require(PageServer { _ in .init(Self.media) })
        defer { server.stop() }
        let master = try file("m.m3u8", Self.multivariant([server.base + "/a.m3u8", "b.m3u8"]))
        let plain = try await inspect(master, "--json").report()
        #expect(plain.uri == nil && plain.presentationType == .unknown && plain.transfers.isEmpty)
        #expect(
            plain.periods[0].switchingSets.flatMap(\.tracks).map(\.playlistURI) == [server.base + "/a.m3u8", "b.m3u8"])
        let based = try await inspect(master, "--json", "--base", "https://cdn.example.com/x/").report()
        #expect(
            based.periods[0].switchingSets.flatMap(\.tracks).last?.playlistURI == "https://cdn.example.com/x/b.m3u8")
        #expect(server.requests.isEmpty)
        let media = try await inspect(try file("p.m3u8", Self.media), "--json").report()
        #expect(media.playlists[0].segments.map(\.uri) == ["0.ts", "1.ts"] && media.duration?.text == "3.5")

        let garbage = try file("garbage", "\u{0}\u{1}\u{2}binary")
        let page = try file("page", "<html></html>")
        for (path, status) in [
            (garbage, Int32(65)), (page, 65), (try file("empty", ""), 65), (folder, 66), (folder + "/none", 66),
        ] {
            let outcome = await inspect(path)
            #expect(outcome.status == status && outcome.sentences.count == 1 && outcome.output.isEmpty, "\(path)")
        }
    }

    @Test(arguments: [
        ["file:///etc/passwd"], ["ftp://a.example/b"], ["a.m3u8", "--follow", "3s"],
        ["http://a.example/", "--base", "http://b/"],
        ["a.m3u8", "--base", "relative"], ["http://a.example/", "--follow", "3 x"],
        ["http://a.example/", "--follow", "0"],
        ["a", "--header", "no colon"], ["a", "--header", "Host: x"], ["a", "--header", "X: a\r\nB: c"],
        ["a", "--header", ": x"],
    ])
    func aWrongCommandLineIsRefused(_ arguments: [String]) {
        do {
            _ = try InspectCommand.parse(arguments)
            Issue.record("\(arguments) was taken")
        } catch {
            #expect(InspectCommand.exitCode(for: error).rawValue == 64)
        }
    }
}
