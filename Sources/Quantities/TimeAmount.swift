/// A signed span of time, in whole nanoseconds.
///
/// Sums, differences and conversions clamp to the range (292 years) instead of trapping, because they meet what a network
/// sent.
package struct TimeAmount: Quantity, Sendable, Codable {
    /// The span in nanoseconds; negative when it points back.
    package var nanoseconds: Int64
    @inlinable package var quantity: Int64 { nanoseconds }

    /// Creates a span of so many nanoseconds.
    @inlinable package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// No time at all.
    @inlinable package static var zero: TimeAmount { TimeAmount(nanoseconds: 0) }
    /// The longest span, for "no limit".
    @inlinable package static var max: TimeAmount { TimeAmount(nanoseconds: .max) }

    /// A span of whole nanoseconds.
    @inlinable package static func nanoseconds(_ count: Int64) -> TimeAmount { TimeAmount(nanoseconds: count) }
    /// A span of whole microseconds.
    @inlinable package static func microseconds(_ count: Int64) -> TimeAmount { TimeAmount(nanoseconds: count * 1_000) }
    /// A span of whole milliseconds.
    @inlinable package static func milliseconds(_ count: Int64) -> TimeAmount {
        TimeAmount(nanoseconds: count * 1_000_000)
    }
    /// A span of whole seconds.
    @inlinable package static func seconds(_ count: some BinaryInteger) -> TimeAmount { seconds(Double(count)) }

    /// A span of a fractional number of seconds, rounded to the nanosecond; not-a-number gives zero and what does not
    /// fit is clamped.
    @inlinable package static func seconds(_ count: Double) -> TimeAmount {
        TimeAmount(nanoseconds: Int64(clampingRounded: count * 1e9))
    }

    /// The span in seconds.
    @inlinable package var seconds: Double { Double(nanoseconds) / 1e9 }
    /// The span in milliseconds.
    @inlinable package var milliseconds: Double { Double(nanoseconds) / 1e6 }

    @inlinable package static func + (left: TimeAmount, right: TimeAmount) -> TimeAmount {
        let (sum, overflow) = left.nanoseconds.addingReportingOverflow(right.nanoseconds)
        return TimeAmount(nanoseconds: overflow ? (right.nanoseconds > 0 ? .max : .min) : sum)
    }
    @inlinable package static func - (left: TimeAmount, right: TimeAmount) -> TimeAmount {
        TimeAmount(nanoseconds: left.nanoseconds.subtractingClamped(right.nanoseconds))
    }
    @inlinable package static prefix func - (amount: TimeAmount) -> TimeAmount { .zero - amount }
    @inlinable package static func += (left: inout TimeAmount, right: TimeAmount) { left = left + right }
    @inlinable package static func -= (left: inout TimeAmount, right: TimeAmount) { left = left - right }

    /// The span times a factor, rounded to the nanosecond and clamped to the range.
    @inlinable package static func * (amount: TimeAmount, factor: Double) -> TimeAmount {
        TimeAmount(nanoseconds: Int64(clampingRounded: Double(amount.nanoseconds) * factor))
    }
}

extension Int64 {
    /// The difference, or the bound that it passes.
    @inlinable package func subtractingClamped(_ other: Int64) -> Int64 {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? (other > 0 ? .min : .max) : difference
    }

    /// The nearest whole number to a floating-point value; zero for not-a-number, the bound for what lies outside.
    @inlinable package init(clampingRounded value: Double) {
        if value.isNaN {
            self = 0
        } else if value >= 9.2233720368547748e18 {
            self = .max
        } else if value <= -9.2233720368547758e18 {
            self = .min
        } else {
            self = Int64(value.rounded())
        }
    }
}

extension TimeAmount: CustomStringConvertible {
    /// The span for people, such as `1.25 s` or `340 ms`.
    package var description: String {
        let magnitude = abs(Double(nanoseconds))
        func number(_ value: Double) -> String {
            let rounded = (value * 100).rounded() / 100
            return rounded == rounded.rounded() ? String(Int64(clampingRounded: rounded)) : String(rounded)
        }
        if magnitude >= 1e9 || magnitude == 0 { return number(seconds) + " s" }
        if magnitude >= 1e6 { return number(milliseconds) + " ms" }
        return number(Double(nanoseconds) / 1e3) + " µs"
    }
}
