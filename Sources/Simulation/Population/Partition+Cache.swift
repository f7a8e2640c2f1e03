import Quantities

/// What an edge has, and what it asks the origin for.
extension Partition {
    /// How much later the first byte comes because the edge has to ask the origin, in nanoseconds.
    func fetch(
        _ transfer: inout ModelledTransfer, edge: Int, at now: Int64, _ shared: borrowing SharedState
    ) -> Int64 {
        guard shared.edges[edge].model.hasCache else {
            transfer.cache = .bypass
            return ask(&transfer, edge: edge, at: now, isShared: false, shared)
        }
        if let kept = shared.edges[edge].cache[transfer.key] {
            if kept.complete <= now || shared.edges[edge].model.collapses {
                transfer.cache = .hit
                return max(0, kept.firstByte - now)
            }
            transfer.cache = .miss
            return ask(&transfer, edge: edge, at: now, isShared: false, shared)
        }
        if let first = shares[edge].asked[transfer.key] {
            let arrives = first + shared.originLatency
            if shared.edges[edge].model.collapses || (!shared.originIsLimited && arrives <= now) {
                transfer.cache = .hit
                return max(0, arrives - now)
            }
            transfer.cache = .miss
            return ask(&transfer, edge: edge, at: now, isShared: false, shared)
        }
        transfer.cache = .miss
        shares[edge].asked[transfer.key] = now
        return ask(&transfer, edge: edge, at: now, isShared: true, shared)
    }

    /// The instant whose live playlist an edge serves at an instant.
    func listed(_ key: ObjectKey, edge: Int, at now: Int64, _ shared: borrowing SharedState) -> Int64 {
        let lifetime = shared.edges[edge].model.playlistLifetime.nanoseconds
        guard lifetime > 0 else { return now }
        for known in [shared.edges[edge].playlists[key], shares[edge].playlists[key]] {
            if let known, known <= now, now - known < lifetime { return known }
        }
        shares[edge].playlists[key] = now
        return now
    }

    /// Notes a request to the origin.
    private func ask(
        _ transfer: inout ModelledTransfer, edge: Int, at now: Int64, isShared: Bool, _ shared: borrowing SharedState
    ) -> Int64 {
        if !isShared {
            fetches += 1
            transfer.ownFetch = fetches
        }
        shares[edge].misses.append(
            Miss(
                key: transfer.key, at: now, bytes: transfer.bytes, isShared: isShared, number: transfer.ownFetch))
        return shared.originLatency
    }

    /// The name under which a transfer waits for the origin.
    static func awaited(_ transfer: ModelledTransfer, edge: Int32) -> ObjectKey {
        var key = transfer.key
        key.value = transfer.ownFetch > 0 ? transfer.ownFetch | 1 << 63 : key.value ^ UInt64(edge) << 56
        return key
    }
}
