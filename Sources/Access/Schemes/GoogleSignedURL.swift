import Quantities

/// Google's signed requests, which Cloud CDN and Media CDN's signatures have in common: `Expires`, `KeyName` and
/// `Signature`, with `URLPrefix` before them where the token covers more than one URL.
///
/// Without `URLPrefix` the URL itself is signed with the parameters behind it. Source: GoogleCloudPlatform's
/// python-docs-samples, `cdn/snippets.py` and `media_cdn/snippets.py`.
struct GoogleSignedURL: Sendable {
    /// What makes the signature.
    var authenticator: MessageAuthenticator
    /// The name of the key; empty accepts every name and signs none.
    var keyName: String

    /// The names in a query, in their order.
    static let names = ["URLPrefix", "Expires", "KeyName", "Signature"]

    /// The values of a token, as they are sent.
    struct Values {
        /// The prefix in base64; nil when the token covers one URL.
        var prefix: String?
        var expires: String
        var keyName: String
        var signature: String

        /// Reads the fields of a query; nil when one is missing.
        init?(_ token: AccessToken) {
            guard let expires = token.value(of: "Expires"), let keyName = token.value(of: "KeyName"),
                let signature = token.value(of: "Signature")
            else { return nil }
            (prefix, self.expires, self.keyName, self.signature) =
                (token.value(of: "URLPrefix"), expires, keyName, signature)
        }

        /// Reads `name=value` in the order of the scheme; nil for another order or name.
        init?(_ text: String, separatedBy separator: UInt8) {
            var values: [String] = []
            let pieces = text.utf8.split(separator: separator, omittingEmptySubsequences: false)
            let names = pieces.count == 4 ? GoogleSignedURL.names : Array(GoogleSignedURL.names.dropFirst())
            guard pieces.count == names.count else { return nil }
            for (piece, name) in zip(pieces, names) {
                guard piece.starts(with: (name + "=").utf8) else { return nil }
                values.append(String(Substring(piece.dropFirst(name.utf8.count + 1))))
            }
            if values.count == 4 { prefix = values.removeFirst() }
            (expires, keyName, signature) = (values[0], values[1], values[2])
        }

        /// What is signed, without a URL before it.
        func signed(_ separator: String) -> String {
            (prefix.map { "URLPrefix=" + $0 + separator } ?? "") + "Expires=" + expires + separator + "KeyName="
                + keyName
        }

        /// The beginning of the URIs that the token covers; nil when there is none or it cannot be read.
        var decodedPrefix: String? { prefix.flatMap { Base64.decode($0) }.map { String(decoding: $0, as: UTF8.self) } }

        /// What the token says.
        var claims: TokenClaims {
            var claims = TokenClaims()
            claims.scope = decodedPrefix.map { [$0 + "*"] } ?? []
            claims.expires = Int64(expires).map { .whole(seconds: $0) }
            claims.keyID = keyName
            return claims
        }
    }

    /// Signs one URL for its query; the token's own parameters are left out of it.
    func sign(url: String, expires: WallTime) throws(TokenError) -> AccessToken {
        let bare = GoogleCloudCDN.removing(Self.names, fromQueryOf: url)
        let values = "Expires=\(expires.wholeSeconds)&KeyName=\(try usableKeyName())"
        let signature = try signature(of: Self.joined(bare, values), isPadded: true)
        return AccessToken(fields: [
            .init(name: "Expires", value: String(expires.wholeSeconds)), .init(name: "KeyName", value: keyName),
            .init(name: "Signature", value: signature),
        ])
    }

    /// Signs all URLs with a prefix for a query.
    func sign(prefix: String, expires: WallTime) throws(TokenError) -> AccessToken {
        let encoded = Base64.encode(prefix.utf8, .url(padded: true))
        let seconds = String(expires.wholeSeconds)
        let message = "URLPrefix=\(encoded)&Expires=\(seconds)&KeyName=\(try usableKeyName())"
        return AccessToken(fields: [
            .init(name: "URLPrefix", value: encoded), .init(name: "Expires", value: seconds),
            .init(name: "KeyName", value: keyName),
            .init(name: "Signature", value: try signature(of: message, isPadded: true)),
        ])
    }

    /// Signs all URLs with a prefix for a cookie.
    func cookie(_ name: String, prefix: String, expires: WallTime) throws(TokenError) -> AccessToken {
        let encoded = Base64.encode(prefix.utf8, .url(padded: true))
        let message = "URLPrefix=\(encoded):Expires=\(expires.wholeSeconds):KeyName=\(try usableKeyName())"
        let signature = try signature(of: message, isPadded: true)
        return AccessToken(fields: [.init(name: name, value: message + ":Signature=" + signature)])
    }

    /// Checks the values of a token; the signed text is given, because a URL or a directory may stand before it.
    func verify(_ values: Values, signed: String, for request: AccessRequest, at now: WallTime) -> TokenVerdict {
        guard keyName.isEmpty || values.keyName == keyName,
            let signature = Base64.decode(values.signature, strictly: [.url(padded: true), .url(padded: false)]),
            authenticator.accepts(signature, for: Array(signed.utf8)), let expires = Int64(values.expires)
        else { return .tampered }
        if now.wholeSeconds >= expires { return .expired }
        guard values.prefix != nil else { return .valid }
        guard let prefix = values.decodedPrefix, !prefix.isEmpty else { return .tampered }
        return request.uri.utf8.starts(with: prefix.utf8) ? .valid : .wrongPath
    }

    /// Checks a token of a query.
    func verify(query token: AccessToken, for request: AccessRequest, at now: WallTime) -> TokenVerdict {
        guard Self.names.contains(where: { token.value(of: $0) != nil }) else { return .missing }
        guard let values = Values(token) else { return .tampered }
        let own = values.signed("&")
        let signed = values.prefix == nil ? Self.joined(request.uri, own) : own
        return verify(values, signed: signed, for: request, at: now)
    }

    /// Checks the value of a cookie, which always has a prefix.
    func verify(cookie text: String, for request: AccessRequest, at now: WallTime) -> TokenVerdict {
        guard let values = Values(text, separatedBy: UInt8(ascii: ":")), values.prefix != nil else { return .tampered }
        return verify(values, signed: values.signed(":"), for: request, at: now)
    }

    /// The signature of a text in base64.
    func signature(of message: String, isPadded: Bool) throws(TokenError) -> String {
        Base64.encode(try authenticator.code(for: Array(message.utf8)), .url(padded: isPadded))
    }

    /// The key's name.
    ///
    /// - Throws: ``TokenError/invalidOption(name:expected:)`` when there is none.
    func usableKeyName() throws(TokenError) -> String {
        guard !keyName.isEmpty else { throw .invalidOption(name: "key name", expected: "given") }
        return keyName
    }

    /// A URI with parameters behind its query.
    static func joined(_ uri: String, _ parameters: String) -> String {
        uri + (uri.utf8.contains(UInt8(ascii: "?")) ? "&" : "?") + parameters
    }
}
