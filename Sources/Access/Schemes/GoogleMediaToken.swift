import Quantities

/// Media CDN's token: fields joined by `~`, the code last.
///
/// The order is `URLPrefix` or `FullPath` or `PathGlobs`, `Starts`, `Expires`, `SessionID`, `Data`, `Headers`,
/// `IPRanges`, then `Signature` (Ed25519, base64url) or `hmac` (hexadecimal). Two fields are signed as something else
/// than what is sent: `FullPath` with the path, and `Headers` with the values of the request.
struct GoogleMediaToken: Sendable {
    /// How paths are said.
    enum Scope: String, Hashable, Sendable, CaseIterable {
        /// Patterns of paths, on every host.
        case globs
        /// The beginning of URIs: scheme, host and directory.
        case prefix
    }

    /// What makes the code.
    var authenticator: MessageAuthenticator
    /// Whether the code is a signature; otherwise it is an HMAC.
    var isSignature: Bool
    /// The name of the query parameter.
    var name: String
    /// The name of the cookie.
    var cookieName: String
    /// How paths are said.
    var scope: Scope
    /// Headers that tokens are bound to.
    var headers: [AccessToken.Field]

    private static let order = ["Starts", "Expires", "SessionID", "Data", "Headers", "IPRanges"]
    private static let scopes = ["URLPrefix", "FullPath", "PathGlobs"]

    /// Signs a grant: the token's text.
    func sign(_ grant: TokenGrant) throws(TokenError) -> String {
        var (sent, signed) = try scopeField(of: grant)
        for (name, value) in [
            ("Starts", grant.notBefore.map { String($0.wholeSeconds) }),
            ("Expires", String(grant.expires.wholeSeconds)), ("SessionID", grant.sessionID), ("Data", grant.payload),
        ] {
            guard let value else { continue }
            try check(value, name)
            sent += "~\(name)=\(value)"
            signed += "~\(name)=\(value)"
        }
        if let start = grant.notBefore, start.wholeSeconds >= grant.expires.wholeSeconds {
            throw .invalidField(name: "lifetime", reason: "it ends before it starts")
        }
        if !headers.isEmpty {
            sent += "~Headers=" + headers.map(\.name).joined(separator: ",")
            for header in headers { try check(header.value, "header") }
            signed += "~Headers=" + headers.map { $0.name + "=" + $0.value }.joined(separator: ",")
        }
        if let addresses = grant.clientAddress {
            let field = "~IPRanges=" + Base64.encode(try ranges(addresses).utf8)
            sent += field
            signed += field
        }
        let code = try authenticator.code(for: Array(signed.utf8))
        return sent + (isSignature ? "~Signature=" + Base64.encode(code) : "~hmac=" + hexadecimal(code))
    }

    private func scopeField(of grant: TokenGrant) throws(TokenError) -> (sent: String, signed: String) {
        switch grant.scope {
        case .url(let uri):
            let path = AccessRequest(uri: uri).path
            return ("FullPath", "FullPath=" + path)
        case .paths(let paths) where scope == .prefix:
            let field = "URLPrefix=" + Base64.encode(try grant.uriPrefix(of: paths).utf8)
            return (field, field)
        case .paths(let paths):
            guard !paths.isEmpty else { throw .invalidField(name: "paths", reason: "there are none") }
            if paths.contains(where: { $0.utf8.contains { $0 == UInt8(ascii: "!") || $0 == UInt8(ascii: ",") } }) {
                throw .invalidField(name: "paths", reason: "one holds a separator, ! or ,")
            }
            for path in paths { try check(path, "paths") }
            let field = "PathGlobs=" + paths.joined(separator: "!")
            return (field, field)
        }
    }

    /// The comma list of blocks; one address becomes the block of itself alone.
    private func ranges(_ text: String) throws(TokenError) -> String {
        try check(text, "address")
        return text.split(separator: ",").map { piece in
            guard !piece.utf8.contains(UInt8(ascii: "/")) else { return String(piece) }
            return piece + (piece.utf8.contains(UInt8(ascii: ":")) ? "/128" : "/32")
        }.joined(separator: ",")
    }

    private func check(_ value: String, _ field: String) throws(TokenError) {
        guard !value.utf8.contains(UInt8(ascii: "~")) else {
            throw .invalidField(name: field, reason: "it holds the separator ~")
        }
    }

