import Foundation
import Quantities
import Testing

@testable import Access

/// Tokens with seeded keys, paths and settings, checked by Python's own library and openssl from the schemes' public
/// descriptions (`Vectors/check-tokens.py`).
@Suite struct IndependentToolTests {
    private struct Case: Encodable {
        var scheme: String
        var values: [String: String]
        var key: String
        var uri: String
        var token: String
    }

    private var generator = SeededGenerator(seed: 44)

    private mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }

    private mutating func path() -> String {
        let letters = Array("abcXYZ019-_.@:$'()")
        return (0..<3).map { _ in
            "/" + String((0..<5).map { _ in letters[Int.random(in: 0..<letters.count, using: &generator)] })
        }.joined()
    }

    /// One token in a request; the key is what a checker needs.
    private mutating func sign(
        _ name: String, _ values: [String: String], key: String, checkedWith other: String? = nil, isPattern: Bool
    ) throws -> Case {
        let directory = path()
        let uri = "https://cdn.example.com" + directory + "/a.m3u8" + (name == "jwt" || isPattern ? "" : "?q=1")
        var grant = TokenGrant(
            isPattern ? .paths([directory + "/*"]) : .url(uri), from: .seconds(1_700_000_000.0),
            lifetime: .seconds(60.0))
        grant.site = "https://cdn.example.com"
        grant.sessionID = "v\"é"
        let scheme = try TestVectors.scheme(name, key: KeyMaterial(key), values)
        let token = try scheme.sign(grant, for: .query)
        var request = OutgoingRequest(uri: uri)
        scheme.attach(token, to: &request, in: .query)
        return Case(
            scheme: name, values: values, key: other ?? key, uri: request.uri, token: token.fields.last?.value ?? "")
    }

    private mutating func cases() throws -> [Case] {
        var cases: [Case] = []
        for round in 0..<20 {
            let secret = bytes(32)
            let text = Base64.encode(secret)
            let isPattern = round.isMultiple(of: 2)
            cases.append(try sign("google-cloud-cdn", ["key name": "k"], key: text, isPattern: isPattern))
            for algorithm in ["sha1", "sha256"] {
                let values = ["algorithm": algorithm, "headers": "X-Device=tv"]
                cases.append(try sign("google-media-cdn", values, key: text, isPattern: isPattern))
                cases.append(try sign("fastly", ["algorithm": algorithm], key: text, isPattern: false))
            }
            cases.append(try sign("cloudflare", ["lifetime": "60"], key: text, isPattern: false))
            cases.append(try sign("jwt", ["algorithm": "HS256"], key: text, isPattern: isPattern))
            var hex: [UInt8] = []
            Hexadecimal.append(secret, to: &hex)
            let key = String(decoding: hex, as: UTF8.self)
            cases.append(try sign("common-access-token", [:], key: key, isPattern: isPattern))
        }
        let keys = try TestVectors.read("test-keys", as: [String: String].self)
        for (algorithm, name) in [("RS256", "rsa2048"), ("ES256", "p256"), ("EdDSA", "ed25519")] {
            let (own, other) = (keys["\(name)_private_pem"] ?? "", keys["\(name)_public_pem"])
            for _ in 0..<3 {
                cases.append(
                    try sign("jwt", ["algorithm": algorithm], key: own, checkedWith: other, isPattern: true))
            }
        }
        let seed = keys["ed25519_seed_hex"] ?? ""
        cases.append(
            try sign(
                "google-media-cdn", ["algorithm": "ed25519"], key: seed, checkedWith: keys["ed25519_public_pem"],
                isPattern: false))
        return cases
    }

    @Test mutating func pythonAndOpenSSLFindEveryTokenRight() throws {
        let cases = try cases()
        let script = try #require(
            Bundle.module.url(forResource: "check-tokens", withExtension: "py", subdirectory: "Vectors"))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", script.path]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: JSONEncoder().encode(cases))
        try input.fileHandleForWriting.close()
        let said = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        #expect(said == "checked \(cases.count)\n")
    }
}
