/// What a link carries over time, as the recordings' plans say: `5000:20 1000:20 5000` is kbit/s for so many seconds, and
/// the last rate for ever.
struct ModelledLink {
    /// The rates in bit/s of body bytes, and the seconds at which they end.
    private(set) var steps: [(until: Double, rate: Double)] = []

    /// TCP, IP and Ethernet headers count against a token bucket on an interface: 1 448 of 1 514 bytes are body.
    static let bodyShare = 1_448.0 / 1_514

    /// Creates a link whose plan had run for `offset` seconds when the player made its first request.
    init(plan: String, offset: Double) {
        var end = -offset
        for part in plan.split(separator: " ") {
            let numbers = part.split(separator: ":").compactMap { Double($0) }
            guard let rate = numbers.first else { continue }
            end += numbers.count > 1 ? numbers[1] : .infinity
            steps.append((end, rate * 1_000 * Self.bodyShare))
        }
    }

    func rate(at time: Double) -> Double { (steps.first { time < $0.until } ?? steps.last)?.rate ?? 0 }

    /// When the rate changes next.
    func nextChange(after time: Double) -> Double { steps.first { $0.until > time + 1e-9 }?.until ?? .infinity }
}
