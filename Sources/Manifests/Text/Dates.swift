import Quantities

extension [UInt8] {
    /// A date with time after ISO 8601 and xs:dateTime, such as `2026-11-22T16:09:36.5+01:00`.
    ///
    /// Without a zone it is UTC (rfc8216bis section 4.4.4.6); zones may be written `Z`, `+hh:mm`, `+hhmm` or `+hh`.
    /// Nil for anything else and for years outside 1700 to 2250, which nanoseconds in 64 bits cannot hold.
    func wallTime(_ range: Range<Int>) -> WallTime? {
        var reader = DigitReader(bytes: self, index: range.lowerBound, end: range.upperBound)
        guard let year = reader.number(digits: 4), reader.skip(ASCII.minus), let month = reader.number(digits: 2),
            reader.skip(ASCII.minus), let day = reader.number(digits: 2),
            (1_700...2_250).contains(year), (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        let days = daysFromCivil(year: year, month: month, day: day)
        if reader.isAtEnd { return WallTime(nanoseconds: days * 86_400_000_000_000) }
        guard reader.skip(UInt8(ascii: "T")) || reader.skip(UInt8(ascii: "t")) || reader.skip(ASCII.space),
            let hour = reader.number(digits: 2), reader.skip(ASCII.colon), let minute = reader.number(digits: 2),
            hour <= 24, minute <= 59
        else { return nil }
        var nanoseconds: Int64 = 0
        if reader.skip(ASCII.colon) {
            guard let seconds = reader.fractionalSeconds() else { return nil }
            nanoseconds = seconds
        }
        guard let zone = reader.zoneMinutes(), reader.isAtEnd else { return nil }
        let minutes = (days * 24 + hour) * 60 + minute - zone
        return WallTime(nanoseconds: minutes * 60_000_000_000 + nanoseconds)
    }

    /// An xs:duration such as `P1DT2H3M4.5S` in nanoseconds.
    ///
    /// A year counts 365 days and a month 30, as in Shaka Player. Nil for anything else; what is longer than ``DecodingLimits/longestTime`` gives that.
    func duration(_ range: Range<Int>) -> Int64? {
        var index = range.lowerBound
        let isNegative = index < range.upperBound && self[index] == ASCII.minus
        if isNegative { index += 1 }
        guard index < range.upperBound, self[index] == UInt8(ascii: "P") else { return nil }
        index += 1
        var total: Int64 = 0
        var inTime = false
        var parts = 0
        while index < range.upperBound {
            if self[index] == UInt8(ascii: "T"), !inTime {
                inTime = true
                index += 1
                continue
            }
            let start = index
            while index < range.upperBound, self[index].isASCIIDigit || self[index] == ASCII.point { index += 1 }
            guard index < range.upperBound, let amount = nanoseconds(start..<index),
                let unit = secondsPerUnit(self[index], inTime: inTime)
            else { return nil }
            index += 1
            parts += 1
            let (product, overflow) = amount.multipliedReportingOverflow(by: unit)
            total = Swift.min(
                total + (overflow ? DecodingLimits.longestTime : Swift.min(product, DecodingLimits.longestTime)),
                DecodingLimits.longestTime)
        }
        guard parts > 0 else { return nil }
        return isNegative ? -total : total
    }

    private func secondsPerUnit(_ letter: UInt8, inTime: Bool) -> Int64? {
        switch (letter, inTime) {
        case (UInt8(ascii: "Y"), false): 365 * 86_400
        case (UInt8(ascii: "M"), false): 30 * 86_400
        case (UInt8(ascii: "W"), false): 7 * 86_400
        case (UInt8(ascii: "D"), false): 86_400
        case (UInt8(ascii: "H"), true): 3_600
        case (UInt8(ascii: "M"), true): 60
        case (UInt8(ascii: "S"), true): 1
        default: nil
        }
    }
}

/// Days from 1970-01-01 to a date of the Gregorian calendar.
///
/// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`. Days beyond the month's end run on into the next month.
private func daysFromCivil(year: Int64, month: Int64, day: Int64) -> Int64 {
    let shifted = month <= 2 ? year - 1 : year
    let era = shifted / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
}

/// Reads the fields of a date one after the other.
private struct DigitReader {
    let bytes: [UInt8]
    var index: Int
    let end: Int

    var isAtEnd: Bool { index == end }

    /// A number of exactly so many digits.
    mutating func number(digits: Int) -> Int64? {
        guard end - index >= digits else { return nil }
        var value: Int64 = 0
        for _ in 0..<digits {
            guard bytes[index].isASCIIDigit else { return nil }
            value = value * 10 + Int64(bytes[index] - ASCII.zero)
            index += 1
        }
        return value
    }

    mutating func skip(_ byte: UInt8) -> Bool {
        guard index < end, bytes[index] == byte else { return false }
        index += 1
        return true
    }

    /// Seconds with a fraction, in nanoseconds, up to a leap second.
    mutating func fractionalSeconds() -> Int64? {
        let start = index
        while index < end, bytes[index].isASCIIDigit || bytes[index] == ASCII.point { index += 1 }
        guard let value = bytes.nanoseconds(start..<index), value < 61_000_000_000 else { return nil }
        return value
    }

    /// Minutes east of UTC; 0 at the end of the text.
    mutating func zoneMinutes() -> Int64? {
        if isAtEnd || skip(UInt8(ascii: "Z")) || skip(UInt8(ascii: "z")) { return 0 }
        let isWest = skip(ASCII.minus)
        guard isWest || skip(ASCII.plus), let hours = number(digits: 2) else { return nil }
        _ = skip(ASCII.colon)
        guard let minutes = isAtEnd ? 0 : number(digits: 2), hours <= 24, minutes <= 59 else { return nil }
        return (hours * 60 + minutes) * (isWest ? -1 : 1)
    }
}
