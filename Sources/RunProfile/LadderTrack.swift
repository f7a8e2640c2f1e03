import Playback
import Quantities

/// A track of a stream as a profile or a command line says it, for planning: nothing is fetched to know it.
package struct LadderTrack: Sendable, Hashable {
    /// What playing it takes, audio included.
    package var bitRate: BitRate
    /// The size of its picture; nil when it is not said.
    package var size: ScreenSize?

    /// Creates a track.
    package init(bitRate: BitRate, size: ScreenSize? = nil) {
        self.bitRate = bitRate
        self.size = size
    }

    /// What tracks look like in a profile, for messages.
    package static let expected = "a bit rate, perhaps with a size, such as 3400 kbit/s or 3.4 Mbit/s 1280x720"

    /// Reads `3400 kbit/s` or `3400 kbit/s 1280x720`; nil for anything else, and for nothing per second.
    package init?(_ text: String) {
        let words = text.split(separator: " ")
        let size = words.count > 1 ? words.last.flatMap { ScreenSize(String($0)) } : nil
        let rest = (size == nil ? words : words.dropLast()).joined(separator: " ")
        guard let rate = Amounts.bitRate(rest), rate > .zero else { return nil }
        self.init(bitRate: rate, size: size)
    }

    /// Reads a whole ladder as a command line has it: `3400,1400,550` in kbit/s, each perhaps with a size behind a
    /// colon, as in `3400:1280x720,550`.
    ///
    /// - Returns: The tracks from the lowest bit rate to the highest; nil when one cannot be read.
    package static func ladder(_ text: String) -> [LadderTrack]? {
        let items = text.split(separator: ",", omittingEmptySubsequences: false)
        let tracks = items.compactMap { item -> LadderTrack? in
            let halves = item.split(separator: ":", omittingEmptySubsequences: false)
            guard let kilobits = halves.first.flatMap({ Double(String($0).trimmedOfSpaces) }), kilobits > 0,
                kilobits <= 1e9, halves.count <= 2
            else { return nil }
            guard halves.count == 2 else { return LadderTrack(bitRate: .kilobits(kilobits)) }
            guard let size = ScreenSize(String(halves[1])) else { return nil }
            return LadderTrack(bitRate: .kilobits(kilobits), size: size)
        }
        return tracks.count == items.count && !tracks.isEmpty ? tracks.sorted { $0.bitRate < $1.bitRate } : nil
    }
}
