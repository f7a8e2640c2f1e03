#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The functions of the C library that rules need, by names that do not collide with settings and properties.
enum Mathematics {
    /// The natural logarithm.
    static func logarithm(_ value: Double) -> Double { log(value) }
    /// e to the power of `value`.
    static func exponential(_ value: Double) -> Double { exp(value) }
    /// `base` to the power of `exponent`.
    static func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }
}
