/// The delivery directives of a playlist request (draft-pantos-hls-rfc8216bis section 6.2.5).
struct PlaylistDirectives: Sendable, Hashable {
    /// What a client lets a server leave out.
    enum Skip: String, Sendable {
        /// Older segments.
        case segments = "YES"
        /// Older segments and date ranges.
        case dateRanges = "v2"
    }

    /// `_HLS_msn`.
    var mediaSequenceNumber: Int64?
    /// `_HLS_part`.
    var part: Int64?
    /// `_HLS_skip`; another value than those is ignored.
    var skip: Skip?
    /// Whether a value is not a number or a part comes without its segment, so that the answer is 400.
    var isMalformed = false

    /// Reads the directives of a query without its question mark.
    init(query: Substring? = nil) {
        for field in (query ?? "").split(separator: "&") where field.hasPrefix("_HLS_") {
            let halves = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = halves.count == 2 ? halves[1] : ""
            switch halves[0] {
            case "_HLS_msn": mediaSequenceNumber = number(value)
            case "_HLS_part": part = number(value)
            case "_HLS_skip": skip = Skip(rawValue: String(value))
            default: break
            }
        }
        if part != nil, mediaSequenceNumber == nil { isMalformed = true }
    }

    private mutating func number(_ text: Substring) -> Int64? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let value = Int64(text),
            value <= 1 << 53
        else {
            isMalformed = true
            return nil
        }
        return value
    }

    /// Whether the answer waits until a segment or part exists.
    var blocks: Bool { mediaSequenceNumber != nil }

    /// The directives as part of a cache's key; empty without any.
    var key: String {
        var key = ""
        if let mediaSequenceNumber { key += "&msn=\(mediaSequenceNumber)" }
        if let part { key += "&part=\(part)" }
        if let skip { key += "&skip=\(skip.rawValue)" }
        return key
    }
}

/// The value of a query parameter as it is written; nil when it is not there.
func queryValue(_ name: String, in query: Substring?) -> Substring? {
    for field in (query ?? "").split(separator: "&") where field.hasPrefix(name + "=") {
        return field.dropFirst(name.utf8.count + 1)
    }
    return nil
}
