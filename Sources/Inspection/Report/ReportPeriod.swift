import Manifests
import Quantities

/// A stretch of a presentation with one set of tracks.
package struct ReportPeriod: Sendable, Hashable, Codable {
    /// `Period@id`.
    package var id: String?
    /// Seconds on the presentation's timeline.
    package var start: Seconds
    /// Seconds; absent for the last period of a live presentation, and for HLS.
    package var duration: Seconds?
    /// DASH EventStreams.
    package var eventStreams: [ReportEventStream]
    /// The switching sets, in the document's order.
    package var switchingSets: [ReportSwitchingSet]
}

/// A DASH EventStream (ISO/IEC 23009-1 section 5.10.2).
package struct ReportEventStream: Sendable, Hashable, Codable {
    /// `schemeIdUri`.
    package var scheme: String
    /// `value`.
    package var value: String?
    /// The events, in the document's order.
    package var events: [ReportEvent]
}

/// A DASH Event.
package struct ReportEvent: Sendable, Hashable, Codable {
    /// `id`.
    package var id: String?
    /// Seconds on the presentation's timeline.
    package var start: Seconds
    /// Seconds.
    package var duration: Seconds?
}

/// Tracks between which a player may switch: the HLS variants, an HLS rendition, a DASH AdaptationSet.
package struct ReportSwitchingSet: Sendable, Hashable, Codable {
    /// What a set carries.
    package enum Kind: String, Sendable, Codable {
        case video
        case audio
        case subtitles
        case other
    }

    /// AdaptationSet@id or HLS GROUP-ID; absent for the HLS variants.
    package var id: String?
    /// `video` (with or without audio), `audio`, `subtitles` or `other`.
    package var kind: Kind
    /// The language tag.
    package var language: String?
    /// True for the one that a player takes when nobody chooses (HLS DEFAULT=YES, DASH Role main).
    package var isDefault: Bool
    /// True for pictures to show while winding (HLS EXT-X-I-FRAME-STREAM-INF, DASH trick mode).
    package var isTrickPlay: Bool
    /// DASH Role values.
    package var roles: [String]
    /// DASH ContentProtection elements.
    package var protections: [ReportProtection]
    /// Which earlier period this set goes on (DASH).
    package var continuity: ReportContinuity?
    /// DASH InbandEventStream schemes.
    package var inbandEvents: [String]
    /// The identifiers of the sets to which a player may switch in the middle (DASH `adaptation-set-switching`).
    package var switchesWith: [String]
    /// DASH `selectionPriority`: among sets of equal kind and language higher ones first; 1 where not given.
    package var selectionPriority: Int
    /// The tracks, in the document's order.
    package var tracks: [ReportTrack]
}

/// A DASH ContentProtection.
package struct ReportProtection: Sendable, Hashable, Codable {
    /// `schemeIdUri`.
    package var scheme: String
    /// `value`, such as `cenc`.
    package var value: String?
    /// `cenc:default_KID`.
    package var defaultKeyID: String?
    /// True when initialization data for the licence stand in the MPD (`cenc:pssh`).
    package var hasInitializationData: Bool
}

/// DASH period continuity or connectivity.
package struct ReportContinuity: Sendable, Hashable, Codable {
    /// The identifier of the earlier period.
    package var period: String
    /// True for continuity, false for connectivity.
    package var isContinuous: Bool
}

