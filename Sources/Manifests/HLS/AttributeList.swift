import Quantities

/// The attributes of a tag (rfc8216bis section 4.2): names and values as ranges of the playlist's bytes.
struct AttributeList {
    private struct Attribute {
        var name: Range<Int>
        var value: Range<Int>
    }

    private let bytes: [UInt8]
    private var attributes: [Attribute] = []
    /// The first name that stands there twice; the last value counts, as in hls.js.
    private(set) var duplicate: Range<Int>?
    /// True when what stands there does not follow the grammar; what was read up to there counts.
    private(set) var isBroken = false

    /// Splits a tag's value; a nil range gives an empty list.
    init(_ range: Range<Int>?, in bytes: [UInt8]) {
        self.bytes = bytes
        guard let range else { return }
        var index = range.lowerBound
        let end = range.upperBound
        while index < end {
            while index < end, bytes[index].isASCIISpace || bytes[index] == ASCII.comma { index += 1 }
            guard index < end else { return }
            guard attributes.count < Self.maximumCount else {
                isBroken = true
                return
            }
            let nameStart = index
            while index < end, bytes[index] != ASCII.equals, bytes[index] != ASCII.comma { index += 1 }
            guard index < end, bytes[index] == ASCII.equals else {
                isBroken = true
                continue
            }
            let name = bytes.trimmed(nameStart..<index)
            index += 1
            while index < end, bytes[index].isASCIISpace { index += 1 }
            let isQuoted = index < end && bytes[index] == ASCII.quote
            let value: Range<Int>
            if isQuoted {
                let close = bytes.first(ASCII.quote, in: index + 1..<end)
                if close == nil { isBroken = true }
                value = index + 1..<(close ?? end)
                index = min((close ?? end) + 1, end)
                index = bytes.first(ASCII.comma, in: index..<end) ?? end
            } else {
                let comma = bytes.first(ASCII.comma, in: index..<end) ?? end
                value = bytes.trimmed(index..<comma)
                index = comma
            }
            add(Attribute(name: name, value: value))
        }
    }

    /// Most tags have few attributes; behind this number a hostile list is cut, so that looking one up stays cheap.
    private static let maximumCount = 64

    private mutating func add(_ attribute: Attribute) {
        if let index = attributes.firstIndex(where: { bytes.areEqual($0.name, attribute.name) }) {
            duplicate = duplicate ?? attribute.name
            attributes[index] = attribute
        } else {
            attributes.append(attribute)
        }
    }

    /// The value's range without quotes, or nil where the attribute is not there.
    func range(_ name: StaticString) -> Range<Int>? {
        attributes.first { bytes.holds(name, in: $0.name) }?.value
    }

    /// True when the attribute's value is exactly this.
    func isValue(_ name: StaticString, _ value: StaticString) -> Bool {
        range(name).map { bytes.holds(value, in: $0) } ?? false
    }

    /// The value as text without quotes, variables not yet put in.
    func text(_ name: StaticString) -> String? { range(name).map { bytes.text($0) } }

    /// A decimal integer; nil where it is not there or is none.
    func integer(_ name: StaticString) -> UInt64? { range(name).flatMap { bytes.decimalInteger($0) } }

    /// A decimal number of seconds; nil where it is not there or is none.
    func time(_ name: StaticString) -> TimeAmount? {
        range(name).flatMap { bytes.nanoseconds($0) }.map { .nanoseconds($0) }
    }

    /// A decimal number of seconds from zero to the longest that a document may speak of.
    func positiveTime(_ name: StaticString) -> TimeAmount? {
        guard let time = time(name), (0...DecodingLimits.longestDuration).contains(time.nanoseconds) else { return nil }
        return time
    }

    /// The attributes in their order.
    func forEach<Failure: Error>(
        _ body: (_ name: Range<Int>, _ value: Range<Int>) throws(Failure) -> Void
    ) throws(Failure) {
        for attribute in attributes { try body(attribute.name, attribute.value) }
    }

    /// True when an attribute's name begins with `REQ-`.
    var hasRequirement: Bool { attributes.contains { bytes.starts(with: "REQ-", at: $0.name) } }

    /// The first attribute whose name begins with `REQ-` and is not among those known; its tag must be ignored.
    func unknownRequirement(known: [StaticString]) -> String? {
        attributes.first { attribute in
            bytes.starts(with: "REQ-", at: attribute.name) && !known.contains { bytes.holds($0, in: attribute.name) }
        }.map { bytes.text($0.name) }
    }
}
