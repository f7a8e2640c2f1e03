/// Walks over the lines of a playlist without copying them (rfc8216bis section 4.1).
///
/// Lines end with LF, CRLF, or, as players accept too, with CR alone. Blanks at both ends are dropped, and so is a byte
/// order mark before the first line.
struct PlaylistLines {
    /// What stands on a line.
    enum Line: Equatable {
        /// `#EXTname:value`; the value is nil where there is no colon.
        case tag(PlaylistTag, value: Range<Int>?)
        /// A tag that is not known here.
        case unknownTag
        /// A line that does not begin with a number sign.
        case uri(Range<Int>)
    }

    private let bytes: [UInt8]
    private let tags = PlaylistTagTable.shared
    private var index: Int
    /// The number of the line that was returned last, from 1.
    private(set) var number = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        index = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    }

    /// The next line that is neither blank nor a comment; nil at the end.
    mutating func next() -> Line? {
        while let range = nextRange() {
            guard !range.isEmpty else { continue }
            guard bytes[range.lowerBound] == ASCII.hash else { return .uri(range) }
            if bytes.starts(with: "#EXT", at: range) { return tagLine(range.lowerBound + 4..<range.upperBound) }
        }
        return nil
    }

    private func tagLine(_ range: Range<Int>) -> Line {
        if bytes.starts(with: "INF:", at: range) {
            return .tag(.segmentInformation, value: range.lowerBound + 4..<range.upperBound)
        }
        let colon = bytes.first(ASCII.colon, in: range)
        let name = range.lowerBound..<(colon ?? range.upperBound)
        if let tag = tags.tag(name, in: bytes) {
            return .tag(tag, value: colon.map { $0 + 1..<range.upperBound })
        }
        // `#EXTM3U` may carry attributes behind a blank in playlists made for television receivers.
        let isBegin = bytes.starts(with: "M3U", at: range) && bytes[range.lowerBound + 3].isASCIISpace
        return isBegin ? .tag(.playlistBegin, value: nil) : .unknownTag
    }

    private mutating func nextRange() -> Range<Int>? {
        guard index < bytes.count else { return nil }
        let start = index
        let (end, next) = bytes.withUnsafeBufferPointer { buffer in
            var end = start
            while end < buffer.count, buffer[end] != ASCII.lineFeed, buffer[end] != ASCII.carriageReturn { end += 1 }
            var next = end + 1
            if next < buffer.count, buffer[end] == ASCII.carriageReturn, buffer[next] == ASCII.lineFeed { next += 1 }
            return (end, next)
        }
        index = next
        number += 1
        return bytes.trimmed(start..<end)
    }
}
