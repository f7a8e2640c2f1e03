#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// 0.5 to the power of `exponent`.
func halfPower(_ exponent: Double) -> Double { exp2(-exponent) }

/// e to the power of -x²/2.
func gaussian(_ x: Double) -> Double { exp(-x * x / 2) }

/// The natural logarithm.
func naturalLogarithm(_ x: Double) -> Double { log(x) }
