import Access
import ArgumentParser
import Quantities
import RunProfile

extension TokenCommand {
    /// `fullhouse token explain`.
    struct Explain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say in plain words what a URL, cookie or token allows, for whom, until when, and why it fails.",
            discussion: """
                Give the whole URL that the viewer used, or the bare token. With --key the signature is checked too; \
                without, only what the token says of itself is known.
                """)

        @Argument(help: "A URL, or a token.")
        var text: String

        @OptionGroup var scheme: SchemeOptions
        @OptionGroup var request: RequestOptions

        func run() async throws {
            let now = try request.instant()
            let found = try candidates()
            if found.isEmpty, let sentence = try brokenToken() { throw CommandFailure(.badInput, sentence) }
            guard !found.isEmpty else {
                throw CommandFailure(
                    .badInput,
                    "no scheme recognises a token in this; give the whole URL with --scheme, or --cookie or --header for"
                        + " what travels there")
            }
            if found.count > 1 {
                print(
                    "This may be any of \(found.count) schemes; --scheme says which: "
                        + found.map(\.description.name).joined(separator: ", ") + ".\n")
            }
            for (position, candidate) in found.enumerated() {
                if position > 0 { print("") }
                candidate.explain(at: now, isChecked: scheme.key != nil)
            }
        }

        /// What looks like a token by the name of its parameter, cookie or header, but cannot be read; nil for nothing.
        private func brokenToken() throws -> String? {
            for description in TokenSchemes.all {
                guard let scheme = try? description.scheme(key: nil) else { continue }
                for placement in scheme.placements where placement != .path {
                    guard let carried = scheme.detach(from: try request.request(text), in: placement),
                        let name = carried.token.fields.first?.name, !name.isEmpty
                    else { continue }
                    return
                        "the \(placement.rawValue) has a '\(name)' as of \(description.summary), but it cannot be read: it is"
                        + " cut off, changed, or of another scheme (--scheme)"
                }
            }
            return nil
        }

        private func candidates() throws -> [Candidate] {
            if let description = try scheme.chosen() {
                let scheme = try scheme.make(description)
                return Candidate.find(try request.request(text), text, scheme, description, isLenient: true).map {
                    [$0]
                } ?? []
            }
            guard scheme.options.isEmpty, scheme.key == nil else {
                throw CommandFailure(.usage, "--key and --option belong to a scheme; add --scheme")
            }
            let all = TokenSchemes.all.compactMap { description -> Candidate? in
                guard let scheme = try? description.scheme(key: nil), let request = try? request.request(text) else {
                    return nil
                }
                return Candidate.find(request, text, scheme, description, isLenient: false)
            }
            let most = all.map(\.weight).max() ?? 0
            return all.filter { $0.weight == most }
        }
    }

    /// A scheme that recognises a token.
    struct Candidate {
        var description: SchemeDescription
        var scheme: any TokenScheme
        var carried: CarriedToken
        var claims: TokenClaims?
        /// False for a token by itself, of which the request is not known.
        var hasRequest: Bool

        /// How much of it was understood: a scheme that reads more of it is more likely the right one.
        var weight: Int {
            guard let claims else { return 0 }
            let facts = [
                claims.expires != nil, claims.notBefore != nil, claims.sessionID != nil, claims.keyID != nil,
                claims.algorithm != nil, !claims.scope.isEmpty, !claims.addresses.isEmpty,
            ]
            return facts.count { $0 } + claims.others.count
        }

        static func find(
            _ request: AccessRequest, _ text: String, _ scheme: any TokenScheme, _ description: SchemeDescription,
            isLenient: Bool
        ) -> Candidate? {
            for placement in scheme.placements {
                guard let carried = scheme.detach(from: request, in: placement) else { continue }
                let claims = scheme.claims(of: carried.token)
                guard claims != nil || isLenient else { continue }
                return Candidate(
                    description: description, scheme: scheme, carried: carried, claims: claims, hasRequest: true)
            }
            // A bare token: as the value of the scheme's only field.
            for placement in scheme.placements {
                let names = scheme.fieldNames(in: placement)
                guard names.count == 1 else { continue }
                let bare = text.hasPrefix(names[0] + "=") ? String(text.dropFirst(names[0].count + 1)) : text
                let token = AccessToken(fields: [.init(name: names[0], value: bare)])
                guard let claims = scheme.claims(of: token) else { continue }
                let carried = CarriedToken(token: token, placement: placement, request: AccessRequest(path: "/"))
                return Candidate(
                    description: description, scheme: scheme, carried: carried, claims: claims, hasRequest: false)
            }
            return nil
        }

        func explain(at now: WallTime, isChecked: Bool) {
            let names = carried.token.fields.map(\.name).filter { !$0.isEmpty }.joined(separator: ", ")
            let place = names.isEmpty ? "" : " (\(names))"
            let where_ = hasRequest ? "in the \(carried.placement.rawValue)\(place)" : "by itself"
            print("Scheme: \(description.summary), \(where_)")
            for line in TokenAccount.lines(claims, at: now) { print(line) }
            print("Verdict: " + verdict(at: now, isChecked: isChecked))
        }

        private func verdict(at now: WallTime, isChecked: Bool) -> String {
            if isChecked, hasRequest {
                let verdict = scheme.verify(carried.token, for: carried.request, at: now)
                return verdict == .valid ? "an edge with this key lets the request in." : verdict.sentence
            }
            let unchecked =
                isChecked
                ? " The signature can be checked only with the whole URL."
                : " The signature was not checked; --key does."
            guard let claims else { return "it cannot be read without its key." }
            if let expires = claims.expires, expires <= now { return TokenVerdict.expired.sentence + unchecked }
            if let start = claims.notBefore, start > now { return TokenVerdict.notYetValid.sentence + unchecked }
            return "nothing that it says of itself speaks against it." + unchecked
        }
    }
}

/// What a token says, in lines for people.
enum TokenAccount {
    /// One line for each fact; never a signature.
    static func lines(_ claims: TokenClaims?, at now: WallTime) -> [String] {
        guard let claims else { return [] }
        var lines = [
            "Allows: "
                + (claims.scope.isEmpty
                    ? "what its signature covers; it does not say itself" : claims.scope.joined(separator: ", "))
        ]
        var whom: [String] = []
        if !claims.addresses.isEmpty { whom.append("address " + claims.addresses.joined(separator: ", ")) }
        if let session = claims.sessionID { whom.append("session " + session) }
        lines.append("For: " + (whom.isEmpty ? "anybody who has it" : whom.joined(separator: "; ")))
        if let issued = claims.issued { lines.append("Issued: " + moment(issued, now)) }
        if let start = claims.notBefore { lines.append("From: " + moment(start, now)) }
        lines.append("Until: " + (claims.expires.map { moment($0, now) } ?? "it does not say"))
        let key = [claims.algorithm, claims.keyID.map { "key \($0)" }].compactMap { $0 }
        if !key.isEmpty { lines.append("Signed with: " + key.joined(separator: ", ")) }
        for other in claims.others { lines.append("\(other.name): \(other.value)") }
        return lines.map(printable)
    }

    /// A line without control characters: a token is somebody else's text, and a terminal obeys some of them.
    private static func printable(_ line: String) -> String {
        String(
            String.UnicodeScalarView(line.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : $0 }))
    }

    private static func moment(_ time: WallTime, _ now: WallTime) -> String {
        let span = time - now
        let distance = span.nanoseconds <= 0 ? TokenTime.text(-span) + " ago" : "in " + TokenTime.text(span)
        return "\(TokenTime.text(time)) (\(distance))"
    }
}
