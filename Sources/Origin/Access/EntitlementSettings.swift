import Access
import Crypto
import Quantities

/// The small control plane before a stream: login, redeem, refresh, heartbeat, licence, leave (docs/ORIGIN.md).
///
/// It is for tests: whatever it decides follows from the settings, the calls and the clock. Its session tokens are
/// signed with a key that comes from the seed, so they keep out mistakes and nobody who knows the seed.
package struct EntitlementSettings: Sendable {
    /// Which tickets there are.
    package enum Tickets: Sendable {
        /// Every one whose name begins so; the empty prefix means all.
        case prefix(String)
        /// Those of a list.
        case listed(Set<String>)
        /// `NAME.CODE`, where the code is the first 16 hexadecimal digits, in lower case, of HMAC-SHA256 of the name.
        case signed(TicketKey)
    }

    /// Tickets that are refused for a reason of their own, so that journeys can be tried.
    package struct Refusal: Sendable, Hashable {
        /// What the ticket's name begins with.
        package var prefix: String
        /// The status of the answer.
        package var status: Int
        /// The reason in the answer: a word.
        package var reason: String

        /// Creates a rule.
        package init(prefix: String, status: Int, reason: String) {
            self.prefix = prefix
            self.status = status
            self.reason = reason
        }
    }

    /// What the paths of the API begin with.
    package var path = "/api/"
    /// The scheme that signs the tokens; nil for the gate's.
    package var scheme: (any TokenScheme)?
    /// Where the tokens that are given out travel when the call does not say; nil for what is usual in the scheme.
    package var placement: TokenPlacement?
    /// The paths that a token covers, with wildcards.
    package var paths = ["/*"]
    /// Whether tokens are bound to the session.
    package var bindsSession = true
    /// Whether tokens are bound to the address that the call came from.
    package var bindsAddress = false
    /// How long a token is good; default 60 s.
    package var lifetime: TimeAmount = .seconds(60)
    /// How long a session can be refreshed, and how long a ticket stays with who redeemed it; default 12 h.
    package var sessionLifetime: TimeAmount = .seconds(43_200)
    /// How often a device is to send a heartbeat; one that was silent for twice as long is not active.
    package var heartbeat: TimeAmount = .seconds(30)
    /// The most devices of one account that may be active at the same time; default 1.
    package var concurrency = 1
    /// The status for one device too many: 403 or 429; default 403.
    package var concurrencyStatus = 403
    /// The most devices that may redeem one ticket; default 1.
    package var devicesPerTicket = 1
    /// Which tickets there are; default any.
    package var tickets = Tickets.prefix("")
    /// Tickets that are refused whatever ``tickets`` says; default those that begin with `sold-out` or `expired`.
    package var refusals = [
        Refusal(prefix: "sold-out", status: 403, reason: "sold-out"),
        Refusal(prefix: "expired", status: 403, reason: "expired"),
    ]
    /// Passwords that begin so are wrong; so is the empty one.
    package var wrongPasswordPrefix = "wrong"
    /// The wait before each answer; default none.
    package var delay: TimeAmount = .zero
    /// The share of calls that are answered with 500.
    package var errors = 0.0
    /// The share of calls that are answered with 503.
    package var unavailable = 0.0
    /// The most calls in a second; more are answered with 503, and nil means no limit.
    package var callsPerSecond: Double?
    /// The most sessions, tickets and accounts that are surely remembered, each; those that were used longest ago are
    /// forgotten first.
    package var capacity = 200_000
    /// The seed of the faults and of the key of session tokens.
    package var seed: UInt64 = 1

    /// Creates the default settings.
    package init() {}

    /// Everything that is wrong with the settings, one sentence each.
    func problems(gate: TokenGate?) -> [String] {
        var problems: [String] = []
        if !path.hasPrefix("/") || !path.hasSuffix("/") || path.utf8.count < 3 {
            problems.append("The path of the API does not begin and end with a slash.")
        }
        if let scheme = scheme ?? gate?.scheme {
            if let placement, !scheme.placements.contains(placement) {
                problems.append("The scheme's tokens cannot travel in the \(placement.rawValue).")
            }
        } else {
            problems.append("The API needs a scheme to sign tokens with, or a gate that has one.")
        }
        if paths.isEmpty { problems.append("The tokens of the API cover no path.") }
        if [lifetime, sessionLifetime, heartbeat].contains(where: { $0 < .seconds(1) }) {
            problems.append("A lifetime or the heartbeat of the API is below 1 s.")
        }
        if concurrency < 1 || devicesPerTicket < 1 || capacity < 1 {
            problems.append("The API's concurrency, devices for a ticket and capacity must be at least 1.")
        }
        if ([concurrencyStatus] + refusals.map(\.status)).contains(where: { !(400...499).contains($0) }) {
            problems.append("A status of the API's refusals is not in 400 to 499.")
        }
        if !(0...1).contains(errors) || !(0...1).contains(unavailable) || errors + unavailable > 1 + 1e-9 {
            problems.append("The API's failure rates are not shares from 0 to 1 with a sum of at most 1.")
        }
        if delay < .zero { problems.append("The API's delay is negative.") }
        if let callsPerSecond, !(callsPerSecond > 0 && callsPerSecond.isFinite) {
            problems.append("The API's calls in a second must be more than 0.")
        }
        return problems
    }
}

/// The key of signed tickets; never shown.
package struct TicketKey: Sendable, CustomStringConvertible, CustomReflectable {
    private let key: SymmetricKey

    /// Creates a key of these bytes.
    package init(bytes: some Sequence<UInt8>) { key = SymmetricKey(data: Array(bytes)) }

    /// A ticket of a name.
    package func ticket(_ name: String) -> String { name + "." + String(code(of: name)) }

    /// Whether a ticket is one of this key.
    func signed(_ ticket: String) -> Bool {
        guard let dot = ticket.lastIndex(of: "."), dot > ticket.startIndex else { return false }
        return SessionKey.areEqual(ticket[ticket.index(after: dot)...].utf8, code(of: ticket[..<dot]).utf8)
    }

    private func code(of name: some StringProtocol) -> Substring {
        SessionKey.hexadecimal(HMAC<SHA256>.authenticationCode(for: Array(name.utf8), using: key)).prefix(16)
    }

    /// Always `<secret>`.
    package var description: String { "<secret>" }
    /// A mirror without children.
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Signs and reads the numbers of sessions.
struct SessionKey: Sendable {
    private let key: SymmetricKey

    init(seed: UInt64) {
        let bytes = (0..<8).map { UInt8(truncatingIfNeeded: seed >> UInt64($0 * 8)) }
        key = SymmetricKey(data: SHA256.hash(data: Array("fullhouse entitlement session".utf8) + bytes))
    }

    /// The session token of a number: the number and a code, both in hexadecimal.
    func token(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return digits + "-" + code(of: digits)
    }

    /// The number of a session token; nil for one that is not ours.
    func number(of token: some StringProtocol) -> UInt64? {
        guard token.utf8.count <= 64, let dash = token.firstIndex(of: "-") else { return nil }
        let digits = token[..<dash]
        guard Self.areEqual(token[token.index(after: dash)...].utf8, code(of: String(digits)).utf8) else { return nil }
        return UInt64(digits, radix: 16)
    }

    private func code(of digits: String) -> Substring {
        Self.hexadecimal(HMAC<SHA256>.authenticationCode(for: Array(digits.utf8), using: key)).prefix(32)
    }

    static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Compares codes in a time that does not depend on where they differ.
    static func areEqual(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
