import Quantities

/// The HTTP version that an exchange used.
package enum HTTPVersion: String, Sendable, Codable, CaseIterable {
    case http1 = "1.1"
    case http2 = "2"
    case http3 = "3"
}

/// How a transfer ended that got a complete response, whatever its status.
package struct TransferResult: Sendable {
    /// The HTTP status, 100 to 599.
    ///
    /// Redirects are not followed: a 3xx is a result like any other.
    package var status: Int
    /// The version that was spoken.
    package var version: HTTPVersion
    /// The bytes of the response body as they crossed the wire (before content decoding), headers not included.
    package var bytes: ByteCount
    /// The kept body after content decoding; empty where it was discarded.
    package var body: [UInt8]
    /// Those response headers the channel was asked to keep, in order of arrival, names in lower case.
    package var headers: [HTTPHeader]
    /// The address of the peer, such as `127.0.0.1` or `2001:db8::1`; empty where it is not known.
    package var remoteAddress: String
    /// True when an earlier connection was used again.
    package var connectionReused: Bool
    /// What happened when.
    package var timings: TransferTimings
    /// How the chunks arrived; nil unless the request wanted them measured.
    package var chunks: ChunkArrivals?

    /// Creates a result.
    package init(
        status: Int, version: HTTPVersion = .http1, bytes: ByteCount = .zero, body: [UInt8] = [],
        headers: [HTTPHeader] = [], remoteAddress: String = "", connectionReused: Bool = false,
        timings: TransferTimings, chunks: ChunkArrivals? = nil
    ) {
        self.status = status
        self.version = version
        self.bytes = bytes
        self.body = body
        self.headers = headers
        self.remoteAddress = remoteAddress
        self.connectionReused = connectionReused
        self.timings = timings
        self.chunks = chunks
    }

    /// The value of the first kept header of that name, given in lower case; nil where there is none.
    package func header(_ name: String) -> String? {
        headers.first { $0.name == name }?.value
    }
}

/// When the steps of a transfer ended.
///
/// Spans count from `begun`; a step that did not happen (an open connection was used again, no TLS) has the value of
/// the step before it.
package struct TransferTimings: Hashable, Sendable, Codable {
    /// When the transfer was begun.
    package var begun: Instant
    /// To the end of the name lookup.
    package var nameLookup: TimeAmount
    /// To the established TCP (or QUIC) connection.
    package var connect: TimeAmount
    /// To the end of the TLS handshake.
    package var tls: TimeAmount
    /// To the first byte of the response.
    package var firstByte: TimeAmount
    /// To the last byte of the response.
    package var total: TimeAmount

    /// Creates timings.
    package init(
        begun: Instant, nameLookup: TimeAmount = .zero, connect: TimeAmount = .zero, tls: TimeAmount = .zero,
        firstByte: TimeAmount = .zero, total: TimeAmount
    ) {
        self.begun = begun
        self.nameLookup = nameLookup
        self.connect = connect
        self.tls = tls
        self.firstByte = firstByte
        self.total = total
    }

    /// When the transfer ended.
    package var ended: Instant { begun + total }
}
