import Quantities

/// Ticks of a media timescale, turned into nanoseconds and back without drift: every time is computed from its own
/// tick, never added up from rounded ones.
struct MediaTimescale: Hashable, Sendable {
    /// Ticks in a second, at least one.
    let ticksPerSecond: Int64

    /// Nanoseconds at a tick, rounded down; clamped to ``DecodingLimits/longestTime`` on both sides.
    func nanoseconds(_ tick: Int128) -> Int64 {
        let exact = Self.floorDivide(tick.multipliedClamping(1_000_000_000), Int128(ticksPerSecond))
        let bound = Int128(DecodingLimits.longestTime)
        return Int64(Swift.min(Swift.max(exact, -bound), bound))
    }

    /// The last tick whose nanoseconds are at or before a time.
    ///
    /// `floor(k * 10^9 / ticksPerSecond) <= t` holds exactly when `k < (t + 1) * ticksPerSecond / 10^9`.
    func lastTick(at nanoseconds: Int64) -> Int128 {
        let numerator = (Int128(nanoseconds) + 1) * Int128(ticksPerSecond)
        return Self.floorDivide(numerator - 1, 1_000_000_000)
    }

    /// The first tick at or after a time.
    func firstTick(from nanoseconds: Int64) -> Int128 {
        -Self.floorDivide(-Int128(nanoseconds) * Int128(ticksPerSecond), 1_000_000_000)
    }

    /// The quotient rounded towards minus infinity; the divisor must be positive.
    static func floorDivide(_ dividend: Int128, _ divisor: Int128) -> Int128 {
        let (quotient, remainder) = dividend.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}

extension Int128 {
    /// The product, clamped to what fits with room for a sum.
    func multipliedClamping(_ factor: Int128) -> Int128 {
        let (product, overflow) = multipliedReportingOverflow(by: factor)
        guard overflow else { return product }
        return (self < 0) == (factor < 0) ? .max / 4 : .min / 4
    }
}
