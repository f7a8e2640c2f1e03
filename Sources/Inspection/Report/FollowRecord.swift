import Quantities

/// What a reload brought (`fullhouse inspect --follow`): one line of the output.
package struct ReportChange: Sendable, Hashable, Codable {
    /// Always `change`: what kind of record this is.
    package var record = "change"
    /// When the answer was complete.
    package var time: Timestamp
    /// The document that was loaded.
    package var uri: String
    /// What the document is of, such as `video 0`.
    package var track: String
    /// True when the document differs from the one before it.
    package var isChanged: Bool
    /// Why the load failed, in words; then the rest is about the last document that was read.
    package var error: String?
    /// Seconds since the document last changed.
    package var age: Seconds
    /// The same in target durations (HLS) or minimum update periods (DASH); absent where there is neither, and for an
    /// MPD whose segments go on by number.
    package var ageInUpdatePeriods: Double?
    /// The number of the first segment that is new.
    package var firstAdded: Int64?
    /// The number of the last segment that is new.
    package var lastAdded: Int64?
    /// How many parts are new.
    package var addedParts: Int
    /// How many segments have left at the begin.
    package var removedSegments: Int64
    /// How many new discontinuities there are, or new periods.
    package var discontinuities: Int64
    /// Seconds of media that are listed now.
    package var window: Seconds
    /// The number of the last segment that is listed.
    package var lastSequence: Int64?
    /// Date ranges that are new or changed.
    package var dateRanges: [ReportDateRange]
    /// True when nothing more will be added.
    package var isEnded: Bool
    /// How long the load took, in seconds; a server that blocks until there is news makes it long.
    package var loadTime: Seconds
}

/// What following came to: the last line of the output.
package struct ReportFindings: Sendable, Hashable, Codable {
    /// Always `findings`: what kind of record this is.
    package var record = "findings"
    /// When following ended.
    package var time: Timestamp
    /// How many loads there were.
    package var loads: Int
    /// How many of them brought something new.
    package var changes: Int
    /// How many of them failed.
    package var failures: Int
    /// The longest time in seconds for which a document did not change.
    package var longestAge: Seconds
    /// What was found while following, each identifier of a document once.
    package var findings: [ReportFinding]

    /// Creates the account of what following came to.
    package init(
        time: Timestamp, loads: Int, changes: Int, failures: Int, longestAge: Seconds, findings: [ReportFinding]
    ) {
        self.time = time
        self.loads = loads
        self.changes = changes
        self.failures = failures
        self.longestAge = longestAge
        self.findings = findings
    }
}
