import Crypto
import CryptoExtras

/// A key of a pair: a private key that signs and checks, or a public key that only checks.
package struct AsymmetricKey: Sendable {
    /// The algorithm that a key is for.
    package enum Kind: Hashable, Sendable {
        /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 section 8.2); 2048 bits or more.
        case rsa
        /// ECDSA on P-256 with SHA-256; signatures are `r || s`, 64 bytes (RFC 7518 section 3.4).
        case p256
        /// Ed25519 (RFC 8032).
        case ed25519

        /// What a key of this kind must be, for people.
        var expectation: String {
            switch self {
            case .rsa: "it must be an RSA key of 2048 bits or more in PEM, private to sign or public to check"
            case .p256: "it must be a P-256 key in PEM, private to sign or public to check"
            case .ed25519:
                "it must be an Ed25519 key in PEM, private to sign or public to check, or a seed of 32 bytes in base64 or hex"
            }
        }
    }

    private enum Halves: Sendable {
        case rsa(_RSA.Signing.PrivateKey?, _RSA.Signing.PublicKey)
        case p256(P256.Signing.PrivateKey?, P256.Signing.PublicKey)
        case ed25519(Curve25519.Signing.PrivateKey?, Curve25519.Signing.PublicKey)
    }

    private let halves: Halves

    /// Reads a key: PEM (PKCS#1, SEC1, PKCS#8 or SubjectPublicKeyInfo), or for Ed25519 the seed of 32 bytes in base64 or
    /// hexadecimal digits.
    ///
    /// Line breaks written as `\n`, as variables often have them, are read as such.
    ///
    /// - Throws: ``TokenError/invalidKey(_:)`` when it is no such key, is encrypted or is a certificate.
    package init(_ kind: Kind, _ material: KeyMaterial) throws(TokenError) {
        guard let read = try Self.read(kind, material) else { throw .invalidKey(kind.expectation) }
        halves = read
    }

    /// The algorithm that it is for.
    package var kind: Kind {
        switch halves {
        case .rsa: .rsa
        case .p256: .p256
        case .ed25519: .ed25519
        }
    }

    /// True when it is a private key.
    package var canSign: Bool {
        switch halves {
        case .rsa(let key, _): key != nil
        case .p256(let key, _): key != nil
        case .ed25519(let key, _): key != nil
        }
    }

    /// Signs bytes.
    ///
    /// - Throws: ``TokenError/invalidKey(_:)`` when it is a public key.
    package func signature(for message: [UInt8]) throws(TokenError) -> [UInt8] {
        do {
            switch halves {
            case .rsa(let key?, _):
                return Array(
                    try key.signature(for: SHA256.hash(data: message), padding: .insecurePKCS1v1_5).rawRepresentation)
            case .p256(let key?, _): return Array(try key.signature(for: message).rawRepresentation)
            case .ed25519(let key?, _): return Array(try key.signature(for: message))
            case .rsa, .p256, .ed25519: break
            }
        } catch {
            throw .invalidKey("signing with it failed")
        }
        throw .invalidKey("a public key only checks, and signing takes the private one")
    }

    /// Whether a signature is the key's.
    package func isValid(_ signature: [UInt8], for message: [UInt8]) -> Bool {
        switch halves {
        case .rsa(_, let key):
            return key.isValidSignature(
                _RSA.Signing.RSASignature(rawRepresentation: signature), for: SHA256.hash(data: message),
                padding: .insecurePKCS1v1_5)
        case .p256(_, let key):
            guard let read = try? P256.Signing.ECDSASignature(rawRepresentation: signature) else { return false }
            return key.isValidSignature(read, for: message)
        case .ed25519(_, let key): return signature.count == 64 && key.isValidSignature(signature, for: message)
        }
    }
}

extension AsymmetricKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Always `<secret>`.
    package var description: String { "<secret>" }
    /// Always `<secret>`.
    package var debugDescription: String { "<secret>" }
    /// A mirror without children.
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

