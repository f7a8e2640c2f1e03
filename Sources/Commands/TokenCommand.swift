import Access
import ArgumentParser
import Foundation
import LoadTest
import Quantities
import RunProfile

/// `fullhouse token`: signs, checks and explains what lets a viewer in.
struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Sign, verify or explain a signed URL, cookie or token.",
        discussion: """
            Schemes: \(TokenSchemes.all.map(\.name).joined(separator: ", ")) (docs/TOKENS.md has their settings). Keys \
            are read from env:NAME or file:PATH, never from the command line, and are never shown. Nothing is contacted.
            """,
        subcommands: [Sign.self, Verify.self, Explain.self])

    /// How a scheme is chosen and set up.
    struct SchemeOptions: ParsableArguments {
        @Option(help: "The scheme; explain finds out without.")
        var scheme: String?

        @Option(help: ArgumentHelp("Where the key is: env:NAME or file:PATH.", valueName: "PLACE"))
        var key: String?

        @Option(help: "How the key's text is read: text, hex or base64; PEM is recognised.")
        var keyFormat: String?

        @Option(name: .customLong("option"), help: ArgumentHelp("A setting of the scheme.", valueName: "NAME=VALUE"))
        var options: [String] = []

        /// The scheme that was chosen; nil when none was.
        func chosen() throws -> SchemeDescription? {
            guard let scheme else { return nil }
            if let description = TokenSchemes.named(scheme) { return description }
            let names = TokenSchemes.all.map(\.name)
            throw CommandFailure(.usage, "--scheme: '\(scheme)' is none\(Spelling.hint(for: scheme, among: names))")
        }

        /// Makes a scheme with the settings given; without a key it can only read.
        func make(_ description: SchemeDescription) throws -> any TokenScheme {
            var values: [String: String] = [:]
            var secrets: [String: SecretReference] = [:]
            for option in options {
                let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(
                    String.init)
                guard parts.count == 2 else { throw CommandFailure(.usage, "--option takes NAME=VALUE") }
                if description.options.contains(where: { $0.name == parts[0] && $0.isSecret }) {
                    secrets[parts[0]] = try Self.reference(parts[1], "--option \(parts[0])")
                } else {
                    values[parts[0]] = parts[1]
                }
            }
            return try TokenAssembly.scheme(
                description, key: try key.map { try Self.reference($0, "--key") }, encoding: try encoding(),
                options: values, secrets: secrets)
        }

        private func encoding() throws -> KeyEncoding? {
            guard let keyFormat else { return nil }
            if let encoding = KeyEncoding(rawValue: keyFormat) { return encoding }
            throw CommandFailure(.usage, "--key-format: expected text, hex or base64, found '\(keyFormat)'")
        }

        private static func reference(_ text: String, _ name: String) throws -> SecretReference {
            if let reference = SecretReference(text) { return reference }
            throw CommandFailure(
                .usage, "\(name) takes env:NAME or file:PATH; a key itself does not belong on a command line")
        }
    }

    /// What the request that carries a token is like beside its URI.
    struct RequestOptions: ParsableArguments {
        @Option(help: "The viewer's address.")
        var address: String?

        @Option(help: "The time to look at it: seconds since 1970 or ISO 8601; now by default.")
        var at: String?

        @Option(name: .customLong("cookie"), help: ArgumentHelp("A Cookie header, or part of one.", valueName: "N=V"))
        var cookies: [String] = []

        @Option(name: .customLong("header"), help: ArgumentHelp("A request header.", valueName: "NAME: VALUE"))
        var headers: [String] = []

        func instant() throws -> WallTime { try at.map { try TokenTime.parse($0, "--at") } ?? WallClock.now() }

        func request(_ uri: String) throws -> AccessRequest {
            var fields: [String: String] = [:]
            for header in headers {
                guard let colon = header.firstIndex(of: ":") else {
                    throw CommandFailure(.usage, "--header takes 'NAME: VALUE'")
                }
                fields[header[..<colon].lowercased()] =
                    header[header.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            }
            return AccessRequest(
                uri: uri, cookies: cookies.isEmpty ? nil : cookies.joined(separator: "; "), headers: fields,
                clientAddress: address)
        }
    }
}

/// Instants on a command line.
enum TokenTime {
    /// Seconds since 1970, or ISO 8601.
    static func parse(_ text: String, _ name: String) throws -> WallTime {
        if let seconds = Double(text), seconds.isFinite, abs(seconds) < 9e9 { return .seconds(seconds) }
        if let date = try? Date(text, strategy: .iso8601) { return .seconds(date.timeIntervalSince1970) }
        throw CommandFailure(.usage, "\(name): expected seconds since 1970 or a time such as 2026-07-01T19:00:00Z")
    }

    /// A time for people, in UTC.
    static func text(_ time: WallTime) -> String {
        let date = Date(timeIntervalSince1970: (time.seconds).rounded(.down))
        return date.formatted(Date.ISO8601FormatStyle(timeZone: .gmt)).replacing("T", with: " ").replacing(
            "Z", with: " UTC")
    }

    /// A span for people: its two largest units.
    static func text(_ span: TimeAmount) -> String {
        var rest = Int64(span.seconds.magnitude.rounded(.down))
        var words: [String] = []
        for (unit, size) in [("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)] as [(String, Int64)] {
            if rest >= size || unit == "s" && words.isEmpty {
                words.append("\(rest / size) \(unit)")
                rest %= size
            }
        }
        return words.prefix(2).joined(separator: " ")
    }
}
