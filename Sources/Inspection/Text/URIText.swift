import Quantities

/// URIs as people are shown them: without secrets, and not too long.
package enum URIText {
    /// What stands in the place of what is left out.
    private static let ellipsis = "…"

    /// The URI with user information and whatever looks like a token replaced by an ellipsis.
    ///
    /// A query parameter looks like one when its name says so or when its value is a long run of letters and digits;
    /// so does what follows `hmac=` anywhere.
    package static func masked(_ uri: String) -> String {
        var reference = URIReference(uri)
        if let authority = reference.authority, let at = authority.lastIndex(of: "@") {
            reference.authority = ellipsis + authority[at...]
        }
        reference.path = Substring(maskingSignature(reference.path))
        if let query = reference.query {
            let parts = query.split(separator: "&", omittingEmptySubsequences: false).map(maskedParameter)
            reference.query = Substring(parts.joined(separator: "&"))
        }
        return reference.text
    }

    private static func maskedParameter(_ part: Substring) -> String {
        guard let sign = part.firstIndex(of: "=") else { return isOpaque(part) ? ellipsis : String(part) }
        let name = part[..<sign].lowercased()
        let value = part[part.index(after: sign)...]
        if value.isEmpty { return String(part) }
        let words = [
            "token", "sig", "hmac", "hdn", "auth", "key", "policy", "secret", "pass", "session", "jwt", "credential",
            "ticket",
        ]
        let isNamed = words.contains { name.contains($0) } || ["st", "sid", "code", "hash"].contains(name)
        return isNamed || isOpaque(value) ? part[...sign] + ellipsis : String(part)
    }

    /// True for 24 letters and digits or more with both among them, as signatures and tickets are.
    private static func isOpaque(_ value: Substring) -> Bool {
        guard value.utf8.count >= 24 else { return false }
        let isPlain = value.unicodeScalars.allSatisfy {
            ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0)
                || "-_.=~%+".unicodeScalars.contains($0)
        }
        return isPlain && value.contains(where: \.isLetter) && value.contains(where: \.isNumber)
    }

    /// Replaces what follows `hmac=`, as Akamai's tokens in paths have it.
    private static func maskingSignature(_ path: Substring) -> String {
        let mark = Array("hmac=".utf8)
        let bytes = Array(path.utf8)
        guard bytes.count > mark.count,
            let start = (0...(bytes.count - mark.count)).first(where: {
                bytes[$0..<($0 + mark.count)].elementsEqual(mark)
            })
        else { return String(path) }
        let from = start + mark.count
        let end = bytes[from...].firstIndex { "~/&;".utf8.contains($0) } ?? bytes.count
        return String(decoding: bytes[..<from], as: UTF8.self) + ellipsis
            + String(decoding: bytes[end...], as: UTF8.self)
    }

    /// The text with its middle cut out where it is longer than so many characters; the end, which tells files apart,
    /// keeps more than the begin.
    package static func shortened(_ text: String, to length: Int) -> String {
        let count = text.count
        guard count > length, length > 1 else { return text }
        let head = (length - 1) * 2 / 5
        return text.prefix(head) + ellipsis + text.suffix(length - 1 - head)
    }

    /// The URI without the folder that it shares with the document which names it.
    package static func relative(_ uri: String, to document: String?) -> String {
        guard let document, let slash = document.prefix(while: { $0 != "?" && $0 != "#" }).lastIndex(of: "/") else {
            return uri
        }
        let folder = document[...slash]
        guard folder.hasSuffix("://") == false, uri.hasPrefix(folder), uri.count > folder.count else { return uri }
        return String(uri.dropFirst(folder.count))
    }
}
