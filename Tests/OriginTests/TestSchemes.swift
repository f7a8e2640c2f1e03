import Access
import Quantities

/// A token in the first segment of the path: `t-<expiry>-<code>`, for everything below a folder.
///
/// Only the code knows the folder; it is no cryptography.
struct PathTicketScheme: TokenScheme {
    var key: String
    /// The folders that are tried, since the token does not say its own.
    var folders = ["/live/a/", "/low-latency/", "/live/b/"]

    var placements: [TokenPlacement] { [.path] }
    var coverage: TokenCoverage { .paths }
    func fieldNames(in placement: TokenPlacement) -> [String] { [] }

    func segment(for folder: String, until end: WallTime) -> String {
        let expires = String(Int64(end.seconds))
        return "t-" + expires + "-" + code(folder, expires)
    }

    private func code(_ folder: String, _ expires: String) -> String {
        var sum: UInt64 = 14_695_981_039_346_656_037
        for byte in (key + folder + expires).utf8 { sum = (sum ^ UInt64(byte)) &* 1_099_511_628_211 }
        return String(sum, radix: 16)
    }

    func sign(_ grant: TokenGrant, for placement: TokenPlacement) throws(TokenError) -> AccessToken {
        guard case .paths(let paths) = grant.scope, let path = paths.first else {
            throw .invalidField(name: "scope", reason: "it is no path")
        }
        let folder = path.hasSuffix("*") ? String(path.dropLast()) : path
        return AccessToken(fields: [.init(name: "", value: segment(for: folder, until: grant.expires))])
    }

    func attach(_ token: AccessToken, to request: inout OutgoingRequest, in placement: TokenPlacement) {
        let reference = URIReference(request.uri)
        guard let value = token.fields.first?.value, let scheme = reference.scheme, let authority = reference.authority
        else { return }
        let query = reference.query.map { "?" + $0 } ?? ""
        request.uri = "\(scheme)://\(authority)/\(value)\(reference.path)\(query)"
    }

    func detach(from request: AccessRequest, in placement: TokenPlacement) -> CarriedToken? {
        guard placement == .path, request.path.hasPrefix("/t-"),
            let slash = request.path.dropFirst().firstIndex(of: "/")
        else { return nil }
        var bare = request
        bare.path = String(request.path[slash...])
        let value = String(request.path[request.path.index(after: request.path.startIndex)..<slash])
        return CarriedToken(
            token: AccessToken(fields: [.init(name: "", value: value)]), placement: .path, request: bare)
    }

    func verify(_ token: AccessToken, for request: AccessRequest, at now: WallTime) -> TokenVerdict {
        let pieces = (token.fields.first?.value ?? "").split(separator: "-")
        guard pieces.count == 3, let expires = Int64(pieces[1]),
            let folder = folders.first(where: { pieces[2] == code($0, String(pieces[1])) })
        else { return .tampered }
        if now.seconds >= Double(expires) { return .expired }
        return request.path.hasPrefix(folder) ? .valid : .wrongPath
    }

    func claims(of token: AccessToken) -> TokenClaims? { nil }
}

/// Akamai's tokens, renewed for a minute in their last 15 s.
struct RenewingScheme: RenewableTokenScheme {
    var base: AkamaiEdgeAuth
    var carrier = RenewalCarrier.header("X-Renewed")

    var placements: [TokenPlacement] { base.placements }
    var coverage: TokenCoverage { base.coverage }
    func fieldNames(in placement: TokenPlacement) -> [String] { base.fieldNames(in: placement) }
    func sign(_ grant: TokenGrant, for placement: TokenPlacement) throws(TokenError) -> AccessToken {
        try base.sign(grant, for: placement)
    }
    func verify(_ token: AccessToken, for request: AccessRequest, at now: WallTime) -> TokenVerdict {
        base.verify(token, for: request, at: now)
    }
    func claims(of token: AccessToken) -> TokenClaims? { base.claims(of: token) }

    func renewalCarrier(of token: AccessToken, sentIn placement: TokenPlacement) -> RenewalCarrier? { carrier }
    func token(renewedBy value: String, for placement: TokenPlacement) -> AccessToken? {
        AccessToken(fields: [.init(name: base.name, value: value)])
    }

    func renewed(_ token: AccessToken, at now: WallTime) -> AccessToken? {
        guard let claims = claims(of: token), let expires = claims.expires, now >= expires - .seconds(15) else {
            return nil
        }
        return try? sign(TokenGrant(.paths(claims.scope), from: now, lifetime: .seconds(60)), for: .query)
    }
}
