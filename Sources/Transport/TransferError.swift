import Quantities

/// Why a transfer got no complete response.
package enum TransferError: Error, Hashable, Sendable {
    /// The part of a transfer that took too long.
    package enum Phase: String, Sendable, Codable {
        case connect
        case firstByte = "first byte"
        case stalled
        case total
    }

    /// The URI cannot be used: it is no absolute `http` or `https` URI.
    case badURI
    /// The host is not on the list of hosts that may be contacted.
    case hostNotAllowed(host: String)
    /// The host name has no address.
    case nameLookup(host: String)
    /// No connection: refused, unreachable or reset while connecting.
    case connect(detail: String)
    /// The TLS handshake failed for another reason than the certificate.
    case tls(detail: String)
    /// The server's certificate does not verify.
    case certificate(detail: String)
    /// A limit of ``TransferTimeouts`` was reached.
    case timeout(Phase)
    /// The connection ended in the middle of a response, after so many bytes of the body.
    case truncated(received: ByteCount)
    /// More bytes than the request wanted to keep.
    case bodyTooLarge(limit: ByteCount)
    /// What came was not HTTP, or broke its rules.
    case malformedResponse(detail: String)
    /// The transfer was cancelled by its owner, after so many bytes of the body.
    case cancelled(received: ByteCount)
    /// The transport cannot do what was asked, such as HTTP/3 with a library that has none.
    case unsupported(detail: String)
    /// Anything else the library reported; `code` is its number.
    case other(code: Int, detail: String)

    /// A short, stable word for counting, such as `timeout-connect`.
    package var label: String {
        switch self {
        case .badURI: "bad-uri"
        case .hostNotAllowed: "host-not-allowed"
        case .nameLookup: "name-lookup"
        case .connect: "connect"
        case .tls: "tls"
        case .certificate: "certificate"
        case .timeout(.connect): "timeout-connect"
        case .timeout(.firstByte): "timeout-first-byte"
        case .timeout(.stalled): "timeout-stalled"
        case .timeout(.total): "timeout-total"
        case .truncated: "truncated"
        case .bodyTooLarge: "body-too-large"
        case .malformedResponse: "malformed-response"
        case .cancelled: "cancelled"
        case .unsupported: "unsupported"
        case .other: "other"
        }
    }
}
