import Audience
import Quantities
import RunProfile

/// Everything that is counted in one walk over a plan.
struct PlanTally {
    /// The visits that are made, and those that would begin after the run's limit.
    private(set) var visits = 0
    private(set) var visitsTooLate = 0
    /// Visits that last until nobody knows when.
    private(set) var endless = 0
    private(set) var firstArrival = Instant.zero
    private(set) var lastArrival = Instant.zero
    private(set) var horizon = Instant.zero
    /// By position in the settings.
    private(set) var phaseVisits: [Int]
    private(set) var kindVisits: [Int]
    /// Begins and ends of the visits that are made, in the order of the schedule.
    private(set) var spans: [Span] = []
    /// The most TLS connections that are opened in a whole second, and which.
    private(set) var secureRate = 0
    private(set) var secureRateAt = Instant.zero

    /// A visit as far as it matters here.
    struct Span {
        var begin: Int64
        /// `.max` when nobody knows.
        var end: Int64
        var kind: Int32
        var stream: UInt16
        var region: UInt16
        var device: UInt16
        var network: UInt16
    }

    /// Walks over a plan.
    ///
    /// - Parameters:
    ///   - plan: The plan.
    ///   - kinds: What its sessions are like.
    ///   - limit: When the run ends, whoever is there; nil for never.
    ///   - length: How long a viewer who stays until the end is there; nil for nobody knows.
    init(_ plan: AudiencePlan, _ kinds: SessionKinds, limit: TimeAmount?, length: TimeAmount?) {
        let schedule = plan.schedule()
        phaseVisits = [Int](repeating: 0, count: max(1, plan.settings.script.count))
        kindVisits = [Int](repeating: 0, count: kinds.count)
        spans.reserveCapacity(schedule.count)
        let limit = limit.map { $0.nanoseconds } ?? .max
        var second: (number: Int64, count: Int) = (-1, 0)
        var last: Int64 = 0
        for index in 0..<schedule.count {
            let session = schedule[index]
            let begin = session.arrival.nanoseconds
            guard begin < limit else {
                visitsTooLate += 1
                continue
            }
            var end = session.plannedEnd?.nanoseconds ?? .max
            if let length { end = min(end, (session.arrival + length).nanoseconds) }
            end = max(begin, min(end, limit))
            if end == .max { endless += 1 } else { last = max(last, end) }
            let kind = kinds.position(stream: session.stream, device: session.device, network: session.network)
            spans.append(
                Span(
                    begin: begin, end: end, kind: Int32(clamping: kind), stream: UInt16(clamping: session.stream),
                    region: UInt16(clamping: session.region), device: UInt16(clamping: session.device),
                    network: UInt16(clamping: session.network)))
            if phaseVisits.indices.contains(session.phase) { phaseVisits[session.phase] += 1 }
            kindVisits[kind] += 1
            guard kinds[kind].isSecure else { continue }
            let number = begin / 1_000_000_000
            second = number == second.number ? (number, second.count) : (number, 0)
            second.count += kinds[kind].connections
            if second.count > secureRate { (secureRate, secureRateAt) = (second.count, .seconds(Double(number))) }
        }
        visits = spans.count
        firstArrival = Instant(nanoseconds: spans.first?.begin ?? 0)
        lastArrival = Instant(nanoseconds: spans.last?.begin ?? 0)
        horizon = Self.horizon(last: max(last, lastArrival.nanoseconds), isOpen: endless > 0)
    }

    /// Where the plan is cut off: when the last one leaves or, where some never do, a little behind the last that is
    /// known to happen, so that it is seen that they stay.
    private static func horizon(last: Int64, isOpen: Bool) -> Instant {
        let second: Int64 = 1_000_000_000
        let more = isOpen ? max(10 * second, last / 10) : 0
        let (end, overflow) = last.addingReportingOverflow(more)
        return Instant(nanoseconds: max(second, overflow ? last : end))
    }
}
