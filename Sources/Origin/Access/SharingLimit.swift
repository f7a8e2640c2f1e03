import Access
import Quantities
import Synchronization

/// How many viewers may show the same token.
///
/// Tokens with the same session id are the same token, whoever signed them when; without one, only equal tokens are. The
/// first viewers who show it within the time hold it, on all edges together; one who has not shown it for that long
/// makes room for another.
package struct SharingLimit: Sendable, Hashable {
    /// What makes two requests those of one viewer.
    package enum Identity: Sendable, Hashable {
        /// The address. All viewers of a load test from one machine look like one.
        case address
        /// The connection: address and port. A player has several, so the limit must allow for them.
        case connection
        /// A cookie that the edge gives to whoever comes without one. Who keeps no cookies is another viewer each time.
        case cookie
        /// The value of a header, by its lower-case name, such as `x-playback-session-id`; without it, the address.
        case header(String)
    }

    /// The most viewers for one token, at least 1.
    package var viewers: Int
    /// How viewers are told apart.
    package var identity: Identity
    /// How long a viewer who is silent still counts.
    package var window: TimeAmount

    /// Creates a limit; the default is one address in a minute.
    package init(viewers: Int = 1, identity: Identity = .address, window: TimeAmount = .seconds(60)) {
        self.viewers = viewers
        self.identity = identity
        self.window = window
    }

    /// The name of the cookie that tells viewers apart.
    static let cookieName = "fullhouse-viewer"
}

/// Who has shown which token; memory is bounded.
final class SharingLedger: Sendable {
    private enum Token: Hashable {
        case session(String)
        case bare(AccessToken)
    }

    private struct Sighting {
        var viewer: String
        var seen: WallTime
    }

    private let limit: SharingLimit
    private let table: Mutex<RecentTable<Token, [Sighting]>>

    init(_ limit: SharingLimit, capacity: Int = 100_000) {
        self.limit = limit
        table = Mutex(RecentTable(capacity: capacity))
    }

    /// Notes that a viewer shows a token; false when it is held by as many others as may hold it.
    func admits(_ viewer: String, showing token: AccessToken, session: String?, at now: WallTime) -> Bool {
        let key = session.map { Token.session($0) } ?? .bare(token)
        return table.withLock { table in
            table.change(key, from: []) { sightings in
                if let place = sightings.firstIndex(where: { $0.viewer == viewer }) {
                    sightings[place].seen = max(sightings[place].seen, now)
                    return true
                }
                sightings.removeAll { now - $0.seen >= limit.window }
                guard sightings.count < limit.viewers else { return false }
                sightings.append(Sighting(viewer: viewer, seen: now))
                return true
            }
        }
    }

    /// Who a request comes from, and the cookie that tells it from now on, where one is to be set.
    func viewer(of request: EdgeRequest, pop: String) -> (name: String, cookie: String?) {
        switch limit.identity {
        case .address: return (request.clientAddress ?? "", nil)
        case .connection: return ((request.clientAddress ?? "") + " " + String(request.clientPort ?? 0), nil)
        case .header(let name):
            return (request.headers[name].map { "header " + $0 } ?? request.clientAddress ?? "", nil)
        case .cookie:
            if let value = request.cookie(named: SharingLimit.cookieName) { return (value, nil) }
            let value = pop + "-" + String(request.number)
            return (value, "\(SharingLimit.cookieName)=\(value); Path=/; HttpOnly")
        }
    }
}
