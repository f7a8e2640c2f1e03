/// A signed CBOR web token (RFC 8392) in one of two COSE structures (RFC 9052), taken apart and not yet believed.
struct COSEToken: Sendable {
    /// The algorithms (RFC 9053 sections 2.1 and 3.1).
    enum Algorithm: String, Hashable, Sendable, CaseIterable {
        case hs256 = "HS256"
        case es256 = "ES256"

        /// The number in COSE headers.
        var identifier: Int64 { self == .hs256 ? 5 : -7 }
        /// The tag of the structure: COSE_Mac0 or COSE_Sign1.
        fileprivate var tag: UInt64 { self == .hs256 ? 17 : 18 }
        /// The first element of what is signed.
        fileprivate var context: String { self == .hs256 ? "MAC0" : "Signature1" }
    }

    /// The tag of CBOR web tokens.
    private static let webToken: UInt64 = 61
    /// The longest token that is looked at, in bytes.
    private static let longest = 8_192

    /// The tag of the structure, where there is one.
    private let tag: UInt64?
    private let protectedBytes: [UInt8]
    private let protected: CBORValue
    private let unprotected: CBORValue
    private let content: [UInt8]
    private let code: [UInt8]
    /// The claims: a map.
    let claims: CBORValue

    /// Reads a token, with or without its tags; nil when it is none.
    init?(_ bytes: [UInt8]) {
        guard bytes.count <= Self.longest, var value = CBORReader.value(of: bytes) else { return nil }
        if case .tagged(Self.webToken, let inner) = value { value = inner }
        if case .tagged(let tag, let inner) = value {
            guard tag == Algorithm.hs256.tag || tag == Algorithm.es256.tag else { return nil }
            self.tag = tag
            value = inner
        } else {
            tag = nil
        }
        guard let parts = value.elements, parts.count == 4, let first = parts[0].byteString, parts[1].pairs != nil,
            let content = parts[2].byteString, let code = parts[3].byteString,
            let claims = CBORReader.value(of: content), claims.pairs != nil
        else { return nil }
        let protected = first.isEmpty ? CBORValue.map([]) : CBORReader.value(of: first)
        guard let protected, protected.pairs != nil else { return nil }
        protectedBytes = first
        self.protected = protected
        unprotected = parts[1]
        self.content = content
        self.code = code
        self.claims = claims
    }

    /// Signs claims.
    static func bytes(
        _ algorithm: Algorithm, keyID: [UInt8]?, claims: CBORValue, with authenticator: MessageAuthenticator
    ) throws(TokenError) -> [UInt8] {
        let protected = CBORValue.map([.init(.unsigned(1), .integer(algorithm.identifier))]).encoded
        let content = claims.encoded
        let code = try authenticator.code(for: signed(algorithm, protected, content))
        let headers = CBORValue.map(keyID.map { [.init(.unsigned(4), .bytes($0))] } ?? [])
        return CBORValue.tagged(
            webToken, .tagged(algorithm.tag, .array([.bytes(protected), headers, .bytes(content), .bytes(code)]))
        ).encoded
    }

    /// MAC_structure or Sig_structure without external data (RFC 9052 sections 4.4 and 6.3).
    private static func signed(_ algorithm: Algorithm, _ protected: [UInt8], _ content: [UInt8]) -> [UInt8] {
        CBORValue.array([.text(algorithm.context), .bytes(protected), .bytes([]), .bytes(content)]).encoded
    }

    /// The name of the key, from either header.
    var keyID: [UInt8]? { (protected[4] ?? unprotected[4])?.byteString }

    /// The algorithm that the header names.
    var algorithm: Algorithm? {
        let identifier = (protected[1] ?? unprotected[1])?.integer
        return Algorithm.allCases.first { $0.identifier == identifier }
    }

    /// Whether the code is right by the algorithm that was agreed on, whatever the header says.
    ///
    /// A header that names another algorithm, another key or none where one is agreed on, or fields that must be
    /// understood is refused.
    func isAuthentic(_ algorithm: Algorithm, keyID: [UInt8]?, with authenticator: MessageAuthenticator) -> Bool {
        guard self.algorithm == algorithm, tag == nil || tag == algorithm.tag, protected[2] == nil else { return false }
        if let keyID, self.keyID != keyID { return false }
        return authenticator.accepts(code, for: Self.signed(algorithm, protectedBytes, content))
    }
}
