import Quantities

/// What a response was for, as far as conformance is concerned.
package enum ResourceKind: Sendable, Hashable {
    /// An HLS multivariant playlist.
    case multivariantPlaylist
    /// An HLS media playlist.
    case mediaPlaylist
    /// A DASH MPD.
    case mpd
    /// A manifest that has not been read yet, of either format.
    case manifest
    /// A segment index.
    case index
    /// An initialization section.
    case initialization
    /// A media segment or part.
    case segment(MediaKind)
    /// A key, a step of a journey and anything else.
    case other
}

/// What is known of a response and what was expected of it.
///
/// Only complete responses are looked at: of a transfer that failed the transport tells.
package struct TransferFacts: Sendable {
    /// What it was for.
    package var kind: ResourceKind
    /// The HTTP status.
    package var status: Int
    /// The bytes of the body as they crossed the wire.
    package var bytes: Int64
    /// The response's `Content-Type`, as it came.
    package var contentType: String?
    /// The response's `Content-Encoding`, as it came.
    package var contentEncoding: String?
    /// The response's `Cache-Control`, as it came.
    package var cacheControl: String?
    /// The response's `Age`.
    package var age: TimeAmount?
    /// The first bytes of the body after content decoding, where they were kept; sixteen are enough.
    package var prefix: [UInt8]
    /// The part of the resource that was asked for.
    package var range: ByteRange?
    /// For a live playlist its target duration, for a live MPD its update period; nil for everything else.
    package var updateInterval: TimeAmount?
    /// True when a blocking reload was answered: its Age says nothing.
    package var isBlockingReload = false
    /// The media time a segment carries; zero for everything else.
    package var mediaDuration: TimeAmount = .zero
    /// EXT-X-BITRATE of the segment, where given.
    package var declaredBitRate: BitRate?
    /// From the begin to the first byte and to the last.
    package var firstByte: TimeAmount = .zero
    package var total: TimeAmount = .zero
    /// True when neither the viewer's link nor the server's making of the segment (chunks of a segment that is not done)
    /// held the transfer up.
    package var isAtFullSpeed = false
    /// False when a segment was asked for that may rightly be gone, or not be there yet.
    package var isExpected = true
    /// A name for sentences: the resource's URI; tokens are left out when it is shown.
    package var uri = ""

    /// Creates facts; what is not known stays at its default.
    package init(
        kind: ResourceKind, status: Int, bytes: Int64, contentType: String? = nil, contentEncoding: String? = nil,
        cacheControl: String? = nil, age: TimeAmount? = nil, prefix: [UInt8] = [], range: ByteRange? = nil
    ) {
        self.kind = kind
        self.status = status
        self.bytes = bytes
        self.contentType = contentType
        self.contentEncoding = contentEncoding
        self.cacheControl = cacheControl
        self.age = age
        self.prefix = prefix
        self.range = range
    }
}
