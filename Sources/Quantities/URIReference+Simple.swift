// The references that nearly every playlist is made of, resolved without taking anything apart: a player resolves two or
// three for each segment. What is not simple is left to ``URIReference/resolve(_:against:)``, which gives the same.
extension URIReference {
    /// Resolves an absolute reference with an authority, or one that begins with a plain name, against a base with an
    /// authority; nil where the reference is of another kind or dot segments would have to be removed.
    static func resolveSimple(_ reference: String, against base: String) -> String? {
        let result =
            reference.utf8.withContiguousStorageIfAvailable { reference in
                base.utf8.withContiguousStorageIfAvailable { base -> Int? in
                    if isPlainAbsolute(reference) { return 0 }
                    return isPlainRelative(reference) ? directoryEnd(of: base) : nil
                } ?? nil
            } ?? nil
        guard let kept = result else { return nil }
        guard kept > 0 else { return reference }
        let length = kept + reference.utf8.count
        return String(unsafeUninitializedCapacity: length) { text in
            let end = text.initialize(fromContentsOf: base.utf8.prefix(kept))
            _ = text[end...].initialize(fromContentsOf: reference.utf8)
            return length
        }
    }

    /// True for `scheme://…` without dot segments in its path.
    private static func isPlainAbsolute(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let start = authorityStart(of: text) else { return false }
        let end = pathEnd(of: text, from: start)
        let path = text[start..<end].firstIndex(of: UInt8(ascii: "/")) ?? end
        return !hasDotSegment(text, path..<end)
    }

    /// True for a reference that begins with a name, has no colon in its path and no dot segments.
    private static func isPlainRelative(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        let end = pathEnd(of: text, from: 0)
        guard end > 0, text[0] != UInt8(ascii: "/") else { return false }
        return !text[..<end].contains(UInt8(ascii: ":")) && !hasDotSegment(text, 0..<end)
    }

    /// The number of bytes up to and with the last slash of the path of `scheme://authority/path`; nil where there is
    /// none, or a dot segment before it.
    private static func directoryEnd(of base: UnsafeBufferPointer<UInt8>) -> Int? {
        guard let start = authorityStart(of: base) else { return nil }
        let end = pathEnd(of: base, from: start)
        guard let first = base[start..<end].firstIndex(of: UInt8(ascii: "/")),
            let last = base[first..<end].lastIndex(of: UInt8(ascii: "/")), !hasDotSegment(base, first..<last + 1)
        else { return nil }
        return last + 1
    }

    /// The place behind the `://` of a text that begins with a scheme (RFC 3986 section 3.1) and an authority.
    private static func authorityStart(of text: UnsafeBufferPointer<UInt8>) -> Int? {
        var place = 0
        while place < text.count, isSchemeByte(text[place], isFirst: place == 0) { place += 1 }
        guard place > 0, text.count - place >= 3, text[place] == UInt8(ascii: ":"),
            text[place + 1] == UInt8(ascii: "/"), text[place + 2] == UInt8(ascii: "/")
        else { return nil }
        return place + 3
    }

    private static func isSchemeByte(_ byte: UInt8, isFirst: Bool) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."): !isFirst
        default: false
        }
    }

    /// Where the query, the fragment or the text ends the path.
    private static func pathEnd(of text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        var place = start
        while place < text.count, text[place] != UInt8(ascii: "?"), text[place] != UInt8(ascii: "#") { place += 1 }
        return place
    }

    /// True when a segment of a path is `.` or `..`.
    private static func hasDotSegment(_ text: UnsafeBufferPointer<UInt8>, _ path: Range<Int>) -> Bool {
        var length = 0
        var dots = 0
        for place in path {
            guard text[place] != UInt8(ascii: "/") else {
                if length > 0, length <= 2, dots == length { return true }
                (length, dots) = (0, 0)
                continue
            }
            length += 1
            if text[place] == UInt8(ascii: ".") { dots += 1 }
        }
        return length > 0 && length <= 2 && dots == length
    }
}
