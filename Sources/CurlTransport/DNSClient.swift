import Glibc
import Quantities

/// Asks one DNS server for the addresses of a host, over UDP and where an answer is cut off over TCP (RFC 1035 sections
/// 4.2.1 and 4.2.2).
///
/// Blocks the calling thread, at most ``timeLimit``. Every question has a random number and a socket, and so a port, of
/// its own; what is no answer to it, or comes from elsewhere, is passed over.
struct DNSClient {
    private let server: SocketAddress

    /// How long a lookup may take in all.
    static let timeLimit = TimeAmount.seconds(5)
    /// After how long a question is asked again, and twice.
    private static let patience: [TimeAmount] = [.seconds(1.0), .seconds(1.5), .seconds(2.5)]
    /// How long the other kind of address is waited for when one is known (RFC 8305 section 3 waits 50 ms; here nobody
    /// but a name's first viewer waits).
    private static let grace = TimeAmount.milliseconds(250)
    private static let aliasLimit = 8
    /// More packets than this on one question are an attack.
    private static let packetLimit = 64

    /// What is known of a name.
    struct Answer: Sendable, Equatable {
        /// Addresses as text, in the order to try them; none when there are none.
        var addresses: [String]
        /// How long that holds; nil where the server said nothing that can be kept.
        var lifetime: TimeAmount?
    }

    /// A server at an address, perhaps with a port; nil when it is none.
    init?(server: String) {
        guard let address = SocketAddress(server, defaultPort: 53) else { return nil }
        self.server = address
    }

    /// The addresses of a host: IPv6 first, as far as the machine has a way to them, each kind in the server's order.
    func addresses(of host: String) -> Answer {
        let end = DNSClock.now() + Self.timeLimit
        guard let asked4 = ask(host, .ipv4), let asked6 = ask(host, .ipv6) else {
            return Answer(addresses: [], lifetime: nil)
        }
        let first = finish(asked4, until: end)
        if case .missing(exists: false, let lifetime) = first {
            return Answer(addresses: [], lifetime: .seconds(Int64(lifetime)))
        }
        let second = finish(asked6, until: min(end, DNSClock.now() + Self.grace))
        return Self.merged(first, second)
    }

    private static func merged(_ first: DNSReply?, _ second: DNSReply?) -> Answer {
        var lifetimes: [UInt32] = []
        var found: [[[UInt8]]] = [[], []]
        for (index, reply) in [second, first].enumerated() {
            switch reply {
            case .addresses(let addresses, let lifetime):
                found[index] = addresses
                lifetimes.append(lifetime)
            case .missing(_, let lifetime): lifetimes.append(lifetime)
            case .alias, .truncated, .refused, nil: break
            }
        }
        let all = found.joined().compactMap(SocketAddress.text)
        let usable = all.filter { SocketAddress(host: $0, port: 443)?.isReachable ?? false }
        let isAnswered = !all.isEmpty || lifetimes.count == 2
        // Where one kind is missing without a word how long that holds, the other's time is the answer's.
        let kept = all.isEmpty ? lifetimes : lifetimes.filter { $0 > 0 }
        var addresses: [String] = []
        for address in usable.isEmpty ? all : usable where !addresses.contains(address) { addresses.append(address) }
        return Answer(
            addresses: addresses, lifetime: isAnswered ? .seconds(Int64(kept.min() ?? 0)) : nil)
    }

    /// A question that was sent.
    private func ask(_ host: String, _ kind: DNSQuestion.Kind) -> DNSExchange? {
        guard let question = DNSQuestion(host: host, kind: kind) else { return nil }
        let exchange = DNSExchange(question: question, server: server)
        exchange?.send()
        return exchange
    }

    /// Waits for the answer to a question, asking again and following aliases.
    private func finish(_ exchange: DNSExchange, until end: DNSClock) -> DNSReply? {
        var exchange = exchange
        var lifetime = UInt32.max
        for _ in 0..<Self.aliasLimit {
            switch answer(to: exchange, until: end) {
            case .alias(let labels, let own):
                lifetime = min(lifetime, own)
                let question = DNSQuestion(labels: labels, kind: exchange.question.kind)
                guard let next = DNSExchange(question: question, server: server) else { return nil }
                next.send()
                exchange = next
            case .addresses(let addresses, let own):
                return .addresses(addresses, lifetime: min(lifetime, own))
            case let other: return other
            }
        }
        return nil
    }

    private func answer(to exchange: DNSExchange, until end: DNSClock) -> DNSReply? {
        for (attempt, patience) in Self.patience.enumerated() {
            if attempt > 0 { exchange.send() }
            let deadline = min(end, DNSClock.now() + patience)
            switch exchange.receive(until: deadline, packets: Self.packetLimit) {
            case .truncated: return exchange.overStream(until: end)
            case .refused:
                // Another try may find a server that can; a moment later.
                DNSClock.sleep(.milliseconds(50))
            case let reply?: return reply
            case nil: break
            }
            guard DNSClock.now() < end else { return nil }
        }
        return nil
    }
}
