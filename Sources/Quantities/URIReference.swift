/// Reference resolution after RFC 3986 section 5.2 on the bytes as written: nothing is decoded, re-encoded or changed
/// in case, because a signed URL is only good byte for byte.
package struct URIReference: Hashable, Sendable {
    /// The scheme without the colon, or nil.
    package var scheme: Substring?
    /// User information, host and port without the slashes, or nil; empty is not nil (`file:///`).
    package var authority: Substring?
    /// The path, perhaps empty.
    package var path: Substring
    /// The query without the question mark, or nil.
    package var query: Substring?
    /// The fragment without the number sign, or nil.
    package var fragment: Substring?

    /// Splits a reference into its parts (RFC 3986 appendix B); every string has such parts.
    package init(_ text: some StringProtocol) {
        var rest = Substring(text)
        if let mark = rest.utf8.firstIndex(of: UInt8(ascii: "#")) {
            fragment = rest[rest.utf8.index(after: mark)...]
            rest = rest[..<mark]
        }
        if let mark = rest.utf8.firstIndex(of: UInt8(ascii: "?")) {
            query = rest[rest.utf8.index(after: mark)...]
            rest = rest[..<mark]
        }
        if let colon = Self.schemeEnd(rest) {
            scheme = rest[..<colon]
            rest = rest[rest.utf8.index(after: colon)...]
        }
        if rest.utf8.starts(with: [UInt8(ascii: "/"), UInt8(ascii: "/")]) {
            let start = rest.utf8.index(rest.startIndex, offsetBy: 2)
            let end = rest.utf8[start...].firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
            authority = rest[start..<end]
            rest = rest[end...]
        }
        path = rest
    }

    /// The host in lower case without user information, port and brackets; nil without an authority.
    package var host: String? {
        guard var rest = authority else { return nil }
        if let at = rest.utf8.lastIndex(of: UInt8(ascii: "@")) { rest = rest[rest.utf8.index(after: at)...] }
        if rest.utf8.first == UInt8(ascii: "[") {
            let end = rest.utf8.firstIndex(of: UInt8(ascii: "]")) ?? rest.endIndex
            return rest[rest.utf8.index(after: rest.startIndex)..<end].lowercased()
        }
        if let colon = rest.utf8.lastIndex(of: UInt8(ascii: ":")) { rest = rest[..<colon] }
        return rest.lowercased()
    }

    /// The port that is written, or the scheme's own (80, 443); nil where neither is known.
    package var port: Int? {
        if let rest = authority, let colon = rest.utf8.lastIndex(of: UInt8(ascii: ":")),
            rest.utf8.lastIndex(of: UInt8(ascii: "]")).map({ $0 < colon }) ?? true,
            let number = Int(rest[rest.utf8.index(after: colon)...])
        {
            return number
        }
        switch scheme?.lowercased() {
        case "http": return 80
        case "https": return 443
        default: return nil
        }
    }

    /// The reference put together again (RFC 3986 section 5.3).
    package var text: String {
        var result = ""
        if let scheme { result += scheme + ":" }
        if let authority { result += "//" + authority }
        result += path
        if let query { result += "?" + query }
        if let fragment { result += "#" + fragment }
        return result
    }

    /// Resolves a reference against an absolute base (RFC 3986 section 5.2.2, strict).
    ///
    /// - Parameters:
    ///   - reference: What was written, such as `seg1.m4s`, `/a/b?c`, `//host/x` or `https://host/x`.
    ///   - base: The URI it was found in, after redirects.
    /// - Returns: The target as text, without the reference's fragment changed.
    package static func resolve(_ reference: String, against base: String) -> String {
        resolveSimple(reference, against: base) ?? resolveParts(reference, against: base)
    }

    /// The same by taking both apart, for any reference.
    static func resolveParts(_ reference: String, against base: String) -> String {
        let relative = URIReference(reference)
        var target = relative
        if relative.scheme != nil {
            target.path = removingDotSegments(relative.path)
            return target.text
        }
        let origin = URIReference(base)
        target.scheme = origin.scheme
        if relative.authority != nil {
            target.path = removingDotSegments(relative.path)
            return target.text
        }
        target.authority = origin.authority
        if relative.path.isEmpty {
            target.path = origin.path
            if relative.query == nil { target.query = origin.query }
        } else if relative.path.utf8.first == UInt8(ascii: "/") {
            target.path = removingDotSegments(relative.path)
        } else {
            target.path = removingDotSegments(merge(relative.path, with: origin))
        }
        return target.text
    }

    /// Merges a relative path with the base's (RFC 3986 section 5.2.3).
    private static func merge(_ path: Substring, with base: URIReference) -> Substring {
        if base.authority != nil, base.path.isEmpty { return "/" + path }
        guard let slash = base.path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return path }
        return base.path[..<base.path.utf8.index(after: slash)] + path
    }

    /// Removes `.` and `..` segments (RFC 3986 section 5.2.4).
    private static func removingDotSegments(_ path: Substring) -> Substring {
        guard needsDotRemoval(path) else { return path }
        var output: [Substring] = []
        // By bytes: to Swift, a slash with an accent behind it is another character than one without.
        let segments = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .map(Substring.init)
        let absolute = path.utf8.first == UInt8(ascii: "/")
        for (position, segment) in segments.enumerated() {
            let last = position == segments.count - 1
            switch segment {
            case ".":
                if last { output.append("") }
            case "..":
                if output.count > (absolute ? 1 : 0) { output.removeLast() }
                if last { output.append("") }
            default:
                output.append(segment)
            }
        }
        if absolute, output.count == 1, output[0].isEmpty { return "/" }
        return Substring(output.joined(separator: "/"))
    }

    private static func needsDotRemoval(_ path: Substring) -> Bool {
        var atStart = true
        var dots = 0
        for byte in path.utf8 {
            if byte == UInt8(ascii: "/") {
                if dots == 1 || dots == 2 { return true }
                atStart = true
                dots = 0
            } else if byte == UInt8(ascii: "."), atStart || dots > 0 {
                dots += 1
                atStart = false
            } else {
                dots = 0
                atStart = false
            }
        }
        return dots == 1 || dots == 2
    }

    /// The place of the colon behind a scheme (RFC 3986 section 3.1), or nil where there is none.
    private static func schemeEnd(_ text: Substring) -> Substring.Index? {
        var index = text.utf8.startIndex
        while index != text.utf8.endIndex {
            let byte = text.utf8[index]
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"):
                break
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
                if index == text.utf8.startIndex { return nil }
            case UInt8(ascii: ":"):
                return index == text.utf8.startIndex ? nil : index
            default:
                return nil
            }
            index = text.utf8.index(after: index)
        }
        return nil
    }
}
