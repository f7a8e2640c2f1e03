#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// 0.5 to the power of `exponent`.
func halfPower(_ exponent: Double) -> Double { exp2(-exponent) }
