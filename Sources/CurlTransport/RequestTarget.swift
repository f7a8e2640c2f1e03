import Glibc

/// Where a request goes: the scheme, host and port of its URI, which are checked more strictly than libcurl does, so
/// that the two never disagree about the host.
struct RequestTarget: Hashable {
    /// The URI up to the end of its authority, byte for byte.
    var prefix: [UInt8]
    /// Whether the scheme is `https`.
    var isSecure: Bool
    /// The host in lower case, an IPv6 address without brackets.
    var host: String
    /// The port, 1 to 65 535.
    var port: UInt16
    /// Whether the host is an address already.
    var isAddress: Bool

    /// Reads the target of an absolute `http` or `https` URI; nil when it is no such URI, holds a byte that is not
    /// printable ASCII, or has an authority that could be read in two ways.
    init?(uri: some Collection<UInt8>) {
        guard let end = Self.authorityEnd(of: uri) else { return nil }
        let prefix = Array(uri.prefix(end))
        let colon = prefix.firstIndex(of: UInt8(ascii: ":")) ?? 0
        isSecure = colon == 5
        var authority = prefix[(colon + 3)...]
        guard !authority.contains(UInt8(ascii: "\\")) else { return nil }
        if let at = authority.firstIndex(of: UInt8(ascii: "@")) {
            guard authority.lastIndex(of: UInt8(ascii: "@")) == at else { return nil }
            authority = authority[(at + 1)...]
        }
        guard let (host, portText, isBracketed) = Self.split(authority), !host.isEmpty else { return nil }
        self.host = String(decoding: host.map(Self.lowercased), as: UTF8.self)
        self.prefix = prefix
        isAddress = isBracketed || host.allSatisfy { Self.isDigit($0) || $0 == UInt8(ascii: ".") }
        if portText.isEmpty {
            port = isSecure ? 443 : 80
        } else {
            guard portText.count <= 5, portText.allSatisfy(Self.isDigit),
                let number = UInt16(String(decoding: portText, as: UTF8.self)), number > 0
            else { return nil }
            port = number
        }
    }

    /// The number of bytes up to the end of the authority of an `http` or `https` URI; nil for anything else, or where
    /// a byte of the URI is not printable ASCII (a line break would end the request line).
    static func authorityEnd(of uri: some Collection<UInt8>) -> Int? {
        uri.withContiguousStorageIfAvailable(authorityEnd(in:)) ?? Array(uri).withUnsafeBufferPointer(authorityEnd(in:))
    }

    /// The same over bytes in one piece: every request comes through here.
    static func authorityEnd(in uri: UnsafeBufferPointer<UInt8>) -> Int? {
        guard let start = schemeEnd(in: uri) else { return nil }
        // One test for both ends of the range of printable characters, without a branch for each byte.
        var unclean: UInt8 = 0
        for byte in uri { unclean |= byte &- 0x21 > 0x5D ? 1 : 0 }
        guard unclean == 0 else { return nil }
        var end = start
        while end < uri.count, !isAuthorityEnd(uri[end]) { end += 1 }
        return end
    }

    /// The number of bytes of `http://` or `https://` at the begin, in whatever case; nil for anything else.
    private static func schemeEnd(in uri: UnsafeBufferPointer<UInt8>) -> Int? {
        guard uri.count >= 7 else { return nil }
        let length = lowercased(uri[4]) == UInt8(ascii: "s") ? 8 : 7
        guard uri.count >= length, lowercased(uri[0]) == UInt8(ascii: "h"), lowercased(uri[1]) == UInt8(ascii: "t"),
            lowercased(uri[2]) == UInt8(ascii: "t"), lowercased(uri[3]) == UInt8(ascii: "p"),
            uri[length - 3] == UInt8(ascii: ":"), uri[length - 2] == UInt8(ascii: "/"),
            uri[length - 1] == UInt8(ascii: "/")
        else { return nil }
        return length
    }

    private static func isAuthorityEnd(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "/") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#")
    }

    /// Whether a URI, whose authority ends at a place, has this target's scheme and authority byte for byte.
    func isPrefix(of uri: UnsafeBufferPointer<UInt8>, to end: Int) -> Bool {
        guard prefix.count == end, let start = uri.baseAddress else { return false }
        return prefix.withUnsafeBufferPointer { $0.baseAddress.map { memcmp($0, start, end) == 0 } ?? false }
    }

    /// The host and port of an authority without user information, and whether the host stood in brackets.
    private static func split(_ authority: ArraySlice<UInt8>) -> (ArraySlice<UInt8>, ArraySlice<UInt8>, Bool)? {
        guard authority.first == UInt8(ascii: "[") else {
            let host = authority.prefix { $0 != UInt8(ascii: ":") }
            guard host.allSatisfy(isNameByte) else { return nil }
            return (host, authority.dropFirst(host.count).dropFirst(), false)
        }
        let host = authority.dropFirst().prefix { $0 != UInt8(ascii: "]") }
        let rest = authority.dropFirst(host.count + 1)
        guard rest.first == UInt8(ascii: "]"), host.contains(UInt8(ascii: ":")), host.allSatisfy(isAddressByte) else {
            return nil
        }
        guard rest.count == 1 || rest.dropFirst().first == UInt8(ascii: ":") else { return nil }
        return (host, rest.dropFirst(2), true)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        isDigit(byte) || (lowercased(byte) >= 0x61 && lowercased(byte) <= 0x7A) || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
    }

    private static func isAddressByte(_ byte: UInt8) -> Bool {
        isDigit(byte) || (lowercased(byte) >= 0x61 && lowercased(byte) <= 0x66) || byte == UInt8(ascii: ":")
            || byte == UInt8(ascii: ".")
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte }
}
