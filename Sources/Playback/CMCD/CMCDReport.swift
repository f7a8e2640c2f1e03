import Quantities
import Transport

/// One report of Common Media Client Data: of a request, of an event, or of a response.
///
/// Takes values as a player measures them and keeps what the version and the kind of report allow, rounded as it wants
/// them; ``text`` is the structured field (RFC 8941 dictionary) with its keys in alphabetical order. Checked against the
/// output of the SVTA's common-media-library.
package struct CMCDReport: Sendable, Hashable {
    /// What a report is about.
    package enum Mode: Sendable, Hashable {
        /// A request that is about to be made; the report travels with it.
        case request
        /// Something that happened; the report is posted to a collector.
        case event
        /// A response (`e=rr`), posted too.
        case response
    }

    /// A key with its value.
    package struct Field: Sendable, Hashable {
        /// The key as written.
        package var name: String
        /// The value.
        package var value: CMCDValue

        /// Creates a field.
        package init(name: String, value: CMCDValue) {
            self.name = name
            self.value = value
        }
    }

    /// The version.
    package let version: CMCDVersion
    /// What it is about.
    package let mode: Mode
    /// The keys in alphabetical order, each once.
    package private(set) var fields: [Field] = []

    /// Creates an empty report; in version 2 it has the version's key (`v=2`) from the beginning.
    package init(version: CMCDVersion, mode: Mode = .request) {
        self.version = version
        self.mode = mode
        if version == .two { put("v", .integer(2)) }
    }

    /// Creates a report of what somebody sent, as it is.
    init(decoded fields: [Field], version: CMCDVersion, mode: Mode) {
        self.version = version
        self.mode = mode
        for field in fields { put(field.name, field.value) }
    }

    /// The value of a key; nil where it is not there.
    package subscript(_ key: CMCDKey) -> CMCDValue? { self[key.rawValue] }
    /// The value of a key by its name; nil where it is not there.
    package subscript(_ name: String) -> CMCDValue? { fields.first { $0.name == name }?.value }

    /// Sets the value of a key, where this report can have it; else nothing happens.
    ///
    /// Numbers are rounded, a list becomes its first value in version 1, and what says nothing (false, an empty list, a
    /// playback rate of 1, version 1) is left out. In version 1 the next object's path is percent-encoded once more, as
    /// CTA-5004 wants it.
    package mutating func set(_ key: CMCDKey, _ value: CMCDValue) {
        guard key != .version, key.versions.contains(version), allows(key), let value = shaped(value, of: key) else {
            return
        }
        put(key.rawValue, value)
    }

    /// Sets a key of the operator's own; a name that cannot be sent is left out.
    package mutating func set(_ key: CMCDCustomKey) {
        guard CMCDCustomKey.isSound(key.name) else { return }
        put(key.name, .string(key.value))
    }

    private func allows(_ key: CMCDKey) -> Bool {
        switch mode {
        case .request: key.header != nil
        case .event: !key.isOfResponse && !key.isOfRequestOnly
        case .response: !key.isOfRequestOnly
        }
    }

    private mutating func put(_ name: String, _ value: CMCDValue) {
        let place = fields.firstIndex { !$0.name.utf8.lexicographicallyPrecedes(name.utf8) } ?? fields.endIndex
        if place < fields.endIndex, fields[place].name == name {
            fields[place].value = value
        } else {
            fields.insert(Field(name: name, value: value), at: place)
        }
    }

    // MARK: Rules of values

    private func shaped(_ value: CMCDValue, of key: CMCDKey) -> CMCDValue? {
        switch value {
        case .item(let item):
            guard let item = shaped(item, of: key) else { return nil }
            return version == .two && key.isAlwaysList ? .list([item]) : .item(item)
        case .list(let items):
            let shaped = items.compactMap { self.shaped($0, of: key) }
            guard let first = shaped.first else { return nil }
            return version == .two ? .list(shaped) : .item(CMCDItem(first.bare))
        }
    }

    private func shaped(_ item: CMCDItem, of key: CMCDKey) -> CMCDItem? {
        var item = item
        if version == .one { item.parameters = [] }
        switch item.bare {
        case .integer(let number):
            if key == .playbackRate, number == 1 { return nil }
            if let step = key.rounding { item.bare = .integer(Self.rounded(Double(number), to: step)) }
        case .decimal(let number):
            guard number.isFinite else { return nil }
            if let step = key.rounding {
                item.bare = .integer(Self.rounded(number, to: step))
            } else if number == 1 {
                return nil
            }
        case .boolean(false): return nil
        case .string(let text) where key == .nextObject && version == .one:
            item.bare = .string(Self.percentEncoded(text))
        case .boolean, .string, .token: break
        }
        return item
    }

    /// The nearest multiple of a step, half up.
    private static func rounded(_ number: Double, to step: Int64) -> Int64 {
        // Half up as JavaScript's Math.round has it, where Swift's rule rounds away from zero.
        let steps = Int64(clampingRounded: min(max((number / Double(step) + 0.5).rounded(.down), -1e13), 1e13))
        return steps * step
    }

    /// Percent-encodes all but what `encodeURIComponent` leaves: letters, digits and `-_.!~*'()`.
    static func percentEncoded(_ text: String) -> String {
        let hexadecimal = Array("0123456789ABCDEF".utf8)
        var result: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "!"), UInt8(ascii: "~"), UInt8(ascii: "*"), UInt8(ascii: "'"), UInt8(ascii: "("),
                UInt8(ascii: ")"):
                result.append(byte)
            default:
                result += [UInt8(ascii: "%"), hexadecimal[Int(byte >> 4)], hexadecimal[Int(byte & 15)]]
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}

