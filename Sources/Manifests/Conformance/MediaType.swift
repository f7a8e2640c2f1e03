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
    static func isPage(_ value: String) -> Bool { pages.contains { matches(value, $0) } }

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
    private static func matches(_ value: String, _ type: String) -> Bool {
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

/// The begin of a text body, without a byte order mark and white space before it.
struct TextPrefix {
    private let bytes: ArraySlice<UInt8>

    init(_ prefix: [UInt8]) {
        var rest = prefix[...]
        if rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest = rest.dropFirst(3) }
        bytes = rest.drop { $0 == 0x20 || (0x09...0x0D).contains($0) }
    }

    /// True when it begins so, or is too short and the same as far as it goes (but not empty); `text` is in lower case.
    func begins(with text: String) -> Bool {
        guard bytes.count >= min(text.utf8.count, 6) else { return false }
        return zip(bytes, text.utf8).allSatisfy { MediaType.lowered($0) == $1 }
    }
}

/// `Cache-Control` of a response (RFC 9111 section 5.2.2).
enum CacheControl {
    /// How long shared caches may keep it (`s-maxage`, else `max-age`); nil when it does not say, or forbids keeping it.
    static func lifetime(_ value: String) -> TimeAmount? {
        var own: TimeAmount?
        var shared: TimeAmount?
        for part in value.utf8.split(separator: UInt8(ascii: ",")) {
            let part = part.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            if let seconds = seconds(part, "max-age=") {
                own = seconds
            } else if let seconds = seconds(part, "s-maxage=") {
                shared = seconds
            } else if begins(part, "no-store") || begins(part, "no-cache") {
                return nil
            }
        }
        return shared ?? own
    }

    private static func begins(_ part: Substring.UTF8View, _ word: String) -> Bool {
        var rest = part.makeIterator()
        for wanted in word.utf8 {
            guard let byte = rest.next(), MediaType.lowered(byte) == wanted else { return false }
        }
        return true
    }

    private static func seconds(_ part: Substring.UTF8View, _ name: String) -> TimeAmount? {
        guard begins(part, name) else { return nil }
        var value: Int64 = 0
        var hasDigit = false
        for byte in part.dropFirst(name.utf8.count) where byte != UInt8(ascii: "\"") {
            guard byte >= 0x30, byte <= 0x39 else { break }
            hasDigit = true
            // Beyond a hundred years more digits say nothing.
            if value < 3_000_000_000 { value = value * 10 + Int64(byte - 0x30) }
        }
        return hasDigit ? .seconds(Double(value)) : nil
    }
}
