/// What schemes ask of a grant before they sign it.
extension TokenGrant {
    /// Refuses what a scheme has no field for, rather than to leave a binding out unsaid.
    ///
    /// A session is never refused: it is bound where a scheme can do so.
    ///
    /// - Throws: ``TokenError/invalidField(name:reason:)`` naming the first that is there.
    func refuse(start: Bool = false, address: Bool = false, payload: Bool = false) throws(TokenError) {
        let reason = "the scheme has no field for it"
        if start, notBefore != nil { throw .invalidField(name: "start", reason: reason) }
        if address, clientAddress != nil { throw .invalidField(name: "address", reason: reason) }
        if payload, self.payload != nil { throw .invalidField(name: "data", reason: reason) }
    }

    /// The absolute URI of a scope's one URL, without a fragment, after the site where it is a path alone.
    ///
    /// - Throws: ``TokenError/invalidField(name:reason:)`` when it is not absolute and the site is not known.
    func absoluteURI(_ uri: String) throws(TokenError) -> String {
        let request = AccessRequest(uri: uri)
        if !request.authority.isEmpty { return request.uri }
        return try knownSite() + request.target
    }

    /// The beginning of all URIs under the scope's one pattern: the site and the path up to the wildcard.
    ///
    /// - Throws: ``TokenError/invalidField(name:reason:)`` when there is not exactly one pattern with one wildcard, a
    ///   `*` at its end, or the site is not known.
    func uriPrefix(of patterns: [String]) throws(TokenError) -> String {
        try knownSite() + Self.prefix(of: patterns)
    }

    /// The text before the wildcard of one pattern.
    ///
    /// - Throws: ``TokenError/invalidField(name:reason:)`` as for ``uriPrefix(of:)``.
    static func prefix(of patterns: [String]) throws(TokenError) -> String {
        guard patterns.count == 1, let pattern = patterns.first else {
            throw .invalidField(name: "paths", reason: "the scheme takes exactly one")
        }
        let bytes = pattern.utf8
        guard bytes.last == UInt8(ascii: "*"), bytes.first == UInt8(ascii: "/"),
            !bytes.dropLast().contains(where: { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") })
        else {
            throw .invalidField(name: "paths", reason: "the scheme takes a prefix: a path with one *, at its end")
        }
        return String(Substring(bytes.dropLast()))
    }

    private func knownSite() throws(TokenError) -> String {
        guard let site, !site.isEmpty else {
            throw .invalidField(name: "site", reason: "the scheme signs absolute URIs, and the host is not known")
        }
        return site.utf8.last == UInt8(ascii: "/") ? String(site.dropLast()) : site
    }
}
