/// A question to a DNS server (RFC 1035 section 4.1.2): a host name and the kind of address that is wanted.
struct DNSQuestion: Hashable {
    /// The kinds of records that hold addresses: A (RFC 1035 section 3.4.1) and AAAA (RFC 3596 section 2.1).
    enum Kind: UInt16, CaseIterable {
        case ipv4 = 1
        case ipv6 = 28

        /// The length of an address in bytes.
        var length: Int { self == .ipv4 ? 4 : 16 }
    }

    /// The labels of the name in lower case, without the root's empty one.
    var labels: [[UInt8]]
    /// What is asked for.
    var kind: Kind

    /// Asks for a host; nil when it can be no name: an empty label, one over 63 bytes, more than 253 bytes in all.
    init?(host: String, kind: Kind) {
        var bytes = Array(host.utf8)
        if bytes.last == UInt8(ascii: ".") { bytes.removeLast() }
        guard !bytes.isEmpty, bytes.count <= 253 else { return nil }
        labels = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map {
            $0.map(Self.lowercased)
        }
        guard labels.allSatisfy({ !$0.isEmpty && $0.count <= 63 }) else { return nil }
        self.kind = kind
    }

    init(labels: [[UInt8]], kind: Kind) {
        self.labels = labels
        self.kind = kind
    }

    static func lowercased(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte }

    /// The message that asks it, recursion wanted.
    func message(id: UInt16) -> [UInt8] {
        var bytes = [UInt8(id >> 8), UInt8(id & 0xFF), 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0]
        for label in labels { bytes += [UInt8(truncatingIfNeeded: label.count)] + label }
        return bytes + [0, 0, UInt8(truncatingIfNeeded: kind.rawValue), 0, 1]
    }
}

/// What a server answered to a question.
enum DNSReply: Equatable {
    /// Addresses as bytes, 4 or 16 of each, and for how many seconds they hold: the least of the records on the way.
    case addresses([[UInt8]], lifetime: UInt32)
    /// The name is another's alias, of which this server says nothing.
    case alias([[UInt8]], lifetime: UInt32)
    /// The name has no such address, or does not exist at all.
    case missing(exists: Bool, lifetime: UInt32)
    /// The answer was cut off: ask again over TCP.
    case truncated
    /// The server will not or cannot answer; its code (RFC 1035 section 4.1.1).
    case refused(code: UInt8)
}

/// Reads DNS messages (RFC 1035 section 4); bounded by the message, never trapping.
struct DNSReader {
    private let bytes: [UInt8]
    private var at = 0

    /// More records than this are not looked at.
    private static let recordLimit = 512
    /// More aliases than this on the way to an address are a loop.
    private static let aliasLimit = 16

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    private struct Record {
        var name: [[UInt8]]
        var kind: UInt16
        var lifetime: UInt32
        var begin: Int
        var length: Int
    }

    /// What a message says to a question with a number; nil when it is no answer to it.
    static func reply(_ bytes: [UInt8], to question: DNSQuestion, id: UInt16) -> DNSReply? {
        var reader = DNSReader(bytes)
        guard let number = reader.short(), number == id, let flags = reader.short(), let questions = reader.short(),
            let answers = reader.short(), let authorities = reader.short(), reader.short() != nil
        else { return nil }
        // An answer to a standard query, and to this one.
        guard flags & 0xF800 == 0x8000, questions == 1, reader.name() == question.labels,
            reader.short() == question.kind.rawValue, reader.short() == 1
        else { return nil }
        let code = UInt8(flags & 0xF)
        if flags & 0x0200 != 0 { return .truncated }
        guard code == 0 || code == 3 else { return .refused(code: code) }
        guard let records = reader.records(Int(answers)) else { return nil }
        let found = reader.follow(records, from: question)
        if code == 0, let found { return found }
        // A server may say nothing about how long nothing holds.
        let authority = reader.records(Int(authorities)) ?? []
        return .missing(exists: code == 0, lifetime: reader.negativeLifetime(authority))
    }

