import Access
import Quantities

/// A request as the gate reads it: what its path is without a token, and the token that was there.
struct GatedRequest: Sendable {
    /// The request without a token in the path.
    var access: AccessRequest
    /// The token of the path.
    var inPath: CarriedToken?

    /// The path of the resource.
    var path: String { access.path }
}

/// A token that decided about a request, and what it came to.
struct GateFinding: Sendable {
    /// What a gate without faults says.
    var verdict: TokenVerdict
    /// The token that decided and the request without it; nil when there was none.
    var carried: CarriedToken?
    /// The scheme that checked it.
    var scheme: any TokenScheme
    /// Whether the token is good, and shown by more viewers than may.
    var isShared = false
}

extension TokenGate {
    /// Takes a token out of the path, where the gate looks for one there.
    func read(_ request: EdgeRequest) -> GatedRequest {
        var access = AccessRequest(
            path: String(request.path), query: request.query.map(String.init), cookies: request.cookies,
            headers: request.headers, clientAddress: request.clientAddress, method: request.method, scheme: "http",
            authority: request.authority)
        if let site {
            let reference = URIReference(site)
            access.scheme = reference.scheme.map { $0.lowercased() } ?? "http"
            access.authority = String(reference.authority ?? "")
        }
        guard placements.contains(.path), let carried = scheme.detach(from: access, in: .path),
            carried.request.path.utf8.first == UInt8(ascii: "/")
        else { return GatedRequest(access: access) }
        return GatedRequest(access: carried.request, inPath: carried)
    }

    /// Whether requests of a path and a kind need a token.
    func guards(_ path: String, _ kind: RequestKind) -> Bool {
        kinds.contains(kind) && prefixes.contains { path.hasPrefix($0) }
    }

    /// Looks for a valid token: in the path, in the other places, and as the gate's own cookie.
    ///
    /// Where there is none, the first one found decides.
    func check(_ request: GatedRequest, at now: WallTime) -> GateFinding {
        var first: GateFinding?
        if let carried = request.inPath {
            let verdict = scheme.verify(carried.token, for: carried.request, at: now)
            first = GateFinding(verdict: verdict, carried: carried, scheme: scheme)
            if verdict == .valid, let first { return first }
        }
        let others = placements.filter { $0 != .path }
        let (verdict, carried) = scheme.verify(request.access, in: others, at: now)
        if verdict == .valid || (first == nil && carried != nil) {
            first = GateFinding(verdict: verdict, carried: carried, scheme: scheme)
            if verdict == .valid, let first { return first }
        }
        if let cookie {
            let (verdict, carried) = cookie.scheme.verify(request.access, in: [.cookie], at: now)
            if verdict == .valid || (first == nil && carried != nil) {
                return GateFinding(verdict: verdict, carried: carried, scheme: cookie.scheme)
            }
        }
        return first ?? GateFinding(verdict: .missing, carried: nil, scheme: scheme)
    }

    /// Whether a gate with faults lets in what one without refuses.
    ///
    /// What is ignored is taken away and the token is checked again, so that an edge that ignores the expiry still
    /// refuses an expired token for another path.
    func admits(_ finding: GateFinding, of kind: RequestKind, with faults: GateFaults, at now: WallTime) -> Bool {
        if finding.verdict == .valid && !finding.isShared || faults.open.contains(kind) { return true }
        guard !faults.ignored.isEmpty, let carried = finding.carried else { return false }
        if finding.isShared { return faults.ignored.contains(.sharing) }
        let claims = finding.scheme.claims(of: carried.token)
        var (verdict, request, instant) = (finding.verdict, carried.request, now)
        for _ in 0..<4 {
            switch verdict {
            case .valid: return true
            case .missing: return false
            case .wrongPath: return faults.ignored.contains(.path)
            case .wrongUse: return faults.ignored.contains(.use)
            case .tampered: return faults.ignored.contains(.signature) && Self.isGood(claims, at: now, faults)
            case .expired:
                guard faults.ignored.contains(.expiry) else { return false }
                guard let expires = claims?.expires, expires - .seconds(1) < instant else { return true }
                instant = max(expires - .seconds(1), claims?.notBefore ?? WallTime(nanoseconds: .min))
            case .notYetValid:
                guard faults.ignored.contains(.start) else { return false }
                guard let start = claims?.notBefore, instant < start else { return true }
                instant = start
            case .wrongAddress:
                guard faults.ignored.contains(.address) else { return false }
                guard request.clientAddress != nil else { return true }
                request.clientAddress = nil
            }
            verdict = Self.verify(carried, for: request, finding.scheme, at: instant)
        }
        return false
    }

