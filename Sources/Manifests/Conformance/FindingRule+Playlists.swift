/// What successive versions of HLS media playlists are held against.
extension FindingRule {
    static let stalePlaylist = FindingRule(
        "hls-stale-playlist", .error, "rfc8216bis 6.2.1",
        "a live playlist did not change for more than 1.5 target durations")
    static let sequenceBack = FindingRule(
        "hls-media-sequence-back", .error, "rfc8216bis 4.4.3.2",
        "the media sequence number of the first segment went back")
    static let olderVersion = FindingRule(
        "hls-older-version", .error, "rfc8216bis 6.2.1",
        "after a newer version an older one was served")
    static let sequenceNotIncremented = FindingRule(
        "hls-media-sequence-not-incremented", .error, "rfc8216bis 6.2.2",
        "segments left the playlist and the media sequence number did not follow")
    static let discontinuityBack = FindingRule(
        "hls-discontinuity-sequence-back", .error, "rfc8216bis 4.4.3.3", "the discontinuity sequence number went back")
    static let discontinuityNotIncremented = FindingRule(
        "hls-discontinuity-sequence-not-incremented", .error, "rfc8216bis 6.2.2",
        "a discontinuity left the playlist and the discontinuity sequence number did not follow")
    static let discontinuityChanged = FindingRule(
        "hls-discontinuity-sequence-changed", .error, "rfc8216bis 4.4.3.3",
        "a segment's discontinuity sequence number changed")
    static let segmentChanged = FindingRule(
        "hls-segment-changed", .error, "rfc8216bis 6.3.4",
        "a media sequence number got another URI or byte range")
    static let durationChanged = FindingRule(
        "hls-segment-duration-changed", .error, "rfc8216bis 6.2.1", "the duration of a listed segment changed")
    static let targetDurationChanged = FindingRule(
        "hls-target-duration-changed", .error, "rfc8216bis 4.4.3.1", "the target duration changed")
    static let endRemoved = FindingRule(
        "hls-end-removed", .error, "rfc8216bis 4.4.3.4", "a playlist that had ended goes on")
    static let vodChanged = FindingRule(
        "hls-vod-changed", .error, "rfc8216bis 4.4.3.5", "a playlist of type VOD changed")
    static let eventLostSegments = FindingRule(
        "hls-event-lost-segments", .error, "rfc8216bis 4.4.3.5", "segments left a playlist of type EVENT")
    static let typeChanged = FindingRule(
        "hls-playlist-type-changed", .error, "rfc8216bis 6.2.1", "the type of a playlist changed")
    static let datesMissing = FindingRule(
        "hls-program-date-time-missing", .error, "rfc8216bis 6.2.4",
        "program date times are missing where other versions or renditions have them")
    static let dateChanged = FindingRule(
        "hls-program-date-time-changed", .error, "rfc8216bis 6.2.1", "the program date time of a listed segment changed"
    )
    static let dateJump = FindingRule(
        "hls-program-date-time-jump-between-versions", .error, "rfc8216bis 4.4.4.6",
        "from one version to the next the program date time jumped by more than 0.5 s without a discontinuity")
    static let dateOverlap = FindingRule(
        "hls-program-date-time-overlap", .error, "rfc8216bis 4.4.4.6",
        "the program date time of a segment is more than 1 s before the end of the one before")
    static let dateDrift = FindingRule(
        "hls-program-date-time-drift", .warning, "rfc8216bis 4.4.4.6",
        "program date times run faster or slower than the segments' durations, by more than 50 ms a minute")
    static let dateAhead = FindingRule(
        "hls-program-date-time-ahead", .warning, "rfc8216bis 4.4.4.6",
        "the playlist ends more than a target duration ahead of the tester's clock")
    static let dateRangeChanged = FindingRule(
        "hls-date-range-changed", .error, "rfc8216bis 4.4.5.1", "an attribute of a date range changed")
    static let partLate = FindingRule(
        "hls-part-late", .error, "rfc8216bis 6.2.2",
        "no new part came within 1.5 part target durations and 0.5 s for the network")
    static let hintNotKept = FindingRule(
        "hls-hint-not-kept", .error, "rfc8216bis 4.4.5.3", "the part that was hinted at never appeared")
    static let partsDisagree = FindingRule(
        "hls-parts-disagree", .error, "rfc8216bis 4.4.4.9",
        "the parts of a complete segment do not add up to its duration")
    static let partChanged = FindingRule(
        "hls-part-changed", .error, "rfc8216bis 6.2.1", "a listed part got another URI, byte range or duration")
    static let blockingEarly = FindingRule(
        "hls-blocking-reload-early", .error, "rfc8216bis 6.2.5.2",
        "a blocking reload was answered before what it asked for was there")
    static let blockingLate = FindingRule(
        "hls-blocking-reload-late", .error, "rfc8216bis 6.2.5.2",
        "a blocking reload was answered after more than three target durations")
    static let edgeBehind = FindingRule(
        "hls-edge-behind", .error, "rfc8216bis 6.2.1",
        "an edge serves a playlist more than a target duration behind that of another edge")
    static let edgesDisagree = FindingRule(
        "hls-edges-disagree", .error, "rfc8216bis 6.2.1",
        "two edges give a media sequence number another URI, byte range or duration")
    static let variantsApart = FindingRule(
        "hls-variants-apart", .warning, "rfc8216bis 6.2.4",
        "the program date times at which two renditions end are more than a target duration apart")

    static let playlistRules: [FindingRule] = [
        stalePlaylist, sequenceBack, olderVersion, sequenceNotIncremented, discontinuityBack,
        discontinuityNotIncremented, discontinuityChanged, segmentChanged, durationChanged, targetDurationChanged,
        endRemoved, vodChanged, eventLostSegments, typeChanged, datesMissing, dateChanged, dateJump, dateOverlap,
        dateDrift, dateAhead, dateRangeChanged, partLate, hintNotKept, partsDisagree, partChanged, blockingEarly,
        blockingLate, edgeBehind, edgesDisagree, variantsApart,
    ]
}
