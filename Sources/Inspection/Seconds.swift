import Foundation
import Quantities

/// A time in seconds with nine decimals at most, exact: a whole number of nanoseconds.
///
/// In JSON it is a number with as many decimals as it needs (`2.002`, `6`, `1763841600.123456789`), written from the
/// nanoseconds without a floating-point number in between.
package struct Seconds: Sendable, Hashable, Codable {
    /// The nanoseconds.
    package var nanoseconds: Int64

    /// Creates a time of so many nanoseconds.
    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
    /// Creates the same time.
    package init(_ amount: TimeAmount) { nanoseconds = amount.nanoseconds }
    /// Creates the time from the timeline's zero.
    package init(_ time: MediaTime) { nanoseconds = time.nanoseconds }

    /// The decimal number, without an exponent and without zeros at its end.
    package var text: String {
        let whole = nanoseconds.magnitude / 1_000_000_000
        var fraction = nanoseconds.magnitude % 1_000_000_000
        let sign = nanoseconds < 0 ? "-" : ""
        guard fraction > 0 else { return sign + String(whole) }
        var digits = 9
        while fraction % 10 == 0 {
            fraction /= 10
            digits -= 1
        }
        let decimals = String(fraction)
        return sign + String(whole) + "." + String(repeating: "0", count: digits - decimals.count) + decimals
    }

    /// Encodes a number; ``ReportEncoder`` writes it exactly, other encoders get a `Decimal`.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(Decimal(nanoseconds) / 1_000_000_000)
    }

    /// Decodes a number of seconds.
    package init(from decoder: any Decoder) throws {
        var scaled = try decoder.singleValueContainer().decode(Decimal.self) * 1_000_000_000
        var rounded = Decimal()
        NSDecimalRound(&rounded, &scaled, 0, .plain)
        nanoseconds = NSDecimalNumber(decimal: rounded).int64Value
    }
}

/// A point in Coordinated Universal Time, in JSON as ISO 8601 text such as `2026-11-22T20:00:00.123Z`: three decimals
/// of the second, or six or nine where it has more.
package struct Timestamp: Sendable, Hashable, Codable {
    /// The time.
    package var time: WallTime

    /// Creates the same time.
    package init(_ time: WallTime) { self.time = time }

    /// The text.
    package var text: String {
        let day: Int64 = 86_400_000_000_000
        var days = time.nanoseconds / day
        var rest = time.nanoseconds % day
        if rest < 0 {
            days -= 1
            rest += day
        }
        let (year, month, dayOfMonth) = Self.civil(days)
        let second = rest / 1_000_000_000
        let fraction = rest % 1_000_000_000
        let decimals =
            fraction % 1_000_000 == 0
            ? Self.padded(fraction / 1_000_000, 3)
            : fraction % 1_000 == 0 ? Self.padded(fraction / 1_000, 6) : Self.padded(fraction, 9)
        let clock = [second / 3_600, second / 60 % 60, second % 60].map { Self.padded($0, 2) }.joined(separator: ":")
        return "\(Self.padded(year, 4))-\(Self.padded(month, 2))-\(Self.padded(dayOfMonth, 2))T\(clock).\(decimals)Z"
    }

    /// Date and time to the second, such as `2026-11-22 20:00:00`.
    package var shortText: String { "\(text.prefix(10)) \(text.dropFirst(11).prefix(8))" }

    /// The time of day, such as `20:00:00.123`.
    package var clockText: String { String(text.dropFirst(11).prefix(12)) }

    /// Encodes the text.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    /// Decodes the text that ``text`` gives.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let time = Self.parse(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "'\(text)' is no UTC timestamp")
        }
        self.time = time
    }

    private static func parse(_ text: String) -> WallTime? {
        guard text.hasSuffix("Z") else { return nil }
        let fields = text.dropLast().split { "-T:.".contains($0) }
        guard fields.count == 7 else { return nil }
        let numbers = fields.compactMap { Int64($0) }
        guard numbers.count == 7, fields[6].count <= 9, (1...9_999).contains(numbers[0]) else { return nil }
        var fraction = numbers[6]
        for _ in fields[6].count..<9 { fraction *= 10 }
        let days = daysSince1970(numbers[0], numbers[1], numbers[2])
        let seconds = ((days * 24 + numbers[3]) * 60 + numbers[4]) * 60 + numbers[5]
        return Int64(exactly: Int128(seconds) * 1_000_000_000 + Int128(fraction)).map(WallTime.init)
    }

    private static func padded(_ number: Int64, _ digits: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    /// The date of a day counted from 1970-01-01.
    ///
    /// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
    private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (
            yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        )
    }

    /// The inverse: `days_from_civil` of the same source.
    private static func daysSince1970(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
