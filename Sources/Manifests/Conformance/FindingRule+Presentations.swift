/// What successive versions of dynamic MPDs are held against.
extension FindingRule {
    static let publishTimeBack = FindingRule(
        "dash-publish-time-back", .error, "ISO/IEC 23009-1 5.3.1.2", "after a newer MPD an older one was served")
    static let publishTimeKept = FindingRule(
        "dash-publish-time-kept", .error, "ISO/IEC 23009-1 5.3.1.2", "the MPD changed and its publishTime did not rise")
    static let staleMPD = FindingRule(
        "dash-stale-mpd", .error, "ISO/IEC 23009-1 5.3.1.2",
        "a live MPD with a timeline is older than two update periods (or two segments, if those are longer)")
    static let periodChanged = FindingRule(
        "dash-period-changed", .error, "ISO/IEC 23009-1 5.4", "the start or the id of a period changed")
    static let periodsBack = FindingRule(
        "dash-period-vanished", .error, "ISO/IEC 23009-1 5.4", "a period vanished that was not the oldest")
    static let timelineRestarted = FindingRule(
        "dash-timeline-restarted", .error, "ISO/IEC 23009-1 5.3.9.6",
        "the times of a newer MPD lie before those of the one before")
    static let timelineHole = FindingRule(
        "dash-timeline-hole-between-versions", .error, "ISO/IEC 23009-1 5.3.9.6",
        "the segments of a newer MPD begin after those of the one before have ended")
    static let segmentTimeChanged = FindingRule(
        "dash-segment-time-changed", .error, "ISO/IEC 23009-1 5.4", "the time of a known segment changed")
    static let availabilityStartChanged = FindingRule(
        "dash-availability-start-changed", .error, "ISO/IEC 23009-1 5.3.1.2", "availabilityStartTime changed")
    static let becameStaticEarly = FindingRule(
        "dash-dynamic-again", .error, "ISO/IEC 23009-1 5.3.1.2", "a presentation that had ended became dynamic again")
    static let edgesApart = FindingRule(
        "dash-edge-behind", .error, "ISO/IEC 23009-1 5.3.1.2",
        "an edge serves an MPD whose segments end two or more before those of another edge")

    static let presentationRules: [FindingRule] = [
        publishTimeBack, publishTimeKept, staleMPD, periodChanged, periodsBack, timelineRestarted, timelineHole,
        segmentTimeChanged, availabilityStartChanged, becameStaticEarly, edgesApart,
    ]
}
