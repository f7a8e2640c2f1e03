import Foundation
import Quantities
import Testing

@testable import Access

/// Random cases for other programs, and what they say of them.
enum CrossCheck {
    struct Result: Decodable {
        var checked: Int
        var wrong: [String]
        var counts: [String: Int]?
    }

    private static let script = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("EndToEnd/token_check.py").path

    /// Whether the programs are there; they are what the README installs.
    static var isPossible: Bool {
        let files = FileManager.default
        func has(_ name: String) -> Bool {
            ["/usr/bin/", "/usr/sbin/", "/usr/local/bin/"].contains { files.isExecutableFile(atPath: $0 + name) }
        }
        return has("python3") && has("openssl") && has("nginx")
    }

    /// Gives the script its input and reads what it says.
    static func run(_ mode: String, _ input: Any) throws -> Result {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", script, mode]
        let (stdin, stdout) = (Pipe(), Pipe())
        process.standardInput = stdin
        process.standardOutput = stdout
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("tokens-\(UUID().uuidString).json")
        try JSONSerialization.data(withJSONObject: input).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        process.standardInput = try FileHandle(forReadingFrom: file)
        try process.run()
        let output = stdout.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return try JSONDecoder().decode(Result.self, from: output)
    }

    private static func text(_ random: inout SeededGenerator, from letters: String, _ count: ClosedRange<Int>) -> String
    {
        let letters = Array(letters)
        return String(
            (0..<Int.random(in: count, using: &random)).compactMap { _ in letters.randomElement(using: &random) })
    }

    private static let plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

    private static func key(_ random: inout SeededGenerator) -> String { text(&random, from: plain + "-_!$ é", 1...90) }

    private static func path(_ random: inout SeededGenerator) -> String {
        "/" + text(&random, from: plain + "/.-_~%+é=:", 0...60)
    }

    private static func expires(_ random: inout SeededGenerator) -> Int64 {
        Int64.random(in: 1_000_000_000...4_000_000_000, using: &random)
    }

    private static func address(_ random: inout SeededGenerator) -> String? {
        switch Int.random(in: 0..<3, using: &random) {
        case 0: nil
        case 1: (0..<4).map { _ in String(UInt8.random(in: 0...255, using: &random)) }.joined(separator: ".")
        default:
            (0..<8).map { _ in String(UInt16.random(in: 0...0xFFFF, using: &random), radix: 16) }.joined(separator: ":")
        }
    }

    private static func grant(_ scope: TokenGrant.Scope, _ expires: Int64) -> TokenGrant {
        TokenGrant(scope, expires: .whole(seconds: expires))
    }

    static func bunny(_ random: inout SeededGenerator) throws -> [String: Any] {
        let format = Bunny.Format.allCases.randomElement(using: &random) ?? .hs256
        var path = path(&random)
        let hasDirectory = format != .md5 && Bool.random(using: &random)
        let limit = format != .md5 && Bool.random(using: &random) ? "500" : nil
        let countries = format != .md5 && Bool.random(using: &random) ? "NO,SE" : nil
        let key = trimmed(key(&random))
        var scheme = try Bunny(key: SecretKey(bytes: key.utf8), format: format)
        scheme = try Bunny(key: SecretKey(bytes: key.utf8), format: format, countries: countries, limit: limit)
        let end = expires(&random)
        if hasDirectory { path += "/" }
        let query = hasDirectory || Bool.random(using: &random) ? nil : "zeta=%20x&alpha=1&m=a%2Fb"
        let uri = "https://h.example.com" + path + (query.map { "?" + $0 } ?? "")
        var grant = grant(hasDirectory ? .paths([path + "*"]) : .url(uri), end)
        grant.clientAddress = address(&random)
        let token = try scheme.sign(grant, for: .query)
        var made: [String: Any] = [
            "scheme": "bunny", "format": format.rawValue, "key": key, "expires": end, "path": path,
            "token": try #require(token.value(of: "token")), "query": query ?? "",
        ]
        made["limit"] = limit
        made["token_countries"] = countries
        made["address"] = grant.clientAddress
        if hasDirectory { made["token_path"] = path }
        return made
    }

