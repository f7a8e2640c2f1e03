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
