import Quantities

/// What kind of media a track carries.
package enum MediaKind: UInt8, Sendable, Codable, CaseIterable {
    /// Video, or video and audio in one.
    case video
    /// Audio apart from video.
    case audio
    /// Subtitles or captions apart.
    case subtitles
    /// Anything else, such as thumbnails or closed captions inside the video; never fetched.
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
    /// True for pictures to show while winding (HLS EXT-X-I-FRAME-STREAM-INF, DASH trick mode): never played.
    package var isTrickPlay: Bool
    /// DASH Role values, in the document's order.
    package var roles: [String]
    /// DASH ContentProtection elements.
    package var protections: [ContentProtection]
    /// Which earlier period's set this one goes on (DASH period continuity and connectivity).
    package var continuity: PeriodContinuity?
    /// DASH InbandEventStream schemes.
    package var inbandEvents: [String]
    /// The identifiers of the sets to which a player may switch in the middle (DASH `adaptation-set-switching`).
    package var switchesWith: [String]
    /// DASH `selectionPriority`: among sets of equal kind and language higher ones first; 1 where not given.
    package var selectionPriority: Int
    /// The tracks in the document's order; never empty.
    package var tracks: [Track]

    /// Creates a switching set.
    package init(
        id: String = "", kind: MediaKind, language: String = "", isDefault: Bool = false, isTrickPlay: Bool = false,
        roles: [String] = [], protections: [ContentProtection] = [], continuity: PeriodContinuity? = nil,
        inbandEvents: [String] = [], switchesWith: [String] = [], selectionPriority: Int = 1, tracks: [Track]
    ) {
        self.id = id
        self.kind = kind
        self.language = language
        self.isDefault = isDefault
        self.isTrickPlay = isTrickPlay
        self.roles = roles
        self.protections = protections
        self.continuity = continuity
        self.inbandEvents = inbandEvents
        self.switchesWith = switchesWith
        self.selectionPriority = selectionPriority
        self.tracks = tracks
    }
}

/// A DASH ContentProtection element: what a licence is needed for.
package struct ContentProtection: Sendable, Hashable {
    /// `schemeIdUri`.
    package var scheme: String
    /// `value`, such as `cenc`, or `""`.
    package var value: String
    /// `cenc:default_KID`, or `""`.
    package var defaultKeyID: String
    /// True when initialization data for the licence stand in the document (`cenc:pssh`).
    package var hasInitializationData: Bool

    /// Creates a protection.
    package init(scheme: String, value: String = "", defaultKeyID: String = "", hasInitializationData: Bool = false) {
        self.scheme = scheme
        self.value = value
        self.defaultKeyID = defaultKeyID
        self.hasInitializationData = hasInitializationData
    }
}

/// `urn:mpeg:dash:period-continuity:2015` or `…period-connectivity:2015`.
package struct PeriodContinuity: Sendable, Hashable {
    /// The identifier of the earlier period.
    package var period: String
    /// True for continuity: timestamps go on and no initialization section is needed; false for connectivity.
    package var isContinuous: Bool

    /// Creates a continuity.
    package init(period: String, isContinuous: Bool) {
        self.period = period
        self.isContinuous = isContinuous
    }
}
