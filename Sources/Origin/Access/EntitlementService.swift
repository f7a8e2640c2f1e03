import Access
import Crypto
import Quantities
import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The entitlement API without its sockets: from a call and an instant to an answer.
///
/// No call looks at more than the devices of one account or one ticket, and memory is bounded.
final class EntitlementService: Sendable {
    /// The largest body of a call, in bytes.
    static let bodyLimit = 65_536

    let settings: EntitlementSettings
    let gate: TokenGate?
    let key: SessionKey
    private let state: Mutex<State>

    /// What is known of the viewers.
    struct State {
        var sessions: RecentTable<UInt64, Session>
        /// The sessions that hold a ticket.
        var holders: RecentTable<String, [Holder]>
        /// The devices of an account that are active.
        var slots: RecentTable<String, [Slot]>
        var lastSession: UInt64 = 0
        var calls: UInt64 = 0
        /// What is left of the calls that may be made at once, and when it was counted.
        var allowance: (left: Double, at: WallTime)?
        var statistics = EntitlementStatistics()
    }

    /// A device that has logged in or redeemed a ticket.
    struct Session: Sendable {
        var account: String
        var device: String
        var ticket: String?
        var expires: WallTime
    }

    /// A device that has redeemed a ticket.
    struct Holder: Sendable {
        var device: String
        var session: UInt64
        var expires: WallTime
    }

    /// An active device.
    struct Slot: Sendable {
        var session: UInt64
        var seen: WallTime
    }

    /// The fields that calls have.
    struct Fields: Decodable {
        var user: String?
        var password: String?
        var ticket: String?
        var device: String?
        /// How the token is wanted: `query`, `path`, `cookie` or `header`.
        var `as`: String?
        /// The URL to be signed.
        var url: String?
    }

    init(_ settings: EntitlementSettings, gate: TokenGate?) {
        self.settings = settings
        self.gate = gate
        key = SessionKey(seed: settings.seed)
        state = Mutex(
            State(
                sessions: RecentTable(capacity: settings.capacity), holders: RecentTable(capacity: settings.capacity),
                slots: RecentTable(capacity: settings.capacity)))
    }

    /// What happened so far.
    var statistics: EntitlementStatistics { state.withLock { $0.statistics } }

    /// Whether a path is one of the API's.
    func serves(_ path: some StringProtocol) -> Bool { path.hasPrefix(settings.path) }

    /// The answer to a call.
    func answer(_ request: EdgeRequest, at now: WallTime) -> EntitlementAnswer {
        let call = EntitlementCall(rawValue: String(request.path.dropFirst(settings.path.count)))
        var answer = decide(call, request, at: now)
        answer.headers.append(("Cache-Control", "no-store"))
        state.withLock { state in
            state.statistics.record(call, answer)
            state.statistics.tokens += answer.tokens
            if call == .licence, answer.reason == nil { state.statistics.licenceBytes += request.body?.count ?? 0 }
        }
        return answer
    }

    private func decide(_ call: EntitlementCall?, _ request: EdgeRequest, at now: WallTime) -> EntitlementAnswer {
        guard let call else { return .refusal(404, "unknown-call", "There is no such call.") }
        guard request.method == "POST" else {
            var answer = EntitlementAnswer.refusal(405, "wrong-method", "This call is a POST.")
            answer.headers = [("Allow", "POST")]
            return answer
        }
        if let failure = failure(at: now) { return failure }
        guard let body = request.body else {
            return .refusal(413, "too-large", "The body is larger than \(Self.bodyLimit) bytes.")
        }
        if call == .licence { return licence(request, body, at: now) }
        guard let fields = Self.fields(of: body) else {
            return .refusal(400, "not-understood", "The body is no JSON object with text in its known fields.")
        }
        switch call {
        case .login: return login(fields, at: now)
        case .redeem: return redeem(fields, request, at: now)
        case .refresh: return refresh(fields, request, at: now)
        case .heartbeat: return heartbeat(request, at: now)
        case .leave: return leave(request, at: now)
        case .licence: return licence(request, body, at: now)
        }
    }

    /// Works on the state; whatever is slow is done outside.
    func withState<Result: Sendable>(_ body: (inout State) -> Result) -> Result { state.withLock { body(&$0) } }

    /// The fields of a body; an empty one has none.
    static func fields(of body: [UInt8]) -> Fields? {
        guard !body.isEmpty else { return Fields() }
        return try? JSONDecoder().decode(Fields.self, from: Data(body))
    }

    /// A failure that the settings want, or that comes of too many calls.
    private func failure(at now: WallTime) -> EntitlementAnswer? {
        let (number, isAllowed) = withState { state in
            state.calls += 1
            return (state.calls, state.takes(settings.callsPerSecond, at: now))
        }
        var unavailable = EntitlementAnswer.refusal(503, "unavailable", "Come back later.")
        unavailable.headers = [("Retry-After", "1")]
        guard isAllowed else { return unavailable }
        guard settings.errors > 0 || settings.unavailable > 0 else { return nil }
        var generator = SeededGenerator(seed: settings.seed, stream: number, purpose: 3)
        let draw = generator.unit()
        if draw < settings.errors { return .refusal(500, "error", "This failure is intended.") }
        return draw < settings.errors + settings.unavailable ? unavailable : nil
    }
}

extension EntitlementService.State {
    /// Takes one call from what may be made: a second's calls at once, filled up at the rate.
    mutating func takes(_ rate: Double?, at now: WallTime) -> Bool {
        guard let rate else { return true }
        let most = max(1, rate)
        let last = allowance ?? (most, now)
        let left = min(most, last.left + max(0, (now - last.at).seconds) * rate)
        allowance = (left >= 1 ? left - 1 : left, max(now, last.at))
        return left >= 1
    }

    /// Makes a session and gives its number.
    mutating func begin(_ session: EntitlementService.Session) -> UInt64 {
        lastSession += 1
        sessions.set(session, for: lastSession)
        return lastSession
    }

    /// The active devices of an account, after a device has taken a place among them, where there was one.
    mutating func takePlace(
        _ number: UInt64, in account: String, of places: Int, silence: TimeAmount, at now: WallTime
    ) -> (isActive: Bool, active: Int) {
        slots.change(account, from: []) { slots in
            slots.removeAll { now - $0.seen >= silence && $0.session != number }
            if let place = slots.firstIndex(where: { $0.session == number }) {
                slots[place].seen = max(slots[place].seen, now)
                return (true, slots.count)
            }
            guard slots.count < places else { return (false, slots.count) }
            slots.append(.init(session: number, seen: now))
            return (true, slots.count)
        }
    }

    /// Forgets a session, its place and its hold on a ticket.
    mutating func end(_ number: UInt64) {
        guard let session = sessions.value(of: number) else { return }
        sessions.remove(number)
        slots.change(session.account, from: []) { $0.removeAll { $0.session == number } }
        if let ticket = session.ticket { holders.change(ticket, from: []) { $0.removeAll { $0.session == number } } }
    }
}
