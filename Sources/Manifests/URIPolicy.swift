import Quantities

/// Which of the URIs that a document names, or that a redirect leads to, may be fetched.
///
/// A playlist comes from the network and can name anything: a file, another protocol, or a service that only this
/// machine or its private network can reach. Only `http` and `https` are ever followed, and a document from a public
/// host leads nowhere but to public hosts, except to those that are allowed by name. What a person typed is not
/// judged.
///
/// Names are judged by their text alone, without looking them up: a public name that resolves to a private address is
/// not seen here.
package struct URIPolicy: Sendable, Hashable {
    /// Why a URI is not followed.
    package enum Refusal: Error, Sendable, Hashable {
        /// The scheme is neither `http` nor `https`; `scheme` is in lower case, or `""` where there is none.
        case scheme(String)
        /// There is no host.
        case noHost
        /// A document from a public host leads to this host of the machine or of its private network.
        case localAddress(host: String)
    }

    /// The hosts that may be contacted from wherever, in lower case, as `host` (every port) or `host:port`, IPv6
    /// addresses without brackets.
    package var allowedHosts: Set<String>

    /// Creates a policy; by default no host is an exception.
    ///
    /// - Parameter allowedHosts: As `host` or `host:port`; case and brackets do not matter.
    package init(allowedHosts: some Sequence<String> = EmptyCollection<String>()) {
        self.allowedHosts = Set(
            allowedHosts.map { $0.lowercased().filter { $0 != "[" && $0 != "]" } })
    }

    /// Why a URI must not be followed; nil when it may be.
    ///
    /// - Parameters:
    ///   - uri: The absolute URI.
    ///   - document: The URI of the document that names it, or of the answer that redirects to it, after redirects.
    ///     One that is no absolute `http` or `https` URI itself, such as a local file's name, counts as public: what
    ///     stands in a file may have come from anywhere.
    /// - Returns: The first reason.
    package func refusal(of uri: String, namedBy document: String) -> Refusal? {
        let target = URIReference(uri)
        let scheme = target.scheme?.lowercased() ?? ""
        guard scheme == "http" || scheme == "https" else { return .scheme(scheme) }
        guard let host = target.host, !host.isEmpty else { return .noHost }
        guard LocalHost.matches(host), !allows(host, target.port) else { return nil }
        if let origin = URIReference(document).host, LocalHost.matches(origin) { return nil }
        return .localAddress(host: host)
    }

    private func allows(_ host: String, _ port: Int?) -> Bool {
        allowedHosts.contains(host) || allowedHosts.contains("\(host):\(port ?? 0)")
    }
}

