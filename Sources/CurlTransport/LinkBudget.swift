import Quantities
import Transport

/// What a link has carried and nobody has taken yet, in bytes.
///
/// While somebody waits for bytes the link works, and all that it carries is theirs. A link that nobody waits for saves
/// nothing up: only gaps as short as our own turns of the loop between two bytes count as work.
struct LinkBudget {
    private let trace: LinkTrace
    private let offset: TimeAmount
    /// Bytes that may be taken; negative when more was taken than carried (heads of responses).
    private(set) var credit = 0.0
    /// The instant up to which `credit` is reckoned.
    private var updated: Instant

    /// How much lateness of the loop the link makes good while somebody waits.
    private static let catchUp = TimeAmount.milliseconds(500)
    /// A longer gap in which nobody waits is idleness.
    private static let shortGap = TimeAmount.milliseconds(100)
    /// How much of a short gap counts as work, and the most that short gaps may save up.
    private static let slack = TimeAmount.milliseconds(50)

    init(trace: LinkTrace, offset: TimeAmount, now: Instant) {
        self.trace = trace
        self.offset = offset
        updated = now
    }

    /// Reckons up to an instant; `isWanted` says whether somebody has waited since the last reckoning.
    mutating func advance(to now: Instant, isWanted: Bool) {
        guard now > updated else { return }
        let gap = now - updated
        if isWanted {
            credit += carried(last: min(gap, Self.catchUp), to: now)
        } else if gap > Self.shortGap {
            credit = min(0, credit + carried(last: min(gap, .seconds(10)), to: now))
        } else {
            credit = min(carried(last: Self.slack, to: now), credit + carried(last: min(gap, Self.slack), to: now))
        }
        updated = now
    }

    /// Begins anew at an instant, as after a delay in which nobody could have taken anything.
    mutating func skip(to now: Instant) {
        credit = min(credit, 0)
        updated = max(updated, now)
    }

    /// Takes bytes, or with a negative number gives some back.
    mutating func take(_ bytes: Double) { credit -= bytes }

    /// How long until there are so many bytes to take; nil when that is longer than `horizon`.
    func time(until bytes: Double, within horizon: TimeAmount) -> TimeAmount? {
        trace.time(toCarry: bytes - credit, from: updated - .zero + offset, within: horizon)
    }

    /// What the link is like at an instant.
    func step(at now: Instant) -> LinkTrace.Step { trace.step(at: now - .zero + offset).step }

    /// How long an outage still lasts; zero when there is none, nil when it never ends.
    func outage(at now: Instant) -> TimeAmount? { trace.outage(at: now - .zero + offset) }

    private func carried(last span: TimeAmount, to now: Instant) -> Double {
        let end = now - .zero + offset
        return trace.carried(from: end - span, to: end)
    }
}
