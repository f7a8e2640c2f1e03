import Quantities

/// Holds successive versions of one media playlist, as one edge serves it, against each other and the clock.
///
/// Many viewers may feed one watch: what they bring need not be in the server's order. An older version counts against
/// the server only when it was asked for after a newer one had been answered, and a version is called stale only for the
/// time in which somebody's request surely found it unchanged. A version that is known already (the same object) costs
/// a few comparisons. Each problem is told once for each version.
package struct PlaylistWatch: Sendable {
    /// The newest version and what was seen of it.
    struct Version: Sendable {
        let playlist: MediaPlaylist
        let end: PlaylistEnd
        /// When its first copy was answered.
        let firstSeen: Instant
        /// Until when it surely was the server's newest.
        var unchangedUntil: Instant
        /// When a copy was last looked at.
        var lastSeen: Instant
        var isStale = false
        var isPartLate = false
        /// How many other objects with the same end were compared in full.
        var comparedCopies = 0
    }

    /// What media time is measured from, to tell whether dates drift.
    struct DateAnchor: Sendable {
        var date: WallTime
        var discontinuity: Int64
        /// The sum of durations from the anchor to the end of the last segment.
        var elapsed: TimeAmount
        var isReported = false
    }

    /// True when viewers may get tokens in the folders of segment URIs: then only file names are compared.
    let ignoresFolders: Bool
    var newest: Version?
    /// The version before, which late answers may still bring.
    private var previous: MediaPlaylist?
    /// The last older version that was told about.
    private var reportedOlder: MediaPlaylist?
    var anchor: DateAnchor?
    private var isDateAheadReported = false
    /// How old versions grew before the next one came.
    package private(set) var ages = UpdateAges()

    /// Creates a watch that has seen nothing.
    ///
    /// - Parameter ignoresFolders: Segment URIs differ from viewer to viewer in their folders (tokens in the path), so
    ///   that only their file names can be compared.
    package init(ignoresFolders: Bool = false) { self.ignoresFolders = ignoresFolders }

    /// The newest version seen so far.
    package var current: MediaPlaylist? { newest?.playlist }

    /// The ages since the last call, which begin anew.
    package mutating func takeAges() -> UpdateAges {
        defer { ages = UpdateAges() }
        return ages
    }

    /// Looks at a version that came; what its own document shows (``MediaPlaylist/findings``) is told with a new version.
    ///
    /// - Parameters:
    ///   - playlist: The whole playlist; never a delta update.
    ///   - answer: How it came.
    /// - Returns: What is wrong; mostly nothing.
    package mutating func observe(_ playlist: MediaPlaylist, _ answer: DocumentAnswer) -> [Finding] {
        var findings: [Finding] = []
        if let asked = answer.asked { checkBlocking(playlist, answer, asked, &findings) }
        guard let known = newest else {
            begin(playlist, answer, &findings)
            return findings
        }
        if known.playlist === playlist {
            unchanged(answer, &findings)
            return findings
        }
        // A slow answer may bring what was the newest when it was made.
        let isLate = answer.begun <= known.firstSeen
        if isLate, playlist === previous || playlist === reportedOlder { return findings }
        let end = PlaylistEnd(playlist)
        if end == known.end {
            sameEnd(playlist, known, answer, &findings)
        } else if known.end < end {
            advance(to: playlist, end, from: known, answer, &findings)
        } else if !isLate {
            wentBack(playlist, end, known, answer, &findings)
        }
        return findings
    }

    // MARK: - Versions

    private mutating func begin(_ playlist: MediaPlaylist, _ answer: DocumentAnswer, _ findings: inout [Finding]) {
        previous = newest?.playlist
        anchor = nil
        adopt(playlist, PlaylistEnd(playlist), answer)
        findings += playlist.findings
        followDates(of: playlist, after: nil, &findings)
        checkClock(playlist, answer, &findings)
    }

    private mutating func adopt(_ playlist: MediaPlaylist, _ end: PlaylistEnd, _ answer: DocumentAnswer) {
        newest = Version(
            playlist: playlist, end: end, firstSeen: answer.answered, unchangedUntil: answer.answered,
            lastSeen: answer.answered)
    }

    /// The newest version once more.
    private mutating func unchanged(_ answer: DocumentAnswer, _ findings: inout [Finding]) {
        newest?.lastSeen = answer.answered
        guard let known = newest, answer.sure > known.unchangedUntil else { return }
        newest?.unchangedUntil = answer.sure
        guard known.playlist.isLive else { return }
        let age = answer.sure - known.firstSeen
        let target = known.playlist.targetDuration
        ages.reached(ratio(age, target))
        if !known.isStale, age > target * 1.5 {
            newest?.isStale = true
            findings.append(FindingRule.stalePlaylist.finding(staleSentence(age, target, answer.age)))
        }
        checkPartIsDue(known, age: age, &findings)
    }

    private func staleSentence(_ age: TimeAmount, _ target: TimeAmount, _ header: TimeAmount?) -> String {
        let cache = header.map { $0 > .zero ? "; the copy's Age is \($0)" : "" } ?? ""
        return "the playlist has not changed for \(age) (target duration \(target))\(cache)"
    }

    func ratio(_ age: TimeAmount, _ target: TimeAmount) -> Double {
        target > .zero ? age.seconds / target.seconds : 0
    }

    /// Another document that goes equally far: perhaps only another viewer's tokens, perhaps a change.
    private mutating func sameEnd(
        _ playlist: MediaPlaylist, _ known: Version, _ answer: DocumentAnswer, _ findings: inout [Finding]
    ) {
        // With tokens in it every viewer has a document of his own; a few of them tell enough.
        if known.comparedCopies < 8 {
            newest?.comparedCopies += 1
            if answer.begun > known.firstSeen || known.comparedCopies == 0 {
                compare(playlist, with: known.playlist, &findings)
            }
        }
        unchanged(answer, &findings)
    }

    private mutating func advance(
        to playlist: MediaPlaylist, _ end: PlaylistEnd, from known: Version, _ answer: DocumentAnswer,
        _ findings: inout [Finding]
    ) {
        findings += playlist.findings
        compare(playlist, with: known.playlist, &findings)
        checkParts(playlist, end, after: known, answer, &findings)
        // A pause in which nobody looked says nothing about the server.
        let target = known.playlist.targetDuration
        if known.playlist.isLive, answer.answered - known.lastSeen <= target * 2 {
            ages.record(ratio(answer.answered - known.firstSeen, target))
        }
        followDates(of: playlist, after: known.playlist, &findings)
        previous = known.playlist
        adopt(playlist, end, answer)
        checkClock(playlist, answer, &findings)
    }

    /// An older version although a newer one had been served: a cache that lags behind, or a server that began anew.
    private mutating func wentBack(
        _ playlist: MediaPlaylist, _ end: PlaylistEnd, _ known: Version, _ answer: DocumentAnswer,
        _ findings: inout [Finding]
    ) {
        guard reportedOlder !== playlist else { return }
        reportedOlder = playlist
        if known.end.isEnded, !end.isEnded, end.lastSequence == known.end.lastSequence {
            findings.append(FindingRule.endRemoved.finding("the playlist had ended, and now EXT-X-ENDLIST is gone"))
        }
        let first = playlist.segments.firstSequence
        let knownFirst = known.playlist.segments.firstSequence
        if first < knownFirst {
            findings.append(
                FindingRule.sequenceBack.finding(
                    "the first media sequence number is \(first) after \(knownFirst) was served"))
        }
        if end.lastSequence < known.end.lastSequence || end.openParts < known.end.openParts {
            let parts = end.openParts > 0 ? " and \(end.openParts) parts" : ""
            findings.append(
                FindingRule.olderVersion.finding(
                    "the playlist ends with segment \(end.lastSequence)\(parts) after segment"
                        + " \(known.end.lastSequence) was served"))
        }
        // Nothing in common: the numbers began anew, and what follows is held against the new ones.
        if end.lastSequence < knownFirst { begin(playlist, answer, &findings) }
    }

    private mutating func checkClock(
        _ playlist: MediaPlaylist, _ answer: DocumentAnswer, _ findings: inout [Finding]
    ) {
        guard playlist.isLive, !isDateAheadReported, let last = playlist.segments.last,
            let date = last.programDateTime
        else { return }
        let ahead = date + last.duration - answer.wall
        guard ahead > max(playlist.targetDuration, .seconds(2.0)) else { return }
        isDateAheadReported = true
        findings.append(
            FindingRule.dateAhead.finding("segment \(last.sequence) ends \(ahead) ahead of the tester's clock"))
    }

    // MARK: - Blocking reloads

    private func checkBlocking(
        _ playlist: MediaPlaylist, _ answer: DocumentAnswer, _ asked: PlaylistPosition, _ findings: inout [Finding]
    ) {
        guard playlist.isLive else { return }
        let wait = answer.answered - answer.begun
        let what = asked.part.map { "part \($0) of segment \(asked.sequence)" } ?? "segment \(asked.sequence)"
        if wait > playlist.targetDuration * 3 {
            findings.append(
                FindingRule.blockingLate.finding("the reload that asked for \(what) was answered after \(wait)"))
        } else if !PlaylistEnd(playlist).contains(asked) {
            findings.append(
                FindingRule.blockingEarly.finding(
                    "the reload that asked for \(what) was answered after \(wait) without it"))
        }
    }
}
