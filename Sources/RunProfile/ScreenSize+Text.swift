import Playback

extension ScreenSize {
    /// What sizes look like, for messages.
    package static let expected = "a size in pixels such as 1280x720"

    /// Reads `1280x720`; nil for anything else, and for sides outside 1 to 16384.
    package init?(_ text: String) {
        let sides = text.split(separator: "x", omittingEmptySubsequences: false)
        guard sides.count == 2, let width = Self.side(sides[0]), let height = Self.side(sides[1]) else { return nil }
        self.init(width: width, height: height)
    }

    private static func side(_ text: Substring) -> Int? {
        guard let first = text.utf8.first, first != UInt8(ascii: "+"), let side = Int(text), (1...16_384).contains(side)
        else { return nil }
        return side
    }

    /// As it is read: `1280x720`.
    package var text: String { "\(width)x\(height)" }
}