/// Tells the hosts of a machine and of private networks from public ones, by their text.
package enum LocalHost {
    /// True for loopback, private, link-local and otherwise not globally reachable addresses (IANA's special-purpose
    /// registries, RFC 6890) in every form that a resolver takes, and for names that are local by rule.
    ///
    /// Addresses may be written with one to four decimal, octal or hexadecimal numbers (`2130706433`, `0177.1`,
    /// `0x7f.0.0.1`), as IPv6, as IPv4 inside IPv6 (mapped, compatible, NAT64, 6to4), with a zone, with percent-encoded
    /// letters and with a point at the end. Names are local below `localhost`, `local`, `localdomain`, `internal`,
    /// `lan` and `home.arpa` (RFC 6761, 6762, 8375), and where they consist of one word.
    ///
    /// - Parameter host: The host without port and brackets.
    /// - Returns: True also for what is no host at all, such as an empty text.
    package static func matches(_ host: String) -> Bool {
        var name = percentDecoded(host).lowercased()
        if name.hasSuffix(".") { name.removeLast() }
        if name.isEmpty { return true }
        if name.utf8.contains(UInt8(ascii: ":")) {
            // What has a colon and is no address can be reached by nobody; it is not trusted either.
            guard let words = IPv6Text.words(name) else { return true }
            return isLocal(words)
        }
        if let address = IPv4Text.address(name) { return isLocal(address) }
        return isLocalName(name)
    }

    private static func isLocalName(_ name: String) -> Bool {
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        if labels.count == 1 { return true }
        if labels.suffix(2) == ["home", "arpa"] { return true }
        return ["localhost", "local", "localdomain", "internal", "lan"].contains(labels[labels.count - 1])
    }

    /// The blocks of the IANA IPv4 Special-Purpose Address Registry that are not globally reachable, multicast and
    /// reserved space; the documentation blocks count as public.
    private static func isLocal(_ address: UInt32) -> Bool {
        func isIn(_ block: UInt32, _ prefix: UInt32) -> Bool { address >> (32 - prefix) == block >> (32 - prefix) }
        return isIn(0x0000_0000, 8) || isIn(0x0A00_0000, 8) || isIn(0x6440_0000, 10) || isIn(0x7F00_0000, 8)
            || isIn(0xA9FE_0000, 16) || isIn(0xAC10_0000, 12) || isIn(0xC000_0000, 24) || isIn(0xC0A8_0000, 16)
            || isIn(0xC612_0000, 15) || isIn(0xE000_0000, 3)
    }

    /// The same for IPv6, given as eight words of 16 bits.
    private static func isLocal(_ words: [UInt16]) -> Bool {
        func embedded(_ at: Int) -> UInt32 { UInt32(words[at]) << 16 | UInt32(words[at + 1]) }
        let first = words[0]
        if words[..<5].allSatisfy({ $0 == 0 }), words[5] == 0 || words[5] == 0xFFFF {
            // The unspecified and loopback addresses, IPv4-compatible and IPv4-mapped ones.
            return isLocal(embedded(6))
        }
        if words[..<4].allSatisfy({ $0 == 0 }), words[4] == 0xFFFF, words[5] == 0 { return isLocal(embedded(6)) }
        if first == 0x0064, words[1] == 0xFF9B {
            return words[2..<6].allSatisfy { $0 == 0 } ? isLocal(embedded(6)) : true
        }
        if first == 0x2002 { return isLocal(embedded(1)) }
        // Teredo (2001::/32) holds the client's IPv4 address with its bits turned over.
        if first == 0x2001, words[1] == 0 { return isLocal(~embedded(6)) }
        // Unique local (fc00::/7), link-local (fe80::/10), site-local (fec0::/10), multicast (ff00::/8), discard.
        return first & 0xFE00 == 0xFC00 || first & 0xFF80 == 0xFE80 || first & 0xFF00 == 0xFF00
            || (first == 0x0100 && words[1..<4].allSatisfy { $0 == 0 })
    }

    private static func percentDecoded(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return text }
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(code)
                rest.removeFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Reads IPv4 addresses as `inet_aton` does.
enum IPv4Text {
    /// The address, or nil for what is none: one to four numbers, decimal, octal (`0…`) or hexadecimal (`0x…`), of
    /// which the last fills what is left.
    static func address(_ text: String) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...4).contains(parts.count) else { return nil }
        var address: UInt64 = 0
        for (index, part) in parts.enumerated() {
            guard let value = number(part) else { return nil }
            let isLast = index == parts.count - 1
            let bits = isLast ? UInt64(8 * (4 - index)) : 8
            guard value < 1 << bits else { return nil }
            address = address << bits | value
        }
        return UInt32(address)
    }

    private static func number(_ text: Substring) -> UInt64? {
        guard let first = text.utf8.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else { return nil }
        if text.hasPrefix("0x") { return text.count == 2 ? 0 : UInt64(text.dropFirst(2), radix: 16) }
        if first == UInt8(ascii: "0"), text.count > 1 { return UInt64(text, radix: 8) }
        return UInt64(text)
    }
}

/// Reads IPv6 addresses (RFC 4291 section 2.2).
enum IPv6Text {
    /// The eight words of an address, its zone cut off; nil for what is no address.
    static func words(_ text: String) -> [UInt16]? {
        let address = text.prefix { $0 != "%" }
        let halves = split(address)
        guard let head = run(halves.head, isLast: halves.tail == nil) else { return nil }
        guard let tailText = halves.tail else { return head.count == 8 ? head : nil }
        guard let tail = run(tailText, isLast: true), head.count + tail.count < 8 else { return nil }
        return head + [UInt16](repeating: 0, count: 8 - head.count - tail.count) + tail
    }

    /// What stands before and behind `::`; no tail where there is none.
    private static func split(_ text: Substring) -> (head: Substring, tail: Substring?) {
        var index = text.startIndex
        while index < text.endIndex {
            let next = text.index(after: index)
            if text[index] == ":", next < text.endIndex, text[next] == ":" {
                return (text[..<index], text[text.index(after: next)...])
            }
            index = next
        }
        return (text, nil)
    }

    private static func run(_ text: Substring, isLast: Bool) -> [UInt16]? {
        if text.isEmpty { return [] }
        let groups = text.split(separator: ":", omittingEmptySubsequences: false)
        var words: [UInt16] = []
        for (index, group) in groups.enumerated() {
            if isLast, index == groups.count - 1, group.contains(".") {
                guard let address = IPv4Text.address(String(group)) else { return nil }
                words += [UInt16(address >> 16), UInt16(truncatingIfNeeded: address)]
            } else {
                guard (1...4).contains(group.utf8.count), let word = UInt16(group, radix: 16) else { return nil }
                words.append(word)
            }
        }
        return words
    }
}
