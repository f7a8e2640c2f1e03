import Access
import Quantities

/// A gate that wants a valid token for everything below its paths, of whatever scheme.
package struct TokenGate: Sendable {
    /// The cookie that a valid token on a playlist earns, so that its children are authorised.
    package struct Cookie: Sendable {
        /// The scheme that signs and checks the cookie; its field names are the cookies'.
        package var scheme: any TokenScheme
        /// How long the cookie is good.
        package var lifetime: TimeAmount

        /// Creates the settings of the cookie; the default lifetime is one day.
        package init(scheme: any TokenScheme, lifetime: TimeAmount = .seconds(86_400.0)) {
            self.scheme = scheme
            self.lifetime = lifetime
        }
    }

    /// The scheme that checks the token of a request.
    package var scheme: any TokenScheme
    /// Where the token may be; the first place that holds a valid one lets the request in.
    ///
    /// Default: wherever the scheme's tokens can be.
    /// A token in the path is taken out of it before the content is looked up; relative references inherit it.
    package var placements: [TokenPlacement]
    /// The path prefixes that need a token, without what a token in the path adds; default everything but `/time`.
    package var prefixes: [String] = ["/"]
    /// The kinds of request that are checked; default all that can be, and the API has rules of its own.
    package var kinds: Set<RequestKind> = RequestKind.gated
    /// The cookie that is set for the playlist's directory, or nil to set none.
    ///
    /// Tokens in the path earn none: relative references have them already.
    package var cookie: Cookie?
    /// The status of a refusal; default 403.
    package var refusalStatus = 403
    /// The statuses of refusals that have one of their own, such as 410 for a token that has expired.
    package var statuses: [TokenVerdict: Int] = [:]
    /// How many viewers may show the same token; nil for any number.
    package var sharing: SharingLimit?
    /// Whether tokens that renew themselves (``RenewableTokenScheme``) are renewed.
    package var renewsTokens = true
    /// Scheme and authority of the site, such as `https://cdn.example.com`, for schemes that sign absolute URIs; nil for
    /// `http` and the request's own `Host`.
    package var site: String?

    /// Creates a gate of any scheme.
    ///
    /// - Parameters:
    ///   - scheme: The scheme with its key; a public key is enough where no cookie is to be set.
    ///   - placements: Where the token may be; nil for wherever the scheme's tokens can be.
    ///   - cookie: The cookie that a valid token on a playlist earns.
    package init(scheme: any TokenScheme, placements: [TokenPlacement]? = nil, cookie: Cookie? = nil) {
        self.scheme = scheme
        self.placements = placements ?? scheme.placements
        self.cookie = cookie
    }

    /// The usual gate of Akamai Edge Auth: `hdnts` in the query, from which the edge makes the cookie `hdntl`.
    package static func akamai(key: SecretKey, cookieLifetime: TimeAmount = .seconds(86_400.0)) -> TokenGate {
        TokenGate(
            scheme: AkamaiEdgeAuth(key: key, name: "hdnts"),
            cookie: Cookie(scheme: AkamaiEdgeAuth(key: key, name: "hdntl"), lifetime: cookieLifetime))
    }

    /// The status that refuses a request.
    func status(of verdict: TokenVerdict) -> Int { statuses[verdict] ?? refusalStatus }

    /// Everything that is wrong with the settings, one sentence each.
    func problems() -> [String] {
        var problems: [String] = []
        if placements.isEmpty || !placements.allSatisfy(scheme.placements.contains) {
            let places = scheme.placements.map(\.rawValue).joined(separator: ", ")
            problems.append("The gate looks for tokens where its scheme has none; it can have them in: \(places).")
        }
        if let cookie {
            if !cookie.scheme.placements.contains(.cookie) || cookie.scheme.coverage == .oneURL {
                problems.append("The gate's scheme cannot sign a cookie for more than one URL.")
            }
            if cookie.lifetime < .seconds(1) { problems.append("The lifetime of the gate's cookie is below 1 s.") }
        }
        if prefixes.contains(where: { !$0.hasPrefix("/") }) {
            problems.append("A path of the gate does not begin with a slash.")
        }
        if ([refusalStatus] + statuses.values).contains(where: { !(400...499).contains($0) }) {
            problems.append("A status of the gate's refusals is not in 400 to 499.")
        }
        if let sharing, sharing.viewers < 1 || sharing.window <= .zero {
            problems.append("The gate's limit of sharing needs at least one viewer and a positive time.")
        }
        return problems
    }
}
