import Quantities

/// The format that a manifest is written in.
package enum ManifestFormat: String, Sendable, Codable {
    case hls
    case dash
}

/// What a viewer can choose from: an HLS multivariant playlist or a DASH MPD, decoded once and shared by all sessions.
///
/// URIs stand as written, relative to the document they came in, because every viewer may have fetched it by another
/// URI (tokens in the path); a session resolves them when it makes the request (``MediaSource``).
package final class Presentation: Sendable {
    /// The format of the document.
    package let format: ManifestFormat
    /// The periods in order of time; HLS has exactly one, starting at zero.
    package let periods: [Period]
    /// True for a dynamic MPD.
    ///
    /// An HLS presentation is live when its media playlists say so; here it is false.
    package let isDynamic: Bool
    /// The timing of a dynamic MPD; nil for static ones and for HLS.
    package let dynamicTiming: DynamicTiming?
    /// The duration of the whole, where the document says it.
    package let duration: TimeAmount?
    /// DASH `minBufferTime`; nil for HLS.
    package let minimumBufferTime: TimeAmount?
    /// HLS `EXT-X-START`, where given.
    package let startOffset: StartOffset?
    /// What is wrong or doubtful about the document.
    package let findings: [Finding]

    /// Creates a presentation.
    package init(
        format: ManifestFormat, periods: [Period], isDynamic: Bool = false, dynamicTiming: DynamicTiming? = nil,
        duration: TimeAmount? = nil, minimumBufferTime: TimeAmount? = nil, startOffset: StartOffset? = nil,
        findings: [Finding] = []
    ) {
        self.format = format
        self.periods = periods
        self.isDynamic = isDynamic
        self.dynamicTiming = dynamicTiming
        self.duration = duration
        self.minimumBufferTime = minimumBufferTime
        self.startOffset = startOffset
        self.findings = findings
    }
}

/// A stretch of a presentation with one set of tracks (DASH Period).
package struct Period: Sendable {
    /// The identifier, or `""`.
    package var id: String
    /// Where the period begins on the presentation's timeline.
    package var start: MediaTime
    /// How long it lasts; nil for the last period of a live presentation.
    package var duration: TimeAmount?
    /// The switching sets, in the document's order.
    package var switchingSets: [SwitchingSet]

    /// Creates a period.
    package init(id: String = "", start: MediaTime = .zero, duration: TimeAmount? = nil, switchingSets: [SwitchingSet])
    {
        self.id = id
        self.start = start
        self.duration = duration
        self.switchingSets = switchingSets
    }

    /// Where the period ends, if that is known.
    package var end: MediaTime? { duration.map { start + $0 } }
}

/// What kind of media a track carries.
package enum MediaKind: UInt8, Sendable, Codable, CaseIterable {
    /// Video, or video and audio in one.
    case video
    /// Audio apart from video.
    case audio
    /// Subtitles or captions apart.
    case subtitles
    /// Anything else, such as thumbnails; never played.
    case other
}

/// Tracks that a player may switch between at segment boundaries (CMAF switching set; HLS variants or one rendition
/// group; DASH AdaptationSet).
package struct SwitchingSet: Sendable {
    /// The identifier in the document: AdaptationSet@id, or the HLS GROUP-ID; `""` for HLS variants.
    ///
    /// Renditions of an HLS group differ in language or role, so each is a set of its own with the group's identifier;
    /// the one to play is the group's default, else its first.
    package var id: String
    /// What it carries.
    package var kind: MediaKind
    /// The language tag, or `""`.
    package var language: String
    /// True for the one that a player takes when nobody chooses (HLS DEFAULT=YES, DASH Role main).
    package var isDefault: Bool
    /// The tracks in the document's order; never empty.
    package var tracks: [Track]

    /// Creates a switching set.
    package init(id: String = "", kind: MediaKind, language: String = "", isDefault: Bool = false, tracks: [Track]) {
        self.id = id
        self.kind = kind
        self.language = language
        self.isDefault = isDefault
        self.tracks = tracks
    }
}

/// One encoding of the content (HLS variant or rendition, DASH Representation).
package struct Track: Sendable {
    /// The identifier: Representation@id; for HLS the rendition's NAME, or for variants their position from `"0"`.
    package var id: String
    /// The declared bit rate (HLS BANDWIDTH, the peak with its audio group; DASH @bandwidth); zero where none is declared.
    package var bitRate: BitRate
    /// The declared average bit rate (HLS AVERAGE-BANDWIDTH), where given.
    package var averageBitRate: BitRate?
    /// The codecs string, or `""`.
    package var codecs: String
    /// The picture's width in pixels; 0 where not given.
    package var width: Int
    /// The picture's height in pixels; 0 where not given.
    package var height: Int
    /// Frames per second; 0 where not given.
    package var frameRate: Double
    /// The GROUP-ID of the audio renditions that go with this HLS variant; nil where audio is muxed in or chosen freely.
    package var audioGroup: String?
    /// The GROUP-ID of the subtitle renditions that go with this HLS variant.
    package var subtitleGroup: String?
    /// Where its segments are.
    package var media: MediaSource

    /// Creates a track.
    package init(
        id: String, bitRate: BitRate, averageBitRate: BitRate? = nil, codecs: String = "", width: Int = 0,
        height: Int = 0, frameRate: Double = 0, audioGroup: String? = nil, subtitleGroup: String? = nil,
        media: MediaSource
    ) {
        self.id = id
        self.bitRate = bitRate
        self.averageBitRate = averageBitRate
        self.codecs = codecs
        self.width = width
        self.height = height
        self.frameRate = frameRate
        self.audioGroup = audioGroup
        self.subtitleGroup = subtitleGroup
        self.media = media
    }
}

