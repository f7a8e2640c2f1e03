/// Shares an edge's capacity out between the responses in progress, under a clock that it is told.
///
/// A response asks for bytes, is granted some, writes them, and asks again. At each ``settle(at:)`` what the capacity has
/// carried since the last one goes to those that ask, max-min fairly: an equal share each, never more than a response's
/// own cap or what it has left, and what one does not need goes to the others (progressive filling; Bertsekas and
/// Gallager, "Data Networks", section 6.5.2). A response whose client is slow does not ask while its bytes are under way, so that
/// it holds nobody up. Nothing is saved for later beyond ``depth``: no burst is longer.
///
/// Times are nanoseconds of a clock that never goes back, rates bytes a second.
struct FairSharing {
    /// What all responses together get; infinite without limit.
    let capacity: Double
    /// What each response gets at most; infinite without limit.
    let cap: Double

    /// The time for which capacity, or a cap, can be made good when responses or our own timers are late: 80 ms where
    /// they are few, at most 160 ms.
    var depth: Int64 { quantum + 60_000_000 }
    /// How long a response collects bytes before they are written, so that many responses cost few writes: 20 ms, and
    /// with more than a hundred 0.2 ms for each, at most 100 ms.
    var quantum: Int64 { min(100_000_000, max(20_000_000, 200_000 * Int64(responses.count))) }
    /// Settling is never due earlier than that after the last time: 1 ms, and 10 µs for each response.
    private var pause: Int64 { max(1_000_000, 10_000 * Int64(responses.count)) }
    /// Fewer bytes than in a packet are written only when they are the last, or after a ``lull``.
    static let packet = 1_460.0
    /// The longest that a response waits for a packet to be full, so that slow ones do not seem to stand still: 200 ms.
    static let lull: Int64 = 200_000_000

    private struct Response {
        /// The bytes that it asks for; 0 while it does not ask.
        var wanted = 0
        /// What it has got of them.
        var earned = 0.0
        /// From when its cap has not been used.
        var since: Int64
        /// When it was last granted bytes.
        var granted: Int64
    }

    private var responses: [UInt64: Response] = [:]
    /// What the capacity has carried that nobody has taken yet, in bytes.
    private var carried = 0.0
    /// Up to when `carried` is counted.
    private var settled: Int64 = 0

    /// Creates a sharing.
    ///
    /// - Parameters:
    ///   - capacity: Bytes a second for all together, above zero.
    ///   - cap: Bytes a second for each, above zero.
    init(capacity: Double = .infinity, cap: Double = .infinity) {
        self.capacity = capacity
        self.cap = cap
    }

    /// The responses that have joined and not left.
    var count: Int { responses.count }

    /// A response with a body begins.
    mutating func join(_ number: UInt64, at now: Int64) {
        if responses.isEmpty {
            // Capacity that nobody wanted is gone.
            carried = 0
            settled = now
        } else {
            // What came before belongs to those who were there.
            carry(until: now)
            fill(at: now)
        }
        responses[number] = Response(since: now, granted: now - quantum)
    }

    /// A response has ended, or its client has gone.
    mutating func leave(_ number: UInt64) { responses[number] = nil }

    /// A response asks for its next bytes.
    ///
    /// - Returns: When to settle at the latest, so that it gets them in time; nil for a response that has not joined.
    mutating func ask(_ number: UInt64, for bytes: Int, at now: Int64) -> Int64? {
        guard var response = responses[number] else { return nil }
        response.wanted = max(1, bytes)
        response.since = max(response.since, now - depth)
        responses[number] = response
        let asking = responses.values.reduce(0) { $0 + ($1.wanted > 0 ? 1 : 0) }
        return now + max(pause, untilDue(response, rate: rate(among: asking), at: now))
    }

    /// Shares out what the capacity has carried.
    ///
    /// - Returns: The bytes that responses may write now, and when to settle next; nil while nobody asks.
    mutating func settle(at now: Int64) -> (grants: [(number: UInt64, bytes: Int)], next: Int64?) {
        carry(until: now)
        fill(at: now)
        var grants: [(number: UInt64, bytes: Int)] = []
        var asking = 0
        for (number, var response) in responses where response.wanted > 0 {
            guard isDue(response, at: now) else {
                asking += 1
                continue
            }
            let bytes = min(response.wanted, Int(response.earned + 0.5))
            // What rounding has given in advance is taken off the next bytes.
            response.earned -= Double(bytes)
            response.wanted = 0
            response.granted = now
            responses[number] = response
            grants.append((number, bytes))
        }
        guard asking > 0 else { return (grants, nil) }
        let rate = rate(among: asking)
        let next = responses.values.reduce(quantum) {
            $1.wanted > 0 ? min($0, untilDue($1, rate: rate, at: now)) : $0
        }
        return (grants, now + max(pause, next))
    }

    private mutating func carry(until now: Int64) {
        defer { settled = max(settled, now) }
        guard capacity < .infinity, now > settled else { return }
        carried = min(capacity * Self.seconds(depth), carried + capacity * Self.seconds(now - settled))
    }

    /// Progressive filling: everybody's share rises until the capacity is used up or nobody needs more.
    private mutating func fill(at now: Int64) {
        var needs: [(number: UInt64, bytes: Double)] = []
        for (number, response) in responses where response.wanted > 0 {
            let own = cap * Self.seconds(now - response.since)
            // Nothing times infinity is no number.
            let most = cap < .infinity ? own : Double.infinity
            needs.append((number, max(0, min(Double(response.wanted) - response.earned, most))))
        }
        if capacity < .infinity { needs.sort { $0.bytes < $1.bytes } }
        for (position, need) in needs.enumerated() {
            let share = capacity < .infinity ? min(need.bytes, carried / Double(needs.count - position)) : need.bytes
            responses[need.number]?.earned += share
            responses[need.number]?.since = now
            if capacity < .infinity { carried = max(0, carried - share) }
        }
    }

    private func isDue(_ response: Response, at now: Int64) -> Bool {
        if response.earned >= Double(response.wanted) - 0.5 { return true }
        let waited = now - response.granted
        return response.earned >= Self.packet && waited >= quantum - pause
            || response.earned >= 1 && waited >= Self.lull
    }

    /// How long until a response has something to write, at a rate.
    private func untilDue(_ response: Response, rate: Double, at now: Int64) -> Int64 {
        guard rate < .infinity else { return 0 }
        let whole = Self.nanoseconds((Double(response.wanted) - response.earned) / rate)
        let packet = Self.nanoseconds((Self.packet - response.earned) / rate)
        let byte = Self.nanoseconds((1 - response.earned) / rate)
        let full = max(packet, response.granted + quantum - now)
        return min(whole, full, max(byte, response.granted + Self.lull - now))
    }

    /// What each of so many gets, where all want as much as they can get.
    private func rate(among count: Int) -> Double { min(cap, capacity / Double(max(1, count))) }

    private static func seconds(_ nanoseconds: Int64) -> Double { Double(max(0, nanoseconds)) * 1e-9 }

    private static func nanoseconds(_ seconds: Double) -> Int64 {
        // An hour is as good as for ever: settling is due after a quantum in any case.
        seconds < 3_600 ? Int64(max(0, seconds) * 1e9) : 3_600_000_000_000
    }
}
