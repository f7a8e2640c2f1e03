import Access
import Quantities

/// A request as far as an edge reads it.
struct EdgeRequest: Sendable {
    var method: String
    /// The target as on the wire: path and query.
    var target: String
    /// The value of `Range`.
    var range: String?
    /// The values of `Cookie`, joined.
    var cookies: String?
    /// Headers that may carry a token, or that one may be bound to, by lower-case name.
    var headers: [String: String] = [:]
    var clientAddress: String?
    var clientPort: Int?
    /// The value of `Host`.
    var authority = ""
    /// The body of a call of the API; nil when it was larger than the API takes.
    var body: [UInt8]? = []
    /// A number of its own among the edge's requests, the same however often it is asked.
    var number: UInt64 = 0

    /// The path without the query.
    var path: Substring { target.prefix { $0 != "?" } }
    /// The query without its question mark.
    var query: Substring? {
        target.firstIndex(of: "?").map { target[target.index(after: $0)...] }
    }

    /// The value of the first cookie of a name; nil when there is none.
    func cookie(named name: String) -> String? {
        for pair in (cookies ?? "").split(separator: ";") {
            let halves = pair.drop { $0 == " " }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if halves.count == 2, halves[0] == name { return String(halves[1]) }
        }
        return nil
    }
}

/// Something that an edge has got: content in memory or an open file.
struct EdgeObject: Sendable {
    enum Body: Sendable {
        case content(ContentObject)
        case file(MediaFile)
    }

    var mediaType: String
    var size: Int
    var body: Body

    init(_ content: ContentObject) {
        mediaType = content.mediaType
        size = content.size
        body = .content(content)
    }

    init(_ file: MediaFile, mediaType: String) {
        self.mediaType = mediaType
        size = file.size
        body = .file(file)
    }
}

/// What an edge answers, decided before a byte is sent.
struct EdgeReply: Sendable {
    enum Body: Sendable {
        case none
        case parts([BodyPart])
        case file(MediaFile, Range<Int>)
        /// Pieces that are sent as they come to exist, without a length in front.
        case timed([(due: WallTime, parts: [BodyPart])])
    }

    var status: Int
    var headers: [(name: String, value: String)]
    var body: Body
    /// The number of bytes of the body, which `Content-Length` announces unless it is timed.
    var length: Int
    /// The number of bytes after which the connection is closed; nil for the whole body.
    var cutAt: Int?
    /// What is to be told about it; status and bytes are filled in when it was sent.
    var served: ServedRequest
    /// The wait before it is sent, beside that of the edge.
    var delay: TimeAmount = .zero
}

/// A byte range after RFC 9110 section 14.
enum RequestedRange: Equatable {
    /// No range, or one that is to be ignored: another unit, several ranges, or nonsense.
    case whole
    /// These bytes.
    case part(Range<Int>)
    /// A range that begins past the end.
    case unsatisfiable

    init(_ header: String?, size: Int) {
        self = .whole
        guard let header, header.hasPrefix("bytes=") else { return }
        let bounds = header.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard bounds.count == 2 else { return }
        let first = Self.number(bounds[0])
        let last = Self.number(bounds[1])
        if bounds[0].isEmpty {
            guard let count = last else { return }
            self = count == 0 || size == 0 ? .unsatisfiable : .part(max(0, size - count)..<size)
        } else if let first {
            guard bounds[1].isEmpty || last != nil, last.map({ $0 >= first }) ?? true else { return }
            self = first >= size ? .unsatisfiable : .part(first..<(last.map { min($0, size - 1) } ?? size - 1) + 1)
        }
    }

    /// A number of digits only; one too large is as good as the largest.
    private static func number(_ text: Substring) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(text) ?? Int.max - 1
    }
}
