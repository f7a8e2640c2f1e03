import Manifests

/// Everything that was read from a playlist or MPD and the documents it leads to.
///
/// Its JSON is the output of `fullhouse inspect --json`, described by `docs/inspect.schema.json`. A field that the
/// document does not give, or that does not apply to its format, is absent; lists and booleans are always there.
package struct InspectionReport: Sendable, Hashable, Codable {
    /// The name and version of this format.
    package static let currentFormat = "fullhouse-inspect/1"

    /// What the document is.
    package enum DocumentType: String, Sendable, Codable {
        case multivariant
        case media
        case mpd
    }

    /// Whether media are still being added.
    package enum PresentationType: String, Sendable, Codable {
        case vod
        case live
        case event
        case unknown
    }

    /// Always `report`: what kind of record this is.
    package var record = "report"
    /// The name and version of the format, `fullhouse-inspect/1`.
    package var format = InspectionReport.currentFormat
    /// The program that wrote it, with its version.
    package var tool: String
    /// The argument: a URI, a file's path, or `-` for standard input.
    package var source: String
    /// What references are resolved against: the document's URI after redirects, or the base that was given; absent
    /// when there is none and URIs stand as written.
    package var uri: String?
    /// The time by which live windows are reckoned.
    package var inspectedAt: Timestamp
    /// `hls` or `dash`.
    package var manifestFormat: ManifestFormat
    /// `multivariant` or `media` playlist, or `mpd`.
    package var documentType: DocumentType
    /// `vod`, `live` or `event`; `unknown` for a multivariant playlist of which no media playlist was read.
    package var presentationType: PresentationType
    /// True for HLS with parts, and for DASH whose segments come in chunks before they are complete.
    package var isLowLatency: Bool
    /// True when any segment has a key, or any switching set a content protection.
    package var isEncrypted: Bool
    /// HLS EXT-X-VERSION of the document.
    package var version: Int?
    /// `MPD@id`.
    package var id: String?
    /// `ProgramInformation/Title`.
    package var title: String?
    /// `MPD@profiles`.
    package var profiles: String?
    /// Seconds of media in all: the MPD's duration, or that of the longest media playlist of a VOD or event.
    package var duration: Seconds?
    /// DASH `minBufferTime` in seconds.
    package var minimumBufferTime: Seconds?
    /// HLS EXT-X-INDEPENDENT-SEGMENTS of the document.
    package var hasIndependentSegments: Bool
    /// HLS EXT-X-START of the document.
    package var startOffset: ReportStartOffset?
    /// The live latency that the service or the format wants.
    package var latency: ReportLatency?
    /// What of a live presentation can be played now.
    package var window: ReportWindow?
    /// The timing of a dynamic MPD.
    package var dynamic: ReportDynamicTiming?
    /// Content steering.
    package var steering: ReportSteering?
    /// HLS variables (EXT-X-DEFINE), by name.
    package var variables: [ReportVariable]
    /// HLS EXT-X-SESSION-DATA.
    package var sessionData: [ReportSessionData]
    /// HLS EXT-X-SESSION-KEY.
    package var sessionKeys: [ReportKey]
    /// The periods; one for a multivariant playlist, none for a media playlist.
    package var periods: [ReportPeriod]
    /// The HLS media playlists that were read, each once, in the order of the tracks that name them.
    package var playlists: [ReportPlaylist]
    /// What is wrong or doubtful, the worst first.
    package var findings: [ReportFinding]
    /// The HTTP exchanges, in the order of their begin; none for files.
    package var transfers: [ReportTransfer]
}

/// HLS EXT-X-START (rfc8216bis section 4.4.2.2).
package struct ReportStartOffset: Sendable, Hashable, Codable {
    /// Seconds from the begin of the playlist, or from its end when negative.
    package var offset: Seconds
    /// PRECISE=YES.
    package var isPrecise: Bool
}

/// How far behind the live edge players are to play.
package struct ReportLatency: Sendable, Hashable, Codable {
    /// Where a target comes from.
    package enum Origin: String, Sendable, Codable {
        case serviceDescription = "ServiceDescription"
        case suggestedPresentationDelay
        case partHoldBack = "PART-HOLD-BACK"
        case holdBack = "HOLD-BACK"
        case threeTargetDurations = "3 target durations"
    }

    /// The target in seconds.
    package var target: Seconds?
    /// Where the target comes from.
    package var origin: Origin?
    /// ServiceDescription Latency@min in seconds.
    package var shortest: Seconds?
    /// ServiceDescription Latency@max in seconds.
    package var longest: Seconds?
    /// ServiceDescription PlaybackRate@min, such as 0.96.
    package var slowestRate: Double?
    /// ServiceDescription PlaybackRate@max, such as 1.04.
    package var fastestRate: Double?
}

