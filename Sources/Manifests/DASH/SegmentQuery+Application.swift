import Quantities

extension SegmentQuery {
    /// A segment's URI with the parameters that the MPD wants its request to carry (ISO/IEC 23009-1 annex I.2).
    ///
    /// It applies to media segments, initialization sections and indexes. The query of the MPD's own URI, if it counts,
    /// comes first, then the document's own parameters; of several with one name the first counts. What the template
    /// makes of them goes behind what query the URI has already. Nothing is decoded or encoded.
    ///
    /// - Parameters:
    ///   - uri: The segment's URI, absolute.
    ///   - manifestURI: The URI that the MPD came from, absolute.
    /// - Returns: The URI to ask for; the same one when the template gives nothing or more than 16 KiB, or when only
    ///   segments from the MPD's own origin get parameters and this one comes from another.
    package func applied(to uri: String, manifestURI: String) -> String {
        var reference = URIReference(uri)
        let manifest = URIReference(manifestURI)
        guard parameters.utf8.count <= Self.maximumLength, template.utf8.count <= Self.maximumLength else { return uri }
        if isSameOriginOnly, !reference.hasOrigin(of: manifest) { return uri }
        var parts: [Substring] = []
        if usesManifestQuery, let query = manifest.query { parts.append(query) }
        parts.append(Substring(parameters))
        let initial = parts.filter { !$0.isEmpty }.joined(separator: "&")
        let addition = expanded(initial)
        guard !addition.isEmpty else { return uri }
        if let query = reference.query, !query.isEmpty {
            reference.query = query + "&" + addition
        } else {
            reference.query = Substring(addition)
        }
        return reference.text
    }

    /// The longest query that a template may give, in UTF-8 bytes.
    private static let maximumLength = 16_384

    /// The template with its identifiers replaced; what it says wrongly is left as it is.
    private func expanded(_ query: String) -> String {
        var result = ""
        var rest = Substring(template)
        while let start = rest.utf8.firstIndex(of: ASCII.dollar), result.utf8.count <= Self.maximumLength {
            result += rest[..<start]
            let name = rest[rest.utf8.index(after: start)...]
            guard let end = name.utf8.firstIndex(of: ASCII.dollar) else {
                result += rest[start...]
                return result
            }
            result += Self.value(of: name[..<end], in: query) ?? "$\(name[..<end])$"
            rest = name[name.utf8.index(after: end)...]
        }
        return result.utf8.count <= Self.maximumLength ? result + rest : ""
    }

    /// What an identifier stands for; nil for an unknown one.
    private static func value(of identifier: Substring, in query: String) -> String? {
        if identifier.isEmpty { return "$" }
        if identifier == "querypart" { return query }
        guard identifier.hasPrefix("query:") else { return nil }
        let name = identifier.dropFirst(6)
        // By bytes: to Swift, an ampersand with an accent behind it is another character than one without.
        for pair in query.utf8.split(separator: ASCII.ampersand) {
            let sides = pair.split(separator: ASCII.equals, maxSplits: 1, omittingEmptySubsequences: false)
            if sides[0].elementsEqual(name.utf8) { return sides.count == 2 ? String(Substring(sides[1])) : "" }
        }
        return ""
    }
}

extension URIReference {
    /// True when scheme, host and port are those of another URI.
    fileprivate func hasOrigin(of other: URIReference) -> Bool {
        scheme?.lowercased() == other.scheme?.lowercased() && host == other.host && port == other.port
    }
}
