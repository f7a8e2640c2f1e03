import Quantities

extension PresentationWatch {
    /// So many tracks of a period are compared.
    private static let comparedTracks = 16
    /// So many segments of a track are compared, the last ones.
    private static let comparedSegments: Int64 = 256
    /// Times that differ by less are only rounded otherwise.
    private static let tolerance = TimeAmount.milliseconds(2)

    /// Holds what stays the same against the version before.
    func compare(
        _ new: Presentation, _ edge: LiveEdge?, with known: Version, _ answer: DocumentAnswer,
        _ findings: inout [Finding]
    ) {
        let old = known.presentation
        guard new.format == .dash, old.format == .dash, old.isDynamic else { return }
        if let now = new.dynamicTiming, let was = old.dynamicTiming {
            if now.availabilityStart != was.availabilityStart {
                findings.append(
                    FindingRule.availabilityStartChanged.finding(
                        "it moved by \(now.availabilityStart - was.availabilityStart)"))
            }
            let hasGrown = edge?.end != known.edge?.end || new.periods.count != old.periods.count
            if hasGrown, let time = now.publishTime, time == was.publishTime {
                findings.append(
                    FindingRule.publishTimeKept.finding("segments or periods were added under the same publishTime"))
            }
        }
        comparePeriods(new, with: old, &findings)
        let pause = answer.answered - known.lastSeen
        for period in new.periods {
            guard let before = old.periods.first(where: { $0.isSame(as: period) }) else { continue }
            compareTracks(period, with: before, pause: pause, &findings)
        }
    }

    private func comparePeriods(_ new: Presentation, with old: Presentation, _ findings: inout [Finding]) {
        let starts = Dictionary(
            new.periods.filter { !$0.id.isEmpty }.map { ($0.id, $0.start) }, uniquingKeysWith: { first, _ in first })
        var oldestLeft: Period?
        for period in old.periods where !period.id.isEmpty {
            let id = PublicName.sentence(String(period.id.prefix(60)))
            if let start = starts[period.id] {
                oldestLeft = oldestLeft ?? period
                guard (start - period.start).nanoseconds.distanceFromZero > Self.tolerance.nanoseconds else { continue }
                findings.append(
                    FindingRule.periodChanged.finding("the start of period \(id) moved by \(start - period.start)"))
            } else if let twin = new.periods.first(where: { $0.start == period.start }), !twin.id.isEmpty {
                findings.append(
                    FindingRule.periodChanged.finding(
                        "the period \(id) is now called \(PublicName.sentence(String(twin.id.prefix(60))))"))
            } else if let oldestLeft {
                findings.append(
                    FindingRule.periodsBack.finding(
                        "the period \(id) is gone, the earlier period \(oldestLeft.id.prefix(60)) is still there"))
            }
        }
    }

    // MARK: - Tracks

    private func compareTracks(
        _ new: Period, with old: Period, pause: TimeAmount, _ findings: inout [Finding]
    ) {
        let before = Dictionary(
            old.switchingSets.flatMap(\.tracks).prefix(Self.comparedTracks).map { ($0.id, $0) },
            uniquingKeysWith: { first, _ in first })
        var told: Set<String> = []
        for track in new.switchingSets.flatMap(\.tracks).prefix(Self.comparedTracks) {
            guard case .segments(let now) = track.media, let twin = before[track.id],
                case .segments(let was) = twin.media,
                let finding = difference(now, was, pause: pause, track: track.id)
            else { continue }
            // All tracks of a set mostly share one timeline.
            if told.insert(finding.id).inserted { findings.append(finding) }
        }
    }

    private func difference(
        _ new: SegmentList, _ old: SegmentList, pause: TimeAmount, track: String
    ) -> Finding? {
        let name = PublicName.sentence(String(track.prefix(60)))
        guard let newLast = new.last, let oldLast = old.last, let newFirst = new.first, let oldFirst = old.first else {
            return endless(new, old, name)
        }
        if newLast.end < oldLast.start {
            return FindingRule.timelineRestarted.finding(
                "track \(name) ended at \(time(oldLast.end)) and ends at \(time(newLast.end))")
        }
        if newFirst.start > oldLast.end + Self.tolerance {
            // Nobody looked while the whole window passed by.
            guard pause < oldLast.end - oldFirst.start else { return nil }
            return FindingRule.timelineHole.finding(
                "track \(name) ended at \(time(oldLast.end)), the next segment begins at \(time(newFirst.start))")
        }
        let begin = max(old.firstSequence, oldLast.sequence &- (Self.comparedSegments - 1))
        for sequence in begin...oldLast.sequence {
            guard let segment = old.segment(sequence), segment.start >= newFirst.start - Self.tolerance,
                segment.start < newLast.end, let twin = new.segment(at: segment.start + Self.tolerance)
            else { continue }
            let moved = twin.start - segment.start
            if moved.nanoseconds.distanceFromZero > Self.tolerance.nanoseconds {
                return FindingRule.segmentTimeChanged.finding(
                    "track \(name) had a segment at \(time(segment.start)), which now begins at \(time(twin.start))")
            }
        }
        return nil
    }

    /// Segments without end are told by their number alone.
    private func endless(_ new: SegmentList, _ old: SegmentList, _ name: String) -> Finding? {
        guard new.lastSequence == nil, old.lastSequence == nil else { return nil }
        let number = max(new.firstSequence, old.firstSequence)
        guard let now = new.segment(number), let was = old.segment(number),
            (now.start - was.start).nanoseconds.distanceFromZero > Self.tolerance.nanoseconds
        else { return nil }
        return FindingRule.segmentTimeChanged.finding(
            "segment \(number) of track \(name) began at \(time(was.start)) and begins at \(time(now.start))")
    }

    private func time(_ time: MediaTime) -> String { (time - .zero).description }
}

extension Period {
    /// True when this is the same period of another version: by id, or by start where it has none.
    fileprivate func isSame(as other: Period) -> Bool { id.isEmpty ? start == other.start : id == other.id }
}
