import Quantities

/// Why a text is no report.
package struct CMCDDecodingError: Error, Sendable, Hashable {
    /// Where in the text, in bytes from 0.
    package var offset: Int
    /// What was expected there, without a full stop.
    package var expected: String

    /// The error for people.
    package var sentence: String { "at byte \(offset) of the CMCD data: expected \(expected)" }
}

extension CMCDReport {
    /// Reads a report: a structured field's dictionary (RFC 8941 section 4.2.2).
    ///
    /// Upper-case letters in keys are accepted, since examples of the first version have custom keys with them; they are
    /// never sent. Of a key that comes twice the last counts.
    ///
    /// - Parameter text: The text, percent-decoded.
    /// - Returns: The report; version 2 when it says so, and an event's when it has `e`.
    /// - Throws: ``CMCDDecodingError`` at the first byte that cannot be read.
    package static func decoded(_ text: some StringProtocol) throws(CMCDDecodingError) -> CMCDReport {
        var reader = StructuredFieldReader(text)
        let fields = try reader.dictionary()
        let version = fields.last { $0.name == "v" }?.value
        let event = fields.last { $0.name == "e" }?.value
        let mode: Mode = event == nil ? .request : event == .token("rr") ? .response : .event
        return CMCDReport(decoded: fields, version: version == .integer(2) ? .two : .one, mode: mode)
    }

    /// Reads the report in a query.
    ///
    /// - Parameter uri: A URI with a query, or without.
    /// - Returns: The report; nil where there is none.
    /// - Throws: ``CMCDDecodingError`` when the parameter cannot be read.
    package static func decoded(queryOf uri: String) throws(CMCDDecodingError) -> CMCDReport? {
        guard let query = URIReference(uri).query else { return nil }
        let parameter = query.utf8.split(separator: UInt8(ascii: "&")).first { $0.starts(with: "CMCD=".utf8) }
        guard let parameter else { return nil }
        return try decoded(URIReference.decoded(Substring(parameter.dropFirst(5))))
    }

    /// Reads the report in the four headers.
    ///
    /// - Parameter value: The value of a header by its name.
    /// - Returns: The report; nil where none of the headers is there.
    /// - Throws: ``CMCDDecodingError`` when a header cannot be read.
    package static func decoded(
        headers value: (String) -> String?
    ) throws(CMCDDecodingError) -> CMCDReport? {
        let values = CMCDKey.Header.allCases.compactMap { value($0.rawValue) }
        return values.isEmpty ? nil : try decoded(values.joined(separator: ","))
    }
}

/// Reads structured fields byte by byte; never past the end, whatever it is given.
private struct StructuredFieldReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ text: some StringProtocol) { bytes = Array(text.utf8) }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard let next, UInt32(next) == character.value else { return false }
        position += 1
        return true
    }

    private mutating func skipSpaces() {
        while let next, next == 0x20 || next == 0x09 { position += 1 }
    }

    private func failure(_ expected: String) -> CMCDDecodingError {
        CMCDDecodingError(offset: position, expected: expected)
    }

    mutating func dictionary() throws(CMCDDecodingError) -> [CMCDReport.Field] {
        var fields: [CMCDReport.Field] = []
        skipSpaces()
        while next != nil {
            let name = try key()
            fields.append(CMCDReport.Field(name: name, value: try take("=") ? value() : truth()))
            skipSpaces()
            guard next != nil else { break }
            guard take(",") else { throw failure("a comma") }
            skipSpaces()
            guard next != nil else { throw failure("a key after the comma") }
        }
        return fields
    }

    private mutating func truth() throws(CMCDDecodingError) -> CMCDValue {
        .item(CMCDItem(.boolean(true), try parameters()))
    }

    private mutating func value() throws(CMCDDecodingError) -> CMCDValue {
        guard take("(") else { return .item(try item()) }
        var items: [CMCDItem] = []
        while true {
            skipSpaces()
            if take(")") { break }
            guard next != nil else { throw failure("a closing parenthesis") }
            items.append(try item())
            guard let next, next == 0x20 || next == UInt8(ascii: ")") else {
                throw failure("a space or a closing parenthesis")
            }
        }
        _ = try parameters()
        return .list(items)
    }

    private mutating func item() throws(CMCDDecodingError) -> CMCDItem {
        CMCDItem(try bare(), try parameters())
    }

    private mutating func parameters() throws(CMCDDecodingError) -> [CMCDItem.Parameter] {
        var parameters: [CMCDItem.Parameter] = []
        while take(";") {
            skipSpaces()
            let name = try key()
            parameters.append(.init(name, try take("=") ? bare() : .boolean(true)))
        }
        return parameters
    }

    private mutating func key() throws(CMCDDecodingError) -> String {
        let start = position
        guard let first = next, Self.isLetter(first) || first == UInt8(ascii: "*") else { throw failure("a key") }
        while let next, Self.isLetter(next) || Self.isDigit(next) || "_-.*".utf8.contains(next) { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func bare() throws(CMCDDecodingError) -> CMCDBareItem {
        guard let first = next else { throw failure("a value") }
        switch first {
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "?"): return try boolean()
        case UInt8(ascii: "-"): return try number()
        case _ where Self.isDigit(first): return try number()
        case _ where Self.isLetter(first) || first == UInt8(ascii: "*"): return .token(token())
        default: throw failure("a value")
        }
    }

    private mutating func boolean() throws(CMCDDecodingError) -> CMCDBareItem {
        position += 1
        if take("1") { return .boolean(true) }
        if take("0") { return .boolean(false) }
        throw failure("?0 or ?1")
    }

    private mutating func string() throws(CMCDDecodingError) -> String {
        position += 1
        var text: [UInt8] = []
        while let byte = next {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let escaped = next, escaped == UInt8(ascii: "\"") || escaped == UInt8(ascii: "\\") else {
                    throw failure("a quote or a backslash after a backslash")
                }
                position += 1
                text.append(escaped)
            case 0x20...0x7E: text.append(byte)
            default:
                position -= 1
                throw failure("printable ASCII in a string")
            }
        }
        throw failure("a closing quote")
    }

    private mutating func token() -> String {
        let start = position
        while let next, Self.isLetter(next) || Self.isDigit(next) || ":/!#$%&'*+-.^_|~`".utf8.contains(next) {
            position += 1
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func number() throws(CMCDDecodingError) -> CMCDBareItem {
        let start = position
        _ = take("-")
        let whole = digits()
        guard (1...15).contains(whole) else { throw failure("one to fifteen digits") }
        guard take(".") else {
            let text = String(decoding: bytes[start..<position], as: UTF8.self)
            guard let number = Int64(text) else { throw failure("a whole number") }
            return .integer(number)
        }
        guard (1...3).contains(digits()), whole <= 12,
            let number = Double(String(decoding: bytes[start..<position], as: UTF8.self))
        else { throw failure("a number with up to three digits behind its point") }
        return .decimal(number)
    }

    private mutating func digits() -> Int {
        let start = position
        while let next, Self.isDigit(next) { position += 1 }
        return position - start
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) && byte >= 0x41
    }
}
