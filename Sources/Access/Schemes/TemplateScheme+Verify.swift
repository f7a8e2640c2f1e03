import Quantities

extension TemplateScheme {
    /// Checks a token; good while `start <= now < end`, in whole seconds.
    ///
    /// What the value does not carry is taken from the request; a directory that it does not carry may be any of the
    /// path's, the nearest 32. A session, data, a pattern or a time that is signed and not carried cannot be known, so
    /// such a token is ``TokenVerdict/tampered`` here.
    package func verify(_ token: AccessToken, for request: AccessRequest, at now: WallTime) -> TokenVerdict {
        guard token.fields.contains(where: { !$0.value.isEmpty }),
            fields.contains(where: { token.value(of: $0.name) != nil })
        else { return .missing }
        guard key.byteCount > 0, let carried = readValues(token), let sent = carried[.signature] else {
            return .tampered
        }
        var values = self.values(of: request).merging(carried) { _, carried in carried }
        let directories = carried[.directory].map { [$0] } ?? PathSegment.directories(of: request.path)
        let isRight = (message.names.contains(.directory) ? directories : [""]).contains { directory in
            values[.directory] = directory
            return signature(values).map { ConstantTime.areEqual($0, sent) } ?? false
        }
        guard isRight else { return .tampered }
        return verdict(of: carried, for: request, at: now)
    }

    private func verdict(
        of carried: [TokenTemplate.Name: String], for request: AccessRequest, at now: WallTime
    ) -> TokenVerdict {
        if let start = carried[.start].flatMap({ Int64($0) }), now.wholeSeconds < start { return .notYetValid }
        if let end = carried[.expires].flatMap({ Int64($0) }), now.wholeSeconds >= end { return .expired }
        let path = Array(request.path.utf8)
        if let list = carried[.pattern] {
            let patterns = list.utf8.split(separator: UInt8(ascii: "!"))
            if !patterns.contains(where: { Wildcard.matches(Array($0), path) }) { return .wrongPath }
        }
        if let directory = carried[.directory], !path.starts(with: Array((directory + "/").utf8)) { return .wrongPath }
        for (name, value) in [(TokenTemplate.Name.path, request.path), (.host, request.authority), (.uri, request.uri)]
        {
            if let text = carried[name], text != value { return .wrongPath }
        }
        if let bound = carried[.ip], let address = request.clientAddress, bound != address { return .wrongAddress }
        return .valid
    }

    /// What the value carries.
    package func claims(of token: AccessToken) -> TokenClaims? {
        guard let carried = readValues(token) else { return nil }
        var claims = TokenClaims()
        claims.scope =
            (carried[.pattern]?.split(separator: "!").map(String.init) ?? [])
            + [carried[.path], carried[.uri], carried[.directory].map { $0 + "/*" }].compactMap(\.self)
        func time(_ name: TokenTemplate.Name) -> WallTime? {
            carried[name].flatMap { Int64($0) }.map { .whole(seconds: $0) }
        }
        claims.expires = time(.expires)
        claims.notBefore = time(.start)
        claims.issued = time(.issued)
        claims.addresses = carried[.ip].map { [$0] } ?? []
        claims.sessionID = carried[.session]
        claims.algorithm = (isHMAC ? "HMAC-" : "") + digest.title
        for name in [TokenTemplate.Name.host, .query, .data] {
            if let value = carried[name] { claims.others.append(.init(name: name.rawValue, value: value)) }
        }
        return claims
    }

    func values(of request: AccessRequest) -> [TokenTemplate.Name: String] {
        var values: [TokenTemplate.Name: String] = [
            .path: request.path, .uri: request.uri, .query: request.query ?? "",
        ]
        if !request.authority.isEmpty { values[.host] = request.authority }
        if let address = request.clientAddress { values[.ip] = address }
        return values
    }

    func values(
        of grant: TokenGrant, in placement: TokenPlacement
    ) throws(TokenError) -> [TokenTemplate.Name: String] {
        var values: [TokenTemplate.Name: String] = [:]
        switch grant.scope {
        case .url(let uri):
            let request = bareRequest(for: uri, in: placement)
            values = self.values(of: request)
            values[.directory] = PathSegment.directories(of: request.path).first ?? ""
            values[.pattern] = request.path
        case .paths(let patterns):
            guard !patterns.isEmpty else { throw .invalidField(name: "paths", reason: "there are none") }
            if message.names.contains(.pattern), patterns.contains(where: { $0.utf8.contains(UInt8(ascii: "!")) }) {
                throw .invalidField(name: "paths", reason: "a path holds the separator !")
            }
            values[.pattern] = patterns.joined(separator: "!")
            if let prefix = try? TokenGrant.prefix(of: patterns), prefix.utf8.last == UInt8(ascii: "/") {
                values[.directory] = String(prefix.dropLast())
            }
        }
        if values[.host] == nil, let site = grant.site { values[.host] = AccessRequest(uri: site).authority }
        values[.expires] = String(try grant.checkedExpiry())
        values[.issued] = (grant.issued ?? grant.notBefore).map { String($0.wholeSeconds) }
        values[.start] = (grant.notBefore ?? grant.issued).map { String($0.wholeSeconds) }
        values[.ip] = grant.clientAddress
        values[.session] = grant.sessionID
        values[.data] = grant.payload
        return values
    }
}
