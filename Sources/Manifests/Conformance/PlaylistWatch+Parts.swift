import Quantities

extension PlaylistWatch {
    /// What the network may add to a part's time.
    private static let partSlack = TimeAmount.milliseconds(500)
    /// Parts and segment may differ by so much, for their durations are rounded one by one.
    private static let partTolerance = TimeAmount.milliseconds(100)

    /// Tells once when the newest version should long have had a new part.
    mutating func checkPartIsDue(_ known: Version, age: TimeAmount, _ findings: inout [Finding]) {
        guard !known.isPartLate, let target = known.playlist.extras.partTarget else { return }
        guard age > target * 1.5 + Self.partSlack else { return }
        newest?.isPartLate = true
        findings.append(partLate(age, target))
    }

    private func partLate(_ age: TimeAmount, _ target: TimeAmount) -> Finding {
        FindingRule.partLate.finding("no new part came for \(age) (part target duration \(target))")
    }

    /// What parts promise from one version to the next.
    func checkParts(
        _ new: MediaPlaylist, _ end: PlaylistEnd, after known: Version, _ answer: DocumentAnswer,
        _ findings: inout [Finding]
    ) {
        let old = known.playlist
        guard old.isLowLatency || new.isLowLatency else { return }
        checkPause(new, end, after: known, answer, &findings)
        checkHint(new, end, after: known, &findings)
        compareParts(new, with: old, &findings)
        checkSums(new, after: old, &findings)
    }

    /// A blocked reload is answered as soon as the part is there, so the time between two answers is the server's own.
    private func checkPause(
        _ new: MediaPlaylist, _ end: PlaylistEnd, after known: Version, _ answer: DocumentAnswer,
        _ findings: inout [Finding]
    ) {
        guard !known.isPartLate, !new.isEnded, let asked = answer.asked,
            answer.begun <= known.firstSeen + Self.partSlack,
            let target = known.playlist.extras.partTarget
        else { return }
        // Only when what was asked for is the very next thing, and nothing more came with it.
        let isNext =
            asked.sequence == known.end.lastSequence &+ 1
            && (asked.part ?? 0) >= known.end.openParts
        let age = answer.answered - known.firstSeen
        guard isNext, age > target * 1.5 + Self.partSlack else { return }
        findings.append(partLate(age, target))
    }

    /// What was hinted at must be the part that follows.
    private func checkHint(
        _ new: MediaPlaylist, _ end: PlaylistEnd, after known: Version, _ findings: inout [Finding]
    ) {
        guard let hint = known.playlist.extras.preloadHints.first(where: { $0.kind == .part }) else { return }
        let sequence = known.end.lastSequence &+ 1
        let parts = new.parts(of: sequence)
        // Where the next part begins; a hint after the last part of a segment is for the next segment's first.
        var next = parts.first { $0.index == known.end.openParts }
        if next == nil, end.lastSequence >= sequence { next = new.parts(of: sequence &+ 1).first { $0.index == 0 } }
        guard let next else { return }
        let isKept =
            [next, parts.first { isSameFile($0.uri, hint.uri) }].compactMap { $0 }.contains {
                isSameFile($0.uri, hint.uri) && ($0.byteRange?.offset ?? 0) == hint.rangeStart
            }
        guard !isKept else { return }
        findings.append(
            FindingRule.hintNotKept.finding(
                "part \(next.index) of segment \(next.sequence) is \(PublicName.file(next.uri)), the hint was"
                    + " \(PublicName.file(hint.uri))"))
    }

    private func compareParts(_ new: MediaPlaylist, with old: MediaPlaylist, _ findings: inout [Finding]) {
        guard let first = new.extras.parts.first else { return }
        var position = new.extras.parts.startIndex
        let newParts = new.extras.parts
        for part in old.extras.parts where (part.sequence, part.index) >= (first.sequence, first.index) {
            while position < newParts.endIndex,
                (newParts[position].sequence, newParts[position].index) < (part.sequence, part.index)
            {
                position += 1
            }
            guard position < newParts.endIndex else { return }
            let now = newParts[position]
            guard (now.sequence, now.index) == (part.sequence, part.index) else { continue }
            guard
                !isSameFile(now.uri, part.uri) || now.byteRange != part.byteRange || now.duration != part.duration
            else { continue }
            let text =
                "part \(part.index) of segment \(part.sequence) was \(PublicName.file(part.uri)) of \(part.duration)"
                + " and is \(PublicName.file(now.uri)) of \(now.duration)"
            return findings.append(FindingRule.partChanged.finding(text))
        }
    }

    /// The parts of segments that have become complete add up to them.
    private func checkSums(_ new: MediaPlaylist, after old: MediaPlaylist, _ findings: inout [Finding]) {
        guard let last = new.segments.lastSequence else { return }
        let first = max((old.segments.lastSequence ?? last) &+ 1, new.segments.firstSequence, last &- 15)
        guard first <= last else { return }
        for sequence in first...last {
            guard let segment = new.segments.segment(sequence) else { continue }
            let parts = new.parts(of: sequence)
            guard parts.first?.index == 0 else { continue }
            let sum = parts.reduce(TimeAmount.zero) { $0 + $1.duration }
            guard (sum - segment.duration).nanoseconds.distanceFromZero > Self.partTolerance.nanoseconds else {
                continue
            }
            findings.append(
                FindingRule.partsDisagree.finding(
                    "the \(parts.count) parts of segment \(sequence) last \(sum), the segment \(segment.duration)"))
        }
    }
}