    private static func verify(
        _ carried: CarriedToken, for request: AccessRequest, _ scheme: any TokenScheme, at now: WallTime
    ) -> TokenVerdict { scheme.verify(carried.token, for: request, at: now) }

    /// Whether a token that nobody checked says of itself that it is good now.
    private static func isGood(_ claims: TokenClaims?, at now: WallTime, _ faults: GateFaults) -> Bool {
        guard let claims else { return false }
        if let expires = claims.expires, now >= expires, !faults.ignored.contains(.expiry) { return false }
        if let start = claims.notBefore, now < start, !faults.ignored.contains(.start) { return false }
        return true
    }
}

extension TokenGate {
    /// The `Set-Cookie` values that a valid token on a playlist earns: for everything in the playlist's directory.
    ///
    /// A directory whose raw path holds a wildcard or what a cookie cannot carry earns none. The session and the address
    /// that the token is bound to go over into the cookie.
    func earnedCookies(_ finding: GateFinding, path: String, at now: WallTime) -> [String] {
        guard let cookie, let carried = finding.carried, carried.placement == .query || carried.placement == .header,
            let slash = path.lastIndex(of: "/")
        else { return [] }
        let directory = String(path[...slash])
        let forbidden = Set("*?!~;,\" \\".utf8)
        guard directory.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !forbidden.contains($0) }) else { return [] }
        var grant = TokenGrant(.paths([directory + "*"]), from: now, lifetime: cookie.lifetime)
        if !carried.request.authority.isEmpty {
            grant.site = carried.request.scheme + "://" + carried.request.authority
        }
        if let claims = finding.scheme.claims(of: carried.token) {
            grant.sessionID = claims.sessionID
            if claims.addresses.count == 1 { grant.clientAddress = claims.addresses.first }
        }
        guard let token = try? cookie.scheme.sign(grant, for: .cookie) else { return [] }
        return SetCookie.values(of: token, path: directory, lifetime: cookie.lifetime)
    }

    /// A token that is renewed with the answer; nil when none is.
    func renewal(_ finding: GateFinding, of request: EdgeRequest, at now: WallTime) -> TokenRenewal? {
        guard renewsTokens, let carried = finding.carried, let scheme = finding.scheme as? any RenewableTokenScheme,
            let token = scheme.renewed(carried.token, at: now), let value = token.fields.first?.value,
            let carrier = scheme.renewalCarrier(of: carried.token, sentIn: carried.placement)
        else { return nil }
        switch carrier {
        case .header(let name): return .header(name: name, value: value)
        case .cookie(let name):
            let renewed = AccessToken(fields: [.init(name: name, value: value)])
            let expires = scheme.claims(of: token)?.expires
            let values = SetCookie.values(of: renewed, path: "/", lifetime: expires.map { $0 - now })
            return values.first.map { .header(name: "Set-Cookie", value: $0) }
        case .redirect(let parameter):
            let renewed = AccessToken(fields: [.init(name: parameter, value: value)])
            let bare = type(of: scheme).removing([parameter], fromQueryOf: request.target)
            return .redirect(to: renewed.appended(to: bare))
        }
    }
}

/// How a renewed token goes out.
enum TokenRenewal: Sendable {
    /// With the answer.
    case header(name: String, value: String)
    /// In place of the answer: the same target with the new token.
    case redirect(to: String)
}

/// `Set-Cookie` headers of tokens.
enum SetCookie {
    /// One value for each field; without a lifetime the cookie lasts as long as the client.
    static func values(of token: AccessToken, path: String, lifetime: TimeAmount?) -> [String] {
        token.fields.map { field in
            let age = lifetime.map { "; Max-Age=\(max(0, Int64(clampingRounded: $0.seconds.rounded(.down))))" } ?? ""
            return "\(field.name)=\(field.value); Path=\(path)\(age); HttpOnly"
        }
    }
}
