import Manifests
import Quantities

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
        indirect case update(of: DecodedManifest, variables: [String: String])
        /// Decoded as a steering server's answer.
        case steering
        /// Decoded as the asset list of an interstitial.
        case assetList
        /// Decoded as a segment index; the offset is where the fetched bytes begin in the file.
        indirect case segmentIndex(IndexedMedia, offset: Int64)

        var isUpdate: Bool {
            if case .update = self { true } else { false }
        }
    }

    /// What few requests of a modelled session have: out of line, so that those stay small.
    package struct Details: Sendable {
        /// The part of the resource that is wanted; nil means all of it.
        package var byteRange: ByteRange?
        /// What is wanted, when it is a segment, a part or a chunked segment; nil for everything else.
        package var media: WantedMedia?
        /// What the server is asked to wait for (blocking reload of a playlist); nil when it is not.
        package var awaited: PlaylistPosition?
        /// What the player tells the server with it; nil where ``PlayerSettings/cmcd`` wants nothing told.
        ///
        /// The driver puts it where the settings say; it is no part of the URI that things are known by.
        package var telemetry: CMCDReport?

        /// Creates details.
        package init(byteRange: ByteRange? = nil, awaited: PlaylistPosition? = nil) {
            self.byteRange = byteRange
            self.awaited = awaited
        }

        var isEmpty: Bool { byteRange == nil && media == nil && awaited == nil && telemetry == nil }
    }

    /// What it is for.
    package var kind: TransferKind
    /// The absolute URI.
    package var uri: String
    /// How the body is to be read.
    package var reading: Reading
    /// When it should have begun.
    package var due: Instant
    /// What is wanted by its place in the presentation; nil for what has none there, such as the manifest.
    package var resource: ResourceReference?
    private var box: OutOfLine<Details>?

    /// Creates a request.
    package init(
        kind: TransferKind, uri: String, reading: Reading, due: Instant, resource: ResourceReference? = nil,
        details: Details = Details()
    ) {
        self.kind = kind
        self.uri = uri
        self.reading = reading
        self.due = due
        self.resource = resource
        box = details.isEmpty ? nil : OutOfLine(details)
    }

    /// What else is to be known of it.
    package var details: Details {
        get { box?.value ?? Details() }
        set { box = newValue.isEmpty ? nil : OutOfLine(newValue) }
    }
    /// As ``Details/byteRange``.
    package var byteRange: ByteRange? { box?.value.byteRange }
    /// As ``Details/media``.
    package var media: WantedMedia? { box?.value.media }
    /// As ``Details/awaited``.
    package var awaited: PlaylistPosition? { box?.value.awaited }
    /// As ``Details/telemetry``.
    package var telemetry: CMCDReport? { box?.value.telemetry }
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
