import Foundation
import Measurement
import Playback
import Quantities
import Testing

@testable import LoadTest

/// Integration: servers that would have a viewer read without end, or read what is none of theirs.
@Suite(.serialized) struct HostileServerTests {
    /// What one viewer made of a server, with a limit of 4 MiB for documents.
    private func play(
        _ path: String = "/go.m3u8", reply: @escaping @Sendable (String) -> [UInt8]
    ) async throws -> (run: Performance, requests: Int) {
        let server = try #require(ReplyServer(bytes: reply))
        var settings = Stage.settings(
            ["http://127.0.0.1:\(server.port)\(path)"], viewers: 1, watch: .fixed(.seconds(4)))
        settings.player.documentLimit = .mebibytes(4)
        let run = try await Stage.play(settings)
        server.stop()
        return (run, server.requests)
    }

    /// An answer with a body that is no text.
    private func answer(_ headers: String, _ body: [UInt8]) -> [UInt8] {
        Array("HTTP/1.1 200 OK\r\nContent-Length: \(body.count)\r\nConnection: close\r\n\(headers)\r\n".utf8) + body
    }

    /// The most memory that this process has had, in bytes (`VmHWM` of proc(5)).
    private func peakMemory() throws -> Int {
        // Other systems than Linux do not tell it there.
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return 0 }
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
        return try #require(Int(line.filter(\.isNumber))) * 1_024
    }

    /// A gzip file (RFC 1952) of at least so many megabytes of zeros, whose end is missing: one block of fixed Huffman
    /// codes (RFC 1951 section 3.2.6) with a literal and then matches of 258 bytes at distance 1.
    private func zeros(megabytes: Int) -> [UInt8] {
        var bits: [UInt8] = [1, 1, 0]
        bits += [0, 0, 1, 1, 0, 0, 0, 0]
        // A match has 13 bits, so that eight of them are whole bytes, which repeat from the third on.
        for _ in 0..<16 { bits += [1, 1, 0, 0, 0, 1, 0, 1] + [0, 0, 0, 0, 0] }
        let packed = stride(from: 0, to: bits.count - 7, by: 8).map { start in
            (0..<8).reduce(UInt8(0)) { $0 | bits[start + $1] << UInt8($1) }
        }
        var matches = Array(packed[2..<15])
        while matches.count / 13 * 8 * 258 < megabytes << 20 { matches += matches }
        return [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3] + packed[..<2] + matches
    }

    @Test(.timeLimit(.minutes(2)), arguments: ["gzip", "gzip, gzip"])
    func aBombOfGzipEndsAtTheLimit(encoding: String) async throws {
        let bomb = zeros(megabytes: 1_024)
        #expect(bomb.count < 16 << 20)
        let before = try peakMemory()
        let (run, _) = try await play { _ in answer("Content-Encoding: \(encoding)\r\n", bomb) }
        let errors = run.report.totals.allTransfers.errors
        // Of two layers only the outer one is a bomb, and what is in it is no gzip file.
        #expect(errors == (encoding == "gzip" ? ["body-too-large": 1] : ["malformed-response": 1]))
        #expect(run.report.totals.overall.outcomes.startFailure == 1)
        #expect(try peakMemory() - before < 100 << 20)
        if encoding == "gzip" {
            let sentence = try #require(run.outcome.problems.first?.sentence)
            #expect(sentence.hasSuffix("could not be fetched: it is larger than 4194304 bytes"))
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func aBodyThatSaysItIsEndlessIsNotKept() async throws {
        let before = try peakMemory()
        let (run, _) = try await play { _ in
            Array("HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n#EXTM3U\n".utf8)
                + [UInt8](repeating: 0x0A, count: 16 << 20)
        }
        #expect(run.report.totals.allTransfers.errors == ["body-too-large": 1])
        #expect(try peakMemory() - before < 200 << 20)
    }

    @Test(.timeLimit(.minutes(2)))
    func aRingOfRedirectsBetweenTwoServersEnds() async throws {
        let (run, requests) = try await play { request in
            let target = request.hasPrefix("GET /go") ? "/there.m3u8" : "/go.m3u8"
            return Array(ReplyServer.answer("302 Found", headers: "Location: \(target)\r\n").utf8)
        }
        #expect(requests == 11 && run.report.totals.allTransfers.byStatus == [302: 11])
        #expect(run.report.totals.overall.outcomes.startFailure == 1)
    }

    @Test(
        .timeLimit(.minutes(2)),
        arguments: [
            "file:///etc/passwd", "FILE:///etc/passwd", "ftp://127.0.0.1/a", "gopher://127.0.0.1:70/_x",
            "file://localhost/etc/passwd", "data:,#EXTM3U",
        ])
    func aRedirectLeadsToNoOtherScheme(target: String) async throws {
        let (run, requests) = try await play { _ in
            Array(ReplyServer.answer("302 Found", headers: "Location: \(target)\r\n").utf8)
        }
        #expect(requests == 1 && run.report.totals.allTransfers.errors == ["bad-uri": 1])
        #expect(run.report.totals.overall.outcomes.startFailure == 1)
        let sentence = try #require(run.outcome.problems.first?.sentence)
        #expect(sentence.hasSuffix("this is not an absolute http or https URI"))
        #expect(!sentence.contains("root:"))
    }

    @Test(.timeLimit(.minutes(2)))
    func aPlaylistLeadsToNoFile() async throws {
        let (run, requests) = try await play { _ in
            let body = """
                #EXTM3U
                #EXT-X-TARGETDURATION:2
                #EXT-X-KEY:METHOD=AES-128,URI="file:///etc/hostname"
                #EXTINF:2,
                file:///etc/passwd
                #EXT-X-ENDLIST

                """
            return Array(ReplyServer.answer("200 OK", body: body).utf8)
        }
        let errors = run.report.totals.allTransfers.errors
        #expect(requests == 1 && Set(errors.keys) == ["bad-uri"])
        #expect(run.report.totals.allTransfers.all.bytes < 1_000)
        #expect(run.report.totals.overall.plays == 0)
    }

    @Test(
        .timeLimit(.minutes(2)),
        arguments: ["127.0.0.1", "[::1]", "0x7f.1", "localhost", "10.0.0.1", "169.254.169.254"])
    func aPublicStreamLeadsToNoLocalAddress(host: String) async throws {
        let secret = try #require(ReplyServer { _ in ReplyServer.answer("200 OK", body: "secret") })
        let server = try #require(
            ReplyServer { head in
                if head.hasPrefix("GET /away") {
                    return ReplyServer.answer(
                        "302 Found", headers: "Location: http://\(host):\(secret.port)/redirected\r\n")
                }
                return ReplyServer.answer(
                    "200 OK",
                    body: """
                        #EXTM3U
                        #EXT-X-TARGETDURATION:2
                        #EXT-X-MAP:URI="/away"
                        #EXTINF:2,
                        http://\(host):\(secret.port)/segment
                        #EXT-X-ENDLIST

                        """)
            })
        for path in ["/list.m3u8", "/away"] {
            var settings = Stage.settings(["http://cdn.example.com:\(server.port)\(path)"], viewers: 1)
            settings.regions[0].edges = [
                .init(label: "edge", addresses: ["cdn.example.com:\(server.port)": "127.0.0.1"])
            ]
            let run = try await Stage.play(settings)
            #expect(run.report.totals.overall.outcomes.startFailure == 1)
            #expect(run.report.totals.allTransfers.errors["host-not-allowed"] == 1)
            let sentences = run.outcome.problems.map(\.sentence)
            #expect(sentences.contains { $0.contains("is an address of this machine or its network") }, "\(sentences)")
        }
        #expect(secret.requests == 0)
        server.stop()
        secret.stop()
    }

    @Test(
        .timeLimit(.minutes(2)),
        arguments: [
            "X-Header: " + String(repeating: "x", count: 32 << 20),
            String(repeating: "X-Header: some value\r\n", count: 1 << 20),
        ])
    func aHeadWithoutEndIsRefused(headers: String) async throws {
        let before = try peakMemory()
        let (run, _) = try await play { _ in Array("HTTP/1.1 200 OK\r\n\(headers)".utf8) }
        #expect(run.report.totals.allTransfers.errors.values.reduce(0, +) == 1)
        #expect(run.report.totals.allTransfers.errors["body-too-large"] == nil)
        #expect(run.report.totals.overall.outcomes.startFailure == 1)
        #expect(try peakMemory() - before < 200 << 20)
    }

    @Test(.timeLimit(.minutes(2)))
    func aStormOfInterimAnswersEnds() async throws {
        let (run, _) = try await play { _ in
            Array(String(repeating: "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", count: 200_000).utf8)
        }
        #expect(run.report.totals.allTransfers.errors == ["malformed-response": 1])
        let sentence = try #require(run.outcome.problems.first?.sentence)
        #expect(sentence.contains("the response's headers have more than 65536 bytes"))
    }
}
