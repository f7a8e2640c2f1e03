import Quantities

extension WallTime {
    /// Whole seconds since 1970, rounded down, as tokens have them.
    var wholeSeconds: Int64 {
        let (quotient, remainder) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        return remainder < 0 ? quotient - 1 : quotient
    }

    /// An instant of whole seconds since 1970; what is beyond the representable becomes its nearest end.
    static func whole(seconds: Int64) -> WallTime {
        let (product, overflows) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return WallTime(nanoseconds: overflows ? (seconds < 0 ? .min : .max) : product)
    }
}
