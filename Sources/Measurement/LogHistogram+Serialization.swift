import Quantities

/// Why stored bytes are no histogram.
package enum HistogramFormatError: Error, Hashable, Sendable {
    /// The bytes end too early, or a number in them is impossible.
    case damaged
    /// Written by a newer version of the format.
    case unknownVersion(UInt8)

    /// One sentence for people.
    package var sentence: String {
        switch self {
        case .damaged: "The stored histogram is damaged."
        case .unknownVersion(let version):
            "The stored histogram has format version \(version); this program reads version \(LogHistogram.formatVersion)."
        }
    }
}

extension LogHistogram {
    /// The version of the serialised form.
    package static let formatVersion: UInt8 = 1

    /// The histogram as bytes: only filled buckets are written.
    ///
    /// A version byte, then unsigned LEB128 numbers: the sum, the minimum and the maximum in microseconds, the number of
    /// filled buckets, and for each of them the distance from the bucket before it and its count. An empty histogram
    /// gives no bytes at all.
    package func serialized() -> [UInt8] {
        guard !isEmpty else { return [] }
        var bytes: [UInt8] = [Self.formatVersion]
        Self.append(sum, to: &bytes)
        Self.append(minimumMicroseconds, to: &bytes)
        Self.append(maximumMicroseconds, to: &bytes)
        var filled: UInt64 = 0
        for value in counts where value != 0 { filled += 1 }
        Self.append(filled, to: &bytes)
        var previous = 0
        for position in counts.indices where counts[position] != 0 {
            Self.append(UInt64(base + position - previous), to: &bytes)
            Self.append(counts[position], to: &bytes)
            previous = base + position
        }
        return bytes
    }

    /// Reads what ``serialized()`` wrote.
    ///
    /// - Throws: ``HistogramFormatError``; any bytes may be given, none make it trap.
    package init(serialized bytes: [UInt8]) throws(HistogramFormatError) {
        self.init()
        guard let version = bytes.first else { return }
        guard version == Self.formatVersion else { throw .unknownVersion(version) }
        var rest = bytes.dropFirst()
        let total = try Self.number(from: &rest)
        let lowest = try Self.number(from: &rest)
        let highest = try Self.number(from: &rest)
        let filled = try Self.number(from: &rest)
        guard lowest <= highest, highest <= Self.longestMicroseconds, filled >= 1, filled <= UInt64(Self.bucketLimit)
        else { throw .damaged }
        makeRoom(from: Self.index(of: lowest), through: Self.index(of: highest))
        try readBuckets(Int(filled), from: &rest, between: Self.index(of: lowest), and: Self.index(of: highest))
        guard rest.isEmpty else { throw .damaged }
        sum = total
        minimumMicroseconds = lowest
        maximumMicroseconds = highest
    }

    private mutating func readBuckets(
        _ filled: Int, from rest: inout ArraySlice<UInt8>, between first: Int, and last: Int
    ) throws(HistogramFormatError) {
        var index = 0
        for position in 0..<filled {
            let gap = try Self.number(from: &rest)
            let values = try Self.number(from: &rest)
            guard gap <= UInt64(Self.bucketLimit), values > 0, position == 0 || gap > 0 else { throw .damaged }
            index += Int(gap)
            guard index >= first, index <= last else { throw .damaged }
            counts[index - base] = values
            let (sum, overflow) = count.addingReportingOverflow(values)
            guard !overflow else { throw .damaged }
            count = sum
        }
    }

    private static func append(_ number: UInt64, to bytes: inout [UInt8]) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    private static func number(from rest: inout ArraySlice<UInt8>) throws(HistogramFormatError) -> UInt64 {
        var number: UInt64 = 0
        var shift: UInt64 = 0
        while let byte = rest.popFirst() {
            guard shift < 63 || byte <= 1 else { throw .damaged }
            number |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return number }
            shift += 7
        }
        throw .damaged
    }
}
