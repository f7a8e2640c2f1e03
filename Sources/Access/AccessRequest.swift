import Quantities

/// What a gate sees of a request.
///
/// Everything is as on the wire: nothing is decoded, encoded or put into another order, because a path that was decoded
/// and encoded again is another path to a real gate.
package struct AccessRequest: Sendable, Hashable {
    /// The method, such as `GET`.
    package var method: String
    /// `https` or `http`.
    package var scheme: String
    /// Host and perhaps port, such as `cdn.example.com`; empty where it is not known.
    package var authority: String
    /// The path, without the query.
    package var path: String
    /// The query without its question mark; nil where there is no question mark.
    package var query: String?
    /// The value of the `Cookie` header (several joined by `; `).
    package var cookies: String?
    /// Headers that may carry a token, by lower-case name.
    package var headers: [String: String]
    /// The viewer's address in text, where known.
    package var clientAddress: String?

    /// Creates the gate's view of a request.
    package init(
        path: String, query: String? = nil, cookies: String? = nil, headers: [String: String] = [:],
        clientAddress: String? = nil, method: String = "GET", scheme: String = "https", authority: String = ""
    ) {
        self.method = method
        self.scheme = scheme
        self.authority = authority
        self.path = path
        self.query = query
        self.cookies = cookies
        self.headers = headers
        self.clientAddress = clientAddress
    }

    /// Creates the view of a GET for an absolute URI, or for a path with an optional query; a fragment is dropped, and
    /// an empty path is `/`.
    package init(uri: String, cookies: String? = nil, headers: [String: String] = [:], clientAddress: String? = nil) {
        let reference = URIReference(uri)
        self.init(
            path: reference.path.isEmpty ? "/" : String(reference.path), query: reference.query.map(String.init),
            cookies: cookies, headers: headers, clientAddress: clientAddress,
            scheme: reference.scheme?.lowercased() ?? "https", authority: String(reference.authority ?? ""))
    }

    /// Path and query.
    package var target: String { query.map { path + "?" + $0 } ?? path }
    /// The absolute URI; without an authority, path and query alone.
    package var uri: String { authority.isEmpty ? target : scheme + "://" + authority + target }
}

/// A token that a request carried, and the request as it is without it.
package struct CarriedToken: Sendable {
    /// The token, as it was sent.
    package var token: AccessToken
    /// Where it was.
    package var placement: TokenPlacement
    /// The request without the token: its path is that of the resource.
    package var request: AccessRequest

    /// Creates the account of a token found in a request.
    package init(token: AccessToken, placement: TokenPlacement, request: AccessRequest) {
        self.token = token
        self.placement = placement
        self.request = request
    }
}

/// A request that a viewer is about to make.
package struct OutgoingRequest: Sendable {
    /// The absolute URI.
    package var uri: String
    /// Headers beside those that every request has.
    package var headers: [AccessToken.Field] = []
    /// Cookies beside those that servers have set.
    package var cookies: [AccessToken.Field] = []

    /// Creates a request without headers and cookies of its own.
    package init(uri: String) { self.uri = uri }

    /// The value of a `Cookie` header with the cookies; nil when there are none.
    package var cookieHeader: String? {
        cookies.isEmpty ? nil : cookies.map { $0.name + "=" + $0.value }.joined(separator: "; ")
    }
}

/// How a token travels with a request.
package enum TokenPlacement: String, Hashable, Sendable, CaseIterable {
    /// As query parameters. Relative references do not inherit them (RFC 3986 section 5.2.2).
    case query
    /// As a part of the path, which relative references inherit.
    case path
    /// As cookies.
    case cookie
    /// As headers named after the fields.
    case header
}

/// Lists of `name=value` on bytes: queries and cookie headers.
enum FieldList {
    /// The value of the first `name=value`; spaces before a name are skipped, as cookies have them.
    static func value(of name: String, in text: String, separatedBy separator: UInt8) -> String? {
        for piece in text.utf8.split(separator: separator) {
            if let value = value(of: name, in: piece) { return value }
        }
        return nil
    }

    /// The list without all fields of these names; nil when nothing is left.
    static func removing(_ names: [String], from text: String, separatedBy separator: UInt8) -> String? {
        let kept = text.utf8.split(separator: separator, omittingEmptySubsequences: false).filter { piece in
            !names.contains { value(of: $0, in: piece) != nil }
        }
        if kept.isEmpty { return nil }
        return kept.map { String(Substring($0)) }.joined(separator: String(UnicodeScalar(separator)))
    }

