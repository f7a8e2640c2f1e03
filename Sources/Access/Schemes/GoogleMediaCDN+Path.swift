import Quantities

/// Signatures as a component of the path: `/live/edge-cache-token=Expires=…&KeyName=…&Signature=…/a.m3u8`.
///
/// Scheme, host, the directory before the component and the component up to its signature are signed; everything below
/// the directory is covered, and relative references inherit it. The token has a second field, the directory, which
/// does not travel by itself.
extension GoogleMediaCDN {
    static let componentName = "edge-cache-token"
    /// The field that says where in the path the component stands; never sent by itself.
    static let directoryName = "directory"

    func component(of paths: [String], in grant: TokenGrant) throws(TokenError) -> AccessToken {
        let prefix = try grant.uriPrefix(of: paths)
        guard prefix.utf8.last == UInt8(ascii: "/") else {
            throw .invalidField(name: "paths", reason: "a path component covers a directory: /directory/*")
        }
        let values = "Expires=\(grant.expires.wholeSeconds)&KeyName=\(try signing.usableKeyName())"
        let signature = try signing.signature(of: prefix + Self.componentName + "=" + values, isPadded: false)
        return AccessToken(fields: [
            .init(name: Self.componentName, value: values + "&Signature=" + signature),
            .init(name: Self.directoryName, value: try TokenGrant.prefix(of: paths)),
        ])
    }

    func attachComponent(_ token: AccessToken, to request: inout OutgoingRequest) {
        guard let value = token.value(of: Self.componentName) else { return }
        let directory = token.value(of: Self.directoryName) ?? "/"
        var reference = URIReference(request.uri)
        let path = reference.path.isEmpty ? "/" : String(reference.path)
        let bare = Self.split(path).map { $0.directory + $0.rest } ?? path
        // A token of another directory goes before the file's name, where the edge will find that it is not for it.
        let start = bare.utf8.starts(with: directory.utf8) ? directory : Self.parent(of: bare)
        let rest = Substring(bare.utf8.dropFirst(start.utf8.count))
        reference.path = start + Self.componentName + "=" + value + "/" + rest
        request.uri = reference.text
    }

    func detachComponent(from request: AccessRequest) -> CarriedToken? {
        guard let found = Self.split(request.path) else { return nil }
        var bare = request
        bare.path = found.directory + found.rest
        let token = AccessToken(fields: [
            .init(name: Self.componentName, value: found.value),
            .init(name: Self.directoryName, value: found.directory),
        ])
        return CarriedToken(token: token, placement: .path, request: bare)
    }

    func verifyComponent(
        _ value: String, token: AccessToken, for request: AccessRequest, at now: WallTime
    ) -> TokenVerdict {
        guard let values = GoogleSignedURL.Values(value, separatedBy: UInt8(ascii: "&")), values.prefix == nil,
            let directory = token.value(of: Self.directoryName)
        else { return .tampered }
        let site = request.authority.isEmpty ? "" : request.scheme + "://" + request.authority
        let signed = site + directory + Self.componentName + "=" + values.signed("&")
        let verdict = signing.verify(values, signed: signed, for: request, at: now)
        guard verdict == .valid else { return verdict }
        return request.path.utf8.starts(with: directory.utf8) ? .valid : .wrongPath
    }

    /// The path around the first component that is a signature; nil when there is none.
    private static func split(_ path: String) -> (directory: String, value: String, rest: String)? {
        let opening = Array((componentName + "=").utf8)
        let bytes = path.utf8
        for piece in bytes.split(separator: UInt8(ascii: "/")) where piece.starts(with: opening) {
            let rest = bytes[piece.endIndex...].dropFirst()
            return (
                String(Substring(bytes[..<piece.startIndex])), String(Substring(piece.dropFirst(opening.count))),
                String(Substring(rest))
            )
        }
        return nil
    }

    /// A path up to its last slash, with it.
    private static func parent(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "/" }
        return String(path[...slash])
    }
}
