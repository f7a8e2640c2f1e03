import Dispatch
import Glibc
import Quantities
import Synchronization
import Transport

/// A host name and who is asked for it.
struct NameKey: Hashable, Sendable {
    var source: NameSource
    var host: String
}

/// Addresses that were looked up, in the order to try them; none when there are none.
struct CachedName: Sendable {
    var addresses: [String]
    var expires: Instant
}

/// Looks host names up, a few at a time on threads of its own, for all loops of a group; answers are kept for their time
/// to live, and requests for a name that is being looked up share the answer.
///
/// libcurl's own resolver starts a thread for each connection that needs a name: thousands of viewers at once would be
/// thousands of threads asking for the same name.
final class NameResolver: Sendable {
    /// Gets the answer, and whether a lookup was made for this request.
    typealias Answer = @Sendable (CachedName, _ wasLookedUp: Bool) -> Void

    private struct State {
        var known: [NameKey: CachedName] = [:]
        var asked: [NameKey: [Answer]] = [:]
        var queue: [NameKey] = []
        var workers = 0
    }

    /// The most lookups at the same time.
    private static let workerLimit = 4
    /// Answers beyond this number are forgotten: a hostile manifest may name any number of hosts.
    private static let knownLimit = 4_096
    /// How long a failure holds, so that viewers who try again do not each ask; and the most that a server may say.
    private static let failureLifetime = TimeAmount.seconds(1)
    private static let longestFailure = TimeAmount.seconds(30)
    private static let longestLifetime = TimeAmount.seconds(86_400)

    private let epoch: MonotonicEpoch
    private let systemLifetime: TimeAmount
    private let threads = DispatchQueue(label: "name lookup", attributes: .concurrent)
    private let state = Mutex(State())

    init(epoch: MonotonicEpoch, systemLifetime: TimeAmount) {
        self.epoch = epoch
        self.systemLifetime = systemLifetime
    }

    /// Calls `answer` with the addresses of a host: at once when they are known, and else on another thread.
    func lookUp(_ key: NameKey, answer: @escaping Answer) {
        let now = epoch.elapsed
        let (known, startsWorker) = state.withLock { state -> (CachedName?, Bool) in
            if let known = state.known[key], known.expires > now { return (known, false) }
            state.known[key] = nil
            state.asked[key, default: []].append(answer)
            guard state.asked[key]?.count == 1 else { return (nil, false) }
            state.queue.append(key)
            guard state.workers < Self.workerLimit else { return (nil, false) }
            state.workers += 1
            return (nil, true)
        }
        if let known { answer(known, false) }
        if startsWorker { threads.async { self.work() } }
    }

    /// Looks up what is asked until there is nothing more.
    private func work() {
        while let key = next() {
            let name = look(up: key)
            let answers = state.withLock { state -> [Answer] in
                if state.known.count >= Self.knownLimit { state.known.removeAll() }
                state.known[key] = name
                return state.asked.removeValue(forKey: key) ?? []
            }
            for (index, answer) in answers.enumerated() { answer(name, index == 0) }
        }
    }

    private func next() -> NameKey? {
        state.withLock { state in
            guard !state.queue.isEmpty else {
                state.workers -= 1
                return nil
            }
            return state.queue.removeFirst()
        }
    }

    private func look(up key: NameKey) -> CachedName {
        switch key.source {
        case .system:
            let addresses = Self.addresses(of: key.host)
            return name(addresses, for: addresses.isEmpty ? nil : systemLifetime)
        case .server(let server):
            guard let answer = DNSClient(server: server)?.addresses(of: key.host) else { return name([], for: nil) }
            return name(answer.addresses, for: answer.lifetime)
        }
    }

    /// An answer that holds for a time, at least a second.
    private func name(_ addresses: [String], for lifetime: TimeAmount?) -> CachedName {
        let longest = addresses.isEmpty ? Self.longestFailure : Self.longestLifetime
        let lifetime = min(max(lifetime ?? .zero, Self.failureLifetime), longest)
        return CachedName(addresses: addresses, expires: epoch.elapsed + lifetime)
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

/// A transfer that cannot start before its host's name is known.
struct NameWait {
    var transfer: EasyTransfer
    /// Which transfer of the handle waits; by the time of the answer it may be over and the handle in use for another.
    var run: UInt64
}

extension CurlLoop {
    /// The addresses of a host, where they are known and fresh.
    func cachedAddresses(of key: NameKey) -> CachedName? {
        guard let name = names[key] else { return nil }
        guard name.expires > now else {
            names[key] = nil
            return nil
        }
        return name
    }

    /// Lets a transfer wait for the addresses of a host.
    func lookUp(_ key: NameKey, for wait: NameWait) {
        waitingForName[key, default: []].append(wait)
        guard waitingForName[key]?.count == 1 else { return }
        resolver.lookUp(key) { [self] name, wasLookedUp in
            post { self.nameIsKnown(key, name, wasLookedUp) }
        }
    }

    private func nameIsKnown(_ key: NameKey, _ name: CachedName, _ wasLookedUp: Bool) {
        // Posted work that comes after the loop's end has nothing to tell.
        guard isCurrent else { return }
        if wasLookedUp { counters.add(.nameLookups) }
        if !name.addresses.isEmpty {
            // Bounded, because a hostile manifest may name any number of hosts.
            if names.count >= 4_096 { names.removeAll() }
            names[key] = name
        }
        for wait in waitingForName.removeValue(forKey: key) ?? [] {
            wait.transfer.nameIsKnown(name, run: wait.run)
        }
    }
}