/// What of a live presentation can be played at the time of the inspection.
package struct ReportWindow: Sendable, Hashable, Codable {
    /// Where it begins: for DASH seconds on the presentation's timeline, for HLS from the begin of the playlist.
    package var start: Seconds
    /// Where it ends: the live edge.
    package var end: Seconds
    /// Its length in seconds.
    package var duration: Seconds
    /// The wall-clock time of its begin, where the document tells.
    package var startTime: Timestamp?
    /// The wall-clock time of its end, where the document tells.
    package var endTime: Timestamp?
    /// The number of the first segment, of the newest period's first video track or else its first track.
    package var firstSequence: Int64?
    /// The number of the last segment of that track.
    package var lastSequence: Int64?
    /// The media playlist that this was read from (HLS).
    package var playlistURI: String?
}

/// The timing of a dynamic MPD (ISO/IEC 23009-1 section 5.3.1.2).
package struct ReportDynamicTiming: Sendable, Hashable, Codable {
    /// `availabilityStartTime`: the wall-clock time of the timeline's zero.
    package var availabilityStartTime: Timestamp
    /// `availabilityEndTime`.
    package var availabilityEndTime: Timestamp?
    /// `publishTime`.
    package var publishTime: Timestamp?
    /// `minimumUpdatePeriod` in seconds; absent means that the MPD will not change.
    package var minimumUpdatePeriod: Seconds?
    /// `timeShiftBufferDepth` in seconds; absent means that everything stays available.
    package var timeShiftBufferDepth: Seconds?
    /// Latency@target where given, else `suggestedPresentationDelay`, in seconds.
    package var suggestedDelay: Seconds?
    /// `maxSegmentDuration` in seconds.
    package var maximumSegmentDuration: Seconds?
    /// `Location` elements.
    package var locations: [ReportManifestLocation]
    /// `PatchLocation` elements.
    package var patchLocations: [ReportPatchLocation]
    /// `UTCTiming` elements, in order of preference.
    package var clocks: [ReportClock]
}

/// A `Location` of an MPD.
package struct ReportManifestLocation: Sendable, Hashable, Codable {
    /// The resolved URI.
    package var uri: String
    /// `serviceLocation`.
    package var name: String?
}

/// A `PatchLocation` of an MPD.
package struct ReportPatchLocation: Sendable, Hashable, Codable {
    /// The resolved URI.
    package var uri: String
    /// `ttl`: how many seconds after `publishTime` a patch may be asked for; absent means without limit.
    package var timeToLive: Seconds?
}

/// A `UTCTiming` of an MPD.
package struct ReportClock: Sendable, Hashable, Codable {
    /// `schemeIdUri`.
    package var scheme: String
    /// `value`: a URI, a date or host names.
    package var value: String
}

/// Content steering (rfc8216bis section 7, ETSI TS 103 998).
package struct ReportSteering: Sendable, Hashable, Codable {
    /// The steering server's resolved URI.
    package var serverURI: String
    /// The locations to prefer until the server answers.
    package var initialLocations: [String]
    /// True when the server is to be asked before playback begins.
    package var asksBeforeStart: Bool
}

/// An HLS variable.
package struct ReportVariable: Sendable, Hashable, Codable {
    /// Its name.
    package var name: String
    /// Its value.
    package var value: String
}

/// HLS EXT-X-SESSION-DATA (rfc8216bis section 4.4.6.4).
package struct ReportSessionData: Sendable, Hashable, Codable {
    /// DATA-ID.
    package var id: String
    /// VALUE.
    package var value: String?
    /// URI, resolved.
    package var uri: String?
    /// FORMAT: `JSON` or `RAW`.
    package var format: String
    /// LANGUAGE.
    package var language: String?
}

/// Something wrong or doubtful.
package struct ReportFinding: Sendable, Hashable, Codable {
    /// A stable identifier, such as `hls-missing-target-duration`.
    package var id: String
    /// `error`, `warning` or `information`.
    package var severity: Finding.Severity
    /// One sentence: what is wrong.
    package var message: String
    /// The clause that says so, such as `rfc8216bis 4.4.3.1`.
    package var clause: String
    /// The line of the document.
    package var line: Int?
    /// The document it was seen in.
    package var uri: String?

    /// Creates a finding.
    package init(_ finding: Finding, uri: String?) {
        id = finding.id
        severity = finding.severity
        message = finding.message
        clause = finding.clause
        line = finding.line
        self.uri = uri
    }
}
