import Crypto
import CryptoExtras

/// A key of CloudFront: RSA of 2048 bits or more, or ECDSA on P-256; private to sign, public to check.
struct CloudFrontKey: Sendable {
    /// The hash that is signed.
    enum Hash: String, Hashable, Sendable, CaseIterable {
        case sha1
        case sha256

        /// As `Hash-Algorithm` names it.
        var parameter: String { rawValue.uppercased() }
    }

    private enum Signer: Sendable {
        case rsa(_RSA.Signing.PrivateKey)
        case ecdsa(P256.Signing.PrivateKey)
    }

    private enum Verifier: Sendable {
        case rsa(_RSA.Signing.PublicKey)
        case ecdsa(P256.Signing.PublicKey)
    }

    private let signer: Signer?
    private let verifier: Verifier

    /// Reads a key in PEM.
    ///
    /// - Throws: ``TokenError/invalidKey(_:)`` when it is no such key.
    init(_ material: KeyMaterial) throws(TokenError) {
        let error = TokenError.invalidKey("it must be an RSA key of 2048 bits or more, or a P-256 key, in PEM")
        guard let block = PEMBlock(keyIn: material.trimmedText) else { throw error }
        let text = block.text
        if block.isPublic {
            signer = nil
            if let key = try? _RSA.Signing.PublicKey(pemRepresentation: text) {
                verifier = .rsa(key)
            } else if let key = try? P256.Signing.PublicKey(pemRepresentation: text) {
                verifier = .ecdsa(key)
            } else {
                throw error
            }
        } else if let key = try? _RSA.Signing.PrivateKey(pemRepresentation: text) {
            signer = .rsa(key)
            verifier = .rsa(key.publicKey)
        } else if let key = try? P256.Signing.PrivateKey(pemRepresentation: text) {
            signer = .ecdsa(key)
            verifier = .ecdsa(key.publicKey)
        } else {
            throw error
        }
    }

    /// Signs bytes: PKCS1 v1.5 for RSA, DER for ECDSA.
    ///
    /// - Throws: ``TokenError/invalidKey(_:)`` when it is a public key.
    func signature(of message: [UInt8], _ hash: Hash) throws(TokenError) -> [UInt8] {
        guard let signer else { throw .invalidKey("a public key only checks, and signing takes the private one") }
        do {
            switch hash {
            case .sha1: return try Self.signature(of: Insecure.SHA1.hash(data: message), signer)
            case .sha256: return try Self.signature(of: SHA256.hash(data: message), signer)
            }
        } catch {
            throw .invalidKey("signing with it failed")
        }
    }

    private static func signature(of digest: some Digest, _ signer: Signer) throws -> [UInt8] {
        switch signer {
        case .rsa(let key): Array(try key.signature(for: digest, padding: .insecurePKCS1v1_5).rawRepresentation)
        case .ecdsa(let key): Array(try key.signature(for: digest).derRepresentation)
        }
    }

    /// Whether a signature is the key's.
    func isValid(_ signature: [UInt8], of message: [UInt8], _ hash: Hash) -> Bool {
        switch hash {
        case .sha1: isValid(signature, Insecure.SHA1.hash(data: message))
        case .sha256: isValid(signature, SHA256.hash(data: message))
        }
    }

    private func isValid(_ signature: [UInt8], _ digest: some Digest) -> Bool {
        switch verifier {
        case .rsa(let key):
            return key.isValidSignature(
                _RSA.Signing.RSASignature(rawRepresentation: signature), for: digest, padding: .insecurePKCS1v1_5)
        case .ecdsa(let key):
            guard let read = try? P256.Signing.ECDSASignature(derRepresentation: signature) else { return false }
            return key.isValidSignature(read, for: digest)
        }
    }
}

extension CloudFrontKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Always `<secret>`.
    var description: String { "<secret>" }
    /// Always `<secret>`.
    var debugDescription: String { "<secret>" }
    /// A mirror without children.
    var customMirror: Mirror { Mirror(self, children: [:]) }
}
