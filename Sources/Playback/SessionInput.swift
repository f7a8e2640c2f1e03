import Manifests
import Quantities
import Transport

/// What is told to a session.
package enum SessionInput: Sendable {
    /// The viewer presses play; once, first.
    case start
    /// A transfer that the session began has ended.
    case transferFinished(TransferID, TransferReport)
    /// A transfer was sent elsewhere (status 301, 302, 303, 307, 308) and goes on there: the hop counts as a transfer of its own.
    case transferRedirected(TransferID, TransferReport)
    /// A chunk of a segment that is being made while it is fetched is complete.
    case chunkArrived(TransferID, ChunkArrival)
    /// What has arrived so far of a transfer in progress: told before ``wake`` while ``PlayerSession/wantsProgress`` is
    /// true, for ``PlayerSession/progressTransfer``.
    case transferProgress(TransferID, TransferProgress)
    /// What to add to the local clock to have the presentation's, or nil where no source could be asked: the answer to
    /// ``SessionEffect/synchronize(_:base:)``.
    case clockSynchronized(TimeAmount?)
    /// The answer to ``SessionEffect/acquireLicence``.
    case licenceAnswered(LicenceAnswer)
    /// The instant that the session asked to be woken at has come, or passed.
    case wake
    /// The viewer pauses.
    case pause
    /// The viewer plays on after a pause.
    case resume
    /// The viewer jumps to a point of the session's timeline, which is clamped to what there is.
    case seek(to: MediaTime)
    /// The viewer leaves. ``PlayerSettings/leaving`` says what happens to transfers in progress.
    case stop
    /// The viewer leaves and everything in progress is cancelled, whatever the settings say.
    case abort
}

/// How a transfer of a session ended, as its driver saw it.
package struct TransferReport: Sendable {
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

    /// What happened when.
    package var timings: TransferTimings
    /// The HTTP status; 0 when no response began.
    package var status: Int
    /// The label of the error, or `""` for a complete response.
    package var error: String
    /// Body bytes that crossed the wire.
    package var bytes: ByteCount
    /// What the body was.
    package var document: Document
    /// The URI the body came from when it was redirected; nil means the one that was asked for.
    package var finalURI: String?
    /// The peer's address, or `""`.
    package var edge: String
    /// What the response said of the cache.
    package var cache: CacheStatus
    /// The point of presence that the response named, or `""`.
    package var pop: String
    /// The version spoken.
    package var version: HTTPVersion
    /// True when an open connection was used.
    package var connectionReused: Bool
    /// How old the response was when a cache sent it (`Age`), where it says so.
    package var age: TimeAmount?
    /// How long the server wants nothing asked (`Retry-After` in seconds), where it says so.
    package var retryAfter: TimeAmount?
    /// The chunks of a segment that was made while it was fetched.
    package var chunks: ChunkArrivals?

    /// Creates an outcome.
    package init(
        timings: TransferTimings, status: Int, error: String = "", bytes: ByteCount = .zero, document: Document = .none,
        finalURI: String? = nil, edge: String = "", cache: CacheStatus = .unknown, pop: String = "",
        version: HTTPVersion = .http1, connectionReused: Bool = false, age: TimeAmount? = nil,
        retryAfter: TimeAmount? = nil, chunks: ChunkArrivals? = nil
    ) {
        self.timings = timings
        self.status = status
        self.error = error
        self.bytes = bytes
        self.document = document
        self.finalURI = finalURI
        self.edge = edge
        self.cache = cache
        self.pop = pop
        self.version = version
        self.connectionReused = connectionReused
        self.age = age
        self.retryAfter = retryAfter
        self.chunks = chunks
    }

    /// True for a complete response with a status of 200 to 299.
    package var isSuccess: Bool { error.isEmpty && (200..<300).contains(status) }
}

/// What a session wants done.
package enum SessionEffect: Sendable {
    /// Begin a transfer; its end must be told by ``SessionInput/transferFinished(_:_:)``.
    case begin(TransferID, SessionRequest)
    /// Cancel a transfer; its end must still be told.
    case cancel(TransferID)
    /// Find out how the local clock differs from the presentation's, by the first of these sources that answers;
    /// references are relative to `base`. Once per run and host, not per session.
    ///
    /// Must be answered by ``SessionInput/clockSynchronized(_:)``, never from inside ``PlayerSession/handle(_:at:effects:)``.
    case synchronize([UTCTiming], base: String)
    /// Ask for a licence; only where ``PlayerSettings/requestsLicences`` is set, and once.
    ///
    /// Must be answered by ``SessionInput/licenceAnswered(_:)``, never from inside
    /// ``PlayerSession/handle(_:at:effects:)``.
    case acquireLicence
    /// Something happened.
    case report(TimedEvent)
}

/// A transfer that a session wants.
package struct SessionRequest: Sendable {
    /// How the body is to be read.
    package enum Reading: Sendable {
        /// Counted and thrown away.
        case discard
        /// Counted and thrown away, and its CMAF chunks told one by one as they arrive.
        case chunks
        /// Decoded as a playlist or MPD; `variables` are those that a media playlist may import.
        case manifest(variables: [String: String])
        /// Decoded as a new version of what is held, whole or in part.
        case update(of: DecodedManifest, variables: [String: String])
        /// Decoded as a steering server's answer.
        case steering
        /// Decoded as the asset list of an interstitial.
        case assetList
        /// Decoded as a segment index; the offset is where the fetched bytes begin in the file.
        case segmentIndex(IndexedMedia, offset: Int64)
    }

    /// What it is for.
    package var kind: TransferKind
    /// The absolute URI.
    package var uri: String
    /// The part of the resource that is wanted; nil means all of it.
    package var byteRange: ByteRange?
    /// How the body is to be read.
    package var reading: Reading
    /// When it should have begun.
    package var due: Instant
    /// What is wanted, when it is a segment, a part or a chunked segment; nil for everything else.
    package var media: WantedMedia?
    /// What the server is asked to wait for (blocking reload of a playlist); nil when it is not.
    package var awaited: PlaylistPosition?
    /// What the player tells the server with it; nil where ``PlayerSettings/cmcd`` wants nothing told.
    ///
    /// The driver puts it where the settings say; it is no part of the URI that things are known by.
    package var telemetry: CMCDReport?
    /// What is wanted by its place in the presentation; nil for what has none there, such as the manifest.
    package var resource: ResourceReference?

    /// Creates a request.
    package init(kind: TransferKind, uri: String, byteRange: ByteRange?, reading: Reading, due: Instant) {
        self.kind = kind
        self.uri = uri
        self.byteRange = byteRange
        self.reading = reading
        self.due = due
    }
}

/// A resource by its place in the presentation: tells resources apart without making their URIs.
package struct ResourceReference: Sendable, Hashable {
    /// The positions of period, switching set and track in the document.
    package var period: Int32
    package var set: Int32
    package var track: Int32
    /// The number of the segment; 0 for what is no segment.
    package var sequence: Int64
    /// The position in its segment, for a part; -1 for others.
    package var part: Int32

    /// Creates a reference.
    package init(period: Int, set: Int, track: Int, sequence: Int64 = 0, part: Int? = nil) {
        self.period = Int32(clamping: period)
        self.set = Int32(clamping: set)
        self.track = Int32(clamping: track)
        self.sequence = sequence
        self.part = part.map { Int32(clamping: $0) } ?? -1
    }
}