    private func hexadecimal(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        Hexadecimal.append(bytes, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Checks a token's text.
    func verify(_ text: String, for request: AccessRequest, at now: WallTime) -> TokenVerdict {
        guard let read = Fields(text), read.isSignature == isSignature,
            authenticator.accepts(read.code, for: Array(read.signed(for: request).utf8)),
            let expires = read.values["Expires"].flatMap({ Int64($0) })
        else { return .tampered }
        if let start = read.values["Starts"] {
            guard let seconds = Int64(start) else { return .tampered }
            if now.wholeSeconds < seconds { return .notYetValid }
        }
        if now.wholeSeconds >= expires { return .expired }
        guard read.covers(request) else { return .wrongPath }
        guard let blocks = read.blocks, let address = request.clientAddress else { return .valid }
        return blocks.contains { AddressBlock($0)?.contains(address) == true } ? .valid : .wrongAddress
    }

    /// What a token's text says.
    func claims(of text: String) -> TokenClaims? {
        guard let read = Fields(text) else { return nil }
        var claims = TokenClaims()
        if let prefix = read.prefix { claims.scope = [prefix + "*"] }
        claims.scope += read.globs
        claims.notBefore = read.values["Starts"].flatMap { Int64($0) }.map { .whole(seconds: $0) }
        claims.expires = read.values["Expires"].flatMap { Int64($0) }.map { .whole(seconds: $0) }
        claims.sessionID = read.values["SessionID"].map { String($0) }
        claims.addresses = read.blocks ?? []
        claims.algorithm = read.isSignature ? "Ed25519" : read.code.count == 20 ? "HMAC-SHA1" : "HMAC-SHA256"
        for (field, name) in [("Data", "data"), ("Headers", "headers")] {
            if let value = read.values[Substring(field)] {
                claims.others.append(.init(name: name, value: String(value)))
            }
        }
        return claims
    }

    /// A token taken apart.
    private struct Fields {
        private let pieces: [(name: Substring, value: Substring?)]
        let values: [Substring: Substring]
        let isSignature: Bool
        let code: [UInt8]

        init?(_ text: String) {
            let parts = text.utf8.split(separator: UInt8(ascii: "~"), omittingEmptySubsequences: false)
            guard let last = parts.last, parts.count > 1, parts.count <= 8 else { return nil }
            if last.starts(with: "Signature=".utf8) {
                isSignature = true
                let text = Substring(last.dropFirst(10))
                guard let read = Base64.decode(text, strictly: [.url(padded: false), .url(padded: true)]) else {
                    return nil
                }
                code = read
            } else {
                isSignature = false
                guard last.starts(with: "hmac=".utf8), let read = Hexadecimal.decode(last.dropFirst(5)),
                    !last.contains(where: { (0x41...0x46).contains($0) })
                else { return nil }
                code = read
            }
            var pieces: [(name: Substring, value: Substring?)] = []
            var values: [Substring: Substring] = [:]
            for part in parts.dropLast() {
                let equals = part.firstIndex(of: UInt8(ascii: "="))
                let name = Substring(part[..<(equals ?? part.endIndex)])
                let value = equals.map { Substring(part[part.index(after: $0)...]) }
                guard values[name] == nil, GoogleMediaToken.isField(name), value != nil || name == "FullPath" else {
                    return nil
                }
                pieces.append((name, value))
                values[name] = value ?? ""
            }
            guard values.keys.filter({ GoogleMediaToken.scopes.contains(String($0)) }).count == 1 else { return nil }
            self.pieces = pieces
            self.values = values
        }

        /// The text that is signed, for a request.
        func signed(for request: AccessRequest) -> String {
            pieces.map { piece in
                switch piece.name {
                case "FullPath": return "FullPath=" + request.path
                case "Headers":
                    let names = (piece.value ?? "").split(separator: ",", omittingEmptySubsequences: false)
                    return "Headers="
                        + names.map { $0 + "=" + (request.headers[$0.lowercased()] ?? "") }.joined(separator: ",")
                default: return piece.name + "=" + (piece.value ?? "")
                }
            }.joined(separator: "~")
        }

        var prefix: String? {
            values["URLPrefix"].flatMap { Base64.decode($0) }.map { String(decoding: $0, as: UTF8.self) }
        }

        var globs: [String] {
            guard let list = values["PathGlobs"] else { return [] }
            return list.utf8.split { $0 == UInt8(ascii: "!") || $0 == UInt8(ascii: ",") }.map {
                String(Substring($0))
            }
        }

        var blocks: [String]? {
            values["IPRanges"].map { text in
                String(decoding: Base64.decode(text) ?? [], as: UTF8.self).split(separator: ",").map(String.init)
            }
        }

        func covers(_ request: AccessRequest) -> Bool {
            if values["FullPath"] != nil { return true }
            if let prefix { return !prefix.isEmpty && request.uri.utf8.starts(with: prefix.utf8) }
            let path = Array(request.path.utf8)
            return globs.contains { Wildcard.matches(Array($0.utf8), path) }
        }
    }

    private static func isField(_ name: Substring) -> Bool {
        scopes.contains { $0 == name } || order.contains { $0 == name }
    }
}