extension AsymmetricKey {
    private static func read(_ kind: Kind, _ material: KeyMaterial) throws(TokenError) -> Halves? {
        guard material.isPEM else {
            guard kind == .ed25519, let seed = seed(material.trimmedText) else { return nil }
            return (try? Curve25519.Signing.PrivateKey(rawRepresentation: seed)).map { .ed25519($0, $0.publicKey) }
        }
        guard let block = PEMBlock(keyIn: material.trimmedText) else { return nil }
        switch block.label {
        case "CERTIFICATE": throw .invalidKey("it is a certificate, and a key is expected")
        case "ENCRYPTED PRIVATE KEY": throw .invalidKey("it is encrypted, and must be in the clear")
        default: break
        }
        switch kind {
        case .rsa:
            if !block.isPublic {
                return (try? _RSA.Signing.PrivateKey(pemRepresentation: block.text)).map { .rsa($0, $0.publicKey) }
            }
            return (try? _RSA.Signing.PublicKey(pemRepresentation: block.text)).map { .rsa(nil, $0) }
        case .p256:
            if !block.isPublic {
                return (try? P256.Signing.PrivateKey(pemRepresentation: block.text)).map { .p256($0, $0.publicKey) }
            }
            return (try? P256.Signing.PublicKey(pemRepresentation: block.text)).map { .p256(nil, $0) }
        case .ed25519: return ed25519(block)
        }
    }

    /// Reads the fixed DER of Ed25519 keys (RFC 8410 sections 4 and 7), also with attributes or a public key behind.
    private static func ed25519(_ block: PEMBlock) -> Halves? {
        guard let bytes = block.bytes else { return nil }
        let algorithm: [UInt8] = [0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70]
        if block.isPublic {
            guard bytes.count == 44, bytes.starts(with: [0x30, 0x2A] + algorithm + [0x03, 0x21, 0x00]) else {
                return nil
            }
            return (try? Curve25519.Signing.PublicKey(rawRepresentation: bytes[12...])).map { .ed25519(nil, $0) }
        }
        guard bytes.count >= 48, bytes[0] == 0x30, bytes[2] == 0x02, bytes[3] == 0x01, bytes[4] <= 1,
            bytes[5...].starts(with: algorithm + [0x04, 0x22, 0x04, 0x20])
        else { return nil }
        return (try? Curve25519.Signing.PrivateKey(rawRepresentation: bytes[16..<48])).map {
            .ed25519($0, $0.publicKey)
        }
    }

    /// 32 bytes of 64 hexadecimal digits or of 43 digits in base64; the lengths tell which.
    private static func seed(_ text: String) -> [UInt8]? {
        let seed = text.utf8.count == 64 ? Hexadecimal.decode(text.utf8) : Base64.decode(text)
        return seed?.count == 32 ? seed : nil
    }
}

/// A block of PEM text (RFC 7468).
struct PEMBlock {
    /// What it is said to be, such as `PRIVATE KEY`.
    let label: String
    /// Its base64 without line breaks.
    let body: String

    /// Finds the first block that is a key or a certificate; others, such as `EC PARAMETERS`, are passed over.
    init?(keyIn text: String) {
        let opening = "-----BEGIN "
        var label: String?
        var body = ""
        for line in Self.lines(text) {
            if line.hasPrefix(opening), line.hasSuffix("-----") {
                let name = String(line.dropFirst(opening.count).dropLast(5))
                label = name.hasSuffix("KEY") || name == "CERTIFICATE" ? name : nil
                body = ""
            } else if let label, line == "-----END \(label)-----" {
                self.label = label
                self.body = body
                return
            } else if label != nil, !line.utf8.contains(UInt8(ascii: ":")) {
                body += line
            }
        }
        return nil
    }

    /// True when it is a public key.
    var isPublic: Bool { label.hasSuffix("PUBLIC KEY") }

    /// The bytes within; nil when it is not base64.
    var bytes: [UInt8]? { Base64.decode(body) }

    /// The block alone, in lines of 64.
    var text: String {
        var lines = ["-----BEGIN \(label)-----"]
        var rest = Substring(body)
        while !rest.isEmpty {
            lines.append(String(rest.prefix(64)))
            rest = rest.dropFirst(64)
        }
        return (lines + ["-----END \(label)-----", ""]).joined(separator: "\n")
    }

    private static func lines(_ text: String) -> [String] {
        var bytes = Array(text.utf8)
        if !bytes.contains(0x0A) {
            bytes = Array(text.replacing("\\n", with: "\n").utf8)
        }
        return bytes.split(separator: 0x0A).map { line in
            String(decoding: line.filter { $0 != 0x0D && $0 != 0x09 }, as: UTF8.self).trimmingSpaces
        }
    }
}

extension String {
    /// The text without spaces around it.
    fileprivate var trimmingSpaces: String {
        let start = drop { $0 == " " }
        return String(start.reversed().drop { $0 == " " }.reversed())
    }
}
