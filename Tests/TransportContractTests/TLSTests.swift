import CurlTransport
import Foundation
import Glibc
import Quantities
import Testing
import Transport

/// Certificates, against `openssl s_server` with a certificate of the test's own.
@Suite struct TLSTests {
    static let openssl = "/usr/bin/openssl"
    static let isHere = FileManager.default.isExecutableFile(atPath: openssl)

    @Test(.enabled(if: isHere)) func certificatesAreVerified() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let certificate = folder.appending(path: "certificate.pem").path
        let key = folder.appending(path: "key.pem").path
        let made = try Self.run([
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "2",
            "-subj", "/CN=cdn.example.com", "-addext", "subjectAltName=DNS:cdn.example.com",
        ])
        made.waitUntilExit()
        try #require(made.terminationStatus == 0)
        let port = try #require(unusedPort())
        let server = try Self.run([
            "s_server", "-accept", "127.0.0.1:\(port)", "-cert", certificate, "-key", key, "-www",
        ])
        defer {
            // It may have been born with other signals blocked.
            kill(server.processIdentifier, SIGKILL)
            server.waitUntilExit()
        }
        let pins = ["cdn.example.com:\(port)": "127.0.0.1", "other.example.com:\(port)": "127.0.0.1"]
        let good = "https://cdn.example.com:\(port)/"
        try await CurlTransportTests.onLoop(CurlTransportSettings(certificateAuthorities: certificate)) { loop in
            let channel = loop.openChannel(ChannelSettings(pinnedAddresses: pins))
            defer { channel.close() }
            let first = try await Self.patientGet(channel, good)
            #expect(first.status == 200)
            #expect(first.timings.tls > first.timings.connect)
            guard case .failure(let failure) = try await channel.get("https://other.example.com:\(port)/", id: 101)
            else { throw UnexpectedEvent() }
            #expect(failure.error.label == "certificate")
            guard case .failure(let plain) = try await channel.get("http://cdn.example.com:\(port)/", id: 102)
            else { throw UnexpectedEvent() }
            #expect(["truncated", "malformed-response"].contains(plain.error.label))
        }
        // An authority that nobody knows, and a laboratory that does not care.
        try await CurlTransportTests.onLoop { loop in
            let channel = loop.openChannel(ChannelSettings(pinnedAddresses: pins))
            defer { channel.close() }
            guard case .failure(let failure) = try await channel.get(good, id: 0) else { throw UnexpectedEvent() }
            #expect(failure.error.label == "certificate")
        }
        try await CurlTransportTests.onLoop(CurlTransportSettings(verifiesCertificates: false)) { loop in
            let channel = loop.openChannel(ChannelSettings(pinnedAddresses: pins))
            defer { channel.close() }
            let result = try await channel.get(good, id: 0).get()
            #expect(result.status == 200)
        }
    }

    private static func run(_ arguments: [String]) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: openssl)
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        return process
    }

    /// A GET that is tried again while the server is not up yet.
    private static func patientGet(_ channel: CurlChannel, _ uri: String) async throws -> TransferResult {
        for number in 0..<100 as Range<UInt32> {
            switch try await channel.get(uri, id: number) {
            case .success(let result): return result
            case .failure(let failure):
                guard failure.error.label == "connect" else { throw failure }
                try await channel.rest(milliseconds: 50)
            }
        }
        throw UnexpectedEvent()
    }
}
