/// A body on its way, as its edge sees it.
///
/// It stands apart from the rest of its transfer since a congested edge goes over all of its flows in every epoch: so they lie
/// side by side in memory, 56 bytes each.
struct EdgeFlow {
    /// The transfer's place.
    let transfer: Int32
    /// True while an event of the transfer's present generation is in the queue.
    var isPlanned = false
    /// When the transfer began, and when it has taken too long, in nanoseconds of the run's clock.
    let begun: Int64
    let last: Int64
    /// Bits to come, at `updated`.
    var remaining: Double
    var updated: Int64
    /// Bits per second now.
    var rate = 0.0
    /// What its link would give it, as counted at the edge, in whole bits per second.
    var demand = 0.0

    /// Takes account of what was sent up to an instant.
    @inline(__always)
    mutating func progress(to now: Int64) {
        let sent = rate * Double(now - updated) * 1e-9
        remaining = max(0, remaining - sent)
        updated = now
    }

    /// The bits to come at an instant.
    func remaining(at now: Int64) -> Double { max(0, remaining - rate * Double(max(0, now - updated)) / 1e9) }
}
