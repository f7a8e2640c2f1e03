import Quantities

/// Names of resources as reports may show them: without what could be a viewer's token.
package enum PublicName {
    /// The longest name that is shown.
    static let limit = 200

    /// A URI without user information, query and fragment, and with path segments that look like tokens replaced by `…`.
    package static func of(_ uri: String) -> String {
        var reference = URIReference(uri)
        reference.query = nil
        reference.fragment = nil
        if let authority = reference.authority, let at = authority.utf8.lastIndex(of: UInt8(ascii: "@")) {
            reference.authority = authority[authority.utf8.index(after: at)...]
        }
        // By bytes: to Swift, a slash with an accent behind it is another character than one without.
        let segments = reference.path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .map(Substring.init)
        if segments.contains(where: isSecret) {
            reference.path = Substring(segments.map { isSecret($0) ? "…" : $0 }.joined(separator: "/"))
        }
        return cut(reference.text, to: limit)
    }

    /// The same for the last path segment alone, for sentences.
    static func file(_ uri: String) -> String {
        let name = lastSegment(uri)
        return isSecret(name) ? "…" : cut(name)
    }

    /// What stands behind the last slash of the path.
    static func lastSegment(_ uri: String) -> Substring {
        let path = path(uri)
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return path }
        return path[path.utf8.index(after: slash)...]
    }

    /// A sentence in which every word that looks like a URI is made harmless.
    package static func sentence(_ text: String) -> String {
        let isPlain = !text.utf8.contains { byte in
            byte == UInt8(ascii: "?") || byte == UInt8(ascii: "=") || byte == UInt8(ascii: "@")
        }
        guard !isPlain else { return cut(text, to: 400) }
        let words = text.split(separator: " ", omittingEmptySubsequences: false).map { word -> Substring in
            let isReference = word.contains("/") || word.contains("?") && word.contains("=")
            return isReference ? Substring(of(String(word))) : word
        }
        return cut(words.joined(separator: " "), to: 400)
    }

    /// What stands before query and fragment.
    static func path(_ uri: String) -> Substring {
        let end = uri.utf8.firstIndex { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") } ?? uri.endIndex
        return uri[..<end]
    }

    private static let marks = [
        "hdnts", "hdntl", "hmac=", "token", "exp=", "sig=", "signature", "policy=", "jwt", "expires=", "key=",
    ]

    /// True for a path segment with a token in it: a name and a value, or the head of a JSON Web Token.
    private static func isSecret(_ segment: Substring) -> Bool {
        if segment.utf8.count > 128 { return true }
        if segment.utf8.count > 40, segment.hasPrefix("eyJ") { return true }
        guard segment.utf8.contains(UInt8(ascii: "=")) || segment.utf8.contains(UInt8(ascii: ";")) else { return false }
        let lowered = segment.lowercased()
        return segment.utf8.contains(UInt8(ascii: ";")) || marks.contains { lowered.contains($0) }
    }

    static func cut(_ text: some StringProtocol, to limit: Int = 80) -> String {
        guard text.utf8.count > limit else { return String(text) }
        // Not by characters: one of them may be a letter with a megabyte of accents.
        return String(String.UnicodeScalarView(text.unicodeScalars.prefix(limit - 1))) + "…"
    }
}

extension Finding {
    /// Where something was seen.
    package struct Site: Sendable, Hashable {
        /// The stream's name in the profile.
        package var stream: String
        /// The peer's address, or `""`.
        package var edge: String
        /// The resource without anything that may be a token (``PublicName``).
        package var resource: String

        /// Creates a site; the resource's URI is stripped of what may be a token.
        package init(stream: String, edge: String, uri: String) {
            self.stream = stream
            self.edge = edge
            resource = PublicName.of(uri)
        }
    }
}