/// How a report travels.
extension CMCDReport {
    /// The structured field: what stands in a query before percent-encoding, and in one line of an event's body.
    package var text: String { Self.text(of: fields) }

    private static func text(of fields: some Sequence<Field>) -> String {
        var text = ""
        for field in fields {
            if !text.isEmpty { text += "," }
            field.value.write(as: field.name, to: &text)
        }
        return text
    }

    /// The query parameter, `CMCD=` and the text percent-encoded.
    package var parameter: String { "CMCD=" + Self.percentEncoded(text) }

    /// A URI with the report in its query: behind the parameters that it has, in place of another report, before the
    /// fragment.
    ///
    /// What was there stays byte for byte. A report without fields changes nothing.
    package func added(to uri: String) -> String {
        guard !fields.isEmpty else { return uri }
        var reference = URIReference(Self.removed(from: uri))
        let query = reference.query.map { $0.isEmpty ? parameter : $0 + "&" + parameter } ?? parameter
        reference.query = query[...]
        return reference.text
    }

    /// A URI without the report in its query; any other URI comes back as it is, byte for byte.
    package static func removed(from uri: String) -> String {
        guard uri.utf8.contains(UInt8(ascii: "?")), uri.contains("CMCD=") else { return uri }
        var reference = URIReference(uri)
        guard let query = reference.query else { return uri }
        let pieces = query.utf8.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false)
        let kept = pieces.filter { !$0.starts(with: "CMCD=".utf8) }
        guard kept.count < pieces.count else { return uri }
        reference.query = kept.isEmpty ? nil : kept.map { String(Substring($0)) }.joined(separator: "&")[...]
        return reference.text
    }

    /// The headers that carry the report; those without keys are left out.
    ///
    /// Keys of the operator's own go with the session's.
    package var headers: [HTTPHeader] {
        CMCDKey.Header.allCases.compactMap { header in
            let own = fields.filter { (CMCDKey(rawValue: $0.name).map(\.header) ?? .session) == header }
            return own.isEmpty ? nil : HTTPHeader(name: header.rawValue, value: Self.text(of: own))
        }
    }

    /// The body of a post in event mode: one line for each report (CTA-5004-B; MIME type `application/cmcd`).
    package static func body(of reports: [CMCDReport]) -> [UInt8] {
        Array(reports.map { $0.text + "\n" }.joined().utf8)
    }

    /// The media type of ``body(of:)``.
    package static let mediaType = "application/cmcd"
}
