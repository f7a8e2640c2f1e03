import Access
import Playback
import Quantities

/// Tokens of sessions that play on a loop, for probes that use somebody else's.
struct TokenPool {
    private struct Entry {
        var session: SessionID
        var token: AccessToken
        var seen: Instant
    }

    /// Two of each stream: one of them is always somebody else's.
    private var entries: [Int: [Entry]] = [:]

    /// A token that was not used for so long may have ended with its session.
    private static let life = TimeAmount.seconds(10)

    /// Notes that a session uses a token.
    mutating func note(_ token: AccessToken, of session: SessionID, stream: Int, at now: Instant) {
        var known = entries[stream] ?? []
        if let position = known.firstIndex(where: { $0.session == session }) {
            known[position] = Entry(session: session, token: token, seen: now)
        } else if let position = known.firstIndex(where: { now - $0.seen > Self.life }) {
            known[position] = Entry(session: session, token: token, seen: now)
        } else if known.count < 2 {
            known.append(Entry(session: session, token: token, seen: now))
        } else {
            return
        }
        entries[stream] = known
    }

    /// The token of another session that was used a moment ago, always that of the same one while it plays.
    func token(notOf session: SessionID, now: Instant) -> AccessToken? {
        entries.sorted { $0.key < $1.key }.lazy.flatMap(\.value)
            .first { $0.session != session && now - $0.seen <= Self.life }?.token
    }

    /// The token of a viewer of a stream that was used a moment ago.
    func token(ofStream stream: Int, now: Instant) -> AccessToken? {
        entries[stream]?.first { now - $0.seen <= Self.life }?.token
    }
}
