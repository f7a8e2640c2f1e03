import Quantities

extension UTCTiming {
    /// How a source is asked for the time (ISO/IEC 23009-1 section 5.8.5.7, table of schemes).
    package enum Method: Sendable, Hashable {
        /// The time stands in the value itself: when the document was made.
        case direct
        /// A GET whose body is a date.
        case date
        /// A HEAD whose `Date` header counts.
        case head
        /// A GET whose body is an NTP timestamp of 64 bits.
        case ntpOverHTTP
        /// Datagrams to the NTP servers that the value names.
        case ntp
    }

    /// How the source is asked; nil for a scheme that is not known.
    package var method: Method? {
        switch scheme {
        case "urn:mpeg:dash:utc:direct:2012", "urn:mpeg:dash:utc:direct:2014": .direct
        case "urn:mpeg:dash:utc:http-xsdate:2012", "urn:mpeg:dash:utc:http-xsdate:2014",
            "urn:mpeg:dash:utc:http-iso:2012", "urn:mpeg:dash:utc:http-iso:2014":
            .date
        case "urn:mpeg:dash:utc:http-head:2012", "urn:mpeg:dash:utc:http-head:2014": .head
        case "urn:mpeg:dash:utc:http-ntp:2012", "urn:mpeg:dash:utc:http-ntp:2014": .ntpOverHTTP
        case "urn:mpeg:dash:utc:ntp:2012", "urn:mpeg:dash:utc:ntp:2014", "urn:mpeg:dash:utc:sntp:2012",
            "urn:mpeg:dash:utc:sntp:2014":
            .ntp
        default: nil
        }
    }

    /// The time that a source told.
    ///
    /// - Parameters:
    ///   - body: The body of its answer, or for `direct` the value.
    ///   - date: The `Date` header of its answer, or `""`.
    /// - Returns: Nil where it tells none.
    package func reading(body: [UInt8], date: String) -> WallTime? {
        switch method {
        case .direct, .date: body.wallTime(body.trimmed(0..<Swift.min(body.count, 128)))
        case .head: Self.httpDate(date)
        case .ntpOverHTTP: Self.networkTime(body)
        case .ntp, nil: nil
        }
    }

    /// An NTP timestamp: seconds since 1900 and their fraction, 32 bits each (RFC 5905 section 6); times before 1968
    /// count as those of the era that begins in 2036.
    package static func networkTime(_ bytes: [UInt8]) -> WallTime? {
        guard bytes.count >= 8 else { return nil }
        let number = bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let seconds = Int64(number >> 32)
        guard number != 0 else { return nil }
        let era: Int64 = seconds < 1 << 31 ? 1 << 32 : 0
        let fraction = Int64((number & 0xFFFF_FFFF) * 1_000_000_000 >> 32)
        return WallTime(nanoseconds: (seconds + era - 2_208_988_800) * 1_000_000_000 + fraction)
    }

    /// The preferred form of an HTTP date (RFC 9110 section 5.6.7), such as `Sun, 06 Nov 1994 08:49:37 GMT`.
    package static func httpDate(_ text: String) -> WallTime? {
        let words = text.split(separator: " ")
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        guard words.count == 6, words[5] == "GMT", let day = Int(words[1]), (1...31).contains(day),
            let month = months.firstIndex(of: String(words[2])), let year = Int(words[3]),
            (1_970...2_250).contains(year)
        else { return nil }
        func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
        let iso = Array("\(year)-\(padded(month + 1))-\(padded(day))T\(words[4])Z".utf8)
        return iso.wallTime(0..<iso.count)
    }
}
