import Foundation
import Quantities

@testable import Origin

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A connection whose bytes are noted with the instants of their arrival; it blocks its thread.
final class RawConnection {
    /// What one read gave.
    struct Arrival {
        var instant: WallTime
        /// The bytes that had arrived then, all together.
        var count: Int
    }

    private let descriptor: Int32
    private(set) var bytes: [UInt8] = []
    private(set) var arrivals: [Arrival] = []

    /// Connects to 127.0.0.1; nil when nobody listens there.
    init?(port: Int) {
        #if canImport(Glibc)
            let kind = Int32(SOCK_STREAM.rawValue)
        #else
            let kind = SOCK_STREAM
        #endif
        descriptor = socket(AF_INET, kind, 0)
        guard descriptor >= 0 else { return nil }
        var limit = timeval(tv_sec: 15, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else {
            close(descriptor)
            return nil
        }
    }

    deinit { close(descriptor) }

    /// Asks for a target and lets the server close afterwards.
    func request(_ target: String) -> Bool {
        let text = Array("GET \(target) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".utf8)
        return write(descriptor, text, text.count) == text.count
    }

    /// Reads until the server closes.
    func readAll() {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return }
            bytes += buffer[..<count]
            arrivals.append(Arrival(instant: OriginSettings.systemClock(), count: bytes.count))
        }
    }

    /// The bytes behind the head.
    var body: ArraySlice<UInt8> {
        let mark = Array("\r\n\r\n".utf8)
        let start = bytes.indices.first { bytes[$0...].starts(with: mark) }
        return start.map { bytes[($0 + 4)...] } ?? []
    }

    var head: String { String(decoding: bytes[..<body.startIndex], as: UTF8.self) }
    var text: String { String(decoding: body, as: UTF8.self) }

    /// The pieces of a chunked body by their places in ``bytes``; nil when the coding is broken or has no end.
    var chunks: [Range<Int>]? {
        var chunks: [Range<Int>] = []
        var place = body.startIndex
        while true {
            guard let end = bytes[place...].firstIndex(of: 13),
                let size = Int(String(decoding: bytes[place..<end], as: UTF8.self), radix: 16)
            else { return nil }
            let start = end + 2
            guard size > 0 else { return chunks }
            guard start + size + 2 <= bytes.count else { return nil }
            chunks.append(start..<start + size)
            place = start + size + 2
        }
    }

    /// The body without its coding.
    var unchunked: [UInt8]? { chunks.map { $0.flatMap { Array(bytes[$0]) } } }

    /// When the byte at a place of the unchunked body arrived.
    func arrival(ofBodyByte place: Int) -> WallTime? {
        var left = place
        for chunk in chunks ?? [] {
            if left < chunk.count {
                let raw = chunk.lowerBound + left
                return arrivals.first { $0.count > raw }?.instant
            }
            left -= chunk.count
        }
        return nil
    }

    /// Runs something that blocks on a thread of its own.
    static func onThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { done in
            Thread.detachNewThread { done.resume(returning: body()) }
        }
    }
}
