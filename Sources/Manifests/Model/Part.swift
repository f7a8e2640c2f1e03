import Quantities

/// HLS `EXT-X-PART` (rfc8216bis section 4.4.4.9): a piece of a segment that can be fetched before the segment is done.
package struct Part: Sendable, Hashable {
    /// The media sequence number of its segment.
    package var sequence: Int64
    /// Its position in the segment, from 0.
    package var index: Int
    /// Where it begins, from the begin of its playlist.
    package var start: MediaTime
    /// How long it plays; longer than zero.
    package var duration: TimeAmount
    /// The reference to fetch it by.
    package var uri: String
    /// The part of the resource; nil means all of it.
    package var byteRange: ByteRange?
    /// INDEPENDENT=YES: a player may start or switch here.
    package var isIndependent: Bool
    /// GAP=YES: it cannot be fetched.
    package var isGap: Bool
    /// What must be fetched once before it.
    package var initialization: InitializationSection?
    /// The key it is encrypted with.
    package var key: EncryptionKey?
    /// The discontinuity sequence number of its segment.
    package var discontinuity: Int64
    /// When its first frame was taken, where the playlist tells.
    package var programDateTime: WallTime?

    /// Creates a part.
    package init(
        sequence: Int64, index: Int, start: MediaTime, duration: TimeAmount, uri: String,
        byteRange: ByteRange? = nil, isIndependent: Bool = false, isGap: Bool = false,
        initialization: InitializationSection? = nil, key: EncryptionKey? = nil, discontinuity: Int64 = 0,
        programDateTime: WallTime? = nil
    ) {
        self.sequence = sequence
        self.index = index
        self.start = start
        self.duration = duration
        self.uri = uri
        self.byteRange = byteRange
        self.isIndependent = isIndependent
        self.isGap = isGap
        self.initialization = initialization
        self.key = key
        self.discontinuity = discontinuity
        self.programDateTime = programDateTime
    }

    /// Where it ends.
    package var end: MediaTime { start + duration }
}

/// HLS `EXT-X-PRELOAD-HINT` (rfc8216bis section 4.4.5.3).
package struct PreloadHint: Sendable, Hashable {
    /// TYPE.
    package enum Kind: String, Sendable, Codable {
        case part = "PART"
        case map = "MAP"
    }

    /// What will come.
    package var kind: Kind
    /// The reference to fetch it by.
    package var uri: String
    /// BYTERANGE-START; 0 where not given.
    package var rangeStart: Int64
    /// BYTERANGE-LENGTH; nil means to the end.
    package var rangeLength: Int64?

    /// Creates a hint.
    package init(kind: Kind, uri: String, rangeStart: Int64 = 0, rangeLength: Int64? = nil) {
        self.kind = kind
        self.uri = uri
        self.rangeStart = rangeStart
        self.rangeLength = rangeLength
    }
}

/// HLS `EXT-X-RENDITION-REPORT` (rfc8216bis section 4.4.5.4): how far another media playlist is.
package struct RenditionReport: Sendable, Hashable {
    /// The other playlist, relative to this one.
    package var uri: String
    /// LAST-MSN; nil means as in the playlist it stands in.
    package var lastSequence: Int64?
    /// LAST-PART; nil means as in the playlist it stands in.
    package var lastPart: Int?

    /// Creates a report.
    package init(uri: String, lastSequence: Int64? = nil, lastPart: Int? = nil) {
        self.uri = uri
        self.lastSequence = lastSequence
        self.lastPart = lastPart
    }
}

/// HLS `EXT-X-SERVER-CONTROL` (rfc8216bis section 4.4.3.8).
package struct ServerControl: Sendable, Hashable {
    /// CAN-SKIP-UNTIL: how far behind the end segments may be left out of delta updates.
    package var canSkipUntil: TimeAmount?
    /// CAN-SKIP-DATERANGES=YES.
    package var canSkipDateRanges = false
    /// HOLD-BACK.
    package var holdBack: TimeAmount?
    /// PART-HOLD-BACK.
    package var partHoldBack: TimeAmount?
    /// CAN-BLOCK-RELOAD=YES.
    package var canBlockReload = false

    /// Creates a server control of which nothing is given.
    package init() {}
}

/// HLS `EXT-X-SKIP` (rfc8216bis section 4.4.5.2): what a delta update leaves out.
package struct PlaylistSkip: Sendable, Hashable {
    /// SKIPPED-SEGMENTS: so many segments from the media sequence number on.
    package var segments: Int
    /// RECENTLY-REMOVED-DATERANGES.
    package var removedDateRanges: [String]

    /// Creates a skip.
    package init(segments: Int, removedDateRanges: [String] = []) {
        self.segments = segments
        self.removedDateRanges = removedDateRanges
    }
}

/// Where an advertisement break begins or ends by one of the tags that packagers write beside the standard ones
/// (`EXT-X-CUE-OUT`, `EXT-X-CUE-IN`, `EXT-X-SCTE35`, `EXT-OATCLS-SCTE35`).
package struct AdMarker: Sendable, Hashable {
    /// Begin, in the middle, or end.
    package enum Kind: String, Sendable, Codable {
        case out
        case continued
        case `in`
    }

    /// Which of them.
    package var kind: Kind
    /// The media sequence number of the segment that follows the tag.
    package var sequence: Int64
    /// The break's announced duration, where given.
    package var duration: TimeAmount?

    /// Creates a marker.
    package init(kind: Kind, sequence: Int64, duration: TimeAmount? = nil) {
        self.kind = kind
        self.sequence = sequence
        self.duration = duration
    }
}
