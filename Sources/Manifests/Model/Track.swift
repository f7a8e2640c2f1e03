import Quantities

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
    /// Where its segments are listed.
    package var media: MediaSource
    /// The places where the same track can be had, the document's first choice first; empty only for muxed renditions.
    package var locations: [TrackLocation]
    /// What the document's own query string adds to each segment's URI (DASH UrlQueryInfo); nil for nothing.
    package var query: SegmentQuery?
    /// What only some players look at.
    package var details: TrackDetails

    /// Creates a track.
    package init(
        id: String, bitRate: BitRate, averageBitRate: BitRate? = nil, codecs: String = "", width: Int = 0,
        height: Int = 0, frameRate: Double = 0, media: MediaSource, locations: [TrackLocation],
        query: SegmentQuery? = nil, details: TrackDetails = TrackDetails()
    ) {
        self.id = id
        self.bitRate = bitRate
        self.averageBitRate = averageBitRate
        self.codecs = codecs
        self.width = width
        self.height = height
        self.frameRate = frameRate
        self.media = media
        self.locations = locations
        self.query = query
        self.details = details
    }

    /// The GROUP-ID of the audio renditions that go with this HLS variant at its first location; nil where audio is
    /// muxed in or chosen freely.
    package var audioGroup: String? { locations.first?.audioGroup }
    /// The GROUP-ID of the subtitle renditions that go with this HLS variant at its first location.
    package var subtitleGroup: String? { locations.first?.subtitleGroup }
}

/// One of the places where a track can be had: an HLS pathway or redundant variant, a choice of DASH BaseURLs.
package struct TrackLocation: Sendable, Hashable {
    /// What a steering server and reports call it: HLS PATHWAY-ID, DASH `serviceLocation`.
    ///
    /// A DASH BaseURL without one is called by its own text. HLS variants that differ in nothing but their URI are
    /// redundant: the first has the pathway's name (`.` by default), the others that name with `#2`, `#3` and so on.
    package var name: String
    /// `dvb:priority`: lower ones first; 1 where not given.
    package var priority: Int
    /// `dvb:weight` among those of equal priority; 1 where not given.
    package var weight: Int
    /// References to resolve one against the other, the first against the document's own URI.
    ///
    /// For HLS the media playlist; for DASH the BaseURLs from the outermost to the innermost, against the last of which
    /// segment URIs are resolved; empty means the MPD itself.
    package var references: [String]
    /// The GROUP-ID of the audio renditions that go with this HLS variant here.
    package var audioGroup: String?
    /// The GROUP-ID of the subtitle renditions that go with this HLS variant here.
    package var subtitleGroup: String?

    /// Creates a location.
    package init(
        name: String = ".", priority: Int = 1, weight: Int = 1, references: [String], audioGroup: String? = nil,
        subtitleGroup: String? = nil
    ) {
        self.name = name
        self.priority = priority
        self.weight = weight
        self.references = references
        self.audioGroup = audioGroup
        self.subtitleGroup = subtitleGroup
    }

    /// The absolute URI: the media playlist of HLS, or what DASH segment URIs are resolved against.
    ///
    /// - Parameter document: The URI that the manifest came from.
    /// - Returns: The references resolved one against the other.
    package func resolved(against document: String) -> String {
        references.reduce(document) { URIReference.resolve($1, against: $0) }
    }
}

/// What a track says beside its bit rate and picture; absent values are nil or empty.
package struct TrackDetails: Sendable, Hashable {
    /// HLS EXT-X-MEDIA TYPE, such as `CLOSED-CAPTIONS`; empty for variants and DASH.
    package var type = ""
    /// HLS NAME or DASH Label.
    package var name = ""
    /// HLS ASSOC-LANGUAGE.
    package var associatedLanguage = ""
    /// HLS AUTOSELECT.
    package var isAutoselect = false
    /// HLS FORCED.
    package var isForced = false
    /// HLS INSTREAM-ID.
    package var instreamID = ""
    /// HLS CHARACTERISTICS, or DASH Accessibility values.
    package var characteristics: [String] = []
    /// HLS CHANNELS or DASH AudioChannelConfiguration@value.
    package var channels = ""
    /// HLS BIT-DEPTH.
    package var bitDepth: Int?
    /// Samples per second (HLS SAMPLE-RATE, DASH audioSamplingRate).
    package var sampleRate: Int?
    /// HLS STABLE-VARIANT-ID or STABLE-RENDITION-ID.
    package var stableID = ""
    /// HLS SCORE.
    package var score: Double?
    /// HLS SUPPLEMENTAL-CODECS, DASH scte214:supplementalCodecs.
    package var supplementalCodecs = ""
    /// HLS HDCP-LEVEL.
    package var hdcpLevel = ""
    /// HLS ALLOWED-CPC.
    package var allowedCPC = ""
    /// HLS VIDEO-RANGE.
    package var videoRange = ""
    /// HLS REQ-VIDEO-LAYOUT.
    package var videoLayout = ""
    /// HLS VIDEO group.
    package var videoGroup: String?
    /// HLS CLOSED-CAPTIONS group, or `NONE`.
    package var closedCaptionsGroup: String?
    /// DASH mimeType.
    package var mimeType = ""
    /// DASH qualityRanking.
    package var qualityRanking: Int?

    /// Creates details of which nothing is given.
    package init() {}
}

/// DASH UrlQueryInfo (ISO/IEC 23009-1 annex I): parameters that segment requests carry.
package struct SegmentQuery: Sendable, Hashable {
    /// `queryTemplate`: `$querypart$` stands for the whole query, `$query:name$` for one parameter of it.
    package var template: String
    /// `queryString`: parameters that are given in the document itself.
    package var parameters: String
    /// `useMPDUrlQuery`: the query of the MPD's own URI counts too.
    package var usesManifestQuery: Bool
    /// `sameOriginOnly`: only segments from the MPD's own scheme, host and port get it.
    package var isSameOriginOnly: Bool

    /// Creates a query.
    package init(
        template: String, parameters: String = "", usesManifestQuery: Bool = false, isSameOriginOnly: Bool = false
    ) {
        self.template = template
        self.parameters = parameters
        self.usesManifestQuery = usesManifestQuery
        self.isSameOriginOnly = isSameOriginOnly
    }
}