/// Where a track's segments are listed.
package enum MediaSource: Sendable {
    /// In an HLS media playlist at this URI (relative to the multivariant playlist).
    case playlist(uri: String)
    /// In the MPD itself. `bases` are its BaseURLs from the outermost to the innermost, as written: resolve each against
    /// the one before it, the first against the MPD's URI, and segment URIs against the last.
    case segments(SegmentList, bases: [String])
    /// In a `sidx` box that must be fetched first (DASH SegmentBase).
    case indexed(IndexedMedia, bases: [String])
    /// Nowhere of its own: the rendition is muxed into the variant (HLS EXT-X-MEDIA without URI).
    case muxed
}

/// A file with a segment index in it (DASH SegmentBase, ISO/IEC 14496-12 `sidx`).
package struct IndexedMedia: Sendable, Hashable {
    /// The file, as a reference against the last base; `""` means the base itself.
    package var uri: String
    /// Where the index is.
    ///
    /// Nil means that it must be looked for from the file's begin.
    package var indexRange: ByteRange?
    /// The initialization section, where it is told apart.
    package var initialization: InitializationSection?
    /// Where the period starts, which the index's own times are counted from.
    package var periodStart: MediaTime
    /// What the index's times begin with (`presentationTimeOffset`), in seconds' nanoseconds.
    package var presentationTimeOffset: TimeAmount

    /// Creates a description of an indexed file.
    package init(
        uri: String, indexRange: ByteRange?, initialization: InitializationSection?, periodStart: MediaTime,
        presentationTimeOffset: TimeAmount = .zero
    ) {
        self.uri = uri
        self.indexRange = indexRange
        self.initialization = initialization
        self.periodStart = periodStart
        self.presentationTimeOffset = presentationTimeOffset
    }
}

/// The timing of a dynamic MPD (ISO/IEC 23009-1 section 5.3.1.2).
package struct DynamicTiming: Sendable, Hashable {
    /// `availabilityStartTime`: the wall time of the timeline's zero.
    package var availabilityStart: WallTime
    /// `minimumUpdatePeriod`; nil means that the MPD will not change.
    package var minimumUpdatePeriod: TimeAmount?
    /// `timeShiftBufferDepth`; nil means that everything stays available.
    package var timeShiftBufferDepth: TimeAmount?
    /// `suggestedPresentationDelay`, or ServiceDescription Latency@target where given.
    package var suggestedDelay: TimeAmount?
    /// `publishTime`.
    package var publishTime: WallTime?
    /// `Location`: where to fetch updates, as written; nil means the same URI.
    package var location: String?
    /// UTCTiming elements in order of preference.
    package var clocks: [UTCTiming]
    /// `maxSegmentDuration`, where given.
    package var maximumSegmentDuration: TimeAmount?

    /// Creates the timing of a dynamic MPD.
    package init(
        availabilityStart: WallTime, minimumUpdatePeriod: TimeAmount? = nil, timeShiftBufferDepth: TimeAmount? = nil,
        suggestedDelay: TimeAmount? = nil, publishTime: WallTime? = nil, location: String? = nil,
        clocks: [UTCTiming] = [], maximumSegmentDuration: TimeAmount? = nil
    ) {
        self.availabilityStart = availabilityStart
        self.minimumUpdatePeriod = minimumUpdatePeriod
        self.timeShiftBufferDepth = timeShiftBufferDepth
        self.suggestedDelay = suggestedDelay
        self.publishTime = publishTime
        self.location = location
        self.clocks = clocks
        self.maximumSegmentDuration = maximumSegmentDuration
    }
}

/// One UTCTiming element: a scheme and its value.
package struct UTCTiming: Sendable, Hashable {
    /// The scheme's URI, such as `urn:mpeg:dash:utc:http-iso:2014`.
    package var scheme: String
    /// A URI or a date, as the scheme says.
    package var value: String

    /// Creates a clock reference.
    package init(scheme: String, value: String) {
        self.scheme = scheme
        self.value = value
    }
}

/// HLS `EXT-X-START` (rfc8216bis section 4.4.2.2).
package struct StartOffset: Sendable, Hashable {
    /// From the begin of the playlist, or from its end when negative.
    package var offset: TimeAmount
    /// PRECISE=YES.
    package var isPrecise: Bool

    /// Creates a start offset.
    package init(offset: TimeAmount, isPrecise: Bool = false) {
        self.offset = offset
        self.isPrecise = isPrecise
    }
}
