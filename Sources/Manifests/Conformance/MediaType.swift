import Quantities

/// What `Content-Type` values say (RFC 9110 section 8.3): compared without parameters and without regard to case.
enum MediaType {
    /// What a segment's type can be.
    enum OfSegment {
        case media
        /// Nothing but bytes.
        case unspecific
        case wrong
    }

    private static let playlists = [
        "application/vnd.apple.mpegurl", "audio/mpegurl", "application/x-mpegurl", "audio/x-mpegurl",
    ]
    private static let mpds = ["application/dash+xml", "video/vnd.mpeg.dash.mpd"]
    private static let pages = ["text/html", "application/xhtml+xml"]
    private static let bytes = ["application/octet-stream", "binary/octet-stream"]
    private static let containers = [
        "application/mp4", "application/mp2t", "application/ogg", "application/octet-stream-m3u8", "font/ttf",
    ]
    private static let subtitles = ["text/vtt", "application/ttml+xml", "application/x-subrip", "text/plain"]

    /// True for a page for people.
    static func isPage(_ value: String) -> Bool {
        guard let first = value.utf8.first, lowered(first) != UInt8(ascii: "v") else { return false }
        return pages.contains { matches(value, $0) }
    }

    /// True for the types of HLS playlists (rfc8216bis section 4), those of old with an `x-` among them.
    static func isPlaylist(_ value: String?) -> Bool {
        guard let value else { return false }
        return playlists.contains { matches(value, $0) }
    }

    /// True for the type of an MPD (ISO/IEC 23009-1 annex C).
    static func isMPD(_ value: String?) -> Bool {
        guard let value else { return false }
        return mpds.contains { matches(value, $0) }
    }

    /// What the type of a segment says.
    static func ofSegment(_ value: String?, isSubtitle: Bool) -> OfSegment {
        guard let value else { return .wrong }
        if begins(value, "video/") || begins(value, "audio/") { return .media }
        if containers.contains(where: { matches(value, $0) }) { return .media }
        if isSubtitle, subtitles.contains(where: { matches(value, $0) }) { return .media }
        return bytes.contains { matches(value, $0) } ? .unspecific : .wrong
    }

    /// True when the value is that type, perhaps with parameters behind it; `type` is in lower case.
    static func matches(_ value: String, _ type: String) -> Bool {
        if value == type { return true }
        var rest = value.utf8.makeIterator()
        for wanted in type.utf8 {
            guard let byte = rest.next(), lowered(byte) == wanted else { return false }
        }
        switch rest.next() {
        case nil, UInt8(ascii: ";")?, UInt8(ascii: " ")?, UInt8(ascii: "\t")?: return true
        default: return false
        }
    }

    private static func begins(_ value: String, _ prefix: String) -> Bool {
        var rest = value.utf8.makeIterator()
        for wanted in prefix.utf8 {
            guard let byte = rest.next(), lowered(byte) == wanted else { return false }
        }
        return true
    }

    static func lowered(_ byte: UInt8) -> UInt8 {
        byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
    }
}

/// The begin of a body that may be a page of text, without a byte order mark and white space before it.
struct TextPrefix {
    private let bytes: ArraySlice<UInt8>

    /// Nil when it does not begin as markup or JSON does.
    init?(_ prefix: [UInt8]) {
        var rest = prefix[...]
        if rest.first == 0xEF, rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest = rest.dropFirst(3) }
        while let byte = rest.first, byte == 0x20 || (0x09...0x0D).contains(byte) { rest = rest.dropFirst() }
        guard rest.first == UInt8(ascii: "<") || rest.first == UInt8(ascii: "{") else { return nil }
        bytes = rest
    }

    /// True when it begins so, or is too short and the same as far as it goes; `text` is in lower case.
    func begins(with text: String) -> Bool {
        guard bytes.count >= min(text.utf8.count, 6) else { return false }
        return zip(bytes, text.utf8).allSatisfy { MediaType.lowered($0) == $1 }
    }
}

/// `Cache-Control` of a response (RFC 9111 section 5.2.2).
enum CacheControl {
    /// How long shared caches may keep it (`s-maxage`, else `max-age`); nil when it does not say, or forbids keeping it.
    static func lifetime(_ value: String) -> TimeAmount? {
        var value = value
        let seconds = value.withUTF8 { lifetime(in: $0) }
        return seconds.map { .seconds(Double($0)) }
    }

    private static func lifetime(in bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
        var own: Int64?
        var shared: Int64?
        var position = 0
        while position < bytes.count {
            while position < bytes.count, bytes[position] == 0x20 || bytes[position] == 0x09 { position += 1 }
            if begins(bytes, at: position, "max-age=") {
                own = number(in: bytes, at: position + 8)
            } else if begins(bytes, at: position, "s-maxage=") {
                shared = number(in: bytes, at: position + 9)
            } else if begins(bytes, at: position, "no-store") || begins(bytes, at: position, "no-cache") {
                return nil
            }
            while position < bytes.count, bytes[position] != UInt8(ascii: ",") { position += 1 }
            position += 1
        }
        return shared ?? own
    }

    private static func begins(_ bytes: UnsafeBufferPointer<UInt8>, at start: Int, _ word: StaticString) -> Bool {
        guard bytes.count - start >= word.utf8CodeUnitCount else { return false }
        for offset in 0..<word.utf8CodeUnitCount
        where MediaType.lowered(bytes[start + offset]) != word.utf8Start[offset] {
            return false
        }
        return true
    }

    private static func number(in bytes: UnsafeBufferPointer<UInt8>, at start: Int) -> Int64? {
        var value: Int64?
        for byte in bytes[start...] where byte != UInt8(ascii: "\"") {
            guard byte >= 0x30, byte <= 0x39 else { break }
            // Beyond a hundred years more digits say nothing.
            let sum = value ?? 0
            value = sum < 3_000_000_000 ? sum * 10 + Int64(byte - 0x30) : sum
        }
        return value
    }
}
