import CCurl
import Glibc
import Quantities

/// An instant of the machine's monotonic clock, for a thread that may wait.
struct DNSClock: Comparable {
    private var nanoseconds: Int64

    static func now() -> DNSClock { DNSClock(nanoseconds: fh_monotonic()) }
    static func < (left: DNSClock, right: DNSClock) -> Bool { left.nanoseconds < right.nanoseconds }
    static func + (clock: DNSClock, amount: TimeAmount) -> DNSClock {
        DNSClock(nanoseconds: clock.nanoseconds &+ amount.nanoseconds)
    }

    /// The milliseconds until then, rounded up, for `poll`; zero when it is past.
    var milliseconds: Int32 {
        Int32(clamping: max(0, (nanoseconds &- Self.now().nanoseconds &+ 999_999) / 1_000_000))
    }

    /// Lets the lookup's own thread wait; never on an event loop.
    static func sleep(_ amount: TimeAmount) { usleep(UInt32(clamping: amount.nanoseconds / 1_000)) }
}

/// One question to a server, on a socket of its own that hears nobody else.
final class DNSExchange {
    let question: DNSQuestion
    private let server: SocketAddress
    private let id: UInt16
    private let descriptor: Int32

    /// Prepares to ask; nil when the system gives no socket or knows no way to the server.
    init?(question: DNSQuestion, server: SocketAddress) {
        self.question = question
        self.server = server
        var random = SystemRandomNumberGenerator()
        id = UInt16.random(in: .min ... .max, using: &random)
        let descriptor = server.socket(stream: false)
        guard descriptor >= 0 else { return nil }
        guard server.withPointer({ connect(descriptor, $0, $1) }) == 0 else {
            close(descriptor)
            return nil
        }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Sends the question; one that gets lost will be sent again.
    func send() {
        let message = question.message(id: id)
        _ = message.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }

    /// The answer over UDP; nil when none came in time.
    func receive(until deadline: DNSClock, packets: Int) -> DNSReply? {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        for _ in 0..<packets {
            guard Self.waitFor(descriptor, Int16(POLLIN), until: deadline) else { return nil }
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0, errno == ECONNREFUSED { return .refused(code: 5) }
            guard count > 0 else { continue }
            if let reply = DNSReader.reply(Array(buffer[..<count]), to: question, id: id) { return reply }
        }
        return nil
    }

    /// Asks again over TCP, where a message has its length in two bytes before it.
    func overStream(until deadline: DNSClock) -> DNSReply? {
        let stream = server.socket(stream: true)
        guard stream >= 0 else { return nil }
        defer { close(stream) }
        let code = server.withPointer { connect(stream, $0, $1) }
        guard code == 0 || errno == EINPROGRESS, Self.waitFor(stream, Int16(POLLOUT), until: deadline) else {
            return nil
        }
        let message = question.message(id: id)
        let framed =
            [UInt8(truncatingIfNeeded: message.count >> 8), UInt8(truncatingIfNeeded: message.count)] + message
        let sent = framed.withUnsafeBytes { Glibc.send(stream, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        guard sent == framed.count, let head = Self.read(2, from: stream, until: deadline),
            let body = Self.read(Int(head[0]) << 8 | Int(head[1]), from: stream, until: deadline)
        else { return nil }
        let reply = DNSReader.reply(body, to: question, id: id)
        return reply == .truncated ? nil : reply
    }

    private static func read(_ count: Int, from stream: Int32, until deadline: DNSClock) -> [UInt8]? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while bytes.count < count {
            guard waitFor(stream, Int16(POLLIN), until: deadline) else { return nil }
            let received = recv(stream, &buffer, min(buffer.count, count - bytes.count), 0)
            guard received > 0 else { return nil }
            bytes += buffer[..<received]
        }
        return bytes
    }

    /// Waits until a socket is ready; false when it is not in time.
    private static func waitFor(_ descriptor: Int32, _ events: Int16, until deadline: DNSClock) -> Bool {
        while true {
            var entry = pollfd(fd: descriptor, events: events, revents: 0)
            let ready = poll(&entry, 1, deadline.milliseconds)
            if ready > 0 { return true }
            if ready == 0 || errno != EINTR || deadline <= DNSClock.now() { return false }
        }
    }
}
