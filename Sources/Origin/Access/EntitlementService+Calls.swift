import Access
import Crypto
import Quantities

extension EntitlementService {
    private static let longestName = 256

    // MARK: Calls

    func login(_ fields: Fields, at now: WallTime) -> EntitlementAnswer {
        guard let user = fields.user, let password = fields.password, !user.isEmpty,
            user.utf8.count <= Self.longestName, password.utf8.count <= Self.longestName
        else { return .refusal(400, "incomplete", "A login needs a user and a password.") }
        let isWrong =
            password.isEmpty
            || (!settings.wrongPasswordPrefix.isEmpty && password.hasPrefix(settings.wrongPasswordPrefix))
        guard !isWrong else {
            return .refusal(401, "wrong-password", "User or password is wrong.", caller: user)
        }
        let expires = now + settings.sessionLifetime
        let device = Self.name(fields.device)
        let number = withState { state in
            state.begin(
                Session(account: "user " + user, device: device ?? "", ticket: nil, expires: expires))
        }
        return .json(
            200,
            [
                ("session", .text(key.token(number))), ("session_id", .text(Self.identifier(number))),
                ("expires", .number(Self.seconds(expires))), ("heartbeat", heartbeatSeconds),
            ])
    }

    func redeem(_ fields: Fields, _ request: EdgeRequest, at now: WallTime) -> EntitlementAnswer {
        let device = Self.name(fields.device)
        guard let ticket = fields.ticket, !ticket.isEmpty, ticket.utf8.count <= Self.longestName else {
            return .refusal(400, "incomplete", "To redeem needs a ticket.", caller: device)
        }
        var bearer: UInt64?
        if request.headers["authorization"] != nil {
            guard let (number, _) = session(of: request, at: now) else { return Self.notLoggedIn }
            bearer = number
        }
        let caller = device ?? bearer.map(Self.identifier)
        if let rule = settings.refusals.first(where: { ticket.hasPrefix($0.prefix) }) {
            return .refusal(rule.status, rule.reason, "The ticket is not good: \(rule.reason).", caller: caller)
        }
        guard exists(ticket) else { return .refusal(403, "unknown-ticket", "There is no such ticket.", caller: caller) }
        guard let number = withState({ hold(ticket, bearer: bearer, device: device, &$0, at: now) }) else {
            return .refusal(409, "redeemed-elsewhere", "The ticket is redeemed on another device.", caller: caller)
        }
        return grant(number, fields, request, at: now)
    }

    func refresh(_ fields: Fields, _ request: EdgeRequest, at now: WallTime) -> EntitlementAnswer {
        guard let (number, session) = session(of: request, at: now) else { return Self.notLoggedIn }
        guard session.ticket != nil else { return Self.notEntitled(number) }
        let (isActive, _) = withState { takePlace(number, session, &$0, at: now) }
        guard isActive else { return tooMany(number) }
        return grant(number, fields, request, at: now)
    }

    func heartbeat(_ request: EdgeRequest, at now: WallTime) -> EntitlementAnswer {
        guard let (number, session) = session(of: request, at: now) else { return Self.notLoggedIn }
        let (isActive, active) = withState { takePlace(number, session, &$0, at: now) }
        guard isActive else { return tooMany(number) }
        return .json(
            200,
            [
                ("devices", .number(Int64(active))), ("limit", .number(Int64(settings.concurrency))),
                ("heartbeat", heartbeatSeconds),
            ])
    }

    func leave(_ request: EdgeRequest, at now: WallTime) -> EntitlementAnswer {
        guard let (number, _) = session(of: request, at: now) else { return Self.notLoggedIn }
        withState { $0.end(number) }
        return .json(200, [("left", .flag(true))])
    }

    /// A licence: octets that follow from the body, for a session with a ticket or whoever has a token of the gate.
    func licence(_ request: EdgeRequest, _ body: [UInt8], at now: WallTime) -> EntitlementAnswer {
        if let (number, session) = session(of: request, at: now) {
            guard session.ticket != nil else { return Self.notEntitled(number) }
        } else {
            guard let gate else { return Self.notLoggedIn }
            // A token for the stream's paths does not cover the API's.
            let faults = GateFaults(ignored: [.path])
            guard gate.admits(gate.check(gate.read(request), at: now), of: .step, with: faults, at: now) else {
                return .refusal(403, "no-licence", "A licence needs a session or a valid token.")
            }
        }
        guard !body.isEmpty else { return .refusal(400, "incomplete", "A licence needs the body that asks for it.") }
        var answer = EntitlementAnswer(status: 200, mediaType: "application/octet-stream")
        var block = Array(SHA256.hash(data: body))
        for _ in 0..<8 {
            answer.body += block
            block = Array(SHA256.hash(data: block))
        }
        return answer
    }

