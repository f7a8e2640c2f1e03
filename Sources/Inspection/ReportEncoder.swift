/// Encodes a report, or one of its records, as JSON text.
///
/// Keys stand in the order in which the types declare their fields, so that two reports can be compared line by line,
/// and times are written exactly (``Seconds``). It writes as it goes: a report of a million segments needs no tree of
/// values beside it. Types must open at most one container each, as the ones the compiler encodes do.
package struct ReportEncoder: Sendable {
    /// True for two spaces of indentation a level; false for one line.
    package var isIndented: Bool

    /// Creates an encoder.
    package init(isIndented: Bool) { self.isIndented = isIndented }

    /// The JSON text of a value, in UTF-8, with a line feed at its end.
    package func encode(_ value: some Encodable) throws -> [UInt8] {
        let sink = JSONSink(isIndented: isIndented)
        try sink.write(value)
        sink.bytes.append(UInt8(ascii: "\n"))
        return sink.bytes
    }
}

/// The text so far, and the containers that are open in it.
private final class JSONSink {
    var bytes: [UInt8] = []
    /// For each open container, whether it is an object and whether nothing stands in it yet.
    private var open: [(isObject: Bool, isEmpty: Bool)] = []
    private let isIndented: Bool

    init(isIndented: Bool) { self.isIndented = isIndented }

    func begin(isObject: Bool) {
        bytes.append(isObject ? UInt8(ascii: "{") : UInt8(ascii: "["))
        open.append((isObject, true))
    }

    /// The separator before a member of the innermost container.
    func separate() {
        guard let last = open.indices.last else { return }
        if !open[last].isEmpty { bytes.append(UInt8(ascii: ",")) }
        open[last].isEmpty = false
        breakLine()
    }

    func key(_ key: some CodingKey) {
        separate()
        string(key.stringValue)
        bytes.append(UInt8(ascii: ":"))
        if isIndented { bytes.append(UInt8(ascii: " ")) }
    }

    private func breakLine() {
        guard isIndented else { return }
        bytes.append(UInt8(ascii: "\n"))
        bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: open.count * 2))
    }

    private func end() {
        guard let container = open.popLast() else { return }
        if !container.isEmpty { breakLine() }
        bytes.append(container.isObject ? UInt8(ascii: "}") : UInt8(ascii: "]"))
    }

    /// Writes a value and closes what it opened.
    func write<Value: Encodable>(_ value: Value) throws {
        if Value.self == Seconds.self, let seconds = value as? Seconds {
            bytes.append(contentsOf: seconds.text.utf8)
            return
        }
        let depth = open.count
        try value.encode(to: SinkEncoder(sink: self))
        while open.count > depth { end() }
    }

    func text(_ text: String) { bytes.append(contentsOf: text.utf8) }

    func number(_ value: Double) {
        if !value.isFinite {
            text("null")
        } else if value == value.rounded(), value.magnitude < 9e15 {
            text(String(Int64(value)))
        } else {
            text(String(value))
        }
    }

    func string(_ value: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case UInt8(ascii: "\n"): text("\\n")
            case UInt8(ascii: "\r"): text("\\r")
            case UInt8(ascii: "\t"): text("\\t")
            case 0..<0x20, 0x7F:
                let hex = String(byte, radix: 16)
                text("\\u" + String(repeating: "0", count: 4 - hex.count) + hex)
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}

private struct SinkEncoder: Encoder {
    let sink: JSONSink
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        sink.begin(isObject: true)
        return KeyedEncodingContainer(KeyedSink(sink: sink))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        sink.begin(isObject: false)
        return UnkeyedSink(sink: sink)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { SingleSink(sink: sink) }
}

/// Says that a type of ours encodes itself in a way that ``ReportEncoder`` does not know: a mistake in this program.
private func unsupported() -> Never {
    preconditionFailure("a type of the report opens containers inside its own container")
}

private struct KeyedSink<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let sink: JSONSink
    var codingPath: [any CodingKey] { [] }

    mutating func encodeNil(forKey key: Key) throws {
        sink.key(key)
        sink.text("null")
    }
    mutating func encode(_ value: Bool, forKey key: Key) throws {
        sink.key(key)
        sink.text(value ? "true" : "false")
    }
    mutating func encode(_ value: String, forKey key: Key) throws {
        sink.key(key)
        sink.string(value)
    }
    mutating func encode(_ value: Double, forKey key: Key) throws {
        sink.key(key)
        sink.number(value)
    }
    mutating func encode(_ value: Int, forKey key: Key) throws {
        sink.key(key)
        sink.text(String(value))
    }
    mutating func encode(_ value: Int64, forKey key: Key) throws {
        sink.key(key)
        sink.text(String(value))
    }
    mutating func encode(_ value: some Encodable, forKey key: Key) throws {
        sink.key(key)
        try sink.write(value)
    }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> { unsupported() }
    mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { unsupported() }
    mutating func superEncoder() -> any Encoder { unsupported() }
    mutating func superEncoder(forKey key: Key) -> any Encoder { unsupported() }
}

private struct UnkeyedSink: UnkeyedEncodingContainer {
    let sink: JSONSink
    var count = 0
    var codingPath: [any CodingKey] { [] }

    init(sink: JSONSink) { self.sink = sink }

    mutating func encodeNil() throws {
        count += 1
        sink.separate()
        sink.text("null")
    }
    mutating func encode(_ value: some Encodable) throws {
        count += 1
        sink.separate()
        try sink.write(value)
    }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        unsupported()
    }
    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { unsupported() }
    mutating func superEncoder() -> any Encoder { unsupported() }
}

private struct SingleSink: SingleValueEncodingContainer {
    let sink: JSONSink
    var codingPath: [any CodingKey] { [] }

    mutating func encodeNil() throws { sink.text("null") }
    mutating func encode(_ value: Bool) throws { sink.text(value ? "true" : "false") }
    mutating func encode(_ value: String) throws { sink.string(value) }
    mutating func encode(_ value: Double) throws { sink.number(value) }
    mutating func encode(_ value: Float) throws { sink.number(Double(value)) }
    mutating func encode(_ value: Int) throws { sink.text(String(value)) }
    mutating func encode(_ value: Int8) throws { sink.text(String(value)) }
    mutating func encode(_ value: Int16) throws { sink.text(String(value)) }
    mutating func encode(_ value: Int32) throws { sink.text(String(value)) }
    mutating func encode(_ value: Int64) throws { sink.text(String(value)) }
    mutating func encode(_ value: UInt) throws { sink.text(String(value)) }
    mutating func encode(_ value: UInt8) throws { sink.text(String(value)) }
    mutating func encode(_ value: UInt16) throws { sink.text(String(value)) }
    mutating func encode(_ value: UInt32) throws { sink.text(String(value)) }
    mutating func encode(_ value: UInt64) throws { sink.text(String(value)) }
    mutating func encode(_ value: some Encodable) throws { try sink.write(value) }
}
