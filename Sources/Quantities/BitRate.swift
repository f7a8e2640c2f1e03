/// A rate of bits, in bits per second: the bit rate of a track, a measured throughput, or the bandwidth of a link.
package struct BitRate: Quantity, Sendable, Codable {
    /// Bits per second, never negative.
    package var bitsPerSecond: Double
    @inlinable package var quantity: Double { bitsPerSecond }

    /// Creates a rate; a negative or not-a-number value gives zero.
    @inlinable package init(bitsPerSecond: Double) { self.bitsPerSecond = bitsPerSecond > 0 ? bitsPerSecond : 0 }

    /// No bits at all.
    @inlinable package static var zero: BitRate { BitRate(bitsPerSecond: 0) }

    /// A rate in thousands of bits per second.
    @inlinable package static func kilobits(_ count: Double) -> BitRate { BitRate(bitsPerSecond: count * 1e3) }
    /// A rate in millions of bits per second.
    @inlinable package static func megabits(_ count: Double) -> BitRate { BitRate(bitsPerSecond: count * 1e6) }

    /// The rate at which so many bytes pass in so much time; zero for a time that is not positive.
    @inlinable package init(_ bytes: ByteCount, over time: TimeAmount) {
        self.init(bitsPerSecond: time > .zero ? Double(bytes.count) * 8 / time.seconds : 0)
    }

    /// Millions of bits per second.
    @inlinable package var megabits: Double { bitsPerSecond / 1e6 }
    /// Thousands of bits per second.
    @inlinable package var kilobits: Double { bitsPerSecond / 1e3 }

    @inlinable package static func * (rate: BitRate, factor: Double) -> BitRate {
        BitRate(bitsPerSecond: rate.bitsPerSecond * factor)
    }
}

/// A number of bytes, never negative.
package struct ByteCount: Quantity, Sendable, Codable, AdditiveArithmetic {
    /// The number of bytes.
    package var count: Int64
    @inlinable package var quantity: Int64 { count }

    /// Creates a byte count.
    @inlinable package init(_ count: Int64) { self.count = count }
    /// Creates a byte count.
    @inlinable package init(_ count: Int) { self.count = Int64(count) }

    /// No bytes.
    @inlinable package static var zero: ByteCount { ByteCount(Int64(0)) }
    /// 1 024 bytes each.
    @inlinable package static func kibibytes(_ count: Int64) -> ByteCount { ByteCount(count * 1_024) }
    /// 1 048 576 bytes each.
    @inlinable package static func mebibytes(_ count: Int64) -> ByteCount { ByteCount(count * 1_048_576) }

    @inlinable package static func + (left: ByteCount, right: ByteCount) -> ByteCount {
        ByteCount(left.count + right.count)
    }
    @inlinable package static func - (left: ByteCount, right: ByteCount) -> ByteCount {
        ByteCount(left.count - right.count)
    }
}
