import Access
import Crypto
import Foundation
import Measurement
import Origin
import Playback
import Quantities
import Testing

@testable import LoadTest

/// nginx's `secure_link` with `secure_link_md5 "$secure_link_expires$uri k3y"`: each URL is signed by itself.
private struct SecureLink: TokenScheme {
    let placements: [TokenPlacement] = [.query, .cookie]
    let coverage = TokenCoverage.oneURL
    func fieldNames(in placement: TokenPlacement) -> [String] { ["md5", "expires"] }

    private func code(_ path: String, _ expires: String) -> String {
        let digest = Insecure.MD5.hash(data: Data("\(expires)\(path) k3y".utf8))
        return Data(digest).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
            .replacing("=", with: "")
    }

    func sign(_ grant: TokenGrant, for placement: TokenPlacement) throws(TokenError) -> AccessToken {
        guard case .url(let uri) = grant.scope else {
            throw .invalidField(name: "paths", reason: "only one URL is signed")
        }
        let expires = String(grant.expires.nanoseconds / 1_000_000_000)
        return AccessToken(fields: [
            .init(name: "md5", value: code(AccessRequest(uri: uri).path, expires)),
            .init(name: "expires", value: expires),
        ])
    }

    func verify(_ token: AccessToken, for request: AccessRequest, at now: WallTime) -> TokenVerdict {
        guard let sent = token.value(of: "md5"), let expires = token.value(of: "expires") else { return .missing }
        guard sent == code(request.path, expires), let end = Int64(expires) else { return .tampered }
        return end < now.nanoseconds / 1_000_000_000 ? .expired : .valid
    }

    func claims(of token: AccessToken) -> TokenClaims? {
        guard let end = token.value(of: "expires").flatMap(Int64.init) else { return nil }
        var claims = TokenClaims()
        claims.expires = .seconds(Double(end))
        return claims
    }
}

/// Integration: a real nginx with `secure_link` before the embedded origin; one of its three edges forgot the check.
@Suite(.serialized) struct GateNginxTests {
    static let nginx = "/usr/sbin/nginx"
    static let isHere = FileManager.default.isExecutableFile(atPath: nginx)

