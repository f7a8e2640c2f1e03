/// What single responses are held against.
extension FindingRule {
    static let errorPage = FindingRule(
        "http-error-page", .error, "RFC 9110 15.3", "a page of text came with a status of success in place of media")
    static let emptyBody = FindingRule(
        "http-empty-body", .error, "RFC 9110 15.3", "a response of success had no body")
    static let shortSegment = FindingRule(
        "http-short-segment", .error, "RFC 9110 14.4", "a body is not as long as the byte range that was asked for")
    static let rangeIgnored = FindingRule(
        "http-range-ignored", .warning, "RFC 9110 14.2", "a byte range was asked for and the whole resource came")
    static let playlistType = FindingRule(
        "http-manifest-content-type", .warning, "rfc8216bis 4; ISO/IEC 23009-1 annex C",
        "a playlist or MPD has the wrong Content-Type, or none")
    static let segmentType = FindingRule(
        "http-segment-content-type", .warning, "RFC 9110 8.3", "a segment has a Content-Type that is not media, or none"
    )
    static let genericType = FindingRule(
        "http-segment-content-type-unspecific", .information, "RFC 9110 8.3",
        "a segment's Content-Type says no more than that it is bytes")
    static let segmentMissing = FindingRule(
        "http-segment-missing", .error, "rfc8216bis 6.2.2; DASH-IF IOP part 5",
        "a listed segment was answered with 404 or 410 while it should be available")
    static let notCompressed = FindingRule(
        "http-playlist-not-compressed", .information, "rfc8216bis 4",
        "a playlist of more than 1 400 bytes came uncompressed")
    static let cachedTooLong = FindingRule(
        "http-live-max-age", .warning, "rfc8216bis 6.2.1; ISO/IEC 23009-1 5.3.1.2",
        "a live playlist or MPD may be cached for longer than a target duration or update period")
    static let oldCopy = FindingRule(
        "http-playlist-age", .warning, "rfc8216bis 6.2.1",
        "a live playlist came with an Age of more than half a target duration")
    static let slowSegment = FindingRule(
        "http-segment-slower-than-real-time", .warning, "rfc8216bis 6.3.4",
        "a segment took longer to come than it plays, though nothing limited the viewer's link")
    static let peakExceeded = FindingRule(
        "hls-bandwidth-exceeded", .error, "rfc8216bis 4.4.6.2",
        "the measured peak bit rate of a track is higher than its BANDWIDTH")
    static let averageOff = FindingRule(
        "hls-average-bandwidth-off", .warning, "rfc8216bis 4.4.6.2",
        "the measured average bit rate is above 110 % or below 70 % of AVERAGE-BANDWIDTH")
    static let bitRateTagOff = FindingRule(
        "hls-bitrate-off", .error, "rfc8216bis 4.4.4.8", "a segment's bit rate is more than 10 % off its EXT-X-BITRATE")
    static let bandwidthTooLow = FindingRule(
        "dash-bandwidth-exceeded", .error, "ISO/IEC 23009-1 5.3.5.2",
        "a run of segments has more bits than @bandwidth lets through in its duration and minBufferTime")

    static let transferRules: [FindingRule] = [
        errorPage, emptyBody, shortSegment, rangeIgnored, playlistType, segmentType, genericType, segmentMissing,
        notCompressed, cachedTooLong, oldCopy, slowSegment, peakExceeded, averageOff, bitRateTagOff, bandwidthTooLow,
    ]
}
