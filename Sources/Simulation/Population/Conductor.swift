import Quantities

/// A fetch of an edge from the origin.
struct OriginFetch {
    var edge: Int32
    var key: ObjectKey
    /// 0 for a fetch that all who ask for the object share.
    var number: UInt64
    /// When its body begins to flow.
    var begin: Int64
    /// Bits to come.
    var remaining: Double
}

/// Brings the partitions together between epochs: shares edges and the origin out, fills caches, moves lines on.
struct Conductor {
    private(set) var shared: SharedState
    private let epoch: Int64
    private let capacity: Double?
    /// Fetches in progress, in the order in which they began.
    private var fetches: [OriginFetch] = []
    /// By how much each edge sent more than its capacity in the epochs before, in bits; less when negative.
    private var overdraft: [Double]
    private var forgetAt: Int64 = 0

    init(_ settings: SimulationSettings) {
        shared = SharedState(
            edges: settings.edges.map { SharedState.Edge(model: $0) },
            originLatency: max(0, settings.origin.latency.nanoseconds), originIsLimited: settings.origin.capacity != nil
        )
        epoch = settings.epoch.nanoseconds
        capacity = settings.origin.capacity?.bitsPerSecond
        overdraft = Array(repeating: 0, count: settings.edges.count)
    }

    /// Prepares the next epoch.
    ///
    /// - Parameters:
    ///   - partitions: All of them, at the end of an epoch.
    ///   - now: When it ended.
    /// - Returns: The objects that edges got whole in it.
    mutating func settle(_ partitions: [Partition], at now: Int64) -> [OriginFetch] {
        for edge in shared.edges.indices {
            shareOut(edge, partitions)
            moveLine(edge, partitions)
            noteMisses(edge, partitions)
            notePlaylists(edge, partitions)
        }
        for partition in partitions { partition.settled(at: now) }
        let arrived = capacity.map { sendFromOrigin($0, until: now) } ?? []
        for fetch in arrived where fetch.number == 0 {
            shared.edges[Int(fetch.edge)].cache[fetch.key]?.complete = now
        }
        if now >= forgetAt { forget(at: now) }
        return arrived
    }

    /// Finds the level at which an edge's capacity is used up.
    ///
    /// What it sent too much in an epoch, because transfers began while their share was not known yet, it sends less in the
    /// next ones; and more, where transfers ended before others could take their share. So it keeps its capacity.
    private mutating func shareOut(_ edge: Int, _ partitions: [Partition]) {
        shared.edges[edge].previousLevel = shared.edges[edge].level
        guard let capacity = shared.edges[edge].model.capacity?.bitsPerSecond else { return }
        let seconds = Double(epoch) * 1e-9
        let sent = partitions.reduce(0) { $0 + $1.shares[edge].sent }
        let excess = overdraft[edge] + sent - capacity * seconds
        // Capacity that nobody wanted cannot be kept for later.
        let wasWanted = shared.edges[edge].level < .infinity
        overdraft[edge] = wasWanted ? max(-capacity * seconds, excess) : max(0, excess)
        let now = min(2 * capacity, max(capacity * 0.1, capacity - overdraft[edge] / seconds))
        let demand = partitions.reduce(0.0) { $0 + Double($1.shares[edge].demand.total) }
        shared.edges[edge].used = min(capacity, demand)
        shared.edges[edge].transfers = partitions.reduce(0) { $0 + $1.shares[edge].flows.count }
        guard demand > now else {
            shared.edges[edge].level = .infinity
            return
        }
        var all = DemandHistogram()
        for partition in partitions { all.merge(partition.shares[edge].demand) }
        shared.edges[edge].level = all.level(capacity: now)
    }

    /// The line of requests grows by those that came and shrinks by those that were taken.
    private mutating func moveLine(_ edge: Int, _ partitions: [Partition]) {
        guard let rate = shared.edges[edge].model.requestsPerSecond, rate > 0 else { return }
        let came = partitions.reduce(Int64(0)) { $0 + $1.shares[edge].requests }
        shared.edges[edge].line = max(0, shared.edges[edge].line + Double(came) / rate * 1e9 - Double(epoch))
    }

    /// Takes down what edges have asked the origin for: of one object the first that did counts.
    private mutating func noteMisses(_ edge: Int, _ partitions: [Partition]) {
        for partition in partitions {
            for miss in partition.shares[edge].misses {
                let begin = miss.at + shared.originLatency
                guard miss.isShared else {
                    start(OriginFetch(miss, edge: edge, begin: begin))
                    continue
                }
                if let known = shared.edges[edge].cache[miss.key] {
                    if begin < known.firstByte { shared.edges[edge].cache[miss.key]?.firstByte = begin }
                    continue
                }
                shared.edges[edge].cache[miss.key] = SharedState.CachedObject(
                    firstByte: begin, complete: capacity == nil ? begin : .max, asked: miss.at)
                start(OriginFetch(miss, edge: edge, begin: begin))
            }
        }
    }

    /// Takes down when edges have got live playlists anew: of one playlist the first in the epoch counts.
    private mutating func notePlaylists(_ edge: Int, _ partitions: [Partition]) {
        let lifetime = shared.edges[edge].model.playlistLifetime.nanoseconds
        guard lifetime > 0 else { return }
        var got: [ObjectKey: Int64] = [:]
        for partition in partitions { got.merge(partition.shares[edge].playlists, uniquingKeysWith: min) }
        shared.edges[edge].playlists.merge(got) { known, new in new - known < lifetime ? known : new }
    }

    private mutating func start(_ fetch: OriginFetch) {
        if capacity != nil { fetches.append(fetch) }
    }

    /// Lets the origin send for an epoch, its capacity evenly shared between the fetches.
    private mutating func sendFromOrigin(_ capacity: Double, until end: Int64) -> [OriginFetch] {
        guard !fetches.isEmpty else { return [] }
        var now = end - epoch
        var arrived: [OriginFetch] = []
        while now < end, !fetches.isEmpty {
            var flowing = 0
            var next = end
            var least = Double.infinity
            for fetch in fetches {
                if fetch.begin <= now {
                    flowing += 1
                    least = min(least, fetch.remaining)
                } else {
                    next = min(next, fetch.begin)
                }
            }
            guard flowing > 0 else {
                now = next
                continue
            }
            let rate = capacity / Double(flowing)
            let step = min(Double(next - now), (least / rate * 1e9).rounded(.up))
            let sent = rate * step * 1e-9
            for index in fetches.indices where fetches[index].begin <= now { fetches[index].remaining -= sent }
            now += max(1, Int64(step))
            arrived += fetches.filter { $0.remaining <= 1e-6 }
            fetches.removeAll { $0.remaining <= 1e-6 }
        }
        return arrived
    }

    /// How long an object is kept though nothing new has been asked for since: longer than any live window.
    private static let memory: Int64 = 3_600_000_000_000

    /// Forgets objects that were fetched long ago, so that an endless stream does not fill the memory.
    private mutating func forget(at now: Int64) {
        forgetAt = now + Self.memory / 10
        for edge in shared.edges.indices {
            shared.edges[edge].cache = shared.edges[edge].cache.filter { now - $0.value.asked < Self.memory }
        }
    }
}

extension OriginFetch {
    init(_ miss: Miss, edge: Int, begin: Int64) {
        self.init(
            edge: Int32(edge), key: miss.key, number: miss.number, begin: begin, remaining: Double(miss.bytes) * 8)
    }
}