    private func start(_ folder: String, _ port: UInt16, upstream: Int) throws -> Process {
        let places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map { "\($0)_temp_path \(folder)/\($0);" }
        let check = """
            secure_link $arg_md5,$arg_expires; secure_link_md5 "$secure_link_expires$uri k3y";
            if ($secure_link = "") { return 403; } if ($secure_link = "0") { return 410; }
            """
        let edges = ["127.0.0.1", "127.0.0.2", "127.0.0.3"].map { address in
            "server { listen \(address):\(port); location / { \(address == "127.0.0.3" ? "" : check)"
                + " proxy_pass http://127.0.0.1:\(upstream); } }"
        }
        let configuration = """
            daemon off; master_process off; pid \(folder)/pid; error_log \(folder)/error.log crit;
            events { worker_connections 500; }
            http {
              log_format gate '$server_addr $status'; access_log \(folder)/access.log gate;
              \(places.joined(separator: " ")) \(edges.joined(separator: "\n"))
            }
            """
        try configuration.write(toFile: folder + "/nginx.conf", atomically: true, encoding: .utf8)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Self.nginx)
        process.arguments = ["-c", folder + "/nginx.conf", "-e", folder + "/error.log"]
        process.standardInput = FileHandle.nullDevice
        try process.run()
        return process
    }

    /// How often each edge answered with each status, once so many lines are there.
    private func logged(_ folder: String, lines: Int64) async throws -> [String: [Int: Int64]] {
        var counts: [String: [Int: Int64]] = [:]
        for _ in 0..<200 {
            let log = (try? String(contentsOfFile: folder + "/access.log", encoding: .utf8)) ?? ""
            let rows = log.split(separator: "\n").map { $0.split(separator: " ") }
            counts = rows.reduce(into: [:]) { sum, row in
                guard row.count == 2, let status = Int(row[1]) else { return }
                sum[String(row[0]), default: [:]][status, default: 0] += 1
            }
            if Int64(rows.count) >= lines { break }
            try await Task.sleep(for: .milliseconds(20))
        }
        return counts
    }

    @Test(.enabled(if: isHere), .timeLimit(.minutes(4)))
    func theEdgeThatForgotIsFoundAndTheOthersHold() async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/gate-nginx-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let origin = try await Stage.origin()
        let unused = try #require(ReplyServer { _ in ReplyServer.answer("404 Not Found") })
        unused.stop()
        let server = try start(folder, UInt16(unused.port), upstream: origin.edges[0].port)
        defer {
            // The test runner has blocked the gentler signals, and a child inherits that.
            kill(server.processIdentifier, SIGKILL)
            server.waitUntilExit()
        }
        for _ in 0..<100 where !FileManager.default.fileExists(atPath: folder + "/pid") {
            try await Task.sleep(for: .milliseconds(20))
        }
        let name = "cdn.fullhouse.test:\(unused.port)"
        var settings = Stage.settings(
            ["http://\(name)/live/a/master.m3u8"], viewers: 9, watch: .fixed(.seconds(7)))
        settings.regions = [
            .init(
                name: "all",
                edges: ["127.0.0.1", "127.0.0.2", "127.0.0.3"].map { .init(label: $0, addresses: [name: $0]) })
        ]
        settings.token = TokenPolicy(scheme: SecureLink(), paths: [], lifetime: .seconds(3), refresh: .seconds(1))
        let kinds: [GateProbe] = [
            .noToken, .expired, .expiredInPlay, .tampered, .wrongPath, .manifestOnSegment, .notYetValid, .wrongAddress,
        ]
        var probes = GateProbeSettings(
            plan: ProbePlan(shares: Dictionary(uniqueKeysWithValues: kinds.map { ($0, 0) }), seed: 5))
        probes.leeway = .seconds(2)
        settings.probes = probes
        let run = try await Stage.play(settings)
        await origin.stop()
        try check(run, try await logged(folder, lines: requests(run)))
    }

    private func requests(_ run: Performance) -> Int64 {
        run.report.totals.allTransfers.all.count + run.report.totals.gate.counts().tried
    }

    private func check(_ run: Performance, _ log: [String: [Int: Int64]]) throws {
        let gate = run.report.totals.gate
        #expect(run.report.totals.overall.plays == 9 && run.report.totals.overall.refusedSessions == 0)
        #expect(log.values.flatMap(\.values).reduce(0, +) == requests(run))
        for edge in ["127.0.0.1", "127.0.0.2"] {
            let counts = gate.counts(of: CellKey(.edge, edge))
            #expect(counts.leaked == 0 && counts.inconclusive == 0 && counts.refused >= 20, "\(gate.tallies)")
            // nginx refused the probes and nobody else.
            #expect((log[edge]?[403] ?? 0) + (log[edge]?[410] ?? 0) == counts.refused)
            let gone = gate.tallies.filter { $0.key.edge == edge && $0.key.probe.hasPrefix("expired") }
            #expect(gone.values.reduce(0) { $0 + $1.tried } == log[edge]?[410])
        }
        let open = gate.counts(of: CellKey(.edge, "127.0.0.3"))
        let honest = run.report.totals.transfers(.edge, "127.0.0.3").all.count
        #expect(open.refused == 0 && open.leaked >= 20 && log["127.0.0.3"]?[403] == nil)
        #expect(log["127.0.0.3"]?.values.reduce(0, +) == honest + open.tried)
        // What this scheme cannot say is not tried, and said.
        let reasons = Dictionary(
            gate.reasons.keys.map { ($0.probe, $0.sentence) }, uniquingKeysWith: { first, _ in first })
        #expect(reasons["not yet valid"] == "tokens of this scheme have no start")
        #expect(reasons["wrong address"] == "tokens of this scheme know no address")
        #expect(gate.tallies.keys.contains { $0.probe == "expired in play" })
    }
}
