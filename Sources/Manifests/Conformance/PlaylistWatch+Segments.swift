import Quantities

extension PlaylistWatch {
    /// So many segments of two versions are looked at, the last ones.
    static let comparedSegments: Int64 = 10_000
    /// So many of them are compared one by one; of those before, every eighth.
    private static let comparedEach: Int64 = 1_000
    /// So many date ranges are compared.
    private static let comparedRanges = 1_000
    /// Dates that differ by less are only rounded otherwise.
    private static let dateTolerance = TimeAmount.milliseconds(100)

    /// Holds what stays the same against what came before.
    func compare(_ new: MediaPlaylist, with old: MediaPlaylist, _ findings: inout [Finding]) {
        compareValues(new, with: old, &findings)
        compareSegments(new, with: old, &findings)
        compareSequences(new, with: old, &findings)
        compareDateRanges(new, with: old, &findings)
    }

    private func compareValues(_ new: MediaPlaylist, with old: MediaPlaylist, _ findings: inout [Finding]) {
        if new.targetDuration != old.targetDuration {
            findings.append(
                FindingRule.targetDurationChanged.finding(
                    "the target duration was \(old.targetDuration) and is \(new.targetDuration)"))
        }
        if new.kind != old.kind {
            let names = [old.kind, new.kind].map { $0.rawValue == "live" ? "none" : $0.rawValue }
            findings.append(FindingRule.typeChanged.finding("the type was \(names[0]) and is \(names[1])"))
        }
        let oldFirst = old.segments.firstSequence
        let newFirst = new.segments.firstSequence
        if newFirst < oldFirst {
            findings.append(
                FindingRule.sequenceBack.finding(
                    "the first media sequence number is \(newFirst) after \(oldFirst) was served"))
        }
        switch old.kind {
        case .vod where new.kind == .vod:
            if newFirst != oldFirst || new.segments.lastSequence != old.segments.lastSequence {
                findings.append(
                    FindingRule.vodChanged.finding("it had segments \(old.shownRange) and has \(new.shownRange)"))
            }
        case .event where newFirst > oldFirst:
            findings.append(
                FindingRule.eventLostSegments.finding("it began with segment \(oldFirst) and begins with \(newFirst)"))
        case .vod, .event, .live: break
        }
        if old.segments.first?.programDateTime != nil, let first = new.segments.first, first.programDateTime == nil {
            findings.append(
                FindingRule.datesMissing.finding("earlier versions had program date times, this one has none"))
        }
    }

    // MARK: - Segments

    /// What differed, how often, and the first of it.
    private struct Differences {
        var files = 0
        var durations = 0
        var dates = 0
        var fileExample = ""
        var durationExample = ""
        var dateExample = ""
        var discontinuity: (sequence: Int64, old: Int64, new: Int64)?
    }

    private func compareSegments(_ new: MediaPlaylist, with old: MediaPlaylist, _ findings: inout [Finding]) {
        guard let oldLast = old.segments.lastSequence, let newLast = new.segments.lastSequence else { return }
        let last = min(oldLast, newLast)
        let first = max(old.segments.firstSequence, new.segments.firstSequence, last &- (Self.comparedSegments - 1))
        guard first <= last else { return }
        var differences = Differences()
        var sequence = first
        while sequence <= last {
            if let before = old.segments.segment(sequence), let now = new.segments.segment(sequence) {
                compare(now, with: before, &differences)
            }
            // What shifts or renames segments does so with all of them.
            sequence &+= last &- sequence > Self.comparedEach ? 8 : 1
            if sequence < first { break }
        }
        report(differences, new, old, &findings)
    }

    private func compare(_ now: Segment, with before: Segment, _ differences: inout Differences) {
        if !isSameFile(now, before) {
            if differences.files == 0 {
                differences.fileExample =
                    "segment \(now.sequence) was \(shown(before)) and is \(shown(now))"
            }
            differences.files += 1
        }
        if now.duration != before.duration {
            if differences.durations == 0 {
                differences.durationExample =
                    "segment \(now.sequence) lasted \(before.duration) and lasts \(now.duration)"
            }
            differences.durations += 1
        }
        if let date = now.programDateTime, let was = before.programDateTime,
            (date - was).nanoseconds.distanceFromZero > Self.dateTolerance.nanoseconds
        {
            if differences.dates == 0 {
                differences.dateExample = "the date of segment \(now.sequence) moved by \(date - was)"
            }
            differences.dates += 1
        }
        if now.discontinuity != before.discontinuity, differences.discontinuity == nil {
            differences.discontinuity = (now.sequence, before.discontinuity, now.discontinuity)
        }
    }

