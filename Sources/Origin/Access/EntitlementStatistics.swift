/// The calls of the entitlement API.
package enum EntitlementCall: String, Sendable, Hashable, CaseIterable {
    /// Name and password give a session.
    case login
    /// A ticket gives a token.
    case redeem
    /// A session gives a new token.
    case refresh
    /// A device says that it is there.
    case heartbeat
    /// A licence for protected media.
    case licence
    /// A device goes.
    case leave
}

/// What the entitlement API did since it began, on all edges.
package struct EntitlementStatistics: Sendable, Hashable {
    /// A call that was refused.
    package struct Refusal: Sendable, Hashable {
        /// The call.
        package var call: EntitlementCall
        /// The status.
        package var status: Int
        /// The reason, a word.
        package var reason: String
        /// Who called: the name of the user or the device, or the session's id, never a ticket; nil where nothing is
        /// known.
        package var caller: String?
    }

    /// The calls by status.
    package var calls: [EntitlementCall: [Int: Int]] = [:]
    /// The calls that were not answered with 2xx, by their reason; so are calls of what does not exist.
    package var reasons: [String: Int] = [:]
    /// The first 1 000 refusals.
    package var refused: [Refusal] = []
    /// The tokens that were given out.
    package var tokens = 0
    /// The bytes of the bodies that asked for licences.
    package var licenceBytes = 0

    init() {}

    mutating func record(_ call: EntitlementCall?, _ answer: EntitlementAnswer) {
        if let call { calls[call, default: [:]][answer.status, default: 0] += 1 }
        guard let reason = answer.reason else { return }
        reasons[reason, default: 0] += 1
        if let call, refused.count < 1_000 {
            refused.append(Refusal(call: call, status: answer.status, reason: reason, caller: answer.caller))
        }
    }
}
