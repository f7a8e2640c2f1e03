import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A server on a loopback port of the system's choice that gives one raw answer to each connection and closes it.
final class ReplyServer: Sendable {
    let port: Int
    private let listener: Int32
    private let count = Mutex(0)

    /// The number of requests that were answered.
    var requests: Int { count.withLock { $0 } }

    /// - Parameter reply: The whole answer, head and body, for a request's head.
    convenience init?(reply: @escaping @Sendable (String) -> String) {
        self.init(bytes: { Array(reply($0).utf8) })
    }

    /// - Parameter reply: The same in bytes, for answers that are no text; as much is sent as the client takes.
    init?(bytes reply: @escaping @Sendable (String) -> [UInt8]) {
        guard let (listener, port) = Self.listen() else { return nil }
        self.listener = listener
        self.port = port
        let thread = Thread { [weak self] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                // Who connects and says nothing must not keep the others waiting.
                var patience = timeval(tv_sec: 1, tv_usec: 0)
                setsockopt(
                    connection, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
                var buffer = [UInt8](repeating: 0, count: 65_536)
                let size = Self.read(connection, &buffer)
                if size > 0 {
                    self?.count.withLock { $0 += 1 }
                    let answer = reply(String(decoding: buffer[..<size], as: UTF8.self))
                    _ = answer.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                }
                close(connection)
            }
        }
        thread.start()
    }

    /// Reads a request with its body.
    private static func read(_ connection: Int32, _ buffer: inout [UInt8]) -> Int {
        var size = 0
        while size < buffer.count {
            let count = buffer.withUnsafeMutableBytes {
                recv(connection, $0.baseAddress?.advanced(by: size), $0.count - size, 0)
            }
            guard count > 0 else { return size }
            size += count
            let text = String(decoding: buffer[..<size], as: UTF8.self)
            guard let end = text.range(of: "\r\n\r\n") else { continue }
            let length = text[..<end.lowerBound].lowercased().components(separatedBy: "content-length: ").dropFirst()
                .first
            let wanted = length.flatMap { Int($0.prefix { $0.isNumber }) } ?? 0
            if text[end.upperBound...].utf8.count >= wanted { return size }
        }
        return size
    }

    /// Ends the listening; the thread ends with it.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    /// A port on which nobody listens.
    static func closedPort() -> Int? {
        guard let (listener, port) = listen() else { return nil }
        close(listener)
        return port
    }

    /// An answer with a body.
    static func answer(_ status: String, headers: String = "", body: String = "") -> String {
        "HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\(headers)\r\n\(body)"
    }

    private static func listen() -> (Int32, Int)? {
        #if canImport(Glibc)
            let kind = Int32(SOCK_STREAM.rawValue)
        #else
            let kind = SOCK_STREAM
        #endif
        let listener = socket(AF_INET, kind, 0)
        guard listener >= 0 else { return nil }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && Self.systemListen(listener) == 0
                    && getsockname(listener, $0, &length) == 0
            }
        }
        guard isBound else {
            close(listener)
            return nil
        }
        return (listener, Int(UInt16(bigEndian: address.sin_port)))
    }

    private static func systemListen(_ descriptor: Int32) -> Int32 {
        #if canImport(Glibc)
            Glibc.listen(descriptor, 128)
        #elseif canImport(Musl)
            Musl.listen(descriptor, 128)
        #else
            Darwin.listen(descriptor, 128)
        #endif
    }
}
