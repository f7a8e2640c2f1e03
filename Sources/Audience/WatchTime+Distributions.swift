import Quantities

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension WatchTime {
    /// A unit-mean exponential variate from a uniform one: -ln(1 - u).
    static func exponential(_ uniform: Double) -> Double { -log1p(-uniform) }

    /// exp(sigma * z) for a standard normal z by Box and Muller (1958).
    static func lognormal(_ sigma: Double, _ generator: inout SeededGenerator) -> Double {
        let radius = (-2 * log1p(-generator.unit())).squareRoot()
        return exp(sigma * radius * cos(2 * .pi * generator.unit()))
    }
}
