import Quantities

/// Reads Sabre's network files: a JSON list of objects with numbers in them.
///
/// Other members are passed over when their values are numbers, strings, `true`, `false` or `null`; what is nested is
/// refused, so that no input makes the reader go deep.
struct SabreTraceReader {
    private let bytes: ArraySlice<UInt8>
    private let name: String
    private var at: Int
    private var line = 1

    init(bytes: ArraySlice<UInt8>, name: String) {
        self.bytes = bytes
        self.name = name
        at = bytes.startIndex
    }

    private static let member = "{\"duration_ms\": …, \"bandwidth_kbps\": …, \"latency_ms\": …}"

    /// The steps of the file.
    mutating func read() throws(LinkTraceError) -> [LinkTrace.Step] {
        var steps: [LinkTrace.Step] = []
        try expect("[", "a JSON list '[' of \(Self.member)")
        guard peek() != UInt8(ascii: "]") else { throw .empty(name: name) }
        while true {
            let begin = line
            let members = try object()
            steps.append(try step(members, begin))
            if peek() == UInt8(ascii: ",") {
                at += 1
                continue
            }
            try expect("]", "',' and another object, or ']'")
            break
        }
        if let byte = peek() { throw wrong("the end of the file after ']'", byte) }
        return steps.filter { $0.duration > .zero }
    }

    private func step(_ members: [String: Double], _ line: Int) throws(LinkTraceError) -> LinkTrace.Step {
        let latency = members["latency_ms"] ?? 0
        guard let duration = members["duration_ms"], let rate = members["bandwidth_kbps"] else {
            let missing = members["duration_ms"] == nil ? "duration_ms" : "bandwidth_kbps"
            throw .unreadable(name: name, line: line, expected: Self.member, found: "no number \(missing)")
        }
        guard duration == 0 || duration >= 1, duration <= LinkTraceFile.longest * 1e3, rate >= 0, rate <= LinkTraceFile.fastest,
            latency >= 0, latency <= 600_000
        else {
            throw .unreadable(
                name: name, line: line,
                expected: "duration_ms from 1 to ten years, bandwidth_kbps from 0 to 1e9, latency_ms from 0 to 600000",
                found: "\(duration), \(rate) and \(latency)")
        }
        return LinkTrace.Step(
            duration: .seconds(duration / 1_000), rate: .kilobits(rate), delay: .seconds(latency / 1_000))
    }

    /// One object's members that are numbers.
    private mutating func object() throws(LinkTraceError) -> [String: Double] {
        var members: [String: Double] = [:]
        try expect("{", "an object \(Self.member)")
        if peek() == UInt8(ascii: "}") {
            at += 1
            return members
        }
        while true {
            let key = try string()
            try expect(":", "':' after a name")
            if let value = try scalar(), members.count < 64 { members[key] = value }
            if peek() == UInt8(ascii: ",") {
                at += 1
                continue
            }
            try expect("}", "',' and another member, or '}'")
            return members
        }
    }

    /// A value; nil when it is no number.
    private mutating func scalar() throws(LinkTraceError) -> Double? {
        guard let byte = peek() else { throw wrong("a number", nil) }
        if byte == UInt8(ascii: "\"") {
            _ = try string()
            return nil
        }
        let word = bytes[at...].prefix { byte in
            TraceField.isDigit(byte) || "+-.".utf8.contains(byte) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A)
        }
        at = word.endIndex
        if let number = TraceField(bytes: word).number { return number }
        let text = String(decoding: word.prefix(60), as: UTF8.self)
        guard ["true", "false", "null"].contains(text) else {
            throw .unreadable(
                name: name, line: line, expected: "a number",
                found: word.isEmpty ? TraceField.quoted(String(Unicode.Scalar(byte))) : TraceField.quoted(text))
        }
        return nil
    }

    /// A string, of which no more than the first bytes matter; escapes are kept as they stand.
    private mutating func string() throws(LinkTraceError) -> String {
        try expect("\"", "a name in quotes, such as \"duration_ms\"")
        let start = at
        while at < bytes.endIndex, bytes[at] != UInt8(ascii: "\""), bytes[at] != UInt8(ascii: "\n") {
            at += bytes[at] == UInt8(ascii: "\\") && at + 1 < bytes.endIndex ? 2 : 1
        }
        guard at < bytes.endIndex, bytes[at] == UInt8(ascii: "\"") else { throw wrong("a closing quote", nil) }
        defer { at += 1 }
        return String(decoding: bytes[start..<at].prefix(60), as: UTF8.self)
    }

    /// The next byte that is no blank; nil at the end.
    private mutating func peek() -> UInt8? {
        while at < bytes.endIndex {
            let byte = bytes[at]
            guard LinkTraceFile.isBlank(byte) || byte == UInt8(ascii: "\n") else { return byte }
            if byte == UInt8(ascii: "\n") { line += 1 }
            at += 1
        }
        return nil
    }

    private mutating func expect(_ character: Unicode.Scalar, _ expected: String) throws(LinkTraceError) {
        guard let byte = peek(), byte == UInt8(ascii: character) else {
            throw wrong(expected, at < bytes.endIndex ? bytes[at] : nil)
        }
        at += 1
    }

    private func wrong(_ expected: String, _ byte: UInt8?) -> LinkTraceError {
        let found = byte.map { TraceField.quoted(String(Unicode.Scalar($0))) } ?? "the end"
        return .unreadable(name: name, line: line, expected: expected, found: found)
    }
}
