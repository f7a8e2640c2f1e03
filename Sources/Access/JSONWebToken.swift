import Quantities

/// A JWT in compact form (RFC 7515 section 7.1), taken apart and not yet believed.
struct JSONWebToken: Sendable {
    /// The algorithms (RFC 7518 section 3.1, RFC 8037 section 3.1).
    enum Algorithm: String, Hashable, Sendable, CaseIterable {
        case hs256 = "HS256"
        case rs256 = "RS256"
        case es256 = "ES256"
        case edDSA = "EdDSA"
    }

    /// The longest token that is looked at, in bytes.
    static let longest = 16_384

    let header: JSONValue
    let payload: JSONValue
    /// The text before the last dot.
    let signed: [UInt8]
    let signature: [UInt8]

    /// Reads a token; nil when it is none.
    init?(_ text: some StringProtocol) {
        guard text.utf8.count <= Self.longest else { return nil }
        let parts = Array(text.utf8).split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3 else { return nil }
        let decoded = parts.compactMap { part in
            Base64.decode(String(decoding: part, as: UTF8.self), strictly: [.url(padded: false)])
        }
        guard decoded.count == 3, let header = JSONReader.value(of: decoded[0]),
            let payload = JSONReader.value(of: decoded[1]), case .object = header, case .object = payload
        else { return nil }
        self.header = header
        self.payload = payload
        signed = parts[0] + [UInt8(ascii: ".")] + parts[1]
        signature = decoded[2]
    }

    /// The first part of tokens of an algorithm and a key, with the dot behind it; it is the same for all.
    static func opening(_ algorithm: Algorithm, keyID: String?) -> String {
        var header: [JSONValue.Member] = [.init("alg", .string(algorithm.rawValue))]
        if let keyID { header.append(.init("kid", .string(keyID))) }
        header.append(.init("typ", .string("JWT")))
        return Base64.encode(JSONValue.object(header).bytes) + "."
    }

    /// Signs claims.
    static func text(
        _ opening: String, claims: [JSONValue.Member], with authenticator: MessageAuthenticator
    ) throws(TokenError) -> String {
        let signed = opening + Base64.encode(JSONValue.object(claims).bytes)
        return signed + "." + Base64.encode(try authenticator.code(for: Array(signed.utf8)))
    }

    /// Whether a text has the form of a token: three parts of base64url, the first that of a JSON object.
    static func isShaped(_ text: some Collection<UInt8>) -> Bool {
        guard text.starts(with: "ey".utf8), text.count <= longest else { return false }
        var dots = 0
        for byte in text {
            switch byte {
            case UInt8(ascii: "."): dots += 1
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"): continue
            default: return false
            }
        }
        return dots == 2
    }

    /// Whether the signature is right by the algorithm that was agreed on, whatever the header says.
    ///
    /// A header that names another algorithm, another key, or extensions that must be understood (RFC 7515 section
    /// 4.1.11) is refused.
    func isAuthentic(_ algorithm: Algorithm, keyID: String?, with authenticator: MessageAuthenticator) -> Bool {
        guard header["alg"]?.text == algorithm.rawValue, header["crit"] == nil else { return false }
        if let keyID, let named = header["kid"], named.text != keyID { return false }
        return authenticator.accepts(signature, for: signed)
    }

    /// The times, when all that are there are numbers.
    var times: (notBefore: WallTime?, expires: WallTime?, issued: WallTime?)? {
        var times: [WallTime?] = []
        for name in ["nbf", "exp", "iat"] {
            switch payload[name] {
            case nil: times.append(nil)
            case .integer(let seconds): times.append(.whole(seconds: seconds))
            case .number(let seconds): times.append(.seconds(seconds))
            default: return nil
            }
        }
        return (times[0], times[1], times[2])
    }

    /// What the token says: times, key, algorithm and session.
    func claims() -> TokenClaims {
        var claims = TokenClaims()
        if let times { (claims.notBefore, claims.expires, claims.issued) = times }
        claims.keyID = header["kid"]?.text
        claims.algorithm = header["alg"]?.text
        return claims
    }

    /// Claims beside those that have a place of their own, in their order, as JSON.
    func otherClaims(than known: Set<String>) -> [AccessToken.Field] {
        guard case .object(let members) = payload else { return [] }
        return members.filter { !known.contains($0.name) }.map { member in
            .init(name: member.name, value: member.value.text ?? String(decoding: member.value.bytes, as: UTF8.self))
        }
    }
}
