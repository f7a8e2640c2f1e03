import Access
import Quantities

extension EntitlementService {
    /// The answer that gives a session a token, in the way that the call asks for.
    func grant(_ number: UInt64, _ fields: Fields, _ request: EdgeRequest, at now: WallTime) -> EntitlementAnswer {
        let caller = Self.identifier(number)
        guard let scheme = settings.scheme ?? gate?.scheme, let first = scheme.placements.first else {
            return .refusal(500, "no-scheme", "The API has no scheme to sign with.", caller: caller)
        }
        var placement = settings.placement ?? first
        if let wanted = fields.as {
            guard let known = TokenPlacement(rawValue: wanted), scheme.placements.contains(known) else {
                let places = scheme.placements.map(\.rawValue).joined(separator: ", ")
                return .refusal(400, "wrong-place", "The token can travel as: \(places).", caller: caller)
            }
            placement = known
        }
        if let url = fields.url, url.utf8.count > 4_096 {
            return .refusal(400, "wrong-url", "The URL is too long.", caller: caller)
        }
        guard let grant = tokenGrant(number, scheme, url: fields.url, request, at: now) else {
            return .refusal(400, "no-url", "This scheme signs one URL: the call must have its url.", caller: caller)
        }
        do throws(TokenError) {
            let token = try scheme.sign(grant, for: placement)
            return answer(number, token, in: placement, scheme, grant, url: fields.url, at: now)
        } catch {
            return .refusal(500, "cannot-sign", error.description, caller: caller)
        }
    }

    private func tokenGrant(
        _ number: UInt64, _ scheme: any TokenScheme, url: String?, _ request: EdgeRequest, at now: WallTime
    ) -> TokenGrant? {
        let scope: TokenGrant.Scope
        switch scheme.coverage {
        case .paths, .either: scope = .paths(settings.paths)
        case .oneURL:
            guard let url else { return nil }
            scope = .url(url)
        }
        var grant = TokenGrant(scope, from: now, lifetime: settings.lifetime)
        if settings.bindsSession { grant.sessionID = Self.identifier(number) }
        if settings.bindsAddress { grant.clientAddress = request.clientAddress }
        let reference = URIReference(url ?? gate?.site ?? "http://" + request.authority)
        if let scheme = reference.scheme, let authority = reference.authority, !authority.isEmpty {
            grant.site = scheme + "://" + authority
        }
        return grant
    }

    private func answer(
        _ number: UInt64, _ token: AccessToken, in placement: TokenPlacement, _ scheme: any TokenScheme,
        _ grant: TokenGrant, url: String?, at now: WallTime
    ) -> EntitlementAnswer {
        func joined(_ separator: String) -> String {
            token.fields.map { $0.name + "=" + $0.value }.joined(separator: separator)
        }
        let value = token.fields.count == 1 ? token.fields[0].value : joined("&")
        var fields: [(String, JSONValue)] = [
            ("session", .text(key.token(number))), ("session_id", .text(Self.identifier(number))),
            ("token", .text(value)), ("as", .text(placement.rawValue)),
        ]
        if token.fields.count == 1 { fields.append(("name", .text(token.fields[0].name))) }
        fields.append(("fields", .object(token.fields.map { ($0.name, .text($0.value)) })))
        switch placement {
        case .query: fields.append(("query", .text(joined("&"))))
        case .cookie: fields.append(("cookie", .text(joined("; "))))
        case .header, .path: break
        }
        if let url {
            var signed = OutgoingRequest(uri: url)
            scheme.attach(token, to: &signed, in: placement)
            fields.append(("url", .text(signed.uri)))
        }
        fields += [
            ("expires", .number(Self.seconds(grant.expires))),
            ("expires_in", .number(Int64(clampingRounded: settings.lifetime.seconds))),
            ("heartbeat", .number(Int64(clampingRounded: settings.heartbeat.seconds))),
        ]
        var answer = EntitlementAnswer.json(200, fields)
        answer.tokens = 1
        answer.caller = Self.identifier(number)
        if placement == .cookie {
            answer.headers = SetCookie.values(of: token, path: "/", lifetime: settings.lifetime)
                .map { ("Set-Cookie", $0) }
        }
        return answer
    }
}
