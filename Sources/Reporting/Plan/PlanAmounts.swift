import Quantities

/// Amounts as reports of plans write them, for those who make sentences for such a report.
package enum PlanAmounts {
    /// A rate: `812 kbit/s`, `3.1 Mbit/s`, `1.24 Gbit/s`.
    package static func rate(_ rate: BitRate) -> String { Figures.rate(rate) }
    /// A number of bytes in powers of ten: `12.3 GB`.
    package static func bytes(_ count: ByteCount) -> String { Figures.bytes(count.count) }
    /// A whole number in groups of three.
    package static func count(_ value: Int) -> String { Figures.grouped(Int64(value)) }
    /// A length of time: `1 h 2 min 3 s`.
    package static func time(_ amount: TimeAmount) -> String { Figures.clock(.zero + amount) }
}
