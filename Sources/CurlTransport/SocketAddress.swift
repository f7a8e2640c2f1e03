import Glibc

/// An IP address and a port, as the system's calls want them.
struct SocketAddress {
    private var storage = sockaddr_storage()
    /// `AF_INET` or `AF_INET6`.
    private(set) var family: Int32

    /// An address as text, IPv6 without brackets; nil when it is none.
    init?(host: String, port: UInt16) {
        if host.contains(":") {
            family = AF_INET6
            var address = sockaddr_in6()
            guard inet_pton(AF_INET6, host, &address.sin6_addr) == 1 else { return nil }
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            withUnsafeMutableBytes(of: &storage) { target in
                withUnsafeBytes(of: &address) { target.copyMemory(from: $0) }
            }
        } else {
            family = AF_INET
            var address = sockaddr_in()
            guard inet_pton(AF_INET, host, &address.sin_addr) == 1 else { return nil }
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            withUnsafeMutableBytes(of: &storage) { target in
                withUnsafeBytes(of: &address) { target.copyMemory(from: $0) }
            }
        }
    }

    /// An address with a port behind it perhaps: `192.0.2.53`, `192.0.2.53:5353`, `2001:db8::1`, `[2001:db8::1]:53`.
    init?(_ text: String, defaultPort: UInt16) {
        var host = text
        var port = defaultPort
        let colons = text.utf8.count { $0 == UInt8(ascii: ":") }
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            host = String(text[text.index(after: text.startIndex)..<end])
            let rest = text[text.index(after: end)...]
            guard host.contains(":"), rest.isEmpty || rest.hasPrefix(":") else { return nil }
            guard let number = rest.isEmpty ? defaultPort : Self.port(rest.dropFirst()) else { return nil }
            port = number
        } else if colons == 1, let colon = text.firstIndex(of: ":") {
            guard let number = Self.port(text[text.index(after: colon)...]) else { return nil }
            host = String(text[..<colon])
            port = number
        }
        self.init(host: host, port: port)
    }

    private static func port(_ text: Substring) -> UInt16? {
        guard text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let port = UInt16(text), port > 0 else { return nil }
        return port
    }

    /// Calls the system with the address.
    func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        let length = family == AF_INET6 ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size
        return withUnsafePointer(to: storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(length)) }
        }
    }

    /// A new socket, closed when a program is started and never blocking, or -1.
    func socket(stream: Bool) -> Int32 {
        let kind = stream ? Int32(SOCK_STREAM.rawValue) : Int32(SOCK_DGRAM.rawValue)
        return Glibc.socket(family, kind | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
    }

    /// Whether the system knows a way to the address; nothing is sent.
    var isReachable: Bool {
        let descriptor = socket(stream: false)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return withPointer { connect(descriptor, $0, $1) == 0 }
    }

    /// Whether connections can come from the address: the system's sentence why not, nil when they can.
    var bindingProblem: String? {
        let descriptor = socket(stream: true)
        guard descriptor >= 0 else { return String(cString: strerror(errno)) }
        defer { close(descriptor) }
        guard withPointer({ bind(descriptor, $0, $1) }) != 0 else { return nil }
        return String(cString: strerror(errno))
    }

    /// The text of an address of 4 or 16 bytes; nil for another number.
    static func text(of bytes: [UInt8]) -> String? {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        guard inet_ntop(family, bytes, &text, socklen_t(text.count)) != nil else { return nil }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

/// Checks of addresses that a profile names, before a run begins.
package enum AddressCheck {
    /// Why connections cannot come from a local address, in a sentence; nil when they can.
    package static func problem(withSource text: String) -> String? {
        guard let address = SocketAddress(host: text, port: 0) else {
            return "'\(text)' is no IP address; give one that this machine has"
        }
        return address.bindingProblem.map {
            "cannot connect from \(text): \($0); give an address that this machine has"
        }
    }

    /// Whether the text is the address of a DNS server, perhaps with a port: `192.0.2.53`, `[::1]:5353`.
    package static func isServer(_ text: String) -> Bool { SocketAddress(text, defaultPort: 53) != nil }
}
