import Quantities

/// Draws positions by weight, in a time that grows with the logarithm of their number.
struct Mix: Sendable, Hashable {
    /// The sums of the weights up to and with each position.
    private let sums: [Double]

    init(_ weights: [Double]) {
        var sum = 0.0
        sums = weights.map {
            sum += max(0, $0)
            return sum
        }
    }

    init(_ shares: [AudienceSettings.Share]) { self.init(shares.map(\.weight)) }

    /// Whether there is anything to draw.
    var isChoice: Bool { sums.count > 1 }

    /// The position that a number of at least 0 and below 1 falls on; one without weight is never drawn, and 0 where
    /// nothing has weight.
    func position(at unit: Double) -> Int {
        guard let total = sums.last, sums.count > 1 else { return 0 }
        let wanted = unit * total
        var low = 0
        var high = sums.count - 1
        while low < high {
            let middle = (low + high) / 2
            if sums[middle] > wanted { high = middle } else { low = middle + 1 }
        }
        // Rounding could lead past the last that has weight.
        while low > 0, sums[low] == sums[low - 1] { low -= 1 }
        return low
    }
}
