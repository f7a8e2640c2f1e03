import Quantities

extension PlaylistWatch {
    /// Dates may run ahead of or behind the durations by so much in a minute.
    private static let drift = 0.05 / 60
    /// Below this, roundings of EXTINF and of dates to the millisecond count for too much.
    private static let leastDrift = 0.25
    private static let leastTime = TimeAmount.seconds(60.0)

    /// Follows the dates of new segments: whether they jump from one version to the next, and whether they drift.
    mutating func followDates(of new: MediaPlaylist, after old: MediaPlaylist?, _ findings: inout [Finding]) {
        guard let last = new.segments.lastSequence, !new.segments.isEmpty else { return }
        let newFirst = new.segments.firstSequence
        var next = newFirst
        if let old, let oldLast = old.segments.last {
            // A gap between versions leaves the media time unknown.
            if newFirst > oldLast.sequence &+ 1 || last < oldLast.sequence {
                anchor = nil
            } else {
                next = oldLast.sequence &+ 1
            }
            checkSeam(from: oldLast, to: new, &findings)
        }
        next = max(next, last &- (Self.comparedSegments - 1))
        guard next <= last else { return }
        for sequence in next...last {
            guard let segment = new.segments.segment(sequence) else { continue }
            follow(segment, &findings)
        }
    }

    /// The step between versions that no single document shows.
    private func checkSeam(from before: Segment, to new: MediaPlaylist, _ findings: inout [Finding]) {
        guard new.segments.firstSequence == before.sequence &+ 1, let now = new.segments.first,
            let date = now.programDateTime, let was = before.programDateTime
        else { return }
        let step = date - (was + before.duration)
        if step < .seconds(-1.0) {
            findings.append(
                FindingRule.dateOverlap.finding(
                    "segment \(now.sequence) begins \(-step) before segment \(before.sequence) ends"))
        } else if now.discontinuity == before.discontinuity, step.nanoseconds.distanceFromZero > 500_000_000 {
            findings.append(
                FindingRule.dateJump.finding("between segments \(before.sequence) and \(now.sequence) it is \(step)"))
        }
    }

    private mutating func follow(_ segment: Segment, _ findings: inout [Finding]) {
        guard let date = segment.programDateTime else {
            anchor = nil
            return
        }
        guard var known = anchor, known.discontinuity == segment.discontinuity else {
            anchor = DateAnchor(date: date, discontinuity: segment.discontinuity, elapsed: segment.duration)
            return
        }
        let drift = (date - known.date).seconds - known.elapsed.seconds
        let step = abs(drift)
        if step > 5 {
            // A jump, which is told as such; what follows is measured from here.
            anchor = DateAnchor(date: date, discontinuity: segment.discontinuity, elapsed: segment.duration)
            return
        }
        if !known.isReported, known.elapsed >= Self.leastTime, step > Self.leastDrift,
            step > known.elapsed.seconds * Self.drift
        {
            known.isReported = true
            findings.append(
                FindingRule.dateDrift.finding(
                    "in \(known.elapsed) of media up to segment \(segment.sequence) the dates are"
                        + " \(TimeAmount.seconds(step)) \(drift > 0 ? "ahead" : "behind")"))
        }
        known.elapsed += segment.duration
        anchor = known
    }
}
