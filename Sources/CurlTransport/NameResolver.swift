import Dispatch
import Glibc
import Quantities
import Synchronization

/// Looks host names up, one at a time on a thread of its own; requests for a name that is being looked up share the
/// answer.
///
/// libcurl's own resolver starts a thread for each connection that needs a name: thousands of viewers at once would be
/// thousands of threads asking for the same name.
final class NameResolver: Sendable {
    typealias Answer = @Sendable ([String]) -> Void

    private let queue = DispatchQueue(label: "name lookup")
    private let asked = Mutex<[String: [Answer]]>([:])

    /// Calls `answer` on another thread with the addresses of a host, in the order to try them; none when the lookup
    /// failed.
    func lookUp(_ host: String, answer: @escaping Answer) {
        let isFirst = asked.withLock { asked in
            asked[host, default: []].append(answer)
            return asked[host]?.count == 1
        }
        guard isFirst else { return }
        queue.async {
            let addresses = Self.addresses(of: host)
            let answers = self.asked.withLock { $0.removeValue(forKey: host) ?? [] }
            for answer in answers { answer(addresses) }
        }
    }

    /// The numeric addresses of a host by `getaddrinfo`, which orders them by RFC 6724.
    static func addresses(of host: String) -> [String] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_ADDRCONFIG
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var result: [String] = []
        var next = list
        while let entry = next {
            next = entry.pointee.ai_next
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let code = getnameinfo(
                entry.pointee.ai_addr, entry.pointee.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
            guard code == 0 else { continue }
            let address = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            // A link-local address names its interface (fe80::1%eth0), which libcurl does not take here.
            if !address.contains("%"), !result.contains(address) { result.append(address) }
        }
        return result
    }
}

/// Addresses that were looked up.
struct CachedName {
    var addresses: [String]
    var expires: Instant
}

/// A transfer that cannot start before its host's name is known.
struct NameWait {
    var transfer: EasyTransfer
    /// Which transfer of the handle waits; by the time of the answer it may be over and the handle in use for another.
    var run: UInt64
}

extension CurlLoop {
    /// The addresses of a host, where they are known and fresh.
    func cachedAddresses(of host: String) -> CachedName? {
        guard let name = names[host] else { return nil }
        guard name.expires > now else {
            names[host] = nil
            return nil
        }
        return name
    }

    /// Lets a transfer wait for the addresses of a host.
    func lookUp(_ host: String, for wait: NameWait) {
        waitingForName[host, default: []].append(wait)
        guard waitingForName[host]?.count == 1 else { return }
        counters.add(.nameLookups)
        resolver.lookUp(host) { [self] addresses in
            post { self.nameIsKnown(host, addresses) }
        }
    }

    private func nameIsKnown(_ host: String, _ addresses: [String]) {
        // Posted work that comes after the loop's end has nothing to tell.
        guard isCurrent else { return }
        if !addresses.isEmpty {
            // Bounded, because a hostile manifest may name any number of hosts.
            if names.count >= 4_096 { names.removeAll() }
            names[host] = CachedName(addresses: addresses, expires: now + settings.nameLifetime)
        }
        for wait in waitingForName.removeValue(forKey: host) ?? [] {
            wait.transfer.nameIsKnown(addresses, run: wait.run)
        }
    }
}
