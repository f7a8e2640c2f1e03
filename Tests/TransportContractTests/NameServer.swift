import Glibc
import Synchronization

/// What a test's name server does with a question.
enum NameAnswer: Sendable {
    /// Records: kind, seconds to live, data.
    case records([(kind: UInt8, lifetime: UInt8, data: [UInt8])])
    case missing
    case failure
    /// Cut off over UDP, whole over TCP.
    case onlyOverTCP([(kind: UInt8, lifetime: UInt8, data: [UInt8])])
    case silence
}

/// A DNS server on a loopback port of the system's choice, over UDP and TCP.
final class NameServer: Sendable {
    /// A question: the name with dots, the kind of record, whether it came over TCP.
    struct Question: Sendable, Hashable {
        var name: String
        var kind: UInt8
        var isStream: Bool
    }

    let port: UInt16
    private let datagrams: Int32
    private let listener: Int32
    private let answer: @Sendable (Question, Int) -> NameAnswer
    private let asked = Mutex<[Question]>([])
    private let threads = Mutex<[TestThread]>([])

    init?(answer: @escaping @Sendable (_ question: Question, _ number: Int) -> NameAnswer) {
        self.answer = answer
        var found: (Int32, Int32, UInt16)?
        // A port that is free for both.
        for _ in 0..<20 where found == nil {
            guard let (stream, port) = Self.bound(Int32(SOCK_STREAM.rawValue), port: 0) else { continue }
            if let (datagram, _) = Self.bound(Int32(SOCK_DGRAM.rawValue), port: port) {
                found = (datagram, stream, port)
            } else {
                close(stream)
            }
        }
        guard let found else { return nil }
        (datagrams, listener, port) = found
        listen(listener, 16)
        let both = [TestThread { [self] in serveDatagrams() }, TestThread { [self] in serveStreams() }]
        threads.withLock { $0 = both }
    }

    var questions: [Question] { asked.withLock { $0 } }

    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        // A datagram wakes the other thread up.
        _ = Self.bound(Int32(SOCK_DGRAM.rawValue), port: 0).map { socket, _ in
            var address = Self.address(port)
            withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    _ = sendto(socket, [0], 1, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            close(socket)
        }
        for thread in threads.withLock({ $0 }) { thread.join() }
        close(datagrams)
        close(listener)
    }

    private static func address(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        address.sin_port = port.bigEndian
        return address
    }

    private static func bound(_ kind: Int32, port: UInt16) -> (Int32, UInt16)? {
        let descriptor = socket(AF_INET, kind, 0)
        guard descriptor >= 0 else { return nil }
        var address = address(port)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isBound else {
            close(descriptor)
            return nil
        }
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }

    private func serveDatagrams() {
        var buffer = [UInt8](repeating: 0, count: 1_024)
        while true {
            var peer = sockaddr_in()
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            withUnsafeMutablePointer(to: &peer) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { peer in
                    let count = recvfrom(datagrams, &buffer, buffer.count, 0, peer, &length)
                    guard count > 1, let reply = reply(to: Array(buffer[..<count]), isStream: false) else {
                        if count <= 1 { length = 0 }
                        return
                    }
                    _ = sendto(datagrams, reply, reply.count, 0, peer, length)
                }
            }
            if length == 0 { return }
        }
    }

    private func serveStreams() {
        while true {
            let descriptor = accept(listener, nil, nil)
            guard descriptor >= 0 else { return }
            var buffer = [UInt8](repeating: 0, count: 1_024)
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count > 2, let reply = reply(to: Array(buffer[2..<count]), isStream: true) {
                // In two pieces, as it may come; the pause keeps the system from putting them together.
                let framed = [UInt8(reply.count >> 8), UInt8(reply.count & 0xFF)] + reply
                send(descriptor, framed, 5, Int32(MSG_NOSIGNAL))
                usleep(5_000)
                send(descriptor, Array(framed[5...]), framed.count - 5, Int32(MSG_NOSIGNAL))
            }
            close(descriptor)
        }
    }

    private func reply(to message: [UInt8], isStream: Bool) -> [UInt8]? {
        guard message.count > 17 else { return nil }
        var labels: [String] = []
        var place = 12
        while place < message.count, message[place] > 0 {
            let end = place + 1 + Int(message[place])
            guard end < message.count else { return nil }
            labels.append(String(decoding: message[(place + 1)..<end], as: UTF8.self))
            place = end
        }
        let name = labels.joined(separator: ".")
        let question = Question(name: name, kind: message[place + 2], isStream: isStream)
        let number = asked.withLock { asked in
            asked.append(question)
            return asked.count { $0 == question }
        }
        let echo = Array(message[12..<(place + 5)])
        func whole(_ flags: [UInt8], _ records: [(kind: UInt8, lifetime: UInt8, data: [UInt8])]) -> [UInt8] {
            var bytes: [UInt8] = Array(message[..<2])
            bytes += flags
            bytes += [0, 1, 0, UInt8(records.count), 0, 0, 0, 0] as [UInt8]
            bytes += echo
            for record in records {
                bytes += [0xC0, 12, 0, record.kind, 0, 1, 0, 0, 0, record.lifetime, 0] as [UInt8]
                bytes.append(UInt8(record.data.count))
                bytes += record.data
            }
            return bytes
        }
        switch answer(question, number) {
        case .records(let records): return whole([0x81, 0x80], records)
        case .missing: return whole([0x81, 0x83], [])
        case .failure: return whole([0x81, 0x82], [])
        case .onlyOverTCP(let records):
            return isStream ? whole([0x81, 0x80], records) : whole([0x83, 0x80], [])
        case .silence: return nil
        }
    }
}
