/// A table that forgets what was not used for long when it is full: no operation looks at all of it.
///
/// It has two halves. What is used moves into the young one; when that is full it becomes the old one, and what was in
/// the old one until then is forgotten. So at most twice the capacity is kept, and what is among the last `capacity`
/// used keys is never forgotten.
struct RecentTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private var young: [Key: Value] = [:]
    private var old: [Key: Value] = [:]
    private let capacity: Int

    /// Creates an empty table; the capacity is at least 1.
    init(capacity: Int) { self.capacity = max(1, capacity) }

    /// The number of keys.
    var count: Int { young.count + old.count }

    /// The value of a key, which counts as a use; nil when it is not there.
    mutating func value(of key: Key) -> Value? {
        if let value = young[key] { return value }
        guard let value = old.removeValue(forKey: key) else { return nil }
        insert(value, for: key)
        return value
    }

    /// Changes the value of a key in place, from a first one when it was not there; nil removes it.
    mutating func change<Result>(_ key: Key, from first: Value, _ body: (inout Value) -> Result) -> Result {
        if let value = old.removeValue(forKey: key) {
            insert(value, for: key)
        } else if young[key] == nil {
            insert(first, for: key)
        }
        return body(&young[key, default: first])
    }

    /// Sets the value of a key.
    mutating func set(_ value: Value, for key: Key) {
        old[key] = nil
        if young[key] == nil { insert(value, for: key) } else { young[key] = value }
    }

    /// Forgets a key.
    mutating func remove(_ key: Key) {
        young[key] = nil
        old[key] = nil
    }

    private mutating func insert(_ value: Value, for key: Key) {
        if young.count >= capacity {
            old = young
            young = [:]
        }
        young[key] = value
    }
}