    /// KeyCDN, and CDN77 in both modes.
    static func plain(_ random: inout SeededGenerator) throws -> [[String: Any]] {
        let key = trimmed(key(&random))
        let secret = SecretKey(bytes: key.utf8)
        let (path, end) = (path(&random), expires(&random))
        let directory = "/live/" + text(&random, from: Self.plain, 1...9)
        let common: [String: Any] = ["key": key, "expires": end, "path": path]
        let grant = grant(.url("https://h" + path), end)
        let below = Self.grant(.paths([directory + "/*"]), end)
        return [
            common.merging([
                "scheme": "keycdn", "token": try KeyCDN(key: secret).sign(grant, for: .query).fields[0].value,
            ]) {
                $1
            },
            common.merging([
                "scheme": "cdn77", "token": try CDN77(key: secret).sign(grant, for: .query).fields[0].value,
            ]) {
                $1
            },
            common.merging([
                "scheme": "cdn77", "directory": directory,
                "token": try CDN77(key: secret).sign(below, for: .path).fields[0].value,
            ]) { $1 },
        ]
    }

    static func wowza(_ random: inout SeededGenerator) throws -> [String: Any] {
        let key = trimmed(key(&random))
        let algorithm = ["sha256", "sha384", "sha512"].randomElement(using: &random) ?? "sha256"
        let prefix = text(&random, from: Self.plain, 1...10)
        let own = Bool.random(using: &random) ? "Custom=1&A=b" : ""
        let scheme = try Wowza(
            key: SecretKey(bytes: key.utf8), prefix: prefix, algorithm: algorithm, parameters: own)
        let stream = "live/" + text(&random, from: Self.plain + "-_:", 1...20)
        let end = expires(&random)
        var grant = grant(.url("https://h/\(stream)/playlist.m3u8?x=y"), end)
        grant.clientAddress = address(&random)
        if Bool.random(using: &random) { grant.notBefore = .whole(seconds: end - 100) }
        var made: [String: Any] = [
            "scheme": "wowza", "key": key, "algorithm": algorithm, "prefix": prefix, "stream": stream, "expires": end,
            "parameters": own.split(separator: "&").map { prefix + $0 },
            "token": try #require(try scheme.sign(grant, for: .query).fields.last?.value),
        ]
        made["start"] = grant.notBefore.map { $0.wholeSeconds }
        made["address"] = grant.clientAddress
        return made
    }

    static func template(_ random: inout SeededGenerator) throws -> [String: Any] {
        let algorithms = ["hmac-sha256", "hmac-sha1", "hmac-sha512", "hmac-md5", "sha256", "sha1", "sha512", "md5"]
        let algorithm = algorithms.randomElement(using: &random) ?? "md5"
        let encoding = SignatureEncoding.allCases.randomElement(using: &random) ?? .base64
        let bytes = (0..<Int.random(in: 1...150, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
        let holdsKey = !algorithm.hasPrefix("hmac-") || Bool.random(using: &random)
        let scheme = try TemplateScheme(
            key: SecretKey(bytes: bytes), algorithm: algorithm,
            message: "{path}|{query}" + (holdsKey ? "{key}" : "") + "{host};{expires}{ip}{session}{data}",
            signature: encoding.rawValue, value: "{signature}")
        let (path, end) = (path(&random), expires(&random))
        var grant = grant(.url("https://h.example.com:81" + path + "?q=%20"), end)
        grant.clientAddress = address(&random) ?? "192.0.2.1"
        grant.sessionID = text(&random, from: Self.plain, 0...8)
        grant.payload = key(&random)
        return [
            "scheme": "template", "algorithm": algorithm, "signature": encoding.rawValue,
            "key": Data(bytes).base64EncodedString(), "in message": holdsKey, "before": path + "|q=%20",
            "behind":
                "h.example.com:81;\(end)\(grant.clientAddress ?? "")\(grant.sessionID ?? "")\(grant.payload ?? "")",
            "token": try scheme.sign(grant, for: .query).fields[0].value,
        ]
    }

    /// Never empty: a key of spaces alone would be.
    private static func trimmed(_ key: String) -> String { "k" + key }
}
