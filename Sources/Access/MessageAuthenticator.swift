import Crypto

/// What makes and checks the code at the end of a token: an HMAC or a signature.
package enum MessageAuthenticator: Sendable {
    /// No key: nothing is signed and nothing is found right.
    case none
    /// HMAC-SHA1 (RFC 2104).
    case hmacSHA1(SecretKey)
    /// HMAC-SHA256 (RFC 2104).
    case hmacSHA256(SecretKey)
    /// A signature of a key pair.
    case pair(AsymmetricKey)

    /// The code of a message.
    ///
    /// - Throws: ``TokenError/invalidKey(_:)`` when there is no key, it is empty, or it is a public one.
    func code(for message: [UInt8]) throws(TokenError) -> [UInt8] {
        switch self {
        case .none: throw .invalidKey("there is none")
        case .hmacSHA1(let key):
            guard key.byteCount > 0 else { throw .invalidKey("it is empty") }
            return Array(HMAC<Insecure.SHA1>.authenticationCode(for: message, using: key.symmetric))
        case .hmacSHA256(let key):
            guard key.byteCount > 0 else { throw .invalidKey("it is empty") }
            return Array(HMAC<SHA256>.authenticationCode(for: message, using: key.symmetric))
        case .pair(let key): return try key.signature(for: message)
        }
    }

    /// Whether a code is that of a message, in constant time for HMACs; never without a key.
    func accepts(_ code: [UInt8], for message: [UInt8]) -> Bool {
        switch self {
        case .none: return false
        case .hmacSHA1(let key):
            guard key.byteCount > 0 else { return false }
            return HMAC<Insecure.SHA1>.isValidAuthenticationCode(code, authenticating: message, using: key.symmetric)
        case .hmacSHA256(let key):
            guard key.byteCount > 0 else { return false }
            return HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: message, using: key.symmetric)
        case .pair(let key): return key.isValid(code, for: message)
        }
    }
}

extension SchemeSettings {
    /// The key as a pair's; ``MessageAuthenticator/none`` when there is no key.
    func pair(_ kind: AsymmetricKey.Kind) throws(TokenError) -> MessageAuthenticator {
        guard let key else { return .none }
        return .pair(try AsymmetricKey(kind, key))
    }

    /// A setting that is a whole number of seconds, at least a minimum.
    func seconds(_ name: String, atLeast minimum: Int64 = 1) throws(TokenError) -> Int64 {
        guard let value = text(name).flatMap({ Int64($0) }), value >= minimum, value <= 1_000_000_000 else {
            throw .invalidOption(name: name, expected: "a whole number of seconds, \(minimum) or more")
        }
        return value
    }

    /// A setting that lists values separated by commas, without spaces around them; empty when it is not set.
    func list(_ name: String) -> [String] {
        (text(name) ?? "").split(separator: ",").map { piece in
            String(piece.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }.filter { !$0.isEmpty }
    }

    /// A setting that lists headers as `Name=value`, separated by commas.
    ///
    /// - Throws: ``TokenError/invalidOption(name:expected:)`` when a name is none, or there is a control character.
    func headers(_ name: String) throws(TokenError) -> [AccessToken.Field] {
        var fields: [AccessToken.Field] = []
        for piece in list(name) {
            let parts = piece.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let isName = parts[0].utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
            }
            guard parts.count == 2, !parts[0].isEmpty, isName, piece.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
                throw .invalidOption(name: name, expected: "headers as Name=value, separated by commas")
            }
            fields.append(.init(name: String(parts[0]), value: String(parts[1])))
        }
        return fields
    }
}

extension Base64 {
    /// The bytes of a text that is written exactly in one of these alphabets: the bits that are left over are zero, so
    /// that no two texts mean the same bytes. Nil for anything else.
    static func decode(_ text: some StringProtocol, strictly alphabets: [Alphabet]) -> [UInt8]? {
        guard let bytes = decode(text) else { return nil }
        return alphabets.contains { encode(bytes, $0).utf8.elementsEqual(text.utf8) } ? bytes : nil
    }
}
