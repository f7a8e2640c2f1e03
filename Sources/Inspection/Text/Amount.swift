/// Amounts for people.
enum Amount {
    /// Thousands of bits per second, without the unit.
    static func kilobits(_ rate: Int64?) -> String {
        rate.map { rounded(Double($0) / 1e3, $0 < 10_000 ? 1 : 0) } ?? ""
    }

    /// `340 ms`, `2.002 s`, `12 min 5 s`, `1 h 30 min`.
    static func duration(_ seconds: Seconds) -> String {
        let value = Double(seconds.nanoseconds) / 1e9
        if value.magnitude < 1, value != 0 { return rounded(value * 1e3, 1) + " ms" }
        if value.magnitude < 120 { return rounded(value, 3) + " s" }
        let whole = seconds.nanoseconds / 1_000_000_000
        let units = [(whole / 86_400, "d"), (whole / 3_600 % 24, "h"), (whole / 60 % 60, "min"), (whole % 60, "s")]
        let text = units.filter { $0.0 != 0 }.map { "\($0.0) \($0.1)" }.joined(separator: " ")
        return text.isEmpty ? "0 s" : text
    }

    /// Seconds with three decimals, for columns.
    static func fixed(_ seconds: Seconds) -> String {
        let total = (seconds.nanoseconds.magnitude + 500_000) / 1_000_000
        let fraction = String(total % 1_000)
        let sign = seconds.nanoseconds < 0 && total > 0 ? "-" : ""
        return sign + String(total / 1_000) + "." + String(repeating: "0", count: 3 - fraction.count) + fraction
    }

    /// `1.2 MB`, powers of ten.
    static func bytes(_ count: Int64) -> String {
        switch count {
        case ..<1_000: "\(count) B"
        case ..<1_000_000: rounded(Double(count) / 1e3, 1) + " kB"
        default: rounded(Double(count) / 1e6, 1) + " MB"
        }
    }

    /// At most so many decimals, without zeros at the end.
    static func rounded(_ value: Double, _ digits: Int) -> String {
        var factor = 1.0
        for _ in 0..<digits { factor *= 10 }
        let scaled = (value * factor).rounded() / factor
        guard scaled.isFinite else { return "?" }
        return scaled == scaled.rounded() && scaled.magnitude < 9e15 ? String(Int64(scaled)) : String(scaled)
    }

    /// `1 segment`, `2 segments`.
    static func count(_ number: Int64, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
}
