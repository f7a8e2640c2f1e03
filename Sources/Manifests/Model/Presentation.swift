import Quantities

/// The format that a manifest is written in.
package enum ManifestFormat: String, Sendable, Codable {
    case hls
    case dash
}

/// What a viewer can choose from: an HLS multivariant playlist or a DASH MPD, decoded once and shared by all sessions.
///
/// URIs stand as written, relative to the document they came in, because every viewer may have fetched it by another
/// URI (tokens in the path); a session resolves them when it makes the request (``TrackLocation``).
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
    /// Where a steering server is asked which locations to prefer; nil for none.
    package let steering: ContentSteering?
    /// What only some players look at: version, profiles, session data and keys, variables.
    package let details: PresentationDetails
    /// What is needed to apply an MPD patch; nil unless the MPD names a place for patches.
    let patchBase: MPDPatchBase?
    /// What is wrong or doubtful about the document.
    package let findings: [Finding]

    /// Creates a presentation.
    package convenience init(
        format: ManifestFormat, periods: [Period], isDynamic: Bool = false, dynamicTiming: DynamicTiming? = nil,
        duration: TimeAmount? = nil, minimumBufferTime: TimeAmount? = nil, startOffset: StartOffset? = nil,
        steering: ContentSteering? = nil, details: PresentationDetails = PresentationDetails(),
        findings: [Finding] = []
    ) {
        self.init(
            format: format, periods: periods, isDynamic: isDynamic, dynamicTiming: dynamicTiming, duration: duration,
            minimumBufferTime: minimumBufferTime, startOffset: startOffset, steering: steering, details: details,
            patchBase: nil, findings: findings)
    }

    init(
        format: ManifestFormat, periods: [Period], isDynamic: Bool, dynamicTiming: DynamicTiming?,
        duration: TimeAmount?, minimumBufferTime: TimeAmount?, startOffset: StartOffset?, steering: ContentSteering?,
        details: PresentationDetails, patchBase: MPDPatchBase?, findings: [Finding]
    ) {
        self.format = format
        self.periods = periods
        self.isDynamic = isDynamic
        self.dynamicTiming = dynamicTiming
        self.duration = duration
        self.minimumBufferTime = minimumBufferTime
        self.startOffset = startOffset
        self.steering = steering
        self.details = details
        self.patchBase = patchBase
        self.findings = findings
    }
}

/// What a presentation says that does not change which segments are fetched, or not directly.
package struct PresentationDetails: Sendable, Hashable {
    /// `MPD@id`, or `""`.
    package var id = ""
    /// HLS `EXT-X-VERSION`; nil where not given (then 1 counts).
    package var version: Int?
    /// `MPD@profiles`, or `""`.
    package var profiles = ""
    /// `ProgramInformation/Title`, or `""`.
    package var title = ""
    /// HLS `EXT-X-INDEPENDENT-SEGMENTS`.
    package var hasIndependentSegments = false
    /// HLS variables by name, which media playlists may import.
    package var variables: [String: String] = [:]
    /// HLS `EXT-X-SESSION-DATA`.
    package var sessionData: [SessionData] = []
    /// HLS `EXT-X-SESSION-KEY`.
    package var sessionKeys: [EncryptionKey] = []

    /// Creates details of which nothing is given.
    package init() {}
}

/// HLS `EXT-X-SESSION-DATA` (rfc8216bis section 4.4.6.4).
package struct SessionData: Sendable, Hashable {
    /// DATA-ID.
    package var id: String
    /// VALUE, where given.
    package var value: String?
    /// URI, where given.
    package var uri: String?
    /// FORMAT: `JSON` or `RAW`.
    package var format: String
    /// LANGUAGE, or `""`.
    package var language: String

    /// Creates session data.
    package init(id: String, value: String? = nil, uri: String? = nil, format: String = "JSON", language: String = "") {
        self.id = id
        self.value = value
        self.uri = uri
        self.format = format
        self.language = language
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
    /// DASH EventStreams: nothing that is played, but ad breaks are announced there.
    package var eventStreams: [EventStream]

    /// Creates a period.
    package init(
        id: String = "", start: MediaTime = .zero, duration: TimeAmount? = nil, switchingSets: [SwitchingSet],
        eventStreams: [EventStream] = []
    ) {
        self.id = id
        self.start = start
        self.duration = duration
        self.switchingSets = switchingSets
        self.eventStreams = eventStreams
    }

    /// Where the period ends, if that is known.
    package var end: MediaTime? { duration.map { start + $0 } }
}

/// A DASH EventStream (ISO/IEC 23009-1 section 5.10.2).
package struct EventStream: Sendable, Hashable {
    /// One Event.
    package struct Event: Sendable, Hashable {
        /// `id`, or `""`.
        package var id: String
        /// Where it begins on the presentation's timeline.
        package var start: MediaTime
        /// How long it lasts, where given.
        package var duration: TimeAmount?

        /// Creates an event.
        package init(id: String = "", start: MediaTime, duration: TimeAmount? = nil) {
            self.id = id
            self.start = start
            self.duration = duration
        }
    }

    /// `schemeIdUri`.
    package var scheme: String
    /// `value`, or `""`.
    package var value: String
    /// The events in the document's order.
    package var events: [Event]

    /// Creates an event stream.
    package init(scheme: String, value: String = "", events: [Event] = []) {
        self.scheme = scheme
        self.value = value
        self.events = events
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
