import Quantities

/// A token that travels as the first segment of a path, where relative references inherit it.
enum PathSegment {
    /// Puts a segment in front of the path of a URI.
    ///
    /// - Parameters:
    ///   - segment: The segment without slashes.
    ///   - uri: An absolute URI, or a path with an optional query.
    ///   - isToken: Tells whether a first segment that is there is an older token, to be replaced.
    /// - Returns: The URI with the segment; nothing else of it is changed.
    static func attach(_ segment: String, to uri: String, replacing isToken: (String) -> Bool) -> String {
        let reference = URIReference(uri)
        var path = String(reference.path)
        if let (_, rest) = take(from: path, where: isToken) { path = rest }
        if path.utf8.first != UInt8(ascii: "/") { path = "/" + path }
        var result = reference
        result.path = Substring("/" + segment + path)
        return result.text
    }

    /// Takes the first segment off a path when it is a token.
    ///
    /// - Returns: The segment without slashes, and the path behind it, at least `/`; nil when there is none.
    static func take(from path: String, where isToken: (String) -> Bool) -> (segment: String, rest: String)? {
        let bytes = path.utf8
        guard bytes.first == UInt8(ascii: "/") else { return nil }
        let start = bytes.index(after: bytes.startIndex)
        let end = bytes[start...].firstIndex(of: UInt8(ascii: "/")) ?? bytes.endIndex
        guard start < end else { return nil }
        let segment = String(path[start..<end])
        guard isToken(segment) else { return nil }
        return (segment, end == bytes.endIndex ? "/" : String(path[end...]))
    }

    /// A path's directories from the nearest to the root, without the slash at their end; the root is empty.
    ///
    /// At most 32, so that a path of slashes alone costs little.
    static func directories(of path: String) -> [String] {
        var directories: [String] = []
        var rest = Substring(path)
        while directories.count < 32, let slash = rest.utf8.lastIndex(of: UInt8(ascii: "/")) {
            rest = rest[..<slash]
            directories.append(String(rest))
        }
        return directories
    }
}

extension TokenScheme {
    /// The request for a grant's one URL as the edge sees it, without an older token of the scheme.
    func bareRequest(for uri: String, in placement: TokenPlacement) -> AccessRequest {
        let request = AccessRequest(uri: uri)
        return detach(from: request, in: placement)?.request ?? request
    }

    /// Like ``attachFields(of:to:in:)``, without any field of an older token, of whatever form it was.
    func replaceFields(of token: AccessToken, in request: inout OutgoingRequest, _ placement: TokenPlacement) {
        let names = fieldNames(in: placement)
        switch placement {
        case .query: request.uri = Self.removing(names, fromQueryOf: request.uri)
        case .cookie: request.cookies.removeAll { names.contains($0.name) }
        case .header: request.headers.removeAll { names.contains($0.name.lowercased()) }
        case .path: break
        }
        attachFields(of: token, to: &request, in: placement)
    }
}

extension TokenGrant {
    /// The end in whole seconds.
    ///
    /// - Throws: ``TokenError/invalidField(name:reason:)`` when the lifetime ends before it starts.
    func checkedExpiry() throws(TokenError) -> Int64 {
        let end = expires.wholeSeconds
        if let start = notBefore?.wholeSeconds, start >= end {
            throw .invalidField(name: "lifetime", reason: "it ends before it starts")
        }
        return end
    }

    /// The one URL of the scope.
    ///
    /// - Throws: ``TokenError/invalidField(name:reason:)`` when the scope is of paths.
    func oneURL() throws(TokenError) -> String {
        guard case .url(let uri) = scope else {
            throw .invalidField(name: "paths", reason: "each URL is signed by itself, and paths cannot be")
        }
        return uri
    }
}
