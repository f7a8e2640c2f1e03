#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The functions of the C library that the model needs.
enum SabreMathematics {
    /// The natural logarithm.
    static func logarithm(_ value: Double) -> Double { log(value) }
}
