import Quantities

/// A plan in the large: how many come and how many are there over time, if every visit lasts as long as planned.
package struct PlanOutline: Sendable, Hashable {
    /// The width of a bucket; wider than asked for when there would be more than ``mostBuckets``.
    package var bucket: TimeAmount
    /// The visits that begin in each bucket, the first of which begins with the run.
    package var arrivals: [Int]
    /// The most sessions that are present at any one instant of each bucket.
    package var present: [Int]
    /// The most sessions that are present at once.
    package var peak: Int
    /// The instant at which the peak is reached first.
    package var peakAt: Instant
    /// When the last visit ends, or the plan is cut off.
    package var end: Instant
    /// The phases of the script, in its order.
    package var phases: [Phase]
    /// The sessions at the begin of each bucket by the part of the mix that was asked for, in the order of the settings;
    /// empty when none was.
    package var groups: [Group]

    /// A phase of the script.
    package struct Phase: Sendable, Hashable {
        /// Its name.
        package var name: String
        /// When it begins.
        package var from: Instant
        /// When it ends; nil where it has no length of its own.
        package var to: Instant?
    }

    /// The sessions of one part of a mix.
    package struct Group: Sendable, Hashable {
        /// The name of the part.
        package var name: String
        /// The visits that begin in each bucket.
        package var arrivals: [Int]
        /// The most of its sessions that are present at any one instant of each bucket.
        package var present: [Int]
        /// The most of its sessions that are present at once.
        package var peak: Int
    }

    /// A mix that an outline can be broken down by.
    package enum Grouping: Sendable, CaseIterable {
        case stream
        case region
        case device
        case network
        case phase
    }

    /// The most buckets of an outline.
    package static let mostBuckets = 100_000
}

extension AudienceSchedule {
    /// Counts who comes and who is there over time.
    ///
    /// Nominal: playback begins at the arrival, and a visit lasts its watch time unless the script ends it before.
    ///
    /// - Parameters:
    ///   - bucket: The width of a bucket, above zero.
    ///   - until: When the run ends by its limit, and from when on nobody is counted; nil for never. Viewers who stay until
    ///     the end are then there as long as anybody comes or goes.
    ///   - contentLength: How long the content is for viewers who stay until its end; nil for live.
    ///   - grouping: What to break the sessions down by; nil for nothing.
    /// - Returns: The outline.
    package func outline(
        bucket: TimeAmount, until: TimeAmount?, contentLength: TimeAmount? = nil,
        by grouping: PlanOutline.Grouping? = nil
    ) -> PlanOutline {
        let spans = OutlineSpans(self, until: until, contentLength: contentLength, by: grouping)
        return spans.outline(bucket: bucket, self, by: grouping)
    }
}

/// The visits of a schedule with their ends, for counting.
private struct OutlineSpans {
    /// When each visit of the schedule ends, in the schedule's order.
    private var ends: [Instant] = []
    /// The part of the mix that each visit belongs to; empty when there is no grouping.
    private var parts: [UInt16] = []
    private let end: Instant
    /// From when on nobody comes.
    private let limit: Instant

    init(
        _ schedule: AudienceSchedule, until: TimeAmount?, contentLength: TimeAmount?,
        by grouping: PlanOutline.Grouping?
    ) {
        let limit = until.map { Instant.zero + $0 } ?? .distantFuture
        self.limit = limit
        var last = Instant.zero
        ends.reserveCapacity(schedule.count)
        for index in 0..<schedule.count {
            let session = schedule[index]
            var end = session.plannedEnd ?? .distantFuture
            if let contentLength { end = min(end, session.arrival + contentLength) }
            end = min(end, limit)
            last = max(last, end == .distantFuture ? session.arrival : end)
            ends.append(end)
            if let grouping { parts.append(UInt16(clamping: grouping.position(session))) }
        }
        end = min(limit, last)
    }

    func outline(
        bucket: TimeAmount, _ schedule: AudienceSchedule, by grouping: PlanOutline.Grouping?
    ) -> PlanOutline {
        let widest = end.nanoseconds / Int64(PlanOutline.mostBuckets) + 1
        let width = max(1, max(bucket.nanoseconds, widest))
        let total = Sweep(count(schedule, nil), until: end, width)
        let settings = schedule.plan.settings
        let groups = (grouping?.names(settings) ?? []).enumerated().map { position, name in
            let sweep = Sweep(count(schedule, UInt16(clamping: position)), until: end, width)
            return PlanOutline.Group(name: name, arrivals: sweep.arrivals, present: sweep.present, peak: sweep.peak)
        }
        return PlanOutline(
            bucket: .nanoseconds(width), arrivals: total.arrivals, present: total.present, peak: total.peak,
            peakAt: total.peakAt, end: end,
            phases: settings.script.map { PlanOutline.Phase(name: $0.name, from: $0.at, to: $0.end) }, groups: groups)
    }

    /// Begins and ends, each by rising time, of all visits or those of one part.
    private func count(_ schedule: AudienceSchedule, _ part: UInt16?) -> (begins: [Instant], ends: [Instant]) {
        var begins: [Instant] = []
        var stops: [Instant] = []
        for index in ends.indices where part == nil || parts[index] == part {
            guard schedule.visits[index].arrival < limit else { break }
            begins.append(schedule.visits[index].arrival)
            stops.append(ends[index])
        }
        stops.sort()
        return (begins, stops)
    }
}

/// A walk over begins and ends in the order of time.
private struct Sweep {
    var arrivals: [Int]
    var present: [Int]
    var peak = 0
    var peakAt = Instant.zero

    init(_ visits: (begins: [Instant], ends: [Instant]), until end: Instant, _ width: Int64) {
        let buckets = Int(max(0, end.nanoseconds) / width) + 1
        arrivals = [Int](repeating: 0, count: buckets)
        present = arrivals
        var now = 0
        var entered = 0
        var left = 0
        for bucket in 0..<buckets {
            // Who leaves at an instant makes room for who comes then; a visit of no length counts for nobody.
            let from = Int64(bucket) * width
            while left < visits.ends.count, visits.ends[left].nanoseconds <= from {
                now -= 1
                left += 1
            }
            present[bucket] = max(0, now)
            while true {
                let begin = entered < visits.begins.count ? visits.begins[entered].nanoseconds : .max
                let stop = left < visits.ends.count ? visits.ends[left].nanoseconds : .max
                guard min(begin, stop) - from < width else { break }
                if stop <= begin {
                    now -= 1
                    left += 1
                    continue
                }
                now += 1
                entered += 1
                arrivals[bucket] += 1
                present[bucket] = max(present[bucket], now)
                if now > peak { (peak, peakAt) = (now, Instant(nanoseconds: begin)) }
            }
        }
    }
}

extension PlanOutline.Grouping {
    /// The position of a visit in the mix.
    fileprivate func position(_ session: PlannedSession) -> Int {
        switch self {
        case .stream: session.stream
        case .region: session.region
        case .device: session.device
        case .network: session.network
        case .phase: session.phase
        }
    }

    /// The names of the parts, in the order of the settings.
    fileprivate func names(_ settings: AudienceSettings) -> [String] {
        switch self {
        case .stream: settings.streams.map(\.name)
        case .region: settings.regions.map(\.name)
        case .device: settings.devices.map(\.name)
        case .network: settings.networks.map(\.name)
        case .phase: settings.script.map(\.name)
        }
    }
}
