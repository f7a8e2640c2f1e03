import Measurement
import Quantities

/// Numbers as people and files want to read them, the same on every machine and in every locale.
enum Figures {
    /// A number with so many digits after the point, such as `3.10`; `0` for what is not finite.
    static func fixed(_ value: Double, _ digits: Int) -> String {
        guard value.isFinite else { return "0" }
        var factor = 1.0
        for _ in 0..<digits { factor *= 10 }
        guard abs(value) * factor < 9e15 else { return "\(value)" }
        let scaled = Int64(clampingRounded: value * factor)
        let sign = scaled < 0 ? "-" : ""
        let whole = String(scaled.magnitude)
        guard digits > 0 else { return sign + whole }
        let padded = String(repeating: "0", count: max(0, digits + 1 - whole.count)) + whole
        return sign + padded.dropLast(digits) + "." + padded.suffix(digits)
    }

    /// Nanoseconds as seconds with six digits after the point, exactly: the path of the large tables.
    static func microseconds(_ nanoseconds: Int64) -> String {
        let micros = nanoseconds.magnitude / 1_000 + (nanoseconds.magnitude % 1_000 >= 500 ? 1 : 0)
        let (whole, part) = micros.quotientAndRemainder(dividingBy: 1_000_000)
        // A million more gives the leading zeros.
        return (nanoseconds < 0 && micros > 0 ? "-" : "") + String(whole) + "." + String(1_000_000 + part).dropFirst()
    }

    /// About three digits that matter, without a power of ten: `0.0123`, `1.23`, `12.3`, `123`, `12 345`.
    static func short(_ value: Double) -> String {
        let size = abs(value)
        if size >= 99.95 || size == 0 { return grouped(Int64(clampingRounded: value)) }
        if size >= 9.995 { return trimmed(fixed(value, 1)) }
        if size >= 0.0995 { return trimmed(fixed(value, 2)) }
        return trimmed(fixed(value, 4))
    }

    /// Without zeros after the point that say nothing.
    static func trimmed(_ text: String) -> String {
        guard text.contains(".") else { return text }
        var rest = Substring(text)
        while rest.hasSuffix("0") { rest = rest.dropLast() }
        if rest.hasSuffix(".") { rest = rest.dropLast() }
        return String(rest)
    }

    /// A whole number in groups of three, with a narrow space that does not break: `12 345`.
    static func grouped(_ value: Int64) -> String {
        let digits = Array(String(value.magnitude))
        guard digits.count > 4 else { return String(value) }
        var text = value < 0 ? "-" : ""
        for (position, digit) in digits.enumerated() {
            if position > 0, (digits.count - position) % 3 == 0 { text += "\u{202F}" }
            text.append(digit)
        }
        return text
    }

    /// A share in percent: `0.42 %`; a dash when there is none.
    static func percent(_ share: Double?) -> String {
        guard let share else { return "–" }
        return short(share * 100) + " %"
    }

    /// A span with a unit that suits it: `840 µs`, `12.3 ms`, `1.23 s`, `2 min 5 s`; a dash when there is none.
    static func time(_ amount: TimeAmount?) -> String {
        guard let amount else { return "–" }
        let size = abs(amount.seconds)
        if size == 0 { return "0 s" }
        if size < 0.000_999_5 { return short(amount.seconds * 1e6) + " µs" }
        if size < 0.999_5 { return short(amount.seconds * 1e3) + " ms" }
        if size < 99.95 { return short(amount.seconds) + " s" }
        return duration(amount)
    }

    /// A length of time in hours, minutes and whole seconds: `1 h 2 min 3 s`.
    static func duration(_ amount: TimeAmount) -> String {
        let seconds = max(0, Int64(clampingRounded: amount.seconds))
        let parts = [(seconds / 3_600, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s")]
        let text = parts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: " ")
        return text.isEmpty ? "0 s" : text
    }

    /// A rate: `812 kbit/s`, `3.1 Mbit/s`, `1.24 Gbit/s`; a dash when there is none.
    static func rate(_ rate: BitRate?) -> String {
        guard let bits = rate?.bitsPerSecond else { return "–" }
        if bits >= 999.5e6 { return short(bits / 1e9) + " Gbit/s" }
        if bits >= 999.5e3 { return short(bits / 1e6) + " Mbit/s" }
        return short(bits / 1e3) + " kbit/s"
    }

    /// A number of bytes in powers of ten: `12.3 GB`.
    static func bytes(_ count: Int64) -> String {
        let value = Double(count)
        for (factor, unit) in [(1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")] where value >= factor * 0.999_5 {
            return short(value / factor) + " " + unit
        }
        return "\(count) B"
    }

    /// A UTC time of day and date, `2026-11-22 16:45:00 UTC` (days from civil by Howard Hinnant, public domain).
    static func utc(_ time: WallTime) -> String {
        let (date, clock) = utcParts(time)
        return "\(date) \(clock) UTC"
    }

    /// The same as ISO 8601: `2026-11-22T16:45:00Z`.
    static func iso(_ time: WallTime) -> String {
        let (date, clock) = utcParts(time)
        return "\(date)T\(clock)Z"
    }

    private static func utcParts(_ time: WallTime) -> (date: String, clock: String) {
        func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
        var seconds = time.nanoseconds / 1_000_000_000
        if time.nanoseconds % 1_000_000_000 < 0 { seconds -= 1 }
        var days = seconds / 86_400
        var rest = seconds % 86_400
        if rest < 0 {
            rest += 86_400
            days -= 1
        }
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * month + 2) / 5 + 1
        let civilMonth = month < 10 ? month + 3 : month - 9
        let year = yearOfEra + era * 400 + (civilMonth <= 2 ? 1 : 0)
        return (
            "\(year)-\(two(civilMonth))-\(two(day))", "\(two(rest / 3_600)):\(two(rest / 60 % 60)):\(two(rest % 60))"
        )
    }
}
