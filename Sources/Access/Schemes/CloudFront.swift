import Crypto
import Quantities

/// Amazon CloudFront's signed URLs and signed cookies.
///
/// What is signed is a policy in JSON: *canned* for one URL with an end, which is signed and not sent (`Expires` is), or
/// *custom* with wildcards, a start and an address block, which is sent (`Policy`). Behind it come `Signature`,
/// `Key-Pair-Id` and, for SHA-256, `Hash-Algorithm`; cookies have the same names after `CloudFront-`. Signatures are
/// RSASSA-PKCS1-v1_5 or ECDSA on P-256 in DER. Source: Amazon CloudFront Developer Guide, "Serve private content"; the
/// signers of botocore and of the AWS SDK for Ruby.
package struct CloudFront: TokenScheme {
    /// Which policy is signed.
    package enum PolicyForm: String, Hashable, Sendable, CaseIterable {
        /// Canned where that suffices, custom otherwise.
        case automatic
        /// Always canned.
        case canned
        /// Always custom.
        case custom
    }

    /// The identifier of the public key, such as `K2JCJMDEHXQW5F`; nil for a gate that takes any.
    package let keyPairID: String?
    /// Which policy is signed.
    package let policy: PolicyForm
    private let key: CloudFrontKey?
    private let hash: CloudFrontKey.Hash

    /// The scheme in the catalogue.
    package static let description = SchemeDescription(
        name: "cloudfront", summary: "Amazon CloudFront signed URLs and cookies", keys: .pair, keyEncoding: .text,
        options: [
            .init("key pair id", "the identifier of the public key at CloudFront; needed to sign"),
            .init(
                "policy", default: "automatic", allowed: PolicyForm.allCases.map(\.rawValue),
                "canned for one URL with an end; custom for wildcards, a start or an address"),
            .init(
                "hash", default: "sha1", allowed: CloudFrontKey.Hash.allCases.map(\.rawValue),
                "the hash that is signed; sha256 is said by Hash-Algorithm"),
        ]
    ) { settings throws(TokenError) in
        let key: CloudFrontKey?
        if let material = settings.key { key = try CloudFrontKey(material) } else { key = nil }
        let keyPairID = settings.text("key pair id") == nil ? nil : try settings.name("key pair id")
        return CloudFront(
            key: key, keyPairID: keyPairID, policy: try settings.choice("policy", PolicyForm.init(rawValue:)),
            hash: try settings.choice("hash", CloudFrontKey.Hash.init(rawValue:)))
    }

    /// Creates the scheme.
    ///
    /// - Parameters:
    ///   - key: The key in PEM; a public one only checks.
    ///   - keyPairID: The identifier of the public key.
    ///   - policy: Which policy is signed.
    ///   - usesSHA256: Whether SHA-256 is signed, and not SHA-1.
    /// - Throws: ``TokenError/invalidKey(_:)`` when the key is neither RSA of 2048 bits nor P-256.
    package init(
        key: KeyMaterial, keyPairID: String?, policy: PolicyForm = .automatic, usesSHA256: Bool = false
    ) throws(TokenError) {
        self.init(
            key: try CloudFrontKey(key), keyPairID: keyPairID, policy: policy, hash: usesSHA256 ? .sha256 : .sha1)
    }

    init(key: CloudFrontKey?, keyPairID: String?, policy: PolicyForm, hash: CloudFrontKey.Hash) {
        self.key = key
        self.keyPairID = keyPairID
        self.policy = policy
        self.hash = hash
    }

    /// The query or cookies.
    package var placements: [TokenPlacement] { [.query, .cookie] }
    /// One URL, or one pattern.
    package var coverage: TokenCoverage { .either }
    /// All names of both policies; a token has those of one.
    package func fieldNames(in placement: TokenPlacement) -> [String] {
        let names = ["Expires", "Policy", "Signature", "Key-Pair-Id", "Hash-Algorithm"]
        return placement == .cookie ? names.map { "CloudFront-" + $0 } : names
    }

    /// Signs a grant.
    ///
    /// A path of the scope is set behind the grant's site, unless it is absolute itself (`http*://*/live/*`).
    ///
    /// - Throws: ``TokenError`` when the policy cannot say the grant: several paths, an IPv6 address, data, wildcards or
    ///   a start in a canned policy; when the site is not known; or without private key or key pair id.
    package func sign(_ grant: TokenGrant, for placement: TokenPlacement) throws(TokenError) -> AccessToken {
        guard let key else { throw .invalidKey("there is none") }
        guard let keyPairID else { throw .invalidOption(name: "key pair id", expected: "given to sign") }
        try grant.refuse(payload: true)
        let statement = try statement(of: grant, for: placement)
        let isCanned = try isCanned(grant)
        let text = Array(statement.text.utf8)
        let signature = CloudFrontBase64.encode(try key.signature(of: text, hash))
        let prefix = placement == .cookie ? "CloudFront-" : ""
        var fields: [AccessToken.Field] = [
            isCanned
                ? .init(name: prefix + "Expires", value: String(statement.expires))
                : .init(name: prefix + "Policy", value: CloudFrontBase64.encode(text)),
            .init(name: prefix + "Signature", value: signature),
            .init(name: prefix + "Key-Pair-Id", value: keyPairID),
        ]
        if hash != .sha1 { fields.append(.init(name: prefix + "Hash-Algorithm", value: hash.parameter)) }
        return AccessToken(fields: fields)
    }

    private func isCanned(_ grant: TokenGrant) throws(TokenError) -> Bool {
        var isEnough = grant.notBefore == nil && grant.clientAddress == nil
        if case .paths = grant.scope { isEnough = false }
        if policy == .canned, !isEnough {
            throw .invalidOption(name: "policy", expected: "custom, for paths, a start or an address")
        }
        return policy != .custom && isEnough
    }

    private func statement(
        of grant: TokenGrant, for placement: TokenPlacement
    ) throws(TokenError) -> CloudFrontPolicy {
        let resource: String
        switch grant.scope {
        case .url(let uri): resource = try grant.absoluteURI(bareRequest(for: uri, in: placement).uri)
        case .paths(let paths):
            guard paths.count == 1, let path = paths.first else {
                throw .invalidField(name: "paths", reason: "a policy has exactly one resource")
            }
            resource = path.contains("://") ? path : try grant.absoluteURI(path: path)
        }
        guard resource.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C }) else {
            throw .invalidField(name: "resource", reason: "it holds characters that a URI has not")
        }
        return CloudFrontPolicy(
            resource: resource, expires: try grant.checkedExpiry(), starts: grant.notBefore?.wholeSeconds,
            source: try grant.clientAddress.map(Self.source))
    }

    private static func source(_ address: String) throws(TokenError) -> String {
        guard let block = AddressBlock(address), block.bytes.count == 4 else {
            throw .invalidField(name: "address", reason: "CloudFront takes IPv4 addresses and blocks only")
        }
        return address.utf8.contains(UInt8(ascii: "/")) ? address : address + "/32"
    }

    /// Replaces whatever fields of an older token are there, of either policy.
    package func attach(_ token: AccessToken, to request: inout OutgoingRequest, in placement: TokenPlacement) {
        replaceFields(of: token, in: &request, placement)
    }

    /// Checks a token; good while `start < now < end`, in whole seconds.
    ///
    /// A canned policy is made again from the request, so its host and scheme must be known.
    package func verify(_ token: AccessToken, for request: AccessRequest, at now: WallTime) -> TokenVerdict {
        let parts = Parts(token)
        guard let signature = parts.signature, let id = parts.keyPairID, parts.expires ?? parts.policy != nil else {
            return .missing
        }
        let hashName = parts.hash ?? CloudFrontKey.Hash.sha1.parameter
        guard let key, keyPairID == nil || keyPairID == id,
            let hash = CloudFrontKey.Hash.allCases.first(where: { $0.parameter == hashName }),
            let code = CloudFrontBase64.decode(signature)
        else { return .tampered }
        if let text = parts.policy {
            guard parts.expires == nil, let json = CloudFrontBase64.decode(text), key.isValid(code, of: json, hash),
                let policy = CloudFrontPolicy(json: json)
            else { return .tampered }
            return verdict(of: policy, for: request, at: now)
        }
        guard let text = parts.expires, let end = Int64(text), String(end) == text else { return .tampered }
        let policy = CloudFrontPolicy(resource: request.uri, expires: end)
        guard key.isValid(code, of: Array(policy.text.utf8), hash) else { return .tampered }
        return now.wholeSeconds >= end ? .expired : .valid
    }

    private func verdict(of policy: CloudFrontPolicy, for request: AccessRequest, at now: WallTime) -> TokenVerdict {
        if let start = policy.starts, now.wholeSeconds <= start { return .notYetValid }
        if now.wholeSeconds >= policy.expires { return .expired }
        if let resource = policy.resource, !Wildcard.matches(Array(resource.utf8), Array(request.uri.utf8)) {
            return .wrongPath
        }
        if let source = policy.source {
            guard let block = AddressBlock(source), block.bytes.count == 4 else { return .tampered }
            if let address = request.clientAddress, !block.contains(address) { return .wrongAddress }
        }
        return .valid
    }

    /// The policy, or the end alone where that is all that is sent.
    package func claims(of token: AccessToken) -> TokenClaims? {
        let parts = Parts(token)
        var claims = TokenClaims()
        if let text = parts.policy {
            guard let json = CloudFrontBase64.decode(text), let policy = CloudFrontPolicy(json: json) else {
                return nil
            }
            claims.scope = [policy.resource ?? "*"]
            claims.expires = .whole(seconds: policy.expires)
            claims.notBefore = policy.starts.map { .whole(seconds: $0) }
            claims.addresses = policy.source.map { [$0] } ?? []
        } else {
            guard let end = parts.expires.flatMap({ Int64($0) }) else { return nil }
            claims.expires = .whole(seconds: end)
        }
        claims.keyID = parts.keyPairID
        claims.algorithm = parts.hash ?? CloudFrontKey.Hash.sha1.parameter
        return claims
    }

    /// The values of a token, from the query or from cookies.
    private struct Parts {
        var expires: String?
        var policy: String?
        var signature: String?
        var keyPairID: String?
        var hash: String?

        init(_ token: AccessToken) {
            func value(_ name: String) -> String? {
                let found = token.value(of: name) ?? token.value(of: "CloudFront-" + name)
                return found.flatMap { $0.isEmpty ? nil : $0 }
            }
            expires = value("Expires")
            policy = value("Policy")
            signature = value("Signature")
            keyPairID = value("Key-Pair-Id")
            hash = value("Hash-Algorithm")
        }
    }
}

extension TokenGrant {
    /// A path, with wildcards perhaps, behind the site.
    ///
    /// - Throws: ``TokenError/invalidField(name:reason:)`` when the site is not known or the path has no slash at its
    ///   start.
    fileprivate func absoluteURI(path: String) throws(TokenError) -> String {
        guard let site, !site.isEmpty else {
            throw .invalidField(name: "site", reason: "the scheme signs absolute URIs, and the host is not known")
        }
        guard path.utf8.first == UInt8(ascii: "/") else {
            throw .invalidField(name: "paths", reason: "a path begins with a slash, or is an absolute URI")
        }
        return (site.utf8.last == UInt8(ascii: "/") ? String(site.dropLast()) : site) + path
    }
}
