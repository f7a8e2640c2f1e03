import Manifests
import Quantities
import Synchronization

/// The tracks that a loader may choose from, by rising bit rate: shared between sessions and never changed.
final class Ladder: Sendable {
    /// Their positions in the set as the document lists it.
    let positions: [Int]
    /// Their declared bit rates.
    let rates: [BitRate]
    /// Their average bit rates, the declared one where no average is.
    let averages: [BitRate]

    static let empty = Ladder(of: [], excluded: [], screen: nil)

    /// The ladder of a set.
    ///
    /// - Parameters:
    ///   - tracks: The set's tracks.
    ///   - excluded: The positions of those that are left out.
    ///   - screen: What tracks have to fit; nil for any size.
    init(of tracks: [Track], excluded: [Int], screen: ScreenSize?) {
        var positions = tracks.indices.filter { !excluded.contains($0) }
            .sorted { tracks[$0].bitRate < tracks[$1].bitRate }
        if let screen { positions = screen.fitting(positions, of: tracks) }
        self.positions = positions
        rates = positions.map { tracks[$0].bitRate }
        averages = positions.map { tracks[$0].averageBitRate ?? tracks[$0].bitRate }
    }
}

/// The ladders of the sets that sessions play, so that those who play the same have the same one: what all look at stays in the
/// processor's cache.
///
/// Sets are told apart by where their tracks lie in memory. That is the same for sessions that were given one decoded
/// document; others get ladders of their own.
final class LadderShelf: Sendable {
    private struct Entry {
        /// Kept, so that no other array can lie where this one does.
        let tracks: [Track]
        let screen: ScreenSize?
        let ladder: Ladder

        func isOf(_ other: [Track], _ screen: ScreenSize?) -> Bool {
            other.count == tracks.count && screen == self.screen
                && other.withUnsafeBufferPointer(\.baseAddress) == tracks.withUnsafeBufferPointer(\.baseAddress)
        }
    }

    private let entries = Mutex<[Entry]>([])
    /// A document that is updated has new sets each time: old ones are let go before they are many.
    private static let most = 32

    /// The ladder of all tracks of a set.
    func ladder(of tracks: [Track], screen: ScreenSize?) -> Ladder {
        guard !tracks.isEmpty else { return .empty }
        return entries.withLock { entries in
            if let known = entries.first(where: { $0.isOf(tracks, screen) }) { return known.ladder }
            let ladder = Ladder(of: tracks, excluded: [], screen: screen)
            if entries.count >= Self.most { entries.removeAll() }
            entries.append(Entry(tracks: tracks, screen: screen, ladder: ladder))
            return ladder
        }
    }
}
