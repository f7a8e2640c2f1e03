import Glibc
import Synchronization

/// What a scripted server saw of a request.
struct SeenRequest: Sendable {
    var method = ""
    var path = ""
    /// Header lines, names in lower case.
    var headers: [(name: String, value: String)] = []
    var body: [UInt8] = []
    /// The number of the connection on this server, from zero.
    var connection = 0

    func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}

/// What a scripted server does with a request, step by step.
enum ServerStep: Sendable {
    case send([UInt8])
    case pause(milliseconds: Int)
    /// Ends the connection.
    case close
    /// Says nothing more until the client goes or the server is stopped.
    case hang
}

/// A small HTTP/1.1 server on a loopback port of the system's choice: a thread for each connection, and a script.
final class ScriptedServer: Sendable {
    typealias Script = @Sendable (SeenRequest) -> [ServerStep]

    let port: UInt16
    private let listener: Int32
    private let script: Script
    private let onPeer: @Sendable (String) -> Void
    private let state = Mutex(State())

    private struct State {
        var threads: [TestThread] = []
        var open: Set<Int32> = []
        var requests: [SeenRequest] = []
        var connections = 0
        var isStopped = false
    }

    /// Listens on an address; `onPeer` is told the address of each connection's client.
    init?(
        address host: String = "127.0.0.1", onPeer: @escaping @Sendable (String) -> Void = { _ in },
        script: @escaping Script
    ) {
        self.onPeer = onPeer
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard listener >= 0 else { return nil }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr(host)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 512) == 0
                    && getsockname(listener, $0, &length) == 0
            }
        }
        guard bound else {
            close(listener)
            return nil
        }
        self.listener = listener
        self.script = script
        port = UInt16(bigEndian: address.sin_port)
        let thread = TestThread { [self] in acceptLoop() }
        state.withLock { $0.threads.append(thread) }
    }

    var requests: [SeenRequest] { state.withLock { $0.requests } }
    var connections: Int { state.withLock { $0.connections } }
    /// Connections that are open at the server's end.
    var openConnections: Int { state.withLock { $0.open.count } }

    /// Closes every connection that is open now.
    func closeConnections() {
        state.withLock { for descriptor in $0.open { shutdown(descriptor, Int32(SHUT_RDWR)) } }
    }

    func stop() {
        let threads = state.withLock { state -> [TestThread] in
            state.isStopped = true
            for descriptor in state.open { shutdown(descriptor, Int32(SHUT_RDWR)) }
            return state.threads
        }
        shutdown(listener, Int32(SHUT_RDWR))
        for thread in threads { thread.join() }
        let later = state.withLock { state in state.threads.filter { thread in !threads.contains(thread) } }
        for thread in later { thread.join() }
        close(listener)
    }

    private func acceptLoop() {
        while true {
            var peer = sockaddr_in()
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let descriptor = withUnsafeMutablePointer(to: &peer) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { accept(listener, $0, &length) }
            }
            let isStopped = state.withLock { $0.isStopped }
            guard descriptor >= 0, !isStopped else {
                if descriptor >= 0 { close(descriptor) }
                return
            }
            onPeer(String(cString: inet_ntoa(peer.sin_addr)))
            let number = state.withLock { state -> Int in
                state.open.insert(descriptor)
                state.connections += 1
                return state.connections - 1
            }
            let thread = TestThread { [self] in serve(descriptor, number) }
            state.withLock { $0.threads.append(thread) }
        }
    }

    private func serve(_ descriptor: Int32, _ number: Int) {
        var buffer: [UInt8] = []
        serving: while let request = read(descriptor, &buffer, number) {
            state.withLock { $0.requests.append(request) }
            for step in script(request) where !perform(step, descriptor) { break serving }
        }
        state.withLock { _ = $0.open.remove(descriptor) }
        close(descriptor)
    }

    /// Does one step; false ends the connection.
    private func perform(_ step: ServerStep, _ descriptor: Int32) -> Bool {
        switch step {
        case .send(let bytes):
            var rest = bytes[...]
            while !rest.isEmpty {
                let sent = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                guard sent > 0 else { return false }
                rest = rest.dropFirst(sent)
            }
            return true
        case .pause(let milliseconds):
            usleep(UInt32(milliseconds) * 1_000)
            return true
        case .close:
            return false
        case .hang:
            var byte: UInt8 = 0
            while recv(descriptor, &byte, 1, 0) > 0 {}
            return false
        }
    }

    private func read(_ descriptor: Int32, _ buffer: inout [UInt8], _ number: Int) -> SeenRequest? {
        func more() -> Bool {
            var part = [UInt8](repeating: 0, count: 16_384)
            let count = recv(descriptor, &part, part.count, 0)
            guard count > 0 else { return false }
            buffer += part[..<count]
            return true
        }
        let end = Array("\r\n\r\n".utf8)
        var found = buffer.firstRange(of: end)
        while found == nil {
            guard more() else { return nil }
            found = buffer.firstRange(of: end)
        }
        guard let found else { return nil }
        let lines = String(decoding: buffer[..<found.lowerBound], as: UTF8.self).split(separator: "\r\n")
        buffer.removeFirst(found.upperBound)
        var request = SeenRequest(connection: number)
        let words = lines.first?.split(separator: " ") ?? []
        guard words.count >= 2 else { return nil }
        request.method = String(words[0])
        request.path = String(words[1])
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            request.headers.append((line[..<colon].lowercased(), String(value)))
        }
        let length = request.header("content-length").flatMap { Int($0) } ?? 0
        while buffer.count < length { guard more() else { return nil } }
        request.body = Array(buffer[..<length])
        buffer.removeFirst(length)
        return request
    }
}