    private func report(
        _ differences: Differences, _ new: MediaPlaylist, _ old: MediaPlaylist, _ findings: inout [Finding]
    ) {
        func more(_ count: Int) -> String { count > 1 ? ", and \(count - 1) more" : "" }
        if differences.files > 0 {
            let shift = shift(of: new, in: old)
            let rule = shift > 0 ? FindingRule.sequenceNotIncremented : .segmentChanged
            let prefix = shift > 0 ? "\(shift) segments left without a higher media sequence number: " : ""
            findings.append(rule.finding(prefix + differences.fileExample + more(differences.files)))
        } else if differences.durations > 0 {
            findings.append(
                FindingRule.durationChanged.finding(differences.durationExample + more(differences.durations)))
        }
        if differences.dates > 0, differences.files == 0 {
            findings.append(FindingRule.dateChanged.finding(differences.dateExample + more(differences.dates)))
        }
        if let change = differences.discontinuity {
            let hasLeft = change.new < change.old
            let rule = hasLeft ? FindingRule.discontinuityNotIncremented : .discontinuityChanged
            let text =
                "the discontinuity sequence number of segment \(change.sequence) was \(change.old) and is \(change.new)"
            findings.append(rule.finding(text))
        }
    }

    /// By how many segments the files moved forward; 0 when the first of the new version is not among those before.
    private func shift(of new: MediaPlaylist, in old: MediaPlaylist) -> Int64 {
        guard let first = new.segments.first, let last = old.segments.lastSequence else { return 0 }
        let begin = first.sequence &+ 1
        guard begin <= last else { return 0 }
        for sequence in begin...last.boundedEnd(of: 32, from: begin) {
            if let candidate = old.segments.segment(sequence), isSameFile(first, candidate) {
                return sequence &- first.sequence
            }
        }
        return 0
    }

    /// True when two segments are the same file, whatever tokens are in its query.
    func isSameFile(_ left: Segment, _ right: Segment) -> Bool {
        left.byteRange == right.byteRange && isSameFile(left.uri, right.uri)
    }

    func isSameFile(_ left: String, _ right: String) -> Bool {
        if left == right { return true }
        if ignoresFolders { return PublicName.lastSegment(left) == PublicName.lastSegment(right) }
        return PublicName.path(left) == PublicName.path(right)
    }

    private func shown(_ segment: Segment) -> String {
        let name = ignoresFolders ? PublicName.file(segment.uri) : PublicName.of(segment.uri)
        return name + (segment.byteRange.map { " (bytes \($0.shownOffset))" } ?? "")
    }

    // MARK: - Sequence numbers and date ranges

    private func compareSequences(_ new: MediaPlaylist, with old: MediaPlaylist, _ findings: inout [Finding]) {
        guard let now = new.segments.first, let before = old.segments.first, now.sequence >= before.sequence,
            now.discontinuity < before.discontinuity
        else { return }
        findings.append(
            FindingRule.discontinuityBack.finding(
                "the first discontinuity sequence number is \(now.discontinuity) after \(before.discontinuity)"))
    }

    private func compareDateRanges(_ new: MediaPlaylist, with old: MediaPlaylist, _ findings: inout [Finding]) {
        guard !old.extras.dateRanges.isEmpty, !new.extras.dateRanges.isEmpty else { return }
        let known = Dictionary(
            old.extras.dateRanges.prefix(Self.comparedRanges).map { ($0.id, $0) },
            uniquingKeysWith: { first, _ in first })
        for range in new.extras.dateRanges.prefix(Self.comparedRanges) {
            guard let before = known[range.id], before != range, let attribute = range.changedAttribute(since: before)
            else { continue }
            let id = PublicName.sentence(String(range.id.prefix(60)))
            findings.append(FindingRule.dateRangeChanged.finding("\(attribute) of the date range \(id) changed"))
        }
    }
}

extension MediaPlaylist {
    /// `5…9`.
    fileprivate var shownRange: String {
        segments.isEmpty ? "none" : "\(segments.firstSequence)…\(segments.lastSequence ?? 0)"
    }
}

extension ByteRange {
    /// The begin and, where it is known, the length; never traps.
    fileprivate var shownOffset: String { "from \(offset)" + (length.map { ", \($0) long" } ?? "") }
}

extension Int64 {
    /// The last of so many numbers from another on, at most this one, which is not less.
    fileprivate func boundedEnd(of count: Int64, from begin: Int64) -> Int64 {
        let (end, overflow) = begin.addingReportingOverflow(count - 1)
        return overflow ? self : Swift.min(self, end)
    }

    /// The distance from zero, at most the largest number.
    var distanceFromZero: Int64 { self == .min ? .max : Swift.abs(self) }
}

extension DateRange {
    /// The first attribute that has another value than before; new attributes may be added at any time.
    fileprivate func changedAttribute(since old: DateRange) -> String? {
        func differs<Value: Equatable>(_ left: Value?, _ right: Value?) -> Bool {
            guard let left, let right else { return false }
            return left != right
        }
        if !rangeClass.isEmpty, !old.rangeClass.isEmpty, rangeClass != old.rangeClass { return "CLASS" }
        if differs(start, old.start) { return "START-DATE" }
        if differs(end, old.end) { return "END-DATE" }
        if differs(duration, old.duration) { return "DURATION" }
        if differs(plannedDuration, old.plannedDuration) { return "PLANNED-DURATION" }
        for (name, value) in attributes.sorted(by: { $0.key < $1.key }) where differs(value, old.attributes[name]) {
            return String(name.prefix(60))
        }
        return nil
    }
}
