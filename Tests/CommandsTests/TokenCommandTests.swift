import Foundation
import Testing

@testable import Commands

/// `fullhouse token` as a process: what it prints, and its exit status.
@Suite(.serialized) struct TokenCommandTests {
    private let scene: Scene
    private let key: String
    private let path: String

    init() throws {
        scene = try Scene()
        key = "file:" + (try scene.file("key", "aabbccddeeff00112233445566778899\n"))
        path = try #require(Program.path, "the program is not built beside the tests")
    }

    private func token(_ arguments: [String]) async throws -> (status: Int32, output: String, errors: String) {
        let program = try Program(scene, path, ["token"] + arguments)
        let status = try await program.end()
        return (status, program.output, program.errors)
    }

    private let url = "https://cdn.example.com/live/ch1/master.m3u8"

    @Test func whatIsSignedIsLetInAndExplained() async throws {
        let signed = try await token([
            "sign", url, "--scheme", "akamai-edge-auth", "--key", key, "--path", "/live/*", "--session", "s42",
            "--expires", "2023-11-14T23:13:20Z", "--start", "1700000000",
        ])
        #expect(signed.status == 0 && signed.errors.isEmpty)
        let ticket = signed.output.trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(ticket.hasPrefix(url + "?hdnts=st=1700000000~exp=1700003600~acl=/live/*~id=s42~hmac="))

        let scheme = ["--scheme", "akamai-edge-auth", "--key", key]
        let good = try await token(["verify", ticket, "--at", "1700000100"] + scheme)
        #expect(
            good.status == 0 && good.output.hasPrefix("The request is let in.\nAllows: /live/*\nFor: session s42\n"))
        let late = try await token(["verify", ticket, "--at", "1700003600"] + scheme)
        #expect(late.status == 1 && late.output.hasPrefix("The request is refused. The token has expired.\n"))
        #expect(late.output.contains("Until: 2023-11-14 23:13:20 UTC (0 s ago)"))
        let other = try await token(
            ["verify", ticket.replacing("/live/ch1/", with: "/vod/"), "--at", "1700000100"] + scheme)
        #expect(other.status == 1 && other.output.hasPrefix("The request is refused. The token is for other paths.\n"))

        let told = try await token(["explain", ticket, "--at", "1700000100"])
        #expect(told.status == 0)
        for line in [
            "Scheme: Akamai Edge Auth 2.0, in the query (hdnts)", "Allows: /live/*", "For: session s42",
            "From: 2023-11-14 22:13:20 UTC (1 min 40 s ago)", "Until: 2023-11-14 23:13:20 UTC (in 58 min 20 s)",
            "Signed with: HMAC-SHA256",
        ] {
            #expect(told.output.contains(line + "\n"), "\(line)")
        }
        // The signature lets in whoever has it, so it is not repeated.
        let signature = try #require(ticket.split(separator: "=").last)
        #expect(!told.output.contains(signature) && told.output.contains("The signature was not checked"))
    }

    @Test(arguments: [
        ("cloudflare", "query", "text"), ("keycdn", "query", "text"), ("cdn77", "path", "text"),
        ("bunny", "path", "text"),
        ("jwt", "header", "text"), ("common-access-token", "header", "hex"), ("nginx-secure-link", "cookie", "text"),
    ])
    func everySchemeSpeaksForItself(scheme: String, placement: String, format: String) async throws {
        let signed = try await token([
            "sign", url, "--scheme", scheme, "--key", key, "--key-format", format, "--placement", placement,
        ])
        #expect(signed.status == 0 && signed.errors.isEmpty, "\(signed.errors)")
        let lines = signed.output.split(separator: "\n").map(String.init)
        let request = lines.dropFirst().flatMap {
            $0.hasPrefix("Cookie: ") ? ["--cookie", String($0.dropFirst(8))] : ["--header", $0]
        }
        let checked = try await token(
            ["verify", lines[0], "--scheme", scheme, "--key", key, "--key-format", format] + request)
        #expect(checked.status == 0, "\(checked.output)")
        let told = try await token(["explain", lines[0]] + request)
        #expect(told.status == 0 && told.output.contains("Until: 20"), "\(told.output) \(told.errors)")
    }

    @Test func mistakesAreToldInOneSentenceWithoutTheKey() async throws {
        let cases: [([String], Int32, String)] = [
            (["sign", url, "--scheme", "akamai", "--key", key], 64, "did you mean 'akamai-edge-auth'?"),
            (["sign", url, "--key", key], 64, "--scheme is missing"),
            (["sign", url, "--scheme", "keycdn"], 64, "--key is missing"),
            (["sign", url, "--scheme", "keycdn", "--key", "mysecretkey"], 64, "env:NAME or file:PATH"),
            (["sign", url, "--scheme", "keycdn", "--key", "file:/nowhere/key"], 66, "cannot be read"),
            (["sign", url, "--scheme", "akamai-edge-auth", "--key", "file:\(scene.folder)/bad"], 65, "hexadecimal"),
            (["sign", url, "--scheme", "keycdn", "--key", key, "--placement", "header"], 64, "travels by query"),
            (["sign", url, "--scheme", "keycdn", "--key", key, "--option", "colour=red"], 65, "colour"),
            (["sign", url, "--scheme", "keycdn", "--key", key, "--lifetime", "soon"], 65, "such as 1 h"),
            (["explain", "https://cdn.example.com/live/a.m3u8"], 65, "no scheme recognises a token"),
            (["explain", url + "?hdnts=exp=1~acl=/*~hmac=zz"], 65, "but it cannot be read: it is cut off, changed"),
            (["explain", url + "?hdnts=x", "--key", key], 64, "add --scheme"),
        ]
        _ = try scene.file("bad", "not a key at all")
        for (arguments, status, words) in cases {
            let result = try await token(arguments)
            #expect(result.status == status && result.errors.contains(words), "\(arguments): \(result)")
            #expect(!result.errors.contains("mysecretkey") && !result.errors.contains("not a key at all"))
            #expect(result.output.isEmpty)
        }
    }
}