    private static func value(of name: String, in piece: Substring.UTF8View) -> String? {
        let trimmed = piece.drop { $0 == UInt8(ascii: " ") }
        guard trimmed.starts(with: name.utf8) else { return nil }
        let rest = trimmed.dropFirst(name.utf8.count)
        guard rest.first == UInt8(ascii: "=") else { return nil }
        return String(Substring(rest.dropFirst()))
    }
}

extension TokenScheme {
    /// Puts a token into a request in the plain way: its fields at the end of the query, as cookies, or as headers.
    ///
    /// Fields of the same names that are there are replaced. What travels in the path is the scheme's own affair.
    package func attachFields(
        of token: AccessToken, to request: inout OutgoingRequest, in placement: TokenPlacement
    ) {
        switch placement {
        case .query:
            request.uri = token.appended(to: Self.removing(token.fields.map(\.name), fromQueryOf: request.uri))
        case .cookie:
            request.cookies.removeAll { old in token.fields.contains { $0.name == old.name } }
            request.cookies += token.fields
        case .header:
            request.headers.removeAll { old in
                token.fields.contains { $0.name.lowercased() == old.name.lowercased() }
            }
            request.headers += token.fields
        case .path: break
        }
    }

    /// The URI without the query parameters of these names; nothing else of it is changed.
    package static func removing(_ names: [String], fromQueryOf uri: String) -> String {
        guard let mark = uri.utf8.firstIndex(of: UInt8(ascii: "?")) else { return uri }
        let start = uri.utf8.index(after: mark)
        let end = uri[start...].utf8.firstIndex(of: UInt8(ascii: "#")) ?? uri.endIndex
        let query = String(uri[start..<end])
        guard let kept = FieldList.removing(names, from: query, separatedBy: UInt8(ascii: "&")) else {
            return String(uri[..<mark] + uri[end...])
        }
        return kept.utf8.count == query.utf8.count ? uri : String(uri[..<start]) + kept + uri[end...]
    }

    /// Finds a token that travels in the plain way, by its field names; nil when none of its fields is there.
    package func detachFields(from request: AccessRequest, in placement: TokenPlacement) -> CarriedToken? {
        let names = fieldNames(in: placement)
        let fields = names.compactMap { name in
            Self.value(of: name, in: request, placement).map { AccessToken.Field(name: name, value: $0) }
        }
        guard !fields.isEmpty else { return nil }
        var bare = request
        switch placement {
        case .query:
            bare.query = request.query.flatMap { FieldList.removing(names, from: $0, separatedBy: UInt8(ascii: "&")) }
        case .cookie:
            bare.cookies = request.cookies.flatMap {
                FieldList.removing(names, from: $0, separatedBy: UInt8(ascii: ";"))
            }
        case .header: for name in names { bare.headers[name.lowercased()] = nil }
        case .path: break
        }
        return CarriedToken(token: AccessToken(fields: fields), placement: placement, request: bare)
    }

    private static func value(of name: String, in request: AccessRequest, _ placement: TokenPlacement) -> String? {
        switch placement {
        case .query: request.query.flatMap { FieldList.value(of: name, in: $0, separatedBy: UInt8(ascii: "&")) }
        case .cookie: request.cookies.flatMap { FieldList.value(of: name, in: $0, separatedBy: UInt8(ascii: ";")) }
        case .header: request.headers[name.lowercased()]
        case .path: nil
        }
    }

    /// Checks a request: any valid token lets it in, in whatever place it travels; otherwise the first one found
    /// decides, and ``TokenVerdict/missing`` when there is none.
    ///
    /// A query parameter is tried as it came and, where that fails and it holds a percent sign, decoded once: some
    /// clients encode `=` and `~`, and some schemes have percent signs of their own.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - placements: Where to look, in order; nil means wherever the scheme's tokens can be.
    ///   - now: The edge's time.
    /// - Returns: The verdict, and the token that decided, with the request as it is without it; nil when there was
    ///   none.
    package func verify(
        _ request: AccessRequest, in placements: [TokenPlacement]? = nil, at now: WallTime
    ) -> (verdict: TokenVerdict, carried: CarriedToken?) {
        var first: (TokenVerdict, CarriedToken)?
        for placement in placements ?? self.placements {
            guard let carried = detach(from: request, in: placement) else { continue }
            var verdict = verify(carried.token, for: carried.request, at: now)
            if verdict == .tampered, placement == .query, let decoded = carried.token.percentDecoded {
                verdict = verify(decoded, for: carried.request, at: now)
            }
            if verdict == .valid { return (.valid, carried) }
            if first == nil { first = (verdict, carried) }
        }
        return first.map { ($0.0, $0.1) } ?? (.missing, nil)
    }
}
