import Access
import ArgumentParser
import LoadTest
import Quantities
import RunProfile

extension TokenCommand {
    /// `fullhouse token sign`.
    struct Sign: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print a URL with a token, or the cookies or headers that go with it.",
            discussion: """
                Without --path the URL alone is signed. What is printed lets whoever has it in, so mind where it goes.
                """)

        @Argument(help: "The URL, exactly as the edge will see it.")
        var url: String

        @OptionGroup var scheme: SchemeOptions

        @Option(
            name: .customLong("path"),
            help: ArgumentHelp("A path that is covered, with wildcards.", valueName: "PATTERN"))
        var paths: [String] = []

        @Option(help: "Where the token travels: query, path, cookie or header.")
        var placement: String?

        @Option(help: "How long it is good.")
        var lifetime: String = "1 h"

        @Option(help: "When it ends: seconds since 1970 or ISO 8601; takes the place of --lifetime.")
        var expires: String?

        @Option(help: "From when on it is good.")
        var start: String?

        @Option(help: "The session that it is bound to.")
        var session: String?

        @Option(help: "The viewer's address that it is bound to.")
        var address: String?

        @Option(help: "Opaque data that is signed along.")
        var data: String?

        func run() async throws {
            guard let description = try scheme.chosen() else {
                throw CommandFailure(
                    .usage, "--scheme is missing; one of: \(TokenSchemes.all.map(\.name).joined(separator: ", "))")
            }
            guard scheme.key != nil else { throw CommandFailure(.usage, "--key is missing: env:NAME or file:PATH") }
            let scheme = try scheme.make(description)
            let placement = try chosenPlacement(scheme)
            do throws(TokenError) {
                let token = try scheme.sign(try grant(), for: placement)
                var request = OutgoingRequest(uri: url)
                scheme.attach(token, to: &request, in: placement)
                print(request.uri)
                for header in request.headers { print("\(header.name): \(header.value)") }
                if let cookies = request.cookieHeader { print("Cookie: \(cookies)") }
            } catch {
                throw CommandFailure(.badInput, error.description)
            }
        }

        private func chosenPlacement(_ scheme: any TokenScheme) throws -> TokenPlacement {
            guard let placement else { return scheme.placements.first ?? .query }
            if let wanted = TokenPlacement(rawValue: placement), scheme.placements.contains(wanted) { return wanted }
            let allowed = scheme.placements.map(\.rawValue).joined(separator: ", ")
            throw CommandFailure(.usage, "--placement: this scheme travels by \(allowed), not by '\(placement)'")
        }

        private func grant() throws(TokenError) -> TokenGrant {
            let now = WallClock.now()
            guard let lifetime = Amounts.duration(lifetime), lifetime > .zero else {
                throw .invalidField(name: "lifetime", reason: "it must be a duration such as 1 h")
            }
            let scope: TokenGrant.Scope = paths.isEmpty ? .url(url) : .paths(paths)
            var grant = TokenGrant(scope, from: now, lifetime: lifetime)
            if let expires { grant.expires = try time(expires, "end") }
            if let start { grant.notBefore = try time(start, "start") }
            grant.sessionID = session
            grant.clientAddress = address
            grant.payload = data
            let reference = URIReference(url)
            if let scheme = reference.scheme, let authority = reference.authority {
                grant.site = "\(scheme)://\(authority)"
            }
            return grant
        }

        private func time(_ text: String, _ name: String) throws(TokenError) -> WallTime {
            guard let time = try? TokenTime.parse(text, name) else {
                throw .invalidField(
                    name: name, reason: "it must be seconds since 1970 or a time such as 2026-07-01T19:00:00Z")
            }
            return time
        }
    }

    /// `fullhouse token verify`.
    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check what a request carries as an edge would; exit status 1 when it is refused.")

        @Argument(help: "The URL, exactly as the edge sees it.")
        var url: String

        @OptionGroup var scheme: SchemeOptions
        @OptionGroup var request: RequestOptions

        func run() async throws {
            guard let description = try scheme.chosen() else {
                throw CommandFailure(
                    .usage, "--scheme is missing; one of: \(TokenSchemes.all.map(\.name).joined(separator: ", "))")
            }
            guard scheme.key != nil else { throw CommandFailure(.usage, "--key is missing: env:NAME or file:PATH") }
            let scheme = try scheme.make(description)
            let now = try request.instant()
            let (verdict, carried) = scheme.verify(try request.request(url), at: now)
            print(verdict == .valid ? "The request is let in." : "The request is refused. \(verdict.sentence)")
            if let carried {
                for line in TokenAccount.lines(scheme.claims(of: carried.token), at: now) { print(line) }
            }
            if verdict != .valid { throw ExitCode(ExitStatus.thresholdsFailed.rawValue) }
        }
    }
}
