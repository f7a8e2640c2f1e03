import Manifests
import Quantities
import Transport

/// How a transfer of a session ended, as its driver saw it.
package struct TransferReport: WordedTransfer {
    /// What the body of a document turned out to be.
    package enum Document: Sendable {
        /// The body was media or a key, or there was none.
        case none
        case manifest(DecodedManifest)
        case segmentIndex(SegmentList)
        case steering(SteeringManifest)
        case assetList(AssetList)
        case unreadable(ManifestError)
    }

    /// What few reports have: out of line, so that all others stay small.
    private struct Rare: Sendable {
        var document = Document.none
        var finalURI: String?
        var age: TimeAmount?
        var retryAfter: TimeAmount?
        var chunks: ChunkArrivals?
    }

    /// What happened when.
    package var timings: TransferTimings
    /// The HTTP status; 0 when no response began.
    package var status: Int
    /// Body bytes that crossed the wire.
    package var bytes: ByteCount
    /// What the response said of the cache.
    package var cache: CacheStatus
    /// The version spoken.
    package var version: HTTPVersion
    /// True when an open connection was used.
    package var connectionReused: Bool
    /// Its error, edge and point of presence.
    package var words: TransferWords
    private var box: OutOfLine<Rare>?

    /// Creates an outcome.
    package init(
        timings: TransferTimings, status: Int, bytes: ByteCount = .zero, cache: CacheStatus = .unknown,
        version: HTTPVersion = .http1, connectionReused: Bool = false, words: TransferWords
    ) {
        self.timings = timings
        self.status = status
        self.bytes = bytes
        self.cache = cache
        self.version = version
        self.connectionReused = connectionReused
        self.words = words
    }

    /// Creates an outcome with words of its own.
    package init(
        timings: TransferTimings, status: Int, error: String = "", bytes: ByteCount = .zero, document: Document = .none,
        finalURI: String? = nil, edge: String = "", cache: CacheStatus = .unknown, pop: String = "",
        version: HTTPVersion = .http1, connectionReused: Bool = false, age: TimeAmount? = nil,
        retryAfter: TimeAmount? = nil, chunks: ChunkArrivals? = nil
    ) {
        self.init(
            timings: timings, status: status, bytes: bytes, cache: cache, version: version,
            connectionReused: connectionReused, words: TransferWords(error: error, edge: edge, pop: pop))
        box = OutOfLine(
            Rare(document: document, finalURI: finalURI, age: age, retryAfter: retryAfter, chunks: chunks))
    }

    /// What the body was.
    package var document: Document {
        get { box?.value.document ?? .none }
        set {
            var rare = box?.value ?? Rare()
            rare.document = newValue
            box = OutOfLine(rare)
        }
    }
    /// The URI the body came from when it was redirected; nil means the one that was asked for.
    package var finalURI: String? { box?.value.finalURI }
    /// How old the response was when a cache sent it (`Age`), where it says so.
    package var age: TimeAmount? { box?.value.age }
    /// How long the server wants nothing asked (`Retry-After` in seconds), where it says so.
    package var retryAfter: TimeAmount? { box?.value.retryAfter }
    /// The chunks of a segment that was made while it was fetched.
    package var chunks: ChunkArrivals? { box?.value.chunks }

    /// True for a complete response with a status of 200 to 299.
    package var isSuccess: Bool { words.isComplete && (200..<300).contains(status) }
}
