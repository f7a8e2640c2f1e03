import Glibc
import Manifests
import Quantities

/// Asks an NTP server for the time by one datagram (SNTP, RFC 4330).
enum NetworkTime {
    /// How long an answer may take.
    private static let patience = timeval(tv_sec: 1, tv_usec: 0)

    /// Asks a server; blocks for up to a second.
    ///
    /// - Parameter host: Its name or address; port 123 unless `host:port` says another.
    /// - Returns: The server's clock less the local one, half the way there and back taken off; nil without an answer.
    static func offset(from host: String) -> TimeAmount? {
        let reference = URIReference("ntp://" + host)
        guard let name = reference.host, !name.isEmpty else { return nil }
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(name, String(reference.port ?? 123), &hints, &list) == 0, let address = list?.pointee else {
            return nil
        }
        defer { freeaddrinfo(list) }
        let descriptor = socket(address.ai_family, Int32(SOCK_DGRAM.rawValue) | O_CLOEXEC, 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var patience = Self.patience
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        guard connect(descriptor, address.ai_addr, address.ai_addrlen) == 0 else { return nil }
        // Version 4, mode 3: a client's question, all else zero.
        var question = [UInt8](repeating: 0, count: 48)
        question[0] = 0x23
        let asked = now()
        guard send(descriptor, question, question.count, 0) == question.count else { return nil }
        var answer = [UInt8](repeating: 0, count: 48)
        guard recv(descriptor, &answer, answer.count, 0) == answer.count, answer[0] & 7 == 4, answer[1] != 0 else {
            return nil
        }
        let answered = now()
        guard let received = UTCTiming.networkTime(Array(answer[32..<40])),
            let sent = UTCTiming.networkTime(Array(answer[40..<48]))
        else { return nil }
        return (((received - asked) + (sent - answered))) * 0.5
    }

    private static func now() -> WallTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return WallTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }
}
