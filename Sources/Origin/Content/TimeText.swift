import Quantities

/// Times as text: ISO 8601, HTTP dates and XML durations, without a calendar library on the hot path.
enum TimeText {
    /// Year, month, day and the rest of a time, proleptic Gregorian, UTC.
    private struct Civil {
        var year: Int64
        var month: Int64
        var day: Int64
        var weekday: Int
        var secondOfDay: Int64
        var millisecond: Int64

        /// Days to civil date after Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
        init(_ time: WallTime) {
            let milliseconds = floorDivide(time.nanoseconds, 1_000_000)
            let seconds = floorDivide(milliseconds, 1_000)
            let days = floorDivide(seconds, 86_400)
            millisecond = milliseconds - seconds * 1_000
            secondOfDay = seconds - days * 86_400
            weekday = Int((days % 7 + 11) % 7)  // 1970-01-01 was a Thursday
            let shifted = days + 719_468
            let era = floorDivide(shifted, 146_097)
            let dayOfEra = shifted - era * 146_097
            let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
            let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
            let shiftedMonth = (5 * dayOfYear + 2) / 153
            day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
            month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
            year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        }

        var clock: String {
            padded(secondOfDay / 3_600, 2) + ":" + padded(secondOfDay / 60 % 60, 2) + ":" + padded(secondOfDay % 60, 2)
        }
    }

    /// The time as `2026-11-22T16:00:00.000Z`, cut to milliseconds.
    static func iso8601(_ time: WallTime) -> String {
        let civil = Civil(time)
        return padded(civil.year, 4) + "-" + padded(civil.month, 2) + "-" + padded(civil.day, 2) + "T" + civil.clock
            + "." + padded(civil.millisecond, 3) + "Z"
    }

    /// The time as `Sun, 22 Nov 2026 16:00:00 GMT` (RFC 9110 section 5.6.7).
    static func http(_ time: WallTime) -> String {
        let civil = Civil(time)
        let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        return weekdays[civil.weekday] + ", " + padded(civil.day, 2) + " " + months[Int(civil.month) - 1] + " "
            + padded(civil.year, 4) + " " + civil.clock + " GMT"
    }

    /// The span as an `xs:duration`, such as `PT2.002S`, to the microsecond.
    static func duration(_ amount: TimeAmount) -> String { "PT" + decimal(amount.seconds, places: 6) + "S" }

    /// A span of milliseconds as `00:00:04.000`.
    static func clock(milliseconds: Int64) -> String {
        let seconds = milliseconds / 1_000
        return padded(seconds / 3_600, 2) + ":" + padded(seconds / 60 % 60, 2) + ":" + padded(seconds % 60, 2) + "."
            + padded(milliseconds % 1_000, 3)
    }

    /// A number at least 0 with up to so many decimal places and no zeroes at the end.
    static func decimal(_ value: Double, places: Int) -> String {
        var scale: Int64 = 1
        for _ in 0..<places { scale *= 10 }
        let units = Int64(clampingRounded: max(0, value) * Double(scale))
        var text = String(units / scale)
        var fraction = Substring(padded(units % scale, places))
        while fraction.last == "0" { fraction.removeLast() }
        if !fraction.isEmpty { text += "." + fraction }
        return text
    }

    /// A number at least 0 with zeroes in front.
    private static func padded(_ value: Int64, _ width: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }
}

/// The quotient rounded down; the divisor is positive.
func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
}
