import Crypto
import Quantities

/// SHA-256 as bytes.
enum SHA256Digest {
    /// The digest of bytes.
    static func bytes(of content: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: content)) }
}

/// What is said in the token.
extension CommonAccessToken {
    /// The claims of a grant.
    func claims(of grant: TokenGrant) throws(TokenError) -> CBORValue {
        try grant.refuse(payload: true)
        var pairs: [CBORValue.Pair] = []
        func add(_ key: Int64, _ value: CBORValue) { pairs.append(.init(.integer(key), value)) }
        if let issuer { add(CATClaims.issuer, .text(issuer)) }
        if let audience { add(CATClaims.audience, .text(audience)) }
        let expires = grant.expires.wholeSeconds
        add(CATClaims.expires, .integer(expires))
        if let start = grant.notBefore?.wholeSeconds {
            guard start < expires else { throw .invalidField(name: "lifetime", reason: "it ends before it starts") }
            add(CATClaims.notBefore, .integer(start))
        }
        if let issued = grant.issued { add(CATClaims.issued, .integer(issued.wholeSeconds)) }
        if let session = grant.sessionID { add(CATClaims.tokenID, .bytes(Array(session.utf8))) }
        add(CATClaims.version, .unsigned(1))
        if let addresses = grant.clientAddress { add(CATClaims.networks, try networks(addresses)) }
        if let uri = try uriClaim(of: grant) { add(CATClaims.uri, uri) }
        if !methods.isEmpty { add(CATClaims.methods, .array(methods.map { .text($0) })) }
        if !headers.isEmpty {
            let conditions = headers.map { header in
                CBORValue.Pair(
                    .text(header.name), .map([.init(.integer(CATMatch.exact), .text(header.value))]))
            }
            add(CATClaims.headers, .map(conditions))
        }
        if let renewal = renewalClaim { add(CATClaims.renewal, renewal) }
        return .map(pairs)
    }

    /// Addresses, blocks and autonomous systems (`AS64500`), separated by commas (RFC 9164 for the first two).
    private func networks(_ text: String) throws(TokenError) -> CBORValue {
        var values: [CBORValue] = []
        for piece in text.split(separator: ",") {
            if piece.hasPrefix("AS"), let number = UInt32(piece.dropFirst(2)) {
                values.append(.unsigned(UInt64(number)))
                continue
            }
            guard let block = AddressBlock(piece) else {
                throw .invalidField(name: "address", reason: "it is none")
            }
            let isWhole = block.prefixLength == block.bytes.count * 8
            var bytes = block.bytes
            if !isWhole { while bytes.last == 0 { bytes.removeLast() } }
            let address = CBORValue.bytes(bytes)
            values.append(
                .tagged(
                    block.bytes.count == 4 ? 52 : 54,
                    isWhole ? address : .array([.unsigned(UInt64(block.prefixLength)), address])))
        }
        return .array(values)
    }

    private func uriClaim(of grant: TokenGrant) throws(TokenError) -> CBORValue? {
        var components: [CBORValue.Pair] = []
        let site: String?
        switch grant.scope {
        case .url(let uri):
            var request = AccessRequest(uri: Self.removing([parameter], fromQueryOf: uri))
            if let (_, rest) = split(request.path) { request.path = rest }
            site = request.authority.isEmpty ? grant.site : request.uri
            components.append(.init(.unsigned(3), .map([.init(.integer(CATMatch.exact), .text(request.path))])))
            if let query = request.query {
                components.append(.init(.unsigned(4), .map([.init(.integer(CATMatch.exact), .text(query))])))
            }
        case .paths(let paths):
            guard paths.count == 1, let pattern = paths.first else {
                throw .invalidField(name: "paths", reason: "the claim catu takes exactly one")
            }
            guard let conditions = CATMatch.conditions(of: pattern) else {
                throw .invalidField(
                    name: "paths", reason: "the claim catu takes a * at the begin, at the end, or once between")
            }
            site = grant.site
            components.append(.init(.unsigned(3), conditions))
        }
        guard bindsHost else { return .map(components) }
        guard let host = site.flatMap({ URIReference($0).host }) else {
            throw .invalidField(name: "site", reason: "the token is for one host, which is not known")
        }
        components.append(.init(.unsigned(1), .map([.init(.integer(CATMatch.exact), .text(host))])))
        return .map(components)
    }

    private var renewalClaim: CBORValue? {
        guard let type = renewal.identifier else { return nil }
        var pairs: [CBORValue.Pair] = [
            .init(.unsigned(0), .integer(type)), .init(.unsigned(1), .integer(renewalSeconds)),
        ]
        if let renewalDeadline { pairs.append(.init(.unsigned(2), .integer(renewalDeadline))) }
        if let renewalName, renewal == .cookie || renewal == .automatic {
            pairs.append(.init(.unsigned(3), .text(renewalName)))
        }
        if let renewalName, renewal == .header || renewal == .automatic {
            pairs.append(.init(.unsigned(4), .text(renewalName)))
        }
        return .map(pairs)
    }
}
