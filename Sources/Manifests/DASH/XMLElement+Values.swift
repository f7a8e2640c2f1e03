import Quantities

extension XMLElement {
    /// An attribute with at least one character.
    func attribute(_ name: String) -> String? {
        guard let value = attributes[name], !value.isEmpty else { return nil }
        return value
    }

    /// An attribute's bytes without blanks at the ends.
    private func bytes(_ name: String) -> [UInt8]? {
        guard let value = attributes[name] else { return nil }
        // What is longer is no value; many Representations may inherit it, and each would read through it.
        guard value.utf8.count <= Self.longestValue else { return [] }
        let bytes = Array(value.utf8)
        let range = bytes.trimmed(0..<bytes.count)
        return range.count == bytes.count ? bytes : Array(bytes[range])
    }

    /// The longest text of a number, a date or a range, in UTF-8 bytes.
    private static let longestValue = 128

    /// An xs:duration, never negative.
    ///
    /// - Throws: A problem where it is something else.
    func duration(_ name: String) throws(MPDProblem) -> TimeAmount? {
        guard let bytes = bytes(name) else { return nil }
        guard let value = bytes.duration(0..<bytes.count), value >= 0 else { throw invalid(name, "a duration") }
        return .nanoseconds(value)
    }

    /// An xs:dateTime.
    ///
    /// - Throws: A problem where it is something else.
    func date(_ name: String) throws(MPDProblem) -> WallTime? {
        guard let bytes = bytes(name) else { return nil }
        guard let value = bytes.wallTime(0..<bytes.count) else { throw invalid(name, "a date") }
        return value
    }

    /// A whole number from 0 to ``DecodingLimits/largestNumber``.
    ///
    /// - Throws: A problem where it is something else.
    func whole(_ name: String) throws(MPDProblem) -> Int64? {
        guard let text = attributes[name] else { return nil }
        // Swift's own reader first: it takes the usual digits without a copy.
        guard text.utf8.count <= Self.longestValue else { throw invalid(name, "a whole number below 2^61") }
        if let value = Int64(text), (0...DecodingLimits.largestNumber).contains(value) { return value }
        guard let bytes = bytes(name), let value = bytes.decimalInteger(0..<bytes.count),
            value <= UInt64(DecodingLimits.largestNumber)
        else { throw invalid(name, "a whole number below 2^61") }
        return Int64(value)
    }

    /// A whole number that may be negative.
    ///
    /// - Throws: A problem where it is something else.
    func signed(_ name: String) throws(MPDProblem) -> Int64? {
        guard let text = attributes[name] else { return nil }
        guard text.utf8.count <= Self.longestValue, let value = Int64(text),
            value.clampedMagnitude <= DecodingLimits.largestNumber
        else {
            throw invalid(name, "a whole number below 2^61")
        }
        return value
    }

    /// A byte range as in HTTP, `first-last` or `first-`.
    ///
    /// - Throws: A problem where it is something else.
    func byteRange(_ name: String) throws(MPDProblem) -> ByteRange? {
        guard attributes[name]?.isEmpty == false, let bytes = bytes(name) else { return nil }
        let limit = UInt64(DecodingLimits.largestNumber)
        guard let dash = bytes.first(ASCII.minus, in: 0..<bytes.count),
            let first = bytes.decimalInteger(0..<dash), first <= limit
        else { throw invalid(name, "a byte range") }
        if dash + 1 == bytes.count { return ByteRange(offset: Int64(first), length: nil) }
        guard let last = bytes.decimalInteger(dash + 1..<bytes.count), first <= last, last <= limit else {
            throw invalid(name, "a byte range")
        }
        return ByteRange(offset: Int64(first), length: Int64(last - first) + 1)
    }

    /// A rate such as `25` or `30000/1001`; nil where it is not there or is none.
    func frameRate(_ name: String) -> Double? {
        guard let text = attribute(name), text.utf8.count < 40 else { return nil }
        let sides = text.split(separator: "/", omittingEmptySubsequences: false).map { Double($0) ?? .nan }
        let value = sides.count == 2 ? sides[0] / sides[1] : sides.count == 1 ? sides[0] : .nan
        return value.isFinite && value > 0 && value < 100_000 ? value : nil
    }

    private func invalid(_ name: String, _ expected: String) -> MPDProblem {
        MPDProblem(
            id: "dash-invalid-attribute", message: "\(self.name)@\(name) is not \(expected)",
            clause: "ISO/IEC 23009-1 5.3")
    }
}

extension Int64 {
    /// The absolute value; the largest number for the least one.
    fileprivate var clampedMagnitude: Int64 { self == .min ? .max : Swift.abs(self) }
}
