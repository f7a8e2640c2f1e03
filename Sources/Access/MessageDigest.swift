import Crypto

/// The hash functions that gates use, by themselves or as an HMAC.
enum MessageDigest: String, Hashable, Sendable, CaseIterable {
    case md5
    case sha1
    case sha256
    case sha384
    case sha512

    /// The number of bytes of a digest and of an HMAC.
    var byteCount: Int {
        switch self {
        case .md5: 16
        case .sha1: 20
        case .sha256: 32
        case .sha384: 48
        case .sha512: 64
        }
    }

    /// The name for people, such as `SHA-256`.
    var title: String {
        switch self {
        case .md5: "MD5"
        case .sha1: "SHA-1"
        case .sha256: "SHA-256"
        case .sha384: "SHA-384"
        case .sha512: "SHA-512"
        }
    }

    /// The digest of bytes.
    func digest(of message: [UInt8]) -> [UInt8] {
        switch self {
        case .md5: Array(Insecure.MD5.hash(data: message))
        case .sha1: Array(Insecure.SHA1.hash(data: message))
        case .sha256: Array(SHA256.hash(data: message))
        case .sha384: Array(SHA384.hash(data: message))
        case .sha512: Array(SHA512.hash(data: message))
        }
    }

    /// The HMAC of bytes (RFC 2104).
    func authenticationCode(of message: [UInt8], key: SecretKey) -> [UInt8] {
        switch self {
        case .md5: Array(HMAC<Insecure.MD5>.authenticationCode(for: message, using: key.symmetric))
        case .sha1: Array(HMAC<Insecure.SHA1>.authenticationCode(for: message, using: key.symmetric))
        case .sha256: Array(HMAC<SHA256>.authenticationCode(for: message, using: key.symmetric))
        case .sha384: Array(HMAC<SHA384>.authenticationCode(for: message, using: key.symmetric))
        case .sha512: Array(HMAC<SHA512>.authenticationCode(for: message, using: key.symmetric))
        }
    }
}

/// Comparison of secrets.
enum ConstantTime {
    /// Whether two texts are the same, in a time that depends on their lengths alone.
    static func areEqual(_ one: some Collection<UInt8>, _ other: some Collection<UInt8>) -> Bool {
        guard one.count == other.count else { return false }
        var difference: UInt8 = 0
        for (left, right) in zip(one, other) { difference |= left ^ right }
        return difference == 0
    }

    /// Whether two texts are the same, in a time that depends on their lengths alone.
    static func areEqual(_ one: String, _ other: String) -> Bool { areEqual(one.utf8, other.utf8) }
}

extension [UInt8] {
    /// Appends the bytes of a key, for schemes that hash it along with the message.
    mutating func append(_ key: SecretKey) {
        key.symmetric.withUnsafeBytes { append(contentsOf: $0) }
    }

    /// Appends the bytes of a text.
    mutating func append(_ text: some StringProtocol) { append(contentsOf: text.utf8) }
}
