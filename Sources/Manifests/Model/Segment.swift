import Quantities

/// One media segment of a track.
package struct Segment: Sendable, Hashable {
    /// Its number: the HLS media sequence number; for DASH its position counted from a number that stays the same when
    /// the MPD is updated ($Number$ where there is one).
    package var sequence: Int64
    /// Where it begins: for DASH on the presentation's timeline, for HLS from the begin of its playlist.
    package var start: MediaTime
    /// How long it plays; longer than zero.
    package var duration: TimeAmount
    /// The reference to fetch it by, as written or as a template gives it.
    package var uri: String
    /// The part of the resource; nil means all of it.
    package var byteRange: ByteRange?
    /// What must be fetched once before it, if anything.
    package var initialization: InitializationSection?
    /// The keys it is encrypted with, one for each KEYFORMAT; empty means none.
    package var keys: [EncryptionKey]
    /// True when nothing can be fetched (HLS EXT-X-GAP).
    package var isGap: Bool
    /// The HLS discontinuity sequence number; for DASH the position of the period.
    package var discontinuity: Int64
    /// When its first frame was taken (HLS EXT-X-PROGRAM-DATE-TIME, given or carried on).
    package var programDateTime: WallTime?
    /// The title behind the duration in EXTINF, or `""`.
    package var title: String
    /// The bit rate that the playlist declares for it (EXT-X-BITRATE), where given.
    package var declaredBitRate: BitRate?

    /// Creates a segment.
    package init(
        sequence: Int64, start: MediaTime, duration: TimeAmount, uri: String, byteRange: ByteRange? = nil,
        initialization: InitializationSection? = nil, keys: [EncryptionKey] = [], isGap: Bool = false,
        discontinuity: Int64 = 0, programDateTime: WallTime? = nil, title: String = "",
        declaredBitRate: BitRate? = nil
    ) {
        self.sequence = sequence
        self.start = start
        self.duration = duration
        self.uri = uri
        self.byteRange = byteRange
        self.initialization = initialization
        self.keys = keys
        self.isGap = isGap
        self.discontinuity = discontinuity
        self.programDateTime = programDateTime
        self.title = title
        self.declaredBitRate = declaredBitRate
    }

    /// The key that a player fetches as a file (KEYFORMAT `identity`); nil means none.
    package var key: EncryptionKey? { keys.first { $0.keyFormat == "identity" && !$0.uri.isEmpty } }

    /// Where it ends.
    package var end: MediaTime { start + duration }
}

/// What a decoder needs before the segments that name it (HLS EXT-X-MAP, DASH Initialization).
package struct InitializationSection: Sendable, Hashable {
    /// The reference to fetch it by.
    package var uri: String
    /// The part of the resource; nil means all of it.
    package var byteRange: ByteRange?

    /// Creates an initialization section.
    package init(uri: String, byteRange: ByteRange? = nil) {
        self.uri = uri
        self.byteRange = byteRange
    }
}

/// An HLS key (EXT-X-KEY).
package struct EncryptionKey: Sendable, Hashable {
    /// METHOD, such as `AES-128`.
    package var method: String
    /// The reference to fetch the key by.
    package var uri: String
    /// KEYFORMAT; `identity` is a file with the key itself, which players fetch.
    package var keyFormat: String
    /// KEYFORMATVERSIONS, or `""`.
    package var keyFormatVersions: String
    /// IV as written, or nil for the media sequence number.
    package var initializationVector: String?

    /// Creates a key.
    package init(
        method: String, uri: String, keyFormat: String = "identity", keyFormatVersions: String = "",
        initializationVector: String? = nil
    ) {
        self.method = method
        self.uri = uri
        self.keyFormat = keyFormat
        self.keyFormatVersions = keyFormatVersions
        self.initializationVector = initializationVector
    }
}