/// One encoding: an HLS variant or rendition, a DASH Representation.
package struct ReportTrack: Sendable, Hashable, Codable {
    /// Where the segments are listed.
    package enum Media: String, Sendable, Codable {
        case playlist
        case segments
        case indexed
        case muxed
    }

    /// Representation@id; the HLS rendition's NAME, or the variant's position from `0`.
    package var id: String
    /// The declared bit rate in bit/s (HLS BANDWIDTH, DASH bandwidth).
    package var bitRate: Int64?
    /// HLS AVERAGE-BANDWIDTH in bit/s.
    package var averageBitRate: Int64?
    /// The codecs string.
    package var codecs: String?
    /// HLS SUPPLEMENTAL-CODECS, DASH scte214:supplementalCodecs.
    package var supplementalCodecs: String?
    /// The picture's width in pixels.
    package var width: Int?
    /// The picture's height in pixels.
    package var height: Int?
    /// Frames per second.
    package var frameRate: Double?
    /// DASH mimeType.
    package var mimeType: String?
    /// HLS EXT-X-MEDIA TYPE, such as `CLOSED-CAPTIONS`.
    package var type: String?
    /// HLS NAME or DASH Label.
    package var name: String?
    /// HLS ASSOC-LANGUAGE.
    package var associatedLanguage: String?
    /// HLS AUTOSELECT=YES.
    package var isAutoselect: Bool
    /// HLS FORCED=YES.
    package var isForced: Bool
    /// HLS INSTREAM-ID.
    package var instreamID: String?
    /// HLS CHARACTERISTICS, or DASH Accessibility values.
    package var characteristics: [String]
    /// HLS CHANNELS or DASH AudioChannelConfiguration value.
    package var channels: String?
    /// HLS BIT-DEPTH.
    package var bitDepth: Int?
    /// Audio samples per second.
    package var sampleRate: Int?
    /// HLS STABLE-VARIANT-ID or STABLE-RENDITION-ID.
    package var stableID: String?
    /// HLS SCORE.
    package var score: Double?
    /// HLS HDCP-LEVEL.
    package var hdcpLevel: String?
    /// HLS ALLOWED-CPC.
    package var allowedCPC: String?
    /// HLS VIDEO-RANGE.
    package var videoRange: String?
    /// HLS REQ-VIDEO-LAYOUT.
    package var videoLayout: String?
    /// DASH qualityRanking.
    package var qualityRanking: Int?
    /// HLS AUDIO group, at the first location.
    package var audioGroup: String?
    /// HLS SUBTITLES group, at the first location.
    package var subtitleGroup: String?
    /// HLS VIDEO group.
    package var videoGroup: String?
    /// HLS CLOSED-CAPTIONS group, or `NONE`.
    package var closedCaptionsGroup: String?
    /// The places where the track can be had, the first choice first.
    package var locations: [ReportLocation]
    /// Parameters that segment requests carry (DASH UrlQueryInfo); the URIs of segments have them already.
    package var query: ReportQuery?
    /// Where the segments are listed: in a `playlist` of its own (HLS), as `segments` of the MPD, in an `indexed` file
    /// (DASH SegmentBase), or nowhere, because it is `muxed` into the variant.
    package var media: Media
    /// The resolved URI of the media playlist (HLS), as in the `uri` or `requestedURI` of `playlists`.
    package var playlistURI: String?
    /// The indexed file (DASH SegmentBase).
    package var index: ReportIndex?
    /// How many segments there are; absent where they are in a playlist or were not read.
    package var segmentCount: Int64?
    /// How many of them are not listed here, because they are too many; absent for none.
    package var omittedSegments: Int64?
    /// The segments of a DASH track; for an endless list those of the window now.
    package var segments: [ReportSegment]
}

/// One of the places where a track can be had.
package struct ReportLocation: Sendable, Hashable, Codable {
    /// HLS PATHWAY-ID, DASH serviceLocation.
    package var name: String
    /// `dvb:priority`: lower ones first.
    package var priority: Int
    /// `dvb:weight`.
    package var weight: Int
    /// The resolved URI: of the media playlist (HLS), or what segment URIs are resolved against (DASH).
    package var uri: String
    /// HLS AUDIO group at this location.
    package var audioGroup: String?
    /// HLS SUBTITLES group at this location.
    package var subtitleGroup: String?
}

/// DASH UrlQueryInfo (ISO/IEC 23009-1 annex I).
package struct ReportQuery: Sendable, Hashable, Codable {
    /// `queryTemplate`.
    package var template: String
    /// `queryString`.
    package var parameters: String?
    /// `useMPDUrlQuery`.
    package var usesManifestQuery: Bool
    /// `sameOriginOnly`.
    package var isSameOriginOnly: Bool
}

/// A file with a segment index (DASH SegmentBase).
package struct ReportIndex: Sendable, Hashable, Codable {
    /// The file's resolved URI.
    package var uri: String
    /// Where the index is; absent when it must be looked for from the file's begin.
    package var range: ReportByteRange?
    /// The initialization section.
    package var initialization: ReportInitialization?
}
