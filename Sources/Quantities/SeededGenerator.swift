/// A small, fast generator with a seed: the same numbers on every machine.
///
/// xoshiro256** by Blackman and Vigna (2018, public domain), its state filled by SplitMix64 as the authors advise.
/// Not for keys or tokens.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var s0: UInt64
    private var s1: UInt64
    private var s2: UInt64
    private var s3: UInt64

    /// Creates the generator of a seed; every value is allowed.
    package init(seed: UInt64) {
        var mixer = SplitMix64(state: seed)
        s0 = mixer.next()
        s1 = mixer.next()
        s2 = mixer.next()
        s3 = mixer.next()
    }

    /// Creates an independent generator for one purpose of one numbered thing, such as the watch time of session 7.
    ///
    /// - Parameters:
    ///   - seed: The seed of the run.
    ///   - stream: The number of the thing, such as the session's.
    ///   - purpose: A small constant for the use, so that adding one use does not move another's numbers.
    package init(seed: UInt64, stream: UInt64, purpose: UInt64) {
        var mixer = SplitMix64(state: seed)
        let first = mixer.next() ^ (stream &* 0x9E37_79B9_7F4A_7C15)
        var second = SplitMix64(state: first)
        self.init(seed: second.next() ^ (purpose &* 0xD1B5_4A32_D192_ED03))
    }

    /// The next 64 random bits.
    package mutating func next() -> UInt64 {
        let result = Self.rotate(s1 &* 5, by: 7) &* 9
        let shifted = s1 << 17
        s2 ^= s0
        s3 ^= s1
        s1 ^= s2
        s0 ^= s3
        s2 ^= shifted
        s3 = Self.rotate(s3, by: 45)
        return result
    }

    /// A number at least 0 and below 1, uniform over multiples of 2^-53.
    package mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    private static func rotate(_ value: UInt64, by count: UInt64) -> UInt64 {
        (value << count) | (value >> (64 - count))
    }
}

/// SplitMix64 by Steele, Lea and Flood (OOPSLA 2014), used to spread a seed.
private struct SplitMix64 {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
