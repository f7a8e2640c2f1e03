import Quantities

/// What an edge looks at.
extension CommonAccessToken {
    /// Checks a token; good while `nbf <= now < exp`.
    ///
    /// Of several cookies one that is valid suffices. Claims that restrict and are not understood here make it ``TokenVerdict/wrongUse``.
    package func verify(_ token: AccessToken, for request: AccessRequest, at now: WallTime) -> TokenVerdict {
        var first: TokenVerdict?
        for (_, value) in values(of: token) {
            let verdict = verify(value, for: request, at: now)
            if verdict == .valid { return .valid }
            first = first ?? verdict
        }
        return first ?? .missing
    }

    private func verify(_ value: String, for request: AccessRequest, at now: WallTime) -> TokenVerdict {
        guard let read = read(value), read.isAuthentic(algorithm, keyID: keyIDBytes, with: authenticator) else {
            return .tampered
        }
        let claims = read.claims
        if let version = claims[CATClaims.version], version.integer != 1 { return .tampered }
        if let start = claims[CATClaims.notBefore] {
            guard let time = CATClaims.seconds(start) else { return .tampered }
            if now < time { return .notYetValid }
        }
        if let end = claims[CATClaims.expires] {
            guard let time = CATClaims.seconds(end) else { return .tampered }
            if now >= time { return .expired }
        }
        if let issuer, claims[CATClaims.issuer]?.text != issuer { return .wrongUse }
        if let audience, !Self.texts(claims[CATClaims.audience]).contains(audience) { return .wrongUse }
        if CATClaims.unsupported.contains(where: { claims[$0] != nil }) { return .wrongUse }
        if let methods = claims[CATClaims.methods], !Self.texts(methods).contains(request.method) { return .wrongUse }
        if let uri = claims[CATClaims.uri], !Self.covers(uri, request) { return .wrongPath }
        if let headers = claims[CATClaims.headers], !Self.covers(headers: headers, request) { return .wrongUse }
        if let networks = claims[CATClaims.networks], let address = request.clientAddress,
            !Self.blocks(networks).contains(where: { $0.contains(address) })
        {
            return .wrongAddress
        }
        return .valid
    }

    private static func texts(_ value: CBORValue?) -> [String] {
        value?.text.map { [$0] } ?? value?.elements?.compactMap(\.text) ?? []
    }

    /// The address blocks of `catnip`; autonomous systems, which nobody here knows of an address, are left out.
    private static func blocks(_ value: CBORValue) -> [AddressBlock] {
        (value.elements ?? []).compactMap { element in
            guard case .tagged(let tag, let inner) = element, tag == 52 || tag == 54 else { return nil }
            let size = tag == 52 ? 4 : 16
            let parts = inner.elements
            guard let bytes = inner.byteString ?? parts?.last?.byteString, bytes.count <= size else { return nil }
            let length = parts == nil ? size * 8 : parts?.first?.integer.flatMap { Int(exactly: $0) }
            guard let length, parts == nil || parts?.count == 2 else { return nil }
            return AddressBlock(bytes: bytes + [UInt8](repeating: 0, count: size - bytes.count), prefixLength: length)
        }
    }

    /// Whether every component that `catu` names meets its conditions.
    private static func covers(_ claim: CBORValue, _ request: AccessRequest) -> Bool {
        guard let pairs = claim.pairs else { return false }
        return pairs.allSatisfy { pair in
            guard let number = pair.key.integer, let text = component(number, of: request) else { return false }
            return CATMatch.holds(pair.value, for: text)
        }
    }

    private static func component(_ number: Int64, of request: AccessRequest) -> String? {
        let path = request.path.utf8
        let slash = path.lastIndex(of: UInt8(ascii: "/"))
        let file = Substring(slash.map { path[path.index(after: $0)...] } ?? path[...])
        let dot = file.utf8.lastIndex(of: UInt8(ascii: ".")).flatMap { $0 == file.startIndex ? nil : $0 }
        switch number {
        case 0: return request.scheme
        case 1: return URIReference(request.uri).host
        case 2: return URIReference(request.uri).port.map(String.init)
        case 3: return request.path
        case 4: return request.query ?? ""
        case 5: return String(Substring(path[..<(slash ?? path.startIndex)]))
        case 6: return String(file)
        case 7: return String(file[..<(dot ?? file.endIndex)])
        case 8: return String(file[(dot ?? file.endIndex)...])
        default: return nil
        }
    }

    private static func covers(headers claim: CBORValue, _ request: AccessRequest) -> Bool {
        (claim.pairs ?? []).allSatisfy { pair in
            guard let name = pair.key.text, let value = request.headers[name.lowercased()] else { return false }
            return CATMatch.holds(pair.value, for: value)
        }
    }

    /// What a token says.
    package func claims(of token: AccessToken) -> TokenClaims? {
        guard let read = values(of: token).lazy.compactMap({ read($0.value) }).first else { return nil }
        var claims = TokenClaims()
        claims.notBefore = CATClaims.seconds(read.claims[CATClaims.notBefore])
        claims.expires = CATClaims.seconds(read.claims[CATClaims.expires])
        claims.issued = CATClaims.seconds(read.claims[CATClaims.issued])
        claims.sessionID = read.claims[CATClaims.tokenID]?.byteString.map(Self.words)
        claims.keyID = read.keyID.map(Self.words)
        claims.algorithm = read.algorithm?.rawValue
        claims.addresses = read.claims[CATClaims.networks].map { Self.blocks($0).map(\.text) } ?? []
        let paths = read.claims[CATClaims.uri]?[3].map { CATMatch.words($0) } ?? []
        claims.scope = paths
        for pair in read.claims.pairs ?? [] {
            guard let number = pair.key.integer, ![4, 5, 6, 7, 311].contains(number) else { continue }
            let name = CATClaims.names[number] ?? String(number)
            claims.others += Self.fields(name, pair.value)
        }
        return claims
    }

    /// A claim in words: what is nested is named by its path.
    private static func fields(_ name: String, _ value: CBORValue) -> [AccessToken.Field] {
        switch value {
        case .map(let pairs):
            return pairs.flatMap { pair in
                fields(name + " " + (pair.key.text ?? pair.key.integer.map(String.init) ?? "?"), pair.value)
            }
        case .array(let values):
            let texts = values.map { $0.text ?? $0.integer.map(String.init) ?? "…" }
            return [.init(name: name, value: texts.joined(separator: ", "))]
        case .unsigned, .negative: return [.init(name: name, value: value.integer.map(String.init) ?? "…")]
        case .text(let text): return [.init(name: name, value: text)]
        case .bytes(let bytes): return [.init(name: name, value: words(bytes))]
        case .boolean(let flag): return [.init(name: name, value: String(flag))]
        case .number(let number): return [.init(name: name, value: String(number))]
        case .tagged(_, let inner): return fields(name, inner)
        case .null: return [.init(name: name, value: "null")]
        }
    }

    /// Bytes as text where they are printable, else in hexadecimal digits.
    private static func words(_ bytes: [UInt8]) -> String {
        if !bytes.isEmpty, bytes.allSatisfy({ (0x20..<0x7F).contains($0) }) {
            return String(decoding: bytes, as: UTF8.self)
        }
        var text: [UInt8] = []
        Hexadecimal.append(bytes, to: &text)
        return String(decoding: text, as: UTF8.self)
    }
}
