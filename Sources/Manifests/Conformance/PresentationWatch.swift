import Quantities

/// Holds successive versions of one MPD, as one edge serves it, against each other and the clock.
///
/// As with ``PlaylistWatch``, many viewers may feed it, an older version counts only when it was asked for after a newer
/// one had been answered, and the same object again costs next to nothing. HLS multivariant playlists may be given to it
/// as well; of them only what their document shows is told.
package struct PresentationWatch: Sendable {
    /// The newest version and what was seen of it.
    struct Version: Sendable {
        let presentation: Presentation
        let edge: LiveEdge?
        let firstSeen: Instant
        var unchangedUntil: Instant
        var lastSeen: Instant
        var isStale = false
    }

    var newest: Version?
    private var previous: Presentation?
    private var reportedOlder: Presentation?

    /// Creates a watch that has seen nothing.
    package init() {}

    /// The newest version seen so far.
    package var current: Presentation? { newest?.presentation }

    /// Looks at a version that came; what its own document shows (``Presentation/findings``) is told with a new version.
    package mutating func observe(_ presentation: Presentation, _ answer: DocumentAnswer) -> [Finding] {
        guard let known = newest else {
            var findings = presentation.findings
            adopt(presentation, answer, &findings)
            return findings
        }
        var findings: [Finding] = []
        if known.presentation === presentation {
            unchanged(answer, &findings)
            return findings
        }
        let isLate = answer.begun <= known.firstSeen
        if isLate, presentation === previous || presentation === reportedOlder { return findings }
        let edge = LiveEdge(presentation)
        if isOlder(presentation, edge, than: known) {
            if !isLate, reportedOlder !== presentation { wentBack(presentation, known, &findings) }
            return findings
        }
        findings += presentation.findings
        compare(presentation, edge, with: known, answer, &findings)
        previous = known.presentation
        adopt(presentation, answer, &findings)
        return findings
    }

    // MARK: - Versions

    private mutating func adopt(_ presentation: Presentation, _ answer: DocumentAnswer, _ findings: inout [Finding]) {
        newest = Version(
            presentation: presentation, edge: LiveEdge(presentation), firstSeen: answer.answered,
            unchangedUntil: answer.answered, lastSeen: answer.answered)
        checkPublishAge(answer, &findings)
    }

    private func isOlder(_ new: Presentation, _ edge: LiveEdge?, than known: Version) -> Bool {
        let old = known.presentation
        if new.isDynamic != old.isDynamic { return new.isDynamic && old.format == .dash }
        if let now = new.dynamicTiming?.publishTime, let was = old.dynamicTiming?.publishTime { return now < was }
        if let now = edge, let was = known.edge { return now.end < was.end && now.end > was.start }
        return false
    }

    private mutating func wentBack(_ new: Presentation, _ known: Version, _ findings: inout [Finding]) {
        reportedOlder = new
        if new.isDynamic, !known.presentation.isDynamic {
            findings.append(FindingRule.becameStaticEarly.finding("the MPD was static and is dynamic again"))
        } else if let now = new.dynamicTiming?.publishTime, let was = known.presentation.dynamicTiming?.publishTime {
            findings.append(
                FindingRule.publishTimeBack.finding("its publishTime is \(was - now) before that of one served earlier")
            )
        } else {
            findings.append(
                FindingRule.publishTimeBack.finding("its segments end before those of one served earlier"))
        }
    }

    // MARK: - Age

    /// An MPD with a timeline must change with each segment, or say when: so it is old after two update periods, or two
    /// segments where those are longer.
    private func limit(of known: Version) -> TimeAmount? {
        guard known.presentation.isDynamic, let edge = known.edge, edge.grows,
            let period = known.presentation.dynamicTiming?.minimumUpdatePeriod
        else { return nil }
        return max(period, edge.lastDuration) * 2
    }

    private mutating func unchanged(_ answer: DocumentAnswer, _ findings: inout [Finding]) {
        newest?.lastSeen = answer.answered
        guard let known = newest, answer.sure > known.unchangedUntil else { return }
        newest?.unchangedUntil = answer.sure
        guard !known.isStale, let limit = limit(of: known) else { return }
        let age = answer.sure - known.firstSeen
        guard age > limit else { return }
        newest?.isStale = true
        findings.append(FindingRule.staleMPD.finding("the MPD has not changed for \(age)"))
    }

    /// A version that is old already when it is first seen: the edge serves a copy nobody renews.
    ///
    /// Both publishTime and the last segment must be behind: either alone may be the packager's way.
    private mutating func checkPublishAge(_ answer: DocumentAnswer, _ findings: inout [Finding]) {
        guard let known = newest, let limit = limit(of: known), let edge = known.edge,
            let timing = known.presentation.dynamicTiming, let published = timing.publishTime
        else { return }
        // A tester's clock may be off by as much.
        let bound = limit + .seconds(1.0)
        let age = answer.wall - published
        let behind = answer.wall - (timing.availabilityStart + (edge.end - .zero))
        guard age > bound, behind > bound else { return }
        newest?.isStale = true
        findings.append(
            FindingRule.staleMPD.finding("the MPD was published \(age) ago, its segments end \(behind) ago"))
    }
}

/// Where the listed segments of a presentation end.
struct LiveEdge: Sendable {
    /// The begin of the first listed segment of the last period.
    var start: MediaTime
    /// The end of the last listed segment.
    var end: MediaTime
    /// The duration of the last listed segment.
    var lastDuration: TimeAmount
    /// More segments must be listed by later versions.
    var grows: Bool

    /// The edge of the first video track (else of the first track) of the last period with written segments; nil where
    /// segments have no end, or none are listed.
    init?(_ presentation: Presentation) {
        for period in presentation.periods.reversed() {
            let sets = period.switchingSets.filter { !$0.isTrickPlay }
            let set = sets.first { $0.kind == .video } ?? sets.first
            guard let track = set?.tracks.first, case .segments(let list) = track.media else { continue }
            guard let first = list.first, let last = list.last else {
                if list.lastSequence == nil { return nil }
                continue
            }
            start = first.start
            end = last.end
            lastDuration = last.duration
            grows = period.end.map { $0 - last.end > last.duration * 0.5 } ?? true
            return
        }
        return nil
    }
}