    /// Follows aliases from the question to addresses; nil where the answer has none.
    private func follow(_ records: [Record], from question: DNSQuestion) -> DNSReply? {
        var name = question.labels
        var lifetime = UInt32.max
        for _ in 0...Self.aliasLimit {
            let own = records.filter { $0.name == name }
            let matching = own.filter { $0.kind == question.kind.rawValue && $0.length == question.kind.length }
            if !matching.isEmpty {
                let addresses = matching.map { Array(bytes[$0.begin..<$0.begin + $0.length]) }
                return .addresses(addresses, lifetime: matching.reduce(lifetime) { min($0, $1.lifetime) })
            }
            guard let alias = own.first(where: { $0.kind == 5 }) else { break }
            var reader = self
            reader.at = alias.begin
            guard let target = reader.name() else { return nil }
            lifetime = min(lifetime, alias.lifetime)
            name = target
        }
        return name == question.labels ? nil : .alias(name, lifetime: lifetime)
    }

    /// RFC 2308 section 5: the lesser of the SOA record's own lifetime and its minimum; zero without one.
    private func negativeLifetime(_ records: [Record]) -> UInt32 {
        guard let authority = records.first(where: { $0.kind == 6 }), authority.length >= 4 else { return 0 }
        var reader = self
        reader.at = authority.begin + authority.length - 4
        return min(authority.lifetime, Self.lifetime(reader.long() ?? 0))
    }

    /// So many records, of the Internet's class; nil when the message ends before.
    private mutating func records(_ count: Int) -> [Record]? {
        var records: [Record] = []
        for _ in 0..<count {
            guard let name = name(), let kind = short(), let network = short(), let lifetime = long(),
                let length = short(), at + Int(length) <= bytes.count
            else { return nil }
            if network == 1, records.count < Self.recordLimit {
                records.append(
                    Record(
                        name: name, kind: kind, lifetime: Self.lifetime(lifetime), begin: at, length: Int(length)))
            }
            at += Int(length)
        }
        return records
    }

    /// RFC 2181 section 8: a time with its highest bit set is none.
    private static func lifetime(_ value: UInt32) -> UInt32 { value > 0x7FFF_FFFF ? 0 : value }

    /// A name, whose end may stand earlier in the message (RFC 1035 section 4.1.4); nil when it is none.
    ///
    /// Each pointer must lead further back than the one before it, so that no message keeps the reader in a circle.
    private mutating func name() -> [[UInt8]]? {
        var labels: [[UInt8]] = []
        var total = 0
        var place = at
        var lowest = at
        var hasJumped = false
        while place < bytes.count {
            let length = bytes[place]
            switch length & 0xC0 {
            case 0x00:
                guard length > 0 else {
                    if !hasJumped { at = place + 1 }
                    return labels
                }
                let end = place + 1 + Int(length)
                total += Int(length) + 1
                guard end <= bytes.count, total <= 254 else { return nil }
                labels.append(bytes[(place + 1)..<end].map(DNSQuestion.lowercased))
                place = end
            case 0xC0:
                guard place + 1 < bytes.count else { return nil }
                let target = Int(length & 0x3F) << 8 | Int(bytes[place + 1])
                if !hasJumped { at = place + 2 }
                hasJumped = true
                guard target < lowest else { return nil }
                lowest = target
                place = target
            default: return nil
            }
        }
        return nil
    }

    private mutating func short() -> UInt16? {
        guard at + 2 <= bytes.count else { return nil }
        defer { at += 2 }
        return UInt16(bytes[at]) << 8 | UInt16(bytes[at + 1])
    }

    private mutating func long() -> UInt32? {
        guard let high = short(), let low = short() else { return nil }
        return UInt32(high) << 16 | UInt32(low)
    }
}
