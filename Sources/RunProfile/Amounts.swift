import Quantities

/// Readers of the amounts that profiles and flags are written in.
///
/// Each gives nil for what it does not understand.
package enum Amounts {
    /// What durations look like, for messages.
    package static let durationExpected = "a duration such as 500 ms, 30 s, 10 min or 2 h"
    /// What bit rates look like, for messages.
    package static let bitRateExpected = "a bit rate such as 800 kbit/s, 2 Mbit/s or 8 Gbit/s"
    /// What sizes look like, for messages.
    package static let sizeExpected = "a size such as 500 MB or 2 TB"
    /// What shares look like, for messages.
    package static let shareExpected = "a share such as 25% or a weight such as 3"

    /// A number and its unit; the number is finite and not negative.
    private static func split(_ text: String) -> (number: Double, unit: String)? {
        let trimmed = text.trimmedOfSpaces
        let end = trimmed.firstIndex { !($0.isASCII && ($0.isNumber || $0 == ".")) } ?? trimmed.endIndex
        guard let number = Double(trimmed[..<end]), number.isFinite, number >= 0 else { return nil }
        return (number, trimmed[end...].trimmedOfSpaces)
    }

    /// `500 ms`, `30 s`, `10 min`, `2 h`; a unit must be there, except after zero.
    package static func duration(_ text: String) -> TimeAmount? {
        guard let (number, unit) = split(text) else { return nil }
        switch unit {
        case "ms": return .seconds(number / 1_000)
        case "s", "sec", "second", "seconds": return .seconds(number)
        case "m", "min", "minute", "minutes": return .seconds(number * 60)
        case "h", "hour", "hours": return .seconds(number * 3_600)
        case "": return number == 0 ? .zero : nil
        default: return nil
        }
    }

    /// `800 kbit/s`, `2 Mbit/s`, `8 Gbit/s`, `64000 bit/s`.
    package static func bitRate(_ text: String) -> BitRate? {
        guard let (number, unit) = split(text) else { return nil }
        switch unit.lowercased() {
        case "bit/s", "bps": return BitRate(bitsPerSecond: number)
        case "kbit/s", "kbps": return .kilobits(number)
        case "mbit/s", "mbps": return .megabits(number)
        case "gbit/s", "gbps": return .megabits(number * 1_000)
        default: return nil
        }
    }

    /// `500 MB`, `2 TB`: powers of ten.
    package static func size(_ text: String) -> ByteCount? {
        guard let (number, unit) = split(text) else { return nil }
        let factors = ["B": 1.0, "kB": 1e3, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "PB": 1e15]
        return factors[unit].map { ByteCount(Int64(clampingRounded: number * $0)) }
    }

    /// `25%` gives 0.25, `3` gives 3.
    package static func share(_ text: String) -> Double? {
        guard let (number, unit) = split(text) else { return nil }
        switch unit {
        case "%": return number / 100
        case "": return number
        default: return nil
        }
    }

    /// `20/s`, `20 per second`, `600/min`: in events per second.
    package static func rate(_ text: String) -> Double? {
        guard let (number, unit) = split(text), number > 0 else { return nil }
        switch unit {
        case "/s", "per second", "/ s": return number
        case "/min", "per minute", "/ min": return number / 60
        default: return nil
        }
    }
}

extension StringProtocol {
    /// Without white space at both ends.
    var trimmedOfSpaces: String {
        var rest = Substring(self)
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}
