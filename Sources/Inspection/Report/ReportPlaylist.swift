import Manifests

/// An HLS media playlist.
package struct ReportPlaylist: Sendable, Hashable, Codable {
    /// The URI it came from, after redirects; absent for a file without a base.
    package var uri: String?
    /// The URI that was asked for, where a redirect led to another.
    package var requestedURI: String?
    /// EXT-X-VERSION.
    package var version: Int?
    /// EXT-X-PLAYLIST-TYPE, `EVENT` or `VOD`.
    package var playlistType: String?
    /// True when it may still grow: neither EXT-X-ENDLIST nor type VOD.
    package var isLive: Bool
    /// EXT-X-ENDLIST.
    package var endList: Bool
    /// EXT-X-I-FRAMES-ONLY.
    package var isIFramesOnly: Bool
    /// EXT-X-INDEPENDENT-SEGMENTS.
    package var hasIndependentSegments: Bool
    /// EXT-X-TARGETDURATION in seconds.
    package var targetDuration: Seconds
    /// EXT-X-MEDIA-SEQUENCE: the number of the first segment; absent when there is none.
    package var mediaSequence: Int64?
    /// EXT-X-DISCONTINUITY-SEQUENCE.
    package var discontinuitySequence: Int64
    /// The sum of the segments' durations in seconds.
    package var duration: Seconds
    /// EXT-X-START.
    package var startOffset: ReportStartOffset?
    /// EXT-X-PART-INF PART-TARGET in seconds.
    package var partTarget: Seconds?
    /// EXT-X-SERVER-CONTROL.
    package var serverControl: ReportServerControl?
    /// EXT-X-SKIP: the playlist is a delta update.
    package var skip: ReportSkip?
    /// How many segments are listed in the playlist.
    package var segmentCount: Int64
    /// How many of them are not listed here, because they are too many; absent for none.
    package var omittedSegments: Int64?
    /// The segments.
    package var segments: [ReportSegment]
    /// EXT-X-PART.
    package var parts: [ReportPart]
    /// EXT-X-PRELOAD-HINT.
    package var preloadHints: [ReportPreloadHint]
    /// EXT-X-RENDITION-REPORT.
    package var renditionReports: [ReportRenditionReport]
    /// EXT-X-DATERANGE, those of one ID merged.
    package var dateRanges: [ReportDateRange]
    /// Advertisement breaks by other tags, such as EXT-X-CUE-OUT.
    package var adMarkers: [ReportAdMarker]
}

/// HLS EXT-X-SERVER-CONTROL (rfc8216bis section 4.4.3.8).
package struct ReportServerControl: Sendable, Hashable, Codable {
    /// CAN-SKIP-UNTIL in seconds.
    package var canSkipUntil: Seconds?
    /// CAN-SKIP-DATERANGES=YES.
    package var canSkipDateRanges: Bool
    /// HOLD-BACK in seconds.
    package var holdBack: Seconds?
    /// PART-HOLD-BACK in seconds.
    package var partHoldBack: Seconds?
    /// CAN-BLOCK-RELOAD=YES.
    package var canBlockReload: Bool
}

/// HLS EXT-X-SKIP (rfc8216bis section 4.4.5.2).
package struct ReportSkip: Sendable, Hashable, Codable {
    /// SKIPPED-SEGMENTS.
    package var segments: Int
    /// RECENTLY-REMOVED-DATERANGES.
    package var removedDateRanges: [String]
}

/// HLS EXT-X-PRELOAD-HINT (rfc8216bis section 4.4.5.3).
package struct ReportPreloadHint: Sendable, Hashable, Codable {
    /// TYPE: `PART` or `MAP`.
    package var type: PreloadHint.Kind
    /// The resolved URI.
    package var uri: String
    /// BYTERANGE-START and BYTERANGE-LENGTH; without a length it goes on to the end.
    package var byteRange: ReportByteRange
}

/// HLS EXT-X-RENDITION-REPORT (rfc8216bis section 4.4.5.4).
package struct ReportRenditionReport: Sendable, Hashable, Codable {
    /// The other playlist's resolved URI.
    package var uri: String
    /// LAST-MSN.
    package var lastSequence: Int64?
    /// LAST-PART.
    package var lastPart: Int?
}

/// HLS EXT-X-DATERANGE (rfc8216bis section 4.4.5.1).
package struct ReportDateRange: Sendable, Hashable, Codable {
    /// ID.
    package var id: String
    /// CLASS.
    package var rangeClass: String?
    /// START-DATE.
    package var startDate: Timestamp?
    /// END-DATE.
    package var endDate: Timestamp?
    /// DURATION in seconds.
    package var duration: Seconds?
    /// PLANNED-DURATION in seconds.
    package var plannedDuration: Seconds?
    /// CUE: `PRE`, `POST`, `ONCE`.
    package var cues: [String]
    /// END-ON-NEXT=YES.
    package var endsOnNext: Bool
    /// SCTE35-CMD, SCTE35-OUT, SCTE35-IN and the attributes that begin with `X-`, by name, without quotes.
    package var attributes: [ReportVariable]
    /// What is to be played in its place, when the range is an interstitial.
    package var interstitial: ReportInterstitial?
}

/// An HLS interstitial (rfc8216bis appendix D).
package struct ReportInterstitial: Sendable, Hashable, Codable {
    /// X-ASSET-URI, resolved.
    package var assetURI: String?
    /// X-ASSET-LIST, resolved.
    package var assetListURI: String?
    /// X-RESUME-OFFSET in seconds.
    package var resumeOffset: Seconds?
    /// X-PLAYOUT-LIMIT in seconds.
    package var playoutLimit: Seconds?
    /// X-SNAP OUT.
    package var snapsOut: Bool
    /// X-SNAP IN.
    package var snapsIn: Bool
    /// X-RESTRICT: `SKIP`, `JUMP`.
    package var restrictions: [String]
}

/// The begin, middle or end of an advertisement break, by a tag such as EXT-X-CUE-OUT.
package struct ReportAdMarker: Sendable, Hashable, Codable {
    /// `out`, `continued` or `in`.
    package var kind: AdMarker.Kind
    /// The media sequence number of the segment that follows the tag.
    package var sequence: Int64
    /// The announced duration of the break in seconds.
    package var duration: Seconds?
}
