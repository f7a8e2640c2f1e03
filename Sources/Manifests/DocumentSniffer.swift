/// Tells what kind of document some bytes are.
enum DocumentSniffer {
    /// What was found.
    enum Kind: Equatable {
        /// An HLS playlist.
        case playlist
        /// An XML document whose root element is `MPD`.
        case mpd
        /// A playlist without its first line.
        case playlistWithoutBegin
        /// Something else, in words for people.
        case other(String)
    }

    /// What a document that changes an MPD is called.
    static let patch = "an MPD patch"

    /// Looks at the first bytes; reads further only through an XML prolog.
    static func sniff(_ bytes: [UInt8]) -> Kind {
        guard !bytes.isEmpty else { return .other("an empty body") }
        if let binary = magic(bytes) { return .other(binary) }
        var start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        while start < bytes.count, bytes[start].isASCIISpace { start += 1 }
        guard start < bytes.count else { return .other("a blank body") }
        let rest = start..<bytes.count
        if bytes.starts(with: "#EXTM3U", at: rest) {
            let end = start + 7
            return end == bytes.count || bytes[end].isASCIISpace ? .playlist : .playlistWithoutBegin
        }
        if bytes.starts(with: "#EXT", at: rest) { return .playlistWithoutBegin }
        switch bytes[start] {
        case ASCII.less: return markup(bytes, from: start)
        case ASCII.openBrace, UInt8(ascii: "["): return .other("a JSON document")
        default: return .other(bytes.starts(with: "WEBVTT", at: rest) ? "a WebVTT file" : plain(bytes))
        }
    }

    /// Known signatures of files that are not text.
    private static func magic(_ bytes: [UInt8]) -> String? {
        if bytes.starts(with: [0x1F, 0x8B]) { return "gzip-compressed data" }
        if bytes.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) { return "Zstandard-compressed data" }
        if bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) { return "a ZIP archive" }
        if bytes.starts(with: [0x1A, 0x45, 0xDF, 0xA3]) { return "a Matroska or WebM file" }
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) { return "UTF-16 text" }
        if bytes.count > 188, bytes[0] == 0x47, bytes[188] == 0x47 { return "an MPEG transport stream" }
        if bytes.count >= 8 {
            for name: StaticString in ["ftyp", "styp", "moov", "moof", "sidx"] where bytes.starts(with: name, at: 4..<8)
            {
                return "an MP4 file"
            }
        }
        return nil
    }

    /// Text, or binary data when the first bytes hold control characters or are not UTF-8.
    private static func plain(_ bytes: [UInt8]) -> String {
        let head = bytes.prefix(1_024)
        let isBinary = head.contains { $0 < 0x20 && !$0.isASCIISpace && $0 != 0x0C && $0 != 0x1B }
        if isBinary { return "binary data" }
        // A character may be cut in two at the end of the head.
        let isText = (0...(bytes.count > head.count ? 3 : 0)).contains {
            String(validating: head.dropLast($0), as: UTF8.self) != nil
        }
        return isText ? "plain text" : "binary data"
    }

    /// Reads over declarations and comments to the root element.
    private static func markup(_ bytes: [UInt8], from start: Int) -> Kind {
        var index = start
        while index < bytes.count {
            while index < bytes.count, bytes[index].isASCIISpace { index += 1 }
            let rest = index..<bytes.count
            if bytes.starts(with: "<?", at: rest) {
                guard let end = bytes.find("?>", in: index + 2..<bytes.count) else { break }
                index = end + 2
            } else if bytes.starts(with: "<!--", at: rest) {
                guard let end = bytes.find("-->", in: index + 4..<bytes.count) else { break }
                index = end + 3
            } else if bytes.starts(with: "<!", at: rest) {
                return documentType(bytes, index + 2..<bytes.count)
            } else {
                return root(bytes, from: index)
            }
        }
        return .other("an unfinished XML document")
    }

    private static func documentType(_ bytes: [UInt8], _ rest: Range<Int>) -> Kind {
        let head = bytes.text(rest.lowerBound..<min(rest.lowerBound + 64, rest.upperBound)).lowercased()
        if head.split(whereSeparator: \.isWhitespace).dropFirst().first?.hasPrefix("html") ?? false {
            return .other("an HTML page")
        }
        // An MPD needs no document type; with one it could define entities, which is how XML bombs are built.
        return .other("an XML document with a document type declaration, which is refused")
    }

    private static func root(_ bytes: [UInt8], from start: Int) -> Kind {
        guard start < bytes.count, bytes[start] == ASCII.less else { return .other(plain(bytes)) }
        var end = start + 1
        while end < bytes.count, !bytes[end].isASCIISpace, bytes[end] != UInt8(ascii: ">"), bytes[end] != ASCII.slash,
            end - start < 64
        {
            end += 1
        }
        let name = bytes.text(start + 1..<end)
        let local = name.split(separator: ":").last ?? ""
        switch local.lowercased() {
        case "mpd" where local == "MPD": return .mpd
        case "html", "head", "body": return .other("an HTML page")
        case "smoothstreamingmedia": return .other("a Smooth Streaming manifest")
        case "patch": return .other(patch)
        case "vast", "vmap": return .other("an advertising document (\(local))")
        case "error": return .other("an XML error document")
        default: return .other(isName(local) ? "an XML document (\(local))" : plain(bytes))
        }
    }

    private static func isName(_ name: Substring) -> Bool {
        !name.isEmpty && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
    }
}
