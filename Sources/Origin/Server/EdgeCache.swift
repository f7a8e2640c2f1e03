import Quantities
import Synchronization

/// What an edge has got, by path: the query is no part of the key, because tokens travel there.
///
/// A playlist is kept as it was when it was got, so that its age is true; of a segment only the instant is kept, since
/// its bytes are the same at any time.
final class EdgeCache: Sendable {
    /// How a look ended.
    struct Look: Sendable {
        var object: EdgeObject
        /// How long ago the object was got; nil when it was got now.
        var age: TimeAmount?
        /// Whether an older copy had gone stale.
        var wasStale: Bool
    }

    private struct Entry {
        var stored: WallTime
        var expires: WallTime
        var object: EdgeObject?
    }

    private let entries = Mutex<[String: Entry]>([:])
    /// The most entries that are kept; past it the stale ones go, or all.
    private let capacity: Int

    init(capacity: Int = 50_000) { self.capacity = capacity }

    /// The object of a path: the stored one while it is fresh, else a new one, which is stored at once, so that of two
    /// simultaneous first requests one is a hit.
    ///
    /// - Parameters:
    ///   - path: The key.
    ///   - now: The edge's time.
    ///   - lifetime: How long a new object stays fresh; zero stores nothing.
    ///   - keepsObject: Whether the object itself is stored, or made again as of the instant it was stored.
    ///   - make: Gets the object as of an instant; nil when there is none.
    /// - Returns: The object with its age, or nil.
    func look(
        _ path: String, now: WallTime, lifetime: TimeAmount, keepsObject: Bool, make: (WallTime) -> EdgeObject?
    ) -> Look? {
        guard lifetime > .zero else { return make(now).map { Look(object: $0, age: nil, wasStale: false) } }
        enum Found {
            case done(Look?)
            case makeAgain(Entry)
        }
        let found: Found = entries.withLock { entries in
            let old = entries[path]
            // Requests at the same time take their instants in another order than they come here.
            if let old, old.stored <= now + .seconds(1.0), now < old.expires {
                guard let object = old.object else { return .makeAgain(old) }
                return .done(Look(object: object, age: max(.zero, now - old.stored), wasStale: false))
            }
            guard let object = make(now) else { return .done(nil) }
            if entries.count >= capacity { Self.prune(&entries, now: now, capacity: capacity) }
            entries[path] = Entry(stored: now, expires: now + lifetime, object: keepsObject ? object : nil)
            return .done(Look(object: object, age: nil, wasStale: old != nil))
        }
        switch found {
        case .done(let look): return look
        case .makeAgain(let entry):
            return make(entry.stored).map { Look(object: $0, age: max(.zero, now - entry.stored), wasStale: false) }
        }
    }

    private static func prune(_ entries: inout [String: Entry], now: WallTime, capacity: Int) {
        entries = entries.filter { now < $0.value.expires }
        if entries.count >= capacity / 2 { entries.removeAll(keepingCapacity: true) }
    }
}
