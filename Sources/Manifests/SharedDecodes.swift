import Synchronization

/// Remembers what some bytes, read in some context, were decoded to, up to a number of bytes in all; what was not asked
/// for longest goes first.
///
/// Bytes are compared in full. Their hash is only the index, with one entry for each value: documents that collide drive
/// each other out, which costs a decode and is never wrong.
final class SharedDecodes<Context: Hashable & Sendable, Value: Sendable>: Sendable {
    /// A document and what became of it.
    private final class Entry: Sendable {
        let bytes: [UInt8]
        let context: Context
        /// What the entry is reckoned to hold, in bytes: the bytes, the decoded model, which is about twice as large,
        /// the entry, and what comes with them.
        let cost: Int
        /// Nil until the first asker has decoded it; those who ask meanwhile wait for the lock.
        let outcome = Mutex<Result<Value, ManifestError>?>(nil)

        init(bytes: [UInt8], context: Context, extraCost: Int) {
            self.bytes = bytes
            self.context = context
            cost = bytes.count * 3 + 1_024 + extraCost
        }
    }

    /// The table and its order of use.
    private struct Table {
        var entries: [UInt64: Slot] = [:]
        var statistics = ManifestCache.Statistics()
        /// The hash of the entry used last and of the one used longest ago.
        var newest: UInt64?
        var oldest: UInt64?

        struct Slot {
            let entry: Entry
            var newer: UInt64?
            var older: UInt64?
        }

        mutating func insert(_ entry: Entry, at hash: UInt64) {
            entries[hash] = Slot(entry: entry, newer: nil, older: newest)
            if let newest { entries[newest]?.newer = hash }
            newest = hash
            oldest = oldest ?? hash
        }

        mutating func remove(_ hash: UInt64) -> Entry? {
            guard let slot = entries.removeValue(forKey: hash) else { return nil }
            if let newer = slot.newer { entries[newer]?.older = slot.older } else { newest = slot.older }
            if let older = slot.older { entries[older]?.newer = slot.newer } else { oldest = slot.newer }
            return slot.entry
        }

        mutating func touch(_ hash: UInt64) {
            guard newest != hash, let entry = remove(hash) else { return }
            insert(entry, at: hash)
        }
    }

    private let table = Mutex(Table())
    private let capacity: Int

    init(capacity: Int) { self.capacity = capacity }

    var statistics: ManifestCache.Statistics { table.withLock { $0.statistics } }

    /// What the bytes are decoded to: remembered, or decoded now by the first who asks; `extraCost` are the bytes that
    /// the result holds beside what comes from `bytes`.
    func value(
        of bytes: [UInt8], in context: Context, extraCost: Int = 0, decode: () throws(ManifestError) -> Value
    ) throws(ManifestError) -> Value {
        var hash = ByteHash.hash(bytes)
        if Context.self != NoContext.self { hash ^= UInt64(bitPattern: Int64(context.hashValue)) }
        let (entry, dropped) = entry(for: bytes, context, hash, extraCost)
        // What was driven out is let go of here, outside the lock: it may be large.
        _ = consume dropped
        let outcome = entry.outcome.withLock { outcome in
            if let outcome { return outcome }
            let made = Result { () throws(ManifestError) in try decode() }
            outcome = made
            return made
        }
        return try outcome.get()
    }

    private func entry(
        for bytes: [UInt8], _ context: Context, _ hash: UInt64, _ extraCost: Int
    ) -> (Entry, dropped: [Entry]) {
        table.withLock { table in
            if let entry = table.entries[hash]?.entry, entry.context == context, ByteHash.areEqual(entry.bytes, bytes) {
                table.statistics.hits += 1
                table.touch(hash)
                return (entry, [])
            }
            table.statistics.decodes += 1
            let entry = Entry(bytes: bytes, context: context, extraCost: extraCost)
            let cost = entry.cost
            var dropped: [Entry] = []
            func drop(_ victim: UInt64) {
                guard let entry = table.remove(victim) else { return }
                table.statistics.keptBytes -= entry.cost
                dropped.append(entry)
            }
            drop(hash)
            guard cost <= capacity else { return (entry, dropped) }
            while table.statistics.keptBytes + cost > capacity, let oldest = table.oldest {
                table.statistics.evictions += 1
                drop(oldest)
            }
            table.insert(entry, at: hash)
            table.statistics.keptBytes += cost
            return (entry, dropped)
        }
    }
}

/// The context of what depends on the bytes alone.
struct NoContext: Hashable, Sendable {}

/// Fast hashing and comparison of byte arrays, eight bytes at a time.
enum ByteHash {
    /// A 64-bit hash in the manner of wyhash (Wang Yi): words folded by 128-bit products.
    ///
    /// Not for keys, not for tables
    /// that an attacker's collisions could slow down.
    static func hash(_ bytes: [UInt8]) -> UInt64 {
        bytes.withUnsafeBytes { buffer in
            var first: UInt64 = 0xA076_1D64_78BD_642F ^ UInt64(buffer.count)
            var second: UInt64 = 0xE703_7ED1_A0B4_28DB
            var index = 0
            while index + 16 <= buffer.count {
                first = fold(
                    first ^ buffer.loadUnaligned(fromByteOffset: index, as: UInt64.self),
                    second ^ buffer.loadUnaligned(fromByteOffset: index + 8, as: UInt64.self))
                second = second &+ 0x8EBC_6AF0_9C88_C6E3
                index += 16
            }
            while index < buffer.count {
                first = fold(first ^ UInt64(buffer[index]), 0x5899_65CC_7537_4CC3)
                index += 1
            }
            return fold(first, second)
        }
    }

    private static func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }

    /// True when both hold the same bytes.
    static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return left.withUnsafeBytes { left in
            right.withUnsafeBytes { right in
                if left.baseAddress == right.baseAddress { return true }
                var index = 0
                while index + 8 <= left.count {
                    if left.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                        != right.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                    {
                        return false
                    }
                    index += 8
                }
                while index < left.count {
                    if left[index] != right[index] { return false }
                    index += 1
                }
                return true
            }
        }
    }
}
