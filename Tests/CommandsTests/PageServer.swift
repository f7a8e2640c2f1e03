import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A server on a loopback port of the system's choice: one answer to each connection, then it is closed.
final class PageServer: Sendable {
    /// A request as it came.
    struct Request: Sendable {
        /// The path with its query.
        var target: String
        /// The head in full.
        var head: String
    }

    /// An answer.
    struct Page: Sendable {
        var status = "200 OK"
        var headers: [String] = []
        var body: [UInt8] = []

        init(status: String = "200 OK", headers: [String] = [], _ body: String = "") {
            self.status = status
            self.headers = headers
            self.body = Array(body.utf8)
        }
    }

    let port: Int
    private let listener: Int32
    private let log = Mutex<[Request]>([])

    /// The requests that came, in their order.
    var requests: [Request] { log.withLock { $0 } }
    var base: String { "http://127.0.0.1:\(port)" }

    /// - Parameter page: The answer to a request; nil for status 404.
    init?(_ page: @escaping @Sendable (Request) -> Page?) {
        guard let (listener, port) = Self.listen() else { return nil }
        self.listener = listener
        self.port = port
        let thread = Thread { [weak self] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                var buffer = [UInt8](repeating: 0, count: 16_384)
                let size = read(connection, &buffer, buffer.count)
                if size > 0 {
                    let head = String(decoding: buffer[..<size], as: UTF8.self)
                    let words = head.split(separator: " ", maxSplits: 2)
                    let request = Request(target: words.count > 1 ? String(words[1]) : "", head: head)
                    self?.log.withLock { $0.append(request) }
                    Self.send(page(request) ?? Page(status: "404 Not Found"), to: connection)
                }
                close(connection)
            }
        }
        thread.start()
    }

    private static func send(_ page: Page, to connection: Int32) {
        let lines =
            ["HTTP/1.1 \(page.status)", "Content-Length: \(page.body.count)", "Connection: close"] + page.headers
        let bytes = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + page.body
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.send(connection, buffer.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            sent += count
        }
    }

    /// Ends the listening; the thread ends with it.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    private static func listen() -> (Int32, Int)? {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard listener >= 0 else { return nil }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && Glibc.listen(listener, 128) == 0
                    && getsockname(listener, $0, &length) == 0
            }
        }
        guard isBound else {
            close(listener)
            return nil
        }
        return (listener, Int(UInt16(bigEndian: address.sin_port)))
    }
}
