import Quantities

/// One media segment.
package struct ReportSegment: Sendable, Hashable, Codable {
    /// The HLS media sequence number; the DASH `$Number$`, or the position counted from one.
    package var sequence: Int64
    /// Seconds: for DASH on the presentation's timeline, for HLS from the begin of the playlist.
    package var start: Seconds
    /// Seconds.
    package var duration: Seconds
    /// The resolved URI.
    package var uri: String
    /// The part of the resource; absent means all of it.
    package var byteRange: ReportByteRange?
    /// What must be fetched once before it.
    package var initialization: ReportInitialization?
    /// The keys it is encrypted with, one for each KEYFORMAT.
    package var keys: [ReportKey]
    /// The HLS discontinuity sequence number; for DASH the position of the period.
    package var discontinuitySequence: Int64
    /// True when its discontinuity sequence number differs from that of the segment before it, or, for the first, from
    /// the playlist's EXT-X-DISCONTINUITY-SEQUENCE.
    package var isDiscontinuity: Bool
    /// True when nothing can be fetched (EXT-X-GAP).
    package var isGap: Bool
    /// When its first frame was taken (EXT-X-PROGRAM-DATE-TIME, given or carried on).
    package var programDateTime: Timestamp?
    /// The title in EXTINF.
    package var title: String?
    /// EXT-X-BITRATE in bit/s.
    package var declaredBitRate: Int64?
    /// From when on it can be fetched (dynamic DASH): the end of its time, less `availabilityTimeOffset`.
    package var availableFrom: Timestamp?
    /// Until when it can be fetched (dynamic DASH with `timeShiftBufferDepth`).
    package var availableUntil: Timestamp?
}

/// A run of bytes of a resource.
package struct ReportByteRange: Sendable, Hashable, Codable {
    /// The offset of the first byte.
    package var offset: Int64
    /// The number of bytes; absent means to the end.
    package var length: Int64?

    /// Creates the same range.
    package init(_ range: ByteRange) {
        offset = range.offset
        length = range.length
    }

    /// Creates a range.
    package init(offset: Int64, length: Int64?) {
        self.offset = offset
        self.length = length
    }
}

/// An initialization section (HLS EXT-X-MAP, DASH Initialization).
package struct ReportInitialization: Sendable, Hashable, Codable {
    /// The resolved URI.
    package var uri: String
    /// The part of the resource; absent means all of it.
    package var range: ReportByteRange?
}

/// An HLS key (EXT-X-KEY, EXT-X-SESSION-KEY).
package struct ReportKey: Sendable, Hashable, Codable {
    /// METHOD, such as `AES-128`.
    package var method: String
    /// The resolved URI.
    package var uri: String?
    /// KEYFORMAT; `identity` where not given.
    package var format: String
    /// KEYFORMATVERSIONS.
    package var versions: String?
    /// IV as written; absent means the media sequence number.
    package var iv: String?
}

/// An HLS EXT-X-PART.
package struct ReportPart: Sendable, Hashable, Codable {
    /// The media sequence number of its segment.
    package var sequence: Int64
    /// Its position in the segment, from 0.
    package var index: Int
    /// Seconds from the begin of the playlist.
    package var start: Seconds
    /// Seconds.
    package var duration: Seconds
    /// The resolved URI.
    package var uri: String
    /// The part of the resource; absent means all of it.
    package var byteRange: ReportByteRange?
    /// INDEPENDENT=YES.
    package var isIndependent: Bool
    /// GAP=YES.
    package var isGap: Bool
    /// What must be fetched once before it.
    package var initialization: ReportInitialization?
    /// The key it is encrypted with.
    package var key: ReportKey?
    /// The discontinuity sequence number of its segment.
    package var discontinuitySequence: Int64
    /// When its first frame was taken.
    package var programDateTime: Timestamp?
}