    // MARK: Parts of calls

    private static let notLoggedIn = EntitlementAnswer.refusal(
        401, "no-session", "There is no such session, or it has ended.")

    private static func notEntitled(_ number: UInt64) -> EntitlementAnswer {
        .refusal(403, "not-entitled", "The session has redeemed no ticket.", caller: identifier(number))
    }

    private func tooMany(_ number: UInt64) -> EntitlementAnswer {
        .refusal(
            settings.concurrencyStatus, "too-many-devices",
            "At most \(settings.concurrency) of the account's devices may play at the same time.",
            caller: Self.identifier(number))
    }

    private func takePlace(
        _ number: UInt64, _ session: Session, _ state: inout State, at now: WallTime
    ) -> (isActive: Bool, active: Int) {
        state.takePlace(
            number, in: session.account, of: settings.concurrency, silence: settings.heartbeat * 2, at: now)
    }

    /// The session of a call's `Authorization: Bearer …`; nil when there is none that is good.
    private func session(of request: EdgeRequest, at now: WallTime) -> (UInt64, Session)? {
        guard let header = request.headers["authorization"], header.utf8.count <= 256,
            header.lowercased().hasPrefix("bearer "),
            let number = key.number(of: header.dropFirst(7).drop { $0 == " " })
        else { return nil }
        return withState { state in
            guard let session = state.sessions.value(of: number), now < session.expires else { return nil }
            return (number, session)
        }
    }

    private func exists(_ ticket: String) -> Bool {
        switch settings.tickets {
        case .prefix(let prefix): ticket.hasPrefix(prefix)
        case .listed(let all): all.contains(ticket)
        case .signed(let key): key.signed(ticket)
        }
    }

    /// The session that holds a ticket from now on; nil when other devices hold it.
    ///
    /// The same device may redeem again, because the first answer may have been lost. Who names no device and has no
    /// session is a new one each time.
    private func hold(
        _ ticket: String, bearer: UInt64?, device: String?, _ state: inout State, at now: WallTime
    ) -> UInt64? {
        let known = bearer.flatMap { state.sessions.value(of: $0)?.device }.flatMap { $0.isEmpty ? nil : $0 }
        let device = device ?? known
        var holders = state.holders.value(of: ticket) ?? []
        holders.removeAll { now >= $0.expires }
        let place = holders.firstIndex { holder in
            holder.session == bearer || (device != nil && holder.device == device)
        }
        if place == nil, holders.count >= settings.devicesPerTicket { return nil }
        let expires = now + settings.sessionLifetime
        let number: UInt64
        if let bearer {
            number = bearer
        } else if let place, let session = state.sessions.value(of: holders[place].session), now < session.expires {
            number = holders[place].session
        } else {
            let session = Session(
                account: "ticket " + ticket, device: device ?? "", ticket: ticket,
                expires: expires)
            number = state.begin(session)
        }
        let holder = Holder(device: device ?? "", session: number, expires: expires)
        if let place { holders[place] = holder } else { holders.append(holder) }
        state.holders.set(holders, for: ticket)
        if var session = state.sessions.value(of: number) {
            if let old = session.ticket, old != ticket {
                state.holders.change(old, from: []) { $0.removeAll { $0.session == number } }
            }
            session.ticket = ticket
            session.expires = expires
            state.sessions.set(session, for: number)
            _ = takePlace(number, session, &state, at: now)
        }
        return number
    }

    private var heartbeatSeconds: JSONValue { .number(Int64(clampingRounded: settings.heartbeat.seconds)) }

    /// The id of a session, as tokens name it.
    static func identifier(_ number: UInt64) -> String { "s" + String(number) }

    /// Whole seconds since 1970.
    static func seconds(_ time: WallTime) -> Int64 { floorDivide(time.nanoseconds, 1_000_000_000) }

    /// A name that is not too long; nil for an empty one.
    private static func name(_ text: String?) -> String? {
        guard let text, !text.isEmpty, text.utf8.count <= longestName else { return nil }
        return text
    }
}
