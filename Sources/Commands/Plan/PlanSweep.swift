import Quantities

/// A walk over begins and ends of visits in the order of time, which finds what is highest and when.
struct PlanSweep {
    /// The highest value of a figure, and when it was first reached.
    struct Peak: Sendable, Hashable {
        var value = 0
        var at = Instant.zero

        mutating func take(_ value: Int, _ now: Int64) {
            if value > self.value { (self.value, at) = (value, Instant(nanoseconds: now)) }
        }
    }

    /// Sessions in all, by bucket.
    private(set) var arrivals: [Int]
    private(set) var present: [Int]
    private(set) var sessions = Peak()
    private(set) var connections = Peak()
    /// Kilobytes of the sessions' memory.
    private(set) var memory = Peak()
    /// The most sessions of each part of a mix, one list for each mix.
    var parts: [[Int]] {
        offsets.indices.map { mix in
            Array(highest[offsets[mix]..<(mix + 1 < offsets.count ? offsets[mix + 1] : highest.count)])
        }
    }
    /// The most ports taken in each place, those of connections just closed included.
    private(set) var ports: [Peak]

    /// The end of a visit, by its place in the schedule.
    private struct End: Comparable {
        var time: Int64
        var visit: Int32

        static func < (left: End, right: End) -> Bool {
            left.time == right.time ? left.visit < right.visit : left.time < right.time
        }
    }

    private let width: Int64
    private var bucket = 0
    private var now = (sessions: 0, connections: 0, memory: 0)
    /// Sessions now, and the most of them, of each part; the parts of all mixes stand one behind the other.
    private var counts: [Int]
    private var highest: [Int]
    /// Where the parts of each mix begin.
    private let offsets: [Int]
    private var held: [Int]

    /// Walks over a tally.
    ///
    /// - Parameters:
    ///   - tally: The visits.
    ///   - kinds: What they are like.
    ///   - mixes: The number of parts of streams, regions, devices and networks, of which no visit has another.
    ///   - places: For each region and stream the number of the place that ports are counted for.
    ///   - width: Nanoseconds of a bucket.
    init(_ tally: PlanTally, _ kinds: SessionKinds, mixes: [Int], places: [[Int]], width: Int64) {
        self.width = max(1, width)
        let buckets = Int((tally.horizon.nanoseconds - 1) / self.width) + 1
        arrivals = [Int](repeating: 0, count: buckets)
        present = arrivals
        var total = 0
        offsets = mixes.map { count in
            defer { total += count }
            return total
        }
        counts = [Int](repeating: 0, count: total)
        highest = counts
        let placeCount = (places.joined().max() ?? 0) + 1
        ports = [Peak](repeating: Peak(), count: placeCount)
        held = [Int](repeating: 0, count: placeCount)
        walk(tally.spans, kinds, places)
        fill(upTo: buckets - 1)
    }

    private mutating func walk(_ spans: [PlanTally.Span], _ kinds: SessionKinds, _ places: [[Int]]) {
        var ends: [End] = []
        ends.reserveCapacity(spans.count)
        for (visit, span) in spans.enumerated() where span.end < .max {
            ends.append(End(time: span.end, visit: Int32(clamping: visit)))
        }
        ends.sort()
        let hold = RunCost.portHold.nanoseconds
        var (left, freed) = (0, 0)
        for span in spans {
            // Who leaves at an instant makes room for who comes then.
            while left < ends.count, ends[left].time <= span.begin {
                leave(spans[Int(ends[left].visit)], kinds, ends[left].time)
                left += 1
            }
            while freed < ends.count, ends[freed].time <= span.begin - hold {
                let gone = spans[Int(ends[freed].visit)]
                held[places[Int(gone.region)][Int(gone.stream)]] -= kinds[Int(gone.kind)].connections
                freed += 1
            }
            enter(span, kinds, places[Int(span.region)][Int(span.stream)])
        }
        while left < ends.count {
            leave(spans[Int(ends[left].visit)], kinds, ends[left].time)
            left += 1
        }
    }

    private mutating func enter(_ span: PlanTally.Span, _ kinds: SessionKinds, _ place: Int) {
        let kind = kinds[Int(span.kind)]
        fill(upTo: Int(span.begin / width))
        now.sessions += 1
        now.connections += kind.connections
        now.memory += Int(kind.memory / 1_000)
        held[place] += kind.connections
        if bucket < arrivals.count { arrivals[bucket] += 1 }
        if bucket < present.count { present[bucket] = max(present[bucket], now.sessions) }
        sessions.take(now.sessions, span.begin)
        connections.take(now.connections, span.begin)
        memory.take(now.memory, span.begin)
        ports[place].take(held[place], span.begin)
        for mix in offsets.indices {
            let part = offsets[mix] + Self.position(of: span, in: mix)
            counts[part] += 1
            highest[part] = max(highest[part], counts[part])
        }
    }

    private mutating func leave(_ span: PlanTally.Span, _ kinds: SessionKinds, _ time: Int64) {
        // An end on the edge of a bucket belongs to the one before it.
        fill(upTo: Int(max(0, time - 1) / width))
        now.sessions -= 1
        now.connections -= kinds[Int(span.kind)].connections
        now.memory -= Int(kinds[Int(span.kind)].memory / 1_000)
        for mix in offsets.indices { counts[offsets[mix] + Self.position(of: span, in: mix)] -= 1 }
    }

    /// Goes on to a bucket: what is there at its begin is there in it.
    private mutating func fill(upTo wanted: Int) {
        while bucket < min(wanted, present.count - 1) {
            bucket += 1
            present[bucket] = now.sessions
        }
    }

    private static func position(of span: PlanTally.Span, in mix: Int) -> Int {
        switch mix {
        case 0: Int(span.stream)
        case 1: Int(span.region)
        case 2: Int(span.device)
        default: Int(span.network)
        }
    }
}
