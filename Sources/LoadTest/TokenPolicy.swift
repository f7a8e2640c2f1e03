import Access
import Journeys
import Playback
import Quantities

/// How the requests of a session show that its viewer may watch.
package struct TokenPolicy: Sendable {
    /// Which requests carry the token.
    package enum Requests: Sendable, Hashable {
        /// Every request to the stream's host.
        case every
        /// The multivariant playlist or MPD alone; the edge's cookie, the path or rewritten references do the rest.
        case manifest
    }

    /// A field of an issued token.
    package struct IssuedField: Sendable {
        /// The name of the query parameter, cookie or header.
        package var name: String
        /// What it holds.
        package var template: Template

        /// Creates a field.
        package init(name: String, template: Template) {
            self.name = name
            self.template = template
        }
    }

    /// The scheme with its key.
    package var scheme: any TokenScheme
    /// Where the token travels; one of the scheme's places.
    package var placement: TokenPlacement
    /// The paths that a token covers, with wildcards; empty means that every URL is signed by itself.
    package var paths: [String]
    /// Which requests carry it.
    package var requests: Requests = .every
    /// Hosts that may see the token beside those of the streams, in lower case.
    package var hosts: Set<String> = []
    /// True when a journey's step gives the token; nothing is signed here then, and the scheme only places it.
    package var isIssued: Bool { !issuedFields.isEmpty }
    /// The fields of an issued token, from values that steps have kept; empty when tokens are signed here.
    package var issuedFields: [IssuedField] = []
    /// The lower-case name of the response header by which the edge gives a new token; nil where there is none.
    package var renewalHeader: String?
    /// How long a token is good.
    package var lifetime: TimeAmount
    /// How long before its end a token is replaced.
    package var refresh: TimeAmount
    /// A token is replaced after so long, whenever it ends; nil means only before its end.
    package var refreshInterval: TimeAmount?
    /// Whether a request that was refused (401, 403, 410) is made once more with a new token.
    package var refreshesWhenRefused = true
    /// How far the signer's clock is ahead of the true time; negative when behind.
    package var clockShift: TimeAmount = .zero
    /// Whether the token names the session.
    package var bindsSession = true
    /// The address that the token is bound to; nil binds to none.
    package var clientAddress: String?
    /// Whether the token says from when on it is good.
    package var saysStart = false
    /// Opaque data that is signed along.
    package var payload: String?

    /// Creates a policy.
    package init(
        scheme: any TokenScheme, placement: TokenPlacement = .query, paths: [String], lifetime: TimeAmount,
        refresh: TimeAmount = .seconds(5)
    ) {
        self.scheme = scheme
        self.placement = placement
        self.paths = paths
        self.lifetime = lifetime
        self.refresh = refresh
    }

    /// True when each URL is signed by itself.
    package var signsEachURL: Bool { paths.isEmpty }

    /// What a viewer's token allows.
    ///
    /// - Parameters:
    ///   - session: The session.
    ///   - uri: The absolute URI of the request that needs the token.
    ///   - now: The true time.
    /// - Returns: The grant; its times are those of the signer's clock.
    package func grant(to session: SessionID, for uri: String, at now: WallTime) -> TokenGrant {
        let start = now + clockShift
        var grant = TokenGrant(signsEachURL ? .url(uri) : .paths(paths), from: start, lifetime: lifetime)
        if bindsSession { grant.sessionID = String(session.number) }
        grant.clientAddress = clientAddress
        grant.payload = payload
        if saysStart { grant.notBefore = start }
        let reference = URIReference(uri)
        if let scheme = reference.scheme, let authority = reference.authority {
            grant.site = scheme + "://" + authority
        }
        return grant
    }
}
