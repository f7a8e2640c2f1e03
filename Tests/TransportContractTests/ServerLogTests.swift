import CurlTransport
import Foundation
import Glibc
import Quantities
import Testing
import Transport

/// What is reported, against what nginx wrote into its log.
@Suite struct ServerLogTests {
    static let nginx = "/usr/sbin/nginx"
    static let isHere = FileManager.default.isExecutableFile(atPath: nginx)

    @Test(.enabled(if: isHere), arguments: [HTTPVersion.http1, .http2], [nil, 20.0])
    func bytesAndCountsAgreeWithTheLog(version: HTTPVersion, megabits: Double?) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "log-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let port = try #require(unusedPort())
        let server = try Self.start(folder, port, isHTTP2: version == .http2)
        defer {
            kill(server.processIdentifier, SIGKILL)
            server.waitUntilExit()
        }
        let base = "http://127.0.0.1:\(port)"
        try await CurlTransportTests.onLoop { loop in
            var settings = ChannelSettings(version: version)
            if let megabits {
                settings.link = LinkAttachment(LinkTrace(name: "t", rate: .megabits(megabits)), household: 1)
            }
            let channel = loop.openChannel(settings)
            defer { channel.close() }
            try await Self.waitForServer(channel, base)
            let start = channel.now
            var (bytes, number) = (0 as Int64, 0 as UInt32)
            for _ in 0..<20 {
                for path in ["/text.m3u8", "/media.bin", "/empty.bin", "/missing", "/media.bin", "/text.m3u8"] {
                    let body: TransferRequest.Body = path == "/text.m3u8" ? .keep(limit: .mebibytes(1)) : .discard
                    channel.begin(TransferRequest(uri: base + path, body: body), as: TransferID(number))
                    number += 1
                }
                for _ in 0..<6 {
                    guard case .transferFinished(_, let result) = await channel.nextEvent() else {
                        throw UnexpectedEvent()
                    }
                    let answer = try result.get()
                    #expect(answer.version == version)
                    if !answer.body.isEmpty { #expect(answer.body == Self.text) }
                    bytes += answer.bytes.count
                }
            }
            #expect(loop.statistics().reconnectsUncaused == 0)
            if let megabits {
                let rate = Double(bytes) * 8 / 1e6 / (channel.now - start).seconds
                #expect(rate > megabits * 0.85 && rate < megabits * 1.01)
            }
            // nginx writes a line after it has sent the last byte.
            for _ in 0..<50 {
                if try Self.logged(folder).count >= Int(number) { break }
                try await channel.rest(milliseconds: 20)
            }
            let lines = try Self.logged(folder)
            #expect(lines.count == Int(number))
            #expect(lines.reduce(0, +) == bytes)
        }
    }

    private static let text = Array(String(repeating: "#EXTINF:4,\nsegment.m4s\n", count: 500).utf8)

    private static func start(_ folder: URL, _ port: UInt16, isHTTP2: Bool) throws -> Process {
        try Data(text).write(to: folder.appending(path: "text.m3u8"))
        try Data(repeating: 7, count: 150_000).write(to: folder.appending(path: "media.bin"))
        try Data().write(to: folder.appending(path: "empty.bin"))
        let places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map {
            "\($0)_temp_path \(folder.path)/\($0);"
        }
        let configuration = """
            daemon off; master_process off; pid \(folder.path)/pid; error_log \(folder.path)/error.log crit;
            events { worker_connections 100; }
            http {
              log_format bytes '$request_uri $body_bytes_sent'; access_log \(folder.path)/access.log bytes;
              types { application/vnd.apple.mpegurl m3u8; } gzip on; gzip_types *; gzip_min_length 10;
              \(places.joined(separator: " "))
              server { listen 127.0.0.1:\(port)\(isHTTP2 ? " http2" : ""); root \(folder.path); }
            }
            """
        try configuration.write(to: folder.appending(path: "nginx.conf"), atomically: true, encoding: .utf8)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: nginx)
        process.arguments = ["-c", "\(folder.path)/nginx.conf", "-e", "\(folder.path)/error.log"]
        process.standardInput = FileHandle.nullDevice
        try process.run()
        return process
    }

    private static func waitForServer(_ channel: CurlChannel, _ base: String) async throws {
        for number in 1_000..<1_100 as Range<UInt32> {
            if case .success = try await channel.get(base + "/ready", id: number) { return }
            try await channel.rest(milliseconds: 20)
        }
        throw UnexpectedEvent()
    }

    /// The bytes of each logged answer, the wait for the server left out.
    private static func logged(_ folder: URL) throws -> [Int64] {
        let log = try String(contentsOf: folder.appending(path: "access.log"), encoding: .utf8)
        return log.split(separator: "\n").filter { !$0.hasPrefix("/ready") }.compactMap {
            $0.split(separator: " ").last.flatMap { Int64($0) }
        }
    }
}
